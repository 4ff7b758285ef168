"""No name, comment or SQL text gets out of the string that it is rendered as."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Enum,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import conv, quoted_name

from alembic_c.autogenerate import render_python_code
from alembic_c.operations import ops
from alembic_c.runtime.migration import MigrationContext

HOSTILE = [
    "it's",
    'say "x"',
    '"""',
    "'''",
    '"""\nimport os\nos._exit(1)\n"""',
    "'); __import__('os')._exit(1) #",
    '"); __import__("os")._exit(1) #',
    "', __import__('os')._exit(1), '",
    "{__import__('os')._exit(1)}",
    "{x}",
    "%(x)s %s %%",
    "${message}",
    "<% import os %>",
    "## mako",
    "\\",
    "ends with \\",
    "\\'",
    "\\N{BULLET}\\x41\\u0041",
    "two\nlines",
    "carriage\rreturn\r\n",
    "form\x0cfeed\x0bvertical",
    "line\u2028separator\x85next",
    "null\0byte",
    "lone \ud800 surrogate",
    "bidi \u202e text",
    "日本語",
    "x:",
    "with x as y:",
    "else:",
    "# comment",
    " spaces ",
    "\t",
]

# All that a rendered body may consist of; strings are constants.
_NODES = (
    ast.Module,
    ast.FunctionDef,
    ast.arguments,
    ast.Pass,
    ast.Expr,
    ast.With,
    ast.withitem,
    ast.Call,
    ast.keyword,
    ast.Attribute,
    ast.Name,
    ast.Load,
    ast.Store,
    ast.Constant,
    ast.List,
    ast.Tuple,
    ast.Dict,
    ast.Starred,
)
_NAMES = {"op", "sa", "batch_op", "postgresql"}
_ATTRIBUTES = {
    *("f", "create_table", "drop_table", "add_column", "drop_column", "alter_column"),
    *("create_index", "drop_index", "create_unique_constraint", "drop_constraint"),
    *("create_check_constraint", "create_foreign_key", "create_exclude_constraint"),
    *("create_table_comment", "drop_table_comment", "batch_alter_table", "execute"),
    *("Column", "Integer", "String", "Enum", "Computed", "text", "literal_column"),
    *("column", "label", "ExcludeConstraint", "PrimaryKeyConstraint"),
    *("ForeignKeyConstraint", "UniqueConstraint", "CheckConstraint", "ENUM"),
}


def strings_of(body: str) -> set[str]:
    """Return the strings in a rendered body, after a check of everything else."""
    source = f"def upgrade():\n    {body}\n"
    tree = ast.parse(source)
    compile(source.encode("utf-8"), "revision.py", "exec")
    assert len(tree.body) == 1
    strings = set()
    for node in ast.walk(tree):
        assert isinstance(node, _NODES), ast.dump(node)
        if isinstance(node, ast.Name):
            assert node.id in _NAMES
        elif isinstance(node, ast.Attribute):
            assert node.attr in _ATTRIBUTES
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            strings.add(node.value)
    return strings


def bodies(*operations: Any) -> Iterator[str]:
    """Yield what is rendered for operations on the table "t", by each dialect."""
    for dialect in ("postgresql", "sqlite", "mysql"):
        context = MigrationContext.configure(dialect_name=dialect)
        for as_batch in (False, True):
            yield render_python_code(
                ops.UpgradeOps([ops.ModifyTableOps("t", operations)]),
                render_as_batch=as_batch,
                migration_context=context,
            )


def in_strings(wanted: set[str], *operations: Any) -> None:
    for body in bodies(*operations):
        assert wanted <= strings_of(body)


def hostile_table(evil: str) -> Table:
    return Table(
        evil,
        MetaData(),
        Column(evil, Integer, comment=evil, primary_key=True),
        Column("default", String, server_default=f"x{evil}x"),
        Column("enum", Enum(evil, "b", name=f"enum {evil}")),
        PrimaryKeyConstraint(evil, name=f"pk {evil}"),
        UniqueConstraint(evil, name=f"uq {evil}"),
        CheckConstraint("1 = 1", name=f"ck {evil}"),
        ForeignKeyConstraint([evil], ["other.x"], name=conv(f"fk {evil}")),
        schema=f"schema {evil}",
        comment=f"comment {evil}",
        info={evil: evil},
        prefixes=[f"prefix {evil}"],
        mysql_engine=f"engine {evil}",
    )


@pytest.mark.parametrize("evil", HOSTILE)
def test_create_and_drop_table(evil: str) -> None:
    parts = "enum", "pk", "uq", "ck", "fk", "schema", "comment", "prefix", "engine"
    wanted = {evil, f"x{evil}x", *(f"{part} {evil}" for part in parts)}
    in_strings(wanted, ops.CreateTableOp.from_table(hostile_table(evil)))
    in_strings(
        {evil, f"schema {evil}"}, ops.DropTableOp.from_table(hostile_table(evil))
    )


@pytest.mark.parametrize("evil", HOSTILE)
@pytest.mark.parametrize("kind", [str, lambda name: quoted_name(name, True), conv])
def test_names(evil: str, kind: Any) -> None:
    name = kind(evil)
    for operation in (
        ops.DropColumnOp("t", name),
        ops.DropConstraintOp(name, "t", "unique"),
        ops.DropIndexOp(name, "t"),
        ops.AlterColumnOp("t", "c", modify_name=name),
        ops.CreateIndexOp(name, "t", ["c"]),
        ops.CreateUniqueConstraintOp(name, "t", [name]),
        ops.CreateForeignKeyOp(name, "t", name, [name], [name], ondelete=evil),
        ops.CreateCheckConstraintOp(name, "t", "1 = 1"),
        ops.AddColumnOp("t", Column(name, Integer)),
    ):
        in_strings({evil}, operation)


@pytest.mark.parametrize("evil", HOSTILE)
def test_names_of_the_table_and_its_schema(evil: str) -> None:
    schema = f"schema {evil}"
    context = MigrationContext.configure(dialect_name="postgresql")
    changes = [
        ops.AddColumnOp(evil, Column("c", Integer), schema=schema),
        ops.DropColumnOp(evil, "c", schema=schema),
        ops.AlterColumnOp(evil, "c", modify_nullable=True, schema=schema),
        ops.CreateTableCommentOp(evil, "c", schema=schema),
        ops.DropTableCommentOp(evil, schema=schema),
        ops.CreateIndexOp("i", evil, ["c"], schema=schema),
        ops.DropIndexOp("i", evil, schema=schema),
        ops.DropConstraintOp("i", evil, "check", schema=schema),
        ops.CreateForeignKeyOp(
            "f", evil, "o", ["a"], ["b"], source_schema=schema, referent_schema=schema
        ),
    ]
    for as_batch in (False, True):
        body = render_python_code(
            ops.UpgradeOps([ops.ModifyTableOps(evil, changes, schema=schema)]),
            render_as_batch=as_batch,
            migration_context=context,
        )
        assert {evil, schema} <= strings_of(body)


@pytest.mark.parametrize("evil", HOSTILE)
def test_comments(evil: str) -> None:
    in_strings({evil}, ops.CreateTableCommentOp("t", evil, existing_comment=evil))
    in_strings({evil}, ops.DropTableCommentOp("t", existing_comment=evil))
    in_strings(
        {evil},
        ops.AlterColumnOp("t", "c", modify_comment=evil, existing_comment=evil),
    )


def undoubled(sql: str) -> str:
    """Return SQL without what dialects double: percent signs, backslashes, quotes."""
    return re.sub(r"([%\\'])\1+", r"\1", sql)


@pytest.mark.parametrize("evil", HOSTILE)
def test_sql_texts(evil: str) -> None:
    # A colon begins a parameter in `text()`, which none of these is about.
    sql = text(f"x{evil}x".replace(":", "\\:"))
    clause: Any = sa.DefaultClause(sql)
    table = Table("t", MetaData(), Column("c", String), Column("d", String))
    for operation in (
        ops.AddColumnOp("t", Column("c", String, server_default=sql)),
        ops.AddColumnOp("t", Column("c", String, Computed(sql))),
        ops.AlterColumnOp(
            "t", "c", modify_server_default=clause, existing_server_default=clause
        ),
        ops.CreateCheckConstraintOp("n", "t", sql),
        ops.CreateCheckConstraintOp("n", "t", f"x{evil}x"),
        ops.CreateIndexOp("n", "t", [sql], postgresql_where=sql),
        ops.CreateIndexOp.from_index(
            Index(
                "n",
                (table.c.c + f"x{evil}x").label(evil),
                postgresql_where=table.c.c == f"x{evil}x",
                postgresql_include=[table.c.d, f"x{evil}x"],
                postgresql_ops={"c": f"x{evil}x"},
            )
        ),
        ops.ExecuteSQLOp(f"x{evil}x"),
    ):
        for body in bodies(operation):
            found = {undoubled(string) for string in strings_of(body)}
            assert any(f"x{undoubled(evil)}x" in string for string in found)


@pytest.mark.parametrize("evil", HOSTILE)
def test_sql_that_a_hook_put_into_an_operation(evil: str) -> None:
    sql = text(f"x{evil}x".replace(":", "\\:"))
    for operation in (
        ops.AlterColumnOp("t", "c", modify_server_default=sql),
        ops.AlterColumnOp("t", "c", existing_server_default=sql),
    ):
        for body in bodies(operation):
            found = {undoubled(string) for string in strings_of(body)}
            assert any(f"x{undoubled(evil)}x" in string for string in found)


@pytest.mark.parametrize("evil", HOSTILE)
def test_exclude_constraints(evil: str) -> None:
    constraint = postgresql.ExcludeConstraint(
        (Column(evil, Integer), f"op {evil}"),
        (sa.literal_column(f"x{evil}x"), "="),
        name=f"name {evil}",
        using=f"using {evil}",
        where=sa.column("c") == "x",
        initially=f"initially {evil}",
    )
    Table("t", MetaData(), Column(evil, Integer), constraint)
    parts = "op", "name", "using", "initially"
    in_strings(
        {evil, *(f"{part} {evil}" for part in parts)},
        ops.AddConstraintOp.from_constraint(constraint),
    )


@pytest.mark.parametrize("evil", HOSTILE)
def test_dialect_types(evil: str) -> None:
    in_strings(
        {evil, f"name {evil}", f"schema {evil}"},
        ops.AddColumnOp(
            "t",
            Column(
                "c",
                postgresql.ENUM(evil, name=f"name {evil}", schema=f"schema {evil}"),
            ),
        ),
    )
    in_strings({evil}, ops.AddColumnOp("t", Column("c", String(5, collation=evil))))


def test_the_check_of_this_file_finds_code() -> None:
    for body in ("__import__('os')", "op.f(x)", "op.system('x')", "1 + 1", "x = 1"):
        with pytest.raises(AssertionError):
            strings_of(body)
