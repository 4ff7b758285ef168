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
