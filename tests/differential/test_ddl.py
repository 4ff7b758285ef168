"""The SQL of the implementations, ours and upstream's, over random arguments."""

from __future__ import annotations

import importlib
import io
import random
import re
import warnings
from collections.abc import Callable
from operator import methodcaller
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

import alembic_c.ddl
from alembic_c.ddl.impl import DefaultImpl
from tests.support import mariadb

UPSTREAM = "alembic"
URLS = {
    "postgresql": "postgresql://",
    "mysql": "mysql+pymysql://",
    "mariadb": "mariadb+pymysql://",
    "sqlite": "sqlite://",
    "mssql": "mssql+pyodbc://",
    "oracle": "oracle://",
}
ROUNDS = 400
UNSET: Any = object()

TYPES = (sa.Integer(), sa.String(5), sa.DateTime(), sa.Boolean(), sa.Numeric(8, 2))
CHOICES: dict[str, tuple[Any, ...]] = {
    "nullable": (UNSET, None, True, False),
    "server_default": (
        *(UNSET, False, None, "5", "it's", sa.text("now()"), sa.func.now()),
        *(sa.Identity(start=3, always=True), sa.Computed("a + b")),
    ),
    "name": (UNSET, UNSET, "new", "New name"),
    "type_": (UNSET, *TYPES),
    "comment": (UNSET, False, None, "it's 5%"),
    "existing_type": (UNSET, *TYPES),
    "existing_nullable": (UNSET, True, False),
    "existing_server_default": (UNSET, False, None, "6", sa.Identity(cycle=True)),
    "existing_comment": (UNSET, "old"),
    "autoincrement": (UNSET, UNSET, True, False),
    "existing_autoincrement": (UNSET, UNSET, True, False),
    "schema": (UNSET, "s", "Mixed.dotted"),
    "postgresql_using": (UNSET, UNSET, "c::int"),
}


def outcome(
    implementations: Any, name: str, action: Callable[[Any], object]
) -> tuple[Any, ...]:
    """Return the script, the exception and the warnings of an action."""
    dialect = make_url(URLS[name]).get_dialect()()
    if name == "mssql":
        dialect.default_schema_name = "dbo"
    buffer = io.StringIO()
    kind = implementations.get_by_dialect(dialect)
    failed: tuple[str, str] | None = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            action(kind(dialect, None, True, None, buffer, {}))
        except AssertionError:
            # Upstream's have no text.
            failed = ("AssertionError", "")
        except Exception as error:  # noqa: BLE001 - any error is a result here
            text = str(error).replace("alembic_c.", f"{UPSTREAM}.")
            failed = (type(error).__name__, re.sub("0x[0-9a-f]+", "", text))
    return buffer.getvalue(), failed, [str(warning.message) for warning in caught]


@pytest.fixture
def theirs(upstream: ModuleType) -> Any:
    importlib.import_module(f"{upstream.__name__}.ddl")
    module = importlib.import_module(f"{upstream.__name__}.ddl.impl")
    assert module.DefaultImpl is not DefaultImpl
    return module.DefaultImpl


def assert_equal(name: str, theirs: Any, action: Callable[[Any], object]) -> None:
    sql, *others = outcome(theirs, name, action)
    expected = mariadb.checks_apart(sql) if name == "mariadb" else sql
    assert outcome(DefaultImpl, name, action) == (expected, *others)


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize("seed", range(3))
def test_columns_altered(name: str, seed: int, theirs: Any) -> None:
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        given = {key: chance.choice(values) for key, values in CHOICES.items()}
        arguments = {key: value for key, value in given.items() if value is not UNSET}
        table, column = chance.choice([("t", "c"), ("My table", "order")])
        call = methodcaller("alter_column", table, column, **arguments)
        assert_equal(name, theirs, call)


def make_table(*items: Any, **kw: Any) -> sa.Table:
    metadata = sa.MetaData()
    sa.Table("o", metadata, sa.Column("id", sa.Integer, primary_key=True))
    has_key = any(isinstance(item, sa.PrimaryKeyConstraint) for item in items)
    columns: list[sa.Column[Any]] = [
        sa.Column("id", sa.Integer, primary_key=not has_key),
        sa.Column("x", sa.String(5), server_default="it's", comment="50%"),
        sa.Column("fk", sa.Integer, sa.ForeignKey("o.id", ondelete="CASCADE")),
        sa.Column("Flag", sa.Boolean(create_constraint=True, name="ck_flag")),
        sa.Column("seq", sa.Integer, sa.CheckConstraint("seq > 5", name="ck")),
    ]
    return sa.Table("My t", metadata, *columns, *items, **kw)


FLAGS = ("if_not_exists", "inline_references", "inline_primary_key")


def add_column(key: str, options: dict[str, bool]) -> Callable[[Any], object]:
    return lambda im: im.add_column("My t", make_table().c[key], schema="s", **options)


def drop_column(key: str, flag: str) -> Callable[[Any], object]:
    return lambda im: im.drop_column("My t", sa.Column(key), schema="S", **{flag: True})


def table_actions() -> dict[str, Callable[[Any], object]]:
    actions: dict[str, Callable[[Any], object]] = {
        "create": lambda im: im.create_table(
            make_table(sa.Index("ix", "x"), comment="it's", schema="s")
        ),
        "create if": lambda im: im.create_table(make_table(), if_not_exists=True),
        "drop": lambda im: im.drop_table(make_table(schema="s"), if_exists=True),
        "rename": lambda im: im.rename_table("old", "New", schema="s"),
        "table comment": lambda im: im.create_table_comment(make_table(comment="a'b")),
        "no table comment": lambda im: im.drop_table_comment(make_table()),
        "column comment": lambda im: im.create_column_comment(make_table().c.x),
    }
    for key in [column.key for column in make_table().columns]:
        for flags in ((), *((flag,) for flag in FLAGS), FLAGS):
            actions[f"add {key} {flags}"] = add_column(key, dict.fromkeys(flags, True))
        for flag in ("if_exists", "mssql_drop_default", "mssql_drop_foreign_key"):
            actions[f"drop {key} {flag}"] = drop_column(key, flag)
    return actions


@pytest.mark.parametrize("name", URLS)
def test_tables_and_columns(name: str, theirs: Any) -> None:
    for action in table_actions().values():
        assert_equal(name, theirs, action)


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize("verb", ["add_constraint", "drop_constraint"])
def test_constraints(name: str, verb: str, theirs: Any) -> None:
    def constraints() -> list[Any]:
        made = [
            sa.UniqueConstraint("x", name="u"),
            sa.CheckConstraint("x > 'a'", name="Ck"),
            sa.ForeignKeyConstraint(["x"], ["o.id"], name="f", onupdate="SET NULL"),
            sa.PrimaryKeyConstraint("x", name="p"),
        ]
        for item in made:
            make_table(item)
        flag = make_table().c.Flag.table.constraints
        return made + [item for item in flag if item.name == "ck_flag"]

    for position in range(len(constraints())):

        def action(im: Any, at: int = position) -> None:
            getattr(im, verb)(constraints()[at])

        assert_equal(name, theirs, action)


@pytest.mark.parametrize("name", URLS)
def test_indexes(name: str, theirs: Any) -> None:
    options: list[dict[str, Any]] = [
        {},
        {"unique": True},
        {"mssql_include": ["nonesuch", "x"], "mssql_where": sa.text("x > 1")},
        {"postgresql_include": ["nonesuch"], "postgresql_using": "gist"},
        {"postgresql_concurrently": True, "mysql_length": 5},
    ]
    for option in options:
        for verb, flag in (("create_index", "if_not_exists"), ("drop_index", None)):
            flags = {flag: True} if flag else {}

            def action(im: Any, o: Any = option, v: str = verb, f: Any = flags) -> None:
                getattr(im, v)(sa.Index("My ix", make_table().c.x.desc(), **o), **f)

            assert_equal(name, theirs, action)


def test_ours_and_theirs_are_two_packages(theirs: Any) -> None:
    assert alembic_c.ddl.DefaultImpl is DefaultImpl
    assert not issubclass(theirs, DefaultImpl)
