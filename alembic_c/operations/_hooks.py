"""Types of the functions in `env.py` that say what takes part in a comparison.

Their public place is `alembic_c.runtime.environment`; here, where autogenerate, which
is below it, can name them too.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Literal, Optional, TypeAlias

if TYPE_CHECKING:
    from sqlalchemy.schema import SchemaItem

NameFilterType: TypeAlias = Literal[
    "schema",
    "table",
    "column",
    "index",
    "unique_constraint",
    "foreign_key_constraint",
    "check_constraint",
]
"""What kind of name or object a filter is asked about."""

NameFilterParentNames: TypeAlias = MutableMapping[
    Literal["schema_name", "table_name", "schema_qualified_table_name"],
    Optional[str],  # noqa: UP045 - as the others here, for Python 3.10 at run time
]
"""The names of the things that a name is in."""

IncludeNameFn: TypeAlias = Callable[
    [Optional[str], NameFilterType, NameFilterParentNames],  # noqa: UP045
    bool,
]
"""Says whether a name in the database is looked at; None is the default schema.

Called with name, type_, parent_names; see `EnvironmentContext.configure`.
"""

IncludeObjectFn: TypeAlias = Callable[
    ["SchemaItem", Optional[str], NameFilterType, bool, Optional["SchemaItem"]],  # noqa: UP045
    bool,
]
"""Says whether an object takes part in the comparison.

Called with object, name, type_, reflected, compare_to; see
`EnvironmentContext.configure`.
"""
