"""Compare the types of columns."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy.types import NullType

from ...util import DispatchPriority, PriorityDispatchResult

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy.sql.elements import quoted_name

    from ...operations.ops import AlterColumnOp
    from ...runtime.plugins import Plugin
    from ..api import AutogenContext

log = logging.getLogger("alembic.autogenerate.compare.types")

CONTINUE = PriorityDispatchResult.CONTINUE
STOP = PriorityDispatchResult.STOP


def _types_are_known(
    alter_column_op: AlterColumnOp,
    tname: str,
    cname: str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> bool:
    """Note the type in the database; say so if one of both sides has none."""
    alter_column_op.existing_type = conn_col.type
    if isinstance(conn_col.type, NullType):
        log.info("Couldn't determine database type for column '%s.%s'", tname, cname)
        return False
    if isinstance(metadata_col.type, NullType):
        log.info(
            "Column '%s.%s' has no type within the model; can't compare", tname, cname
        )
        return False
    return True


def _type_changed(
    alter_column_op: AlterColumnOp,
    tname: str,
    cname: str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    alter_column_op.modify_type = metadata_col.type
    log.info(
        "Detected type change from %r to %r on '%s.%s'",
        conn_col.type,
        metadata_col.type,
        tname,
        cname,
    )
    return STOP


def _user_compare_type(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Let the option `compare_type` decide: off, on, or a function's answer."""
    context = autogen_context.migration_context
    decide = context._user_compare_type
    if decide is False:
        return STOP
    sides = tname, cname, conn_col, metadata_col
    if not _types_are_known(alter_column_op, *sides) or not callable(decide):
        return CONTINUE
    verdict = decide(context, conn_col, metadata_col, conn_col.type, metadata_col.type)
    if verdict:
        return _type_changed(alter_column_op, *sides)
    # None, or another value that is neither yes nor no, leaves it to the dialect.
    return STOP if verdict is False else CONTINUE


def _dialect_impl_compare_type(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Let the dialect compare."""
    sides = tname, cname, conn_col, metadata_col
    if not _types_are_known(alter_column_op, *sides):
        return CONTINUE
    if autogen_context.migration_context.impl.compare_type(conn_col, metadata_col):
        return _type_changed(alter_column_op, *sides)
    return CONTINUE


def setup(plugin: Plugin) -> None:
    """Register the comparators of column types."""
    plugin.add_autogenerate_comparator(
        _user_compare_type, "column", "types", priority=DispatchPriority.FIRST
    )
    plugin.add_autogenerate_comparator(
        _dialect_impl_compare_type, "column", "types", priority=DispatchPriority.LAST
    )
