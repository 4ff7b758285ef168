# Written by tools/write_stubs.py; do not edit.

from alembic_c.script.revision import *
from alembic_c.script._graph_map import LoadedMap as LoadedMap
from alembic_c.script._graph_symbols import RelativeSymbol as RelativeSymbol
