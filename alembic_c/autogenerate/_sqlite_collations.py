"""Collations of columns on SQLite: the way back gives them again.

SQLAlchemy does not reflect them there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import String

from ._made_columns import made_columns

if TYPE_CHECKING:
    from ..operations import ops
    from .api import AutogenContext


class SqliteCollations:
    """The collations of the columns that a run drops or changes."""

    def __init__(self, context: AutogenContext) -> None:
        self._context = context

    def complete(self, forth: ops.UpgradeOps, back: ops.DowngradeOps) -> None:
        """Give texts that are made again their collations; ask if there are any."""
        texts = [each for each in made_columns(back) if _has_no_collation(each.type)]
        if not texts:
            return
        collations = {
            ((table.schema, table.name), column.name): column.collation
            for table in self._context._sqlite.tables(each.table[0] for each in texts)
            for column in table.columns
            if column.collation
        }
        for text in texts:
            collation = collations.get((text.table, text.name))
            if collation is not None:
                type_ = text.type.copy()
                type_.collation = collation
                text.become(type_)


def _has_no_collation(type_: Any) -> bool:
    return isinstance(type_, String) and type_.collation is None
