"""Read many tables of SQLite with a few statements instead of sixteen for each.

SQLAlchemy's dialect asks PRAGMAs for one table at a time.  Here all answers are read
beforehand through the table-valued functions of the same PRAGMAs, and the dialect gets
a connection that knows them.  So what is made of the answers is SQLAlchemy's, and a
question that was not foreseen is asked as ever.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

# Fewer tables are as quickly read one by one.
WORTHWHILE = 16
# The oldest release with all functions used here, as in the dialect.
_OLDEST = (3, 31)
# Older releases allow 999 parameters in a statement.
_CHUNK = 500

# The columns of an answer follow the name of what was asked about.  Indexes are found
# through their tables, since the catalog does not have those of WITHOUT ROWID keys.
_ABOUT_TABLES = (
    "SELECT m.name, p.* FROM {master} AS m, pragma_{pragma}(m.name, '{schema}') AS p "
    "WHERE m.type = 'table' AND m.name IN ({names})"
)
_ABOUT_INDEXES = (
    "SELECT i.name, p.* FROM {master} AS m, "
    "pragma_index_list(m.name, '{schema}') AS i, "
    "pragma_{pragma}(i.name, '{schema}') AS p "
    "WHERE m.type = 'table' AND m.name IN ({names})"
)
_PRAGMAS = {
    "table_xinfo": _ABOUT_TABLES,
    "foreign_key_list": _ABOUT_TABLES,
    "index_list": _ABOUT_TABLES,
    "index_info": _ABOUT_INDEXES,
}
_TABLE_PRAGMAS = ("table_info", "table_xinfo", "foreign_key_list", "index_list")
_STATEMENTS = (
    "SELECT m.type, m.name, m.sql FROM {master} AS m "
    "WHERE m.tbl_name IN ({names}) AND m.type IN ('table', 'index')"
)

_PRAGMA = re.compile(
    r"PRAGMA (?P<schema>.+?)\.(?P<pragma>\w+)\((?P<of>.+)\)", re.DOTALL
)
_SQL_OF = re.compile(
    r"SELECT sql FROM .*sqlite_master.* WHERE name = \? AND type "
    r"(?:in \('(?P<table>table)', 'view'\)|= '(?P<index>index)')"
)


class _Answer:
    """The rows of an answer, as much of a result as the dialect looks at."""

    _soft_closed = False

    def __init__(self, rows: Sequence[Sequence[Any]]) -> None:
        self._rows = rows

    def fetchall(self) -> Sequence[Sequence[Any]]:
        return self._rows

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None


class KnowingConnection:
    """A connection that answers what it has read, and passes on all else."""

    def __init__(self, connection: Connection, schema: str | None) -> None:
        self._connection = connection
        quote = connection.dialect.identifier_preparer.quote_identifier
        self._quote = quote
        self._schema = schema or "main"
        self._main = "main" if schema is None else quote(schema)
        self._master = f"{self._main}.sqlite_master"
        self._asked_master = f"{quote(schema)}.sqlite_master" if schema else None
        # (pragma, quoted name) -> rows; (type, name) -> statement.
        self._pragmas: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
        self._statements: dict[tuple[str, str], str | None] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """Pass for a connection where the dialect insists on one."""
        return Connection

    def read(self, names: Collection[str]) -> None:
        """Read the answers about tables.

        Raises DBAPIError if the database cannot say, e.g. for a virtual table whose
        module is not there.
        """
        pending = iter(names)
        while chunk := tuple(islice(pending, _CHUNK)):
            for type_, name, statement in self._rows(_STATEMENTS, chunk):
                self._statements[type_, name] = statement
                if type_ == "table":
                    for pragma in _TABLE_PRAGMAS:
                        self._pragmas[pragma, self._quote(name)] = []
            for pragma, query in _PRAGMAS.items():
                self._read_pragma(pragma, query, chunk)

    def _rows(
        self, query: str, names: tuple[str, ...], **words: str
    ) -> Iterator[tuple[Any, ...]]:
        marks = ", ".join("?" * len(names))
        statement = query.format(master=self._master, names=marks, **words)
        result = self._connection.exec_driver_sql(statement, names)
        return map(tuple, result.fetchall())

    def _read_pragma(self, pragma: str, query: str, names: tuple[str, ...]) -> None:
        schema = self._schema.replace("'", "''")
        for name, *row in self._rows(query, names, pragma=pragma, schema=schema):
            key = self._quote(name)
            self._pragmas.setdefault((pragma, key), []).append(tuple(row))
            if pragma == "table_xinfo" and not row[-1]:
                # The same without the generated columns, and without saying so.
                self._pragmas["table_info", key].append(tuple(row[:-1]))

    def exec_driver_sql(self, statement: str, parameters: Any = None) -> Any:
        """Answer a statement of the dialect from what was read, or execute it."""
        answer = self._known(statement, parameters)
        if answer is not None:
            return _Answer(answer)
        return self._connection.exec_driver_sql(statement, parameters)

    def _known(self, statement: str, parameters: Any) -> Sequence[Any] | None:
        asked = _PRAGMA.fullmatch(statement)
        if asked:
            rows = self._pragmas.get((asked["pragma"], asked["of"]))
            if rows is None or asked["schema"] == self._main:
                return rows
            # There are no temporary tables, or nothing would have been read.
            return [] if asked["schema"] == "temp" else None
        asked = _SQL_OF.fullmatch(" ".join(statement.split()))
        if asked and parameters and self._is_of_schema(statement):
            key = (asked["table"] or asked["index"], parameters[0])
            if key in self._statements:
                return [(self._statements[key],)]
        return None

    def _is_of_schema(self, statement: str) -> bool:
        if self._asked_master is None:
            return ".sqlite_master" not in statement
        return self._asked_master in statement


def knowing_connection(
    connection: Connection, schema: str | None, names: Collection[str]
) -> KnowingConnection | None:
    """Return a connection that knows all about some tables, None if it cannot.

    schema: None, or an attached database; names: tables in it.
    """
    version = connection.dialect.server_version_info or ()
    if len(names) < WORTHWHILE or version < _OLDEST:
        return None
    try:
        # A temporary table hides one of the same name.
        query = "SELECT count(*) FROM sqlite_temp_master"
        if connection.exec_driver_sql(query).scalar():
            return None
        knowing = KnowingConnection(connection, schema)
        knowing.read(names)
    except DBAPIError:
        return None
    return knowing
