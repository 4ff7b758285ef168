"""Operations of a package that has a base of its own for them."""

import sqlalchemy as sa
from alembic.autogenerate import (
    comparators,
    compare_metadata,
    produce_migrations,
    render_python_code,
    renderers,
)
from alembic.autogenerate.rewriter import Rewriter
from alembic.migration import MigrationContext
from alembic.operations import Operations, ops
from showing import show


@Operations.register_operation("create_role")
@Operations.register_operation("drop_role", "drop_role")
class RoleOp:
    def __init__(self, verb, name):
        self.verb, self.name = verb, name

    @classmethod
    def create_role(cls, operations, name):
        return operations.invoke(cls("create", name))

    @classmethod
    def drop_role(cls, operations, name):
        return operations.invoke(cls("drop", name))

    def reverse(self):
        return RoleOp({"create": "drop", "drop": "create"}[self.verb], self.name)

    def to_diff_tuple(self):
        return f"{self.verb}_role", self.name


@Operations.implementation_for(RoleOp)
def carry_out(operations, operation):
    print(operation.verb, operation.name)


@renderers.dispatch_for(RoleOp)
def rendered(context, operation):
    return f"op.{operation.verb}_role({operation.name!r})"


@comparators.dispatch_for("schema")
def compare_roles(context, upgrade_ops, schemas):
    upgrade_ops.ops.insert(0, RoleOp("create", "first"))
    upgrade_ops.ops.append(RoleOp("drop", "last"))


writer = Rewriter()


@writer.rewrites(ops.CreateTableOp)
def with_statement(context, revision, operation):
    return [operation, ops.ExecuteSQLOp("SELECT 1")]


metadata = sa.MetaData()
sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True))
with sa.create_engine("sqlite://").connect() as connection:
    connection.exec_driver_sql("CREATE TABLE old (x INTEGER)")
    context = MigrationContext.configure(connection)
    show("differences", compare_metadata, context, metadata)
    script = produce_migrations(context, metadata)
    for each in (script.upgrade_ops, script.downgrade_ops):
        print(render_python_code(each))
        print(render_python_code(each, render_as_batch=True))
        show("reversed", lambda each=each: each.reverse().as_diffs())
    show("rewritten", writer, context, (), [script])
    print(render_python_code(script.upgrade_ops))
    operations = Operations(context)
    operations.create_role("a")
    operations.invoke(RoleOp("drop", "b"))
