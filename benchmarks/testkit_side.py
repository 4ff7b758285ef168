"""One side of bench_testkit, in a process of its own, in the project's directory.

usage: python testkit_side.py upstream|ours|ahead|steps URL ROUNDS

URL is of a server; each round has a database of its own on it. Prints seconds as JSON:
of `upgrade head` with upstream; of building the template, and of each copy; of what a
test waits for its database before and after it, with copies that are made ahead; of
running all revisions up and down, the same and up again, and of the step-by-step test,
which runs as much as the second and looks at the catalog after each step.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import sqlalchemy as sa


@contextmanager
def new_database(server: str) -> Iterator[sa.URL]:
    """Yield the URL of an empty database, which is removed afterwards."""
    url = sa.make_url(server)
    name = f"bench_{os.getpid()}_{time.monotonic_ns()}"
    if url.get_backend_name() == "sqlite":
        path = Path(f"{name}.db")
        yield url.set(database=str(path))
        path.unlink(missing_ok=True)
        return
    admin = sa.create_engine(
        url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        try:
            yield url.set(database=name)
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name}")


def seconds(body: Callable[[], Any]) -> float:
    """Return what a call takes."""
    started = time.perf_counter()
    body()
    return time.perf_counter() - started


def config_of(package: str, url: sa.URL) -> Any:
    """Return a configuration of a package for a database."""
    found = import_module(f"{package}.config").Config("alembic.ini")
    text = url.render_as_string(hide_password=False)
    found.set_main_option("sqlalchemy.url", text.replace("%", "%%"))
    return found


def upstream(server: str, rounds: int) -> list[float]:
    """Time `upgrade head`, with a configuration that has read the files before."""
    command = import_module("alembic.command")
    found = []
    for _ in range(rounds):
        with new_database(server) as url:
            config = config_of("alembic", url)
            found.append(seconds(partial(command.upgrade, config, "head")))
    return found


def ours(server: str, rounds: int) -> list[float]:
    """Time the first database, for which the template is built, and each copy."""
    kit = import_module("alembic_c.testkit")
    config = config_of("alembic_c", sa.make_url(server))
    found = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        made = kit.migrated(config, server)
        found.append(time.perf_counter() - started)
        kit.drop(made)
    return found


def ahead(server: str, rounds: int) -> list[float]:
    """Time what tests wait for databases that are made while another test runs.

    Each test takes TEST_SECONDS, half of them on the processor.
    """
    kit = import_module("alembic_c.testkit")
    config = config_of("alembic_c", sa.make_url(server))
    found = []
    with kit.copies_ahead():
        for _ in range(rounds + 2):
            started = time.perf_counter()
            made = kit.migrated(config, server)
            waited = time.perf_counter() - started
            _work(TEST_SECONDS)
            found.append(waited + seconds(partial(kit.drop, made)))
    return found[2:]  # from the third one on, they come from stock


# What a test takes that does something with its database.
TEST_SECONDS = 0.1


def _work(duration: float) -> None:
    end = time.perf_counter() + duration / 2
    while time.perf_counter() < end:
        pass
    time.sleep(duration / 2)


def steps(server: str, rounds: int) -> list[list[float]]:
    """Time (up and down, up again too, step by step) in turns; each has a database."""
    import_module("alembic_c").install()
    command = import_module("alembic_c.command")
    checks = import_module("alembic_c.testkit.checks")
    scratch = import_module("alembic_c.testkit._scratch")
    config = config_of("alembic_c", sa.make_url(server))

    def run(again: bool) -> None:
        with scratch.empty_database(server) as url:
            there = config_of("alembic_c", url)
            command.upgrade(there, "head")
            command.downgrade(there, "base")
            if again:
                command.upgrade(there, "head")

    sides: list[Callable[[], Any]] = [
        partial(run, again=False),
        partial(run, again=True),
        partial(checks.steps, config, server),
    ]
    return [[seconds(side) for side in sides] for _ in range(rounds)]


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())
    side, server_url, n_rounds = sys.argv[1:]
    sides = {"upstream": upstream, "ours": ours, "ahead": ahead, "steps": steps}
    print(json.dumps(sides[side](server_url, int(n_rounds))))
