"""Statements that are given as such, and rows to insert."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._operation import MigrateOperation
from .base import BatchOperations, Operations

if TYPE_CHECKING:
    from sqlalchemy.schema import Table
    from sqlalchemy.sql import Executable
    from sqlalchemy.sql.expression import TableClause


@Operations.register_operation("bulk_insert")
class BulkInsertOp(MigrateOperation):
    """Inserting rows into a table."""

    def __init__(
        self,
        table: Table | TableClause,
        rows: list[dict[str, Any]],
        *,
        multiinsert: bool = True,
    ) -> None:
        self.table = table
        self.rows = rows
        self.multiinsert = multiinsert

    @classmethod
    def bulk_insert(
        cls,
        operations: Operations,
        table: Table | TableClause,
        rows: list[dict[str, Any]],
        *,
        multiinsert: bool = True,
    ) -> None:
        """Insert rows into a table::

            color = table("color", column("code", String), column("title", Text))
            op.bulk_insert(color, [{"code": "0000ff", "title": "blue"}])

        table: what `op.create_table` returned, or `table()` with the columns.
        rows: one dictionary for each row, all with the same keys.
        multiinsert: False makes a statement for each row; needed where values are
            `op.inline_literal()` and a connection is used.
        Raises TypeError if `rows` is not a list of dictionaries.
        """
        operations.invoke(cls(table, rows, multiinsert=multiinsert))


@Operations.register_operation("execute")
@BatchOperations.register_operation("execute", "batch_execute")
class ExecuteSQLOp(MigrateOperation):
    """Executing a statement."""

    def __init__(
        self,
        sqltext: Executable | str,
        *,
        execution_options: dict[str, Any] | None = None,
    ) -> None:
        self.sqltext = sqltext
        self.execution_options = execution_options

    @classmethod
    def execute(
        cls,
        operations: Operations,
        sqltext: Executable | str,
        *,
        execution_options: dict[str, Any] | None = None,
    ) -> None:
        """Execute a statement, or write it out in `--sql` mode::

            op.execute("DELETE FROM session WHERE expires < CURRENT_DATE")

        There is no result; use `op.get_bind()` for queries.  With `--sql` no
        parameters are possible: use `op.inline_literal()` for values, or
        `text().bindparams()` with `literal_binds` in `context.configure`.

        sqltext: SQL text, in which a colon in front of a name is escaped as `\\:`, or
            any statement of SQLAlchemy.
        execution_options: those of SQLAlchemy's `Connection.execution_options`.
        """
        operations.invoke(cls(sqltext, execution_options=execution_options))

    @classmethod
    def batch_execute(
        cls,
        operations: Operations,
        sqltext: Executable | str,
        *,
        execution_options: dict[str, Any] | None = None,
    ) -> None:
        """Execute a statement at once, before the changes of the batch are made.

        The arguments are those of `op.execute`.
        """
        operations.invoke(cls(sqltext, execution_options=execution_options))

    def to_diff_tuple(self) -> tuple[str, Executable | str]:
        """Return ("execute", statement)."""
        return "execute", self.sqltext
