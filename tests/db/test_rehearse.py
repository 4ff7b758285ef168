"""`upgrade --rehearse`: another database goes through the steps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from alembic_c import command
from alembic_c.catalog import snapshot
from tests.db.test_plan import empty_tree, write
from tests.support import alembic_name
from tests.support.project import Project
from tests.testkit.tree import Tree, databases

FIRST = """    op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))"""
SECOND = """    op.add_column("t", sa.Column("n", sa.Integer))"""
THIRD = """    op.create_index("ix", "t", ["n"])"""


@pytest.fixture(autouse=True)
def name_is_ours() -> Iterator[None]:
    with alembic_name.ours():
        yield


def test_several_heads(tree: Tree, database_url: str) -> None:
    write(tree, "x", "a", "    op.create_table('x', sa.Column('id', sa.Integer))")
    write(tree, "y", "x", "    op.drop_table('x')")
    for head in ("b", "x"):
        command.upgrade(tree.config, head)
    done = Project(tree.root).run("upgrade", "heads", "--rehearse").stdout
    assert done.count("upgrade ") == 2
    assert "x: removed" in done


def test_each_transaction_has_its_own_locks(
    tmp_path: Path, pg_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALEMBIC_C_TESTKIT_CACHE", str(tmp_path / "cache"))
    tree = empty_tree(tmp_path, pg_url)
    write(tree, "a", None, FIRST)
    write(tree, "b", "a", SECOND)
    write(tree, "c", "b", SECOND.replace('"n"', '"m"'))
    command.upgrade(tree.config, "a")
    for per_migration, n in ((False, 1), (True, 2)):
        found = f"transaction_per_migration={not per_migration}, "
        text = tree.env.read_text().replace(found, "")
        option = f"transaction_per_migration={per_migration}, "
        tree.env.write_text(
            text.replace("context.configure(", f"context.configure({option}")
        )
        done = Project(tree.root).run("upgrade", "head", "--rehearse").stdout
        assert done.count("    AccessExclusiveLock on t\n") == n


@pytest.fixture
def tree(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Tree:
    monkeypatch.setenv("ALEMBIC_C_TESTKIT_CACHE", str(tmp_path / "cache"))
    tree = empty_tree(tmp_path, database_url)
    write(tree, "a", None, FIRST)
    write(tree, "b", "a", SECOND)
    write(tree, "c", "b", THIRD)
    command.upgrade(tree.config, "a")
    return tree


def test_times_locks_and_changes(tree: Tree, database_url: str) -> None:
    before = snapshot(database_url)
    is_pg = database_url.startswith("postgresql")
    existed = databases(database_url, tree) if is_pg else set()
    done = Project(tree.root).run("upgrade", "head", "--rehearse").stdout
    lines = done.splitlines()
    assert lines[0].endswith(", which has no rows")
    assert re.fullmatch(r"upgrade a -> b, step b: \d+\.\d{3} s", lines[1])
    assert ("    AccessExclusiveLock on t" in lines) == is_pg
    assert ("    ShareLock on t" in lines) == is_pg
    assert [line.replace("public.", "") for line in lines[-3:]] == [
        "changes of the catalog: 2",
        "    column n of t: added",
        "    index ix of t: added",
    ]
    assert snapshot(database_url) == before
    if is_pg:
        left = databases(database_url, tree) - existed
        assert all("template" in name for name in left), "the clone is gone"
    assert not list(tree.root.glob("alembic_c_test_*"))


def test_the_failure_is_found(tree: Tree, database_url: str) -> None:
    write(tree, "d", "c", "    op.drop_table('nowhere')")
    before = snapshot(database_url)
    done = Project(tree.root).run("upgrade", "head", "--rehearse", status=1)
    assert "upgrade b -> c, step c: 0." in done.stdout
    assert "upgrade c -> d, step d: failed: " in done.stdout
    assert "nowhere" in done.stdout
    assert snapshot(database_url) == before


def test_a_failure_that_needs_rows(tmp_path: Path) -> None:
    tree = empty_tree(tmp_path)
    write(tree, "a", None, FIRST)
    write(tree, "b", "a", "    op.execute('CREATE UNIQUE INDEX u ON t (id / 10)')")
    command.upgrade(tree.config, "a")
    with sa.create_engine(f"sqlite:///{tmp_path / 'app.db'}").begin() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1), (2)")
    (tmp_path / "copy.db").write_bytes((tmp_path / "app.db").read_bytes())
    project = Project(tree.root, ALEMBIC_C_TESTKIT_CACHE=str(tmp_path / "cache"))
    done = project.run("upgrade", "head", "--rehearse")
    assert "index u of t: added" in done.stdout
    copy = f"sqlite:///{tmp_path / 'copy.db'}"
    done = project.run("upgrade", "head", "--rehearse-url", copy, status=1)
    assert "step b: failed: IntegrityError" in done.stdout
    real = f"sqlite:///{tmp_path / 'app.db'}"
    done = project.run("upgrade", "head", "--rehearse-url", real, status=255)
    assert "has to be another" in done.stdout + done.stderr
