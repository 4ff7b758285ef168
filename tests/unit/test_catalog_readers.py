"""Readers of catalogs under the hands of code that uses them in a wrong way."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from alembic_c import _catalog, _sqlite3
from alembic_c.catalog import _read
from tests.samples import sample

LAST = _catalog.PG_N_QUERIES - 1


def pg_reader() -> _catalog.PgReader:
    """Return a reader to which nothing but the last query is left."""
    reader = _catalog.PgReader(150000)
    for query in range(LAST):
        reader.feed(query, [])
    return reader


READERS: list[Callable[[], Any]] = [_catalog.SqliteReader, pg_reader]
QUERY = {_catalog.SqliteReader: None, _catalog.PgReader: LAST}


# In a process of its own: what it tests for ends the process.
TWO_THREADS = sample("catalog_readers/two_threads.py")


def test_two_threads_on_one_row_source(tmp_path: Path) -> None:
    """One of them reads the rows, the other one is told so; every time."""
    path = tmp_path / "many.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for number in range(400):
            connection.execute(f"CREATE TABLE t{number} (id INTEGER, name VARCHAR(10))")
        connection.commit()
    done = subprocess.run(
        [sys.executable, "-c", TWO_THREADS, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_names_of_columns_are_the_queries() -> None:
    assert _read.NameRow._fields == _catalog.PG_NAMES_COLUMNS


@pytest.mark.parametrize("make", READERS)
def test_a_reader_finishes_once(make: Callable[[], Any]) -> None:
    reader = make()
    query = QUERY[type(reader)]
    reader.feed(query, [])
    assert len(reader.finish()) == 0
    for use in (reader.finish, lambda: reader.feed(query, [])):
        with pytest.raises(RuntimeError, match="has finished"):
            use()


def test_no_pragmas_after_the_end() -> None:
    reader = _catalog.SqliteReader()
    reader.finish()
    with pytest.raises(RuntimeError, match="has finished"):
        reader.pragma_sql(None, "main", 0)
    with pytest.raises(RuntimeError, match="has finished"):
        reader.feed_pragma(None, 0, [])


class Meddling:
    """Rows that use their reader when an iterator is made of them."""

    def __init__(self, uses: Sequence[Callable[[], object]]) -> None:
        self.uses = uses
        self.raised: list[str] = []

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        for use in self.uses:
            try:
                use()
            except RuntimeError as error:
                self.raised.append(str(error))
        return iter(())


@pytest.mark.parametrize("make", READERS)
def test_rows_that_use_their_reader(make: Callable[[], Any]) -> None:
    reader = make()
    query = QUERY[type(reader)]
    rows = Meddling((reader.finish, lambda: reader.feed(query, [])))
    reader.feed(query, rows)
    assert rows.raised == ["this reader is reading rows already"] * 2
    assert len(reader.finish()) == 0


class Interrupted:
    """A row that Ctrl-C stops."""

    def __iter__(self) -> Iterator[object]:
        raise KeyboardInterrupt


@pytest.mark.parametrize("make", READERS)
def test_an_interrupt_is_no_bad_row(make: Callable[[], Any]) -> None:
    reader = make()
    with pytest.raises(KeyboardInterrupt):
        reader.feed(QUERY[type(reader)], [Interrupted()])


@pytest.mark.parametrize("make", READERS)
def test_a_part_of_the_rows_makes_no_catalog(make: Callable[[], Any]) -> None:
    """A reader that failed half way is of no further use."""
    reader = make()
    query = QUERY[type(reader)]
    with pytest.raises(ValueError, match="a row that is not as asked for"):
        reader.feed(query, [1])
    for use in (reader.finish, lambda: reader.feed(query, [])):
        with pytest.raises(RuntimeError, match="not whole"):
            use()


def test_half_a_database_makes_no_catalog() -> None:
    """As above, with a table that was read before the failure."""
    row = ("table", "t", "t", "CREATE TABLE t (id INTEGER)")
    half: Any = 0.5
    reader = _catalog.SqliteReader()
    with pytest.raises(ValueError, match="neither text nor a number"):
        reader.feed(None, [row, (*row[:3], half)])
    with pytest.raises(RuntimeError, match="not whole"):
        reader.finish()
    with pytest.raises(RuntimeError, match="not whole"):
        reader.pragma_sql(None, "main", 0)
    with pytest.raises(RuntimeError, match="not whole"):
        reader.feed_pragma(None, 0, [])


def test_a_reader_of_mysql_finishes_once() -> None:
    reader = _catalog.MysqlReader(False)
    reader.add(None, "t", "CREATE TABLE `t` (`a` int)")
    assert len(reader.finish()) == 1
    for use in (reader.finish, lambda: reader.add(None, "u", "")):
        with pytest.raises(RuntimeError, match="has finished"):
            use()


def test_rows_that_are_no_rows() -> None:
    """What cannot be iterated over has given no row: the reader is as before."""
    reader = _catalog.SqliteReader()
    rows: Any = 1
    with pytest.raises(TypeError):
        reader.feed(None, rows)
    assert len(reader.finish()) == 0


def test_statements_with_a_null_character(tmp_path: Path) -> None:
    path = tmp_path / "file.db"
    path.touch()
    database = _sqlite3.Database(path)
    with pytest.raises(ValueError, match="null"):
        database.execute("SELECT 1\0nonsense")
    database.close()


def test_closed_while_its_exception_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code that runs under the database's lock does not wait for it."""
    path = tmp_path / "file.db"
    path.touch()
    database = _sqlite3.Database(path)

    def close(self: Any, *args: Any) -> None:
        database.close()
        with pytest.raises(RuntimeError, match="has not returned"):
            database.execute("SELECT 1")

    with monkeypatch.context() as patch:
        patch.setattr(_catalog.DatabaseError, "__init__", close)
        with pytest.raises(_catalog.DatabaseError):
            database.execute("nonsense")
    with pytest.raises(_catalog.DatabaseError, match="closed"):
        database.execute("SELECT 1")
