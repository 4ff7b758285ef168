"""Autogenerate on MariaDB with the equality proof: ours, upstream's, the server's.

usage: python -m benchmarks.bench_mysql [--sizes 1000,5000] [--rounds N] [--url URL]
    [--only "NAME;NAME"]

As bench_catalog, whose cases these are; "ways" are the ways of reading. The floor is
what listing and printing all tables takes through the driver, with the statements
thrown away. URL is of an account that may create databases; without it, and without
ALEMBIC_C_TEST_MARIADB, a server is started. bench_mysql_server does the same on MySQL.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from alembic_c._catalog import MYSQL_QUERIES
from alembic_c.catalog import _mysql_bulk
from benchmarks import bench_autogenerate, bench_catalog, measure, schema
from benchmarks.bench_catalog import CASES, SIZES, Case
from tests.support import mariadb
from tests.support.slow_proxy import slow_proxy

DATABASE = "alembic_c_bench"
# case -> tables -> the wanted ratio.
WANTED: dict[str, dict[int, float]] = {
    "unchanged": {1_000: 20, 5_000: 20},
    "unchanged, server defaults": {1_000: 18},
    "unchanged, some filtered": {1_000: 18},
    "5 % changed": {1_000: 6},
}
FAR_AWAY = 15
# Tables and seconds a round trip that the ways of reading are tried with.
WAYS = (10, 30, 100, 1_000)
DELAYS = (0.0, 0.001, 0.005)
# Columns that MariaDB's information_schema does not have.
_OF_MYSQL = ("SRS_ID", "EXPRESSION", "IS_VISIBLE", "ENFORCED")


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


def of_mysql(size: int, *, changed_every: int = 0) -> sa.MetaData:
    """Return the same schema with defaults as MySQL has them.

    None is an expression, as that of the JSON column would have to be: tables with such
    are not proven.
    """
    metadata = make_metadata(size, changed_every=changed_every)
    for table in metadata.tables.values():
        if table.c.created_at.server_default is not None:
            now = sa.DefaultClause(sa.text("CURRENT_TIMESTAMP"))
            table.c.created_at.server_default = now
        table.c.amount.server_default = sa.DefaultClause("0.00")
        table.c.payload.server_default = None
    return metadata


class Bench(bench_catalog.Bench):
    """The comparisons over one database of MariaDB."""

    make_metadata = staticmethod(make_metadata)
    far_away = FAR_AWAY

    def _floor(self, case: Case) -> float:
        """Return the seconds that listing and reading take, the rows thrown away."""
        way = (printed_together, in_bulk)[self._engine.dialect.name == "mysql"]
        with self._ready(case) as (connection, _):
            cursor = connection.connection.cursor()
            start = time.perf_counter()
            cursor.execute("SHOW FULL TABLES")
            way(cursor, [name for name, _ in cursor.fetchall()])
            return time.perf_counter() - start


class MysqlBench(Bench):
    """The comparisons over one database of MySQL."""

    make_metadata = staticmethod(of_mysql)
    # Two of them for each of four tables are not counted: they go past SQLAlchemy.
    most_queries = 18


# --- ways of reading ------------------------------------------------------------------


def printed_one_by_one(cursor: Any, names: list[str]) -> None:
    for name in names:
        cursor.execute(f"SHOW CREATE TABLE `{name}`")
        cursor.fetchall()


def printed_together(cursor: Any, names: list[str]) -> None:
    block = "; ".join(f"SHOW CREATE TABLE `{name}`" for name in names)
    cursor.execute(f"BEGIN NOT ATOMIC {block}; END")
    cursor.fetchall()
    while cursor.nextset():
        cursor.fetchall()


def in_bulk(cursor: Any, names: list[str]) -> None:
    for sql in MYSQL_QUERIES:
        cursor.execute(sql.format(database="DATABASE()", tables=""))
        cursor.fetchall()


def in_bulk_of_mariadb(cursor: Any, names: list[str]) -> None:
    for sql in MYSQL_QUERIES:
        for column in _OF_MYSQL:
            sql = sql.replace(f", {column}", "")
        cursor.execute(sql.format(database="DATABASE()", tables=""))
        cursor.fetchall()


def ways(server: str, rounds: int = 3) -> str:
    """Time the ways of reading, rows thrown away; return a Markdown table.

    Raises AssertionError if a server has not the tables.
    """
    is_mysql = server.startswith("mysql")
    found: dict[str, Callable[[Any, list[str]], None]] = {
        "one by one": printed_one_by_one,
        **({} if is_mysql else {"in one round trip": printed_together}),
        "information_schema": in_bulk if is_mysql else in_bulk_of_mariadb,
    }
    lines = [
        "| tables | a round trip | " + " | ".join(found) + " |",
        "| ---: | ---: |" + " ---: |" * len(found),
    ]
    if is_mysql:
        lines = [f"{lines[0]} read |", f"{lines[1]} --- |"]
    for size in WAYS:
        with database(server) as engine:
            schema.create(engine, (make_metadata, of_mysql)[is_mysql](size))
            names = sa.inspect(engine).get_table_names()
            assert len(names) == size
            for delay in DELAYS:
                times = _time_ways(engine.url, found, names, delay, rounds)
                line = f"| {size:,} | {delay * 1e3:g} ms | " + " | ".join(
                    measure.seconds(seconds) for seconds in times.values()
                )
                if is_mysql:
                    of_one = times["one by one"] / size
                    bulk = _mysql_bulk.is_cheaper(size - _mysql_bulk.N_TIMED, of_one)
                    line += " | in bulk" if bulk else " | one by one"
                lines.append(line + " |")
                print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join(lines)


def _time_ways(
    url: sa.URL,
    found: dict[str, Callable[[Any, list[str]], None]],
    names: list[str],
    delay: float,
    rounds: int,
) -> dict[str, float]:
    with slow_proxy(url.host or "127.0.0.1", url.port or 3306, delay) as proxy:
        far = sa.create_engine(
            url.set(host=proxy.host, port=proxy.port), poolclass=sa.pool.NullPool
        )
        with far.connect() as connection:
            cursor = connection.connection.cursor()

            def once(way: Callable[[Any, list[str]], None]) -> float:
                start = time.perf_counter()
                way(cursor, names)
                return time.perf_counter() - start

            sides = {name: lambda way=way: once(way) for name, way in found.items()}
            return measure.interleaved(sides, rounds)


# --- the whole ------------------------------------------------------------------------


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
    server: str,
    sizes: tuple[int, ...] = SIZES,
    rounds: int = 5,
    only: frozenset[str] = frozenset(),
) -> tuple[list[measure.Row], list[str]]:
    """Measure and return the rows and the notes.

    only: names of the cases, and "check"; all if empty.
    """
    rows: list[measure.Row] = []
    notes: list[str] = []
    sides = bench_autogenerate.sides()
    make = MysqlBench if server.startswith("mysql") else Bench
    logging.disable(logging.WARNING)
    try:
        for size in sizes:
            with database(server) as engine:
                schema.create(engine, make.make_metadata(size))
                engine.dispose()  # sessions that create tables are read in another way
                few = rounds if size <= 1_000 else min(rounds, 3)
                bench = make(sides, engine, size, few)
                for case in CASES if size <= 1_000 else CASES[:1]:
                    wanted = WANTED.get(case.name, {}).get(size)
                    kind = engine.dialect.name
                    by_kind = {(kind, size): float(wanted)} if wanted else {}
                    if not only or case.name in only:
                        bench.measure(replace(case, wanted=by_kind))
                if size <= 1_000 and (not only or "check" in only):
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


def whole(
    server: str,
    sizes: tuple[int, ...] = SIZES,
    rounds: int = 3,
    only: frozenset[str] = frozenset(),
) -> str:
    """Measure all of it and return the Markdown section."""
    parts = []
    if not only or only - {"ways"}:
        parts.append(bench_catalog._report(*run(server, sizes, rounds, only)))
    if not only or "ways" in only:
        parts += ["Ways of reading, rows thrown away:", ways(server, rounds)]
    return "\n\n".join(parts)


def report(rounds: int = 3) -> str:
    """Measure all of it and return the Markdown section."""
    with _server(os.environ.get("ALEMBIC_C_TEST_MARIADB")) as url:
        return whole(_of_mariadb(url), rounds=rounds)


def _of_mariadb(url: str) -> str:
    named = sa.make_url(url).set(drivername="mariadb+pymysql")
    return named.render_as_string(hide_password=False)


def arguments(doc: str, argv: list[str] | None) -> dict[str, Any]:
    """Read what a benchmark of one server is told; return what whole() takes."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--url")
    parser.add_argument("--only", default="", help="names, separated by semicolons")
    options = parser.parse_args(argv)
    return {
        "server": options.url,
        "sizes": tuple(int(size) for size in options.sizes.split(",") if size),
        "rounds": options.rounds,
        "only": frozenset(name.strip() for name in options.only.split(";") if name),
    }


def main(argv: list[str] | None = None) -> int:
    given = arguments(__doc__, argv)
    given_url = given.pop("server") or os.environ.get("ALEMBIC_C_TEST_MARIADB")
    with _server(given_url) as url:
        print(whole(_of_mariadb(url), **given))
    return 0


if __name__ == "__main__":
    sys.exit(main())
