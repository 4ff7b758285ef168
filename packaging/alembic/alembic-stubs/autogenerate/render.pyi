# Written by tools/write_stubs.py; do not edit.

from alembic_c.autogenerate.render import *
from alembic_c.autogenerate._render_layout import BlockWriter as BlockWriter
