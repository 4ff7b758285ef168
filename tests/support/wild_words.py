"""The types, defaults and options that wild schemas are made of.

A word makes a new object each time, so that two packages never share one.
"""

from __future__ import annotations

import enum
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from tests.support.schema_words import CONVENTION, Celsius, Word, types


class Level(enum.Enum):
    """An enumeration that an application might have."""

    low = 1
    high = 2


class Guid(sa.TypeDecorator[Any]):
    """A type that each database implements differently."""

    impl = sa.CHAR
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID())
        return dialect.type_descriptor(sa.CHAR(32))


class Flag(sa.TypeDecorator[Any]):
    """A type over one that brings a constraint."""

    impl = sa.Boolean(create_constraint=True, name="flag_check")
    cache_ok = True


class Lenient(sa.TypeDecorator[Any]):
    """A type that compares itself with the database."""

    impl = sa.String(30)
    cache_ok = True

    def compare_against_backend(
        self, dialect: sa.Dialect, conn_type: sa.types.TypeEngine[Any]
    ) -> bool:
        return isinstance(conn_type, sa.String)


class Point(sa.types.UserDefinedType[Any]):
    """A type that SQLAlchemy does not know."""

    cache_ok = True

    def __init__(self, srid: int = 4326) -> None:
        self.srid = srid

    def get_col_spec(self, **kw: Any) -> str:
        return "POINT"


class Bare(sa.String):
    """A subclass that adds nothing."""


def _values(type_: type[enum.Enum]) -> list[str]:
    return [str(member.value) for member in type_]


COMMON = [
    *types("integer", sa.Integer, sa.Integer, sa.BigInteger, sa.SmallInteger),
    *types(
        "integer",
        sa.INTEGER,
        sa.BIGINT,
        sa.SMALLINT,
        lambda: sa.BigInteger().with_variant(sa.Integer(), "sqlite", "mysql"),
        lambda: sa.Integer().with_variant(sa.BigInteger(), "postgresql"),
    ),
    *types(
        "number",
        sa.Numeric,
        lambda: sa.Numeric(10),
        lambda: sa.Numeric(10, 2),
        lambda: sa.Numeric(10, 2, asdecimal=False),
        lambda: sa.Numeric(precision=12, scale=0),
        lambda: sa.DECIMAL(12, 4),
        sa.Float,
        lambda: sa.Float(24),
        lambda: sa.Float(53),
        lambda: sa.Float(precision=10, asdecimal=True),
        sa.REAL,
        sa.Double,
        sa.DOUBLE_PRECISION,
        Celsius,
        lambda: Celsius(5),
    ),
    *types(
        "text",
        lambda: sa.String(20),
        lambda: sa.String(50),
        lambda: sa.VARCHAR(50),
        lambda: sa.Unicode(30),
        lambda: sa.CHAR(5),
        lambda: Bare(20),
        Lenient,
        lambda: sa.Enum("one", "two", name="some_enum", native_enum=False),
        lambda: sa.Enum("one", "two", "three", native_enum=False, length=30),
        lambda: sa.String(40).with_variant(sa.String(80), "postgresql", "sqlite"),
        lambda: sa.String(40).with_variant(
            mysql.VARCHAR(40, collation="utf8mb4_bin"), "mysql", "mariadb"
        ),
    ),
    *types(
        "long text",
        sa.Text,
        sa.UnicodeText,
        sa.TEXT,
        lambda: sa.String(40).with_variant(sa.Text(), "postgresql"),
        indexable=False,
    ),
    *types("date", sa.Date),
    *types("moment", sa.DateTime, sa.TIMESTAMP, lambda: sa.DateTime(timezone=True)),
    *types("moment", lambda: sa.TIMESTAMP(timezone=True), sa.DateTime),
    *types("", sa.Time, lambda: sa.Time(timezone=True), sa.Interval),
    *types("", lambda: sa.Interval(second_precision=3, day_precision=4)),
    *types(
        "text",
        lambda: sa.Enum(Level, native_enum=False, create_constraint=True),
        lambda: sa.Enum(
            "one", "it's", name="some_check", native_enum=False, create_constraint=True
        ),
        once=True,
    ),
    *types("boolean", sa.Boolean, sa.Boolean),
    *types("boolean", Flag, once=True),
    *types("boolean", lambda: sa.Boolean(create_constraint=True)),
    *types(
        "boolean",
        lambda: sa.Boolean(name="is_bool", create_constraint=True),
        once=True,
    ),
    *types("bytes", sa.LargeBinary, sa.PickleType, indexable=False),
    *types("bytes", lambda: sa.LargeBinary(20), indexable=False),
    *types("json", sa.JSON, lambda: sa.JSON(none_as_null=True), indexable=False),
    *types(
        "json",
        lambda: sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
        indexable=False,
    ),
    *types("uuid", sa.Uuid, lambda: sa.Uuid(as_uuid=False), sa.UUID, Guid),
    *types("uuid", lambda: sa.Uuid(native_uuid=False)),
]
# What MySQL wants a length for.
LENGTHLESS = [
    *types("text", sa.String, sa.Unicode, sa.VARCHAR, sa.CHAR),
]
SQLITE = [
    *types("text", lambda: sa.NVARCHAR(20), lambda: sa.NCHAR(4)),
    *types("text", lambda: sa.String(20, collation="NOCASE")),
    *types("text", lambda: sa.Text(collation="RTRIM")),
    *types("moment", partial(sqlite.DATETIME, truncate_microseconds=True)),
    *types("moment", sqlite.TIMESTAMP),
    *types("date", sqlite.DATE),
    *types("json", sqlite.JSON),
    *types("bytes", sa.BLOB, lambda: sa.BINARY(10), lambda: sa.VARBINARY(10)),
    *types("", Point, lambda: Point(3857)),
    *types(
        "integer",
        lambda: mysql.INTEGER(unsigned=True).with_variant(sa.Integer(), "sqlite"),
    ),
]
POSTGRESQL = [
    *types("text", lambda: sa.String(20, collation="C")),
    *types("long text", lambda: sa.Text(collation="en-x-icu")),
    *types("number", lambda: postgresql.DOUBLE_PRECISION(53), postgresql.REAL),
    *types("money", postgresql.MONEY),
    *types("json", postgresql.JSONB, postgresql.JSON, indexable=False),
    *types("json", lambda: postgresql.JSONB(astext_type=sa.Text()), indexable=False),
    *types("array", lambda: postgresql.ARRAY(sa.Integer())),
    *types("array", lambda: postgresql.ARRAY(sa.String(20), dimensions=2)),
    *types("array", lambda: sa.ARRAY(sa.Text())),
    *types("array", lambda: postgresql.ARRAY(sa.Numeric(8, 2))),
    *types("array", lambda: postgresql.ARRAY(sa.Enum("a", "b", name="in_array"))),
    *types("array", lambda: postgresql.ARRAY(postgresql.TIMESTAMP(precision=3))),
    *types("uuid", postgresql.UUID, lambda: postgresql.UUID(as_uuid=False)),
    *types("", postgresql.INET, postgresql.CIDR),
    *types("", postgresql.MACADDR, postgresql.MACADDR8, postgresql.OID),
    *types("", postgresql.REGCLASS, postgresql.REGCONFIG, indexable=False),
    *types(
        "moment",
        lambda: postgresql.TIMESTAMP(precision=3),
        lambda: postgresql.TIMESTAMP(timezone=True, precision=0),
    ),
    *types(
        "",
        lambda: postgresql.TIME(precision=3),
        lambda: postgresql.TIME(timezone=True),
        postgresql.INTERVAL,
        lambda: postgresql.INTERVAL(fields="DAY TO SECOND"),
        lambda: postgresql.INTERVAL(fields="YEAR"),
        lambda: postgresql.INTERVAL(precision=3),
        lambda: postgresql.INTERVAL(fields="DAY TO SECOND", precision=2),
        postgresql.BIT,
        lambda: postgresql.BIT(4),
        lambda: postgresql.BIT(8, varying=True),
        lambda: postgresql.BIT(varying=True),
        postgresql.INT4RANGE,
        postgresql.TSTZRANGE,
        postgresql.INT8MULTIRANGE,
        postgresql.TSVECTOR,
        postgresql.TSQUERY,
    ),
    *types("", postgresql.HSTORE),
    *types("text", postgresql.CITEXT),
    *types("", Point, indexable=False),
    *types("bytes", postgresql.BYTEA),
    *types(
        "enum",
        lambda: sa.Enum("red", "green", name="colour"),
        lambda: sa.Enum("red", "green", "it's", name="Colour 2"),
        lambda: sa.Enum("red", "green", name="schema_enum", schema="test_schema"),
        lambda: sa.Enum("red", "green", name="inherits", inherit_schema=True),
        lambda: postgresql.ENUM("red", "green", name="pg_enum", create_type=True),
        lambda: postgresql.ENUM("red", "green", name="other", schema="test_schema"),
        lambda: sa.Enum("red", "green", name="variant").with_variant(
            sa.String(10), "sqlite"
        ),
    ),
    *types("level", lambda: sa.Enum(Level, name="level")),
    *types("", lambda: sa.Enum(Level, name="by_value", values_callable=_values)),
    *types(
        "integer",
        lambda: postgresql.DOMAIN("positive", sa.Integer(), check="VALUE > 0"),
        lambda: postgresql.DOMAIN("plain_domain", sa.BigInteger()),
    ),
    *types(
        "text",
        lambda: postgresql.DOMAIN(
            "checked", sa.String(20), schema="test_schema", not_null=False
        ),
    ),
]
MYSQL = [
    *types(
        "integer",
        mysql.TINYINT,
        lambda: mysql.TINYINT(1),
        lambda: mysql.TINYINT(unsigned=True),
        mysql.MEDIUMINT,
        lambda: mysql.INTEGER(unsigned=True),
        lambda: mysql.INTEGER(11),
        lambda: mysql.INTEGER(display_width=5, zerofill=True),
        lambda: mysql.BIGINT(unsigned=True),
        lambda: mysql.SMALLINT(unsigned=True),
        mysql.YEAR,
    ),
    *types(
        "number",
        lambda: mysql.DOUBLE(10, 2),
        lambda: mysql.DOUBLE(asdecimal=False),
        mysql.FLOAT,
        lambda: mysql.DECIMAL(10, 2, unsigned=True),
    ),
    *types(
        "text",
        lambda: mysql.VARCHAR(50, collation="utf8mb4_bin"),
        lambda: mysql.VARCHAR(50, charset="latin1"),
        lambda: sa.String(30, collation="utf8mb4_unicode_ci"),
        lambda: mysql.CHAR(5, binary=True),
        lambda: mysql.NVARCHAR(20),
        lambda: mysql.NCHAR(20),
        lambda: mysql.ENUM("one", "two"),
        lambda: mysql.ENUM("one", "two", "it's", collation="utf8mb4_bin"),
        lambda: sa.Enum("one", "two"),
        lambda: sa.Enum("one", "two", "three", name="named"),
        lambda: sa.Enum("one", "100%", name="named"),
    ),
    *types("", lambda: mysql.SET("a", "b"), lambda: mysql.SET("a", "b", "c")),
    *types("", lambda: mysql.BIT(3), lambda: mysql.TIME(fsp=3)),
    *types("moment", lambda: mysql.DATETIME(fsp=6), mysql.DATETIME),
    *types("stamp", lambda: mysql.TIMESTAMP(fsp=6), mysql.TIMESTAMP),
    *types(
        "long text",
        mysql.LONGTEXT,
        mysql.MEDIUMTEXT,
        mysql.TINYTEXT,
        lambda: mysql.TEXT(100),
        lambda: mysql.LONGTEXT(collation="utf8mb4_bin"),
        indexable=False,
    ),
    *types("bytes", lambda: mysql.VARBINARY(10), lambda: sa.BINARY(10)),
    *types("bytes", mysql.LONGBLOB, mysql.TINYBLOB, indexable=False),
    *types("json", mysql.JSON, indexable=False),
]
TYPES = {
    "sqlite": [*COMMON, *LENGTHLESS, *SQLITE],
    "postgresql": [*COMMON, *LENGTHLESS, *POSTGRESQL, *POSTGRESQL],
    "mysql": [*COMMON, *MYSQL, *MYSQL],
}
TYPES["mariadb"] = TYPES["mysql"]


# --- server defaults ------------------------------------------------------------------

DEFAULTS: dict[str, list[Word]] = {
    "integer": [
        lambda: "0",
        lambda: "1",
        lambda: sa.text("0"),
        lambda: sa.text("-7"),
        lambda: sa.text("(1 + 2)"),
        lambda: sa.text("(1)"),
        lambda: sa.text("'5'"),
        lambda: sa.literal(3),
        lambda: sa.literal_column("4"),
        lambda: sa.func.abs(-2),
        lambda: sa.func.coalesce(sa.text("1"), sa.text("2")),
        lambda: sa.text("NULL"),
        sa.null,
        lambda: " 8 ",
    ],
    "number": [
        lambda: "0",
        lambda: "0.0",
        lambda: "1.50",
        lambda: sa.text("1.5"),
        lambda: sa.text("-1.5"),
        lambda: sa.text("1e3"),
        lambda: sa.text("0.00"),
        lambda: sa.cast(1, sa.Numeric(10, 2)),
    ],
    "text": [
        lambda: "word",
        lambda: "it's",
        lambda: "100%",
        lambda: "%s %(x)s",
        lambda: ":name",
        lambda: 'say "hi"',
        lambda: "",
        lambda: " ",
        lambda: "two\nlines",
        lambda: "back\\slash",
        lambda: "0",
        lambda: "NULL",
        lambda: "CURRENT_TIMESTAMP",
        lambda: "now()",
        lambda: "'quoted'",
        lambda: "(in brackets)",
        lambda: sa.text("'word'"),
        lambda: sa.text("'it''s'"),
        lambda: sa.text("'100%'"),
        lambda: sa.text("'\\:name'"),
        lambda: sa.text("''"),
        lambda: sa.func.lower("ABC"),
        lambda: sa.func.upper(sa.literal_column("'it''s'")),
        lambda: sa.literal("word"),
        lambda: sa.text("NULL"),
    ],
    "moment": [
        sa.func.now,
        sa.func.current_timestamp,
        lambda: sa.text("CURRENT_TIMESTAMP"),
        lambda: sa.text("current_timestamp"),
        lambda: sa.text("'2020-01-01 00:00:00'"),
        lambda: "2020-01-01",
        lambda: sa.text("(CURRENT_TIMESTAMP)"),
    ],
    "date": [
        sa.func.current_date,
        lambda: sa.text("CURRENT_DATE"),
        lambda: sa.text("'2020-01-01'"),
    ],
    "boolean": [
        sa.true,
        sa.false,
        lambda: "1",
        lambda: sa.text("0"),
        lambda: "true",
        lambda: sa.text("false"),
        lambda: sa.literal(True),
    ],
    "json": [lambda: sa.text("'{}'"), lambda: "{}", lambda: '{"a": "it\'s %"}'],
    "long text": [lambda: "word", lambda: sa.text("'word'"), sa.FetchedValue],
    "bytes": [lambda: sa.text("'x'"), sa.FetchedValue],
    "": [sa.FetchedValue],
}
DEFAULTS["stamp"] = [*DEFAULTS["moment"], sa.FetchedValue]
POSTGRESQL_DEFAULTS: dict[str, list[Word]] = {
    **DEFAULTS,
    "integer": [
        *DEFAULTS["integer"],
        lambda: sa.text("1::integer"),
        lambda: sa.text("CAST(1 AS integer)"),
        lambda: sa.text("'7'::integer"),
        lambda: sa.func.length("abc"),
        lambda: sa.func.random(),
        lambda: sa.Sequence("loose_seq").next_value(),
        lambda: sa.text("nextval('loose_seq')"),
    ],
    "text": [
        *DEFAULTS["text"],
        lambda: sa.text("'word'::character varying"),
        lambda: sa.text("'word'::text"),
        lambda: sa.text("E'a\\nb'"),
        lambda: sa.text("md5(random()\\:\\:text)"),
        lambda: sa.func.current_user(),
    ],
    "moment": [
        *DEFAULTS["moment"],
        lambda: sa.text("now() AT TIME ZONE 'utc'"),
        lambda: sa.text("timezone('utc'::text, now())"),
        lambda: sa.func.timezone("UTC", sa.func.now()),
        lambda: sa.func.clock_timestamp(),
        lambda: sa.text("'infinity'"),
    ],
    "json": [
        *DEFAULTS["json"],
        lambda: sa.text("'{}'::jsonb"),
        lambda: sa.text("'[]'::json"),
        lambda: sa.text("jsonb_build_object()"),
    ],
    "array": [
        lambda: "{}",
        lambda: sa.text("'{}'"),
        lambda: sa.text("('{}')"),
    ],
    "uuid": [
        lambda: sa.text("gen_random_uuid()"),
        sa.func.gen_random_uuid,
        lambda: sa.text("'00000000-0000-0000-0000-000000000000'"),
    ],
    "enum": [
        lambda: "red",
        lambda: sa.text("'green'"),
    ],
    "level": [lambda: "low", lambda: "high"],
    "money": [lambda: "1.50", lambda: sa.text("'$1.50'")],
    "bytes": [lambda: sa.text("'\\\\x00'"), lambda: sa.text("'x'::bytea")],
}
# Upstream finds these changed in every run (`differential/test_rest_names.py`, and
# `test_autogen_mariadb.py` for percent signs).
_REPEATED = {"two\nlines", "back\\slash", "it's", "'it''s'", "'100%'"}
MYSQL_DEFAULTS: dict[str, list[Word]] = {
    **DEFAULTS,
    "text": [
        word
        for word in DEFAULTS["text"]
        if str(getattr(word(), "text", word())) not in _REPEATED
    ],
    "stamp": [
        *DEFAULTS["stamp"],
        lambda: sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"),
        lambda: sa.text("NULL ON UPDATE CURRENT_TIMESTAMP"),
        lambda: sa.text("CURRENT_TIMESTAMP(6)"),
    ],
    "moment": [
        *DEFAULTS["moment"],
        lambda: sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"),
        lambda: sa.text("now()"),
        lambda: sa.text("CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)"),
    ],
    "uuid": [lambda: sa.text("(uuid())")],
    "long text": [lambda: sa.text("('word')"), sa.FetchedValue],
}
DEFAULTS_OF = {
    "sqlite": DEFAULTS,
    "postgresql": POSTGRESQL_DEFAULTS,
    "mysql": MYSQL_DEFAULTS,
    "mariadb": MYSQL_DEFAULTS,
}


# --- what else a column may have ----------------------------------------------------

IDENTITIES: list[Word] = [
    sa.Identity,
    lambda: sa.Identity(always=True),
    lambda: sa.Identity(start=5, increment=3),
    lambda: sa.Identity(always=True, start=10, minvalue=1, maxvalue=5000, cycle=True),
    lambda: sa.Identity(cache=10),
    lambda: sa.Identity(increment=-1, minvalue=-100, maxvalue=-1),
    lambda: sa.Identity(nominvalue=True, nomaxvalue=True),
]
COMPUTED: list[Word] = [
    lambda: sa.Computed("1 + 1", persisted=True),
    lambda: sa.Computed("1 + 1"),
    lambda: sa.Computed("1 +  2", persisted=True),
    lambda: sa.Computed("abs(-5)", persisted=False),
    lambda: sa.Computed(sa.text("(3 * 2)"), persisted=True),
]
TABLE_OPTIONS: dict[str, list[dict[str, Any]]] = {
    "sqlite": [
        {"sqlite_autoincrement": True},
        {"sqlite_with_rowid": False},
        {"info": {"skip": True}},
        {"prefixes": []},
    ],
    "postgresql": [
        {"prefixes": ["UNLOGGED"]},
        {"postgresql_using": "heap"},
        {"postgresql_tablespace": "pg_default"},
        {"info": {"it's": "x"}},
        {"implicit_returning": False},
    ],
    "mysql": [
        {"mysql_engine": "InnoDB"},
        {"mysql_engine": "InnoDB", "mysql_charset": "latin1"},
        {"mysql_collate": "utf8mb4_unicode_ci"},
        {"mariadb_engine": "InnoDB"},
        {"mysql_row_format": "DYNAMIC"},
    ],
}
TABLE_OPTIONS["mariadb"] = TABLE_OPTIONS["mysql"]


def _digest(constraint: Any, table: sa.Table) -> str:
    names = "".join(column.name for column in getattr(constraint, "columns", ()))
    return f"{sum(map(ord, names)):x}"


CONVENTIONS: list[dict[str, Any] | None] = [
    None,
    None,
    CONVENTION | {"uq": "uq_%(table_name)s_%(column_0_name)s"},
    {
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(column_0N_label)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(column_0_N_label)s_%(referred_table_name)s"
        "_%(referred_column_0_N_name)s",
        "pk": "%(table_name)s_%(column_0_name)s_pk",
    },
    {
        "digest": _digest,
        "ix": "ix_%(table_name)s_%(column_0_N_key)s",
        "uq": "uq_%(table_name)s_%(column_0_key)s_%(column_0_label)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_column_0_name)s",
        "ck": "ck_%(digest)s_%(constraint_name)s",
    },
]
