# Written by tools/write_stubs.py; do not edit.

from alembic_c.testing.assertions import *
from alembic_c.testing.assertions import _Expected as _Expected
from alembic_c.testing.assertions import _ExpectedError as _ExpectedError
