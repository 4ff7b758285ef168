"""Snapshots of MySQL and MariaDB: their content, in each session, by each driver."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from alembic_c.autogenerate import compare_metadata
from alembic_c.catalog import Catalog, _mysql, snapshot
from alembic_c.catalog._again import repeated
from alembic_c.runtime.migration import MigrationContext
from tests.support.mysql_tables import connected, make_tables, run

# Module, and whether it is asynchronous.
DRIVERS = {
    "pymysql": ("pymysql", False),
    "mysqldb": ("MySQLdb", False),
    "mysqlconnector": ("mysql.connector", False),
    "mariadbconnector": ("mariadb", False),
    "asyncmy": ("asyncmy", True),
    "aiomysql": ("aiomysql", True),
}


@pytest.fixture
def connection(mysql_url: str) -> Iterator[sa.Connection]:
    with connected(mysql_url) as connection:
        yield connection


def is_mariadb(connection: sa.Connection) -> bool:
    return bool(connection.dialect.is_mariadb)  # type: ignore[attr-defined]


def fill(connection: sa.Connection) -> list[str]:
    run(connection, "DROP DATABASE IF EXISTS all_tables")
    run(connection, "CREATE DATABASE all_tables CHARACTER SET utf8mb4")
    run(connection, "USE all_tables")
    made = list(make_tables(lambda sql: run(connection, sql), is_mariadb(connection)))
    assert len(made) > 30
    return made


def test_all_that_there_is(connection: sa.Connection) -> None:
    made = fill(connection)
    run(connection, "CREATE VIEW a_view AS SELECT 1 AS x")
    found = snapshot(connection)
    assert found.backend == ("mariadb" if is_mariadb(connection) else "mysql")
    by_name = {table.name: table for table in found.tables}
    sequences = [each.name for each in found.objects if each.kind == "sequence"]
    assert sequences == (["sq"] if is_mariadb(connection) else [])
    assert set(made) <= by_name.keys() | {"sq"}
    assert "a_view" not in by_name
    opaque = {name for name, table in by_name.items() if table.opaque}
    assert opaque <= {"period", "versioned_columns"}
    assert snapshot(connection) == found
    assert snapshot(connection, schemas=["all_tables"]) == found
    url = connection.engine.url.set(database="all_tables")
    assert snapshot(url) == found
    assert snapshot(url.render_as_string(hide_password=False)) == found
    assert Catalog.from_json(found.to_json()) == found


def test_sessions_that_print_in_other_words(connection: sa.Connection) -> None:
    """Only the texts of expressions have the names as the session quotes them."""
    fill(connection)
    ordinary = snapshot(connection)
    expressions = {"expr", "generated", "default_expr", "partitioning", "parts"}
    for setting in (
        "sql_mode = 'ANSI_QUOTES'",
        "sql_quote_show_create = 0",
        "sql_mode = 'PIPES_AS_CONCAT'",
    ):
        run(connection, f"SET SESSION {setting}")
        assert [
            change
            for change in snapshot(connection).diff(ordinary)
            if change.aspect not in expressions
            and not change.what.startswith(("check (", "primary key ("))
        ] == [], setting
        run(connection, "SET SESSION sql_mode = DEFAULT")
        run(connection, "SET SESSION sql_quote_show_create = 1")


# Names that need no quotes, which look like numbers.
UNQUOTED = "(`9num` int, `1e5` int, `0x1` int, $a int, key `2nd` (`9num`))"
# Texts with all that the servers put a backslash before.
ESCAPED = (
    r"(a varchar(9) default 'a\\b\n' comment 'a\\b\nc''d\r', b enum('x\\', 'y''z'),"
    r" c varchar(9) check (c <> 'it''s \\'), key k (a) comment '\\\n')"
    r" comment 'a\\n\\'"
)


@pytest.mark.parametrize(
    "setting", ["sql_mode = 'NO_BACKSLASH_ESCAPES'", "sql_quote_show_create = 0"]
)
def test_names_and_texts_in_odd_sessions(
    setting: str, connection: sa.Connection
) -> None:
    """The escapes are the same in every mode."""
    run(connection, f"CREATE TABLE names {UNQUOTED}")
    run(connection, f"CREATE TABLE texts {ESCAPED}")
    ordinary = snapshot(connection)
    _, texts = ordinary.tables
    assert texts.comment == "a\\n\\"
    assert texts.columns[0].comment == "a\\b\nc'd\r"
    run(connection, f"SET SESSION {setting}")
    there = snapshot(connection)
    assert [table.opaque for table in there.tables] == [None, None]
    changes = [each.what for each in there.diff(ordinary)]
    # Of the conditions, only the names in them differ.
    assert [each for each in changes if not each.startswith("check ")] == []


def test_sessions_that_leave_something_out(connection: sa.Connection) -> None:
    if not is_mariadb(connection):
        return  # MySQL has no such modes since 8.0
    run(connection, "SET SESSION sql_mode = 'NO_TABLE_OPTIONS'")
    with pytest.raises(ValueError, match="NO_TABLE_OPTIONS"):
        snapshot(connection)


def test_changes_are_told(connection: sa.Connection) -> None:
    run(connection, "CREATE TABLE t (a int, b varchar(10), key k (b(5)))")
    before = snapshot(connection)
    run(
        connection,
        "ALTER TABLE t MODIFY b varchar(10) CHARACTER SET latin1, DROP KEY k",
    )
    run(connection, "ALTER TABLE t ADD KEY k (b(4)), COMMENT 'it''s'")
    changes = {str(change) for change in before.diff(snapshot(connection))}
    assert "index k of t: parts changes from ('b(5)',) to ('b(4)',)" in changes
    assert 'table t: comment changes from None to "it\'s"' in changes
    assert "column b of t: charset changes from None to 'latin1'" in changes


def test_a_counter_is_no_part_of_the_schema(connection: sa.Connection) -> None:
    run(connection, "CREATE TABLE t (a int auto_increment primary key)")
    before = snapshot(connection)
    run(connection, "INSERT INTO t VALUES (41)")
    assert snapshot(connection).fingerprint() == before.fingerprint()


def test_names_with_anything_in_them(connection: sa.Connection) -> None:
    for name in ("a`b", 'c"d', "e%f", "g;h", "i'j", "k l", "%(x)s", "é"):
        quoted = name.replace("`", "``")
        run(connection, f"CREATE TABLE `{quoted}` (`{quoted}` int)")
        table = next(each for each in snapshot(connection).tables if each.name == name)
        assert [column.name for column in table.columns] == [name]


def test_a_table_that_hides_another(connection: sa.Connection) -> None:
    """A temporary table is what the session sees, also in autogenerate."""
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("a", sa.Integer))
    metadata.create_all(connection)
    run(connection, "CREATE TEMPORARY TABLE t (a int, b int)")
    (table,) = snapshot(connection).tables
    assert table.is_temporary
    context = MigrationContext.configure(connection)
    assert [each[0] for each in compare_metadata(context, metadata)] == [
        "remove_column"
    ]


def test_other_databases(connection: sa.Connection) -> None:
    run(connection, "CREATE TABLE t (a int primary key)")
    run(
        connection,
        "CREATE TABLE test_schema.u (a int, foreign key (a) references t (a))".replace(
            "references t", "references test.t"
        ),
    )
    both = snapshot(connection, schemas=["test", "test_schema"])
    assert [(each.schema, each.name) for each in both.tables] == [
        (None, "t"),
        ("test_schema", "u"),
    ]
    (key,) = both.tables[1].constraints
    assert (key.ref_schema, key.ref_table) == ("test", "t")


# --- faults -------------------------------------------------------------------------


def test_a_table_that_is_gone(connection: sa.Connection) -> None:
    run(connection, "CREATE TABLE t (a int)")
    session = _mysql.session(connection)
    for keys in ([(None, "gone")], [(None, "t"), (None, "gone"), (None, "t")]):
        with pytest.raises(sa.exc.DBAPIError, match="gone"):
            _mysql.read_tables(connection, keys, session)
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_a_connection_that_is_lost(connection: sa.Connection, mysql_url: str) -> None:
    run(connection, "CREATE TABLE t (a int)")
    session = _mysql.session(connection)
    number = connection.exec_driver_sql("SELECT connection_id()").scalar()
    other = sa.create_engine(mysql_url, poolclass=sa.pool.NullPool)
    with other.connect() as killer:
        killer.exec_driver_sql(f"KILL {number}")
    with pytest.raises(sa.exc.DBAPIError):
        _mysql.read_tables(connection, [(None, "t")] * 3, session)
    assert connection.invalidated


def test_no_privilege(connection: sa.Connection, mysql_url: str) -> None:
    run(connection, "CREATE TABLE seen (a int)")
    run(connection, "CREATE TABLE hidden (a int)")
    run(connection, "DROP USER IF EXISTS 'narrow'@'%'")
    run(connection, "CREATE USER 'narrow'@'%' IDENTIFIED BY 'tiger'")
    run(connection, "GRANT SELECT ON test.seen TO 'narrow'@'%'")
    url = sa.make_url(mysql_url).set(username="narrow", password="tiger")
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as narrow:
        assert [table.name for table in snapshot(narrow).tables] == ["seen"]
        session = _mysql.session(narrow)
        with pytest.raises(sa.exc.DBAPIError, match="denied"):
            _mysql.read_tables(narrow, [(None, "seen"), (None, "hidden")], session)
        assert narrow.exec_driver_sql("SELECT 1").scalar() == 1


def test_a_cursor_of_the_callers(connection: sa.Connection) -> None:
    run(connection, "CREATE TABLE t (a int)")
    result = connection.exec_driver_sql("SELECT 1 UNION SELECT 2")
    assert len(snapshot(connection).tables) == 1
    assert len(result.fetchall()) == 2


def text(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)


# --- drivers ------------------------------------------------------------------------


def test_no_result_is_left_to_the_next_query(
    connection: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MySQL Connector would give it to that; PyMySQL reads it when a cursor closes."""
    left: list[bool] = []
    class_: Any = importlib.import_module("pymysql.cursors").Cursor
    close = class_.close

    def noting(cursor: Any) -> None:
        left.append(bool(cursor._result and cursor._result.has_next))
        close(cursor)

    for name in "tu":
        run(connection, f"CREATE TABLE {name} (a int)")
    keys = [(None, "t"), (None, "u")]
    session = _mysql.session(connection)
    monkeypatch.setattr(class_, "close", noting)
    assert len(_mysql.read_tables(connection, keys, session)) == 2
    assert set(left) == {False}


def look(connection: sa.Connection) -> Catalog:
    found = snapshot(connection)
    read = repeated(connection)
    connection.exec_driver_sql("CREATE TABLE later (a int)")
    assert len(read().catalog()) == len(found) + 1
    connection.exec_driver_sql("DROP TABLE later")
    assert read().catalog() == found
    return found


def through(driver: str, url: sa.URL, asynchronous: bool) -> Catalog:
    if not asynchronous:
        with sa.create_engine(url, poolclass=sa.pool.NullPool).connect() as connection:
            return look(connection)

    async def read() -> Catalog:
        engine = create_async_engine(url, poolclass=sa.pool.NullPool)
        async with engine.connect() as connection:
            found = await connection.run_sync(look)
        await engine.dispose()
        return found

    return asyncio.run(read())


@pytest.mark.greenlet
@pytest.mark.parametrize("driver", DRIVERS)
def test_every_driver_tells_the_same(driver: str, connection: sa.Connection) -> None:
    module, asynchronous = DRIVERS[driver]
    try:
        importlib.import_module(module)
    except ImportError:
        pytest.skip(f"NOT TESTED through {driver}: {module} is not installed")
    if driver == "mariadbconnector" and not is_mariadb(connection):
        return
    fill(connection)
    connection.commit()
    dialect = "mariadb" if driver == "mariadbconnector" else "mysql"
    url = connection.engine.url.set(
        drivername=f"{dialect}+{driver}", database="all_tables", query={}
    )
    expected = snapshot(connection)
    assert through(driver, url, asynchronous).diff(expected) == []
    assert snapshot(url).diff(expected) == snapshot(text(url)).diff(expected) == []
