"""A tree of 1,000 revisions with forks, merges, labels and dependencies.

Ours and upstream's command print the same, but for what upstream takes from a set in
the order of string hashes, which differs from run to run: the order of several labels
and of a fork's children (sorted here), and of unrelated branches (entries are compared
as a set there).
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import upstream

SEED = int(os.environ.get("ALEMBIC_C_TREE_SEED", "1519"))
COUNT = 1_000
ROOT = Path(__file__).resolve().parent.parent.parent

FILE = '''"""{message}

{long}
Revision ID: {revision}
Revises: {revises}
Create Date: 2024-05-06 07:08:09.101112

"""
revision = {revision!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {depends!r}


def upgrade():
    pass


def downgrade():
    pass
'''

ENV = """
from alembic import context
from sqlalchemy import create_engine

with create_engine("sqlite:///tree.db").connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""

INI = "[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\n"


def write_tree(directory: Path) -> list[str]:
    """Write the project and return the revision ids, parents first."""
    print(f"seed {SEED}")
    rng = random.Random(SEED)
    versions = directory / "migrations" / "versions"
    versions.mkdir(parents=True)
    (directory / "alembic.ini").write_text(INI)
    (directory / "migrations" / "env.py").write_text(ENV)
    ids = [f"{rng.getrandbits(48):012x}" for _ in range(COUNT)]
    heads: list[str] = []
    for number, revision in enumerate(ids):
        down: str | tuple[str, ...] | None
        kind = rng.random()
        if number == 0 or (kind < 0.01 and len(heads) < 6):
            down = None
        elif kind < 0.06 and len(heads) < 6:
            down = rng.choice(ids[max(0, number - 40) : number])  # maybe a fork
        elif kind < 0.12 and len(heads) > 2:
            down = tuple(rng.sample(heads, 2))
        else:
            down = rng.choice(heads)
        parents = {down} if isinstance(down, str) else set(down or ())
        depends = None
        if number > 50 and rng.random() < 0.03:
            depends = rng.choice(ids[: number - 10])
        heads = [head for head in heads if head not in parents] + [revision]
        text = FILE.format(
            message=f"change number {number}",
            long="\n".join(f"Line {n} of its story." for n in range(rng.randrange(3))),
            revision=revision,
            revises=", ".join(sorted(parents)),
            down=down,
            labels=(f"label{number}",) if down is None else None,
            depends=depends,
        )
        (versions / f"{revision}_change_number_{number}.py").write_text(text)
    return ids


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    directory = tmp_path_factory.mktemp("tree")
    return directory, write_tree(directory)


def output(package: str, directory: Path, *arguments: str) -> str:
    """Return what one side prints, with labels and children sorted."""
    paths = {"alembic": str(upstream.directory()), "alembic_c": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", package, *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": paths[package]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return re.sub(
        r"label\d+(?:, label\d+)+|(?<=Branches into: ).+",
        lambda names: ", ".join(sorted(names[0].split(", "))),
        done.stdout,
    )


def entries(text: str) -> list[str]:
    """Return what `-v` prints, an entry for each revision."""
    return re.split(r"(?m)^(?=Rev: )", text)


@pytest.mark.parametrize(
    "line", ["heads", "heads -v", "heads --resolve-dependencies", "branches"]
)
def test_listings(tree: tuple[Path, list[str]], line: str) -> None:
    directory, _ = tree
    ours = output("alembic_c", directory, *line.split())
    theirs = output("alembic", directory, *line.split())
    assert sorted(entries(ours)) == sorted(entries(theirs)) or sorted(
        ours.splitlines()
    ) == sorted(theirs.splitlines())
    assert ours.strip()


def test_history_has_the_same_entries(tree: tuple[Path, list[str]]) -> None:
    directory, ids = tree
    ours = entries(output("alembic_c", directory, "history", "-v"))
    theirs = entries(output("alembic", directory, "history", "-v"))
    assert len(ours) == len(ids) + 1
    assert sorted(ours) == sorted(theirs)


def test_history_of_one_head_is_in_the_same_order(
    tree: tuple[Path, list[str]],
) -> None:
    directory, _ = tree
    [head, *_] = output("alembic_c", directory, "heads").split()
    line = ["history", "-v", "-r", f":{head}"]
    ours = output("alembic_c", directory, *line)
    assert ours == output("alembic", directory, *line)
    assert ours.count("Rev: ") > 50


def test_show(tree: tuple[Path, list[str]]) -> None:
    directory, ids = tree
    for revision in (ids[0], ids[COUNT // 2], ids[-1], ids[7][:9]):
        ours = output("alembic_c", directory, "show", revision)
        assert ours == output("alembic", directory, "show", revision)


def test_current(tree: tuple[Path, list[str]]) -> None:
    directory, ids = tree
    output("alembic_c", directory, "stamp", ids[COUNT // 2])
    ours = output("alembic_c", directory, "current", "-v")
    assert ours == output("alembic", directory, "current", "-v")
    assert ids[COUNT // 2] in ours
