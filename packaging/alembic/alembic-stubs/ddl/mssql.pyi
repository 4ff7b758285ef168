# Written by tools/write_stubs.py; do not edit.

from alembic_c.ddl.mssql import *
from alembic_c.ddl._scripts import SeparatingImpl as SeparatingImpl
from alembic_c.ddl.mssql import _ExecDropConstraint as _ExecDropConstraint
from alembic_c.ddl.mssql import _ExecDropFKConstraint as _ExecDropFKConstraint
