"""When unique constraints of PostgreSQL are checked: the way back makes them so again.

SQLAlchemy does not reflect it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import UniqueConstraint, text

from ..operations import ops

if TYPE_CHECKING:
    from .api import AutogenContext

_DEFERRABLE = """
SELECT n.nspname::text, r.relname::text, c.conname::text, c.condeferred
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_class AS r ON r.oid = c.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
WHERE c.contype = 'u' AND c.condeferrable
"""

_Place = tuple[str | None, str, str]  # schema, table, name


class Timings:
    """When the unique constraints that a run drops are checked."""

    def __init__(self, context: AutogenContext) -> None:
        self._context = context

    def complete(self, forth: ops.UpgradeOps, back: ops.DowngradeOps) -> None:
        """Say it where they are made again; ask only if there are any."""
        again = list(_made_again(back))
        deferred = self._deferrable() if again else {}
        for (schema, table, name), made in again:
            place = schema or self._context.dialect.default_schema_name, table, name
            if place not in deferred:
                continue
            initially = "DEFERRED" if deferred[place] else None
            if isinstance(made, UniqueConstraint):
                made.deferrable, made.initially = True, initially
            else:
                made.kw["deferrable"] = True
                if initially is not None:
                    made.kw["initially"] = initially

    def _deferrable(self) -> dict[_Place, bool]:
        """Return those that can be deferred, and whether they are at first."""
        connection = self._context.connection
        assert connection is not None
        return {
            (schema, table, name): is_deferred
            for schema, table, name, is_deferred in connection.execute(
                text(_DEFERRABLE)
            )
        }


def _made_again(
    container: ops.OpContainer,
) -> Iterator[tuple[_Place, ops.CreateUniqueConstraintOp | UniqueConstraint]]:
    for op in container._leaves():
        if isinstance(op, ops.CreateUniqueConstraintOp):
            yield (op.schema, op.table_name, str(op.constraint_name)), op
        elif isinstance(op, ops.CreateTableOp):
            for item in op.columns:
                if isinstance(item, UniqueConstraint):
                    yield (op.schema, op.table_name, str(item.name)), item
