"""The checks of a migration tree: quiet on a good one, and each finds its fault."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import CITEXT

from alembic_c.testkit import TestKitError, checks
from alembic_c.testkit.checks import CheckFailed, StepReport
from tests.testkit.tree import Tree


@pytest.fixture(params=["memory", "postgresql"])
def place(request: pytest.FixtureRequest) -> str:
    """Return the URL of a server whose catalogs can be read."""
    if request.param == "memory":
        return "sqlite://"
    url: str = request.getfixturevalue("postgresql_server")
    return url


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_good_tree(tree: Tree, place: str) -> None:
    checks.one_head(tree.config)
    checks.loads_without_warning(tree.config)
    checks.goes_up(tree.config, place)
    checks.matches_models(tree.config, place)
    checks.autogenerate_finds_nothing(tree.config, place)
    seen: list[StepReport] = []
    reports = checks.steps(tree.config, place, report=seen.append)
    assert seen == reports
    assert [each.revision for each in reports] == ["r1", "r2", "r3"]
    assert not any(each.failed for each in reports)


def test_an_empty_tree(tmp_path: Path) -> None:
    tree = Tree(tmp_path, n_revisions=0)
    checks.one_head(tree.config)
    checks.goes_up(tree.config, "sqlite://")
    assert checks.steps(tree.config, "sqlite://") == []


def test_two_heads(tree: Tree) -> None:
    tree.add(4, down="r2")
    with pytest.raises(CheckFailed, match=r"(?s)2 heads.*r3\.py.*r4\.py.*merge"):
        checks.one_head(tree.config)


def test_a_warning_while_loading(tree: Tree) -> None:
    (tree.versions / "copy.py").write_text((tree.versions / "r2.py").read_text())
    with pytest.raises(CheckFailed, match="r2 is present more than once"):
        checks.loads_without_warning(tree.config)


def test_a_file_that_cannot_be_executed(tree: Tree) -> None:
    with (tree.versions / "r2.py").open("a") as stream:
        stream.write("\nundefined\n")
    with pytest.raises(CheckFailed, match=r"r2\.py cannot be executed: NameError"):
        checks.loads_without_warning(tree.config)


def test_a_downgrade_that_passes(tree: Tree, place: str) -> None:
    edit(tree.versions / "r2.py", "op.drop_table('t2')", "pass")
    with pytest.raises(CheckFailed, match=r"(?s)1 of 3.*r2\.py.*table .*t2"):
        checks.steps(tree.config, place)


def test_what_is_no_table_is_left_behind(tree: Tree, place: str) -> None:
    view = "op.execute('CREATE VIEW a_view AS SELECT 1 AS x')"
    edit(tree.versions / "r2.py", "def upgrade():", f"def upgrade():\n    {view}")
    with pytest.raises(CheckFailed, match=r"view .*a_view is there only after"):
        checks.steps(tree.config, place)
    # Models have no words for views.
    checks.matches_models(tree.config, place)


def test_an_enum_that_is_left_behind(tree: Tree, postgresql_server: str) -> None:
    column = "sa.Column('mood', sa.Enum('sad', 'glad', name='mood')),"
    edit(tree.versions / "r2.py", 'sa.Column("name"', f'{column} sa.Column("name"')
    with pytest.raises(CheckFailed, match=r"enum public\.mood is there only after"):
        checks.steps(tree.config, postgresql_server)


def test_each_fault_is_told_in_one_run(tree: Tree, place: str) -> None:
    edit(tree.versions / "r1.py", "op.drop_table('t1')", "pass")
    edit(tree.versions / "r3.py", "op.drop_table('t3')", "op.drop_table('t9')")
    with pytest.raises(CheckFailed) as caught:
        checks.steps(tree.config, place)
    text = str(caught.value)
    assert "2 of 3 revisions" in text
    assert re.search(
        r"r1\.py\n.*\n.*table .*t1 is there only after the downgrade", text
    )
    assert re.search(r"r3\.py\n.*\n.*Error: .*t9", text)


def test_what_cannot_be_reverted_says_so(tree: Tree, place: str) -> None:
    edit(tree.versions / "r2.py", "op.drop_table('t2')", "raise NotImplementedError")
    with pytest.raises(CheckFailed, match="NotImplementedError"):
        checks.steps(tree.config, place)
    with (tree.versions / "r2.py").open("a") as stream:
        stream.write("\nirreversible = 'drops old names'\n")
    reports = checks.steps(tree.config, place)
    assert [each.irreversible for each in reports] == [None, "drops old names", None]
    assert "not reverted: drops old names" in str(reports[1])


@pytest.mark.parametrize("reason", ["''", "False", "None"])
def test_what_gives_no_reason_is_reverted(tree: Tree, place: str, reason: str) -> None:
    path = tree.versions / "r2.py"
    edit(path, "op.drop_table('t2')", "pass")
    with path.open("a") as stream:
        stream.write(f"\nirreversible = {reason}\n")
    with pytest.raises(CheckFailed, match=r"table (public\.)?t2 is there only"):
        checks.steps(tree.config, place)


def test_a_reason_is_a_text(tree: Tree) -> None:
    with (tree.versions / "r2.py").open("a") as stream:
        stream.write("\nirreversible = True\n")
    with pytest.raises(TestKitError, match=r"r2\.py: irreversible is True"):
        checks.steps(tree.config, "sqlite://")


def test_a_range_of_steps(tree: Tree, place: str) -> None:
    edit(tree.versions / "r1.py", "op.drop_table('t1')", "pass")
    reports = checks.steps(tree.config, place, "r1:r2")
    assert [each.revision for each in reports] == ["r2"]
    reports = checks.steps(tree.config, place, "r1:")
    assert [each.revision for each in reports] == ["r2", "r3"]


def test_a_range_has_what_each_of_its_branches_stands_on(
    tree: Tree, place: str
) -> None:
    for number in range(4, 9):
        edit(tree.add(number), f"'r{number - 1}'", "None")
    path = tree.add(9)
    edit(path, "'r8'", "'r4'")
    edit(path, "def upgrade():", "def upgrade():\n    op.drop_column('t4', 'name')")
    edit(
        path,
        "def downgrade():",
        "def downgrade():\n    op.add_column('t4', sa.Column('name', sa.String(30)))",
    )
    reports = checks.steps(tree.config, place, "r4:")
    assert {each.revision for each in reports} == {f"r{n}" for n in range(1, 10)} - {
        "r4"
    }


def test_the_first_way_up_fails_with_its_own_error(tree: Tree, place: str) -> None:
    edit(tree.versions / "r2.py", "sa.String(30)", "undefined")
    with pytest.raises(NameError, match="undefined"):
        checks.steps(tree.config, place)


def test_branches_and_merges(tree: Tree, place: str) -> None:
    tree.add(4, down="r2")
    path = tree.add(5)
    edit(path, "'r4'", "('r3', 'r4')")
    reports = checks.steps(tree.config, place)
    assert {each.revision for each in reports} == {"r1", "r2", "r3", "r4", "r5"}


def test_models_that_differ(tree: Tree, place: str) -> None:
    models = sa.MetaData()
    sa.Table("t1", models, sa.Column("id", sa.Integer, primary_key=True))
    with pytest.raises(
        CheckFailed,
        match=r"(?s)differ.*t1\n  column name is there only in the database\n.*t2",
    ):
        checks.matches_models(tree.config, place, models)


@pytest.mark.parametrize("makes_schema", [False, True])
def test_models_in_a_schema_with_types_of_an_extension(
    tree: Tree, postgresql_server: str, makes_schema: bool
) -> None:
    models = sa.MetaData()
    for name in tree.tables:
        column = sa.Column("name", sa.String(30))
        sa.Table(name, models, sa.Column("id", sa.Integer, primary_key=True), column)
    sa.Table("named", models, sa.Column("name", CITEXT), schema="it's %")
    if makes_schema:

        @sa.event.listens_for(models, "before_create")
        def make(target: sa.MetaData, connection: sa.Connection, **_: object) -> None:
            connection.execute(sa.text('CREATE SCHEMA "it\'s %"'))
            connection.execute(sa.text("CREATE EXTENSION citext"))

    with (tree.versions / "r3.py").open("a") as stream:
        stream.write(
            "    op.execute('DROP SCHEMA \"it\\'s %%\" CASCADE')\n"
            "tables = upgrade\n"
            "def upgrade():\n"
            "    tables()\n"
            "    op.execute('CREATE SCHEMA \"it\\'s %\"')\n"
            "    op.execute('CREATE EXTENSION citext')\n"
            "    op.execute('CREATE TABLE \"it\\'s %\".named (name citext)')\n"
        )
    checks.matches_models(tree.config, postgresql_server, models)


def test_no_models(tree: Tree) -> None:
    edit(tree.env, "target_metadata=metadata", "target_metadata=None")
    with pytest.raises(TestKitError, match="there are no models"):
        checks.matches_models(tree.config, "sqlite://")


def test_autogenerate_that_finds_something(tree: Tree, place: str) -> None:
    edit(tree.versions / "r3.py", "'t3'", "'t4'")
    with pytest.raises(CheckFailed, match="New upgrade operations detected"):
        checks.autogenerate_finds_nothing(tree.config, place)


def _git(tree: Tree, *arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    command = ["git", *identity, *arguments]
    subprocess.run(command, cwd=tree.root, check=True, capture_output=True)


def test_revisions_that_were_edited(tree: Tree) -> None:
    _git(tree, "init", "-q")
    _git(tree, "add", "-A")
    _git(tree, "commit", "-qm", "first")
    checks.unedited_since(tree.config, "HEAD")
    path = tree.versions / "r2.py"
    path.write_text('"""Another docstring."""\n# a comment\n' + path.read_text())
    tree.add(4)
    checks.unedited_since(tree.config, "HEAD")
    edit(path, "String(30)", "String(31)")
    (tree.versions / "r3.py").unlink()
    with pytest.raises(CheckFailed, match=r"(?s)changed after HEAD.*r2\.py.*r3\.py"):
        checks.unedited_since(tree.config, "HEAD")


def test_revisions_in_any_encoding_and_with_another_name(tree: Tree) -> None:
    latin = tree.add(4)
    text = "# -*- coding: latin-1 -*-\nx = '\u00e9'\n" + latin.read_text()
    latin.write_bytes(text.encode("latin-1"))
    marked = tree.versions / "r5 \u00e9.py"
    marked.write_bytes(b"\xef\xbb\xbf" + tree.add(5).read_bytes())
    (tree.versions / "r5.py").unlink()
    _git(tree, "init", "-q")
    _git(tree, "add", "-A")
    _git(tree, "commit", "-qm", "first")
    marked.rename(tree.versions / "other.py")
    checks.unedited_since(tree.config, "HEAD")
    latin.write_bytes(text.replace("\u00e9", "\u00e8").encode("latin-1"))
    (tree.versions / "r3.py").write_text("def (")
    with pytest.raises(CheckFailed, match=r"(?s)r3\.py\n.*r4\.py$"):
        checks.unedited_since(tree.config, "HEAD")


def test_a_reference_that_git_does_not_know(tree: Tree) -> None:
    _git(tree, "init", "-q")
    with pytest.raises(TestKitError, match=r"git ls-tree: .*no-such"):
        checks.unedited_since(tree.config, "no-such")
