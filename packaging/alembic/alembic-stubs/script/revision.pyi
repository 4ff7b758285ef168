# Written by tools/write_stubs.py; do not edit.

from alembic_c.script.revision import *
from alembic_c.script._graph import LoadedMap as LoadedMap
from alembic_c.script._revision import RelativeSymbol as RelativeSymbol
