"""What is asked about an expression of the model, and what comes back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from ..util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import Dialect, Table

log = logging.getLogger("alembic.autogenerate.expressions")

# (schema, None for the default one; name)
TableKey: TypeAlias = "tuple[str | None, str]"


@dataclass(frozen=True)
class Question:
    """Whether something of the model is what the database has under the same name.

    key: the table; kind: "check", "default", "generated" or "index"; name: of the
    constraint, the column or the index; item: the model's CheckConstraint, Column or
    Index; number: tells apart several items that may be meant by one name.
    """

    key: TableKey
    kind: str
    name: str
    item: Any = field(default=None, compare=False, repr=False)
    number: int = 0

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r} of {'.'.join(filter(None, self.key))!r}"


@dataclass(frozen=True)
class Answer:
    """What the database says of something.

    there: all that it is, by name; changes: what of that differs, as it is there, and
    as the model would be.
    """

    there: Mapping[str, Any]
    changes: Mapping[str, tuple[Any, Any]]

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not self.changes

    def described(self) -> list[str]:
        """Say what differs."""
        return [
            f"{part} {_shown(there)!r} to {_shown(here)!r}"
            for part, (there, here) in self.changes.items()
        ]


def _shown(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def find_item(dialect: Dialect, table: Table, kind: str, name: str) -> Any:
    """Return what a table of the model has under a name; None if it has no such."""
    items: Iterable[Any] = table.columns
    name_of: Callable[[Any, Dialect], Any] = _column_name
    if kind == "check":
        items = sqla_compat.all_table_check_constraints(table)
        name_of = sqla_compat._stored_constraint_name
    elif kind == "index":
        items, name_of = table.indexes, sqla_compat._get_constraint_final_name
    return next((item for item in items if name_of(item, dialect) == name), None)


def _column_name(column: Any, dialect: Dialect) -> Any:
    return column.name


class Unanswered(Exception):
    """The database gives no answers; says why."""
