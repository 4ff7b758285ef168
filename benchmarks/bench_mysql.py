"""Autogenerate on MariaDB with the equality proof: ours, upstream's, the server's.

usage: python -m benchmarks.bench_mysql [--sizes 1000,5000] [--rounds N] [--url URL]

As bench_catalog, whose cases these are. The floor is what printing all tables takes
through the driver, with the statements thrown away. URL is of an account that may
create databases; without it, and without ALEMBIC_C_TEST_MARIADB, a server is started.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import sqlalchemy as sa

from benchmarks import bench_autogenerate, bench_catalog, measure, schema
from benchmarks.bench_catalog import CASES, SIZES, Case
from tests.support import mariadb

DATABASE = "alembic_c_bench"
# case -> tables -> the wanted ratio.
WANTED: dict[str, dict[int, float]] = {
    "unchanged": {1_000: 20, 5_000: 20},
    "unchanged, server defaults": {1_000: 18},
    "unchanged, some filtered": {1_000: 18},
    "5 % changed": {1_000: 6},
}
FAR_AWAY = 15


def make_metadata(size: int, *, changed_every: int = 0) -> sa.MetaData:
    """Return the schema of the other benchmarks, with defaults as MariaDB has them.

    Of others both packages say that they differ, in every run.
    """
    metadata = schema.make_metadata(size, changed_every=changed_every)
    for table in metadata.tables.values():
        for name, text in (
            ("active", "1"),
            ("amount", "0.00"),
            ("created_at", "current_timestamp()"),
        ):
            if name in table.c and table.c[name].server_default is not None:
                table.c[name].server_default = sa.DefaultClause(sa.text(text))
    return metadata


class Bench(bench_catalog.Bench):
    """The comparisons over one database of MariaDB."""

    make_metadata = staticmethod(make_metadata)
    far_away = FAR_AWAY

    def _floor(self, case: Case) -> float:
        """Return the seconds that printing all tables takes."""
        block = "; ".join(
            f"SHOW CREATE TABLE `{schema.table_name(number)}`"
            for number in range(self._size)
        )
        with self._engine.connect() as connection:
            cursor = connection.connection.cursor()
            cursor.execute("SELECT 1")
            cursor.fetchall()
            start = time.perf_counter()
            cursor.execute(f"BEGIN NOT ATOMIC {block}; END")
            cursor.fetchall()
            while cursor.nextset():
                cursor.fetchall()
            return time.perf_counter() - start


@contextlib.contextmanager
def database(server: str) -> Iterator[sa.Engine]:
    """Make a database on a server; drop it in the end."""
    url = sa.make_url(server)
    admin = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {DATABASE}")
        connection.exec_driver_sql(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
    engine = sa.create_engine(url.set(database=DATABASE))
    try:
        yield engine
    finally:
        engine.dispose()
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {DATABASE}")


def run(
    server: str, sizes: tuple[int, ...] = SIZES, rounds: int = 5
) -> tuple[list[measure.Row], list[str]]:
    """Measure and return the rows and the notes."""
    rows: list[measure.Row] = []
    notes: list[str] = []
    sides = bench_autogenerate.sides()
    logging.disable(logging.WARNING)
    try:
        for size in sizes:
            with database(server) as engine:
                schema.create(engine, make_metadata(size))
                few = rounds if size <= 1_000 else min(rounds, 3)
                bench = Bench(sides, engine, size, few)
                for case in CASES if size <= 1_000 else CASES[:1]:
                    wanted = WANTED.get(case.name, {}).get(size)
                    kind = engine.dialect.name
                    by_kind = {(kind, size): float(wanted)} if wanted else {}
                    bench.measure(replace(case, wanted=by_kind))
                if size <= 1_000:
                    bench.check_far_away()
                rows += bench.rows
                notes += bench.notes
    finally:
        logging.disable(logging.NOTSET)
    return rows, notes


@contextlib.contextmanager
def _server(url: str | None) -> Iterator[str]:
    if url is not None:
        yield url
        return
    with mariadb.server() as started:
        yield started.url(dialect="mariadb")


def report(rounds: int = 3) -> str:
    """Measure all of it and return the Markdown section."""
    with _server(os.environ.get("ALEMBIC_C_TEST_MARIADB")) as url:
        return bench_catalog._report(*run(url, rounds=rounds))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--url", default=os.environ.get("ALEMBIC_C_TEST_MARIADB"))
    options = parser.parse_args(argv)
    sizes = tuple(int(size) for size in options.sizes.split(",") if size)
    with _server(options.url) as url:
        print(bench_catalog._report(*run(url, sizes, options.rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
