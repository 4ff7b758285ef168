"""Autogenerate on MariaDB, by both names of its dialect: ours and upstream's are equal.

ALEMBIC_C_WILD_PAIRS is how many wild pairs each dialect sees (a third of them here),
ALEMBIC_C_WILD_SEED the first seed, ALEMBIC_C_FUZZ_PROOF the modes of the proof, `on` by
default.  A failure prints its seed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from tests.differential.test_autogen_wild import FIRST_SEED, PAIRS
from tests.support import mariadb
from tests.support.autogen import Package, as_found, collected, describe, settle
from tests.support.round_trip import round_trip, run, written
from tests.support.wild_comparison import differences

PROOF_MODES = os.environ.get("ALEMBIC_C_FUZZ_PROOF", "on").split(",")

Model = Callable[[], sa.MetaData]


@pytest.fixture
def connection(mariadb_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(mariadb_url, poolclass=sa.pool.NullPool)
    with engine.connect() as open_connection:
        yield open_connection


def parent_and_child(**options: Any) -> sa.MetaData:
    """Return a model whose foreign key gets an index from the server."""
    metadata = sa.MetaData()
    sa.Table("parent", metadata, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table(
        "child",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("named_id", sa.Integer),
        sa.Column("parent_id", sa.ForeignKey("parent.id", **options)),
        sa.ForeignKeyConstraint(["named_id"], ["parent.id"], name="fk_named"),
    )
    return metadata


def with_index(name: str, column: str) -> sa.MetaData:
    metadata = parent_and_child()
    sa.Index(name, metadata.tables["child"].c[column])
    return metadata


def long_names() -> sa.MetaData:
    """Return a model whose names are cut to the 64 characters of the server."""
    metadata = sa.MetaData(
        naming_convention={
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )
    names = [f"a_rather_long_name_of_a_column_{number}" for number in range(2)]
    table = sa.Table(
        "a_table",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Integer) for name in names),
        sa.UniqueConstraint(*names),
    )
    sa.Index(None, *(table.c[name] for name in reversed(names)))
    return metadata


def one_table(*items: Any, **options: Any) -> Model:
    """Return a function that makes a model of one table; `items` make its columns."""

    def make() -> sa.MetaData:
        metadata = sa.MetaData()
        key = sa.Column("id", sa.Integer, primary_key=True)
        columns = (
            sa.Column(f"c{number}", *item()) for number, item in enumerate(items)
        )
        sa.Table("one", metadata, key, *columns, **options)
        return metadata

    return make


MODELS: dict[str, Model] = {
    "nothing": sa.MetaData,
    "foreign keys": parent_and_child,
    "foreign keys with options": lambda: parent_and_child(
        ondelete="RESTRICT", onupdate="CASCADE"
    ),
    "foreign keys and an index": lambda: with_index("ix_child", "parent_id"),
    "foreign keys and an index named as theirs": lambda: with_index(
        "fk_named", "named_id"
    ),
    "long names": long_names,
    "integers": one_table(
        lambda: (mysql.TINYINT(1),),
        lambda: (mysql.INTEGER(unsigned=True), sa.DefaultClause("0")),
        lambda: (mysql.BIGINT(20),),
    ),
    "other integers": one_table(
        lambda: (sa.Boolean(),),
        lambda: (mysql.INTEGER(), sa.DefaultClause("1")),
        lambda: (sa.BigInteger(),),
    ),
    "sets": one_table(
        lambda: (mysql.ENUM("a", "b"),),
        lambda: (mysql.SET("a", "b"),),
        lambda: (mysql.VARCHAR(20, collation="utf8mb4_bin"),),
    ),
    "other sets": one_table(
        lambda: (mysql.ENUM("b", "a"),),
        lambda: (mysql.SET("a", "b", "c"),),
        lambda: (mysql.VARCHAR(20),),
    ),
    "moments": one_table(
        lambda: (
            mysql.TIMESTAMP(),
            sa.DefaultClause(sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP")),
        ),
        lambda: (mysql.DATETIME(fsp=3), sa.DefaultClause(sa.func.now(3))),
        comment="it's",
    ),
    "other moments": one_table(
        lambda: (mysql.TIMESTAMP(), sa.DefaultClause(sa.text("CURRENT_TIMESTAMP"))),
        lambda: (mysql.DATETIME(),),
        mysql_engine="InnoDB",
        mysql_default_charset="latin1",
    ),
}


def findings(
    package: Package, connection: sa.Connection, model: sa.MetaData
) -> tuple[Any, ...]:
    context = package.context(connection, {"compare_server_default": True})
    with collected() as (messages, warned), as_found():
        script = package.differences(context, model)
        settle(package, script.upgrade_ops)
        diffs = [describe(each) for each in script.upgrade_ops.as_diffs()]
        script.downgrade_ops = script.upgrade_ops.reverse()
        render = package.autogenerate.render_python_code
        code = [render(script.upgrade_ops), render(script.downgrade_ops)]
    for body in code:
        compile(f"def f():\n    {body}", "<body>", "exec")
    return diffs, sorted(messages), sorted(set(warned)), code


@pytest.mark.usefixtures("as_text", "by_name")
@pytest.mark.parametrize("there", MODELS)
def test_models(
    there: str, connection: sa.Connection, packages: tuple[Package, Package]
) -> None:
    MODELS[there]().create_all(connection)
    for here, make in MODELS.items():
        ours, theirs = (findings(each, connection, make()) for each in packages)
        assert ours == theirs, f"{there} in the database, {here} in the model"


def test_indexes_of_foreign_keys_stay(connection: sa.Connection) -> None:
    parent_and_child().create_all(connection)
    assert findings(Package("alembic_c"), connection, parent_and_child())[0] == []


# Names of defaults -> the value, and what makes a model's default of it.
PERCENT: dict[str, tuple[str, Callable[[], Any]]] = {
    "a string": ("5%", lambda: "5%"),
    "another string": ("5%%", lambda: "5%%"),
    "SQL": ("5%", lambda: sa.text("'5%'")),
    "other SQL": ("5%%", lambda: sa.text("'5%%'")),
    "a literal": ("5%", lambda: sa.literal("5%")),
}


@pytest.mark.parametrize("mode", ["on", "off"])
@pytest.mark.parametrize("there", PERCENT)
def test_percent_signs_in_defaults(
    there: str, mode: str, connection: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALEMBIC_C_PROOF", mode)
    ours = Package("alembic_c")

    def make(default: Any) -> sa.MetaData:
        return one_table(
            lambda: (sa.String(9), sa.DefaultClause(default)),
            lambda: (sa.Integer(), sa.DefaultClause(sa.text("(5 % 3)"))),
        )()

    value, make_default = PERCENT[there]
    make(make_default()).create_all(connection)
    for here, (wanted, default) in PERCENT.items():
        found = findings(ours, connection, make(default()))[0]
        assert (found == []) == (wanted == value), here


JSON: dict[str, Callable[[], list[Any]]] = {
    "the column": list,
    "the type": lambda: [sa.Column("jso n's", sa.Text)],
}


@pytest.mark.parametrize("name", [*JSON, "the table"])
def test_json_columns_come_back(name: str, connection: sa.Connection) -> None:
    def make(*columns: Any) -> sa.MetaData:
        metadata = sa.MetaData()
        key = sa.Column("id", sa.Integer, primary_key=True)
        plain = sa.Column("t", mysql.LONGTEXT(collation="utf8mb4_bin"))
        sa.Table("t", metadata, key, *columns, plain)
        return metadata

    make(sa.Column("jso n's", sa.JSON)).create_all(connection)
    wanted = make(*JSON[name]()) if name in JSON else sa.MetaData()
    trip = round_trip(Package("alembic_c"), connection, wanted)
    assert trip.is_at_rest, trip.told()


def typed(type_: Any, default: Any = None) -> sa.MetaData:
    metadata = sa.MetaData()
    column = sa.Column("it's", type_, index=True, server_default=default)
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), column)
    return metadata


# Types before and after, the defaults, and whether the server converts by itself.
CASTS: dict[str, tuple[Any, Any, Any, Any, bool]] = {
    "of a uuid": (sa.Uuid, mysql.TINYINT, None, None, False),
    "to a uuid": (sa.DateTime, sa.Uuid, None, None, False),
    "with defaults": (sa.UUID, sa.Numeric(9, 2), "0" * 32, "1", False),
    "by a variant": (
        sa.Integer,
        sa.String().with_variant(sa.UUID(), "mysql", "mariadb"),
        *(None, None, False),
    ),
    "of a text": (sa.String(36), sa.Uuid, None, None, True),
    "to a text": (sa.Uuid, sa.Enum("a", "b"), None, None, True),
    "of a number": (sa.Integer, sa.DateTime, None, None, True),
}


@pytest.mark.parametrize("name", CASTS)
def test_changes_of_type_that_the_server_refuses(
    name: str, connection: sa.Connection, packages: tuple[Package, Package]
) -> None:
    before, after, old, new, works = CASTS[name]
    start, wanted = typed(before, old), typed(after, new)
    ours, theirs = packages
    expected = round_trip(theirs, connection, wanted, start=start)
    assert expected.is_at_rest == works, expected.told()
    mariadb.drop_tables(connection)
    connection.commit()
    trip = round_trip(ours, connection, wanted, start=start)
    assert trip.is_at_rest, trip.told()
    assert trip.written.diffs == expected.written.diffs
    if works:
        assert trip.written == expected.written


def test_such_a_change_is_told(
    connection: sa.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    typed(sa.String(36)).create_all(connection)
    values = "00000000-0000-0000-0000-000000000001", None
    for each in values:
        connection.execute(
            sa.text("INSERT INTO t (`it's`) VALUES (:value)"), {"value": each}
        )
    connection.execute(sa.text("ALTER TABLE t MODIFY `it's` UUID"))
    connection.commit()
    upgrade, downgrade = written(Package("alembic_c"), connection, typed(sa.Integer))
    assert "# WARNING: MariaDB has no cast from UUID to INTEGER." in upgrade
    assert "# WARNING: MariaDB has no cast from INTEGER to UUID." in downgrade
    (record,) = [each for each in caplog.records if each.levelname == "WARNING"]
    assert record.getMessage().startswith("No cast from UUID to INTEGER for column 't.")
    with pytest.raises(sa.exc.DBAPIError, match="incorrect INTEGER value"):
        run(Package("alembic_c"), connection, upgrade)
    stored = sa.text("SELECT `it's` FROM t ORDER BY id")
    assert connection.scalars(stored).all() == [*values]
    connection.execute(sa.text("UPDATE t SET `it's` = '12' WHERE `it's` IS NOT NULL"))
    connection.commit()
    run(Package("alembic_c"), connection, upgrade)
    assert connection.scalars(stored).all() == [12, None]


@pytest.mark.usefixtures("as_text", "by_name")
def test_wild_pairs(
    connection: sa.Connection,
    packages: tuple[Package, Package],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALEMBIC_C_PROOF", "on")
    found = [
        f"seed {seed}: {line}"
        for seed in range(FIRST_SEED, FIRST_SEED + PAIRS // 3)
        for line in differences(connection, seed, *packages, PROOF_MODES)
    ]
    assert not found, "\n".join(found)
