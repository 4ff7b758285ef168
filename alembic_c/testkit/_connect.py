"""Connections of the kit's own: to a server, or to a database that it has made.

Through whatever driver the URL names, synchronous or not.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from ..util._threads import outside_loop

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

_T = TypeVar("_T")


class Connector:
    """Runs functions on connections to one database.

    url: where; autocommit: whether each statement commits by itself.
    Connections of a synchronous driver are kept for the next calls, one for each thread
    of `copies_ahead`. A process that was forked makes its own.
    """

    def __init__(self, url: URL, *, autocommit: bool = False) -> None:
        self.url = url
        self._options: dict[str, Any] = {}
        if autocommit:
            self._options["isolation_level"] = "AUTOCOMMIT"
        self._engine: Engine | None = None
        self._process = 0

    def call(self, function: Callable[[Connection], _T]) -> _T:
        """Call a function with an open connection; commit if it returns."""
        if self.url.get_dialect().is_async:
            return outside_loop(lambda: asyncio.run(self._call_async(function)))
        with self._own_engine().connect() as connection:
            return _committed(function, connection)

    def _own_engine(self) -> Engine:
        if self._engine is None or self._process != os.getpid():
            if self._engine is not None:
                self._engine.dispose(close=False)
            self._process = os.getpid()
            self._engine = sa.create_engine(
                self.url, pool_size=3, max_overflow=2, **self._options
            )
        return self._engine

    async def _call_async(self, function: Callable[[Connection], _T]) -> _T:
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine(
            self.url, poolclass=sa.pool.NullPool, **self._options
        )
        async with engine.connect() as connection:
            return await connection.run_sync(partial(_committed, function))

    def close(self) -> None:
        """Close the connection that was kept."""
        if self._engine is not None:
            self._engine.dispose(close=self._process == os.getpid())
            self._engine = None


def _committed(function: Callable[[Connection], _T], connection: Connection) -> _T:
    """Call a function, which may commit by itself, and commit."""
    result = function(connection)
    connection.commit()
    return result


def call_once(
    url: URL, function: Callable[[Connection], _T], *, autocommit: bool = False
) -> _T:
    """Call a function with a connection of its own; commit if it returns."""
    connector = Connector(url, autocommit=autocommit)
    try:
        return connector.call(function)
    finally:
        connector.close()


def sql(connection: Connection, statement: str) -> Any:
    """Execute a text as it is: neither colons nor percent signs mean anything."""
    options = {"no_parameters": True}
    return connection.exec_driver_sql(statement, execution_options=options)
