# Written by tools/write_stubs.py from the class EnvironmentContext; do not edit.

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any
from typing import Literal
from typing import TextIO
from typing import overload

from sqlalchemy import Connection
from sqlalchemy import MetaData
from sqlalchemy.engine import URL
from sqlalchemy.sql import Executable

from .ddl.impl import DefaultImpl
from .operations._typing import IncludeNameFn
from .operations._typing import IncludeObjectFn
from .runtime._transactions import _ProxyTransaction
from .runtime.environment import CompareServerDefault
from .runtime.environment import CompareType
from .runtime.environment import OnVersionApplyFn
from .runtime.environment import ProcessRevisionDirectiveFn
from .runtime.environment import RenderItemFn
from .runtime.environment import _RevNumber
from .runtime.migration import MigrationContext
from .script.base import ScriptDirectory
from .util._config import Config

config: Config
script: ScriptDirectory

def begin_transaction() -> (
    _ProxyTransaction | AbstractContextManager[None, bool | None]
):
    """Return a context manager for the transaction around all migrations.

    See `MigrationContext.begin_transaction`.
    """

def configure(
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

def execute(
    sql: Executable | str, execution_options: dict[str, Any] | None = None
) -> None:
    """Execute a statement, or write it out in offline mode.

    sql: a construct or a text; execution_options: for `Connection.execute`.
    """

def get_bind() -> Connection:
    """Return the connection in use.

    In online mode, the one that `configure` was given.
    """

def get_context() -> MigrationContext:
    """Return the migration context.

    Raises Exception before `configure`.
    """

def get_head_revision() -> _RevNumber:
    """Return the id of the head of the script directory.

    Raises CommandError if there are several.
    """

def get_head_revisions() -> _RevNumber:
    """Return the ids of all heads of the script directory."""

def get_impl() -> DefaultImpl:
    """Return what knows the DDL of the database's dialect."""

def get_revision_argument() -> _RevNumber:
    """Return the target that the command was given; symbols as revision ids.

    Raises KeyError if the command has no target.
    """

def get_starting_revision_argument() -> _RevNumber:
    """Return where an offline run starts, as given (`start:end`).

    Before `configure` what the command was given, after it what `configure` was.
    Raises CommandError if the command has no such argument.
    """

def get_tag_argument() -> str | None:
    """Return what was given as `--tag`, None without it."""

@overload
def get_x_argument(as_dictionary: Literal[False]) -> list[str]:
    """Return what was given as `-x`, in order.

    as_dictionary: split each at its first "="; one without has the value "".
    """

@overload
def get_x_argument(as_dictionary: Literal[True]) -> dict[str, str]:
    """Return what was given as `-x`, in order.

    as_dictionary: split each at its first "="; one without has the value "".
    """

@overload
def get_x_argument(as_dictionary: bool = ...) -> list[str] | dict[str, str]:
    """Return what was given as `-x`, in order.

    as_dictionary: split each at its first "="; one without has the value "".
    """

def is_offline_mode() -> bool:
    """Return whether SQL is written out instead of executed (`--sql`)."""

def is_transactional_ddl() -> bool:
    """Return whether the database can roll DDL back; only after `configure`."""

def requires_connection() -> bool:
    """Return whether `configure` needs a connection: not in offline mode."""

def run_migrations(**kw: Any) -> None:
    """Run what the command has chosen, with the context made by `configure`.

    kw: passed to each `upgrade()` or `downgrade()` function.
    """

def static_output(text: str) -> None:
    """Write a text to the SQL script, in offline mode."""
