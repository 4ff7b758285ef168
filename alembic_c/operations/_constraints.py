"""Adding primary keys, unique constraints, foreign keys and check constraints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from ..util import sqla_compat
from ._operation import AddConstraintOp
from .base import BatchOperations, Operations
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from sqlalchemy.schema import (
        CheckConstraint,
        Constraint,
        ForeignKeyConstraint,
        PrimaryKeyConstraint,
        Table,
        UniqueConstraint,
    )
    from sqlalchemy.sql.elements import ColumnElement, TextClause

    from ._typing import ConstraintName, MigrationContext


def _given(constraint: Any, *names: str) -> dict[str, Any]:
    """Return the attributes of a constraint that are set to something, by name."""
    values = ((name, getattr(constraint, name)) for name in names)
    return {name: value for name, value in values if value}


class _KeyOp(AddConstraintOp):
    """Adding a constraint that consists of columns."""

    def __init__(
        self,
        constraint_name: ConstraintName,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        self.constraint_name, self.columns, self.kw = constraint_name, columns, kw
        self.table_name, self.schema = table_name, schema


@Operations.register_operation("create_primary_key")
@BatchOperations.register_operation("create_primary_key", "batch_create_primary_key")
@AddConstraintOp.register_add_constraint("primary_key_constraint")
class CreatePrimaryKeyOp(_KeyOp):
    """Adding a primary key to a table."""

    constraint_type = "primarykey"

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreatePrimaryKeyOp:
        """Return the operation that adds a primary key which belongs to a table."""
        key = cast("PrimaryKeyConstraint", constraint)
        return cls(
            sqla_compat.constraint_name_or_none(key.name),
            key.table.name,
            key.columns.keys(),
            schema=key.table.schema,
            **key.dialect_kwargs,
        )

    def to_constraint(
        self, migration_context: MigrationContext | None = None
    ) -> PrimaryKeyConstraint:
        """Return the primary key, on a table of its own."""
        return SchemaObjects(migration_context).primary_key_constraint(
            self.constraint_name,
            self.table_name,
            self.columns,
            schema=self.schema,
            **self.kw,
        )

    @classmethod
    def create_primary_key(
        cls,
        operations: Operations,
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
        operations.invoke(cls(constraint_name, table_name, columns, schema=schema))

    @classmethod
    def batch_create_primary_key(
        cls,
        operations: BatchOperations,
        constraint_name: str | None,
        columns: list[str],
    ) -> None:
        """Make columns of the batch's table its primary key.

        The arguments are those of `op.create_primary_key`.
        """
        target = operations.impl
        operations.invoke(
            cls(constraint_name, target.table_name, columns, schema=target.schema)
        )


@Operations.register_operation("create_unique_constraint")
@BatchOperations.register_operation(
    "create_unique_constraint", "batch_create_unique_constraint"
)
@AddConstraintOp.register_add_constraint("unique_constraint")
class CreateUniqueConstraintOp(_KeyOp):
    """Adding a unique constraint to a table."""

    constraint_type = "unique"

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreateUniqueConstraintOp:
        """Return the operation that adds a constraint which belongs to a table."""
        unique = cast("UniqueConstraint", constraint)
        table = sqla_compat._table_for_constraint(unique)
        return cls(
            sqla_compat.constraint_name_or_none(unique.name),
            table.name,
            [column.name for column in unique.columns],
            schema=table.schema,
            **_given(unique, "deferrable", "initially"),
            **unique.dialect_kwargs,
        )

    def to_constraint(
        self, migration_context: MigrationContext | None = None
    ) -> UniqueConstraint:
        """Return the constraint, on a table of its own."""
        return SchemaObjects(migration_context).unique_constraint(
            self.constraint_name,
            self.table_name,
            self.columns,
            schema=self.schema,
            **self.kw,
        )

    @classmethod
    def create_unique_constraint(
        cls,
        operations: Operations,
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
        return operations.invoke(
            cls(constraint_name, table_name, columns, schema=schema, **kw)
        )

    @classmethod
    def batch_create_unique_constraint(
        cls,
        operations: BatchOperations,
        constraint_name: str,
        columns: Sequence[str],
        **kw: Any,
    ) -> Any:
        """Require that no two rows of the batch's table are equal in some columns.

        The arguments are those of `op.create_unique_constraint`.
        """
        target = operations.impl
        kw["schema"] = target.schema
        return operations.invoke(cls(constraint_name, target.table_name, columns, **kw))


@Operations.register_operation("create_foreign_key")
@BatchOperations.register_operation("create_foreign_key", "batch_create_foreign_key")
@AddConstraintOp.register_add_constraint("foreign_key_constraint")
class CreateForeignKeyOp(AddConstraintOp):
    """Adding a foreign key to a table."""

    constraint_type = "foreignkey"

    def __init__(
        self,
        constraint_name: ConstraintName,
        source_table: str,
        referent_table: str,
        local_cols: list[str],
        remote_cols: list[str],
        **kw: Any,
    ) -> None:
        self.constraint_name, self.kw = constraint_name, kw
        self.source_table, self.local_cols = source_table, local_cols
        self.referent_table, self.remote_cols = referent_table, remote_cols

    def to_diff_tuple(self) -> tuple[str, ForeignKeyConstraint]:
        """Return ("add_fk", constraint)."""
        return "add_fk", self.to_constraint()

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreateForeignKeyOp:
        """Return the operation that adds a foreign key which belongs to a table.

        Raises NoReferencedTableError if the table that it refers to is not in the
        same `MetaData`.
        """
        foreign_key = cast("ForeignKeyConstraint", constraint)
        local_schema, local_table, local, schema, table, remote, *_ = (
            sqla_compat._fk_spec(foreign_key)
        )
        options = ("onupdate", "ondelete", "initially", "deferrable", "use_alter")
        return cls(
            sqla_compat.constraint_name_or_none(foreign_key.name),
            local_table,
            table,
            local,
            remote,
            **_given(foreign_key, *options, "match"),
            source_schema=local_schema,
            referent_schema=schema,
            **foreign_key.dialect_kwargs,
        )

    def to_constraint(
        self, migration_context: MigrationContext | None = None
    ) -> ForeignKeyConstraint:
        """Return the foreign key, on a table of its own."""
        return SchemaObjects(migration_context).foreign_key_constraint(
            self.constraint_name,
            self.source_table,
            self.referent_table,
            self.local_cols,
            self.remote_cols,
            **self.kw,
        )

    @classmethod
    def create_foreign_key(
        cls,
        operations: Operations,
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
        operations.invoke(
            cls(
                constraint_name,
                source_table,
                referent_table,
                local_cols,
                remote_cols,
                onupdate=onupdate,
                ondelete=ondelete,
                deferrable=deferrable,
                initially=initially,
                match=match,
                source_schema=source_schema,
                referent_schema=referent_schema,
                **dialect_kw,
            )
        )

    @classmethod
    def batch_create_foreign_key(
        cls,
        operations: BatchOperations,
        constraint_name: str | None,
        referent_table: str,
        local_cols: list[str],
        remote_cols: list[str],
        *,
        referent_schema: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        match: str | None = None,
        **dialect_kw: Any,
    ) -> None:
        """Make columns of the batch's table refer to rows of a table.

        The arguments are those of `op.create_foreign_key`.
        """
        target = operations.impl
        operations.invoke(
            cls(
                constraint_name,
                target.table_name,
                referent_table,
                local_cols,
                remote_cols,
                onupdate=onupdate,
                ondelete=ondelete,
                deferrable=deferrable,
                initially=initially,
                match=match,
                source_schema=target.schema,
                referent_schema=referent_schema,
                **dialect_kw,
            )
        )


@Operations.register_operation("create_check_constraint")
@BatchOperations.register_operation(
    "create_check_constraint", "batch_create_check_constraint"
)
@AddConstraintOp.register_add_constraint("check_constraint")
@AddConstraintOp.register_add_constraint("table_or_column_check_constraint")
@AddConstraintOp.register_add_constraint("column_check_constraint")
class CreateCheckConstraintOp(AddConstraintOp):
    """Adding a check constraint to a table."""

    constraint_type = "check"

    def __init__(
        self,
        constraint_name: ConstraintName,
        table_name: str,
        condition: str | TextClause | ColumnElement[Any],
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        self.constraint_name, self.condition, self.kw = constraint_name, condition, kw
        self.table_name, self.schema = table_name, schema

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreateCheckConstraintOp:
        """Return the operation that adds a constraint which belongs to a table."""
        check = cast("CheckConstraint", constraint)
        table: Table = sqla_compat._table_for_constraint(check)
        return cls(
            sqla_compat.constraint_name_or_none(check.name),
            table.name,
            cast("ColumnElement[Any]", check.sqltext),
            schema=table.schema,
            **check.dialect_kwargs,
        )

    def to_constraint(
        self, migration_context: MigrationContext | None = None
    ) -> CheckConstraint:
        """Return the constraint, on a table of its own."""
        return SchemaObjects(migration_context).check_constraint(
            self.constraint_name,
            self.table_name,
            self.condition,
            schema=self.schema,
            **self.kw,
        )

    @classmethod
    def create_check_constraint(
        cls,
        operations: Operations,
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
        operations.invoke(
            cls(constraint_name, table_name, condition, schema=schema, **kw)
        )

    @classmethod
    def batch_create_check_constraint(
        cls,
        operations: BatchOperations,
        constraint_name: str,
        condition: str | ColumnElement[bool] | TextClause,
        **kw: Any,
    ) -> None:
        """Require that a condition holds for every row of the batch's table.

        The arguments are those of `op.create_check_constraint`.
        """
        target = operations.impl
        operations.invoke(
            cls(
                constraint_name,
                target.table_name,
                condition,
                schema=target.schema,
                **kw,
            )
        )
