"""Read the whole catalog of one connection many times, as after each step of a test.

What each reading costs counts there, so all its queries go through one cursor of the
driver's, and nothing is asked for again that cannot have changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from . import _mysql as mysql
from . import _read
from ._catalog import Catalog

if TYPE_CHECKING:
    from sqlalchemy import Connection

_PREPARED = "SELECT name FROM pg_catalog.pg_prepared_statements"


def repeated(connection: Connection) -> Callable[[], Catalog]:
    """Return what reads a connection's catalog, with the version table, at each call.

    A call raises what `snapshot` raises.
    """
    return _READERS[connection.dialect.name](connection)


class _Postgresql:
    """Readings whose queries are planned once a session.

    Planning a query of the catalogs of a small database takes longer than running it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # Most rows of the first query, and only initdb makes and names such types.
        self._system_types: list[Sequence[Any]] = []

    def __call__(self) -> Catalog:
        # Drivers and poolers may remove prepared statements between two readings
        # (psycopg does after each DROP), so it is asked which ones there are.
        with _read.executed(self._connection, _PREPARED) as cursor:
            there = {row[0] for row in cursor.fetchall()}

            def query(sql: str) -> Sequence[Sequence[Any]]:
                name = f"alembic_c_{hashlib.sha256(sql.encode()).hexdigest()[:16]}"
                # An asynchronous driver keeps its statements by itself.
                if not self._connection.dialect.is_async:
                    if name not in there:
                        cursor.execute(f"PREPARE {name} AS {sql}")
                        there.add(name)
                    sql = f"EXECUTE {name}"
                return _fetched(cursor, sql)

            if not self._system_types:
                self._system_types = _read.system_types(
                    self._connection, lambda sql: _fetched(cursor, sql)
                )
            return Catalog(
                *_read.whole_postgresql(
                    self._connection, None, query, self._system_types
                )
            )


def _fetched(cursor: Any, sql: str) -> Sequence[Sequence[Any]]:
    cursor.execute(sql)
    rows: Sequence[Sequence[Any]] = cursor.fetchall()
    return rows


def _sqlite(connection: Connection) -> Callable[[], Catalog]:
    def read() -> Catalog:
        with _read.executed(connection, _read.DATABASES) as cursor:
            schemas = _read.databases(cursor.fetchall())

            def query(sql: str) -> Sequence[Sequence[Any]]:
                return _fetched(cursor, sql)

            return Catalog(*_read.whole_sqlite(connection, schemas, query))

    return read


def _mysql(connection: Connection) -> Callable[[], Catalog]:
    # The server is built with them; half of what is asked of a session.
    charsets = mysql.session(connection).charsets

    def read() -> Catalog:
        session = mysql.session(connection, charsets)
        return Catalog(*mysql.read(connection, None, session))

    return read


_READERS: dict[str, Callable[[Connection], Callable[[], Catalog]]] = {
    "postgresql": _Postgresql,
    "sqlite": _sqlite,
    "mysql": _mysql,
    "mariadb": _mysql,
}
