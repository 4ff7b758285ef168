"""Which statements of a migration stay in the database if the migration fails.

Listeners at the connection note each statement that changes something.  It is pending
while a transaction that covers it is open; it stays once that is committed, or if there
is none: SQLite's driver begins none for DDL, and MySQL and Oracle commit before DDL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Comments and parentheses in front of the first word of a statement.  A comment can
# match in one way only: many of them would take exponential time otherwise.
_LEAD = r"(?:\s|\(|--[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)*"
_CHANGES_NOTHING = re.compile(
    _LEAD + r"(?:SELECT|PRAGMA|SHOW|EXPLAIN|SET|BEGIN|COMMIT|ROLLBACK|SAVEPOINT"
    r"|RELEASE|USE)\b",
    re.IGNORECASE,
)
_COMMITS = re.compile(
    _LEAD + r"(?:(?:CREATE|DROP)\s+(?!TEMPORARY\b)|ALTER|RENAME|TRUNCATE|GRANT|REVOKE"
    r"|COMMENT|ANALYZE|OPTIMIZE|REPAIR)\b",
    re.IGNORECASE,
)

# More statements of one migration than these are of no use to a reader.
_LIMIT = 200


class Journal:
    """The statements of one step of a migration.

    commits_before_ddl: whether the database does, as MySQL and Oracle do.
    """

    def __init__(self, commits_before_ddl: bool) -> None:
        self.kept: list[str] = []
        self.n_left_out = 0
        self.is_atomic = False
        self._pending: list[str] = []
        self._commits_before_ddl = commits_before_ddl
        self._driver_commits = False

    @contextmanager
    def step(self, connection: Connection) -> Iterator[None]:
        """Note one step, inside its transaction; the step before is forgotten.

        The step is atomic if the database is in a transaction from its start on, as
        SQLite is where the driver's own way of beginning one has been replaced.
        """
        self.kept.clear()
        self._pending.clear()
        self.n_left_out = 0
        self.is_atomic = _sqlite_in_transaction(connection) is True
        self._driver_commits = _driver_commits(connection)
        try:
            yield
        except DBAPIError as problem:
            # DDL commits what precedes it even where it fails.
            if self._commits_before_ddl and _COMMITS.match(problem.statement or ""):
                self.settle()
            raise

    def mark(self) -> int:
        """Return the place to give to `undo`."""
        return len(self._pending)

    def undo(self, mark: int) -> None:
        """Forget what was noted in the open transaction since `mark`."""
        del self._pending[mark:]

    def settle(self) -> None:
        """Note that the statements so far are committed."""
        self.kept += self._pending
        self._pending.clear()

    def discard(self) -> None:
        """Note that the open transaction is rolled back."""
        self._pending.clear()

    def note(self, connection: Connection, statement: str) -> None:
        """Note that a statement has been executed."""
        if not _CHANGES_NOTHING.match(statement):
            self._append(statement)
        if self._is_committed(connection, statement):
            self.settle()

    def _append(self, statement: str) -> None:
        noted = self._pending or self.kept
        if noted and noted[-1] == statement:
            return
        if len(self._pending) + len(self.kept) < _LIMIT:
            self._pending.append(statement)
        else:
            self.n_left_out += 1

    def _is_committed(self, connection: Connection, statement: str) -> bool:
        in_transaction = _sqlite_in_transaction(connection)
        if in_transaction is not None:
            return not in_transaction
        if self._driver_commits or _is_in_autocommit_block(connection):
            return True
        return self._commits_before_ddl and bool(_COMMITS.match(statement))


def _driver_commits(connection: Connection) -> bool:
    """Return whether the driver's connection is in autocommit mode.

    To be asked once a step: some drivers ask the server.
    """
    driver_connection = connection.connection.driver_connection
    get_autocommit = getattr(driver_connection, "get_autocommit", None)
    if get_autocommit is not None:
        return bool(get_autocommit())
    return getattr(driver_connection, "autocommit", None) is True


def _is_in_autocommit_block(connection: Connection) -> bool:
    return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"


def _sqlite_in_transaction(connection: Connection) -> bool | None:
    """Return whether SQLite has a transaction open, None for other databases."""
    if connection.dialect.name != "sqlite":
        return None
    driver_connection = connection.connection.driver_connection
    in_transaction = getattr(driver_connection, "in_transaction", None)
    return in_transaction if isinstance(in_transaction, bool) else None


@contextmanager
def kept_by(journal: Journal, connection: Connection) -> Iterator[None]:
    """Let a journal note what a connection does, for the length of a block."""

    def executed(
        conn: Connection,
        cursor: Any,
        statement: str,
        parameters: Any,
        context: Any,
        executemany: bool,
    ) -> None:
        journal.note(conn, statement)

    listeners: list[tuple[str, Any]] = [
        ("after_cursor_execute", executed),
        ("commit", lambda conn: journal.settle()),
        ("rollback", lambda conn: journal.discard()),
    ]
    for name, listener in listeners:
        event.listen(connection, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners:
            event.remove(connection, name, listener)
