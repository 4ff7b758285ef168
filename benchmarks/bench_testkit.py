"""The test kit on an example project: 100 migrations, 60 tests.

usage: python -m benchmarks.bench_testkit [--rounds N] [--tables N] [--part NAME]...

A migrated database against upstream's `upgrade head`, the step-by-step test against
running all up and down, and up again, the whole suite with and without xdist, and what
this kit and pytest-alembic find of five faults. SQLite is on disk; PostgreSQL and
MariaDB are those of ALEMBIC_C_TEST_PG and ALEMBIC_C_TEST_MARIADB, or throwaway servers.
All runs in an environment of its own, build/example, with upstream and pytest-alembic.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from alembic_c.testkit._store import TEMPLATE
from benchmarks import example_project
from tests.support import mariadb, postgres, upstream

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / "build" / "example"
SIDE = Path(__file__).with_name("testkit_side.py")
# pytest-alembic 0.13.1 cannot be imported with pytest 9.
REQUIREMENTS = (
    *("pytest<9", "pytest-alembic==0.13.1", f"alembic=={upstream.VERSION}"),
    *("pytest-asyncio", "pytest-xdist", "sqlalchemy[asyncio]", "typing_extensions"),
    *("aiosqlite", "aiomysql", "asyncpg", "psycopg2-binary", "pymysql", "cryptography"),
)
_COPIES = 20
PARTS = ("copies", "steps", "suites", "together", "faults")
_PYTEST_ALEMBIC = """import os

import pytest
import sqlalchemy as sa
from testkit_side import new_database


@pytest.fixture
def alembic_config():
    return {"file": "alembic.ini"}


@pytest.fixture
def alembic_engine():
    with new_database(os.environ["EXAMPLE_URL"]) as url:
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
        yield engine
        engine.dispose()
"""
# Its experimental test of what a downgrade leaves fails on every project: SQLAlchemy
# 2.1 refuses the connection that it hands to has_table().
_PYTEST_ALEMBIC_TESTS = """from pytest_alembic.tests import *
"""
_ORDER = """from alembic_c.testkit import checks


def test_column_order(migration_config, migration_url):
    checks.matches_models(migration_config, migration_url, order=True)
"""


def interpreter() -> Path:
    """Return the Python of the environment, which is made if it is not there."""
    python = ENVIRONMENT / "bin" / "python"
    ready = ENVIRONMENT / "ready"
    wanted = "\n".join(REQUIREMENTS)
    if not ready.exists() or ready.read_text() != wanted:
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "-q", *REQUIREMENTS]
        subprocess.run(install, check=True)
        ready.write_text(wanted)
    return python


@contextlib.contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Yield the URL of each kind of database."""
    found = {"SQLite on disk": "sqlite:///app.db"}
    with contextlib.ExitStack() as stack:
        given = os.environ.get("ALEMBIC_C_TEST_PG")
        if given is None:
            given = stack.enter_context(postgres.cluster()).url()
        found["PostgreSQL"] = given
        given = os.environ.get("ALEMBIC_C_TEST_MARIADB")
        if given is None:
            server = mariadb.Server()
            stack.callback(server.stop)
            given = server.start().url()
        found["MariaDB"] = given
        yield found


class Project:
    """The example in a directory, and runs of programs in it."""

    def __init__(self, directory: Path, n_tables: int) -> None:
        self.directory = directory
        self._python = str(interpreter())
        example_project.make(directory, n_tables)

    def run(
        self, *arguments: str, ours: bool, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run Python with upstream's package alone, or with ours beside it."""
        path = [str(SIDE.parent), *([str(ROOT)] if ours else [])]
        cache = str(self.directory / "cache")
        return subprocess.run(
            [self._python, *arguments],
            cwd=self.directory,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(path),
                "ALEMBIC_C_TESTKIT_CACHE": cache,
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def side(self, name: str, url: str, rounds: int) -> Any:
        """Return what one side of testkit_side.py prints."""
        arguments = (str(SIDE), name, url, str(rounds))
        done = self.run(*arguments, ours=name != "upstream")
        if done.returncode:
            raise RuntimeError(done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def pytest(
        self, url: str, *arguments: str, ours: bool, theirs: bool = False
    ) -> tuple[str, float]:
        """Return what a run of pytest prints, and its seconds.

        theirs: with pytest-alembic loaded beside ours, and on our package.
        """
        own = ("-p", "no:cacheprovider", "-q", "--tb=no", "-rf")
        plugin = "alembic_c.activate" if theirs else "no:pytest_alembic"
        beside = ("-p", plugin) if ours else ()
        started = time.perf_counter()
        done = self.run(
            *("-m", "pytest", *own, *beside, *arguments),
            ours=ours,
            ALEMBIC_C_TEST_URL=url,
            EXAMPLE_URL=url,
        )
        return done.stdout, time.perf_counter() - started


def _outcome(output: str) -> str:
    found = re.search(r"\d+ (?:passed|failed|error)[^\n]* in ", output)
    return found[0].removesuffix(" in ") if found else output.strip()[-300:]


def copies(project: Project, urls: dict[str, str], rounds: int) -> Iterator[str]:
    """Yield the table of what a migrated database takes."""
    yield (
        "| | upstream's `upgrade head` | template, once | a copy | ratio "
        "| made while a test of 0.1 s ran | ratio |"
    )
    yield "| --- | --: | --: | --: | --: | --: | --: |"
    for name, url in urls.items():
        up: list[float] = []
        built: list[float] = []
        copied: list[float] = []
        waited: list[float] = []
        for turn in range(rounds):
            # Another comment, another template.
            env = project.directory / "migrations" / "env.py"
            env.write_text(f"{env.read_text()}# {name}, {turn}\n")
            up += project.side("upstream", url, 1)
            first, *rest = project.side("ours", url, _COPIES)
            built.append(first)
            copied += rest
            waited += project.side("ahead", url, _COPIES)
        base, once, copy, wait = map(statistics.median, (up, built, copied, waited))
        cells = [f"{1000 * each:,.1f} ms" for each in (base, once, copy, wait)]
        cells[3:3] = [f"{base / copy:,.0f}x"]
        yield f"| {name} | {' | '.join(cells)} | {base / wait:,.0f}x |"


def steps(project: Project, urls: dict[str, str], rounds: int) -> Iterator[str]:
    """Yield the table of what the step-by-step test takes."""
    yield "| | up and down | and up again | step by step | over the first | second |"
    yield "| --- | --: | --: | --: | --: | --: |"
    for name, url in urls.items():
        rows = project.side("steps", url, rounds)
        once, again, each = map(statistics.median, zip(*rows, strict=True))
        times = " | ".join(f"{seconds:.2f} s" for seconds in (once, again, each))
        yield f"| {name} | {times} | {each / once:.2f} | {each / again:.2f} |"


def suites(project: Project, urls: dict[str, str]) -> Iterator[str]:
    """Yield the table of whole runs of the project's tests."""
    yield "| | one process | two workers of xdist |"
    yield "| --- | --- | --- |"
    for name, url in urls.items():
        cells = []
        for number in ("0", "2"):
            arguments = ("test_sync.py", "test_async.py", "-n", number)
            output, seconds = project.pytest(url, *arguments, ours=True)
            cells.append(f"{_outcome(output)}, {seconds:.1f} s")
        yield f"| {name} | {' | '.join(cells)} |"


def together(work: Path, urls: dict[str, str], n_tables: int) -> Iterator[str]:
    """Yield the table of runs with pytest-alembic and its tests in the same process."""
    yield "| with pytest-alembic and pytest-asyncio in one process | |"
    yield "| --- | --- |"
    project = Project(work / "together", n_tables)
    conftest = project.directory / "conftest.py"
    conftest.write_text(conftest.read_text() + _PYTEST_ALEMBIC)
    (project.directory / "test_theirs.py").write_text(_PYTEST_ALEMBIC_TESTS)
    for name, url in urls.items():
        output, seconds = project.pytest(url, ours=True, theirs=True)
        yield f"| {name} | {_outcome(output)}, {seconds:.1f} s |"


def _edited(path: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(directory: Path) -> None:
        file = directory / path
        text = file.read_text()
        assert old in text, (path, old)
        file.write_text(text.replace(old, new))

    return edit


_REVISIONS = "migrations/versions"
FAULTS: dict[str, Callable[[Path], None]] = {
    "no fault": lambda directory: None,
    "a downgrade that passes": _edited(
        f"{_REVISIONS}/0003.py",
        'op.drop_index("ix_table_0_name", table_name="table_0")',
        "pass",
    ),
    "an enum type left behind": _edited(
        f"{_REVISIONS}/0004.py", ".drop(op.get_bind(), checkfirst=True)", ""
    ),
    "column order": _edited(
        f"{_REVISIONS}/0002.py",
        '        batch.add_column(sa.Column("note", sa.Text))\n'
        '        batch.add_column(sa.Column("amount", sa.Integer, server_default="1"))',
        '        batch.add_column(sa.Column("amount", sa.Integer, server_default="1"))'
        '\n        batch.add_column(sa.Column("note", sa.Text))',
    ),
    "a changed CHECK": _edited("models.py", "amount > 0", "amount > 5"),
    "a model without migration": _edited(
        "models.py",
        "metadata = sa.MetaData()\n",
        "metadata = sa.MetaData()\n"
        'sa.Table("extra", metadata, sa.Column("id", sa.Integer, primary_key=True))\n',
    ),
}


def faults(work: Path, url: str, n_tables: int) -> Iterator[str]:
    """Yield the table of what both kits find of each fault."""
    yield "| | this kit | | pytest-alembic | |"
    yield "| --- | --- | --: | --- | --: |"
    for number, (name, edit) in enumerate(FAULTS.items()):
        cells = []
        project = Project(work / f"fault_{number}", n_tables)
        edit(project.directory)
        (project.directory / "test_order.py").write_text(_ORDER)
        tests: tuple[str, ...] = ("test_migrations.py", "test_order.py")
        for ours in (True, False):
            if not ours:
                (project.directory / "conftest.py").write_text(_PYTEST_ALEMBIC)
                (project.directory / "test_theirs.py").write_text(_PYTEST_ALEMBIC_TESTS)
                tests = ("test_theirs.py",)
            output, seconds = project.pytest(url, *tests, ours=ours)
            failed = re.findall(r"^FAILED \S+::(?:test_)?(\w+)", output, re.MULTILINE)
            said = ", ".join(failed) or _outcome(output)
            cells.append(f"{said} | {seconds:.1f} s")
        yield f"| {name} | {' | '.join(cells)} |"


def report(
    rounds: int = 3,
    n_tables: int = example_project.TABLES,
    parts: tuple[str, ...] = PARTS,
) -> str:
    """Return the tables in Markdown."""
    lines = [f"{example_project.STEPS * n_tables} migrations."]
    with tempfile.TemporaryDirectory() as work, servers() as urls:
        on_servers = [url for url in urls.values() if not url.startswith("sqlite")]
        with _forgotten(on_servers):
            project = Project(Path(work) / "project", n_tables)
            tables: dict[str, Callable[[], Iterator[str]]] = {
                "copies": lambda: copies(project, urls, rounds),
                "steps": lambda: steps(project, urls, rounds),
                "suites": lambda: suites(project, urls),
                "together": lambda: together(Path(work), urls, n_tables),
                "faults": lambda: faults(Path(work), urls["PostgreSQL"], n_tables),
            }
            for part in parts:
                table = [*tables[part]()]
                print(*table, sep="\n", file=sys.stderr, flush=True)
                lines += ["", *table]
    return "\n".join(lines)


def _templates(url: str) -> tuple[sa.Engine, set[str]]:
    """Return an engine on a server, and the names of its templates."""
    engine = sa.create_engine(
        url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    names = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA"
    if engine.dialect.name == "postgresql":
        names = "SELECT datname FROM pg_database"
    with engine.connect() as connection:
        found = connection.exec_driver_sql(names).scalars()
        return engine, {each for each in found if each.startswith(TEMPLATE)}


@contextlib.contextmanager
def _forgotten(urls: list[str]) -> Iterator[None]:
    """Drop the templates that a block leaves on servers."""
    before = {url: _templates(url)[1] for url in urls}
    try:
        yield
    finally:
        for url in urls:
            engine, after = _templates(url)
            with engine.connect() as connection:
                for name in after - before[url]:
                    connection.exec_driver_sql(f"DROP DATABASE {name}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the test kit.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tables", type=int, default=example_project.TABLES)
    parser.add_argument("--part", action="append", default=[])
    options = parser.parse_args()
    print(report(options.rounds, options.tables, tuple(options.part) or PARTS))


if __name__ == "__main__":
    main()
