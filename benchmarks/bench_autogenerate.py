"""Autogenerate: ours against upstream, on the same database, in one process.

usage: python -m benchmarks.bench_autogenerate [--sizes 1000,5000] [--rounds N]
    [--postgresql URL] [--only "NAME;NAME"] [--json FILE]

URL is of an account that may create databases; ALEMBIC_C_TEST_PG without the option.
Both packages are imported side by side and take turns; the figures are medians.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import itertools
import json
import logging
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import measure, schema
from tests.support import upstream

SIZES = (1_000, 5_000)
_serial = itertools.count()
_PROOF = "ALEMBIC_C_PROOF"

# (benchmark, database, tables) -> the wanted ratio of medians.
TARGETS = {
    ("first migration", "sqlite", 1_000): 2.0,
    ("first migration", "postgresql", 1_000): 2.0,
    ("unchanged, Python path", "sqlite", 1_000): 2.0,
    ("unchanged, Python path", "postgresql", 1_000): 1.3,
    ("unchanged", "sqlite", 1_000): 30.0,
    ("unchanged", "sqlite", 5_000): 100.0,
    ("unchanged", "postgresql", 1_000): 25.0,
    ("unchanged", "postgresql", 5_000): 35.0,
    ("unchanged, server defaults", "postgresql", 1_000): 20.0,
    ("unchanged, server defaults", "sqlite", 1_000): 20.0,
    ("unchanged, some filtered", "postgresql", 1_000): 20.0,
    ("unchanged, some filtered", "sqlite", 1_000): 20.0,
    ("5 % changed", "postgresql", 1_000): 8.0,
    ("5 % changed", "sqlite", 1_000): 8.0,
}


class Side:
    """One of the two packages."""

    def __init__(self, package: str) -> None:
        self._api = importlib.import_module(f"{package}.autogenerate")
        migration = importlib.import_module(f"{package}.runtime.migration")
        self._configure = migration.MigrationContext.configure

    def _context(self, connection: sa.Connection, opts: dict[str, Any]) -> Any:
        return self._configure(connection, opts=opts)

    def differences(
        self, connection: sa.Connection, metadata: sa.MetaData, opts: dict[str, Any]
    ) -> Any:
        context = self._context(connection, opts)
        return self._api.compare_metadata(context, metadata)

    def first_migration(
        self, connection: sa.Connection, metadata: sa.MetaData, opts: dict[str, Any]
    ) -> str:
        context = self._context(connection, opts)
        script = self._api.produce_migrations(context, metadata)
        render = self._api.render_python_code
        upgrade = render(script.upgrade_ops, migration_context=context)
        downgrade = render(script.downgrade_ops, migration_context=context)
        return f"{upgrade}\n\n{downgrade}"


def sides() -> dict[str, Side]:
    upstream.load()
    return {"upstream": Side("alembic"), "ours": Side("alembic_c")}


@contextlib.contextmanager
def proof(setting: str | None) -> Iterator[None]:
    """Set how far our side may prove instead of compare; None for the default."""
    before = os.environ.pop(_PROOF, None)
    if setting is not None:
        os.environ[_PROOF] = setting
    try:
        yield
    finally:
        os.environ.pop(_PROOF, None)
        if before is not None:
            os.environ[_PROOF] = before


# --- databases ----------------------------------------------------------------------


@contextlib.contextmanager
def sqlite_database(work: Path) -> Iterator[sa.Engine]:
    path = work / f"bench_{next(_serial)}.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA synchronous = OFF")
    try:
        yield engine
    finally:
        engine.dispose()
        path.unlink()


@contextlib.contextmanager
def postgresql_database(server: str) -> Iterator[sa.Engine]:
    name = f"alembic_c_bench_{os.getpid()}_{next(_serial)}"
    admin = sa.create_engine(
        server, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine = sa.create_engine(sa.make_url(server).set(database=name))
    try:
        yield engine
    finally:
        engine.dispose()
        with admin.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


# --- what is measured ---------------------------------------------------------------

Work = Callable[[Side, sa.Connection, sa.MetaData], Any]


def _unchanged(side: Side, connection: sa.Connection, metadata: sa.MetaData) -> Any:
    return side.differences(connection, metadata, {})


def _with_defaults(side: Side, connection: sa.Connection, metadata: sa.MetaData) -> Any:
    return side.differences(connection, metadata, {"compare_server_default": True})


def _some_filtered(side: Side, connection: sa.Connection, metadata: sa.MetaData) -> Any:
    def include_object(
        item: Any, name: str | None, kind: str, reflected: bool, other: Any
    ) -> bool:
        return not (kind == "table" and name is not None and name.endswith("7"))

    return side.differences(connection, metadata, {"include_object": include_object})


def _first(side: Side, connection: sa.Connection, metadata: sa.MetaData) -> Any:
    return side.first_migration(connection, metadata, {"target_metadata": metadata})


def _plain(result: Any) -> str:
    """Return a result in a form in which both sides' can be equal."""
    if isinstance(result, str):
        return result
    return re.sub(r"0x[0-9a-f]+", "0x", repr(result))


class Bench:
    """The comparisons over one database with one number of tables."""

    def __init__(self, kind: str, size: int, rounds: int, only: set[str]) -> None:
        self._kind = kind
        self._size = size
        self._rounds = rounds
        self._only = only
        self._sides = sides()
        self.rows: list[measure.Row] = []

    def _timed(
        self, work: Work, side: Side, engine: sa.Engine, metadata: sa.MetaData
    ) -> tuple[float, str]:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
            gc.collect()
            start = time.perf_counter()
            result = work(side, connection, metadata)
            return time.perf_counter() - start, _plain(result)

    def compare(
        self,
        name: str,
        work: Work,
        engine: sa.Engine,
        make: Callable[[], sa.MetaData],
        proof_setting: str | None = None,
    ) -> None:
        """Add a row.

        make: gives each run metadata of its own, since a run leaves caches in it.
        Raises AssertionError if the sides' results differ.
        """
        if self._only and name not in self._only:
            return
        results: dict[str, str] = {}

        def once(side: str) -> float:
            elapsed, results[side] = self._timed(
                work, self._sides[side], engine, make()
            )
            return elapsed

        with proof(proof_setting):
            once("ours")  # imports and the database's caches
            times = measure.interleaved(
                {side: lambda side=side: once(side) for side in self._sides},  # type: ignore[misc]
                self._rounds,
            )
        assert results["ours"] == results["upstream"], name
        self.rows.append(
            measure.Row(
                f"{name}, {self._size:,} tables, {self._kind}",
                times["upstream"],
                times["ours"],
                TARGETS.get((name, self._kind, self._size)),
            )
        )
        print(measure.table(self.rows[-1:]).splitlines()[-1], file=sys.stderr)

    def run(self, empty: sa.Engine, filled: sa.Engine) -> list[measure.Row]:
        """Measure everything and return the rows."""

        def plain() -> sa.MetaData:
            return schema.make_metadata(self._size)

        def changed() -> sa.MetaData:
            return schema.make_metadata(self._size, changed_every=20)

        self.compare("first migration", _first, empty, plain)
        if self._only == {"first migration"}:
            return self.rows
        schema.create(filled, plain())
        with filled.connect() as connection:
            found = self._sides["ours"].differences(connection, plain(), {})
        assert not found, found
        self.compare("unchanged, Python path", _unchanged, filled, plain, "off")
        self.compare("unchanged", _unchanged, filled, plain)
        self.compare("unchanged, server defaults", _with_defaults, filled, plain)
        self.compare("unchanged, some filtered", _some_filtered, filled, plain)
        self.compare("5 % changed", _unchanged, filled, changed)
        return self.rows


def run(
    sizes: tuple[int, ...] = SIZES,
    rounds: int = 5,
    server: str | None = None,
    only: frozenset[str] = frozenset(),
) -> list[measure.Row]:
    """Measure and return the rows.

    server: URL of a PostgreSQL server; without it only SQLite is measured.
    only: names of the benchmarks to measure, all if empty.
    """
    logging.disable(logging.WARNING)
    rows: list[measure.Row] = []
    try:
        for size in sizes:
            few = rounds if size <= 1_000 else min(rounds, 3)
            with tempfile.TemporaryDirectory(prefix="alembic_c_bench") as name:
                work = Path(name)
                bench = Bench("sqlite", size, few, set(only))
                with sqlite_database(work) as empty, sqlite_database(work) as filled:
                    rows += bench.run(empty, filled)
            if server is not None:
                bench = Bench("postgresql", size, few, set(only))
                with (
                    postgresql_database(server) as empty,
                    postgresql_database(server) as filled,
                ):
                    rows += bench.run(empty, filled)
    finally:
        logging.disable(logging.NOTSET)
    return rows


def report(rounds: int = 5) -> str:
    """Measure all of it and return the Markdown section."""
    server = os.environ.get("ALEMBIC_C_TEST_PG")
    rows = run(rounds=rounds, server=server)
    note = (
        "" if server else "\n\nPostgreSQL was not measured: ALEMBIC_C_TEST_PG is unset."
    )
    return measure.table(rows) + note


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--postgresql", default=os.environ.get("ALEMBIC_C_TEST_PG"))
    parser.add_argument("--only", default="", help="names, separated by semicolons")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(argv)
    rows = run(
        tuple(int(size) for size in options.sizes.split(",") if size),
        options.rounds,
        options.postgresql,
        frozenset(name.strip() for name in options.only.split(";") if name),
    )
    print(measure.table(rows))
    if options.json is not None:
        found = [
            {
                "what": row.what,
                "upstream_seconds": row.upstream,
                "ours_seconds": row.ours,
                "ratio": row.ratio,
                "wanted_ratio": row.target,
            }
            for row in rows
        ]
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
