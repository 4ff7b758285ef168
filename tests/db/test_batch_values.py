"""Move-and-copy on SQLite over tables as people write them: nothing is lost silently.

Each schema goes through each operation.  No value of a column that the operation does
not name changes, neither in its type nor in its bytes, no row disappears or gets
another rowid, and what is missing from the statement afterwards is told at WARNING.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from alembic_c.operations import BatchOperations
from alembic_c.util import CommandError
from tests.db.test_batch_losses import batch
from tests.support.sqlite_tables import SCHEMAS, Schema

Change = Callable[[BatchOperations], None]


# Name -> (columns that it changes, whether it drops one, the change).
OPERATIONS: dict[str, tuple[set[str], bool, Change]] = {
    "nothing": (set(), False, lambda b: b.alter_column("r", nullable=True)),
    "add": (
        {"added"},
        False,
        lambda b: b.add_column(sa.Column("added", sa.Integer), insert_after="d"),
    ),
    "drop": ({"d"}, True, lambda b: b.drop_column("d")),
    "rename": (
        {"r", "r2"},
        False,
        lambda b: b.alter_column("r", new_column_name="r2"),
    ),
    "type": ({"r"}, False, lambda b: b.alter_column("r", type_=sa.Text())),
    "unique": (set(), False, lambda b: b.create_unique_constraint("uq_r", ["r"])),
    "index": (set(), False, lambda b: b.create_index("ix_r", ["r"])),
}

_WORDS = [
    "CHECK",
    "UNIQUE",
    "REFERENCES",
    "DELETE CASCADE",
    "DELETE SET NULL",
    "UPDATE CASCADE",
    "UPDATE SET NULL",
    "DEFERRED",
    "CONFLICT",
    "AUTOINCREMENT",
    "STRICT",
    "WITHOUT ROWID",
    "COLLATE",
    "GENERATED|AS [(]",
]
_TEXTS = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\[[^]]*\]|`[^`]*`|--[^\n]*|/\*.*?\*/"
)


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def build(connection: sa.Connection, schema: Schema) -> None:
    driver_connection: Any = connection.connection.driver_connection
    cursor = driver_connection.cursor()
    for statement in [*schema.before, schema.table]:
        cursor.execute(statement)
    marks = ", ".join("?" * len(schema.columns))
    cursor.executemany(
        f"INSERT INTO t ({', '.join(schema.columns)}) VALUES ({marks})", schema.rows
    )
    for statement in schema.after:
        cursor.execute(statement)
    driver_connection.commit()


def ask(connection: sa.Connection, query: str) -> list[Any]:
    cursor = connection.connection.cursor()
    found: list[Any] = cursor.execute(query).fetchall()
    cursor.close()
    return found


def statement_of(connection: sa.Connection) -> str:
    return str(ask(connection, "SELECT sql FROM sqlite_master WHERE name = 't'")[0][0])


def values(connection: sa.Connection, without: set[str]) -> list[Any]:
    """Return all rows, with types and bytes, by rowid where there is one."""
    pragma = ask(connection, "PRAGMA table_xinfo(t)")
    names = [row[1] for row in pragma if row[1] not in without]
    quoted = ['"{}"'.format(name.replace('"', '""')) for name in names]
    asked = ", ".join(f"typeof({name}), quote({name})" for name in quoted)
    if "WITHOUT" in statement_of(connection).rpartition(")")[2].upper():
        return sorted(ask(connection, f"SELECT {asked} FROM t"), key=repr)
    free = next(n for n in ("rowid", "_rowid_", "oid") if n not in names)
    rows = ask(connection, f"SELECT {free}, {asked} FROM t ORDER BY 1")
    return [names, *rows]


def defaults(connection: sa.Connection, without: set[str]) -> dict[str, Any]:
    """Return what the defaults mean."""
    found = {}
    for row in ask(connection, "PRAGMA table_xinfo(t)"):
        if row[4] is not None and row[1] not in without:
            is_time = "CURRENT" in row[4]
            found[row[1]] = (
                row[4].strip("()")
                if is_time
                else ask(connection, f"SELECT quote({row[4]})")
            )
    return found


def objects(connection: sa.Connection) -> set[str]:
    rows = ask(
        connection,
        "SELECT name FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL "
        "UNION ALL SELECT name FROM sqlite_temp_master",
    )
    return {row[0] for row in rows}


def counts(connection: sa.Connection) -> dict[str, int]:
    plain = _TEXTS.sub('""', statement_of(connection)).upper()
    return {word: len(re.findall(word, plain)) for word in _WORDS}


def test_there_are_enough_of_them() -> None:
    assert len({schema.name for schema in SCHEMAS}) == len(SCHEMAS) >= 95


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: str(schema.name))
def test_nothing_changes_but_what_was_asked_for(schema: Schema) -> None:
    for name, (touched, drops, change) in OPERATIONS.items():
        engine = sa.create_engine("sqlite://")
        with engine.connect() as connection:
            build(connection, schema)
            check(connection, name, touched, drops, change)
        engine.dispose()


def check(
    connection: sa.Connection,
    name: str,
    touched: set[str],
    drops: bool,
    change: Change,
) -> None:
    before = values(connection, touched), defaults(connection, touched)
    sequence = "SELECT name, seq FROM sqlite_sequence"
    has_sequence = "AUTOINCREMENT" in statement_of(connection)
    ids = ask(connection, sequence) if has_sequence else None
    words, names = counts(connection), objects(connection)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = " ".join(batch(connection, change))
    assert (values(connection, touched), defaults(connection, touched)) == before, name
    if has_sequence:
        assert ask(connection, sequence) == ids
    for lost in names - objects(connection):
        assert f'"{lost}"' in told, name
    left = counts(connection)
    for word in _WORDS:
        wanted = words[word] - (drops and word in ("CHECK", "UNIQUE"))
        if left[word] < wanted:
            assert re.search(word.replace("REFERENCES", "foreign key"), told), (
                name,
                word,
            )


# --- the order of columns -----------------------------------------------------------


def new(name: str, **place: Any) -> Change:
    return lambda b: b.add_column(sa.Column(name, sa.Integer), **place)


def drop(name: str) -> Change:
    return lambda b: b.drop_column(name)


def rename(name: str, new_name: str) -> Change:
    return lambda b: b.alter_column(name, new_column_name=new_name)


def order_after(connection: sa.Connection, *changes: Change, **options: Any) -> str:
    connection.exec_driver_sql("CREATE TABLE t (a INT, b INT, c INT)")
    connection.commit()

    def all_of_them(batch_op: BatchOperations) -> None:
        for change in changes:
            change(batch_op)

    batch(connection, all_of_them, **options)
    return " ".join(row[1] for row in ask(connection, "PRAGMA table_info(t)"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([drop("b"), new("n", insert_after="b")], "a n c"),
        ([drop("b"), new("n", insert_before="b")], "a n c"),
        ([new("n", insert_after="b"), drop("b")], "a n c"),
        ([drop("c"), new("n", insert_after="c")], "a b n"),
        ([drop("a"), new("n", insert_before="a")], "n b c"),
        ([drop("a"), drop("b"), new("n", insert_after="b")], "n c"),
        ([drop("b"), new("b", insert_after="c")], "a c b"),
        ([drop("b"), new("b", insert_after="b")], "a b c"),
        ([rename("b", "x"), new("n", insert_after="x")], "a x n c"),
        ([rename("b", "x"), new("n", insert_after="b")], "a x n c"),
        ([new("n", insert_before="b"), rename("b", "x")], "a n x c"),
        ([new("n"), new("m", insert_after="n")], "a b c n m"),
        # As with upstream: nobody has said that it comes behind the others.
        ([new("n"), drop("c"), new("m")], "a n b m"),
        ([new("n"), new("m"), drop("c"), drop("a"), new("a")], "b n m a"),
    ],
)
def test_places_of_columns_that_a_batch_changes(
    connection: sa.Connection, changes: list[Change], expected: str
) -> None:
    assert order_after(connection, *changes) == expected


@pytest.mark.parametrize("argument", ["insert_before", "insert_after"])
def test_a_place_that_is_not_there(connection: sa.Connection, argument: str) -> None:
    with pytest.raises(CommandError) as raised:
        order_after(connection, rename("b", "x"), new("n", **{argument: "zork"}))
    assert str(raised.value) == (
        f'{argument} names a column "zork" that the table does not have; its columns '
        'are "a", "x", "c"'
    )


def test_a_group_with_an_unknown_column(connection: sa.Connection) -> None:
    with pytest.raises(CommandError, match='partial_reordering names a column "z"'):
        order_after(connection, partial_reordering=[("c", "z")])


def test_orders_that_contradict_each_other(connection: sa.Connection) -> None:
    change = new("n", insert_before="a", insert_after="c")
    with pytest.raises(CommandError, match="No order of the columns satisfies"):
        order_after(connection, change)
