"""`upgrade --dry-run`: the steps really run, and nothing of them stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from alembic_c import command
from alembic_c.catalog import snapshot
from alembic_c.production._dry_run import dry_run
from alembic_c.util import CommandError
from tests.db.test_plan import empty_tree, write
from tests.support import alembic_name
from tests.support.project import Project
from tests.testkit.tree import Tree, tables

STEPS = {
    "a": """    op.create_table(
        "t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer)
    )
    op.execute("INSERT INTO t VALUES (1, 1)")""",
    "b": """    op.create_index("ix", "t", ["n"])
    assert op.get_bind().scalar(sa.text("SELECT count(*) FROM t")) == 1
    with op.batch_alter_table("t") as batch_op:
        batch_op.add_column(sa.Column("m", sa.Integer, sa.CheckConstraint("m > 0")))
        batch_op.alter_column("n", existing_type=sa.Integer, nullable=False)""",
    "c": """    op.execute("UPDATE t SET m = 7")
    op.drop_index("ix", "t")""",
}


@pytest.fixture(autouse=True)
def name_is_ours() -> Iterator[None]:
    with alembic_name.ours():
        yield


def tree_with(root: Path, url: str, **steps: str) -> Tree:
    tree = empty_tree(root, url)
    below = None
    for name, body in steps.items():
        write(tree, name, below, body)
        below = name
    return tree


def content(url: str) -> list[object]:
    """Return all that a database has: its catalog and its rows."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        tables = sorted(sa.inspect(connection).get_table_names())
        rows = [
            (name, connection.exec_driver_sql(f"SELECT * FROM {name}").fetchall())
            for name in tables
        ]
        return [snapshot(connection, version_table=None), rows]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        (
            "connection=connection,",
            "connection=connection, transaction_per_migration=True,",
        ),
        ("engine.connect()", "engine.begin()"),
    ],
)
def test_nothing_stays(tmp_path: Path, database_url: str, old: str, new: str) -> None:
    tree = tree_with(tmp_path, database_url, **STEPS)
    tree.env.write_text(tree.env.read_text().replace(old, new))
    for n_applied, applied in enumerate(("base", "a", "b")):
        if n_applied:
            command.upgrade(tree.config, applied)
        before = content(database_url)
        assert dry_run(tree.config, "head") == 3 - n_applied
        assert content(database_url) == before
    done = Project(tree.root).run("upgrade", "head", "--dry-run")
    assert re.fullmatch(
        r"1 step ran in \S+ s; all of it was rolled back\n", done.stdout
    )
    assert content(database_url) == before
    command.upgrade(tree.config, "head")
    assert dry_run(tree.config, "head") == 0


def test_sqlite_in_autocommit(tmp_path: Path, sqlite_url: str) -> None:
    tree = tree_with(tmp_path, sqlite_url, **STEPS)
    text = tree.env.read_text()
    each = "isolation_level='AUTOCOMMIT', poolclass="
    tree.env.write_text(text.replace("poolclass=", each))
    command.upgrade(tree.config, "a")
    before = content(sqlite_url)
    assert dry_run(tree.config, "head") == 2
    assert content(sqlite_url) == before


def test_a_failure_is_found(tmp_path: Path, database_url: str) -> None:
    bad = {**STEPS, "c": "    op.drop_column('t', 'nothing')"}
    tree = tree_with(tmp_path, database_url, **bad)
    before = content(database_url)
    with pytest.raises(sa.exc.DBAPIError, match="nothing"):
        dry_run(tree.config, "head")
    assert content(database_url) == before


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("with op.get_context().autocommit_block():\n        pass", "autocommit_block"),
        ("op.get_bind().commit()", "commit of its own"),
        ("op.execute('/* x */ COMMIT')", "ends the transaction"),
        ("op.execute('rollback')", "ends the transaction"),
        ("op.execute('-- x\\n End')", "ends the transaction"),
    ],
)
def test_a_commit_is_refused(
    tmp_path: Path, database_url: str, body: str, reason: str
) -> None:
    tree = tree_with(tmp_path, database_url, a=STEPS["a"], b=f"    {body}")
    before = content(database_url)
    with pytest.raises(CommandError, match=reason):
        dry_run(tree.config, "head")
    assert content(database_url) == before


def test_deferred_constraints_are_checked(tmp_path: Path, pg_url: str) -> None:
    body = """    op.execute("CREATE TABLE p (id int PRIMARY KEY)")
    op.execute("CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED)")
    op.execute("INSERT INTO c VALUES (1)")"""
    tree = tree_with(tmp_path, pg_url, a=body)
    with pytest.raises(sa.exc.DBAPIError, match="c_p_fkey"):
        dry_run(tree.config, "head")


def test_a_commit_inside_a_text_is_told(tmp_path: Path, pg_url: str) -> None:
    body = "op.execute('CREATE TABLE kept (id int); COMMIT')"
    tree = tree_with(tmp_path, pg_url, a=f"    {body}")
    with pytest.raises(CommandError, match="may be committed"):
        dry_run(tree.config, "head")


def test_where_it_is_refused(tmp_path: Path, mariadb_url: str, pg_url: str) -> None:
    tree = tree_with(tmp_path / "mariadb", mariadb_url, **STEPS)
    before = content(mariadb_url)
    with pytest.raises(CommandError, match="does not roll DDL back"):
        dry_run(tree.config, "head")
    assert content(mariadb_url) == before

    tree = tree_with(tmp_path / "pg", pg_url, **STEPS)
    text = tree.env.read_text()
    each = "isolation_level='AUTOCOMMIT', poolclass="
    tree.env.write_text(text.replace("poolclass=", each))
    with pytest.raises(CommandError, match="commits each"):
        dry_run(tree.config, "head")
    assert content(pg_url) == [snapshot(pg_url, version_table=None), []]
    assert "t" not in tables(pg_url)


def test_without_a_transaction_of_its_own(tmp_path: Path, pg_url: str) -> None:
    tree = tree_with(tmp_path / "pg", pg_url, **STEPS)
    text = tree.env.read_text()
    tree.env.write_text(text.replace("with context.begin_transaction():", "if 1:"))
    assert dry_run(tree.config, "head") == 3
    assert tables(pg_url) == set()
