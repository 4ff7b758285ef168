# Written by tools/write_stubs.py; do not edit.

from alembic_c.ext.checkconstraint_byname import *
from alembic_c.ext.checkconstraint_byname import _ModelChecks as _ModelChecks
