"""The plugin `alembic_c.enums`: values of ENUMs that are new, renamed or gone."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Enum, Integer, MetaData, Table
from sqlalchemy.dialects import postgresql as pg

from tests.support import postgres
from tests.support.autogen import Package
from tests.support.round_trip import context, run, written

OURS = Package("alembic_c")
PLUGINS = {"autogenerate_plugins": ["alembic.autogenerate.*", "alembic_c.enums"]}


@pytest.fixture(scope="module")
def database(pg_server: str) -> Iterator[sa.Engine]:
    with postgres.engine(pg_server) as engine:
        yield engine


@pytest.fixture
def connection(
    database: sa.Engine, caplog: pytest.LogCaptureFixture
) -> Iterator[sa.Connection]:
    caplog.set_level(logging.INFO, "alembic.autogenerate.compare.enums")
    with database.connect() as connection:
        postgres.empty(connection, "app")
        yield connection


def model(*labels: str, array: bool = False, **options: Any) -> MetaData:
    metadata = MetaData()
    name = {"name": options.pop("name", "mood"), "schema": options.pop("schema", None)}
    type_: Any = Enum(*labels, **name)
    Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("m", pg.ARRAY(type_) if array else type_, **options),
    )
    return metadata


def labels(connection: sa.Connection, name: str = "mood") -> list[str]:
    found = connection.scalars(
        sa.text(
            "SELECT enumlabel FROM pg_enum e JOIN pg_type t ON t.oid = enumtypid "
            "WHERE typname = :name ORDER BY enumsortorder"
        ),
        {"name": name},
    ).all()
    connection.rollback()
    return list(found)


def start(connection: sa.Connection, metadata: MetaData) -> None:
    metadata.create_all(connection)
    connection.commit()


def quiet(connection: sa.Connection, metadata: MetaData) -> bool:
    configured = context(OURS, connection, metadata, **PLUGINS)
    found = OURS.autogenerate.compare_metadata(configured, metadata)
    connection.rollback()
    return not found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ab", "abc"),
        ("ab", "cab"),
        ("ab", "acb"),
        ("b", "abc"),
        ("bd", "abcde"),
        ("d", "abcde"),
    ],
)
@pytest.mark.parametrize("array", [False, True])
def test_values_are_added_at_their_places(
    connection: sa.Connection, before: str, after: str, array: bool
) -> None:
    start(connection, model(*before, array=array))
    node = "SELECT relfilenode FROM pg_class WHERE relname = 't'"
    table_file = connection.scalar(sa.text(node))
    wanted = model(*after, array=array)
    assert not quiet(connection, wanted)
    upgrade, downgrade = written(OURS, connection, wanted, **PLUGINS)
    assert "with op.get_context().autocommit_block():" in upgrade
    for code in (upgrade, downgrade, upgrade):
        run(OURS, connection, code)
        assert labels(connection) == list(after)
        assert quiet(connection, wanted)
    assert connection.scalar(sa.text(node)) == table_file, "the table was not rewritten"
    assert "# WARNING: the values" in downgrade


def test_it_has_to_be_asked_for(connection: sa.Connection) -> None:
    start(connection, model("a"))
    configured = context(OURS, connection, model("a", "b"))
    metadata = configured.opts["target_metadata"]
    assert OURS.autogenerate.compare_metadata(configured, metadata) == []


def test_a_default_may_be_new(connection: sa.Connection) -> None:
    start(connection, model("a", server_default="a"))
    wanted = model("a", "b", server_default="b")
    upgrade, _ = written(OURS, connection, wanted, **PLUGINS)
    run(OURS, connection, upgrade)
    assert quiet(connection, wanted)


@pytest.mark.parametrize(
    "odd",
    ["a:b", ":x", "x ::y", "50%", "it's", 'say "x"', "back\\slash", "日本語", "\n"],
)
def test_odd_values_and_names(connection: sa.Connection, odd: str) -> None:
    name = f"My {odd} type"
    start(connection, model("a", name=name, schema="app"))
    wanted = model("a", odd, name=name, schema="app")
    upgrade, downgrade = written(OURS, connection, wanted, **PLUGINS)
    run(OURS, connection, upgrade)
    run(OURS, connection, downgrade)
    assert labels(connection, name) == ["a", odd]
    assert quiet(connection, wanted)


def test_a_renamed_value_is_a_question(connection: sa.Connection) -> None:
    start(connection, model("a", "b", "c"))
    wanted = model("a", "x", "c")
    upgrade, _ = written(OURS, connection, wanted, **PLUGINS)
    assert "# Is 'x' a new name for 'b'?  Then do this instead:" in upgrade
    (instead,) = re.findall(r"# (op\.execute\(.*RENAME VALUE.*\))", upgrade)
    run(OURS, connection, instead)
    assert labels(connection) == ["a", "x", "c"]
    assert quiet(connection, wanted)


def test_a_removed_value_is_left_and_told(
    connection: sa.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    start(connection, model("a", "b", "c", server_default="a"))
    connection.execute(sa.text("INSERT INTO t VALUES (1, 'b'), (2, 'c')"))
    connection.commit()
    wanted = model("c", "a", server_default="c")
    upgrade, downgrade = written(OURS, connection, wanted, **PLUGINS)
    assert "ENUM 'mood' has the values ['b'] in the database" in caplog.text
    assert [each.levelname for each in caplog.records][:1] == ["WARNING"]
    run(OURS, connection, upgrade)
    run(OURS, connection, downgrade)
    assert labels(connection) == ["a", "b", "c"]
    assert quiet(connection, model("a", "c", server_default="a")), "no difference"

    recipe = "\n    ".join(re.findall(r"# (op\.execute\(.*\))", upgrade))
    connection.execute(sa.text("UPDATE t SET m = 'a' WHERE m = 'b'"))
    connection.commit()
    run(OURS, connection, recipe)
    assert labels(connection) == ["c", "a"]
    assert labels(connection, "mood_old") == []
    caplog.clear()
    assert quiet(connection, wanted)
    assert caplog.records == []


def test_only_a_comment_is_a_function(connection: sa.Connection) -> None:
    start(connection, model("a", "b"))
    upgrade, _ = written(OURS, connection, model("a"), **PLUGINS)
    assert "\n    pass\n" in upgrade


def test_filters_are_asked(connection: sa.Connection) -> None:
    start(connection, model("a"))
    asked = []

    def keep(name: str | None, type_: str, parents: Any) -> bool:
        asked.append((name, type_))
        return type_ != "enum"

    wanted = model("a", "b")
    configured = context(OURS, connection, wanted, include_name=keep, **PLUGINS)
    assert OURS.autogenerate.compare_metadata(configured, wanted) == []
    assert ("mood", "enum") in asked


def test_different_declarations(
    connection: sa.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    start(connection, model("a"))
    wanted = model("a", "b")
    Table("u", wanted, Column("m", Enum("a", "c", name="mood")))
    upgrade, _ = written(OURS, connection, wanted, **PLUGINS)
    assert "ADD VALUE" not in upgrade
    assert "declared with different values" in caplog.text


def test_differences_have_a_form(connection: sa.Connection) -> None:
    start(connection, model("a"))
    configured = context(OURS, connection, model("a", "b"), **PLUGINS)
    metadata = configured.opts["target_metadata"]
    assert OURS.autogenerate.compare_metadata(configured, metadata) == [
        ("add_enum_values", None, "mood", ["b"])
    ]


def test_operations_can_be_invoked(connection: sa.Connection) -> None:
    start(connection, model("a"))
    wanted = model("a", "b")
    configured = context(OURS, connection, wanted, **PLUGINS)
    script = OURS.autogenerate.produce_migrations(configured, wanted)
    connection.rollback()
    with configured.begin_transaction():
        for operation in script.upgrade_ops.ops:
            OURS.operations.Operations(configured).invoke(operation)
    assert labels(connection) == ["a", "b"]


def test_it_stands_aside(
    connection: sa.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    def compare_enums(*args: Any) -> None:
        """As alembic-postgresql-enum's."""

    compare_enums.__module__ = "alembic_postgresql_enum.compare_dispatch"
    comparators = OURS.autogenerate.comparators
    registry = {key: list(value) for key, value in comparators._registry.items()}
    comparators.dispatch_for("schema")(compare_enums)
    try:
        start(connection, model("a"))
        wanted = model("a", "b")
        Table("u", wanted, Column("m", Enum("x", name="other")))
        wanted.tables["t"].append_column(Column("n", Enum("x", name="new")))
        upgrade, _ = written(OURS, connection, wanted, **PLUGINS)
    finally:
        comparators._registry.clear()
        comparators._registry.update(registry)
    assert "Type" not in upgrade
    assert "ADD VALUE" not in upgrade
    assert "left to alembic-postgresql-enum" in caplog.text


def test_other_databases(sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.connect() as connection:
        start(connection, model("a"))
        assert quiet(connection, model("a", "b"))
    engine.dispose()
