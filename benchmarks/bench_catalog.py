"""Autogenerate with the equality proof: ours, upstream's, and the server's own share.

usage: python -m benchmarks.bench_catalog [--sizes 1000,5000] [--rounds N]
    [--postgresql URL] [--only "NAME;NAME"] [--databases sqlite,postgresql]

Both packages compare the same database in one process, in turns; the figures are
medians.  The floor is what the bulk catalog queries alone take through the driver, with
their rows thrown away.  `check` through a proxy is the whole command, with 5 ms added
to each round trip.  URL is of an account that may create databases; ALEMBIC_C_TEST_PG
without the option.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import logging
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import bench_autogenerate, measure, schema
from benchmarks.bench_autogenerate import Side, sqlite_database
from tests.support import postgres
from tests.support.slow_proxy import slow_proxy

SIZES = (1_000, 5_000)
DELAY = 0.005
MOST_QUERIES = 8


def _leave_sevens_out(
    item: Any, name: str | None, kind: str, reflected: bool, other: Any
) -> bool:
    return not (kind == "table" and name is not None and name.endswith("7"))


@dataclass(frozen=True)
class Case:
    """One comparison.

    wanted: (database, tables) -> the wanted ratio; changed_every: one table in so many
    differs; floor: whether to hold ours against the queries alone.
    """

    name: str
    opts: dict[str, Any]
    wanted: dict[tuple[str, int], float]
    changed_every: int = 0
    floor: bool = False


def _both(ratio: float) -> dict[tuple[str, int], float]:
    return {(kind, 1_000): ratio for kind in ("postgresql", "sqlite")}


CASES = (
    Case(
        "unchanged",
        {},
        {
            ("postgresql", 1_000): 25,
            ("postgresql", 5_000): 35,
            ("sqlite", 1_000): 30,
            ("sqlite", 5_000): 100,
        },
        floor=True,
    ),
    Case(
        "unchanged, server defaults",
        {"compare_server_default": True},
        _both(20),
        floor=True,
    ),
    Case(
        "unchanged, some filtered",
        {"include_object": _leave_sevens_out},
        _both(20),
    ),
    Case("5 % changed", {}, _both(8), changed_every=20),
)


@contextlib.contextmanager
def _counted(engine: sa.Engine) -> Iterator[list[str]]:
    """Collect the statements that are executed during a block."""
    statements: list[str] = []

    def listener(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    sa.event.listen(engine, "before_cursor_execute", listener)
    try:
        yield statements
    finally:
        sa.event.remove(engine, "before_cursor_execute", listener)


def _plain(found: Any) -> str:
    return re.sub(r"0x[0-9a-f]+", "0x", repr(found))


class Bench:
    """The comparisons over one database."""

    make_metadata = staticmethod(schema.make_metadata)
    far_away = 30  # the wanted ratio of `check`
    most_queries = MOST_QUERIES

    def __init__(
        self, sides: dict[str, Side], engine: sa.Engine, size: int, rounds: int
    ) -> None:
        self._sides = sides
        self._engine = engine
        self._kind = engine.dialect.name
        self._size = size
        self._rounds = rounds
        self.rows: list[measure.Row] = []
        self.notes: list[str] = []

    @contextlib.contextmanager
    def _ready(self, case: Case) -> Iterator[tuple[sa.Connection, sa.MetaData]]:
        """Give a connection that is in use, and models.

        The server waits while they are made; what it does first then takes longer than
        what it does again, so whatever is timed begins in this way.
        """
        metadata = self.make_metadata(self._size, changed_every=case.changed_every)
        with self._engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
            gc.collect()
            yield connection, metadata

    def _compare(self, side: str, case: Case) -> tuple[float, str]:
        with self._ready(case) as (connection, metadata):
            start = time.perf_counter()
            found = self._sides[side].differences(connection, metadata, case.opts)
            return time.perf_counter() - start, _plain(found)

    def _floor(self, case: Case) -> float:
        """Return the seconds of the catalog queries alone."""
        with _counted(self._engine) as statements:
            self._compare("ours", case)
        with self._ready(case) as (connection, _):
            cursor = connection.connection.cursor()
            start = time.perf_counter()
            for statement in statements:
                if "pg_catalog.pg_" in statement and "%" not in statement:
                    cursor.execute(statement)
                    cursor.fetchall()
            return time.perf_counter() - start

    def measure(self, case: Case) -> None:
        """Add a row.

        Raises AssertionError if the sides' operations differ, or if there are more
        queries than there may be.
        """
        found: dict[str, str] = {}

        def once(side: str) -> float:
            elapsed, found[side] = self._compare(side, case)
            return elapsed

        parts: dict[str, Callable[[], float]] = {
            "upstream": lambda: once("upstream"),
            "ours": lambda: once("ours"),
        }
        if case.floor and self._kind != "sqlite":
            parts["floor"] = lambda: self._floor(case)
        once("ours")  # imports and the database's caches
        times = measure.interleaved(parts, self._rounds)
        assert found["ours"] == found["upstream"], case.name
        if not case.changed_every:
            self._count(case)
        self._add(
            f"{case.name}, {self._size:,} tables, {self._kind}",
            times,
            case.wanted.get((self._kind, self._size)),
        )

    def _add(self, what: str, times: dict[str, float], wanted: float | None) -> None:
        row = measure.Row(
            what, times["upstream"], times["ours"], wanted, times.get("floor")
        )
        self.rows.append(row)
        print(measure.table([row]).splitlines()[-1], file=sys.stderr, flush=True)

    def _count(self, case: Case) -> None:
        with _counted(self._engine) as statements:
            self._compare("ours", case)
        self.notes.append(
            f"{case.name}, {self._size:,} tables, {self._kind}: "
            f"{len(statements) - 1} queries"  # without the SELECT 1 of _compare()
        )
        assert len(statements) - 1 <= self.most_queries, statements

    def check_far_away(self) -> None:
        """Measure `check` with a slower network in between."""
        url = self._engine.url
        with (
            slow_proxy(url.host or "127.0.0.1", url.port or 5432, DELAY) as proxy,
            tempfile.TemporaryDirectory(prefix="alembic_c_bench") as name,
        ):
            work = Path(name)
            far = url.set(host=proxy.host, port=proxy.port)
            _write_project(work, far.render_as_string(hide_password=False), self._size)
            trips: dict[str, int] = {}

            def once(side: str) -> float:
                before = proxy.round_trips
                elapsed = _check(side, work)
                trips[side] = proxy.round_trips - before
                return elapsed

            times = measure.interleaved(
                {"upstream": lambda: once("upstream"), "ours": lambda: once("ours")},
                min(self._rounds, 3),
            )
        self._add(
            f"`check`'s comparison at {DELAY * 1e3:g} ms a round trip, "
            f"{self._size:,} tables",
            times,
            self.far_away if self._size == 1_000 else None,
        )
        self.notes.append(
            f"round trips of `check`: upstream {trips['upstream']}, "
            f"ours {trips['ours']}"
        )


_ENV = """
import sqlalchemy as sa
from alembic import context
from benchmarks import schema

metadata = schema.make_metadata({size})
engine = sa.create_engine({url!r})
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
"""


def _write_project(work: Path, url: str, size: int) -> None:
    scripts = work / "migrations"
    (scripts / "versions").mkdir(parents=True)
    (scripts / "env.py").write_text(_ENV.format(url=url, size=size), encoding="utf-8")
    (scripts / "script.py.mako").write_text("", encoding="utf-8")
    text = f"[alembic]\nscript_location = {scripts}\n"
    (work / "alembic.ini").write_text(text, encoding="utf-8")


# argv: package, ini file.  Prints the seconds of the command without the imports and
# the making of the model, which are the same for both.
_CHECK = """
import importlib, sys, time
package, ini = sys.argv[1:]
if package == "alembic_c":
    importlib.import_module("alembic_c").install()
command = importlib.import_module(package + ".command")
config = importlib.import_module(package + ".config").Config(ini)
for name in ("sqlalchemy", "mako.template", "sqlalchemy.dialects.postgresql",
             package + ".autogenerate"):
    importlib.import_module(name)
from benchmarks import schema
made = schema.make_metadata
cost = []
def timed(size):
    start = time.perf_counter()
    try:
        return made(size)
    finally:
        cost.append(time.perf_counter() - start)
schema.make_metadata = timed
start = time.perf_counter()
command.check(config)
print(time.perf_counter() - start - sum(cost), file=sys.stderr)
"""


def _check(side: str, work: Path) -> float:
    """Return the seconds that `check` takes in a process of its own."""
    import subprocess

    from tests.support import upstream

    root = str(Path(__file__).resolve().parent.parent)
    paths = [root, str(upstream.directory())]
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            _CHECK,
            {"upstream": "alembic", "ours": "alembic_c"}[side],
            str(work / "alembic.ini"),
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stderr.split()[-1])


def run(
    sizes: tuple[int, ...] = SIZES,
    rounds: int = 5,
    server: str | None = None,
    only: frozenset[str] = frozenset(),
    kinds: frozenset[str] = frozenset(("sqlite", "postgresql")),
) -> tuple[list[measure.Row], list[str]]:
    """Measure and return the rows and the notes.

    server: URL of a PostgreSQL server; without it only SQLite is measured.
    only: names of the cases, and "check"; all if empty.
    kinds: of "sqlite" and "postgresql".
    """
    rows: list[measure.Row] = []
    notes: list[str] = []
    sides = bench_autogenerate.sides()
    logging.disable(logging.WARNING)
    try:
        for size in sizes:
            for database in _databases(server, kinds):
                with database() as engine:
                    schema.create(engine, schema.make_metadata(size))
                    few = rounds if size <= 1_000 else min(rounds, 3)
                    bench = Bench(sides, engine, size, few)
                    # Upstream takes minutes for all of them on a large schema.
                    for case in CASES if size <= 1_000 else CASES[:1]:
                        if not only or case.name in only:
                            bench.measure(case)
                    far = engine.dialect.name == "postgresql" and size <= 1_000
                    if far and (not only or "check" in only):
                        bench.check_far_away()
                    rows += bench.rows
                    notes += bench.notes
    finally:
        logging.disable(logging.NOTSET)
    return rows, notes


def _databases(
    server: str | None, kinds: frozenset[str]
) -> list[Callable[[], contextlib.AbstractContextManager[sa.Engine]]]:
    @contextlib.contextmanager
    def file() -> Iterator[sa.Engine]:
        with (
            tempfile.TemporaryDirectory(prefix="alembic_c_bench") as name,
            sqlite_database(Path(name)) as engine,
        ):
            yield engine

    files = [file] if "sqlite" in kinds else []
    if server is None or "postgresql" not in kinds:
        return [*files]
    return [*files, lambda: postgres.engine(server)]


def _report(rows: list[measure.Row], notes: list[str]) -> str:
    return "\n".join([measure.table(rows), "", *(f"- {note}" for note in notes)])


def report(rounds: int = 3) -> str:
    """Measure all of it and return the Markdown section."""
    server = os.environ.get("ALEMBIC_C_TEST_PG")
    rows, notes = run(rounds=rounds, server=server)
    if server is None:
        notes.append("PostgreSQL was not measured: ALEMBIC_C_TEST_PG is unset.")
    return _report(rows, notes)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--postgresql", default=os.environ.get("ALEMBIC_C_TEST_PG"))
    parser.add_argument("--only", default="", help="names, separated by semicolons")
    parser.add_argument("--databases", default="sqlite,postgresql")
    options = parser.parse_args(argv)
    only = frozenset(name.strip() for name in options.only.split(";") if name)
    sizes = tuple(int(size) for size in options.sizes.split(",") if size)
    kinds = frozenset(options.databases.split(","))
    print(_report(*run(sizes, options.rounds, options.postgresql, only, kinds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
