"""`--format json` of the commands that look."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.project import Project

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "json.md"

MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table(
    "item", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(30), index=True),
)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("json"), PYTHONIOENCODING="utf-8")
    project.run("init", "migrations")
    project.use_database("sqlite:///app.db")

    def add(revision: str, *arguments: str) -> None:
        project.run("revision", "--rev-id", revision, "-m", revision * 2, *arguments)

    add("a1")
    add("a2")
    add("b1", "--head", "a1", "--splice", "--branch-label", "side")
    add("c1", "--head", "base", "--depends-on", "b1")
    project.run("upgrade", "a2")
    return project


def told(project: Project, *arguments: str, status: int = 0) -> dict[str, Any]:
    done = project.run(*arguments, "--format", "json", status=status)
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["format"] == 1
    assert found["command"] == arguments[0]
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [each["revision"] for each in found["revisions"]]


def documented(heading: str) -> set[str]:
    """Return the fields in the table of the page below a line."""
    table = (
        PAGE.read_text("utf-8").partition(f"\n{heading}\n")[2].partition("\n\n\n")[0]
    )
    rows = re.findall(r"^\| (`.*?`) \|", table.partition("\n\nA ")[0], re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_heads(project: Project) -> None:
    assert ids(told(project, "heads")) == ["a2", "b1", "c1"]
    assert ids(told(project, "heads", "--resolve-dependencies")) == ["a2", "c1"]


def test_history(project: Project) -> None:
    lines = project.run("history").stdout.splitlines()
    found = told(project, "history")
    assert ids(found) == [
        re.split(r"[ ,]", line.partition("-> ")[2])[0] for line in lines
    ]
    (first,) = [each for each in found["revisions"] if each["revision"] == "b1"]
    path = str(project.root / "migrations/versions/b1_b1b1.py")
    assert first.pop("description").startswith("b1b1\n\nRevision ID: b1\n")
    assert first == {
        "revision": "b1",
        "down_revisions": ["a1"],
        "depends_on": [],
        "children": [],
        "branch_labels": ["side"],
        "message": "b1b1",
        "path": path,
        "is_head": True,
        "is_base": False,
        "is_branch_point": False,
        "is_merge_point": False,
        "is_current": None,
    }
    (other,) = [each for each in found["revisions"] if each["revision"] == "c1"]
    assert other["depends_on"] == ["b1"]
    assert documented("A revision:") == {*first, "description"}


def test_history_in_part_and_reversed(project: Project) -> None:
    whole = ids(told(project, "history"))
    assert ids(told(project, "history", "-n", "2")) == whole[:2]
    assert ids(told(project, "history", "--reverse")) == whole[::-1]
    assert ids(told(project, "history", "-r", "a1:a2")) == ["a2", "a1"]
    marked = told(project, "history", "-i")["revisions"]
    assert {each["revision"]: each["is_current"] for each in marked} == {
        "a1": False,
        "a2": True,
        "b1": False,
        "c1": False,
    }


def test_branches_and_show(project: Project) -> None:
    (point,) = told(project, "branches")["revisions"]
    assert (point["revision"], point["children"]) == ("a1", ["a2", "b1"])
    assert ids(told(project, "show", "a2")) == ["a2"]
    assert ids(told(project, "show", "heads")) == ["a2", "c1"]


def test_current(project: Project) -> None:
    (database,) = told(project, "current")["databases"]
    assert database["url"] == "sqlite:///app.db"
    assert ids(database) == ["a2"]
    assert database["revisions"][0]["is_current"] is True
    done = project.run(
        "current", "--check-heads", "--format", "json", status=255
    ).stdout
    assert done == project.run("current", "--check-heads", status=255).stdout


def test_errors_are_those_of_the_text_form(project: Project) -> None:
    for arguments in (("show", "zz"), ("history", "-r", "a1"), ("check",)):
        plain = project.run(*arguments, status=255)
        formatted = project.run(*arguments, "--format", "json", status=255)
        assert formatted.stdout == plain.stdout
        assert "FAILED" in plain.stdout


def test_text_is_the_plain_command(project: Project) -> None:
    for arguments in (("heads",), ("history",), ("show", "a1"), ("branches", "-v")):
        plain = project.run(*arguments).stdout
        assert project.run(*arguments, "--format", "text").stdout == plain


def test_check(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run("init", "migrations")
    project.use_database("sqlite:///app.db")
    project.use_models()
    project.write("models.py", MODELS)
    project.run("revision", "--autogenerate", "-m", "first")
    project.run("upgrade", "head")
    assert told(project, "check") == {
        "format": 1,
        "command": "check",
        "is_clean": True,
        "changes": [],
    }
    project.replace("models.py", "String(30), index=True", "String(40)")
    project.write(
        "models.py",
        (project.root / "models.py").read_text()
        + '\nsa.Table("other", metadata, sa.Column("id", sa.Integer))\n'
        'metadata.tables["item"].append_column(sa.Column("price", sa.Integer))\n',
    )
    found = told(project, "check", status=255)
    assert found["is_clean"] is False
    changes = {each["operation"]: each for each in found["changes"]}
    names = {name: (each["table"], each["name"]) for name, each in changes.items()}
    assert names == {
        "create_table": ("other", None),
        "add_column": ("item", "price"),
        "alter_column": ("item", "name"),
        "drop_index": ("item", "ix_item_name"),
    }
    assert changes["add_column"]["python"] == (
        "op.add_column('item', sa.Column('price', sa.Integer(), nullable=True))"
    )
    assert documented("A change:") == set(changes["add_column"])


HOOK = """
def write_nothing_empty(context, revision, directives):
    if directives[0].upgrade_ops.is_empty():
        directives[:] = []
"""


def test_check_where_a_hook_leaves_no_empty_revision(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run("init", "migrations")
    project.use_database("sqlite:///app.db")
    project.use_models()
    project.write("models.py", MODELS + HOOK)
    project.replace(
        "migrations/env.py",
        "connection=connection, target_metadata=target_metadata",
        "connection=connection, target_metadata=target_metadata, "
        "process_revision_directives=__import__('models').write_nothing_empty",
    )
    assert told(project, "check", status=255)["changes"]
    project.run("check", status=255)
    project.run("revision", "--autogenerate", "-m", "first")
    project.run("upgrade", "head")
    assert told(project, "check")["is_clean"] is True
    assert project.run("check").stdout == "No new upgrade operations detected.\n"
