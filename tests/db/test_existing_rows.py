"""NOT NULL and the rows that are there: what will fail is said, with what works."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Identity, Integer, MetaData, String, Table

from tests.support.autogen import Package
from tests.support.round_trip import written

OURS = Package("alembic_c")

HOLDS_NULL = "WARNING: 't.a' holds NULL, so that this will fail."
WOULD_BE_NULL = "WARNING: 't.b' would be NULL in the rows that the table has"


@pytest.fixture
def connection(database_url: str) -> Iterator[sa.Connection]:
    yield from _connected(database_url)


@pytest.fixture
def mariadb_connection(mariadb_url: str) -> Iterator[sa.Connection]:
    yield from _connected(mariadb_url)


def _connected(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE TABLE t (id INTEGER, a VARCHAR(5))"))
        connection.commit()
        yield connection
    engine.dispose()


def model(*columns: Column[Any], **options: Any) -> MetaData:
    metadata = MetaData()
    options = {"nullable": True, **options}
    Table(
        "t",
        metadata,
        Column("id", Integer),
        Column("a", String(5), **options),
        *columns,
    )
    return metadata


def insert(connection: sa.Connection, *values: str | None) -> None:
    for value in values:
        connection.execute(sa.text("INSERT INTO t (a) VALUES (:v)"), {"v": value})
    connection.commit()


def records(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [
        (record.levelname, record.getMessage())
        for record in caplog.records
        if record.name == "alembic.autogenerate.rows"
    ]


@pytest.fixture(autouse=True)
def _logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_a_new_column(
    connection: sa.Connection, upstream: Any, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = model(Column("b", Integer, nullable=False))
    theirs = written(Package("alembic"), connection, wanted)
    assert written(OURS, connection, wanted) == theirs, (
        "it works where there are no rows"
    )
    ((level, message),) = records(caplog)
    assert level == "INFO"
    assert "'t.b' is NOT NULL without a server default" in message

    caplog.clear()
    insert(connection, "x")
    upgrade, downgrade = written(OURS, connection, wanted)
    assert WOULD_BE_NULL in upgrade
    assert without_comments(upgrade) == without_comments(theirs[0])
    assert downgrade == theirs[1]
    ((level, message),) = records(caplog)
    assert level == "WARNING"
    assert "two steps that work" in message


def without_comments(code: str) -> list[str]:
    return [line for line in code.splitlines() if not line.strip().startswith("#")]


def test_a_column_that_comes_back(
    connection: sa.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    connection.execute(sa.text("ALTER TABLE t ADD b INTEGER NOT NULL DEFAULT 3"))
    insert(connection, "x")
    wanted = model()
    _, downgrade = written(OURS, connection, wanted)
    assert "WARNING" not in downgrade
    assert records(caplog) == []


@pytest.mark.parametrize(
    "options",
    [
        {"nullable": True},
        {"nullable": False, "server_default": "3"},
        {"nullable": False, "server_default": sa.FetchedValue()},
    ],
)
def test_columns_that_have_a_value(
    connection: sa.Connection, caplog: pytest.LogCaptureFixture, options: dict[str, Any]
) -> None:
    insert(connection, "x")
    wanted = model(Column("b", Integer, **options))
    assert "WARNING" not in written(OURS, connection, wanted)[0]
    assert records(caplog) == []


@pytest.mark.parametrize(
    "filled",
    [Identity(), sa.Computed("id + 1", persisted=True)],
    ids=["identity", "computed"],
)
def test_columns_that_the_database_fills(
    connection: sa.Connection, caplog: pytest.LogCaptureFixture, filled: Any
) -> None:
    insert(connection, "x")
    column = Column("b", Integer, filled, nullable=False)
    assert "WARNING" not in written(OURS, connection, model(column))[0]
    assert records(caplog) == []


def test_not_null_where_there_are_nulls(
    connection: sa.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    insert(connection, "x")
    assert "WARNING" not in written(OURS, connection, model(nullable=False))[0]
    assert records(caplog) == []
    insert(connection, None)
    upgrade, downgrade = written(OURS, connection, model(nullable=False))
    assert HOLDS_NULL in upgrade
    assert "WARNING" not in downgrade
    ((level, message),) = records(caplog)
    assert level == "WARNING"
    assert "'t.a' holds NULL and becomes NOT NULL" in message


def test_in_a_batch(connection: sa.Connection) -> None:
    insert(connection, None)
    wanted = model(nullable=False)
    upgrade, _ = written(OURS, connection, wanted, render_as_batch=True)
    assert HOLDS_NULL in upgrade
    compile(f"def f(op):\n    {upgrade}", "file", "exec")


def test_a_name_of_several_lines(connection: sa.Connection) -> None:
    insert(connection, "x")
    wanted = model(Column("two\nlines", Integer, nullable=False))
    upgrade, _ = written(OURS, connection, wanted)
    assert "WARNING" in upgrade
    compile(f"def f(op):\n    {upgrade}", "file", "exec")


def test_rows_that_nobody_may_read(pg_url: str) -> None:
    """Nothing is said then; and the caller's transaction goes on."""
    engine = sa.create_engine(pg_url)
    with engine.connect() as connection:
        for statement in (
            "CREATE TABLE t (id INTEGER, a VARCHAR(5))",
            "INSERT INTO t VALUES (1, 'x')",
            "CREATE TABLE uncommitted (id INTEGER)",
            "REVOKE ALL ON t FROM PUBLIC",
            "CREATE ROLE alembic_c_reader",
            "GRANT USAGE ON SCHEMA public TO alembic_c_reader",
            "SET LOCAL ROLE alembic_c_reader",
        ):
            connection.execute(sa.text(statement))
        wanted = model(Column("b", Integer, nullable=False))
        configured = OURS.context(connection, {"target_metadata": wanted})
        script = OURS.autogenerate.produce_migrations(configured, wanted)
        assert script.upgrade_ops.as_diffs()
        assert connection.scalar(sa.text("SELECT count(*) FROM pg_class")) > 0
        assert connection.in_transaction()
        connection.rollback()
    engine.dispose()


def test_mariadb_fills_in(
    mariadb_connection: sa.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    insert(mariadb_connection, "x", None)
    wanted = model(Column("b", Integer, nullable=False), nullable=False)
    upgrade, _ = written(OURS, mariadb_connection, wanted)
    assert WOULD_BE_NULL not in upgrade
    assert HOLDS_NULL in upgrade
    told = records(caplog)
    assert [level for level, _ in told] == ["WARNING", "WARNING"]
    assert "the rows that are there get 0, '' or the like" in told[0][1]
