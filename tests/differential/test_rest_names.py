"""Odd names and texts are found as they are, and come and go with a migration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support import mariadb
from tests.support.autogen import Package
from tests.support.proving import mode
from tests.support.round_trip import round_trip, write

Packages = tuple[Package, Package]

WORDS = [
    "it's",
    'say "x"',
    "two\nlines",
    "a\rb",
    "\t",
    "100%",
    "%s",
    "%(x)s",
    "a.b",
    "a.b.c",
    "a:b",
    ":a",
    "back\\slash",
    "\\",
    "\\n",
    "日本語",
    "é",
    "a b",
    "{x}",
    "${y}",
    "#c",
    "--",
    "/*x*/",
    "'",
    '"',
    "`",
    "'''",
    '"""',
    "select",
    "Order",
    "x;",
    "(a)",
    "[a]",
    "$1",
    "?",
]
# SQLAlchemy reads these out of SQLite's text otherwise, in unique constraints.
MISREAD = {'say "x"', "two\nlines", "%(x)s", '"', '"""', "(a)"}


def an_id() -> sa.Column[Any]:
    return sa.Column("id", sa.Integer, primary_key=True)


def tables(model: sa.MetaData, words: list[str]) -> None:
    for word in words:
        sa.Table(word, model, an_id())


def columns(model: sa.MetaData, words: list[str]) -> None:
    sa.Table("t", model, an_id(), *(sa.Column(word, sa.Integer) for word in words))


def defaults(model: sa.MetaData, words: list[str]) -> None:
    texts = (
        sa.Column(f"c{number}", sa.String(20), server_default=word)
        for number, word in enumerate(words)
    )
    sa.Table("t", model, an_id(), *texts)


def uniques(model: sa.MetaData, words: list[str]) -> None:
    table = sa.Table("t", model, an_id())
    for number, word in enumerate(words):
        table.append_column(sa.Column(f"c{number}", sa.Integer))
        table.append_constraint(sa.UniqueConstraint(f"c{number}", name=word))


def unique_columns(model: sa.MetaData, words: list[str]) -> None:
    table = sa.Table("t", model, an_id())
    for number, word in enumerate(words):
        table.append_column(sa.Column(word, sa.Integer))
        table.append_constraint(sa.UniqueConstraint(word, name=f"u{number}"))


def indexes(model: sa.MetaData, words: list[str]) -> None:
    table = sa.Table("t", model, an_id(), *(sa.Column(w, sa.Integer) for w in words))
    for word in words:
        sa.Index(f"i{word}", table.c[word])


def checks(model: sa.MetaData, words: list[str]) -> None:
    table = sa.Table("t", model, an_id(), sa.Column("a", sa.Integer))
    for word in words:
        table.append_constraint(sa.CheckConstraint("a > 0", name=word))


def keys(model: sa.MetaData, words: list[str]) -> None:
    for word in words:
        parent = sa.Table(
            f"p{word}", model, sa.Column(word, sa.Integer, primary_key=True)
        )
        sa.Table(
            f"z{word}",
            model,
            an_id(),
            sa.Column("a", sa.Integer, sa.ForeignKey(parent.c[word], name=f"k{word}")),
        )


def labels(model: sa.MetaData, words: list[str]) -> None:
    sa.Table("t", model, an_id(), sa.Column("e", sa.Enum(*words, name="mood")))


def types(model: sa.MetaData, words: list[str]) -> None:
    enums: Iterator[sa.Column[Any]] = (
        sa.Column(f"c{number}", sa.Enum("x", name=word))
        for number, word in enumerate(words)
    )
    sa.Table("t", model, an_id(), *enums)


KINDS = (
    tables,
    columns,
    defaults,
    uniques,
    unique_columns,
    indexes,
    checks,
    keys,
    labels,
    types,
)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def connection(request: pytest.FixtureRequest) -> Iterator[sa.Connection]:
    fixture = {"sqlite": "sqlite_url", "postgresql": "pg_url"}.get(request.param)
    if fixture:
        url = request.getfixturevalue(fixture)
    else:
        url = mariadb.emptied(request.getfixturevalue("mariadb_server"), "mariadb")
    engine = sa.create_engine(url)
    with engine.connect() as connection, mode("check"):
        yield connection
    engine.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_odd_names(packages: Packages, connection: sa.Connection, kind: Any) -> None:
    words = list(WORDS)
    dialect = connection.dialect.name
    if dialect == "sqlite" and kind in (uniques, unique_columns):
        words = [word for word in words if word not in MISREAD]
    if dialect == "mariadb":
        # No name ends with a blank there, and SQLAlchemy misreads these names.
        unread = set() if kind is defaults else {"\t", "`", "two\nlines", "a\rb"}
        words = [word for word in words if word not in unread]
    if kind is keys:
        words = [word for word in words if "." not in word]
    if kind is defaults:
        # Rendered without the outer quotes, as upstream's.
        words.remove("'''")
        if dialect == "sqlite":
            words = [word for word in words if not set(word) & set("'\n(")]
    model = sa.MetaData()
    kind(model, words)
    trip = round_trip(packages[0], connection, model, compare_server_default=True)
    assert trip.is_at_rest, trip.told()


def test_texts_that_upstream_finds_changed_on_mariadb(
    packages: Packages, mysql_url: str
) -> None:
    engine = sa.create_engine(mysql_url)
    model = sa.MetaData()
    defaults(model, ["it's", "two\nlines", "\\"])
    with engine.connect() as connection:
        model.create_all(connection)
        connection.commit()
        opts: dict[str, Any] = {"compare_server_default": True}
        ours, upstreams = (write(each, connection, model, **opts) for each in packages)
        assert upstreams.upgrade.count("op.alter_column") == 3
        assert "op." not in ours.upgrade
        other = sa.MetaData()
        defaults(other, ["its", "two\nlines\n", "x"])
        found = write(packages[0], connection, other, **opts)
        assert found.upgrade.count("op.alter_column") == 3
    engine.dispose()
