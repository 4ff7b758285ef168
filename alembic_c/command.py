"""The commands, as functions: `command.upgrade(config, "head")`.

Each takes a `Config` first.  The command line reads names, parameters and the first
paragraph of each docstring from here.  What needs SQLAlchemy is imported by the
commands that run `env.py`, and by no other.
"""

from __future__ import annotations

import os
import sys

from . import util
from .script import ScriptDirectory
from .util._config import ConfigFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import Any

    from .autogenerate.api import RevisionContext
    from .operations.ops import UpgradeOps
    from .runtime.environment import ProcessRevisionDirectiveFn
    from .runtime.migration import MigrationContext
    from .script.base import Script
    from .script.revision import _RevIdType
    from .script.upgrade_hooks import Hooks
    from .util._config import Config

    # What a command does once `env.py` has a connection: it gets the applied heads
    # and returns the steps to run.
    MigrationFn = Callable[[Any, MigrationContext], Iterable[Any]]

# The commands that the command line has, in the order of its help.
VERBS = (
    "branches",
    "check",
    "current",
    "downgrade",
    "edit",
    "ensure_version",
    "heads",
    "history",
    "init",
    "list_templates",
    "merge",
    "revision",
    "show",
    "stamp",
    "upgrade",
)

_INI_TEMPLATE = "alembic.ini.mako"
_TOML_TEMPLATE = "pyproject.toml.mako"


def __getattr__(name: str) -> Any:
    """Import what needs SQLAlchemy when it is first asked for.

    The names are attributes of this module because other packages replace them here.
    """
    value: Any
    if name == "EnvironmentContext":
        from .runtime import environment

        value = environment.EnvironmentContext
    elif name == "autogen":
        from . import autogenerate

        value = autogenerate
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def _late(name: str) -> Any:
    return getattr(sys.modules[__name__], name)


def _run_env(
    config: Config, script: ScriptDirectory, fn: MigrationFn, **options: Any
) -> None:
    """Run `env.py`, which calls `fn` by way of `context.run_migrations()`.

    options: further arguments of `EnvironmentContext`.
    """
    with _late("EnvironmentContext")(config, script, fn=fn, **options):
        script.run_env()


def _env_always_runs(config: Config) -> bool:
    """Return whether `env.py` is run by commands that could do without it.

    Raises ConfigFileError if the option is neither true nor false.
    """
    value = config.get_alembic_option("revision_environment")
    try:
        return util.asbool(value)
    except ValueError as problem:
        place = config._place("revision_environment")
        raise ConfigFileError(str(problem), place) from problem


def list_templates(config: Config) -> None:
    """List available templates.

    config: a `Config`.
    """
    folder = config.get_template_directory()
    config.print_stdout("Available templates:\n")
    for name in sorted(os.listdir(folder)):
        readme = os.path.join(folder, name, "README")
        if os.path.isfile(readme):
            with open(readme, encoding="utf-8") as stream:
                synopsis = next(stream, "").rstrip("\n")
            config.print_stdout("%s - %s", name, synopsis)
    config.print_stdout("\nTemplates are used via the 'init' command, e.g.:")
    config.print_stdout("\n  alembic init --template generic ./scripts")


def init(
    config: Config, directory: str, template: str = "generic", package: bool = False
) -> None:
    """Initialize a new scripts directory.

    config: names the ini file and, for some templates, the TOML file to write.
    directory: path of the new directory; an empty one may be there.
    template: name of a directory below that of the templates.
    package: whether to make the directory and its `versions` Python packages.
    Raises CommandError if the directory has files in it, if there is no such
    template, or if there is no place for the configuration.
    """
    from pathlib import Path

    target = Path(directory)
    source = Path(config.get_template_directory()) / template
    _check_init(config, target, source)

    versions = target / "versions"
    for folder in (target, versions):
        if folder is versions or not os.access(folder, os.F_OK):
            with util.status(
                f"Creating directory {folder.absolute()}", **config.messaging_opts
            ):
                os.makedirs(folder)

    files = _TemplateFiles(config, target, ScriptDirectory(target))
    for name in sorted(os.listdir(source)):
        files.write(source / name)
    if package:
        for folder in (target, versions):
            marker = folder.absolute() / "__init__.py"
            with (
                util.status(f"Adding {marker!s}", **config.messaging_opts),
                open(marker, "w"),
            ):
                pass
    util.msg(files.advice(), **config.messaging_opts)


def _check_init(config: Config, target: Path, source: Path) -> None:
    """Raise CommandError if `init` cannot do its work; nothing is written yet."""
    from pathlib import Path

    if target.exists():
        if not target.is_dir():
            raise util.CommandError(f"{target} is not a directory")
        if os.listdir(target):
            raise util.CommandError(
                f"Directory {target} already exists and is not empty"
            )
    is_one = source != Path(config.get_template_directory())
    if not is_one or not os.access(source, os.F_OK):
        raise util.CommandError(f"No such template {source}")
    if (source / _TOML_TEMPLATE).exists():
        # A broken file is reported now, not in the middle of the work.
        config.toml_alembic_config  # noqa: B018
    for name, template in (
        (config.config_file_name, _INI_TEMPLATE),
        (config.toml_file_name, _TOML_TEMPLATE),
    ):
        if not (source / template).exists():
            continue
        if name is None:
            raise util.CommandError(
                f"The template needs the path of a file for its {template[:-5]}, "
                "but the configuration names none"
            )
        folder = Path(name).absolute().parent
        made = (target.absolute(), *target.absolute().parents)
        if not folder.is_dir() and folder not in made:
            raise util.CommandError(
                f"Can't write {name}: there is no directory {folder}"
            )


class _TemplateFiles:
    """Writes the files of a template, each to where its name says that it belongs."""

    def __init__(self, config: Config, target: Path, script: ScriptDirectory) -> None:
        self._config = config
        self._target = target
        self._script = script
        self._toml: Path | None = None

    def write(self, source: Path) -> None:
        """Write what one file of the template stands for."""
        if source.name == _INI_TEMPLATE:
            self._write_ini(source)
        elif source.name == _TOML_TEMPLATE:
            self._write_toml(source)
        elif os.path.isfile(source):
            self._script._copy_file(source, self._target / source.name)

    def _ini(self) -> Path:
        path = self._config._config_file_path
        return util.not_none(path).absolute()

    def _write_ini(self, source: Path) -> None:
        ini = self._ini()
        if ini.exists():
            util.msg(
                f"File {ini} already exists, skipping", **self._config.messaging_opts
            )
        else:
            self._script._generate_template(
                source, ini, script_location=self._location_from(ini)
            )

    def _write_toml(self, source: Path) -> None:
        toml = util.not_none(self._config._toml_file_path).absolute()
        self._toml = toml
        location = self._location_from(toml)
        if not toml.exists():
            self._script._generate_template(source, toml, script_location=location)
        elif self._config.toml_alembic_config:
            # Said even when asked to be quiet, as upstream does.
            util.msg(
                f"File {toml} already exists and already has a [tool.alembic] "
                "section, skipping"
            )
        else:
            self._script._append_template(source, toml, script_location=location)
        # It may have been read, before it had the section.
        self._config.__dict__.pop("toml_alembic_config", None)

    def _location_from(self, file: Path) -> str:
        """Return the value of `script_location` in a configuration file."""
        if self._target.is_absolute():
            return self._target.as_posix()
        relative = util.compat.path_relative_to(
            self._target.absolute(), file.parent, walk_up=True
        )
        return f"%(here)s/{relative.as_posix()}"

    def advice(self) -> str:
        """Return what the user has to do next."""
        settings = "configuration/connection/logging settings"
        if self._toml is None:
            return f"Please edit {settings} in {self._ini()} before proceeding."
        return (
            f"Please edit configuration settings in {self._toml} and {settings} in "
            f"{self._ini()} before proceeding."
        )


def revision(
    config: Config,
    message: str | None = None,
    autogenerate: bool = False,
    sql: bool = False,
    head: str = "head",
    splice: bool = False,
    branch_label: _RevIdType | None = None,
    version_path: str | os.PathLike[str] | None = None,
    rev_id: str | None = None,
    depends_on: str | None = None,
    process_revision_directives: ProcessRevisionDirectiveFn | None = None,
) -> Script | list[Script | None] | None:
    """Create a new revision file.

    config: a `Config`.
    message: the message, which also becomes part of the file's name.
    autogenerate: compare the models with the database and write the differences.
    sql: let `env.py` run in offline mode; needs `revision_environment`.
    head: the revision to build upon.
    splice: whether that need not be a head.
    branch_label: label or labels of the new branch.
    version_path: the version directory to write to, if there are several.
    rev_id: the revision id, instead of a random one.
    depends_on: revisions that have to be applied first.
    process_revision_directives: called as the hook of that name in `env.py` is.
    Returns the new script, or a list if a hook made several or none.
    Raises CommandError if the options contradict each other or the revisions.
    """
    needs_env = _env_always_runs(config)
    script = ScriptDirectory.from_config(config)
    context = _revision_context(
        config,
        script,
        process_revision_directives,
        message=message,
        autogenerate=autogenerate,
        sql=sql,
        head=head,
        splice=splice,
        branch_label=branch_label,
        version_path=version_path,
        rev_id=rev_id,
        depends_on=depends_on,
    )
    if sql and autogenerate:
        raise util.CommandError(
            "Using --sql with --autogenerate does not make any sense"
        )
    if sql and not needs_env:
        raise util.CommandError(
            "Using --sql with the revision command when revision_environment is not "
            "configured does not make any sense"
        )
    if autogenerate or needs_env:
        _populate(config, script, context, autogenerate=autogenerate, sql=sql)
    scripts = list(context.generate_scripts())
    return scripts[0] if len(scripts) == 1 else scripts


def _revision_context(
    config: Config,
    script: ScriptDirectory,
    directives: ProcessRevisionDirectiveFn | None,
    **arguments: Any,
) -> RevisionContext:
    context: RevisionContext = _late("autogen").RevisionContext(
        config, script, arguments, process_revision_directives=directives
    )
    return context


def _populate(
    config: Config,
    script: ScriptDirectory,
    context: RevisionContext,
    *,
    autogenerate: bool,
    sql: bool,
) -> None:
    """Run `env.py` so that it fills the revisions that `context` is to generate."""
    fill = context.run_autogenerate if autogenerate else context.run_no_autogenerate

    def fill_and_run_nothing(
        rev: Any, migration_context: MigrationContext
    ) -> list[Any]:
        fill(rev, migration_context)
        return []

    _run_env(
        config,
        script,
        fill_and_run_nothing,
        as_sql=sql,
        template_args=context.template_args,
        revision_context=context,
    )


def check(config: Config) -> None:
    """Check if revision command with autogenerate has pending upgrade ops.

    config: a `Config`.
    Raises AutogenerateDiffsDetected if it has, CommandError if the database is not at
    the head or `env.py` gives no model.
    """
    context = _compared(config)
    diffs = [diff for each in _pending_operations(context) for diff in each.as_diffs()]
    if diffs:
        raise util.AutogenerateDiffsDetected(
            f"New upgrade operations detected: {diffs}",
            revision_context=context,
            diffs=diffs,
        )
    config.print_stdout("No new upgrade operations detected.")


def _pending_operations(context: RevisionContext) -> list[UpgradeOps]:
    """Return what a comparison would write.

    It is nothing if `process_revision_directives` has left no revision, as a hook does
    that writes no empty files.
    """
    revisions = context.generated_revisions
    return revisions[-1].upgrade_ops_list if revisions else []


def _compared(config: Config) -> RevisionContext:
    """Compare the models with the database, for a revision that is not written.

    Raises what `check` raises, but for differences.
    """
    script = ScriptDirectory.from_config(config)
    context = _revision_context(
        config,
        script,
        None,
        message=None,
        autogenerate=True,
        sql=False,
        head="head",
        splice=False,
        branch_label=None,
        version_path=None,
        rev_id=None,
        depends_on=None,
    )
    context.only_compares = True
    _populate(config, script, context, autogenerate=True, sql=False)
    return context


def merge(
    config: Config,
    revisions: _RevIdType,
    message: str | None = None,
    branch_label: _RevIdType | None = None,
    rev_id: str | None = None,
    splice: bool = False,
) -> Script | None:
    """Merge two revisions together.  Creates a new migration file.

    config: a `Config`.
    revisions: the revisions to merge, two or more.
    message: the message, which also becomes part of the file's name.
    branch_label: label or labels of the new revision.
    rev_id: the revision id, instead of a random one.
    splice: whether the revisions need not be heads.
    Raises CommandError if they are no heads, and that is needed.
    """
    script = ScriptDirectory.from_config(config)
    template_args: dict[str, Any] = {"config": config}
    if _env_always_runs(config):
        _run_env(
            config,
            script,
            lambda rev, context: [],
            as_sql=False,
            template_args=template_args,
        )
    return script.generate_revision(
        rev_id or util.rev_id(),
        message,
        refresh=True,
        head=revisions,
        branch_labels=branch_label,
        splice=splice,
        **template_args,
    )


def upgrade(
    config: Config, revision: str, sql: bool = False, tag: str | None = None
) -> None:
    """Upgrade to a later version.

    config: a `Config`.
    revision: the target; with `sql` also a range "start:end".
    sql: print the statements instead of running them.
    tag: anything, for `env.py`.
    Raises CommandError for a target that is not known or not above what is applied,
    for a range without `sql`, and if a hook before the upgrade fails; what `env.py` and
    the migrations raise.
    """
    hooks = None if sql else _upgrade_hooks(config)
    _migrate(config, revision, "_upgrade_revs", sql, tag, hooks)
    if hooks is not None:
        hooks.ended()


def _upgrade_hooks(config: Config) -> Hooks | None:
    """Return what is configured to run around an upgrade, None if nothing is."""
    if not any(map(config.get_hooks_of, ("before_upgrade", "after_upgrade"))):
        return None
    from .script.upgrade_hooks import Hooks

    return Hooks(config)


def downgrade(
    config: Config, revision: str, sql: bool = False, tag: str | None = None
) -> None:
    """Revert to a previous version.

    config: a `Config`.
    revision: the target; with `sql` a range "start:end".
    sql: print the statements instead of running them.
    tag: anything, for `env.py`.
    Raises CommandError for a target that is not known or not below what is applied,
    for a range without `sql` and `sql` without a range; what `env.py` and the
    migrations raise.
    """
    if sql and ":" not in revision:
        raise util.CommandError("downgrade with --sql requires <fromrev>:<torev>")
    _migrate(config, revision, "_downgrade_revs", sql, tag)


def _migrate(
    config: Config,
    revision: str,
    planner: str,
    sql: bool,
    tag: str | None,
    hooks: Hooks | None = None,
) -> None:
    """Run the steps that a method of `ScriptDirectory` plans to a revision.

    hooks: are told of the steps before the first one runs.
    """
    script = ScriptDirectory.from_config(config)
    start, target = _start_and_target(revision, is_range_allowed=sql)

    def plan(rev: Any, context: Any) -> Any:
        steps = getattr(script, planner)(target, rev)
        return steps if hooks is None else hooks.planned(steps, rev, context)

    _run_env(
        config,
        script,
        plan,
        as_sql=sql,
        starting_rev=start,
        destination_rev=target,
        tag=tag,
    )


def _start_and_target(
    revision: str, is_range_allowed: bool = False
) -> tuple[str | None, str]:
    """Return what "start:target" says; the start is None for a target alone.

    Raises CommandError for a range that is not allowed.
    """
    if ":" not in revision:
        return None, revision
    if not is_range_allowed:
        raise util.CommandError("Range revision not allowed")
    start, _, target = revision.partition(":")
    return start, target


def show(config: Config, rev: str) -> None:
    """Show the revision(s) denoted by the given symbol.

    config: a `Config`.
    rev: a revision, or "current" for what is applied to the database.
    Raises CommandError if it is not known.
    """
    script = ScriptDirectory.from_config(config)
    for each in _denoted(config, script, rev):
        config.print_stdout(each.log_entry)


def edit(config: Config, rev: str) -> None:
    """Edit revision script(s) using $EDITOR.

    config: a `Config`.
    rev: a revision, or "current" for what is applied to the database.
    Raises CommandError if there is none, or the editor fails.
    """
    script = ScriptDirectory.from_config(config)
    chosen = _denoted(config, script, rev)
    if not chosen:
        raise util.CommandError(
            "No current revisions"
            if rev == "current"
            else f"No revision files indicated by symbol '{rev}'"
        )
    for each in chosen:
        util.open_in_editor(each.path)


def _denoted(config: Config, script: ScriptDirectory, rev: str) -> tuple[Script, ...]:
    """Return the scripts that a symbol, or "current", stands for."""
    if rev != "current":
        return script.get_revisions(rev)
    applied: list[Script] = []

    def collect(heads: Any, context: MigrationContext) -> list[Any]:
        applied.extend(script.get_revisions(heads))
        return []

    _run_env(config, script, collect)
    return tuple(applied)


def history(
    config: Config,
    rev_range: str | None = None,
    verbose: bool = False,
    indicate_current: bool = False,
) -> None:
    """List changeset scripts in chronological order.

    config: a `Config`.
    rev_range: "start:end", each end may be missing, or be "current".
    verbose: print all that there is to say about each.
    indicate_current: mark what is applied to the database.
    Raises CommandError if `rev_range` has another form, or its ends are not known or
    not in one line.
    """

    def show(scripts: Iterator[Script]) -> None:
        for each in scripts:
            config.print_stdout(
                each.cmd_format(
                    verbose,
                    include_branches=True,
                    include_doc=True,
                    include_parents=True,
                )
            )

    _walk_range(config, rev_range, indicate_current, show)


def _walk_range(
    config: Config,
    rev_range: str | None,
    indicate_current: bool,
    show: Callable[[Iterator[Script]], None],
) -> None:
    """Call a function with the revisions of a range, the newest first.

    Parameters and errors as for `history`.
    """
    base, head = _history_range(rev_range)
    script = ScriptDirectory.from_config(config)
    needs_env = (
        indicate_current or "current" in (base, head) or _env_always_runs(config)
    )

    def scripts(applied: Any) -> Iterator[Script]:
        # Of "current:current" the newer end counts.
        newest = applied if head == "current" else head
        oldest = applied if base == "current" != head else base
        for each in script.walk_revisions(oldest or "base", newest or "heads"):
            if indicate_current:
                each._db_current_indicator = each.revision in applied
            yield each

    def show_scripts(applied: Any, context: MigrationContext | None) -> list[Any]:
        show(scripts(applied))
        return []

    if needs_env:
        _run_env(config, script, show_scripts)
    else:
        show_scripts((), None)


def _history_range(rev_range: str | None) -> tuple[str | None, str | None]:
    if rev_range is None:
        return None, None
    base, colon, head = rev_range.strip().partition(":")
    if not colon or ":" in head:
        raise util.CommandError(
            "History range requires [start]:[end], [start]:, or :[end]"
        )
    return base, head


def heads(
    config: Config, verbose: bool = False, resolve_dependencies: bool = False
) -> None:
    """Show current available heads in the script directory.

    config: a `Config`.
    verbose: print all that there is to say about each.
    resolve_dependencies: leave out heads that another revision depends on.
    """
    script = ScriptDirectory.from_config(config)
    for each in _chosen_heads(script, resolve_dependencies):
        config.print_stdout(
            each.cmd_format(verbose, include_branches=True, tree_indicators=False)
        )


def _chosen_heads(
    script: ScriptDirectory, resolve_dependencies: bool
) -> tuple[Script, ...]:
    """Return the heads, without those that another revision depends on if wanted."""
    return script.get_revisions("heads" if resolve_dependencies else script.get_heads())


def branches(config: Config, verbose: bool = False) -> None:
    """Show current branch points.

    config: a `Config`.
    verbose: print the messages of the revisions too.
    """
    script = ScriptDirectory.from_config(config)
    for each in script.walk_revisions():
        if not each.is_branch_point:
            continue
        margin = " " * len(str(each.revision))
        following = sorted(
            map(script.get_revision, each.nextrev), key=lambda child: child.path
        )
        lines = [
            f"{margin} -> "
            + child.cmd_format(False, include_branches=True, include_doc=verbose)
            for child in following
        ]
        config.print_stdout(
            "%s\n%s\n",
            each.cmd_format(verbose, include_branches=True),
            "\n".join(lines),
        )


def current(config: Config, check_heads: bool = False, verbose: bool = False) -> None:
    """Display the current revision for a database.

    config: a `Config`.
    check_heads: also require that all heads are applied.
    verbose: print all that there is to say about each, and the database's URL.
    Raises DatabaseNotAtHead if they are required, and are not.
    """

    def show(scripts: Iterator[Script], context: MigrationContext) -> None:
        if verbose:
            url = util.not_none(context.connection).engine.url
            config.print_stdout(
                "Current revision(s) for %s:",
                url.render_as_string(hide_password=True),
            )
        for each in scripts:
            config.print_stdout(each.cmd_format(verbose))

    _look_at_current(config, check_heads, show)


def _look_at_current(
    config: Config,
    check_heads: bool,
    show: Callable[[Iterator[Script], MigrationContext], None],
) -> None:
    """Call a function with what is applied to each database, in the order of ids.

    Going through what is applied raises DatabaseNotAtHead if all heads are required
    and are not there.
    """
    script = ScriptDirectory.from_config(config)

    def applied(rev: Any, context: MigrationContext) -> Iterator[Script]:
        if check_heads and set(context.get_current_heads()) != set(script.get_heads()):
            raise util.DatabaseNotAtHead("Database is not on all head revisions")
        yield from sorted(script.get_all_current(rev), key=lambda s: s.revision)

    def look(rev: Any, context: MigrationContext) -> list[Any]:
        show(applied(rev, context), context)
        return []

    _run_env(config, script, look, dont_mutate=True)


def stamp(
    config: Config,
    revision: _RevIdType,
    sql: bool = False,
    tag: str | None = None,
    purge: bool = False,
) -> None:
    """'stamp' the revision table with the given revision; don't
    run any migrations.

    config: a `Config`.
    revision: the target or targets; with `sql` also a range "start:end".
    sql: print the statements instead of running them.
    tag: anything, for `env.py`.
    purge: empty the version table first.
    Raises CommandError for a target that is not known, for ranges with different
    starts, and for `purge` with `sql`.
    """
    script = ScriptDirectory.from_config(config)
    start, targets = None, tuple(util.to_list(revision, []))
    if sql:
        start, targets = _split_ranges(targets)
    _run_env(
        config,
        script,
        lambda rev, context: script._stamp_revs(targets, rev),
        as_sql=sql,
        starting_rev=start,
        destination_rev=targets,
        tag=tag,
        purge=purge,
    )


def _split_ranges(targets: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """Return the start that all ranges share, and the end of each."""
    ends = []
    starts = set()
    for target in targets:
        start, colon, end = target.partition(":")
        if colon:
            starts.add(start)
        ends.append(end if colon else target)
    if len(starts) > 1:
        raise util.CommandError(
            "Stamp operation with --sql only supports a single starting revision at a "
            "time"
        )
    return next(iter(starts), None), tuple(ends)


def ensure_version(config: Config, sql: bool = False) -> None:
    """Create the alembic version table if it doesn't exist already .

    config: a `Config`.
    sql: print the statement instead of running it.
    """
    script = ScriptDirectory.from_config(config)

    def ensure(rev: Any, context: MigrationContext) -> list[Any]:
        context._ensure_version_table()
        context._note_step(lambda: rev)
        return []

    _run_env(config, script, ensure, as_sql=sql)
