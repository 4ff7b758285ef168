"""What type checkers and editors make of `alembic`: as much as with upstream.

Two environments: in one, `alembic` is this project's distribution of that name, in the
other upstream's package.  The same files are checked in both.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import textwrap
import venv
from pathlib import Path

import jedi
import pytest

from tests.support import name_distribution, upstream
from tests.support.upstream import ROOT

REVISION = '''
"""add people"""

from collections.abc import Sequence

import sqlalchemy as sa

from alembic import op

revision: str = "a1"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    person = op.create_table(
        "person",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), server_default=sa.text("'x'")),
        if_not_exists=True,
    )
    reveal_type(person)
    op.bulk_insert(person, [{"id": 1, "name": op.inline_literal("n")}])
    op.alter_column("person", "name", nullable=False, existing_type=sa.String(50))
    op.create_index(op.f("ix_person_name"), "person", ["name"], unique=True)
    with op.batch_alter_table("person", recreate="always") as batch_op:
        batch_op.add_column(sa.Column("y", sa.Integer), insert_after="id")
        batch_op.create_check_constraint("ck", sa.column("y") > 5)
    reveal_type(op.get_bind())


def downgrade() -> None:
    op.drop_index("ix_person_name", "person", if_exists=True)
    op.drop_table("person")
'''

ENV = '''
"""An env.py with every callable that `configure` takes."""

from collections.abc import Collection, Iterable, Mapping, MutableMapping
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import engine_from_config, pool

from alembic import context
from alembic.autogenerate import rewriter
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from alembic.runtime.environment import NameFilterParentNames, NameFilterType
from alembic.runtime.migration import MigrationContext, MigrationInfo

config = context.config
writer = rewriter.Rewriter()


@writer.rewrites(ops.AddColumnOp)
def add_column(
    context: MigrationContext,
    revision: str | Iterable[str | None] | Iterable[str],
    op: ops.AddColumnOp,
) -> list[ops.MigrateOperation]:
    return [op]


def include_name(
    name: str | None, type_: NameFilterType, parent_names: NameFilterParentNames
) -> bool:
    return type_ != "schema" or name in (None, "public")


def include_object(
    object: sa.schema.SchemaItem,
    name: str | None,
    type_: NameFilterType,
    reflected: bool,
    compare_to: sa.schema.SchemaItem | None,
) -> bool:
    return not (type_ == "table" and reflected and compare_to is None)


def process(
    context: MigrationContext,
    revision: str | Iterable[str | None] | Iterable[str],
    directives: list[ops.MigrationScript],
) -> None:
    (script,) = directives
    if script.upgrade_ops is not None and script.upgrade_ops.is_empty():
        directives.clear()


def render_item(
    type_: str, obj: Any, autogen_context: AutogenContext
) -> str | Literal[False]:
    autogen_context.imports.add("import somewhere")
    return False


def compare_type(
    context: MigrationContext,
    inspected_column: sa.Column[Any],
    metadata_column: sa.Column[Any],
    inspected_type: sa.types.TypeEngine[Any],
    metadata_type: sa.types.TypeEngine[Any],
) -> bool | None:
    return None


def applied(
    ctx: MigrationContext,
    step: MigrationInfo,
    heads: Collection[Any],
    run_args: Mapping[str, Any],
) -> None:
    print(step.up_revision_id, step.is_upgrade)


def run_migrations_online() -> None:
    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}), poolclass=pool.NullPool
    )
    with connectable.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=sa.MetaData(),
            include_name=include_name,
            include_object=include_object,
            process_revision_directives=process,
            render_item=render_item,
            compare_type=compare_type,
        )
        with context.begin_transaction():
            context.run_migrations()
    context.configure(connection, process_revision_directives=writer)


if context.is_offline_mode():
    context.configure(url=config.get_main_option("sqlalchemy.url"))
else:
    run_migrations_online()
reveal_type(context.get_x_argument(as_dictionary=True))
'''

PROGRAM = '''
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
'''

# One mistake a line, behind two lines of imports.
MISTAKES = """
from alembic import command, context, op
def upgrade() -> None:
    op.create_tabel("person")
    context.configure(render_as_batch="yes")
    command.upgrade("head")
"""
MISTAKEN_LINES = [3, 4, 5]

FILES = {
    "env.py": ENV,
    "versions/a1_people.py": REVISION,
    "program.py": PROGRAM,
    "mistakes.py": MISTAKES,
}


# In which module a class is defined is all that may differ.
CLASS = re.compile(r"\balembic(?:_c)?(?:\.\w+)*\.([A-Z]\w+)")


class Environment:
    """A virtual environment with a distribution `alembic`, and the sample project."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.project = home / "project"
        for name, text in FILES.items():
            path = self.project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.lstrip("\n"), encoding="utf-8")
        venv.create(home / "venv", with_pip=False, symlinks=True)
        self.python = home / "venv" / "bin" / "python"
        version = "python{}.{}".format(*sys.version_info[:2])
        self.site = home / "venv" / "lib" / version / "site-packages"

    def add(self, *directories: str | Path) -> None:
        """Put directories on the environment's path."""
        text = "".join(f"{directory}\n" for directory in directories)
        (self.site / "more.pth").write_text(text)

    def run(self, *command: str) -> str:
        """Run a type checker in the project; it may find errors, and nothing else."""
        done = subprocess.run(
            command, cwd=self.project, capture_output=True, text=True, check=False
        )
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return done.stdout

    def mypy(self) -> list[str]:
        out = self.run(
            *(sys.executable, "-m", "mypy", "--strict", "--no-error-summary"),
            # SQLAlchemy takes long to analyse; it stays the same.
            *("--cache-dir", str(ROOT / "build" / f"mypy-{self.home.name}")),
            *("--python-executable", str(self.python), *FILES),
        )
        return sorted(CLASS.sub(r"\1", line) for line in out.splitlines())

    def pyright(self) -> list[tuple[str, int, str, str]]:
        out = self.run(
            *(sys.executable, "-m", "basedpyright", "--level", "error", "--outputjson"),
            *("--pythonpath", str(self.python)),
        )
        return sorted(
            (
                os.path.relpath(found["file"], self.project),
                found["range"]["start"]["line"] + 1,
                found.get("rule", ""),
                found["message"],
            )
            for found in json.loads(out)["generalDiagnostics"]
        )


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("ours"))
    name_distribution.install(environment.site)
    environment.add(ROOT, sysconfig.get_path("purelib"))
    return environment


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("theirs"))
    environment.add(upstream.directory(), sysconfig.get_path("purelib"))
    return environment


def test_mypy(ours: Environment, theirs: Environment) -> None:
    found = ours.mypy()
    assert found == theirs.mypy()
    errors = [line for line in found if ": error: " in line]
    lines = sorted({int(line.split(":")[1]) for line in errors})
    assert (lines, {line.split(":")[0] for line in errors}) == (
        MISTAKEN_LINES,
        {"mistakes.py"},
    )
    # And the samples say something at all.
    assert sum("Revealed type" in line for line in found) == 5


def test_pyright(ours: Environment, theirs: Environment) -> None:
    found = ours.pyright()
    assert found == theirs.pyright()
    errors = [line for file, line, *_ in found if file == "mistakes.py"]
    assert sorted({*errors}) == MISTAKEN_LINES


@pytest.mark.parametrize("module", ["op", "context"])
def test_jedi_completes(ours: Environment, theirs: Environment, module: str) -> None:
    def functions(environment: Environment) -> dict[str, jedi.api.classes.Completion]:
        code = f"from alembic import {module}\n{module}."
        script = jedi.Script(
            code,
            path=environment.project / "new.py",
            environment=jedi.create_environment(environment.python, safe=False),
        )
        found = script.complete(2, len(module) + 1)
        return {
            each.name: each
            for each in found
            if each.type == "function" and not each.name.startswith("_")
        }

    found, expected = functions(ours), functions(theirs)
    assert len(expected) > 12
    assert expected.keys() <= found.keys()
    for name, completion in found.items():
        assert len(completion.docstring(raw=True)) > 20, name
        assert completion.get_signatures(), name
    for name, completion in expected.items():
        # Order, kinds and names of parameters; annotations may be spelled otherwise.
        signatures = [
            [
                [(parameter.kind, parameter.name) for parameter in signature.params]
                for signature in each.get_signatures()
            ]
            for each in (completion, found[name])
        ]
        assert signatures[0] == signatures[1], name


def test_every_stub_has_a_module(ours: Environment) -> None:
    """Each module that the stubs tell of can be imported, and is this package's."""
    stubs = sorted(path.relative_to(ours.site) for path in ours.site.rglob("*.pyi"))
    assert len(stubs) > 50
    names = [
        ".".join(["alembic", *path.with_suffix("").parts[1:]]).removesuffix(".__init__")
        for path in stubs
    ]
    # Modules of the test suite need a run of SQLAlchemy's own plugin.
    names = [name for name in names if not name.startswith("alembic.testing")]
    code = textwrap.dedent(
        f"""\
        from importlib import import_module
        for name in {names!r}:
            real = name.replace("alembic", "alembic_c", 1)
            assert import_module(name) is import_module(real), name
        """
    )
    subprocess.run([ours.python, "-c", code], check=True, cwd=ours.home)
