"""Batch mode on SQLite under faults: the process is killed, a statement fails.

A migration changes a table of 10,000 rows by "move and copy".  It is killed (SIGKILL)
in front of each statement and in the middle of the copying; whatever the moment, the
table is as it was or as it was to be, with all rows, and the next run finishes the job.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from alembic_c import command
from alembic_c.config import Config
from alembic_c.operations import Operations
from alembic_c.runtime.migration import MigrationContext
from alembic_c.util import CommandError
from tests.samples import sample

ROWS = 10_000
# How often SQLite asks whether to go on, in instructions of its virtual machine.
TICK = 500

ENV = """\
import os, signal
from sqlalchemy import create_engine, event
from alembic_c import context

mode = os.environ["BATCH_MODE"]
kill_kind, _, kill_at = os.environ.get("BATCH_KILL", "").partition(":")
seen = {"statement": 0, "tick": 0}

def count(kind):
    seen[kind] += 1
    if kind == kill_kind and seen[kind] == int(kill_at):
        os.kill(os.getpid(), signal.SIGKILL)

options = {"isolation_level": "AUTOCOMMIT"} if mode == "autocommit" else {}
engine = create_engine(context.config.get_main_option("sqlalchemy.url"), **options)

@event.listens_for(engine, "connect")
def connect(dbapi_connection, record):
    if mode == "begin":
        dbapi_connection.isolation_level = None
    dbapi_connection.set_trace_callback(lambda statement: count("statement"))
    dbapi_connection.set_progress_handler(lambda: count("tick"), TICK)

if mode == "begin":
    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN")

with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
if "BATCH_SEEN" in os.environ:
    with open(os.environ["BATCH_SEEN"], "w") as file:
        file.write(f"{seen['statement']} {seen['tick']}")
""".replace("TICK", str(TICK))

FIRST = sample("batch_faults/first.py")

SECOND = sample("batch_faults/second.py")

BEFORE = ["id", "name", "visits", "parent_id"]
AFTER = ["id", "name", "parent_id", "score"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project at its first revision, with a full table in `full.db`."""
    root = tmp_path_factory.mktemp("faults")
    versions = root / "scripts" / "versions"
    versions.mkdir(parents=True)
    (root / "scripts" / "env.py").write_text(ENV)
    (versions / "r1.py").write_text(FIRST)
    (versions / "r2.py").write_text(SECOND)
    in_child(lambda: upgrade(root, "full.db", "r1"), BATCH_MODE="legacy")
    with sqlite3.connect(root / "full.db") as connection:
        connection.executemany(
            "INSERT INTO account VALUES (?, ?, ?, ?)",
            [(i, f"name {i}", i % 7, i // 2 or None) for i in range(1, ROWS + 1)],
        )
    connection.close()
    return root


def upgrade(project: Path, database: str, revision: str = "head") -> None:
    config = Config(attributes={})
    config.set_main_option("script_location", str(project / "scripts"))
    config.set_main_option("sqlalchemy.url", f"sqlite:///{project / database}")
    command.upgrade(config, revision)


def in_child(action: Callable[[], None], **environment: str) -> int:
    """Run something in a process of its own; return the signal that killed it, or 0."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.environ.update(environment)
            action()
            status = 0
        except BaseException:  # noqa: BLE001 - the process ends here
            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status)
    assert os.WEXITSTATUS(status) == 0, "see the traceback above"
    return 0


def state(path: Path) -> tuple[list[str], str]:
    """Return the columns of the table and the version, having looked at all rows."""
    connection = sqlite3.connect(path)
    try:
        tables = {
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            )
        }
        assert tables == {"account", "alembic_version"}
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        columns = [row[1] for row in connection.execute("PRAGMA table_info(account)")]
        rows = connection.execute(
            "SELECT id, name, parent_id FROM account ORDER BY id"
        ).fetchall()
        assert rows == [(i, f"name {i}", i // 2 or None) for i in range(1, ROWS + 1)]
        assert columns in (BEFORE, AFTER)
        if columns == BEFORE:
            visits = connection.execute("SELECT visits FROM account ORDER BY id")
            assert [row[0] for row in visits] == [i % 7 for i in range(1, ROWS + 1)]
        indexes = {
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'index' AND sql NOT NULL"
            )
        }
        new_indexes = {"ix_parent"} if columns == BEFORE else {"ix_parent", "ix_score"}
        assert indexes == new_indexes
        ((version,),) = connection.execute("SELECT version_num FROM alembic_version")
        return columns, version
    finally:
        connection.close()


def totals(project: Path, mode: str) -> tuple[int, int]:
    """Return how many statements and ticks an upgrade has that is left alone."""
    shutil.copy(project / "full.db", project / "left_alone.db")
    seen = project / "seen"
    killed_by = in_child(
        lambda: upgrade(project, "left_alone.db"),
        BATCH_MODE=mode,
        BATCH_SEEN=str(seen),
    )
    assert killed_by == 0
    assert state(project / "left_alone.db") == (AFTER, "r2")
    statements, ticks = map(int, seen.read_text().split())
    return statements, ticks


@pytest.mark.parametrize(("mode", "points"), [("legacy", 50), ("begin", 50)])
def test_killed_anywhere(project: Path, mode: str, points: int) -> None:
    statements, ticks = totals(project, mode)
    assert statements > 8
    assert ticks > 100
    kill_points = [f"statement:{n}" for n in range(1, statements + 1)]
    left = max(points - len(kill_points), 10)
    kill_points += [f"tick:{1 + n * (ticks - 1) // left}" for n in range(left)]
    assert len(kill_points) >= points
    for kill_point in kill_points:
        path = project / "victim.db"
        shutil.copy(project / "full.db", path)
        killed_by = in_child(
            lambda: upgrade(project, "victim.db"),
            BATCH_MODE=mode,
            BATCH_KILL=kill_point,
        )
        assert killed_by == signal.SIGKILL, kill_point
        # The version says which of the two it is.
        assert state(path) in [(BEFORE, "r1"), (AFTER, "r2")], kill_point
        assert in_child(lambda: upgrade(project, "victim.db"), BATCH_MODE=mode) == 0
        assert state(path) == (AFTER, "r2"), kill_point


def in_command(project: Path, *arguments: str, database: str) -> tuple[int, str]:
    """Run the command in a process of its own; return its status and all it said."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic_c", "-c", database, *arguments],
        cwd=project,
        env={**os.environ, "BATCH_MODE": "autocommit"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_killed_in_autocommit_mode(project: Path) -> None:
    """Each statement is a transaction, but "move and copy" is one all the same.

    The version is one of its own behind it.  If the process is killed between the two,
    the next run tells so, and what it says to do is right.
    """
    (project / "victim.ini").write_text(
        "[alembic]\nscript_location = scripts\nsqlalchemy.url = sqlite:///victim.db\n"
    )
    statements, ticks = totals(project, "autocommit")
    kill_points = [f"statement:{n}" for n in range(1, statements + 1)]
    left = max(50 - len(kill_points), 10)
    kill_points += [f"tick:{1 + n * (ticks - 1) // left}" for n in range(left)]
    told = 0
    for kill_point in kill_points:
        path = project / "victim.db"
        shutil.copy(project / "full.db", path)
        killed_by = in_child(
            lambda: upgrade(project, "victim.db"),
            BATCH_MODE="autocommit",
            BATCH_KILL=kill_point,
        )
        assert killed_by == signal.SIGKILL, kill_point
        columns, version = state(path)
        assert (columns, version) != (BEFORE, "r2"), kill_point
        half_done = (columns, version) == (AFTER, "r1")
        if not half_done:
            again = in_child(
                lambda: upgrade(project, "victim.db"), BATCH_MODE="autocommit"
            )
            assert again == 0, kill_point
        else:
            told += 1
            status, said = in_command(project, "upgrade", "head", database="victim.ini")
            assert status
            assert 'The table "account" has column "score", index "ix_score";' in said
            assert 'it does not have column "visits".' in said
            follow_advice(project, said)
        assert state(path) == (AFTER, "r2"), kill_point
    assert told


def follow_advice(project: Path, said: str) -> None:
    """Do what the report says; then the next upgrade has to succeed."""
    assert f"upgrade r1 -> r2 ({project / 'scripts/versions/r2.py'}) failed" in said
    assert "The version table 'alembic_version' has: r1." in said
    (stamp,) = re.findall(r"record that: alembic (.*)", said)
    assert in_command(project, *stamp.split(), database="victim.ini")[0] == 0
    assert in_command(project, "upgrade", "head", database="victim.ini")[0] == 0


def test_branches_are_joined_as_a_whole(tmp_path: Path) -> None:
    """The version table of a merge has two rows before it and one behind it."""
    versions = tmp_path / "scripts" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "scripts" / "env.py").write_text(ENV)
    for name, down in {"a": None, "b": None, "m": ("a", "b")}.items():
        (versions / f"{name}.py").write_text(
            f"revision = {name!r}\ndown_revision = {down!r}\n"
            "def upgrade(): pass\ndef downgrade(): pass\n"
        )

    def applied(action: Callable[[], None], kill: str = "") -> set[str]:
        in_child(action, BATCH_MODE="autocommit", BATCH_KILL=kill)
        connection = sqlite3.connect(tmp_path / "two.db")
        rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        connection.close()
        return {row[0] for row in rows}

    assert applied(lambda: upgrade(tmp_path, "two.db", "heads")) == {"m"}
    seen = set()
    for n in range(1, 30):
        (tmp_path / "two.db").unlink()
        assert applied(lambda: upgrade(tmp_path, "two.db", "a")) == {"a"}
        assert applied(lambda: upgrade(tmp_path, "two.db", "b")) == {"a", "b"}
        left = applied(lambda: upgrade(tmp_path, "two.db"), kill=f"statement:{n}")
        assert left in ({"a", "b"}, {"m"}), n
        seen.add(frozenset(left))
        if left == {"m"}:
            break
    assert len(seen) == 2


LEFTOVERS = {
    "copy half full": """
        CREATE TABLE _alembic_tmp_account (id INTEGER, name TEXT);
        INSERT INTO _alembic_tmp_account SELECT id, name FROM account LIMIT 500;
    """,
    "original dropped": """
        CREATE TABLE _alembic_tmp_account (
            id INTEGER NOT NULL, name TEXT NOT NULL, parent_id INTEGER,
            score INTEGER DEFAULT '7', PRIMARY KEY (id),
            FOREIGN KEY (parent_id) REFERENCES account (id),
            CONSTRAINT uq_name UNIQUE (name)
        );
        INSERT INTO _alembic_tmp_account (id, name, parent_id)
            SELECT id, name, parent_id FROM account;
        DROP TABLE account;
    """,
}


@pytest.mark.parametrize("leftover", LEFTOVERS)
def test_what_other_tools_leave_is_told(project: Path, leftover: str) -> None:
    """As with a tool that commits each statement of "move and copy" by itself."""
    (project / "victim.ini").write_text(
        "[alembic]\nscript_location = scripts\nsqlalchemy.url = sqlite:///victim.db\n"
    )
    path = project / "victim.db"
    shutil.copy(project / "full.db", path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(LEFTOVERS[leftover])
    status, said = in_command(project, "upgrade", "head", database="victim.ini")
    assert status
    if leftover == "copy half full":
        (remedy,) = re.findall(r"Remove the copy: (.*)", said)
        connection.execute(remedy)
        status, said = in_command(project, "upgrade", "head", database="victim.ini")
        assert status == 0, said
    else:
        assert f"all rows of the table 'account' ({ROWS}) in _alembic_tmp" in said
        (remedy,) = re.findall(r"Give it its name: (.*), and create its ind", said)
        connection.execute(remedy)
        connection.execute("CREATE INDEX ix_parent ON account (parent_id)")
        connection.execute("CREATE INDEX ix_score ON account (score)")
        follow_advice(project, said)
    connection.close()
    assert state(path) == (AFTER, "r2")


def change_table(op: Operations, change: str) -> None:
    with op.batch_alter_table("t", recreate="always") as batch_op:
        batch_op.add_column(sa.Column("new", sa.Integer))
        exec(f"batch_op.{change}", {"batch_op": batch_op, "sa": sa})


@pytest.mark.parametrize("isolation_level", [None, "AUTOCOMMIT", "SERIALIZABLE"])
@pytest.mark.parametrize("earlier_statement", [False, True])
@pytest.mark.parametrize(
    ("change", "error"),
    [
        # in the CREATE TABLE, in the copying, and when all but the index is done
        ("add_column(sa.Column('g', sa.Integer, sa.Computed('zork')))", "zork"),
        ("alter_column('a', nullable=False)", "NOT NULL"),
        ("create_index('ix_b', ['b'], unique=True)", "UNIQUE"),
    ],
)
def test_failure_is_undone_even_if_it_is_caught(
    sqlite_url: str,
    change: str,
    error: str,
    isolation_level: str | None,
    earlier_statement: bool,
) -> None:
    options = {} if isolation_level is None else {"isolation_level": isolation_level}
    engine = sa.create_engine(sqlite_url, **options)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER, b INTEGER)")
        connection.exec_driver_sql("CREATE TABLE log (message TEXT)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1, 5), (NULL, 5)")
    with engine.begin() as connection:
        op = Operations(MigrationContext.configure(connection))
        if earlier_statement:
            op.execute("INSERT INTO log VALUES ('before')")
        with pytest.raises(sa.exc.DBAPIError, match=error):
            change_table(op, change)
        op.execute("INSERT INTO log VALUES ('after')")
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM t").fetchall()
        assert rows == [(1, 5), (None, 5)]
        assert set(sa.inspect(connection).get_table_names()) == {"t", "log"}
        log = connection.exec_driver_sql("SELECT message FROM log").scalars().all()
        assert log == (["before", "after"] if earlier_statement else ["after"])
    engine.dispose()


def test_listeners_see_the_statements_that_they_always_saw(sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER, b INTEGER)")
    seen = []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def note(conn, cursor, statement, *rest):  # type: ignore[no-untyped-def]
        if not statement.startswith(("PRAGMA", "SELECT")):
            seen.append(statement.split("(")[0].strip())

    with engine.begin() as connection:
        op = Operations(MigrationContext.configure(connection))
        with op.batch_alter_table("t") as batch_op:
            batch_op.drop_column("b")
    assert [statement.split() for statement in seen] == [
        line.split()
        for line in textwrap.dedent(
            """\
            CREATE TABLE _alembic_tmp_t
            INSERT INTO _alembic_tmp_t
            DROP TABLE t
            ALTER TABLE _alembic_tmp_t RENAME TO t"""
        ).splitlines()
    ]
    engine.dispose()


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "SET DEFAULT"])
@pytest.mark.parametrize("schema", [None, "main"])
def test_rows_of_other_tables_are_not_lost(
    sqlite_url: str, action: str, schema: str | None
) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.connect() as connection:
        for statement in [
            "PRAGMA foreign_keys=ON",
            "CREATE TABLE parent (id INTEGER PRIMARY KEY, x INTEGER)",
            'CREATE TABLE "some child" (id INTEGER PRIMARY KEY, "a b" INTEGER'
            f" REFERENCES Parent (id) ON DELETE {action})",
            "INSERT INTO parent VALUES (1, 2)",
            'INSERT INTO "some child" VALUES (5, NULL)',
        ]:
            connection.exec_driver_sql(statement)
        connection.commit()
        op = Operations(MigrationContext.configure(connection))
        # Nothing refers to the row yet.
        with op.batch_alter_table("parent", schema=schema) as batch_op:
            batch_op.alter_column("x", new_column_name="y")
        connection.exec_driver_sql('INSERT INTO "some child" VALUES (6, 1)')
        connection.commit()

        def drop_column() -> None:
            with op.batch_alter_table("parent", schema=schema) as batch_op:
                batch_op.drop_column("y")

        with pytest.raises(CommandError, match=r'delete or change .*"some child"'):
            drop_column()
        children = connection.exec_driver_sql('SELECT * FROM "some child"')
        assert children.fetchall() == [(5, None), (6, 1)]
        connection.commit()
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        drop_column()
        children = connection.exec_driver_sql('SELECT * FROM "some child"')
        assert children.fetchall() == [(5, None), (6, 1)]
        assert connection.exec_driver_sql("SELECT * FROM parent").fetchall() == [(1,)]
    engine.dispose()


def test_a_commit_that_fails_is_undone(sqlite_url: str) -> None:
    """DROP TABLE leaves rows of others without their parents, as SQLite counts."""
    engine = sa.create_engine(sqlite_url)
    with engine.connect() as connection:
        for statement in (
            "PRAGMA foreign_keys = ON",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER)",
            "CREATE TABLE child (r REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)",
            "INSERT INTO t VALUES (1, 2)",
            "INSERT INTO child VALUES (1)",
        ):
            connection.exec_driver_sql(statement)
        connection.commit()
        operations = Operations(MigrationContext.configure(connection))
        with (
            pytest.raises(sa.exc.IntegrityError, match="FOREIGN KEY"),
            operations.batch_alter_table("t", recreate="always") as batch,
        ):
            batch.add_column(sa.Column("b", sa.Integer))
        assert not connection.connection.driver_connection.in_transaction  # type: ignore[union-attr]
        found = connection.exec_driver_sql("SELECT * FROM t").one()
        assert tuple(found) == (1, 2)
    engine.dispose()
