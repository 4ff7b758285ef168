# Written by tools/write_stubs.py; do not edit.

from alembic_c.testing.fixtures import *
from alembic_c.testing._alter_column import AlterColRoundTripFixture as AlterColRoundTripFixture
