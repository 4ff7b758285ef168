# Written by tools/write_stubs.py; do not edit.

from alembic_c.script.base import *
from alembic_c.script._errors import Wording as Wording
from alembic_c.script._script import RevisionFiles as RevisionFiles
from alembic_c.script._script import Script as Script
