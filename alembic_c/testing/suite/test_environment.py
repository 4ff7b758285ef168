"""Transactions around migrations, and blocks without one."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from ...migration import MigrationContext
from .._sqla import config, requires
from ..assertions import assert_raises, eq_, is_, is_false, is_true, ne_
from ..fixtures import TestBase
from ._rows import row

_PER_MIGRATION = {"transaction_per_migration": True}
_DDL_IN_TRANSACTION = {"transactional_ddl": True}
_DDL_COMMITS = {"transactional_ddl": False}
_SCRIPT = {"as_sql": True}


class MigrationTransactionTest(TestBase):
    """The run's transaction, a migration's in it, and what ends them."""

    __backend__ = True

    conn: Any = None
    context: MigrationContext

    def _fixture(self, opts: dict[str, Any]) -> MigrationContext:
        """Connect to the run's database and return a context with these options.

        With `as_sql` the context is for the database's dialect only, and writes to a
        buffer.
        """
        self.conn: Connection = config.db.connect()
        if not opts.get("as_sql"):
            self.context = MigrationContext.configure(connection=self.conn, opts=opts)
            return self.context
        self.context = MigrationContext.configure(dialect=self.conn.dialect, opts=opts)
        self.context.output_buffer = self.context.impl.output_buffer = io.StringIO()
        return self.context

    def teardown_method(self) -> None:
        if self.conn:
            self.conn.close()

    # --- how a migration's transaction ends

    test_proxy_transaction_rollback = row("_check_end", "_roll_back")
    test_proxy_transaction_commit = row("_check_end", "_commit")
    test_proxy_transaction_contextmanager_commit = row("_check_end", "_leave")
    test_proxy_transaction_contextmanager_rollback = row("_check_end", "_fail")
    test_proxy_transaction_contextmanager_explicit_rollback = row(
        "_check_end", "_roll_back_inside"
    )
    test_proxy_transaction_contextmanager_explicit_commit = row(
        "_check_end", "_commit_inside"
    )

    def _check_end(self, end: str) -> None:
        context = self._fixture({**_PER_MIGRATION, **_DDL_IN_TRANSACTION})
        is_false(self.conn.in_transaction())
        transaction = context.begin_transaction(_per_migration=True)
        is_true(self.conn.in_transaction())
        getattr(self, end)(transaction)
        is_false(self.conn.in_transaction())

    def _roll_back(self, transaction: Any) -> None:
        transaction.rollback()

    def _commit(self, transaction: Any) -> None:
        transaction.commit()

    def _leave(self, transaction: Any) -> None:
        with transaction:
            is_true(self.conn.in_transaction())

    def _fail(self, transaction: Any) -> None:
        def migrate() -> None:
            with transaction:
                raise ZeroDivisionError

        assert_raises(ZeroDivisionError, migrate)

    def _roll_back_inside(self, transaction: Any) -> None:
        self._end_inside(transaction, transaction.rollback)

    def _commit_inside(self, transaction: Any) -> None:
        self._end_inside(transaction, transaction.commit)

    def _end_inside(self, transaction: Any, end: Callable[[], None]) -> None:
        with transaction:
            is_true(self.conn.in_transaction())
            end()
            is_false(self.conn.in_transaction())

    # --- which of the two there is

    test_transaction_per_migration_transactional_ddl = row(
        "_check_extent", {**_PER_MIGRATION, **_DDL_IN_TRANSACTION}, False
    )
    test_transaction_per_migration_non_transactional_ddl = row(
        "_check_extent", {**_PER_MIGRATION, **_DDL_COMMITS}, False
    )
    test_transaction_per_all_transactional_ddl = row(
        "_check_extent", _DDL_IN_TRANSACTION, True
    )
    test_transaction_per_all_non_transactional_ddl = row(
        "_check_extent", _DDL_COMMITS, False
    )

    def _check_extent(self, opts: dict[str, Any], whole_run: bool) -> None:
        """Look before, around, inside and after a migration, and after the run."""
        context = self._fixture(opts)
        seen = [self.conn.in_transaction()]
        with context.begin_transaction():
            seen.append(self.conn.in_transaction())
            with context.begin_transaction(_per_migration=True):
                seen.append(self.conn.in_transaction())
            seen.append(self.conn.in_transaction())
        seen.append(self.conn.in_transaction())
        eq_(seen, [False, whole_run, True, whole_run, False])

    # --- what a script has of them

    test_transaction_per_all_sqlmode = row(
        "_check_script",
        _SCRIPT,
        "_run_and_around",
        "step 1, BEGIN, step 2, step 3, step 4, COMMIT, step 5",
    )
    test_transaction_per_migration_sqlmode = row(
        "_check_script",
        {**_SCRIPT, **_PER_MIGRATION},
        "_run_and_around",
        "step 1, step 2, BEGIN, step 3, COMMIT, step 4, step 5",
    )
    test_autocommit_block_transactional_ddl_sqlmode = row(
        "_check_script",
        {**_SCRIPT, **_PER_MIGRATION, **_DDL_IN_TRANSACTION},
        "_run_with_block",
        "step 1, BEGIN, step 2, COMMIT, step 3, BEGIN, step 4, COMMIT, step 5",
    )
    test_autocommit_block_nontransactional_ddl_sqlmode = row(
        "_check_script",
        {**_SCRIPT, **_PER_MIGRATION, **_DDL_COMMITS},
        "_run_with_block",
        "step 1, step 2, step 3, step 4, step 5",
    )

    def _check_script(self, opts: dict[str, Any], run: str, expected: str) -> None:
        """Run and compare; where DDL commits by itself there are no transactions."""
        context = self._fixture(opts)
        getattr(self, run)(context)
        steps = expected.split(", ")
        if not context.impl.transactional_ddl:
            steps = [step for step in steps if step.startswith("step")]
        self._assert_impl_steps(*steps)

    def _run_and_around(self, context: MigrationContext) -> None:
        context.execute("step 1")
        with (
            context.begin_transaction(),
            self._stepping(context, 2, 4),
            context.begin_transaction(_per_migration=True),
        ):
            context.execute("step 3")
        context.execute("step 5")

    def _run_with_block(self, context: MigrationContext) -> None:
        with (
            context.begin_transaction(),
            self._stepping(context, 1, 5),
            context.begin_transaction(_per_migration=True),
            self._stepping(context, 2, 4),
            context.autocommit_block(),
        ):
            context.execute("step 3")

    @contextmanager
    def _stepping(
        self, context: MigrationContext, before: int, after: int
    ) -> Iterator[None]:
        context.execute(f"step {before}")
        yield
        context.execute(f"step {after}")

    def _assert_impl_steps(self, *steps: str) -> None:
        """Claim that this was written; BEGIN and COMMIT as the dialect has them."""
        impl = self.context.impl
        written: Any = self.context.output_buffer
        impl.output_buffer = expected = io.StringIO()
        emit = {"BEGIN": impl.emit_begin, "COMMIT": impl.emit_commit}
        for step in steps:
            emit[step]() if step in emit else impl._exec(step)
        eq_(written.getvalue(), expected.getvalue())

    # --- blocks without a transaction

    def _assert_autocommits(self, context: MigrationContext) -> None:
        connection: Any = context.connection
        is_(connection, self.conn)
        eq_(connection.get_execution_options()["isolation_level"], "AUTOCOMMIT")

    def _assert_commits_at_end(self, context: MigrationContext) -> None:
        connection: Any = context.connection
        options = connection.get_execution_options()
        ne_(options.get("isolation_level"), "AUTOCOMMIT")

    @requires("autocommit_isolation")
    def test_autocommit_block(self) -> None:
        context = self._fixture(_PER_MIGRATION)
        with (
            context.begin_transaction(),
            context.begin_transaction(_per_migration=True),
        ):
            with context.autocommit_block():
                self._assert_autocommits(context)
            self._assert_commits_at_end(context)
            # The migration goes on in a transaction of its own.
            is_true(self.conn.in_transaction())
        is_false(self.conn.in_transaction())

    @requires("autocommit_isolation")
    def test_autocommit_block_no_transaction(self) -> None:
        context = self._fixture(_PER_MIGRATION)
        is_false(self.conn.in_transaction())
        with context.autocommit_block():
            # SQLAlchemy's own, in which the database commits each statement.
            is_true(self.conn.in_transaction())
            self._assert_autocommits(context)
        self._assert_commits_at_end(context)
        is_false(self.conn.in_transaction())
