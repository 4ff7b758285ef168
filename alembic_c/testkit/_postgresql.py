"""Templates of PostgreSQL databases: `CREATE DATABASE … TEMPLATE`.

https://www.postgresql.org/docs/current/manage-ag-templatedbs.html
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from ._connect import Connector, call_once, sql
from ._store import (
    BUILDING,
    CLONE,
    TEMPLATE,
    NoRightError,
    family,
    is_stale,
    new_name,
    too_old,
    wait_until,
)

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

_T = TypeVar("_T")

# SQLSTATEs, https://www.postgresql.org/docs/current/errcodes-appendix.html
_NO_PRIVILEGE = "42501"
_NO_DATABASE = "3D000"
_IN_USE = "55006"
# What is in use is asked for so often: each time the server waits five seconds for
# autovacuum and ended sessions to leave, which on a busy machine may be too few.
_TRIES = 3
# The first half of the advisory locks' keys: "alem" in ASCII.
_LOCK_CLASS = 0x616C656D


def sqlstate(error: sa.exc.DBAPIError) -> str | None:
    """Return the SQLSTATE that a driver reports, None if it reports none."""
    original: Any = error.orig
    for name in ("sqlstate", "pgcode"):
        code = getattr(original, name, None)
        if code is not None:
            return str(code)
    # pg8000 has the server's fields in a dictionary.
    fields = original.args[0] if original is not None and original.args else None
    return fields.get("C") if isinstance(fields, dict) else None


class PostgresqlStore:
    """Templates on one server.

    url: of any database of the server, which need not exist.
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self._admin = self._maintenance()

    def _maintenance(self) -> Connector:
        """Return a connector to a database that each server has.

        Advisory locks belong to a database, so all processes have to take the same. The
        URL's own one is for accounts that are let into no other.
        Raises what the driver raises for the first one.
        """
        refused: sa.exc.DBAPIError | None = None
        for name in ("postgres", "template1", self._url.database):
            connector = Connector(self._url.set(database=name), autocommit=True)
            try:
                connector.call(lambda connection: None)
            except sa.exc.DBAPIError as problem:
                refused = refused or problem
                # psycopg2 has no SQLSTATE for what happens while it connects.
                if sqlstate(problem) is None and "FATAL" not in str(problem):
                    break
            else:
                return connector
        assert refused is not None
        raise refused

    @functools.cache  # noqa: B019 - a store lives as long as its process
    def server(self) -> str:
        """Return the server's version, and what new databases get of it."""

        def ask(connection: Connection) -> str:
            return str(
                connection.execute(
                    sa.text(
                        "SELECT version(), current_user, encoding, datcollate, datctype"
                        " FROM pg_catalog.pg_database WHERE datname = 'template1'"
                    )
                ).one()
            )

        return self._admin.call(ask)

    @functools.cache  # noqa: B019 - a store lives as long as its process
    def pays_ahead(self) -> bool:
        """Return whether the server works without fsync, as servers for tests do.

        With it a checkpoint, which each drop waits for, writes what was made ahead.
        """
        query = sa.text("SELECT pg_catalog.current_setting('fsync') = 'off'")
        return bool(
            self._admin.call(lambda connection: connection.execute(query).scalar())
        )

    @functools.cached_property
    def _strategy(self) -> str:
        """How databases are copied: what costs least on this server.

        Without fsync by files; with it, the checkpoints of that way cost far more than
        the pages in the log of the other. There is a choice since PostgreSQL 15.
        """
        if not self.pays_ahead():
            return ""
        return self._admin.call(
            lambda connection: (
                "STRATEGY FILE_COPY"
                if (connection.dialect.server_version_info or ()) >= (15,)
                else ""
            )
        )

    def locked(self, key: str, body: Callable[[], _T]) -> _T:
        """Call a function with an advisory lock, in a session of its own.

        It is polled: a session that waits in the server holds a snapshot, for which
        CREATE INDEX CONCURRENTLY in a migration would wait in turn.
        """
        values = _lock_values(key)

        def hold(connection: Connection) -> _T:
            wait_until(lambda: bool(connection.execute(_TRY_LOCK, values).scalar()))
            return body()

        return call_once(self._admin.url, hold, autocommit=True)

    def has(self, key: str) -> bool:
        """Return whether there is a template that is complete."""
        query = sa.text("SELECT 1 FROM pg_catalog.pg_database WHERE datname = :name")
        name = {"name": TEMPLATE + key}
        return self._admin.call(
            lambda connection: connection.execute(query, name).scalar() is not None
        )

    def begin(self, key: str) -> URL:
        """Create an empty database."""
        name = BUILDING + key
        self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self._run(f"CREATE DATABASE {name} {self._strategy}")
        return self._url.set(database=name)

    def publish(self, key: str) -> None:
        """Close the database to connections, then give it the template's name."""
        name = BUILDING + key
        self._run(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
        ended = sa.text(
            "SELECT count(pg_catalog.pg_terminate_backend(pid)) = 0"
            " FROM pg_catalog.pg_stat_activity WHERE datname = :name"
        )
        self._admin.call(
            lambda connection: wait_until(
                lambda: bool(connection.execute(ended, {"name": name}).scalar())
            )
        )
        self._run(f"ALTER DATABASE {name} RENAME TO {TEMPLATE}{key}")

    def abandon(self, key: str) -> None:
        """Drop the database that was being built."""
        self._run(f"DROP DATABASE IF EXISTS {BUILDING}{key} WITH (FORCE)")

    def clone(self, key: str, name: str | None) -> URL | None:
        """Create a database from the template, with its settings."""
        template, name = TEMPLATE + key, name or new_name()
        create = f"CREATE DATABASE {_quoted(name)} TEMPLATE {template} {self._strategy}"

        def copy(connection: Connection) -> None:
            sql(connection, create)
            for role, setting in connection.execute(_SETTINGS, {"name": template}):
                sql(connection, _alter_setting(name, role, setting))

        try:
            self._translated(copy)
        except sa.exc.DBAPIError as problem:
            if sqlstate(problem) == _NO_DATABASE:
                return None
            raise
        return self._url.set(database=name)

    def create(self) -> URL:
        """Create an empty database, whose commits do not wait for the disk."""
        name = new_name()
        self._run(f"CREATE DATABASE {name} {self._strategy}")
        self._run(f"ALTER DATABASE {name} SET synchronous_commit TO off")
        return self._url.set(database=name)

    def drop(self, url: URL) -> None:
        """Drop a copy, whoever is connected to it."""
        self._run(f"DROP DATABASE IF EXISTS {_quoted(str(url.database))} WITH (FORCE)")

    def prune(self, key: str, keep: int) -> None:
        """Drop all templates but the newest, and copies that were left.

        Those that somebody is copying, or connected to, stay.
        """
        self._admin.call(lambda connection: self._prune(connection, key, keep))

    def _prune(self, connection: Connection, key: str, keep: int) -> None:
        names = list(connection.execute(_UNUSED).scalars())
        doomed = too_old(names, key, keep)
        doomed += [each for each in names if each.startswith(CLONE) and is_stale(each)]
        for name in doomed:
            _drop_unused(connection, name)
        for name in names:
            if name.startswith(BUILDING + family(key)):
                lock = _lock_values(name.removeprefix(BUILDING))
                if connection.execute(_TRY_LOCK, lock).scalar():
                    _drop_unused(connection, name)
                    connection.execute(_UNLOCK, lock)

    def _run(self, statement: str) -> None:
        self._translated(lambda connection: sql(connection, statement))

    def _translated(self, function: Callable[[Connection], Any]) -> None:
        """Call a function with a connection; raise NoRightError if that is missing.

        It is called again if a database is in use that nobody of ours uses any more.
        """
        for attempt in range(_TRIES):
            try:
                self._admin.call(function)
            except sa.exc.DBAPIError as problem:
                code = sqlstate(problem)
                if code == _IN_USE and attempt + 1 < _TRIES:
                    continue
                if code != _NO_PRIVILEGE:
                    raise
                raise NoRightError(
                    f"{self._url.username or 'the account'} may not create databases: "
                    "ALTER ROLE … CREATEDB allows it"
                ) from problem
            else:
                return


_TRY_LOCK = sa.text("SELECT pg_catalog.pg_try_advisory_lock(:class, :number)")
_UNLOCK = sa.text("SELECT pg_catalog.pg_advisory_unlock(:class, :number)")


def _lock_values(key: str) -> dict[str, int]:
    return {"class": _LOCK_CLASS, "number": zlib.crc32(key.encode()) & 0x7FFFFFFF}


def _drop_unused(connection: Connection, name: str) -> None:
    """Drop a database of ours, unless somebody uses it meanwhile."""
    try:
        sql(connection, f"DROP DATABASE IF EXISTS {name}")
    except sa.exc.DBAPIError as problem:
        if sqlstate(problem) != _IN_USE:
            raise


# Newest first: the server counts object ids up.
_UNUSED = sa.text(
    "SELECT d.datname FROM pg_catalog.pg_database d WHERE NOT EXISTS (SELECT 1"
    " FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid)"
    " ORDER BY d.oid::pg_catalog.int8 DESC"
)

# What ALTER DATABASE … SET has stored, which CREATE DATABASE does not copy.
_SETTINGS = sa.text(
    "SELECT r.rolname, pg_catalog.unnest(s.setconfig)"
    " FROM pg_catalog.pg_db_role_setting s"
    " JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase"
    " LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole"
    " WHERE d.datname = :name"
)

# Settings that are lists: their stored text is quoted, element by element, already
# (variable_is_guc_list_quote in PostgreSQL's pg_dump).
_LISTS = frozenset(
    {
        "local_preload_libraries",
        "search_path",
        "session_preload_libraries",
        "temp_tablespaces",
    }
)


def _alter_setting(database: str, role: str | None, setting: str) -> str:
    option, _, value = setting.partition("=")
    if option.lower() not in _LISTS:
        value = "'" + value.replace("'", "''").replace("\\", "\\\\") + "'"
        value = f"E{value}" if "\\" in value else value
    whose = f"ROLE {_quoted(role)} IN" if role else ""
    return f"ALTER {whose} DATABASE {_quoted(database)} SET {option} TO {value}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
