"""Comparison of types, defaults, identities, indexes and unique constraints."""

from __future__ import annotations

import io
from typing import Any
from unittest import mock

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql as my
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import make_url
from sqlalchemy.types import UserDefinedType

from alembic_c.ddl import _autogen, _pg_compare
from alembic_c.ddl._autogen import Params, tokenize
from alembic_c.ddl.impl import DefaultImpl

URLS = {"mysql": "mysql+pymysql://", "mariadb": "mariadb+pymysql://"}


def impl_of(name: str, connection: Any = None) -> DefaultImpl:
    dialect = make_url(URLS.get(name, f"{name}://")).get_dialect()()
    kind = DefaultImpl.get_by_dialect(dialect)
    return kind(dialect, connection, connection is None, None, io.StringIO(), {})


# --- types --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("INTEGER", ("integer", [], [], {})),
        ("VARCHAR(20)", ("varchar", [], ["20"], {})),
        ("NUMERIC( 10 , 2 )", ("numeric", [], ["10", "2"], {})),
        ("TIMESTAMP(3) WITH TIME ZONE", ("timestamp", "with time zone", ["3"], {})),
        ("X(1, srid=4326)", ("x", [], ["1"], {"srid": "4326"})),
        ('s."My Type"', ("s", "my type", [], {})),
        ("A()", ("a", [], [], {})),
        ("INTEGER[]", ("integer", [], [], {})),
    ],
)
def test_types_are_taken_apart(text: str, parts: Any) -> None:
    first, words, arguments, named = parts
    words = words.split() if isinstance(words, str) else words
    assert tokenize(text) == Params(first, words, arguments, named)


@pytest.mark.parametrize("text", ["()", '"\'"', '"%"'])
def test_a_type_without_words_is_one_word(text: str) -> None:
    assert tokenize(text) == Params(text, [], [], {})


@pytest.mark.parametrize(
    ("dialect", "found", "declared", "differs"),
    [
        ("postgresql", sa.Numeric(10, 2), sa.DECIMAL(10, 2), False),
        ("postgresql", sa.Numeric(10, 2), sa.Numeric(8, 2), True),
        ("postgresql", pg.DOUBLE_PRECISION(), sa.Float(), False),
        ("postgresql", sa.String(20), sa.String(30), True),
        ("postgresql", sa.String(20), sa.String(), False),
        ("postgresql", sa.DateTime(), sa.DateTime(timezone=True), True),
        ("postgresql", sa.Integer(), sa.BigInteger(), True),
        ("mysql", my.TINYINT(1), sa.Boolean(), False),
        ("mysql", my.LONGTEXT(), sa.JSON(), False),
        ("mysql", my.ENUM("a", "b"), sa.Enum("b", "a"), False),
        ("mysql", my.ENUM("a", "b"), sa.Enum("a", "b", "c"), True),
        (
            "mysql",
            my.VARCHAR(9, charset="utf8mb4", collation="utf8mb4_bin"),
            my.VARCHAR(9, collation="utf8mb4_general_ci"),
            True,
        ),
        (
            "mysql",
            my.VARCHAR(9, charset="utf8mb4", collation="utf8mb4_bin"),
            my.VARCHAR(9, collation="utf8mb4_bin"),
            False,
        ),
        ("mssql", sa.NVARCHAR(5), sa.String(5), False),
        ("oracle", sa.Integer(), sa.Numeric(), False),
    ],
)
def test_types(dialect: str, found: Any, declared: Any, differs: bool) -> None:
    columns = sa.Column("x", found), sa.Column("x", declared)
    assert impl_of(dialect).compare_type(*columns) is differs


class Shape(UserDefinedType[Any]):
    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **kw: Any) -> str:
        return self.text


def test_third_parties_may_add_synonyms_and_extracts() -> None:
    class ShapeImpl(DefaultImpl):
        type_synonyms = DefaultImpl.type_synonyms + ({"SHAPE", "FIGURE"},)
        type_arg_extract = (r"srid (\d+)",)

    judge = ShapeImpl(impl_of("sqlite").dialect, None, True, None, io.StringIO(), {})

    def differ(one: str, other: str) -> bool:
        pair = sa.Column("x", Shape(one)), sa.Column("x", Shape(other))
        return judge.compare_type(*pair)

    assert not differ("shape", "figure")
    assert differ("shape", "square")
    assert differ("shape srid 1 big", "shape srid 2")
    assert not differ("shape srid 1 big", "shape srid 1")


# --- defaults -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialect", "type_", "found", "declared", "differs"),
    [
        ("sqlite", sa.Integer, "'5'", "5", False),
        ("sqlite", sa.Integer, "('5')", "(5)", False),
        ("sqlite", sa.Integer, "5", "6", True),
        ("sqlite", sa.Integer, None, None, False),
        ("oracle", sa.String, "'x' ", "'x'", True),
        ("oracle", sa.Integer, "5 ", "5", False),
        ("mssql", sa.DateTime, "(getdate())", "getdate()", False),
        ("mssql", sa.String, "('a')", "b", True),
        ("mysql", sa.Integer, "'5'", "5", False),
        ("mysql", sa.String, "'hi'", "hi", False),
        ("mysql", sa.DateTime, "current_timestamp()", "CURRENT_TIMESTAMP", False),
        (
            "mysql",
            sa.DateTime,
            "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
            "CURRENT_TIMESTAMP",
            True,
        ),
        (
            "mysql",
            sa.DateTime,
            "current_timestamp() ON UPDATE current_timestamp()",
            "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
            False,
        ),
        ("mysql", sa.DateTime, "current_timestamp(6)", "CURRENT_TIMESTAMP", True),
    ],
)
def test_defaults(
    dialect: str, type_: Any, found: str | None, declared: str | None, differs: bool
) -> None:
    column = sa.Column("x", type_, server_default=declared)
    judge = impl_of(dialect)
    assert judge.compare_server_default(column, column, declared, found) is differs


@pytest.mark.parametrize(
    ("found", "declared", "equal"),
    [
        ("'a'::character varying", "'a'", True),
        ("'a'::character varying", "'b'", False),
        ("'it''s'::text", "'it''s'", True),
        ("'a'::character varying(1)", "'a'", False),
        ("'a'::bpchar", "'a'::text", False),
        ("'open'::public.\"Mood\"", "'open'", True),
        ("5", "'5'", True),
        ("(5)", "5", True),
        ("5", "'6'", False),
        ("'-1'::integer", "-1", True),
        ("'0.1'::real", "0.1", False),
        ("'0.1'::double precision", "0.1", True),
        ("false", "'false'", True),
        ("true", "'1'", True),
        ("true", "'0'", False),
        ("1", "'true'", False),
        ("true", "1", False),
        ("'{}'::jsonb", "'{}'", True),
        ("'{}'::json", "'{}'", True),
        ("'{}'::json", "'{ }'", False),
        ("'{}'::json[]", "'{}'", True),
        ("now()", "CURRENT_TIMESTAMP", False),
        ("'a\\b'::text", "'a\\b'", False),
        ("'a' || 'b'", "'a'", False),
    ],
)
def test_constants_that_need_no_query(found: str, declared: str, equal: bool) -> None:
    assert _pg_compare.surely_equal(found, declared) is equal


def column_with(default: Any, type_: Any = sa.String) -> sa.Column[Any]:
    column: sa.Column[Any] = sa.Column("x", type_, server_default=default)
    sa.Table("t", sa.MetaData(), column)
    return column


REFLECTED: sa.Column[Any] = sa.Column("x", sa.String)


def test_postgresql_is_asked_once_for_a_pair_of_texts() -> None:
    connection = mock.Mock()
    connection.scalar.return_value = True
    judge = impl_of("postgresql", connection)
    column = column_with(sa.text("timezone('utc', now())"))
    texts = "timezone('utc', now())", "timezone('utc'::text, now())"
    for _ in range(3):
        assert not judge.compare_server_default(REFLECTED, column, *texts)
    assert connection.scalar.call_count == 1
    connection.scalar.return_value = False
    judge.execute("CREATE OR REPLACE FUNCTION timezone …")
    assert judge.compare_server_default(REFLECTED, column, *texts)


def test_postgresql_never_draws_from_a_sequence_to_compare() -> None:
    connection = mock.Mock()
    judge = impl_of("postgresql", connection)
    column = column_with(sa.text("nextval('s')"), sa.Integer)
    reflected = "nextval('s'::regclass)"
    assert not judge.compare_server_default(
        REFLECTED, column, "nextval('s')", reflected
    )
    assert not judge.compare_server_default(REFLECTED, column, reflected, reflected)
    assert judge.compare_server_default(REFLECTED, column, "nextval('r')", reflected)
    assert judge.compare_server_default(REFLECTED, column, "5", reflected)
    connection.scalar.assert_not_called()


def test_a_serial_column_has_no_default_to_compare() -> None:
    column: sa.Column[Any] = sa.Column("id", sa.Integer, primary_key=True)
    sa.Table("t", sa.MetaData(), column)
    judge = impl_of("postgresql")
    assert not judge.compare_server_default(
        REFLECTED, column, None, "nextval('t_id_seq')"
    )


@pytest.mark.parametrize(
    ("text", "is_number", "literal"),
    [
        ("hi", False, "'hi'"),
        ("'hi'", False, "'hi'"),
        ("it's", False, "'it''s'"),
        ("5.0", False, "'5.0'"),
        ("5.0", True, "5.0"),
        ("(1 + 1)", True, "(1 + 1)"),
        ("'5'::numeric", True, "'5'::numeric"),
        ("'it''s'", False, "'it''s'"),
        ("it''s", False, "'it''''s'"),
        ("'a' || 'b'", False, "'a' || 'b'"),
        ("'a'); DROP TABLE x; SELECT ('b'", False, "'a''); DROP TABLE x; SELECT (''b'"),
        ("1; DROP TABLE x", True, "'1; DROP TABLE x'"),
        ("", True, "''"),
        ("'", False, "''"),
    ],
)
def test_plain_strings_become_literals(
    text: str, is_number: bool, literal: str
) -> None:
    assert _pg_compare.literal(text, is_number) == literal


EXPRESSIONS = [
    *(
        "1",
        "-1.5e-3",
        ".5",
        "abc",
        '"a""b"',
        "'it''s'",
        "E'a\\nb'",
        "'C:\\dir'",
        "b'1'",
    ),
    *("now()", "timezone('utc'::text, now())", "a[1:2]", "ARRAY[1, 2]", "(1)", "1 + 1"),
    *("'x'::timestamp with time zone", "'{}'::integer[]", "a$b", "$$it's; --$$"),
    *("$q$ $$ ; $q$", "CASE WHEN a THEN 1 ELSE 2 END", "';'", "'--'", "'/*'", "'(('"),
    *(
        "f(g(1, 2), (3))",
        "x IN (1, 2)",
        "'a\\\\'",
        "nextval('s')",
        "100 % 3",
        "a.b.c()",
    ),
]
NO_EXPRESSIONS = [
    *("", " ", "1; DROP TABLE x", "1;", "'a'; DROP TABLE x; --'", "1)", "(1", "(1]"),
    *("1) + (2", "1 -- x", "1 /* x */", "/*", "'a' -- x\n 'b'", "'abc", 'a"b', "$$a"),
    *("$q$ $$", "$1", "'a\\' || '; DROP TABLE x; --'", "E'a\\'; DROP TABLE x; --'"),
    *("1, 2", "(1, 2)", "(SELECT 1)", "1 UNION select 2", "(VALUES (1))", "(TABLE x)"),
    *("'a\0b'", "1\0", "\\", "'a''", "U&\"next\\0076al\"('s')", "'a'''; DROP", "{}"),
]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expressions_are_known(text: str) -> None:
    assert _pg_compare.is_one_expression(text)
    assert _pg_compare.is_one_expression(f" ({text} )\n")


@pytest.mark.parametrize("text", NO_EXPRESSIONS)
def test_nothing_but_an_expression_is_sent(text: str) -> None:
    assert not _pg_compare.is_one_expression(text)
    connection = mock.Mock()
    judge = impl_of("postgresql", connection)
    for found, declared in ("1", sa.text(text)), (text, sa.text("now()")):
        column = column_with(declared)
        assert judge.compare_server_default(REFLECTED, column, declared.text, found)
    assert not connection.mock_calls


@pytest.mark.parametrize(
    ("type_", "found", "declared", "differs"),
    [
        (sa.Numeric(), "5.0", "5.00", None),
        (sa.Numeric(), "5", "5", False),
        (sa.Float(), "'5'::double precision", "(2 + 3)", None),
        (sa.Integer(), "5", "5", False),
        (sa.VARCHAR(9), "'5.0'::character varying", "5.0", False),
    ],
)
def test_the_databases_type_tells_what_a_plain_string_is(
    type_: Any, found: str, declared: str, differs: bool | None
) -> None:
    """None: the server is asked, about the string as an expression."""
    connection = mock.Mock()
    connection.scalar.return_value = True
    judge = impl_of("postgresql", connection)
    for model_type in sa.Integer(), sa.Numeric(), sa.String():
        column = column_with(declared, model_type)
        there: sa.Column[Any] = sa.Column("x", type_)
        answer = judge.compare_server_default(there, column, declared, found)
        assert answer is bool(differs)
    if differs is None:
        [call] = connection.scalar.call_args_list
        assert f"({found}) = ({declared})" in str(call.args[0])
    else:
        connection.scalar.assert_not_called()


@pytest.mark.parametrize(
    ("default", "sequence", "parts"),
    [
        ("nextval('s'::regclass)", "s", ("s",)),
        ("nextval('a.s'::regclass)", "a.s", ("a", "s")),
        ('nextval(\'"A b"."s""q"\'::regclass)', '"A b"."s""q"', ("A b", 's"q')),
        ("nextval('\"it''s\"'::regclass)", '"it\'s"', ("it's",)),
        ("(nextval('s'::regclass) + 1)", None, None),
        ("5", None, None),
    ],
)
def test_sequences_in_defaults(default: str, sequence: Any, parts: Any) -> None:
    assert _pg_compare.sequence_in_default(default) == sequence
    if sequence is not None:
        assert _pg_compare._name_parts(sequence) == parts


def test_sqlite_wraps_expressions() -> None:
    judge = impl_of("sqlite")
    for default, corrected in {
        "5": "5",
        "'x'": "'x'",
        "(a)": "(a)",
        "datetime('now')": "(datetime('now'))",
        None: None,
    }.items():
        info = {"name": "x", "default": default}
        judge.autogen_column_reflect(mock.Mock(), mock.Mock(), info)
        assert info["default"] == corrected


# --- identities ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "found", "changed", "altered"),
    [
        (sa.Identity(), sa.Identity(), set(), False),
        (sa.Identity(always=None), sa.Identity(always=False), set(), False),
        (sa.Identity(always=True), sa.Identity(), {"always"}, True),
        (sa.Identity(start=3), sa.Identity(start=4), {"start"}, True),
        (sa.Identity(), sa.Identity(start=4, cycle=True), set(), False),
        (sa.Identity(), None, set(), True),
        (None, sa.Identity(), set(), True),
    ],
)
def test_identities(
    declared: Any, found: Any, changed: set[str], altered: bool
) -> None:
    difference = impl_of("postgresql")._compare_identity_default(declared, found)
    assert difference.changed == changed
    assert difference.altered is altered
    assert tuple(difference)[2] is altered


def test_sql_server_has_few_identity_options() -> None:
    wanted = sa.Identity(start=1, cycle=True, maxvalue=9)
    difference = impl_of("mssql")._compare_identity_default(wanted, sa.Identity())
    assert difference.changed == {"start"}


# --- constraints and indexes --------------------------------------------------------


def table_with(*items: Any) -> sa.Table:
    columns = [sa.Column(name, sa.Integer) for name in "abc"]
    return sa.Table("t", sa.MetaData(), *columns, *items)


@pytest.mark.parametrize(
    ("expression", "left"),
    [
        ("a", "a"),
        ("lower((b)::text)", "lower(b)"),
        ("T.a", "a"),
        ("(lower(b)) ASC", "lower(b)"),
        ("a DESC NULLS FIRST", "adesc"),
        ("a ASC NULLS FIRST", "anullsfirst"),
        ("a DESC NULLS LAST", "adescnullslast"),
        ("CAST(a AS TEXT)", "a"),
        ("jb ->> 'x'", "jb->>x"),
    ],
)
def test_index_expressions_are_reduced(expression: str, left: str) -> None:
    assert _pg_compare.reduced(expression, "t") == left


@pytest.mark.parametrize(
    ("expression", "has_class"),
    [
        ("b text_pattern_ops", True),
        ("(jb->'x')jsonb_path_ops", True),
        ("jb -> 'my_ops'", False),
        ("my_ops", False),
        ("b text_pattern_ops DESC", False),
    ],
)
def test_operator_classes(expression: str, has_class: bool) -> None:
    assert _pg_compare.names_operator_class(expression) is has_class


def compare(name: str, declared: Any, found: Any) -> _autogen.ComparisonResult:
    judge = impl_of(name)
    return judge._create_metadata_constraint_sig(declared).compare_to_reflected(
        judge._create_reflected_constraint_sig(found)
    )


def index(*elements: Any, **kw: Any) -> sa.Index:
    return sa.Index("i", *map(sa.text, elements), _table=table_with(), **kw)


@pytest.mark.parametrize(
    ("declared", "found", "status", "message"),
    [
        (index("a"), index("a"), "equal", "The two constraints are equal"),
        (
            index("a", "b", unique=True),
            index("a"),
            "different",
            "unique=False to unique=True, expression number 1 to 2",
        ),
        (index("a"), index("b"), "different", "expression #1 'b' to 'a'"),
        (
            index("a", unique=True, postgresql_nulls_not_distinct=True),
            index("a", unique=True),
            "different",
            "options () to ('nulls_not_distinct',)",
        ),
    ],
)
def test_postgresql_indexes(
    declared: sa.Index, found: sa.Index, status: str, message: str
) -> None:
    assert compare("postgresql", declared, found) == (status, message)


def test_postgresql_skips_operator_classes_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="detected to include an operator clause"):
        result = compare("postgresql", index("a my_ops"), index("b"))
    assert result.is_skip
    assert "'a my_ops' detected as including operator clause." in result.message


def test_unique_constraints_know_no_order() -> None:
    def unique(*columns: str) -> sa.UniqueConstraint:
        constraint = sa.UniqueConstraint(*columns, name="u")
        table_with(constraint)
        return constraint

    assert compare("sqlite", unique("a", "b"), unique("b", "a")).is_equal
    result = compare("sqlite", unique("a", "b"), unique("a"))
    assert result.is_different
    assert result.message == "expression ('a',) to ('a', 'b')"


def test_foreign_keys_by_content() -> None:
    def signature(**options: Any) -> Any:
        key = sa.ForeignKeyConstraint(["a"], ["o.id"], **options)
        table = table_with(key)
        sa.Table("o", table.metadata, sa.Column("id", sa.Integer))
        return impl_of("sqlite")._create_metadata_constraint_sig(key)

    plain = signature()
    assert plain == signature(ondelete="NO ACTION", deferrable=False)
    assert hash(plain) == hash(signature(initially="IMMEDIATE"))
    assert plain != signature(name="f")
    assert plain != signature(ondelete="CASCADE")
    assert plain.unnamed_no_options == signature(ondelete="x").unnamed_no_options
    assert signature(initially="deferred").unnamed[-1] == "initially_deferrable"


def test_signatures_say_what_they_are() -> None:
    table = table_with(sa.CheckConstraint("a > 1", name="ck"))
    judge = impl_of("sqlite")
    [check] = [c for c in table.constraints if isinstance(c, sa.CheckConstraint)]
    signature = judge._create_metadata_constraint_sig(check)
    assert _autogen.is_ck_sig(signature)
    assert not _autogen.is_fk_sig(signature)
    assert signature.unnamed == ("ck",)
    with pytest.raises(KeyError):
        judge._create_metadata_constraint_sig(table.primary_key)


def test_mysql_leaves_out_indexes_of_foreign_keys() -> None:
    def indexes() -> set[sa.Index]:
        table = table_with(sa.ForeignKeyConstraint(["a"], ["o.id"], name="fk_a"))
        sa.Index("fk_a", table.c.a)
        sa.Index("a", table.c.a, unique=True)
        sa.Index("mine", table.c.a)
        return set(table.indexes)

    found, declared = indexes(), indexes()
    impl_of("mysql").correct_for_autogen_constraints(set(), found, set(), declared)
    for left in (found, declared):
        assert {item.name for item in left} == {"a", "mine"}


def test_mysql_does_not_report_restrict() -> None:
    def keys(action: str | None) -> set[sa.ForeignKeyConstraint]:
        key = sa.ForeignKeyConstraint(["a"], ["o.id"], ondelete=action)
        table = table_with(key)
        sa.Table("o", table.metadata, sa.Column("id", sa.Integer))
        return {key}

    found, declared = keys(None), keys("restrict")
    impl_of("mysql").correct_for_autogen_foreignkeys(found, declared)
    assert {key.ondelete for key in found} == {"RESTRICT"}


def test_sqlite_warns_of_expression_indexes() -> None:
    declared = {index("lower(a)")}
    judge = impl_of("sqlite")
    with pytest.warns(
        UserWarning, match="expression-based index 'i'; dialect 'sqlite'"
    ):
        judge.correct_for_autogen_constraints(set(), set(), set(), declared)
    assert declared == set()
