"""MySQL's and MariaDB's tables, from what SHOW CREATE TABLE prints.

MariaDB prints any number of tables in one round trip: the statements are the body of a
compound statement, and each gives a result of its own. MySQL has nothing like it that
every driver knows, so there it is one round trip a table; `_mysql_bulk` reads many of
its tables in another way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import _catalog
from . import _objects, _read

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect

    from .._catalog import Catalog

# Schema, None for that of the connection; name.
TableKey = tuple[str | None, str]

# The servers whose statements the parser knows: from these on.
OLDEST_MARIADB = (10, 6)
OLDEST_MYSQL = (8, 0, 14)

# Bytes of one statement, far below what servers and proxies take.
_MAX_BLOCK = 500_000

_VARIABLES = (
    "SELECT 'variable' AS kind, 'sql_mode' AS name, @@sql_mode AS value"
    " UNION ALL SELECT 'variable', 'quoted', CAST(@@sql_quote_show_create AS CHAR)"
    " UNION ALL SELECT 'variable', 'case', CAST(@@lower_case_table_names AS CHAR)"
    " UNION ALL SELECT 'variable', 'schema', DATABASE()"
)
_CHARSETS = (
    " UNION ALL SELECT 'charset', CHARACTER_SET_NAME, DEFAULT_COLLATE_NAME"
    " FROM information_schema.CHARACTER_SETS"
)
_SYSTEM_SCHEMAS = ("information_schema", "mysql", "performance_schema", "sys")
_TABLES = (
    "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES"
    " WHERE TABLE_SCHEMA IN ({})"
)
# What SHOW CREATE TABLE prints as one.
TABLE_TYPES = ("BASE TABLE", "SYSTEM VERSIONED", "SEQUENCE")
# By the kind of object, whether the connection's own database has any.
_PROBES = {
    "routine": "SELECT 1 FROM information_schema.ROUTINES"
    " WHERE ROUTINE_SCHEMA = DATABASE() LIMIT 1",
    "trigger": "SHOW TRIGGERS",
}
# Modes in which less is printed, or in other words.
_ODD_MODES = frozenset(
    (
        *("ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "ORACLE", "MYSQL323", "MYSQL40"),
        *("NO_FIELD_OPTIONS", "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS"),
    )
)
_POORER_MODES = _ODD_MODES - {"ANSI_QUOTES", "NO_BACKSLASH_ESCAPES"}


class Session(NamedTuple):
    """What has to be known of a session to read what it prints.

    sql_mode: the modes that are set; quotes_names: whether all names are in quotes;
    lower_case: the server's lower_case_table_names; schema: the present database;
    charsets: character sets and their collations.
    """

    is_mariadb: bool
    sql_mode: frozenset[str]
    quotes_names: bool
    lower_case: int
    schema: str | None
    charsets: tuple[tuple[str, str], ...]

    @property
    def is_ordinary(self) -> bool:
        """Return whether statements are printed as by default."""
        return self.quotes_names and not self.sql_mode & _ODD_MODES

    @property
    def prints_all(self) -> bool:
        """Return whether statements are printed with all that there is."""
        return not self.sql_mode & _POORER_MODES

    @property
    def answers_together(self) -> bool:
        """Return whether a compound statement gives the results of all in it."""
        return self.is_mariadb and "ORACLE" not in self.sql_mode

    def reader(self) -> _catalog.MysqlReader:
        """Return a reader of this session's statements."""
        return _catalog.MysqlReader(
            self.is_mariadb,
            ansi_quotes="ANSI_QUOTES" in self.sql_mode,
            charsets=self.charsets,
        )


def session(
    connection: Connection, charsets: Sequence[tuple[str, str]] = ()
) -> Session:
    """Ask the session of a connection; one query.

    charsets: of its server, if they are known; they are asked for otherwise.
    Raises ValueError if the driver gives something else than was asked for.
    """
    query = _VARIABLES if charsets else _VARIABLES + _CHARSETS
    return _session(connection, _read._rows(connection, query), charsets)


def _session(
    connection: Connection,
    rows: Iterable[Sequence[Any]],
    charsets: Sequence[tuple[str, str]],
) -> Session:
    variables: dict[str, str] = {}
    charsets = list(charsets)
    for row in rows:
        kind, name, value = (_text(field) for field in row)
        if kind == "charset" and name is not None and value is not None:
            charsets.append((name, value))
        elif kind == "variable" and name is not None:
            variables[name] = value or ""
    if not {"sql_mode", "quoted", "case"} <= variables.keys():
        raise ValueError("a session that does not tell its variables")
    return Session(
        bool(connection.dialect.is_mariadb),  # type: ignore[attr-defined]
        frozenset(variables["sql_mode"].split(",")),
        variables["quoted"] in ("1", "ON"),
        int(variables["case"]),
        variables.get("schema") or None,
        tuple(charsets),
    )


def read(
    connection: Connection,
    schemas: Sequence[str] | None,
    of_session: Session | None = None,
) -> _read.Whole:
    """Read all tables and other objects of some databases.

    schemas: their names; None for the connection's own. The tables of that one have no
        schema. of_session: the connection's, which is asked if it is None.
    Raises ValueError for a session that leaves things out of what it prints, or that
    has no database and is told none.
    """
    of_session = of_session or session(connection)
    schemas = _wanted(schemas, of_session)
    names = [_literal(connection.dialect, schema, of_session) for schema in schemas]
    if not names:
        return of_session.reader().finish(), ()
    queries = [_TABLES.format(", ".join(names))]
    is_own = list(schemas) == [of_session.schema]
    if is_own:
        # Whether there is any is known in half the time that looking for them takes.
        queries += _PROBES.values()
    rows, *found = _answers(connection, queries, of_session)
    kinds = _kinds(found) if is_own else {*_PROBES}
    return _whole(connection, list(_listed(rows, of_session)), kinds, names, of_session)


def _answers(
    connection: Connection, queries: list[str], of_session: Session
) -> list[Sequence[Any]]:
    """Return the rows of each query; one round trip where the server has that."""
    if of_session.answers_together:
        return _results(connection, queries)
    return [list(_read._rows(connection, sql)) for sql in queries]


def _kinds(found: Sequence[Sequence[Any]]) -> set[str]:
    """Return the kinds of objects that there are, by what _PROBES give."""
    return {what for what, rows in zip(_PROBES, found, strict=True) if rows}


def read_again(connection: Connection, before: Session) -> _read.Whole:
    """Read the connection's own database, of whose session is known what it was.

    MariaDB is asked in two round trips, and one for each kind of what is no table.
    Raises as read() does.
    """
    if not before.answers_together:
        return read(connection, None, session(connection, before.charsets))
    block = [_VARIABLES, _TABLES.format("DATABASE()"), *_PROBES.values()]
    variables, rows, *found = _results(connection, block)
    now = _session(connection, variables, before.charsets)
    [schema] = _wanted(None, now)
    names = [_literal(connection.dialect, schema, now)]
    return _whole(connection, list(_listed(rows, now)), _kinds(found), names, now)


def _wanted(schemas: Sequence[str] | None, of_session: Session) -> Sequence[str]:
    """Return the databases to read; raise as read() does."""
    if not of_session.prints_all:
        raise ValueError(
            "the session's sql_mode leaves things out of SHOW CREATE TABLE: "
            + ", ".join(sorted(of_session.sql_mode & _POORER_MODES))
        )
    if schemas is not None:
        return schemas
    if of_session.schema is None:
        raise ValueError("the connection has no database, and no schemas are given")
    return [of_session.schema]


def _whole(
    connection: Connection,
    items: Iterable[tuple[str | None, TableKey]],
    kinds: set[str],
    names: Sequence[str],
    of_session: Session,
) -> _read.Whole:
    """Read what was listed.

    items: types and keys. kinds: of what else there is. names: of databases, as SQL.
    """
    keys: list[TableKey] = []
    sequences: list[TableKey] = []
    for kind, key in items:
        if kind == "VIEW":
            kinds.add("view")
        elif kind == "SEQUENCE":
            sequences.append(key)
        elif kind in TABLE_TYPES:
            keys.append(key)
    reader = of_session.reader()
    statements = _statements(connection, keys, of_session)
    for (schema, name), sql in zip(keys, statements, strict=True):
        own = of_session.schema if schema is None else schema
        reader.add(schema, name, _without_own_sequences(sql, own))
    tables = reader.finish()

    def query(sql: str, n_columns: int) -> Iterator[list[str | None]]:
        for row in _read._rows(connection, sql):
            yield [_text(value) for value in row]

    others = _objects.mysql(query, names, of_session.schema, kinds)
    found = _sequences(connection, sequences) if sequences else ()
    return tables, _objects.ordered((*others, *found))


def _sequences(
    connection: Connection, keys: Sequence[TableKey]
) -> Iterator[_objects.SchemaObject]:
    """Yield MariaDB's sequences with their options, one round trip."""
    show = (f"SHOW CREATE SEQUENCE {_dotted(key)}" for key in keys)
    for (schema, name), (_, text) in zip(
        keys, rows_together(connection, show), strict=True
    ):
        _, start, options = text.rpartition(" start with ")
        yield _objects.SchemaObject(
            "sequence", schema, name, None, f"{start.lstrip()}{options}"
        )


def listed(
    connection: Connection, schemas: Sequence[str], of_session: Session
) -> Iterator[tuple[str | None, TableKey]]:
    """Yield type and key of what some databases list as their tables.

    schemas: their names, at least one.
    """
    wanted = ", ".join(
        _literal(connection.dialect, schema, of_session) for schema in schemas
    )
    yield from _listed(_read._rows(connection, _TABLES.format(wanted)), of_session)


def _listed(
    rows: Iterable[Sequence[Any]], of_session: Session
) -> Iterator[tuple[str | None, TableKey]]:
    for row in rows:
        schema, name, kind = (_text(field) for field in row)
        if name is not None and (kind == "VIEW" or schema not in _SYSTEM_SCHEMAS):
            yield kind, (None if schema == of_session.schema else schema, name)


def read_tables(
    connection: Connection, keys: Sequence[TableKey], of_session: Session
) -> Catalog:
    """Read tables that there are, by their keys.

    Raises what SQLAlchemy raises if one is gone, or is not to be seen.
    """
    reader = of_session.reader()
    add_tables(reader, connection, keys, of_session)
    return reader.finish()


def add_tables(
    reader: _catalog.MysqlReader,
    connection: Connection,
    keys: Sequence[TableKey],
    of_session: Session,
) -> None:
    """Read tables into a reader, as read_tables() does."""
    for (schema, name), sql in zip(
        keys, _statements(connection, keys, of_session), strict=True
    ):
        reader.add(schema, name, sql)


def _statements(
    connection: Connection, keys: Sequence[TableKey], of_session: Session
) -> Iterator[str | bytes]:
    """Yield what is printed of each table."""
    show = [_show(connection.dialect, key) for key in keys]
    if of_session.answers_together:
        for block in _blocks(show):
            yield from _printed_together(connection, block)
    else:
        yield from _printed_one_by_one(connection, show)


def _blocks(statements: Iterable[str]) -> Iterator[list[str]]:
    """Yield statements that go together in one round trip."""
    block: list[str] = []
    size = 0
    for statement in statements:
        if block and size + len(statement) > _MAX_BLOCK:
            yield block
            block, size = [], 0
        block.append(statement)
        size += len(statement)
    if block:
        yield block


def _printed_together(
    connection: Connection, block: list[str]
) -> Iterator[str | bytes]:
    """Run statements in one round trip."""
    yield from map(_printed, _results(connection, block))


def rows_together(
    connection: Connection, statements: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Run statements of MariaDB, each of which gives a row of two texts.

    In as few round trips as there are blocks.
    """
    for block in _blocks(_percent(connection.dialect, sql) for sql in statements):
        for rows in _results(connection, block):
            [row] = rows
            one, other = map(_text, row)
            yield one or "", other or ""


def _results(connection: Connection, block: list[str]) -> list[Sequence[Any]]:
    """Run statements in one round trip; return the rows that each gives.

    The compound statement has a result of its own behind theirs. It is taken too: some
    drivers would give it to the next query.
    """
    sql = f"BEGIN NOT ATOMIC {'; '.join(block)}; END"
    if connection.dialect.is_async:
        found = _async_results(connection, sql)
    else:
        with _read.executed(connection, sql) as cursor:
            found = [cursor.fetchall()]
            while cursor.nextset():
                if cursor.description:
                    found.append(cursor.fetchall())
    if len(found) != len(block):
        raise ValueError("a result is missing")
    return found


def _async_results(connection: Connection, sql: str) -> list[Sequence[Any]]:
    """Return the results of a statement that has several.

    SQLAlchemy's cursors for asynchronous drivers give the first one alone.
    """

    async def results(driver_connection: Any) -> list[Sequence[Any]]:
        found = []
        async with driver_connection.cursor() as cursor:
            await cursor.execute(sql.replace("%%", "%"))
            while cursor.description:
                found.append(await cursor.fetchall())
                if not await cursor.nextset():
                    break
        return found

    adapted: Any = connection.connection.dbapi_connection
    with _read.driver_errors(connection, sql, None):
        found: list[Sequence[Any]] = adapted.run_async(results)
        return found


def _printed_one_by_one(
    connection: Connection, show: list[str]
) -> Iterator[str | bytes]:
    """Run statements one after the other, on one cursor of the driver's."""
    if not show:
        return
    with _read.executed(connection, show[0]) as cursor:
        yield _printed(cursor.fetchall())
        for sql in show[1:]:
            cursor.execute(sql, ())
            yield _printed(cursor.fetchall())


def _without_own_sequences(statement: str | bytes, schema: str | None) -> str | bytes:
    """Return a table's statement without the name of its database in defaults."""
    text = _text(statement) or ""
    if schema is None or "nextval(" not in text:
        return statement
    return _objects.without_schema(text, schema)


def printed(connection: Connection, key: TableKey) -> str | bytes:
    """Return what the server prints of a table."""
    [text] = _printed_one_by_one(connection, [_show(connection.dialect, key)])
    return text


def _printed(rows: Sequence[Any]) -> str | bytes:
    if len(rows) != 1 or len(rows[0]) < 2:
        raise ValueError("a table that is not printed in one row")
    text = rows[0][1]
    if isinstance(text, str | bytes):
        return text
    if isinstance(text, bytearray):
        return bytes(text)
    raise ValueError("a statement that is no text")


def _show(dialect: Dialect, key: TableKey) -> str:
    return _percent(dialect, f"SHOW CREATE TABLE {_dotted(key)}")


def _dotted(key: TableKey) -> str:
    return ".".join(quoted(name) for name in key if name is not None)


def quoted(name: str, quote: str = "`") -> str:
    """Return a name in quotes; those of the default hold in every sql_mode."""
    return f"{quote}{name.replace(quote, 2 * quote)}{quote}"


def json_checks(column: str) -> tuple[str, ...]:
    """Return the condition of a JSON column on MariaDB, as each sql_mode has it."""
    return tuple(f"json_valid({quoted(column, quote)})" for quote in ("`", '"'))


def string(text: str, of_session: Session) -> str:
    """Return a text as a literal."""
    if "NO_BACKSLASH_ESCAPES" not in of_session.sql_mode:
        text = text.replace("\\", "\\\\")
    return "'" + text.replace("'", "''") + "'"


def _literal(dialect: Dialect, text: str, of_session: Session) -> str:
    return _percent(dialect, string(text, of_session))


def _percent(dialect: Dialect, sql: str) -> str:
    """Return SQL as it has to go to a driver that may look for parameters in it."""
    if "%" not in sql:
        return sql
    doubled = "%%" in dialect.identifier_preparer.quote_identifier("%")
    return sql.replace("%", "%%") if doubled else sql


def _text(value: Any) -> str | None:
    """Return a field of a row: some drivers give bytes."""
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "surrogateescape")
    if value is None or isinstance(value, str):
        return value
    raise ValueError("a row that is not as asked for")
