"""Named types of PostgreSQL: where upstream's migration fails, ours works both ways.

Reports 278, 796, 868, 899, 1053 and 1612 of upstream's tracker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Enum, Integer, MetaData, String, Table
from sqlalchemy.dialects import postgresql as pg

from tests.support import postgres
from tests.support.autogen import Package
from tests.support.round_trip import context, round_trip, run, written

OURS = Package("alembic_c")


@pytest.fixture(scope="module")
def database(pg_server: str) -> Iterator[sa.Engine]:
    with postgres.engine(pg_server) as engine:
        yield engine


@pytest.fixture
def connection(database: sa.Engine) -> Iterator[sa.Connection]:
    with database.connect() as connection:
        postgres.empty(connection, "app")
        yield connection


def model(
    *columns: Callable[[], Column[Any]], tables: str = "t", **options: Any
) -> Callable[[], MetaData]:
    """Return a function that makes a model whose tables have the same columns."""

    def build() -> MetaData:
        metadata = MetaData(**options)
        for name in tables:
            Table(
                name,
                metadata,
                Column("id", Integer, primary_key=True),
                *[column() for column in columns],
            )
        return metadata

    return build


def mood(*labels: str, **options: Any) -> Enum:
    return Enum(*labels or ("sad", "it's ok"), name="mood", **options)


def m(type_: Any, *args: Any, **options: Any) -> Callable[[], Column[Any]]:
    return lambda: Column("m", type_(), *args, **options)


def of_metadata() -> pg.ENUM:
    return pg.ENUM("a", "b", name="letters", metadata=MetaData(schema="app"))


class Spelled(sa.TypeDecorator[Any]):
    """An enum behind a type of the user's."""

    impl = Enum("x", "y", name="spelled")
    cache_ok = True


def decorated() -> Any:
    return String(5).with_variant(pg.ENUM("x", "y", name="spelled"), "postgresql")


def positive() -> pg.DOMAIN:
    return pg.DOMAIN("positive", Integer, check="VALUE > 0")


NOTHING = model(tables="")
PLAIN = model()

# What changes: before, after.
CHANGES: dict[str, tuple[Callable[[], MetaData], Callable[[], MetaData]]] = {
    "a table": (NOTHING, model(m(mood))),
    "a table of a schema": (NOTHING, model(m(lambda: mood(schema="app")))),
    "a table with an array": (NOTHING, model(m(lambda: pg.ARRAY(mood())))),
    "two tables": (NOTHING, model(m(mood), tables="tu")),
    "the second table": (model(m(mood)), model(m(mood), tables="tu")),
    "the third table": (model(m(mood), tables="tu"), model(m(mood), tables="tuv")),
    "a second table, an array": (
        model(m(lambda: sa.ARRAY(mood()))),
        model(m(lambda: sa.ARRAY(mood())), tables="tu"),
    ),
    "a variant in a second table": (
        model(m(decorated)),
        model(m(decorated), tables="tu"),
    ),
    "a table, the schema from the MetaData": (NOTHING, model(m(of_metadata))),
    "a column": (PLAIN, model(m(mood))),
    "a column of two tables": (model(tables="tu"), model(m(mood), tables="tu")),
    "a column, an array": (PLAIN, model(m(lambda: pg.ARRAY(mood())))),
    "a column, a generic array": (
        PLAIN,
        model(m(lambda: sa.ARRAY(mood(), dimensions=2))),
    ),
    "a column, the schema from the MetaData": (PLAIN, model(m(of_metadata))),
    "a column with a default": (
        PLAIN,
        model(m(mood, server_default="sad", nullable=False)),
    ),
    "a column, a variant": (PLAIN, model(m(decorated))),
    "a column with odd labels": (
        PLAIN,
        model(m(lambda: mood("a:b", "50%", 'say "x"', "back\\slash", "日本語", " "))),
    ),
    "a column with an odd name": (
        PLAIN,
        model(m(lambda: Enum("a", name='My "odd" type.x', schema="app"))),
    ),
    "a domain": (PLAIN, model(m(positive))),
    "a table with a domain": (NOTHING, model(m(positive))),
    "a column, and a table": (
        PLAIN,
        model(m(mood), tables="tu"),
    ),
    "from one table to another": (
        model(m(mood), tables="u"),
        model(m(mood), tables="v"),
    ),
}
LETTERS: dict[str, Any] = {"name": "letters"}


def letters(*labels: str) -> Enum:
    return Enum(*labels or ("sad", "glad"), **LETTERS)


# A column's type: before, after; with a default and without.
TYPES: dict[str, tuple[Any, Any]] = {
    "VARCHAR to ENUM": (lambda: String(20), mood),
    "TEXT to ENUM of a schema": (sa.Text, lambda: mood(schema="app")),
    "CHAR to ENUM of the MetaData": (lambda: sa.CHAR(3), lambda: letters("sad", "x")),
    "ENUM to ENUM": (letters, mood),
    "VARCHAR to a domain over it": (
        lambda: String(20),
        lambda: pg.DOMAIN("short", String(20), check="VALUE <> ''"),
    ),
}
ARRAYS: dict[str, tuple[Any, Any]] = {
    "TEXT[] to ENUM[]": (lambda: pg.ARRAY(sa.Text), lambda: pg.ARRAY(mood())),
    "VARCHAR(9)[] to ENUM[]": (lambda: pg.ARRAY(String(9)), lambda: sa.ARRAY(mood())),
    "ENUM[] to ENUM[]": (lambda: pg.ARRAY(letters()), lambda: pg.ARRAY(mood())),
}
for _name, (_before, _after) in TYPES.items():
    CHANGES[f"{_name}, no default"] = (model(m(_before)), model(m(_after)))
    _default = {"server_default": "sad", "nullable": False}
    CHANGES[f"{_name}, the same default"] = (
        model(m(_before, **_default)),
        model(m(_after, **_default)),
    )
    CHANGES[f"{_name}, a new default"] = (
        model(m(_before)),
        model(m(_after, server_default="sad")),
    )
for _name, (_before, _after) in ARRAYS.items():
    _default = {"server_default": "{sad,sad}"}
    CHANGES[f"{_name}, no default"] = (model(m(_before)), model(m(_after)))
    CHANGES[f"{_name}, the same default"] = (
        model(m(_before, **_default)),
        model(m(_after, **_default)),
    )

PAIRS = {
    **{f"add {name}": pair for name, pair in CHANGES.items()},
    **{f"drop {name}": pair[::-1] for name, pair in CHANGES.items()},
}


# Upstream's migration runs, too: it leaves the type, and finds it when it comes back.
_ADDED_COLUMNS = [name for name in CHANGES if name.startswith(("a column", "a domain"))]
UPSTREAM_WORKS = {
    *(f"drop {name}" for name in _ADDED_COLUMNS if name != "a column, and a table"),
    "drop a table with a domain",
    "drop VARCHAR to a domain over it, no default",
    "drop VARCHAR to a domain over it, the same default",
    "drop VARCHAR to a domain over it, a new default",
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_type_comes_and_goes_with_its_columns(
    connection: sa.Connection, upstream: ModuleType, name: str
) -> None:
    before, after = PAIRS[name]
    theirs = round_trip(Package("alembic"), connection, after(), start=before())
    assert theirs.is_at_rest == (name in UPSTREAM_WORKS), theirs.told()
    postgres.empty(connection, "app")
    trip = round_trip(OURS, connection, after(), start=before())
    assert trip.is_at_rest, trip.told()
    if not (theirs.failed or "").startswith("upgrade:") and "default" not in name:
        same = [
            line
            for line in trip.written.upgrade.splitlines()
            if "DropEnumType" not in line and "DropDomainType" not in line
        ]
        # Upstream drops tables in the order of a set; that ours can be run is shown.
        assert sorted(same) == sorted(theirs.written.upgrade.splitlines())


# --- what else uses a type ----------------------------------------------------------

USERS = {
    "another table": "CREATE TABLE other (m mood)",
    "an array in another schema": "CREATE TABLE app.other (m mood[])",
    "a view": "CREATE VIEW v AS SELECT 'sad'::mood AS m",
    "a function": (
        "CREATE FUNCTION f(mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'"
    ),
    "a default": "CREATE TABLE other (x text DEFAULT 'sad'::mood::text)",
    "a check": "CREATE TABLE other (x text CHECK (x <> 'sad'::mood::text))",
    "an index": (
        "CREATE TABLE other (x int);"
        "CREATE INDEX i ON other (x) WHERE (x > 1) = ('sad'::mood > 'sad'::mood)"
    ),
    "a domain": "CREATE DOMAIN d AS mood",
    "a composite type": "CREATE TYPE c AS (m mood)",
}


def _keep_own(name: str | None, type_: str, parents: Any) -> bool:
    return type_ != "table" or name == "t"


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("gone", ["table", "column"])
def test_a_type_that_something_else_uses_stays(
    connection: sa.Connection, user: str, gone: str
) -> None:
    model(m(mood))().create_all(connection)
    connection.execute(sa.text(USERS[user]))
    connection.commit()
    wanted = model(tables="" if gone == "table" else "t")()
    upgrade, downgrade = written(OURS, connection, wanted, include_name=_keep_own)
    assert "TYPE" not in upgrade.upper().replace("EXISTING_TYPE", "")
    run(OURS, connection, upgrade)
    run(OURS, connection, downgrade)
    run(OURS, connection, upgrade)


@pytest.mark.parametrize(
    "own",
    [
        "ALTER TABLE t ADD CHECK (m <> 'sad'::mood)",
        "CREATE INDEX i ON t (id) WHERE m = 'sad'::mood",
        "ALTER TABLE t ALTER m SET DEFAULT 'sad'::mood",
        "CREATE INDEX i ON t (m)",
    ],
)
def test_what_goes_with_the_column_does_not_keep_its_type(
    connection: sa.Connection, own: str
) -> None:
    model(m(mood))().create_all(connection)
    connection.execute(sa.text(own))
    connection.commit()
    upgrade, _ = written(OURS, connection, model()(), include_name=_keep_own)
    assert "DropEnumType" in upgrade
    run(OURS, connection, upgrade)


def test_partitions_go_with_their_table(connection: sa.Connection) -> None:
    connection.execute(
        sa.text(
            "CREATE TYPE mood AS ENUM ('sad', 'ok');"
            "CREATE TABLE t (id int, m mood) PARTITION BY LIST (m);"
            "CREATE TABLE p PARTITION OF t FOR VALUES IN ('sad')"
        )
    )
    connection.commit()
    upgrade, _ = written(OURS, connection, MetaData(), include_name=_keep_own)
    assert "DropEnumType" in upgrade
    run(OURS, connection, upgrade)


def test_a_type_of_an_extension_stays(connection: sa.Connection) -> None:
    connection.execute(
        sa.text(
            "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (m mood);"
            "CREATE EXTENSION IF NOT EXISTS citext;"
            "ALTER EXTENSION citext ADD TYPE mood"
        )
    )
    connection.commit()
    assert "DropEnumType" not in written(OURS, connection, MetaData())[0]


def test_a_type_that_the_project_makes_itself(connection: sa.Connection) -> None:
    def own() -> pg.ENUM:
        return pg.ENUM("sad", "ok", name="mood", create_type=False)

    connection.execute(sa.text("CREATE TYPE mood AS ENUM ('sad', 'ok')"))
    connection.commit()
    start, wanted = model(tables="t")(), model(m(own), tables="tu")()
    trip = round_trip(OURS, connection, wanted, start=start)
    assert trip.is_at_rest, trip.told()
    assert "create_type=False" in trip.written.upgrade
    assert "EnumType" not in trip.written.upgrade + trip.written.downgrade


def test_a_type_that_was_left_behind_is_used(connection: sa.Connection) -> None:
    """As by a downgrade that upstream has written."""
    connection.execute(sa.text("CREATE TYPE mood AS ENUM ('sad', 'it''s ok')"))
    connection.commit()
    trip = round_trip(OURS, connection, model(m(mood))())
    assert trip.is_at_rest, trip.told()
    assert "EnumType" not in trip.written.upgrade + trip.written.downgrade


# --- where it is run ----------------------------------------------------------------


def test_up_down_up_in_one_run(connection: sa.Connection) -> None:
    """SQLAlchemy notes which types tables have made; a type that is dropped is none."""
    upgrade, downgrade = written(OURS, connection, model(m(mood))())
    run(OURS, connection, f"{upgrade}\n    {downgrade}\n    {upgrade}")


def test_differences_are_the_same(connection: sa.Connection) -> None:
    configured = context(OURS, connection, model(m(mood))())
    metadata = configured.opts["target_metadata"]
    script = OURS.autogenerate.produce_migrations(configured, metadata)
    assert [diff[0] for diff in script.upgrade_ops.as_diffs()] == ["add_table"]
