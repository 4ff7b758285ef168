"""Move-and-copy on SQLite happens as a whole, or not at all.

SQLite's DDL is transactional, but Python's driver begins a transaction only in front of
an INSERT, UPDATE or DELETE, and none at all in its autocommit mode.  Left alone, a
process killed in the middle leaves a table by the temporary name behind, and in
autocommit mode perhaps no table by the real name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from ..ddl._journal import Journal
    from ..ddl.impl import DefaultImpl

_SAVEPOINT = "alembic_batch"


def all_or_nothing(impl: DefaultImpl) -> AbstractContextManager[None]:
    """Return a block that is undone if it fails or the process dies in it.

    Does nothing for other databases than SQLite, and without a connection.
    """
    driver_connection = sqlite_connection(impl)
    if impl.connection is None or driver_connection is None:
        return nullcontext()
    return _savepoint(impl.connection, driver_connection, impl._journal)


def sqlite_connection(impl: DefaultImpl) -> Any:
    """Return the driver's connection if it is one to SQLite, None otherwise."""
    connection = impl.connection
    if impl.as_sql or impl.dialect.name != "sqlite":
        return None
    if not isinstance(connection, Connection):
        # None, or a mock.
        return None
    driver_connection = connection.connection.driver_connection
    is_real = isinstance(getattr(driver_connection, "in_transaction", None), bool)
    return driver_connection if is_real else None


def _commits_by_itself(driver_connection: Any) -> bool:
    """Return whether the driver leaves BEGIN and COMMIT to whoever wants them."""
    if getattr(driver_connection, "autocommit", None) is True:
        return True
    return getattr(driver_connection, "isolation_level", "") is None


@contextmanager
def driver_cursor(connection: Connection) -> Iterator[Any]:
    """Give a cursor of the driver, whose errors become SQLAlchemy's.

    Statements do not go through SQLAlchemy, whose listeners and logs are to see the
    same ones as ever.
    """
    driver_error: type[Exception] = connection.dialect.loaded_dbapi.Error
    cursor = connection.connection.cursor()
    try:
        yield cursor
    except driver_error as problem:
        raise DBAPIError.instance(
            None, None, problem, driver_error, dialect=connection.dialect
        ) from problem
    finally:
        cursor.close()


@contextmanager
def _savepoint(
    connection: Connection, driver_connection: Any, journal: Journal | None
) -> Iterator[None]:
    """Run a block in a savepoint, inside the open transaction or a new one.

    The journal hears of the statements through SQLAlchemy, hence not of those here; so
    it is told what becomes of the block.
    """

    def send(*statements: str) -> None:
        with driver_cursor(connection) as cursor:
            for statement in statements:
                cursor.execute(statement)

    begun = not driver_connection.in_transaction
    mark = journal.mark() if journal else 0
    if begun:
        send("BEGIN")
    try:
        send(f"SAVEPOINT {_SAVEPOINT}")
        yield
        send(f"RELEASE {_SAVEPOINT}")
        if begun and _commits_by_itself(driver_connection):
            send("COMMIT")
    except BaseException:
        # After some errors, such as a full disk, SQLite has rolled back on its own;
        # after a COMMIT that fails it has not.
        if driver_connection.in_transaction:
            if begun:
                send("ROLLBACK")
            else:
                send(f"ROLLBACK TO {_SAVEPOINT}", f"RELEASE {_SAVEPOINT}")
        if journal:
            journal.undo(mark)
        raise
    if journal and not driver_connection.in_transaction:
        journal.settle()
