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
    if None not in schemas and _is_default_schema_wanted(autogen_context):
        schemas.add(None)
    compare = autogen_context.comparators.dispatch(
        "schema", qualifier=autogen_context.dialect.name
    )
    compare(autogen_context, upgrade_ops, schemas)
    return PriorityDispatchResult.CONTINUE


def _is_default_schema_wanted(autogen_context: AutogenContext) -> bool:
    """Return whether the default schema takes part although its name None is refused.

    It does if the model has tables there and the filter takes the schema by its own
    name.  Otherwise all these tables are reported as added, which is said once.
    """
    default = autogen_context.dialect.default_schema_name
    tables = [
        table
        for table in autogen_context.table_key_to_table.values()
        if table.schema is None or table.schema == default
    ]
    if not tables:
        return False
    if default is not None and autogen_context.run_name_filters(default, "schema", {}):
        return True
    log.warning(
        "include_name leaves out the default schema, whose name is None, but %d "
        "table(s) of the model are in it: they are taken for new ones in every run",
        len(tables),
    )
    return False


def setup(plugin: Plugin) -> None:
    """Register the comparator that begins with schemas."""
    plugin.add_autogenerate_comparator(_produce_net_changes, "autogenerate")
