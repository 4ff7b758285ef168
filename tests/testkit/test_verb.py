"""`alembic test`: a line for each step, the differences, and the status."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.project import Project
from tests.testkit.tree import Tree


@pytest.fixture
def project(tree: Tree, cache: Path) -> Project:
    ini = tree.ini.read_text()
    tree.ini.write_text(f"{ini}sqlalchemy.url = sqlite:///app.db\n")
    return Project(tree.root)


def test_a_good_tree(project: Project) -> None:
    out = project.run("test").stdout
    assert re.findall(r"^(r\d)  +[\d.]+ ms$", out, re.MULTILINE) == ["r1", "r2", "r3"]
    assert re.search(r"^3 revisions in [\d.]+ s, 0 failed$", out, re.MULTILINE)
    assert not (project.root / "app.db").exists()


def test_a_range(project: Project) -> None:
    assert "1 revisions in" in project.run("test", "r1:r2").stdout
    # Nothing is new, which is no fault.
    assert "0 revisions in" in project.run("test", "r3:r3").stdout
    assert "0 revisions in" in project.run("test", "r3:").stdout


def test_a_range_that_is_the_wrong_way_round(project: Project) -> None:
    out = project.run("test", "r3:r1", status=255).stdout
    assert "r1 is below r3" in out
    assert "r1:r3" in out


def test_a_downgrade_that_passes(project: Project) -> None:
    project.replace("migrations/versions/r2.py", "op.drop_table('t2')", "pass")
    out = project.run("test", status=1).stdout
    assert re.search(
        r"^r2 .*\n    table t2 is there only after the downgrade$", out, re.MULTILINE
    )
    assert "3 revisions in" in out
    assert "1 failed" in out


def test_two_heads(project: Project, tree: Tree) -> None:
    tree.add(4, down="r2")
    assert "2 heads" in project.run("test", status=1).stdout


def test_on_a_server(project: Project, postgresql_server: str) -> None:
    assert "0 failed" in project.run("test", "--url", postgresql_server).stdout


def test_a_server_that_cannot_be_made(project: Project) -> None:
    project.replace("alembic.ini", "sqlite:///app.db", "oracle://x@y/z")
    assert "name one with --url" in project.run("test", status=255).stdout


@pytest.mark.parametrize("given", ["u:secret@h/x", ":secret@h", ""])
def test_what_is_no_url_is_not_shown(project: Project, given: str) -> None:
    arguments = ["--url", given]
    if not given:
        project.replace("alembic.ini", "sqlite:///app.db", "u:secret@h/x")
        arguments = []
    done = project.run("test", *arguments, status=255)
    assert "neither a URL" in done.stdout
    assert "secret" not in done.stdout + done.stderr


def test_program_options_before_the_verb(project: Project) -> None:
    out = project.run("-c", "alembic.ini", "-x", "test=1", "-q", "test", "r2:").stdout
    assert out == ""


def test_help(project: Project) -> None:
    assert "\n    test  " in project.run("--help").stdout
    assert "after the way down" in " ".join(project.run("test", "-h").stdout.split())
