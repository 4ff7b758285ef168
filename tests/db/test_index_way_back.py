"""Indexes that are dropped or changed: the way back makes them as they were.

That is so too of what SQLAlchemy does not reflect: directions, collations, operator
classes beside a direction, and on SQLite indexes over expressions.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.autogen import Package
from tests.support.round_trip import Trip, round_trip

OURS = Package("alembic_c")

TABLE = {
    "mariadb": "CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(90), `b %` INTEGER)",
    "postgresql": 'CREATE TABLE t (id integer PRIMARY KEY, a varchar, "b %" integer)',
    "sqlite": 'CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(90), "b %" INTEGER)',
}
INDEXES = {
    "mariadb": [
        "CREATE INDEX i1 ON t (a DESC, `b %`)",
        "CREATE UNIQUE INDEX i2 ON t (a(3) DESC, `b %` DESC)",
        "CREATE INDEX i3 ON t (a(3), id)",
    ],
    "postgresql": [
        'CREATE INDEX i1 ON t (a COLLATE "C" DESC, "b %")',
        'CREATE UNIQUE INDEX i2 ON t (lower(a) COLLATE "C" text_pattern_ops,'
        ' "b %" DESC NULLS LAST) WHERE "b %" > 3',
        "CREATE INDEX i3 ON t (a varchar_pattern_ops DESC) WITH (fillfactor=50)",
        "CREATE INDEX i4 ON t ((a || '%') varchar_pattern_ops NULLS FIRST)"
        " INCLUDE (id)",
        "CREATE INDEX i5 ON t (a text_pattern_ops, id)",
    ],
    "sqlite": [
        'CREATE INDEX i1 ON t (a DESC, "b %")',
        "CREATE INDEX i2 ON t (a COLLATE NOCASE DESC) WHERE id > 3",
        'CREATE UNIQUE INDEX i3 ON t (lower(a) DESC, "b %") WHERE "b %" > 3',
        "CREATE INDEX i4 ON t (a, id + 1)",
        "CREATE INDEX i5 ON t (a || ':x %')",
    ],
}
TABLE["mysql"], INDEXES["mysql"] = TABLE["mariadb"], INDEXES["mariadb"]
MODELS = ("nothing", "no indexes", "a dropped", "others of their names")


@pytest.fixture
def connection(any_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(any_url, poolclass=sa.pool.NullPool)
    dialect = engine.dialect.name
    with engine.connect() as connection:
        for sql in (TABLE[dialect], *INDEXES[dialect]):
            connection.execute(sa.text(sql.replace(":", r"\:")))
        connection.commit()
        yield connection


def model(kind: str) -> sa.MetaData:
    metadata = sa.MetaData()
    if kind == "nothing":
        return metadata
    table = sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("b %", sa.Integer),
    )
    if kind != "a dropped":
        table.append_column(sa.Column("a", sa.String(90)))
    if kind == "others of their names":
        for name in ("i1", "i2", "i3"):
            sa.Index(name, table.c["b %"], table.c.id)
    return metadata


def trip_to(connection: sa.Connection, wanted: sa.MetaData, **options: Any) -> Trip:
    is_batch = connection.dialect.name == "sqlite"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return round_trip(OURS, connection, wanted, render_as_batch=is_batch, **options)


@pytest.mark.parametrize("kind", MODELS)
def test_the_way_back(connection: sa.Connection, kind: str) -> None:
    trip = trip_to(connection, model(kind))
    assert trip.is_at_rest, trip.told()


def test_they_are_no_difference_by_themselves(sqlite_url: str) -> None:
    """Indexes over expressions are not compared on SQLite, as upstream has it."""
    with sa.create_engine(sqlite_url).connect() as connection:
        for sql in (TABLE["sqlite"], *INDEXES["sqlite"]):
            connection.execute(sa.text(sql.replace(":", r"\:")))
        trip = trip_to(connection, model("a dropped"))
    assert trip.is_at_rest, trip.told()
    found = "".join(trip.written.diffs)
    assert all(name in found for name in ("i1", "i2"))
    assert not any(name in found for name in ("i3", "i4", "i5"))


def test_an_index_of_the_model_takes_the_place(sqlite_url: str) -> None:
    wanted = model("a dropped")
    sa.Index("i4", sa.text("id + 2"), _table=wanted.tables["t"])
    with sa.create_engine(sqlite_url).connect() as connection:
        for sql in (TABLE["sqlite"], INDEXES["sqlite"][3]):
            connection.execute(sa.text(sql.replace(":", r"\:")))
        trip = trip_to(connection, wanted)
        assert trip.is_at_rest, trip.told()
        made = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE name = 'i4'"
        ).scalar()
    assert made == "CREATE INDEX i4 ON t (id + 2)"


def test_a_filter_leaves_one_out(sqlite_url: str) -> None:
    def include_name(name: str | None, type_: str, parents: Any) -> bool:
        return name != "i4"

    with sa.create_engine(sqlite_url).connect() as connection:
        for sql in (TABLE["sqlite"], *INDEXES["sqlite"][2:]):
            connection.execute(sa.text(sql.replace(":", r"\:")))
        trip = trip_to(connection, sa.MetaData(), include_name=include_name)
    assert trip.failed is None, trip.told()
    assert trip.changes == ["index i4 of t: removed"]


@pytest.mark.parametrize("kind", ["table", "column", "type"])
def test_collations_of_columns(sqlite_url: str, kind: str) -> None:
    wanted = sa.MetaData()
    if kind != "table":
        key = sa.Column("id", sa.Integer, primary_key=True)
        table = sa.Table("t", wanted, key)
        if kind == "type":
            table.append_column(sa.Column("a", sa.Integer))
    with sa.create_engine(sqlite_url).connect() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY,"
            " a VARCHAR(9) COLLATE NOCASE)"
        )
        trip = trip_to(connection, wanted)
    assert trip.is_at_rest, trip.told()


def test_a_direction_of_a_name(sqlite_url: str, mariadb_url: str) -> None:
    """`desc("a")` is the column `a`, as `desc(table.c.a)` is."""
    wanted = sa.MetaData()
    columns = sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer)
    sa.Table("t", wanted, *columns, sa.Index("i", "id", sa.desc("a")))
    for url in (sqlite_url, mariadb_url):
        with sa.create_engine(url, poolclass=sa.pool.NullPool).connect() as connection:
            trip = trip_to(connection, wanted)
            assert trip.is_at_rest, trip.told()
            [index] = sa.inspect(connection).get_indexes("t")
        assert index["column_names"] == ["id", "a"]
