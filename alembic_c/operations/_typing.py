"""Types that the operations share, and what they ask of the layers above them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from sqlalchemy import Computed, Connection, Dialect, Identity
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
