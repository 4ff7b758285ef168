"""Memory that Python does not get while C reads and compares catalogs.

Each single allocation fails in turn.  Either the call raises MemoryError, or it has
done without; then its result is the usual one.  The core's own allocations are failed
by tests/c.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from alembic_c import _catalog
from alembic_c.catalog import _model

testcapi: Any = pytest.importorskip("_testcapi", reason="NOT TESTED: no _testcapi")

# So many calls in a row that are not hit are behind the last allocation.
N_CLEAN = 20


def fail_each_allocation(call: Callable[[], object]) -> None:
    expected = call()
    n_failed = n_clean = 0
    for number in itertools.count(1):
        result = None
        testcapi.set_nomemory(number, number + 1)
        try:
            result = call()
        except MemoryError:
            n_failed += 1
        finally:
            testcapi.remove_mem_hooks()
        n_clean = 0 if result is None else n_clean + 1
        assert result in (None, expected)
        if n_clean == N_CLEAN:
            break
    assert n_failed


def test_rows() -> None:
    rows = [(2**60, f"text {number}", None) for number in range(20)]
    fail_each_allocation(lambda: _catalog.read_rows(iter(rows), 3))


STATEMENT = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, x {type} DEFAULT '{default}',"
    " y INTEGER GENERATED ALWAYS AS ({expression}), CONSTRAINT c CHECK ({expression}))"
)


def read_sqlite(**words: str) -> _catalog.Catalog:
    reader = _catalog.SqliteReader()
    sql = STATEMENT.format(**words)
    rows = [("table", "t", "t", sql), ("index", "ix", "t", "CREATE INDEX ix ON t (x)")]
    reader.feed(None, rows)
    return reader.finish()


def test_statements_of_sqlite() -> None:
    fail_each_allocation(
        lambda: read_sqlite(type="TEXT", default="a", expression="id + 1").canonical()
    )


def test_statements_of_mysql() -> None:
    sql = "CREATE TABLE `t` (\n  `id` int(11) NOT NULL,\n  PRIMARY KEY (`id`)\n)"

    def read() -> bytes:
        charsets = [("utf8mb4", "utf8mb4_bin"), ("latin1", "latin1_bin")]
        reader = _catalog.MysqlReader(True, charsets=charsets)
        reader.add("s", "t", sql)
        return reader.finish().canonical()

    fail_each_allocation(read)


def test_rows_of_mysql() -> None:
    results: list[list[tuple[Any, ...]]] = [[] for _ in _catalog.MYSQL_QUERIES]
    results[0] = [("t", "BASE TABLE", "InnoDB", "utf8mb4_bin", "", "")]
    results[1] = [("t", 1, "id", b"int", "NO", *[None] * 3, "", "", "", None)]
    charsets = [("utf8mb4", "utf8mb4_bin")]

    def read() -> tuple[Any, bytes]:
        reader = _catalog.MysqlReader(False, charsets=charsets)
        reader.begin("d", "s", iter(["t", "gone"]))
        for number, rows in enumerate(results):
            reader.feed(number, iter(rows))
        return reader.end(), reader.finish().canonical()

    fail_each_allocation(read)


class Judge:
    """Sees no difference."""

    def same(self, *what: object) -> bool:
        return True

    same_type = same_default = same_part = same_text = ask = same


def test_proof() -> None:
    actual = read_sqlite(type="TEXT", default="a", expression="id + 1")
    wanted = read_sqlite(type="VARCHAR(3)", default="b", expression="id+1")
    names = ("types", "defaults", "comments", "indexes", "foreign_keys", "checks")

    def prove() -> Any:
        return _catalog.prove(
            actual,
            wanted,
            Judge(),
            **dict.fromkeys(names, True),
            unnamed_schemas=("main", "other"),
        )

    assert prove() == [(None, "t", None)]
    fail_each_allocation(prove)


def test_models() -> None:
    dialect = sa.make_url("postgresql://").get_dialect()()
    names = ("types", "defaults", "comments", "checks")
    rules = _model.Rules(dialect, "public", **dict.fromkeys(names, True))
    details = ("gin", "x > 0", "{fillfactor=70}", ("id",), ("int4_ops",))
    rules.index_details = lambda index: details  # type: ignore[method-assign]
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("x", sa.Integer),
        sa.Index("ix", "x", postgresql_where=sa.text("x > 0")),
        sa.UniqueConstraint("x", name="uq"),
    )
    fail_each_allocation(lambda: _catalog.read_metadata([table], rules).canonical())
