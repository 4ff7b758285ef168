"""One upgrade at a time: processes that start at once, kills, waits, lost locks."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from alembic_c import util
from alembic_c.runtime import _lock
from alembic_c.runtime.migration import MigrationContext
from alembic_c.util._filelock import FileLock
from tests.support import mariadb, pgbouncer
from tests.support.project import Project

ROOT = Path(__file__).resolve().parents[2]
N_STEPS = int(os.environ.get("ALEMBIC_C_LOCK_STEPS", "6"))
LAST = f"r{N_STEPS:02}"

REVISION = """
import time
import sqlalchemy as sa
from alembic import op

revision = "r{number:02}"
down_revision = {down!r}


def upgrade():
    op.create_table("t{number}", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO log (step) VALUES ({number})")
    time.sleep({pause})


def downgrade():
    op.drop_table("t{number}")
    op.execute("DELETE FROM log WHERE step = {number}")
"""
FIRST = """
import sqlalchemy as sa
from alembic import op

revision = "r00"
down_revision = None


def upgrade():
    op.create_table("log", sa.Column("step", sa.Integer))


def downgrade():
    op.drop_table("log")
"""


class Tree(Project):
    """A project whose steps each make a table and note themselves in another one."""

    def __init__(self, root: Path, url: str, pause: float = 0.02) -> None:
        super().__init__(root, PYTHONPATH=str(ROOT))
        self.url = url
        self.run("-q", "init", "migrations")
        parsed = sa.make_url(url).render_as_string(hide_password=False)
        self.use_database(parsed)
        self.replace("alembic.ini", "migration_lock = true", "")
        self.write("migrations/versions/r00.py", FIRST)
        for number in range(1, N_STEPS + 1):
            down = f"r{number - 1:02}"
            text = REVISION.format(number=number, down=down, pause=pause)
            self.write(f"migrations/versions/r{number:02}.py", text)

    def per_migration(self) -> None:
        """Give each step a transaction of its own."""
        self.replace(
            "migrations/env.py",
            "connection=connection, target",
            "connection=connection, transaction_per_migration=True, target",
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "alembic_c", *arguments],
            cwd=self.root,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def rows(self, statement: str) -> list[object]:
        engine = sa.create_engine(self.url, poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            return list(connection.execute(sa.text(statement)).scalars())

    def execute(self, statement: str) -> None:
        engine = sa.create_engine(self.url, poolclass=sa.pool.NullPool)
        with engine.begin() as connection:
            connection.execute(sa.text(statement))

    @property
    def steps(self) -> list[object]:
        return self.rows("SELECT step FROM log ORDER BY step")

    @property
    def version(self) -> list[object]:
        return self.rows("SELECT version_num FROM alembic_version")


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "mariadb":
        server = request.getfixturevalue("mariadb_server")
        yield mariadb.emptied(server, "mysql")
        return
    name = {"sqlite": "sqlite_url", "postgresql": "pg_url"}[request.param]
    yield request.getfixturevalue(name)


@pytest.fixture
def tree(tmp_path: Path, url: str) -> Tree:
    return Tree(tmp_path, url)


ALL = list(range(1, N_STEPS + 1))


@pytest.mark.parametrize("per_migration", [False, True])
def test_processes_that_start_at_once(tree: Tree, per_migration: bool) -> None:
    """Each ends well, and each step is run once: empty database, and half-way."""
    if per_migration:
        tree.per_migration()
    n_rounds = int(os.environ.get("ALEMBIC_C_LOCK_ROUNDS", "1"))
    n_processes = int(os.environ.get("ALEMBIC_C_LOCK_PROCESSES", "3"))
    for number in range(n_rounds):
        for target in ("r03", "head"):
            running = [
                tree.start("upgrade", "--lock", target) for _ in range(n_processes)
            ]
            for process in running:
                _, errors = process.communicate(timeout=300)
                assert process.returncode == 0, f"round {number}: {errors}"
        assert tree.steps == ALL
        assert tree.version == [LAST]
        tree.run("downgrade", "--lock=60", "base")
        tree.execute("DROP TABLE alembic_version")


def test_an_upgrade_beside_a_downgrade(tree: Tree) -> None:
    """Both end well, one after the other; the database is where the later one goes."""
    tree.run("upgrade", "r03")
    for number in range(int(os.environ.get("ALEMBIC_C_LOCK_ROUNDS", "1"))):
        up = tree.start("upgrade", "--lock", "head")
        down = tree.start("downgrade", "--lock", "r01")
        for process in (up, down):
            _, errors = process.communicate(timeout=300)
            assert process.returncode == 0, f"round {number}: {errors}"
        (version,) = tree.version
        assert version in ("r01", LAST)
        assert tree.steps == list(range(1, int(str(version)[1:]) + 1))


def test_the_configuration_asks_for_it(tree: Tree) -> None:
    tree.replace("alembic.ini", "[alembic]\n", "[alembic]\nmigration_lock = true\n")
    running = [tree.start("upgrade", "head") for _ in range(3)]
    for process in running:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    assert tree.steps == ALL


def test_a_wait_that_is_too_long_names_the_holder(tmp_path: Path, url: str) -> None:
    tree = Tree(tmp_path, url, pause=1.0)
    holder = tree.start("upgrade", "--lock", "head")
    _await_first_step(holder)
    done = tree.run("upgrade", "--lock=0.3", "head", status=255)
    assert re.search(
        r"migration lock was not free for 0.3 seconds: (session \d+ \(|process \d+ on)",
        done.stdout,
    )
    assert "Waiting for the migration lock" in done.stderr
    holder.kill()
    holder.communicate()


def _await_first_step(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if "Running upgrade" in line:
            return
    raise AssertionError("the process ran no step")


def test_a_kill_frees_the_lock(tmp_path: Path, url: str) -> None:
    tree = Tree(tmp_path, url, pause=0.3)
    tree.run("upgrade", "r00")
    for _ in range(int(os.environ.get("ALEMBIC_C_KILLS", "2"))):
        victim = tree.start("upgrade", "--lock", "head")
        _await_first_step(victim)
        # While a step sleeps behind its statements, nothing of it is half done.
        time.sleep(0.15)
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
    done = tree.start("upgrade", "--lock=30", "head")
    _, errors = done.communicate(timeout=120)
    if done.returncode:  # MariaDB and SQLite cannot roll back the step that was killed
        assert "failed; not all of a revision can be rolled back" in errors
    else:
        assert tree.steps == ALL


def test_waiters_do_not_block_a_concurrent_index(tmp_path: Path, pg_url: str) -> None:
    tree = Tree(tmp_path, pg_url)
    tree.replace(
        f"migrations/versions/{LAST}.py",
        "    time.sleep(0.02)\n",
        "    time.sleep(1)\n"
        "    with op.get_context().autocommit_block():\n"
        f"        op.create_index('ix', 't{N_STEPS}', ['id'], "
        "postgresql_concurrently=True)\n",
    )
    n_processes = int(os.environ.get("ALEMBIC_C_LOCK_PROCESSES", "4"))
    running = [tree.start("upgrade", "--lock", "head") for _ in range(n_processes)]
    for process in running:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert tree.steps == ALL


def test_a_lock_that_is_lost_stops_the_run(tmp_path: Path, pg_url: str) -> None:
    tree = Tree(tmp_path, pg_url)
    tree.replace(
        "migrations/versions/r03.py",
        "    time.sleep(0.02)\n",
        '    op.execute("SELECT pg_terminate_backend(pid) FROM pg_locks '
        "WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database "
        'WHERE datname = current_database())")\n',
    )
    done = tree.run("upgrade", "--lock", "head", status=255)
    assert "The migration lock was lost" in done.stdout


def test_a_pooler_in_transaction_mode(tmp_path: Path, pg_url: str) -> None:
    """It is told of before anything is locked, and before a step."""
    with pgbouncer.pooled(pg_url) as pooled:
        tree = Tree(tmp_path, pooled)
        running = [tree.start("upgrade", "--lock=60", "head") for _ in range(2)]
        for process in running:
            said, _ = process.communicate(timeout=60)
            assert process.returncode == 255
            assert "a pooler gives each transaction another server" in said
        tree.run("upgrade", "head")
        tree.url = pg_url
        assert tree.steps == ALL
        tree.replace("alembic.ini", pooled, pg_url)
        tree.run("downgrade", "--lock=0", "base")


def test_an_engine_with_one_connection_is_refused(tmp_path: Path, pg_url: str) -> None:
    tree = Tree(tmp_path, pg_url)
    tree.replace("migrations/env.py", "pool.NullPool", "pool.StaticPool")
    done = tree.run("upgrade", "--lock", "head", status=255)
    assert "has only one (StaticPool)" in done.stdout


def test_asynchronous_engines(tmp_path: Path, pg_url: str) -> None:
    asynchronous = pg_url.replace("+psycopg2", "+asyncpg")
    project = Project(tmp_path, PYTHONPATH=str(ROOT))
    project.run("-q", "init", "-t", "async", "migrations")
    project.use_database(asynchronous)
    project.write("migrations/versions/r00.py", FIRST)
    done = project.run("upgrade", "--lock", "head")
    assert "Running upgrade" in done.stderr
    engine = sa.create_engine(pg_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        locks = sa.text(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        assert connection.scalar(locks) == 0


def test_a_database_in_memory_needs_none(tmp_path: Path) -> None:
    tree = Tree(tmp_path, "sqlite://")
    assert "Running upgrade" in tree.run("upgrade", "--lock", "head").stderr


def test_nothing_is_left_beside_a_file(tmp_path: Path, sqlite_url: str) -> None:
    tree = Tree(tmp_path, sqlite_url)
    tree.run("upgrade", "--lock", "head")
    assert not list(tmp_path.glob("*-migration-lock"))
    # A file that a killed process has left is no lock.
    Path(f"{sa.make_url(sqlite_url).database}-migration-lock").write_text("old")
    tree.run("downgrade", "--lock=1", "base")
    assert not list(tmp_path.glob("*-migration-lock"))
    with closing(sqlite3.connect(tmp_path / "test.db")) as connection:
        assert connection.execute("SELECT * FROM alembic_version").fetchall() == []


def test_what_env_py_has_begun_is_kept(tmp_path: Path, sqlite_url: str) -> None:
    """The lock asks for the file's path, and undoes no transaction but its own."""
    engine = sa.create_engine(sqlite_url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE noted (who)")
    with engine.connect() as connection:
        options = {"destination_rev": "head", "migration_lock": True}
        context = MigrationContext.configure(connection, opts=options)
        connection.exec_driver_sql("INSERT INTO noted VALUES ('env.py')")
        lock = util.not_none(context._lock)
        lock.acquire()
        try:
            query = "SELECT count(*) FROM noted"
            assert connection.exec_driver_sql(query).scalar() == 1
        finally:
            lock.release()


@pytest.mark.parametrize("value", ["yes please", "-x"])
def test_a_value_that_is_no_time(tmp_path: Path, sqlite_url: str, value: str) -> None:
    tree = Tree(tmp_path, sqlite_url)
    done = tree.run("upgrade", f"--lock={value}", "head", status=255)
    assert f"a number of seconds, not '{value}'" in done.stdout


def test_databases_without_a_lock(tmp_path: Path) -> None:
    """Said in a refusal when it is asked for, and before anything is sent."""
    context = MigrationContext.configure(
        dialect_name="oracle", opts={"destination_rev": "head", "migration_lock": True}
    )
    wish = _lock.wish_of(context)
    assert wish is not None
    with pytest.raises(util.CommandError, match="no migration lock for oracle"):
        _lock.Lock(context, wish).acquire()


# --- without a lock, another run is told of -------------------------------------------

RIVAL = """
import sqlalchemy as sa
from alembic import op

revision = "r02"
down_revision = "r01"


def upgrade():
    engine = op.get_bind().engine
    with engine.connect() as connection:
        for statement in {statements!r}:
            connection.execute(sa.text(statement))
        connection.commit()
    op.create_table("t2", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table("t1", sa.Column("id", sa.Integer, primary_key=True))
"""
SAID = "Another run was at work on this database"


def failing(tree: Tree, *statements: str) -> str:
    """Upgrade from r01 with a step that first does in another session what is given."""
    tree.run("upgrade", "r01")
    for path in (tree.root / "migrations/versions").glob("r0[3-9].py"):
        path.unlink()
    tree.write("migrations/versions/r02.py", RIVAL.format(statements=statements))
    done = tree.run("upgrade", "head", status=1)
    return done.stdout + done.stderr


def test_another_run_is_told_of(url: str, tmp_path: Path) -> None:
    said = failing(
        Tree(tmp_path, url),
        "CREATE TABLE t2 (id INTEGER PRIMARY KEY)",
        "UPDATE alembic_version SET version_num = 'r99'",
    )
    assert f"{SAID}: it is at r99 now, and this run began at r01. With --lock" in said


def test_a_failure_of_its_own_is_none_of_another_run(url: str, tmp_path: Path) -> None:
    assert SAID not in failing(Tree(tmp_path, url))


def test_two_first_upgrades_at_once_on_postgresql(pg_url: str, tmp_path: Path) -> None:
    tree = Tree(tmp_path, pg_url)
    tree.replace(
        f"migrations/versions/{LAST}.py",
        "    time.sleep(0.02)\n",
        "    waiting = sa.text('SELECT count(*) FROM pg_locks WHERE NOT granted '\n"
        "        'AND pg_backend_pid() = ANY(pg_blocking_pids(pid))')\n"
        "    while not op.get_bind().scalar(waiting):\n"
        "        time.sleep(0.02)\n",
    )
    first = tree.start("upgrade", "head")
    _await_first_step(first)
    second = tree.start("upgrade", "head")
    _, said = second.communicate(timeout=60)
    first.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 1)
    assert (
        f"{SAID}: it is at {LAST} now, and this run began with nothing applied" in said
    )


def test_new_projects_have_the_lock_on(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run("init", "migrations")
    project.use_database("sqlite:///app.db")
    project.run("revision", "-m", "first")
    path = tmp_path / "app.db-migration-lock"
    other = FileLock(path)
    assert other.try_acquire("somebody")
    try:
        done = project.run("upgrade", "head", "--lock=0.1", status=255)
        assert "was not free for 0.1 seconds: somebody has it" in done.stdout
        process = subprocess.Popen(
            [sys.executable, "-m", "alembic_c", "upgrade", "head"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr
        while "Waiting for the migration lock: somebody" not in (
            line := process.stderr.readline()
        ):
            assert line
    finally:
        other.release()
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert not path.exists()


def test_upstream_works_on_with_a_new_project(
    upstream_path: Path, tmp_path: Path
) -> None:
    project = Project(tmp_path)
    project.run("init", "migrations")
    project.use_database("sqlite:///app.db")
    project.run("revision", "-m", "first", "--rev-id", "r01")
    for arguments in (["upgrade", "head"], ["downgrade", "base"], ["upgrade", "r01"]):
        subprocess.run(
            [sys.executable, "-m", "alembic.config", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(upstream_path)},
            check=True,
        )
    assert "r01 (head)" in project.run("current").stdout


def test_each_of_several_databases_is_unlocked(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run("init", "-t", "multidb", "migrations")
    for number, name in (("2", "b"), ("", "a")):
        project.replace(
            "alembic.ini",
            f"driver://user:pass@localhost/dbname{number}",
            f"sqlite:///{name}.db",
        )
    project.run("revision", "-m", "first")
    project.run("upgrade", "head")
    files = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert files == {"alembic.ini", "a.db", "b.db"}
