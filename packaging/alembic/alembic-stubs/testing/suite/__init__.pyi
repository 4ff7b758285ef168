# Written by tools/write_stubs.py; do not edit.

from alembic_c.testing.suite import *
from alembic_c.testing.suite._autogen_fixtures import AutogenFixtureTest as AutogenFixtureTest
