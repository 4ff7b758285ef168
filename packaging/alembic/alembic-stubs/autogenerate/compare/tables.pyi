# Written by tools/write_stubs.py; do not edit.

from alembic_c.autogenerate.compare.tables import *
from alembic_c.autogenerate.compare._table_names import TableKey as TableKey
