"""What the PostgreSQL implementation claims of the server, asked of the server."""

from __future__ import annotations

import io
import itertools
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic_c.ddl import _pg_compare
from alembic_c.ddl.impl import DefaultImpl


@pytest.fixture
def connection(pg_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(pg_url, poolclass=sa.pool.NullPool)
    with engine.connect() as open_connection:
        yield open_connection


@pytest.fixture
def statements(connection: sa.Connection) -> list[str]:
    """Return the list that collects what is sent to the server."""
    sent: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(statement)

    sa.event.listen(connection, "before_cursor_execute", note)
    return sent


def impl_for(connection: sa.Connection) -> DefaultImpl:
    kind = DefaultImpl.get_by_dialect(connection.dialect)
    return kind(connection.dialect, connection, False, None, None, {})


CONSTANTS = [
    *("5", "(5)", "'5'", "5.0", "'5.0'", "-1", "'-1'", "'-1'::integer", "(-1)"),
    *("'5'::numeric", "'0.1'::real", "0.1", "'0.1'::double precision", "'5'::money"),
    *("true", "'true'", "'t'", "TRUE", "false", "'0'", "'1'", "1", "0"),
    *("'a'", "'a'::character varying", "'a'::text", "'a'::bpchar", "'a '::bpchar"),
    *("'ab'", "'ab'::character varying(1)", "'ab'::\"char\"", "'ab'::character(5)"),
    *("'it''s'", "'it''s'::text", "'a\\b'", "'a\\b'::text", "''", "''::text"),
    *("'{}'", "'{}'::jsonb", "'{}'::json", "'{}'::integer[]", "'{}'::json[]"),
    *("'happy'", "'happy'::mood", "'2020-01-01'", "'2020-01-01'::date"),
    *("'(1,2)'", "'(1,2)'::point", "'now'", "'now'::timestamp without time zone"),
    *("NULL", "'x'::xml", "'x'", "B'101'", "'101'", "'NaN'::numeric", "'NaN'"),
]


def test_equal_without_asking_is_equal_when_asked(connection: sa.Connection) -> None:
    """The server agrees with each claim over all pairs of the constants."""
    connection.execute(sa.text("CREATE TYPE mood AS ENUM ('sad', 'happy')"))
    claimed = 0
    for found, declared in itertools.product(CONSTANTS, repeat=2):
        if found == declared or not _pg_compare.surely_equal(found, declared):
            continue
        claimed += 1
        sides = _pg_compare.comparable(found, declared)
        assert sides is not None
        one, other = sides
        question = sa.select(sa.literal_column(one) == sa.literal_column(other))
        assert connection.scalar(question) is True, (found, declared)
    assert claimed > 40


@pytest.mark.parametrize(
    ("type_", "default", "other", "differs"),
    [
        ("VARCHAR(8)", "'hi'", "'hi'", False),
        ("VARCHAR(8)", "'hi'", "'ho'", True),
        ("TIMESTAMP", "timezone('utc', now())", "timezone('utc', now())", False),
        ("TIMESTAMP", "now()", "CURRENT_TIMESTAMP", False),
        ("TIMESTAMP", "now()", "'2020-01-01'", True),
        ("NUMERIC", "5", "5.0", False),
        ("BOOLEAN", "false", "'false'", False),
        ("BOOLEAN", "false", "false OR true", True),
        ("BOOLEAN", "true", "false OR true", False),
        ("JSONB", "'{\"a\": 1}'", "'{\"a\":1}'", False),
        ("INTEGER[]", "ARRAY[]::integer[]", "'{}'", False),
        ("JSON", "'{}'", "'{}'", False),
        ("JSON", "'{}'", "'[]'", True),
        ("JSON", "'[]'", "json_build_array()", False),
        ("JSON[]", "'{}'", "ARRAY[]::json[]", False),
        ("XML", "'<a/>'", "'<b/>'", True),
        ("POINT", "'(1,2)'", "'1,2'", False),
        ("POINT", "'(1,2)'", "point(1,2)", False),
        ("POINT", "'(1,2)'", "'(2,1)'", True),
    ],
)
def test_defaults_as_the_server_reports_them(
    connection: sa.Connection, type_: str, default: str, other: str, differs: bool
) -> None:
    connection.exec_driver_sql(f"CREATE TABLE t (x {type_} DEFAULT {default})")
    [info] = sa.inspect(connection).get_columns("t")
    column: sa.Column[Any] = sa.Column("x", info["type"], server_default=sa.text(other))
    sa.Table("t", sa.MetaData(), column)
    there: sa.Column[Any] = sa.Column("x", info["type"])
    judge = impl_for(connection)
    answer = judge.compare_server_default(there, column, other, info["default"])
    assert answer is differs


def test_a_sequence_keeps_its_value(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE SEQUENCE s")
    connection.exec_driver_sql("CREATE TABLE t (x INTEGER DEFAULT nextval('s'))")
    [info] = sa.inspect(connection).get_columns("t")
    for text, differs in {"nextval('s')": False, "nextval('r')": True}.items():
        column: sa.Column[Any] = sa.Column("x", server_default=sa.text(text))
        sa.Table("t", sa.MetaData(), column)
        judge = impl_for(connection)
        answer = judge.compare_server_default(column, column, text, info["default"])
        assert answer is differs
    assert connection.exec_driver_sql("SELECT nextval('s')").scalar() == 1


@pytest.mark.parametrize("isolation_level", ["READ COMMITTED", "AUTOCOMMIT"])
def test_a_default_that_cannot_be_compared_stops_nothing(
    pg_url: str, isolation_level: Any
) -> None:
    engine = sa.create_engine(pg_url, isolation_level=isolation_level)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE t (x INTEGER DEFAULT 5)")
        [info] = sa.inspect(connection).get_columns("t")
        there: sa.Column[Any] = sa.Column("x", info["type"])
        judge = impl_for(connection)
        for declared in "'x'", "'{}'::json", "5; DROP TABLE t", "5)", "no()", "5 -- x":
            here: sa.Column[Any] = sa.Column("x", server_default=sa.text(declared))
            sa.Table("t", sa.MetaData(), here)
            assert judge.compare_server_default(there, here, declared, info["default"])
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
    engine.dispose()


def test_what_the_server_cannot_compare_is_compared_as_text(
    connection: sa.Connection,
) -> None:
    connection.exec_driver_sql("CREATE TABLE t (x INTEGER)")
    there: sa.Column[Any] = sa.Column("x", sa.String())
    for declared, differs in {"no_f('a')": False, "no_f('b')": True}.items():
        here: sa.Column[Any] = sa.Column("x", server_default=sa.text(declared))
        sa.Table("t", sa.MetaData(), here)
        answer = impl_for(connection).compare_server_default(
            there, here, declared, "no_f('a'::text)"
        )
        assert answer is differs
    assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0


SEQUENCES = """
CREATE SCHEMA "Other s";
CREATE TABLE a (id SERIAL, n BIGSERIAL, small SMALLSERIAL, i INTEGER DEFAULT 5);
CREATE TABLE "Other s"."T t" ("Id" SERIAL);
CREATE SEQUENCE free;
CREATE TABLE b (id INTEGER DEFAULT nextval('free'),
                n INTEGER DEFAULT nextval('a_n_seq') + 1,
                x NUMERIC DEFAULT nextval('free'));
CREATE SEQUENCE "it's" OWNED BY b.id;
CREATE TABLE c (id BIGINT DEFAULT nextval('"it''s"'))
"""


def defaults(
    connection: sa.Connection, inspector: sa.Inspector
) -> dict[tuple[str, str], str | None]:
    """Return the defaults that autogenerate would see, by table and column."""
    judge = impl_for(connection)
    seen: dict[tuple[str, str], str | None] = {}
    for schema, name in ((None, "a"), ("Other s", "T t"), (None, "b"), (None, "c")):
        table = sa.Table(name, sa.MetaData(), schema=schema)
        for info in inspector.get_columns(name, schema=schema):
            judge.autogen_column_reflect(inspector, table, info)  # type: ignore[arg-type]
            seen[name, info["name"]] = info.get("default")
    return seen


def test_serial_columns_are_recognised_by_one_query(
    connection: sa.Connection,
    statements: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    for statement in SEQUENCES.split(";\n"):
        connection.exec_driver_sql(statement)
    inspector = sa.inspect(connection)
    with caplog.at_level(logging.INFO, "alembic.ddl.postgresql"):
        seen = defaults(connection, inspector)
    assert {key for key, default in seen.items() if default is None} == {
        ("a", "id"),
        ("a", "n"),
        ("T t", "Id"),
        ("c", "id"),
    }
    assert seen["a", "small"] == "nextval('a_small_seq'::regclass)"
    assert seen["a", "i"] == "5"
    assert len([sent for sent in statements if "pg_depend" in sent]) == 1
    assert (
        "Detected sequence named 'a_id_seq' as owned by integer column 'a(id)', "
        "assuming SERIAL and omitting"
    ) in caplog.messages


def test_a_sequence_made_later_is_looked_up(
    connection: sa.Connection, statements: list[str]
) -> None:
    connection.exec_driver_sql("CREATE TABLE early (id SERIAL)")
    inspector = sa.inspect(connection)
    judge = impl_for(connection)
    for name in ("early", "late"):
        if name == "late":
            connection.exec_driver_sql("CREATE TABLE late (id SERIAL)")
        [info] = inspector.get_columns(name)
        judge.autogen_column_reflect(
            inspector,
            sa.Table(name, sa.MetaData()),
            info,  # type: ignore[arg-type]
        )
        assert "default" not in info
    missing = {"name": "x", "type": sa.INTEGER(), "default": "nextval('no'::regclass)"}
    judge.autogen_column_reflect(inspector, sa.Table("early", sa.MetaData()), missing)
    assert missing["default"] == "nextval('no'::regclass)"
    assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_every_change_of_a_column(connection: sa.Connection) -> None:
    judge = impl_for(connection)
    connection.exec_driver_sql("CREATE TABLE t (c VARCHAR(5) DEFAULT '7')")
    connection.exec_driver_sql("INSERT INTO t VALUES ('42')")
    judge.alter_column("t", "c", server_default=None, schema="public")
    judge.alter_column(
        "t",
        "c",
        type_=sa.Integer,  # type: ignore[arg-type]
        postgresql_using="c::integer",
        nullable=False,
        comment="it's",
        name="New name",
    )
    judge.alter_column("t", "New name", server_default=sa.Identity(start=100))
    judge.alter_column(
        "t",
        "New name",
        server_default=sa.Identity(always=True, increment=10),
        existing_server_default=sa.Identity(start=100),
    )
    [info] = sa.inspect(connection).get_columns("t")
    assert info["name"] == "New name"
    assert isinstance(info["type"], sa.INTEGER)
    assert not info["nullable"]
    assert info["comment"] == "it's"
    identity: Any = info["identity"]
    assert (identity["always"], identity["increment"]) == (True, 10)
    judge.alter_column(
        "t",
        "New name",
        server_default=None,
        existing_server_default=sa.Identity(),
        comment=None,
    )
    [info] = sa.inspect(connection).get_columns("t")
    assert info.get("identity") is None
    assert info["comment"] is None
    assert connection.exec_driver_sql("SELECT * FROM t").all() == [(42,)]


def test_scripts_are_what_is_executed(connection: sa.Connection) -> None:
    """The offline script of some steps runs as it is written."""
    buffer = io.StringIO()
    kind = DefaultImpl.get_by_dialect(connection.dialect)
    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    writer = kind(dialect, None, True, None, buffer, {})
    metadata = sa.MetaData()
    parent = sa.Table("P", metadata, sa.Column("id", sa.Integer, primary_key=True))
    column: sa.Column[Any] = sa.Column("p", sa.ForeignKey(parent.c.id), comment="50%")
    child = sa.Table("c d", metadata, column, sa.Index("i x", "p"), comment="it's")
    writer.create_table(parent)
    writer.create_table(child)
    added: sa.Column[Any] = sa.Column(
        "q", sa.Integer, sa.ForeignKey(parent.c.id, ondelete="CASCADE")
    )
    sa.Table("other", metadata, added)
    writer.add_column("c d", added, inline_references=True, if_not_exists=True)
    connection.connection.cursor().execute(buffer.getvalue())
    inspector = sa.inspect(connection)
    assert inspector.get_table_comment("c d")["text"] == "it's"
    columns = {info["name"]: info for info in inspector.get_columns("c d")}
    assert columns["p"]["comment"] == "50%"
    options = [key["options"] for key in inspector.get_foreign_keys("c d")]
    assert {"ondelete": "CASCADE"} in options
