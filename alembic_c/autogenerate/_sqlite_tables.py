"""The tables of SQLite's databases as their statements have them, for a whole run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..catalog import _read

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .._catalog import Table


class SqliteTables:
    """What a connection sees; each database is read once, when it is asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._found: dict[str | None, list[Table]] = {}

    def tables(self, schemas: Iterable[str | None]) -> Iterator[Table]:
        """Yield the tables of databases; None is the main one."""
        for schema in dict.fromkeys(schemas):
            if schema not in self._found:
                found = _read.sqlite(self._connection, [schema])
                self._found[schema] = list(found.tables)
            yield from self._found[schema]
