"""The version table: what commands write into it, and how they read it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.samples import sample
from tests.support.side_by_side import SideBySide
from tests.support.twin import Twin

MAKE = "op.create_table({0!r}, sa.Column('id', sa.Integer))"
DROP = "op.drop_table({0!r})"


@pytest.fixture
def twin(tmp_path: Path, database_url: str, both: SideBySide) -> Twin:
    """A tree with a fork, a merge, a second base and dependencies.

    a - b - c1 - - m - n(depends on x2)
          \\ c2(label) /
    x1 - x2 - x3(depends on a)
    """
    twin = Twin(tmp_path / "project", database_url, both)
    for name, down, extra in (
        ("a", None, ""),
        ("b", "a", ""),
        ("c1", "b", ""),
        ("c2", "b", "branch_labels = ('lab',)"),
        ("m", ("c1", "c2"), ""),
        ("n", "m", "depends_on = 'x2'"),
        ("x1", None, "branch_labels = 'xx'"),
        ("x2", "x1", ""),
        ("x3", "x2", "depends_on = ('a',)"),
    ):
        table = f"t_{name}"
        twin.revision(name, down, MAKE.format(table), DROP.format(table), extra)
    return twin


def versions(tables: dict[str, list[Any]]) -> list[str]:
    return [row[0] for row in tables[".alembic_version"]]


def test_upgrade_and_downgrade_over_branches(twin: Twin) -> None:
    outcomes = twin.run(
        "upgrade b",
        "upgrade c1",
        "upgrade c2",
        "current -v",
        "upgrade m",
        "upgrade n",
        "upgrade heads",
        "current",
        "downgrade m",
        "downgrade xx@base",
        "downgrade c1",
        "downgrade base",
    )
    assert [outcome.status for outcome in outcomes] == [0] * len(outcomes)
    assert versions(outcomes[2].tables) == ["c1", "c2"]
    assert versions(outcomes[4].tables) == ["m"]
    assert outcomes[-1].tables == {".alembic_version": []}


def test_upgrade_by_relative_symbols(twin: Twin) -> None:
    outcomes = twin.run(
        "upgrade lab@+2",
        "upgrade lab@+1",
        "upgrade +1",
        "upgrade +9",
        "downgrade lab@-1",
        "downgrade nothing",
        "upgrade a",
    )
    assert [outcome.status for outcome in outcomes[3:6]] == [-1] * 3


def test_stamp(twin: Twin) -> None:
    outcomes = twin.run(
        "stamp a",
        "stamp c1",
        "stamp c2",
        "stamp m",
        "stamp --purge c1 c2",
        "stamp b",
        "stamp x3",
        "stamp --purge heads",
        "stamp xx@base",
        "stamp base",
        "stamp --purge heads",
        "stamp --purge c1 x1",
        "stamp head",
        "stamp nothing",
    )
    tables = [outcome.tables for outcome in outcomes]
    assert set(tables[-1]) == {".alembic_version"}
    assert versions(tables[7]) == ["n", "x3"]
    assert versions(tables[11]) == ["c1", "x1"]
    assert [outcome.status for outcome in outcomes[-2:]] == [-1, -1]


def test_purge_replaces_what_is_not_known(twin: Twin) -> None:
    env = twin.root / "migrations" / "env.py"
    env.write_text(
        env.read_text().replace(
            "        context.configure(connection",
            "        if context.get_tag_argument() == 'spoil':\n"
            "            connection.exec_driver_sql('DELETE FROM alembic_version')\n"
            "            connection.exec_driver_sql(\n"
            "                \"INSERT INTO alembic_version VALUES ('unknown')\")\n"
            "            connection.commit()\n"
            "        context.configure(connection",
        )
    )
    outcomes = twin.run(
        "upgrade a",
        "upgrade b --tag spoil",
        "current",
        "stamp a",
        "stamp a --purge",
        "current",
        "stamp a --purge --sql",
    )
    assert [outcome.status for outcome in outcomes] == [0, -1, -1, -1, 0, 0, -1]
    assert versions(outcomes[1].tables) == ["unknown"]


@pytest.mark.parametrize(
    "options",
    [
        {"version_table": "my versions"},
        {"version_table": "v", "version_table_pk": False},
        {"version_table": "Ünïcode"},
    ],
)
def test_version_table_of_another_form(twin: Twin, options: dict[str, object]) -> None:
    twin.options = repr(options)
    outcomes = twin.run(
        "upgrade c1", "upgrade c2", "current", "downgrade b", "upgrade c1 --sql"
    )
    assert outcomes[-2].tables[f".{options['version_table']}"] == [["b"]]
    engine = sa.create_engine(twin.url)
    keys = sa.inspect(engine).get_pk_constraint(str(options["version_table"]))
    engine.dispose()
    has_key = options.get("version_table_pk", True)
    assert keys["constrained_columns"] == (["version_num"] if has_key else [])


def test_version_table_in_another_schema(
    tmp_path: Path, pg_url: str, both: SideBySide
) -> None:
    twin = Twin(tmp_path / "project", pg_url, both)
    twin.options = "{'version_table_schema': 'extra'}"
    twin.revision("a", None)
    outcomes = twin.run("upgrade head", "current", "upgrade head --sql")
    assert outcomes[0].tables == {"extra.alembic_version": [["a"]]}


def test_callbacks_are_told_about_each_step(twin: Twin) -> None:
    twin.options = "{'on_version_apply': [tell, tell]}"
    env = twin.root / "migrations" / "env.py"
    env.write_text(
        "def tell(ctx, step, heads, run_args):\n"
        "    print(step.is_upgrade, step.is_stamp, step.is_migration, sorted(heads),\n"
        "          run_args, step.up_revision_id, step.up_revision_ids,\n"
        "          step.down_revision_ids, step.source_revision_ids,\n"
        "          step.destination_revision_ids, step.up_revision.revision,\n"
        "          [r.revision for r in step.up_revisions],\n"
        "          [r.revision for r in step.down_revisions],\n"
        "          [r.revision for r in step.source_revisions],\n"
        "          [r.revision for r in step.destination_revisions],\n"
        "          type(ctx).__name__)\n"
        + env.read_text().replace("run_migrations()", "run_migrations(speed=7)")
    )
    for path in (twin.root / "migrations" / "versions").glob("*.py"):
        path.write_text(path.read_text().replace("grade():", "grade(speed):"))
    outcomes = twin.run(
        "upgrade m", "upgrade heads", "downgrade x1", "stamp b", "downgrade base --sql"
    )
    assert "'speed': 7" in outcomes[0].stdout


def test_version_table_that_somebody_else_changed(twin: Twin) -> None:
    twin.revision(
        "y1",
        "n",
        "op.execute(\"UPDATE alembic_version SET version_num = 'other'\")",
    )
    outcomes = twin.run("upgrade lab@head")
    assert outcomes[0].status == -1
    assert "expected to match one row when updating" in outcomes[0].stdout


def test_revision_id_with_quotes(
    tmp_path: Path, database_url: str, both: SideBySide
) -> None:
    # Upstream writes the quote into the SQL as it is, hence ours alone.
    twin = Twin(tmp_path / "project", database_url, both)
    twin.revision("it's", None)
    twin.revision("b%s", "it's")
    outcomes = twin.run_ours("upgrade +1", "upgrade head", "downgrade -1")
    assert [versions(outcome.tables) for outcome in outcomes] == [
        ["it's"],
        ["b%s"],
        ["it's"],
    ]


TWO_THREADS = sample("versioning/two_threads.py")


def test_two_threads_migrate_two_databases(twin: Twin) -> None:
    env = twin.root / "migrations" / "env.py"
    env.write_text(
        "import sqlalchemy as sa\nfrom alembic import context\n"
        "name = context.config.attributes['name']\n"
        "engine = sa.create_engine(f'sqlite:///{name}.db')\n"
        "with engine.connect() as connection:\n"
        "    context.configure(connection=connection)\n"
        "    with context.begin_transaction():\n"
        "        context.run_migrations()\n"
    )
    for path in (twin.root / "migrations" / "versions").glob("*.py"):
        body = "def upgrade():\n    import sys; sys.meet_in_the_tests.wait()"
        path.write_text(path.read_text().replace("def upgrade():", body))
    done = subprocess.run(
        [sys.executable, "-c", TWO_THREADS],
        cwd=twin.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    found = {}
    for name in ("one", "two"):
        engine = sa.create_engine(f"sqlite:///{twin.root / name}.db")
        found[name] = set(sa.inspect(engine).get_table_names())
        engine.dispose()
    assert found["one"] == {"alembic_version", "t_a", "t_b", "t_c1", "t_c2"}
    assert found["two"] == {"alembic_version", "t_a", "t_b", "t_c1", "t_x1"}
