# Written by tools/write_stubs.py; do not edit.

from alembic_c import *
from alembic_c import __version__ as __version__
from . import autogenerate as autogenerate
from . import context as context
from . import ddl as ddl
from . import op as op
from . import operations as operations
from .runtime import plugins as plugins
from . import runtime as runtime
from . import script as script
from . import util as util
