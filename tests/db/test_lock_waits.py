"""Time limits of steps, and what is run again that met a lock or a deadlock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alembic_c import command
from alembic_c.config import CommandLine, Config
from alembic_c.runtime import _attempts, _timeouts
from alembic_c.runtime.migration import MigrationContext
from alembic_c.util import CommandError
from tests.support import mariadb

ENV = """\
from sqlalchemy import text
from alembic_c import context

attributes = context.config.attributes
with attributes["engine"].connect() as connection:
    attributes["before"](connection)
    context.configure(connection=connection, **attributes["options"])
    with context.begin_transaction():
        attributes["inside"](connection)
        context.run_migrations()
    attributes["after"](connection)
"""

# The same through a driver for asyncio, whose URL is `asynchronous`.
ASYNC_ENV = """\
import asyncio
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from alembic_c import context

attributes = context.config.attributes

def run(connection):
    context.configure(connection=connection, **attributes["options"])
    with context.begin_transaction():
        context.run_migrations()
    attributes["after"](connection)

async def main():
    engine = create_async_engine(attributes["asynchronous"], poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)

asyncio.run(main())
"""

REVISION = """\
import sqlalchemy as sa
from alembic_c import context, op

revision, down_revision = {name!r}, {down!r}
{head}

def upgrade():
    ran = context.config.attributes["ran"]
    ran.append(revision)
    {up}

def downgrade():
    pass
"""
WAITS = "op.execute('ALTER TABLE busy ADD COLUMN b INTEGER')"
INSERTS = "op.execute('INSERT INTO notes VALUES (1)')"
SETTINGS = {
    "postgresql": (
        "SELECT current_setting('lock_timeout') || ' ' "
        "|| current_setting('statement_timeout')"
    ),
    "mysql": (
        "SELECT concat(@@lock_wait_timeout, ' ', @@innodb_lock_wait_timeout, ' ', "
        "@@max_statement_time)"
    ),
}


def nothing(connection: Any) -> None:
    """Stand where a test does nothing."""


class Project:
    """A script directory, a database with two tables, and runs of upgrade."""

    def __init__(self, root: Path, url: str) -> None:
        self._versions = root / "scripts" / "versions"
        self._versions.mkdir(parents=True)
        self.env = root / "scripts" / "env.py"
        self.env.write_text(ENV)
        self.engine = sa.create_engine(url, pool_size=12)
        self.ran: list[str] = []
        self.settings: list[str] = []
        self.attributes: dict[str, Any] = {
            "engine": self.engine,
            "ran": self.ran,
            "note": self._note,
            "before": nothing,
            "inside": nothing,
            "after": nothing,
            "options": {"transaction_per_migration": True},
        }
        self.config = Config(attributes=self.attributes)
        self.attributes = self.config.attributes
        self.config.set_main_option("script_location", str(root / "scripts"))
        self.do(
            "CREATE TABLE busy (a INTEGER PRIMARY KEY, v INTEGER)",
            "CREATE TABLE notes (n INTEGER)",
        )
        self.do("INSERT INTO busy VALUES (1, 1), (2, 2)")

    def _note(self, connection: Any) -> None:
        question = SETTINGS[self.engine.dialect.name]
        self.settings.append(str(connection.exec_driver_sql(question).scalar()))

    def _note_first(self, connection: Any) -> None:
        self._note(connection)
        connection.commit()

    def revision(self, name: str, down: str | None, *up: str, head: str = "") -> None:
        text = REVISION.format(name=name, down=down, up="\n    ".join(up), head=head)
        (self._versions / f"{name}.py").write_text(text)

    def do(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def options(self, **options: Any) -> None:
        self.attributes["options"].update(options)

    def upgrade(self, target: str = "head") -> None:
        command.upgrade(self.config, target)

    def rows(self, question: str) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.exec_driver_sql(question).scalars())

    @property
    def n_notes(self) -> int:
        return len(self.rows("SELECT n FROM notes"))

    @property
    def version(self) -> list[Any]:
        return self.rows("SELECT version_num FROM alembic_version")

    @contextmanager
    def held(self, statement: str = "SELECT * FROM busy") -> Iterator[sa.Connection]:
        """Have another session's transaction open."""
        with self.engine.connect() as holder:
            holder.exec_driver_sql(statement).close()
            yield holder
            holder.rollback()

    def upgrade_beside(
        self, until: Callable[[], bool], holding: str = "SELECT * FROM busy"
    ) -> None:
        """Upgrade while a transaction is open, until something is so."""
        problems: list[Exception] = []

        def run() -> None:
            try:
                self.upgrade()
            except Exception as problem:  # noqa: BLE001 - it is raised below
                problems.append(problem)

        with self.held(holding):
            runner = threading.Thread(target=run)
            runner.start()
            while runner.is_alive() and not until():
                time.sleep(0.02)
        runner.join(60)
        if problems:
            raise problems[0]


@pytest.fixture(params=["postgresql", "mariadb"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    if request.param == "mariadb":
        server = request.getfixturevalue("mariadb_server")
        url = mariadb.emptied(server, "mysql")
    else:
        url = request.getfixturevalue("pg_url")
    made = Project(tmp_path, url)
    yield made
    made.engine.dispose()


@pytest.fixture
def on_postgresql(tmp_path: Path, pg_url: str) -> Iterator[Project]:
    made = Project(tmp_path, pg_url)
    yield made
    made.engine.dispose()


@pytest.fixture
def on_mariadb(tmp_path: Path, mariadb_server: str) -> Iterator[Project]:
    made = Project(tmp_path, mariadb.emptied(mariadb_server, "mysql"))
    yield made
    made.engine.dispose()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_attempts, "_FIRST_PAUSE", 0.05)


@pytest.mark.parametrize("history", [False, True])
def test_a_step_waits_for_a_lock_and_is_run_again(
    project: Project, caplog: pytest.LogCaptureFixture, history: bool
) -> None:
    """From its first statement on; what it had done before is done once."""
    project.options(lock_timeout="300ms", lock_retries=20, migration_history=history)
    project.revision(
        "r1",
        None,
        INSERTS,
        "op.create_table('c', sa.Column('x', sa.Integer))"
        if project.engine.dialect.name == "postgresql"
        else "pass",
        WAITS if project.engine.dialect.name == "postgresql" else "pass",
    )
    project.revision("r2", "r1", WAITS.replace(" b ", " d "), INSERTS)
    project.upgrade_beside(lambda: len(project.ran) > 2)
    assert project.version == ["r2"]
    assert project.n_notes == 2
    assert len(project.ran) > 2
    told = [
        r.getMessage() for r in caplog.records if "attempt 2 of 21" in r.getMessage()
    ]
    assert told
    assert "a lock was not to be had" in told[0]
    assert ", held by " in told[0]
    assert "session " in told[0]
    if history:
        question = "SELECT outcome FROM alembic_version_history ORDER BY step"
        assert project.rows(question) == ["done", "done"]


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg_async"])
@pytest.mark.parametrize("per_migration", [True, False])
def test_through_drivers_for_asyncio(
    on_postgresql: Project, driver: str, per_migration: bool
) -> None:
    project = on_postgresql
    project.env.write_text(ASYNC_ENV)
    url = project.engine.url.set(drivername=f"postgresql+{driver}")
    project.attributes["asynchronous"] = url
    project.attributes["after"] = project._note
    project.options(
        lock_timeout="200ms",
        lock_retries=20,
        transaction_per_migration=per_migration,
    )
    project.revision(
        "r1", None, INSERTS, "context.config.attributes['note'](op.get_bind())"
    )
    project.revision("r2", "r1", INSERTS, WAITS)
    project.upgrade_beside(lambda: project.ran.count("r2") > 2)
    assert project.version == ["r2"]
    assert project.n_notes == 2
    assert project.settings[0] == "200ms 0"
    assert project.settings[-1] == "0 0"


@pytest.mark.parametrize("history", [False, True])
def test_one_transaction_for_all_is_run_again_as_a_whole(
    on_postgresql: Project, history: bool
) -> None:
    project = on_postgresql
    project.options(
        lock_timeout="200ms",
        lock_retries=20,
        transaction_per_migration=False,
        migration_history=history,
    )
    project.revision("r1", None, INSERTS)
    project.revision("r2", "r1", INSERTS, WAITS)
    project.upgrade_beside(lambda: len(project.ran) > 4)
    assert project.ran[:4] == ["r1", "r2", "r1", "r2"]
    assert project.version == ["r2"]
    assert project.n_notes == 2
    if history:
        question = "SELECT outcome FROM alembic_version_history ORDER BY step"
        *before, last, last_but_one = project.rows(question)
        assert [last, last_but_one] == ["done", "done"]
        assert set(zip(before[::2], before[1::2], strict=True)) == {
            ("rolled back", "failed")
        }


def _fails(project: Project, caplog: pytest.LogCaptureFixture) -> str:
    with project.held(), pytest.raises(sa.exc.OperationalError):
        project.upgrade()
    return "\n".join(record.getMessage() for record in caplog.records)


def test_what_env_py_has_executed_would_be_lost(
    on_postgresql: Project, caplog: pytest.LogCaptureFixture
) -> None:
    project = on_postgresql
    project.options(
        lock_timeout="100ms", lock_retries=3, transaction_per_migration=False
    )
    project.attributes["inside"] = lambda c: c.exec_driver_sql("SET search_path=public")
    project.revision("r1", None, WAITS)
    assert "env.py has executed something" in _fails(project, caplog)
    assert project.ran == ["r1"]


@pytest.mark.parametrize("per_migration", [False, True])
@pytest.mark.parametrize(
    "half",
    [
        "with op.get_context().autocommit_block(): " + INSERTS,
        f"{INSERTS}; op.execute('COMMIT')",
        f"{INSERTS}; op.get_bind().connection.driver_connection.commit()",
        "e = op.get_bind().engine.connect(); e.exec_driver_sql("
        "'INSERT INTO notes VALUES (1)'); e.commit(); e.close()",
        "e = op.get_bind().engine.connect().execution_options("
        "isolation_level='AUTOCOMMIT'); e.exec_driver_sql("
        "'INSERT INTO notes VALUES (1)'); e.close()",
    ],
)
def test_half_a_step_is_never_repeated(
    on_postgresql: Project,
    caplog: pytest.LogCaptureFixture,
    half: str,
    per_migration: bool,
) -> None:
    project = on_postgresql
    project.options(
        lock_timeout="100ms", lock_retries=3, transaction_per_migration=per_migration
    )
    project.revision("r1", None, half, WAITS)
    assert "not run again" in _fails(project, caplog)
    assert project.ran == ["r1"]
    assert project.n_notes == 1
    project.attributes["note"](project.engine.connect())
    assert project.settings == ["0 0"]


@pytest.mark.parametrize(
    "half",
    [
        "op.execute('CREATE TABLE c (x INTEGER)')",
        f"{INSERTS}",
        "op.execute('INSERT INTO old VALUES (1)'); op.execute(\"SELECT a FROM busy "
        'FOR UPDATE")',
        f"{INSERTS}; op.execute('COMMIT')",
        f"{INSERTS}; op.execute('BEGIN')",
        f"{INSERTS}; op.execute('SET autocommit=1')",
        "op.execute('CALL stores()')",
        f"{INSERTS}; op.get_bind().exec_driver_sql('/*!50000 COMMIT */')",
    ],
)
def test_half_a_step_is_never_repeated_on_mariadb(
    on_mariadb: Project, caplog: pytest.LogCaptureFixture, half: str
) -> None:
    project = on_mariadb
    project.do(
        "CREATE TABLE old (x INTEGER) ENGINE=MyISAM",
        "CREATE OR REPLACE PROCEDURE stores() "
        "BEGIN INSERT INTO notes VALUES (1); COMMIT; END",
    )
    project.options(lock_timeout="1s", lock_retries=3)
    last = "pass" if "FOR UPDATE" in half else WAITS
    project.revision("r1", None, half, last)
    with project.held("SELECT * FROM busy FOR UPDATE"):
        assert "not run again" in _fails(project, caplog)
    assert project.ran == ["r1"]


def test_rows_are_waited_for_on_mariadb(on_mariadb: Project) -> None:
    project = on_mariadb
    project.options(lock_timeout="1s", lock_retries=9)
    project.revision("r1", None, INSERTS, "op.execute('UPDATE busy SET v = 3')")
    holding = "SELECT * FROM busy FOR UPDATE"
    project.upgrade_beside(lambda: len(project.ran) > 1, holding)
    assert len(project.ran) > 1
    assert project.n_notes == 1
    assert project.rows("SELECT v FROM busy") == [3, 3]


def test_a_deadlock_is_run_again(project: Project) -> None:
    """The other session is let go on; the step is the one that fails, or it waits."""
    project.options(lock_retries=5)
    project.revision(
        "r1",
        None,
        INSERTS,
        "op.execute('UPDATE busy SET v = 11 WHERE a = 1')",
        "context.config.attributes['cross']()",
        "op.execute('UPDATE busy SET v = 12 WHERE a = 2')",
    )
    waiting: list[threading.Thread] = []
    with project.engine.connect() as other:
        if project.engine.dialect.name == "postgresql":
            other.exec_driver_sql("SET deadlock_timeout = '1h'")
        else:
            # The one with fewer changes is the victim.
            other.exec_driver_sql("INSERT INTO notes SELECT 5 FROM seq_1_to_100")
        other.exec_driver_sql("UPDATE busy SET v = 2 WHERE a = 2")
        if project.engine.dialect.name != "postgresql":
            other.exec_driver_sql("UPDATE busy SET v = 22 WHERE a = 2")
            other.exec_driver_sql("UPDATE busy SET v = 2 WHERE a = 2")

        def finish() -> None:
            other.exec_driver_sql("UPDATE busy SET v = 1 WHERE a = 1")
            other.rollback()

        def cross() -> None:
            if not waiting:
                waiting.append(threading.Thread(target=finish))
                waiting[0].start()
                time.sleep(0.3)

        project.attributes["cross"] = cross
        project.upgrade()
        waiting[0].join(30)
    assert project.ran == ["r1", "r1"]
    assert project.n_notes == 1
    assert sorted(project.rows("SELECT v FROM busy")) == [11, 12]


def test_settings_hold_in_each_transaction_and_are_put_back(project: Project) -> None:
    note = "context.config.attributes['note'](op.get_bind())"
    project.attributes.update(before=project._note_first, after=project._note)
    project.options(lock_timeout="2s", statement_timeout="1min")
    project.revision("r1", None, note)
    block = "with op.get_context().autocommit_block(): "
    project.revision("r2", "r1", block + note, note)
    head = "lock_timeout = 7\nstatement_timeout = '1h'"
    project.revision("r3", "r2", note, block + note, head=head)
    project.revision("r4", "r3", note)
    project.upgrade()
    before, *held, after = project.settings
    usual, own = {
        "postgresql": ("2s 1min", "7s 1h"),
        "mysql": ("2 2 60.000000", "7 7 3600.000000"),
    }[project.engine.dialect.name]
    assert held == [usual, usual, usual, own, own, usual]
    assert before == after
    assert before not in (usual, own)


@pytest.mark.parametrize("per_migration", [False, True])
@pytest.mark.parametrize("head", ["", "lock_timeout = 7"])
def test_settings_are_put_back_after_a_failure(
    project: Project, per_migration: bool, head: str
) -> None:
    project.attributes["before"] = project._note_first
    if not head:
        project.options(lock_timeout=3)
    project.options(transaction_per_migration=per_migration)
    block = "with op.get_context().autocommit_block(): pass"
    project.revision("r1", None, block, "raise RuntimeError('half way')", head=head)
    env = ENV.replace("    with context.begin", "    with tried, context.begin")
    env = env.replace(
        "attributes =",
        "import contextlib\ntried = contextlib.suppress(RuntimeError)\nattributes =",
    )
    (project._versions.parent / "env.py").write_text(env)
    project.attributes["after"] = project._note
    project.upgrade()
    before, after = project.settings
    assert before == after


@pytest.mark.parametrize("lock_timeout", [None, "300ms"])
def test_how_long_others_wait(on_postgresql: Project, lock_timeout: str | None) -> None:
    """Readers that queue behind the ALTER go on when it gives up, and only then."""
    project = on_postgresql
    if lock_timeout:
        project.options(lock_timeout=lock_timeout, lock_retries=30)
    project.revision("r1", None, WAITS)
    stop = threading.Event()
    refused: list[str] = []
    n_reads: list[int] = []

    def read() -> None:
        with project.engine.connect() as connection:
            # Twice the step's limit: the server says who waits for longer.
            connection.exec_driver_sql("SET lock_timeout = '600ms'")
            connection.commit()
            while not stop.is_set():
                try:
                    connection.exec_driver_sql("SELECT * FROM busy").all()
                    n_reads.append(1)
                except sa.exc.OperationalError as problem:
                    refused.append(str(problem))
                connection.rollback()
                time.sleep(0.01)

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    project.upgrade_beside(
        lambda: len(project.ran) > 3 if lock_timeout else len(refused) > len(readers)
    )
    stop.set()
    for reader in readers:
        reader.join(30)
    assert project.version == ["r1"]
    assert n_reads
    assert bool(refused) == (lock_timeout is None)


def test_listeners_do_not_change_while_threads_are_at_work() -> None:
    """SQLAlchemy goes through them in each thread, and would raise RuntimeError."""
    engine = sa.create_engine("sqlite://")
    listeners = (engine.dispatch.commit, engine.dispatch.after_cursor_execute)
    _attempts.LISTENING.begin()
    before = [list(each) for each in listeners]
    assert all(before)
    attempt = _attempts.Attempt(
        MigrationContext(engine.dialect, None, {"as_sql": True})
    )
    attempt.start()
    assert [list(each) for each in listeners] == before
    attempt.stop()
    assert not _attempts.LISTENING.attempts


def test_it_gives_up(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    project.options(lock_timeout="200ms", lock_retries=1)
    project.revision("r1", None, WAITS)
    assert "this was attempt 2 of 2" in _fails(project, caplog)
    assert project.ran == ["r1", "r1"]


def test_another_run_came_between(on_postgresql: Project) -> None:
    project = on_postgresql
    project.options(lock_timeout="100ms", lock_retries=5)
    project.revision("r1", None, WAITS)

    def pause(seconds: float) -> None:
        project.do("INSERT INTO alembic_version VALUES ('r1')")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("alembic_c.runtime._attempts.time.sleep", pause)
        with project.held(), pytest.raises(CommandError, match="Another run was"):
            project.upgrade()
    assert project.ran == ["r1"]


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("2s", 2), ("500ms", 0.5), (3, 3), ("1.5", 1.5), ("2min", 120), ("1h", 3600)],
)
def test_durations(given: Any, seconds: float) -> None:
    assert _timeouts._seconds("lock_timeout", given) == pytest.approx(seconds)


@pytest.mark.parametrize("given", ["soon", "-1s", "2 weeks", "", True, "2s; DROP"])
def test_what_is_no_duration(given: Any) -> None:
    with pytest.raises(CommandError, match="lock_timeout is a duration"):
        _timeouts._seconds("lock_timeout", given)


def test_other_databases_are_refused(
    tmp_path: Path, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    project = Project(tmp_path, sqlite_url)
    project.revision("r1", None, INSERTS, head="lock_timeout = '2s'")
    project.options(lock_timeout="2s")
    with pytest.raises(CommandError, match="not for sqlite"):
        project.upgrade()
    assert not project.ran
    del project.attributes["options"]["lock_timeout"]
    project.config.set_main_option("lock_retries", "3")
    project.upgrade()
    assert [
        r.getMessage() for r in caplog.records if "not for sqlite" in r.getMessage()
    ]
    assert project.version == ["r1"]
    project.engine.dispose()


def test_the_command_line(on_postgresql: Project, capsys: Any) -> None:
    project = on_postgresql
    note = "context.config.attributes['note'](op.get_bind())"
    project.revision("r1", None, note)
    project.config.set_main_option("statement_timeout", "9s")
    project.config.set_main_option("lock_timeout", "9s")
    line = CommandLine()
    words = ["upgrade", "head", "--lock-timeout", "4s", "--lock-retries=2"]
    project.config.cmd_opts = line.parser.parse_args(words)
    line.run_cmd(project.config, project.config.cmd_opts)
    assert project.settings == ["4s 9s"]
    project.config.cmd_opts = line.parser.parse_args([*words, "--sql"])
    with pytest.raises(SystemExit):
        line.run_cmd(project.config, project.config.cmd_opts)
    assert "do not go with --sql" in "".join(capsys.readouterr())
