# Written by tools/write_stubs.py; do not edit.

from alembic_c.operations.base import *
from alembic_c.operations._constraints import CreateExcludeConstraintOp as CreateExcludeConstraintOp
from alembic_c.operations._directives import Directive as Directive
from alembic_c.operations.base import AbstractOperations as AbstractOperations
