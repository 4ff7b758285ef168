"""Compare the comments of tables and columns."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ...operations import ops
from ...util import PriorityDispatchResult

if TYPE_CHECKING:
    from sqlalchemy import Column, Table
    from sqlalchemy.sql.elements import quoted_name

    from ...runtime.plugins import Plugin
    from ..api import AutogenContext

log = logging.getLogger("alembic.autogenerate.compare.comments")

CONTINUE = PriorityDispatchResult.CONTINUE
STOP = PriorityDispatchResult.STOP


def _normalized(*items: Column[Any] | Table) -> list[str | None]:
    """Return comments as databases store them: most take an empty one for none."""
    return [item.comment or None for item in items]


def _compare_column_comment(
    autogen_context: AutogenContext,
    alter_column_op: ops.AlterColumnOp,
    schema: str | None,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    if not autogen_context.dialect.supports_comments:
        return CONTINUE
    there, here = _normalized(conn_col, metadata_col)
    if there is None and here is None:
        return CONTINUE
    alter_column_op.existing_comment = there
    if there == here:
        return CONTINUE
    alter_column_op.modify_comment = here
    log.info("Detected column comment '%s.%s'", tname, cname)
    return STOP


def _compare_table_comment(
    autogen_context: AutogenContext,
    modify_table_ops: ops.ModifyTableOps,
    schema: str | None,
    tname: quoted_name | str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> PriorityDispatchResult:
    if not autogen_context.dialect.supports_comments:
        return CONTINUE
    if conn_table is None or metadata_table is None:
        # The comment comes and goes with the table.
        return CONTINUE
    there, here = _normalized(conn_table, metadata_table)
    if there == here:
        return CONTINUE
    change: ops.AlterTableOp
    if here is None:
        change = ops.DropTableCommentOp(tname, existing_comment=there, schema=schema)
    else:
        change = ops.CreateTableCommentOp(
            tname, here, existing_comment=there, schema=schema
        )
    modify_table_ops.ops.append(change)
    return STOP


def setup(plugin: Plugin) -> None:
    """Register the comparators of comments."""
    plugin.add_autogenerate_comparator(_compare_column_comment, "column", "comments")
    plugin.add_autogenerate_comparator(_compare_table_comment, "table", "comments")
