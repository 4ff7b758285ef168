"""The implementations: registration, execution, scripts, and what they refuse."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import default, make_url

import alembic_c.ddl
from alembic_c import util
from alembic_c.ddl import base, impl, postgresql
from alembic_c.ddl.impl import DefaultImpl

DIALECTS = {
    "postgresql": "postgresql",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "sqlite": "sqlite",
    "mssql": "mssql+pyodbc",
    "oracle": "oracle",
}


def dialect_of(name: str) -> sa.Dialect:
    return make_url(f"{DIALECTS[name]}://").get_dialect()()


def script(
    name: str, action: Callable[[DefaultImpl], object], **options: Any
) -> list[str]:
    """Return the statements that an action writes offline."""
    dialect = dialect_of(name)
    buffer = io.StringIO()
    action(
        DefaultImpl.get_by_dialect(dialect)(dialect, None, True, None, buffer, options)
    )
    return [part for part in buffer.getvalue().split("\n\n") if part]


def test_every_dialect_is_registered_by_importing_the_package() -> None:
    for name in DIALECTS:
        found = DefaultImpl.get_by_dialect(dialect_of(name))
        assert found.__dialect__ == name
        assert found.__module__.startswith("alembic_c.ddl.")
    assert alembic_c.ddl.DefaultImpl is DefaultImpl


def test_a_subclass_registers_itself_and_the_last_one_counts() -> None:
    class OtherDialect(default.DefaultDialect):
        name = "a_dialect_of_others"

    with mock.patch.dict(impl._impls):
        with pytest.raises(KeyError):
            DefaultImpl.get_by_dialect(OtherDialect())

        class First(DefaultImpl):
            __dialect__ = "a_dialect_of_others"

        class Second(First):
            __dialect__ = "a_dialect_of_others"

        class Unregistered(Second):
            pass

        assert DefaultImpl.get_by_dialect(OtherDialect()) is Second


def test_literal_binds_need_a_script() -> None:
    with pytest.raises(util.CommandError, match="literal_binds setting without as_sql"):
        DefaultImpl(
            default.DefaultDialect(), None, False, None, None, {"literal_binds": True}
        )


@pytest.mark.parametrize(
    ("name", "begin", "commit"),
    [
        ("postgresql", ["BEGIN;"], ["COMMIT;"]),
        ("mssql", ["BEGIN TRANSACTION;"], ["COMMIT;", "GO"]),
        ("oracle", ["SET TRANSACTION READ WRITE", "/"], ["COMMIT", "/"]),
    ],
)
def test_transactions_in_scripts(
    name: str, begin: list[str], commit: list[str]
) -> None:
    assert script(name, lambda im: im.emit_begin()) == begin
    assert script(name, lambda im: im.emit_commit()) == commit


@pytest.mark.parametrize("name", ["mssql", "oracle"])
@pytest.mark.parametrize("separator", ["NEXT", ""])
def test_batch_separators_are_an_option(name: str, separator: str) -> None:
    statements = script(
        name,
        lambda im: im.execute("SELECT 1"),
        **{f"{name}_batch_separator": separator},
    )
    assert statements[1:] == ([separator] if separator else [])


def test_statements_in_scripts() -> None:
    query = sa.select(sa.literal(5)).where(sa.column("x") == "it's")
    assert script("postgresql", lambda im: im.execute("a\tb ")) == ["a    b;"]
    [plain] = script("postgresql", lambda im: im.execute(query))
    assert "it's" not in plain
    [literal] = script("postgresql", lambda im: im.execute(query), literal_binds=True)
    assert literal.endswith("WHERE x = 'it''s';")


def test_parameters() -> None:
    offline = DefaultImpl(default.DefaultDialect(), None, True, None, io.StringIO(), {})
    parameters: list[dict[str, Any]] = [{"params": {"x": 1}}, {"multiparams": []}]
    for given in parameters:
        with pytest.raises(TypeError, match="SQL parameters not allowed with as_sql"):
            offline._exec("SELECT :x", **given)
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        online = DefaultImpl(engine.dialect, connection, False, None, None, {})
        with pytest.raises(TypeError, match="params and multiparams at the same time"):
            online._exec("SELECT :x", params={"x": 1}, multiparams=[])
        result = online._exec("SELECT :x", params={"x": 7})
        assert result is not None
        assert result.scalar() == 7


@pytest.mark.parametrize(
    ("rows", "message"),
    [((), "List expected"), ("x", "List expected"), ([5], "List of dictionaries")],
)
def test_rows_have_to_be_dictionaries(rows: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        script("sqlite", lambda im: im.bulk_insert(sa.table("t"), rows))


def test_rows_are_inserted_one_by_one_or_together() -> None:
    engine = sa.create_engine("sqlite://")
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer))
    with engine.connect() as connection:
        table.create(connection)
        online = DefaultImpl.get_by_dialect(engine.dialect)(
            engine.dialect, connection, False, None, None, {}
        )
        online.bulk_insert(table, [{"a": 1}, {"a": 2}])
        online.bulk_insert(table, [{"a": sa.func.abs(-3)}], multiinsert=False)
        online.bulk_insert(table, [])
        assert connection.scalars(sa.select(table.c.a)).all() == [1, 2, 3]


def test_rows_in_scripts_are_literal() -> None:
    table = sa.table("t", sa.column("a", sa.Integer), sa.column("b", sa.String))
    rows: list[dict[str, Any]] = [{"a": 1, "b": "it's"}, {"a": 2, "b": None}]
    assert script("sqlite", lambda im: im.bulk_insert(table, rows)) == [
        "INSERT INTO t (a, b) VALUES (1, 'it''s');",
        "INSERT INTO t (a, b) VALUES (2, NULL);",
    ]
    assert script("mssql", lambda im: im.bulk_insert(table, rows[:1]))[::2] == [
        "SET IDENTITY_INSERT t ON;",
        "INSERT INTO t (a, b) VALUES (1, 'it''s');",
        "SET IDENTITY_INSERT t OFF;",
    ]


@pytest.mark.parametrize("has_key", [True, False])
def test_version_table(has_key: bool) -> None:
    [statement] = script(
        "postgresql",
        lambda im: im.create_table(
            im.version_table_impl(
                version_table="v", version_table_schema="s", version_table_pk=has_key
            )
        ),
    )
    assert "CREATE TABLE s.v" in statement
    assert "version_num VARCHAR(32) NOT NULL" in statement
    assert ("CONSTRAINT v_pkc PRIMARY KEY (version_num)" in statement) is has_key


def test_a_named_type_is_created_once() -> None:
    enum = sa.Enum("a", "b", name="mood")
    table = sa.Table("t", sa.MetaData(), sa.Column("x", enum), sa.Column("y", enum))
    dialect = dialect_of("postgresql")
    engine = mock.Mock(spec=["dialect", "execute", "_run_ddl_visitor"])
    engine.dialect = dialect
    runner = DefaultImpl(dialect, engine, False, None, None, {})
    runner.create_table(table)
    assert engine._run_ddl_visitor.call_count == 1


def test_constraints_of_types_are_left_out_where_they_are_not_needed() -> None:
    flag: sa.Column[Any] = sa.Column("b", sa.Boolean(create_constraint=True, name="ck"))
    table = sa.Table("t", sa.MetaData(), flag)
    [check] = [c for c in table.constraints if isinstance(c, sa.CheckConstraint)]
    assert script("postgresql", lambda im: im.add_constraint(check)) == []


def test_sqlite_refuses_constraints() -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer))
    unique = sa.UniqueConstraint(table.c.a)
    for action in ("add_constraint", "drop_constraint"):
        with pytest.raises(NotImplementedError, match="No support for ALTER of const"):
            script("sqlite", lambda im, do=action: getattr(im, do)(unique))  # type: ignore[misc]
    flag: sa.Column[Any] = sa.Column("b", sa.Boolean(create_constraint=True, name="ck"))
    table = sa.Table("u", sa.MetaData(), flag)
    [check] = [c for c in table.constraints if isinstance(c, sa.CheckConstraint)]
    with pytest.warns(UserWarning, match="Skipping unsupported ALTER for creation"):
        assert script("sqlite", lambda im: im.add_constraint(check)) == []
    assert script("sqlite", lambda im: im.drop_constraint(check)) == []


@pytest.mark.parametrize(
    ("operation", "recreates"),
    [
        (("create_index", ()), False),
        (("drop_index", ()), False),
        (("alter_column", ("t", "c")), True),
        (("add_column", ("t", sa.Column("x"))), False),
        (("add_column", ("t", sa.Column("x", server_default="5"))), False),
        (("add_column", ("t", sa.Column("x", server_default=sa.func.now()))), True),
        (("add_column", ("t", sa.Column("x", sa.Computed("a", True)))), True),
        (("add_column", ("t", sa.Column("x", sa.Computed("a", False)))), False),
    ],
)
def test_what_sqlite_copies_a_table_for(operation: Any, recreates: bool) -> None:
    batch = mock.Mock(batch=[("create_index", (), {}), (*operation, {})])
    dialect = dialect_of("sqlite")
    sqlite = DefaultImpl.get_by_dialect(dialect)(
        dialect, None, True, None, io.StringIO(), {}
    )
    assert sqlite.requires_recreate_in_batch(batch) is recreates


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"nullable": False}, util.CommandError, "require the existing_type"),
        ({"comment": "x", "name": "y"}, None, ""),
    ],
)
def test_mssql_needs_a_type_for_nullability(
    arguments: dict[str, Any], error: type[Exception] | None, message: str
) -> None:
    if error is None:
        assert script("mssql", lambda im: im.alter_column("t", "c", **arguments))
        return
    with pytest.raises(error, match=message):
        script("mssql", lambda im: im.alter_column("t", "c", **arguments))


def test_names_with_quotes_stay_inside_sql_server_literals() -> None:
    statements = script(
        "mssql",
        lambda im: im.drop_column(
            "t'); DROP TABLE x --", sa.Column("c'"), mssql_drop_default=True
        ),
    )
    assert "object_id('t''); DROP TABLE x --')" in statements[0]
    assert "= 'c'''" in statements[0]


def test_mysql_needs_the_type_and_refuses_single_changes() -> None:
    with pytest.raises(util.CommandError, match="require the existing type"):
        script("mysql", lambda im: im.alter_column("t", "c", nullable=False))
    with pytest.raises(NotImplementedError, match="Individual alter column constructs"):
        script("mysql", lambda im: im._exec(base.ColumnNullable("t", "c", True)))
    nameless = sa.schema.Constraint(name="c")
    sa.Table("t", sa.MetaData(), nameless)
    with pytest.raises(NotImplementedError, match="No generic 'DROP CONSTRAINT'"):
        script("mysql", lambda im: im.drop_constraint(nameless))


def test_postgresql_using_needs_a_type() -> None:
    with pytest.raises(util.CommandError, match="postgresql_using must be used"):
        script(
            "postgresql",
            lambda im: im.alter_column("t", "c", postgresql_using="c::int"),
        )


def test_moved_names_are_found_where_they_were() -> None:
    from alembic_c.operations import ops

    assert postgresql.CreateExcludeConstraintOp.constraint_type == "exclude"
    assert issubclass(postgresql.CreateExcludeConstraintOp, ops.AddConstraintOp)
    with pytest.raises(AttributeError, match="no attribute 'nonesuch'"):
        postgresql.nonesuch  # noqa: B018
