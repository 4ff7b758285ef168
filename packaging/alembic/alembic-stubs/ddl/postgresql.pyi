# Written by tools/write_stubs.py; do not edit.

from alembic_c.ddl.postgresql import *
from alembic_c.ddl._autogen import ComparisonResult as ComparisonResult
from alembic_c.operations._constraints import CreateExcludeConstraintOp as CreateExcludeConstraintOp
