"""Where a catalog can be read from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ._catalog import Catalog

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


def snapshot(
    source: Connection | Engine, *, schemas: Sequence[str] | None = None
) -> Catalog:
    """Read the catalog of a database.

    source: an open SQLAlchemy connection, in whose transaction the catalog is read, or
        an engine. With an asynchronous one: `await connection.run_sync(snapshot)`.
    schemas: names of schemas; None for each but the system's. For SQLite, names of
        attached databases, "main" among them.
    Raises ValueError for a backend other than PostgreSQL and SQLite, OverflowError for
    a PostgreSQL older than 13, and what the driver raises.
    """
    from sqlalchemy import Engine

    if isinstance(source, Engine):
        with source.connect() as connection:
            return _of_connection(connection, schemas)
    return _of_connection(source, schemas)


def _of_connection(connection: Connection, schemas: Sequence[str] | None) -> Catalog:
    from . import _read

    backend = connection.dialect.name
    if backend == "postgresql":
        return Catalog(_read.postgresql(connection, schemas))
    if backend == "sqlite":
        names: list[str | None] | None = None
        if schemas is not None:
            names = [None if name == "main" else name for name in schemas]
        return Catalog(_read.sqlite(connection, names, pragmas=True))
    raise ValueError(f"no catalog of {backend!r}; there are postgresql and sqlite")
