"""The history of steps: what it says after success, failure, rollback and kill."""

from __future__ import annotations

import getpass
import io
import json
import os
import signal
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import alembic_c
from alembic_c import command
from alembic_c.autogenerate import compare_metadata
from alembic_c.config import Config
from alembic_c.production import _doctor_verb, _log_verb
from alembic_c.runtime.migration import MigrationContext
from alembic_c.util import CommandError, _meaning
from tests.support import alembic_name, mariadb
from tests.testkit.tree import Tree


@pytest.fixture(autouse=True)
def our_name() -> Iterator[None]:
    with alembic_name.ours():
        yield


class Project:
    """A tree of three revisions on a database, with the history on."""

    def __init__(self, root: Path, url: str) -> None:
        self.tree = Tree(root)
        self.url = url
        text = self.tree.ini.read_text()
        escaped = url.replace("%", "%%")
        self.tree.ini.write_text(
            f"{text}migration_history = true\nsqlalchemy.url = {escaped}\n"
        )
        self.engine = sa.create_engine(url, poolclass=sa.pool.NullPool)

    def add_to(self, revision: str, line: str) -> None:
        path = self.tree.versions / f"{revision}.py"
        path.write_text(
            path.read_text().replace("def upgrade():", f"def upgrade():\n    {line}")
        )

    def in_env(self, old: str, new: str) -> None:
        text = self.tree.env.read_text()
        assert old in text
        self.tree.env.write_text(text.replace(old, new))

    def log(self) -> list[dict[str, Any]]:
        """Return the steps as JSON has them, the oldest first."""
        out = io.StringIO()
        config = Config(str(self.tree.ini), stdout=out)
        _log_verb.run(config, Namespace(format="json", n=None))
        document = json.loads(out.getvalue())
        assert document["format"] == 1
        steps: list[dict[str, Any]] = document["steps"]
        return steps[::-1]

    def ends(self) -> list[tuple[str, str, str | None]]:
        return [(s["direction"], s["revision"], s["outcome"]) for s in self.log()]


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'app.db'}"
    elif request.param == "postgresql":
        url = request.getfixturevalue("pg_url")
    else:
        url = mariadb.emptied(request.getfixturevalue("mariadb_server"), "mariadb")
    return Project(tmp_path, url)


def test_what_a_step_says(project: Project) -> None:
    command.upgrade(project.tree.config, "r2")
    first, second = project.log()
    assert (first["step"], second["step"]) == (1, 2)
    assert first["run"] == second["run"]
    assert first["direction"] == "upgrade"
    assert first["revision"] == "r1"
    assert first["outcome"] == "done"
    assert first["error"] is None
    assert first["path"] == "r1.py"
    source = (project.tree.versions / "r1.py").read_bytes()
    assert first["digest"] == _meaning.digest(source)
    assert first["version"] == alembic_c.__version__
    assert first["process"] == os.getpid()
    assert first["os_user"] == getpass.getuser()
    assert first["host"]
    assert 0 <= first["seconds"] < 60
    assert first["started_at"].endswith("Z")
    assert first["started_at"] <= first["ended_at"]


def test_all_directions(project: Project) -> None:
    config = project.tree.config
    command.upgrade(config, "head")
    command.downgrade(config, "r1")
    command.stamp(config, "r2")
    assert project.ends() == [
        *(("upgrade", f"r{number}", "done") for number in (1, 2, 3)),
        *(("downgrade", f"r{number}", "done") for number in (3, 2)),
        ("stamp", "r2", "done"),
    ]


@pytest.mark.parametrize("per_migration", [False, True])
def test_a_step_that_fails(project: Project, per_migration: bool) -> None:
    project.in_env(
        "target_metadata=metadata",
        f"target_metadata=metadata, transaction_per_migration={per_migration}",
    )
    project.add_to("r2", "raise ValueError('no\\nway')")
    with pytest.raises(ValueError, match="no"):
        command.upgrade(project.tree.config, "head")
    rolls_back = project.engine.dialect.name == "postgresql" and not per_migration
    assert project.ends() == [
        ("upgrade", "r1", "rolled back" if rolls_back else "done"),
        ("upgrade", "r2", "failed"),
    ]
    failed = project.log()[1]
    assert failed["error"] == "ValueError: no\nway"
    with project.engine.connect() as connection:
        heads = MigrationContext.configure(connection).get_current_heads()
    assert heads == (() if rolls_back else ("r1",))


def test_a_statement_that_fails(project: Project) -> None:
    project.add_to("r1", "op.execute('SELECT * FROM nothing_there')")
    with pytest.raises(sa.exc.DBAPIError):
        command.upgrade(project.tree.config, "head")
    assert project.ends() == [("upgrade", "r1", "failed")]


def test_autogenerate_does_not_see_it(project: Project) -> None:
    command.upgrade(project.tree.config, "head")
    command.check(project.tree.config)
    # A table of the user's own by this name is another thing.
    models = sa.MetaData()
    sa.Table("alembic_version_history", models, sa.Column("x", sa.Integer))
    with project.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        found = compare_metadata(context, models)
    assert any("alembic_version_history" in str(each) for each in found)


def test_it_is_off_unless_asked_for(tmp_path: Path) -> None:
    project = Project(tmp_path, f"sqlite:///{tmp_path / 'app.db'}")
    text = project.tree.ini.read_text()
    project.tree.ini.write_text(text.replace("migration_history = true\n", ""))
    command.upgrade(project.tree.config, "head")
    assert "alembic_version_history" not in sa.inspect(project.engine).get_table_names()
    assert project.log() == []
    project.in_env(
        "target_metadata=metadata", "target_metadata=metadata, migration_history=True"
    )
    command.downgrade(project.tree.config, "r2")
    assert project.ends() == [("downgrade", "r3", "done")]
    project.tree.ini.write_text(text.replace("= true", "= perhaps"))
    project.in_env(", migration_history=True", "")
    with pytest.raises(CommandError, match="migration_history is true or false"):
        command.upgrade(project.tree.config, "head")


def test_offline_nothing_is_written(tmp_path: Path, capsys: Any) -> None:
    project = Project(tmp_path, f"sqlite:///{tmp_path / 'app.db'}")
    project.in_env(
        "with engine.connect()",
        "if context.is_offline_mode():\n"
        "    context.configure(dialect_name='sqlite', literal_binds=True)\n"
        "    context.run_migrations()\nelse:\n  with engine.connect()",
    )
    text = project.tree.env.read_text()
    head, _, tail = text.partition("as connection:\n")
    indented = "".join(f"  {line}\n" for line in tail.splitlines())
    project.tree.env.write_text(f"{head}as connection:\n{indented}")
    command.upgrade(project.tree.config, "head", sql=True)
    out = capsys.readouterr().out
    assert "CREATE TABLE t3" in out
    assert "history" not in out


def test_a_database_in_memory(tmp_path: Path) -> None:
    project = Project(tmp_path, "sqlite://")
    project.in_env(
        "with engine.connect() as connection:",
        "with config.attributes['engine'].connect() as connection:",
    )
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    config = project.tree.config
    config.attributes["engine"] = engine
    command.upgrade(config, "head")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        found = [row["outcome"] for row in _log_verb.steps(context)]
    assert found == ["done"] * 3


def test_a_transaction_of_the_caller_on_sqlite(tmp_path: Path) -> None:
    """Another session could not write meanwhile."""
    project = Project(tmp_path, f"sqlite:///{tmp_path / 'app.db'}")
    project.in_env(
        "with engine.connect() as connection:",
        "with engine.begin() as connection:\n"
        "    connection.exec_driver_sql('CREATE TABLE other (x)')\n"
        "    connection.exec_driver_sql('INSERT INTO other VALUES (1)')",
    )
    command.upgrade(project.tree.config, "head")
    project.in_env("CREATE TABLE other", "CREATE TABLE IF NOT EXISTS other")
    assert project.ends() == [("upgrade", f"r{n}", "done") for n in (1, 2, 3)]


def test_upstream_works_on(
    tmp_path: Path, database_url: str, upstream_path: Path
) -> None:
    """Its comparison has to be told of the table, as the documentation says."""
    project = Project(tmp_path, database_url)
    project.tree.ini.write_text(f"{project.tree.ini.read_text()}migration_lock = on\n")
    command.upgrade(project.tree.config, "r2")

    def upstream(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "alembic.config", *arguments],
            cwd=project.tree.root,
            env={**os.environ, "PYTHONPATH": str(upstream_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        return "" if done.returncode == 0 else done.stdout + done.stderr

    assert upstream("upgrade", "head") == ""
    assert "remove_table" in upstream("check")
    project.in_env(
        "context.configure(",
        "context.configure(include_name=lambda name, type_, parent_names: "
        'type_ != "table" or name != "alembic_version_history", ',
    )
    assert upstream("check") == ""
    assert upstream("downgrade", "r1") == ""
    command.upgrade(project.tree.config, "head")
    command.check(project.tree.config)
    names = ("r1", "r2", "r2", "r3")  # upstream's own steps are not told
    assert project.ends() == [("upgrade", name, "done") for name in names]


def test_an_engine_with_one_connection(tmp_path: Path, pg_url: str) -> None:
    """Its session stays in its transaction; what failed is told behind it."""
    project = Project(tmp_path, pg_url)
    project.in_env("pool.NullPool", "pool.StaticPool")
    project.add_to("r3", "raise ValueError")
    with pytest.raises(ValueError):
        command.upgrade(project.tree.config, "head")
    inspector = sa.inspect(project.engine)
    assert inspector.get_table_names() == ["alembic_version_history"]
    assert project.ends() == [("upgrade", "r3", "failed")]
    command.upgrade(project.tree.config, "r2")
    assert project.ends()[1:] == [("upgrade", f"r{n}", "done") for n in (1, 2)]


def test_a_pool_without_a_second_connection(tmp_path: Path, pg_url: str) -> None:
    project = Project(tmp_path, pg_url)
    project.in_env(
        "poolclass=pool.NullPool", "pool_size=1, max_overflow=0, pool_timeout=0.1"
    )
    with pytest.raises(CommandError, match="The history needs a connection of its own"):
        command.upgrade(project.tree.config, "head")
    assert "t1" not in sa.inspect(project.engine).get_table_names()


def test_dialects_are_not_imported_for_a_history_that_is_off() -> None:
    code = (
        "import sys, alembic_c.runtime.environment\n"
        "assert 'sqlalchemy' in sys.modules\n"
        "assert 'sqlalchemy.dialects.mysql' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_schema_that_env_py_has_chosen(tmp_path: Path, pg_url: str) -> None:
    project = Project(tmp_path, pg_url)
    with project.engine.begin() as connection:
        connection.exec_driver_sql('CREATE SCHEMA "a ""tenant"')
    project.in_env(
        "    context.configure(",
        '    connection.exec_driver_sql(\'SET search_path TO "a ""tenant"\')\n'
        "    connection.commit()\n    context.configure(",
    )
    command.upgrade(project.tree.config, "head")
    assert len(project.log()) == 3
    inspector = sa.inspect(project.engine)
    assert "alembic_version_history" in inspector.get_table_names('a "tenant')
    assert inspector.get_table_names() == []


ASYNC_ENV = """
import asyncio
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import create_async_engine
from alembic import context

def steps(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

async def main():
    engine = create_async_engine({url!r}, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(steps)

asyncio.run(main())
"""


def test_asyncpg(tmp_path: Path, pg_url: str) -> None:
    project = Project(tmp_path, pg_url)
    project.add_to("r3", "raise ValueError")
    url = sa.make_url(pg_url).set(drivername="postgresql+asyncpg")
    env = project.tree.env.read_text()
    project.tree.env.write_text(
        ASYNC_ENV.format(url=url.render_as_string(hide_password=False))
    )
    with pytest.raises(ValueError):
        command.upgrade(project.tree.config, "head")
    project.tree.env.write_text(env)
    assert [end for _, _, end in project.ends()] == [
        *("rolled back", "rolled back", "failed")
    ]


def test_a_process_that_was_killed(project: Project) -> None:
    project.add_to("r2", "import time; print('now', flush=True); time.sleep(60)")
    running = subprocess.Popen(
        [sys.executable, "-m", "alembic_c", "upgrade", "head"],
        cwd=project.tree.root,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "now\n"
    running.send_signal(signal.SIGKILL)
    running.wait()
    deadline = time.monotonic() + 10
    while "r2" not in {each["revision"] for each in project.log()}:
        assert time.monotonic() < deadline
    assert project.ends()[1] == ("upgrade", "r2", None)


def test_a_file_that_was_edited(tmp_path: Path) -> None:
    project = Project(tmp_path, f"sqlite:///{tmp_path / 'app.db'}")
    command.upgrade(project.tree.config, "head")

    def edited() -> list[str]:
        out = io.StringIO()
        config = Config(str(project.tree.ini), stdout=out)
        _doctor_verb.run(config, Namespace(format="json"))
        found = json.loads(out.getvalue())["findings"]
        assert {each["check"] for each in found} <= {"edited-revision"}
        return [each["subject"] for each in found]

    path = project.tree.versions / "r2.py"
    text = path.read_text()
    path.write_text(f'# A licence.\n"""More words."""\n{text}\n\n# The end.\n')
    assert edited() == []
    path.write_text(text.replace("String(30)", "String(31)"))
    assert edited() == ["r2"]
    # What is not applied any more may change.
    command.downgrade(project.tree.config, "r1")
    assert edited() == []
    command.upgrade(project.tree.config, "head")
    assert edited() == []


def test_text(tmp_path: Path) -> None:
    project = Project(tmp_path, f"sqlite:///{tmp_path / 'app.db'}")
    command.upgrade(project.tree.config, "r1")
    out = io.StringIO()
    config = Config(str(project.tree.ini), stdout=out)
    _log_verb.run(config, Namespace(format="text", n=1))
    assert " upgrade r1: done in 0." in out.getvalue()
    assert out.getvalue().count("\n") == 1


def test_meaning() -> None:
    digest = _meaning.digest
    assert digest(b"x = 1") == digest(b"'doc'\nx=1  # one\n")
    assert digest(b"x = 1") != digest(b"x = 2")
    assert digest(b"def f():\n 'doc'") == digest(b"def f():\n 'other'")
    assert digest(b"not python") != digest(b"nor python")
    assert digest(b"x = " + b"(" * 5000) == digest(b"x = " + b"(" * 5000)
    assert digest(b"\xff\x00")
    # As databases have it stored: the same under all versions of Python.
    assert digest(b"def f(a, *, b=None): return [a, b'x', 1.5, f'{a}']") == (
        "cb9ae225a774c45ac116d863a65a0a4a6b0613bc6b35ef72de4dba8129704b0b"
    )
