# Written by tools/write_stubs.py; do not edit.

from alembic_c.operations.batch import *
from alembic_c.operations._batch_order import ColumnOrder as ColumnOrder
from alembic_c.operations._batch_order import UnknownColumnError as UnknownColumnError
