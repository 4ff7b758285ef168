"""One upgrade at a time: a lock for the time that migrations run.

The lock belongs to a session of its own, made from the engine of the migrations'
connection, so it holds across their transactions and is gone with the process. It is
asked for again and again, never waited for in the server: there a waiting session holds
a snapshot, for which CREATE INDEX CONCURRENTLY of the holder would wait in turn.
"""

from __future__ import annotations

import datetime
import hashlib
import logging
import os
import socket
import time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import sqlalchemy as sa

from .. import util
from ..util import _sessions
from ..util._filelock import FileLock

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .migration import MigrationContext

log = logging.getLogger("alembic.runtime.migration")

_POOLER = (
    "a pooler gives each transaction another server connection. Migrations with a lock "
    "need a direct connection to the server"
)
# How long to wait if nobody says so, in seconds.
DEFAULT_TIMEOUT = 300.0
# A wait is told at once, and then each so many seconds.
_TELL_EVERY = 10.0


class LockError(util.CommandError):
    """The lock cannot be had, or was lost; the message says what to do."""


class Backend(Protocol):
    """How a kind of database locks."""

    def try_acquire(self) -> bool:
        """Return whether the lock is ours now."""

    def is_held(self) -> bool:
        """Return whether it still is."""

    def holder(self) -> str:
        """Return who has it, in words."""

    def release(self) -> None:
        """Give it back, and close what it needed."""


class Wish(NamedTuple):
    """That a lock is wanted.

    timeout: how long to wait for it, in seconds.
    explicit: whether it was asked for on the command line or in `configure()`, so that
        a database that has no lock is an error.
    """

    timeout: float
    explicit: bool


def wish_of(context: MigrationContext) -> Wish | None:
    """Return what options and configuration say about a lock, None if nothing.

    Raises CommandError for a value that is no number of seconds.
    """
    # Those that move the database to a target change it; the others only look.
    if not context._changes_database:
        return None
    config = context.config
    given = getattr(config and config.cmd_opts, "lock", None)
    if given is None:
        given = context.opts.get("migration_lock")
    explicit = given is not None
    timeout = context.opts.get("migration_lock_timeout")
    if config is not None:
        if given is None:
            given = config.get_alembic_option("migration_lock")
        if timeout is None:
            timeout = config.get_alembic_option("migration_lock_timeout")
    wanted = _seconds("migration_lock", given, DEFAULT_TIMEOUT)
    if wanted is None:
        return None
    if timeout is not None and (given is True or not _is_number(given)):
        wanted = _seconds("migration_lock_timeout", timeout, wanted)
    return None if wanted is None else Wish(wanted, explicit)


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, bool)


def _seconds(name: str, value: Any, default: float) -> float | None:
    """Return a number of seconds; None for what means that nothing is wanted."""
    if value is None:
        return None
    if _is_number(value):
        return max(0.0, float(value))
    try:
        return default if value == "" or util.asbool(value) else None
    except ValueError as problem:
        raise util.CommandError(
            f"{name} is true, false or a number of seconds, not {value!r}"
        ) from problem


class Lock:
    """A lock on the migrations of one database.

    context: whose database; wish: what was asked for.
    """

    def __init__(self, context: MigrationContext, wish: Wish) -> None:
        self._context = context
        self._wish = wish
        self._backend: Backend | None = None

    def acquire(self) -> None:
        """Wait for the lock; having it already is no error.

        Raises LockError if the time is over, or if this database has no lock and it
        was asked for by name.
        """
        if self._backend is not None:
            return
        backend = _backend_for(self._context)
        if backend is None:
            self._tell_that_there_is_none()
            return
        started = time.monotonic()
        told = -_TELL_EVERY
        pause = 0.02
        try:
            while not backend.try_acquire():
                waited = time.monotonic() - started
                if waited >= self._wish.timeout:
                    raise LockError(
                        f"The migration lock was not free for {self._wish.timeout:g} "
                        f"seconds: {backend.holder()} has it"
                    )
                if waited - told >= _TELL_EVERY:
                    told = waited
                    log.warning(
                        "Waiting for the migration lock: %s has it", backend.holder()
                    )
                time.sleep(min(pause, self._wish.timeout - waited))
                pause = min(1.0, pause * 1.5)
        except BaseException:
            backend.release()
            raise
        self._backend = backend

    def _tell_that_there_is_none(self) -> None:
        name = self._context.dialect.name
        message = f"There is no migration lock for {name}"
        if self._wish.explicit:
            raise LockError(f"{message}; leave the option out")
        log.warning("%s: nothing stops another run at the same time", message)

    def verify(self) -> None:
        """Make sure that the lock is still ours.

        Raises LockError if it was lost.
        """
        if self._backend is not None and not self._backend.is_held():
            raise LockError(
                "The migration lock was lost, and no further step was run: its "
                f"connection was closed, or {_POOLER}"
            )

    def release(self) -> None:
        """Give the lock back; releasing twice is no error."""
        backend, self._backend = self._backend, None
        if backend is not None:
            backend.release()


def _backend_for(context: MigrationContext) -> Backend | None:
    """Return the lock of a database; None if there is none for it.

    Raises LockError if a second connection cannot be had, or holds no lock.
    """
    name = context.dialect.name
    if name == "sqlite":
        return _sqlite(context)
    kind = _SESSION_LOCKS.get(name)
    if kind is None:
        return None
    session = _own_session(context)
    if name == "postgresql" and _sessions.moves(session.engine):
        session.close()
        raise LockError(f"The migration lock cannot be had: {_POOLER}")
    return kind(session, _key(context))


def _key(context: MigrationContext) -> str:
    """Return what names the lock: database, version table and its schema."""
    parts = [
        context.connection.engine.url.database,
        context.version_table_schema,
        context.version_table,
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _own_session(context: MigrationContext) -> Connection:
    """Return a second connection to the same database, in autocommit mode.

    Raises LockError if the engine has only one.
    """
    try:
        session = _sessions.another(context.connection)
    except sa.exc.TimeoutError as problem:
        raise LockError(
            "The migration lock needs a connection of its own, and the engine's pool "
            "gives no second one: let it have two, or use NullPool in env.py"
        ) from problem
    if session is None:
        raise LockError(
            "The migration lock needs a connection of its own, and the engine has only "
            "one (StaticPool): use NullPool in env.py"
        )
    return session


class _SessionLock:
    """A lock that belongs to a session.

    session: the connection, in autocommit mode; key: 32 hexadecimal digits.
    """

    # SQL; `:key` is what `_value` gives.
    acquire_sql: str
    held_sql: str
    holder_sql: str
    release_sql: str

    def __init__(self, session: Connection, key: str) -> None:
        self._session = session
        self._values = {"key": self._value(key)}

    def _value(self, key: str) -> Any:
        return f"alembic_c:{key}"

    def _ask(self, statement: str) -> Any:
        return self._session.execute(sa.text(statement), self._values).first()

    def try_acquire(self) -> bool:
        row = self._ask(self.acquire_sql)
        if not row or not row[0]:
            return False
        if not self.is_held():
            raise LockError(
                f"The migration lock is not where it was asked for: {_POOLER}. "
                f"Until it ends, {self.holder()} keeps it"
            )
        return True

    def is_held(self) -> bool:
        try:
            row = self._ask(self.held_sql)
        except sa.exc.DBAPIError as problem:
            if problem.connection_invalidated:
                return False
            raise
        return bool(row and row[0])

    def holder(self) -> str:
        row = self._ask(self.holder_sql)
        if row is None:
            return "a session that is gone by now"
        process, program, since = row
        return f"session {process} ({program or 'unnamed'}, since {since})"

    def release(self) -> None:
        """End the session, and with it the lock."""
        try:
            if not self._session.closed and not self._session.invalidated:
                self._ask(self.release_sql)
        except sa.exc.DBAPIError:
            # The session has ended already: the server has freed the lock.
            self._session.invalidate()
        self._session.close()


class _PostgresqlLock(_SessionLock):
    # https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    _MINE = (
        "FROM pg_catalog.pg_locks l WHERE l.locktype = 'advisory' AND l.granted "
        "AND l.objsubid = 1 AND (l.classid::pg_catalog.int8 << 32 "
        "| l.objid::pg_catalog.int8) = :key AND l.database = "
        "(SELECT d.oid FROM pg_catalog.pg_database d "
        "WHERE d.datname = pg_catalog.current_database())"
    )
    acquire_sql = "SELECT pg_catalog.pg_try_advisory_lock(:key)"
    held_sql = (
        f"SELECT EXISTS (SELECT 1 {_MINE} AND l.pid = pg_catalog.pg_backend_pid())"
    )
    holder_sql = (
        "SELECT a.pid, a.application_name, a.backend_start "
        "FROM pg_catalog.pg_stat_activity a "
        f"WHERE a.pid = (SELECT l.pid {_MINE} LIMIT 1)"
    )
    release_sql = "SELECT pg_catalog.pg_advisory_unlock(:key)"

    def _value(self, key: str) -> int:
        return int(key[:16], 16) - 2**63


class _MysqlLock(_SessionLock):
    # https://mariadb.com/kb/en/get_lock/
    acquire_sql = "SELECT GET_LOCK(:key, 0)"
    held_sql = "SELECT IS_USED_LOCK(:key) = CONNECTION_ID()"
    holder_sql = (
        "SELECT p.ID, CONCAT(p.USER, '@', p.HOST), NOW() - INTERVAL p.TIME SECOND "
        "FROM information_schema.PROCESSLIST p WHERE p.ID = IS_USED_LOCK(:key)"
    )
    release_sql = "SELECT RELEASE_LOCK(:key)"


class _MssqlLock(_SessionLock):
    # https://learn.microsoft.com/en-us/sql/relational-databases/system-stored-procedures/sp-getapplock-transact-sql
    acquire_sql = (
        "SET NOCOUNT ON; DECLARE @got int; EXEC @got = sp_getapplock "
        "@Resource = :key, @LockMode = 'Exclusive', @LockOwner = 'Session', "
        "@LockTimeout = 0; SELECT CASE WHEN @got >= 0 THEN 1 ELSE 0 END"
    )
    held_sql = (
        "SELECT CASE WHEN APPLOCK_MODE('public', :key, 'Session') = 'Exclusive' "
        "THEN 1 ELSE 0 END"
    )
    holder_sql = (
        "SELECT s.session_id, s.program_name, s.login_time FROM sys.dm_tran_locks l "
        "JOIN sys.dm_exec_sessions s ON s.session_id = l.request_session_id "
        "WHERE l.resource_type = 'APPLICATION' AND l.request_status = 'GRANT' "
        "AND l.resource_description LIKE '%' + LEFT(:key, 32) + '%'"
    )
    release_sql = (
        "SET NOCOUNT ON; DECLARE @left int; EXEC @left = sp_releaseapplock "
        "@Resource = :key, @LockOwner = 'Session'; SELECT @left"
    )


_SESSION_LOCKS: dict[str, type[_SessionLock]] = {
    "postgresql": _PostgresqlLock,
    "mysql": _MysqlLock,
    "mariadb": _MysqlLock,
    "mssql": _MssqlLock,
}


class _SqliteLock:
    """A file beside the database's."""

    def __init__(self, path: str) -> None:
        self._lock = FileLock(path)

    def try_acquire(self) -> bool:
        now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        who = f"process {os.getpid()} on {socket.gethostname()}, since {now}"
        try:
            return self._lock.try_acquire(who)
        except OSError as problem:
            raise LockError(
                f"The migration lock is the file {self._lock.path}, which cannot be "
                f"made: {problem.strerror}"
            ) from problem

    def is_held(self) -> bool:
        return self._lock.is_held()

    def holder(self) -> str:
        return self._lock.note() or "a process that has just begun or ended"

    def release(self) -> None:
        self._lock.release()


class _NoLockNeeded:
    """A database in memory belongs to this process."""

    def try_acquire(self) -> bool:
        return True

    def is_held(self) -> bool:
        return True

    def holder(self) -> str:
        return "this process"

    def release(self) -> None:
        pass


def _sqlite(context: MigrationContext) -> Backend:
    path = _sessions.sqlite_file(context.connection)
    return _SqliteLock(f"{path}-migration-lock") if path else _NoLockNeeded()
