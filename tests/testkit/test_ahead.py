"""Copies that are made ahead: the same ones, one at a time, and nothing left."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from alembic_c import testkit
from alembic_c.testkit import _ahead, migrated, migrated_database
from alembic_c.testkit._sqlite import SqliteStore
from alembic_c.testkit._store import CLONE
from tests.testkit.tree import Tree, databases, tables


def copies(url: str, tree: Tree) -> set[str]:
    return {name for name in databases(url, tree) if name.startswith(CLONE)}


def use_twice(tree: Tree, url: str) -> None:
    """Ask for a copy and for another, so that a third one is made ahead."""
    for _ in range(2):
        with migrated_database(tree.config, url):
            pass


def do_first_in_threads(
    monkeypatch: pytest.MonkeyPatch, what: Callable[[], None]
) -> None:
    """Have something done before a copy is made in a thread."""
    plain = SqliteStore.clone

    def clone(store: SqliteStore, key: str, name: str | None) -> sa.URL | None:
        if threading.current_thread() is not threading.main_thread():
            what()
        return plain(store, key, name)

    monkeypatch.setattr(SqliteStore, "clone", clone)


def settle() -> None:
    assert _ahead._current is not None
    _ahead._current.settle()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of SQLite files, as if it took long to copy them."""
    monkeypatch.setattr(SqliteStore, "pays_ahead", lambda store: True)
    (tmp_path / "files").mkdir()
    return f"sqlite:///{tmp_path / 'files' / 'app.db'}"


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path) -> Iterator[None]:
    yield
    assert "alembic_c.testkit" not in {each.name for each in threading.enumerate()}
    assert not list(tmp_path.glob(f"files/{CLONE}*"))


@pytest.mark.parametrize("server", ["postgresql", "mariadb"], indirect=True)
def test_one_is_in_stock_and_none_in_the_end(tree: Tree, server: str) -> None:
    with testkit.copies_ahead():
        seen = set()
        for number in range(5):
            with migrated_database(tree.config, server) as url:
                settle()
                there = copies(server, tree)
                assert url.database in there
                assert len(there) == (2 if number else 1)
                assert tables(url) == {"t1", "t2", "t3"}
                seen.add(url.database)
        settle()
        assert len(copies(server, tree)) == 1
    assert len(seen) == 5
    assert copies(server, tree) == set()
    assert tree.n_runs == 1


def test_none_is_made_of_what_is_asked_for_once(tree: Tree, files: str) -> None:
    with testkit.copies_ahead():
        for revision in ("r1", "r2", "r3"):
            migrated(tree.config, files, revision)
        settle()
        assert len(list(Path(files[10:]).parent.iterdir())) == 3
        testkit._templates._made.clear()
    for path in Path(files[10:]).parent.iterdir():
        path.unlink()


def test_another_revision_and_an_edit_take_nothing_old(tree: Tree, files: str) -> None:
    with testkit.copies_ahead():
        for revision in ("r1", "r1", "r2", "r2", "r1", "r1"):
            with migrated_database(tree.config, files, revision) as url:
                assert tables(url) == {"r1": {"t1"}, "r2": {"t1", "t2"}}[revision]
        path = tree.versions / "r1.py"
        path.write_text(path.read_text().replace("'t1'", "'t9'"))
        for _ in range(2):
            with migrated_database(tree.config, files, "r1") as url:
                assert tables(url) == {"t9"}


def test_a_name_of_the_caller_s_is_free_again_at_once(tree: Tree, files: str) -> None:
    name = str(Path(files[10:]).with_name("named.db"))
    with testkit.copies_ahead():
        for _ in range(3):
            with migrated_database(tree.config, files, name=name) as url:
                assert url.database == name
            assert not os.path.exists(name)


def test_an_error_is_raised_where_the_copy_is_asked_for(
    tree: Tree, files: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OSError("no space")

    do_first_in_threads(monkeypatch, fail)
    with testkit.copies_ahead():
        use_twice(tree, files)
        with pytest.raises(OSError, match="no space"):
            migrated(tree.config, files)
        # What nobody asks for is nobody's error.
        use_twice(tree, files)


def test_an_error_of_a_drop_is_raised_by_the_next_one_or_in_the_end(
    tree: Tree, files: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = SqliteStore.drop

    def drop(store: SqliteStore, url: sa.URL) -> None:
        plain(store, url)
        raise OSError("gone already")

    monkeypatch.setattr(SqliteStore, "drop", drop)
    with ExitStack() as block:
        block.enter_context(testkit.copies_ahead())
        urls = [migrated(tree.config, files, revision) for revision in ("r1", "r2")]
        testkit.drop(urls[0])
        with pytest.raises(OSError, match="gone already"):
            testkit.drop(urls[1])
        with pytest.raises(OSError, match="gone already"):
            block.close()


def test_a_process_that_is_forked_makes_its_own(
    tree: Tree, files: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no thread runs meanwhile, whose locks it would inherit."""
    do_first_in_threads(monkeypatch, lambda: time.sleep(0.2))
    with testkit.copies_ahead():
        use_twice(tree, files)
        child = os.fork()
        if not child:
            status = 1
            try:
                with migrated_database(tree.config, files) as url:
                    status = int(tables(url) != {"t1", "t2", "t3"})
            finally:
                os._exit(status)
        assert _ahead._current is not None
        assert _ahead._current._next is not None
        assert not _ahead._current._next[1].is_alive()
        assert os.waitpid(child, 0)[1] == 0
        with migrated_database(tree.config, files) as url:
            assert tables(url) == {"t1", "t2", "t3"}


def test_a_block_in_a_block_is_the_outer_one(tree: Tree, files: str) -> None:
    with testkit.copies_ahead():
        outer = _ahead._current
        with testkit.copies_ahead():
            assert _ahead._current is outer
        assert _ahead._current is outer
    assert _ahead._current is None
