"""Empty databases beside the one that a URL names, and connections that forget."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ._templates import store_for
from ._tree import as_url

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


@contextmanager
def empty_database(url: str | URL) -> Iterator[URL]:
    """Yield the URL of a new, empty database; it is removed afterwards.

    url: as for `migrated`.
    Raises NoRightError if the account may not create databases.
    """
    store = store_for(as_url(url))
    made = store.create()
    try:
        yield made
    finally:
        store.drop(made)


def without_waiting(connection: Connection) -> None:
    """Let commits to a database that is thrown away not wait for the disk.

    On PostgreSQL `empty_database` does that. For SQLite it is a setting of a
    connection's, which stays as it is within a transaction.
    """
    if connection.dialect.name == "sqlite":
        with suppress(sa.exc.OperationalError):
            connection.exec_driver_sql("PRAGMA synchronous = OFF")


@contextmanager
def rolled_back(engine: sa.Engine) -> Iterator[Connection]:
    """Yield a connection whose transaction is rolled back in the end.

    A session on it commits into savepoints with
    `Session(connection, join_transaction_mode="create_savepoint")`:
    https://docs.sqlalchemy.org/en/20/orm/session_transaction.html
    """
    with engine.connect() as connection:
        transaction = connection.begin()
        restore = _begin_in_database(connection)
        try:
            yield connection
        finally:
            if transaction.is_active:
                transaction.rollback()
            restore()


@asynccontextmanager
async def rolled_back_async(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Yield an asynchronous connection whose transaction is rolled back in the end."""
    async with engine.connect() as connection:
        transaction = await connection.begin()
        restore = await connection.run_sync(_begin_in_database)
        try:
            yield connection
        finally:
            if transaction.is_active:
                await transaction.rollback()
            await connection.run_sync(lambda _: restore())


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_in_database(connection: Connection) -> Callable[[], None]:
    """Begin a transaction that savepoints are inside of; return what undoes the change.

    Python's driver for SQLite begins one at the first INSERT only, unless it is told
    to leave transactions alone; a savepoint before that is a transaction by itself.
    """
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite" or not hasattr(driver, "isolation_level"):
        return lambda: None
    mode = driver.isolation_level
    if mode is None:
        return lambda: None
    driver.isolation_level = None
    connection.exec_driver_sql("BEGIN")
    # And each one that SQLAlchemy begins if the test ends this one.
    sa.event.listen(connection, "begin", _begin)

    def restore() -> None:
        sa.event.remove(connection, "begin", _begin)
        if connection.in_transaction():
            connection.rollback()
        driver.isolation_level = mode

    return restore
