# Written by tools/write_stubs.py; do not edit.

from alembic_c.script.upgrade_hooks import *
from alembic_c.script.upgrade_hooks import _Hook as _Hook
