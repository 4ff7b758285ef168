"""A throwaway PostgreSQL server for the test run: the test kit's, as upstream's tests
want theirs to be.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from alembic_c.testkit import _cluster
from alembic_c.testkit._cluster import free_port as free_port

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

USER = "scott"
PASSWORD = "tiger"

_SETTINGS = {"max_locks_per_transaction": "2048", "max_prepared_transactions": "10"}

_serial = itertools.count()


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


@contextlib.contextmanager
def database(server: str) -> Iterator[str]:
    """Make a database on the server of a URL; yield its URL, and drop it afterwards."""
    import sqlalchemy as sa

    name = f"alembic_c_{os.getpid()}_{next(_serial)}"
    admin = sa.create_engine(
        server, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        url = sa.make_url(server).set(database=name)
        yield url.render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextlib.contextmanager
def engine(server: str) -> Iterator[Engine]:
    """Yield an engine for a database of its own on the server of a URL."""
    import sqlalchemy as sa

    with database(server) as url:
        engine = sa.create_engine(url)
        try:
            yield engine
        finally:
            engine.dispose()


def empty(connection: Connection, *schemas: str) -> None:
    """Empty the schema public of a database, and some others."""
    for name in ("public", *schemas):
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {name} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    connection.commit()


def main(command: list[str]) -> int:
    """Run `command` with ALEMBIC_C_TEST_PG set to a throwaway server's URL."""
    with cluster() as server:
        environment = dict(os.environ, ALEMBIC_C_TEST_PG=server.url())
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
