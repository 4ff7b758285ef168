"""JSON columns of MariaDB: the way back makes them such again.

The server has them as texts with a check, `json_valid()`; SQLAlchemy reflects the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import DBAPIError

from ..catalog import _mysql
from ..operations import ops
from ._questions import TableKey

if TYPE_CHECKING:
    from .api import AutogenContext

# A column with its type, and what gives it another one.
_Text = tuple[TableKey, str, Callable[[Any], None]]


class JsonColumns:
    """The JSON columns that a run drops or changes."""

    def __init__(self, context: AutogenContext) -> None:
        self._context = context

    def complete(self, forth: ops.UpgradeOps, back: ops.DowngradeOps) -> None:
        """Give them their type where they are made again; ask only if there are any."""
        texts = list(_texts(back))
        found = self._checked({key for key, *_ in texts}) if texts else set()
        for key, name, become in texts:
            if (key, name) in found:
                become(mysql.JSON())

    def _checked(self, keys: set[TableKey]) -> set[tuple[TableKey, str]]:
        """Return the columns of some tables that have the check."""
        connection = self._context.connection
        assert connection is not None
        found: set[tuple[TableKey, str]] = set()
        try:
            session = _mysql.session(connection)
            if not session.is_mariadb or not session.is_ordinary:
                return found
            ordered = sorted(keys, key=str)
            catalog = _mysql.read_tables(connection, ordered, session)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            return found  # what cannot be read stays text
        except ValueError:
            return found
        for table in catalog.tables:
            for check in table.constraints:
                if check.kind == "check" and check.name is None:
                    for name in check.columns:
                        quoted = "`" + name.replace("`", "``") + "`"
                        if check.expr == f"json_valid({quoted})":
                            found.add(((table.schema, table.name), name))
        return found


def _texts(container: ops.OpContainer) -> Iterator[_Text]:
    """Yield the columns that may have been JSON."""
    for op in container.ops:
        if isinstance(op, ops.OpContainer):
            yield from _texts(op)
            continue
        key = getattr(op, "schema", None), str(getattr(op, "table_name", ""))
        if isinstance(op, ops.AlterColumnOp):
            if _may_be_json(op.modify_type):
                yield key, op.column_name, _setter(op, "modify_type")
            continue
        columns: list[Any] = []
        if isinstance(op, ops.AddColumnOp):
            columns = [op.column]
        elif isinstance(op, ops.CreateTableOp):
            columns = [item for item in op.columns if isinstance(item, Column)]
        for column in columns:
            if _may_be_json(column.type):
                yield key, column.name, _setter(column, "type")


def _may_be_json(type_: Any) -> bool:
    return isinstance(type_, mysql.LONGTEXT) and type_.collation == "utf8mb4_bin"


def _setter(owner: Any, attribute: str) -> Callable[[Any], None]:
    return lambda type_: setattr(owner, attribute, type_)
