# Written by tools/write_stubs.py; do not edit.

from alembic_c.ddl.impl import *
from alembic_c.ddl._autogen import ComparisonResult as ComparisonResult
from alembic_c.ddl._autogen import Params as Params
