"""Transactions around migrations that the migration context has not begun.

An `env.py` that executes anything before `context.begin_transaction()` has SQLAlchemy
begin a transaction, which the context then leaves alone: whoever begins one ends it.
If nobody does, closing the connection rolls back all steps, and the command would end
with status 0 and nothing stored.  A command of the command line looks for that:

- `Beginnings` notes, while `env.py` runs, where it begins transactions.
- `ForeignTransaction` follows one that is not the context's, from the first step in
  it.  COMMIT settles it; a rollback that `env.py` asks for is its own affair, as in a
  dry run; closing the connection, or leaving it open, loses the steps.  Then the
  database is asked, by another connection: a driver can commit in ways of its own.

A program that calls `alembic.command` is not watched: it may roll back on purpose.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event

from ..util import CommandError, sqla_compat
from ._failures import _rolls_ddl_back

if TYPE_CHECKING:
    from sqlalchemy.pool import PoolResetState

    from .migration import MigrationContext

_COMMIT = re.compile(r"\s*(?:COMMIT|END)\b", re.IGNORECASE)
_WIDTH = 100
_MEND = (
    "in env.py, behind that statement:      connection.commit()",
    "or execute it inside of the block:     with context.begin_transaction():",
)
_NO_BLOCK = (
    "in env.py, around run_migrations():    with context.begin_transaction():",
)


class Beginnings:
    """Where `env.py` has begun transactions, and by which statements."""

    def __init__(self) -> None:
        self._places: WeakKeyDictionary[Connection, tuple[str, int]] = (
            WeakKeyDictionary()
        )
        self._statements: WeakKeyDictionary[Connection, str] = WeakKeyDictionary()

    def start(self) -> None:
        """Note from now on what is begun, on any connection."""
        for name, listener in self._listeners():
            event.listen(Engine, name, listener)

    def stop(self) -> None:
        """End what `start` has begun."""
        for name, listener in self._listeners():
            event.remove(Engine, name, listener)

    def _listeners(self) -> tuple[tuple[str, Callable[..., None]], ...]:
        return ("begin", self._begin), ("before_cursor_execute", self._execute)

    def _begin(self, connection: Connection) -> None:
        self._statements.pop(connection, None)
        self._places.pop(connection, None)
        if place := _calling_place():
            self._places[connection] = place

    def _execute(
        self, connection: Connection, cursor: Any, statement: str, *rest: Any
    ) -> None:
        if connection in self._statements or connection not in self._places:
            return
        # Another line than the one that has begun: `connection.begin()` came first.
        same = _calling_place() == self._places[connection]
        self._statements[connection] = " ".join(statement.split()) if same else ""

    def described(self, connection: Connection) -> str | None:
        """Return the place of the beginning, and the statement if there is one."""
        place = self._places.get(connection)
        if place is None:
            return None
        statement = self._statements.get(connection, "")
        where = f"{place[0]}, line {place[1]}"
        return f"{statement[:_WIDTH]} ({where})" if statement else where


def _calling_place() -> tuple[str, int] | None:
    """Return file and line of the code that has called SQLAlchemy, None if ours has."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if frame.f_globals is not globals() and package != "sqlalchemy":
            if package == __name__.partition(".")[0]:
                return None
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None


class ForeignTransaction:
    """The transaction of a connection with steps in it, and what becomes of it."""

    def __init__(self, connection: Connection, rolls_ddl_back: bool) -> None:
        self._connection = connection
        self._engine = connection.engine
        self._rolls_ddl_back = rolls_ddl_back
        self.n_steps = 0
        self.reached: Callable[[], Collection[str]] = tuple
        self._is_settled = False
        self._is_rolled_back = False
        self.is_closed = False
        # The pool hears of the driver's connection only.
        self._driver_connection = connection.connection.dbapi_connection
        self._listeners: list[tuple[Any, str, Callable[..., None]]] = [
            (connection, "commit", lambda conn: self._settle()),
            (connection, "commit_twophase", lambda conn, xid, prep: self._settle()),
            (connection, "begin", lambda conn: self._begin()),
            (connection, "rollback", lambda conn: self._roll_back()),
            (connection, "rollback_twophase", lambda conn, xid, p: self._roll_back()),
            (connection, "after_cursor_execute", self._executed),
            (connection.engine.pool, "reset", self._reset),
        ]
        for target, name, listener in self._listeners:
            event.listen(target, name, listener)

    def release(self) -> None:
        """Stop listening."""
        for target, name, listener in self._listeners:
            event.remove(target, name, listener)
        self._listeners = []

    def step(self, reached: Callable[[], Collection[str]]) -> None:
        """Note that a step ran in the transaction.

        reached: says which heads the version table should have behind it.
        """
        self.n_steps += 1
        self.reached = reached
        self._is_settled = self._is_rolled_back = False

    def _settle(self) -> None:
        self._is_settled = True

    def _begin(self) -> None:
        if self._is_rolled_back:
            self._settle()  # it was asked for: the connection is in use again

    def _roll_back(self) -> None:
        self._is_rolled_back = True

    def _executed(
        self, conn: Connection, cursor: Any, statement: str, *rest: Any
    ) -> None:
        if _COMMIT.match(statement):
            self._settle()

    def _reset(self, dbapi_connection: Any, record: Any, state: PoolResetState) -> None:
        if dbapi_connection is self._driver_connection and (
            state.transaction_was_reset or not self._is_rolled_back
        ):
            self.is_closed = True

    def is_lost(self, version_table: Any) -> bool:
        """Return whether the steps were rolled back, or will be.

        version_table: a selection of the ids in the version table.
        """
        if not self.n_steps or self._is_settled:
            return False
        if self._is_rolled_back and not self.is_closed:
            return False  # on purpose
        return not self._is_stored(version_table)

    def _is_stored(self, version_table: Any) -> bool:
        try:
            with self._engine.connect() as connection:
                heads = {row[0] for row in connection.execute(version_table)}
        except Exception:  # noqa: BLE001 - no table, or a driver that needs an event loop
            return False
        return heads == set(self.reached())


def watch(context: MigrationContext) -> ForeignTransaction | None:
    """Return the transaction to watch if steps run in one that is not the context's.

    None if there is none, or if a COMMIT is not needed.
    """
    connection = context.connection
    if context.as_sql or not isinstance(connection, Connection):
        return None
    if context._transaction is not None or not connection.in_transaction():
        return None
    if sqla_compat._commits_each_statement(connection):
        return None
    return ForeignTransaction(connection, _rolls_ddl_back(context))


def begun(beginnings: Beginnings | None, context: MigrationContext) -> str:
    """Return who has begun the transaction of a context, and how to mend that."""
    by = beginnings.described(context.connection) if beginnings else None
    lines = [f"  begun by: {by}"] if by else []
    external = context._in_external_transaction
    mend = _MEND if external else _NO_BLOCK
    return "\n".join([*lines, *(f"  {line}" for line in mend)])


def lost_error(
    transaction: ForeignTransaction,
    context: MigrationContext,
    beginnings: Beginnings | None,
) -> CommandError:
    """Return the error of a command whose steps were lost."""
    n = transaction.n_steps
    steps = "1 step" if n == 1 else f"{n} steps"
    whose = (
        "in a transaction that env.py had begun and nobody committed"
        if context._in_external_transaction
        else "without context.begin_transaction(), and nobody committed"
    )
    kept = "" if transaction._rolls_ddl_back else ", but not the DDL, which commits"
    return CommandError(
        f"Nothing was stored: {steps} ran {whose}; the database has rolled that back"
        f"{kept}\n{begun(beginnings, context)}"
    )


def autocommit_error(
    context: MigrationContext, beginnings: Beginnings | None
) -> CommandError:
    """Return the error of `autocommit_block()` in a transaction of others."""
    return CommandError(
        "autocommit_block() cannot end a transaction that was begun outside of the "
        f"migration context\n{begun(beginnings, context)}"
    )
