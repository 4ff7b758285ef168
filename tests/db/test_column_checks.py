"""CHECKs that a model declares within the columns of a new table are in the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, Integer, MetaData, Table

from tests.support.autogen import Package
from tests.support.round_trip import round_trip, write

OURS = Package("alembic_c")
OPTIONS: dict[str, dict[str, Any]] = {
    "by default": {},
    "compared": {
        "autogenerate_plugins": [
            "alembic.autogenerate.*",
            "alembic.ext.checkconstraint_byname",
        ]
    },
    "in batches": {"render_as_batch": True},
}
CONVENTION = {"ck": "ck_%(table_name)s_%(constraint_name)s"}


@pytest.fixture(params=["sqlite_url", "pg_url"])
def connection(request: pytest.FixtureRequest) -> Iterator[sa.Connection]:
    yield from connected(request.getfixturevalue(request.param))


@pytest.fixture
def mariadb_connection(mariadb_url: str) -> Iterator[sa.Connection]:
    yield from connected(mariadb_url)


def connected(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        yield connection


def model(name: str | None) -> MetaData:
    """Return a model with a table that has CHECKs in its columns."""
    metadata = MetaData(naming_convention=None if name is None else CONVENTION)
    Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a", Integer, CheckConstraint("a % 2 = 0", name=name and f"{name}1")),
        Column(
            "b",
            Integer,
            CheckConstraint("b > 0", name=name and f"{name}2"),
            CheckConstraint("b < 9", name=name and f"{name}3"),
            server_default="5",
        ),
    )
    return metadata


def expect_checks(connection: sa.Connection) -> None:
    for column, value in (("a", 3), ("b", 0), ("b", 9)):
        insert = sa.text(f"INSERT INTO t (id, {column}) VALUES (1, {value})")
        with pytest.raises(sa.exc.DBAPIError):
            connection.execute(insert)
        connection.rollback()
    connection.execute(sa.text("INSERT INTO t (id, a, b) VALUES (1, 4, 8)"))


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("name", ["named", None])
def test_there_and_back(
    name: str | None, options: str, connection: sa.Connection
) -> None:
    trip = round_trip(OURS, connection, model(name), **OPTIONS[options])
    assert trip.is_at_rest, trip.told()
    expect_checks(connection)
    checks = sa.inspect(connection).get_check_constraints("t")
    if name is not None:
        names = {check["name"] for check in checks}
        assert names == {"ck_t_named1", "ck_t_named2", "ck_t_named3"}


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("name", ["named", None])
def test_new_columns(name: str | None, options: str, connection: sa.Connection) -> None:
    make_table_without_columns(connection)
    trip = round_trip(OURS, connection, model(name), **OPTIONS[options])
    if connection.dialect.name == "sqlite" and options == "compared" and name:
        # As upstream's, which is for batches there.
        assert "No support for ALTER" in (trip.failed or "")
        return
    assert trip.is_at_rest, trip.told()
    expect_checks(connection)


@pytest.mark.parametrize("name", ["named", None])
def test_new_columns_on_mariadb(
    name: str | None, mariadb_connection: sa.Connection
) -> None:
    make_table_without_columns(mariadb_connection)
    trip = round_trip(OURS, mariadb_connection, model(name))
    assert trip.is_at_rest, trip.told()
    expect_checks(mariadb_connection)


def make_table_without_columns(connection: sa.Connection) -> None:
    Table("t", MetaData(), Column("id", Integer, primary_key=True)).create(connection)
    connection.commit()


def test_nameless_checks_are_found_by_what_they_say(connection: sa.Connection) -> None:
    options = OPTIONS["compared"]
    model(None).create_all(connection)
    connection.execute(sa.text("CREATE TABLE others (a int, CHECK (a in (1, 2)))"))
    connection.commit()

    def others(*conditions: str) -> MetaData:
        metadata = model(None)
        checks = (CheckConstraint(condition) for condition in conditions)
        Table("others", metadata, Column("a", Integer), *checks)
        return metadata

    for same in ("a IN (1,2)", "a = 1 OR a = 2", "a = ANY (ARRAY[1, 2])"):
        if connection.dialect.name == "sqlite" or "OR" not in same:
            assert write(OURS, connection, others(same), **options).diffs == []
    # One for one, and only what is the same.
    found = write(OURS, connection, others("a > 1", "a < 5"), **options).diffs
    assert len(found) == (0 if connection.dialect.name == "sqlite" else 1)


@pytest.mark.parametrize("name", ["named", None])
def test_there_and_back_on_mariadb(
    name: str | None, mariadb_connection: sa.Connection
) -> None:
    trip = round_trip(OURS, mariadb_connection, model(name))
    assert trip.is_at_rest, trip.told()
    expect_checks(mariadb_connection)
