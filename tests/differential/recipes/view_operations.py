"""Views as operations of one's own: what the recipes of views share."""

from alembic.operations import MigrateOperation, Operations


class View:
    def __init__(self, name, sqltext):
        self.name, self.sqltext = name, sqltext


class ViewOperation(MigrateOperation):
    def __init__(self, target):
        self.target = target

    @classmethod
    def invoke_for_target(cls, operations, target):
        return operations.invoke(cls(target))

    @classmethod
    def _earlier(cls, operations, ident):
        if isinstance(ident, View):
            return ident
        version, objname = ident.split(".")
        script = operations.get_context().script
        return getattr(script.get_revision(version).module, objname)

    @classmethod
    def replace(cls, operations, target, replaces=None, replace_with=None):
        if replaces:
            old, new = cls._earlier(operations, replaces), target
        else:
            old, new = target, cls._earlier(operations, replace_with)
        operations.drop_view(old)
        operations.create_view(new)


@Operations.register_operation("create_view", "invoke_for_target")
@Operations.register_operation("replace_view", "replace")
class CreateViewOp(ViewOperation):
    def reverse(self):
        return DropViewOp(self.target)


@Operations.register_operation("drop_view", "invoke_for_target")
class DropViewOp(ViewOperation):
    def reverse(self):
        return CreateViewOp(self.target)


@Operations.implementation_for(CreateViewOp)
def create_view(operations, operation):
    target = operation.target
    operations.execute(f"CREATE VIEW {target.name} AS {target.sqltext}")


@Operations.implementation_for(DropViewOp)
def drop_view(operations, operation):
    operations.execute(f"DROP VIEW {operation.target.name}")
