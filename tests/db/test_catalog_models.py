"""Catalogs of models beside those of the databases that create_all() makes of them.

ALEMBIC_C_FUZZ_PAIRS is how many random schemas each database sees, ALEMBIC_C_FUZZ_SEED
the first seed.  A failure prints its seed.
"""

from __future__ import annotations

import enum
import os
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

from alembic_c.catalog import Catalog, assert_same, render, snapshot
from tests.db.conftest import CatalogOf
from tests.support.schemas import build, changed_once, make_pair

SCHEMAS = int(os.environ.get("ALEMBIC_C_FUZZ_PAIRS", "20"))
FIRST_SEED = int(os.environ.get("ALEMBIC_C_FUZZ_SEED", "1"))
KINDS = {"sqlite": "sqlite_url", "postgresql": "pg_url", "mariadb": "mariadb_server"}


@pytest.fixture(params=list(KINDS))
def connection(request: pytest.FixtureRequest) -> Iterator[sa.Connection]:
    url: str = request.getfixturevalue(KINDS[request.param])
    if request.param == "mariadb":
        from tests.support import mariadb

        url = mariadb.emptied(url, "mysql")
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        yield connection


class Mood(enum.Enum):
    """An enum of Python."""

    sad = 1
    glad = 2


def models(backend: str, convention: bool = False) -> sa.MetaData:
    """Return tables as an application has them."""
    names = {
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
    metadata = sa.MetaData(naming_convention=names if convention else None)
    user = sa.Table(
        *("user", metadata),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.String(50), nullable=False, unique=True, comment="it's"),
        sa.Column("name", sa.String(50), index=True, server_default="no%body"),
        sa.Column("score", sa.Numeric(10, 2), server_default="1.5"),
        sa.Column("rate", sa.Float, server_default=sa.text("-2")),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("mood", sa.Enum(Mood, name="mood")),
        sa.Column("level", sa.Enum("a", "b", name="level", native_enum=False)),
        sa.Column('its "set`tings"', sa.JSON),
        sa.Column("token", sa.Uuid),
        sa.Column("picture", sa.LargeBinary),
        sa.Column("text", sa.Text),
        sa.Column("born", sa.Date),
        sa.Column("doubled", sa.Integer, sa.Computed("big * 2")),
        sa.Column("big", sa.BigInteger, server_default="7"),
        sa.CheckConstraint("score > 0 AND name <> 'it''s'", name="positive"),
        sa.CheckConstraint("name IN ('a', 'b') OR big BETWEEN 1 AND 3", name="words"),
        comment="people",
    )
    sa.Table(
        *("post", metadata),
        sa.Column("id", sa.BigInteger, sa.Identity(start=5), primary_key=True),
        sa.Column("user_id", sa.ForeignKey("user.id", ondelete="CASCADE"), index=True),
        sa.Column("other_id", sa.ForeignKey(user.c.id, onupdate="RESTRICT")),
        sa.Column("parent_id", sa.ForeignKey("post.id", ondelete="SET NULL")),
        sa.Column("rank", sa.SmallInteger, nullable=False),
        sa.UniqueConstraint("user_id", "rank"),
        sa.UniqueConstraint("rank", "parent_id", name="rank_of_parent"),
        sa.Index("ix_sorted", sa.text("rank DESC"), "user_id"),
        sa.Index(
            *("ix_some", "rank"),
            postgresql_where=sa.text("rank > 3"),
            sqlite_where=sa.text("rank > 3"),
            unique=True,
        ),
    )
    sa.Table(
        *("tags", metadata),
        sa.Column("post_id", sa.ForeignKey("post.id"), primary_key=True),
        sa.Column("name", sa.String(20), primary_key=True),
    )
    for name, other in (("hen", "egg"), ("egg", "hen")):
        key = sa.ForeignKey(f"{other}.id", use_alter=True, name=f"fk_{name}")
        sa.Table(
            *(name, metadata),
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column(f"{other}_id", key),
        )
    if backend == "postgresql":
        _add_of_postgresql(metadata)
    if backend == "mariadb":
        sa.Table(
            *("special", metadata),
            sa.Column("id", mysql.INTEGER(unsigned=True), primary_key=True),
            sa.Column("small", mysql.TINYINT, server_default=sa.text("3")),
            sa.Column("kinds", mysql.SET("a", "b")),
            sa.Column("name", sa.String(200, collation="utf8mb4_bin")),
            sa.Column(
                *("at", sa.TIMESTAMP),
                server_default=sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"),
                nullable=False,
            ),
            sa.Column("fine", mysql.DATETIME(fsp=6)),
            sa.Column("real", mysql.DOUBLE(asdecimal=False)),
            sa.Column("share", mysql.ENUM("5%", "it's")),
            sa.Column("number", mysql.INTEGER(6, zerofill=True)),
            sa.Column("wide", sa.Float(53)),
            sa.Column("narrow", sa.Float(24)),
            sa.Column("short", sa.LargeBinary(20)),
            sa.Column("long", sa.LargeBinary(70000)),
            sa.Column("line", sa.Text(64)),
            sa.Index("ix_short", "name", mysql_length={"name": 10}),
            mysql_engine="InnoDB",
            mysql_charset="utf8mb4",
        )
        counter = sa.Sequence("counter", start=3)
        sa.Table(
            "counted", metadata, sa.Column("id", sa.Integer, counter, primary_key=True)
        )
    return metadata


def _add_of_postgresql(metadata: sa.MetaData) -> None:
    sa.Table(
        *("special", metadata),
        sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
        sa.Column("name", sa.String(9, collation="C"), index=True),
        sa.Column("tags", postgresql.ARRAY(sa.String(20)), server_default="{}"),
        sa.Column("moods", postgresql.ARRAY(sa.Enum("x", "y", name="Odd name"))),
        sa.Column("body", postgresql.JSONB, server_default=sa.text("'{}'::jsonb")),
        sa.Column("span", sa.Interval),
        sa.Column("found", postgresql.TSVECTOR),
        sa.Column("at", postgresql.TIMESTAMP(precision=3)),
        sa.Column("other", sa.Enum(Mood, name="mood", schema="other")),
        sa.Index("ix_lower", sa.text("lower(name) varchar_pattern_ops")),
        sa.Index("ix_body", "body", postgresql_using="gin"),
        sa.Index("ix_cover", "at", postgresql_include=["name"]),
        postgresql.ExcludeConstraint(("name", "="), using="btree"),
        sa.UniqueConstraint("at", deferrable=True, initially="DEFERRED"),
    )
    sa.Table(
        *("far", metadata),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.ForeignKey("user.id", match="FULL")),
        schema="other",
    )


def created(connection: sa.Connection, metadata: sa.MetaData) -> Catalog:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS other")
    metadata.create_all(connection)
    return snapshot(connection)


@pytest.mark.parametrize("convention", [False, True])
@pytest.mark.filterwarnings("ignore:Computed column")
def test_what_create_all_makes_is_no_difference(
    connection: sa.Connection, convention: bool
) -> None:
    wanted = models(backend_of(connection), convention)
    database = created(connection, wanted)
    for dialect in (connection.dialect, backend_of(connection)):
        if dialect == "mariadb":
            # To a dialect of that name the options of "mysql" say nothing.
            continue
        ours = snapshot(wanted, dialect=dialect)
        assert_same(database, ours, order=True)
        assert_same(ours, database, order=True)
    assert (database == ours) is (connection.dialect.name == "sqlite")
    for again in (Catalog.from_json(ours.to_json()), pickle.loads(pickle.dumps(ours))):
        assert again == ours
        assert_same(database, again)


def backend_of(connection: sa.Connection) -> str:
    name = connection.dialect.name
    return "mariadb" if name == "mysql" else name


def _column(metadata: sa.MetaData, name: str) -> sa.Column[Any]:
    return metadata.tables["user"].c[name]


def _set(name: str, **values: Any) -> Callable[[sa.MetaData], None]:
    def change(metadata: sa.MetaData) -> None:
        for attribute, value in values.items():
            setattr(_column(metadata, name), attribute, value)

    return change


def _drop(kind: str, name: str) -> Callable[[sa.MetaData], None]:
    def change(metadata: sa.MetaData) -> None:
        for table in (metadata.tables["user"], metadata.tables["post"]):
            items: Any = table.indexes if kind == "indexes" else table.constraints
            for each in list(items):
                columns = [column.name for column in each.columns]
                if name in (each.name, ",".join(columns)):
                    items.remove(each)

    return change


def _check(text: str) -> Callable[[sa.MetaData], None]:
    def change(metadata: sa.MetaData) -> None:
        _drop("constraints", "positive")(metadata)
        _drop("constraints", "score,name")(metadata)
        check = sa.CheckConstraint(text, name="positive")
        metadata.tables["user"].append_constraint(check)

    return change


def _key(metadata: sa.MetaData) -> None:
    _drop("constraints", "user_id")(metadata)
    key = sa.ForeignKeyConstraint(["user_id"], ["user.id"], ondelete="SET NULL")
    metadata.tables["post"].append_constraint(key)


def _default(value: Any) -> Callable[[sa.MetaData], None]:
    return _set("score", server_default=sa.DefaultClause(value))


# What is changed in the models, and a part of what is told.
CHANGES: dict[str, tuple[Callable[[sa.MetaData], None], str]] = {
    "type": (_set("big", type=sa.Integer()), "column big: type "),
    "length": (_set("name", type=sa.String(51)), "column name: type "),
    "nullable": (_set("name", nullable=False), "column name: NULL -> NOT NULL"),
    "default": (_default("2.5"), "column score: DEFAULT "),
    "no default": (_set("score", server_default=None), "-> no DEFAULT"),
    "default of another kind": (_default(sa.text("(3)")), "column score: DEFAULT"),
    "function": (
        _set("at", server_default=sa.DefaultClause(sa.text("'2020-01-01'"))),
        "column at: DEFAULT",
    ),
    "unique": (_drop("constraints", "email"), "only in the first"),
    "unique of two": (_drop("constraints", "user_id,rank"), "only in the first"),
    "index": (_drop("indexes", "name"), "index ix_user_name is there only in the"),
    "sorted index": (_drop("indexes", "ix_sorted"), "index ix_sorted is there only"),
    "number in a check": (_check("score > 1 AND name <> 'it''s'"), "check "),
    "column in a check": (_check("big > 0 AND name <> 'it''s'"), "check "),
    "text in a check": (_check("score > 0 AND name <> 'its'"), "check "),
    "no check": (_drop("constraints", "words"), "check words is there only in the f"),
    "foreign key": (_key, "ON DELETE CASCADE -> ON DELETE SET NULL"),
    "table": (
        lambda metadata: metadata.remove(metadata.tables["tags"]),
        "table {}tags is there only in the first",
    ),
}


@pytest.mark.parametrize("name", list(CHANGES))
@pytest.mark.filterwarnings("ignore:Computed column")
def test_each_kind_of_change_is_seen(connection: sa.Connection, name: str) -> None:
    change, told = CHANGES[name]
    backend = backend_of(connection)
    if name == "no check" and backend != "sqlite":
        told = "check words is there only in the first"
    database = created(connection, models(backend))
    wanted = models(backend)
    change(wanted)
    text = render(database.diff(snapshot(wanted, dialect=connection.dialect)))
    schema = "public." if backend == "postgresql" else ""
    assert told.format(schema) in text
    assert len([line for line in text.splitlines() if line[0] == " "]) <= 2, text


@pytest.mark.filterwarnings("ignore:Computed column")
def test_values_of_an_enum(pg_url: str) -> None:
    engine = sa.create_engine(pg_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        database = created(connection, models("postgresql"))
    wanted = models("postgresql")
    _column(wanted, "mood").type = sa.Enum("sad", "glad", "odd", name="mood")
    text = render(database.diff(snapshot(wanted, dialect="postgresql")))
    assert text == "enum public.mood: 'sad', 'glad' -> 'sad', 'glad', 'odd'"


def test_what_is_left_out(sqlite_url: str) -> None:
    wanted = models("sqlite")
    ours = snapshot([wanted, sa.MetaData()], dialect="sqlite")
    assert [each.name for each in ours.without("tags", "egg", "hen").tables] == [
        *("post", "user")
    ]
    assert len(snapshot(wanted, dialect="postgresql", schemas=["other"])) == 0
    postgres = models("postgresql")
    found = snapshot(postgres, dialect="postgresql", schemas=["other"])
    assert [each.name for each in found.tables] == ["far"]


@pytest.mark.parametrize(
    ("source", "dialect", "message"),
    [
        (sa.MetaData(), None, "name one"),
        ("sqlite://", "sqlite", "for models"),
        (sa.MetaData(), "oracle", "no catalog of 'oracle'"),
    ],
)
def test_what_is_refused(source: Any, dialect: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        snapshot(source, dialect=dialect)


def test_backends_are_not_mixed() -> None:
    ours = [snapshot(sa.MetaData(), dialect=name) for name in ("mysql", "postgresql")]
    with pytest.raises(ValueError, match="no types in common"):
        ours[0].diff(ours[1])
    with pytest.raises(ValueError, match="no types in common"):
        ours[0].diff(snapshot(sa.MetaData(), dialect="sqlite"))


# --- random schemas -------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Computed column")
def test_random_schemas(engine: sa.Engine, catalog_of: CatalogOf) -> None:
    """Quiet where create_all() made it; one change is seen, and told where it is."""
    n_changed = n_seen = 0
    for seed in range(FIRST_SEED, FIRST_SEED + SCHEMAS):
        pair = make_pair(seed, engine.dialect.name)
        database = catalog_of(pair.database)
        if database is None:
            continue
        ours = snapshot(build(pair.database), dialect=engine.dialect)
        assert render(database.diff(ours, order=True)) == "", f"seed {seed}"
        changed = changed_once(pair)
        other = catalog_of(changed)
        if other is None:
            continue
        theirs = {change.table for change in database.diff(other)}
        seen = database.diff(snapshot(build(changed), dialect=engine.dialect))
        assert {change.table for change in seen} <= theirs, f"seed {seed}"
        n_changed += bool(theirs)
        n_seen += bool(seen)
    assert n_seen >= 0.8 * n_changed > 0
