"""The import name `alembic` for alembic_c; this module gives way to it."""

from alembic_c._alias import take_name

take_name()
