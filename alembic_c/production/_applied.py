"""Which revisions a database has, by its version table.

Through the project's `env.py`; or, given a URL, through a driver alone, so that the
answer costs neither `env.py` nor SQLAlchemy.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from ..util import CommandError

if TYPE_CHECKING:
    from ..config import Config
    from ..runtime.environment import EnvironmentContext
    from ..runtime.migration import MigrationContext
    from ..script import ScriptDirectory

# Asks for the applied revisions, as often as it is called; () if there is no table.
Reader = Callable[[], tuple[str, ...]]


class VersionTable(NamedTuple):
    """Where a project keeps its version table."""

    name: str = "alembic_version"
    schema: str | None = None

    def quoted(self) -> str:
        """Return the name in standard SQL."""
        parts = [part for part in (self.schema, self.name) if part]
        return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def until(
    satisfied: Callable[[tuple[str, ...]], bool], read: Reader, seconds: float
) -> tuple[str, ...]:
    """Read until the answer satisfies, or until the time is over; return the last one.

    seconds: how long; it is read once at least. The pauses grow to a second.
    """
    deadline = time.monotonic() + seconds
    pause = 0.05
    while True:
        heads = read()
        left = deadline - time.monotonic()
        if satisfied(heads) or left <= 0:
            return heads
        time.sleep(min(pause, left))
        pause = min(1.0, pause * 1.5)


def run_env(
    config: Config,
    script: ScriptDirectory,
    plan: Callable[[Any, MigrationContext], Iterable[Any]],
    environment: type[EnvironmentContext] | None = None,
    **options: Any,
) -> None:
    """Run `env.py`, which has a function say what to run on each of its databases.

    plan: gets what is applied and the context, returns steps. environment: another
    class than the usual one; options: its further arguments.
    Raises CommandError if `env.py` runs no migrations, what it raises.
    """
    from ..runtime.environment import EnvironmentContext

    called: list[bool] = []

    def noted(heads: Any, context: MigrationContext) -> Iterable[Any]:
        called.append(True)
        return plan(heads, context)

    with (environment or EnvironmentContext)(config, script, fn=noted, **options):
        script.run_env()
    if not called:
        raise CommandError(
            f"{script.env_py_location} ran no migrations: it has to call "
            "context.run_migrations()"
        )


def with_context(
    config: Config, script: ScriptDirectory, body: Callable[[MigrationContext], None]
) -> None:
    """Call a function with the migration context that `env.py` makes.

    Nothing is written. Raises CommandError if `env.py` runs no migrations.
    """

    def look(heads: Any, context: MigrationContext) -> list[Any]:
        body(context)
        return []

    run_env(config, script, look, dont_mutate=True)


def through_env(
    config: Config, script: ScriptDirectory, body: Callable[[Reader], None]
) -> None:
    """Call a function with a reader of the database that `env.py` connects to.

    As with_context().
    """

    def look(context: MigrationContext) -> None:
        first: list[tuple[str, ...]] = [tuple(context.get_current_heads())]

        def read() -> tuple[str, ...]:
            return first.pop() if first else _heads_again(context)

        body(read)

    with_context(config, script, look)


def _heads_again(context: MigrationContext) -> tuple[str, ...]:
    """Read the version table outside of the transaction that `env.py` is in.

    In that transaction, what others have committed since may be invisible.
    """
    from ..runtime.migration import MigrationContext as Context

    with context.connection.engine.connect() as connection:
        options = {
            "version_table": context.version_table,
            "version_table_schema": context.version_table_schema,
        }
        again = Context(connection.dialect, connection, options)
        return tuple(again.get_current_heads())


@contextmanager
def at_url(url: str, table: VersionTable) -> Iterator[Reader]:
    """Yield a reader of a database that a URL names, through one connection.

    Raises CommandError without a driver, what the driver raises.
    """
    backend, _, _ = url.partition("://")
    opener = _OPENERS.get(backend.partition("+")[0])
    if opener is None:
        raise CommandError(
            f"--url knows PostgreSQL, SQLite, MariaDB and MySQL, not {backend!r}"
        )
    with opener(url, table) as read:
        yield read


@contextmanager
def _sqlite(url: str, table: VersionTable) -> Iterator[Reader]:
    import sqlite3
    from pathlib import Path

    name = url.partition("://")[2].removeprefix("/").partition("?")[0]
    if not os.path.exists(name):
        raise CommandError(f"no such file: {name}")
    uri = Path(os.path.abspath(name)).as_uri() + "?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
        schema = f'"{table.schema}".' if table.schema else ""
        exists = f"SELECT 1 FROM {schema}sqlite_master WHERE name = ?"

        def read() -> tuple[str, ...]:
            if connection.execute(exists, (table.name,)).fetchone() is None:
                return ()
            rows = connection.execute(f"SELECT version_num FROM {table.quoted()}")
            return tuple(row[0] for row in rows)

        yield read


@contextmanager
def _postgresql(url: str, table: VersionTable) -> Iterator[Reader]:
    from ..catalog import _address

    address = _address.parse(url)
    driver = _postgresql_driver()
    if driver is None or address.url is not None:
        with _through_sqlalchemy(url, table) as reader:
            yield reader
        return
    with closing(driver.connect(address.name)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()

        def read() -> tuple[str, ...]:
            cursor.execute("SELECT pg_catalog.to_regclass(%s)", (table.quoted(),))
            if cursor.fetchone()[0] is None:
                return ()
            cursor.execute(f"SELECT version_num FROM {table.quoted()}")
            return tuple(row[0] for row in cursor.fetchall())

        yield read


def _postgresql_driver() -> Any:
    """Return a driver's module that takes libpq's conninfo, None without any."""
    for name in ("psycopg", "psycopg2"):
        if find_spec(name) is not None:
            return import_module(name)
    return None


@contextmanager
def _through_sqlalchemy(url: str, table: VersionTable) -> Iterator[Reader]:
    import sqlalchemy as sa

    from ..runtime.migration import MigrationContext

    engine = sa.create_engine(
        url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    options = {"version_table": table.name, "version_table_schema": table.schema}
    with engine.connect() as connection:
        context = MigrationContext(connection.dialect, connection, options)
        yield lambda: tuple(context.get_current_heads())


_OPENERS = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "postgres": _postgresql,
    "mysql": _through_sqlalchemy,
    "mariadb": _through_sqlalchemy,
}
