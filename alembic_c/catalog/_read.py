"""Read a database's catalog: which queries, in which order, into which reader.

Through a connection that the caller has open, rows come from the caller's own DBAPI
cursor, so they are seen in its transaction: DDL that is not committed, and databases in
memory, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from .. import _catalog

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .._catalog import Catalog

BACKENDS = ("postgresql", "sqlite")
OLDEST_POSTGRESQL = (13,)

# So many rows are Python objects at a time.
_BATCH = 500

# Nobody but us fetches from the cursor, not SQLAlchemy's row buffer either.
_UNBUFFERED = {"stream_results": False, "yield_per": None}

# Runs a query; gives what a reader of _catalog takes.
Query = Callable[[str], Iterable[Sequence[Any]]]


def postgresql(
    connection: Connection,
    schemas: Sequence[str] | None,
    *,
    defaults: bool = True,
    checks: bool = True,
    visible: list[str] | None = None,
) -> Catalog:
    """Read PostgreSQL's catalogs: seven queries, whatever the number of tables.

    schemas: their names; None for each but the system's.
    defaults, checks: read the text of column defaults, of CHECK constraints.
    visible: gets the schemas whose names the search path lets be left out, pg_temp's
        among them.
    Raises OverflowError for a server older than 13.
    """
    major, minor, *_ = (*(connection.dialect.server_version_info or ()), 0, 0)
    number = int(major) * 10_000 + int(minor)
    reader = _catalog.PgReader(number, schemas, defaults=defaults, checks=checks)
    return feed_postgresql(reader, partial(_rows, connection), visible)


def feed_postgresql(
    reader: _catalog.PgReader, query: Query, visible: list[str] | None = None
) -> Catalog:
    """Read all catalogs through `query`, which has to stay in one transaction."""
    for number in range(_catalog.PG_N_QUERIES):
        rows = query(reader.sql(number))
        if number == 0 and visible is not None:
            rows = list(rows)
            visible += [name for _, name, is_visible in rows if is_visible]
        reader.feed(number, rows)
    return reader.finish()


def sqlite(
    connection: Connection,
    schemas: Sequence[str | None] | None,
    *,
    pragmas: bool = False,
    irregular: set[tuple[str | None, str]] | None = None,
) -> Catalog:
    """Read the statements that SQLite stores: one query for each database.

    schemas: names of attached databases, None for the main one; None for the main one
        and every attached one.
    pragmas: read the tables whose statements are not understood through the pragma
        functions, with four queries more for a database that has any.
    irregular: gets the keys of tables whose statement is not written as SQLAlchemy
        writes them, so that its reflection may see something else in it.
    """
    query = partial(_rows, connection)
    if schemas is None:
        attached = [row[1] for row in query("PRAGMA database_list")]
        schemas = [None, *(name for name in attached if name not in ("main", "temp"))]
    return feed_sqlite(query, schemas, pragmas=pragmas, irregular=irregular)


def feed_sqlite(
    query: Query,
    schemas: Sequence[str | None],
    *,
    pragmas: bool = False,
    irregular: set[tuple[str | None, str]] | None = None,
) -> Catalog:
    """Read databases through `query`; the rest as sqlite()."""
    reader = _catalog.SqliteReader()
    for schema in schemas:
        database = schema or "main"
        rows = query(reader.sql(database))
        if irregular is not None:
            rows = statements = [tuple(row) for row in rows]
            irregular.update((schema, name) for name in _catalog.irregular(statements))
        reader.feed(schema, rows)
        for pragma in range(_catalog.SQLITE_N_PRAGMAS if pragmas else 0):
            sql = reader.pragma_sql(schema, database, pragma)
            if sql is not None:
                reader.feed_pragma(schema, pragma, query(sql))
    return reader.finish()


def _rows(connection: Connection, sql: str) -> Iterator[Sequence[Any]]:
    """Yield a query's rows as the driver makes them.

    Raises what SQLAlchemy raises when a query of the connection's own fails.
    """
    result = connection.exec_driver_sql(sql, execution_options=_UNBUFFERED)
    try:
        while batch := _fetch(connection, sql, result.cursor):
            yield from batch
    finally:
        result.close()


def _fetch(connection: Connection, sql: str, cursor: Any) -> Sequence[Sequence[Any]]:
    """Return the next rows; they bypass SQLAlchemy's, so its error handling is ours."""
    dbapi_error: type[Exception] = connection.dialect.loaded_dbapi.Error
    try:
        rows: Sequence[Sequence[Any]] = cursor.fetchmany(_BATCH)
    except dbapi_error as error:
        from sqlalchemy.exc import DBAPIError

        dialect = connection.dialect
        lost = dialect.is_disconnect(error, None, cursor)  # type: ignore[arg-type]
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            sql,
            None,
            error,
            dbapi_error,
            connection_invalidated=lost,
            dialect=dialect,
        ) from error
    return rows
