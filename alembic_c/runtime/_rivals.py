"""Whether another run was at work, for a run that failed without a lock."""

from __future__ import annotations

import logging
from collections.abc import Collection
from contextlib import closing
from types import TracebackType
from typing import TYPE_CHECKING

import sqlalchemy as sa

from .. import util
from ..util import _sessions, sqla_compat
from ..util.compat import add_note

if TYPE_CHECKING:
    from ._steps import RevisionStep, StampStep
    from .migration import MigrationContext

log = logging.getLogger("alembic.runtime.migration")

# So that the question waits for nobody, this run's own transaction among them.
_DO_NOT_WAIT = {
    "postgresql": "SET lock_timeout = '200ms'",
    "mysql": "SET SESSION lock_wait_timeout = 1",
    "mariadb": "SET SESSION lock_wait_timeout = 1",
    "sqlite": "PRAGMA busy_timeout = 200",
}


class Watch:
    """A block of steps; if it fails, the log says whether another run came between.

    It is seen by what is applied: revisions that this run has neither found nor run.

    context: of the run; one with a lock, or without a database, is not watched.
    """

    def __init__(self, context: MigrationContext) -> None:
        self._context = context
        self._began: frozenset[str] = frozenset()
        self._heads: set[str] = set()
        self._seen: set[str] = set()

    def began(self, heads: set[str]) -> None:
        """Note what was applied at first; the set goes on with the run."""
        self._began = frozenset(heads)
        self._heads = heads
        self._seen.update(heads)

    def step(self, step: RevisionStep | StampStep) -> None:
        """Note what a step has reached."""
        self._seen.update(step.to_revisions)

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not isinstance(problem, sa.exc.DBAPIError | util.CommandError):
            return
        context = self._context
        moves = "destination_rev" in context.opts and not context.as_sql
        is_real = isinstance(context.connection, sa.Connection)
        if not moves or not is_real or context._lock is not None:
            return
        # The step that failed may have got as far as that.
        self._seen.update(self._heads)
        applied = _applied_now(context)
        if applied is None or not set(applied) - self._seen:
            return
        began = f"at {_words(self._began)}" if self._began else "with nothing applied"
        text = (
            "Another run was at work on this database: it is at "
            f"{_words(applied)} now, and this run began {began}. With --lock, or with "
            "migration_lock = true in the configuration, one run at a time works and "
            "the others wait"
        )
        log.error("%s", text)
        add_note(problem, text)


def _words(revisions: Collection[str]) -> str:
    return ", ".join(sorted(revisions))


def _applied(connection: sa.Connection, table: sa.Table) -> tuple[str, ...]:
    if not sqla_compat._connectable_has_table(connection, table.name, table.schema):
        return ()
    return tuple(connection.execute(sa.select(table.c.version_num)).scalars())


def _applied_now(context: MigrationContext) -> tuple[str, ...] | None:
    """Return what others see as applied; None if that cannot be asked at once."""
    engine = context.connection.engine
    if not _sessions.is_ready(engine):
        return None
    try:
        with closing(_sessions.committing(engine)) as other:
            if patience := _DO_NOT_WAIT.get(other.dialect.name):
                other.exec_driver_sql(patience)
            found = _applied(other, context._version)
            other.invalidate()  # nobody else gets a session with these settings
            return found
    except sa.exc.SQLAlchemyError as problem:
        log.debug("whether another run was at work cannot be asked: %s", problem)
        return None
