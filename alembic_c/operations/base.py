"""The objects behind `op` and `batch_op`.

A directive, such as `create_table`, is a class method of the class whose object it
makes, and has its signature there alone.  Plugins register classes of their own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar, overload

import sqlalchemy.util
from sqlalchemy.sql.elements import conv

from .. import util
from ..util import sqla_compat
from ..util._proxy import ModuleClsProxy
from ..util.sqla_compat import _literal_bindparam
from . import batch, ops, schemaobj, toimpl
from ._constraints import CreateExcludeConstraintOp
from ._directives import Directive, directive, make_method

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table
    from sqlalchemy.types import TypeEngine

    from ..ddl.impl import DefaultImpl
    from ._typing import MigrationContext
    from .batch import BatchOperationsImpl

__all__ = ("BatchOperations", "Operations")

_T = TypeVar("_T")
_C = TypeVar("_C", bound=Callable[..., Any])


class AbstractOperations(ModuleClsProxy):
    """What `Operations` and `BatchOperations` have in common.

    migration_context: where statements go, and the dialect they are written for.
    impl: what carries operations out, other than that of the migration context.
    """

    impl: DefaultImpl | BatchOperationsImpl
    _to_impl = util.Dispatcher(toimpl.IMPLEMENTATIONS)

    def __init__(
        self,
        migration_context: MigrationContext,
        impl: BatchOperationsImpl | None = None,
    ) -> None:
        self.migration_context = migration_context
        self.impl = migration_context.impl if impl is None else impl
        self.schema_obj = schemaobj.SchemaObjects(migration_context)

    @classmethod
    def register_operation(
        cls, name: str, sourcename: str | None = None
    ) -> Callable[[type[_T]], type[_T]]:
        """Return a decorator that offers an operation class as a directive.

        It works on a class method `name(cls, operations, ...)` of the decorated class,
        which makes the operation and passes it to `operations.invoke`.

        name: the directive's name, hence that of the method of this class.
        sourcename: the name of the class method, if it is another.
        """

        def register(operation_class: type[_T]) -> type[_T]:
            made = Directive(name, operation_class, sourcename or name)
            setattr(cls, name, make_method(made))
            return operation_class

        return register

    @classmethod
    def implementation_for(
        cls, op_cls: Any, replace: bool = False
    ) -> Callable[[_C], _C]:
        """Return a decorator that registers how an operation is carried out.

        The function is called with the operations object and the operation.

        op_cls: the operation's class; subclasses without a function of their own
            are included.
        replace: whether to put the function in place of one that is there.
        Raises ValueError (the decorator does) if there is one, without `replace`.
        """

        def register(function: _C) -> _C:
            return cls._to_impl.dispatch_for(op_cls, replace=replace)(function)

        return register

    @classmethod
    @contextmanager
    def context(cls, migration_context: MigrationContext) -> Iterator[Operations]:
        """Make `op` work on a migration context inside a `with` block."""
        operations = Operations(migration_context)
        operations._install_proxy()
        try:
            yield operations
        finally:
            operations._remove_proxy()

    @contextmanager
    def batch_alter_table(
        self,
        table_name: str,
        schema: str | None = None,
        recreate: Literal["auto", "always", "never"] = "auto",
        partial_reordering: list[tuple[str, ...]] | None = None,
        copy_from: Table | None = None,
        table_args: tuple[Any, ...] = (),
        table_kwargs: Mapping[str, Any] = util.immutabledict(),
        reflect_args: tuple[Any, ...] = (),
        reflect_kwargs: Mapping[str, Any] = util.immutabledict(),
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
        impl = batch.BatchOperationsImpl(
            self,
            table_name,
            schema,
            recreate,
            copy_from,
            table_args,
            table_kwargs,
            reflect_args,
            reflect_kwargs,
            naming_convention,
            partial_reordering,
        )
        yield BatchOperations(self.migration_context, impl=impl)
        impl.flush()

    def get_context(self) -> MigrationContext:
        """Return the migration context that statements go to."""
        return self.migration_context

    @overload
    def invoke(self, operation: ops.CreateTableOp) -> Table: ...

    @overload
    def invoke(
        self,
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
    ) -> None: ...

    @overload
    def invoke(self, operation: ops.MigrateOperation) -> Any: ...

    def invoke(self, operation: ops.MigrateOperation) -> Any:
        """Carry out an operation.

        operation: one that autogenerate has made, for example.
        Raises ValueError if nothing is registered for its class.
        """
        dialect = self.migration_context.impl.__dialect__
        return self._to_impl.dispatch(operation, dialect)(self, operation)

    def f(self, name: str) -> conv:
        """Mark a constraint's or an index's name as final.

        No naming convention is applied to it any more; autogenerate writes the names
        that it found or made that way.
        """
        return conv(name)

    def inline_literal(
        self, value: str | int, type_: TypeEngine[Any] | None = None
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
        return _literal_bindparam(None, value, type_=type_)

    def get_bind(self) -> Connection:
        """Return the connection in use; None in `--sql` mode, where there is none."""
        return self.migration_context.impl.bind  # type: ignore[return-value]

    def run_async(
        self,
        async_function: Callable[..., Awaitable[_T]],
        *args: Any,
        **kw_args: Any,
    ) -> _T:
        """Run a coroutine function on the connection of an async driver.

        It is called with an `AsyncConnection`, then with `args` and `kw_args`.

        Returns what the coroutine does.
        Raises NotImplementedError in `--sql` mode, ValueError if the driver is not
        an async one.
        """
        connection: Connection | None = self.get_bind()
        if connection is None:
            raise NotImplementedError("Cannot call run_async in SQL mode")
        if not connection.dialect.is_async:
            raise ValueError("Cannot call run_async with a sync engine")
        async_connection = sqla_compat._async_connection_of(connection)
        result: _T = sqlalchemy.util.await_only(
            async_function(async_connection, *args, **kw_args)
        )
        return result


class Operations(AbstractOperations):
    """The directives of migrations, on one migration context.

    In a migration the functions of `alembic.op` are the methods of such an object.
    Elsewhere one is made from a connection::

        operations = Operations(MigrationContext.configure(connection))
        operations.alter_column("account", "name", nullable=True)

    Further directives are added with `register_operation` and `implementation_for`.
    """

    add_column = directive(ops.AddColumnOp.add_column)
    alter_column = directive(ops.AlterColumnOp.alter_column)
    bulk_insert = directive(ops.BulkInsertOp.bulk_insert)
    create_check_constraint = directive(
        ops.CreateCheckConstraintOp.create_check_constraint
    )
    create_exclude_constraint = directive(
        CreateExcludeConstraintOp.create_exclude_constraint
    )
    create_foreign_key = directive(ops.CreateForeignKeyOp.create_foreign_key)
    create_index = directive(ops.CreateIndexOp.create_index)
    create_primary_key = directive(ops.CreatePrimaryKeyOp.create_primary_key)
    create_table = directive(ops.CreateTableOp.create_table)
    create_table_comment = directive(ops.CreateTableCommentOp.create_table_comment)
    create_unique_constraint = directive(
        ops.CreateUniqueConstraintOp.create_unique_constraint
    )
    drop_column = directive(ops.DropColumnOp.drop_column)
    drop_constraint = directive(ops.DropConstraintOp.drop_constraint)
    drop_index = directive(ops.DropIndexOp.drop_index)
    drop_table = directive(ops.DropTableOp.drop_table)
    drop_table_comment = directive(ops.DropTableCommentOp.drop_table_comment)
    execute = directive(ops.ExecuteSQLOp.execute)
    rename_table = directive(ops.RenameTableOp.rename_table)


class BatchOperations(AbstractOperations):
    """The directives inside a `batch_alter_table` block: those on one known table."""

    impl: BatchOperationsImpl

    def _noop(self, operation: str) -> NoReturn:
        raise NotImplementedError(
            f"The {operation} method does not apply to a batch table alter operation."
        )

    add_column = directive(ops.AddColumnOp.batch_add_column)
    alter_column = directive(ops.AlterColumnOp.batch_alter_column)
    create_check_constraint = directive(
        ops.CreateCheckConstraintOp.batch_create_check_constraint
    )
    create_exclude_constraint = directive(
        CreateExcludeConstraintOp.batch_create_exclude_constraint
    )
    create_foreign_key = directive(ops.CreateForeignKeyOp.batch_create_foreign_key)
    create_index = directive(ops.CreateIndexOp.batch_create_index)
    create_primary_key = directive(ops.CreatePrimaryKeyOp.batch_create_primary_key)
    create_table_comment = directive(
        ops.CreateTableCommentOp.batch_create_table_comment
    )
    create_unique_constraint = directive(
        ops.CreateUniqueConstraintOp.batch_create_unique_constraint
    )
    drop_column = directive(ops.DropColumnOp.batch_drop_column)
    drop_constraint = directive(ops.DropConstraintOp.batch_drop_constraint)
    drop_index = directive(ops.DropIndexOp.batch_drop_index)
    drop_table_comment = directive(ops.DropTableCommentOp.batch_drop_table_comment)
    execute = directive(ops.ExecuteSQLOp.batch_execute)
