# Written by tools/write_stubs.py; do not edit.

from alembic_c.operations.postgresql import *
from alembic_c.operations._operation import AddConstraintOp as AddConstraintOp
