"""The UPDATE of the version table in an offline script, compiled once for all steps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Table, TextClause
    from sqlalchemy.sql.dml import Update

    from .migration import MigrationContext

# Revision ids, and SQL, that mean the same in every context and in a `text()`.
_PLAIN_ID = re.compile(r"\w+", re.ASCII)
_PLAIN_SQL = re.compile(r"[\w\s=.,'\"`()\[\]]+", re.ASCII)
_MARKS = ("alembic_c_from_0", "alembic_c_to_1")


class ScriptedUpdate:
    """Gives the UPDATE from one revision id to another as text, where that is safe.

    Compiling that statement for each step would take a good part of an offline
    upgrade.  It is compiled with marks in place of the ids instead, and the ids are
    put there.

    make: returns the statement for a table and two ids.
    """

    def __init__(
        self, context: MigrationContext, make: Callable[[Table, str, str], Update]
    ) -> None:
        self._context = context
        self._make = make
        self._compiled_for: Table | None = None
        self._pieces: list[str] | None = None

    def statement(self, from_: str, to_: str) -> Update | TextClause:
        """Return the statement, as text if that comes to the same."""
        table = self._context._version
        if self._compiled_for is not table:
            self._compiled_for, self._pieces = table, self._compile(table)
        if self._pieces is None or not (
            _PLAIN_ID.fullmatch(from_) and _PLAIN_ID.fullmatch(to_)
        ):
            return self._make(table, from_, to_)
        before, between, after = self._pieces
        return text(f"{before}{to_}{between}{from_}{after}")

    def _compile(self, table: Table) -> list[str] | None:
        """Return the texts around the two ids; None if there is more to the statement.

        With a connection there is: it may translate schema names, and listeners see
        the construct.  So there is with an implementation that is not ours.
        """
        context = self._context
        package = __name__.partition(".")[0]
        is_own = type(context.impl).__module__.startswith(f"{package}.ddl.")
        if not (context.as_sql and is_own):
            return None
        statement: Any = self._make(table, *_MARKS)
        compiled = statement.compile(dialect=context.dialect)
        sql = str(compiled)
        pieces = re.split("|".join(_MARKS), sql)
        is_plain = _PLAIN_SQL.fullmatch(sql) and not compiled.params
        in_order = sql.find(_MARKS[1]) < sql.find(_MARKS[0])
        return pieces if is_plain and in_order and len(pieces) == 3 else None
