"""New revision files: never over another one, by one process or by several."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from alembic_c.util import pyfiles
from tests.support.project import Project

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path, PYTHONPATH=str(ROOT))
    project.run("-q", "init", "migrations")
    return project


def test_a_file_that_is_there_stays(project: Project) -> None:
    project.run("revision", "-m", "one", "--rev-id", "r1")
    path = project.root / "migrations" / "versions" / "r1_one.py"
    path.write_text(path.read_text() + "# edited\n")
    before = path.read_text()
    # The message decides the name too, so the graph is asked for another head.
    done = project.run(
        "revision", "-m", "one", "--rev-id", "r1", "--head", "base", status=255
    )
    assert f"FAILED: Revision r1 is there already\n  in {path}\n" in done.stdout
    assert path.read_text() == before
    assert [each.name for each in path.parent.iterdir() if each.is_file()] == [
        "r1_one.py"
    ]


def test_of_several_processes_one_succeeds(project: Project) -> None:
    command = [sys.executable, "-m", "alembic_c"]
    command += ["revision", "-m", "one", "--rev-id", "r1"]
    running = [
        subprocess.Popen(
            command,
            cwd=project.root,
            env={**os.environ, **project.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _ in range(4)
    ]
    for process in running:
        process.communicate(timeout=120)
    assert [each.returncode for each in running].count(0) == 1


def test_a_file_system_without_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: str, target: str) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "t.mako").write_text("x = ${x}\n")
    target = tmp_path / "new.py"
    pyfiles.template_to_new_file(tmp_path / "t.mako", target, "utf-8", {"x": 1})
    with pytest.raises(FileExistsError):
        pyfiles.template_to_new_file(tmp_path / "t.mako", target, "utf-8", {"x": 2})
    assert target.read_text() == "x = 1\n"
    assert {each.name for each in tmp_path.iterdir()} == {"t.mako", "new.py"}
