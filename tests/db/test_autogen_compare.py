"""Comparison with real databases: what the differential tests cannot show.

How many statements it takes, what happens when things go wrong, and that both ways of
reading SQLite give the same.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from alembic_c.autogenerate import compare_metadata, produce_migrations
from alembic_c.autogenerate.compare import _order, _sqlite
from alembic_c.autogenerate.compare.util import Reflection
from alembic_c.runtime.migration import MigrationContext


@pytest.fixture(autouse=True)
def without_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave every table to the comparators."""
    monkeypatch.setenv("ALEMBIC_C_PROOF", "off")


@pytest.fixture
def connection(database_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def sqlite_connection(sqlite_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(sqlite_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def many_tables(count: int) -> sa.MetaData:
    metadata = sa.MetaData()
    for number in range(count):
        sa.Table(
            f"t{number}",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(20), index=True, server_default="x"),
            sa.Column("code", sa.Integer, unique=True, nullable=False),
            sa.Column("parent_id", sa.ForeignKey(f"t{max(number - 1, 0)}.id")),
            sa.CheckConstraint("code > 0", name=f"ck{number}"),
        )
    return metadata


def statements_of(connection: sa.Connection, model: sa.MetaData) -> list[str]:
    statements: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    context = MigrationContext.configure(
        connection, opts={"compare_server_default": True}
    )
    event.listen(connection, "before_cursor_execute", note)
    try:
        assert compare_metadata(context, model) == []
    finally:
        event.remove(connection, "before_cursor_execute", note)
    return statements


def test_the_number_of_statements_does_not_grow(connection: sa.Connection) -> None:
    few, many = many_tables(20), many_tables(60)
    few.create_all(connection)
    statements_of(connection, few)  # what is asked once for a connection
    n_few = len(statements_of(connection, few))
    many.create_all(connection)
    n_many = len(statements_of(connection, many))
    assert n_few == n_many
    assert n_many < 20


def test_unchanged_tables_need_nothing_but_the_catalog(
    connection: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALEMBIC_C_PROOF", "on")
    model = many_tables(3)
    model.create_all(connection)
    statements = statements_of(connection, model)
    assert statements
    assert not [each for each in statements if "pg_inherits" in each]


def test_the_order_of_new_tables_is_found_in_linear_time(
    pg_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def makes(*arguments: Any) -> bool:
        asked.append(arguments)
        return makes_really(*arguments)

    makes_really = _order.makes
    monkeypatch.setattr(_order, "makes", makes)
    engine = sa.create_engine(pg_url)
    for n_tables in (20, 40):
        asked.clear()
        with engine.connect() as connection:
            context = MigrationContext.configure(connection)
            produce_migrations(context, many_tables(n_tables))
        # Each key asks, twice, about what is done to its two tables.
        assert 0 < len(asked) <= 4 * n_tables
    engine.dispose()


def test_unchanged_tables_give_nothing(
    connection: sa.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    model = many_tables(3)
    model.create_all(connection)
    caplog.set_level(logging.INFO, "alembic.autogenerate")
    script = produce_migrations(MigrationContext.configure(connection), model)
    assert script.upgrade_ops is not None
    assert script.upgrade_ops.is_empty()
    assert [r for r in caplog.records if r.name.startswith("alembic.auto")] == []


def test_messages_go_to_upstreams_loggers(
    connection: sa.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    many_tables(2).create_all(connection)
    model = many_tables(1)
    sa.Table("new", model, sa.Column("x", sa.Integer))
    model.tables["t0"].append_column(sa.Column("y", sa.Integer, index=True))
    caplog.set_level(logging.INFO, "alembic.autogenerate")
    compare_metadata(MigrationContext.configure(connection), model)
    found = [(r.name, r.getMessage()) for r in caplog.records]
    tables = "alembic.autogenerate.compare.tables"
    constraints = "alembic.autogenerate.compare.constraints"
    assert (tables, "Detected added table 'new'") in found
    assert (tables, "Detected removed table 't1'") in found
    assert (tables, "Detected added column 't0.y'") in found
    assert (constraints, "Detected added index 'ix_t0_y' on '('y',)'") in found
    assert (constraints, "Detected removed index 'ix_t1_name' on 't1'") in found


def test_dropped_tables_come_before_those_they_refer_to(
    connection: sa.Connection,
) -> None:
    many_tables(5).create_all(connection)
    diffs = compare_metadata(MigrationContext.configure(connection), sa.MetaData())
    dropped = [diff[1].name for diff in diffs if diff[0] == "remove_table"]
    assert dropped == ["t4", "t3", "t2", "t1", "t0"]


def test_dropped_tables_that_refer_to_each_other(connection: sa.Connection) -> None:
    metadata = sa.MetaData()
    for name, other in (("a", "b"), ("b", "a")):
        sa.Table(
            name,
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("other", sa.ForeignKey(f"{other}.id", name=f"fk_{name}")),
        )
    metadata.create_all(connection)
    diffs = compare_metadata(MigrationContext.configure(connection), sa.MetaData())
    tables = {diff[1].name for diff in diffs if diff[0] == "remove_table"}
    assert tables == {"a", "b"}


# --- bad input ----------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 20])
def test_a_table_dropped_after_it_was_listed(
    connection: sa.Connection, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = many_tables(count)
    model.create_all(connection)
    listed = sa.Inspector.get_table_names
    monkeypatch.setattr(
        sa.Inspector,
        "get_table_names",
        lambda self, *args, **kw: [*listed(self, *args, **kw), "ghost"],
    )
    with pytest.raises(sa.exc.NoSuchTableError, match="ghost"):
        compare_metadata(MigrationContext.configure(connection), model)


def test_a_type_that_is_not_known_is_reported(pg_url: str) -> None:
    engine = sa.create_engine(pg_url)
    model = sa.MetaData()
    sa.Table("t", model, sa.Column("x", sa.Integer), sa.Column("y", sa.Integer))
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x point, y text)")
        context = MigrationContext.configure(connection)
        with pytest.warns(sa.exc.SAWarning, match="Did not recognize type 'point'"):
            ((change,),) = compare_metadata(context, model)
    engine.dispose()
    assert change[0] == "modify_type"
    assert change[3] == "y"


def test_a_database_that_vanishes(pg_url: str) -> None:
    engine = sa.create_engine(pg_url)
    model = many_tables(2)
    with engine.connect() as connection:
        model.create_all(connection)
        context = MigrationContext.configure(connection)

        def vanish(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
            if "pg_index" in statement:
                cursor.connection.close()

        event.listen(connection, "before_cursor_execute", vanish)
        with pytest.raises(sa.exc.InterfaceError):
            compare_metadata(context, model)
    engine.dispose()


# --- SQLite in bulk -----------------------------------------------------------------

HARD_TABLES = """
CREATE TABLE parent (a INTEGER, b TEXT, PRIMARY KEY (a, b));
CREATE TABLE "quo""ted" (
    "or der" INTEGER CONSTRAINT pk PRIMARY KEY AUTOINCREMENT,
    x VARCHAR(5) COLLATE NOCASE DEFAULT 'it''s' NOT NULL,
    y INT GENERATED ALWAYS AS (1 + 1) STORED,
    z INT AS (2 + 2) VIRTUAL,
    p INTEGER, q TEXT,
    CONSTRAINT uq UNIQUE (x, p), UNIQUE (q) ON CONFLICT IGNORE,
    CONSTRAINT "c'k" CHECK (x <> ')'),
    CONSTRAINT fk FOREIGN KEY (p, q) REFERENCES parent (a, b)
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (p, q) REFERENCES parent
);
CREATE TABLE norowid (k TEXT PRIMARY KEY, v) WITHOUT ROWID;
CREATE TABLE empty (x);
CREATE TABLE "it's" (x INTEGER UNIQUE);
CREATE UNIQUE INDEX partial ON "quo""ted" (x) WHERE p > 3;
CREATE INDEX "ind ex" ON "quo""ted" (p DESC, x);
CREATE VIEW v AS SELECT 1 AS one;
"""


def facts(connection: sa.Connection, schema: str | None) -> dict[str, Any]:
    inspector = sa.inspect(connection)
    names = inspector.get_table_names(schema=schema)
    reflection = Reflection(inspector)
    reflection.pre_cache_tables(schema, names, names)
    read = reflection._read[schema]
    return {
        kind: re.sub(r" at 0x[0-9a-f]+", "", repr(value))
        for kind, value in vars(read).items()
    }


@pytest.mark.parametrize("schema", [None, "other"])
def test_reading_in_bulk_is_reading_one_by_one(
    sqlite_connection: sa.Connection,
    schema: str | None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:
    connection = sqlite_connection
    if schema:
        file = tmp_path / "other.db"
        with sqlite3.connect(file) as other:
            other.executescript(HARD_TABLES)
        connection.exec_driver_sql(f"ATTACH '{file}' AS {schema}")
    else:
        for statement in HARD_TABLES.split(";\n"):
            connection.exec_driver_sql(statement)
    one_by_one = facts(connection, schema)
    monkeypatch.setattr(_sqlite, "WORTHWHILE", 1)
    known = _sqlite.KnowingConnection._known
    missed: list[str] = []

    def spy(self: Any, statement: str, parameters: Any) -> Any:
        answer = known(self, statement, parameters)
        if answer is None:
            missed.append(statement)
        return answer

    monkeypatch.setattr(_sqlite.KnowingConnection, "_known", spy)
    assert facts(connection, schema) == one_by_one
    # All questions about tables were foreseen; one that is not costs time only.
    assert set(missed) <= {"PRAGMA database_list"}


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TEMP TABLE t0 (id INTEGER)",
        "CREATE VIRTUAL TABLE search USING no_such_module (x)",
    ],
)
def test_what_cannot_be_read_in_bulk_is_read_one_by_one(
    sqlite_connection: sa.Connection, statement: str
) -> None:
    connection = sqlite_connection
    many_tables(20).create_all(connection)
    if "VIRTUAL" in statement:
        connection.exec_driver_sql("PRAGMA writable_schema = on")
        connection.exec_driver_sql(
            "INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) "
            f"VALUES ('table', 'search', 'search', 0, '{statement}')"
        )
        connection.commit()
        connection.connection.driver_connection.close()  # type: ignore[union-attr]
        connection.invalidate()
        connection.rollback()
    else:
        connection.exec_driver_sql(statement)
    names = sa.inspect(connection).get_table_names()
    assert _sqlite.knowing_connection(connection, None, names) is None


def test_an_unforeseen_question_is_asked(sqlite_connection: sa.Connection) -> None:
    connection = sqlite_connection
    many_tables(20).create_all(connection)
    names = sa.inspect(connection).get_table_names()
    knowing = _sqlite.knowing_connection(connection, None, names)
    assert knowing is not None
    assert isinstance(knowing, sa.Connection)
    answer = knowing.exec_driver_sql("PRAGMA main.table_list('t0')")
    assert answer.fetchall()[0][1] == "t0"
    assert knowing.dialect is connection.dialect
