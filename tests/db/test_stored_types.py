"""Types that a database stores under other names are no difference there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

from tests.support.autogen import Package
from tests.support.proving import mode
from tests.support.round_trip import Trip, round_trip, write

OURS = Package("alembic_c")


class Vector(sa.types.UserDefinedType[Any]):
    """A type of one's own."""

    cache_ok = True

    def get_col_spec(self, **kw: Any) -> str:
        return "VECTOR(3)"


TYPES: dict[str, list[Any]] = {
    "mariadb": [
        *(sa.Float(25), sa.Float(53), sa.FLOAT(30), mysql.FLOAT(30), sa.Float(24)),
        *(sa.REAL(), sa.REAL(24), mysql.REAL(8, 2), sa.DOUBLE_PRECISION()),
        *(sa.NCHAR(3), sa.NVARCHAR(10), mysql.VARCHAR(20, national=True)),
        *(sa.Text(10), sa.Text(300), sa.Text(70_000), sa.Text(20_000_000)),
        *(mysql.TEXT(80, charset="latin1"), mysql.TEXT(80, charset="utf8mb3")),
        *(sa.LargeBinary(10), sa.LargeBinary(300), sa.LargeBinary(70_000)),
        *(sa.BLOB(64), sa.LargeBinary(20_000_000)),
    ],
    "postgresql": [
        *(sa.Float(1), sa.Float(24), sa.Float(25), sa.FLOAT(24), sa.NCHAR(3)),
        *(postgresql.ARRAY(sa.Float(24)), postgresql.ARRAY(sa.NCHAR(3))),
    ],
    "sqlite": [
        *(sa.DOUBLE_PRECISION(), sa.CLOB(), sa.BINARY(), sa.BINARY(4)),
        *(sa.VARBINARY(4), sa.UUID(), Vector()),
    ],
}
# What is there, and what is wanted: still seen.
CHANGES: dict[str, list[tuple[Any, Any]]] = {
    "mariadb": [
        *((mysql.TINYTEXT(), mysql.MEDIUMTEXT()), (mysql.TINYTEXT(), sa.Text(300))),
        *((sa.LargeBinary(), sa.String(10)), (sa.String(10), sa.REAL())),
        *((sa.String(10), sa.NVARCHAR(20)), (sa.Integer(), sa.Float(53))),
    ],
    "postgresql": [
        *((sa.Double(), sa.REAL()), (sa.CHAR(3), sa.NCHAR(4))),
        *((sa.Integer(), sa.Float(24)),),
    ],
    "sqlite": [
        *((sa.Integer(), sa.UUID()), (sa.String(10), sa.DOUBLE_PRECISION())),
        *((sa.Date(), sa.BINARY(4)),),
    ],
}
TYPES["mysql"], CHANGES["mysql"] = TYPES["mariadb"], CHANGES["mariadb"]


@pytest.fixture
def connection(any_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(any_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection, mode("check"):
        yield connection


def model(types: list[Any]) -> sa.MetaData:
    """Return a model with a table for each type."""
    metadata = sa.MetaData()
    for number, type_ in enumerate(types):
        key = sa.Column("id", sa.Integer, primary_key=True)
        sa.Table(f"t{number}", metadata, key, sa.Column("x", type_))
    return metadata


def trip_to(connection: sa.Connection, wanted: sa.MetaData) -> Trip:
    is_batch = connection.dialect.name == "sqlite"
    return round_trip(OURS, connection, wanted, render_as_batch=is_batch)


def test_they_are_no_difference(connection: sa.Connection) -> None:
    metadata = model(TYPES[connection.dialect.name])
    metadata.create_all(connection)
    assert write(OURS, connection, metadata).diffs == []


def test_a_change_is_seen_once(connection: sa.Connection) -> None:
    pairs = CHANGES[connection.dialect.name]
    model([there for there, _ in pairs]).create_all(connection)
    connection.commit()
    trip = trip_to(connection, model([wanted for _, wanted in pairs]))
    assert trip.failed is None, trip.told()
    assert trip.remaining == [], trip.told()
    assert len(trip.written.diffs) == len(pairs), trip.told()
