"""The fixtures and tests of `alembic_c.pytest`, in a pytest run of a project."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.samples import sample
from tests.testkit.tree import Tree, databases

ROOT = Path(__file__).resolve().parents[2]

CONFTEST = 'pytest_plugins = ["alembic_c.pytest"]\n'

TESTS = sample("plugin/tests.py")


def run(
    tree: Tree, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    (tree.root / "conftest.py").write_text(CONFTEST)
    (tree.root / "pytest.ini").write_text(
        "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
    )
    # With CI set, pytest shows in its summary again what it has shown before.
    plain = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=tree.root,
        env={**plain, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def outcome(done: subprocess.CompletedProcess[str]) -> str:
    found = re.search(r"\d+ (?:passed|failed)[^\n]* in ", done.stdout)
    assert found is not None, done.stdout + done.stderr
    return found[0].removesuffix(" in ")


@pytest.mark.parametrize("processes", ["0", "2"])
def test_fixtures_and_tests_on_sqlite(tree: Tree, processes: str) -> None:
    (tree.root / "test_all.py").write_text(TESTS)
    done = run(tree, "-n", processes)
    assert outcome(done) == "16 passed, 1 skipped", done.stdout
    assert not list(tree.root.glob("alembic_c_*"))


def test_fixtures_and_tests_on_postgresql(tree: Tree, postgresql_server: str) -> None:
    before = databases(postgresql_server, tree)
    (tree.root / "test_all.py").write_text(TESTS)
    done = run(tree, "-n", "2", ALEMBIC_C_TEST_URL=postgresql_server)
    assert outcome(done) == "16 passed, 1 skipped", done.stdout
    left = databases(postgresql_server, tree) - before
    assert len(left) == 1
    assert "template" in left.pop()


ASYNC_ENV = """
import asyncio
from alembic import context
from sqlalchemy.ext.asyncio import async_engine_from_config
from {models} import metadata

def migrate(connection):
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()

async def main():
    engine = async_engine_from_config(context.config.get_section("alembic"))
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()

asyncio.run(main())
"""


def test_a_kind_has_the_driver_of_the_configuration(tree: Tree) -> None:
    tree.env.write_text(ASYNC_ENV.format(models=tree.models.stem))
    with tree.ini.open("a") as stream:
        stream.write("sqlalchemy.url = sqlite+aiosqlite:///app.db\n")
    (tree.root / "test_it.py").write_text("def test_it(migrated_engine): pass\n")
    for setting in ("", "sqlite", "sqlite+aiosqlite"):
        done = run(tree, "-o", f"alembic_c_url={setting}")
        assert outcome(done) == "1 passed", done.stdout


@pytest.mark.parametrize("driver", ["sqlite+aiosqlite", "postgresql+asyncpg"])
def test_all_fixtures_where_the_driver_is_asynchronous(
    tree: Tree, driver: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = sa.make_url(f"{driver}:///{tmp_path / 'app.db'}")
    if driver.startswith("postgresql"):
        server = sa.make_url(request.getfixturevalue("postgresql_server"))
        url = server.set(drivername=driver)
    tree.env.write_text(ASYNC_ENV.format(models=tree.models.stem))
    (tree.root / "test_all.py").write_text(TESTS)
    (tree.root / "test_kept.py").write_text(KEPT)
    given = url.render_as_string(hide_password=False)
    # That one makes an engine of the URL by itself.
    done = run(tree, "-k", "not test_module", ALEMBIC_C_TEST_URL=given)
    assert outcome(done).startswith("16 passed, 2 skipped"), done.stdout


def test_a_throwaway_server(tree: Tree) -> None:
    """Two processes share it, and it is gone afterwards."""
    (tree.root / "test_all.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('number', range(4))\n"
        "def test_it(migrated_engine, number):\n"
        "    print('port', migrated_engine.url.port)\n"
    )
    done = run(tree, "-n", "2", "-rP", "-o", "alembic_c_url=postgresql")
    assert outcome(done) == "4 passed", done.stdout
    ports = set(re.findall(r"^port (\d+)$", done.stdout, re.MULTILINE))
    assert len(ports) == 1
    engine = sa.create_engine(f"postgresql+psycopg2://x:y@127.0.0.1:{ports.pop()}/x")
    with pytest.raises(sa.exc.OperationalError, match="refused"):
        engine.connect()


def test_a_fault_is_a_failure(tree: Tree) -> None:
    tree.add(4, down="r2")
    (tree.root / "test_all.py").write_text(
        "from alembic_c.testkit.suite import test_one_head"
    )
    done = run(tree)
    assert outcome(done) == "1 failed"
    assert "2 heads, where one was expected" in done.stdout


DIFFERENT = sample("plugin/different.py")


def test_how_catalogs_differ_is_told(tree: Tree) -> None:
    (tree.root / "test_different.py").write_text(DIFFERENT)
    done = run(tree)
    assert outcome(done) == "3 failed"
    lines = [line.removeprefix("E").strip() for line in done.stdout.splitlines()]
    told = "column a: type INT -> type TEXT, NULL -> NOT NULL"
    assert lines.count(told) == 2
    assert lines.count("table u is there only in the second") == 2
    assert "order of columns (a, b) -> order of columns (b, a)" in lines
    assert "right: none" in lines
    assert "Left contains one more item: 1" in lines


KEPT = sample("plugin/kept.py")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_data_across_a_revision(
    tree: Tree, kind: str, request: pytest.FixtureRequest
) -> None:
    variables = {}
    if kind == "postgresql":
        variables["ALEMBIC_C_TEST_URL"] = request.getfixturevalue("postgresql_server")
    (tree.root / "test_kept.py").write_text(KEPT)
    done = run(tree, **variables)
    assert outcome(done) == "2 passed, 1 skipped", done.stdout
    path = tree.versions / "r3.py"
    text = path.read_text()
    path.write_text(text.replace("def upgrade():", "def upgrade():\n    LOSE", 1))
    path.write_text(path.read_text().replace("LOSE", "op.execute('DELETE FROM t1')", 1))
    done = run(tree, **variables)
    assert outcome(done) == "1 failed, 1 passed, 1 skipped", done.stdout


def test_no_revision_was_edited(tree: Tree) -> None:
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *arguments], cwd=tree.root, check=True)
    (tree.root / "test_kept.py").write_text(
        "from alembic_c.testkit.suite import test_no_revision_was_edited\n"
    )
    option = ("-o", "alembic_c_unedited_since=HEAD")
    assert outcome(run(tree, *option)) == "1 passed"
    path = tree.versions / "r2.py"
    path.write_text(path.read_text().replace("String(30)", "String(31)"))
    done = run(tree, *option)
    assert outcome(done) == "1 failed"
    assert "r2.py" in done.stdout


COLD = """
import pytest
import sqlalchemy as sa

@pytest.mark.parametrize("number", range(16))
def test_database(migrated_engine, number):
    assert sa.inspect(migrated_engine).has_table("t3")
"""
COLD_STARTS = int(os.environ.get("ALEMBIC_C_COLD_STARTS", "0"))
# Starting many processes takes long: a longer run alone has eight.
WORKERS = "8" if COLD_STARTS else "2"


@pytest.mark.parametrize("number", range(COLD_STARTS or 1))
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_runs_at_once_build_one_template(
    tree: Tree, kind: str, number: int, request: pytest.FixtureRequest
) -> None:
    variables = {}
    if kind == "postgresql":
        variables["ALEMBIC_C_TEST_URL"] = request.getfixturevalue("postgresql_server")
    (tree.root / "test_cold.py").write_text(COLD)
    with ThreadPoolExecutor(2) as threads:
        runs = [threads.submit(run, tree, "-n", WORKERS, **variables) for _ in range(2)]
    assert [outcome(each.result()) for each in runs] == ["16 passed"] * 2
    assert tree.n_runs == 1
