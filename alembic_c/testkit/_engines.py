"""Engines of both kinds on a database, whichever driver its URL names."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ._tree import TestKitError

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

# By the kind of database: SQLAlchemy's names of drivers, and their modules.
_MYSQL = {"mysqldb": "MySQLdb", "pymysql": "pymysql"}
_ASYNC_MYSQL = {"asyncmy": "asyncmy", "aiomysql": "aiomysql"}
_DRIVERS = {
    "postgresql": {"psycopg2": "psycopg2", "psycopg": "psycopg", "pg8000": "pg8000"},
    "sqlite": {"pysqlite": "sqlite3"},
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
}
_ASYNC_DRIVERS = {
    "postgresql": {"asyncpg": "asyncpg", "psycopg": "psycopg"},
    "sqlite": {"aiosqlite": "aiosqlite"},
    "mysql": _ASYNC_MYSQL,
    "mariadb": _ASYNC_MYSQL,
}


def engine(url: URL, **options: Any) -> Engine:
    """Return an engine.

    Its driver is the one that the URL names, if that is synchronous; else one that is
    installed. options: of `create_engine`.
    Raises TestKitError if there is none.
    """
    if url.get_dialect().is_async:
        url = _through(url, _DRIVERS, "synchronous")
    return sa.create_engine(url, **options)


def async_engine(url: URL) -> AsyncEngine:
    """Return an asynchronous engine that keeps no connection.

    Its driver is the one that the URL names, if that is asynchronous; else one that is
    installed.
    Raises TestKitError if there is none.
    """
    from sqlalchemy.ext.asyncio import create_async_engine

    if not url.get_dialect().is_async:
        url = _through(url, _ASYNC_DRIVERS, "asynchronous")
    return create_async_engine(url, poolclass=sa.pool.NullPool)


def _through(url: URL, drivers: dict[str, dict[str, str]], kind: str) -> URL:
    """Return the URL with a driver that is installed."""
    backend = url.get_backend_name()
    modules = drivers.get(backend, {})
    for name, module in modules.items():
        if find_spec(module):
            return url.set(drivername=f"{backend}+{name}")
    raise TestKitError(
        f"no {kind} driver for {backend}: install {' or '.join(modules)}"
    )
