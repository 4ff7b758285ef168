"""Grids of what a database may report by what a model may say, for each dialect.

A cell of a grid is a column as reflection gives it and one as a model has it: a type
and a server default on either side.  The types are those that a dialect's reflection
returns, and the generic ones and the dialect's own that models use; the defaults are
texts in the forms that one of the databases reports them in (bare, in quotes, in
parentheses, in capitals, with casts, with ON UPDATE).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from itertools import islice, product
from typing import Any, cast

import sqlalchemy as sa

from alembic_c.util import sqla_compat

# Not all of their types say what they take.
mssql, mysql, oracle, postgresql, sqlite = (
    cast("Any", import_module(f"sqlalchemy.dialects.{name}"))
    for name in ("mssql", "mysql", "oracle", "postgresql", "sqlite")
)

# What makes a default: a default belongs to one column, so that each needs its own.
Default = Callable[[], Any]


# A pair of defaults: (type, text) of the database, (type, name of a default) of the
# model, and what both columns are of the primary key.
Cell = tuple[Any, str | None, Any, str, dict[str, Any]]

_KEYS: tuple[dict[str, Any], ...] = (
    {},
    {"primary_key": True},
    {"primary_key": True, "autoincrement": False},
)


@dataclass
class Grid:
    """The axes for one dialect.

    found_types, declared_types: of the database's column and of the model's.
    found_texts: defaults that the database may report; None for no default.
    declared_defaults: name -> what makes the model's default.
    """

    found_types: Sequence[Any]
    declared_types: Sequence[Any]
    found_texts: Sequence[str | None]
    declared_defaults: dict[str, Default]

    def type_pairs(self) -> Iterator[tuple[Any, Any]]:
        """Yield (type in the database, type in the model), every pair."""
        return product(self.found_types, self.declared_types)

    def default_pairs(self, share: int) -> Iterator[Cell]:
        """Yield one of `share` pairs of defaults; those of the same defaults at once.

        They are every pair for one type of each family, and for every type some, in
        the forms of one value.
        """
        yield from _pairs(
            share,
            self.found_texts,
            self.declared_defaults,
            _one_of_each_family(self.found_types),
            _one_of_each_family(self.declared_types),
        )
        yield from _pairs(
            share,
            [None, "1", "'1'", "(1)", "('1')", "1.5", "(1.5)"],
            ["None", "'1'", "text('1')", "\"'1'\"", "'1.5'", "'(1)'", "true()"],
            self.found_types,
            self.declared_types,
        )


def _pairs(
    share: int,
    texts: Iterable[str | None],
    names: Iterable[str],
    found: Iterable[Any],
    declared: Iterable[Any],
) -> Iterator[Cell]:
    every = product(texts, names, found, declared, _KEYS)
    for text, name, there, here, key in islice(every, 0, None, share):
        yield there, text, here, name, key


def _one_of_each_family(types: Sequence[Any]) -> list[Any]:
    """Return types no two of which SQLAlchemy takes for one family."""
    chosen: list[Any] = []
    for each in types:
        if not any(sqla_compat._affinities_match(each, other) for other in chosen):
            chosen.append(each)
    return chosen


# --- defaults -----------------------------------------------------------------------

_CONSTANTS = ("0", "1", "-1", "1.5", "2.50", "1e3", "abc", "aBc", "it''s", "100%", "")
_EXPRESSIONS = (
    *("NULL", "true", "now()", "CURRENT_TIMESTAMP", "current_timestamp()", "rand()"),
    *("a || 'b'", "'a' || 'b'", "lower('X')", "(1) + (2)", "f('x')(1)", "1 + 1"),
)
_WRAPPINGS = ("{}", "'{}'", "({})", "('{}')", "(({}))", '"{}"', " {} ", "'({})'")


def _spellings(constants: Sequence[str], expressions: Sequence[str]) -> list[str]:
    """Return texts in all wrappings, and expressions in capitals too."""
    texts = [wrap.format(text) for text in constants for wrap in _WRAPPINGS]
    for text in expressions:
        texts += [text, text.upper(), text.lower(), f"({text})", f"(({text}))"]
        texts += [f"'{text}'", f" {text}", f"({text} )"]
    return list(dict.fromkeys(texts))


def _plain_and_sql(texts: Sequence[str]) -> dict[str, Default]:
    """Return each text as a model's string, and as SQL."""
    made: dict[str, Default] = {}
    for text in texts:
        made[f"{text!r}"] = partial(str, text)
        made[f"text({text!r})"] = partial(sa.text, text.replace(":", "\\:"))
    return made


_CONSTRUCTS: dict[str, Default] = {
    "None": lambda: None,
    "now()": sa.func.now,
    "current_timestamp": sa.func.current_timestamp,
    "null()": sa.null,
    "true()": sa.true,
    "false()": sa.false,
    "literal('x')": lambda: sa.literal("x"),
    "literal('1')": lambda: sa.literal("1"),
    "literal(1)": lambda: sa.literal(1),
    "literal(1.5)": lambda: sa.literal(1.5),
    "lower('X')": lambda: sa.func.lower("X"),
    "cast('1', Integer)": lambda: sa.cast("1", sa.Integer),
    "literal_column('1')": lambda: sa.literal_column("1"),
    "DefaultClause('1')": lambda: sa.DefaultClause("1"),
    "DefaultClause(text('1'), for_update)": lambda: sa.DefaultClause(
        sa.text("1"), for_update=True
    ),
}


def _declared(texts: Sequence[str]) -> dict[str, Default]:
    return {**_CONSTRUCTS, **_plain_and_sql(texts)}


_TEXTS = _spellings(_CONSTANTS, _EXPRESSIONS)
_FEW_TEXTS = [
    *("0", "1", "-1", "1.5", "abc", "ABC", "it's", "100%", "", "'1'", "'abc'", "''"),
    *('"abc"', "'abc", "(1)", "('abc')", "((1))", "'(1)'", " 1", "NULL", "'NULL'"),
    *("now()", "NOW()", "(now())", "CURRENT_TIMESTAMP", "rand()", "(rand())"),
    *("lower('X')", "1 + 1", "(1 + 1)", "'a' || 'b'", "true", "TRUE", "'it''s'"),
]

# --- types --------------------------------------------------------------------------

_GENERIC = [
    *(sa.Integer(), sa.BigInteger(), sa.SmallInteger(), sa.Boolean(), sa.Float()),
    *(sa.Boolean(create_constraint=True, name="ck"), sa.Float(24), sa.Double()),
    *(sa.Numeric(), sa.Numeric(10, 2), sa.Numeric(10), sa.DECIMAL(10, 2), sa.REAL()),
    *(sa.String(20), sa.String(30), sa.Unicode(20), sa.CHAR(5), sa.VARCHAR(20)),
    *(sa.Text(), sa.UnicodeText(), sa.Enum("a", "b", name="e"), sa.LargeBinary()),
    *(sa.Enum("a", "b", name="e", native_enum=False), sa.NVARCHAR(20)),
    *(sa.DateTime(), sa.DateTime(timezone=True), sa.TIMESTAMP(), sa.Date(), sa.Time()),
    *(sa.Interval(), sa.JSON(), sa.Uuid(), sa.PickleType()),
]


class Decorated(sa.TypeDecorator[Any]):
    """A model's own type over a string."""

    impl = sa.String(20)
    cache_ok = True


class DecoratedNumber(sa.TypeDecorator[Any]):
    """A model's own type over a number."""

    impl = sa.Integer
    cache_ok = True


class Custom(sa.types.UserDefinedType[Any]):
    """A type that says itself what it is in DDL."""

    def get_col_spec(self, **kw: Any) -> str:
        return "VARCHAR(20)"


_OWN = [Decorated(), DecoratedNumber(), Custom()]


def _mysql() -> Grid:
    own = [
        *(mysql.INTEGER(), mysql.INTEGER(display_width=11), mysql.BIGINT()),
        *(mysql.INTEGER(unsigned=True), mysql.TINYINT(display_width=1), mysql.YEAR()),
        *(mysql.TINYINT(), mysql.SMALLINT(), mysql.MEDIUMINT(), mysql.BIT(1)),
        *(mysql.FLOAT(), mysql.DOUBLE(), mysql.DOUBLE(asdecimal=True), mysql.REAL()),
        *(mysql.DECIMAL(10, 2), mysql.NUMERIC(10, 2), mysql.VARCHAR(20)),
        *(mysql.VARCHAR(20, charset="utf8mb4", collation="utf8mb4_bin"), mysql.CHAR(5)),
        *(mysql.VARCHAR(20, collation="utf8mb4_general_ci"), mysql.TEXT()),
        *(mysql.LONGTEXT(), mysql.MEDIUMTEXT(), mysql.TINYTEXT(), mysql.JSON()),
        *(mysql.ENUM("a", "b"), mysql.ENUM("b", "a"), mysql.ENUM("a"), mysql.SET("a")),
        *(mysql.DATETIME(), mysql.DATETIME(fsp=6), mysql.TIMESTAMP(), mysql.TIME()),
        *(mysql.TIMESTAMP(fsp=3), sa.DATE(), sa.BINARY(16), sa.VARBINARY(16)),
        *(mysql.LONGBLOB(), sa.BLOB(), mysql.NVARCHAR(20)),
    ]
    stamps = [
        f"{stamp} ON UPDATE {stamp}{end}"
        for stamp in (
            "CURRENT_TIMESTAMP",
            "current_timestamp()",
            "CURRENT_TIMESTAMP(6)",
        )
        for end in ("", " ")
    ]
    stamps += ["NULL on update CURRENT_TIMESTAMP", "0 ON UPDATE now()", "(uuid())"]
    stamps += ["now() ON UPDATE now\n", "now() ON UPDATE now\n()", "now() ON UPDATE\n"]
    stamps += ["b'1'", "'2020-01-01 00:00:00'", "_utf8mb4'abc'", "_utf8mb4\\'abc\\'"]
    stamps += ["'it\\'s'", "NULL ON UPDATE CURRENT_TIMESTAMP ON UPDATE x", "a\nb"]
    return Grid(
        found_types=own,
        declared_types=[*_GENERIC, *_OWN, *own],
        found_texts=[None, *_TEXTS, *stamps],
        declared_defaults=_declared([*_FEW_TEXTS, *stamps]),
    )


def _postgresql() -> Grid:
    found = [
        *(sa.INTEGER(), sa.BIGINT(), sa.SMALLINT(), sa.BOOLEAN(), sa.REAL()),
        *(sa.DOUBLE_PRECISION(53), sa.NUMERIC(), sa.NUMERIC(10, 2), sa.VARCHAR()),
        *(sa.VARCHAR(20), sa.CHAR(5), sa.TEXT(), sa.DATE(), postgresql.BYTEA()),
        *(postgresql.TIMESTAMP(), postgresql.TIMESTAMP(timezone=True)),
        *(postgresql.TIMESTAMP(precision=3), postgresql.TIME(), sa.UUID()),
        *(postgresql.INTERVAL(), postgresql.JSON(), postgresql.JSONB()),
        *(postgresql.ENUM("a", "b", name="e"), postgresql.ARRAY(sa.INTEGER())),
        *(postgresql.INET(), postgresql.BIT(4), postgresql.MONEY()),
        *(postgresql.TSVECTOR(), postgresql.DOMAIN("d", sa.INTEGER())),
        *(sa.VARCHAR(20, collation="C"), postgresql.ARRAY(sa.VARCHAR(20))),
    ]
    casts = [
        f"{text}::{type_}"
        for texts, types in (
            (("'1'", "'abc'", "''", "'t'", "'it''s'"), ("text", "character varying")),
            (("'1'", "'-1'", "1", "NULL"), ("integer", "numeric", "double precision")),
            (("'1'", "true", "NULL"), ("boolean",)),
        )
        for text in texts
        for type_ in types
    ]
    more = [
        *("'{}'::json", "'{}'::jsonb", "'{}'::integer[]", "ARRAY[]::integer[]"),
        *("timezone('utc'::text, now())", "('now'::text)::date", "CURRENT_DATE"),
        *("'1 day'::interval", "false", "(now() + '1 day'::interval)", "'24:00:00'"),
        *("lower('X'::text)", "'2020-01-01'::date", "gen_random_uuid()", "B'1'"),
        *("('a'::text || 'b'::text)", "'nextval(1)'::text", "E'a\\nb'::text"),
    ]
    return Grid(
        found_types=found,
        declared_types=[*_GENERIC, *_OWN, *found],
        found_texts=[None, *casts, *more, *_spellings(("1", "abc"), ("now()",))],
        declared_defaults=_declared([*_FEW_TEXTS, *more, *casts[::5], *casts[1::5]]),
    )


def _sqlite() -> Grid:
    found = [
        *(sa.INTEGER(), sa.BIGINT(), sa.SMALLINT(), sa.BOOLEAN(), sa.REAL()),
        *(sa.FLOAT(), sa.DOUBLE(), sa.NUMERIC(10, 2), sa.DECIMAL(10, 2), sa.TEXT()),
        *(sa.VARCHAR(20), sa.VARCHAR(), sa.CHAR(5), sa.NVARCHAR(20), sa.BLOB()),
        *(sqlite.DATETIME(), sqlite.DATE(), sqlite.TIME(), sa.TIMESTAMP()),
        *(sqlite.JSON(), sa.VARCHAR(20, collation="NOCASE")),
    ]
    return Grid(
        found_types=found,
        declared_types=[*_GENERIC, *_OWN, *found],
        found_texts=[None, *_TEXTS, "a\nb", "('a\nb')", "x'00'", "datetime('now')"],
        declared_defaults=_declared([*_FEW_TEXTS, "a\nb", "x'00'", "datetime('now')"]),
    )


def _mssql() -> Grid:
    found = [
        *(sa.INTEGER(), sa.BIGINT(), sa.SMALLINT(), mssql.TINYINT(), mssql.BIT()),
        *(sa.FLOAT(53), sa.REAL(), sa.NUMERIC(10, 2), sa.DECIMAL(10, 2), mssql.MONEY()),
        *(sa.VARCHAR(20), sa.NVARCHAR(20), sa.VARCHAR(), sa.NVARCHAR(), sa.CHAR(5)),
        *(sa.NCHAR(5), sa.TEXT(), mssql.NTEXT(), mssql.DATETIME2(), mssql.DATETIME2(6)),
        *(
            sa.DATETIME(),
            sa.DATE(),
            mssql.TIME(),
            mssql.DATETIMEOFFSET(7),
            sa.BINARY(8),
        ),
        *(
            sa.VARBINARY(20),
            mssql.VARBINARY("max"),
            mssql.UNIQUEIDENTIFIER(),
            mssql.XML(),
        ),
        *(sa.VARCHAR(20, collation="Latin1_General_BIN"), mssql.IMAGE()),
    ]
    more = [
        *("(getdate())", "(getutcdate())", "('abc')", "(N'abc')", "((0))", "((1.5))"),
        *("(CONVERT([date],getdate(),(0)))", "convert(date, getdate(), 0)", "(NULL)"),
        *("(newid())", "newid()", "getdate()", "('a b')", '("abc")', "((1)+(2))"),
        *("(NEXT VALUE FOR [s])", "CURRENT_TIMESTAMP", "('it''s')", "(\t1\n)", "[x]"),
    ]
    return Grid(
        found_types=found,
        declared_types=[*_GENERIC, *_OWN, *found],
        found_texts=[None, *_TEXTS, *more],
        declared_defaults=_declared([*_FEW_TEXTS, *more]),
    )


def _oracle() -> Grid:
    found = [
        *(
            sa.INTEGER(),
            oracle.NUMBER(),
            oracle.NUMBER(10, 2),
            oracle.NUMBER(asdecimal=False),
        ),
        *(sa.FLOAT(), oracle.FLOAT(126), oracle.BINARY_DOUBLE(), oracle.BINARY_FLOAT()),
        *(sa.VARCHAR(20), oracle.VARCHAR2(20), oracle.NVARCHAR2(20), sa.CHAR(5)),
        *(sa.NCHAR(5), sa.CLOB(), oracle.NCLOB(), sa.BLOB(), oracle.RAW(16)),
        *(oracle.DATE(), oracle.TIMESTAMP(), oracle.TIMESTAMP(timezone=True)),
        *(oracle.INTERVAL(2, 6), oracle.LONG(), oracle.ROWID(), sa.REAL()),
        *(
            oracle.TIMESTAMP(local_timezone=True),
            sa.DOUBLE_PRECISION(),
            sa.NUMERIC(10, 2),
        ),
    ]
    more = [
        *("1 ", " 1", "'abc' ", "SYSDATE", "sysdate ", "SYSDATE\n", "NULL ", "((1) )"),
        *(
            "CURRENT_TIMESTAMP ",
            "SYS_GUID() ",
            "(1) ",
            " ('abc') ",
            "\"'abc'\"",
            "\"'1'",
        ),
        *("TO_DATE('2020-01-01','YYYY-MM-DD')", "'a b' ", " ", "N'abc'", "'x'\n"),
    ]
    return Grid(
        found_types=found,
        declared_types=[*_GENERIC, *_OWN, *found],
        found_texts=[None, *_TEXTS, *more],
        declared_defaults=_declared([*_FEW_TEXTS, *more]),
    )


GRIDS: dict[str, Callable[[], Grid]] = {
    "postgresql": _postgresql,
    "mysql": _mysql,
    "mariadb": _mysql,
    "sqlite": _sqlite,
    "mssql": _mssql,
    "oracle": _oracle,
}
