"""Autogenerate on MySQL with the equality proof: bench_mysql on another server.

usage: python -m benchmarks.bench_mysql_server [--sizes 1000,5000] [--rounds N]
    [--url URL] [--only "NAME;NAME"]

The floor is what listing the tables and the queries of information_schema take, with
the rows thrown away.
URL is of an account that may create databases; ALEMBIC_C_TEST_MYSQL without the option.
"""

from __future__ import annotations

import os
import sys

from benchmarks import bench_mysql


def report(rounds: int = 3) -> str:
    """Measure all of it and return the Markdown section; "" without a server."""
    server = os.environ.get("ALEMBIC_C_TEST_MYSQL")
    return bench_mysql.whole(server, rounds=rounds) if server else ""


def main(argv: list[str] | None = None) -> int:
    given = bench_mysql.arguments(__doc__, argv)
    server = given.pop("server") or os.environ.get("ALEMBIC_C_TEST_MYSQL")
    if not server:
        raise SystemExit("no server: --url or ALEMBIC_C_TEST_MYSQL")
    print(bench_mysql.whole(server, **given))
    return 0


if __name__ == "__main__":
    sys.exit(main())
