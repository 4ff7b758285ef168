"""Adding and dropping constraints: keys, CHECKs, and EXCLUDE of PostgreSQL."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from sqlalchemy.schema import Column
from sqlalchemy.types import NULLTYPE

from .. import util
from ..util import sqla_compat
from ._operation import MigrateOperation
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import ExcludeConstraint
    from sqlalchemy.schema import (
        CheckConstraint,
        Constraint,
        ForeignKeyConstraint,
        PrimaryKeyConstraint,
        SchemaItem,
        Table,
        UniqueConstraint,
    )
    from sqlalchemy.sql.elements import ColumnElement, TextClause, quoted_name

    from ._typing import ConstraintName, Invokes, InvokesInBatch, MigrationContext

_AC = TypeVar("_AC", bound="AddConstraintOp")


class AddConstraintOp(MigrateOperation):
    """Adding a constraint to a table; the base of one class for each kind."""

    add_constraint_ops = util.Dispatcher()

    # What the database will call it, if it has no name.
    _name_by_default: ConstraintName = None

    @property
    def constraint_type(self) -> str:
        """The kind of the constraint, as `drop_constraint(type_=...)` names it."""
        raise NotImplementedError

    @classmethod
    def register_add_constraint(cls, type_: str) -> Callable[[type[_AC]], type[_AC]]:
        """Return a decorator that makes a subclass stand for a kind of constraint.

        type_: the `__visit_name__` of SQLAlchemy's class.
        """

        def register(operation_class: type[_AC]) -> type[_AC]:
            make = cls.add_constraint_ops.dispatch_for(type_)
            make(operation_class.from_constraint)
            return operation_class

        return register

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> AddConstraintOp:
        """Return the operation that adds a constraint which belongs to a table.

        Raises ValueError if no operation is registered for its kind.
        """
        make = cls.add_constraint_ops.dispatch(constraint.__visit_name__)
        operation: AddConstraintOp = make(constraint)
        return operation

    @abstractmethod
    def to_constraint(
        self, migration_context: MigrationContext | None = None
    ) -> Constraint:
        """Return the constraint, on a table of its own.

        migration_context: gives the naming convention.
        """

    def reverse(self) -> DropConstraintOp:
        """Return the operation that drops the constraint."""
        drop = DropConstraintOp.from_constraint(self.to_constraint())
        if drop.constraint_name is None:
            drop.constraint_name = self._name_by_default
        return drop

    def to_diff_tuple(self) -> tuple[str, Constraint]:
        """Return ("add_constraint", constraint), or "add_fk" for a foreign key."""
        return "add_constraint", self.to_constraint()


class DropConstraintOp(MigrateOperation):
    """Dropping a constraint of any kind from a table."""

    # SQLAlchemy's `__visit_name__` of a constraint -> the word for `type_`.
    _TYPES: ClassVar[dict[str, str]] = {
        "unique_constraint": "unique",
        "foreign_key_constraint": "foreignkey",
        "primary_key_constraint": "primary",
        "check_constraint": "check",
        "column_check_constraint": "check",
        "table_or_column_check_constraint": "check",
    }

    def __init__(
        self,
        constraint_name: ConstraintName,
        table_name: str,
        type_: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        _reverse: AddConstraintOp | None = None,
    ) -> None:
        self.constraint_name, self.constraint_type = constraint_name, type_
        self.table_name, self.schema = table_name, schema
        self.if_exists, self._reverse = if_exists, _reverse

    def reverse(self) -> AddConstraintOp:
        """Return the operation that adds the constraint.

        Raises ValueError if only its name is known.
        """
        return AddConstraintOp.from_constraint(self.to_constraint())

    def to_diff_tuple(self) -> tuple[str, SchemaItem]:
        """Return ("remove_constraint", constraint), "remove_fk" for a foreign key."""
        is_foreign_key = self.constraint_type == "foreignkey"
        verb = "remove_fk" if is_foreign_key else "remove_constraint"
        return verb, self.to_constraint()

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> DropConstraintOp:
        """Return the operation that drops a constraint which belongs to a table."""
        addition = AddConstraintOp.from_constraint(constraint)
        table = util.sqla_compat._table_for_constraint(constraint)
        return cls(
            util.sqla_compat.constraint_name_or_none(constraint.name),
            table.name,
            schema=table.schema,
            type_=cls._TYPES.get(constraint.__visit_name__),
            _reverse=addition,
        )

    def to_constraint(self) -> Constraint:
        """Return the constraint to drop, on a table of its own.

        Raises ValueError if only its name is known.
        """
        if self._reverse is None:
            raise ValueError(
                "constraint cannot be produced; original constraint is not present"
            )
        constraint = self._reverse.to_constraint()
        constraint.name = self.constraint_name
        table = util.sqla_compat._table_for_constraint(constraint)
        table.name, table.schema = self.table_name, self.schema
        return constraint

    @classmethod
    def drop_constraint(
        cls,
        operations: Invokes,
        /,
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
        operations.invoke(
            cls(
                constraint_name,
                table_name,
                type_,
                schema=schema,
                if_exists=if_exists,
            )
        )

    @classmethod
    def batch_drop_constraint(
        cls,
        operations: InvokesInBatch,
        /,
        constraint_name: str,
        type_: str | None = None,
    ) -> None:
        """Drop a constraint of the batch's table.

        constraint_name: the constraint's name.
        type_: as for `op.drop_constraint`.
        Raises ValueError if a new table is made and the old one has no such
        constraint.
        """
        target = operations.impl
        operations.invoke(
            cls(constraint_name, target.table_name, type_, schema=target.schema)
        )


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
            **sqla_compat._dialect_kwargs(key),
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
        operations: Invokes,
        /,
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
        operations: InvokesInBatch,
        /,
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
            **sqla_compat._dialect_kwargs(unique),
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
        operations: Invokes,
        /,
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
        operations: InvokesInBatch,
        /,
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
            **sqla_compat._dialect_kwargs(foreign_key),
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
        operations: Invokes,
        /,
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
        operations: InvokesInBatch,
        /,
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
            **sqla_compat._dialect_kwargs(check),
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
        operations: Invokes,
        /,
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
        operations: InvokesInBatch,
        /,
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


@AddConstraintOp.register_add_constraint("exclude_constraint")
class CreateExcludeConstraintOp(AddConstraintOp):
    """Adding an exclusion constraint to a table."""

    constraint_type = "exclude"

    def __init__(
        self,
        constraint_name: ConstraintName,
        table_name: str | quoted_name,
        elements: Sequence[tuple[Any, str]],
        where: ColumnElement[bool] | str | None = None,
        schema: str | None = None,
        _orig_constraint: ExcludeConstraint | None = None,
        **kw: Any,
    ) -> None:
        self.constraint_name, self._orig_constraint = constraint_name, _orig_constraint
        self.table_name, self.schema = table_name, schema
        self.elements, self.where, self.kw = elements, where, kw

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreateExcludeConstraintOp:
        """Return the operation that adds a constraint which belongs to a table."""
        exclusion = cast("ExcludeConstraint", constraint)
        table = sqla_compat._table_for_constraint(exclusion)
        return cls(
            sqla_compat.constraint_name_or_none(exclusion.name),
            table.name,
            sqla_compat._exclude_constraint_elements(exclusion),
            where=cast("ColumnElement[bool] | None", exclusion.where),
            schema=table.schema,
            _orig_constraint=exclusion,
            deferrable=exclusion.deferrable,
            initially=exclusion.initially,
            using=exclusion.using,
        )

    def to_constraint(
        self, migration_context: MigrationContext | None = None
    ) -> ExcludeConstraint:
        """Return the constraint; that of `from_constraint` itself if there is one."""
        if self._orig_constraint is not None:
            return self._orig_constraint
        # All of the dialect comes with it, which other databases need not wait for.
        from sqlalchemy.dialects.postgresql import ExcludeConstraint

        constraint = ExcludeConstraint(
            *self.elements,
            name=self.constraint_name,
            where=self.where,
            **self.kw,
        )
        names = dict.fromkeys(
            each for each, _ in self.elements if isinstance(each, str)
        )
        table = SchemaObjects(migration_context).table(
            self.table_name,
            *[Column(name, NULLTYPE) for name in names],
            schema=self.schema,
        )
        table.append_constraint(constraint)
        return constraint

    @classmethod
    def create_exclude_constraint(
        cls,
        operations: Invokes,
        /,
        constraint_name: str,
        table_name: str,
        *elements: Any,
        **kw: Any,
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
        result: Table | None = operations.invoke(
            cls(constraint_name, table_name, elements, **kw)
        )
        return result

    @classmethod
    def batch_create_exclude_constraint(
        cls,
        operations: InvokesInBatch,
        /,
        constraint_name: str,
        *elements: Any,
        **kw: Any,
    ) -> Table | None:
        """Add an exclusion constraint to the batch's table; on PostgreSQL only.

        The arguments are those of `op.create_exclude_constraint`.
        """
        target = operations.impl
        kw["schema"] = target.schema
        result: Table | None = operations.invoke(
            cls(constraint_name, target.table_name, elements, **kw)
        )
        return result
