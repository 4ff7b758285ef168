"""Types that several layers share, and what the operations ask of those above them."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Literal, Optional, Protocol, TypeAlias

if TYPE_CHECKING:
    from sqlalchemy import Computed, Connection, Dialect, Identity
    from sqlalchemy.schema import SchemaItem
    from sqlalchemy.sql.elements import ColumnElement, TextClause

    from ..ddl.impl import DefaultImpl
    from ..util.sqla_compat import _NoneName

ServerDefault: TypeAlias = (
    "str | bool | Identity | Computed | TextClause | ColumnElement[Any] | None"
)
ConstraintName: TypeAlias = "str | _NoneName | None"
RevisionId: TypeAlias = "str | list[str] | tuple[str, ...] | set[str] | None"


class MigrationContext(Protocol):
    """A configured migration context (`alembic_c.runtime.migration`)."""

    opts: dict[str, Any]
    as_sql: bool
    dialect: Dialect
    impl: DefaultImpl

    @property
    def bind(self) -> Connection | None: ...


class Invokes(Protocol):
    """What operations ask of the object that carries them out (`base.Operations`)."""

    migration_context: MigrationContext
    schema_obj: Any  # schemaobj.SchemaObjects, which has these types in turn

    @property
    def impl(self) -> Any: ...

    def invoke(self, operation: Any) -> Any: ...


class BatchTarget(Protocol):
    """The table that a batch is about."""

    table_name: str
    schema: str | None


class InvokesInBatch(Protocol):
    """What operations ask of a batch (`base.BatchOperations`)."""

    @property
    def impl(self) -> BatchTarget: ...

    def invoke(self, operation: Any) -> Any: ...


# The functions in `env.py` that say what takes part in a comparison.  Their public
# place is `alembic_c.runtime.environment`; here, autogenerate can name them too.

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
