"""`alembic status`: its states, its forms, its exit codes."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.project import Project
from tests.testkit.tree import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path)
    ini = tree.ini.read_text()
    tree.ini.write_text(f"{ini}sqlalchemy.url = sqlite:///{tmp_path / 'app.db'}\n")
    return tree


@pytest.fixture
def project(tree: Tree) -> Project:
    return Project(tree.root)


def status(project: Project, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = project.run("status", "--format", "json", *arguments, status=code)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def stamp(project: Project, *revisions: str) -> None:
    with closing(sqlite3.connect(project.root / "app.db")) as connection, connection:
        connection.execute("CREATE TABLE IF NOT EXISTS alembic_version (version_num)")
        connection.execute("DELETE FROM alembic_version")
        for revision in revisions:
            connection.execute("INSERT INTO alembic_version VALUES (?)", (revision,))


URL = ("--url", "sqlite:///app.db")


@pytest.mark.parametrize("way", [(), URL], ids=["env", "url"])
class TestStates:
    def test_current(self, project: Project, way: tuple[str, ...]) -> None:
        stamp(project, "r3")
        found = status(project, "--exit-code", *way)
        assert found["state"] == "current"
        assert found["pending"] == []

    def test_behind(self, project: Project, way: tuple[str, ...]) -> None:
        stamp(project, "r1")
        found = status(project, "--exit-code", *way, code=3)
        assert found["state"] == "behind"
        assert [each["revision"] for each in found["pending"]] == ["r2", "r3"]
        assert status(project, *way)["state"] == "behind"  # without --exit-code: 0

    def test_unknown(self, project: Project, way: tuple[str, ...]) -> None:
        stamp(project, "zz")
        found = status(project, "--exit-code", *way, code=4)
        assert (found["state"], found["unknown"]) == ("unknown", ["zz"])

    def test_diverged(self, project: Project, way: tuple[str, ...]) -> None:
        stamp(project, "zz", "r2")
        found = status(project, "--exit-code", *way, code=5)
        assert found["state"] == "diverged"
        assert [each["revision"] for each in found["pending"]] == ["r3"]

    def test_empty(self, project: Project, way: tuple[str, ...]) -> None:
        with closing(sqlite3.connect(project.root / "app.db")) as connection:
            connection.execute("CREATE TABLE other (id)")
        found = status(project, "--exit-code", *way, code=3)
        assert found["applied"] == []
        with closing(sqlite3.connect(project.root / "app.db")) as connection:
            names = connection.execute("SELECT name FROM sqlite_master").fetchall()
        assert names == [("other",)], "looking writes nothing"


def test_what_is_pending(project: Project, tree: Tree) -> None:
    path = tree.versions / "r3.py"
    path.write_text(
        '"""Third."""\n'
        + path.read_text().replace(
            "def upgrade():\n",
            "def upgrade():\n"
            "    with op.get_context().autocommit_block():\n"
            "        op.execute('SELECT 1')\n"
            "    with op.batch_alter_table('t1') as batch_op:\n"
            "        batch_op.drop_column('name')\n",
        )
    )
    stamp(project, "r2")
    (pending,) = status(project)["pending"]
    assert pending["message"] == "Third."
    assert pending["operations"] == {"create_table": 1, "drop_column": 1, "execute": 1}
    assert pending["transactional"] is False
    text = project.run("status").stdout
    assert "1 create_table" in text
    assert "not in one transaction" in text


def test_json_has_a_version(project: Project) -> None:
    stamp(project, "r3")
    assert status(project)["format"] == 1


def test_wait_ends_when_the_database_is_current(project: Project) -> None:
    stamp(project, "r2")
    later = threading.Timer(1.0, stamp, (project, "r3"))
    later.start()
    started = time.monotonic()
    assert status(project, "--wait", "60", "--exit-code")["state"] == "current"
    assert time.monotonic() - started < 30
    later.join()


def test_wait_ends_with_its_time(project: Project) -> None:
    stamp(project, "r2")
    assert status(project, "--wait", "0.3", "--exit-code", code=3)


def test_a_url_needs_neither_env_py_nor_sqlalchemy(
    project: Project, tree: Tree
) -> None:
    stamp(project, "r3")
    tree.env.write_text("raise RuntimeError('executed')")
    program = (
        "import sys; from alembic_c.config import main\n"
        "main(['status', '--url', 'sqlite:///app.db'])\n"
        "assert 'sqlalchemy' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project.root,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_postgresql_by_url(project: Project, pg_url: str) -> None:
    found = status(project, "--url", pg_url, "--exit-code", code=3)
    assert found["applied"] == []


def test_a_missing_file_is_named(project: Project) -> None:
    out = project.run("status", "--url", "sqlite:///none.db", status=255).stdout
    assert "no such file: none.db" in out


def test_env_py_that_runs_nothing_is_named(project: Project, tree: Tree) -> None:
    tree.env.write_text("")
    assert "env.py ran no migrations" in project.run("status", status=255).stdout
