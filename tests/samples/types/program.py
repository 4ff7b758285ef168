"""A program that runs migrations itself."""

import alembic
from alembic import command
from alembic.autogenerate import compare_metadata, produce_migrations
from alembic.autogenerate import render_python_code
from alembic.config import CommandLine, Config, main
from alembic.migration import MigrationContext
from alembic.operations import MigrateOperation, Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import Revision, RevisionMap
from alembic.util import CommandError
from sqlalchemy import MetaData, create_engine


@Operations.register_operation("create_view")
class CreateView(MigrateOperation):
    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def create_view(cls, operations: Operations, name: str) -> object:
        return operations.invoke(CreateView(name))


@Operations.implementation_for(CreateView)
def create_view(operations: Operations, operation: CreateView) -> None:
    operations.execute(f"CREATE VIEW {operation.name} AS SELECT 1")


def heads(config: Config) -> list[str]:
    directory = ScriptDirectory.from_config(config)
    script = directory.get_revision("head")
    reveal_type(script)
    names = [each.revision for each in directory.walk_revisions("base", "heads")]
    return [*directory.get_heads(), *names]


def pending(metadata: MetaData) -> str:
    with create_engine("sqlite://").connect() as connection:
        migration = MigrationContext.configure(connection)
        print(migration.get_current_heads(), compare_metadata(migration, metadata))
        script = produce_migrations(migration, metadata)
        assert script.upgrade_ops is not None
        return render_python_code(script.upgrade_ops)


try:
    command.upgrade(Config("alembic.ini"), "head", sql=True)
    command.revision(Config(), message="x", autogenerate=True)
except CommandError as problem:
    print(problem, alembic.__version__)
main(["heads"])
CommandLine().main(argv=["current"])
reveal_type(command.history(Config()))
