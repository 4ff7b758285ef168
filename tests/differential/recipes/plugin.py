"""A plugin of a project, set up by hand, with comparators of each kind."""

import types

import sqlalchemy as sa
from alembic.operations import ops
from alembic.runtime.plugins import Plugin
from alembic.util import DispatchPriority, PriorityDispatchResult
from recipe import autogenerate, connect

CONTINUE, STOP = PriorityDispatchResult.CONTINUE, PriorityDispatchResult.STOP


def setup(plugin):
    def whole(context, upgrade_ops):
        print("autogenerate", len(upgrade_ops.ops))
        return CONTINUE

    def schemas(context, upgrade_ops, schemas):
        print("schema", sorted(map(str, schemas)), len(upgrade_ops.ops))
        return CONTINUE

    def table(context, table_ops, schema, name, conn_table, metadata_table):
        print(
            "table",
            *(schema, name, conn_table is None, metadata_table is None),
            conn_table is not None and sorted(map(str, conn_table.foreign_keys)),
        )
        return CONTINUE

    def column(context, alter, schema, table, name, conn_column, metadata_column):
        print("column", table, name, conn_column.type, metadata_column.type)
        if metadata_column.info.get("leave"):
            return STOP
        return CONTINUE

    def on_postgresql(context, upgrade_ops, schemas):
        upgrade_ops.ops.append(ops.ExecuteSQLOp("SELECT 'postgresql'"))
        return CONTINUE

    plugin.add_autogenerate_comparator(
        whole, "autogenerate", priority=DispatchPriority.LAST
    )
    plugin.add_autogenerate_comparator(
        schemas, "schema", "tables", priority=DispatchPriority.FIRST
    )
    plugin.add_autogenerate_comparator(
        table, "table", "recipe", priority=DispatchPriority.FIRST
    )
    plugin.add_autogenerate_comparator(
        column, "column", "types", priority=DispatchPriority.FIRST
    )
    plugin.add_autogenerate_comparator(
        on_postgresql, "schema", "recipe", qualifier="postgresql"
    )


module = types.ModuleType("project_plugin")
module.setup = setup
Plugin.setup_plugin_from_module(module, "project.recipe")
for again in (module, types.ModuleType("without_setup")):
    try:
        name = "project.recipe" if again is module else "project.other"
        Plugin.setup_plugin_from_module(again, name)
    except Exception as error:  # noqa: BLE001 - it is what is shown
        print(type(error).__name__, str(error).replace(repr(again), "module"))

metadata = sa.MetaData()
sa.Table("parent", metadata, sa.Column("id", sa.Integer, primary_key=True))
sa.Table(
    "child",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("parent_id", sa.ForeignKey("parent.id")),
    sa.Column("name", sa.String(20)),
    sa.Column("left", sa.String(20)),
)
changed = sa.MetaData()
sa.Table(
    "child",
    changed,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Integer),
    sa.Column("left", sa.Integer, info={"leave": True}),
)
CHOICES = [
    ["alembic.autogenerate.*"],
    ["alembic.autogenerate.*", "project.*"],
    ["alembic.autogenerate.*", "project.recipe"],
    ["project.*"],
    ["*", "~project.*"],
    ["alembic.autogenerate.*", "project.*", "~alembic.autogenerate.types"],
]
with connect() as connection:
    metadata.create_all(connection)
    for choice in CHOICES:
        for model in (metadata, changed):
            print("---", choice)
            autogenerate(connection, model, autogenerate_plugins=choice)
    Plugin.all_plugins() if hasattr(Plugin, "all_plugins") else None
