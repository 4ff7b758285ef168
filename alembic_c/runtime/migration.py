"""The migration context: one database, or one SQL script, while migrations run."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from sqlalchemy import Engine, select
from sqlalchemy.engine import url as sqla_url
from sqlalchemy.engine.mock import MockConnection

from .. import util
from ..ddl.impl import DefaultImpl
from ..util import sqla_compat
from ..util.compat import EncodedIO
from . import (
    _attempts,
    _failures,
    _foreign,
    _history,
    _lock,
    _progress,
    _rivals,
    _timeouts,
    _transactions,
)
from ._heads import HeadMaintainer
from ._steps import MigrationInfo as MigrationInfo
from ._steps import MigrationStep as MigrationStep
from ._steps import RevisionStep, StampStep
from ._transactions import _ProxyTransaction

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect, Table, Transaction
    from sqlalchemy.engine import URL
    from sqlalchemy.sql import Executable, Select

    from ..script.base import ScriptDirectory
    from ..util._config import Config
    from .environment import EnvironmentContext

log = logging.getLogger("alembic.runtime.migration")

_Step = RevisionStep | StampStep
_VERSION_TABLE = "alembic_version"


class MigrationContext:
    """Run migrations on a connection, or write the SQL of migrations out.

    `MigrationContext.configure` makes one without an environment, for programs that
    work with migrations; `EnvironmentContext.configure` makes the one that `env.py`
    uses, and passes its parameters as `opts`.

    dialect: of the database; connection: an open connection, None in offline mode.
    opts: the parameters of `EnvironmentContext.configure`.
    environment_context: the environment that the context belongs to.
    """

    def __init__(
        self,
        dialect: Dialect,
        connection: Connection | None,
        opts: dict[str, Any],
        environment_context: EnvironmentContext | None = None,
    ) -> None:
        from .. import _bootstrap

        _bootstrap.ensure()
        self.environment_context = environment_context
        self.opts = opts
        self.dialect = dialect
        self.script: ScriptDirectory | None = opts.get("script")
        self.as_sql: bool = opts.get("as_sql", False)
        self.purge: bool = opts.get("purge", False)
        self.transactional_ddl: bool | None = opts.get("transactional_ddl")
        self.on_version_apply_callbacks = opts.get("on_version_apply", ())
        self.version_table: str = opts.get("version_table", _VERSION_TABLE)
        self.version_table_schema: str | None = opts.get("version_table_schema")
        self._history_table = _history.table_name(self.version_table)
        self.output_buffer: TextIO = _output_buffer(opts)
        self._transaction_per_migration = opts.get("transaction_per_migration", False)
        self._migrations_fn: Callable[..., Iterable[_Step]] | None = opts.get("fn")
        self._user_compare_type = opts.get("compare_type", True)
        self._user_compare_server_default = opts.get("compare_server_default", False)
        self._start_from_rev: str | None = opts.get("starting_rev")
        # What `run_migrations` was given for the migrations.
        self._run_args: dict[str, Any] = {}
        self._transaction: Transaction | None = None
        self._foreign: _foreign.ForeignTransaction | None = None
        self.connection: Any = (
            self._stdout_connection(connection) if self.as_sql else connection
        )
        self._in_external_transaction: bool = (
            not self.as_sql and self._in_connection_transaction()
        )
        self.impl = self._make_impl()
        wish = _lock.wish_of(self)
        self._lock = None if wish is None else _lock.Lock(self, wish)
        self._history = _history.History(self) if _history.is_wanted(self) else None
        self._limits = _timeouts.limits_of(self)
        self._timeouts = _timeouts.Timeouts(self)
        self._first_statement: _attempts.FirstStatement | None = None
        self._version: Table = self.impl.version_table_impl(
            version_table=self.version_table,
            version_table_schema=self.version_table_schema,
            version_table_pk=opts.get("version_table_pk", True),
        )
        self._log_assumptions()

    @property
    def _changes_database(self) -> bool:
        """Whether this moves a database to a target; others write SQL, or only look."""
        only_looks = self.as_sql or self.opts.get("dont_mutate", False)
        return not only_looks and "destination_rev" in self.opts

    def _make_impl(self) -> DefaultImpl:
        return DefaultImpl.get_by_dialect(self.dialect)(
            self.dialect,
            self.connection,
            self.as_sql,
            self.transactional_ddl,
            self.output_buffer,
            self.opts,
        )

    def _log_assumptions(self) -> None:
        log.info("Context impl %s.", type(self.impl).__name__)
        if self.as_sql:
            log.info("Generating static SQL")
        kind = "transactional" if self.impl.transactional_ddl else "non-transactional"
        log.info("Will assume %s DDL.", kind)

    @classmethod
    def configure(
        cls,
        connection: Connection | None = None,
        url: str | URL | None = None,
        dialect_name: str | None = None,
        dialect: Dialect | None = None,
        environment_context: EnvironmentContext | None = None,
        dialect_opts: dict[str, str] | None = None,
        opts: Any | None = None,
    ) -> MigrationContext:
        """Make a context from a connection, a URL, or the name of a dialect.

        connection: an open connection; none of the other two is needed then.
        url: a database URL, for its dialect only; dialect_name: such as "postgresql".
        dialect: a dialect that has been made already.
        environment_context: the environment that the context belongs to.
        dialect_opts: parameters for the dialect, with a URL or a name.
        opts: the parameters of `EnvironmentContext.configure`, as a dictionary.
        Raises CommandError if `connection` is an engine, Exception if nothing tells
        which dialect is meant.
        """
        if connection is not None:
            if isinstance(connection, Engine):
                raise util.CommandError(
                    "'connection' argument to configure() is expected to be a "
                    "sqlalchemy.engine.Connection instance, got "
                    f"{connection!r}"
                )
            dialect = connection.dialect
        elif url or dialect_name:
            dialect = _dialect_of(url or f"{dialect_name}://", dialect_opts or {})
        elif dialect is None:
            raise Exception("Connection, url, or dialect_name is required.")
        return cls(dialect, connection, opts or {}, environment_context)

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Run a block outside of a transaction, for DDL that refuses to be in one.

        The transaction before the block is committed and a new one is begun after it:
        what a failing migration has done before the block stays. Use it first in a
        migration, with `transaction_per_migration`.
        Raises CommandError in a transaction that was not begun here.
        """
        with _transactions.autocommit(self):
            yield

    def begin_transaction(
        self, _per_migration: bool = False
    ) -> _ProxyTransaction | AbstractContextManager[None, bool | None]:
        """Return a context manager for the transaction around migrations.

        Depending on the database and on how the context was configured, that is a
        transaction, the text BEGIN and COMMIT, or nothing at all.
        """
        needs_end = self._lock or self._history or self._limits
        if _per_migration or needs_end is None:
            return _transactions.block(self, _per_migration)
        if self._lock is not None:
            # Before the transaction: one that waits would be idle, and see old data.
            self._lock.acquire()
        return _transactions.followed_by(self, self._begun, self._ended)

    def _begun(self) -> None:
        """Note what `env.py` executes in the transaction before the steps."""
        if self._limits is not None:
            self._first_statement = _attempts.FirstStatement(self.connection)

    def _ended(self) -> None:
        if self._first_statement is not None:
            self._first_statement.stop()
        if _attempts._is_free(self):
            self._timeouts.restore()
        self._end_sessions()

    def _end_sessions(self) -> None:
        """End what has a session of its own, if `begin_transaction` has not done it."""
        if self._history is not None:
            self._history.finish()
        if self._lock is not None:
            self._lock.release()

    def get_current_revision(self) -> str | None:
        """Return the revision that the database is at, None for none.

        Raises CommandError if it is at more than one.
        """
        heads = self.get_current_heads()
        if len(heads) > 1:
            raise util.CommandError(
                f"Version table '{self.version_table}' has more than one head "
                "present; please use get_current_heads()"
            )
        return heads[0] if heads else None

    def get_current_heads(self) -> tuple[str, ...]:
        """Return the revisions that the database is at, as the version table has them.

        In offline mode, what `starting_rev` says.
        Raises CommandError if `starting_rev` is given with a connection.
        """
        if self.as_sql:
            return self._given_heads()
        if self._start_from_rev:
            raise util.CommandError(
                "Can't specify current_rev to context when using a database connection"
            )
        if not self._has_version_table():
            return ()
        rows = self.connection.execute(self._version_ids())
        return tuple(row[0] for row in rows)

    def _version_ids(self) -> Select[tuple[str]]:
        return select(self._version.c.version_num)

    def _given_heads(self) -> tuple[str, ...]:
        given: Any = self._start_from_rev
        if given == "base":
            return ()
        if given is not None and self.script:
            given = [
                util.not_none(self.script.get_revision(rev)).revision
                for rev in util.to_list(given)
                if rev not in (None, "base")
            ]
        heads: tuple[str, ...] = util.to_tuple(given, default=())
        return heads

    def _ensure_version_table(self, purge: bool = False) -> None:
        """Create the version table if it is not there; with `purge`, empty it."""
        with sqla_compat._ensure_scope_for_ddl(self.connection):
            self._version.create(self.connection, checkfirst=True)
            if purge:
                self.connection.execute(self._version.delete())

    def _has_version_table(self) -> bool:
        assert self.connection is not None
        return sqla_compat._connectable_has_table(
            self.connection, self.version_table, self.version_table_schema
        )

    def stamp(self, script_directory: ScriptDirectory, revision: str) -> None:
        """Set the version table to a revision; no migration is run.

        script_directory: where the revision is resolved.
        """
        maintainer = HeadMaintainer(self, heads := self._heads_with_table())
        for step in script_directory._stamp_revs(revision, heads):
            maintainer.update_to_step(step)

    def _heads_with_table(self, create: bool = True) -> tuple[str, ...]:
        """Return the current heads; a table that is missing is created."""
        heads = self.get_current_heads()
        if create and not (heads or self.as_sql):
            self._ensure_version_table()
        return heads

    def run_migrations(self, **kw: Any) -> None:
        """Run the migrations that the command has chosen.

        kw: passed to each `upgrade()` or `downgrade()` function.
        Raises CommandError for `purge` in offline mode, and what migrations raise.
        """
        self._run_args = kw
        if self._lock is not None:
            self._lock.acquire()
        self.impl.start_migrations()
        first = self._first_statement
        attempts = _attempts.Attempts(self, first is not None and first.stop())
        with _rivals.Watch(self) as rivals:
            attempts.run(lambda: self._run_steps(attempts, rivals, kw))

    def _run_steps(
        self,
        attempts: _attempts.Attempts,
        rivals: _rivals.Watch,
        run_args: dict[str, Any],
    ) -> None:
        """Run what the command has chosen, from what is applied on."""
        heads = self._heads_to_start_from()
        maintainer = HeadMaintainer(self, heads)
        rivals.began(maintainer.heads)
        plan = self._migrations_fn
        assert plan is not None, "the context has nothing to run"
        progress = _progress.progress_of(self)
        with _failures.watched(self) as watch:

            def make(prepare: Callable[[], None]) -> None:
                in_transaction = self.begin_transaction(_per_migration=True)
                with in_transaction, watch.inside():
                    prepare()
                    self._run_step(step, maintainer, run_args)

            for step in attempts.plan(heads, lambda: plan(heads, self)):
                if progress is not None:
                    progress.step(step)
                with self._told(step), watch.outside(step, maintainer.heads):
                    attempts.step(step, maintainer.heads, make)
                rivals.step(step)
                self._note_step(lambda: maintainer.heads)
        if progress is not None:
            progress.end()

    @contextmanager
    def _told(self, step: _Step) -> Iterator[None]:
        """Tell the history, if there is one, that a step begins, and what it raises."""
        if self._history is None:
            yield
            return
        self._history.begin(step)
        try:
            yield
        except BaseException as problem:
            self._history.failed(problem)
            raise

    def _note_step(self, heads: Callable[[], Collection[str]]) -> None:
        """Look whether what was done is in a transaction that is not ours to commit."""
        environment = self.environment_context
        if environment is None or environment._foreign is None:
            return
        if self._foreign is None and (found := _foreign.watch(self)):
            self._foreign = found
            environment._foreign.append((self, found))
        if self._foreign is not None:
            self._foreign.step(heads)

    def _heads_to_start_from(self) -> tuple[str, ...]:
        if self.purge:
            if self.as_sql:
                raise util.CommandError("Can't use --purge with --sql mode")
            self._ensure_version_table(purge=True)
            return ()
        return self._heads_with_table(create=not self.opts.get("dont_mutate", False))

    def _run_step(
        self, step: _Step, maintainer: HeadMaintainer, run_args: dict[str, Any]
    ) -> None:
        if self._lock is not None:
            self._lock.verify()
        if self.as_sql and not maintainer.heads:
            # The script starts on a database that has no version table.
            self._version.create(self.connection)
        log.info("Running %s", step)
        if self.as_sql:
            self.impl.static_output(f"-- Running {step.short_log}")
        step.migration_fn(**run_args)
        maintainer.update_to_step(step)
        for callback in self.on_version_apply_callbacks:
            callback(
                ctx=self,
                step=step.info,
                heads=set(maintainer.heads),
                run_args=run_args,
            )
        if self._history is not None:
            self._history.done()

    def execute(
        self,
        sql: Executable | str,
        execution_options: dict[str, Any] | None = None,
    ) -> None:
        """Execute a statement, or write it out in offline mode.

        sql: a construct or a text; execution_options: for `Connection.execute`.
        """
        self.impl._exec(sql, execution_options)

    def _stdout_connection(self, connection: Connection | None) -> MockConnection:
        """Return what `op.get_bind()` gives offline: it writes what it executes."""

        def write_out(construct: Any, *multiparams: Any, **params: Any) -> None:
            self.impl._exec(construct)

        return MockConnection(self.dialect, write_out)

    def _in_connection_transaction(self) -> bool:
        return sqla_compat._get_connection_in_transaction(self.connection)

    @property
    def bind(self) -> Connection | None:
        """The connection; offline, something that writes out what it executes."""
        connection: Connection | None = self.connection
        return connection

    @property
    def config(self) -> Config | None:
        """The configuration of the environment, None without environment."""
        environment = self.environment_context
        return None if environment is None else environment.config


def _dialect_of(url: str | URL, options: dict[str, str]) -> Dialect:
    return sqla_url.make_url(url).get_dialect()(**options)


def _output_buffer(opts: dict[str, Any]) -> Any:
    """Return the stream for SQL; with an encoding, a text layer over a byte stream."""
    if "output_encoding" not in opts:
        return opts.get("output_buffer", sys.stdout)
    stream: Any = opts.get("output_buffer") or sys.stdout
    return EncodedIO(getattr(stream, "buffer", stream), opts["output_encoding"])
