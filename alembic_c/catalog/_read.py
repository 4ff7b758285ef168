"""Read a database's catalog through a connection that the caller has open.

The rows come from the caller's own DBAPI cursor, so they are seen in its transaction:
DDL that is not committed, and databases in memory, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import _catalog

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .._catalog import Catalog

BACKENDS = ("postgresql", "sqlite")
OLDEST_POSTGRESQL = (13,)


def _rows(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    """Return a query's rows as the driver makes them, as tuples."""
    result = connection.exec_driver_sql(sql)
    try:
        rows: list[tuple[Any, ...]] = list(result.cursor.fetchall())
    finally:
        result.close()
    # pg8000 gives lists, others their own kinds of rows.
    return rows if not rows or type(rows[0]) is tuple else list(map(tuple, rows))


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
    for query in range(_catalog.PG_N_QUERIES):
        rows = _rows(connection, reader.sql(query))
        if query == 0 and visible is not None:
            visible += [name for _, name, is_visible in rows if is_visible]
        reader.feed(query, rows)
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
    if schemas is None:
        attached = [row[1] for row in _rows(connection, "PRAGMA database_list")]
        schemas = [None, *(name for name in attached if name not in ("main", "temp"))]
    reader = _catalog.SqliteReader()
    for schema in schemas:
        database = schema or "main"
        rows = _rows(connection, reader.sql(database))
        reader.feed(schema, rows)
        if irregular is not None:
            irregular.update((schema, name) for name in _catalog.irregular(rows))
        for pragma in range(_catalog.SQLITE_N_PRAGMAS if pragmas else 0):
            sql = reader.pragma_sql(schema, database, pragma)
            if sql is not None:
                reader.feed_pragma(schema, pragma, _rows(connection, sql))
    return reader.finish()
