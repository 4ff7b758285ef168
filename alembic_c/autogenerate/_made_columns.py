"""The columns that operations make, and where their types stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Column

from ..operations import ops
from ._questions import TableKey

if TYPE_CHECKING:
    from ..operations.ops import MigrateOperation, OpContainer


class MadeColumn(NamedTuple):
    """A column that is made, or gets a type.

    owner, attribute: where the type stands.
    """

    table: TableKey
    name: str
    owner: Any
    attribute: str

    @property
    def type(self) -> Any:
        """Return the type; None for none."""
        return getattr(self.owner, self.attribute)

    def become(self, type_: Any) -> None:
        """Give it another type."""
        setattr(self.owner, self.attribute, type_)


def made_columns(container: OpContainer) -> Iterator[MadeColumn]:
    """Yield the columns that are made, and those whose types change."""
    for op in container._leaves():
        if isinstance(op, ops.AlterColumnOp):
            key = op.schema, op.table_name
            yield MadeColumn(key, op.column_name, op, "modify_type")
        else:
            for column in _columns(op):
                key = getattr(op, "schema", None), getattr(op, "table_name", "")
                yield MadeColumn(key, column.name, column, "type")


def _columns(op: MigrateOperation) -> list[Column[Any]]:
    if isinstance(op, ops.AddColumnOp):
        return [op.column]
    if isinstance(op, ops.CreateTableOp):
        return [item for item in op.columns if isinstance(item, Column)]
    return []
