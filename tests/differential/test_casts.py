"""Changes of types on PostgreSQL: USING where the server asks for it, and no more."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.dialects import postgresql as pg

from alembic_c.autogenerate._pg_casts import Cast, CastCatalog
from tests.support import postgres
from tests.support.autogen import Package
from tests.support.round_trip import round_trip, run, written

OURS = Package("alembic_c")

TYPES = """
    integer bigint smallint numeric(10,2) real|double precision boolean text
    varchar(20) char(3) name "char" citext date timestamp timestamptz time interval
    uuid json jsonb bytea bit(3) xml inet cidr macaddr point money tsvector oid
    int4range mood letters positive positive2 integer[] bigint[] text[] varchar(5)[]
    mood[] letters[] uuid[] json[] boolean[]
"""


@pytest.fixture(scope="module")
def database(pg_server: str) -> Iterator[sa.Engine]:
    with postgres.engine(pg_server) as engine:
        yield engine


@pytest.fixture
def connection(database: sa.Engine) -> Iterator[sa.Connection]:
    with database.connect() as connection:
        postgres.empty(connection)
        yield connection


def test_every_pair_of_types(connection: sa.Connection) -> None:
    """The answer is the server's, on a table without rows."""
    for statement in (
        "CREATE EXTENSION citext",
        "CREATE TYPE mood AS ENUM ('sad')",
        "CREATE TYPE letters AS ENUM ('a')",
        "CREATE DOMAIN positive AS integer CHECK (VALUE > 0)",
        "CREATE DOMAIN positive2 AS positive",
    ):
        connection.exec_driver_sql(statement)
    names = [
        name
        for part in TYPES.replace("double precision", "float8").split()
        for name in part.split("|")
    ]
    catalog = CastCatalog(connection)
    oids = {name: catalog.oid(name) for name in names}
    catalog.load(oid for oid in oids.values() if oid is not None)
    wrong = []
    share = int(os.environ.get("ALEMBIC_C_CASTS", "29"))
    for source, target in [*itertools.permutations(names, 2)][::share]:
        one, other = oids[source], oids[target]
        assert one is not None
        assert other is not None
        cast = catalog.cast(catalog.known(one), catalog.known(other))
        between = "::text" if cast is Cast.AS_TEXT else ""
        without = _alters(connection, source, target, "")
        using = _alters(connection, source, target, f"USING c{between}::{target}")
        if without != (cast is Cast.ASSIGNED) or not using:
            wrong.append((source, target, cast, without, using))
    assert wrong == []


def _alters(connection: sa.Connection, source: str, target: str, using: str) -> bool:
    savepoint = connection.begin_nested()
    try:
        connection.exec_driver_sql(
            f"CREATE TABLE tried (c {source});"
            f"ALTER TABLE tried ALTER c TYPE {target} {using}"
        )
    except sa.exc.DBAPIError:
        return False
    finally:
        savepoint.rollback()
    return True


def model(type_: Any, **options: Any) -> MetaData:
    metadata = MetaData()
    Table("t", metadata, Column("id", Integer), Column("two words", type_, **options))
    return metadata


# Types before and after; defaults before and after; whether upstream's migration runs.
CHANGES: dict[str, tuple[Any, Any, Any, Any, bool]] = {
    "wider": (Integer, sa.BigInteger, "1", "1", True),
    "to text": (Integer, sa.Text, None, None, False),
    "to integer": (String(5), Integer, None, None, False),
    "to integer, with a default": (String(5), Integer, "1", "2", False),
    "to boolean": (Integer, sa.Boolean, None, None, False),
    "to date": (sa.Text, sa.Date, None, "2020-01-01", False),
    "to uuid": (String(36), sa.Uuid, None, None, False),
    "to jsonb": (sa.Text, pg.JSONB, "{}", "{}", False),
    "no cast at all": (sa.Date, Integer, None, None, False),
    "no cast at all, with a default": (pg.INTERVAL, pg.UUID, None, "0" * 32, False),
    "to an array": (String(5), pg.ARRAY(Integer), None, None, False),
    "of an array": (pg.ARRAY(String(5)), pg.ARRAY(Integer), "{1}", "{1}", False),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_there_and_back(
    connection: sa.Connection, upstream: ModuleType, name: str
) -> None:
    before, after, old, new, works = CHANGES[name]
    start, wanted = model(before, server_default=old), model(after, server_default=new)
    theirs = round_trip(Package("alembic"), connection, wanted, start=start)
    assert theirs.is_at_rest == works, theirs.told()
    postgres.empty(connection)
    trip = round_trip(OURS, connection, wanted, start=start)
    assert trip.is_at_rest, trip.told()
    if works:
        assert trip.written == theirs.written


def test_rows_are_converted(connection: sa.Connection) -> None:
    before, after = model(String(5)), model(Integer, server_default="3")
    before.create_all(connection)
    connection.execute(sa.text("INSERT INTO t VALUES (1, '12'), (2, NULL)"))
    connection.commit()
    upgrade, _ = written(OURS, connection, after)
    assert "WARNING" not in upgrade
    run(OURS, connection, upgrade)
    rows = connection.execute(sa.text('SELECT "two words" FROM t ORDER BY id')).all()
    assert rows == [(12,), (None,)]


def test_without_a_cast_it_is_said(
    connection: sa.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    model(sa.Date).create_all(connection)
    connection.commit()
    upgrade, downgrade = written(OURS, connection, model(Integer))
    assert "# WARNING: PostgreSQL has no cast from DATE to INTEGER." in upgrade
    assert "# WARNING: PostgreSQL has no cast from INTEGER to DATE." in downgrade
    (record,) = [each for each in caplog.records if each.levelname == "WARNING"]
    assert record.getMessage().startswith("No cast from DATE to INTEGER for column 't.")


def test_a_generated_column_is_left_alone(connection: sa.Connection) -> None:
    def generated(type_: Any) -> MetaData:
        metadata = MetaData()
        computed = sa.Computed("id + 1", persisted=True)
        Table("t", metadata, Column("id", Integer), Column("g", type_, computed))
        return metadata

    start, wanted = generated(Integer), generated(sa.BigInteger)
    trip = round_trip(OURS, connection, wanted, start=start)
    assert trip.is_at_rest, trip.told()


def test_the_expression_of_others_is_theirs_to_write(connection: sa.Connection) -> None:
    """As alembic-postgresql-enum's, which appends it to what is rendered."""
    from alembic_c.operations import ops

    operation = ops.AlterColumnOp(
        "t", "c", modify_type=Integer(), postgresql_using="c::int"
    )
    context = OURS.context(connection, {})
    text = OURS.autogenerate.render_python_code(
        ops.UpgradeOps([operation]), migration_context=context
    )
    assert "using" not in text
