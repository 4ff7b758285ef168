"""Read a database's catalog: which queries, in which order, into which reader.

Through a connection that the caller has open, rows come from the caller's own DBAPI
cursor, so they are seen in its transaction: DDL that is not committed, and databases in
memory, too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import _catalog
from . import _objects
from ._objects import SchemaObject

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from typing_extensions import CapsuleType

    from .._catalog import Catalog

OLDEST_POSTGRESQL = (13,)

# So many rows are Python objects at a time.
_BATCH = 500

# Nobody but us fetches from the cursor, not SQLAlchemy's row buffer either.
_UNBUFFERED = {"stream_results": False, "yield_per": None}

# Tables, and the other objects of their schemas.
Whole = tuple["Catalog", tuple[SchemaObject, ...]]

# Runs a query; gives its rows.
Query = Callable[[str], Iterable[Sequence[Any]]]


class OwnedSequence(NamedTuple):
    """A sequence that belongs to a column.

    is_visible: whether the search path lets the schema be left out.
    """

    schema: str
    name: str
    is_visible: bool
    column: str


class NameRow(NamedTuple):
    """A row of PostgreSQL's first catalog query: see csrc/reflect/pg_rows.h."""

    kind: str
    oid: int
    number: int
    name: str
    schema: str
    detail: str
    visible: bool
    start: int
    increment: int
    min: int
    max: int
    cache: int
    cycle: bool


class Names:
    """What PostgreSQL's first catalog query says: names of schemas and tables.

    rows: as the query gives them; see alc/pg.h.
    """

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        """Raises ValueError if the driver gives something else than was asked for."""
        try:
            self.rows = [NameRow._make(row) for row in rows]
        except TypeError as error:
            raise ValueError("a row that is not as asked for") from error
        # By schema; None for those whose schema may be left out.
        self._tables: dict[str | None, list[str]] = {}
        for row in self.rows:
            if row.kind in ("n", "r"):
                texts = (row.name, row.schema) if row.kind == "r" else (row.name,)
                if not all(isinstance(text, str) for text in texts) or not isinstance(
                    row.visible, int
                ):
                    raise ValueError("a row that is not as asked for")
            elif row.kind not in ("t", "c", "s"):
                raise ValueError("a row of an unknown kind")
            if row.kind == "r":
                self._tables.setdefault(row.schema, []).append(row.name)
                if row.visible and row.schema != "pg_catalog":
                    self._tables.setdefault(None, []).append(row.name)

    def visible_schemas(self) -> list[str]:
        """Return those whose names may be left out, "pg_temp" for temporary tables."""
        return [row.name for row in self.rows if row.kind == "n" and row.visible]

    def tables(self, schema: str | None) -> list[str]:
        """Return the names of a schema's tables.

        schema: None for all whose schema may be left out.
        """
        return self._tables.get(schema, [])

    def visible_tables(self) -> Iterator[tuple[str, str]]:
        """Yield schema and name of the tables whose schema may be left out."""
        for row in self.rows:
            if row.kind == "r" and row.visible and row.schema != "pg_catalog":
                yield row.schema, row.name

    def owned_sequences(self) -> Iterator[OwnedSequence]:
        """Yield the sequences that columns own."""
        for row in self.rows:
            if row.kind == "s":
                yield OwnedSequence(row.schema, row.name, row.visible, row.detail)


def postgresql_names(
    connection: Connection, schemas: Sequence[str], *, sequences: bool
) -> Names:
    """Run the first of the catalog queries.

    schemas: names of those whose tables are listed; sequences: with those that columns
        own.
    Raises OverflowError for a server older than 13.
    """
    reader = pg_reader(connection, schemas, sequences=sequences)
    return Names(_rows(connection, reader.sql(0)))


def postgresql(
    connection: Connection,
    schemas: Sequence[str] | None,
    names: Names | None = None,
    **parts: bool,
) -> Catalog:
    """Read PostgreSQL's catalogs: four queries, whatever the number of tables.

    schemas: their names; None for each but the system's.
    names: what the first query gave, for these schemas among others.
    parts: what to leave out with False: `defaults`, the text of column defaults;
        `checks`, CHECK constraints; `sequences` that columns own; `details` that
        autogenerate does not compare.
    Raises OverflowError for a server older than 13.
    """
    reader = pg_reader(connection, schemas, **parts)
    query = partial(_rows, connection)
    return feed_postgresql(reader, query, None if names is None else names.rows)


def pg_reader(
    connection: Connection, schemas: Sequence[str] | None, **parts: bool
) -> _catalog.PgReader:
    """Return a reader for a connection's server; the rest as postgresql()."""
    major, minor, *_ = (*(connection.dialect.server_version_info or ()), 0, 0)
    return _catalog.PgReader(int(major) * 10_000 + int(minor), schemas, **parts)


def feed_postgresql(
    reader: _catalog.PgReader,
    query: Query | Callable[[str], CapsuleType],
    names: Iterable[Sequence[Any]] | None = None,
) -> Catalog:
    """Read all catalogs through `query`, which has to stay in one transaction.

    query: gives rows or, as those of _libpq do, a row source in a capsule.
    names: the rows of the first query, if they are there already.
    """
    for number in range(_catalog.PG_N_QUERIES):
        known = names if number == 0 else None
        reader.feed(number, query(reader.sql(number)) if known is None else known)
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
        schemas = databases(query(DATABASES))
    return feed_sqlite(query, schemas, pragmas=pragmas, irregular=irregular)


DATABASES = "PRAGMA database_list"


def databases(rows: Iterable[Sequence[Any]]) -> list[str | None]:
    """Return the names of SQLite's main database, None, and of all attached ones.

    rows: what DATABASES gives.
    """
    attached = [row[1] for row in rows]
    return [None, *(name for name in attached if name not in ("main", "temp"))]


def feed_sqlite(
    query: Query | Callable[[str], CapsuleType],
    schemas: Sequence[str | None],
    *,
    pragmas: bool = False,
    irregular: set[tuple[str | None, str]] | None = None,
) -> Catalog:
    """Read databases through `query`; the rest as sqlite().

    query: as for feed_postgresql(); gives rows if `irregular` is wanted.
    """
    reader = _catalog.SqliteReader()
    for schema in schemas:
        database = schema or "main"
        rows: Any = query(reader.sql(database))
        if irregular is not None:
            rows = statements = [tuple(row) for row in rows]
            irregular.update((schema, name) for name in _catalog.irregular(statements))
        reader.feed(schema, rows)
        for pragma in range(_catalog.SQLITE_N_PRAGMAS if pragmas else 0):
            sql = reader.pragma_sql(schema, database, pragma)
            if sql is not None:
                reader.feed_pragma(schema, pragma, query(sql))
    return reader.finish()


def whole_postgresql(
    connection: Connection,
    schemas: Sequence[str] | None,
) -> Whole:
    """Read PostgreSQL's tables and other objects; five queries.

    schemas, and what is raised: as for postgresql().
    """
    reader = pg_reader(connection, schemas)
    query = partial(_rows, connection)
    tables = feed_postgresql(reader, query)
    return tables, _objects.postgresql(_with_width(query), schemas)


def whole_sqlite(
    connection: Connection,
    schemas: Sequence[str | None] | None,
    query: Query | None = None,
) -> Whole:
    """Read SQLite's tables and other objects; two queries for each database.

    schemas: as for sqlite(). query: runs them; plainly if it is None.
    """
    query = query or partial(_rows, connection)
    if schemas is None:
        schemas = databases(query(DATABASES))
    tables = feed_sqlite(query, schemas, pragmas=True)
    return tables, _objects.sqlite(_with_width(query), schemas)


def _with_width(query: Query) -> _objects.Query:
    return lambda sql, n_columns: query(sql)


def _rows(connection: Connection, sql: str) -> Iterator[Sequence[Any]]:
    """Yield a query's rows as the driver makes them.

    Raises what SQLAlchemy raises when a query of the connection's own fails.
    """
    with executed(connection, sql) as cursor:
        while batch := cursor.fetchmany(_BATCH):
            yield from batch


@contextlib.contextmanager
def executed(connection: Connection, sql: str) -> Iterator[Any]:
    """Run a query; give the driver's cursor.

    Raises what SQLAlchemy raises when a query of the connection's own fails, also for
    what goes wrong while the block uses the cursor.
    """
    result = connection.exec_driver_sql(sql, execution_options=_UNBUFFERED)
    try:
        with driver_errors(connection, sql, result.cursor):
            yield result.cursor
    finally:
        result.close()


@contextlib.contextmanager
def driver_errors(connection: Connection, sql: str, cursor: Any) -> Iterator[None]:
    """Raise what the driver raises in the block as SQLAlchemy does.

    What is done with the driver's cursor bypasses SQLAlchemy's error handling.
    """
    dbapi_error: type[Exception] = connection.dialect.loaded_dbapi.Error
    try:
        yield
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
