"""A migration's way there, back, and there again, with either package.

The database is brought to a model by `create_all`.  What autogenerate writes for the
next model is run, compared again, undone, compared with what was there before, and run
once more: that is what a migration is for.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from tests.support.autogen import Package

_TYPES = """
SELECT n.nspname, t.typname,
       array(SELECT e.enumlabel::text FROM pg_enum e
             WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype IN ('e', 'd') AND n.nspname !~ '^pg_|^information_schema$'
ORDER BY 1, 2
"""


@contextlib.contextmanager
def one_database(server: str) -> Iterator[sa.Engine]:
    """Make a database on a PostgreSQL server, for several trips; drop it at the end."""
    name = f"alembic_c_trips_{os.getpid()}"
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


def empty(connection: sa.Connection, *schemas: str) -> None:
    """Empty the schema public of a PostgreSQL database, and some others."""
    for name in ("public", *schemas):
        connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {name} CASCADE"))
        connection.execute(sa.text(f"CREATE SCHEMA {name}"))
    connection.commit()


@dataclass
class Trip:
    """What became of a migration; failure: the first thing that went wrong."""

    upgrade: str = ""
    downgrade: str = ""
    failure: str | None = None
    details: list[Any] = field(default_factory=list)


class _Failed(Exception):
    pass


def round_trip(
    package: Package,
    connection: sa.Connection,
    before: sa.MetaData,
    after: sa.MetaData,
    **opts: Any,
) -> Trip:
    """Go from one model to another and back, and there again.

    The database has to be empty; it is left as the last step that succeeded made it.
    """
    before.create_all(connection)
    connection.commit()
    trip = Trip()
    try:
        _travel(package, connection, before, after, trip, opts)
    except _Failed as failed:
        trip.failure = str(failed)
    return trip


def _travel(
    package: Package,
    connection: sa.Connection,
    before: sa.MetaData,
    after: sa.MetaData,
    trip: Trip,
    opts: dict[str, Any],
) -> None:
    start = described(connection)
    trip.upgrade, trip.downgrade = written(package, connection, after, **opts)
    run(package, connection, trip.upgrade, "upgrade")
    _expect_quiet(package, connection, after, "check", trip, opts)
    run(package, connection, trip.downgrade, "downgrade")
    _expect_quiet(package, connection, before, "check after downgrade", trip, opts)
    end = described(connection)
    if end != start:
        trip.details += [
            each for each in (*start, *end) if (each in start) != (each in end)
        ]
        raise _Failed("downgrade: leaves another database")
    run(package, connection, trip.upgrade, "second upgrade")
    _expect_quiet(package, connection, after, "second check", trip, opts)


def context(
    package: Package, connection: sa.Connection, metadata: sa.MetaData, **opts: Any
) -> Any:
    """Return a migration context."""
    opts = {"target_metadata": metadata, "compare_server_default": True, **opts}
    return package.context(connection, opts)


def written(
    package: Package, connection: sa.Connection, metadata: sa.MetaData, **opts: Any
) -> tuple[str, str]:
    """Return the code that autogenerate writes: upgrade and downgrade."""
    configured = context(package, connection, metadata, **opts)
    script = package.autogenerate.produce_migrations(configured, metadata)
    upgrade, downgrade = (
        package.autogenerate.render_python_code(
            operations, migration_context=configured
        )
        for operations in (script.upgrade_ops, script.downgrade_ops)
    )
    connection.rollback()
    return upgrade, downgrade


def run(package: Package, connection: sa.Connection, code: str, step: str) -> None:
    """Run the body of a migration as `alembic` would; fail with the step's name."""
    names = {"sa": sa, "postgresql": postgresql}
    try:
        exec(f"def migrate(op):\n    {code}\n", names)
        configured = package.context(connection, {})
        with configured.begin_transaction():
            names["migrate"](package.operations.Operations(configured))  # type: ignore[operator]
        connection.commit()
    except Exception as error:
        connection.rollback()
        reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise _Failed(f"{step}: {type(error).__name__}: {reason}") from error


def _expect_quiet(
    package: Package,
    connection: sa.Connection,
    metadata: sa.MetaData,
    step: str,
    trip: Trip,
    opts: dict[str, Any],
) -> None:
    configured = context(package, connection, metadata, **opts)
    trip.details += package.autogenerate.compare_metadata(configured, metadata)
    connection.rollback()
    if trip.details:
        raise _Failed(f"{step}: finds differences")


def described(connection: sa.Connection) -> list[Any]:
    """Return what a database has, as comparable values."""
    inspector = sa.inspect(connection)
    described: list[Any] = []
    for schema in inspector.get_schema_names():
        if schema.startswith("pg_") or schema == "information_schema":
            continue
        for table in sorted(inspector.get_table_names(schema=schema)):
            for column in inspector.get_columns(table, schema=schema):
                shown = {**column, "type": repr(column["type"])}
                described.append((schema, table, sorted(shown.items(), key=str)))
            for kind in ("indexes", "foreign_keys", "unique_constraints"):
                found = getattr(inspector, f"get_{kind}")(table, schema=schema)
                described += [(schema, table, kind, str(each)) for each in found]
    if connection.dialect.name == "postgresql":
        described += map(tuple, connection.execute(sa.text(_TYPES)))
    connection.rollback()
    return described
