"""A table that batch mode reads from its statement against SQLAlchemy's reflection.

Where a statement is written as SQLAlchemy writes them, both are equal, and a batch
gives the same table as with upstream.  Otherwise ours may have more: SQLAlchemy's
patterns miss constraints that are written in another way.

Environment variables: ALEMBIC_C_FUZZ_SCHEMAS is how many random schemas are tried,
ALEMBIC_C_FUZZ_SEED the first seed.  A failure prints its seed and its statements.
"""

from __future__ import annotations

import os
import re
import sqlite3
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

import alembic_c
import alembic_c.operations
import alembic_c.runtime.migration
from alembic_c import _catalog
from alembic_c.operations import _sqlite_table
from alembic_c.util import sqla_compat
from tests.support import schemas
from tests.support.sqlite_schemas import UNDERSTOOD, random_schema
from tests.support.sqlite_tables import SCHEMAS as TABLES

SCHEMAS = int(os.environ.get("ALEMBIC_C_FUZZ_SCHEMAS", "400")) // 4
FIRST_SEED = int(os.environ.get("ALEMBIC_C_FUZZ_SEED", "1"))


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield opened
    engine.dispose()


def read_both(connection: sa.Connection, name: str) -> tuple[sa.Table, sa.Table] | None:
    """Return a table as read from its statement and by SQLAlchemy; None: not ours."""

    def query(statement: str, *parameters: Any) -> list[Any]:
        cursor = connection.connection.cursor()
        return list(cursor.execute(statement, parameters).fetchall())

    dialect = connection.dialect
    quote = dialect.identifier_preparer.quote_identifier
    stored = _sqlite_table.read(query, quote, name, None)
    assert stored is not None
    described = _sqlite_table.description(stored, dialect, None)
    if described is None:
        return None
    ours = sa.Table(name, sa.MetaData())
    inspector = sa.inspect(connection)
    try:
        theirs = sa.Table(
            name, sa.MetaData(), autoload_with=connection, resolve_fks=False
        )
    except (AssertionError, sa.exc.ArgumentError):
        # It gives up on comments between the parts of a statement, and on references
        # to keys that have other columns.
        return None
    sqla_compat._reflect_table(inspector, ours, described)
    return ours, theirs


def names_of(columns: Any) -> tuple[str, ...]:
    return tuple(column.name for column in columns)


def columns_of(table: sa.Table) -> list[Any]:
    return [
        (
            column.name,
            repr(column.type),
            column.nullable,
            column.primary_key,
            str(getattr(column.server_default, "arg", None)),
        )
        for column in table.columns
    ]


def foreign_keys_of(table: sa.Table, *, options: bool) -> list[Any]:
    """Return the foreign keys, each once: SQLAlchemy leaves repeated ones out."""
    found = set()
    for key in table.foreign_key_constraints:
        targets = tuple(element.target_fullname for element in key.elements)
        more: tuple[Any, ...] = ()
        if options:
            more = (key.name, key.ondelete, key.onupdate, key.deferrable, key.initially)
        found.add((names_of(key.columns), targets, *more))
    return sorted(found, key=repr)


def uniques_of(table: sa.Table) -> set[Any]:
    return {
        (names_of(each.columns), each.name)
        for each in table.constraints
        if isinstance(each, sa.UniqueConstraint)
    }


def checks_of(table: sa.Table) -> list[Any]:
    return [
        (each.name, str(each.sqltext))
        for each in sorted(table.constraints, key=lambda each: each._creation_order)
        if isinstance(each, sa.CheckConstraint)
    ]


def indexes_of(table: sa.Table) -> list[Any]:
    return sorted(
        (
            str(index.name),
            names_of(index.columns),
            index.unique,
            str(index.dialect_options["sqlite"]["where"]),
        )
        for index in table.indexes
    )


def assert_same(ours: sa.Table, theirs: sa.Table, exactly: bool, context: Any) -> None:
    assert columns_of(ours) == columns_of(theirs), context
    assert names_of(ours.primary_key) == names_of(theirs.primary_key), context
    assert foreign_keys_of(ours, options=exactly) == foreign_keys_of(
        theirs, options=exactly
    ), context
    for index, other in zip(indexes_of(ours), indexes_of(theirs), strict=True):
        assert index[:3] == other[:3], context
        # The condition may differ: SQLAlchemy takes the rest of a line for it.
    if exactly:
        assert ours.primary_key.name == theirs.primary_key.name, context
        assert uniques_of(ours) == uniques_of(theirs), context
        assert checks_of(ours) == checks_of(theirs), context
        assert dict(ours.kwargs) == dict(theirs.kwargs), context
    else:
        assert {columns for columns, _ in uniques_of(ours)} >= {
            columns for columns, _ in uniques_of(theirs)
        }, context


def compare(connection: sa.Connection, context: Any) -> list[int]:
    """Compare all tables; return how many were, and how many exactly."""
    rows = connection.exec_driver_sql(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL "
        "AND type IN ('table', 'index') AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
    ).all()
    irregular = set(_catalog.irregular([tuple(row) for row in rows]))
    counts = [0, 0]
    for type_, name, _, _ in rows:
        both = read_both(connection, name) if type_ == "table" else None
        if both is not None:
            exactly = name not in irregular
            assert_same(*both, exactly, context)
            counts[0] += 1
            counts[1] += exactly
    return counts


def build(connection: sa.Connection, statements: list[str]) -> None:
    for statement in statements:
        try:
            connection.connection.cursor().execute(statement)
        except sqlite3.Error:
            # Some of the random ones are refused.
            continue


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_odd_schemas(connection: sa.Connection, name: str) -> None:
    build(connection, UNDERSTOOD[name])
    compare(connection, UNDERSTOOD[name])


def test_tables_by_hand() -> None:
    total = 0
    for schema in TABLES:
        engine = sa.create_engine("sqlite://")
        with engine.connect() as opened, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            build(opened, [*schema.before, schema.table, *schema.after])
            total += compare(opened, schema)[0]
        engine.dispose()
    assert total > 90


def test_random_schemas() -> None:
    total = 0
    for seed in range(FIRST_SEED, FIRST_SEED + SCHEMAS):
        statements = random_schema(seed)
        engine = sa.create_engine("sqlite://")
        with engine.connect() as opened, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            build(opened, statements)
            total += compare(opened, (seed, statements))[0]
        engine.dispose()
    assert total > SCHEMAS / 2


# --- whole batches ------------------------------------------------------------------

OPTIONS: list[dict[str, Any]] = [
    {},
    {"naming_convention": {"uq": "uq_%(table_name)s_%(column_0_N_name)s"}},
    {"table_args": (sa.CheckConstraint("1 = 1", name="one"),)},
    {"table_kwargs": {"sqlite_autoincrement": False}},
    {"reflect_args": [sa.CheckConstraint("2 = 2", name="two")]},
    {"reflect_kwargs": {"listeners": [("column_reflect", lambda *args: None)]}},
]


def normal(statement: str) -> list[str]:
    """Return the lines of a statement: upstream's constraints are in no order."""
    if statement.startswith("CREATE TABLE"):
        return sorted(line.strip(" ,\t") for line in statement.splitlines())
    # Upstream loses the direction.
    return [statement.replace(" DESC", "")]


def statements_after(package: ModuleType, seed: int, options: dict[str, Any]) -> Any:
    """Return the statements of all tables after a batch on each of them."""
    engine = sa.create_engine("sqlite://")
    with engine.connect() as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        metadata = schemas.build(schemas.make_pair(seed, "sqlite").database)
        metadata.create_all(opened)
        context = package.runtime.migration.MigrationContext.configure(opened)
        op = package.operations.Operations(context)
        for table in sorted(metadata.tables):
            try:
                with op.batch_alter_table(table, recreate="always", **options):
                    pass
            except sa.exc.SQLAlchemyError as problem:
                return type(problem).__name__
        rows = opened.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        )
        found = {row[0]: normal(row[1]) for row in rows}
    engine.dispose()
    return found


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: " ".join(options))
def test_batches_give_the_same_statements(
    upstream: ModuleType, options: dict[str, Any]
) -> None:
    import alembic.operations
    import alembic.runtime.migration  # noqa: F401 - `upstream` gets these attributes

    for seed in range(FIRST_SEED, FIRST_SEED + max(SCHEMAS // 20, 3)):
        expected = statements_after(upstream, seed, options)
        found = statements_after(alembic_c, seed, options)
        if isinstance(expected, str):
            # The statement that upstream makes is refused.
            continue
        # Ours has indexes over expressions too, which upstream loses.
        assert expected.keys() <= found.keys(), seed
        for name, statement in expected.items():
            # What has quotes in its name is lost in SQLAlchemy's patterns.
            if not any('""' in line for line in found[name]):
                assert found[name] == statement, seed


# A constraint with SQLAlchemy's name for it, which is not unescaped.
NAMES = [
    ('CONSTRAINT "a""b" UNIQUE (x)', 'a""b', "unique"),
    ('CONSTRAINT """a" CHECK (x > 0)', '""a', "check"),
    ("CONSTRAINT `a``b` CHECK (x > 0)", "a``b", "check"),
    ("CONSTRAINT 'a''b' CHECK (x > 0)", "a''b", "check"),
    ('CONSTRAINT "a""b" PRIMARY KEY (x)', 'a""b', "primary"),
    ('CONSTRAINT "a""b" FOREIGN KEY (x) REFERENCES t (y)', 'a""b', "foreignkey"),
]


def _unescaped(name: str) -> str:
    return re.sub(r"(\W)\1", r"\1", name)


@pytest.mark.parametrize(("constraint", "reflected", "kind"), NAMES)
def test_constraints_are_dropped_by_their_reflected_names(
    upstream: ModuleType, constraint: str, reflected: str, kind: str
) -> None:
    import alembic.operations
    import alembic.runtime.migration  # noqa: F401 - `upstream` gets these attributes

    left = []
    for package, name in (
        (upstream, reflected),
        (alembic_c, reflected),
        # Upstream knows no other.
        (alembic_c, _unescaped(reflected)),
    ):
        engine = sa.create_engine("sqlite://")
        with engine.connect() as opened:
            opened.exec_driver_sql(f"CREATE TABLE t (x INTEGER NOT NULL, {constraint})")
            context = package.runtime.migration.MigrationContext.configure(opened)
            op = package.operations.Operations(context)
            with op.batch_alter_table("t") as batch:
                batch.drop_constraint(name, type_=kind)
            left.append(opened.exec_driver_sql("SELECT sql FROM sqlite_master").all())
        engine.dispose()
    ((statement,),) = left[0]
    assert "CONSTRAINT" not in statement
    assert left[1:] == left[:1] * 2
