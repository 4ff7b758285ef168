# Written by tools/write_stubs.py; do not edit.

from alembic_c.util.sqla_compat import *
from alembic_c.util.sqla_compat import _CompilerProtocol as _CompilerProtocol
from alembic_c.util.sqla_compat import _ConstraintName as _ConstraintName
from alembic_c.util.sqla_compat import _ConstraintNameDefined as _ConstraintNameDefined
from alembic_c.util.sqla_compat import _ForeignKeyTarget as _ForeignKeyTarget
