"""What is wrong with a database and its project, and what mends it.

Nothing is written. No remedy throws rows away that are nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from ..runtime import _history
from ..runtime._failures import LONGEST_NAME, TEMPORARY, temporary_name
from ..util import _meaning, _sessions
from . import _log_verb

if TYPE_CHECKING:
    from ..catalog import SchemaObject
    from ..runtime.migration import MigrationContext
    from ..script import ScriptDirectory


class Finding(NamedTuple):
    """Something that is wrong.

    check: the name of the check that found it. subject: what it is about.
    problem: a sentence. remedy: SQL, commands or edits that mend it, in their order.
    """

    check: str
    subject: str
    problem: str
    remedy: tuple[str, ...]


class Patient:
    """What the checks look at.

    script: the tree; context: the migration context that `env.py` has made.
    """

    def __init__(self, script: ScriptDirectory, context: MigrationContext) -> None:
        self.script = script
        self.context = context
        self.connection = context.connection
        self.applied = tuple(context.get_current_heads())
        models: Any = context.opts.get("target_metadata")
        if not isinstance(models, (list, tuple)):
            models = [] if models is None else [models]
        self.models: list[sa.MetaData] = list(models)

    @property
    def is_postgresql(self) -> bool:
        """Whether PostgreSQL's catalogs can be asked."""
        return bool(self.context.dialect.name == "postgresql")

    @cached_property
    def version_table(self) -> str:
        """The version table's name in SQL."""
        preparer = self.context.dialect.identifier_preparer
        return str(preparer.format_table(self.context._version))

    @cached_property
    def tables(self) -> list[str]:
        """The names of the tables in the default schema."""
        return sorted(sa.inspect(self.connection).get_table_names())

    def quoted(self, *names: str | None) -> str:
        """Return a name in SQL, parts of it that are None left out."""
        preparer = self.context.dialect.identifier_preparer
        return ".".join(preparer.quote(each) for each in names if each is not None)

    def rows(self, sql: str) -> Sequence[Any]:
        """Return what a query gives."""
        found: Sequence[Any] = self.connection.execute(sa.text(sql)).all()
        return found


Check = Callable[[Patient], Iterable[Finding]]


# --- the tree and the version table ---------------------------------------------------


def ids_in_two_files(patient: Patient) -> Iterator[Finding]:
    """One id in two files: what runs or writes something refuses it."""
    patient.script.get_heads()  # which loads them
    for rev_id, paths in patient.script.revision_map._duplicates.items():
        yield Finding(
            "one-id-in-two-files",
            rev_id,
            f"it is in {' and in '.join(paths)}",
            ("delete what is not meant, or give it an id of its own",),
        )


def several_heads(patient: Patient) -> Iterator[Finding]:
    """Several heads: `upgrade head` does not know which one is meant."""
    heads = patient.script.get_heads()
    if len(heads) > 1:
        yield Finding(
            "several-heads",
            ", ".join(heads),
            f"the tree has {len(heads)} heads",
            ("alembic merge heads", "or, if branches are meant: alembic upgrade heads"),
        )


def version_rows(patient: Patient) -> Iterator[Finding]:
    """Rows of the version table that no file has, and rows too many."""
    table = patient.version_table
    rows = (
        [row[0] for row in patient.rows(f"SELECT version_num FROM {table}")]
        if patient.context._has_version_table()
        else []
    )
    known = [each for each in rows if _script_of(patient, each)]
    for each in sorted(set(rows) - set(known)):
        yield Finding(
            "unknown-revision",
            each,
            f"{table} has a revision that no file of the tree has",
            (
                "bring its file back, from the release or branch that has run it: "
                f"git log --all --oneline -S '{each}' -- "
                f"{Path(patient.script.dir).name}",
            ),
        )
    for each in sorted({each for each in known if known.count(each) > 1}):
        yield Finding(
            "doubled-row",
            each,
            f"{table} has the revision {known.count(each)} times, and no primary key",
            (
                f"DELETE FROM {table} WHERE version_num = {_literal(patient, each)};",
                f"INSERT INTO {table} (version_num) VALUES "
                f"({_literal(patient, each)});",
                f"ALTER TABLE {table} ADD PRIMARY KEY (version_num);",
            ),
        )
    for each in sorted(_implied(patient, set(known))):
        yield Finding(
            "needless-row",
            each,
            f"{table} has a revision that another of its rows stands upon",
            (f"DELETE FROM {table} WHERE version_num = {_literal(patient, each)};",),
        )


def _script_of(patient: Patient, revision: str) -> bool:
    return revision in patient.script.revision_map._revision_map


def _implied(patient: Patient, rows: set[str]) -> set[str]:
    """Return those that are below another one; what one depends on may have a row."""
    below: set[str] = set()
    for each in rows:
        found = patient.script.iterate_revisions(each, "base")
        below |= {script.revision for script in found} - {each}
    return rows & below


def _literal(patient: Patient, text: str) -> str:
    literal = sa.literal(text).compile(
        dialect=patient.context.dialect, compile_kwargs={"literal_binds": True}
    )
    return str(literal)


def unstamped(patient: Patient) -> Iterator[Finding]:
    """A database that has the models' tables and no revision."""
    names = {table.name for each in patient.models for table in each.tables.values()}
    there = sorted(names.intersection(patient.tables))
    if there and not patient.applied and patient.script.get_heads():
        yield Finding(
            "unstamped",
            patient.version_table,
            f"no revision is noted, but tables of the models are there ({there[0]}"
            + (f" and {len(there) - 1} more)" if len(there) > 1 else ")"),
            (
                "find out which revision made them, as with: alembic upgrade --sql",
                "alembic stamp REVISION",
            ),
        )


# --- what broken-off work has left ----------------------------------------------------


def batch_leftovers(patient: Patient) -> Iterator[Finding]:
    """Copies of tables that a batch migration has not finished with."""
    for name in patient.tables:
        if not name.startswith(TEMPORARY):
            continue
        # A long name is cut, so a copy may be of several tables.
        originals = [each for each in patient.tables if temporary_name(each) == name]
        here = patient.quoted(name)
        if originals:
            problem = "a batch migration broke off before it removed the original"
            remedy: tuple[str, ...] = (f"DROP TABLE {here};",)
            if len(name) == LONGEST_NAME:
                remedy = (f"if it is a copy of {' or '.join(originals)}:", *remedy)
        else:
            problem = (
                "a batch migration broke off after it had removed the original: this "
                "is the only copy of its rows"
            )
            original = patient.quoted(name.removeprefix(TEMPORARY))
            remedy = (f"ALTER TABLE {here} RENAME TO {original};", "create its indexes")
            if len(name) == LONGEST_NAME:
                remedy = ("the name is cut; give it the whole one:", *remedy)
        yield Finding("batch-leftover", name, problem, remedy)


_INVALID_INDEXES = """
SELECT n.nspname, x.relname, pg_catalog.pg_get_indexdef(i.indexrelid), i.indisunique
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid AND x.relkind = 'i'
JOIN pg_catalog.pg_namespace n ON n.oid = x.relnamespace
WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
WHERE p.index_relid = i.indexrelid) ORDER BY 1, 2
"""
# What REINDEX CONCURRENTLY calls its own: the manual, "REINDEX".
_OF_REINDEX = re.compile(r"_cc(new|old)\d*$")


def invalid_indexes(patient: Patient) -> Iterator[Finding]:
    """Indexes of PostgreSQL that a concurrent build did not finish."""
    if not patient.is_postgresql:
        return
    for schema, name, definition, is_unique in patient.rows(_INVALID_INDEXES):
        quoted = patient.quoted(schema, name)
        drop = f"DROP INDEX CONCURRENTLY {quoted};"
        if _OF_REINDEX.search(name):
            problem = "REINDEX CONCURRENTLY broke off and left this index behind"
            remedy: tuple[str, ...] = (drop,)
        else:
            problem = "CREATE INDEX CONCURRENTLY broke off: no query uses the index"
            again = definition.replace(" INDEX ", " INDEX CONCURRENTLY ", 1)
            first = ("remove the rows that are there twice",) if is_unique else ()
            remedy = (*first, drop, f"{again};")
        yield Finding("invalid-index", f"{schema}.{name}", problem, remedy)


_NOT_VALID = """
SELECT n.nspname, c.relname, k.conname FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT k.convalidated ORDER BY 1, 2, 3
"""


def not_valid_constraints(patient: Patient) -> Iterator[Finding]:
    """Constraints of PostgreSQL that were not checked for the rows that were there."""
    if not patient.is_postgresql:
        return
    for schema, table, name in patient.rows(_NOT_VALID):
        yield Finding(
            "not-valid-constraint",
            f"{schema}.{table}.{name}",
            "the constraint holds for new rows; older ones were never checked",
            (
                f"ALTER TABLE {patient.quoted(schema, table)} "
                f"VALIDATE CONSTRAINT {patient.quoted(name)};",
            ),
        )


# --- the project ----------------------------------------------------------------------


def no_models(patient: Patient) -> Iterator[Finding]:
    """A target_metadata without tables: autogenerate would remove all there is."""
    if patient.models and not any(each.tables for each in patient.models):
        yield Finding(
            "no-models",
            "target_metadata",
            "it has no table: the modules of the models are not imported",
            (f"import them in {patient.script.env_py_location}",),
        )


def strangers(patient: Patient) -> Iterator[Finding]:
    """Objects that neither the models nor any revision file name."""
    if not any(each.tables for each in patient.models):
        return
    words = _words_of_tree(patient.script) | _words_of_models(patient.models)
    for kind, name in _objects(patient):
        if name.lower() not in words and not _is_our_own(patient, name):
            yield Finding(
                "unknown-object",
                name,
                f"a {kind} that neither the models nor a revision file name",
                (
                    "make it part of the models, or remove it in a new revision: "
                    f'op.execute("DROP {kind.upper()} {patient.quoted(name)}")',
                    "or, if something else owns it, leave it out with include_name",
                ),
            )


def _objects(patient: Patient) -> Iterator[tuple[str, str]]:
    """Yield kind and name of what is in the default schema."""
    include: Any = patient.context.opts.get("include_name")
    for name in patient.tables:
        parents = {"schema_name": None}
        if include is None or include(name, "table", parents):
            yield "table", name
    for each in _beside_tables(patient):
        # A trigger goes with its table; a function is named without its arguments.
        yield each.kind.replace("enum", "type"), each.name.partition("(")[0]


def _beside_tables(patient: Patient) -> Iterator[SchemaObject]:
    from ..catalog import snapshot

    if patient.context.dialect.name not in ("postgresql", "sqlite"):
        return
    inspector = sa.inspect(patient.connection)
    default = inspector.default_schema_name if patient.is_postgresql else None
    for each in snapshot(patient.connection).objects:
        if each.schema == default and each.kind != "trigger":
            yield each


def _is_our_own(patient: Patient, name: str) -> bool:
    version_table = patient.context.version_table
    own = (version_table, patient.context._history_table)
    return name in own or name.startswith(TEMPORARY)


_WORD = re.compile(r"\w+")


def _words_of_tree(script: ScriptDirectory) -> set[str]:
    """Return all words of all revision files, in lower case."""
    words: set[str] = set()
    for each in script.walk_revisions():
        text = Path(each.path).read_text("utf-8", "replace")
        words.update(word.lower() for word in _WORD.findall(text))
    return words


def _words_of_models(models: Iterable[sa.MetaData]) -> set[str]:
    names: set[str] = set()
    for metadata in models:
        names.update(sequence for sequence in metadata._sequences)
        for table in metadata.tables.values():
            names.add(table.name)
            for column in table.columns:
                name = getattr(column.type, "name", None)
                names.add(name if isinstance(name, str) else "")
    return {name.lower() for name in names}


def edited_revisions(patient: Patient) -> Iterator[Finding]:
    """Revisions whose files say something else than when they ran."""
    ran: dict[str, str | None] = {}
    for row in reversed(_log_verb.steps(patient.context)):
        if row["outcome"] == _history.DONE and row["direction"] == "upgrade":
            ran[row["revision"]] = row["digest"]
    scripts = {each.revision: each for each in patient.script.walk_revisions()}
    applied = {
        script.revision
        for each in patient.applied
        if each in scripts
        for script in patient.script.iterate_revisions(each, "base")
    }
    for each in sorted(applied):
        path = Path(scripts[each].path)
        if ran.get(each) not in (None, _meaning.digest(path.read_bytes())):
            yield Finding(
                "edited-revision",
                each,
                f"{path.name} is not what was run on this database",
                (
                    "give the file back what it was, as with: "
                    f"git log --oneline -- {path.name}",
                    'put the change into a new revision: alembic revision -m "..."',
                ),
            )


# --- the connection -------------------------------------------------------------------


def pooler(patient: Patient) -> Iterator[Finding]:
    """A pooler that gives each transaction another session of the server."""
    engine = patient.connection.engine
    if patient.is_postgresql and _sessions.moves(engine):
        yield Finding(
            "transaction-pooler",
            "the connection",
            "a pooler gives each transaction another session of the server: locks and "
            "settings of a session do not hold",
            (
                "let env.py connect to the server itself, or to a pool in session "
                "mode, for migrations",
            ),
        )


class TransactionWatch:
    """Whether the transaction that `env.py` had begun ends with COMMIT.

    One that a statement before `begin_transaction()` begins is not ours to commit;
    SQLAlchemy rolls it back with all migrations in it.
    """

    def __init__(self, context: MigrationContext) -> None:
        self._is_theirs = context._in_external_transaction
        self._is_committed = False
        if self._is_theirs:
            sa.event.listen(context.connection, "commit", self._note)

    def _note(self, connection: sa.Connection) -> None:
        self._is_committed = True

    def finding(self, script: ScriptDirectory) -> Iterator[Finding]:
        """Yield what is wrong, once `env.py` has ended."""
        if self._is_theirs and not self._is_committed:
            yield Finding(
                "begun-transaction",
                str(script.env_py_location),
                "a statement before context.begin_transaction() begins a transaction "
                "that nobody commits: migrations would be rolled back",
                (
                    "connection.commit() behind that statement, or "
                    "`with connectable.begin() as connection:` around all of it",
                ),
            )


# Name -> check, in the order of the answers.
CHECKS: tuple[Check, ...] = (
    *(several_heads, version_rows, unstamped),
    *(batch_leftovers, invalid_indexes, not_valid_constraints),
    *(no_models, strangers, edited_revisions, pooler),
)


def examine(patient: Patient) -> list[Finding]:
    """Run all checks."""
    # The others could not know which of the files is meant.
    return list(ids_in_two_files(patient)) or [
        finding for check in CHECKS for finding in check(patient)
    ]
