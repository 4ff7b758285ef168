# Written by tools/write_stubs.py; do not edit.  For tools that look for a source file:
# nothing runs it, because alembic/__init__.py answers with alembic_c.autogenerate.compare.enums itself.
from alembic_c.autogenerate.compare.enums import *
