# Written by tools/write_stubs.py; do not edit.

from alembic_c.autogenerate.rewriter import *
from alembic_c.autogenerate._protocols import ProcessRevisionDirectiveFn as ProcessRevisionDirectiveFn
