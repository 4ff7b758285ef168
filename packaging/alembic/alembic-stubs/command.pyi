# Written by tools/write_stubs.py; do not edit.

from alembic_c.command import *
from alembic_c.command import _TemplateFiles as _TemplateFiles
