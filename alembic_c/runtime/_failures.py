"""What a step that failed leaves in the database, and what to do about it.

Where the database rolls a failed step back there is nothing to say.  Elsewhere some of
its changes stay, of this run or of one that was killed before it could record them,
and the error of the next run is about those, for instance a column that is there
already.  So the log says, at level ERROR, what is in effect and what is left over; the
exception is the same as ever.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, inspect, select, table

from ..ddl._journal import Journal, kept_by
from ..operations.batch import ApplyBatchImpl
from ._steps import RevisionStep, StampStep

if TYPE_CHECKING:
    from .migration import MigrationContext

log = logging.getLogger("alembic.runtime.migration")

_TEMPORARY = "_alembic_tmp_"
# How much of a statement is shown.
_WIDTH = 160


@contextmanager
def watched(context: MigrationContext) -> Iterator[Watch]:
    """Keep a journal of what the steps in a block do, if they do it to a database."""
    connection = context.connection
    if context.as_sql or not isinstance(connection, Connection):
        yield Watch(context, None)
        return
    is_sqlite = connection.dialect.name == "sqlite"
    journal = Journal(commits_before_ddl=not is_sqlite and not _rolls_ddl_back(context))
    with kept_by(journal, connection):
        context.impl._journal = journal
        try:
            yield Watch(context, journal)
        finally:
            context.impl._journal = None


class Watch:
    """What to put around steps so that their failures are explained.

    journal: None if there is nothing to explain, such as in offline mode.
    """

    def __init__(self, context: MigrationContext, journal: Journal | None) -> None:
        self._context = context
        self._journal = journal

    @contextmanager
    def outside(self, step: RevisionStep | StampStep) -> Iterator[None]:
        """Explain the failure of a step, behind the end of its transaction."""
        try:
            yield
        except BaseException as problem:
            if self._journal is not None:
                _explain(self._context, step, self._journal, problem)
            raise

    def inside(self) -> AbstractContextManager[None]:
        """Note what a step does, inside its transaction."""
        if self._journal is None:
            return nullcontext()
        return self._journal.step(self._context.connection)


def _rolls_ddl_back(context: MigrationContext) -> bool:
    """Return whether the database can, whatever the context was told to assume."""
    return type(context.impl).transactional_ddl


def _explain(
    context: MigrationContext,
    step: RevisionStep | StampStep,
    journal: Journal,
    problem: BaseException,
) -> None:
    """Log what a failed step has left behind, unless all of it was rolled back.

    problem: what it failed with; its notes are repeated.
    """
    is_undone = journal.is_atomic or _rolls_ddl_back(context)
    if is_undone and not journal.kept:
        return
    if isinstance(step, StampStep):
        # It changes the version table alone.
        lines = [f"{_title(step)} failed, and not all of it can be rolled back here."]
        lines += _looked_up(context, with_leftovers=False)
        lines += ["Run the command again"]
    else:
        lines = [
            f"{_title(step)} failed; not all of a revision can be rolled back here."
        ]
        lines += _statements(journal)
        lines += getattr(problem, "__notes__", ())
        lines += _looked_up(context)
        lines += _advice(step, journal)
    log.error("\n  ".join(lines))


def _title(step: RevisionStep | StampStep) -> str:
    path = getattr(getattr(step, "revision", None), "path", None)
    return f"{step.short_log} ({path})" if path else step.short_log


def _statements(journal: Journal) -> Iterator[str]:
    if not journal.kept:
        yield "Nothing that it did in this run is in effect."
        return
    yield "In effect, of what it did in this run:"
    for statement in journal.kept:
        line = " ".join(statement.split())
        yield f"  {line[:_WIDTH]}…" if len(line) > _WIDTH else f"  {line}"
    if journal.n_left_out:
        yield f"  and {journal.n_left_out} more"


def _looked_up(context: MigrationContext, with_leftovers: bool = True) -> list[str]:
    """Return what the database says, in lines; it may be unable to say anything."""
    connection: Connection = context.connection
    had_transaction = connection.in_transaction()
    try:
        lines = [_recorded(context)]
        lines += _leftovers(connection) if with_leftovers else ()
    except Exception as problem:  # noqa: BLE001 - it must not hide what failed
        # SQLAlchemy's errors have the statement in the lines behind.
        why = str(problem).partition("\n")[0]
        lines = [f"What is left over could not be looked up: {why}"]
    if not had_transaction and connection.in_transaction():
        connection.rollback()
    return lines


def _recorded(context: MigrationContext) -> str:
    heads = ", ".join(sorted(context.get_current_heads())) or "no revision"
    return f"The version table '{context.version_table}' has: {heads}."


def _leftovers(connection: Connection) -> Iterator[str]:
    """Yield a line for each table that an interrupted batch has left."""
    inspector = inspect(connection)
    schemas: list[str | None] = [None]
    if connection.dialect.name == "sqlite":
        # Attached databases are few; the schemas of other databases may be many.
        default = inspector.default_schema_name
        schemas += [name for name in inspector.get_schema_names() if name != default]
    for schema in schemas:
        names = inspector.get_table_names(schema=schema)
        for name in names:
            if name.startswith(_TEMPORARY):
                yield _leftover(connection, schema, name, names)


def _leftover(
    connection: Connection, schema: str | None, name: str, names: list[str]
) -> str:
    preparer = connection.dialect.identifier_preparer
    leftover = table(name, schema=schema)
    quoted = preparer.format_table(leftover)
    original = name.removeprefix(_TEMPORARY)
    if len(name) == len(ApplyBatchImpl._calc_temp_name(f"{original}+")):
        # The name may have been cut, and then be that of several tables.
        return (
            f"An interrupted batch has left the table {quoted}, a copy of a table "
            f"whose name begins with {original!r}.  If that is not there any more, "
            "this is the only one that has the rows"
        )
    if original in names:
        whole = preparer.format_table(table(original, schema=schema))
        return (
            f"An interrupted batch has left the table {quoted}, a copy; {whole} "
            f"still has all of its rows.  Remove the copy: DROP TABLE {quoted}"
        )
    rows = connection.scalar(select(func.count()).select_from(leftover))
    return (
        f"An interrupted batch has left all rows of the table {original!r} "
        f"({rows}) in {quoted}, which has the changes already, but no indexes.  Give "
        f"it its name: ALTER TABLE {quoted} RENAME TO {preparer.quote(original)}"
        ", and create its indexes"
    )


def _advice(step: RevisionStep | StampStep, journal: Journal) -> Iterator[str]:
    targets = " ".join(step.to_revisions_no_deps) or _base(step)
    stamp = f"record that: alembic stamp {targets}"
    if journal.kept:
        yield (
            "Undo what is in effect and run the command again, or do the rest of the "
            f"revision by hand and {stamp}"
        )
    else:
        yield (
            "If a run before was interrupted and has made the changes of this "
            f"revision, do what is missing of them by hand and {stamp}"
        )


def _base(step: RevisionStep | StampStep) -> str:
    own: Any = step.from_revisions_no_deps
    return f"{own[0]}@base" if own else "base"
