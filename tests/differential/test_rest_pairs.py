"""From any model to any other and back: the migration that is written comes to rest.

ALEMBIC_C_REST_PAIRS is how many random pairs of models each database sees,
ALEMBIC_C_REST_SEED the first seed.  A failure prints its seed.  ALEMBIC_C_REST_APPS=1
has all models of applications on each database; one of so many is the default.
"""

from __future__ import annotations

import itertools
import os
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import MYSQL
from tests.support import mariadb, postgres, schemas_apps, schemas_sites
from tests.support.autogen import Package
from tests.support.proving import mode
from tests.support.rest_pairs import SCHEMA, make_pair
from tests.support.round_trip import Trip, round_trip, write

PAIRS = int(os.environ.get("ALEMBIC_C_REST_PAIRS", "10"))
FIRST_SEED = int(os.environ.get("ALEMBIC_C_REST_SEED", "1"))
OURS = Package("alembic_c")
DIALECTS = ["sqlite", "postgresql", "mariadb", *(["mysql"] if MYSQL else [])]
MODELS = {**schemas_sites.MODELS, **schemas_apps.MODELS}
SHARE = int(os.environ.get("ALEMBIC_C_REST_APPS", "5"))
APPLICATIONS = list(itertools.product(MODELS, DIALECTS))[::SHARE]
# The indexes that keys make for themselves on MariaDB: named after the key, or its
# column if the key gets its name from the server.  And MySQL's ALTER COLUMN makes no
# expression of a number in parentheses, as CREATE TABLE does.
UNAVOIDABLE = re.compile(
    r"index .*(?:r\d+|f\d+|_ibfk_\d+) of .*: (?:added|removed)$"
    r"|column .*: default_expr changes from '\([\d.]+\)' to \"'[\d.]+'\"$"
)


@pytest.fixture
def connection(any_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(any_url)
    with engine.connect() as connection, mode("check"):
        yield connection
    engine.dispose()


def options_for(connection: sa.Connection) -> dict[str, Any]:
    dialect = connection.dialect.name
    options: dict[str, Any] = {
        "compare_server_default": True,
        "include_schemas": dialect == "postgresql",
        "render_as_batch": dialect == "sqlite",
    }
    if dialect not in ("mysql", "mariadb"):
        options["autogenerate_plugins"] = [
            "alembic.autogenerate.*",
            "alembic.ext.checkconstraint_byname",
        ]
    return options


def clear(connection: sa.Connection, *schemas: str) -> None:
    """Drop all tables."""
    if connection.dialect.name == "postgresql":
        postgres.empty(connection, *schemas)
    elif connection.dialect.name in ("mysql", "mariadb"):
        mariadb.drop_tables(connection)
    else:
        connection.exec_driver_sql("PRAGMA foreign_keys = 0")
        metadata = sa.MetaData()
        metadata.reflect(connection)
        for table in metadata.tables.values():
            connection.execute(sa.schema.DropTable(table))
    connection.commit()


def travel(connection: sa.Connection, seed: int) -> str | None:
    """Go from the first model of a pair to the second; return what went wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _travel(connection, seed)


def forgive(connection: sa.Connection, trip: Trip) -> Trip:
    if connection.dialect.name in ("mysql", "mariadb"):
        trip.changes = [each for each in trip.changes if not UNAVOIDABLE.match(each)]
    return trip


def _travel(connection: sa.Connection, seed: int) -> str | None:
    options = options_for(connection)
    pair = make_pair(seed, connection.dialect.name)
    first, second = pair.models()
    clear(connection, SCHEMA)
    if pair.by_migration:
        made = round_trip(OURS, connection, first, **options)
        if not forgive(connection, made).is_at_rest:
            return f"seed {seed}, the first model: {made.told()}"
    else:
        first.create_all(connection)
        connection.commit()
        if remaining := write(OURS, connection, first, **options).diffs:
            return f"seed {seed}, as it was made: {remaining}"
    trip = forgive(connection, round_trip(OURS, connection, second, **options))
    return None if trip.is_at_rest else f"seed {seed}: {trip.told()}"


def test_random_pairs(connection: sa.Connection) -> None:
    seeds = range(FIRST_SEED, FIRST_SEED + PAIRS)
    failures = [failure for seed in seeds if (failure := travel(connection, seed))]
    assert not failures, "\n\n".join(failures)


@pytest.mark.parametrize(("name", "any_url"), APPLICATIONS, indirect=["any_url"])
def test_models_of_applications(connection: sa.Connection, name: str) -> None:
    clear(connection, *schemas_apps.SCHEMAS)
    model = MODELS[name](connection.dialect.name)
    options = options_for(connection)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trip = round_trip(OURS, connection, model, **options)
        assert trip.is_at_rest, trip.told()
        # All of it is taken away, and comes back.
        trip = round_trip(OURS, connection, sa.MetaData(), **options)
    assert trip.is_at_rest, trip.told()
