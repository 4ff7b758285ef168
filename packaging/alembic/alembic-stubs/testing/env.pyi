# Written by tools/write_stubs.py; do not edit.

from alembic_c.testing.env import *
from alembic_c.testing.env import _Sourceless as _Sourceless
