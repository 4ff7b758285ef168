"""The names of `alembic_c.runtime.environment`, at the path that programs import."""

from .runtime.environment import *  # noqa: F403
