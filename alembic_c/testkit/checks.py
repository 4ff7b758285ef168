"""The tests that every migration tree should have, as functions.

Each raises CheckFailed, an AssertionError, with what is wrong and in which file.
`alembic_c.testkit.suite` has them as tests for pytest, `alembic test` on the command
line.
"""

from __future__ import annotations

import os
import subprocess
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.exc import DBAPIError

from .. import catalog, install
from ..catalog._again import repeated
from ..runtime._steps import MigrationStep
from ..script import ScriptDirectory
from ..util import CommandError, _meaning
from ..util._threads import outside_loop
from . import _tree
from ._connect import call_once, sql
from ._scratch import empty_database, without_waiting
from ._templates import migrated_database

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, MetaData

    from ..config import Config
    from ..runtime._steps import RevisionStep
    from ..runtime.migration import MigrationContext
    from ..script.base import Script

# A revision file that cannot be reverted says why: `irreversible = "drops old ids"`.
IRREVERSIBLE = "irreversible"


class CheckFailed(AssertionError):
    """A migration tree is not as it should be."""


class StepReport(NamedTuple):
    """What one revision did when it was run up, down and up again.

    revision: its id; path: its file; seconds: for all three runs.
    irreversible: why it was not reverted, None if it was.
    changes: what differs after the way down from before the way up.
    error: what went wrong on the way down, or on the second way up; None if nothing.
    """

    revision: str
    path: str
    seconds: float
    irreversible: str | None = None
    changes: tuple[catalog.Change, ...] = ()
    error: Exception | None = None

    @property
    def failed(self) -> bool:
        """Whether the revision does not revert what it does."""
        return bool(self.changes or self.error)

    def __str__(self) -> str:
        lines = [f"{self.revision}  {self.seconds * 1000:7.1f} ms"]
        if self.irreversible:
            lines[0] += f"  not reverted: {self.irreversible}"
        lines += [
            f"    {line}"
            for line in catalog.render(
                self.changes,
                before="before the upgrade",
                after="after the downgrade",
            ).splitlines()
        ]
        if self.error is not None:
            words = str(self.error).strip().partition("\n")[0]
            lines.append(f"    {type(self.error).__name__}: {words}")
        return "\n".join(lines)


def one_head(config: Config) -> None:
    """Check that the tree has one head, or none at all."""
    script = ScriptDirectory.from_config(config)
    heads = script.get_heads()
    if len(heads) < 2:
        return
    files = "\n".join(f"  {script.get_revision(head).path}" for head in heads)
    raise CheckFailed(
        f"{len(heads)} heads, where one was expected:\n{files}\n"
        "'alembic merge heads' joins them, or one of them gets another down_revision."
    )


def loads_without_warning(config: Config) -> None:
    """Check that all revision files can be executed and that nothing warns of them."""
    install()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        script = ScriptDirectory.from_config(config)
        for each in script._load_revisions():
            _executed(each)
        _ = script.revision_map.heads  # which loads the graph
    if caught:
        words = "\n".join(f"  {warning.message}" for warning in caught)
        raise CheckFailed(f"loading {script.dir} warns:\n{words}")


def _executed(script: Script) -> Any:
    try:
        return script.module
    except Exception as problem:
        raise CheckFailed(
            f"{script.path} cannot be executed: {type(problem).__name__}: {problem}"
        ) from problem


def goes_up(config: Config, url: str | URL, revision: str = "heads") -> None:
    """Check that an empty database can be upgraded.

    url: as for `migrated`.
    Raises what a migration raises.
    """
    with migrated_database(config, url, revision):
        pass


def steps(
    config: Config,
    url: str | URL,
    range_: str = "",
    *,
    report: Callable[[StepReport], None] | None = None,
) -> list[StepReport]:
    """Check each revision of a range; parameters and result as for `try_steps`.

    Raises CheckFailed if any has failed, what a migration raises on its first way up.
    """
    reports = try_steps(config, url, range_, report=report)
    failed = [each for each in reports if each.failed]
    if failed:
        texts = "\n".join(f"{each.path}\n{each}" for each in failed)
        raise CheckFailed(
            f"{len(failed)} of {len(reports)} revisions do not revert what they do; a "
            f"file that cannot says so: {IRREVERSIBLE} = 'the reason'\n{texts}"
        )
    return reports


def try_steps(
    config: Config,
    url: str | URL,
    range_: str = "",
    *,
    report: Callable[[StepReport], None] | None = None,
) -> list[StepReport]:
    """Run each revision of a range up, down, and up again.

    The catalog after the way down has to equal the one before the way up. All is done
    in one process, in one run of `env.py` and on one database of its own; behind a
    revision that fails, a new one.

    url: as for `migrated`.
    range_: "start:end"; all revisions by default. What is below it is upgraded first.
    report: called with each step's report as soon as it is known.
    Returns the reports. Raises what a migration raises on its first way up.
    """
    script = ScriptDirectory.from_config(config)
    chosen = [each.revision for each in _tree.revisions_between(script, range_)]
    reports: list[StepReport] = []

    def note(found: StepReport) -> None:
        reports.append(found)
        if report is not None:
            report(found)

    while len(reports) < len(chosen):
        walk = _Walk(script, chosen[len(reports) :], note)
        with empty_database(url) as place:
            try:
                _tree.run(config, place, walk.plan, "heads")
            except Exception as problem:
                if not walk.expects_errors:
                    raise
                walk.fail(problem)
    return reports


class _Walk:
    """Revisions, each run up, down and up again, until one fails.

    chosen: their ids in order. report: called with each step's report.
    """

    def __init__(
        self,
        script: ScriptDirectory,
        chosen: Sequence[str],
        report: Callable[[StepReport], None],
    ) -> None:
        self._script = script
        self._report = report
        self._chosen = chosen
        self._current = chosen[0]
        self._started = 0.0
        # Whether an exception is the fault of the way back.
        self.expects_errors = False

    def plan(self, heads: Any, context: MigrationContext) -> Iterator[RevisionStep]:
        """Yield the steps to run; each has ended when the next one is asked for."""
        without_waiting(context.connection)
        for revision in _below(self._script, self._chosen):
            yield _step(self._script, revision, up=True)
        # With the version table: a revision that drops it is a fault, too.
        read = repeated(context.connection)
        before = read()
        for revision in self._chosen:
            self._current = revision
            self._started = time.perf_counter()
            yield _step(self._script, self._current, up=True)
            reason = self._reason()
            if reason is None:
                self.expects_errors = True
                yield _step(self._script, self._current, up=False)
                changes = before.diff(read())
                if changes:
                    self._note(changes=tuple(changes))
                    return
                yield _step(self._script, self._current, up=True)
                self.expects_errors = False
            self._note(irreversible=reason)
            before = read()

    def fail(self, problem: Exception) -> None:
        """Note that the current revision has failed."""
        self._note(error=problem)

    def _reason(self) -> str | None:
        """Return why the current revision cannot be reverted, if it says so.

        Raises TestKitError if what it says is no text.
        """
        script = self._script.get_revision(self._current)
        reason = getattr(script.module, IRREVERSIBLE, None)
        if reason and not isinstance(reason, str):
            raise _tree.TestKitError(
                f"{script.path}: {IRREVERSIBLE} is {reason!r}; it has to be a text "
                "that says why the revision cannot be reverted"
            )
        return " ".join((reason or "").split()) or None

    def _note(self, **found: Any) -> None:
        seconds = time.perf_counter() - self._started
        path = self._script.get_revision(self._current).path
        self._report(StepReport(self._current, path, seconds, **found))


def _step(script: ScriptDirectory, revision: str, *, up: bool) -> RevisionStep:
    make = (
        MigrationStep.upgrade_from_script if up else MigrationStep.downgrade_from_script
    )
    return make(script.revision_map, script.get_revision(revision))


def _below(script: ScriptDirectory, chosen: Sequence[str]) -> list[str]:
    """Return the revisions that have to be there before the first chosen one."""
    among = set(chosen)
    revisions = map(script.get_revision, chosen)
    parents = {down for each in revisions for down in each._all_down_revisions}
    needed = dict.fromkeys(
        each.revision
        for top in chosen
        if top not in parents
        for each in _tree.upgrade_plan(script, top)
    )
    return [each for each in needed if each not in among]


# The first words of SchemaObject.kind: what a MetaData cannot tell.
_NOT_OF_MODELS = (
    *("domain", "view", "materialized", "function", "procedure", "aggregate"),
    "trigger",
)


def matches_models(
    config: Config,
    url: str | URL,
    metadata: MetaData | None = None,
    *,
    order: bool = False,
    ignore: Iterable[str] = (),
) -> None:
    """Check that the migrations and the models make the same database.

    Schemas and extensions of PostgreSQL that the models need and do not make are those
    of the migrated database. Views, routines and triggers, which models have no words
    for, are compared only where the models make them all the same (by events of their
    MetaData).
    metadata: of the models; what `env.py` gives as `target_metadata` if it is None.
    order, ignore: as for `Catalog.diff()`.
    Raises CheckFailed with the differences; TestKitError if there are no models.
    """
    found: list[Any] = [metadata]
    version_tables: list[str] = []

    def look(heads: Any, context: MigrationContext) -> list[RevisionStep]:
        if metadata is None:
            found[0] = context.opts.get("target_metadata")
        schema = context.version_table_schema
        name = context.version_table
        for own in (name, context._history_table):
            version_tables.append(f"{schema}.{own}" if schema else own)
        return []

    with migrated_database(config, url, "heads") as place:
        _tree.run(config, place, look)
        models = found[0] if isinstance(found[0], (list, tuple)) else [found[0]]
        if not any(models):
            raise _tree.TestKitError(
                "there are no models: target_metadata in env.py is None"
            )
        before = call_once(place, catalog.snapshot)
        try:
            after = _made_by_models(url, models)
        except DBAPIError:
            stage = _schemas_and_extensions(place)
            if not stage:
                raise
            after = _made_by_models(url, models, stage)
        before, after = (each.without(*version_tables) for each in (before, after))
    changes = [
        change
        for change in before.diff(after, order=order, ignore=ignore)
        if change.aspect != "removed" or change.what.split()[0] not in _NOT_OF_MODELS
    ]
    if changes:
        text = catalog.render(changes, before="in the database", after="in the models")
        raise CheckFailed(f"the models differ from what the migrations make:\n{text}")


def _made_by_models(
    url: str | URL, models: Iterable[MetaData], statements: Iterable[str] = ()
) -> catalog.Catalog:
    """Return the catalog of a new database in which models have made their tables.

    statements: run before that.
    """

    def prepare(connection: Connection) -> None:
        for statement in statements:
            sql(connection, statement)

    with empty_database(url) as place:
        call_once(place, prepare)
        for each in models:
            call_once(place, each.create_all)
        return call_once(place, catalog.snapshot)


def _schemas_and_extensions(url: URL) -> list[str]:
    """Return the statements that make those of a PostgreSQL database."""
    if url.get_backend_name() != "postgresql":
        return []
    return call_once(url, lambda connection: list(sql(connection, _STAGE).scalars()))


_STAGE = (
    "SELECT statement FROM (SELECT 0 AS number, 'CREATE SCHEMA IF NOT EXISTS ' ||"
    " pg_catalog.quote_ident(nspname) AS statement FROM pg_catalog.pg_namespace"
    " WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' UNION ALL"
    " SELECT e.oid::pg_catalog.int8, 'CREATE EXTENSION IF NOT EXISTS ' ||"
    " pg_catalog.quote_ident(e.extname) || ' SCHEMA ' ||"
    " pg_catalog.quote_ident(n.nspname) || ' VERSION ' ||"
    " pg_catalog.quote_ident(e.extversion) FROM pg_catalog.pg_extension e"
    " JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace) found ORDER BY number"
)


def autogenerate_finds_nothing(config: Config, url: str | URL) -> None:
    """Check that `alembic check` is quiet on a migrated database.

    Raises CheckFailed with the operations that it would write.
    """
    from .. import command

    with migrated_database(config, url, "heads") as place, _tree.logging_kept():
        mine = _tree.pointed_at(config, place)
        try:
            outside_loop(lambda: command.check(mine))
        except CommandError as problem:
            raise CheckFailed(str(problem)) from problem


def unedited_since(config: Config, reference: str) -> None:
    """Check that no revision file was changed or removed since a commit.

    Comments, layout, docstrings and the names of files do not count.
    reference: of git, such as "origin/main".
    Raises CheckFailed with the files; TestKitError where git does not answer.
    """
    script = ScriptDirectory.from_config(config)
    places = [os.fspath(place) for place in script._version_locations]
    # By what is in it, so that a file may get another name.
    present = {
        _meaning.digest(path.read_bytes())
        for place in places
        for path in Path(place).rglob("*.py")
    }
    changed: list[str] = []
    for place in places:
        listing = _git(place, "ls-tree", "-r", "--name-only", "-z", reference, ".")
        for name in filter(None, os.fsdecode(listing).split("\0")):
            if name.endswith(".py"):
                before = _git(place, "show", f"{reference}:./{name}")
                if _meaning.digest(before) not in present:
                    changed.append(os.path.join(place, name))
    if changed:
        files = "\n".join(f"  {path}" for path in changed)
        raise CheckFailed(
            f"revisions were changed after {reference}, where databases may have run "
            f"them already; write a new revision instead:\n{files}"
        )


def _git(directory: str, *arguments: str) -> bytes:
    command = ["git", "-C", directory, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        words = os.fsdecode(getattr(problem, "stderr", b"")) or str(problem)
        raise _tree.TestKitError(f"git {arguments[0]}: {words.strip()}") from problem
    return done.stdout
