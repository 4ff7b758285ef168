"""Read the whole catalog of one connection many times, as after each step of a test.

What each reading costs counts there: in the server, and for every round trip, which on
a busy machine takes far longer than its query. What has changed since the last reading
no server tells, so each is whole; but nothing is asked for again that cannot change,
and what the server says is taken apart only if it is not what it has said before.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .. import _catalog
from . import _mysql as mysql
from . import _objects, _read
from ._catalog import Catalog, Change

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Reading:
    """What a database says of its catalog at one moment.

    answer: the same answers stand for the same catalogs. parse: makes it of one.
    """

    def __init__(self, answer: Any, parse: Callable[[Any], Catalog]) -> None:
        self._answer = answer
        self._parse = parse

    def catalog(self) -> Catalog:
        """Return the catalog."""
        return self._parse(self._answer)

    def diff(self, other: Reading) -> list[Change]:
        """Return what changes from this reading to one by the same reader."""
        if self._answer == other._answer:
            return []
        return self.catalog().diff(other.catalog())


def repeated(connection: Connection) -> Callable[[], Reading]:
    """Return what reads a connection's catalog, with the version table, at each call.

    A call raises what `snapshot` raises.
    """
    return _READERS[connection.dialect.name](connection)


# --- PostgreSQL -----------------------------------------------------------------------

_PREPARED = "SELECT name FROM pg_catalog.pg_prepared_statements"
# The rows of a query as one text, in an order of their own. Should a server not keep
# the order, that is no fault: texts that differ are taken apart.
_AS_TEXT = (
    "(SELECT pg_catalog.string_agg(line, pg_catalog.chr(10)) FROM ("
    'SELECT answer::text COLLATE pg_catalog."C" AS line FROM ({}) answer'
    " ORDER BY 1) lines)"
)
# The rows that decide which schemas the queries behind the first one name.
_SCHEMAS = re.compile(r"^\(n,.*$", re.MULTILINE)
# A field as a row's text has it: in quotes, where quotes and backslashes are doubled,
# or plain; nothing for NULL.
# https://www.postgresql.org/docs/current/rowtypes.html#ROWTYPES-IO-SYNTAX
_FIELD = re.compile(r'(?:"((?:[^"\\]|""|\\.)*)"|([^,()"\\]+)|)([,)])', re.DOTALL)
_DOUBLED = re.compile(r'(["\\])(.)', re.DOTALL)


class _Postgresql:
    """Readings in one statement, which the session plans once.

    Planning it takes longer than running it on a small database.
    """

    def __init__(self, connection: Connection) -> None:
        """Ask for the types that initdb has made: most rows, and always the same.

        Raises OverflowError for a server older than 13.
        """
        self._connection = connection
        reader = _read.pg_reader(connection, None)
        names = _read.Names(_read._rows(connection, reader.sql(0)))
        self._system_types = [
            row
            for row in names.rows
            if row.kind == "t" and row.oid < _objects.FIRST_OWN_OID
        ]
        self._schemas: list[str] = []
        self._ask_about_schemas([])

    def _new_reader(self) -> _catalog.PgReader:
        return _read.pg_reader(self._connection, None, system_types=False)

    def _ask_about_schemas(self, names: Sequence[Sequence[Any]]) -> None:
        """Make the statement for what the first query gives now."""
        reader = self._new_reader()
        queries = [reader.sql(0)]
        reader.feed(0, names)
        queries += [reader.sql(number) for number in range(1, _catalog.PG_N_QUERIES)]
        queries.append(_objects.postgresql_sql(None))
        self._statement = f"SELECT {', '.join(map(_AS_TEXT.format, queries))}"
        digest = hashlib.sha256(self._statement.encode()).hexdigest()
        self._name = f"alembic_c_{digest[:16]}"

    def __call__(self) -> Reading:
        answer = self._answer()
        while (schemas := _SCHEMAS.findall(answer[0])) != self._schemas:
            self._ask_about_schemas(list(_rows_of(answer[0])))
            self._schemas = schemas
            answer = self._answer()
        return Reading(answer, self._parsed)

    def _answer(self) -> tuple[str, ...]:
        if self._connection.dialect.is_async:
            # Such drivers keep their statements by themselves.
            [row] = _read._rows(self._connection, self._statement)
            return _texts(row)
        # Others, and poolers, may remove prepared statements between two readings
        # (psycopg does after each DROP), so it is asked which ones there are.
        with _read.executed(self._connection, _PREPARED) as cursor:
            if (self._name,) not in map(tuple, cursor.fetchall()):
                cursor.execute(f"PREPARE {self._name} AS {self._statement}")
            cursor.execute(f"EXECUTE {self._name}")
            [row] = cursor.fetchall()
        return _texts(row)

    def _parsed(self, answer: Sequence[str]) -> Catalog:
        reader = self._new_reader()
        *tables, objects = (list(_rows_of(text)) for text in answer)
        for number, rows in enumerate(tables):
            reader.feed(number, rows if number else [*self._system_types, *rows])
        found = map(_objects.SchemaObject._make, objects)
        return Catalog(reader.finish(), found)


def _texts(row: Sequence[str | None]) -> tuple[str, ...]:
    """Return the texts of _AS_TEXT; there is none where a query gives no rows."""
    return tuple(text or "" for text in row)


def _rows_of(text: str) -> Iterator[list[Any]]:
    """Yield the rows of a text of _AS_TEXT.

    Raises ValueError for another one.
    """
    at = 0
    row: list[str | None] = []
    while at < len(text):
        # An opening parenthesis; before it, the end of the line above.
        at += 0 if row else len("(")
        field = _FIELD.match(text, at)
        if field is None:
            raise ValueError("a row that is not as asked for")
        quoted, plain, end = field.groups()
        row.append(plain if quoted is None else _DOUBLED.sub(r"\2", quoted))
        at = field.end()
        if end == ")":
            yield row
            row = []
            at += len("\n")


# --- the others -----------------------------------------------------------------------


def _parsed_at_once(read: Callable[[], Catalog]) -> Callable[[], Reading]:
    return lambda: Reading(read(), lambda catalog: catalog)


def _sqlite(connection: Connection) -> Callable[[], Reading]:
    def read() -> Catalog:
        with _read.executed(connection, _read.DATABASES) as cursor:
            schemas = _read.databases(cursor.fetchall())

            def query(sql: str) -> Sequence[Sequence[Any]]:
                cursor.execute(sql)
                rows: Sequence[Sequence[Any]] = cursor.fetchall()
                return rows

            return Catalog(*_read.whole_sqlite(connection, schemas, query))

    return _parsed_at_once(read)


def _mysql(connection: Connection) -> Callable[[], Reading]:
    # With the character sets, with which the server is built.
    session = mysql.session(connection)
    return _parsed_at_once(lambda: Catalog(*mysql.read_again(connection, session)))


_READERS: dict[str, Callable[[Connection], Callable[[], Reading]]] = {
    "postgresql": _Postgresql,
    "sqlite": _sqlite,
    "mysql": _mysql,
    "mariadb": _mysql,
}
