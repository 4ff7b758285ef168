"""What is told of a change of type that goes by the text of the values."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..operations.ops import AlterColumnOp

log = logging.getLogger("alembic.autogenerate.types")


def comment(
    operation: AlterColumnOp, server: str, there: str, wanted: str
) -> tuple[str, ...]:
    """Return the lines of comment above the change of a column.

    there, wanted: both types, in SQL.
    """
    return (
        f"WARNING: {server} has no cast from {there} to {wanted}.  This works if",
        f"{operation.column_name!r} has no values, or the text of each is one of the "
        "new type;",
        "otherwise it fails.  In two steps: add a column of the new type and fill",
        'it with op.execute("UPDATE ..."); then drop the old column and give the',
        "new one its name.",
    )


def warn(operation: AlterColumnOp, there: str, wanted: str) -> None:
    """Say on the console what such a change does to values."""
    log.warning(
        "No cast from %s to %s for column '%s.%s': values whose text is not of "
        "the new type stop the migration; a comment in the file has two steps",
        there,
        wanted,
        operation.table_name,
        operation.column_name,
    )
