# Written by tools/write_stubs.py from the class Operations; do not edit.

from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any
from typing import Literal
from typing import overload

from sqlalchemy import Connection
from sqlalchemy import Table
from sqlalchemy.schema import Column
from sqlalchemy.schema import SchemaItem
from sqlalchemy.sql import Executable
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.sql.elements import conv
from sqlalchemy.sql.expression import TableClause
from sqlalchemy.types import TypeEngine

from .operations import ops
from .operations._typing import ServerDefault
from .operations.base import BatchOperations
from .operations.base import Operations
from .operations.base import _C
from .operations.base import _T
from .runtime.migration import MigrationContext
from .util.sqla_compat import _literal_bindparam

def add_column(
    table_name: str,
    column: Column[Any],
    *,
    schema: str | None = None,
    if_not_exists: bool | None = None,
    inline_references: bool | None = None,
    inline_primary_key: bool | None = None,
) -> None:
    """Add a column to a table::

        op.add_column("account", Column("owner_id", ForeignKey("person.id")))

    Its constraints and indexes are added by statements of their own.  In a table
    that has rows a column that is NOT NULL needs a `server_default`.

    table_name, schema: the table.
    column: the column; it is copied if it belongs to a table.
    if_not_exists: add IF NOT EXISTS, for databases that have it.
    inline_references: write REFERENCES into the column's definition, if there is
        exactly one foreign key; some databases can add it that way only.
    inline_primary_key: write PRIMARY KEY into the column's definition.
    """

def alter_column(
    table_name: str,
    column_name: str,
    *,
    nullable: bool | None = None,
    comment: str | Literal[False] | None = False,
    server_default: ServerDefault = False,
    new_column_name: str | None = None,
    type_: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
    existing_type: TypeEngine[Any] | type[TypeEngine[Any]] | None = None,
    existing_server_default: ServerDefault = False,
    existing_nullable: bool | None = None,
    existing_comment: str | None = None,
    schema: str | None = None,
    **kw: Any,
) -> None:
    """Change a column of a table.

    What is not given stays as it is.  MySQL and SQL Server write the column's
    definition anew, so there state what the column is now as well, with the
    `existing_` arguments.

    table_name, schema: the table.
    column_name: the column's name.
    nullable: whether NULL is allowed from now on.
    comment: the new comment, None for none.
    server_default: the new default, None for none: text, or `text()`, `Computed`,
        `Identity` or another SQL expression.
    new_column_name: the new name.
    type_: the new type; constraints that types such as Boolean and Enum bring are
        dropped and added with it.
    existing_type: the type before; its constraints are dropped.
    existing_server_default: the default before, None for none.
    existing_nullable: whether NULL was allowed before.
    existing_comment: the comment before.
    kw: options of dialects: `autoincrement` and `existing_autoincrement` of MySQL,
        `postgresql_using`, `mssql_drop_default`, `mssql_drop_check`,
        `mssql_drop_foreign_key`.
    """

@contextmanager
def batch_alter_table(
    table_name: str,
    schema: str | None = None,
    recreate: Literal["auto", "always", "never"] = "auto",
    partial_reordering: list[tuple[str, ...]] | None = None,
    copy_from: Table | None = None,
    table_args: tuple[Any, ...] = ...,
    table_kwargs: Mapping[str, Any] = ...,
    reflect_args: tuple[Any, ...] = ...,
    reflect_kwargs: Mapping[str, Any] = ...,
    naming_convention: dict[str, str] | None = None,
) -> Iterator[BatchOperations]:
    """Collect changes to one table in a `with` block and make them at its end.

    Where a database cannot alter the table that way, as SQLite mostly cannot, a
    new table is made, the rows are copied to it, and it takes the place of the
    old one ("move and copy")::

        with op.batch_alter_table("account") as batch_op:
            batch_op.add_column(Column("last_seen", DateTime))
            batch_op.drop_column("visits")

    The directives of `batch_op` are those of `op` without table and schema.

    table_name: the table to change.
    schema: its schema, None for the default one.
    recreate: "auto" makes a new table if the dialect cannot do without;
        "always" and "never" do as they say.
    partial_reordering: groups of names of columns; the new table has the columns
        of a group in this order.
    copy_from: the table as it is now, in place of reading it from the database;
        needed with `--sql`.
    table_args: constraints and indexes that the new table has in addition.
    table_kwargs: keywords for the new `Table`.
    reflect_args: columns and constraints that replace what is read from the
        database, e.g. `Column("flag", Boolean(create_constraint=False))`.
    reflect_kwargs: keywords for the `Table` that is read, e.g. `listeners`.
    naming_convention: gives names to constraints that have none in the database,
        so that they can be dropped.

    Raises ValueError for any other `recreate`, and CommandError if a new table is
    needed with `--sql` and there is no `copy_from`.
    """

def bulk_insert(
    table: Table | TableClause, rows: list[dict[str, Any]], *, multiinsert: bool = True
) -> None:
    """Insert rows into a table::

        color = table("color", column("code", String), column("title", Text))
        op.bulk_insert(color, [{"code": "0000ff", "title": "blue"}])

    table: what `op.create_table` returned, or `table()` with the columns.
    rows: one dictionary for each row, all with the same keys.
    multiinsert: False makes a statement for each row; needed where values are
        `op.inline_literal()` and a connection is used.
    Raises TypeError if `rows` is not a list of dictionaries.
    """

@contextmanager
def context(migration_context: MigrationContext) -> Iterator[Operations]:
    """Make `op` work on a migration context inside a `with` block."""

def create_check_constraint(
    constraint_name: str | None,
    table_name: str,
    condition: str | ColumnElement[bool] | TextClause,
    *,
    schema: str | None = None,
    **kw: Any,
) -> None:
    """Require that a condition holds for every row of a table::

        condition = func.length(column("name")) > 5
        op.create_check_constraint("ck_name", "account", condition)

    constraint_name: the constraint's name; None leaves it to the naming
        convention, if there is one, or to the database.
    table_name, schema: the table.
    condition: SQL text, or an expression over `column()` objects.
    kw: keywords of SQLAlchemy's `CheckConstraint`: `deferrable`, `initially` and
        those of dialects, such as `postgresql_not_valid`.
    """

def create_exclude_constraint(
    constraint_name: str, table_name: str, *elements: Any, **kw: Any
) -> Table | None:
    """Add an exclusion constraint to a table; on PostgreSQL only::

        op.create_exclude_constraint(
            "no_overlap", "booking", ("period", "&&"), where=text("not cancelled")
        )

    constraint_name: the constraint's name.
    table_name: the table.
    elements: pairs of a column's name or an expression, and an operator.
    kw: `where`: the condition for rows that are looked at; `schema`: the table's;
        and keywords of SQLAlchemy's `ExcludeConstraint`: `using`, `ops`,
        `deferrable`, `initially`.
    """

def create_foreign_key(
    constraint_name: str | None,
    source_table: str,
    referent_table: str,
    local_cols: list[str],
    remote_cols: list[str],
    *,
    onupdate: str | None = None,
    ondelete: str | None = None,
    deferrable: bool | None = None,
    initially: str | None = None,
    match: str | None = None,
    source_schema: str | None = None,
    referent_schema: str | None = None,
    **dialect_kw: Any,
) -> None:
    """Make columns of a table refer to rows of a table.

    constraint_name: the constraint's name; None leaves it to the naming
        convention, if there is one, or to the database.
    source_table, source_schema: the table that refers.
    referent_table, referent_schema: the table referred to, perhaps the same.
    local_cols: names of columns of the source table.
    remote_cols: names of as many columns of the referent table.
    onupdate, ondelete: "CASCADE", "SET NULL", ... for ON UPDATE and ON DELETE.
    deferrable: whether the check may be put off to the end of the transaction.
    initially: "DEFERRED" or "IMMEDIATE".
    match: "FULL", "PARTIAL" or "SIMPLE".
    dialect_kw: keywords of dialects, such as `postgresql_not_valid`.
    """

def create_index(
    index_name: str | None,
    table_name: str,
    columns: Sequence[str | TextClause | ColumnElement[Any]],
    *,
    schema: str | None = None,
    unique: bool = False,
    if_not_exists: bool | None = None,
    **kw: Any,
) -> None:
    """Create an index on a table::

        op.create_index("ix_name", "account", [text("lower(name)")])

    index_name: the index's name; None leaves it to the naming convention.
    table_name, schema: the table.
    columns: names of columns, `text()` or other SQL expressions.
    unique: whether no two rows may be equal in them.
    if_not_exists: add IF NOT EXISTS, for databases that have it.
    kw: keywords of SQLAlchemy's `Index`: `quote` and those of dialects, such as
        `postgresql_where` and `mysql_length`.
    Raises ValueError if a column is neither a name nor a SQL expression.
    """

def create_primary_key(
    constraint_name: str | None,
    table_name: str,
    columns: list[str],
    *,
    schema: str | None = None,
) -> None:
    """Make columns of a table its primary key.

    The columns are made NOT NULL by databases that require it, not by this.

    constraint_name: the constraint's name; None leaves it to the naming
        convention, if there is one, or to the database.
    table_name, schema: the table.
    columns: the names of its columns.
    """

def create_table(
    table_name: str, *columns: SchemaItem, if_not_exists: bool | None = None, **kw: Any
) -> Table:
    """Create a table, with the indexes that it has, and return it::

        color = op.create_table(
            "color",
            Column("code", String(6), primary_key=True),
            Column("title", Text, unique=True),
        )
        op.bulk_insert(color, [{"code": "ff0000", "title": "red"}])

    table_name: the table's name.
    columns: columns, constraints and indexes; others' are copied.
    if_not_exists: add IF NOT EXISTS, for databases that have it.
    kw: keywords of SQLAlchemy's `Table`: `schema`, `comment`, `info`, `prefixes`
        and those of dialects, such as `mysql_engine`.
    Raises TypeError for a keyword that does not name a dialect's option.
    """

def create_table_comment(
    table_name: str,
    comment: str | None,
    *,
    existing_comment: str | None = None,
    schema: str | None = None,
) -> None:
    """Set the comment of a table.

    table_name, schema: the table.
    comment: the new comment.
    existing_comment: the comment that it has now, to tell what undoes this.
    """

def create_unique_constraint(
    constraint_name: str | None,
    table_name: str,
    columns: Sequence[str],
    *,
    schema: str | None = None,
    **kw: Any,
) -> Any:
    """Require that no two rows of a table are equal in some columns.

    constraint_name: the constraint's name; None leaves it to the naming
        convention, if there is one, or to the database.
    table_name, schema: the table.
    columns: the names of its columns.
    kw: keywords of SQLAlchemy's `UniqueConstraint`: `deferrable`, `initially` and
        those of dialects, such as `postgresql_nulls_not_distinct`.
    """

def drop_column(
    table_name: str, column_name: str, *, schema: str | None = None, **kw: Any
) -> None:
    """Drop a column of a table.

    table_name, schema: the table.
    column_name: the column's name.
    kw: `if_exists`, for databases that have it; `mssql_drop_default`,
        `mssql_drop_check`, `mssql_drop_foreign_key`: drop what SQL Server has
        made for the column under a name of its own.
    """

def drop_constraint(
    constraint_name: str,
    table_name: str,
    type_: str | None = None,
    *,
    schema: str | None = None,
    if_exists: bool | None = None,
) -> None:
    """Drop a constraint of a table.

    constraint_name: the constraint's name.
    table_name, schema: its table.
    type_: "foreignkey", "primary", "unique" or "check"; needed on MySQL, and for
        a naming convention to be applied to the name.
    if_exists: add IF EXISTS, for databases that have it.
    Raises TypeError for another `type_`.
    """

def drop_index(
    index_name: str,
    table_name: str | None = None,
    *,
    schema: str | None = None,
    if_exists: bool | None = None,
    **kw: Any,
) -> None:
    """Drop an index.

    index_name: the index's name.
    table_name: its table, which MySQL and SQL Server need to know.
    schema: the schema of both.
    if_exists: add IF EXISTS, for databases that have it.
    kw: keywords of dialects, such as `postgresql_concurrently`.
    """

def drop_table(
    table_name: str,
    *,
    schema: str | None = None,
    if_exists: bool | None = None,
    **kw: Any,
) -> None:
    """Drop a table.

    table_name, schema: the table.
    if_exists: add IF EXISTS, for databases that have it.
    kw: keywords of SQLAlchemy's `Table`.
    Raises TypeError for a keyword that does not name a dialect's option.
    """

def drop_table_comment(
    table_name: str, *, existing_comment: str | None = None, schema: str | None = None
) -> None:
    """Remove the comment of a table.

    table_name, schema: the table.
    existing_comment: the comment that it has now, to tell what undoes this.
    """

def execute(
    sqltext: Executable | str, *, execution_options: dict[str, Any] | None = None
) -> None:
    """Execute a statement, or write it out in `--sql` mode::

        op.execute("DELETE FROM session WHERE expires < CURRENT_DATE")

    There is no result; use `op.get_bind()` for queries.  With `--sql` no
    parameters are possible: use `op.inline_literal()` for values, or
    `text().bindparams()` with `literal_binds` in `context.configure`.

    sqltext: SQL text, in which a colon in front of a name is escaped as `\\:`, or
        any statement of SQLAlchemy.
    execution_options: those of SQLAlchemy's `Connection.execution_options`.
    """

def f(name: str) -> conv:
    """Mark a constraint's or an index's name as final.

    No naming convention is applied to it any more; autogenerate writes the names
    that it found or made that way.
    """

def get_bind() -> Connection:
    """Return the connection in use; None in `--sql` mode, where there is none."""

def get_context() -> MigrationContext:
    """Return the migration context that statements go to."""

def implementation_for(op_cls: Any, replace: bool = False) -> Callable[[_C], _C]:
    """Return a decorator that registers how an operation is carried out.

    The function is called with the operations object and the operation.

    op_cls: the operation's class; subclasses without a function of their own
        are included.
    replace: whether to put the function in place of one that is there.
    Raises ValueError (the decorator does) if there is one, without `replace`.
    """

def inline_literal(
    value: str | int, type_: TypeEngine[Any] | None = None
) -> _literal_bindparam:
    """Return an expression that is rendered as a literal in the statement itself.

    For statements that `--sql` mode is to write out in full.  Strings and numbers
    are quoted as the dialect does; nothing else is known here::

        op.execute(
            account.update().values(name=op.inline_literal("nobody"))
        )

    value: a text or a number.
    type_: the SQL type, if it is not to be told from the value.
    """

@overload
def invoke(operation: ops.CreateTableOp) -> Table:
    """Carry out an operation.

    operation: one that autogenerate has made, for example.
    Raises ValueError if nothing is registered for its class.
    """

@overload
def invoke(
    operation: (
        ops.AddConstraintOp
        | ops.DropConstraintOp
        | ops.CreateIndexOp
        | ops.DropIndexOp
        | ops.AddColumnOp
        | ops.AlterColumnOp
        | ops.AlterTableOp
        | ops.CreateTableCommentOp
        | ops.DropTableCommentOp
        | ops.DropColumnOp
        | ops.BulkInsertOp
        | ops.DropTableOp
        | ops.ExecuteSQLOp
    ),
) -> None:
    """Carry out an operation.

    operation: one that autogenerate has made, for example.
    Raises ValueError if nothing is registered for its class.
    """

@overload
def invoke(operation: ops.MigrateOperation) -> Any:
    """Carry out an operation.

    operation: one that autogenerate has made, for example.
    Raises ValueError if nothing is registered for its class.
    """

def register_operation(
    name: str, sourcename: str | None = None
) -> Callable[[type[_T]], type[_T]]:
    """Return a decorator that offers an operation class as a directive.

    It works on a class method `name(cls, operations, ...)` of the decorated class,
    which makes the operation and passes it to `operations.invoke`.

    name: the directive's name, hence that of the method of this class.
    sourcename: the name of the class method, if it is another.
    """

def rename_table(
    old_table_name: str, new_table_name: str, *, schema: str | None = None
) -> None:
    """Rename a table; it stays in its schema.

    old_table_name, schema: the table.
    new_table_name: its new name.
    """

def run_async(
    async_function: Callable[..., Awaitable[_T]], *args: Any, **kw_args: Any
) -> _T:
    """Run a coroutine function on the connection of an async driver.

    It is called with an `AsyncConnection`, then with `args` and `kw_args`.

    Returns what the coroutine does.
    Raises NotImplementedError in `--sql` mode, ValueError if the driver is not
    an async one.
    """
