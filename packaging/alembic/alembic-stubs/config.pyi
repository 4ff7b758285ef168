# Written by tools/write_stubs.py; do not edit.

from alembic_c.config import *
from alembic_c._cli.parser import Parser as Parser
