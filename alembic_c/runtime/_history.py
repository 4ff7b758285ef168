"""A history of the steps that were run: a table beside the version table.

A row is written before its step begins, through a session of its own, so that it is
there whatever becomes of the step; the step's own transaction then says that it is
done.  So `done` is told exactly where the version table has the step, too, and a row
without an end is a step whose process was killed.
"""

from __future__ import annotations

import datetime
import logging
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .. import __version__, util
from ..util import _sessions
from ._steps import RevisionStep, StampStep

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .migration import MigrationContext

log = logging.getLogger("alembic.runtime.migration")

DONE = "done"
FAILED = "failed"
ROLLED_BACK = "rolled back"


def table_name(version_table: str) -> str:
    """Return the history's name, by that of the version table."""
    return f"{version_table}_history"


def table(version_table: str, schema: str | None) -> sa.Table:
    """Return the history table that belongs to a version table.

    Its columns: run, one for each command; step, its number there; direction,
    "upgrade", "downgrade" or "stamp"; revision, those that a stamp sets are separated
    by blanks; started_at and ended_at, UTC; seconds; outcome, "done", "failed", "rolled
    back" or NULL; error; path, digest (of the syntax tree) and version (of this
    package); os_user, host and process.
    """
    # Here, for it takes long, and only who has a history needs it.
    from sqlalchemy.dialects.mysql import DATETIME

    # MySQL leaves out the fraction of a second unless it is asked for.
    moment = sa.DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")
    return sa.Table(
        table_name(version_table),
        sa.MetaData(schema=schema),
        sa.Column("run", sa.String(32), primary_key=True),
        sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("direction", sa.String(20), nullable=False),
        sa.Column("revision", sa.String(255), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("ended_at", moment),
        sa.Column("seconds", sa.Float),
        sa.Column("outcome", sa.String(20)),
        sa.Column("error", sa.Text),
        sa.Column("path", sa.Text),
        sa.Column("digest", sa.String(64)),
        sa.Column("version", sa.String(50), nullable=False),
        sa.Column("os_user", sa.String(255), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("process", sa.Integer, nullable=False),
    )


def is_wanted(context: MigrationContext) -> bool:
    """Return whether options or the configuration ask for a history.

    Raises CommandError for a value that is neither true nor false.
    """
    if not context._changes_database:
        return False
    given: Any = context.opts.get("migration_history")
    if given is None and context.config is not None:
        given = context.config.get_alembic_option("migration_history")
    try:
        return bool(given) and util.asbool(given)
    except ValueError as problem:
        raise util.CommandError(
            f"migration_history is true or false, not {given!r}"
        ) from problem


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


def _who() -> dict[str, Any]:
    import getpass
    import socket

    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in containers
        user = str(os.getuid())
    return {"os_user": user, "host": socket.gethostname(), "process": os.getpid()}


class History:
    """The history of one run on one database.

    context: whose steps they are.
    """

    def __init__(self, context: MigrationContext) -> None:
        self._context = context
        self._table = table(context.version_table, context.version_table_schema)
        self._run = os.urandom(16).hex()
        self._session: Connection | None = None
        self._is_ready = False
        # What the row of the present step says; how it began, by time.monotonic().
        self._row: dict[str, Any] = {"step": 0}
        self._began = 0.0
        self._is_told = False
        self._error: str | None = None

    def begin(self, step: RevisionStep | StampStep) -> None:
        """Note that a step begins; it has no transaction yet."""
        self._row = {
            **_described(step),
            **_who(),
            "run": self._run,
            "step": self._row["step"] + 1,
            "started_at": _now(),
            "version": __version__,
        }
        self._began = time.monotonic()
        session = self._session_for_beginnings()
        self._is_told = session is not None
        if session is not None:
            if not self._is_ready:
                self._table.create(session, checkfirst=True)
            session.execute(self._table.insert(), self._row)
            self._is_ready = True

    def done(self) -> None:
        """Note, in the transaction of the step, that it is done."""
        end = {
            "ended_at": _now(),
            "seconds": round(time.monotonic() - self._began, 6),
            "outcome": DONE,
        }
        connection = self._context.connection
        if self._is_told:
            connection.execute(self._mine(self._table.update()).values(end))
            return
        if not self._is_ready:
            self._table.create(connection, checkfirst=True)
            self._is_ready = True
        connection.execute(self._table.insert(), {**self._row, **end})

    def failed(self, problem: BaseException) -> None:
        """Remember what a step has raised."""
        self._error = f"{type(problem).__name__}: {problem}"

    def finish(self) -> None:
        """Note how the steps have ended, once their transactions have; idempotent."""
        if self._error is not None:
            # The history must not hide what the step has raised.
            try:
                self._tell_failure()
            except (sa.exc.SQLAlchemyError, util.CommandError) as problem:
                log.warning("The history could not be written: %s", problem)
            self._error = None
        if self._session is not None:
            self._session.close()
            self._session = None

    def restart(self) -> None:
        """Note that all is rolled back, and begins again under further numbers."""
        self.finish()
        if not self._is_told:
            self._is_ready = False

    def _tell_failure(self) -> None:
        """Write what a step has raised, when no transaction of the steps is open.

        Raises CommandError if the only session is in somebody else's.
        """
        session = self._own_session()
        if session is not None:
            self._write_failure(session)
            return
        connection = self._context.connection
        if connection.in_transaction():
            raise util.CommandError("the only session is in a transaction")
        with connection.begin():
            self._write_failure(connection)

    def _write_failure(self, session: Connection) -> None:
        end = {"ended_at": _now(), "outcome": FAILED, "error": self._error}
        if not self._is_told:
            self._table.create(session, checkfirst=True)
            session.execute(self._table.insert(), {**self._row, **end})
            return
        session.execute(self._mine(self._table.update()).values(end))
        columns = self._table.c
        session.execute(
            self._table.update()
            .where(columns.run == self._run, columns.outcome.is_(None))
            .values(ended_at=_now(), outcome=ROLLED_BACK)
        )

    def _mine(self, statement: Any) -> Any:
        columns = self._table.c
        return statement.where(
            columns.run == self._run, columns.step == self._row["step"]
        )

    def _session_for_beginnings(self) -> Connection | None:
        """Return a session that can write now; None if there is none.

        SQLite lets one write at a time.
        """
        connection = self._context.connection
        if connection.dialect.name == "sqlite":
            driver: Any = connection.connection.driver_connection
            if getattr(driver, "in_transaction", True):
                return None
        return self._own_session()

    def _own_session(self) -> Connection | None:
        """Return a second session that names tables as the other does, if there can be.

        Raises CommandError if the engine's pool has none left.
        """
        if self._session is None:
            connection = self._context.connection
            try:
                self._session = _sessions.another(connection)
            except sa.exc.TimeoutError as problem:
                raise util.CommandError(
                    "The history needs a connection of its own, and the engine's pool "
                    "gives no second one: let it have two, or use NullPool in env.py"
                ) from problem
            if self._session is not None:
                _look_where_the_other_does(self._session, connection)
        return self._session


def _described(step: RevisionStep | StampStep) -> dict[str, Any]:
    if isinstance(step, StampStep):
        revisions = " ".join(step.to_revisions_no_deps) or "base"
        return {"direction": "stamp", "revision": revisions}
    from ..util import _meaning

    script: Any = step.revision
    row = {
        "direction": "upgrade" if step.is_upgrade else "downgrade",
        "revision": script.revision,
        "path": os.path.basename(script.path),
    }
    with suppress(OSError), open(script.path, "rb") as stream:
        row["digest"] = _meaning.digest(stream.read())
    return row


# `env.py` may have chosen a schema or a database for its own session.
_PLACES = {
    "postgresql": (
        "SELECT pg_catalog.current_setting('search_path')",
        "SELECT pg_catalog.set_config('search_path', :place, false)",
    ),
    "mysql": ("SELECT DATABASE()", "USE {place}"),
    "mariadb": ("SELECT DATABASE()", "USE {place}"),
}


def _look_where_the_other_does(session: Connection, other: Connection) -> None:
    if other.dialect.name not in _PLACES:
        return
    ask, go = _PLACES[other.dialect.name]
    had_transaction = other.in_transaction()
    place = other.exec_driver_sql(ask).scalar()
    if not had_transaction:
        other.rollback()  # of what this question has begun, and nothing else
    if place is None:
        return
    quoted = other.dialect.identifier_preparer.quote_identifier(place)
    statement = sa.text(go.replace("{place}", quoted.replace(":", r"\:")))
    session.execute(statement, {"place": place} if ":place" in go else {})
