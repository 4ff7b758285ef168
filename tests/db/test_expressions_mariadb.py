"""Expressions on MariaDB and MySQL: the server says what they mean, and keeps all."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Computed, Integer, Numeric, String, event, func, text
from sqlalchemy.dialects import mysql

from alembic_c.autogenerate import compare_metadata
from alembic_c.autogenerate._expressions import Expressions
from alembic_c.autogenerate._questions import Question
from alembic_c.autogenerate.api import AutogenContext
from alembic_c.runtime.migration import MigrationContext
from tests.db.test_expressions_sqlite import Items, check, found, generated
from tests.support.autogen import Package
from tests.support.proving import mode
from tests.support.round_trip import round_trip

_a, _b = sa.column("a", Integer), sa.column("b", Integer)


def default(type_: Any, expression: Any) -> Items:
    return lambda: [Column("x", type_, server_default=expression)]


def string_default(expression: Any) -> Items:
    return default(String(20), expression)


def number(expression: str) -> Items:
    return lambda: [Column("g", Integer, Computed(expression))]


SAME = {
    "case": generated(sa.case((_a > 0, 1), else_=2)),
    "cast": generated(sa.cast(_a, Numeric(8, 2))),
    "division": generated(_a / _b),
    "percent": number("a % 3"),
    "unequal": generated("a != 3 and b is not null"),
    "upper": generated("upper(n)"),
    "quotes": generated("concat(n, ' it''s %', 'a%%b')"),
    "boolean": lambda: [Column("g", sa.Boolean, Computed("a > 3 OR (b = 1)"))],
    "check": check("a != 3 AND (b IN (1,2))"),
    "check without a name": lambda: [sa.CheckConstraint("a != 3 AND b IN (1,2)")],
    "check like": check("n LIKE 'x%' or n is null"),
    "default in SQL": default(Integer, text("(5 % 3)")),
    "default number": default(sa.Float, text("1.50")),
    "default decimal": default(Numeric(8, 2), text("1")),
    "default function": string_default(func.lower("X")),
    "default call": string_default(text("(concat('a', 'b%'))")),
    "default now": default(sa.DateTime, text("now()")),
    "default date": default(sa.Date, text("'2020-01-01'")),
    "number of a text": default(sa.Text, text("(5)")),
    "number of JSON": default(sa.JSON, text("(-1)")),
    "default bits": default(mysql.BIT(4), text("b'0101'")),
    "default of hexadecimal digits": default(sa.VARBINARY(4), text("x'41'")),
    "date of a kind": default(sa.Date, text("DATE '2020-01-01'")),
    "default below zero": default(Integer, text("-7")),
    "default true": default(sa.Boolean, sa.true()),
}
# The database's, and the model's.
OTHER = {
    "number": (number("a % 3"), number("a % 4")),
    "check": (check("a != 3"), check("a = 3")),
    "default in SQL": (
        default(Integer, text("(5 % 3)")),
        default(Integer, text("(5 % 4)")),
    ),
    "default function": (
        string_default(func.lower("X")),
        string_default(func.upper("X")),
    ),
}


@contextlib.contextmanager
def _session(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection, mode("check"):
        yield connection


@pytest.fixture
def connection(mysql_url: str) -> Iterator[sa.Connection]:
    with _session(mysql_url) as connection:
        yield connection


@pytest.fixture
def mariadb_connection(mariadb_url: str) -> Iterator[sa.Connection]:
    with _session(mariadb_url) as connection:
        yield connection


def model(items: Items, *, n_tables: int = 1) -> sa.MetaData:
    metadata = sa.MetaData()
    for number_ in range(n_tables):
        sa.Table(
            f"t%{number_}",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("a", Integer),
            Column("b", Integer),
            Column("n", String(30)),
            *items(),
        )
    return metadata


@pytest.mark.parametrize("name", SAME)
def test_the_same(name: str, connection: sa.Connection) -> None:
    model(SAME[name]).create_all(connection)
    assert not found(connection, model(SAME[name]))


@pytest.mark.parametrize("name", OTHER)
def test_another(name: str, connection: sa.Connection) -> None:
    there, here = OTHER[name]
    model(there).create_all(connection)
    assert found(connection, model(here))


@pytest.mark.parametrize("name", [name for name in SAME if name.startswith("default")])
def test_a_default_that_is_set_later(name: str, connection: sa.Connection) -> None:
    """It is what a new table has, and so the next run finds nothing."""
    [wanted] = SAME[name]()
    model(lambda: [Column("x", wanted.type)]).create_all(connection)
    trip = round_trip(
        Package("alembic_c"), connection, model(SAME[name]), compare_server_default=True
    )
    assert trip.is_at_rest, trip.told()


@pytest.mark.parametrize("literal", ["b'0101'", "x'05'"])
def test_a_literal_is_the_same_in_parentheses(
    connection: sa.Connection, literal: str
) -> None:
    """CREATE TABLE of SQLAlchemy has them, ALTER COLUMN takes them for none."""
    metadata = model(default(mysql.BIT(4), text(literal)))
    metadata.create_all(connection)
    connection.exec_driver_sql(f"ALTER TABLE `t%%0` MODIFY x BIT(4) DEFAULT {literal}")
    assert not found(connection, metadata)


# What the database has, and a model that the server finds wrong in reading it.
UNREADABLE = {
    "default": (SAME["default in SQL"], default(Integer, text("(1 +)"))),
    "update": (
        SAME["default in SQL"],
        default(Integer, text("1 ON UPDATE CURRENT_TIMESTAMP")),
    ),
    "check": (SAME["check"], check("a > 'it''s")),
    "generated": (SAME["percent"], number("a b")),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_disturbs_nothing_else(
    name: str, connection: sa.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    there, here = UNREADABLE[name]
    metadata = model(SAME["default in SQL"], n_tables=3)
    metadata.create_all(connection)
    model(there).tables["t%0"].to_metadata(metadata, name="odd").create(connection)
    metadata.remove(metadata.tables["odd"])
    model(here).tables["t%0"].to_metadata(metadata, name="odd")
    caplog.set_level(logging.DEBUG, "alembic.autogenerate")
    found(connection, metadata)
    assert "no answer about" in caplog.text
    assert "compared as text" not in caplog.text
    assert "on column 't%" not in caplog.text


def test_tables_may_need_a_primary_key(connection: sa.Connection) -> None:
    model(SAME["default in SQL"]).create_all(connection)
    dialect: Any = connection.dialect
    if not dialect.is_mariadb:
        connection.exec_driver_sql("SET SESSION sql_require_primary_key = ON")
    assert not found(connection, model(SAME["default in SQL"]))


def test_the_transaction_is_as_before(connection: sa.Connection) -> None:
    model(SAME["percent"]).create_all(connection)
    connection.commit()
    connection.exec_driver_sql("INSERT INTO `t%%0` (id, a) VALUES (1, 2)")
    assert not found(connection, model(SAME["percent"]))
    assert found(connection, model(number("no_column + 1")))
    count = text("SELECT count(*) FROM `t%0`")
    assert connection.scalar(count) == 1
    for probe in ("alembic_c_probe", "test.alembic_c_probe"):
        with pytest.raises(sa.exc.DBAPIError):
            connection.exec_driver_sql(f"SELECT * FROM {probe}")
    connection.rollback()
    assert connection.scalar(count) == 0


def test_any_number_of_tables_takes_as_many_round_trips(
    connection: sa.Connection,
) -> None:
    statements: list[str] = []
    event.listen(
        connection,
        "before_cursor_execute",
        lambda _conn, _cursor, statement, *_: statements.append(statement),
    )
    counts = []
    for n_tables in (2, 30):
        metadata = model(SAME["default in SQL"], n_tables=n_tables)
        metadata.create_all(connection)
        statements.clear()
        assert not found(connection, metadata)
        counts.append(sum("alembic_c_probe" in each for each in statements))
    dialect: Any = connection.dialect
    # MySQL: whether there can be temporary tables, and one; made, printed, dropped.
    assert counts == ([1, 1] if dialect.is_mariadb else [6, 6])


def test_without_the_right_to_temporary_tables_texts_decide(
    connection: sa.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    model(SAME["default in SQL"]).create_all(connection)
    for statement in (
        "CREATE USER 'reader'@'%%' IDENTIFIED BY 'reads'",
        "GRANT SELECT ON test.* TO 'reader'@'%%'",
    ):
        connection.exec_driver_sql(statement)
    caplog.set_level(logging.DEBUG, "alembic.autogenerate.expressions")
    url = connection.engine.url.set(username="reader", password="reads")
    reader = sa.create_engine(url, poolclass=sa.pool.NullPool)
    try:
        with reader.connect() as reading:
            assert found(reading, model(SAME["default in SQL"]))
    finally:
        connection.exec_driver_sql("DROP USER 'reader'@'%%'")
    assert re.search("no answer about|compared as text", caplog.text)


# Seconds that a statement may take: from one that nothing can be asked in, to no limit.
LIMITS = (0.0001, 0.002, 0.01, 0)


def test_an_interruption_leaves_nothing_behind(
    mariadb_connection: sa.Connection,
) -> None:
    """Whatever was answered by then is right, and the transaction is as before."""
    connection = mariadb_connection
    metadata = model(SAME["check"], n_tables=60)
    metadata.create_all(connection)
    connection.commit()
    questions = [
        Question((None, name), "check", "ck", item)
        for name, table in metadata.tables.items()
        for item in table.constraints
        if item.name == "ck"
    ]
    count = text("SELECT count(*) FROM `t%0`")
    for limit in LIMITS:
        context = MigrationContext.configure(connection)
        expressions = Expressions(AutogenContext(context, metadata))
        connection.exec_driver_sql("INSERT INTO `t%%0` (id, a, b) VALUES (1, 2, 1)")
        connection.exec_driver_sql(f"SET max_statement_time = {limit}")
        expressions.ask(questions)
        connection.exec_driver_sql("SET max_statement_time = 0")
        answers = [expressions.answer(question) for question in questions]
        assert all(answer is None or answer.is_same for answer in answers)
        assert connection.scalar(count) == 1
        with pytest.raises(sa.exc.DBAPIError, match="doesn't exist"):
            connection.exec_driver_sql("SELECT * FROM alembic_c_probe")
        connection.rollback()
        assert connection.scalar(count) == 0
        connection.rollback()
    assert None not in answers


def test_a_transaction_that_only_reads_goes_on(connection: sa.Connection) -> None:
    model(SAME["default in SQL"]).create_all(connection)
    connection.commit()
    connection.exec_driver_sql("START TRANSACTION READ ONLY")
    assert found(connection, model(SAME["default in SQL"]))
    with pytest.raises(sa.exc.DBAPIError, match="READ ONLY"):
        connection.exec_driver_sql("INSERT INTO `t%%0` (id) VALUES (1)")


def compared(
    connection: sa.Connection, metadata: sa.MetaData, kill_at: int = 0
) -> list[str]:
    """Compare through a session of its own; return its statements.

    connection: kills that before it executes a statement, by its number.
    Raises what the comparison does, when the session is known to be lost.
    """
    seen: list[str] = []

    def note(conn: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)
        if len(seen) == kill_at:
            driver: Any = conn.connection.driver_connection
            connection.exec_driver_sql(f"KILL {driver.thread_id()}")

    engine = sa.create_engine(connection.engine.url, poolclass=sa.pool.NullPool)
    with engine.connect() as other:
        event.listen(other, "before_cursor_execute", note)
        opts = {"compare_server_default": True}
        context = MigrationContext.configure(other, opts=opts)
        try:
            compare_metadata(context, metadata)
        finally:
            assert other.invalidated == bool(kill_at)
    return seen


def test_a_connection_that_is_lost_in_the_middle(connection: sa.Connection) -> None:
    """At each statement; the error is that of the query that found it lost."""
    metadata = model(SAME["default in SQL"], n_tables=2)
    metadata.create_all(connection)
    statements = compared(connection, metadata)
    assert any("alembic_c_probe" in each for each in statements)
    for number, _ in enumerate(statements, 1):
        with pytest.raises(sa.exc.DBAPIError) as caught:
            compared(connection, metadata, number)
        assert caught.value.connection_invalidated
