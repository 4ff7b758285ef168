"""What runs before and after an upgrade: backups, notices, and their faults."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from alembic_c import command
from alembic_c.config import Config
from alembic_c.script import upgrade_hooks
from alembic_c.script.upgrade_hooks import Upgrade
from alembic_c.testkit import _cluster
from alembic_c.util import CommandError
from tests.support import alembic_name
from tests.testkit.tree import Tree, tables

NOTE = (
    "import os, sys; open('notes', 'a').write(' '.join([*sys.argv[1:],"
    " os.environ['ALEMBIC_HEADS'], os.environ['ALEMBIC_REVISIONS']]) + chr(10))"
)


@pytest.fixture(autouse=True)
def our_name() -> Iterator[None]:
    with alembic_name.ours():
        yield


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    monkeypatch.chdir(tmp_path)
    tree = Tree(tmp_path)
    set_url(tree, f"sqlite:///{tmp_path / 'app.db'}")
    return tree


def set_url(tree: Tree, url: str) -> None:
    text = re.sub("sqlalchemy.url.*\n", "", tree.ini.read_text())
    escaped = url.replace("%", "%%")
    tree.ini.write_text(f"{text}sqlalchemy.url = {escaped}\n")


def hook(tree: Tree, section: str, **options: str) -> None:
    lines = "".join(f"it.{name} = {value}\n" for name, value in options.items())
    tree.ini.write_text(f"{tree.ini.read_text()}\n[{section}]\nhooks = it\n{lines}")


def note(tree: Tree, section: str, words: str = "") -> None:
    (tree.root / f"note_{section}.py").write_text(NOTE)
    hook(
        tree,
        section,
        type="exec",
        executable=sys.executable,
        options=f"{tree.root / f'note_{section}.py'} {words}",
    )


def test_before_and_after(tree: Tree, capfd: pytest.CaptureFixture[str]) -> None:
    note(tree, "before_upgrade", "before {revision} {database}")
    note(tree, "after_upgrade", "after")
    command.upgrade(tree.config, "r1")
    command.upgrade(tree.config, "head")
    database = tree.root / "app.db"
    lines = [
        f"before r1 {database}  r1",
        "after  r1",
        f"before r3 {database} r1 r2 r3",
        "after r1 r2 r3",
    ]
    assert (tree.root / "notes").read_text().splitlines() == lines
    # With nothing to do, and for other commands, they do not run.
    command.upgrade(tree.config, "head")
    command.downgrade(tree.config, "r1")
    command.upgrade(tree.config, "r1:head", sql=True)
    assert len((tree.root / "notes").read_text().splitlines()) == 4


def test_one_that_fails_stops_the_upgrade(tree: Tree) -> None:
    (tree.root / "stop.py").write_text("raise SystemExit(3)")
    hook(tree, "before_upgrade", type="module", module="stop")
    environment = pytest.MonkeyPatch()
    environment.setenv("PYTHONPATH", str(tree.root))
    environment.syspath_prepend(tree.root)
    with pytest.raises(
        CommandError,
        match=r"before_upgrade hook 'it' failed: .* ended with 3; nothing was upgraded",
    ):
        command.upgrade(tree.config, "head")
    environment.undo()
    assert tables(f"sqlite:///{tree.root / 'app.db'}") == set()


def test_one_after_it_that_fails_is_told(
    tree: Tree, caplog: pytest.LogCaptureFixture
) -> None:
    hook(tree, "after_upgrade", type="exec", executable="/no/such/program")
    command.upgrade(tree.config, "head")
    assert "The upgrade has succeeded, but: after_upgrade hook 'it'" in caplog.text
    assert "t3" in tables(f"sqlite:///{tree.root / 'app.db'}")


def test_nothing_is_told_after_an_upgrade_that_fails(tree: Tree) -> None:
    note(tree, "after_upgrade")
    path = tree.versions / "r2.py"
    path.write_text(
        path.read_text().replace("def upgrade():", "def upgrade():\n    1/0")
    )
    with pytest.raises(ZeroDivisionError):
        command.upgrade(tree.config, "head")
    assert not (tree.root / "notes").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"Key 'it.type' \(or 'type' in toml\) is required for before_upgrade"),
        (
            {"type": "nope"},
            "unknown type 'nope'; there are exec, module, sqlite_backup",
        ),
        ({"type": "exec"}, "'it' failed: its option 'executable' is missing"),
        ({"type": "module", "module": "no_such"}, "there is no module no_such"),
        (
            {"type": "exec", "executable": "true", "options": "'"},
            "No closing quotation",
        ),
        ({"type": "sqlite_backup", "keep": "x"}, "invalid literal"),
        ({"type": "sqlite_backup", "directory": "/dev/null/x"}, "Not a directory"),
    ],
)
def test_wrong_options(tree: Tree, options: dict[str, str], message: str) -> None:
    hook(tree, "before_upgrade", **options)
    with pytest.raises(CommandError, match=message):
        command.upgrade(tree.config, "head")
    assert tables(f"sqlite:///{tree.root / 'app.db'}") == set()


def test_toml_and_a_type_of_the_users_own(tree: Tree) -> None:
    told: list[tuple[Upgrade, str]] = []
    upgrade_hooks.register("mine")(
        lambda upgrade, options: told.append((upgrade, options["word"]))
    )
    (tree.root / "pyproject.toml").write_text(
        "[[tool.alembic.before_upgrade]]\nname = 'it'\ntype = 'mine'\nword = 'a'\n"
        "[[tool.alembic.before_upgrade]]\nname = 'other'\ntype = 'mine'\nword = 'b'\n"
    )
    config = Config(str(tree.ini), toml_file=str(tree.root / "pyproject.toml"))
    command.upgrade(config, "r2")
    assert [word for _, word in told] == ["a", "b"]
    upgrade = told[0][0]
    assert (upgrade.heads, upgrade.revisions) == ((), ("r1", "r2"))
    assert upgrade.url.database == str(tree.root / "app.db")


def test_the_backup_of_an_sqlite_file(tree: Tree) -> None:
    database = tree.root / "app.db"
    command.upgrade(tree.config, "r1")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("INSERT INTO t1 VALUES (1, 'kept')")
    hook(tree, "before_upgrade", type="sqlite_backup", directory="backups", keep="2")
    (tree.root / "backups").mkdir()
    old = [f"app-2020010{day}T000000Z.db" for day in (1, 2, 3)]
    for name in (*old, "app-of-mine.db", "app.db"):
        (tree.root / "backups" / name).touch()
    command.upgrade(tree.config, "head")
    found = sorted(path.name for path in (tree.root / "backups").iterdir())
    assert found[0] == old[2]  # the newest but one
    assert found[2:] == ["app-of-mine.db", "app.db"]
    with closing(sqlite3.connect(tree.root / "backups" / found[1])) as copy:
        assert copy.execute("SELECT * FROM t1").fetchall() == [(1, "kept")]
        assert copy.execute("SELECT * FROM alembic_version").fetchall() == [("r1",)]
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_copies_of_one_second_and_of_another_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    other = copies / "app-old-20200101T000000Z.db"
    other.touch()
    moment = "20240601T000000Z"
    monkeypatch.setattr(upgrade_hooks, "_moment", lambda: moment)
    # As tenants of one name in several directories have it, in threads.
    upgrades = []
    for number in range(6):
        (tmp_path / str(number)).mkdir()
        database = tmp_path / str(number) / "app.db"
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute(f"CREATE TABLE t AS SELECT {number} AS x")
        url = sa.URL.create("sqlite", database=str(database))
        upgrades.append(Upgrade(url, (), ("r1",)))
    options = {"directory": str(copies)}
    with ThreadPoolExecutor(6) as pool:
        list(
            pool.map(lambda each: upgrade_hooks.sqlite_backup(each, options), upgrades)
        )

    def contents() -> list[int]:
        found = []
        for path in sorted(copies.glob(f"app-{moment}*")):
            with closing(sqlite3.connect(path)) as copy:
                found += [row[0] for row in copy.execute("SELECT x FROM t")]
        return found

    assert sorted(contents()) == list(range(6))
    upgrade_hooks.sqlite_backup(upgrades[3], {**options, "keep": "1"})
    assert contents() == [3]
    assert other.exists()
    assert not list(copies.glob("*.part"))


def test_a_name_that_another_writes_to_by_now_is_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.replace

    def rename_and_be_overtaken(source: Path, target: Path) -> None:
        rename(source, target)
        source.touch()

    monkeypatch.setattr(os, "replace", rename_and_be_overtaken)
    database = tmp_path / "app.db"
    with closing(sqlite3.connect(database)):
        database.touch()
    copies = tmp_path / "copies"
    url = sa.URL.create("sqlite", database=str(database))
    upgrade = Upgrade(url, (), ("r1",))
    upgrade_hooks.sqlite_backup(upgrade, {"directory": str(copies)})
    assert len(list(copies.glob("*.part"))) == 1


def test_a_backup_of_what_is_no_file(tree: Tree) -> None:
    text = tree.ini.read_text()
    tree.ini.write_text(text.replace(str(tree.root / "app.db"), ":memory:"))
    hook(tree, "before_upgrade", type="sqlite_backup")
    with pytest.raises(CommandError, match="the database is no SQLite file"):
        command.upgrade(tree.config, "head")


def test_pg_dump(tree: Tree, pg_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A sanitizer's runtime, which is preloaded for ours, makes it wait for ever.
    monkeypatch.delenv("LD_PRELOAD", raising=False)
    program = _cluster.server_bin() / "pg_dump"
    set_url(tree, pg_url)
    command.upgrade(tree.config, "r1")
    hook(
        tree,
        "before_upgrade",
        type="exec",
        executable=str(program),
        options="--file=before-{revision}.sql",
    )
    command.upgrade(tree.config, "head")
    dumped = (tree.root / "before-r3.sql").read_text()
    assert "CREATE TABLE public.t1" in dumped
    assert "CREATE TABLE public.t2" not in dumped


def test_mariadb_dump(tree: Tree, mariadb_server: str) -> None:
    program = shutil.which("mariadb-dump") or shutil.which("mysqldump")
    assert program, "MariaDB's client programs are not installed"
    from tests.support import mariadb

    set_url(tree, mariadb.emptied(mariadb_server, "mariadb"))
    command.upgrade(tree.config, "r1")
    hook(
        tree,
        "before_upgrade",
        type="exec",
        executable=program,
        options="--no-defaults --user={username} --host={host} --port={port}"
        " --result-file=before.sql {database}",
    )
    command.upgrade(tree.config, "head")
    dumped = (tree.root / "before.sql").read_text()
    assert "CREATE TABLE `t1`" in dumped
    assert "CREATE TABLE `t2`" not in dumped
