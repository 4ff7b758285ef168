# Written by tools/write_stubs.py; do not edit.

from alembic_c.testing.schemacompare import *
from alembic_c.testing.schemacompare import _CompareConstraint as _CompareConstraint
from alembic_c.testing.schemacompare import _Comparison as _Comparison
