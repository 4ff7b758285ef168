"""The directives that only PostgreSQL has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.schema import Column
from sqlalchemy.types import NULLTYPE

from ..util import sqla_compat
from ._operation import AddConstraintOp
from .base import BatchOperations, Operations
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import ExcludeConstraint
    from sqlalchemy.schema import Constraint, Table
    from sqlalchemy.sql.elements import ColumnElement, quoted_name

    from ._typing import ConstraintName, MigrationContext


@Operations.register_operation("create_exclude_constraint")
@BatchOperations.register_operation(
    "create_exclude_constraint", "batch_create_exclude_constraint"
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
        operations: Operations,
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
        operations: BatchOperations,
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
