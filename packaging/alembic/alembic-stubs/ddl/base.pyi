# Written by tools/write_stubs.py; do not edit.

from alembic_c.ddl.base import *
from alembic_c.ddl.base import _Name as _Name
from alembic_c.ddl.base import _ServerDefaultArgument as _ServerDefaultArgument
from alembic_c.ddl.base import _ServerDefaultType as _ServerDefaultType
