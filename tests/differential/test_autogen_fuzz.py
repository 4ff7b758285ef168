"""Autogenerate on random pairs of schemas: ours and upstream's give the same.

Environment variables: ALEMBIC_C_FUZZ_PAIRS is how many pairs each database sees,
ALEMBIC_C_FUZZ_SEED the first seed, ALEMBIC_C_FUZZ_PROOF the modes of the proof.
A failure prints its seed; that seed alone repeats it.
"""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from alembic_c.autogenerate.compare import _sqlite
from tests.support.autogen import Outcome, Package, describe
from tests.support.engines import rolling_back
from tests.support.pairs import Refused, run
from tests.support.schemas import Pair, build, make_pair

PAIRS = int(os.environ.get("ALEMBIC_C_FUZZ_PAIRS", "100"))
FIRST_SEED = int(os.environ.get("ALEMBIC_C_FUZZ_SEED", "1"))
# With the proof, tables that it shows to be equal are not compared at all.
PROOF_MODES = os.environ.get("ALEMBIC_C_FUZZ_PROOF", "off,on").split(",")
CHUNK = 25

pytestmark = pytest.mark.usefixtures("as_text")


@pytest.fixture
def connection(database_url: str) -> Iterator[sa.Connection]:
    with rolling_back(database_url) as engine, engine.connect() as connection:
        yield connection


def starts() -> range:
    return range(FIRST_SEED, FIRST_SEED + PAIRS, CHUNK)


@pytest.mark.parametrize("start", starts())
def test_random_pairs(
    start: int,
    connection: sa.Connection,
    packages: tuple[Package, Package],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = packages
    n_refused = 0
    for seed in range(start, min(start + CHUNK, FIRST_SEED + PAIRS)):
        pair = make_pair(seed, connection.dialect.name)
        try:
            expected = run(theirs, connection, pair)
        except Refused:
            n_refused += 1
            continue
        # Every second time, SQLite's few tables are read in bulk too.
        monkeypatch.setattr(_sqlite, "WORTHWHILE", 1 if seed % 2 else 16)
        for proof in PROOF_MODES:
            monkeypatch.setenv("ALEMBIC_C_PROOF", proof)
            found = run(ours, connection, pair)
            where = f"seed {seed} on {pair.dialect}, proof {proof}"
            if pair.options["filter"] == "include_name":
                # Upstream warns of hidden tables, to which others refer; ours leaves
                # them alone.
                expected.warned = [
                    each for each in expected.warned if each in found.warned
                ]
            assert_equal(found, expected, where)
    assert n_refused <= 2, "most databases can be made"


def assert_equal(found: Outcome, expected: Outcome, where: str) -> None:
    """Assert that ours is upstream's, part by part."""
    if expected.error is not None:
        # Where upstream fails, ours may do better.
        assert found.error in (None, expected.error), where
        return
    assert found.error is None, f"{where}: {found.error}"
    for part in ("diffs", "messages", "warned"):
        assert getattr(found, part) == getattr(expected, part), f"{where}: {part}"
    for part in ("upgrade", "downgrade"):
        assert_same_code(getattr(found, part), getattr(expected, part), where)
    if expected.applied is None:
        assert found.applied is None, f"{where}: {found.applied} while applying"
        assert found.remaining == expected.remaining, f"{where}: after applying"


def assert_same_code(found: str, expected: str, where: str) -> None:
    """Assert that two function bodies are the same text.

    Upstream doubles percent signs in texts of SQL, which makes other texts of them;
    the schemas have no doubled ones (`db/test_expressions.py` runs what ours says).
    Upstream puts the names of commented tables between quotes without escaping them;
    a backslash in one is the only other thing that may differ.
    """
    expected = expected.replace("%%", "%")
    if "\\" in expected:
        found, expected = map(_canonical, (found, expected))
    assert found == expected, where


def _canonical(body: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.unparse(ast.parse(f"def f():\n    {body}"))


def _described(pair: Pair) -> list[str]:
    return [
        describe(table)
        for schema in (pair.database, pair.model)
        for table in build(schema).tables.values()
    ]


def test_the_seed_decides() -> None:
    one, same, other = (make_pair(seed, "sqlite") for seed in (7, 7, 8))
    assert _described(one) == _described(same) != _described(other)
    assert (one.options, one.hidden) == (same.options, same.hidden)
