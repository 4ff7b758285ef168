"""Templates of MariaDB and MySQL databases: their statements, replayed on the server.

These servers copy no database. The statements that make a template's objects are kept
in a table of the template itself, which is written last: a template without it is not
complete. The rows go from table to table without leaving the server.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import sqlalchemy as sa

from ..catalog._objects import without_schema
from ._connect import Connector, call_once, sql
from ._store import (
    CLONE,
    PREFIX,
    TEMPLATE,
    NoRightError,
    family,
    is_stale,
    new_name,
    too_old,
    wait_until,
)

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

_T = TypeVar("_T")

_STATEMENTS = PREFIX + "statements"

# Error numbers, https://mariadb.com/kb/en/mariadb-error-codes/
_ACCESS_DENIED = (1044, 1142, 1227)
_NOT_THERE = (1049, 1146)
_RUN_OUT = 4084

# The rules under which SHOW CREATE prints what is replayed. Moments are told in one
# time zone, in which each of them has a text of its own.
_PRINTING = "SET SESSION sql_mode = '', sql_quote_show_create = 1, time_zone = '+00:00'"
# The rules under which those statements mean what they say, and rows are taken as they
# are. MySQL takes what only MariaDB knows for comments.
_MODE = "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'"
_REPLAYING = (
    f"{_MODE}, time_zone = '+00:00', foreign_key_checks = 0, unique_checks = 0"
    " /*M!100201 , check_constraint_checks = 0 */"
    " /*M!101101 , system_versioning_insert_history = 1 */"
)


class _Kind(NamedTuple):
    """A kind of object: how its names are listed, and its statement asked for.

    statement: its column in the answer. session: by its column the variable of the
        session on which the statement depends; none for those that are printed as
        _PRINTING says.
    """

    names: str
    show: str
    statement: int
    session: tuple[tuple[int, str], ...] = ()


def _tables(types: str) -> str:
    return (
        "SELECT TABLE_NAME FROM information_schema.TABLES"
        f" WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ({types}) ORDER BY 1"
    )


def _routines(type_: str) -> str:
    return (
        "SELECT ROUTINE_NAME FROM information_schema.ROUTINES"
        f" WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_TYPE = '{type_}' ORDER BY 1"
    )


_SEQUENCES = _Kind(_tables("'SEQUENCE'"), "SEQUENCE", 1)
_TABLES = _Kind(_tables("'BASE TABLE', 'SYSTEM VERSIONED'"), "TABLE", 1)
_OF_MODE = ((1, "sql_mode"),)
_FUNCTIONS = _Kind(_routines("FUNCTION"), "FUNCTION", 2, _OF_MODE)
_PROCEDURES = _Kind(_routines("PROCEDURE"), "PROCEDURE", 2, _OF_MODE)
_VIEWS = _Kind(_tables("'VIEW'"), "VIEW", 1)
_TRIGGERS = _Kind(
    "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS"
    " WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY EVENT_OBJECT_TABLE, ACTION_ORDER",
    *("TRIGGER", 2, _OF_MODE),
)
_EVENTS = _Kind(
    "SELECT EVENT_NAME FROM information_schema.EVENTS"
    " WHERE EVENT_SCHEMA = DATABASE() ORDER BY 1",
    *("EVENT", 3, (*_OF_MODE, (2, "time_zone"))),
)


class MysqlStore:
    """Templates on one server.

    url: of any database of the server, which need not exist.
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self._admin = Connector(url.set(database=""), autocommit=True)

    @functools.cache  # noqa: B019 - a store lives as long as its process
    def server(self) -> str:
        """Return the server's version, and what new databases get of it."""
        query = (
            "SELECT VERSION(), @@global.character_set_server,"
            " @@global.collation_server, @@global.sql_mode, CURRENT_USER()"
        )
        return self._admin.call(lambda connection: str(sql(connection, query).one()))

    def pays_ahead(self) -> bool:
        """Return True: each table of a copy is created by itself."""
        return True

    def locked(self, key: str, body: Callable[[], _T]) -> _T:
        """Call a function with a named lock, in a session of its own."""
        query = f"SELECT GET_LOCK('{PREFIX}{key}', 0)"

        def hold(connection: Connection) -> _T:
            wait_until(lambda: sql(connection, query).scalar() == 1)
            return body()

        return call_once(self._admin.url, hold, autocommit=True)

    def has(self, key: str) -> bool:
        """Return whether there is a template that is complete."""
        return self._admin.call(lambda connection: bool(_statements(connection, key)))

    def begin(self, key: str) -> URL:
        """Create an empty database."""
        self.abandon(key)
        self._run(f"CREATE DATABASE {TEMPLATE}{key}")
        return self._url.set(database=TEMPLATE + key)

    def publish(self, key: str) -> None:
        """Note the statements that make the template: now it is complete."""
        call_once(self._url.set(database=TEMPLATE + key), _note)

    def abandon(self, key: str) -> None:
        """Drop the database that was being built."""
        self._run(f"DROP DATABASE IF EXISTS {TEMPLATE}{key}")

    def clone(self, key: str, name: str | None) -> URL | None:
        """Create a database, replay the statements, copy the rows."""
        name = name or new_name()

        def copy(connection: Connection) -> bool:
            statements = _statements(connection, key)
            if not statements:
                return False
            sql(connection, f"CREATE DATABASE {_quoted(name)}")
            try:
                sql(connection, f"USE {_quoted(name)}")
                sql(connection, _REPLAYING)
                for each in statements:
                    sql(connection, each)
            except BaseException:
                sql(connection, f"DROP DATABASE {_quoted(name)}")
                raise
            return True

        made = self._translated(copy, fresh=True)
        return self._url.set(database=name) if made else None

    def create(self) -> URL:
        """Create an empty database."""
        name = new_name()
        self._run(f"CREATE DATABASE {name}")
        return self._url.set(database=name)

    def drop(self, url: URL) -> None:
        """Drop a copy."""
        self._run(f"DROP DATABASE IF EXISTS {_quoted(str(url.database))}")

    def prune(self, key: str, keep: int) -> None:
        """Drop all templates but the newest, and databases that were left."""
        self._admin.call(lambda connection: _prune(connection, key, keep))

    def _run(self, statement: str) -> None:
        self._translated(lambda connection: sql(connection, statement))

    def _translated(
        self, function: Callable[[Connection], _T], *, fresh: bool = False
    ) -> _T:
        """Call a function with a connection; raise NoRightError if that is missing.

        fresh: with a connection of its own, which may change its session.
        """
        try:
            if fresh:
                return call_once(self._admin.url, function, autocommit=True)
            return self._admin.call(function)
        except sa.exc.DBAPIError as problem:
            if _number(problem) not in _ACCESS_DENIED:
                raise
            raise NoRightError(
                f"{self._url.username or 'the account'} may not create databases: "
                f"GRANT ALL ON `{PREFIX}%`.* allows it"
            ) from problem


def _number(error: sa.exc.DBAPIError) -> int | None:
    """Return the server's error number."""
    arguments: Any = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _statements(connection: Connection, key: str) -> list[str]:
    """Return the statements of a template; none if it is not complete."""
    query = f"SELECT statement FROM {TEMPLATE}{key}.{_STATEMENTS} ORDER BY position"
    try:
        return list(sql(connection, query).scalars())
    except sa.exc.DBAPIError as problem:
        if _number(problem) not in _NOT_THERE:
            raise
        return []


def _note(connection: Connection) -> None:
    """Put the statements that make this database into a table of it, all at once."""
    sql(connection, _PRINTING)
    statements = list(_to_replay(connection))
    sql(
        connection,
        f"CREATE TABLE {_STATEMENTS} (position INTEGER PRIMARY KEY, "
        "statement LONGTEXT NOT NULL) ENGINE = InnoDB CHARACTER SET utf8mb4",
    )
    insert = sa.text(f"INSERT INTO {_STATEMENTS} VALUES (:position, :statement)")
    rows = [{"position": n, "statement": each} for n, each in enumerate(statements)]
    connection.execute(insert, rows)
    connection.commit()


def _to_replay(connection: Connection) -> Iterator[str]:
    """Yield the statements that make a database like this one.

    At least one: a template without any is not complete.
    """
    name, charset, collation = sql(
        connection,
        "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME"
        " FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = DATABASE()",
    ).one()
    yield f"ALTER DATABASE CHARACTER SET {charset} COLLATE {collation}"
    yield from _made_by(connection, _SEQUENCES)
    for sequence in _names(connection, _SEQUENCES):
        yield f"DO SETVAL({_quoted(sequence)}, {_next(connection, sequence)})"
    for statement in _made_by(connection, _TABLES):
        # Defaults name their sequences with the database.
        yield without_schema(statement, name) if "nextval(" in statement else statement
    for table in _names(connection, _TABLES):
        yield from _copied_rows(connection, name, table)
    # Behind the rows, which triggers would change again.
    for kind in (_FUNCTIONS, _PROCEDURES):
        yield from _made_by(connection, kind)
    yield _MODE
    yield from _in_order(connection)
    for kind in (_TRIGGERS, _EVENTS):
        yield from _made_by(connection, kind)


def _next(connection: Connection, sequence: str) -> str:
    """Return the next value of a sequence, and whether it was used: none is left then.

    It is drawn: the sequence itself tells only what it has not set aside for sessions.
    """
    try:
        return f"{sql(connection, f'SELECT NEXTVAL({_quoted(sequence)})').scalar()}, 0"
    except sa.exc.DBAPIError as problem:
        if _number(problem) != _RUN_OUT:
            raise
    query = "SELECT IF(increment < 0, minimum_value, maximum_value)"
    last = sql(connection, f"{query} FROM {_quoted(sequence)}").scalar()
    return f"{last}, 1"


def _names(connection: Connection, kind: _Kind) -> list[str]:
    return list(sql(connection, kind.names).scalars())


def _made_by(connection: Connection, kind: _Kind) -> Iterator[str]:
    for name in _names(connection, kind):
        row = sql(connection, f"SHOW CREATE {kind.show} {_quoted(name)}").one()
        if kind.session:
            values = [f"{name} = '{row[column]}'" for column, name in kind.session]
            yield f"SET SESSION {', '.join(values)}"
        yield row[kind.statement]


def _copied_rows(connection: Connection, database: str, table: str) -> Iterator[str]:
    """Yield the statement that copies a table's rows; none if it has none."""
    source = f"{_quoted(database)}.{_quoted(table)}"
    query = sa.text(
        "SELECT COLUMN_NAME, GENERATION_EXPRESSION FROM information_schema.COLUMNS"
        " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = :table"
        " ORDER BY ORDINAL_POSITION"
    )
    names, period = [], []
    for name, expression in connection.execute(query, {"table": table}):
        if expression in _PERIOD:
            period.append(name)
        elif not expression:
            names.append(name)
    if _keeps_history(connection, table):
        source += " FOR SYSTEM_TIME ALL"
        names += period or ["row_start", "row_end"]
    if sql(connection, f"SELECT 1 FROM {source} LIMIT 1").scalar() is None:
        return
    columns = ", ".join(map(_quoted, names))
    yield f"INSERT INTO {_quoted(table)} ({columns}) SELECT {columns} FROM {source}"


# What stands for the expression of the columns of a system-versioned table.
_PERIOD = ("ROW START", "ROW END")


def _keeps_history(connection: Connection, table: str) -> bool:
    """Return whether a table has old rows that can be copied with their moments.

    Not where transactions are counted in place of them, nor before MariaDB 10.11.
    """
    server: Any = connection.dialect
    if not server.is_mariadb or server.server_version_info < (10, 11):
        return False
    text = sql(connection, f"SHOW CREATE TABLE {_quoted(table)}").one()[1]
    return "WITH SYSTEM VERSIONING" in text and not _BY_TRANSACTION.search(text)


_BY_TRANSACTION = re.compile(r"bigint\(20\) unsigned GENERATED ALWAYS AS ROW START")


def _in_order(connection: Connection) -> Iterator[str]:
    """Yield the statements of views so that each comes behind those that it reads."""
    names = map(_quoted, _names(connection, _VIEWS))
    pending = dict(zip(names, _made_by(connection, _VIEWS), strict=True))
    while pending:
        ready = [
            name
            for name, text in pending.items()
            if not any(other in text for other in pending if other != name)
        ]
        if not ready:
            break
        for name in ready:
            yield pending.pop(name)
    # Names of views are those of columns, too. So first there are others with the same
    # columns, as mysqldump does it.
    for name in pending:
        columns = sql(connection, f"SHOW COLUMNS FROM {name}").scalars()
        nothing = ", ".join(f"1 AS {_quoted(column)}" for column in columns)
        yield f"CREATE VIEW {name} AS SELECT {nothing}"
    for name, text in pending.items():
        yield f"DROP VIEW {name}"
        yield text


def _prune(connection: Connection, key: str, keep: int) -> None:
    found = sql(
        connection,
        "SELECT TABLE_SCHEMA FROM information_schema.TABLES WHERE TABLE_NAME ="
        f" '{_STATEMENTS}' ORDER BY CREATE_TIME DESC",
    ).scalars()
    complete = list(found)
    there = sql(connection, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA")
    used = sql(connection, "SELECT DB FROM information_schema.PROCESSLIST").scalars()
    in_use = set(used)
    doomed = too_old(complete, key, keep)
    for name in there.scalars():
        if name.startswith(CLONE) and is_stale(name) and name not in in_use:
            doomed.append(name)
        elif name.startswith(TEMPLATE + family(key)) and name not in complete:
            lock = PREFIX + name.removeprefix(TEMPLATE)
            if sql(connection, f"SELECT IS_FREE_LOCK('{lock}')").scalar() == 1:
                doomed.append(name)
    for name in doomed:
        sql(connection, f"DROP DATABASE IF EXISTS {name}")
