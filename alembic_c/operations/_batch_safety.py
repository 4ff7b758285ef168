"""Making "move and copy" happen as a whole, or not at all, on SQLite.

SQLite's DDL is transactional, but Python's driver begins a transaction only in front of
an INSERT, UPDATE or DELETE, and none at all in its autocommit mode.  Left alone, a
process killed in the middle leaves a table by the temporary name behind, and in
autocommit mode perhaps no table by the real name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..ddl.impl import DefaultImpl

_SAVEPOINT = "alembic_batch"


def all_or_nothing(impl: DefaultImpl) -> AbstractContextManager[None]:
    """Return a block that is undone if it fails or the process dies in it.

    Does nothing for other databases than SQLite, and without a connection.
    """
    connection = impl.connection
    if connection is None or impl.as_sql or impl.dialect.name != "sqlite":
        return nullcontext()
    driver_connection = _driver_connection(connection)
    if not isinstance(getattr(driver_connection, "in_transaction", None), bool):
        return nullcontext()
    return _savepoint(connection, driver_connection)


def _driver_connection(connection: Connection) -> Any:
    return getattr(connection.connection, "driver_connection", None)


def _commits_by_itself(driver_connection: Any) -> bool:
    """Return whether the driver leaves BEGIN and COMMIT to whoever wants them."""
    if getattr(driver_connection, "autocommit", None) is True:
        return True
    return getattr(driver_connection, "isolation_level", "") is None


@contextmanager
def _savepoint(connection: Connection, driver_connection: Any) -> Iterator[None]:
    """Run a block in a savepoint, inside the open transaction or a new one.

    The statements do not go through SQLAlchemy, whose listeners and logs are to see
    the same ones as ever.
    """

    def send(*statements: str) -> None:
        cursor = connection.connection.cursor()
        try:
            for statement in statements:
                cursor.execute(statement)
        finally:
            cursor.close()

    begun = not driver_connection.in_transaction
    if begun:
        send("BEGIN")
    try:
        send(f"SAVEPOINT {_SAVEPOINT}")
        yield
        send(f"RELEASE {_SAVEPOINT}")
    except BaseException:
        # After some errors, such as a full disk, SQLite has rolled back on its own.
        if driver_connection.in_transaction:
            send(f"ROLLBACK TO {_SAVEPOINT}", f"RELEASE {_SAVEPOINT}")
            if begun:
                send("ROLLBACK")
        raise
    if begun and _commits_by_itself(driver_connection):
        send("COMMIT")
