"""The UPDATE of the version table, compiled once for all steps.

Each step has it with other revision ids, which are part of the SQL, not parameters:
that is how offline scripts and logs show them.  Compiling it anew each time would take
a good part of an upgrade.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, literal_column, text
from sqlalchemy.types import UserDefinedType

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement, Dialect, Table
    from sqlalchemy.sql import Executable

    from .migration import MigrationContext

# Revision ids, and SQL, that mean the same in every context and in a `text()`.
_PLAIN_ID = re.compile(r"\w+", re.ASCII)
_PLAIN_SQL = re.compile(r"[\w\s=.,'\"`()\[\]]+", re.ASCII)
_MARKS = ("alembic_c_from_0", "alembic_c_to_1")
# No names of columns, which SQLAlchemy keeps for itself.
_OLD, _NEW = "alembic_c_old", "alembic_c_new"


class Bound(NamedTuple):
    """A statement, and the parameters that go with it."""

    statement: Executable
    parameters: dict[str, str]


class _PlainId(UserDefinedType[str]):
    """A revision id that needs no escaping: unlike with String, no dialect casts it."""

    cache_ok = True

    def literal_processor(self, dialect: Dialect) -> Callable[[str], str]:
        return "'{}'".format


def literal(version: str) -> ColumnElement[Any]:
    """Return a revision id as SQL text; a static script has no parameters."""
    return literal_column("'{}'".format(version.replace("'", "''")))


def _given_at_execution(name: str) -> ColumnElement[Any]:
    """Return a parameter that SQLAlchemy puts into the compiled SQL as a literal."""
    return bindparam(name, type_=_PlainId(), literal_execute=True)


def _update(
    table: Table, from_: ColumnElement[Any], to_: ColumnElement[Any]
) -> Executable:
    return table.update().values(version_num=to_).where(table.c.version_num == from_)


class VersionUpdate:
    """Gives the UPDATE from one revision id to another, the quickest that is safe.

    Ids that are no plain words, and implementations of others, get what they would if
    each was made by itself.
    """

    def __init__(self, context: MigrationContext) -> None:
        self._context = context
        package = __name__.partition(".")[0]
        self._is_own = type(context.impl).__module__.startswith(f"{package}.ddl.")
        self._table: Table | None = None
        self._pieces: list[str] | None = None
        self._cached: Executable | None = None

    def between(self, from_: str, to_: str) -> Bound:
        """Return the statement that replaces `from_` by `to_`."""
        table = self._context._version
        if self._table is not table:
            self._table = table
            self._prepare(table)
        if _PLAIN_ID.fullmatch(from_) and _PLAIN_ID.fullmatch(to_):
            if self._cached is not None:
                return Bound(self._cached, {_OLD: from_, _NEW: to_})
            if self._pieces is not None:
                before, between, after = self._pieces
                return Bound(text(f"{before}{to_}{between}{from_}{after}"), {})
        return Bound(_update(table, literal(from_), literal(to_)), {})

    def _prepare(self, table: Table) -> None:
        self._pieces = self._cached = None
        if self._is_own and self._context.as_sql:
            self._pieces = self._texts_around_ids(table)
        elif self._is_own:
            # SQLAlchemy keeps what it compiles, per connection options and dialect.
            self._cached = _update(
                table, _given_at_execution(_OLD), _given_at_execution(_NEW)
            )

    def _texts_around_ids(self, table: Table) -> list[str] | None:
        """Return the parts of the compiled SQL; None if there is more to it."""
        statement: Any = _update(table, *map(literal, _MARKS))
        compiled = statement.compile(dialect=self._context.dialect)
        sql = str(compiled)
        pieces = re.split("|".join(_MARKS), sql)
        is_plain = _PLAIN_SQL.fullmatch(sql) and not compiled.params
        in_order = sql.find(_MARKS[1]) < sql.find(_MARKS[0])
        return pieces if is_plain and in_order and len(pieces) == 3 else None
