# Written by tools/write_stubs.py; do not edit.

from alembic_c.config import *
from alembic_c._cli_parser import BuildingFormatter as BuildingFormatter
from alembic_c._cli_parser import LateParser as LateParser
