"""`upgrade --each` and `--schemas`: as one after the other, also when one fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alembic_c.catalog import snapshot
from alembic_c.production._tenants import Result, Tenant, upgrade_all
from tests.support.project import Project
from tests.testkit.tree import Tree, tables

N_TENANTS = int(os.environ.get("ALEMBIC_C_TENANTS", "12"))

# As the cookbook of upstream's documentation has it, for schemas of PostgreSQL.
SCHEMA_ENV = """
from sqlalchemy import engine_from_config, pool, text
from alembic import context
config = context.config
engine = engine_from_config(
    config.get_section(config.config_ini_section), poolclass=pool.NullPool
)
current_tenant = context.get_x_argument(as_dictionary=True).get("tenant")
with engine.connect() as connection:
    connection.execute(text('set search_path to "%s"' % current_tenant))
    connection.commit()
    connection.dialect.default_schema_name = current_tenant
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def urls_of(tree: Tree, n: int) -> list[str]:
    urls = [f"sqlite:///{tree.root / f'tenant {i} 100%.db'}" for i in range(n)]
    (tree.root / "urls").write_text("# ours\n\n" + "\n".join(urls) + "\n")
    return urls


def report(tree: Tree) -> dict[str, dict[str, Any]]:
    document = json.loads((tree.root / "report").read_text())
    assert document["format"] == 1
    return {each["tenant"]: each for each in document["tenants"]}


def test_many_databases(tree: Tree) -> None:
    urls = urls_of(tree, N_TENANTS)
    project = Project(tree.root)
    done = project.run(
        *("upgrade", "head", "--each", "urls", "--jobs", "8", "--report", "report")
    )
    lines = done.stdout.splitlines()
    assert len(lines) == N_TENANTS + 1
    assert lines[-1].startswith(f"{N_TENANTS} tenants: {N_TENANTS} done, in ")
    assert all(": 3 steps, " in line for line in lines[:-1])
    # The same as one after the other makes.
    alone = f"sqlite:///{tree.root / 'alone.db'}"
    project.run("upgrade", "head", "--each", alone)
    expected = snapshot(alone, version_table=None)
    assert all(snapshot(url, version_table=None) == expected for url in urls)
    assert {each["outcome"] for each in report(tree).values()} == {"done"}
    again = project.run("upgrade", "head", "--each", "urls", "--jobs", "3")
    assert again.stdout.count(": up to date, ") == N_TENANTS
    # The other verbs and options are as ever.
    assert "CREATE TABLE" not in again.stdout


def test_one_that_fails(tree: Tree) -> None:
    urls = urls_of(tree, 6)
    broken = sa.make_url(urls[2]).database
    assert broken is not None
    Path(broken).write_text("no database, but a text that is long enough to be one")
    project = Project(tree.root)
    arguments = ("upgrade", "head", "--each", "urls", "--report", "report")
    project.run(*arguments, status=1)
    outcomes = [each["outcome"] for each in report(tree).values()]
    assert outcomes[:3] == ["done", "done", "failed"]
    assert outcomes.count("failed") == 1
    assert "skipped" in outcomes

    project.run(*arguments, "--keep-going", "--jobs", "4", status=1)
    results = report(tree)
    assert len(results) == 6
    failed = [each for each in results.values() if each["outcome"] == "failed"]
    name = urls[2].replace("%", "%25")
    assert [each["tenant"] for each in failed] == [name]
    assert "not a database" in failed[0]["error"]
    assert all(tables(url) == set(tree.tables) for url in urls if url != urls[2])

    Path(broken).unlink()
    done = project.run(*arguments, "--resume", "report")
    assert done.stdout.splitlines()[0].startswith(f"{name}: 3 steps")
    assert len(report(tree)) == 1


def test_one_that_ends_the_process(tree: Tree) -> None:
    urls_of(tree, 2)
    tree.env.write_text(f"raise SystemExit('no such tenant')\n{tree.env.read_text()}")
    arguments = ("upgrade", "head", "--each", "urls", "--report", "report")
    Project(tree.root).run(*arguments, "--keep-going", status=1)
    errors = {each["error"] for each in report(tree).values()}
    assert errors == {"SystemExit: no such tenant"}


def test_an_interruption() -> None:
    """What has begun comes to its end, no more begins."""
    tenants = [Tenant(str(number)) for number in range(50)]
    begun = []

    def upgrade(tenant: Tenant) -> Result:
        begun.append(tenant)
        time.sleep(0.02)
        return Result(tenant.name, "done")

    def tell(result: Result) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upgrade_all(tenants, upgrade, tell, jobs=2, goes_on=True)
    assert len(begun) < len(tenants)


def test_a_range_is_refused(tree: Tree) -> None:
    urls_of(tree, 2)
    project = Project(tree.root)
    done = project.run("upgrade", "r1:r2", "--each", "urls", status=255)
    assert "Range revision not allowed" in done.stdout
    assert not list(tree.root.glob("*.db"))


def test_steps_that_nobody_commits_are_a_failure(tree: Tree) -> None:
    urls_of(tree, 2)
    text = tree.env.read_text()
    begins = (
        "as connection:\n    connection.exec_driver_sql('INSERT INTO x VALUES (1)')"
    )
    tree.env.write_text(text.replace("as connection:", begins))
    for url in urls_of(tree, 2):
        with sa.create_engine(url).begin() as connection:
            connection.exec_driver_sql("CREATE TABLE x (y)")
    done = Project(tree.root).run(
        *("upgrade", "head", "--each", "urls", "--keep-going"), status=1
    )
    assert "2 tenants: 2 failed" in done.stdout


def test_schemas(tree: Tree, pg_url: str) -> None:
    names = [f"tenant_{i}" for i in range(N_TENANTS)]
    engine = sa.create_engine(pg_url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        for name in (*names, "other"):
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    escaped = pg_url.replace("%", "%%")
    tree.ini.write_text(f"{tree.ini.read_text()}sqlalchemy.url = {escaped}\n")
    tree.env.write_text(SCHEMA_ENV)
    done = Project(tree.root).run(
        *("upgrade", "head", "--schemas", "tenant_*", "--jobs", "8", "--lock=60")
    )
    assert done.stdout.count(": 3 steps, ") == N_TENANTS
    inspector = sa.inspect(engine)
    for name in names:
        found = set(inspector.get_table_names(name))
        assert found == {*tree.tables, "alembic_version"}
    assert inspector.get_table_names("other") == []
    assert inspector.get_table_names() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--jobs", "3"), "There is nothing to upgrade by --each or --schemas"),
        (("--each", "none"), "--each is a URL or a file of URLs: none: No such file"),
        (("--each", "bad"), "bad, line 2: 'x' is no URL"),
        (("--each", "://"), "--each has something that is no URL"),
        (("--schemas", "*"), "--schemas: SQLite has none"),
        (("--each", "urls", "--resume", "bad"), "bad is no report of --report"),
        (("--each", "urls", "--sql"), "--each and --schemas go without --sql"),
    ],
)
def test_wrong_arguments(tree: Tree, arguments: tuple[str, ...], message: str) -> None:
    urls_of(tree, 1)
    (tree.root / "bad").write_text("# one\nx\n")
    tree.ini.write_text(f"{tree.ini.read_text()}sqlalchemy.url = sqlite:///app.db\n")
    done = subprocess.run(
        [sys.executable, "-m", "alembic_c", "upgrade", "head", *arguments],
        cwd=tree.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert message in done.stdout + done.stderr
    assert done.returncode == 255
    assert "Traceback" not in done.stderr


def test_no_password_is_told(tree: Tree) -> None:
    url = "postgresql://scott:tiger@127.0.0.1:1/nothing"
    done = Project(tree.root).run("upgrade", "head", "--each", url, status=1)
    assert "tiger" not in done.stdout + done.stderr
    assert "***" in done.stdout
