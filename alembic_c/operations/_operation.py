"""The base of all operations, and adding and dropping constraints in general."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from .. import util
from .base import BatchOperations, Operations

if TYPE_CHECKING:
    from sqlalchemy.schema import Constraint, SchemaItem

    from ._typing import ConstraintName, MigrationContext

_AC = TypeVar("_AC", bound="AddConstraintOp")


class MigrateOperation:
    """A directive with its arguments, as an object.

    It can be carried out (`Operations.invoke`), rendered as Python (autogenerate), and
    mostly turned round.  Subclass it to add a directive.
    """

    # The rewriters of autogenerate whose functions have returned this object.
    _rewritten_by: tuple[Any, ...] = ()

    @util.memoized_property
    def info(self) -> dict[Any, Any]:
        """A dictionary for the user's own notes on the operation."""
        return {}

    def reverse(self) -> MigrateOperation:
        """Return the operation that undoes this one.

        Raises NotImplementedError if there is none, ValueError if what is needed for
        it is not known.
        """
        raise NotImplementedError

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return the operation as `compare_metadata` gives it.

        Raises NotImplementedError if it has no such form.
        """
        raise NotImplementedError


class AddConstraintOp(MigrateOperation):
    """Adding a constraint to a table; the base of one class for each kind."""

    add_constraint_ops = util.Dispatcher()

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
        return DropConstraintOp.from_constraint(self.to_constraint())

    def to_diff_tuple(self) -> tuple[str, Constraint]:
        """Return ("add_constraint", constraint), or "add_fk" for a foreign key."""
        return "add_constraint", self.to_constraint()


@Operations.register_operation("drop_constraint")
@BatchOperations.register_operation("drop_constraint", "batch_drop_constraint")
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
        operations: Operations,
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
        operations: BatchOperations,
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
