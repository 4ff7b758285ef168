"""The names of `alembic_c.runtime.migration`, at the path that programs import."""

from .runtime.migration import *  # noqa: F403
