# Written by tools/write_stubs.py; do not edit.

from alembic_c.autogenerate.compare.util import *
from alembic_c.autogenerate.compare.util import _InspectorConv as _InspectorConv
