"""Tables that refer to each other: made before their keys, dropped after them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.autogen import Package
from tests.support.proving import mode
from tests.support.round_trip import round_trip, run, write

Packages = tuple[Package, Package]
Edges = list[tuple[str, str]]

CIRCLES: dict[str, Edges] = {
    "two": [("a", "b"), ("b", "a")],
    "three": [("a", "b"), ("b", "c"), ("c", "a")],
    "one in two": [("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")],
    "one beside": [("a", "b"), ("b", "a"), ("c", "a"), ("b", "d")],
    "itself": [("a", "a"), ("b", "a")],
    "itself and another": [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")],
    "two keys": [("a", "b"), ("b", "a"), ("b", "a")],
    "none": [("b", "a"), ("c", "b"), ("a", "d")],
}


def circle(
    edges: Edges, *, named: bool, use_alter: bool = False, **table_kw: Any
) -> sa.MetaData:
    metadata = sa.MetaData()
    for name in sorted({end for edge in edges for end in edge}):
        sa.Table(
            name, metadata, sa.Column("id", sa.Integer, primary_key=True), **table_kw
        )
    for number, (source, target) in enumerate(edges):
        metadata.tables[source].append_column(
            sa.Column(
                f"to_{target}_{number}",
                sa.Integer,
                sa.ForeignKey(
                    f"{target}.id",
                    name=f"fk_{number}" if named else None,
                    use_alter=use_alter,
                ),
            )
        )
    return metadata


@pytest.fixture(params=["postgresql", "mariadb"])
def connection(request: pytest.FixtureRequest) -> Iterator[sa.Connection]:
    name = {"postgresql": "pg_url", "mariadb": "mysql_url"}[request.param]
    if request.param == "mariadb":
        from tests.support import mariadb

        url = mariadb.emptied(request.getfixturevalue("mariadb_server"), "mariadb")
    else:
        url = request.getfixturevalue(name)
    engine = sa.create_engine(url)
    with engine.connect() as connection, mode("check"):
        yield connection
    engine.dispose()


@pytest.mark.parametrize("use_alter", [False, True], ids=["plain", "use_alter"])
@pytest.mark.parametrize("named", [True, False], ids=["named", "nameless"])
@pytest.mark.parametrize("shape", CIRCLES)
def test_circles_are_made_and_dropped(
    packages: Packages,
    connection: sa.Connection,
    shape: str,
    named: bool,
    use_alter: bool,
) -> None:
    model = circle(CIRCLES[shape], named=named, use_alter=use_alter)
    trip = round_trip(packages[0], connection, model)
    assert trip.is_at_rest, trip.told()
    keys = sum(
        len(sa.inspect(connection).get_foreign_keys(name)) for name in model.tables
    )
    assert keys == len(CIRCLES[shape])
    connection.rollback()
    # All are gone, and come back.
    # On MariaDB, indexes that keys have made get the names of these.
    made = ["*.to_*", "*_ibfk_*"]
    trip = round_trip(packages[0], connection, sa.MetaData(), ignore=made)
    assert trip.is_at_rest, trip.told()


@pytest.mark.parametrize("shape", ["two", "three", "one in two"])
def test_what_upstream_does(
    packages: Packages, connection: sa.Connection, shape: str
) -> None:
    _, upstream = packages
    model = circle(CIRCLES[shape], named=True)
    trip = round_trip(upstream, connection, model)
    assert trip.failed is not None
    assert trip.failed.startswith("upgrade:")
    if connection.dialect.name == "postgresql":
        model.create_all(connection)
        connection.commit()
        trip = round_trip(upstream, connection, sa.MetaData())
        assert trip.failed is not None
        assert trip.failed.startswith("upgrade:")
        model.drop_all(connection)
        connection.commit()
        model = circle(CIRCLES[shape], named=True, use_alter=True)
        written = write(upstream, connection, model)
        run(upstream, connection, written.upgrade)
        assert not sa.inspect(connection).get_foreign_keys("a")


@pytest.mark.parametrize("shape", ["none", "itself"])
def test_without_circles_nothing_differs(
    packages: Packages, connection: sa.Connection, shape: str
) -> None:
    model = circle(CIRCLES[shape], named=True)
    ours, upstreams = (write(each, connection, model) for each in packages)
    assert (ours.upgrade, ours.downgrade) == (upstreams.upgrade, upstreams.downgrade)


def test_sqlite_needs_no_order(packages: Packages, sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.connect() as connection:
        for shape, edges in CIRCLES.items():
            for use_alter in (False, True):
                model = circle(edges, named=True, use_alter=use_alter)
                ours, upstreams = (write(each, connection, model) for each in packages)
                assert ours == upstreams, shape
    engine.dispose()


def test_a_circle_in_batches(packages: Packages, connection: sa.Connection) -> None:
    model = circle(CIRCLES["three"], named=True)
    trip = round_trip(packages[0], connection, model, render_as_batch=True)
    assert trip.is_at_rest, trip.told()


# --- keys and what they stand on ------------------------------------------------------


def parent_and_child(*, key: bool, parent: bool = True, code: Any = None) -> Any:
    """Return `z_child` with a key to `a_parent`, or without; either comes first."""
    metadata = sa.MetaData()
    sa.Table("child", metadata, sa.Column("id", sa.Integer, primary_key=True))
    child = metadata.tables["child"]
    child.append_column(sa.Column("parent_id", sa.Integer))
    child.append_column(sa.Column("code", sa.Integer))
    for name in ("a_parent", "z_parent"):
        if parent:
            table = sa.Table(
                name, metadata, sa.Column("id", sa.Integer, primary_key=True)
            )
            if code:
                table.append_column(sa.Column("code", sa.Integer))
                code(table)
        if key:
            target, column = ("code", "code") if code else ("id", "parent_id")
            child.append_constraint(
                sa.ForeignKeyConstraint(
                    [column], [f"{name}.{target}"], name=f"fk_{name}"
                )
            )
    return metadata


def unique(table: sa.Table) -> None:
    table.append_constraint(sa.UniqueConstraint("code", name=f"uq_{table.name}"))


def unique_index(table: sa.Table) -> None:
    sa.Index(f"ix_{table.name}", table.c.code, unique=True)


def plain(table: sa.Table) -> None:
    pass


CHANGES = {
    "table and keys to it": (
        parent_and_child(key=True),
        parent_and_child(key=False, parent=False),
    ),
    "column and keys to it": (
        parent_and_child(key=True, code=unique),
        parent_and_child(key=False),
    ),
    "what makes it unique": (
        parent_and_child(key=True, code=unique),
        parent_and_child(key=False, code=plain),
    ),
    "unique index": (
        parent_and_child(key=True, code=unique_index),
        parent_and_child(key=False, code=plain),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("forth", [True, False], ids=["removed", "added"])
def test_keys_and_what_they_stand_on(
    packages: Packages, connection: sa.Connection, change: str, forth: bool
) -> None:
    before, after = CHANGES[change] if forth else CHANGES[change][::-1]
    before.create_all(connection)
    connection.commit()
    if forth or change != "table and keys to it":
        trip = round_trip(packages[1], connection, after)
        # On MariaDB columns, and what makes them unique, are held fast by keys only.
        assert trip.failed or trip.changes
        everything = sa.MetaData()
        everything.reflect(connection)
        everything.drop_all(connection)
        before.create_all(connection)
        connection.commit()
    trip = round_trip(packages[0], connection, after)
    assert trip.is_at_rest, trip.told()


def nameless(*constraints: Any) -> sa.MetaData:
    metadata: sa.MetaData = parent_and_child(key=False, code=unique)
    for constraint in constraints:
        metadata.tables["child"].append_constraint(constraint)
    return metadata


def a_key(**options: Any) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["parent_id"], ["a_parent.id"], **options)


# On MariaDB the index of a key is called by its column, or by the key if that is named.
MADE_BY_KEYS = ["child.parent_id*", "child.child_ibfk_*"]

NAMELESS: dict[str, tuple[sa.MetaData, sa.MetaData]] = {
    "key": (nameless(), nameless(a_key())),
    "keys": (
        nameless(),
        nameless(
            a_key(),
            sa.ForeignKeyConstraint(["code"], ["a_parent.id"]),
            sa.ForeignKeyConstraint(["parent_id"], ["z_parent.id"]),
        ),
    ),
    "a key that changes": (nameless(a_key()), nameless(a_key(ondelete="CASCADE"))),
    "one of two keys changes": (
        nameless(a_key(), sa.ForeignKeyConstraint(["code"], ["z_parent.id"])),
        nameless(
            a_key(ondelete="CASCADE"),
            sa.ForeignKeyConstraint(["code"], ["z_parent.id"]),
        ),
    ),
    "the name is taken": (
        nameless(sa.UniqueConstraint("code", name="child_parent_id_fkey")),
        nameless(sa.UniqueConstraint("code", name="child_parent_id_fkey"), a_key()),
    ),
    "unique": (nameless(), nameless(sa.UniqueConstraint("parent_id", "code"))),
    "unique, taken": (
        nameless(sa.UniqueConstraint("id", "code", name="parent_id")),
        nameless(
            sa.UniqueConstraint("id", "code", name="parent_id"),
            sa.UniqueConstraint("parent_id", "code"),
            sa.UniqueConstraint("parent_id"),
        ),
    ),
}


@pytest.mark.parametrize("change", NAMELESS)
def test_what_has_no_name(
    packages: Packages, connection: sa.Connection, change: str
) -> None:
    before, after = NAMELESS[change]
    before.create_all(connection)
    connection.commit()
    ours, upstreams = (write(each, connection, after) for each in packages)
    # Upstream's order is that of a set.
    assert sorted(ours.upgrade.splitlines()) == sorted(upstreams.upgrade.splitlines())
    assert "op.drop_constraint(None" in upstreams.downgrade
    assert "op.drop_constraint(None" not in ours.downgrade
    trip = round_trip(packages[0], connection, after, ignore=MADE_BY_KEYS)
    assert trip.is_at_rest, trip.told()


@pytest.mark.parametrize("length", [20, 40, 62])
def test_long_names_without_a_name(
    packages: Packages, pg_url: str, length: int
) -> None:
    engine = sa.create_engine(pg_url)
    metadata, other = sa.MetaData(), sa.MetaData()
    for model, constraints in ((metadata, []), (other, [True])):
        sa.Table(
            "t" * length,
            model,
            sa.Column("é" * (length // 2), sa.Integer),
            sa.Column("b", sa.Integer),
            *(sa.UniqueConstraint("é" * (length // 2), "b") for _ in constraints),
        )
    with engine.connect() as connection:
        metadata.create_all(connection)
        connection.commit()
        trip = round_trip(packages[0], connection, other)
        assert trip.is_at_rest, trip.told()
    engine.dispose()
