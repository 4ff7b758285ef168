"""Foreign keys of MySQL and MariaDB, their indexes, and the types of their columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.autogen import Package
from tests.support.proving import mode
from tests.support.round_trip import round_trip, write

Packages = tuple[Package, Package]
Build = Callable[[sa.MetaData], Any]


@pytest.fixture
def connection(mysql_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(mysql_url)
    with engine.connect() as connection, mode("check"):
        yield connection
    engine.dispose()


def model(
    *indexes: tuple[Any, ...],
    key: str | None = "fk_child",
    no_key: bool = False,
    type_: Any = sa.Integer,
    column: bool = True,
    child: bool = True,
    parent: bool = True,
    unique: str | None = None,
    **key_options: Any,
) -> sa.MetaData:
    """Return a table `child` that refers to `parent`.

    indexes: of the child: a name, and columns or options of the index.
    key: its name; no_key: there is none.  unique: name of a unique constraint.
    """
    metadata = sa.MetaData()
    if parent:
        sa.Table("parent", metadata, sa.Column("id", type_, primary_key=True))
    if not child:
        return metadata
    table = sa.Table(
        "child",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("other", sa.Integer),
    )
    if column:
        table.append_column(sa.Column("parent_id", type_))
    if not no_key:
        table.append_constraint(
            sa.ForeignKeyConstraint(
                ["parent_id"], ["parent.id"], name=key, **key_options
            )
        )
    if unique:
        table.append_constraint(sa.UniqueConstraint("parent_id", name=unique))
    for name, *columns in indexes:
        options: dict[str, Any] = {"unique": True} if "unique" in columns else {}
        names = [each for each in columns if each != "unique"] or ["parent_id"]
        sa.Index(name, *(table.c[each] for each in names), **options)
    return metadata


# What is there, what is wanted, and whether upstream's migration fails.
CHANGES: dict[str, tuple[sa.MetaData, sa.MetaData, bool]] = {
    "index and key removed": (
        model(("ix",)),
        model(no_key=True),
        True,
    ),
    "index, key and column removed": (
        model(("ix",)),
        model(no_key=True, column=False),
        True,
    ),
    "nameless key and its column removed": (
        model(key=None),
        model(no_key=True, column=False),
        False,
    ),
    "nameless key, its index and its column removed": (
        model(("ix",), key=None),
        model(no_key=True, column=False),
        True,
    ),
    "nameless key removed": (model(key=None), model(no_key=True), False),
    "key removed": (model(), model(no_key=True), False),
    "nameless key added": (model(no_key=True), model(key=None), True),
    "key added": (model(no_key=True), model(), False),
    "key and index added": (model(no_key=True), model(("ix",)), False),
    "key and column added": (model(no_key=True, column=False), model(), False),
    "nameless key and column added": (
        model(no_key=True, column=False),
        model(key=None),
        True,
    ),
    "index renamed": (model(("ix_old",)), model(("ix_new",)), True),
    "index renamed, order": (model(("a",)), model(("z",)), True),
    "index made unique": (model(("ix",)), model(("ix", "unique")), True),
    "index made unique, nameless key": (
        model(("ix",), key=None),
        model(("ix", "unique"), key=None),
        True,
    ),
    "index no longer unique": (model(("ix", "unique")), model(("ix",)), True),
    "index becomes a constraint": (model(("ix",)), model(unique="uq"), True),
    "constraint becomes an index": (model(unique="uq"), model(("ix",)), True),
    "constraint removed": (model(unique="uq"), model(), True),
    "constraint renamed": (model(unique="uq_old"), model(unique="uq_new"), True),
    "index made longer": (
        model(("ix",)),
        model(("ix", "parent_id", "other")),
        True,
    ),
    "index begins with another": (
        model(("ix",)),
        model(("ix", "other", "parent_id")),
        True,
    ),
    "one of two indexes removed": (
        model(("ix",), ("iy", "parent_id", "other")),
        model(("iy", "parent_id", "other")),
        False,
    ),
    "type of both": (
        model(("ix",)),
        model(("ix",), type_=sa.BigInteger),
        True,
    ),
    "type of both, nameless": (
        model(key=None),
        model(key=None, type_=sa.BigInteger),
        True,
    ),
    "text of both": (
        model(type_=sa.String(10)),
        model(type_=sa.String(20)),
        True,
    ),
    "shorter text of both": (
        model(type_=sa.String(20)),
        model(type_=sa.String(10)),
        True,
    ),
    "type, index and key": (
        model(("ix",)),
        model(("iz",), type_=sa.BigInteger, ondelete="CASCADE"),
        True,
    ),
    "key changed": (model(("ix",)), model(("ix",), ondelete="CASCADE"), False),
    "key changed, no index": (model(), model(ondelete="CASCADE"), False),
    "table removed": (model(("ix",)), model(child=False), True),
    "both tables removed": (model(("ix",)), model(child=False, parent=False), True),
    "table of an index alone removed": (
        model(("ix",), no_key=True),
        model(child=False),
        False,
    ),
    "parent and key removed": (
        model(("ix",)),
        model(no_key=True, parent=False),
        True,
    ),
    "table added": (model(child=False), model(("ix",)), True),
}


# The server names the index of a key by its column, or by the key if that has a name,
# as every one has that is made again.
MADE_BY_KEYS = ["child.parent_id", "child.child_ibfk_1"]


@pytest.mark.parametrize("change", CHANGES)
def test_keys_and_indexes(
    packages: Packages, connection: sa.Connection, change: str
) -> None:
    before, after, fails = CHANGES[change]
    before.create_all(connection)
    connection.commit()
    ours, upstreams = (write(each, connection, after) for each in packages)
    trip = round_trip(packages[1], connection, after)
    assert bool(trip.failed) == fails, trip.told()
    if not trip.failed and trip.is_at_rest:
        assert ours.upgrade == upstreams.upgrade
        assert ours.downgrade == upstreams.downgrade

    everything = sa.MetaData()
    everything.reflect(connection)
    everything.drop_all(connection)
    before.create_all(connection)
    connection.commit()
    trip = round_trip(packages[0], connection, after, ignore=MADE_BY_KEYS)
    assert trip.is_at_rest, trip.told()


def test_an_index_that_a_key_needs_is_left_alone(
    packages: Packages, connection: sa.Connection
) -> None:
    model(("ix",)).create_all(connection)
    connection.commit()
    ours, upstreams = (write(each, connection, model()) for each in packages)
    assert "op.drop_index" in upstreams.upgrade
    assert "op." not in ours.upgrade
