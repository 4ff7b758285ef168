# Written by tools/write_stubs.py; do not edit.

from alembic_c.testkit.checks import *
from alembic_c.testkit.checks import _Walk as _Walk
