"""Which comparators take part in a run, and whether they go by our rules alone."""

from __future__ import annotations

from typing import Any

from ..ddl.mysql import MariaDBImpl, MySQLImpl
from ..ddl.postgresql import PostgresqlImpl
from ..ddl.sqlite import SQLiteImpl

# The implementations whose rules are known.  A subclass has rules of its own.
_IMPLS: frozenset[type] = frozenset(
    (PostgresqlImpl, SQLiteImpl, MySQLImpl, MariaDBImpl)
)
# Methods of an implementation that comparators call.
_METHODS = (
    "adjust_reflected_dialect_options",
    "autogen_column_reflect",
    "compare_check_constraint",
    "compare_indexes",
    "compare_server_default",
    "compare_type",
    "compare_unique_constraint",
    "correct_for_autogen_constraints",
    "correct_for_autogen_foreignkeys",
    "_column_args_match",
    "_column_types_match",
    "_compare_identity_default",
    "_create_metadata_constraint_sig",
    "_create_reflected_constraint_sig",
    "_is_stored_as",
    "_normalize_computed_default",
    "_same_type",
    "_stored_types",
    "_tokenize_column_type",
)


def is_our_own(impl: Any) -> bool:
    """Return whether nobody has put rules of their own into an implementation."""
    return type(impl) in _IMPLS and all(
        name not in vars(impl)
        and getattr(getattr(impl, name), "__module__", "").startswith("alembic_c.ddl.")
        for name in _METHODS
    )


def compared_groups(autogen_context: Any) -> set[str]:
    """Return the groups of comparators that take part, of tables and of columns."""
    return {
        group
        for target in ("table", "column")
        for _, group in autogen_context.comparators._handlers(
            target, autogen_context.dialect.name
        )
        if group
    }
