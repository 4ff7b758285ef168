# Written by tools/write_stubs.py; do not edit.

from alembic_c.autogenerate.compare.tables import *
