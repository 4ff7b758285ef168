"""Creating and dropping types that have a name: PostgreSQL's ENUM and DOMAIN.

There is no directive for it.  A revision file says `op.execute(CreateEnumType(...))`, a
statement of SQLAlchemy's own, so that it runs offline as well, and wherever else the
file is run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.postgresql import (
    DOMAIN,
    ENUM,
    CreateDomainType,
    CreateEnumType,
    DropDomainType,
    DropEnumType,
)

from ._operation import ExecuteSQLOp

if TYPE_CHECKING:
    from typing import TypeAlias

    NamedType: TypeAlias = ENUM | DOMAIN

# The statements for each class of types: what creates it, what drops it.
STATEMENTS: dict[type, tuple[Any, Any]] = {
    ENUM: (CreateEnumType, DropEnumType),
    DOMAIN: (CreateDomainType, DropDomainType),
}


def _statements(type_: NamedType) -> tuple[Any, Any]:
    return next(pair for cls, pair in STATEMENTS.items() if isinstance(type_, cls))


class CreateTypeOp(ExecuteSQLOp):
    """Creating a type of its own, before the column that needs it."""

    _is_companion = True

    def __init__(self, type_: NamedType) -> None:
        create, _ = _statements(type_)
        super().__init__(create(type_))
        self.type_ = type_


class DropTypeOp(ExecuteSQLOp):
    """Dropping a type, behind the last column that has used it."""

    _is_companion = True

    def __init__(self, type_: NamedType) -> None:
        _, drop = _statements(type_)
        super().__init__(drop(type_))
        self.type_ = type_
