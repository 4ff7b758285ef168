"""Compare models with a database, and turn the differences into revision files."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect
from sqlalchemy.engine.default import DefaultDialect

from .. import _bootstrap, util
from ..ddl.impl import DefaultImpl
from ..operations import ops
from ..operations._typing import (
    IncludeNameFn,
    IncludeObjectFn,
    NameFilterParentNames,
    NameFilterType,
)
from ..runtime.plugins import Plugin
from . import compare, render
from ._complete import complete
from ._expressions import Expressions
from ._protocols import ProcessRevisionDirectiveFn, RenderItemFn
from ._sqlite_tables import SqliteTables
from .compare._inheritance import Inheritance
from .compare.util import Reflection

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect, Inspector, MetaData, Table
    from sqlalchemy.sql.schema import SchemaItem

    from ..operations._enum_values import NoteOp
    from ..operations.ops import DowngradeOps, MigrationScript, UpgradeOps
    from ..util.langhelpers import PriorityDispatcher
    from ..util.sqla_compat import _ConstraintName
    from ._protocols import CommandArgs, MigrationContext, ScriptDirectory
    from .compare._table_names import Place

log = logging.getLogger("alembic.autogenerate.api")

DEFAULT_PLUGINS = ["alembic.autogenerate.*"]


def compare_metadata(context: MigrationContext, metadata: MetaData) -> Any:
    """Return the differences between a database and a model as a list of tuples.

    context: a migration context with a connection to the database.
    metadata: the model.

    Each tuple begins with what would make the database like the model: "add_table",
    "remove_column", "add_index", "add_fk" and so on.  Changes of one column come as
    a list of tuples such as ("modify_nullable", schema, table, column, existing,
    old, new).  Raises CommandError for a context without a database (`as_sql`).
    """
    script = _compared(AutogenContext(context, metadata=metadata))
    return util.not_none(script.upgrade_ops).as_diffs()


def produce_migrations(
    context: MigrationContext, metadata: MetaData
) -> MigrationScript:
    """Return the directives that make a database like a model, and those for back.

    Parameters and errors are those of `compare_metadata`.
    """
    autogen_context = AutogenContext(context, metadata=metadata)
    script = _compared(autogen_context)
    complete(autogen_context, [script])
    return script


def _compared(autogen_context: AutogenContext) -> MigrationScript:
    """Return a script of the differences alone."""
    script = _new_script()
    compare._populate_migration_script(autogen_context, script)
    return script


def render_python_code(
    up_or_down_op: UpgradeOps | DowngradeOps,
    sqlalchemy_module_prefix: str = "sa.",
    alembic_module_prefix: str = "op.",
    render_as_batch: bool = False,
    imports: Sequence[str] = (),
    render_item: RenderItemFn | None = None,
    migration_context: MigrationContext | None = None,
    user_module_prefix: str | None = None,
) -> str:
    """Return directives as Python source, indented as a function's body.

    up_or_down_op: the directives.
    migration_context: gives the dialect whose types are rendered; a generic one
        without it.
    The other parameters mean what they mean for `EnvironmentContext.configure`.
    """
    opts = {
        "sqlalchemy_module_prefix": sqlalchemy_module_prefix,
        "alembic_module_prefix": alembic_module_prefix,
        "render_item": render_item,
        "render_as_batch": render_as_batch,
        "user_module_prefix": user_module_prefix,
    }
    autogen_context = AutogenContext(
        migration_context or _DetachedContext(), opts=opts, autogenerate=False
    )
    autogen_context.imports = set(imports)
    return render.indent(render._render_cmd_body(up_or_down_op, autogen_context))


def _render_migration_diffs(
    context: MigrationContext, template_args: dict[Any, Any]
) -> None:
    """Compare, and put the rendered differences among a template's arguments."""
    autogen_context = AutogenContext(context)
    script = _compared(autogen_context)
    complete(autogen_context, [script])
    render._render_python_into_templatevars(autogen_context, script, template_args)


def _new_script() -> MigrationScript:
    return ops.MigrationScript(
        rev_id=None, upgrade_ops=ops.UpgradeOps([]), downgrade_ops=ops.DowngradeOps([])
    )


class _DetachedContext:
    """A migration context of the generic dialect, without environment or database."""

    def __init__(self) -> None:
        self.opts: dict[str, Any] = {}
        self.as_sql = False
        self.dialect: Dialect = DefaultDialect()
        self.impl: DefaultImpl = DefaultImpl(
            self.dialect, None, False, None, None, self.opts
        )
        self.script: Any = None
        self.bind: Connection | None = None
        self.connection = None
        self.config = None
        self.version_table = "alembic_version"
        self.version_table_schema: str | None = None
        self._history_table = ""
        self._user_compare_type: Any = True
        self._user_compare_server_default: Any = False
        self._compare_type = self.impl.compare_type
        self._compare_server_default = self.impl.compare_server_default


class AutogenContext:
    """The state of one autogenerate run, given to comparators and renderers."""

    metadata: MetaData | Sequence[MetaData] | None = None
    """The model, or several."""

    connection: Connection | None = None
    """The connection to the database; None when only rendering."""

    dialect: Dialect
    """The dialect of the database."""

    imports: set[str] = None  # type: ignore[assignment]
    """Import statements that the rendered code needs; renderers add to it."""

    migration_context: MigrationContext
    """The migration context that the run belongs to."""

    comparators: PriorityDispatcher
    """The comparators that take part in this run."""

    def __init__(
        self,
        migration_context: MigrationContext,
        metadata: MetaData | Sequence[MetaData] | None = None,
        opts: dict[str, Any] | None = None,
        autogenerate: bool = True,
    ) -> None:
        """Set up a run.

        migration_context: a configured context.
        metadata: the model; that of the options (`target_metadata`) without it.
        opts: options of `EnvironmentContext.configure`; those of the context
            without it.
        autogenerate: whether it compares, not only renders.
        Raises CommandError if it compares and there is no model or no database.
        """
        if autogenerate and migration_context.as_sql:
            raise util.CommandError(
                "autogenerate can't use as_sql=True as it prevents querying "
                "the database for schema information"
            )
        if opts is None:
            opts = migration_context.opts
        if metadata is None:
            metadata = opts.get("target_metadata", None)
        if autogenerate and metadata is None and migration_context.script is not None:
            raise util.CommandError(
                "Can't proceed with --autogenerate option; environment "
                f"script {migration_context.script.env_py_location} does not provide "
                "a MetaData object or sequence of objects to the context."
            )

        _bootstrap.ensure_comparators()
        self.comparators = compare.comparators.branch()
        Plugin.populate_autogenerate_priority_dispatch(
            self.comparators, opts.get("autogenerate_plugins", DEFAULT_PLUGINS)
        )
        self.metadata = metadata
        self._name_filters: list[IncludeNameFn] = _given(opts, "include_name")
        self._object_filters: list[IncludeObjectFn] = _given(opts, "include_object")
        self.migration_context = migration_context
        self.connection = migration_context.bind
        self.dialect = migration_context.dialect
        self.imports = set()
        # Why types that were rendered have no name in a file, by their classes.
        self._not_named: dict[str, str] = {}
        # Comments for the next revision, about what is no difference.
        self._notes: list[NoteOp] = []
        self.opts: dict[str, Any] = opts
        self._has_batch: bool = False
        self._reflections: dict[Inspector, Reflection] = {}
        self._found_elsewhere: Mapping[str, Place] = {}

    @util.memoized_property
    def _expressions(self) -> Expressions:
        """What answers questions about the expressions of this run."""
        return Expressions(self)

    def _reflection_by(self, inspector: Inspector) -> Reflection:
        """Return what was read through an inspector in this run."""
        if inspector not in self._reflections:
            self._reflections[inspector] = Reflection(inspector, self._found_elsewhere)
        return self._reflections[inspector]

    @util.memoized_property
    def _sqlite(self) -> SqliteTables:
        """The tables of SQLite's databases, read when needed."""
        assert self.connection is not None
        return SqliteTables(self.connection)

    @util.memoized_property
    def _inheritance(self) -> Inheritance:
        """Which tables are partitions, or inherit from others; read when needed."""
        return Inheritance(self)

    @util.memoized_property
    def inspector(self) -> Inspector:
        """An inspector on the connection, one for the whole run.

        Raises TypeError if there is no connection.
        """
        if self.connection is None:
            raise TypeError(
                "can't return inspector as this AutogenContext has no "
                "database connection"
            )
        return inspect(self.connection)

    @contextlib.contextmanager
    def _within_batch(self) -> Iterator[None]:
        """Render directives as methods of a batch, for the length of a block."""
        self._has_batch = True
        try:
            yield
        finally:
            self._has_batch = False

    def run_name_filters(
        self,
        name: str | None,
        type_: NameFilterType,
        parent_names: NameFilterParentNames,
    ) -> bool:
        """Return whether a name found in the database takes part.

        name: the name; None is the default schema, or an unnamed constraint.
        type_: "schema", "table", "column", "index", "unique_constraint",
            "foreign_key_constraint", "check_constraint", or a kind of an extension.
        parent_names: the names "schema_name" and "table_name" of what it is in;
            "schema_qualified_table_name" is added.
        """
        if "schema_name" in parent_names:
            table_name = name if type_ == "table" else parent_names.get("table_name")
            if table_name:
                schema_name = parent_names["schema_name"]
                parent_names["schema_qualified_table_name"] = (
                    f"{schema_name}.{table_name}" if schema_name else table_name
                )
        return all(keep(name, type_, parent_names) for keep in self._name_filters)

    def run_object_filters(
        self,
        object_: SchemaItem,
        name: _ConstraintName,
        type_: NameFilterType,
        reflected: bool,
        compare_to: SchemaItem | None,
    ) -> bool:
        """Return whether an object takes part.

        object_: a table, column, index or constraint, or a thing of an extension.
        name, type_: its name and kind, as in `run_name_filters`.
        reflected: whether it is from the database, not from the model.
        compare_to: its counterpart on the other side, if there is one.
        """
        shown: Any = name  # also the mark of a constraint that waits for its name
        return all(
            keep(object_, shown, type_, reflected, compare_to)
            for keep in self._object_filters
        )

    run_filters = run_object_filters

    @util.memoized_property
    def sorted_tables(self) -> list[Table]:
        """All tables of the model, those referred to before those that refer.

        Several models follow each other in their order.
        """
        return [
            table
            for metadata in util.to_list(self.metadata)
            for table in metadata.sorted_tables
        ]

    @util.memoized_property
    def table_key_to_table(self) -> dict[str, Table]:
        """All tables of the model by their keys ("name" or "schema.name").

        Raises ValueError if two models have a table with the same key.
        """
        by_key: dict[str, Table] = {}
        for metadata in util.to_list(self.metadata):
            twice = by_key.keys() & metadata.tables.keys()
            if twice:
                keys = ", ".join(f'"{key}"' for key in sorted(twice))
                raise ValueError(
                    f"Duplicate table keys across multiple MetaData objects: {keys}"
                )
            by_key.update(metadata.tables)
        return by_key


def _given(opts: dict[str, Any], name: str) -> list[Any]:
    value = opts.get(name)
    return [] if value is None else [value]


def _warn_of_empty_models(migration_context: MigrationContext) -> None:
    """Say that there is nothing to compare with, as when models are not imported."""
    models = util.to_list(migration_context.opts.get("target_metadata"))
    if models and not any(model.tables for model in models):
        log.warning(
            "target_metadata has no tables: are the modules that define the models "
            "imported by env.py?"
        )


def _mark_for_rendering(script: Any) -> None:
    # A script that no environment has worked on keeps the template's empty functions.
    script._needs_render = True


def _is_rendered(script: MigrationScript) -> bool:
    return getattr(script, "_needs_render", False)


class RevisionContext:
    """Make the scripts of one `alembic revision` command.

    An environment reports to it once for each database that it goes through.
    """

    generated_revisions: list[MigrationScript]
    """The scripts that will be written; hooks may replace and add some."""

    only_compares = False
    """Whether nothing will be written, so that the differences are enough."""

    process_revision_directives: ProcessRevisionDirectiveFn | None
    """A hook of the command's caller, run before that of the environment."""

    def __init__(
        self,
        config: Any,
        script_directory: ScriptDirectory,
        command_args: CommandArgs,
        process_revision_directives: ProcessRevisionDirectiveFn | None = None,
    ) -> None:
        """Begin a command.

        config: the configuration, passed to the template.
        script_directory: where the scripts are written.
        command_args: the command's arguments by name: message, autogenerate, sql,
            head, splice, branch_label, version_path, rev_id, depends_on.
        process_revision_directives: a hook, see there.
        """
        self.config = config
        self.script_directory = script_directory
        self.command_args = command_args
        self.process_revision_directives = process_revision_directives
        self.template_args: dict[str, Any] = {"config": config}
        self.generated_revisions = [self._first_script()]
        self._last_autogen_context: AutogenContext | None = None

    def _first_script(self) -> MigrationScript:
        args = self.command_args
        return ops.MigrationScript(
            rev_id=args["rev_id"] or util.rev_id(),
            message=args["message"],
            upgrade_ops=ops.UpgradeOps([]),
            downgrade_ops=ops.DowngradeOps([]),
            head=args["head"],
            splice=args["splice"],
            branch_label=args["branch_label"],
            version_path=args["version_path"],
            depends_on=args["depends_on"],
        )

    def run_autogenerate(self, rev: Any, migration_context: MigrationContext) -> None:
        """Compare one database, and add the differences to the script.

        rev: the revisions that the database is at.
        Raises CommandError if that is not the head, or there is no model.
        """
        if self.command_args["sql"]:
            raise util.CommandError(
                "Using --sql with --autogenerate does not make any sense"
            )
        find = self.script_directory.get_revisions
        at, newest = set(find(rev)), set(find("heads"))
        if at != newest:
            ids = [sorted(each.revision for each in found) for found in (at, newest)]
            raise util.exc.NotUpToDate("Target database is not up to date.", *ids)
        _warn_of_empty_models(migration_context)
        self._run_environment(rev, migration_context, autogenerate=True)

    def run_no_autogenerate(
        self, rev: Any, migration_context: MigrationContext
    ) -> None:
        """Add an empty part for one database to the script; run the hooks."""
        self._run_environment(rev, migration_context, autogenerate=False)

    def _run_environment(
        self, rev: Any, migration_context: MigrationContext, autogenerate: bool
    ) -> None:
        opts = migration_context.opts
        script = self.generated_revisions[-1]
        self._begin_part(script, opts["upgrade_token"], opts["downgrade_token"])
        autogen_context = AutogenContext(migration_context, autogenerate=autogenerate)
        self._last_autogen_context = autogen_context
        if autogenerate:
            compare._populate_migration_script(autogen_context, script)

        hooks = self.process_revision_directives, opts["process_revision_directives"]
        for hook in hooks:
            if hook:
                hook(migration_context, rev, self.generated_revisions)
        if autogenerate and not self.only_compares:
            complete(autogen_context, self.generated_revisions)
        for each in self.generated_revisions:
            _mark_for_rendering(each)

    @staticmethod
    def _begin_part(
        script: MigrationScript, upgrade_token: str, downgrade_token: str
    ) -> None:
        """Make the last lists of a script those of the next database."""
        if _is_rendered(script):
            script._upgrade_ops.append(ops.UpgradeOps([], upgrade_token=upgrade_token))
            script._downgrade_ops.append(
                ops.DowngradeOps([], downgrade_token=downgrade_token)
            )
        else:
            script.upgrade_ops_list[-1].upgrade_token = upgrade_token
            script.downgrade_ops_list[-1].downgrade_token = downgrade_token
            _mark_for_rendering(script)

    def generate_scripts(self) -> Iterator[Any]:
        """Write the scripts, one at a time, and yield what each became."""
        for script in self.generated_revisions:
            yield self._write(script)

    def _write(self, script: MigrationScript) -> Any:
        template_args = dict(self.template_args)
        if _is_rendered(script):
            autogen_context = util.not_none(self._last_autogen_context)
            autogen_context.imports = set(script.imports or ())
            render._render_python_into_templatevars(
                autogen_context, script, template_args
            )
        return self.script_directory.generate_revision(
            util.not_none(script.rev_id),
            script.message,
            refresh=True,
            head=script.head,
            splice=script.splice,
            branch_labels=script.branch_label,
            version_path=script.version_path,
            depends_on=script.depends_on,
            **template_args,
        )
