"""JSON columns of MariaDB: the way back makes them such again.

The server has them as texts with a check, `json_valid()`; SQLAlchemy reflects the text.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import DBAPIError

from ..catalog import _mysql
from ..operations import ops
from ._questions import TableKey

if TYPE_CHECKING:
    from .api import AutogenContext

log = logging.getLogger("alembic.autogenerate.types")

# A column, and where its type stands: an object and the attribute.
_Text = tuple[TableKey, str, Any, str]


class JsonColumns:
    """The JSON columns that a run drops or changes."""

    def __init__(self, context: AutogenContext) -> None:
        self._context = context

    def complete(self, forth: ops.UpgradeOps, back: ops.DowngradeOps) -> None:
        """Give them their type where they are made again; ask only if there are any."""
        texts = list(_texts(back))
        found = self._checked({key for key, *_ in texts}) if texts else set()
        for key, name, owner, attribute in texts:
            if (key, name) in found:
                setattr(owner, attribute, mysql.JSON())

    def _checked(self, keys: set[TableKey]) -> set[tuple[TableKey, str]]:
        """Return the columns of some tables that have the check.

        What cannot be read stays text.
        """
        connection = self._context.connection
        assert connection is not None
        found: set[tuple[TableKey, str]] = set()
        try:
            session = _mysql.session(connection)
            if not session.prints_all:
                raise ValueError("the session leaves things out of what it prints")
            ordered = sorted(keys, key=str)
            catalog = _mysql.read_tables(connection, ordered, session)
        except (DBAPIError, ValueError) as error:
            if getattr(error, "connection_invalidated", False):
                raise
            log.debug("JSON columns are taken for texts: %s", error)
            return found
        for table in catalog.tables:
            for check in table.constraints:
                if check.kind == "check" and check.name is None:
                    key = table.schema, table.name
                    found |= {
                        (key, name)
                        for name in check.columns
                        if check.expr in _mysql.json_checks(name)
                    }
        return found


def _texts(container: ops.OpContainer) -> Iterator[_Text]:
    """Yield the columns that may have been JSON."""
    for op in container._leaves():
        columns: list[Any] = []
        if isinstance(op, ops.AlterColumnOp):
            if _may_be_json(op.modify_type):
                yield (op.schema, op.table_name), op.column_name, op, "modify_type"
        elif isinstance(op, ops.AddColumnOp):
            columns = [op.column]
        elif isinstance(op, ops.CreateTableOp):
            columns = [item for item in op.columns if isinstance(item, Column)]
        for column in columns:
            if _may_be_json(column.type):
                assert isinstance(op, (ops.AddColumnOp, ops.CreateTableOp))
                yield (op.schema, op.table_name), column.name, column, "type"


def _may_be_json(type_: Any) -> bool:
    return isinstance(type_, mysql.LONGTEXT) and type_.collation == "utf8mb4_bin"
