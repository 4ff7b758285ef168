"""Random schemas, unchanged and with one random change: the proof never contradicts.

ALEMBIC_C_FUZZ_PAIRS is how many schemas each database sees, ALEMBIC_C_FUZZ_SEED the
first seed.  A failure prints its seed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.engines import rolling_back
from tests.support.proving import check, differences
from tests.support.schemas import build, changed_once, make_pair

SCHEMAS = int(os.environ.get("ALEMBIC_C_FUZZ_PAIRS", "60"))
FIRST_SEED = int(os.environ.get("ALEMBIC_C_FUZZ_SEED", "1"))
CHUNK = 20


@pytest.fixture
def connection(database_url: str) -> Iterator[sa.Connection]:
    with rolling_back(database_url) as engine, engine.connect() as connection:
        yield connection


def _summary(found: list[Any]) -> list[str]:
    flat = [
        one for each in found for one in (each if isinstance(each, list) else [each])
    ]
    return sorted(f"{each[0]}" for each in flat)


@pytest.mark.parametrize("start", range(FIRST_SEED, FIRST_SEED + SCHEMAS, CHUNK))
def test_one_change(start: int, connection: sa.Connection) -> None:
    n_tables = n_proven = n_refused = 0
    for seed in range(start, min(start + CHUNK, FIRST_SEED + SCHEMAS)):
        pair = make_pair(seed, connection.dialect.name)
        if not pair.database.tables:
            continue
        opts = {
            "compare_server_default": bool(seed % 2),
            "include_schemas": pair.options["include_schemas"],
            "include_name": lambda name, kind, parents: (
                kind != "schema" or name in (None, "test_schema")
            ),
        }
        try:
            try:
                build(pair.database).create_all(connection)
            except sa.exc.DBAPIError:  # such as two indexes of a name
                n_refused += 1
                continue
            unchanged = check(connection, build(pair.database), **opts)
            n_tables += unchanged.of
            n_proven += unchanged.proven or 0
            changed = build(changed_once(pair))
            verdict = check(connection, changed, **opts)
            on = differences(connection, changed, "on", **opts)
            assert _summary(on) == _summary(verdict.differences), f"seed {seed}"
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        finally:
            connection.rollback()
    assert n_refused <= 2
    # Half of these tables have something that is not proven on purpose.
    assert n_proven >= 0.3 * n_tables, f"only {n_proven} of {n_tables} proven"
