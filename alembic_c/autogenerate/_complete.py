"""Complete the operations that were found to a migration that runs, up and down.

What was found is a list of differences; hooks of the environment see it as it is.  What
has to be done besides is added afterwards, with the database still at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ._existing_rows import ExistingRows
from ._index_elements import IndexElements
from ._sqlite_collations import SqliteCollations
from ._sqlite_indexes import SqliteIndexes

if TYPE_CHECKING:
    from ..operations.ops import DowngradeOps, MigrationScript, UpgradeOps
    from .api import AutogenContext

# The package does for named types what is done here, by operations of its own.
_ENUM_PACKAGE = "alembic_postgresql_enum"


class Step(Protocol):
    """Something that is added to the operations of a revision."""

    def complete(self, forth: UpgradeOps, back: DowngradeOps) -> None:
        """Add it to both directions, in place."""


def complete(context: AutogenContext, scripts: Sequence[MigrationScript]) -> None:
    """Complete the last lists of operations of each script, in place.

    scripts: in the order in which they will be run.
    """
    if context.connection is None:
        return
    steps = _steps(context)
    if scripts and scripts[0].upgrade_ops_list:
        scripts[0].upgrade_ops_list[-1].ops[:0] = context._notes
    for script in scripts:
        if script.upgrade_ops_list and script.downgrade_ops_list:
            for step in steps:
                step.complete(
                    script.upgrade_ops_list[-1], script.downgrade_ops_list[-1]
                )


def _steps(context: AutogenContext) -> list[Step]:
    steps: list[Step] = [ExistingRows(context), IndexElements(context)]
    if getattr(context.dialect, "is_mariadb", False):
        from ._json_columns import JsonColumns
        from ._mariadb_casts import TextCasts

        return [*steps, JsonColumns(context), TextCasts(context)]
    if context.dialect.name == "sqlite":
        return [*steps, SqliteIndexes(context), SqliteCollations(context)]
    if context.dialect.name != "postgresql":
        return steps
    from ._conversions import Conversions  # which import the dialect
    from ._named_types import NamedTypes
    from ._timings import Timings

    steps += [Timings(context), Conversions(context)]
    if not enum_package_is_active(context):
        steps.append(NamedTypes(context))
    return steps


def enum_package_is_active(context: AutogenContext) -> bool:
    """Return whether alembic-postgresql-enum compares in a run."""
    registry: dict[Any, Any] = context.comparators._registry
    return any(
        getattr(function, "__module__", "").partition(".")[0] == _ENUM_PACKAGE
        for handlers in registry.values()
        for function, _ in handlers
    )
