"""What we take from SQLAlchemy beyond its public interface is still where it was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import reflection
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql import base, naming, schema, sqltypes, type_api
from sqlalchemy.sql.elements import conv

from alembic_c.util import sqla_compat as compat

POSTGRESQL = sa.make_url("postgresql://").get_dialect()()
MYSQL = sa.make_url("mysql://").get_dialect()()
ONLY_2_1 = pytest.mark.skipif(not compat.sqla_2_1, reason="SQLAlchemy 2.1 or newer")


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    with sa.create_engine("sqlite://").connect() as open_connection:
        yield open_connection


def make_table(name: str = "t", *items: Any, **kw: Any) -> sa.Table:
    columns = (sa.Column("a", sa.Integer), sa.Column("b", sa.String, key="bk"))
    return sa.Table(name, sa.MetaData(**kw), *columns, *items)


def test_the_private_names_are_there() -> None:
    """One line a name, so that a failure says which one moved."""
    assert isinstance(base._NONE_NAME, base._NoneName)
    assert hasattr(sa.CheckConstraint("x"), "_type_bound")
    assert hasattr(sa.CheckConstraint("x"), "_create_rule")
    assert hasattr(sa.CheckConstraint("x"), "_creation_order")
    assert hasattr(sa.Integer(), "_type_affinity")
    assert hasattr(sa.Connection, "_is_autocommit_isolation")
    assert hasattr(sa.util.langhelpers, "generic_repr")
    assert hasattr(schema, "NULL_UNSPECIFIED")
    assert hasattr(sa.Column("x"), "_user_defined_nullable")
    assert hasattr(type_api.TypeEngine, "_variant_mapping") or hasattr(
        sqltypes.NULLTYPE, "_variant_mapping"
    )
    assert hasattr(sa.Column("x"), "_copy")
    assert hasattr(sa.UniqueConstraint("x"), "_copy")
    assert sa.ForeignKey("t.a")._table_column is None
    assert callable(sa.Inspector._operation_context)
    assert callable(sa.Inspector._get_reflection_info)
    assert callable(reflection._ReflectionInfo)
    assert len(make_table().dispatch.column_reflect) == 0
    assert hasattr(make_table().c, "_parent")
    assert callable(naming._constraint_name_for_table)
    assert hasattr(make_table(), compat.AUTOINCREMENT_ATTRIBUTE)


def test_what_mysqls_reflection_reads_of_a_column() -> None:
    column = compat._mysql_column(MYSQL, "int(11) NOT NULL DEFAULT 5 COMMENT 'it''s'")
    assert column is not None
    assert (column["nullable"], column["default"], column["comment"]) == (
        False,
        "5",
        "it's",
    )
    assert isinstance(column["type"], mysql.INTEGER)


def test_versions() -> None:
    assert compat.sqlalchemy_version == sa.__version__
    assert not compat.sqla_2_0_25
    assert compat.sqla_2_1 == (not sa.__version__.startswith("2.0"))
    assert compat._safe_int("25") == 25
    assert compat._safe_int("b1") == "b1"


@pytest.mark.parametrize(
    ("name", "defined", "text"),
    [
        (None, False, None),
        (base._NONE_NAME, True, None),
        ("x", True, "x"),
        (conv("y"), True, "y"),
    ],
)
def test_constraint_names(name: Any, defined: bool, text: str | None) -> None:
    assert compat.constraint_name_defined(name) is defined
    assert compat.constraint_name_string(name) is (text is not None)
    assert compat.constraint_name_or_none(name) == text


@pytest.mark.parametrize(
    ("name", "convention", "final"),
    [
        (None, None, None),
        (base._NONE_NAME, None, None),
        ("MixedCase", None, "MixedCase"),
        (None, "uq_%(table_name)s_%(column_0_name)s", "uq_t_a"),
        ("n", "uq_%(table_name)s_%(constraint_name)s", "uq_t_n"),
        (conv("n"), "uq_%(table_name)s_%(constraint_name)s", "n"),
    ],
)
def test_final_name(name: Any, convention: str | None, final: str | None) -> None:
    unique = sa.UniqueConstraint("a", name=name)
    make_table("t", unique, naming_convention={"uq": convention} if convention else {})
    assert compat._get_constraint_final_name(unique, POSTGRESQL) == final
    assert compat._constraint_is_named(unique, POSTGRESQL) is (final is not None)


def test_a_convention_names_what_has_no_name() -> None:
    table = make_table(
        "t", sa.UniqueConstraint("a"), sa.CheckConstraint("a > 1", name="mine")
    )
    compat._apply_naming_convention(
        table, {"uq": "uq_%(table_name)s", "ck": "ck_%(constraint_name)s"}
    )
    table.append_constraint(sa.CheckConstraint("a > 2", name="later"))
    names = {each.name for each in table.constraints if each.name}
    assert names == {"uq_t", "mine", "ck_later"}


def test_the_convention_of_another_table() -> None:
    other = make_table(
        "other", naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s"}
    )
    check = sa.CheckConstraint("a > 1", name="c")
    make_table("t", check)
    assert compat._name_by_convention(check, other) == "ck_other_c"
    unnamed = sa.CheckConstraint("a > 1")
    assert compat._name_by_convention(unnamed, make_table()) is None
    with pytest.raises(sa.exc.InvalidRequestError, match="explicitly named"):
        compat._name_by_convention(unnamed, other)


def test_ddl_scope_commits_its_own_transaction_only(connection: sa.Connection) -> None:
    with compat._ensure_scope_for_ddl(connection):
        assert connection.in_transaction()
    assert not connection.in_transaction()
    outer = connection.begin()
    with compat._ensure_scope_for_ddl(connection):
        assert connection.get_transaction() is outer
    assert outer.is_active


@pytest.mark.parametrize("connection", [None, mock.Mock(spec=["execute"])])
def test_ddl_scope_without_transactions(connection: Any) -> None:
    with compat._ensure_scope_for_ddl(connection):
        assert not compat._get_connection_in_transaction(connection)


def test_safe_transactions(connection: sa.Connection) -> None:
    compat._safe_commit_connection_transaction(connection)
    compat._safe_rollback_connection_transaction(connection)
    first = compat._safe_begin_connection_transaction(connection)
    assert compat._safe_begin_connection_transaction(connection) is first
    connection.execute(sa.text("CREATE TABLE kept (x INTEGER)"))
    compat._safe_commit_connection_transaction(connection)
    assert not connection.in_transaction()
    assert compat._connectable_has_table(connection, "kept", None)
    compat._safe_rollback_connection_transaction(connection)
    compat._safe_begin_connection_transaction(connection)
    connection.execute(sa.text("INSERT INTO kept VALUES (1)"))
    compat._safe_rollback_connection_transaction(connection)
    assert connection.execute(sa.text("SELECT count(*) FROM kept")).scalar() == 0


def test_statement_on_inspectors_of_both_kinds(connection: sa.Connection) -> None:
    for bind in (connection, connection.engine):
        result = compat._exec_on_inspector(sa.inspect(bind), sa.text("SELECT :x"), x=5)
        assert bind is not connection or result.scalar() == 5


def test_identity_options() -> None:
    identity = sa.Identity(always=True, start=5, cycle=False)
    wanted = {"always": True, "start": 5, "cycle": False}
    assert compat._get_identity_options_dict(None) == {}
    assert compat._get_identity_options_dict(identity) == wanted
    assert compat._get_identity_options_dict(sa.Sequence("s", start=4)) == {"start": 4}
    if compat.identity_has_dialect_kwargs:
        identity = sa.Identity(oracle_order=True)
        plain = compat._get_identity_options_dict(identity)
        assert plain == {"always": False}
        full = compat._get_identity_options_dict(identity, dialect_kwargs=True)
        assert full == {"always": False, "oracle_order": True}
    else:
        identity = sa.Identity(order=True)
        assert compat._get_identity_options_dict(identity, True)["order"] is True


def test_kinds_of_server_defaults() -> None:
    computed, identity = sa.Computed("x"), sa.Identity()
    assert compat._server_default_is_computed(None, False, computed)
    assert not compat._server_default_is_computed(None, identity)
    assert compat._server_default_is_identity("x", identity)
    assert not compat._server_default_is_identity()


def test_variants() -> None:
    plain, special = sa.String(5), mysql.VARCHAR(6)
    varied = plain.with_variant(special, "mysql")
    assert compat._type_has_variants(varied)
    assert not compat._type_has_variants(plain)
    assert compat._get_variant_mapping(varied) == (varied, {"mysql": special})
    assert compat._resolve_for_variant(varied, mysql.dialect()) is special
    assert compat._resolve_for_variant(varied, POSTGRESQL) is varied
    assert compat._resolve_for_variant(plain, mysql.dialect()) is plain


def test_nullability_unset() -> None:
    assert compat._nullability_might_be_unset(sa.Column("x"))
    assert not compat._nullability_might_be_unset(sa.Column("x", nullable=True))


def test_foreign_keys() -> None:
    metadata = sa.MetaData()
    sa.Table("p", metadata, sa.Column("id", sa.Integer), schema="q")
    child = sa.Table(
        "c",
        metadata,
        sa.Column("id", sa.Integer),
        sa.Column("up", sa.Integer, sa.ForeignKey("c.id")),
        sa.Column("pid", sa.ForeignKey("q.p.id", ondelete="CASCADE", initially="x")),
    )
    by_column = {key.columns.keys()[0]: key for key in child.foreign_key_constraints}
    assert compat._fk_is_self_referential(by_column["up"])
    assert not compat._fk_is_self_referential(by_column["pid"])
    assert compat._fk_spec(by_column["pid"]) == (
        *(None, "c", ["pid"], "q", "p", ["id"]),
        *(None, "CASCADE", None, "x"),
    )
    assert compat._table_for_constraint(by_column["pid"]) is child
    assert compat._columns_for_constraint(by_column["pid"]) == [child.c.pid]


def test_columns_of_constraints() -> None:
    table = make_table()
    check = sa.CheckConstraint(table.c.a > table.c.bk)
    unique = sa.UniqueConstraint(table.c.bk, table.c.a)
    assert compat._columns_for_constraint(check) == {table.c.a, table.c.bk}
    assert compat._columns_for_constraint(unique) == [table.c.bk, table.c.a]
    assert compat._table_for_constraint(check) is table


def test_check_constraints_of_a_table() -> None:
    on_table = sa.CheckConstraint("a > 1")
    on_column = sa.CheckConstraint("c > 1")
    flag: sa.Column[Any] = sa.Column("d", sa.Boolean(create_constraint=True))
    table = make_table("t", sa.Column("c", sa.Integer, on_column), on_table, flag)
    bound = {item for item in table.constraints if compat._is_type_bound(item)}
    assert len(bound) == 1
    assert compat.all_table_check_constraints(table) == {on_table, on_column} | bound


LONG = "ä" * 40  # 80 bytes


@pytest.mark.parametrize(
    ("dialect", "given", "convention", "stored"),
    [
        (POSTGRESQL, "c", None, "c"),
        (POSTGRESQL, "c" * 70, None, "c" * 63),
        (POSTGRESQL, "c" * 70, "%(constraint_name)s", "c" * 55 + "_fe65"),
        (POSTGRESQL, LONG, None, "ä" * 31),
        (MYSQL, LONG, None, LONG),
        (MYSQL, "c" * 70, "%(constraint_name)s", "c" * 56 + "_fe65"),
        (POSTGRESQL, None, None, None),
        (POSTGRESQL, compat._NONE_NAME, "%(table_name)s_ck", "t_ck"),
        (POSTGRESQL, compat._NONE_NAME, "%(constraint_name)s", None),
    ],
)
def test_name_of_a_constraint_in_the_database(
    dialect: sa.Dialect, given: Any, convention: str | None, stored: str | None
) -> None:
    check = sa.CheckConstraint("a > 1", name=given)
    metadata = sa.MetaData(naming_convention={"ck": convention} if convention else None)
    sa.Table("t", metadata, sa.Column("a", sa.Integer), check)
    assert compat._stored_constraint_name(check, dialect) == stored


def given_foreign_key(target: Any) -> sa.ForeignKey:
    foreign_key = sa.ForeignKey(target)
    sa.Table("child", sa.MetaData(), sa.Column("x", sa.Integer, foreign_key))
    return foreign_key


@pytest.mark.parametrize(
    ("target", "names", "key"),
    [
        ("t.a", (None, "t", "a"), "t"),
        ("s.t.a", ("s", "t", "a"), "s.t"),
        ("d.s.t.a", ("d.s", "t", "a"), "d.s.t"),
        ("t", (None, "t", None), "t"),
        pytest.param(("s", "t.u", "a.b"), ("s", "t.u", "a.b"), "s.t.u", marks=ONLY_2_1),
        pytest.param(("t.u", "a"), (None, "t.u", "a"), "t.u", marks=ONLY_2_1),
    ],
)
def test_target_of_a_foreign_key(
    target: Any, names: tuple[str | None, ...], key: str
) -> None:
    foreign_key = given_foreign_key(target)
    assert compat._fk_target_tokens(foreign_key) == names
    assert compat._fk_target_table_key(foreign_key) == key
    assert compat._fk_target_is_named(foreign_key)


def test_target_that_is_a_column() -> None:
    foreign_key = given_foreign_key(make_table().c.bk)
    assert compat._fk_target_tokens(foreign_key) == (None, "t", "bk")
    assert not compat._fk_target_is_named(foreign_key)


def test_rules_of_types_constraints() -> None:
    flag: sa.Column[Any] = sa.Column("f", sa.Boolean(create_constraint=True, name="ck"))
    table = make_table("t", flag, sa.CheckConstraint("a > 1"))
    rules = {item.name: item for item in compat._in_creation_order(table.constraints)}
    for native, allowed in {True: False, False: True}.items():
        dialect = mock.Mock(supports_native_boolean=native)
        dialect.non_native_boolean_check_constraint = True
        creator = mock.Mock(dialect=dialect)
        assert compat._create_rule_allows(rules["ck"], creator) is allowed
    assert compat._has_create_rule(rules["ck"])
    assert not compat._has_create_rule(table.primary_key)
    assert compat._create_rule_allows(table.primary_key, None)


def test_constraints_in_the_order_they_were_made() -> None:
    checks = [sa.CheckConstraint(f"a > {number}") for number in range(20)]
    assert compat._in_creation_order(set(checks)) == checks


def test_table_events_reach_listeners() -> None:
    table = make_table()
    heard: list[Any] = []
    sa.event.listen(table, "after_create", lambda *args, **kw: heard.append((args, kw)))
    runner = mock.Mock(memo={})
    compat._dispatch_table_event(table, "before_create", None, runner)
    compat._dispatch_table_event(table, "after_create", None, runner)
    [(arguments, keywords)] = heard
    assert arguments == (table, None)
    assert keywords["_ddl_runner"] is runner


def test_families_of_types() -> None:
    assert compat._affinities_match(sa.VARCHAR(5), sa.Text())
    assert not compat._affinities_match(sa.VARCHAR(5), sa.Integer())
    assert compat._has_affinity(mysql.BIGINT(), sa.Integer)
    assert compat._has_affinity(sa.TIMESTAMP, sa.Date, sa.DateTime)
    assert not compat._has_affinity(sa.Integer, sa.String)


def test_columns_leave_collections() -> None:
    table = make_table()
    unique = sa.UniqueConstraint(table.c.a, table.c.bk)
    compat._remove_column_from_collection(unique.columns, table.c.a)
    assert unique.columns.keys() == ["bk"]
    compat._remove_column_from_collection(table.c, sa.column("bk"))
    assert table.c.keys() == ["a"]
    with pytest.raises(KeyError):
        compat._remove_column_from_collection(table.c, sa.column("bk"))


def test_copies_are_detached() -> None:
    table = make_table()
    copied = compat._copy(table.c.a)
    assert copied.table is None
    assert copied.name == "a"


@pytest.mark.parametrize(
    ("schema_name", "key"), [(None, "t"), ("s", "s.t"), ("", ".t")]
)
def test_table_key(schema_name: str | None, key: str) -> None:
    assert compat._get_table_key("t", schema_name) == key


def test_expressions() -> None:
    table = make_table()
    a = table.c.a
    plain: list[Any] = [a, a.desc().nulls_last(), sa.column("x")]
    for element in plain:
        assert not compat.is_expression(element)
    expressions: list[Any] = [sa.func.lower(a), sa.literal_column("x"), sa.text("x")]
    for element in expressions:
        assert compat.is_expression(element)
    assert compat.is_expression_index(sa.Index("i", table.c.a, table.c.a + 1))
    assert not compat.is_expression_index(sa.Index("i", table.c.a.desc()))
    bound = compat._idx_table_bound_expressions(sa.Index("i", table.c.a))
    assert list(bound) == [table.c.a]


def test_columns_stand_in_a_list() -> None:
    """The proof reads them there, without a call for each table and constraint."""
    unique = sa.UniqueConstraint("bk", "a")
    table = make_table("t", sa.Column("x_name", sa.Integer, key="x_key"), unique)
    for item in (table, unique):
        collection = getattr(item, compat.COLUMNS_ATTRIBUTE)
        entries = getattr(collection, compat.ENTRIES_ATTRIBUTE)
        assert isinstance(entries, list)
        assert all(isinstance(entry, tuple) for entry in entries)
        assert [entry[1] for entry in entries] == list(item.columns)


@pytest.mark.parametrize("kind", [sa.Index, sa.UniqueConstraint])
def test_options_of_dialects_are_kept_once_given(kind: Any) -> None:
    """The proof does not look for options where the attribute is missing."""
    named = ("i",) if kind is sa.Index else ()
    given = {"postgresql_nulls_not_distinct": True}
    plain, special = kind(*named, "a"), kind(*named, "a", **given)
    assert compat.OPTIONS_ATTRIBUTE not in vars(plain)
    assert compat.OPTIONS_ATTRIBUTE in vars(special)
    make_table("t", plain)
    assert compat.OPTIONS_ATTRIBUTE not in vars(plain)
    assert compat._dialect_kwargs(plain) == {}
    assert compat.OPTIONS_ATTRIBUTE not in vars(plain)
    plain.dialect_kwargs["postgresql_nulls_not_distinct"] = True
    assert compat.OPTIONS_ATTRIBUTE in vars(plain)
    for item in (plain, special):
        assert compat._dialect_kwargs(item) == given == dict(item.dialect_kwargs)


def test_index_elements_from_text() -> None:
    table = make_table()
    elements = [
        compat._textual_index_column(table, "named"),
        compat._textual_index_column(table, sa.text("lower(x)")),
        compat._textual_index_column(table, sa.func.upper(table.c.bk)),
    ]
    sql = str(CreateIndex(sa.Index("i", *elements)))
    assert sql == "CREATE INDEX i ON t (named, lower(x), upper(b))"
    with pytest.raises(ValueError, match=r"^String or text\(\) construct expected$"):
        compat._textual_index_column(table, 5)  # type: ignore[arg-type]


def test_expressions_move_to_another_table() -> None:
    source, target = make_table(), sa.Table("other", sa.MetaData(), sa.Column("a"))
    moved = compat._copy_expression(source.c.a + source.c.bk, target)
    assert str(moved) == "other.a + other.b"
    assert target.c.keys() == ["a", "bk"]
    free: sa.Column[Any] = sa.Column("free")
    assert compat._copy_expression(free, target) is free


def test_literal_parameters_are_rendered() -> None:
    parameter = compat._literal_bindparam("x", "it's", sa.String())
    assert str(parameter.compile(dialect=POSTGRESQL)) == "'it''s'"


def test_inherit_schema_is_deprecated_with_21() -> None:
    assert compat._inherit_schema_deprecated() is compat.sqla_2_1


COLONS = [
    "x::int",
    "':a'",
    "':smile:'",
    "':a:b:'",
    "a[:b:]",
    r"'\:a'",
    r"' \:$$:'",
    ":a_::",
    r"'\\:é:'",
]


@pytest.mark.parametrize("sql", COLONS)
def test_text_without_parameters(sql: str) -> None:
    compiled = sa.text(compat._without_parameters(sql)).compile()
    assert str(compiled) == sql
    assert not compiled.params


def test_any_text_without_parameters() -> None:
    rng = random.Random(seed := random.randrange(10**6))
    for _ in range(2000):
        sql = "".join(rng.choices(r":\\a1$' é:_", k=rng.randrange(9)))
        compiled = sa.text(compat._without_parameters(sql)).compile()
        assert (str(compiled), compiled.params) == (sql, {}), f"seed {seed}"


def test_casts_stay_as_they_are() -> None:
    assert compat._without_parameters("x::int") == "x::int"
