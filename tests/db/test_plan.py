"""`upgrade --plan`: what it shows is what an upgrade then does."""

from __future__ import annotations

import logging
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from alembic_c import command
from alembic_c.production._plan import plans
from alembic_c.util import CommandError, to_tuple
from tests.support import alembic_name
from tests.support.graphs import Spec, random_specs
from tests.support.project import Project
from tests.testkit.tree import Tree, tables

ROUNDS = int(os.environ.get("ALEMBIC_C_PLAN_ROUNDS", "12"))
SEED = int(os.environ.get("ALEMBIC_C_GRAPH_SEED", "20240601"))

STEP = '''"""about {revision}"""
revision = {revision!r}
down_revision = {down_revision!r}
branch_labels = {branch_labels!r}
depends_on = {dependencies!r}

from alembic import op


def upgrade():
    op.execute("INSERT INTO ran VALUES ('{revision}')")


def downgrade():
    op.execute("DELETE FROM ran WHERE name = '{revision}'")
'''


@pytest.fixture(autouse=True)
def name_is_ours() -> Iterator[None]:
    with alembic_name.ours():
        yield


def empty_tree(root: Path, url: str = "sqlite:///app.db") -> Tree:
    tree = Tree(root, n_revisions=0)
    absolute = url.replace(":///app", f":///{root / 'app'}")
    tree.ini.write_text(tree.ini.read_text() + f"sqlalchemy.url = {absolute}\n")
    return tree


def running(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the steps that the log has; it is emptied."""
    lines = [
        record.getMessage().removeprefix("Running ")
        for record in caplog.records
        if record.getMessage().startswith("Running ")
    ]
    caplog.clear()
    return lines


@pytest.mark.parametrize("number", range(ROUNDS))
def test_the_plan_is_what_the_log_then_has(
    number: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seed = SEED + 7 * 1_000_003 + number
    rng = random.Random(seed)
    tree = empty_tree(tmp_path)
    specs: list[Spec] = random_specs(rng, rng.randint(1, 14))
    for place, spec in enumerate(specs):
        text = STEP.format(**spec._asdict())
        (tree.versions / f"f{place}.py").write_text(text)
    with sa.create_engine(f"sqlite:///{tmp_path / 'app.db'}").begin() as connection:
        connection.exec_driver_sql("CREATE TABLE ran (name)")
    ids = [spec.revision for spec in specs]
    labels = [label for spec in specs for label in to_tuple(spec.branch_labels, ())]
    targets = [*rng.sample(ids, min(2, len(ids))), *labels[:2], "+1", "heads"]
    caplog.set_level(logging.INFO, "alembic.runtime.migration")
    for target in targets:
        try:
            planned = [
                step.step for plan in plans(tree.config, target) for step in plan.steps
            ]
        except (CommandError, AssertionError) as problem:
            # Some graphs have no way from what is applied; the upgrade fails as well.
            with pytest.raises(type(problem), match=re.escape(str(problem))):
                command.upgrade(tree.config, target)
            caplog.clear()
            continue
        assert running(caplog) == [], "the plan runs nothing"
        command.upgrade(tree.config, target)
        assert planned == running(caplog), f"seed {seed}: to {target} of {specs}"


def write(tree: Tree, name: str, down: str | None, body: str) -> None:
    (tree.versions / f"{name}.py").write_text(
        f'"""step {name}"""\nimport sqlalchemy as sa\nfrom alembic import context, op\n'
        f"revision = {name!r}\ndown_revision = {down!r}\n\n\ndef upgrade():\n{body}\n"
        "\n\ndef downgrade():\n    pass\n"
    )


ALL_KINDS = """
    op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("t", sa.Column("name", sa.String(30), nullable=False))
    op.create_index("ix_t", "t", ["name"])
    table = sa.table("t", sa.column("id"), sa.column("name"))
    op.bulk_insert(table, [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
    op.get_bind().execute(table.insert(), {"id": 3, "name": "it's"})
    op.execute("UPDATE t SET name = 'z'\\n  WHERE id = 1")
    assert context.is_offline_mode()
"""
ACTIONS = [
    "create_table t",
    "add_column t.name String(length=30) NOT NULL",
    "create_index ix_t on t",
    "bulk_insert t, 2 rows",
    "execute INSERT INTO t (id, name) VALUES (:id, :name)",
    "execute UPDATE t SET name = 'z' WHERE id = 1",
]


@pytest.fixture
def tree(tmp_path: Path, database_url: str) -> Tree:
    tree = empty_tree(tmp_path, database_url)
    write(tree, "a", None, ALL_KINDS)
    return tree


def test_operations_and_sql(tree: Tree, database_url: str) -> None:
    project = Project(tree.root)
    done = project.run("upgrade", "head", "--plan").stdout.splitlines()
    assert done[0] == "applied:       base"
    assert done[2] == "upgrade  -> a, step a"
    assert [line.strip() for line in done[3:-1]] == ACTIONS
    assert done[-1] == "1 revision"
    assert tables(database_url) == set()
    shown = project.run("upgrade", "head", "--plan", "--sql").stdout
    assert "VALUES (3, 'it''s')" in shown
    # Executed by hand, the statements do what the upgrade does.
    text = "\n".join(line for line in shown.splitlines() if line[:2] != "--")
    with sa.create_engine(database_url).begin() as connection:
        for statement in text.split(";\n"):
            if statement.strip(" ;\n") not in ("", "BEGIN", "COMMIT"):
                connection.exec_driver_sql(statement)
    assert project.run("current").stdout.startswith("a (head)")
    again = project.run("upgrade", "head", "--plan").stdout
    assert again == "applied:       a\nnothing to do\n"


def gaps(tree: Tree) -> Iterator[tuple[str, ...]]:
    (plan,) = plans(tree.config, "head")
    return (step.gaps for step in plan.steps)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("op.get_bind().execute(sa.text('SELECT 1')).scalar()", "result of SELECT 1"),
        ("op.get_bind().scalar(sa.text('SELECT 2'))", "result of SELECT 2"),
        ("list(op.get_bind().exec_driver_sql('SELECT 3'))", "result of SELECT 3"),
        (
            "try:\n        [*op.get_bind().execute(sa.text('SELECT 4'))]\n"
            "    except Exception:\n        pass",
            "result of SELECT 4",
        ),
        (
            "sa.inspect(op.get_bind()).get_table_names()",
            "what it finds in the database",
        ),
        ("{}['key']", "KeyError: 'key'"),
    ],
)
def test_what_needs_the_database_says_so(tree: Tree, body: str, reason: str) -> None:
    write(tree, "b", "a", f"    op.execute('SELECT 0')\n    {body}")
    write(tree, "c", "b", "    op.drop_table('t')")
    none, some, after = gaps(tree)
    assert (none, after) == ((), ())
    assert len(some) == 1
    assert reason in some[0]
    done = Project(tree.root).run("upgrade", "head", "--plan").stdout
    assert "    execute SELECT 0\n" in done
    assert done.count("    not shown: what follows") == 1
    assert done.endswith("3 revisions, 1 not shown as a whole\n")


def test_a_batch_that_reads_its_table(tmp_path: Path) -> None:
    tree = empty_tree(tmp_path)
    write(
        *(tree, "a", None),
        "    with op.batch_alter_table('t') as batch_op:\n"
        "        batch_op.drop_column('x')\n"
        "    op.drop_table('other')",
    )
    (plan,) = plans(tree.config, "head")
    assert plan.steps[0].actions == ("drop_column t.x", "drop_table other")
    assert "SQL of the batch for t" in plan.steps[0].gaps[0]


def test_transactions(tmp_path: Path, pg_url: str) -> None:
    tree = empty_tree(tmp_path, pg_url)
    concurrently = (
        "    op.create_table('t', sa.Column('id', sa.Integer))\n"
        "    with op.get_context().autocommit_block():\n"
        "        op.create_index('i', 't', ['id'], postgresql_concurrently=True)\n"
        "    op.drop_index('i')"
    )
    write(tree, "a", None, concurrently)
    (plan,) = plans(tree.config, "head")
    assert plan.transactions == "one around all"
    assert plan.steps[0].actions == (
        "create_table t",
        "autocommit_block: what is above is committed",
        "  create_index i on t",
        "drop_index i",
    )
    text = tree.env.read_text()
    each = "connection=connection, transaction_per_migration=True,"
    tree.env.write_text(text.replace("connection=connection,", each))
    (plan,) = plans(tree.config, "head")
    assert plan.transactions == "one for each revision"
    shown = re.findall("BEGIN|COMMIT", plan.steps[0].sql)
    assert shown == ["BEGIN", "COMMIT", "BEGIN", "COMMIT"]
    tree.env.write_text(text.replace("engine.connect()", "engine.begin()"))
    (plan,) = plans(tree.config, "head")
    assert plan.transactions == "that which env.py has begun"


def test_no_lock_and_no_other_option(tree: Tree) -> None:
    project = Project(tree.root)
    done = project.run("upgrade", "head", "--plan", "--jobs", "3", status=255)
    assert "--plan, --jobs exclude each other" in done.stdout + done.stderr
    project.replace("alembic.ini", "[alembic]", "[alembic]\nmigration_lock = true")
    project.replace("alembic.ini", "[alembic]", "[alembic]\nmigration_history = true")
    project.run("upgrade", "head", "--plan")
    (plan,) = plans(tree.config, "head")
    assert [step.step for step in plan.steps] == ["upgrade  -> a, step a"]
