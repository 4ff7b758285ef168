# Written by tools/write_stubs.py; do not edit.

from alembic_c.ddl.oracle import *
from alembic_c.ddl._scripts import SeparatingImpl as SeparatingImpl
