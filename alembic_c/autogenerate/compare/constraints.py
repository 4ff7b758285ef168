"""Compare constraints: indexes, unique constraints, foreign keys, NOT NULL."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ...util import PriorityDispatchResult, sqla_compat
from ._foreign_keys import _compare_foreign_keys
from ._indexes import _compare_indexes_and_uniques

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy.sql.elements import quoted_name

    from ...operations.ops import AlterColumnOp
    from ...runtime.plugins import Plugin
    from ..api import AutogenContext

log = logging.getLogger("alembic.autogenerate.compare.constraints")


def _compare_nullable(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: quoted_name | str,
    cname: quoted_name | str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> PriorityDispatchResult:
    """Compare whether a column takes NULL.

    Where the database decides that by itself, a model that says nothing about it
    wants no change.
    """
    there, here = conn_col.nullable, metadata_col.nullable
    alter_column_op.existing_nullable = there
    if there is here:
        return PriorityDispatchResult.CONTINUE
    defaults = metadata_col.server_default, conn_col.server_default
    if sqla_compat._server_default_is_identity(*defaults) or (
        sqla_compat._server_default_is_computed(*defaults)
        and sqla_compat._nullability_might_be_unset(metadata_col)
    ):
        log.info("Ignoring nullable change on identity column '%s.%s'", tname, cname)
        return PriorityDispatchResult.CONTINUE
    alter_column_op.modify_nullable = here
    log.info(
        "Detected %s on column '%s.%s'", "NULL" if here else "NOT NULL", tname, cname
    )
    return PriorityDispatchResult.STOP


def setup(plugin: Plugin) -> None:
    """Register the comparators of constraints."""
    plugin.add_autogenerate_comparator(_compare_indexes_and_uniques, "table", "indexes")
    plugin.add_autogenerate_comparator(_compare_foreign_keys, "table", "foreignkeys")
    plugin.add_autogenerate_comparator(_compare_nullable, "column", "nullable")
