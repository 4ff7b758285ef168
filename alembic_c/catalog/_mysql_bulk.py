"""MySQL's tables from information_schema, where that costs less than printing each.

MariaDB prints all tables in one round trip, which no other way beats; MySQL takes one
for each. What is read here is what autogenerate compares: information_schema does not
have all that SHOW CREATE TABLE prints (csrc/include/alc/mysql.h names it), so snapshots
are not made of it. A table that it does not tell exactly is printed after all.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from .. import _catalog
from ..util import _sessions
from . import _mysql, _read
from ._mysql import Session, TableKey

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .._catalog import Catalog

log = logging.getLogger("alembic.autogenerate.proof")

# From here on information_schema has CHECK constraints.
OLDEST = (8, 0, 16)

# So many tables are printed first, and timed.
N_TIMED = 4

# What reading in bulk costs the server beside round trips, in seconds: measured with
# MySQL 9.7 (docs/performance.md), a little more than it took.
_SECONDS = 0.015
_SECONDS_OF_A_TABLE = 0.0004
# Round trips: the queries, what both sessions are asked before, and connecting.
_N_TRIPS = len(_catalog.MYSQL_QUERIES) + 5 + 6

# The second one is known from 8.0.30 on.
_VIEW = (
    "SHOW SESSION VARIABLES WHERE Variable_name IN"
    " ('server_uuid', 'show_gipk_in_create_table_and_information_schema')"
)


def is_cheaper(n_tables: int, seconds: float) -> bool:
    """Return whether to read tables in bulk.

    seconds: what printing one of them took, the round trip included.
    """
    in_bulk = seconds * _N_TRIPS + _SECONDS + _SECONDS_OF_A_TABLE * n_tables
    return seconds * n_tables > in_bulk


def read_tables(
    connection: Connection, keys: Sequence[TableKey], of_session: Session
) -> Catalog:
    """Read tables that there are, by their keys, in the way that costs least.

    Raises what SQLAlchemy raises if one is gone, or is not to be seen.
    """
    version = connection.dialect.server_version_info or ()
    if of_session.is_mariadb or version < OLDEST or not of_session.is_ordinary:
        return _mysql.read_tables(connection, keys, of_session)
    reader = of_session.reader()
    start = time.perf_counter()
    _mysql.add_tables(reader, connection, keys[:N_TIMED], of_session)
    seconds = (time.perf_counter() - start) / N_TIMED
    rest = list(keys[N_TIMED:])
    if is_cheaper(len(rest), seconds):
        try:
            with _second(connection) as other:
                if other is not None:
                    rest = add_in_bulk(reader, other, rest, of_session)
        except SQLAlchemyError as error:
            # Not of the caller's session, which prints all of them then.
            log.debug("information_schema cannot be read: %s", error)
            return _mysql.read_tables(connection, keys, of_session)
    _mysql.add_tables(reader, connection, rest, of_session)
    return reader.finish()


@contextlib.contextmanager
def _second(connection: Connection) -> Iterator[Connection | None]:
    """Give a session to read information_schema in; None if there is none that may.

    In a transaction information_schema tells what was there when that began, where
    SHOW CREATE TABLE tells what is there; so a new one has to be begun. What it tells
    is committed: DDL of MySQL always is.
    """
    if not _sessions.is_ready(connection.engine) or may_hide_tables(connection):
        yield None
        return
    view = view_of(connection)
    if view is None:
        yield None
        return
    with connection.engine.connect() as other:
        yield other if view_of(other) == view else None


def may_hide_tables(connection: Connection) -> bool:
    """Return whether a session may have temporary tables, which hide others.

    One that has created no table has none.
    """
    rows = _read._rows(connection, "SHOW SESSION STATUS LIKE 'Com_create_table'")
    return [_mysql._text(n_created) for _, n_created in rows] != ["0"]


def view_of(connection: Connection) -> tuple[str | None, ...] | None:
    """Return what decides what information_schema tells a session.

    That is the server, whether keys that it has added are shown, and the grants.  None
    if it may leave out columns, for which an account has no privilege where it has
    one for others.  Two queries.
    """
    grants = [_mysql._text(row[0]) for row in _read._rows(connection, "SHOW GRANTS")]
    for grant in grants:
        privileges, on, _ = (grant or "").partition(" ON ")
        if on and "(" in privileges:  # SELECT (`a`, `b`) ON ...
            return None
    variables = _read._rows(connection, _VIEW)
    settings = [_mysql._text(field) for row in variables for field in row]
    return (*settings, *sorted(grants, key=str))


def add_in_bulk(
    reader: _catalog.MysqlReader,
    connection: Connection,
    keys: Sequence[TableKey],
    of_session: Session,
) -> list[TableKey]:
    """Read tables from information_schema: seven queries for each database.

    Returns those that have to be printed.
    """
    by_schema: dict[str | None, list[str]] = {}
    for schema, name in keys:
        by_schema.setdefault(schema, []).append(name)
    left: list[TableKey] = []
    for schema, names in by_schema.items():
        database = of_session.schema if schema is None else schema
        if database is None:
            left += [(schema, name) for name in names]
            continue
        reader.begin(database, schema, names)
        _feed(reader, connection, database, names, of_session)
        left += [(schema, name) for name, _ in reader.end()]
    return left


def _feed(
    reader: _catalog.MysqlReader,
    connection: Connection,
    database: str,
    names: list[str],
    of_session: Session,
) -> None:
    def literal(text: str) -> str:
        return _mysql._literal(connection.dialect, text, of_session)

    tables = ""
    for number, sql in enumerate(_catalog.MYSQL_QUERIES):
        sql = sql.format(database=literal(database), tables=tables)
        rows = _sorted(_read._rows(connection, sql), _catalog.MYSQL_N_LEADING[number])
        reader.feed(number, rows)
        if number == 0 and len(names) * 2 < len(rows):
            # A list of all names would cost more than it saves.
            tables = f" AND TABLE_NAME IN ({', '.join(map(literal, names))})"


def _sorted(rows: Iterable[Sequence[Any]], n_leading: int) -> list[Sequence[Any]]:
    """Return rows sorted by their first columns.

    Raises ValueError if the driver gives something that has no order.
    """
    if not n_leading:
        return list(rows)
    try:
        return sorted(rows, key=itemgetter(slice(n_leading)))
    except TypeError as error:
        raise ValueError(f"rows that have no order: {error}") from error
