"""Autogenerate on wild pairs of schemas: ours and upstream's give the same.

Environment variables: ALEMBIC_C_WILD_PAIRS is how many pairs each database sees,
ALEMBIC_C_WILD_SEED the first seed, ALEMBIC_C_FUZZ_PROOF the modes of the proof.
A failure prints its seed; that seed alone repeats it.
"""

from __future__ import annotations

import os

import pytest

from alembic_c.autogenerate.compare import _sqlite
from tests.support.autogen import Package
from tests.support.wild_comparison import differences, engine_for

PAIRS = int(os.environ.get("ALEMBIC_C_WILD_PAIRS", "50"))
FIRST_SEED = int(os.environ.get("ALEMBIC_C_WILD_SEED", "1"))
PROOF_MODES = os.environ.get("ALEMBIC_C_FUZZ_PROOF", "off,on").split(",")
CHUNK = 25

pytestmark = pytest.mark.usefixtures("as_text", "by_name")


@pytest.mark.parametrize("start", range(FIRST_SEED, FIRST_SEED + PAIRS, CHUNK))
def test_wild_pairs(
    start: int,
    database_url: str,
    packages: tuple[Package, Package],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALEMBIC_C_PROOF", "on")
    monkeypatch.setattr(_sqlite, "WORTHWHILE", _sqlite.WORTHWHILE)
    engine = engine_for(database_url)
    found = []
    with engine.connect() as connection:
        for seed in range(start, min(start + CHUNK, FIRST_SEED + PAIRS)):
            found += [
                f"seed {seed}: {line}"
                for line in differences(connection, seed, *packages, PROOF_MODES)
            ]
    engine.dispose()
    assert not found, "\n".join(found)
