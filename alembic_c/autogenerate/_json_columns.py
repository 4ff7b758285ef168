"""JSON columns of MariaDB: the way back makes them such again.

The server has them as texts with a check, `json_valid()`; SQLAlchemy reflects the text.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import mysql
from sqlalchemy.exc import DBAPIError

from ..catalog import _mysql
from ._made_columns import made_columns
from ._questions import TableKey

if TYPE_CHECKING:
    from ..operations import ops
    from .api import AutogenContext

log = logging.getLogger("alembic.autogenerate.types")


class JsonColumns:
    """The JSON columns that a run drops or changes."""

    def __init__(self, context: AutogenContext) -> None:
        self._context = context

    def complete(self, forth: ops.UpgradeOps, back: ops.DowngradeOps) -> None:
        """Give them their type where they are made again; ask only if there are any."""
        texts = [each for each in made_columns(back) if _may_be_json(each.type)]
        found = self._checked({each.table for each in texts}) if texts else set()
        for text in texts:
            if (text.table, text.name) in found:
                text.become(mysql.JSON())

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


def _may_be_json(type_: Any) -> bool:
    return isinstance(type_, mysql.LONGTEXT) and type_.collation == "utf8mb4_bin"
