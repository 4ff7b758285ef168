"""Where a catalog can be read from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ._catalog import Catalog

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

VERSION_TABLE = "alembic_version"


def snapshot(
    source: Connection | Engine | URL | str | os.PathLike[str],
    *,
    schemas: Sequence[str] | None = None,
    version_table: str | None = VERSION_TABLE,
) -> Catalog:
    """Read the catalog of a database.

    source: one of
        - an open SQLAlchemy connection, in whose transaction the catalog is read, or an
          engine; with an asynchronous one `await connection.run_sync(snapshot)`;
        - the URL of a database as SQLAlchemy has it, as an object or a text, a libpq
          URI or conninfo string: "postgresql+psycopg://user@host/name", "dbname=name",
          "sqlite:///app.db";
        - the path of an SQLite file, or a URI of SQLite's ("file:app.db?immutable=1").
        By its address a database is read in one read-only transaction, and without
        SQLAlchemy.
    schemas: names of schemas; None for each but the system's. For SQLite, names of
        attached databases, "main" among them; for MySQL and MariaDB, names of
        databases, None for the connection's own, whose tables have no schema.
    version_table: the table of applied revisions, which is left out: its name, of any
        schema, or "schema.name"; None to leave out nothing.
    What an extension of PostgreSQL brings is left out.
    MySQL and MariaDB are read through SQLAlchemy; expressions are told with names in
    the quotes that the session's sql_mode gives them.
    Raises ValueError for another backend, OverflowError for
    a PostgreSQL older than 13, FileNotFoundError; DatabaseError for what goes wrong in
    a database that was given by its address, otherwise what SQLAlchemy raises.
    """
    found = _read(source, schemas)
    return found if version_table is None else found.without(version_table)


def _read(
    source: Connection | Engine | URL | str | os.PathLike[str],
    schemas: Sequence[str] | None,
) -> Catalog:
    if isinstance(source, str | os.PathLike):
        return _of_address(source, schemas)
    from sqlalchemy import URL, Engine

    if isinstance(source, URL):
        return _of_address(source.render_as_string(hide_password=False), schemas)
    if isinstance(source, Engine):
        with source.connect() as connection:
            return _of_connection(connection, schemas)
    return _of_connection(source, schemas)


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
    raise ValueError(
        f"no catalog of {backend!r}; there are postgresql, sqlite, mysql and mariadb"
    )
