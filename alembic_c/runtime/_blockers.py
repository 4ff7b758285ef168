"""Which sessions a migration waits for.

The server knows it while the migration waits, and the migration's own session cannot
ask then; so a thread asks now and again, through a second connection.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..util import _sessions

if TYPE_CHECKING:
    from sqlalchemy import Connection

log = logging.getLogger("alembic.runtime.migration")

_MINE = {
    "postgresql": "SELECT pg_catalog.pg_backend_pid()",
    "mysql": "SELECT CONNECTION_ID()",
    "mariadb": "SELECT CONNECTION_ID()",
}

# Each gives process, program or account, state, and since when.
# https://www.postgresql.org/docs/current/functions-info.html
_POSTGRESQL = (
    "SELECT a.pid, coalesce(nullif(a.application_name, ''), a.usename), a.state, "
    "a.xact_start FROM pg_catalog.pg_stat_activity a "
    "WHERE a.pid = ANY (pg_catalog.pg_blocking_pids({mine})) ORDER BY a.xact_start",
)
_PROCESS = (
    "SELECT DISTINCT p.ID, CONCAT(p.USER, '@', p.HOST), p.COMMAND, "
    "NOW() - INTERVAL p.TIME SECOND FROM information_schema.PROCESSLIST p "
)
# Rows, before MySQL 8 and with MariaDB, and since; tables, where the server notes them
# (https://dev.mysql.com/doc/refman/8.4/en/performance-schema-metadata-locks-table.html).
_MYSQL = (
    f"{_PROCESS} JOIN information_schema.INNODB_TRX b ON b.trx_mysql_thread_id = p.ID "
    "JOIN information_schema.INNODB_LOCK_WAITS w ON w.blocking_trx_id = b.trx_id "
    "JOIN information_schema.INNODB_TRX r ON r.trx_id = w.requesting_trx_id "
    "WHERE r.trx_mysql_thread_id = {mine}",
    f"{_PROCESS} JOIN performance_schema.threads b ON b.PROCESSLIST_ID = p.ID "
    "JOIN performance_schema.data_lock_waits w ON w.BLOCKING_THREAD_ID = b.THREAD_ID "
    "JOIN performance_schema.threads r ON r.THREAD_ID = w.REQUESTING_THREAD_ID "
    "WHERE r.PROCESSLIST_ID = {mine}",
    f"{_PROCESS} JOIN performance_schema.threads b ON b.PROCESSLIST_ID = p.ID "
    "JOIN performance_schema.metadata_locks g ON g.OWNER_THREAD_ID = b.THREAD_ID "
    "JOIN performance_schema.metadata_locks w ON w.OBJECT_TYPE = g.OBJECT_TYPE "
    "AND w.OBJECT_SCHEMA = g.OBJECT_SCHEMA AND w.OBJECT_NAME = g.OBJECT_NAME "
    "JOIN performance_schema.threads r ON r.THREAD_ID = w.OWNER_THREAD_ID "
    "WHERE g.LOCK_STATUS = 'GRANTED' AND w.LOCK_STATUS = 'PENDING' "
    "AND r.PROCESSLIST_ID = {mine} AND p.ID <> {mine}",
)
# Where the server does not note who holds tables, whoever has a transaction open may.
_MAY_BE = (
    f"{_PROCESS} JOIN information_schema.INNODB_TRX b ON b.trx_mysql_thread_id = p.ID "
    "WHERE p.ID <> {mine} AND EXISTS (SELECT 1 FROM information_schema.PROCESSLIST w "
    "WHERE w.ID = {mine} AND w.STATE LIKE 'Waiting for table metadata lock%')",
)
_QUESTIONS: dict[str, tuple[tuple[str, Sequence[str]], ...]] = {
    "postgresql": (("", _POSTGRESQL),),
    "mysql": (("", _MYSQL), ("perhaps ", _MAY_BE)),
    "mariadb": (("", _MYSQL), ("perhaps ", _MAY_BE)),
}


class Watcher:
    """A thread that looks now and again whether a session waits, and for whom.

    connection: of the migrations; every: the seconds between two looks.
    """

    def __init__(self, connection: Connection, every: float) -> None:
        self._connection = connection
        self._every = every
        self._mine = 0
        self._found = ""
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look; where no second connection can be had, do nothing.

        To be called in a transaction: it asks who the session is.
        """
        if self._thread is not None:
            return
        dialect = self._connection.dialect
        if dialect.is_async or not _sessions.is_ready(self._connection.engine):
            return
        self._mine = int(
            self._connection.exec_driver_sql(_MINE[dialect.name]).scalar_one()
        )
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; idempotent."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def taken(self) -> str:
        """Return who was found last, in words, and forget it; "" for nobody."""
        found, self._found = self._found, ""
        return found

    def _look(self) -> None:
        session: Connection | None = None
        try:
            while not self._stop.wait(self._every):
                if session is None:
                    session = _sessions.committing(self._connection.engine)
                self._found = self._ask(session) or self._found
        except sa.exc.SQLAlchemyError as problem:
            log.debug("who blocks the migration cannot be asked: %s", problem)
        finally:
            if session is not None:
                session.close()

    def _ask(self, session: Connection) -> str:
        for certainty, questions in _QUESTIONS[session.dialect.name]:
            for question in questions:
                rows = self._rows(session, question.replace("{mine}", str(self._mine)))
                if rows:
                    return certainty + "; ".join(map(_described, rows))
        return ""

    def _rows(self, session: Connection, question: str) -> Sequence[Any]:
        try:
            return session.execute(sa.text(question)).all()
        except sa.exc.DBAPIError as problem:
            if problem.connection_invalidated:
                raise
            # This server has no such table, or the account may not read it.
            return ()


def _described(row: Any) -> str:
    process, who, state, since = row
    return f"session {process} ({who}, {state}, since {since})"
