# Written by tools/write_stubs.py; do not edit.

from alembic_c.runtime.environment import *
from alembic_c.runtime._foreign import Beginnings as Beginnings
from alembic_c.runtime._foreign import ForeignTransaction as ForeignTransaction
from alembic_c.runtime._transactions import _ProxyTransaction as _ProxyTransaction
from alembic_c.runtime.environment import _GetRevArg as _GetRevArg
from alembic_c.runtime.environment import _RevNumber as _RevNumber
