"""What a step of a migration leaves in the database if it fails, and how it is told.

Where the database rolls a failed step back there is nothing to say.  Elsewhere some of
its changes stay, of this run or of one that was killed before it could record them,
and the error of the next run is about those, for instance a column that is there
already.  From below:

- `all_or_nothing` makes SQLite keep or undo what belongs together, such as the "move
  and copy" of a batch.  SQLite's DDL is transactional, but Python's driver begins a
  transaction only in front of an INSERT, UPDATE or DELETE, and none at all in its
  autocommit mode.  Left alone, a process killed in the middle leaves a table by its
  temporary name behind, and in autocommit mode perhaps no table by the real name.
- `Journal` notes which statements of a step stay.  Listeners at the connection tell it
  of each statement that changes something.  It is pending while a transaction that
  covers it is open; it stays once that is committed, or if there is none: SQLite's
  driver begins none for DDL, and MySQL and Oracle commit before DDL.
- `note_changes_in_place` tells which changes of a batch that failed were in the table
  already: the error, such as a KeyError for a column that it is to drop, does not.
- `watched` puts these around steps, and says in the log, at level ERROR, what is in
  effect and what is left over; the exception is the same as ever.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sqlalchemy import Connection, event, func, inspect, select, table
from sqlalchemy.exc import DBAPIError

from ..util import sqla_compat
from ..util.compat import add_note
from ._steps import RevisionStep, StampStep

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.engine import Inspector

log = logging.getLogger("alembic.runtime.migration")

TEMPORARY = "_alembic_tmp_"
LONGEST_NAME = 50


def temporary_name(table_name: str) -> str:
    """Return the name that a table made anew has until it takes the old one's."""
    return f"{TEMPORARY}{table_name}"[:LONGEST_NAME]


class Implementation(Protocol):
    """What is asked of a dialect's implementation (`ddl.impl.DefaultImpl`)."""

    dialect: Dialect
    connection: Connection | None
    as_sql: bool
    _journal: Journal | None


class Context(Protocol):
    """What is asked of a migration context (`runtime.migration.MigrationContext`)."""

    as_sql: bool
    version_table: str
    _transaction_per_migration: bool

    @property
    def connection(self) -> Any: ...
    @property
    def impl(self) -> Any: ...
    def get_current_heads(self) -> Collection[str]: ...


# --- SQLite: all or nothing ---------------------------------------------------------

_SAVEPOINT = "alembic_batch"


def all_or_nothing(impl: Implementation) -> AbstractContextManager[None]:
    """Return a block that is undone if it fails or the process dies in it.

    Does nothing for other databases than SQLite, and without a connection.
    """
    driver_connection = sqlite_connection(impl)
    if impl.connection is None or driver_connection is None:
        return nullcontext()
    return _savepoint(impl.connection, driver_connection, impl._journal)


def sqlite_connection(impl: Implementation) -> Any:
    """Return the driver's connection if it is one to SQLite, None otherwise."""
    connection = impl.connection
    if impl.as_sql or impl.dialect.name != "sqlite":
        return None
    if not isinstance(connection, Connection):
        # None, or a mock.
        return None
    driver_connection = connection.connection.driver_connection
    is_real = isinstance(getattr(driver_connection, "in_transaction", None), bool)
    return driver_connection if is_real else None


def _commits_by_itself(driver_connection: Any) -> bool:
    """Return whether the driver leaves BEGIN and COMMIT to whoever wants them."""
    if getattr(driver_connection, "autocommit", None) is True:
        return True
    return getattr(driver_connection, "isolation_level", "") is None


@contextmanager
def driver_cursor(connection: Connection) -> Iterator[Any]:
    """Give a cursor of the driver, whose errors become SQLAlchemy's.

    Statements do not go through SQLAlchemy, whose listeners and logs are to see the
    same ones as ever.
    """
    driver_error: type[Exception] = connection.dialect.loaded_dbapi.Error
    cursor = connection.connection.cursor()
    try:
        yield cursor
    except driver_error as problem:
        raise DBAPIError.instance(
            None, None, problem, driver_error, dialect=connection.dialect
        ) from problem
    finally:
        cursor.close()


@contextmanager
def _savepoint(
    connection: Connection, driver_connection: Any, journal: Journal | None
) -> Iterator[None]:
    """Run a block in a savepoint, inside the open transaction or a new one.

    The journal hears of the statements through SQLAlchemy, hence not of those here; so
    it is told what becomes of the block.
    """

    def send(*statements: str) -> None:
        with driver_cursor(connection) as cursor:
            for statement in statements:
                cursor.execute(statement)

    begun = not driver_connection.in_transaction
    mark = journal.mark() if journal else 0
    if begun:
        send("BEGIN")
    try:
        send(f"SAVEPOINT {_SAVEPOINT}")
        yield
        send(f"RELEASE {_SAVEPOINT}")
        if begun and _commits_by_itself(driver_connection):
            send("COMMIT")
    except BaseException:
        # After some errors, such as a full disk, SQLite has rolled back on its own;
        # after a COMMIT that fails it has not.
        if driver_connection.in_transaction:
            if begun:
                send("ROLLBACK")
            else:
                send(f"ROLLBACK TO {_SAVEPOINT}", f"RELEASE {_SAVEPOINT}")
        if journal:
            journal.undo(mark)
        raise
    if journal and not driver_connection.in_transaction:
        journal.settle()


# --- the journal of a step ----------------------------------------------------------

# Comments and parentheses in front of the first word of a statement.  A comment can
# match in one way only: many of them would take exponential time otherwise.
_LEAD = r"(?:\s|\(|--[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)*"
_CHANGES_NOTHING = re.compile(
    _LEAD + r"(?:SELECT|PRAGMA|SHOW|EXPLAIN|SET|BEGIN|COMMIT|ROLLBACK|SAVEPOINT"
    r"|RELEASE|USE)\b",
    re.IGNORECASE,
)
_COMMITS = re.compile(
    _LEAD + r"(?:(?:CREATE|DROP)\s+(?!TEMPORARY\b)|ALTER|RENAME|TRUNCATE|GRANT|REVOKE"
    r"|COMMENT|ANALYZE|OPTIMIZE|REPAIR)\b",
    re.IGNORECASE,
)

# More statements of one migration than these are of no use to a reader.
_LIMIT = 200


class Journal:
    """The statements of one step of a migration.

    commits_before_ddl: whether the database does, as MySQL and Oracle do.
    """

    def __init__(self, commits_before_ddl: bool) -> None:
        self.kept: list[str] = []
        # What is in effect of earlier steps, whose versions are not: they are pending.
        self.earlier: list[str] = []
        self._n_of_earlier = 0
        self.n_left_out = 0
        self.is_atomic = False
        self._pending: list[str] = []
        self._commits_before_ddl = commits_before_ddl
        self._driver_commits = False

    @contextmanager
    def step(self, connection: Connection) -> Iterator[None]:
        """Note one step, inside its transaction.

        The step before is forgotten, unless what it did may still be rolled back.

        The step is atomic if the database is in a transaction from its start on, as
        SQLite is where the driver's own way of beginning one has been replaced.
        """
        if self._pending:
            self.earlier += self.kept
        else:
            self.earlier.clear()
        self._n_of_earlier = len(self._pending)
        self.kept.clear()
        self.n_left_out = 0
        self.is_atomic = _sqlite_in_transaction(connection) is True
        self._driver_commits = sqla_compat._driver_commits(connection)
        try:
            yield
        except DBAPIError as problem:
            # DDL commits what precedes it even where it fails.
            if self._commits_before_ddl and _COMMITS.match(problem.statement or ""):
                self.settle()
            raise

    def mark(self) -> int:
        """Return the place to give to `undo`."""
        return len(self._pending)

    def undo(self, mark: int) -> None:
        """Forget what was noted in the open transaction since `mark`."""
        del self._pending[mark:]

    def settle(self) -> None:
        """Note that the statements so far are committed."""
        self.kept += self._pending[self._n_of_earlier :]
        self.earlier.clear()
        self._n_of_earlier = 0
        self._pending.clear()

    def discard(self) -> None:
        """Note that the open transaction is rolled back."""
        self._n_of_earlier = 0
        self._pending.clear()

    def note(self, connection: Connection, statement: str) -> None:
        """Note that a statement has been executed."""
        if not _CHANGES_NOTHING.match(statement):
            self._append(statement)
        if self._is_committed(connection, statement):
            self.settle()

    def _append(self, statement: str) -> None:
        noted = self._pending[self._n_of_earlier :] or self.kept
        if noted and noted[-1] == statement:
            return
        if len(self._pending) + len(self.kept) < _LIMIT:
            self._pending.append(statement)
        else:
            self.n_left_out += 1

    def _is_committed(self, connection: Connection, statement: str) -> bool:
        in_transaction = _sqlite_in_transaction(connection)
        if in_transaction is not None:
            return not in_transaction
        if self._driver_commits or _is_in_autocommit_block(connection):
            return True
        return self._commits_before_ddl and bool(_COMMITS.match(statement))


def _is_in_autocommit_block(connection: Connection) -> bool:
    return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"


def _sqlite_in_transaction(connection: Connection) -> bool | None:
    """Return whether SQLite has a transaction open, None for other databases."""
    if connection.dialect.name != "sqlite":
        return None
    driver_connection = connection.connection.driver_connection
    in_transaction = getattr(driver_connection, "in_transaction", None)
    return in_transaction if isinstance(in_transaction, bool) else None


@contextmanager
def kept_by(journal: Journal, connection: Connection) -> Iterator[None]:
    """Let a journal note what a connection does, for the length of a block."""

    def executed(
        conn: Connection,
        cursor: Any,
        statement: str,
        parameters: Any,
        context: Any,
        executemany: bool,
    ) -> None:
        journal.note(conn, statement)

    listeners: list[tuple[str, Any]] = [
        ("after_cursor_execute", executed),
        ("commit", lambda conn: journal.settle()),
        ("rollback", lambda conn: journal.discard()),
    ]
    for name, listener in listeners:
        event.listen(connection, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners:
            event.remove(connection, name, listener)


# --- what a batch leaves ------------------------------------------------------------


class _Wanted(NamedTuple):
    """What there is behind a change: an object of a kind, or none."""

    kind: str
    name: str
    is_there: bool


def note_changes_in_place(
    problem: Exception,
    connection: Connection,
    table: str,
    schema: str | None,
    batch: Sequence[tuple[str, tuple[Any, ...], dict[str, Any]]],
) -> None:
    """Add a note to an exception if some of the changes are in the table already.

    batch: the changes, as (name of a method, its arguments, its keywords).
    """
    try:
        found = _names(inspect(connection), table, schema)
    except Exception as why:  # noqa: BLE001 - it must not hide the problem
        add_note(problem, f'The table "{table}" cannot be looked at: {why!r}')
        return
    has: list[str] = []
    lacks: list[str] = []
    in_place = 0
    for wanted in _wanted_by(batch):
        is_there = wanted.name in found[wanted.kind]
        in_place += is_there == wanted.is_there
        (has if is_there else lacks).append(f'{wanted.kind} "{wanted.name}"')
    if in_place:
        states = [("has", has), ("does not have", lacks)]
        text = "; it ".join(
            f"{verb} {', '.join(what)}" for verb, what in states if what
        )
        add_note(problem, f'The table "{table}" {text}.')


def _names(
    inspector: Inspector, table: str, schema: str | None
) -> dict[str, set[str | None]]:
    """Return the names of what a table has, by kind."""
    readers = {
        "constraint": (
            inspector.get_unique_constraints,
            inspector.get_foreign_keys,
            inspector.get_check_constraints,
            lambda name, schema: [inspector.get_pk_constraint(name, schema)],
        ),
        "column": (inspector.get_columns,),
        "index": (inspector.get_indexes,),
    }
    return {
        kind: {item["name"] for read in reads for item in read(table, schema=schema)}
        for kind, reads in readers.items()
    }


def _wanted_by(
    batch: Sequence[tuple[str, tuple[Any, ...], dict[str, Any]]],
) -> Iterator[_Wanted]:
    for method, arguments, keywords in batch:
        verb, _, kind = method.partition("_")
        if kind == "column" and verb == "alter":
            new_name = keywords.get("name")
            if new_name and new_name != arguments[1]:
                yield _Wanted(kind, arguments[1], is_there=False)
                yield _Wanted(kind, new_name, is_there=True)
        elif kind in ("column", "constraint", "index"):
            changed = arguments[1] if kind == "column" else arguments[0]
            if sqla_compat.constraint_name_string(changed.name):
                yield _Wanted(kind, str(changed.name), is_there=verb != "drop")


# --- the report ---------------------------------------------------------------------

# How much of a statement is shown.
_WIDTH = 160


@contextmanager
def watched(context: Context) -> Iterator[Watch]:
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


class FailedStep(NamedTuple):
    """What is known of a step that failed; the command line tells it."""

    title: str
    targets: tuple[str, ...]
    still_at: str | None
    """The revisions that all was rolled back to; None if something stayed."""
    kept: list[str]
    recorded: str
    advice: str
    was_logged: bool


class Watch:
    """What to put around steps so that their failures are explained.

    journal: None if there is nothing to explain, such as in offline mode.
    """

    def __init__(self, context: Context, journal: Journal | None) -> None:
        self._context = context
        self._journal = journal
        self._begun_at: tuple[str, ...] | None = None

    @contextmanager
    def outside(
        self, step: RevisionStep | StampStep, heads: Collection[str]
    ) -> Iterator[None]:
        """Explain the failure of a step, behind the end of its transaction.

        heads: those in front of the step.
        """
        if self._begun_at is None or self._context._transaction_per_migration:
            self._begun_at = tuple(heads)
        try:
            yield
        except BaseException as problem:
            journal = self._journal
            if journal is not None:
                lines = _explain(self._context, step, journal, problem)
                recorded = next((x for x in lines if x.startswith("The version")), "")
                at = ", ".join(sorted(self._begun_at)) or "no revision"
                problem._alembic_step = FailedStep(  # type: ignore[attr-defined]
                    title=_title(step),
                    targets=_targets(step),
                    still_at=None if lines else at,
                    kept=[*journal.earlier, *journal.kept],
                    recorded=recorded,
                    advice=lines[-1] if lines else "",
                    was_logged=bool(lines) and is_shown(logging.ERROR),
                )
            raise

    def inside(self) -> AbstractContextManager[None]:
        """Note what a step does, inside its transaction."""
        if self._journal is None:
            return nullcontext()
        return self._journal.step(self._context.connection)


def is_shown(level: int) -> bool:
    """Return whether what is logged here at a level is written somewhere."""
    if not log.isEnabledFor(level):
        return False
    handlers: list[logging.Handler] = []
    found: logging.Logger | None = log
    while found is not None:
        handlers += found.handlers
        found = found.parent if found.propagate else None
    last: Any = logging.lastResort
    if not handlers:
        return last is not None and level >= last.level
    return any(not isinstance(each, logging.NullHandler) for each in handlers)


def _targets(step: RevisionStep | StampStep) -> tuple[str, ...]:
    reached = tuple(step.to_revisions_no_deps)
    if reached or isinstance(step, StampStep):
        return reached or ("base",)
    return (_base(step),)


def _rolls_ddl_back(context: Context) -> bool:
    """Return whether the database can, whatever the context was told to assume."""
    return bool(type(context.impl).transactional_ddl)


def _explain(
    context: Context,
    step: RevisionStep | StampStep,
    journal: Journal,
    problem: BaseException,
) -> list[str]:
    """Log what a failed step has left behind, unless all of it was rolled back.

    problem: what it failed with; its notes are repeated.
    Returns the lines of it.
    """
    is_undone = journal.is_atomic or _rolls_ddl_back(context)
    if is_undone and not journal.kept and not journal.earlier:
        return []
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
    return lines


def _title(step: RevisionStep | StampStep) -> str:
    path = getattr(getattr(step, "revision", None), "path", None)
    return f"{step.short_log} ({path})" if path else step.short_log


def _listed(statements: Sequence[str]) -> Iterator[str]:
    for statement in statements:
        line = " ".join(statement.split())
        yield f"  {line[:_WIDTH]}…" if len(line) > _WIDTH else f"  {line}"


def _statements(journal: Journal) -> Iterator[str]:
    if journal.earlier:
        yield "In effect, of steps before it, whose record was rolled back:"
        yield from _listed(journal.earlier)
    if not journal.kept:
        yield "Nothing that it did in this run is in effect."
        return
    yield "In effect, of what it did in this run:"
    yield from _listed(journal.kept)
    if journal.n_left_out:
        yield f"  and {journal.n_left_out} more"


def _looked_up(context: Context, with_leftovers: bool = True) -> list[str]:
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


def _recorded(context: Context) -> str:
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
            if name.startswith(TEMPORARY):
                yield _leftover(connection, schema, name, names)


def _leftover(
    connection: Connection, schema: str | None, name: str, names: list[str]
) -> str:
    preparer = connection.dialect.identifier_preparer
    leftover = table(name, schema=schema)
    quoted = preparer.format_table(leftover)
    original = name.removeprefix(TEMPORARY)
    if len(name) == LONGEST_NAME:
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


def _advice(step: RevisionStep, journal: Journal) -> Iterator[str]:
    stamp = f"record that: alembic stamp {' '.join(_targets(step))}"
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


def _base(step: RevisionStep) -> str:
    own: Any = step.from_revisions_no_deps
    return f"{own[0]}@base" if own else "base"
