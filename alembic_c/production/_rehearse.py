"""`upgrade --rehearse`: run the pending steps on another database, and look at them.

The other database is one that the test kit makes, at the revision of the real one and
without its rows; or one that the user names, such as a restored backup.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text

from .. import catalog, command
from ..script import ScriptDirectory
from ..testkit import _tree, drop, migrated
from ..util import CommandError
from . import _applied

if TYPE_CHECKING:
    from argparse import Namespace

    from sqlalchemy import URL

    from ..config import Config
    from ..runtime.migration import MigrationContext

# The locks that a reader does not take, of this session, on what is no catalog.
_LOCKS = """
SELECT l.relation::pg_catalog.regclass::pg_catalog.text, l.mode
FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted
  AND l.locktype = 'relation' AND l.mode <> 'AccessShareLock'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY 1, 2
"""


class RehearsedStep(NamedTuple):
    """A step that was run.

    step: as the log has it. seconds: how long it took. locks: those that it added to
    the transaction, as (table, mode); none but on PostgreSQL.
    """

    step: str
    seconds: float
    locks: tuple[tuple[str, str], ...]


class Rehearsal(NamedTuple):
    """What the pending steps did to a database.

    failed: the step that failed, None if none did; error: what it raised.
    changes: what differs in the catalog afterwards; none of it if a step failed.
    """

    steps: tuple[RehearsedStep, ...]
    changes: tuple[catalog.Change, ...] = ()
    failed: str | None = None
    error: Exception | None = None


def run(config: Config, options: Namespace) -> int:
    """Run the upgrade on another database; the status is 1 if a step fails."""
    if options.sql:
        raise CommandError("--rehearse goes without --sql")
    given = getattr(options, "rehearse_url", None)
    if given is not None:
        url = _tree.as_url(given)
        if _tree._place(url) == _tree._place(_real(config)[0]):
            raise CommandError(
                "--rehearse-url is the database that env.py connects to; it has to be "
                "another"
            )
        found = rehearse(config, url, options.revision)
    else:
        with _clone(config) as url:
            found = rehearse(config, url, options.revision)
    rows = "" if given is not None else ", which has no rows"
    config.print_stdout("on %s%s", url.render_as_string(), rows)
    for line in _lines(found):
        config.print_stdout("%s", line)
    return 0 if found.failed is None else 1


def rehearse(config: Config, url: URL, target: str) -> Rehearsal:
    """Run an upgrade on a database, through `env.py`; it stays as it is afterwards.

    Raises TestKitError if `env.py` works on another database; what `upgrade` raises
    before its first step.
    """
    command._start_and_target(target)
    script = ScriptDirectory.from_config(config)
    watch = _Watch()

    def steps(heads: Any, context: MigrationContext) -> Iterator[Any]:
        pending = list(script._upgrade_revs(target, heads))
        before = catalog.snapshot(context.connection)
        watch.look_at(context)
        for step in pending:
            watch.begin(str(step), context)
            yield step
        watch.running = None
        watch.changes = tuple(before.diff(catalog.snapshot(context.connection)))

    try:
        _tree.run(config, url, steps, target)
    except Exception as problem:
        if watch.running is None:
            raise
        return Rehearsal(tuple(watch.steps), failed=watch.running, error=problem)
    return Rehearsal(tuple(watch.steps), watch.changes)


class _Watch:
    """Measures steps. It is told of the end of each inside of its transaction."""

    def __init__(self) -> None:
        self.steps: list[RehearsedStep] = []
        self.changes: tuple[catalog.Change, ...] = ()
        self.running: str | None = None
        self._started = 0.0
        self._held: set[tuple[str, str]] = set()

    def look_at(self, context: MigrationContext) -> None:
        """Watch the steps of a context."""
        callbacks = context.on_version_apply_callbacks
        context.on_version_apply_callbacks = (*callbacks, self._end)

    def begin(self, step: str, context: MigrationContext) -> None:
        """Note that a step begins."""
        self.running = step
        if not context.connection.in_transaction():
            self._held = set()  # given back by the transaction of the step before
        self._started = time.perf_counter()

    def _end(self, *, ctx: MigrationContext, **_: Any) -> None:
        seconds = time.perf_counter() - self._started
        held = _locks(ctx)
        new = tuple(sorted(held - self._held))
        self._held = held
        self.steps.append(RehearsedStep(str(self.running), seconds, new))


def _locks(context: MigrationContext) -> set[tuple[str, str]]:
    if context.dialect.name != "postgresql":
        return set()
    rows = context.connection.execute(text(_LOCKS))
    return {(table, mode) for table, mode in rows if table != context.version_table}


def _real(config: Config) -> tuple[URL, list[str]]:
    """Return the address of the database that `env.py` connects to, and its heads."""
    found: list[Any] = []

    def look(context: MigrationContext) -> None:
        found.append((context.connection.engine.url, context.get_current_heads()))

    _applied.with_context(config, ScriptDirectory.from_config(config), look)
    if len(found) > 1:
        raise CommandError("--rehearse: env.py goes through several databases")
    url, heads = found[0]
    return url, sorted(heads)


@contextmanager
def _clone(config: Config) -> Iterator[URL]:
    """Yield a new database at the revisions that the real one is at."""
    real, heads = _real(config)
    first, *others = heads or ["base"]
    url = migrated(config, real, first)
    if url == real:
        raise CommandError(
            "--rehearse: the account may not create databases; --rehearse-url names one"
        )
    try:
        for head in others:
            _tree.upgrade(config, url, head)
        yield url
    finally:
        drop(url)


def _lines(found: Rehearsal) -> Iterator[str]:
    for step in found.steps:
        yield f"{step.step}: {step.seconds:.3f} s"
        for table, mode in step.locks:
            yield f"    {mode} on {table}"
    if found.failed is not None:
        first = str(found.error).partition("\n")[0]
        yield f"{found.failed}: failed: {type(found.error).__name__}: {first}"
        return
    yield f"changes of the catalog: {len(found.changes)}"
    yield from (f"    {change}" for change in found.changes)
