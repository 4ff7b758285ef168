"""`upgrade --plan`: what an upgrade would do to the database as it is now.

The functions of the pending revisions run as they do with `--sql`: each operation is
noted, each statement is written to a text, and nothing reaches the database. What a
function asks of the database is not there: it is shown up to that place.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.exc import NoInspectionAvailable

from .. import command
from ..operations.base import BatchOperations, Operations
from ..runtime._heads import HeadMaintainer
from ..runtime.environment import EnvironmentContext
from ..runtime.migration import MigrationContext
from ..script import ScriptDirectory
from ..util import CommandError
from . import _applied
from ._offline import OfflineConnection, Recorder, ResultNeededError, with_all_values
from ._operations import in_words

if TYPE_CHECKING:
    from argparse import Namespace

    from ..config import Config


class PlannedStep(NamedTuple):
    """A step that an upgrade would run.

    step: as the log has it, behind "Running". path: of the revision file.
    actions: what it does, in order, a line each.
    gaps: what could not be shown, and why; empty if all of it is.
    sql: its statements, those for the version table included.
    """

    step: str
    path: str
    actions: tuple[str, ...]
    gaps: tuple[str, ...]
    sql: str


class Plan(NamedTuple):
    """What an upgrade would do to one database.

    database: its URL, without the password. heads: the revisions that it is at.
    transactions: how the steps are divided into transactions, in words.
    begins, ends: the statements around all steps.
    """

    database: str
    heads: tuple[str, ...]
    transactions: str
    steps: tuple[PlannedStep, ...]
    begins: str = ""
    ends: str = ""


def run(config: Config, options: Namespace) -> None:
    """Show what the upgrade would do; nothing is written to the database."""
    found = plans(config, options.revision, tag=options.tag)
    for plan in found:
        lines = _sql_lines(plan) if options.sql else _lines(plan, len(found) > 1)
        for line in lines:
            config.print_stdout("%s", line)


def plans(config: Config, target: str, tag: str | None = None) -> list[Plan]:
    """Return what an upgrade would do, for each database that `env.py` goes through.

    target: the revision to upgrade to; tag: for `env.py`.
    The functions of the revisions are run, without a connection. Raises what `upgrade`
    raises before its first step.
    """
    command._start_and_target(target)
    script = ScriptDirectory.from_config(config)
    found: list[Plan] = []

    def look(heads: Any, context: MigrationContext) -> list[Any]:
        steps = list(script._upgrade_revs(target, heads))
        found.append(_plan(context, heads, steps))
        return []

    _applied.run_env(
        *(config, script, look), destination_rev=target, tag=tag, dont_mutate=True
    )
    return found


# --- how transactions are divided -----------------------------------------------------

_ONE = "one around all"
_EACH = "one for each revision"
_NO_DDL = "one for each revision; DDL is not rolled back"
_FOREIGN = "that which env.py has begun"
_NONE = "none: env.py does not call context.begin_transaction()"


def _transactions(context: MigrationContext) -> str:
    if context._in_external_transaction:
        return _FOREIGN
    if not context.impl.transactional_ddl:
        return _NO_DDL
    if context._transaction_per_migration:
        return _EACH
    return _NONE if context._transaction is None else _ONE


# --- running the functions without a database -----------------------------------------


class _PlanContext(MigrationContext):
    """A context that writes statements out for another one's database."""

    def __init__(self, online: MigrationContext, recorder: Recorder) -> None:
        self._recorder = recorder
        opts = {**online.opts, **_OFFLINE}
        opts["output_buffer"] = io.StringIO()
        opts["transactional_ddl"] = online.impl.transactional_ddl
        opts.pop("output_encoding", None)
        super().__init__(online.dialect, None, opts, online.environment_context)

    def _log_assumptions(self) -> None:
        """Say nothing: the context of the database has said it."""

    def _make_impl(self) -> Any:
        made = super()._make_impl()
        made.__class__ = with_all_values(type(made), self._recorder)
        return made

    def _stdout_connection(self, connection: Any) -> Any:
        return OfflineConnection(self, self._recorder)

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Note that what stands before the block is committed."""
        self._recorder.add("autocommit_block: what is above is committed")
        with self._recorder.indented(), super().autocommit_block():
            yield

    def taken(self) -> str:
        """Return what was written, and begin anew."""
        buffer: Any = self.output_buffer
        text: str = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text


_OFFLINE: dict[str, Any] = {
    "as_sql": True,
    "literal_binds": True,
    "starting_rev": None,
    "on_version_apply": (),
}


class _PlanOperations(Operations):
    """The directives of `op`, which are noted before they write their statements."""

    migration_context: Any

    def invoke(self, operation: Any) -> Any:
        recorder: Recorder = self.migration_context._recorder
        with recorder.outermost(lambda: in_words(operation)):
            return super().invoke(operation)

    @contextmanager
    def batch_alter_table(self, table_name: str, *args: Any, **kw: Any) -> Any:
        """Note what a batch does; the statements, if they need no look at the table."""
        batch = super().batch_alter_table(table_name, *args, **kw)
        made = batch.__enter__()
        yield _PlanBatchOperations(self.migration_context, made.impl)
        try:
            batch.__exit__(None, None, None)
        except CommandError:
            self.migration_context._recorder.gap(
                f"the SQL of the batch for {table_name}: it depends on the table as "
                "it is by then"
            )


class _PlanBatchOperations(BatchOperations):
    migration_context: Any

    def invoke(self, operation: Any) -> Any:
        recorder: Recorder = self.migration_context._recorder
        with recorder.outermost(lambda: in_words(operation)):
            return super().invoke(operation)


def _plan(context: MigrationContext, heads: Any, steps: Sequence[Any]) -> Plan:
    recorder = Recorder()
    offline = _PlanContext(context, recorder)
    environment = context.environment_context
    assert environment is not None
    # What revision files see as `alembic.context`.
    seen = EnvironmentContext(environment.config, environment.script)
    seen.context_opts.update(offline.opts)
    seen._migration_context = offline
    transactions = _transactions(context)
    maintainer = HeadMaintainer(offline, heads)
    planned = []
    seen._install_proxy()
    operations = _PlanOperations(offline)
    operations._install_proxy()
    try:
        if transactions == _ONE:
            offline.impl.emit_begin()
        if steps and not context._has_version_table():
            offline._version.create(offline.connection)
            recorder.taken()
        begins = offline.taken()
        for step in steps:
            if transactions == _EACH:
                offline.impl.emit_begin()
            offline.impl.static_output(f"-- Running {step.short_log}")
            _run(step, recorder, context._run_args)
            maintainer.update_to_step(step)
            if transactions == _EACH:
                offline.impl.emit_commit()
            planned.append(
                PlannedStep(
                    str(step),
                    step.revision.path,
                    *recorder.taken(),
                    offline.taken(),
                )
            )
        if transactions == _ONE:
            offline.impl.emit_commit()
    finally:
        operations._remove_proxy()
        seen._remove_proxy()
    url = context.connection.engine.url.render_as_string(hide_password=True)
    return Plan(
        url, tuple(heads), transactions, tuple(planned), begins, offline.taken()
    )


def _run(step: Any, recorder: Recorder, arguments: dict[str, Any]) -> None:
    """Run the function of a step as far as it goes without a database."""
    try:
        step.migration_fn(**arguments)
    except ResultNeededError:
        pass  # noted where it was raised, since a function may catch it
    except NoInspectionAvailable:
        recorder.gap("what follows depends on what it finds in the database")
    except Exception as problem:  # noqa: BLE001 - whatever it needs is not there
        first = str(problem).partition("\n")[0]
        recorder.gap(f"what follows: {type(problem).__name__}: {first}")


# --- in lines -------------------------------------------------------------------------


def _lines(plan: Plan, names_database: bool) -> Iterator[str]:
    at = ", ".join(sorted(plan.heads)) or "base"
    if names_database:
        yield f"database:      {plan.database}"
    yield f"applied:       {at}"
    if not plan.steps:
        yield "nothing to do"
        return
    yield f"transactions:  {plan.transactions}"
    for step in plan.steps:
        yield step.step
        yield from (f"    {action}" for action in step.actions)
        yield from (f"    not shown: {gap}" for gap in step.gaps)
    gaps = sum(bool(step.gaps) for step in plan.steps)
    counts = f"{len(plan.steps)} revisions" if len(plan.steps) > 1 else "1 revision"
    yield counts + (f", {gaps} not shown as a whole" if gaps else "")


def _sql_lines(plan: Plan) -> Iterator[str]:
    yield f"-- Transactions: {plan.transactions}\n"
    for text in (plan.begins, *map(_step_sql, plan.steps), plan.ends):
        if text.strip():
            yield text.rstrip("\n") + "\n"


def _step_sql(step: PlannedStep) -> str:
    return step.sql + "".join(f"-- Not shown: {gap}\n" for gap in step.gaps)
