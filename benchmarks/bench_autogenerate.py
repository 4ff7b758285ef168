"""Autogenerate in Python: ours against upstream, on the same database, in one process.

usage: python -m benchmarks.bench_autogenerate [--size 1000] [--rounds N]
    [--postgresql URL]

A first migration, produced and rendered; and unchanged tables, compared without the
proof that bench_catalog measures.  URL is of an account that may create databases;
ALEMBIC_C_TEST_PG without the option.  Both packages are imported side by side and take
turns; the figures are medians.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import itertools
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
from tests.support import postgres, upstream

SIZE = 1_000
_serial = itertools.count()
_PROOF = "ALEMBIC_C_PROOF"

_FIRST = "first migration"
_UNCHANGED = "unchanged, Python path"
# (benchmark, database) -> the wanted ratio of medians at SIZE tables.
TARGETS = {
    (_FIRST, "sqlite"): 2.0,
    (_FIRST, "postgresql"): 2.0,
    (_UNCHANGED, "sqlite"): 2.0,
    (_UNCHANGED, "postgresql"): 1.3,
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


# --- what is measured ---------------------------------------------------------------

Work = Callable[[Side, sa.Connection, sa.MetaData], Any]


def _unchanged(side: Side, connection: sa.Connection, metadata: sa.MetaData) -> Any:
    return side.differences(connection, metadata, {})


def _first(side: Side, connection: sa.Connection, metadata: sa.MetaData) -> Any:
    return side.first_migration(connection, metadata, {"target_metadata": metadata})


def _plain(result: Any) -> str:
    """Return a result in a form in which both sides' can be equal."""
    if isinstance(result, str):
        # Upstream's needs a name that the file does not import (docs/compatibility.md).
        return result.replace("astext_type=sa.Text()", "astext_type=Text()")
    return re.sub(r"0x[0-9a-f]+", "0x", repr(result))


class Bench:
    """The comparisons over one database with one number of tables."""

    def __init__(self, kind: str, size: int, rounds: int) -> None:
        self._kind = kind
        self._size = size
        self._rounds = rounds
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
                TARGETS[name, self._kind] if self._size == SIZE else None,
            )
        )
        print(measure.table(self.rows[-1:]).splitlines()[-1], file=sys.stderr)

    def run(self, empty: sa.Engine, filled: sa.Engine) -> list[measure.Row]:
        """Measure everything and return the rows."""

        def plain() -> sa.MetaData:
            return schema.make_metadata(self._size)

        self.compare(_FIRST, _first, empty, plain)
        schema.create(filled, plain())
        with filled.connect() as connection:
            found = self._sides["ours"].differences(connection, plain(), {})
        assert not found, found
        self.compare(_UNCHANGED, _unchanged, filled, plain, "off")
        return self.rows


def run(
    size: int = SIZE, rounds: int = 5, server: str | None = None
) -> list[measure.Row]:
    """Measure and return the rows.

    server: URL of a PostgreSQL server; without it only SQLite is measured.
    """
    logging.disable(logging.WARNING)
    try:
        with tempfile.TemporaryDirectory(prefix="alembic_c_bench") as name:
            work = Path(name)
            with sqlite_database(work) as empty, sqlite_database(work) as filled:
                rows = Bench("sqlite", size, rounds).run(empty, filled)
        if server is not None:
            with (
                postgres.engine(server) as empty,
                postgres.engine(server) as filled,
            ):
                rows += Bench("postgresql", size, rounds).run(empty, filled)
    finally:
        logging.disable(logging.NOTSET)
    return rows


def report(rounds: int = 3) -> str:
    """Measure all of it and return the Markdown section."""
    server = os.environ.get("ALEMBIC_C_TEST_PG")
    rows = run(rounds=rounds, server=server)
    note = (
        "" if server else "\n\nPostgreSQL was not measured: ALEMBIC_C_TEST_PG is unset."
    )
    return measure.table(rows) + note


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--postgresql", default=os.environ.get("ALEMBIC_C_TEST_PG"))
    options = parser.parse_args(argv)
    print(measure.table(run(options.size, options.rounds, options.postgresql)))


if __name__ == "__main__":
    main()
