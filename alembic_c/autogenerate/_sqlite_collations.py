"""Collations of columns on SQLite: the way back gives them again.

SQLAlchemy does not reflect them there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, String

from ..catalog import _read
from ..operations import ops
from ._questions import TableKey

if TYPE_CHECKING:
    from .api import AutogenContext


class SqliteCollations:
    """The collations of the columns that a run drops or changes."""

    def __init__(self, context: AutogenContext) -> None:
        self._context = context

    def complete(self, forth: ops.UpgradeOps, back: ops.DowngradeOps) -> None:
        """Give texts that are made again their collations; ask if there are any."""
        texts = list(_texts(back))
        connection = self._context.connection
        if not texts or connection is None:
            return
        schemas = list(dict.fromkeys(schema for (schema, _), *_ in texts))
        collations = {
            ((table.schema, table.name), column.name): column.collation
            for table in _read.sqlite(connection, schemas).tables
            for column in table.columns
            if column.collation
        }
        for key, name, owner, attribute in texts:
            if (key, name) in collations:
                type_ = getattr(owner, attribute).copy()
                type_.collation = collations[key, name]
                setattr(owner, attribute, type_)


def _texts(container: ops.OpContainer) -> Iterator[tuple[TableKey, str, Any, str]]:
    """Yield the texts that are made: table, column, and where the type stands."""
    for op in container._leaves():
        columns: list[Any] = []
        if isinstance(op, ops.AlterColumnOp):
            if _has_no_collation(op.modify_type):
                yield (op.schema, op.table_name), op.column_name, op, "modify_type"
        elif isinstance(op, ops.AddColumnOp):
            columns = [op.column]
        elif isinstance(op, ops.CreateTableOp):
            columns = [item for item in op.columns if isinstance(item, Column)]
        for column in columns:
            if _has_no_collation(column.type):
                assert isinstance(op, ops.AddColumnOp | ops.CreateTableOp)
                yield (op.schema, op.table_name), column.name, column, "type"


def _has_no_collation(type_: Any) -> bool:
    return isinstance(type_, String) and type_.collation is None
