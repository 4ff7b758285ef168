"""Databases by their address: a URL, a conninfo string, the path of a file.

Nothing of SQLAlchemy is needed: our own extension modules read, through libpq and
SQLite where these are found (_libraries.py).
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlencode

from .. import _catalog
from ..util._threads import outside_loop
from . import _objects, _read

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection
    from typing_extensions import CapsuleType

    from ._read import Whole

_URL = re.compile(r"(?P<name>[a-z][a-z0-9_]*)(\+(?P<driver>\w+))?://", re.IGNORECASE)
_CONNINFO = re.compile(r"\s*[a-z_]+\s*=")
_IN_MEMORY = re.compile(r"file::memory:|file:[^?]*\?(.*&)?mode=memory\b")
# Drivers whose URL parameters are libpq's.
_LIBPQ_DRIVERS = (None, "psycopg", "psycopg2", "psycopg_async", "psycopg2cffi")
# Of SQLAlchemy's engines.
_READ_ONLY = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


_T = TypeVar("_T")


class Address(NamedTuple):
    """Where a database is.

    backend: "postgresql", "sqlite", "mysql" or "mariadb".
    name: libpq's conninfo or URI; the path of a file, or a URI of SQLite's; a URL.
    is_uri: for SQLite, whether it is a URI.
    url: SQLAlchemy's URL, when only its driver will do; else None.
    """

    backend: str
    name: str
    is_uri: bool = False
    url: str | None = None


def parse(source: str | os.PathLike[str]) -> Address:
    """Tell what kind of address a text is; a path object is an SQLite file.

    "name://" begins a URL, "file:" a URI of SQLite's, "name =" a conninfo string; all
    else is the path of an SQLite file.
    Raises ValueError for a URL of another backend, and for a database in memory.
    """
    if not isinstance(source, str):
        return Address("sqlite", os.fspath(source))
    url = _URL.match(source)
    if url:
        return _parse_url(source, url)
    if source.startswith("file:"):
        return _on_disk(Address("sqlite", source, is_uri=True))
    if _CONNINFO.match(source):
        return Address("postgresql", source)
    return _on_disk(Address("sqlite", source))


def _parse_url(source: str, url: re.Match[str]) -> Address:
    name, driver = url["name"].lower(), url["driver"]
    rest = source[url.end() :]
    if name in ("postgresql", "postgres"):
        head, mark, query = rest.partition("?")
        foreign = driver not in _LIBPQ_DRIVERS and mark
        if driver is not None:  # SQLAlchemy's way: libpq takes "+" for itself
            query = query.replace("+", "%20")
        return Address(
            *("postgresql", f"postgresql://{head}{mark}{query}"),
            url=source if foreign else None,
        )
    if name == "sqlite":
        return _on_disk(_parse_sqlite(rest))
    if name in ("mysql", "mariadb"):
        return Address(name, source, url=source)
    raise ValueError(
        f"no catalog of {name!r}; there are postgresql, sqlite, mysql and mariadb"
    )


def _parse_sqlite(rest: str) -> Address:
    """Read what stands behind sqlite://, as SQLAlchemy does: "/" and the path."""
    path, _, query = rest.partition("?")
    parameters = dict(parse_qsl(query))
    path = path.removeprefix("/")
    if parameters.pop("uri", "").lower() not in ("true", "1", "yes", "on"):
        return Address("sqlite", path)
    if parameters:
        path += ("&" if "?" in path else "?") + urlencode(parameters)
    return Address("sqlite", path, is_uri=True)


def _on_disk(address: Address) -> Address:
    if address.name in ("", ":memory:") or _IN_MEMORY.match(address.name):
        raise ValueError(
            "a new database in memory has nothing in it; to read one that is open, "
            "pass its connection"
        )
    return address


def read(address: Address, schemas: Sequence[str] | None) -> Whole:
    """Open a database, read all of it in one read-only transaction, and close it.

    Raises ImportError, which says what to install, if there is no library or driver;
    DatabaseError or what the driver raises.
    """
    if address.backend == "sqlite":
        return _read_sqlite(address, schemas)
    if address.url is not None:
        return _read_through_driver(address.url, schemas)
    from .. import _libpq

    with closing(_connected(_libpq.Connection, address.name)) as connection:
        connection.execute(_BEGIN)
        reader = _catalog.PgReader(connection.server_version, schemas)
        tables = _read.feed_postgresql(reader, connection.rows)
        return tables, _objects.postgresql(_tuples(connection.rows), schemas)


def _connected(connect: Callable[[str], _T], name: str) -> _T:
    """Connect; raise what that raises, without the address: a password may be in it."""
    try:
        return connect(name)
    except _catalog.DatabaseError as problem:
        words = str(problem)
        if name not in words:
            raise
    raise _catalog.DatabaseError(words.replace(name, "…"))


def _tuples(rows: Callable[[str], CapsuleType]) -> _objects.Query:
    """Return a query that gives what is in a capsule as tuples."""
    return lambda sql, n_columns: _catalog.read_rows(rows(sql), n_columns)


def _read_sqlite(address: Address, schemas: Sequence[str] | None) -> Whole:
    if schemas is not None and list(schemas) != ["main"]:
        raise ValueError("an SQLite file has the schema 'main' only")
    if not address.is_uri and not os.path.exists(address.name):
        raise FileNotFoundError(f"no such file: {address.name}")
    from .. import _sqlite3

    try:
        database = _sqlite3.Database(address.name, uri=address.is_uri)
    except ImportError as reason:
        return _read_through_python(address, reason)
    with closing(database):
        database.execute("BEGIN")
        tables = _read.feed_sqlite(database.rows, [None], pragmas=True)
        return tables, _objects.sqlite(_tuples(database.rows), [None])


def _read_through_python(address: Address, reason: ImportError) -> Whole:
    """Read a file through Python's own module, whose copy of SQLite is out of reach.

    Raises the reason for that if there is no such module.
    """
    try:
        import sqlite3
    except ImportError:
        raise reason from None

    name = address.name
    if not address.is_uri:
        name = Path(os.path.abspath(name)).as_uri() + "?mode=ro"
    with closing(sqlite3.connect(name, uri=True, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        tables = _read.feed_sqlite(connection.execute, [None], pragmas=True)
        query = _read._with_width(connection.execute)
        return tables, _objects.sqlite(query, [None])


def _read_through_driver(text: str, schemas: Sequence[str] | None) -> Whole:
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url
    from sqlalchemy.pool import NullPool

    url = make_url(text)
    if url.get_dialect().is_async:
        return outside_loop(lambda: asyncio.run(_read_async(url, schemas)))
    engine = create_engine(url, poolclass=NullPool).execution_options(**_READ_ONLY)
    with engine.connect() as connection:
        return _read_connection(connection, schemas)


async def _read_async(url: URL, schemas: Sequence[str] | None) -> Whole:
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    engine = create_async_engine(url, poolclass=NullPool, execution_options=_READ_ONLY)
    async with engine.connect() as connection:
        return await connection.run_sync(_read_connection, schemas)


def _read_connection(connection: Connection, schemas: Sequence[str] | None) -> Whole:
    if connection.dialect.name == "postgresql":
        return _read.whole_postgresql(connection, schemas)
    from . import _mysql

    return _mysql.read(connection, schemas)
