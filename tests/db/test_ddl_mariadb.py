"""The MySQL family, on a MariaDB that the test run starts, and a MySQL if one runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from alembic_c.ddl.impl import DefaultImpl


@pytest.fixture
def connection(mysql_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(mysql_url, poolclass=sa.pool.NullPool)
    with engine.connect() as open_connection:
        yield open_connection


def impl_for(connection: sa.Connection) -> DefaultImpl:
    kind = DefaultImpl.get_by_dialect(connection.dialect)
    return kind(connection.dialect, connection, False, None, None, {})


def column_of(connection: sa.Connection, name: str) -> dict[str, Any]:
    infos = sa.inspect(connection).get_columns("t")
    [info] = [info for info in infos if info["name"] == name]
    return dict(info)


def test_a_change_keeps_what_it_is_told_of(connection: sa.Connection) -> None:
    connection.exec_driver_sql(
        "CREATE TABLE t (c VARCHAR(10) NOT NULL DEFAULT 'x' COMMENT 'it''s')"
    )
    impl_for(connection).alter_column(
        "t",
        "c",
        name="New",
        type_=sa.String(20),
        existing_type=sa.String(10),
        existing_nullable=False,
        existing_server_default="x",
        existing_comment="it's",
    )
    info = column_of(connection, "New")
    assert info["type"].length == 20
    assert info["default"] == "'x'"
    assert info["comment"] == "it's"
    assert not info["nullable"]


def test_defaults_are_set_and_dropped(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE t (c INTEGER, d DATETIME)")
    judge = impl_for(connection)
    judge.alter_column("t", "c", server_default="5", existing_type=sa.Integer())
    judge.alter_column(
        "t",
        "d",
        server_default=sa.text("CURRENT_TIMESTAMP"),
        existing_type=sa.DateTime(),
    )
    assert column_of(connection, "c")["default"] in ("5", "'5'")
    assert column_of(connection, "d")["default"].lower().startswith("current_timestamp")
    judge.alter_column("t", "c", server_default=None, existing_type=sa.Integer())
    assert column_of(connection, "c")["default"] in (None, "NULL")


@pytest.mark.parametrize("is_renamed", [False, True])
@pytest.mark.parametrize(
    ("type_", "default"),
    [
        (sa.String(20), sa.func.lower("X%")),
        (sa.String(20), sa.text("concat('a', 'b')")),
        (sa.Integer(), sa.text("1 + 2")),
        (sa.DateTime(), sa.text("now() + interval 1 day")),
        (sa.DateTime(), sa.func.now()),
        (sa.Integer(), sa.text("-7")),
        (sa.Numeric(10, 0), sa.text("1.50")),
        (sa.String(9), sa.text("_utf8mb4'ä'")),
        (sa.Boolean(), sa.true()),
    ],
)
def test_defaults_may_be_expressions(
    connection: sa.Connection, type_: Any, default: Any, is_renamed: bool
) -> None:
    """As they may in CREATE TABLE, where SQLAlchemy writes parentheses around them."""
    made = sa.Table("o", sa.MetaData(), sa.Column("c", type_, server_default=default))
    kind = type_.compile(dialect=connection.dialect)
    connection.exec_driver_sql(f"CREATE TABLE t (c {kind}, x INTEGER)")
    impl_for(connection).alter_column(
        "t",
        "c",
        server_default=default,
        existing_type=type_,
        name="n" if is_renamed else None,
    )
    made.create(connection)
    run = connection.exec_driver_sql
    values = []
    for table in ("t (x) VALUES (1)", "o VALUES ()"):
        run("SET timestamp = 1700000000")
        run(f"INSERT INTO {table}")
        values.append(run(f"SELECT * FROM {table.split()[0]}").one()[0])
    assert values[0] == values[1] is not None


def test_autoincrement(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE t (c INTEGER PRIMARY KEY)")
    impl_for(connection).alter_column(
        "t",
        "c",
        autoincrement=True,
        existing_type=sa.Integer(),
        existing_nullable=False,
    )
    assert column_of(connection, "c")["autoincrement"] is True


@pytest.mark.parametrize(
    ("type_", "default", "other"),
    [
        ("INTEGER", "5", "6"),
        ("VARCHAR(9)", "hi", "ho"),
        ("DATETIME", "CURRENT_TIMESTAMP", "'2020-01-01'"),
        ("TIMESTAMP", "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP", "now()"),
        ("BOOL", "1", "0"),
    ],
)
def test_defaults_as_the_server_reports_them(
    connection: sa.Connection, type_: str, default: str, other: str
) -> None:
    literal = "'hi'" if default == "hi" else default
    connection.exec_driver_sql(f"CREATE TABLE t (c {type_} DEFAULT {literal})")
    table = sa.Table("t", sa.MetaData(), autoload_with=connection)
    found = table.c.c
    judge = impl_for(connection)
    text = column_of(connection, "c")["default"]
    assert not judge.compare_server_default(found, found, default, text)
    assert judge.compare_server_default(found, found, other, text)


def test_enums_by_values(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE t (c ENUM('a', 'b'))")
    found: sa.Column[Any] = sa.Column("c", column_of(connection, "c")["type"])
    judge = impl_for(connection)
    for values, differs in {("b", "a"): False, ("a", "b", "c"): True}.items():
        declared: sa.Column[Any] = sa.Column("c", mysql.ENUM(*values))
        assert judge.compare_type(found, declared) is differs


def test_constraints_are_dropped_by_kind(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE o (id INTEGER PRIMARY KEY)")
    connection.exec_driver_sql(
        "CREATE TABLE t (a INTEGER, b INTEGER, CONSTRAINT f FOREIGN KEY (a)"
        " REFERENCES o (id), CONSTRAINT u UNIQUE (b), CONSTRAINT c CHECK (b > 0))"
    )
    columns = [sa.Column("a", sa.Integer), sa.Column("b", sa.Integer)]
    table = sa.Table("t", sa.MetaData(), *columns)
    sa.Table("o", table.metadata, sa.Column("id", sa.Integer))
    constraints: list[Any] = [
        sa.ForeignKeyConstraint([table.c.a], ["o.id"], name="f"),
        sa.UniqueConstraint(table.c.b, name="u"),
    ]
    if connection.dialect.name == "mariadb":
        # The dialect "mysql" on MariaDB writes DROP CONSTRAINT too, but only
        # after it has asked the server what it is.
        constraints.append(sa.CheckConstraint(table.c.b > 0, name="c"))
    for constraint in constraints:
        table.append_constraint(constraint)
        impl_for(connection).drop_constraint(constraint)
    inspector = sa.inspect(connection)
    assert inspector.get_foreign_keys("t") == []
    assert inspector.get_unique_constraints("t") == []


def test_indexes_of_foreign_keys_are_not_compared(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE o (id INTEGER PRIMARY KEY)")
    connection.exec_driver_sql(
        "CREATE TABLE t (a INTEGER, CONSTRAINT f FOREIGN KEY (a) REFERENCES o (id)"
        " ON DELETE RESTRICT)"
    )
    table = sa.Table("t", sa.MetaData(), autoload_with=connection)
    indexes = set(table.indexes)
    assert {index.name for index in indexes} == {"f"}
    judge = impl_for(connection)
    judge.correct_for_autogen_constraints(set(), indexes, set(), set())
    assert indexes == set()
