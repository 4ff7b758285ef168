"""How each operation is carried out: the calls of the dialect's implementation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.schema import Constraint, ForeignKeyConstraint, PrimaryKeyConstraint

from ..util import sqla_compat
from . import _enum_values, ops

if TYPE_CHECKING:
    from sqlalchemy.schema import Column, Table

    from ._typing import Invokes


def _if_given(**kw: Any) -> dict[str, Any]:
    return {name: value for name, value in kw.items() if value is not None}


def _constraints_to_emit(operations: Invokes, table: Table) -> Iterator[Constraint]:
    """Yield the constraints of a table that need statements, in a fixed order.

    A primary key is not one.  Constraints of types such as Boolean are left out where
    the dialect has a type of its own for them.
    """
    for constraint in sqla_compat._in_creation_order(table.constraints):
        is_key = isinstance(constraint, PrimaryKeyConstraint)
        if not is_key and sqla_compat._create_rule_allows(constraint, operations.impl):
            yield constraint


def alter_column(operations: Invokes, operation: ops.AlterColumnOp) -> None:
    """Alter a column, with the constraints that its old and new type bring."""

    def each_constraint(type_: Any, apply: Callable[[Constraint], None]) -> None:
        column = operations.schema_obj.column(operation.column_name, type_)
        table = operations.schema_obj.table(
            operation.table_name, column, schema=operation.schema
        )
        for constraint in _constraints_to_emit(operations, table):
            apply(constraint)

    if operation.existing_type and operation.modify_type:
        each_constraint(operation.existing_type, operations.impl.drop_constraint)
    operations.impl.alter_column(
        operation.table_name,
        operation.column_name,
        nullable=operation.modify_nullable,
        server_default=operation.modify_server_default,
        name=operation.modify_name,
        type_=operation.modify_type,
        schema=operation.schema,
        existing_type=operation.existing_type,
        existing_server_default=cast("Any", operation.existing_server_default),
        existing_nullable=operation.existing_nullable,
        comment=operation.modify_comment,
        existing_comment=operation.existing_comment,
        **operation.kw,
    )
    if operation.modify_type:
        each_constraint(operation.modify_type, operations.impl.add_constraint)


def drop_table(operations: Invokes, operation: ops.DropTableOp) -> None:
    """Drop a table."""
    operations.impl.drop_table(
        operation.to_table(operations.migration_context),
        **_if_given(if_exists=operation.if_exists),
    )


def drop_column(operations: Invokes, operation: ops.DropColumnOp) -> None:
    """Drop a column."""
    operations.impl.drop_column(
        operation.table_name,
        operation.to_column(operations.migration_context),
        schema=operation.schema,
        if_exists=operation.if_exists,
        **operation.kw,
    )


def create_index(operations: Invokes, operation: ops.CreateIndexOp) -> None:
    """Create an index."""
    operations.impl.create_index(
        operation.to_index(operations.migration_context),
        **_if_given(if_not_exists=operation.if_not_exists),
    )


def drop_index(operations: Invokes, operation: ops.DropIndexOp) -> None:
    """Drop an index."""
    operations.impl.drop_index(
        operation.to_index(operations.migration_context),
        **_if_given(if_exists=operation.if_exists),
    )


def create_table(operations: Invokes, operation: ops.CreateTableOp) -> Table:
    """Create a table, and return it."""
    table = operation.to_table(operations.migration_context)
    operations.impl.create_table(
        table, **_if_given(if_not_exists=operation.if_not_exists)
    )
    return table


def rename_table(operations: Invokes, operation: ops.RenameTableOp) -> None:
    """Rename a table."""
    operations.impl.rename_table(
        operation.table_name, operation.new_table_name, schema=operation.schema
    )


def create_table_comment(
    operations: Invokes, operation: ops.CreateTableCommentOp
) -> None:
    """Set the comment of a table."""
    table = operation.to_table(operations.migration_context)
    operations.impl.create_table_comment(table)


def drop_table_comment(operations: Invokes, operation: ops.DropTableCommentOp) -> None:
    """Remove the comment of a table."""
    table = operation.to_table(operations.migration_context)
    operations.impl.drop_table_comment(table)


def _is_inline_reference(constraint: Constraint, column: Column[Any]) -> bool:
    """Return whether a foreign key can be part of the definition of its one column."""
    return (
        isinstance(constraint, ForeignKeyConstraint)
        and len(column.foreign_keys) == 1
        and len(constraint.elements) == 1
    )


def add_column(operations: Invokes, operation: ops.AddColumnOp) -> None:
    """Add a column, then its comment, constraints and indexes."""
    column = operation.column
    if column.table is not None:
        column = sqla_compat._copy(column)
    table = operations.schema_obj.table(
        operation.table_name, column, schema=operation.schema
    )
    operations.impl.add_column(
        operation.table_name,
        column,
        schema=operation.schema,
        if_not_exists=operation.if_not_exists,
        inline_references=operation.inline_references,
        inline_primary_key=operation.inline_primary_key,
        **operation.kw,
    )
    for constraint in _constraints_to_emit(operations, table):
        inline = operation.inline_references and _is_inline_reference(
            constraint, column
        )
        if not inline:
            operations.impl.add_constraint(constraint)
    for index in sqla_compat._in_name_order(table.indexes):
        operations.impl.create_index(index)
    dialect = operations.impl.dialect
    if (
        column.comment is not None
        and dialect.supports_comments
        and not dialect.inline_comments
    ):
        operations.impl.create_column_comment(column)


def create_constraint(operations: Invokes, operation: ops.AddConstraintOp) -> None:
    """Add a constraint of any kind."""
    operations.impl.add_constraint(
        operation.to_constraint(operations.migration_context)
    )


def drop_constraint(operations: Invokes, operation: ops.DropConstraintOp) -> None:
    """Drop a constraint, of which nothing but the name and the kind may be known."""
    constraint = operations.schema_obj.generic_constraint(
        operation.constraint_name,
        operation.table_name,
        operation.constraint_type,
        schema=operation.schema,
    )
    operations.impl.drop_constraint(
        constraint, **_if_given(if_exists=operation.if_exists)
    )


def bulk_insert(operations: Invokes, operation: ops.BulkInsertOp) -> None:
    """Insert rows."""
    operations.impl.bulk_insert(
        operation.table, operation.rows, multiinsert=operation.multiinsert
    )


def execute_sql(operations: Invokes, operation: ops.ExecuteSQLOp) -> None:
    """Execute a statement, inside a batch too, where it does not wait for the end."""
    operations.migration_context.impl.execute(
        operation.sqltext, execution_options=operation.execution_options
    )


# What `Operations.invoke` chooses from; `implementation_for` adds to it.
IMPLEMENTATIONS: dict[type, Callable[..., Any]] = {
    ops.AlterColumnOp: alter_column,
    ops.DropTableOp: drop_table,
    ops.DropColumnOp: drop_column,
    ops.CreateIndexOp: create_index,
    ops.DropIndexOp: drop_index,
    ops.CreateTableOp: create_table,
    ops.RenameTableOp: rename_table,
    ops.CreateTableCommentOp: create_table_comment,
    ops.DropTableCommentOp: drop_table_comment,
    ops.AddColumnOp: add_column,
    ops.AddConstraintOp: create_constraint,
    ops.DropConstraintOp: drop_constraint,
    ops.BulkInsertOp: bulk_insert,
    ops.ExecuteSQLOp: execute_sql,
    _enum_values.AddEnumValuesOp: _enum_values.add_enum_values,
    _enum_values.NoteOp: _enum_values.note,
}
