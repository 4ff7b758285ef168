"""Where transactions begin and end around migrations.

Whether the database can roll DDL back, whether each migration has a transaction of its
own, whether SQL is only written out, and whether the caller has opened a transaction
already: each of these decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Literal

from ..util import sqla_compat
from . import _foreign

if TYPE_CHECKING:
    from types import TracebackType

    from sqlalchemy import Transaction

    from .migration import MigrationContext


class _ProxyTransaction:
    """The context's current transaction, which `autocommit_block` may replace."""

    def __init__(self, migration_context: MigrationContext) -> None:
        self.migration_context = migration_context

    @property
    def _proxied_transaction(self) -> Transaction | None:
        return self.migration_context._transaction

    def _end(self, how: Literal["commit", "rollback"]) -> None:
        transaction = self._proxied_transaction
        assert transaction is not None, "the transaction has ended already"
        getattr(transaction, how)()
        self.migration_context._transaction = None

    def rollback(self) -> None:
        """Roll back; the block goes on without a transaction."""
        self._end("rollback")

    def commit(self) -> None:
        """Commit; the block goes on without a transaction."""
        self._end("commit")

    def __enter__(self) -> _ProxyTransaction:
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._proxied_transaction is not None:
            transaction = self._proxied_transaction
            try:
                transaction.__exit__(type_, value, traceback)
            finally:
                self.migration_context._transaction = None
            timeouts = self.migration_context._timeouts
            if type_ is not None and not timeouts.are_in_use:
                # While the transaction had failed they could not be put back.
                timeouts.restore()


@contextmanager
def _written_transaction(context: MigrationContext) -> Iterator[None]:
    """Write BEGIN and COMMIT around a block; a failure leaves out the COMMIT."""
    context.impl.emit_begin()
    yield
    context.impl.emit_commit()


def _is_due(context: MigrationContext, per_migration: bool) -> bool:
    """Return whether the block given is the one that has the transaction.

    Databases that cannot roll DDL back have one for each migration; the others have
    it around all of them or around each, as configured.
    """
    if context._in_external_transaction:
        return False
    if context.impl.transactional_ddl:
        wanted: bool = context._transaction_per_migration
        return per_migration == wanted
    # A block around all migrations would hold nothing together.
    return per_migration and not context.as_sql and context._transaction is None


def block(
    context: MigrationContext, per_migration: bool
) -> _ProxyTransaction | AbstractContextManager[None, bool | None]:
    """Return the context manager for a block around all migrations, or around one."""
    if not _is_due(context, per_migration):
        return nullcontext()
    if context.as_sql:
        return _written_transaction(context)
    assert context.connection is not None
    context._transaction = sqla_compat._safe_begin_connection_transaction(
        context.connection
    )
    return _ProxyTransaction(context)


@contextmanager
def followed_by(
    context: MigrationContext, begun: Callable[[], None], ending: Callable[[], None]
) -> Iterator[Any]:
    """Put a block around all migrations; call functions once it begins, and ends."""
    try:
        with block(context, per_migration=False) as transaction:
            begun()
            yield transaction
    finally:
        ending()


@contextmanager
def autocommit(context: MigrationContext) -> Iterator[None]:
    """Leave the transaction for a block, and be in a new one after it."""
    inside = _autocommit_written if context.as_sql else _autocommit_connection
    with inside(context):
        yield


@contextmanager
def _autocommit_written(context: MigrationContext) -> Iterator[None]:
    if not context.impl.transactional_ddl:
        yield
        return
    context.impl.emit_commit()
    try:
        yield
    finally:
        context.impl.emit_begin()


@contextmanager
def _autocommit_connection(context: MigrationContext) -> Iterator[None]:
    connection = context.connection
    assert connection is not None
    interrupted = sqla_compat._get_connection_in_transaction(connection)
    if interrupted:
        _end_own_transaction(context)
    level = connection.get_isolation_level()
    _use_connection(context, connection.execution_options(isolation_level="AUTOCOMMIT"))
    # SQLAlchemy begins by itself when something is executed; beginning here makes sure
    # that this "transaction", which is none to the database, ends here.
    enclosing = context.connection.begin()
    try:
        yield
    finally:
        enclosing.commit()
        context.connection.execution_options(isolation_level=level)
        _use_connection(context, connection)
        if interrupted:
            context._transaction = connection.begin()


def _end_own_transaction(context: MigrationContext) -> None:
    transaction = context._transaction
    if transaction is None:
        environment = context.environment_context
        raise _foreign.autocommit_error(
            context, environment._beginnings if environment else None
        )
    transaction.commit()
    context._transaction = None


def _use_connection(context: MigrationContext, connection: Any) -> None:
    context.connection = context.impl.connection = connection
