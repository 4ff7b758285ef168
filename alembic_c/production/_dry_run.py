"""`upgrade --dry-run`: run the steps, and roll all of them back.

The project's `env.py` runs as ever, in one transaction around all steps. A commit
before their end is refused; the one at their end is made a rollback.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, event, text

from .. import command
from ..runtime.environment import EnvironmentContext
from ..script import ScriptDirectory
from ..util import CommandError
from . import _applied

if TYPE_CHECKING:
    from argparse import Namespace

    from ..config import Config
    from ..runtime.migration import MigrationContext

# A statement that ends the transaction behind the driver's back.
_ENDS = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*"
    r"(?:commit|end|abort|prepare\s+transaction|rollback(?!\s+(?:\w+\s+)?to\b))\b",
    re.IGNORECASE | re.DOTALL,
)

_TRANSACTION_ID = "SELECT pg_catalog.txid_current()"


def run(config: Config, options: Namespace) -> None:
    """Run the upgrade and roll it back, where the database rolls DDL back."""
    if options.sql:
        raise CommandError("--dry-run goes without --sql; --plan --sql shows the SQL")
    started = time.monotonic()
    n_steps = dry_run(config, options.revision, tag=options.tag)
    config.print_stdout(
        "%d %s ran in %.2f s; all of it was rolled back",
        *(n_steps, "step" if n_steps == 1 else "steps", time.monotonic() - started),
    )


def dry_run(config: Config, target: str, tag: str | None = None) -> int:
    """Run an upgrade on each database of `env.py`, roll it back; return the steps.

    target: the revision to upgrade to; tag: for `env.py`.
    Raises CommandError where the database does not roll DDL back, and where a step
    would commit; what the migrations raise.
    """
    command._start_and_target(target)
    script = ScriptDirectory.from_config(config)
    counts: list[int] = []

    def steps(heads: Any, context: MigrationContext) -> Iterator[Any]:
        guard: _Guard = context.opts["dry_run"]
        counts.append(0)
        guard.begin()
        for step in script._upgrade_revs(target, heads):
            yield step
            counts[-1] += 1
        guard.end()

    options = {"destination_rev": target, "as_sql": False, "tag": tag}
    _applied.run_env(config, script, steps, _Environment, **options)
    return sum(counts)


class _Environment(EnvironmentContext):
    """An environment whose migrations are in one transaction that is not committed."""

    def __enter__(self) -> _Environment:
        """As ever; but nobody has to commit."""
        super().__enter__()
        self._foreign = None
        return self

    def configure(self, connection: Any = None, *args: Any, **kw: Any) -> None:
        """As ever; the options for transactions and for the history are set here."""
        if not isinstance(connection, Connection):
            raise CommandError("--dry-run needs a connection in context.configure()")
        kw["dry_run"] = _Guard(connection)
        kw["transaction_per_migration"] = False
        kw["transactional_ddl"] = True
        kw["migration_history"] = False
        super().configure(connection, *args, **kw)


class _Guard:
    """Holds a connection in its transaction until the steps have ended.

    Raises CommandError if the database cannot roll DDL back.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_postgresql = connection.dialect.name == "postgresql"
        self._runs = True
        self._transaction_id: Any = None
        if not self._is_postgresql and connection.dialect.name != "sqlite":
            raise CommandError(
                f"--dry-run: {connection.dialect.name} does not roll DDL back; --plan "
                "shows what would run"
            )
        if self._is_postgresql and _two_statements_are_two_transactions(connection):
            raise CommandError(
                "--dry-run: the connection of env.py commits each statement by itself "
                "(isolation level AUTOCOMMIT), so nothing could be rolled back"
            )
        event.listen(connection, "commit", self._before_commit)
        event.listen(connection, "before_cursor_execute", self._before_statement)
        if not self._is_postgresql:
            # Python's driver begins no transaction for DDL.
            event.listen(connection, "begin", _begin_sqlite)
            if connection.in_transaction():
                _begin_sqlite(connection)

    def begin(self) -> None:
        """Note which transaction the steps are in."""
        self._transaction_id = self._current()

    def end(self) -> None:
        """Check what a commit would check; from now on a commit is a rollback."""
        if self._is_postgresql:
            self._connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        if self._current() != self._transaction_id:
            raise CommandError(
                "--dry-run: a statement of a revision ended the transaction; what ran "
                "before it may be committed"
            )
        self._runs = False

    def _current(self) -> Any:
        if not self._is_postgresql:
            return None
        return self._connection.scalar(text(_TRANSACTION_ID))

    def _before_commit(self, connection: Connection) -> None:
        if self._runs:
            raise CommandError(
                "--dry-run: this revision commits (an autocommit_block, or a commit of "
                "its own), which cannot be rolled back; nothing was changed"
            )
        connection.dialect.do_rollback(connection.connection)

    def _before_statement(
        self, _: Any, cursor: Any, statement: str, *more: Any
    ) -> None:
        if _ENDS.match(statement):
            raise CommandError(
                f"--dry-run: a revision executes {statement.strip()[:60]!r}: it ends "
                "the transaction; nothing was changed"
            )


def _two_statements_are_two_transactions(connection: Connection) -> bool:
    """Return whether two statements are in two transactions; on the driver's level."""
    cursor = connection.connection.cursor()
    seen = set()
    for _ in range(2):
        cursor.execute(_TRANSACTION_ID)
        row: Any = cursor.fetchone()
        seen.add(row[0])
    cursor.close()
    if not connection.in_transaction():
        connection.connection.rollback()
    return len(seen) > 1


def _begin_sqlite(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    if not driver.in_transaction:
        connection.exec_driver_sql("BEGIN")
