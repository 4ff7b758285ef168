"""Migrated databases from templates: right, never stale, built once, nothing left."""

from __future__ import annotations

import asyncio
import datetime
import functools
import logging
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from alembic_c import testkit
from alembic_c.testkit import (
    TestKitError,
    TestKitWarning,
    _connect,
    _engines,
    _key,
    _postgresql,
    migrated,
    migrated_database,
    rolled_back,
    rolled_back_async,
)
from alembic_c.testkit._store import CLONE, TEMPLATE, too_old
from tests.testkit.tree import Tree, databases, tables

ROOT = Path(__file__).resolve().parents[2]


def seed_one_row(connection: sa.Connection) -> None:
    connection.execute(sa.text("INSERT INTO t1 (id, name) VALUES (7, '50% ''q''')"))


def test_copies_are_migrated_and_apart(tree: Tree, server: str) -> None:
    first, second = migrated(tree.config, server), migrated(tree.config, server)
    assert first != second
    engine = sa.create_engine(first)
    with engine.begin() as connection:
        seed_one_row(connection)
    engine.dispose()
    assert tables(first) == tables(second) == {"t1", "t2", "t3"}
    with sa.create_engine(second).connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM t1")) == 0
    assert tree.n_runs == 1
    for url in (first, second):
        testkit.drop(url)


def test_the_database_is_removed_afterwards(tree: Tree, server: str) -> None:
    with migrated_database(tree.config, server) as url:
        assert tables(url)
        name = url.database
    if server.startswith("sqlite:///"):
        assert not os.path.exists(str(name))
    elif server != "sqlite://":
        assert name not in databases(server, tree)
    testkit.drop(url)  # once more is no error


def test_an_earlier_revision(tree: Tree, server: str) -> None:
    with migrated_database(tree.config, server, "r2") as url:
        assert tables(url) == {"t1", "t2"}
    # What stands above does not decide what r2 is.
    tree.add(4)
    with migrated_database(tree.config, server, "r2"):
        assert tree.n_runs == 1


def test_rows_of_a_seed_are_in_each_copy(tree: Tree, server: str) -> None:
    for _ in range(2):
        with migrated_database(tree.config, server, seed=seed_one_row) as url:
            engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
            with engine.connect() as connection:
                rows = connection.execute(sa.text("SELECT id, name FROM t1")).all()
            assert [tuple(row) for row in rows] == [(7, "50% 'q'")]
    assert tree.n_runs == 1


def seed_that_commits(connection: sa.Connection) -> None:
    for number in (1, 2):
        connection.execute(sa.text(f"INSERT INTO t1 (id) VALUES ({number})"))
        connection.commit()
    connection.execute(sa.text("INSERT INTO t1 (id) VALUES (3)"))


async def asynchronous_seed(connection: sa.Connection) -> None:
    seed_one_row(connection)


def row(number: int) -> Callable[[sa.Connection], None]:
    def seed(connection: sa.Connection) -> None:
        connection.execute(sa.text(f"INSERT INTO t1 (id) VALUES ({number})"))

    return seed


def default_row(number: int) -> Callable[[sa.Connection], None]:
    def seed(connection: sa.Connection, number: int = number) -> None:
        row(number)(connection)

    return seed


def wrapped_row(number: int) -> Callable[[sa.Connection], None]:
    @functools.wraps(seed_one_row)
    def seed(connection: sa.Connection) -> None:
        inner(connection)
        assert seed is not None

    inner = functools.partial(row(number))
    return seed


class Rows:
    """Rows of a number."""

    def __init__(self, number: int) -> None:
        self.number = number

    def seed(self, connection: sa.Connection) -> None:
        row(self.number)(connection)


@pytest.mark.parametrize(
    "make", [row, default_row, wrapped_row, lambda number: Rows(number).seed]
)
def test_what_a_seed_holds_decides_what_is_in_the_template(
    tree: Tree, tmp_path: Path, make: Callable[[int], Callable[[sa.Connection], None]]
) -> None:
    server = f"sqlite:///{tmp_path / 'app.db'}"
    for number in (1, 2, 1, 2):
        with migrated_database(tree.config, server, seed=make(number)) as url:
            engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
            with engine.connect() as connection:
                assert connection.scalar(sa.text("SELECT id FROM t1")) == number
    assert tree.n_runs == 2


def test_paths_and_moments_in_a_configuration_count(tree: Tree, tmp_path: Path) -> None:
    server = f"sqlite:///{tmp_path / 'app.db'}"
    values = (Path("a"), Path("b"), datetime.date(2020, 1, 1), datetime.date.max)
    for number, value in enumerate(values, start=1):
        config = tree.config
        config.attributes["value"] = value
        with migrated_database(config, server):
            assert tree.n_runs == number


def test_a_seed_may_commit_by_itself(tree: Tree, server: str) -> None:
    with migrated_database(tree.config, server, seed=seed_that_commits) as url:
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM t1")) == 3


def test_a_seed_that_nobody_awaits_is_refused(tree: Tree, server: str) -> None:
    with pytest.raises(TestKitError, match="make it a plain function"):
        migrated(tree.config, server, seed=asynchronous_seed)
    assert tree.n_runs == 0


def test_one_file_need_not_be_in_a_list(tree: Tree, tmp_path: Path) -> None:
    server = f"sqlite:///{tmp_path / 'app.db'}"
    for files in (str(tree.models), tree.models, [tree.models]):
        with migrated_database(tree.config, server, files=files):
            assert tree.n_runs == 1


def test_a_file_that_a_uri_names(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    server = f"sqlite:///file:{tmp_path}/a%20b/app.db?uri=true"
    with migrated_database(tree.config, server) as url:
        assert tables(url) == {"t1", "t2", "t3"}
        assert Path(str(url.database)).parent == tmp_path / "a b"
    assert list((tmp_path / "a b").iterdir()) == []


def test_any_name_in_memory(tree: Tree) -> None:
    names = ("/a?b", "/a?c", "a#%41")
    made = [migrated(tree.config, "sqlite://", name=name) for name in names]
    for url in made:
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
        with engine.begin() as connection:
            seed_one_row(connection)
    for url in made:
        testkit.drop(url)


def test_nothing_is_left_behind_a_rollback_of_the_test_s_own(
    tree: Tree, server: str
) -> None:
    with migrated_database(tree.config, server) as url:
        engine = sa.create_engine(url)
        for _ in range(2):
            with rolled_back(engine) as connection:
                with Session(
                    connection, join_transaction_mode="create_savepoint"
                ) as session:
                    session.execute(sa.text("INSERT INTO t1 (id) VALUES (8)"))
                    session.commit()
                connection.rollback()
                seed_one_row(connection)
        with engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM t1")) == 0
        engine.dispose()


@pytest.mark.greenlet
def test_nothing_is_left_behind_an_asynchronous_rollback(
    tree: Tree, tmp_path: Path
) -> None:
    async def use(url: sa.URL) -> int | None:
        engine = _engines.async_engine(url)
        async with rolled_back_async(engine) as connection:
            await connection.run_sync(seed_one_row)
            await connection.rollback()
            await connection.run_sync(seed_one_row)
        async with engine.connect() as connection:
            count = sa.text("SELECT count(*) FROM t1")
            return await connection.scalar(count)  # type: ignore[no-any-return]

    with migrated_database(tree.config, f"sqlite:///{tmp_path / 'app.db'}") as url:
        assert asyncio.run(use(url)) == 0


def _edit_revision(tree: Tree) -> None:
    path = tree.versions / "r3.py"
    path.write_text(path.read_text().replace("String(30)", "String(31)"))


def _edit_env(tree: Tree) -> None:
    tree.env.write_text(tree.env.read_text() + "# edited\n")


def _edit_helper(tree: Tree) -> None:
    (tree.env.parent / "helpers.py").write_text("VALUE = 2\n")


def _edit_ini(tree: Tree) -> None:
    tree.ini.write_text(tree.ini.read_text() + "own_option = 1\n")


def _edit_named_file(tree: Tree) -> None:
    tree.models.write_text(tree.models.read_text() + "# edited\n")


def _add_revision(tree: Tree) -> None:
    tree.add(4)


@pytest.mark.parametrize(
    "edit",
    [
        _edit_revision,
        _edit_env,
        _edit_helper,
        _edit_ini,
        _edit_named_file,
        _add_revision,
    ],
)
def test_an_edit_makes_a_new_template(
    tree: Tree, edit: Callable[[Tree], None], tmp_path: Path
) -> None:
    server = f"sqlite:///{tmp_path / 'app.db'}"
    with migrated_database(tree.config, server, files=[tree.models]):
        pass
    with migrated_database(tree.config, server, files=[tree.models]):
        assert tree.n_runs == 1
    edit(tree)
    with migrated_database(tree.config, server, files=[tree.models]):
        assert tree.n_runs == 2


def test_an_edit_that_keeps_size_and_time_is_seen(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where Python has kept the bytecode of what was there before."""
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    server = f"sqlite:///{tmp_path / 'app.db'}"
    path = tree.versions / "r3.py"
    with migrated_database(tree.config, server):
        status = path.stat()
    path.write_text(path.read_text().replace("'t3'", "'t9'"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    with migrated_database(tree.config, server) as url:
        assert tables(url) == {"t1", "t2", "t9"}


@pytest.mark.parametrize("just_edited", [True, False])
def test_files_are_read_again_while_their_times_tell_nothing(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, just_edited: bool
) -> None:
    """A file system's clock stands still for a while: a second edit changes no time."""
    read: list[str] = []
    digest = _key.Inputs.digest

    def noted(inputs: _key.Inputs, path: str) -> bytes:
        read.append(path)
        return digest(inputs, path)

    if not just_edited:
        monkeypatch.setattr(_key, "_COARSE", -(10**12))  # as if made long ago
    monkeypatch.setattr(_key.Inputs, "digest", noted)
    url = sa.make_url("sqlite://")
    keys, counts = set(), []
    for _ in range(2):
        keys.add(_key.template_key(tree.config, "head", url=url, server=""))
        counts.append(len(read))
    assert len(keys) == 1
    assert counts[1] == counts[0] * (2 if just_edited else 1)


def test_env_py_on_another_database_is_stopped(tree: Tree, tmp_path: Path) -> None:
    other = tmp_path / "production.db"
    tree.env.write_text(
        tree.env.read_text().replace(
            "config.get_section(config.config_ini_section)",
            f"{{'sqlalchemy.url': 'sqlite:///{other}'}}",
        )
    )
    with pytest.raises(TestKitError, match=r"production.db.*No migration"):
        migrated(tree.config, f"sqlite:///{tmp_path / 'app.db'}")
    assert tables(f"sqlite:///{other}") == set()


def test_env_py_that_runs_nothing_is_told(tree: Tree, tmp_path: Path) -> None:
    tree.env.write_text("")
    with pytest.raises(TestKitError, match="ran no migrations"):
        migrated(tree.config, f"sqlite:///{tmp_path / 'app.db'}")


def test_a_migration_that_fails_leaves_nothing(
    tree: Tree, server: str, cache: Path, tmp_path: Path
) -> None:
    before = databases(server, tree) if "sqlite" not in server else set()
    path = tree.versions / "r3.py"
    whole = path.read_text()
    path.write_text(whole.replace("sa.String(30)", "undefined"))
    with pytest.raises(NameError, match="undefined"):
        migrated(tree.config, server)
    if "sqlite" in server:
        assert [each.name for each in cache.iterdir()] == []
        assert not list(tmp_path.glob(f"{CLONE}*"))
    else:
        assert databases(server, tree) == before
    path.write_text(whole)
    with migrated_database(tree.config, server) as url:
        assert tables(url) == {"t1", "t2", "t3"}


def test_a_seed_that_fails_leaves_nothing(
    tree: Tree, cache: Path, tmp_path: Path
) -> None:
    with pytest.raises(ZeroDivisionError):
        migrated(tree.config, f"sqlite:///{tmp_path / 'app.db'}", seed=_failing_seed)
    assert list(cache.iterdir()) == []


def _failing_seed(connection: sa.Connection) -> None:
    raise ZeroDivisionError


def test_a_seed_without_source_is_refused(tree: Tree) -> None:
    seed: dict[str, Callable[[sa.Connection], None]] = {}
    exec("def seed(connection): pass", seed)
    with pytest.raises(TestKitError, match="no source file"):
        migrated(tree.config, "sqlite://", seed=seed["seed"])


def test_a_file_that_is_missing_is_named(tree: Tree, tmp_path: Path) -> None:
    with pytest.raises(TestKitError, match=r"Can't read .*no-such-file"):
        migrated(tree.config, "sqlite://", files=[tmp_path / "no-such-file"])


def test_old_templates_are_removed(tree: Tree, server: str, cache: Path) -> None:
    before = databases(server, tree) if "sqlite" not in server else set()
    for number in range(4, 9):
        tree.add(number)
        with migrated_database(tree.config, server, keep=2):
            pass
    left = (
        {each.name for each in cache.iterdir()}
        if "sqlite" in server
        else databases(server, tree) - before
    )
    assert len([name for name in left if "template" in name]) == 2
    assert len(left) == 2


def test_the_newest_template_stays_where_all_are_of_one_moment() -> None:
    of_ours = [f"{TEMPLATE}ours_{n}" for n in range(4)]
    names = [f"{TEMPLATE}other_1", *of_ours, "ours_5"]
    assert too_old(names, "ours_3", 2) == of_ours[1:3]
    assert too_old(names, "ours_3", 0) == of_ours[:3]


# Kind of server -> what makes a database and an account that may work on it alone, and
# what removes both.
PLAIN_ACCOUNTS = {
    "postgresql": (
        ("CREATE ROLE {} LOGIN PASSWORD 'x'", "CREATE DATABASE {} OWNER {}"),
        ("DROP DATABASE {} WITH (FORCE)", "DROP ROLE {}"),
    ),
    "mariadb": (
        (
            "CREATE DATABASE {}",
            "CREATE USER {} IDENTIFIED BY 'x'",
            "GRANT ALL ON {}.* TO {}",
        ),
        ("DROP DATABASE {}", "DROP USER {}"),
    ),
}


@pytest.mark.parametrize("server", PLAIN_ACCOUNTS, indirect=True)
def test_who_may_not_create_databases_gets_an_upgrade(tree: Tree, server: str) -> None:
    url = sa.make_url(server)
    kind = "postgresql" if url.get_backend_name() == "postgresql" else "mariadb"
    make, remove = PLAIN_ACCOUNTS[kind]
    admin = sa.create_engine(
        url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    name = f"plain_{os.getpid()}"

    def run(statements: tuple[str, ...]) -> None:
        with admin.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement.replace("{}", name))

    run(make)
    own = url.set(username=name, password="x", database=name)
    try:
        with pytest.warns(TestKitWarning, match="may not create databases"):
            given = migrated(tree.config, own)
        assert given == own
        assert tables(own) == {"t1", "t2", "t3"}
        testkit.drop(given)  # is not ours
        assert tables(own) == {"t1", "t2", "t3"}
    finally:
        testkit._templates._stores.clear()
        run(remove)


def test_who_may_connect_to_nothing_else_gets_an_upgrade(
    tree: Tree, postgresql_server: str
) -> None:
    make, remove = PLAIN_ACCOUNTS["postgresql"]
    admin = sa.create_engine(
        postgresql_server, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    name = f"shut_out_{os.getpid()}"
    words = {"REVOKE": "FROM", "GRANT": "TO"}

    def run(statements: tuple[str, ...], verb: str) -> None:
        with admin.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement.replace("{}", name))
            for other in ("postgres", "template1"):
                connection.exec_driver_sql(
                    f"{verb} CONNECT ON DATABASE {other} {words[verb]} PUBLIC"
                )

    run(make, "REVOKE")
    own = sa.make_url(postgresql_server).set(username=name, password="x", database=name)
    try:
        with pytest.warns(TestKitWarning, match="may not create databases"):
            assert migrated(tree.config, own) == own
        assert tables(own) == {"t1", "t2", "t3"}
        with pytest.raises(sa.exc.OperationalError, match="permission denied"):
            migrated(tree.config, own.set(database="missing"))
    finally:
        testkit._templates._stores.clear()
        run(remove, "GRANT")


def test_no_server_is_the_driver_s_error(tree: Tree) -> None:
    with pytest.raises(sa.exc.OperationalError, match="refused"):
        migrated(tree.config, "postgresql+psycopg2://x:y@127.0.0.1:1/app")


def test_other_databases_are_refused(tree: Tree) -> None:
    with pytest.raises(TestKitError, match="no templates for oracle"):
        migrated(tree.config, "oracle://localhost/app")


def test_a_disk_that_is_full(tree: Tree, tmp_path: Path) -> None:
    server = f"sqlite:///{tmp_path / 'app.db'}"
    with migrated_database(tree.config, server):
        pass
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            migrated(tree.config, server)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.glob(f"{CLONE}*"))


def test_a_disk_that_is_full_while_a_template_is_built(
    tree: Tree, cache: Path, tmp_path: Path
) -> None:
    server = f"sqlite:///{tmp_path / 'app.db'}"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    try:
        with pytest.raises(sa.exc.OperationalError, match="disk"):
            migrated(tree.config, server)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(cache.iterdir()) == []
    assert not list(tmp_path.glob(f"{CLONE}*"))
    with migrated_database(tree.config, server) as url:
        assert tables(url) == {"t1", "t2", "t3"}


@pytest.mark.parametrize("n_busy", [2, 3])
def test_a_database_that_the_server_finds_in_use_is_asked_for_again(
    tree: Tree, postgresql_server: str, monkeypatch: pytest.MonkeyPatch, n_busy: int
) -> None:
    """As autovacuum and ended sessions make it on a machine that is busy."""
    with migrated_database(tree.config, postgresql_server):
        pass
    plain, answers = _connect.sql, [True] * n_busy

    def sql(connection: sa.Connection, statement: str) -> object:
        if statement.startswith("CREATE DATABASE") and answers:
            answers.pop()
            # The server's own answer of this kind, but at once.
            plain(connection, f"DROP DATABASE {connection.engine.url.database}")
        return plain(connection, statement)

    monkeypatch.setattr(_postgresql, "sql", sql)
    in_use = "cannot drop the currently open database"
    with ExitStack() as block:
        if n_busy == 3:
            block.enter_context(pytest.raises(sa.exc.OperationalError, match=in_use))
        with migrated_database(tree.config, postgresql_server) as url:
            assert tables(url) == {"t1", "t2", "t3"}
    assert not answers


def test_a_template_lets_nobody_in(tree: Tree, postgresql_server: str) -> None:
    before = databases(postgresql_server, tree)
    with migrated_database(tree.config, postgresql_server):
        pass
    (template,) = databases(postgresql_server, tree) - before
    url = sa.make_url(postgresql_server).set(database=template)
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with pytest.raises(sa.exc.OperationalError, match="not currently accepting"):
        engine.connect()


def test_loggers_are_as_before(tree: Tree) -> None:
    tree.env.write_text(
        "import logging.config\n"
        "logging.config.dictConfig({'version': 1, 'root': {'level': 'CRITICAL'}})\n"
        + tree.env.read_text()
    )
    logger = logging.getLogger("test_loggers_are_as_before")
    level = logging.getLogger().level
    with migrated_database(tree.config, "sqlite://"):
        pass
    assert not logger.disabled
    assert logging.getLogger().level == level


def test_settings_of_a_database_are_copied(tree: Tree, postgresql_server: str) -> None:
    with (tree.versions / "r3.py").open("a") as stream:
        stream.write(SETTINGS)
    with migrated_database(tree.config, postgresql_server) as url:
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            shown = [
                connection.exec_driver_sql(f"SHOW {name}").scalar()
                for name in ("search_path", "application_name")
            ]
    assert shown == ['"my schema", public', "it's 50% \\ :x"]


SETTINGS = r"""

_plain = upgrade

def upgrade():
    _plain()
    name = op.get_bind().exec_driver_sql("SELECT current_database()").scalar()
    set_ = f'ALTER DATABASE "{name}" SET'
    op.get_bind().exec_driver_sql(set_ + ' search_path TO "my schema", public')
    op.get_bind().exec_driver_sql(
        set_ + " application_name TO E'it''s 50%% \\\\ :x'".replace("%%", "%"),
        execution_options={"no_parameters": True},
    )
"""


# --- several processes ----------------------------------------------------------------

PROGRAM = """
import sys
sys.path.insert(0, {root!r})
from alembic_c import testkit
from alembic_c.config import Config
from tests.testkit.tree import tables
url = testkit.migrated(Config({ini!r}), {server!r})
assert tables(url) == {tables!r}, tables(url)
testkit.drop(url)
"""


def _program(tree: Tree, server: str) -> list[str]:
    text = PROGRAM.format(
        root=str(ROOT), ini=str(tree.ini), server=server, tables=set(tree.tables)
    )
    return [sys.executable, "-W", "error", "-c", text]


@pytest.mark.parametrize("server", ["sqlite", "postgresql", "mariadb"], indirect=True)
def test_processes_that_start_at_once_build_one(tree: Tree, server: str) -> None:
    running = [
        subprocess.Popen(
            _program(tree, server), stderr=subprocess.PIPE, text=True, cwd=tree.root
        )
        for _ in range(4)
    ]
    for process in running:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert tree.n_runs == 1


@pytest.mark.parametrize("server", ["sqlite", "postgresql", "mariadb"], indirect=True)
def test_a_kill_while_a_template_is_built(tree: Tree, server: str) -> None:
    """Kill the builder anywhere; the next one finds no half of a template."""
    rounds = int(os.environ.get("ALEMBIC_C_KILLS", "3"))
    seed = int(os.environ.get("ALEMBIC_C_KILL_SEED", "1"))
    chance = random.Random(seed)
    slow = "    import time; time.sleep(0.1)\n"
    for name in ("r1.py", "r2.py", "r3.py"):
        path = tree.versions / name
        path.write_text(
            path.read_text().replace("def upgrade():\n", f"def upgrade():\n{slow}")
        )
    for number in range(rounds):
        tree.env.write_text(tree.env.read_text() + f"# round {number}\n")
        runs = tree.n_runs
        victim = subprocess.Popen(_program(tree, server), cwd=tree.root)
        while tree.n_runs == runs and victim.poll() is None:
            time.sleep(0.005)
        pause = chance.uniform(0, 0.5)
        time.sleep(pause)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        with migrated_database(tree.config, server) as url:
            assert tables(url) == set(tree.tables), f"seed {seed}, {pause:.3f} s"
