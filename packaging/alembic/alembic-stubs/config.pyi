# Written by tools/write_stubs.py; do not edit.

from alembic_c.config import *
