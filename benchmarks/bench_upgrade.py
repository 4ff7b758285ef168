"""Running migrations: ours against upstream, whole processes.

usage: python -m benchmarks.bench_upgrade [--count N] [--rounds N] [--postgresql URL]

A tree of migrations, each of which creates a table with an index, is written out as
SQL, run on SQLite and on PostgreSQL, and reverted.  URL is of an account that may
create databases; without it (and ALEMBIC_C_TEST_PG) a throwaway server is started.
The floor is what the database takes for the same statements from the bare driver.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import measure, revision_tree
from tests.support import postgres, upstream

ROOT = Path(__file__).resolve().parent.parent
COUNT = 1_000
_OFFLINE_TARGET = 1.3
_ONLINE_TARGET = 1.0
_serial = itertools.count()

# Waiting for the disk would be most of the time on SQLite, and differ from run to run.
_ENV = """import os
import sqlalchemy as sa
from alembic import context

url = os.environ["ALEMBIC_C_BENCH_URL"]
if context.is_offline_mode():
    context.configure(url=url)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    if engine.dialect.name == "sqlite":
        @sa.event.listens_for(engine, "connect")
        def _no_sync(connection, record):
            connection.execute("PRAGMA synchronous = OFF")
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""


@dataclass(frozen=True)
class Side:
    """One of the two packages, in processes of its own."""

    package: str
    directory: Path

    def run(self, tree: Path, url: str, *arguments: str, bytecode: bool) -> measure.Run:
        """Run a command of the package on a tree.

        url: where env.py connects to; bytecode: whether compiled files are kept.
        """
        return measure.process(
            measure.python("-m", self.package, *arguments),
            self._environment(url, bytecode=bytecode),
            str(tree),
        )

    def script(self, tree: Path, url: str, *arguments: str) -> str:
        """Return what an offline command writes."""
        done = subprocess.run(
            measure.python("-m", self.package, *arguments),
            env=self._environment(url, bytecode=True),
            cwd=tree,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def _environment(self, url: str, *, bytecode: bool) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(self.directory),
            "ALEMBIC_C_BENCH_URL": url,
            "PYTHONDONTWRITEBYTECODE": "" if bytecode else "1",
        }


@dataclass(frozen=True)
class Timing:
    """Medians of one command on one side: seconds of wall time and of CPU time."""

    wall: float
    cpu: float


def _timing(runs: list[measure.Run]) -> Timing:
    return Timing(
        statistics.median(run.seconds for run in runs),
        statistics.median(run.cpu for run in runs),
    )


# A new database for each round: its URL, inside the block.
NewDatabase = Callable[[], contextlib.AbstractContextManager[str]]


def sqlite_in(directory: Path) -> NewDatabase:
    @contextlib.contextmanager
    def new() -> Iterator[str]:
        path = directory / f"upgrade_{next(_serial)}.db"
        yield f"sqlite:///{path}"
        path.unlink()

    return new


def postgresql_at(server: str) -> NewDatabase:
    @contextlib.contextmanager
    def new() -> Iterator[str]:
        with postgres.engine(server) as engine:
            yield engine.url.render_as_string(hide_password=False)

    return new


class Bench:
    """Both sides over one generated tree."""

    def __init__(self, work: Path, count: int, rounds: int) -> None:
        self._tree = work / "tree"
        self._tree.mkdir()
        revision_tree.make(self._tree, count)
        (self._tree / "migrations" / "env.py").write_text(_ENV)
        self._rounds = rounds
        self.count = count
        self.sides = {
            "upstream": Side("alembic", upstream.directory()),
            "ours": Side("alembic_c", ROOT),
        }

    def offline(self, url: str, *arguments: str, bytecode: bool) -> dict[str, Timing]:
        """Measure a command with `--sql`.

        Raises RuntimeError if the two do not write the same.
        """
        written = [
            _beside_versions(side.script(self._tree, url, *arguments))
            for side in self.sides.values()
        ]
        if written[0] != written[1]:
            raise RuntimeError(f"{arguments}: the scripts are not equal")
        runs: dict[str, list[measure.Run]] = {name: [] for name in self.sides}
        for _ in range(self._rounds):
            for name, side in self.sides.items():
                runs[name].append(
                    side.run(self._tree, url, *arguments, bytecode=bytecode)
                )
        return {name: _timing(each) for name, each in runs.items()}

    def online(
        self, database: NewDatabase, rounds: int
    ) -> dict[str, dict[str, Timing | float]]:
        """Measure `upgrade head` and `downgrade base`, each round on new databases.

        Returns for both verbs, and for `current` on an empty database, a `Timing` for
        each side; for the verbs also the seconds of the floor.
        """
        verbs = {"current": (), "upgrade": ("head",), "downgrade": ("base",)}
        runs: dict[str, dict[str, list[Any]]] = {verb: {} for verb in verbs}
        for number in range(rounds):
            # The server is busy for a while with what the one before has left behind.
            order = sorted(self.sides.items(), reverse=bool(number % 2))
            for name, side in order:
                with database() as url:
                    for verb, target in verbs.items():
                        done = side.run(self._tree, url, verb, *target, bytecode=True)
                        runs[verb].setdefault(name, []).append(done)
            with database() as url:
                for verb, script in self._scripts(url).items():
                    seconds = _execute_all(url, script)
                    runs[verb].setdefault("floor", []).append(seconds)
        return {
            verb: {
                name: statistics.median(each) if name == "floor" else _timing(each)
                for name, each in found.items()
            }
            for verb, found in runs.items()
        }

    def _scripts(self, url: str) -> dict[str, str]:
        script = self.sides["ours"].script
        return {
            "upgrade": script(self._tree, url, "upgrade", "head", "--sql"),
            "downgrade": script(self._tree, url, "downgrade", "heads:base", "--sql"),
        }


def _statements(script: str) -> list[str]:
    """Return the statements of an offline script but those about transactions."""
    found = []
    for block in script.split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("--")]
        statement = "\n".join(lines).strip()
        if statement and statement not in ("BEGIN;", "COMMIT;"):
            found.append(statement)
    return found


def _beside_versions(script: str) -> list[str]:
    """Return the statements that are not about the rows of the version table.

    Where a downgrade parts two branches, upstream takes them in no fixed order.
    """
    about_rows = re.compile(r"(INSERT INTO|UPDATE|DELETE FROM) alembic_version ")
    return [each for each in _statements(script) if not about_rows.match(each)]


def _execute_all(url: str, script: str) -> float:
    """Return the seconds that a bare driver takes for a script.

    In transactions as the migrations have them: on SQLite one for each.
    """
    statements = _statements(script)
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    connection = engine.raw_connection()
    cursor = connection.cursor()
    is_sqlite = engine.dialect.name == "sqlite"
    if is_sqlite:
        cursor.execute("PRAGMA synchronous = OFF")
    start = time.perf_counter()
    for statement in statements:
        cursor.execute(statement)
        if cursor.description:
            cursor.fetchall()  # of RETURNING; SQLite would not commit
        if is_sqlite and "alembic_version" in statement:
            connection.commit()
    connection.commit()
    elapsed = time.perf_counter() - start
    connection.close()
    return elapsed


def _offline_rows(bench: Bench) -> list[measure.Row]:
    rows = []
    cases = (
        ("upgrade head --sql", ("upgrade", "head", "--sql"), _OFFLINE_TARGET),
        ("downgrade heads:base --sql", ("downgrade", "heads:base", "--sql"), None),
    )
    for name, arguments, target in cases:
        for dialect in ("sqlite", "postgresql"):
            for bytecode in (True, False):
                times = bench.offline(f"{dialect}://", *arguments, bytecode=bytecode)
                kept = "bytecode" if bytecode else "no bytecode"
                rows.append(
                    measure.Row(
                        f"`{name}`, {bench.count:,} migrations, {dialect}, {kept}",
                        times["upstream"].wall,
                        times["ours"].wall,
                        target,
                    )
                )
    return rows


def _online_rows(
    bench: Bench, kind: str, database: NewDatabase, rounds: int
) -> tuple[list[measure.Row], list[str]]:
    rows, lines = [], []
    measured = bench.online(database, rounds)
    starts = measured.pop("current")
    for verb, times in measured.items():
        command = {"upgrade": "upgrade head", "downgrade": "downgrade base"}[verb]
        what = f"`{command}`, {bench.count:,} migrations, {kind}"
        floor: Any = times.pop("floor")
        wall, cpu = (
            {side: getattr(times[side], clock) for side in ("upstream", "ours")}
            for clock in ("wall", "cpu")
        )
        rows.append(
            measure.Row(what, wall["upstream"], wall["ours"], _ONLINE_TARGET, floor)
        )
        beyond, busy = (
            {
                side: measure.seconds(
                    (taken[side] - getattr(starts[side], clock) - database_time)
                    / bench.count
                )
                for side in taken
            }
            for taken, clock, database_time in ((wall, "wall", floor), (cpu, "cpu", 0))
        )
        lines.append(
            f"- {what}: beyond its start (`current`) and the floor, the command takes "
            f"{beyond['ours']} a migration (upstream {beyond['upstream']}); CPU time "
            f"beyond its start, with the driver's, {busy['ours']} (upstream "
            f"{busy['upstream']})"
        )
    return rows, lines


@contextlib.contextmanager
def _server(url: str | None) -> Iterator[str]:
    if url:
        yield url
        return
    with postgres.cluster() as server:
        yield server.url()


def report(count: int = COUNT, rounds: int = 7, postgresql: str | None = None) -> str:
    """Measure all of it and return the Markdown section."""
    with (
        tempfile.TemporaryDirectory(prefix="alembic_c_bench") as name,
        _server(postgresql or os.environ.get("ALEMBIC_C_TEST_PG")) as server,
    ):
        work = Path(name)
        bench = Bench(work, count, rounds)
        rows = _offline_rows(bench)
        lines = []
        databases = {"SQLite": sqlite_in(work), "PostgreSQL": postgresql_at(server)}
        for kind, database in databases.items():
            found, notes = _online_rows(bench, kind, database, rounds)
            rows += found
            lines += notes
    return "\n".join([measure.table(rows), "", *lines])


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure running migrations.")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--postgresql", help="URL of a server")
    options = parser.parse_args()
    print(report(options.count, options.rounds, options.postgresql))


if __name__ == "__main__":
    main()
