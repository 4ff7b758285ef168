"""Running trees as applications have them: ours against upstream, whole processes.

usage: python -m benchmarks.bench_trees [--rounds N] [KIND...]     kinds: sqlite, ...

The trees are those of `real_trees`.  Each round migrates a new database up and down
with either package, one after the other; servers are throwaway ones.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa

from benchmarks import measure, real_trees
from benchmarks.bench_upgrade import (
    _ENV,
    ROOT,
    NewDatabase,
    Side,
    postgresql_at,
    sqlite_in,
)
from tests.support import mariadb, postgres, upstream

_VERBS = {"upgrade head": ("upgrade", "head"), "downgrade base": ("downgrade", "base")}


@contextlib.contextmanager
def _on_sqlite() -> Iterator[NewDatabase]:
    with tempfile.TemporaryDirectory(prefix="alembic_c_trees") as name:
        yield sqlite_in(Path(name))


@contextlib.contextmanager
def _on_postgresql() -> Iterator[NewDatabase]:
    with postgres.cluster() as server:
        yield postgresql_at(server.url())


@contextlib.contextmanager
def _on_mariadb() -> Iterator[NewDatabase]:
    with mariadb.server() as started:
        url = started.url(dialect="mariadb")

        @contextlib.contextmanager
        def new() -> Iterator[str]:
            engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
            with engine.begin() as connection:
                mariadb.drop_tables(connection)
            yield url

        yield new


# Kind -> (its steps, where they run, the wanted ratio).
KINDS: dict[
    str,
    tuple[
        Callable[[], list[real_trees.Step]],
        Callable[[], contextlib.AbstractContextManager[NewDatabase]],
        float,
    ],
] = {
    "sqlite": (real_trees.sqlite, _on_sqlite, 1.6),
    "postgresql": (real_trees.postgresql, _on_postgresql, 1.1),
    "mariadb": (real_trees.mariadb, _on_mariadb, 1.1),
}


def _measured(kind: str, work: Path, rounds: int) -> Iterator[measure.Row]:
    make_steps, on, target = KINDS[kind]
    steps = make_steps()
    tree = work / kind
    tree.mkdir()
    real_trees.make(tree, _ENV, steps)
    sides = [Side("alembic", upstream.directory()), Side("alembic_c", ROOT)]
    runs: dict[tuple[str, str], list[measure.Run]] = {}
    with on() as database:
        # The first round fills the caches and is not counted.
        for number in range(rounds + 1):
            for side in sides:
                with database() as url:
                    for verb, arguments in _VERBS.items():
                        done = side.run(tree, url, *arguments, bytecode=True)
                        if number:
                            runs.setdefault((verb, side.package), []).append(done)
    for clock, words in (("seconds", ""), ("cpu", ", CPU time")):
        for verb in _VERBS:
            theirs, ours = (
                statistics.median(
                    getattr(run, clock) for run in runs[verb, side.package]
                )
                for side in sides
            )
            what = f"`{verb}`, {len(steps)} steps, {kind}{words}"
            yield measure.Row(what, theirs, ours, None if words else target)


def report(rounds: int = 5, kinds: list[str] | None = None) -> str:
    """Measure all of it and return the Markdown section."""
    with tempfile.TemporaryDirectory(prefix="alembic_c_bench") as name:
        rows = [
            row
            for kind in kinds or KINDS
            for row in _measured(kind, Path(name), rounds)
        ]
    return (
        "Trees in the spirit of public applications (`benchmarks/real_trees.py`): on "
        "SQLite nearly all of it batches, on PostgreSQL with ENUMs, data steps and "
        "autocommit blocks, on MariaDB ALTERs and data steps.  Whole processes, their "
        f"start included; medians of {rounds} rounds.\n\n{measure.table(rows)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", choices=[*KINDS, []])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(report(options.rounds, options.kinds or None))


if __name__ == "__main__":
    main()
