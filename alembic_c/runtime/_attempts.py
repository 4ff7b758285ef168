"""Run again what has failed for want of a lock, or by a deadlock.

What is run again is all that one transaction holds: a step, where each has its own, or
else the whole run.  Before that the transaction is rolled back, and time passes outside
of any.  Nothing is run again of which a part may be committed.  Who says so:

- the server: PostgreSQL tells what became of the transaction that the attempt began in;
- the journal of `_failures`, and `Attempt`, which hears of the statements: MySQL and
  MariaDB commit in front of many, so only those pass that are known not to do that;
- `Attempt` for other connections of the same thread, which have to commit nothing.

`env.py` may have executed something in the transaction, such as a setting that the
rollback undoes; then nothing is run again, either.
"""

from __future__ import annotations

import logging
import random
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from .. import util
from . import _failures, _transactions
from ._blockers import Watcher
from ._timeouts import NOTHING, Limits, limits_of_step

if TYPE_CHECKING:
    from ._applied import AppliedHeads
    from ._steps import RevisionStep, StampStep
    from .migration import MigrationContext

    _Prepare = Callable[[], None]
    _Step = RevisionStep | StampStep

log = logging.getLogger("alembic.runtime.migration")

# SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), and numbers
# of MySQL (https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html).
_TRANSIENT = {
    "55P03": "a lock was not to be had",
    "40P01": "there was a deadlock",
    "1205": "a lock was not to be had",
    "3572": "a lock was not to be had",
    "1213": "there was a deadlock",
}
# MySQL: "some non-transactional changed tables couldn't be rolled back".
_NOT_ROLLED_BACK = 1196

_NOT_ITS_OWN = (
    "it has no transaction of its own; transaction_per_migration=True in env.py's "
    "context.configure() gives each revision one"
)
_ENV_PY = (
    "env.py has executed something in the transaction before the steps; do it before "
    "context.begin_transaction(), and commit"
)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 10.0

# Statements of MySQL and MariaDB after which the transaction is the same as before.
_STAYS = re.compile(
    _failures._LEAD + r"(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH|SHOW|EXPLAIN"
    r"|DESCRIBE|SAVEPOINT|RELEASE|ROLLBACK\s+TO|USE"
    r"|SET\s+(?!.*\bautocommit)(?:SESSION\b|NAMES\b|@|\w+\s*=))",
    re.IGNORECASE | re.DOTALL,
)
# Several statements in one text, and comments that the server executes.
_SEVERAL = re.compile(r";\s*\S|/\*M?!")


class FirstStatement:
    """Whether anything is executed on a connection before the steps begin."""

    def __init__(self, connection: Connection) -> None:
        self._connection: Connection | None = connection
        self._n_executed = 0
        event.listen(connection, "before_cursor_execute", self._note)

    def _note(self, *of_the_statement: Any) -> None:
        self._n_executed += 1

    def stop(self) -> bool:
        """Listen no more; return whether there was none. Can be called again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            event.remove(connection, "before_cursor_execute", self._note)
        return self._n_executed == 0


def _transience(problem: DBAPIError, dialect_name: str) -> str | None:
    """Return what is told of an error that another attempt may not meet."""
    original: Any = problem.orig
    arguments = getattr(original, "args", None) or (None,)
    if dialect_name == "postgresql":
        codes = [getattr(original, name, None) for name in ("sqlstate", "pgcode")]
        if isinstance(arguments[0], dict):  # pg8000
            codes.append(arguments[0].get("C"))
    else:
        codes = [getattr(original, "errno", None), arguments[0]]
    return next(
        (_TRANSIENT[str(code)] for code in codes if str(code) in _TRANSIENT), None
    )


class _Listening:
    """Attempts hear of what their thread executes, on any connection.

    SQLAlchemy's list of listeners must not change while another thread goes through it:
    one listener serves all attempts of a process, and stays.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._has_begun = False
        self._of_thread = threading.local()

    def begin(self) -> None:
        """Listen from now on; idempotent. To be called before threads are at work."""
        with self._guard:
            if not self._has_begun:
                event.listen(Engine, "commit", self._commit)
                event.listen(Engine, "after_cursor_execute", self._executed)
                self._has_begun = True

    @property
    def attempts(self) -> list[Attempt]:
        """Those of the present thread."""
        found: list[Attempt] = self._of_thread.__dict__.setdefault("attempts", [])
        return found

    def _commit(self, connection: Connection) -> None:
        for attempt in self.attempts:
            attempt.committed(connection)

    def _executed(
        self, connection: Connection, cursor: Any, text: str, *_: Any
    ) -> None:
        for attempt in self.attempts:
            attempt.executed(connection, text)


LISTENING = _Listening()


class Attempt:
    """What a step, or a run, does from the first statement of its transaction on.

    context: whose connection it is.
    """

    def __init__(self, context: MigrationContext) -> None:
        self._context = context
        self._connection: Connection = context.connection
        self._transaction_id: int | None = None
        self._kept: str | None = None

    def start(self) -> None:
        """Listen to what is executed from now on."""
        LISTENING.begin()
        LISTENING.attempts.append(self)

    def stop(self) -> None:
        """Listen no more."""
        LISTENING.attempts.remove(self)

    def begun(self) -> None:
        """Ask who the transaction is, once it has begun."""
        if self._connection.dialect.name == "postgresql":
            self._transaction_id = self._connection.exec_driver_sql(
                "SELECT pg_catalog.txid_current()"
            ).scalar_one()

    def committed(self, connection: Connection) -> None:
        """Note a commit."""
        if self._is_of_the_step(connection):
            self._keep(connection)

    def _is_of_the_step(self, connection: Connection) -> bool:
        history = self._context._history
        return history is None or connection is not history._session

    def _keep(self, connection: Connection) -> None:
        mine = connection is self._connection
        self._kept = "a part of it is" if mine else "another connection's work is"
        self._kept += " committed"

    def executed(self, connection: Connection, text: str) -> None:
        """Note a statement."""
        if not self._is_of_the_step(connection):
            return
        if connection is self._connection:
            if connection.dialect.name != "postgresql" and not _stays(text):
                self._keep(connection)
        elif _failures._is_in_autocommit_block(
            connection
        ) and not _failures._CHANGES_NOTHING.match(text):
            self._keep(connection)

    def kept(self, problem: DBAPIError, journal: Any) -> str | None:
        """Return why it must not be run again, as far as that is seen from here."""
        if self._kept is not None:
            return self._kept
        if journal is not None and (journal.kept or journal.earlier):
            return "a part of it is committed"
        if self._connection.dialect.name == "postgresql":
            return None
        text = problem.statement
        if text is None or not (_stays(text) or _is_one_definition(text)):
            return "a part of it may be committed"
        return None

    def kept_by_the_server(self) -> str | None:
        """Return the same as the server says it, after the rollback."""
        connection = self._connection
        if connection.dialect.name != "postgresql":
            warnings = connection.exec_driver_sql("SHOW WARNINGS").all()
            connection.rollback()
            if any(row[1] == _NOT_ROLLED_BACK for row in warnings):
                return "a table that it has changed cannot be rolled back"
            return None
        outcome = connection.exec_driver_sql(
            f"SELECT pg_catalog.txid_status({self._transaction_id})"
        ).scalar()
        connection.rollback()
        return None if outcome == "aborted" else "a part of it is committed"


def _stays(text: str) -> bool:
    return bool(_STAYS.match(text)) and not _SEVERAL.search(text)


def _is_one_definition(text: str) -> bool:
    """Return whether it is one statement of DDL: that happens, or it does not."""
    return bool(_failures._COMMITS.match(text)) and not _SEVERAL.search(text)


class Attempts:
    """The steps of one run: with which limits, and how often.

    context: of the run.
    is_untouched: whether nothing was executed in the transaction around all steps.
    """

    def __init__(self, context: MigrationContext, is_untouched: bool) -> None:
        self._context = context
        self._limits = context._limits or NOTHING
        self._is_untouched = is_untouched
        self._timeouts = context._timeouts
        self._watcher: Watcher | None = None
        self._was_free = False
        self._of_run: Attempt | None = None
        # What failed last in the transaction around all steps: its limits and name.
        self._present: tuple[Limits, str] = (NOTHING, "")
        self._seen: list[_Step] = []
        self._steps: Iterator[_Step] | None = None
        self._heads: frozenset[str] | None = None

    # --- the whole run ------------------------------------------------------------

    def run(self, steps: Callable[[], None]) -> None:
        """Make the steps; if they have one transaction, as often as need be."""
        context = self._context
        n_again = 0
        self._was_free = _is_free(context)
        self._timeouts.are_in_use = True
        try:
            while True:
                if context._limits is not None:
                    self._timeouts.apply(self._limits)
                attempt = self._of_run = self._begin_run()
                try:
                    steps()
                    self._timeouts.restore()
                    return
                except DBAPIError as problem:
                    if attempt is None or not self._rolled_back_run(
                        problem, attempt, n_again
                    ):
                        raise
                finally:
                    if attempt is not None:
                        attempt.stop()
                n_again += 1
        except BaseException:
            # In a transaction that has failed nothing can be set: its block does it.
            if _is_free(context):
                self._timeouts.restore()
            raise
        finally:
            self._timeouts.are_in_use = False
            if self._watcher is not None:
                self._watcher.stop()

    def _begin_run(self) -> Attempt | None:
        """Return an attempt if one transaction holds the whole run."""
        context = self._context
        if not self._limits.lock_retries or context._transaction is None:
            return None
        attempt = Attempt(context)
        attempt.begun()
        attempt.start()
        return attempt

    def _rolled_back_run(
        self, problem: DBAPIError, attempt: Attempt, n_again: int
    ) -> bool:
        context = self._context
        step = getattr(problem, "_alembic_step", None)
        kept = attempt.kept(problem, None)
        if step is not None and step.kept:
            kept = "a part of it is committed"
        elif not self._is_untouched:
            kept = _ENV_PY
        elif not context.impl.transactional_ddl or context._transaction is None:
            kept = "its transaction has ended"
        if not self._may_go_on(problem, kept, n_again):
            return False
        transaction = context._transaction
        assert transaction is not None
        transaction.rollback()
        if self._has_gone_on(attempt):
            return False
        if context._history is not None:
            context._history.restart()
        self._pause(problem, n_again)
        context._transaction = context.connection.begin()
        return True

    def plan(self, heads: Iterable[str], plan: Callable[[], Iterable[_Step]]) -> Any:
        """Return the steps: in a further attempt those of the first one.

        Raises CommandError if something else is applied meanwhile.
        """
        if self._of_run is None:
            return plan()
        if self._steps is None:
            self._steps = iter(plan())
            self._heads = frozenset(heads)
        elif self._heads != frozenset(heads):
            raise _moved()
        return self._planned(list(self._seen), self._steps)

    def _planned(self, again: list[_Step], further: Iterator[_Step]) -> Iterator[_Step]:
        yield from again
        for step in further:
            self._seen.append(step)
            yield step

    # --- one step -----------------------------------------------------------------

    def step(
        self, step: _Step, heads: AppliedHeads, make: Callable[[_Prepare], None]
    ) -> None:
        """Make a step; if it has a transaction of its own, as often as need be.

        heads: what is applied, put back for another attempt.
        make: begins the transaction, calls what it is given, and goes on from there.
        """
        limits = limits_of_step(self._context, step, self._limits)
        self._present = limits, step.short_log
        if self._of_run is not None:
            make(partial(self._enter, limits, None))
        elif limits == NOTHING and not self._timeouts.is_set:
            make(_nothing)
        else:
            self._step_again(step, heads, limits, make)

    def _enter(self, limits: Limits, attempt: Attempt | None) -> None:
        self._timeouts.apply(limits)
        if attempt is not None and limits.lock_retries:
            attempt.begun()
        if limits.lock_retries or limits.lock_timeout:
            self._watch(limits)

    def _step_again(
        self,
        step: _Step,
        heads: AppliedHeads,
        limits: Limits,
        make: Callable[[_Prepare], None],
    ) -> None:
        context = self._context
        before = frozenset(heads)
        n_again = 0
        if self._was_free and _transactions._is_due(context, per_migration=True):
            # The heads were read in a transaction, and perhaps their table was made:
            # the step's own one begins with the step.
            context.connection.commit()
        while True:
            is_own = not context.connection.in_transaction()
            attempt = Attempt(context)
            attempt.start()
            try:
                make(partial(self._enter, limits, attempt))
                return
            except DBAPIError as problem:
                kept = attempt.kept(problem, context.impl._journal)
                if not is_own or context.connection.in_transaction():
                    kept = _NOT_ITS_OWN
                if not self._may_go_on(problem, kept, n_again):
                    raise
                if self._has_gone_on(attempt):
                    raise
                self._pause(problem, n_again)
            finally:
                attempt.stop()
            heads.reset(before)
            if frozenset(context.get_current_heads()) != before:
                raise _moved()
            context.connection.rollback()
            n_again += 1

    # --- both ---------------------------------------------------------------------

    def _watch(self, limits: Limits) -> None:
        if self._watcher is None:
            every = min(1.0, max(0.05, (limits.lock_timeout or 3.0) / 3))
            self._watcher = Watcher(self._context.connection, every)
        self._watcher.start()

    def _may_go_on(self, problem: DBAPIError, kept: str | None, n_again: int) -> bool:
        """Return whether another attempt may be made; if not, tell why.

        kept: why not, as far as that is known.
        """
        limits, title = self._present
        reason = _transience(problem, self._context.dialect.name)
        if reason is None or problem.connection_invalidated:
            return False
        n_most = (limits.lock_retries or 0) + 1
        if n_again + 1 >= n_most:
            why = f"this was attempt {n_again + 1} of {n_most}"
        elif kept is None:
            return True
        else:
            why = f"it is not run again: {kept}"
        log.error("%s: %s%s; %s", title, reason, self._blockers(), why)
        return False

    def _has_gone_on(self, attempt: Attempt) -> bool:
        kept = attempt.kept_by_the_server()
        if kept is not None:
            log.error("%s: it is not run again: %s", self._present[1], kept)
        return kept is not None

    def _pause(self, problem: DBAPIError, n_again: int) -> None:
        """Wait; the sessions that are in the way may end meanwhile."""
        limits, title = self._present
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 1.5 ** min(n_again, 20))
        seconds = longest * random.uniform(0.5, 1.0)
        log.warning(
            "%s: %s%s; all of it was rolled back, attempt %d of %d in %.1f s",
            title,
            _transience(problem, self._context.dialect.name),
            self._blockers(),
            n_again + 2,
            (limits.lock_retries or 0) + 1,
            seconds,
        )
        time.sleep(seconds)

    def _blockers(self) -> str:
        found = self._watcher.taken() if self._watcher is not None else ""
        return f", held by {found}" if found else ""


def _is_free(context: MigrationContext) -> bool:
    connection = context.connection
    return not (
        context.as_sql
        or not isinstance(connection, Connection)
        or connection.closed
        or connection.in_transaction()
    )


def _nothing() -> None:
    pass


def _moved() -> Exception:
    return util.CommandError(
        "Another run was at work on this database while this one waited for a lock: "
        "nothing is run again. With --lock, one run at a time works"
    )
