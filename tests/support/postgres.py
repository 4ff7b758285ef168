"""A throwaway PostgreSQL server for the test run: the test kit's, as upstream's tests
want theirs to be.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

from alembic_c.testkit import _cluster
from alembic_c.testkit._cluster import free_port as free_port

USER = "scott"
PASSWORD = "tiger"

_SETTINGS = {"max_locks_per_transaction": "2048", "max_prepared_transactions": "10"}


class Cluster(_cluster.Cluster):
    """A server with the database `test`, and what upstream's tests expect in it."""

    def __init__(self) -> None:
        super().__init__(USER, PASSWORD, _SETTINGS)

    def url(self, database: str = "test", driver: str = "postgresql+psycopg2") -> str:
        """Return the SQLAlchemy URL of a database."""
        return super().url(database, driver)

    def start(self) -> Cluster:
        """Initialise the server, start it and create the database."""
        super().start()
        self.sql("postgres", "CREATE DATABASE test")
        self.sql("test", "CREATE SCHEMA test_schema")
        self.sql("test", "CREATE EXTENSION hstore", "CREATE EXTENSION citext")
        # Upstream's tests want a collation of this name, whatever its order.
        self.sql("test", 'CREATE COLLATION "en_US" FROM "C"')
        return self

    def sql(self, database: str, *statements: str) -> None:
        """Run statements, each in a transaction of its own."""
        url = self.url(database, "postgresql")
        for statement in statements:
            self.run("psql", "-qX", "-vON_ERROR_STOP=1", f"-d{url}", f"-c{statement}")


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Run a throwaway server for the length of a `with` block."""
    server = Cluster()
    try:
        yield server.start()
    finally:
        server.stop()


def main(command: list[str]) -> int:
    """Run `command` with ALEMBIC_C_TEST_PG set to a throwaway server's URL."""
    with cluster() as server:
        environment = dict(os.environ, ALEMBIC_C_TEST_PG=server.url())
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
