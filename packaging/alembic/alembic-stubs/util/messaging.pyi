# Written by tools/write_stubs.py; do not edit.

from alembic_c.util.messaging import *
from alembic_c.util._logging import DeferredLogger as DeferredLogger
