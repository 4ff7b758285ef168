# Written by tools/write_stubs.py; do not edit.

from alembic_c.ddl._autogen import *
from alembic_c.ddl._autogen import _HasDialect as _HasDialect
