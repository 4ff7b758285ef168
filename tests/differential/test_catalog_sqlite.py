"""The parser of SQLite's statements against SQLite's own pragmas: both say the same.

Environment variables: ALEMBIC_C_FUZZ_SCHEMAS is how many random schemas are tried,
ALEMBIC_C_FUZZ_SEED the first seed.  A failure prints its seed and its statements.
"""

from __future__ import annotations

import os
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alembic_c._catalog import SQLITE_N_PRAGMAS, Catalog, SqliteReader, Table
from tests.support.schemas import build, make_pair
from tests.support.sqlite_schemas import NOT_UNDERSTOOD, UNDERSTOOD, random_schema

SCHEMAS = int(os.environ.get("ALEMBIC_C_FUZZ_SCHEMAS", "400"))
FIRST_SEED = int(os.environ.get("ALEMBIC_C_FUZZ_SEED", "1"))


def read(
    database: sqlite3.Connection, *, parse: bool, schema: str | None = None
) -> Catalog:
    """Return the catalog, from the statements or from the pragmas alone."""
    reader = SqliteReader(parse=parse)
    name = schema or "main"
    reader.feed(schema, database.execute(reader.sql(name)).fetchall())
    for pragma in range(SQLITE_N_PRAGMAS):
        sql = reader.pragma_sql(schema, name, pragma)
        if sql is not None:
            reader.feed_pragma(schema, pragma, database.execute(sql).fetchall())
    return reader.finish()


def lower(name: str) -> str:
    """Return a name as SQLite compares them: only ASCII letters lose their case."""
    return re.sub("[A-Z]", lambda match: match[0].lower(), name)


def plain_type(text: str | None) -> str:
    """Return a type without comments and superfluous white space, in capitals."""
    text = re.sub(r"/\*.*?\*/|--[^\n]*", " ", text or "", flags=re.DOTALL)
    return re.sub(r"\s*([(),])\s*", r"\1", " ".join(text.split())).upper()


def columns(table: Table) -> list[Any]:
    return [
        (c.name, plain_type(c.type), c.not_null, c.default_expr, c.generated_kind)
        for c in table.columns
    ]


def primary_key(table: Table) -> list[str]:
    keys = [c.columns for c in table.constraints if c.kind == "primary key"]
    assert len(keys) < 2
    return [lower(name) for key in keys for name in key]


def uniques(table: Table) -> set[tuple[str, ...]]:
    """Return the unique keys that SQLite keeps: each once, and not the primary key."""
    found = {
        tuple(map(lower, c.columns)) for c in table.constraints if c.kind == "unique"
    }
    return found - {tuple(primary_key(table))}


def foreign_keys(table: Table) -> list[Any]:
    found = [
        (
            list(map(lower, c.columns)),
            c.ref_table,
            c.ref_columns,
            c.on_update or "",
            c.on_delete or "",
        )
        for c in table.constraints
        if c.kind == "foreign key"
    ]
    return sorted(found)


def indexes(table: Table, collations: dict[str, str]) -> list[Any]:
    """Return the indexes; collations: those of the columns, by name."""

    def part(p: Any) -> tuple[Any, ...]:
        if p.is_expr:
            return ("expression", p.descending)
        collation = p.collation or collations.get(p.text, "BINARY")
        return (p.text, p.descending, collation.upper())

    return [
        (i.name, i.is_unique, i.predicate is not None, [part(p) for p in i.parts])
        for i in table.indexes
    ]


def assert_same(parsed: Table, judged: Table, context: object) -> None:
    """Check that the two say the same, as far as the pragmas know."""
    assert parsed.name == judged.name, context
    assert columns(parsed) == columns(judged), context
    assert primary_key(parsed) == primary_key(judged), context
    assert uniques(parsed) == uniques(judged), context
    assert foreign_keys(parsed) == foreign_keys(judged), context
    own = {c.name: c.collation or "BINARY" for c in parsed.columns}
    assert indexes(parsed, own) == indexes(judged, {}), context


def options(database: sqlite3.Connection, schema: str) -> dict[str, tuple[bool, bool]]:
    """Return WITHOUT ROWID and STRICT of each table, where SQLite tells them."""
    if sqlite3.sqlite_version_info < (3, 37):
        return {}
    rows = database.execute("SELECT schema, name, wr, strict FROM pragma_table_list")
    return {row[1]: (bool(row[2]), bool(row[3])) for row in rows if row[0] == schema}


def judge(
    database: sqlite3.Connection, context: object, schema: str | None = None
) -> tuple[int, int]:
    """Compare both readings; return how many tables were understood, how many not."""
    parsed = read(database, parse=True, schema=schema).tables
    judged = read(database, parse=False, schema=schema).tables
    flags = options(database, schema or "main")
    assert [t.name for t in parsed] == [t.name for t in judged], context
    for table, other in zip(parsed, judged, strict=True):
        assert other.opaque is not None
        assert_same(table, other, context)
        if table.opaque is None:
            expected = (table.without_rowid, table.strict)
            assert flags.get(table.name, expected) == expected, context
            assert table.statements == ()
        else:
            assert table.statements == other.statements, context
    understood = sum(table.opaque is None for table in parsed)
    return understood, len(parsed) - understood


def database_of(statements: list[str]) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", isolation_level=None)
    for statement in statements:
        database.execute(statement)
    return database


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_odd_schemas_are_understood(name: str) -> None:
    database = database_of(UNDERSTOOD[name])
    understood, opaque = judge(database, UNDERSTOOD[name])
    assert understood > 0
    assert opaque == 0, [t.opaque for t in read(database, parse=True).tables]


@pytest.mark.parametrize("name", NOT_UNDERSTOOD)
def test_the_pragmas_tell_of_what_is_not_understood(name: str) -> None:
    database = database_of(NOT_UNDERSTOOD[name])
    understood, opaque = judge(database, NOT_UNDERSTOOD[name])
    assert (understood, opaque) == (0, 1)
    (table,) = read(database, parse=True).tables
    assert table.columns
    assert list(table.statements) == sorted(NOT_UNDERSTOOD[name])


def test_virtual_tables_have_their_statement_only() -> None:
    database = database_of(["CREATE TABLE t (a)"])
    database.execute("PRAGMA writable_schema = 1")
    statement = "CREATE VIRTUAL TABLE v USING module_that_is_missing(a)"
    database.execute(
        "INSERT INTO sqlite_master VALUES ('table', 'v', 'v', 0, ?)", (statement,)
    )
    database.execute("PRAGMA writable_schema = RESET")
    _, v = read(database, parse=True).tables
    assert (v.kind, v.statements, v.columns) == ("virtual table", (statement,), ())


def test_attached_databases() -> None:
    database = sqlite3.connect(":memory:", isolation_level=None)
    name = "an \"attached\" 'one'"
    database.execute("ATTACH ':memory:' AS " + '"' + name.replace('"', '""') + '"')
    quoted = '"' + name.replace('"', '""') + '"'
    for statement in (
        f"CREATE TABLE {quoted}.t (a INT UNIQUE, b 'odd')",
        f"CREATE INDEX {quoted}.i ON t (b, a)",
        f"CREATE TABLE {quoted}.u (a INT)",
        f"CREATE INDEX {quoted}.j ON u (a)",
        "CREATE TABLE t (x)",
    ):
        database.execute(statement)
    assert judge(database, name, name) == (1, 1)
    assert judge(database, name) == (1, 0)
    tables = read(database, parse=True, schema=name).tables
    assert {table.schema for table in tables} == {name}


def test_schemas_of_sqlalchemy(tmp_path: Path) -> None:
    """What create_all() writes is understood, whatever the model."""
    total = 0
    for seed in range(FIRST_SEED, FIRST_SEED + 60):
        pair = make_pair(seed, "sqlite")
        engine = sa.create_engine(f"sqlite:///{tmp_path / f'{seed}.db'}")
        with engine.begin() as connection:
            build(pair.database).create_all(connection)
        engine.dispose()
        database = sqlite3.connect(tmp_path / f"{seed}.db")
        understood, opaque = judge(database, f"seed {seed}")
        database.close()
        assert opaque == 0, f"seed {seed}"
        total += understood
    assert total > 60


def test_random_schemas() -> None:
    total = refused = 0
    for seed in range(FIRST_SEED, FIRST_SEED + SCHEMAS):
        database = sqlite3.connect(":memory:", isolation_level=None)
        taken = [f"seed {seed}"]
        for statement in random_schema(seed):
            try:
                database.execute(statement)
            except sqlite3.Error:
                refused += 1
            else:
                taken.append(statement)
        understood, opaque = judge(database, "\n".join(taken))
        database.close()
        assert opaque == 0, "\n".join(taken)
        total += understood
    print(
        f"{total} tables of {SCHEMAS} schemas, {refused} statements refused by SQLite"
    )
    assert total > SCHEMAS
