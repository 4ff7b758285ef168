"""An index or a constraint goes before its column gets a type that does not suit it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from tests.conftest import MYSQL
from tests.support.autogen import Package
from tests.support.round_trip import round_trip

OURS = Package("alembic_c")
OPTIONS: dict[str, Any] = {
    "compare_server_default": True,
    "autogenerate_plugins": [
        "alembic.autogenerate.*",
        "alembic.ext.checkconstraint_byname",
    ],
}
Items = Callable[[], list[Any]]
_OPS = "text_pattern_ops"


def index(*elements: Any, **options: Any) -> Items:
    return lambda: [sa.Index("i", *elements, **options)]


def unique() -> list[Any]:
    return [sa.UniqueConstraint("x", name="u")]


def check() -> list[Any]:
    return [sa.CheckConstraint("x > 3", name="c")]


Case = tuple[Any, Items, Any]
# The type with the items, the items, the type without them.
CASES: dict[str, list[Case]] = {
    "mariadb": [
        (sa.Text(), index("x", mysql_prefix="FULLTEXT"), sa.Integer()),
        (sa.String(9), index("x", mysql_length=1), sa.BigInteger()),
        (sa.String(9), index("x"), sa.Text()),
        (sa.Integer(), unique, sa.Text()),
        # Of one of several columns there is no part to take.
        (sa.BigInteger(), index("id", "x"), sa.LargeBinary()),
        (sa.String(9), index("id", "x"), sa.String(2000)),
        # The key counts by itself, which a unique index with a text does not allow.
        (sa.String(9), index("x", "id", unique=True), sa.LargeBinary()),
    ],
    "postgresql": [
        (sa.SmallInteger(), index("x"), sa.JSON()),
        (sa.SmallInteger(), unique, sa.JSON()),
        (sa.SmallInteger(), index("id", sa.desc("x")), sa.JSON()),
        (postgresql.JSONB(), index("x", postgresql_using="gin"), sa.JSON()),
        (sa.String(9), index(sa.text('lower("x")')), sa.Integer()),
        (sa.String(9), index("x", postgresql_ops={"x": _OPS}), sa.Integer()),
        (sa.String(9), index(sa.text('x COLLATE "C"')), sa.Integer()),
        (sa.Integer(), check, sa.Text()),
        (sa.Integer(), index("id", postgresql_where=sa.text("x > 3")), sa.Text()),
    ],
}


CASES["mysql"] = CASES["mariadb"]
SERVERS = ["mariadb", "postgresql", *(["mysql"] if MYSQL else [])]


def models(cases: list[Case]) -> tuple[sa.MetaData, sa.MetaData]:
    """Return both sides, with a table for each case."""
    sides = sa.MetaData(), sa.MetaData()
    for number, (type_, items, other) in enumerate(cases):
        table(sides[0], number, sa.Column("x", type_), *items())
        table(sides[1], number, sa.Column("x", other))
    return sides


def table(metadata: sa.MetaData, number: int, *items: Any) -> None:
    key = sa.Column("id", sa.Integer, primary_key=True)
    made = sa.Table(f"t{number}", metadata, key, *items)
    named: list[Any] = [*made.indexes, *made.constraints]
    for item in named:
        item.name = f"i{number}" if item.name else None


@pytest.fixture
def connection(any_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(any_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        yield connection


@pytest.mark.parametrize("any_url", SERVERS, indirect=True)
@pytest.mark.parametrize("is_added", [False, True])
def test_it_goes_first(connection: sa.Connection, is_added: bool) -> None:
    sides = models(CASES[connection.dialect.name])
    there, wanted = sides[::-1] if is_added else sides
    trip = round_trip(OURS, connection, wanted, start=there, **OPTIONS)
    assert trip.is_at_rest, trip.told()


def test_what_suits_both_types_stays_in_its_place(pg_url: str) -> None:
    there, wanted = models([(sa.Integer(), index("x"), sa.Text())])
    with sa.create_engine(pg_url, poolclass=sa.pool.NullPool).connect() as connection:
        trip = round_trip(OURS, connection, wanted, start=there, **OPTIONS)
    assert trip.is_at_rest, trip.told()
    upgrade = trip.written.upgrade
    assert upgrade.index("alter_column") < upgrade.index("drop_index")
