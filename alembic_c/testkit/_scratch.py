"""Empty databases beside the one that a URL names, and connections that forget."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

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


@contextmanager
def rolled_back(engine: sa.Engine) -> Iterator[Connection]:
    """Yield a connection whose transaction is rolled back in the end.

    A session on it commits into savepoints with
    `Session(connection, join_transaction_mode="create_savepoint")`:
    https://docs.sqlalchemy.org/en/20/orm/session_transaction.html
    """
    with engine.connect() as connection:
        transaction = connection.begin()
        try:
            yield connection
        finally:
            if transaction.is_active:
                transaction.rollback()


@asynccontextmanager
async def rolled_back_async(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Yield an asynchronous connection whose transaction is rolled back in the end."""
    async with engine.connect() as connection:
        transaction = await connection.begin()
        try:
            yield connection
        finally:
            if transaction.is_active:
                await transaction.rollback()
