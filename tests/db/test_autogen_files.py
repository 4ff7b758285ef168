"""Revision files that autogenerate writes, run by the command: there, back, offline."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.project import Project

_HEAD = """
from sqlalchemy import *
from sqlalchemy.dialects import postgresql
metadata = MetaData()
"""


@pytest.fixture
def project(tmp_path: Path, pg_url: str) -> Project:
    return _project(tmp_path, pg_url)


def _project(root: Path, url: str) -> Project:
    project = Project(root)
    project.run("init", "migrations")
    project.use_database(url)
    project.use_models()
    return project


def autogenerate(project: Project, models: str, message: str = "r") -> str:
    """Change the models; return the revision file that is written for it."""
    project.write("models.py", _HEAD + models)
    project.run("revision", "--autogenerate", "-m", message)
    return project.revisions("migrations/versions")[-1].read_text()


def there_and_back(project: Project) -> None:
    """Upgrade, check, downgrade, upgrade, check."""
    project.run("upgrade", "head")
    project.run("check")
    project.run("downgrade", "-1")
    project.run("upgrade", "head")
    project.run("check")


def offline(project: Project, *arguments: str) -> str:
    return project.run(*arguments, "--sql").stdout


def test_an_enum_comes_and_goes(project: Project, pg_url: str) -> None:
    table = "t = Table('t', metadata, Column('id', Integer, primary_key=True){})\n"
    autogenerate(project, table.format(""))
    there_and_back(project)
    mood = ", Column('m', Enum('sad', 'ok', name='mood'))"
    written = autogenerate(project, table.format(mood))
    assert "from sqlalchemy.dialects import postgresql" in written
    there_and_back(project)
    autogenerate(project, table.format(", Column('n', Integer)"))
    there_and_back(project)

    revisions = [path.stem.partition("_")[0] for path in _files(project)]
    assert "CREATE TYPE mood AS ENUM ('sad', 'ok');" in offline(
        project, "upgrade", "head"
    )
    assert "DROP TYPE mood;" in offline(
        project, "downgrade", f"{revisions[1]}:{revisions[0]}"
    )
    _run_script(pg_url, offline(project, "downgrade", f"{revisions[2]}:base"))
    _run_script(pg_url, "DROP TABLE alembic_version")
    _run_script(pg_url, offline(project, "upgrade", "head"))
    project.run("check")


def _files(project: Project) -> list[Path]:
    return project.revisions("migrations/versions")


def _run_script(url: str, script: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(script.replace("%", "%%"))
    engine.dispose()


HOOK = """
from alembic.operations import ops

def hook(context, revision, directives):
    script, = directives
    kept = [op for op in script.upgrade_ops.ops if {condition}]
    script.upgrade_ops.ops[:] = kept
    script.upgrade_ops.reverse_into(script.downgrade_ops)
"""


def test_hooks_see_the_differences_alone(project: Project) -> None:
    """And the types follow from what hooks have left."""
    tables = (
        "t = Table('t', metadata, Column('m', Enum('a', name='mood')))\n"
        "u = Table('u', metadata, Column('m', Enum('a', name='unused')))\n"
    )
    _hook(project, "op.table_name != 'u'")
    written = autogenerate(project, tables)
    assert "mood" in written
    assert "unused" not in written


def _hook(project: Project, condition: str) -> None:
    project.write("hook.py", HOOK.format(condition=condition))
    env = project.root / "migrations" / "env.py"
    given = "connection=connection, target_metadata=target_metadata"
    more = ", process_revision_directives=__import__('hook').hook"
    text = env.read_text()
    assert given in text
    env.write_text(text.replace(given, given + more))


# --- names that have to be imported -------------------------------------------------


def test_types_of_others(tmp_path: Path) -> None:
    project = _project(tmp_path, "sqlite:///there.db")
    project.write(
        "own/types.py",
        """
        from sqlalchemy.types import TypeDecorator, String

        class Outer:
            class Inner(TypeDecorator):
                impl = String
                cache_ok = True
        """,
    )
    columns = (
        "from sqlmodel import AutoString\nfrom own.types import Outer\n{}"
        "t = Table('t', metadata, Column('a', AutoString(9)), "
        "Column('b', Text().with_variant(Outer.Inner(5), 'sqlite')), {})\n"
    )
    written = autogenerate(project, columns.format("", ""))
    assert "import own.types\nimport sqlmodel.sql.sqltypes\n" in written
    there_and_back(project)

    local = "def f():\n    class T(Outer.Inner): pass\n    return T\nT = f()\n"
    project.write("models.py", _HEAD + columns.format(local, "Column('c', T(5))"))
    done = project.run("revision", "--autogenerate", "-m", "no", status=255)
    assert "FAILED: Can't write the type models.f.<locals>.T: it is" in done.stdout
    assert len(_files(project)) == 1
