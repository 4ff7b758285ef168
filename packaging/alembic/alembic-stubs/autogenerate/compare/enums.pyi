# Written by tools/write_stubs.py; do not edit.

from alembic_c.autogenerate.compare.enums import *
from alembic_c.autogenerate.compare.enums import _Declared as _Declared
from alembic_c.autogenerate.compare.enums import _Words as _Words
