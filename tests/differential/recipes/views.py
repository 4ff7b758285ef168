"""Views as operations of one's own, compared and written by autogenerate."""

import sqlalchemy as sa
from alembic.autogenerate import comparators, renderers
from alembic.util import PriorityDispatchResult
from recipe import autogenerate, connect, operations, tables
from view_operations import CreateViewOp, DropViewOp, View


@comparators.dispatch_for("schema")
def compare_views(autogen_context, upgrade_ops, schemas):
    print("schemas", sorted(map(str, schemas)))
    found = set(autogen_context.inspector.get_view_names())
    wanted = autogen_context.metadata.info.setdefault("views", {})
    for name in sorted(wanted.keys() - found):
        upgrade_ops.ops.append(CreateViewOp(View(name, wanted[name])))
    for name in sorted(found - wanted.keys()):
        upgrade_ops.ops.append(DropViewOp(View(name, "SELECT 1")))
    return PriorityDispatchResult.CONTINUE


@renderers.dispatch_for(CreateViewOp)
def render_create_view(autogen_context, op):
    autogen_context.imports.add("from views import View")
    return f"op.create_view(View({op.target.name!r}, {op.target.sqltext!r}))"


@renderers.dispatch_for(DropViewOp)
def render_drop_view(autogen_context, op):
    return [f"# drops {op.target.name}", f"op.drop_view(View({op.target.name!r}, ''))"]


metadata = sa.MetaData()
sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True))
metadata.info["views"] = {"v": "SELECT 1 AS x", "w": "SELECT 'a''b' AS y"}

with connect() as connection:
    [script] = autogenerate(connection, metadata)
    op = operations(connection)
    for operation in script.upgrade_ops.ops:
        op.invoke(operation)
    tables(connection)
    autogenerate(connection, metadata)
    op.replace_view(View("v", "SELECT 2 AS x"), View("v", ""))
    print(connection.exec_driver_sql("SELECT x FROM v").scalar())
    del metadata.info["views"]["w"]
    autogenerate(connection, metadata, include_schemas=True)
    for operation in script.downgrade_ops.ops:
        print(
            type(operation).__name__,
            operation.to_diff_tuple()
            if hasattr(operation, "table_name")
            else operation.target.name,
        )
        op.invoke(operation)
    tables(connection)
