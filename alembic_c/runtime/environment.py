"""The environment context: what `env.py` sees of the command that runs it."""

from __future__ import annotations

from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import AbstractContextManager
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    Optional,
    TextIO,
    TypeAlias,
    Union,
    overload,
)

from sqlalchemy import Column, FetchedValue

from .. import util
from ..operations._typing import IncludeNameFn as IncludeNameFn
from ..operations._typing import IncludeObjectFn as IncludeObjectFn
from ..operations._typing import NameFilterParentNames as NameFilterParentNames
from ..operations._typing import NameFilterType as NameFilterType
from ..operations.base import Operations
from ..util._proxy import ModuleClsProxy
from ._foreign import Beginnings, ForeignTransaction, lost_error
from ._transactions import _ProxyTransaction
from .migration import MigrationContext

if TYPE_CHECKING:
    from types import TracebackType

    from sqlalchemy import Connection, MetaData
    from sqlalchemy.engine import URL
    from sqlalchemy.sql import Executable
    from sqlalchemy.types import TypeEngine

    from ..autogenerate.api import AutogenContext
    from ..ddl.impl import DefaultImpl
    from ..operations.ops import MigrationScript
    from ..script.base import ScriptDirectory
    from ..util._config import Config
    from ._steps import MigrationInfo

# Typing's spellings below work at run time in Python 3.10, with names that only a type
# checker can see.
_RevNumber: TypeAlias = Optional[Union[str, tuple[str, ...]]]  # noqa: UP007, UP045
_GetRevArg: TypeAlias = Union[  # noqa: UP007
    str,
    Iterable[Optional[str]],  # noqa: UP045
    Iterable[str],
]

ProcessRevisionDirectiveFn: TypeAlias = Callable[
    [MigrationContext, _GetRevArg, list["MigrationScript"]], None
]
"""Edits the operations of new revision files before they are written.

Called with context, revision, directives; see `EnvironmentContext.configure`.
"""

RenderItemFn: TypeAlias = Callable[
    [str, Any, "AutogenContext"],
    Union[str, Literal[False]],  # noqa: UP007
]
"""Renders an object as Python source; False leaves it to the default.

Called with type_, object, autogen_context; see `EnvironmentContext.configure`.
"""

OnVersionApplyFn: TypeAlias = Callable[
    [MigrationContext, "MigrationInfo", Collection[Any], Mapping[str, Any]], None
]
"""Is told about each step that has been made.

Called with ctx, step, heads, run_args by name; see `EnvironmentContext.configure`.
"""

CompareServerDefault: TypeAlias = Callable[
    [
        MigrationContext,
        Column[Any],
        Column[Any],
        Optional[str],  # noqa: UP045
        Optional[FetchedValue],  # noqa: UP045
        Optional[str],  # noqa: UP045
    ],
    Optional[bool],  # noqa: UP045
]
"""Says whether two defaults differ; None leaves it to the default comparison.

Called with context, inspected_column, metadata_column, inspected_default,
metadata_default, rendered_metadata_default; see `EnvironmentContext.configure`.
"""

CompareType: TypeAlias = Callable[
    [
        MigrationContext,
        Column[Any],
        Column[Any],
        "TypeEngine[Any]",
        "TypeEngine[Any]",
    ],
    Optional[bool],  # noqa: UP045
]
"""Says whether two types differ; None leaves it to the default comparison.

Called with context, inspected_column, metadata_column, inspected_type, metadata_type;
see `EnvironmentContext.configure`.
"""


class EnvironmentContext(ModuleClsProxy):
    """What a command puts in use while `env.py` runs, as the module `alembic.context`.

    Programs can use it directly::

        with EnvironmentContext(config, script, fn=my_function):
            script.run_env()

    where `my_function(heads, context)` returns the steps to run.

    config: the configuration; script: the script directory.
    kw: options for the migration context; what `configure` is given wins.
    """

    _migration_context: MigrationContext | None = None
    # One for each database that env.py goes through.
    _configured: tuple[MigrationContext, ...] = ()
    # With a command of the command line: the transactions that env.py begins.
    _beginnings: Beginnings | None = None
    _foreign: list[tuple[MigrationContext, ForeignTransaction]] | None = None

    config: Config = None  # type: ignore[assignment]
    """The configuration that the command was given."""

    script: ScriptDirectory = None  # type: ignore[assignment]
    """The script directory that the command works on."""

    def __init__(self, config: Config, script: ScriptDirectory, **kw: Any) -> None:
        self.config = config
        self.script = script
        self.context_opts = kw

    def __enter__(self) -> EnvironmentContext:
        """Put this environment in use in the running thread or task."""
        self._install_proxy()
        if getattr(self.config, "_is_command_line", False) is True:
            self._foreign = []
            self._beginnings = Beginnings()
            self._beginnings.start()
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None = None,
        value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._remove_proxy()
        for context in self._configured:
            context._end_sessions()
        if self._beginnings is not None:
            self._beginnings.stop()
        for _, transaction in self._foreign or ():
            transaction.release()
        if type_ is None:
            self._require_storing()

    def _require_storing(self) -> None:
        """Raise CommandError if steps were lost with the transaction around them."""
        for context, transaction in self._foreign or ():
            if transaction.is_lost(context._version_ids()):
                raise lost_error(transaction, context, self._beginnings)

    # --- what the command was asked for ---------------------------------------------

    def is_offline_mode(self) -> bool:
        """Return whether SQL is written out instead of executed (`--sql`)."""
        offline: bool = self.context_opts.get("as_sql", False)
        return offline

    def is_transactional_ddl(self) -> bool:
        """Return whether the database can roll DDL back; only after `configure`."""
        return self.get_context().impl.transactional_ddl

    def requires_connection(self) -> bool:
        """Return whether `configure` needs a connection: not in offline mode."""
        return not self.is_offline_mode()

    def get_head_revision(self) -> _RevNumber:
        """Return the id of the head of the script directory.

        Raises CommandError if there are several.
        """
        return self.script.as_revision_number("head")

    def get_head_revisions(self) -> _RevNumber:
        """Return the ids of all heads of the script directory."""
        return self.script.as_revision_number("heads")

    def get_starting_revision_argument(self) -> _RevNumber:
        """Return where an offline run starts, as given (`start:end`).

        Before `configure` what the command was given, after it what `configure` was.
        Raises CommandError if the command has no such argument.
        """
        if self._migration_context is not None:
            return self.script.as_revision_number(
                self._migration_context._start_from_rev
            )
        if "starting_rev" not in self.context_opts:
            raise util.CommandError("No starting revision argument is available.")
        return self.script.as_revision_number(self.context_opts["starting_rev"])

    def get_revision_argument(self) -> _RevNumber:
        """Return the target that the command was given; symbols as revision ids.

        Raises KeyError if the command has no target.
        """
        return self.script.as_revision_number(self.context_opts["destination_rev"])

    def get_tag_argument(self) -> str | None:
        """Return what was given as `--tag`, None without it."""
        return self.context_opts.get("tag")

    @overload
    def get_x_argument(self, as_dictionary: Literal[False]) -> list[str]: ...

    @overload
    def get_x_argument(self, as_dictionary: Literal[True]) -> dict[str, str]: ...

    @overload
    def get_x_argument(
        self, as_dictionary: bool = ...
    ) -> list[str] | dict[str, str]: ...

    def get_x_argument(self, as_dictionary: bool = False) -> list[str] | dict[str, str]:
        """Return what was given as `-x`, in order.

        as_dictionary: split each at its first "="; one without has the value "".
        """
        options = self.config.cmd_opts
        given: list[str] = (getattr(options, "x", None) if options else None) or []
        if not as_dictionary:
            return given
        pairs = (argument.partition("=") for argument in given)
        return {name: value for name, _, value in pairs}

    # --- the migration context ------------------------------------------------------

    def configure(
        self,
        connection: Connection | None = None,
        url: str | URL | None = None,
        dialect_name: str | None = None,
        dialect_opts: dict[str, Any] | None = None,
        transactional_ddl: bool | None = None,
        transaction_per_migration: bool = False,
        output_buffer: TextIO | None = None,
        starting_rev: str | None = None,
        tag: str | None = None,
        template_args: dict[str, Any] | None = None,
        render_as_batch: bool = False,
        target_metadata: MetaData | Sequence[MetaData] | None = None,
        include_name: IncludeNameFn | None = None,
        include_object: IncludeObjectFn | None = None,
        include_schemas: bool = False,
        process_revision_directives: ProcessRevisionDirectiveFn | None = None,
        compare_type: bool | CompareType = True,
        compare_server_default: bool | CompareServerDefault = False,
        render_item: RenderItemFn | None = None,
        literal_binds: bool = False,
        upgrade_token: str = "upgrades",
        downgrade_token: str = "downgrades",
        alembic_module_prefix: str = "op.",
        sqlalchemy_module_prefix: str = "sa.",
        user_module_prefix: str | None = None,
        on_version_apply: OnVersionApplyFn | None = None,
        autogenerate_plugins: Sequence[str] | None = None,
        **kw: Any,
    ) -> None:
        """Make the migration context; `env.py` calls it before `run_migrations`.

        One of the first three says which database it is:

        connection: an open connection (online mode); url: a URL; dialect_name: such as
            "postgresql". The last two only tell the dialect (offline mode).
        dialect_opts: parameters for that dialect.

        Running:

        transactional_ddl: whether the database can roll DDL back, if the dialect's own
            answer is wrong.
        transaction_per_migration: one transaction for each migration instead of one
            around all.
        output_buffer: the stream for SQL in offline mode, standard output if None.
        output_encoding: (in `kw`) the encoding for a stream of bytes.
        starting_rev: where an offline run starts.
        tag: what `get_tag_argument` gives.
        literal_binds: write values into the SQL in offline mode.
        on_version_apply: a function, or a sequence of them, called after each step, in
            its transaction, by the names `(*, ctx, step, heads, run_args, **kw)`:
            ctx: the `MigrationContext`; step: a `MigrationInfo` (is_upgrade, is_stamp,
            up_revision_ids, down_revision_ids ...); heads: the set of revision ids
            that the version table holds after the step; run_args: the dictionary that
            `run_migrations` was given. Take `**kw` for what later levels may add.
        version_table, version_table_schema, version_table_pk: (in `kw`) name and schema
            of the version table, and whether it gets a primary key (default True).

        Comparing models with the database:

        target_metadata: the models' MetaData, or several.
        compare_type: whether types are compared, or a function `(context,
            inspected_column, metadata_column, inspected_type, metadata_type)` that
            returns True if the types differ, False if not, None to have them compared
            as without it. context is the `MigrationContext`; "inspected" is what the
            database has, "metadata" what the model wants.
        compare_server_default: the same for defaults, off unless asked for; the
            function is `(context, inspected_column, metadata_column, inspected_default,
            metadata_default, rendered_metadata_default)`: the database's default as
            text, the model's `server_default` object, and that as SQL text; each is
            None where there is no default.
        include_schemas: look at all schemas, not only the default one.
        include_name: a function `(name, type_, parent_names)` that returns whether what
            the database has of this name is looked at; it is asked before anything is
            read of it. name: None for the default schema, and for constraints without
            a name. type_: "schema", "table", "column", "index", "unique_constraint",
            "foreign_key_constraint" or "check_constraint". parent_names: a dictionary
            with "schema_name" (None for the default schema), and for what is in a table
            "table_name"; "schema_qualified_table_name" joins both with a dot. Empty for
            schemas.
        include_object: a function `(object, name, type_, reflected, compare_to)` that
            returns whether a Table, Column, Index or constraint takes part. type_: as
            above, without "schema". reflected: True for an object of the database,
            False for one of the model. compare_to: its counterpart on the other side,
            None if it has none. It is asked about what differs.
        autogenerate_plugins: names of the plugins that compare, `~` before one leaves
            it out.

        Writing revision files:

        template_args: variables for `script.py.mako`.
        process_revision_directives: a function `(context, revision, directives)` that
            edits what is about to be written. context: the `MigrationContext`;
            revision: the ids of the revisions that the database is at, or that the
            command starts from; directives: a list with one `MigrationScript`, whose
            `upgrade_ops` and `downgrade_ops` hold the operations. The list is changed
            in place: emptied, no file is written; with more scripts, more files. What
            the function returns is ignored. A `Rewriter` is such a function.
        render_as_batch: write operations on tables as batches, as SQLite needs.
        render_item: a function `(type_, object, autogen_context)` that returns the
            source of an object, or False to have it rendered as without it. type_:
            "type", "column", "server_default", "primary_key", "foreign_key", "unique",
            "check" or "exclude". Lines added to the set `autogen_context.imports` are
            written at the head of the file.
        upgrade_token, downgrade_token: names of the template's variables for the body
            of each function.
        alembic_module_prefix, sqlalchemy_module_prefix, user_module_prefix: what stands
            before names from these packages; the last is for types of other modules
            (None: their module's name).

        kw: further options, for the migration context and for other parts.
        """
        if output_buffer is None:
            output_buffer = self.config.output_buffer
        options = self.context_opts
        options.update(
            transaction_per_migration=transaction_per_migration,
            target_metadata=target_metadata,
            include_name=include_name,
            include_object=include_object,
            include_schemas=include_schemas,
            render_as_batch=render_as_batch,
            upgrade_token=upgrade_token,
            downgrade_token=downgrade_token,
            sqlalchemy_module_prefix=sqlalchemy_module_prefix,
            alembic_module_prefix=alembic_module_prefix,
            user_module_prefix=user_module_prefix,
            literal_binds=literal_binds,
            process_revision_directives=process_revision_directives,
            on_version_apply=util.to_tuple(on_version_apply, default=()),
            compare_type=compare_type,
            compare_server_default=compare_server_default,
            script=self.script,
        )
        # What is not given here stays what the command has asked for.
        _update_given(
            options,
            transactional_ddl=transactional_ddl,
            output_buffer=output_buffer,
            starting_rev=starting_rev or None,
            tag=tag or None,
            render_item=render_item,
            autogenerate_plugins=autogenerate_plugins,
        )
        if template_args and "template_args" in options:
            options["template_args"].update(template_args)
        options.update(kw)
        self._migration_context = MigrationContext.configure(
            connection=connection,
            url=url,
            dialect_name=dialect_name,
            environment_context=self,
            dialect_opts=dialect_opts,
            opts=options,
        )
        self._configured += (self._migration_context,)

    def run_migrations(self, **kw: Any) -> None:
        """Run what the command has chosen, with the context made by `configure`.

        kw: passed to each `upgrade()` or `downgrade()` function.
        """
        assert self._migration_context is not None, "context.configure() comes first"
        with Operations.context(self._migration_context):
            self.get_context().run_migrations(**kw)

    def execute(
        self,
        sql: Executable | str,
        execution_options: dict[str, Any] | None = None,
    ) -> None:
        """Execute a statement, or write it out in offline mode.

        sql: a construct or a text; execution_options: for `Connection.execute`.
        """
        self.get_context().execute(sql, execution_options=execution_options)

    def static_output(self, text: str) -> None:
        """Write a text to the SQL script, in offline mode."""
        self.get_context().impl.static_output(text)

    def begin_transaction(
        self,
    ) -> _ProxyTransaction | AbstractContextManager[None, bool | None]:
        """Return a context manager for the transaction around all migrations.

        See `MigrationContext.begin_transaction`.
        """
        return self.get_context().begin_transaction()

    def get_context(self) -> MigrationContext:
        """Return the migration context.

        Raises Exception before `configure`.
        """
        if self._migration_context is None:
            raise Exception("No context has been configured yet.")
        return self._migration_context

    def get_bind(self) -> Connection:
        """Return the connection in use.

        In online mode, the one that `configure` was given.
        """
        return self.get_context().bind  # type: ignore[return-value]

    def get_impl(self) -> DefaultImpl:
        """Return what knows the DDL of the database's dialect."""
        return self.get_context().impl


def _update_given(options: dict[str, Any], **given: Any) -> None:
    options.update((name, value) for name, value in given.items() if value is not None)
