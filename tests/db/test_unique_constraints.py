"""Unique constraints: none is left out, the way back has all of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, Table, UniqueConstraint

from tests.support.autogen import Package
from tests.support.round_trip import round_trip

OURS = Package("alembic_c")


@pytest.fixture
def connection(pg_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(pg_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        yield connection


def model(*items: Any, unique: bool = False) -> MetaData:
    metadata = MetaData()
    Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True, unique=unique or None),
        Column("a", Integer, unique=unique or None, index=True),
        *items,
    )
    return metadata


LIKE_ANOTHER = {
    "the key": lambda: [UniqueConstraint("id", name="u")],
    "the key, nameless": lambda: [UniqueConstraint("id")],
    "each other": lambda: [
        UniqueConstraint("a", "id", name="u2"),
        UniqueConstraint("a", "id", name="u1"),
        UniqueConstraint("id", "a", name="u3"),
    ],
    "all but the timing": lambda: [
        UniqueConstraint("id", name="u", deferrable=True),
        UniqueConstraint("a", name="v", deferrable=True, initially="DEFERRED"),
        UniqueConstraint("a", name="w", initially="IMMEDIATE"),
    ],
}


@pytest.mark.parametrize("name", LIKE_ANOTHER)
def test_what_is_like_another_in_a_new_table(
    name: str, connection: sa.Connection
) -> None:
    trip = round_trip(OURS, connection, model(*LIKE_ANOTHER[name](), unique=True))
    assert trip.is_at_rest, trip.told()
    # All of it is taken away, and comes back.
    trip = round_trip(OURS, connection, MetaData())
    assert trip.is_at_rest, trip.told()


@pytest.mark.parametrize("initially", [None, "DEFERRED"])
@pytest.mark.parametrize("with_table", [False, True])
def test_the_way_back_can_be_deferred_again(
    with_table: bool, initially: str | None, connection: sa.Connection
) -> None:
    unique = UniqueConstraint("a", name="u", deferrable=True, initially=initially)
    model(unique).create_all(connection)
    connection.commit()
    trip = round_trip(OURS, connection, MetaData() if with_table else model())
    assert trip.is_at_rest, trip.told()
    assert "deferrable=True" in trip.written.downgrade


def test_a_name_by_default_that_becomes_free(mariadb_url: str) -> None:
    """The server counts on from what is there when the constraint is added."""

    def model(*items: Any) -> MetaData:
        metadata = MetaData()
        key = Column("id", Integer, primary_key=True)
        Table("t", metadata, key, Column("a", Integer), Column("b", Integer), *items)
        return metadata

    there = model(sa.Index("a", "a", "b"), sa.Index("b", "a"))
    wanted = model(UniqueConstraint("a", "id"), UniqueConstraint("b", "id"))
    kept = model(sa.Index("a", "b"), UniqueConstraint("a", "id"))
    engine = sa.create_engine(mariadb_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        trip = round_trip(OURS, connection, wanted, start=there)
        assert trip.is_at_rest, trip.told()
        trip = round_trip(OURS, connection, kept)
    assert trip.is_at_rest, trip.told()
