"""Where a catalog can be read from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from ._catalog import Catalog

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Dialect, Engine, MetaData

    # What a database is told by.
    Source: TypeAlias = Connection | Engine | URL | str | os.PathLike[str]

VERSION_TABLE = "alembic_version"
BACKENDS = ("postgresql", "sqlite", "mysql", "mariadb")


def snapshot(
    source: Source | MetaData | Sequence[MetaData],
    *,
    dialect: Dialect | str | None = None,
    schemas: Sequence[str] | None = None,
    version_table: str | None = VERSION_TABLE,
) -> Catalog:
    """Read the catalog of a database, or make the one that models stand for.

    source: one of
        - an open SQLAlchemy connection, in whose transaction the catalog is read, or an
          engine; with an asynchronous one `await connection.run_sync(snapshot)`;
        - the URL of a database as SQLAlchemy has it, as an object or a text, a libpq
          URI or conninfo string: "postgresql+psycopg://user@host/name", "dbname=name",
          "sqlite:///app.db";
        - the path of an SQLite file, or a URI of SQLite's ("file:app.db?immutable=1").
        By its address a database is read in one read-only transaction, and without
        SQLAlchemy;
        - models: a MetaData, or several.
    dialect: of models: SQLAlchemy's object, best the one of the connection that they
        are compared with, or its name ("postgresql"). No database is asked.
    schemas: names of schemas; None for each but the system's. For SQLite, names of
        attached databases, "main" among them; for MySQL and MariaDB, names of
        databases, None for the connection's own, whose tables have no schema.
    version_table: the table of applied revisions, which is left out: its name, of any
        schema, or "schema.name"; None to leave out nothing.
    What an extension of PostgreSQL brings is left out.
    MySQL and MariaDB are read through SQLAlchemy; expressions are told with names in
    the quotes that the session's sql_mode gives them.

    The catalog of models for SQLite is whole. For PostgreSQL, MySQL and MariaDB it says
    what models say, and Catalog.diff() does not compare with a database
        - names of constraints that the models leave to the database;
        - more of an expression (CHECK, generated column, element or condition of an
          index) than which columns, numbers and strings are in it; of a default, those
          and the functions that it calls;
        - charsets, collations, identity options, storage and match options where the
          models do not name them, the width in which MySQL displays numbers;
        - what a table is made in: engine, partitions, inheritance, tablespace;
        - the expression of an EXCLUDE constraint;
        - domains, sequences, views, routines and triggers.
    `==` compares texts: it does not hold between models and a database there. What
    listeners to the MetaData's events would make is not seen.

    Raises ValueError for another backend, or models without a dialect; TypeError for
    what is no source;
    OverflowError for a PostgreSQL older than 13, FileNotFoundError; DatabaseError for
    what goes wrong in a database that was given by its address, otherwise what
    SQLAlchemy raises.
    """
    if _are_models(source):
        if dialect is None:
            raise ValueError("models have a catalog for a dialect only: name one")
        metadata = source if isinstance(source, list | tuple) else [source]
        found = _of_models(metadata, dialect, schemas)
    elif dialect is not None:
        raise ValueError("a dialect is for models: for a MetaData, or a list of them")
    else:
        found = _read(source, schemas)
    return found if version_table is None else found.without(version_table)


def _are_models(source: Any) -> TypeGuard[MetaData | Sequence[MetaData]]:
    if isinstance(source, str | os.PathLike):
        return False
    from sqlalchemy import MetaData

    found = source if isinstance(source, list | tuple) else [source]
    return all(isinstance(each, MetaData) for each in found)


def _of_models(
    metadata: Iterable[Any], dialect: Dialect | str, schemas: Sequence[str] | None
) -> Catalog:
    from . import _metadata

    if isinstance(dialect, str):
        from sqlalchemy import make_url

        dialect = make_url(f"{dialect}://").get_dialect()()
    if dialect.name not in BACKENDS:
        raise _unknown(dialect.name)
    tables, objects = _metadata.read(metadata, dialect, schemas)
    return Catalog(tables, objects, of_models=dialect.name != "sqlite")


def _read(source: Any, schemas: Sequence[str] | None) -> Catalog:
    if isinstance(source, str | os.PathLike):
        return _of_address(source, schemas)
    from sqlalchemy import URL, Connection, Engine

    if isinstance(source, URL):
        return _of_address(source.render_as_string(hide_password=False), schemas)
    if isinstance(source, Engine):
        with source.connect() as connection:
            return _of_connection(connection, schemas)
    if isinstance(source, Connection):
        return _of_connection(source, schemas)
    advice = {
        "AsyncConnection": "call `await connection.run_sync(snapshot)`",
        "AsyncEngine": "call `await connection.run_sync(snapshot)` on a connection",
        "Session": "pass session.connection()",
    }
    raise TypeError(
        f"no catalog of a {type(source).__name__}: "
        + advice.get(
            type(source).__name__,
            "pass SQLAlchemy's connection or engine, a URL, a path, or models",
        )
    )


def _of_address(
    source: str | os.PathLike[str], schemas: Sequence[str] | None
) -> Catalog:
    from . import _address

    return Catalog(*_address.read(_address.parse(source), schemas))


def _of_connection(connection: Connection, schemas: Sequence[str] | None) -> Catalog:
    from . import _read

    backend = connection.dialect.name
    if backend == "sqlite":
        names: list[str | None] | None = None
        if schemas is not None:
            names = [None if name == "main" else name for name in schemas]
        return Catalog(*_read.whole_sqlite(connection, names))
    if backend == "postgresql":
        return Catalog(*_read.whole_postgresql(connection, schemas))
    if backend in ("mysql", "mariadb"):
        from . import _mysql

        return Catalog(*_mysql.read(connection, schemas))
    raise _unknown(backend)


def _unknown(backend: str) -> ValueError:
    return ValueError(
        f"no catalog of {backend!r}; there are postgresql, sqlite, mysql and mariadb"
    )
