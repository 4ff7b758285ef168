"""Stamps of several revisions: the version table has what was asked for."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alembic_c.runtime.migration import MigrationContext
from alembic_c.script import ScriptDirectory
from alembic_c.script.revision import Revision, RevisionMap

SEED = 20261129
ROUNDS = 300

Row = tuple[str, tuple[str, ...], tuple[str, ...]]


@pytest.fixture
def script(tmp_path: Path) -> ScriptDirectory:
    return ScriptDirectory(tmp_path)


@pytest.fixture
def context() -> Any:
    with sa.create_engine("sqlite://").connect() as connection:
        yield MigrationContext.configure(connection)


def stamped(
    context: MigrationContext,
    script: ScriptDirectory,
    revisions: list[Row],
    rows: tuple[str, ...],
    targets: tuple[str, ...],
) -> set[str]:
    """Return the version table of a database at `rows` after a stamp."""
    context._ensure_version_table(purge=True)
    for row in rows:
        context.connection.execute(context._version.insert().values(version_num=row))
    script.revision_map = RevisionMap(lambda: [Revision(*row) for row in revisions])
    context.stamp(script, targets)  # type: ignore[arg-type]
    return set(context.get_current_heads())


TWO_BRANCHES: list[Row] = [
    ("a1", (), ()),
    ("a2", ("a1",), ()),
    ("a3", ("a2",), ()),
    ("b1", (), ()),
    ("b2", ("b1",), ()),
    ("b3", ("b2",), ("a3",)),
    ("c1", (), ()),
]


@pytest.mark.parametrize(
    ("rows", "targets", "expected"),
    [
        (("b3",), ("a1", "b1"), {"a1", "b1"}),
        (("b3", "c1"), ("b1", "a1"), {"a1", "b1", "c1"}),
        (("a3", "b2"), ("a1", "b1"), {"a1", "b1"}),
        (("a1", "b2"), ("a1", "b1"), {"a1", "b1"}),
        (("a1", "b1"), ("a3", "b2"), {"a3", "b2"}),
        ((), ("a1", "b1"), {"a1", "b1"}),
        (("a2", "b2"), ("base",), set()),
    ],
)
def test_two_branches(
    context: MigrationContext,
    script: ScriptDirectory,
    rows: tuple[str, ...],
    targets: tuple[str, ...],
    expected: set[str],
) -> None:
    assert stamped(context, script, TWO_BRANCHES, rows, targets) == expected


def random_map(rnd: random.Random) -> tuple[list[Row], dict[str, set[str]]]:
    """Return revisions, and what each of them stands on."""
    revisions: list[Row] = []
    below: dict[str, set[str]] = {}
    for number in range(rnd.randint(3, 8)):
        known = list(below)
        down = tuple(rnd.sample(known, min(len(known), rnd.choice([0, 1, 1, 1, 2]))))
        needs = tuple(rnd.sample(known, min(len(known), rnd.choice([0, 0, 1]))))
        name = f"r{number}"
        below[name] = set(down + needs).union(*[below[each] for each in down + needs])
        revisions.append((name, down, needs))
    return revisions, below


@pytest.mark.parametrize("part", range(3))
def test_random_maps(
    context: MigrationContext, script: ScriptDirectory, part: int
) -> None:
    """What shares a line with a target goes, the targets come, the rest stays."""
    for number in range(part, ROUNDS, 3):
        rnd = random.Random(SEED + number)
        revisions, below = random_map(rnd)
        names = list(below)
        chosen = rnd.sample(names, rnd.randint(0, 3))
        rows = tuple(
            each for each in chosen if not any(each in below[other] for other in chosen)
        )
        targets = tuple(rnd.sample(names, rnd.choice([1, 2, 2, 3])))
        expected = set(targets) | {
            row
            for row in rows
            if not any(row in below[each] or each in below[row] for each in targets)
        }
        found = stamped(context, script, revisions, rows, targets)
        assert found == expected, (SEED + number, revisions, rows, targets)
