"""The commands in the recipes of docs/howto/deploy.md, run in their order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.blocks import DOCS
from tests.support.project import Project
from tests.testkit.tree import Tree

_COMMAND = re.compile(r"alembic ([a-z]+(?: [^\s\"#]+)*)")
_TARGETS = {"expand@head", "contract@head"}


def commands() -> list[str]:
    """Return what stands behind `alembic` in the page's blocks."""
    text = (DOCS / "howto" / "deploy.md").read_text("utf-8")
    blocks = re.findall(r"^```\{code-block\}.*?^```$", text, re.MULTILINE | re.DOTALL)
    return [found.strip() for block in blocks for found in _COMMAND.findall(block)]


def test_the_page_has_commands() -> None:
    assert len(commands()) == 9


@pytest.fixture
def project(tmp_path: Path) -> Project:
    tree = Tree(tmp_path)
    tree.ini.write_text(f"{tree.ini.read_text()}sqlalchemy.url = sqlite:///app.db\n")
    return Project(tmp_path)


def test_each_command_ends_well(project: Project) -> None:
    for words in commands():
        if not _TARGETS & set(words.split()):
            project.run(*words.split())


def test_expand_and_contract(tmp_path: Path) -> None:
    tree = Tree(tmp_path, n_revisions=0)
    tree.ini.write_text(f"{tree.ini.read_text()}sqlalchemy.url = sqlite:///app.db\n")
    project = Project(tmp_path)
    head = (
        "revision = {!r}\ndown_revision = {!r}\nbranch_labels = {!r}\ndepends_on = {!r}"
    )
    for name, down, label, needs in (
        ("e1", None, "expand", None),
        ("e2", "e1", None, None),
        ("c1", None, "contract", None),
        ("c2", "c1", None, "e2"),
    ):
        text = head.format(name, down, label, needs)
        (tree.versions / f"{name}.py").write_text(
            f"{text}\ndef upgrade():\n    pass\ndef downgrade():\n    pass\n"
        )
    before, after = (words for words in commands() if _TARGETS & set(words.split()))
    project.run(*before.split())
    assert project.run("current").stdout.split()[:1] == ["e2"]
    assert "pending:  2" in project.run("status").stdout
    project.run(*after.split())
    assert "c2 (head)" in project.run("current").stdout
    project.run("status", "--exit-code")
