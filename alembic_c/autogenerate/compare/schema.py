"""Find the schemas to compare, and have each kind of thing in them compared."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sqlalchemy.util import OrderedSet

from ...util import PriorityDispatchResult

if TYPE_CHECKING:
    from ...operations.ops import UpgradeOps
    from ...runtime.plugins import Plugin
    from ..api import AutogenContext

log = logging.getLogger("alembic.autogenerate.compare.schema")


def _schema_names(autogen_context: AutogenContext) -> OrderedSet[str | None]:
    """Return the schemas that may take part; None is the default one."""
    names: OrderedSet[str | None] = OrderedSet([None])
    if autogen_context.opts.get("include_schemas", False):
        inspector = autogen_context.inspector
        names.update(inspector.get_schema_names())
        names.discard("information_schema")
        names.discard(autogen_context.dialect.default_schema_name)
        # There are dialects without the name of a default schema.
        names.add(None)
    return names


def _produce_net_changes(
    autogen_context: AutogenContext, upgrade_ops: UpgradeOps
) -> PriorityDispatchResult:
    """Call the comparators of schemas with the names of all that take part."""
    schemas: OrderedSet[str | None] = OrderedSet(
        name
        for name in _schema_names(autogen_context)
        if autogen_context.run_name_filters(name, "schema", {})
    )
    compare = autogen_context.comparators.dispatch(
        "schema", qualifier=autogen_context.dialect.name
    )
    compare(autogen_context, upgrade_ops, schemas)
    return PriorityDispatchResult.CONTINUE


def setup(plugin: Plugin) -> None:
    """Register the comparator that begins with schemas."""
    plugin.add_autogenerate_comparator(_produce_net_changes, "autogenerate")
