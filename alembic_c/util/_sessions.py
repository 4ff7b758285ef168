"""A second session on the database that migrations work on.

For what has to hold, to stay or to be seen while the migrations' own session is in a
transaction: the lock, the history, who else is at work, and a catalog as it is now.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import pool

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

# A second session of these is the first one again. Giving it back would roll back.
_OF_ONE_SESSION = (pool.StaticPool, pool.SingletonThreadPool, pool.AssertionPool)


def is_ready(engine: Engine) -> bool:
    """Return whether an engine gives a second session without waiting."""
    connections = engine.pool
    if isinstance(connections, pool.QueuePool):
        return connections.checkedout() < connections.size()
    return isinstance(connections, pool.NullPool)


def committing(engine: Engine) -> Connection:
    """Return a new session, in autocommit mode."""
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def another(connection: Connection) -> Connection | None:
    """Return a second session on a database, in autocommit mode.

    None if there can be no other than that of `connection`.
    Raises sqlalchemy.exc.TimeoutError if the pool has none in time.
    """
    engine = connection.engine
    if isinstance(engine.pool, _OF_ONE_SESSION):
        return None
    if engine.dialect.name == "sqlite" and not sqlite_file(connection):
        return None
    session = engine.connect()
    mine, theirs = (each.connection.dbapi_connection for each in (session, connection))
    if mine is theirs:
        session.close()
        return None
    return session.execution_options(isolation_level="AUTOCOMMIT")


def moves(engine: Engine) -> bool:
    """Return whether PostgreSQL gives a connection one session after the other.

    A pooler in transaction mode does so, when a session is taken by somebody else.
    False if the engine's pool has no two connections to find out with.
    """
    query = sa.text("SELECT pg_catalog.pg_backend_pid()")
    if not is_ready(engine):
        return False
    with closing(committing(engine)) as mine:
        sessions = {mine.scalar(query)}
        if is_ready(engine):
            with closing(engine.connect()) as other:
                other.execute(query)  # its transaction stays open
                sessions.add(mine.scalar(query))
            sessions.add(mine.scalar(query))
    return len(sessions) > 1


def sqlite_file(connection: Connection) -> str:
    """Return the path of an SQLite database, "" for one in memory.

    The driver is asked, so that no transaction begins.
    """
    cursor = connection.connection.cursor()
    try:
        cursor.execute("PRAGMA database_list")
        paths = [row[2] for row in cursor.fetchall() if row[1] == "main"]
    finally:
        cursor.close()
    return str(paths[0] or "") if paths else ""
