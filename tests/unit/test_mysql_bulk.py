"""The reader of MySQL's information_schema, on rows as a server sent them.

differential/test_mysql_bulk.py asks a server itself.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest

from alembic_c._catalog import MYSQL_N_LEADING, MYSQL_QUERIES, MysqlReader
from alembic_c.catalog import Catalog, _mysql_bulk
from tests.support.mysql_bulk import differences
from tests.support.mysql_tables import CORPUS, ROWS

CHARSETS = (
    *(("latin1", "latin1_swedish_ci"), ("utf8mb4", "utf8mb4_0900_ai_ci")),
    ("ascii", "ascii_general_ci"),
)
PATHS = {
    path.stem.removeprefix("mysql-9.7-"): path
    for path in sorted(CORPUS.glob("mysql-9.7-*.sql"))
}
TABLES, COLUMNS, INDEXES, KEYS, ACTIONS, CHECKS, CONDITIONS = range(len(MYSQL_QUERIES))

Results = list[list[list[Any]]]


def results() -> Results:
    found: Results = json.loads(ROWS.read_text(encoding="utf-8"))
    return found


def read(
    rows: Sequence[Iterable[Any]], *names: str
) -> tuple[Catalog, list[tuple[str, str]]]:
    """Return the tables that are vouched for, and the others with the reasons."""
    reader = MysqlReader(False, charsets=CHARSETS)
    reader.begin("printed", None, names)
    for number, result in enumerate(rows):
        reader.feed(number, result)
    left = reader.end()
    return Catalog(reader.finish()), left


def printed(*names: str) -> Catalog:
    reader = MysqlReader(False, charsets=CHARSETS)
    for name in names:
        reader.add(None, name, PATHS[name].read_text())
    return Catalog(reader.finish())


def test_what_rows_tell_is_what_is_printed() -> None:
    told, left = read(results(), *PATHS)
    reasons = dict(left)
    assert reasons == {
        "binaries": "default",
        **dict.fromkeys(("keys", "parser"), "kind of key"),
        **dict.fromkeys(("memory", "myisam"), "engine"),
        **dict.fromkeys(
            ("by_hash", "by_key_sub", "by_list", "by_range", "encrypted"), "options"
        ),
        **dict.fromkeys(("key_options", "options"), "options"),
    }
    there = [name for name in PATHS if name not in reasons]
    assert len(told) == len(there) > 40
    assert differences(printed(*there), told) == []


def test_rows_in_any_order() -> None:
    """The server is not asked to sort them, which takes it as long as reading them."""
    shuffled = results()
    random.Random(4).shuffle(shuffled[COLUMNS])
    for number, rows in enumerate(shuffled):
        rows.reverse()
        shuffled[number] = [
            [*row] for row in _mysql_bulk._sorted(rows, MYSQL_N_LEADING[number])
        ]
    there, left = read(results(), *PATHS)
    told, also_left = read(shuffled, *PATHS)
    assert sorted(also_left) == sorted(left)
    assert differences(there, told) == []
    assert not any("ORDER BY" in sql for sql in MYSQL_QUERIES)


@pytest.mark.parametrize("odd", [None, "1", b"1"])
def test_rows_that_have_no_order(odd: Any) -> None:
    with pytest.raises(ValueError, match="no order"):
        _mysql_bulk._sorted([("t", 1), ("t", odd)], 2)


def test_texts_as_bytes() -> None:
    """As some drivers give them."""
    as_bytes = [
        [
            [each.encode() if isinstance(each, str) else each for each in row]
            for row in rows
        ]
        for rows in results()
    ]
    assert read(as_bytes, *PATHS) == read(results(), *PATHS)


def test_tables_that_are_not_told() -> None:
    told, left = read(results(), "users", "gone", "users")
    assert [table.name for table in told.tables] == ["users"]
    assert left == [("gone", "not in information_schema")]


def test_they_are_printed_then() -> None:
    reader = MysqlReader(False, charsets=CHARSETS)
    for names in (["users", "by_hash"], ["checks"], []):
        reader.begin("printed", None, names)
        for number, rows in enumerate(results()):
            reader.feed(number, rows)
        for name, _ in reader.end():
            reader.add(None, name, PATHS[name].read_text())
    both = Catalog(reader.finish())
    assert differences(printed("users", "by_hash", "checks"), both) == []


# Query, table, column, value in its place, reason.
DOUBTS = [
    (TABLES, "foreign", "TABLE_TYPE", "VIEW", "no table"),
    (TABLES, "foreign", "ENGINE", None, "engine"),
    (TABLES, "foreign", "CREATE_OPTIONS", "row_format=DYNAMIC x=1", "options"),
    (TABLES, "foreign", "TABLE_COLLATION", None, "collation"),
    (TABLES, "foreign", "TABLE_COLLATION", "klingon_ci", "collation"),
    (COLUMNS, "foreign", "ORDINAL_POSITION", 0, "order of columns"),
    (COLUMNS, "users", "EXTRA", "auto_increments", "attribute of a column"),
    (COLUMNS, "users", "EXTRA", "on updates x", "attribute of a column"),
    (COLUMNS, "users", "EXTRA", "STORED GENERATED", "generated column"),
    (COLUMNS, "users", "EXTRA", "DEFAULT_GENERATED", "default"),
    (COLUMNS, "generated", "GENERATION_EXPRESSION", "a'b", "generated column"),
    (COLUMNS, "json_default", "COLUMN_DEFAULT", "it\\nx", "default"),
    (COLUMNS, "json_default", "COLUMN_DEFAULT", "x\\", "default"),
    (COLUMNS, "json_default", "COLUMN_DEFAULT", "\u00c3\u00a9", "default"),
    (COLUMNS, "users", "COLUMN_DEFAULT", "why?", "default"),
    (COLUMNS, "charset_columns", "COLLATION_NAME", None, "character set"),
    (INDEXES, "functional", "EXPRESSION", "`\u00c3\u00a9`", "expression of a key"),
    (INDEXES, "users", "SEQ_IN_INDEX", 2, "order of keys"),
    (INDEXES, "users", "INDEX_TYPE", "VECTOR", "kind of key"),
    (INDEXES, "functional", "EXPRESSION", "'", "expression of a key"),
    (INDEXES, "functional", "EXPRESSION", "", "expression of a key"),
    (KEYS, "foreign", "ORDINAL_POSITION", 3, "order of foreign keys"),
    (ACTIONS, "foreign", "UPDATE_RULE", "SET FIRE", "action of a foreign key"),
    (ACTIONS, "foreign", "MATCH_OPTION", "FULL", "match of a foreign key"),
    (ACTIONS, "foreign", "CONSTRAINT_NAME", "x", "foreign keys without actions"),
    (CHECKS, "checks", "CONSTRAINT_NAME", "x", "a CHECK without a condition"),
]


def _place(query: int, column: str) -> int:
    return (
        MYSQL_QUERIES[query][len("SELECT ") :]
        .split(" FROM ")[0]
        .split(", ")
        .index(column)
    )


@pytest.mark.parametrize(("query", "table", "column", "value", "reason"), DOUBTS)
def test_a_row_that_is_not_understood(
    query: int, table: str, column: str, value: Any, reason: str
) -> None:
    """It is its table alone that is not vouched for."""
    found = results()
    row = next(each for each in found[query] if each[0] == table)
    row[_place(query, column)] = value
    told, left = read(found, table, "texts")
    assert left == [(table, reason)]
    assert [each.name for each in told.tables] == ["texts"]


@pytest.mark.parametrize("query", range(len(MYSQL_QUERIES)))
def test_rows_that_are_missing(query: int) -> None:
    """Of tables, columns and conditions this is seen; others may have none."""
    found = results()
    found[query] = []
    _, left = read(found, "foreign", "checks", "texts")
    expected = {
        TABLES: {"foreign", "checks", "texts"},
        COLUMNS: {"foreign", "checks", "texts"},
        KEYS: set(),
        ACTIONS: {"foreign"},
        CONDITIONS: {"checks"},
    }
    assert {name for name, _ in left} == expected.get(query, set())


@pytest.mark.parametrize(
    "rows",
    [[(1,)], [(None,) * 6], [(1, 2, 3, 4, 5, 6)], [("a",) * 7], [4], [("\ud800",)]],
)
def test_rows_of_another_form(rows: list[Any]) -> None:
    reader = MysqlReader(False)
    reader.begin("printed", None, ["a"])
    with pytest.raises(ValueError, match=r"row|value|number|text|NULL"):
        reader.feed(TABLES, rows)
    with pytest.raises(RuntimeError, match="failed"):
        reader.end()


def test_calls_out_of_order() -> None:
    reader = MysqlReader(False)
    calls: list[Callable[[], object]] = [reader.end, lambda: reader.feed(0, [])]
    for call in calls:
        with pytest.raises(RuntimeError, match=r"begin\(\) has not"):
            call()
    reader.begin("d", None, ["t"])
    calls = [
        lambda: reader.begin("d", None, []),
        lambda: reader.add(None, "t", ""),
        reader.finish,
    ]
    for call in calls:
        with pytest.raises(RuntimeError, match=r"end\(\) has not"):
            call()
    for number in (-1, len(MYSQL_QUERIES)):
        with pytest.raises(ValueError, match="no catalog query"):
            reader.feed(number, [])

    def rows() -> Iterator[tuple[Any, ...]]:
        for inner in (reader.end, reader.finish, lambda: reader.feed(0, [])):
            with pytest.raises(RuntimeError, match="already"):
                inner()
        raise LookupError("of the iterator's own")
        yield ()

    with pytest.raises(LookupError, match="own"):
        reader.feed(0, rows())


def test_names_that_call_back() -> None:
    reader = MysqlReader(False)

    def names() -> Iterator[str]:
        reader.begin("d", None, ["inner"])
        yield "outer"

    with pytest.raises(RuntimeError, match=r"end\(\) has not"):
        reader.begin("d", None, names())
    assert reader.end() == [("inner", "not in information_schema")]
    with pytest.raises(TypeError):
        reader.begin("d", None, ["a", 5])  # type: ignore[list-item]


def test_the_choice() -> None:
    """Few tables are printed; of many those behind a slow line first come in bulk."""
    at = {
        milliseconds: next(
            n for n in range(10_000) if _mysql_bulk.is_cheaper(n, milliseconds / 1e3)
        )
        for milliseconds in (1, 2, 6, 50)
    }
    assert at[1] > at[2] > at[6] > at[50] > 12
    assert at[50] < 22
    assert not _mysql_bulk.is_cheaper(100_000, 0.0003)
