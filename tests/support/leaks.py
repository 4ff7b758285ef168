"""Ask LeakSanitizer what 200 snapshots of each kind have leaked.

usage: python -m tests.support.leaks LOG     (make leaks)

ALEMBIC_C_TEST_PG names the PostgreSQL server, whose database is filled with tables.

Runs in a process in which the runtime of AddressSanitizer is preloaded, with extension
modules built for it.  LOG is the path that its options name as log_path.  Python leaks
a little of its own: what counts are allocations with a frame of our sources.  That
leaks are found at all is shown first, by one made on purpose.
"""

from __future__ import annotations

import argparse
import ctypes
import glob
import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from alembic_c import _catalog, catalog
from benchmarks import schema

SNAPSHOTS = 200
TABLES = 20
Sources = dict[str, Callable[[], object]]
_OURS = re.compile(r" csrc/")


def leaked(log: str) -> list[str]:
    """Return the texts, with frames, of our allocations that nothing points to."""
    for name in glob.glob(f"{log}.*"):
        os.unlink(name)
    ctypes.CDLL(None).__lsan_do_recoverable_leak_check()
    text = "".join(Path(name).read_text() for name in glob.glob(f"{log}.*"))
    parts = text.split("\n\n")
    return [part for part in parts if "leak of" in part and _OURS.search(part)]


def leaks_are_found(log: str) -> bool:
    """Whether some readers, lost on purpose and then freed after all, are found.

    Some, since a register or an old frame may still hold the address of one.
    """
    readers = [_catalog.SqliteReader() for _ in range(10)]
    # As Python keeps them, numbers of this size do not look like addresses.
    lost = [id(reader) for reader in readers]
    for address in lost:
        ctypes.pythonapi.Py_IncRef(ctypes.c_void_p(address))
    del readers
    found = leaked(log)
    for address in lost:
        ctypes.pythonapi.Py_DecRef(ctypes.c_void_p(address))
    return bool(found)


def sources(engine: sa.Engine, address: str, wrong: str) -> Sources:
    """Return what takes a snapshot in each way that there is."""

    def through_the_engine() -> object:
        with engine.connect() as connection:
            return catalog.snapshot(connection).fingerprint()

    def by_itself() -> object:
        return catalog.snapshot(address).fingerprint()

    def that_fails() -> object:
        try:
            return catalog.snapshot(wrong)
        except catalog.DatabaseError as error:
            return str(error)

    name = engine.dialect.name
    return {
        f"{name}, a connection": through_the_engine,
        f"{name}, an address": by_itself,
        f"{name}, a wrong address": that_fails,
    }


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log")
    options = parser.parse_args(argv)
    if not leaks_are_found(options.log):
        print("a leak made on purpose was not found: nothing can be said")
        return 2
    n_found = 0
    server = os.environ["ALEMBIC_C_TEST_PG"]
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/leaks.db"
        conninfo = server.replace("+psycopg2", "")
        for engine, address, wrong in (
            (sa.create_engine(f"sqlite:///{path}"), path, __file__),
            (sa.create_engine(server), conninfo, f"{conninfo}_that_is_not_there"),
        ):
            schema.create(engine, schema.make_metadata(TABLES))
            for what, snapshot in sources(engine, address, wrong).items():
                for _ in range(SNAPSHOTS):
                    snapshot()
                found = leaked(options.log)
                print(f"{what}: {SNAPSHOTS} snapshots, {len(found)} leaks", flush=True)
                print(*found, sep="\n\n", end="")
                n_found += len(found)
            engine.dispose()
    return 1 if n_found else 0


if __name__ == "__main__":
    sys.exit(main())
