# Written by tools/write_stubs.py; do not edit.

from alembic_c.autogenerate.api import *
from alembic_c.autogenerate._expressions import Expressions as Expressions
from alembic_c.autogenerate._protocols import ProcessRevisionDirectiveFn as ProcessRevisionDirectiveFn
from alembic_c.autogenerate._protocols import RenderItemFn as RenderItemFn
from alembic_c.autogenerate._sqlite_tables import SqliteTables as SqliteTables
from alembic_c.autogenerate.api import _DetachedContext as _DetachedContext
