"""MySQL's tables from information_schema, against SHOW CREATE TABLE.

On a running MySQL, which ALEMBIC_C_TEST_MYSQL names; unit/test_mysql_bulk.py has what
needs none.  ALEMBIC_C_WILD_PAIRS is how many random schemas of each kind are tried,
ALEMBIC_C_WILD_SEED the first seed.
"""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from alembic_c._catalog import MYSQL_QUERIES
from alembic_c.catalog import Catalog, _mysql, _mysql_bulk
from tests.differential.test_autogen_wild import FIRST_SEED, PAIRS
from tests.support import mariadb, rest_pairs, wild_schemas
from tests.support.mysql_bulk import differences, keys_of, read_both
from tests.support.mysql_tables import connected, make_tables, run
from tests.support.pairs import create
from tests.support.proving import check

# Tables that are printed in any case, of those that the corpus has.
PRINTED = {
    *("binaries", "by_hash", "by_key_sub", "by_list", "by_range", "encrypted"),
    *("key_options", "keys", "memory", "myisam", "options", "parser"),
}


@pytest.fixture
def mysql_server_url() -> str:
    if "ALEMBIC_C_TEST_MYSQL" not in os.environ:
        pytest.skip("NOT TESTED on MySQL: ALEMBIC_C_TEST_MYSQL names no server")
    return mariadb.emptied(os.environ["ALEMBIC_C_TEST_MYSQL"], "mysql")


@pytest.fixture
def connection(mysql_server_url: str) -> Iterator[sa.Connection]:
    with connected(mysql_server_url) as connection:
        yield connection


def again(connection: sa.Connection, **of_url: Any) -> sa.Connection:
    """Return a new session, which has created no tables; close it behind the test."""
    url = connection.engine.url.set(**of_url)
    return sa.create_engine(url, poolclass=sa.pool.NullPool).connect()


def test_tables_of_all_sorts(connection: sa.Connection) -> None:
    run(connection, "CREATE DATABASE all_tables CHARACTER SET utf8mb4")
    run(connection, "USE all_tables")
    made = list(make_tables(lambda sql: run(connection, sql), False))
    printed, told, left = read_both(connection, keys_of(connection))
    assert differences(printed, told) == []
    assert {name for _, name in left} & {*made} == PRINTED


@pytest.mark.parametrize("kind", ["wild", "rest"])
def test_random_schemas(kind: str, connection: sa.Connection) -> None:
    n_told = n_left = 0
    for seed in range(FIRST_SEED, FIRST_SEED + max(PAIRS // 5, 1)):
        mariadb.drop_tables(connection)
        if kind == "wild":
            schema = wild_schemas.make_pair(seed, "mysql").database
        else:
            schema = rest_pairs.make_pair(seed, "mariadb").first
        create(connection, schema)
        keys = keys_of(connection, "test", "test_schema")
        printed, told, left = read_both(connection, keys)
        assert differences(printed, told) == [], f"seed {seed}"
        n_told += len(told)
        n_left += len(left)
    assert n_told > n_left, f"only {n_told} of {n_told + n_left} told"


# What information_schema tells in another way than the server prints it.
GARBLED = [
    "(`é` int, b int default (`é` + 1))",
    "(a varchar(9), b varchar(20) as (concat(a, 'é')))",
    "(a varchar(9), check (a <> 'é'))",
    "(a varchar(9), key k ((concat(a, 'é'))))",
    "(a varchar(9) default '\U0001f600')",
    "(a enum('x', '\U0001f600') default '\U0001f600')",
    "(a enum('x') character set binary)",
]


def test_texts_that_are_told_otherwise(connection: sa.Connection) -> None:
    for number, definition in enumerate(GARBLED):
        run(connection, f"CREATE TABLE t{number} {definition}")
    run(connection, "CREATE TABLE `é\U0001f600` (`é` int comment 'é')")
    _, told, left = read_both(connection, keys_of(connection))
    assert {name for _, name in left} == {f"t{each}" for each in range(len(GARBLED))}
    assert [each.columns[0].comment for each in told.tables] == ["é"]


def test_databases_with_keys_between_them(connection: sa.Connection) -> None:
    run(connection, "CREATE TABLE t (a int primary key, b int)")
    run(
        connection,
        "CREATE TABLE test_schema.t (a int, foreign key (a) references test.t (a)"
        " on delete cascade, check (a > 1))",
    )
    run(connection, "CREATE TABLE `T` (a int comment '1', b int comment '2')")
    keys = keys_of(connection, "test", "test_schema")
    printed, told, left = read_both(connection, keys)
    assert (len(told), left) == (len(keys), [])
    assert differences(printed, told) == []


def test_some_of_many(connection: sa.Connection) -> None:
    """Then the queries name the tables."""
    for number in range(9):
        run(connection, f"CREATE TABLE `it's {number}` (a int check (a > 1))")
    keys = [(None, "it's 3"), (None, "it's 5")]
    printed, told, left = read_both(connection, keys)
    assert (len(told), left) == (2, [])
    assert differences(printed, told) == []


# --- the choice ---------------------------------------------------------------------


def _many(connection: sa.Connection) -> sa.MetaData:
    metadata = sa.MetaData()
    for number in range(12):
        sa.Table(f"t{number}", metadata, sa.Column("a", sa.Integer))
    metadata.create_all(connection)
    return metadata


@pytest.fixture
def cheaper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bulk reading is found cheaper, however few tables there are."""
    monkeypatch.setattr(_mysql_bulk, "is_cheaper", lambda n_tables, seconds: True)


def _statements(connection: sa.Connection, work: Callable[[], object]) -> list[str]:
    seen: list[str] = []

    def listener(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    sa.event.listen(connection.engine, "before_cursor_execute", listener)
    try:
        work()
    finally:
        sa.event.remove(connection.engine, "before_cursor_execute", listener)
    return seen


@pytest.mark.usefixtures("cheaper")
def test_the_proof_reads_in_bulk(connection: sa.Connection) -> None:
    metadata = _many(connection)
    run(connection, "CREATE TABLE parted (a int) PARTITION BY HASH (a) PARTITIONS 2")
    sa.Table("parted", metadata, sa.Column("a", sa.Integer))
    with again(connection) as fresh:
        statements = _statements(fresh, lambda: check(fresh, metadata))
        assert sum("information_schema.COLUMNS" in each for each in statements) == 1
    with again(connection) as fresh:
        verdict = check(fresh, metadata)
    assert (verdict.proven, verdict.differences) == (12, [])


@pytest.mark.usefixtures("cheaper")
@pytest.mark.parametrize(
    "how", ["CREATE TEMPORARY TABLE t11 (a int, b int)", "PREPARE"]
)
def test_a_temporary_table_hides_another(how: str, connection: sa.Connection) -> None:
    metadata = _many(connection)
    with again(connection) as fresh:
        if how == "PREPARE":
            text = "CREATE TEMPORARY TABLE t11 AS SELECT 1 AS a, 2 AS b"
            run(fresh, f"PREPARE s FROM '{text}'")
            how = "EXECUTE s"
        run(fresh, how)
        found = check(fresh, metadata).differences
        kinds = [one[0] for one in found if not isinstance(one, list)]
        assert kinds == ["remove_column"]


@pytest.mark.usefixtures("cheaper")
@pytest.mark.parametrize("shown", [True, False])
def test_keys_that_the_server_adds_are_shown_as_to_the_caller(
    shown: bool, connection: sa.Connection
) -> None:
    """A variable of the session says whether; another session has the server's."""
    metadata = _many(connection)
    run(connection, "DROP TABLE t11")
    run(connection, "SET SESSION sql_generate_invisible_primary_key = ON")
    run(connection, "CREATE TABLE t11 (a int)")
    with again(connection) as fresh:
        name = "show_gipk_in_create_table_and_information_schema"
        default = fresh.exec_driver_sql(f"SELECT @@GLOBAL.{name}").scalar()
        run(fresh, f"SET GLOBAL {name} = {'OFF' if shown else 'ON'}")
        try:
            run(fresh, f"SET SESSION {name} = {'ON' if shown else 'OFF'}")
            found = check(fresh, metadata).differences
        finally:
            run(fresh, f"SET GLOBAL {name} = {default}")
        assert [each[0] for each in found] == ["remove_column"] * shown


# --- faults -------------------------------------------------------------------------


@pytest.mark.usefixtures("cheaper")
def test_what_others_have_changed_meanwhile(connection: sa.Connection) -> None:
    """The session's transaction is older; information_schema would tell it so."""
    metadata = _many(connection)
    with again(connection) as fresh:
        run(fresh, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
        run(connection, "ALTER TABLE t11 ADD COLUMN b int")
        found = check(fresh, metadata).differences
        assert [each[0] for each in found] == ["remove_column"]


@pytest.mark.usefixtures("cheaper")
@pytest.mark.parametrize("pool", [sa.pool.StaticPool, sa.pool.QueuePool])
def test_a_pool_without_a_second_session(
    pool: type[sa.pool.Pool], connection: sa.Connection
) -> None:
    metadata = _many(connection)
    options = {"pool_size": 1, "max_overflow": 0} if pool is sa.pool.QueuePool else {}
    engine = sa.create_engine(connection.engine.url, poolclass=pool, **options)
    with engine.connect() as only:
        seen = _statements(only, lambda: check(only, metadata))
        assert not any("information_schema.COLUMNS" in each for each in seen)
        assert sum("SHOW CREATE TABLE" in each for each in seen) > 1
    engine.dispose()


# What the second session is asked.
N_ASKED = 2 + len(MYSQL_QUERIES)


@pytest.mark.usefixtures("cheaper")
@pytest.mark.parametrize("number", range(N_ASKED))
def test_a_connection_that_is_lost_in_the_middle(
    number: int, connection: sa.Connection
) -> None:
    """The second one: then the caller's own does it all."""
    _many(connection)
    keys = keys_of(connection)
    expected = Catalog(_mysql.read_tables(connection, keys, _mysql.session(connection)))
    with again(connection) as fresh:
        session = _mysql.session(fresh)
        seen: list[str] = []

        def kill(conn: sa.Connection, cursor: Any, statement: str, *rest: Any) -> None:
            if conn is not fresh:
                seen.append(statement)
                if len(seen) == number + 1:
                    thread = conn.connection.dbapi_connection.thread_id()  # type: ignore[union-attr]
                    run(connection, f"KILL {thread}")

        sa.event.listen(fresh.engine, "before_cursor_execute", kill)
        read = Catalog(_mysql_bulk.read_tables(fresh, keys, session))
        assert len(seen) == number + 1
        assert read == expected
        assert not fresh.invalidated


@pytest.mark.usefixtures("cheaper")
def test_a_connection_of_the_callers_that_is_lost(connection: sa.Connection) -> None:
    _many(connection)
    keys = keys_of(connection)
    with again(connection) as fresh:
        session = _mysql.session(fresh)
        thread = fresh.exec_driver_sql("SELECT connection_id()").scalar()
        run(connection, f"KILL {thread}")
        with pytest.raises(sa.exc.DBAPIError):
            _mysql_bulk.read_tables(fresh, keys, session)
        assert fresh.invalidated


@pytest.mark.usefixtures("cheaper")
@pytest.mark.parametrize("of", ["account", "role"])
def test_columns_without_privilege(of: str, connection: sa.Connection) -> None:
    """As ever: what is not to be seen is not printed."""
    _many(connection)
    run(connection, "CREATE TABLE t_more (a int, b int)")
    run(connection, "DROP ROLE IF EXISTS narrowing")
    run(connection, "DROP USER IF EXISTS 'narrow'@'%'")
    run(connection, "CREATE ROLE narrowing")
    run(
        connection,
        "CREATE USER 'narrow'@'%' IDENTIFIED BY 'tiger' DEFAULT ROLE narrowing",
    )
    run(connection, "GRANT narrowing TO 'narrow'@'%'")
    for number in range(12):
        run(connection, f"GRANT SELECT ON test.t{number} TO 'narrow'@'%'")
    keys = [(None, f"t{number}") for number in range(12)]
    with again(connection, username="narrow") as narrow:
        session = _mysql.session(narrow)
        assert _mysql_bulk.view_of(narrow)
        assert len(_mysql_bulk.read_tables(narrow, keys, session)) == 12
        with pytest.raises(sa.exc.DBAPIError, match="denied"):
            _mysql_bulk.read_tables(narrow, [*keys, (None, "t_more")], session)
        assert narrow.exec_driver_sql("SELECT 1").scalar() == 1
    to = {"account": "'narrow'@'%'", "role": "narrowing"}[of]
    run(connection, f"GRANT SELECT (a) ON test.t_more TO {to}")
    with again(connection, username="narrow") as narrow:
        assert _mysql_bulk.view_of(narrow) is None
        with pytest.raises(sa.exc.DBAPIError, match="denied"):
            _mysql_bulk.read_tables(narrow, [*keys, (None, "t_more")], session)
    run(connection, "DROP USER 'narrow'@'%'")
    run(connection, "DROP ROLE narrowing")


@pytest.mark.usefixtures("cheaper")
def test_a_table_that_is_gone(connection: sa.Connection) -> None:
    _many(connection)
    with again(connection) as fresh:
        session = _mysql.session(fresh)
        with pytest.raises(sa.exc.DBAPIError, match="gone"):
            _mysql_bulk.read_tables(fresh, [*keys_of(fresh), (None, "gone")], session)
        assert fresh.exec_driver_sql("SELECT 1").scalar() == 1


@pytest.mark.usefixtures("cheaper")
def test_a_cursor_of_the_callers(connection: sa.Connection) -> None:
    _many(connection)
    keys = keys_of(connection)
    with again(connection) as fresh:
        session = _mysql.session(fresh)
        result = fresh.exec_driver_sql("SELECT 1 UNION SELECT 2")
        read = _mysql_bulk.read_tables(fresh, keys, session)
        assert len(read) == len(keys)
        assert len(result.fetchall()) == 2


# --- drivers ------------------------------------------------------------------------

DRIVERS = {
    "pymysql": ("pymysql", False),
    "mysqldb": ("MySQLdb", False),
    "mysqlconnector": ("mysql.connector", False),
    "asyncmy": ("asyncmy", True),
    "aiomysql": ("aiomysql", True),
}


@pytest.mark.greenlet
@pytest.mark.usefixtures("cheaper")
@pytest.mark.parametrize("driver", DRIVERS)
def test_every_driver_tells_the_same(driver: str, connection: sa.Connection) -> None:
    module, asynchronous = DRIVERS[driver]
    try:
        importlib.import_module(module)
    except ImportError:
        pytest.skip(f"NOT TESTED through {driver}: {module} is not installed")
    run(connection, "CREATE DATABASE all_tables CHARACTER SET utf8mb4")
    run(connection, "USE all_tables")
    list(make_tables(lambda sql: run(connection, sql), False))
    _, expected, left = read_both(connection, keys_of(connection))

    def both(given: sa.Connection) -> tuple[Catalog, Any]:
        session, keys = _mysql.session(given), keys_of(given)
        whole = Catalog(_mysql_bulk.read_tables(given, keys, session))
        printed = Catalog(_mysql.read_tables(given, keys, session))
        assert printed != whole
        assert differences(printed, whole) == []
        return read_both(given, keys)[1:]

    url = connection.engine.url.set(
        drivername=f"mysql+{driver}", database="all_tables", query={}
    )
    if asynchronous:

        async def read() -> tuple[Catalog, Any]:
            engine = create_async_engine(url, poolclass=sa.pool.NullPool)
            async with engine.connect() as other:
                found = await other.run_sync(both)
            await engine.dispose()
            return found

        told, also_left = asyncio.run(read())
    else:
        with sa.create_engine(url, poolclass=sa.pool.NullPool).connect() as other:
            told, also_left = both(other)
    assert (told.diff(expected), also_left) == ([], left)
