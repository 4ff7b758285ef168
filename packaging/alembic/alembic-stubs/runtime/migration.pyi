# Written by tools/write_stubs.py; do not edit.

from alembic_c.runtime.migration import *
from alembic_c.runtime._heads import HeadMaintainer as HeadMaintainer
from alembic_c.runtime._steps import MigrationInfo as MigrationInfo
from alembic_c.runtime._steps import MigrationStep as MigrationStep
from alembic_c.runtime._steps import RevisionStep as RevisionStep
from alembic_c.runtime._steps import StampStep as StampStep
from alembic_c.runtime._transactions import _ProxyTransaction as _ProxyTransaction
from alembic_c.runtime.migration import _Step as _Step
