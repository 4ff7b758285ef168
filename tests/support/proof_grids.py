"""What a table may be, by what the model may want: the cases of test_proof_grid.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    Column,
    Computed,
    Identity,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects import sqlite as lite
from sqlalchemy.sql.elements import quoted_name

# Takes the table's name.
Items = Callable[[str], Sequence[Any]]


def nothing(t: str) -> list[Any]:
    return []


@dataclass
class Grid:
    """A case.

    declared: what stands in the parentheses of CREATE TABLE, then after it, parted by
        semicolons; {t} is the table's name.
    wanted: what the model's table is made of.
    """

    declared: Sequence[str]
    wanted: Sequence[Items]
    before: Sequence[str] = ()
    opts: dict[str, Any] = field(default_factory=dict)
    also: Items = nothing


def column(type_: Any, *args: Any, **kw: Any) -> Items:
    """Model the column "a"."""
    return lambda t: [Column("a", type_() if callable(type_) else type_, *args, **kw)]


def defaulted(type_: Any, *defaults: Any) -> list[Items]:
    return [column(type_, server_default=each) for each in defaults]


def _decorated(impl: Any) -> Any:
    class Decorated(sa.TypeDecorator[Any]):
        cache_ok = True

    Decorated.impl = impl
    return Decorated()


class Loading(sa.TypeDecorator[Any]):
    """Has another type for each dialect."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(
            pg.JSONB() if dialect.name == "postgresql" else sa.String(30)
        )


class Spelled(sa.types.UserDefinedType[Any]):
    """Says itself what it is in DDL."""

    def get_col_spec(self, **kw: Any) -> str:
        return "VARCHAR(31)"


class Wide(Integer):
    """Is BIGINT under a name of its own."""

    __visit_name__ = "BIGINT"


# --- PostgreSQL: types --------------------------------------------------------------

PG_TYPES = Grid(
    before=(
        "CREATE SCHEMA other",
        "CREATE TYPE e AS ENUM ('x', 'y')",
        "CREATE TYPE other.e AS ENUM ('x', 'y')",
        "CREATE TYPE \"Mixed E\" AS ENUM ('x')",
        "CREATE DOMAIN d AS integer",
        "CREATE DOMAIN other.text AS integer",
        "CREATE TYPE pair AS (x int, y int)",
    ),
    declared=[
        f"a {each}"
        for each in (
            *("integer", "bigint", "smallint", "oid", "regclass", "money"),
            *("text", "varchar", "varchar(30)", "varchar(31)", 'text COLLATE "C"'),
            *("char", "char(1)", "char(3)", "bpchar", '"char"', "name", "xml"),
            *("numeric", "numeric(10)", "numeric(10, 2)", "numeric(12, 2)"),
            *("real", "double precision", "boolean", "bytea"),
            *("date", "time", "time(3)", "timetz", "timetz(3)", "timestamp"),
            *("timestamp(0)", "timestamp(3)", "timestamptz", "timestamptz(6)"),
            *("interval", "interval day", "interval year to month", "interval(3)"),
            *("interval second(3)", "json", "jsonb", "uuid", "inet", "cidr", "point"),
            *("bit", "bit(4)", "varbit", "varbit(4)", "tsvector", "int4range"),
            *("int[]", "int[][]", "varchar(20)[]", "varchar[]", "numeric(10, 2)[]"),
            *("timestamptz(3)[]", "e", "e[]", "other.e", '"Mixed E"', "d", "d[]"),
            *("other.text", "pair"),
        )
    ],
    wanted=[
        column(each)
        for each in (
            *(Integer, sa.BigInteger, sa.SmallInteger, pg.OID, pg.REGCLASS, pg.MONEY),
            *(Text, String, String(30), String(31), sa.VARCHAR(30), sa.Unicode(30)),
            *(sa.CHAR, sa.CHAR(1), sa.CHAR(3), sa.String(30, collation="C")),
            *(sa.Text(collation="C"), sa.NVARCHAR(30), sa.CLOB, sa.UnicodeText),
            *(sa.Numeric, sa.Numeric(10), sa.Numeric(10, 2), sa.Numeric(12, 2)),
            *(sa.Numeric(10, 0), sa.DECIMAL(10, 2), sa.Numeric(10, 2, asdecimal=False)),
            *(sa.Float, sa.Float(24), sa.Float(53), sa.REAL, sa.Double, sa.Double(53)),
            *(pg.DOUBLE_PRECISION, sa.Float(10, asdecimal=True), sa.Boolean),
            *(sa.LargeBinary, sa.LargeBinary(20), sa.PickleType, sa.Date, sa.Time),
            *(pg.TIME(precision=3), sa.Time(timezone=True), sa.DateTime),
            *(pg.TIME(timezone=True, precision=3), sa.DateTime(timezone=True)),
            *(sa.TIMESTAMP, sa.TIMESTAMP(timezone=True), pg.TIMESTAMP(precision=0)),
            *(pg.TIMESTAMP(precision=3), pg.TIMESTAMP(timezone=True, precision=6)),
            *(sa.Interval, pg.INTERVAL, pg.INTERVAL(fields="DAY")),
            *(pg.INTERVAL(fields="YEAR TO MONTH"), pg.INTERVAL(precision=3)),
            *(pg.INTERVAL(fields="SECOND", precision=3), sa.JSON, pg.JSON, pg.JSONB),
            *(sa.JSON().with_variant(pg.JSONB(), "postgresql"), sa.Uuid, pg.UUID),
            *(sa.Uuid(native_uuid=False), sa.Uuid(as_uuid=False), pg.INET, pg.CIDR),
            *(pg.BIT, pg.BIT(4), pg.BIT(varying=True), pg.BIT(4, varying=True)),
            *(pg.TSVECTOR, pg.INT4RANGE, pg.ARRAY(Integer), sa.ARRAY(Integer)),
            *(pg.ARRAY(Integer, dimensions=2), pg.ARRAY(String(20)), pg.ARRAY(String)),
            *(pg.ARRAY(sa.Numeric(10, 2)), pg.ARRAY(pg.TIMESTAMP(True, 3))),
            *(sa.Enum("x", "y", name="e"), sa.Enum("y", "x", name="e")),
            *(sa.Enum("z", name="e"), sa.Enum("x", name="e2"), pg.ENUM("x", name="e")),
            *(sa.Enum("x", name="e", schema="other"), sa.Enum("x", name="Mixed E")),
            *(sa.Enum("x", "y", name="e", native_enum=False), sa.Enum("x", name="E")),
            *(pg.ARRAY(sa.Enum("x", "y", name="e")), sa.types.NullType),
            *(pg.DOMAIN("d", Integer), pg.DOMAIN("D", Integer), pg.ARRAY(Text)),
            *(lambda: _decorated(sa.String(30)), lambda: _decorated(pg.JSONB())),
            *(lambda: _decorated(sa.Integer()), lambda: _decorated(Text())),
            sa.String(30).with_variant(sa.Text(), "postgresql"),
            sa.Text().with_variant(sa.String(30), "sqlite"),
            sa.DateTime().with_variant(pg.TIMESTAMP(precision=3), "postgresql"),
            sa.Integer().with_variant(_decorated(sa.BigInteger()), "postgresql"),
            *(sa.Enum("x", "y", name="e", schema="public"), sa.Boolean(True)),
            *(sa.Interval(native=False), sa.Interval(second_precision=3)),
            *(sa.Enum("x", length=30, native_enum=False), pg.HSTORE, pg.CITEXT),
            *(Loading, Spelled, Wide, pg.ARRAY(sa.Enum("x", name="e", schema="other"))),
        )
    ],
)

# --- PostgreSQL: server defaults ----------------------------------------------------

PG_TEXT_DEFAULTS = Grid(
    declared=[
        f"a text {each}"
        for each in (
            *("", "DEFAULT 'x'", "DEFAULT 'X'", "DEFAULT ''", "DEFAULT NULL"),
            *("DEFAULT 'it''s'", "DEFAULT E'a\\nb'", "DEFAULT 'x'::varchar"),
            *("DEFAULT current_user", "DEFAULT lower('X')", "DEFAULT '''x'''"),
            *("DEFAULT 'a' || 'b'", "DEFAULT '100%'", "DEFAULT E'back\\\\slash'"),
            *("DEFAULT 'NULL'", "DEFAULT ' x'", "DEFAULT 'nextval(''s'')'"),
        )
    ],
    wanted=defaulted(
        Text,
        *(None, "x", "X", "", "a\nb", "ab", "100%", "back\\slash"),
        *("NULL", " x", sa.text("'x'"), sa.text("'x'::text")),
        *(sa.text("NULL"), sa.text("'it''s'"), sa.text("current_user"), sa.null()),
        *(sa.text("lower('X')"), sa.func.lower("X"), sa.text("'a' || 'b'")),
        *(sa.literal("x"), sa.text("CURRENT_USER"), sa.text("'x'::character varying")),
    ),
    opts={"compare_server_default": True},
)
PG_NUMBERS = (
    *("", "DEFAULT 0", "DEFAULT 1", "DEFAULT -1", "DEFAULT '1'", "DEFAULT 1.5"),
    *("DEFAULT 1 + 1", "DEFAULT NULL", "DEFAULT 1.50", "DEFAULT abs(-1)"),
    *("DEFAULT (2)", "DEFAULT 1::bigint", "DEFAULT '-1'"),
)
PG_INTEGER_DEFAULTS = Grid(
    declared=[f"a integer {each}" for each in PG_NUMBERS],
    wanted=defaulted(
        Integer,
        *(None, "0", "1", "-1", "2", sa.text("0"), sa.text("1"), sa.text("'1'")),
        *(sa.text("-1"), sa.text("1 + 1"), sa.text("(1 + 1)"), sa.text("'-1'")),
        *(sa.text("NULL"), sa.func.abs(-1), sa.literal(1)),
    ),
    opts={"compare_server_default": True},
)
PG_NUMERIC_DEFAULTS = Grid(
    declared=[f"a numeric(8, 2) {each}" for each in PG_NUMBERS],
    wanted=defaulted(
        sa.Numeric(8, 2),
        *(None, "0", "1", "1.0", "1.5", "1.50", sa.text("1.5"), sa.text("'1.5'")),
        *(sa.text("1.50"), sa.text("1"), sa.text("2"), sa.text("'1.50'"), "-1"),
    ),
    opts={"compare_server_default": True},
)
PG_OTHER_DEFAULTS: dict[str, tuple[Sequence[str], list[Items]]] = {
    "boolean": (
        ("", "DEFAULT true", "DEFAULT false", "DEFAULT 't'", "DEFAULT NOT true"),
        [
            *defaulted(sa.Boolean, None, sa.true(), sa.false(), "true", "t", "1"),
            *defaulted(sa.Boolean, sa.text("true"), sa.text("TRUE"), sa.text("'t'")),
        ],
    ),
    "timestamptz": (
        (
            *("", "DEFAULT now()", "DEFAULT current_timestamp"),
            "DEFAULT '2020-01-01 00:00:00+00'",
            "DEFAULT (now() AT TIME ZONE 'utc')",
            "DEFAULT 'now'",
        ),
        defaulted(
            sa.DateTime(timezone=True),
            *(None, sa.func.now(), sa.text("now()"), sa.text("CURRENT_TIMESTAMP")),
            *(sa.func.current_timestamp(), "2020-01-01 00:00:00+00", "now()"),
            *(sa.text("(now() AT TIME ZONE 'utc')"), sa.text("timezone('utc', now())")),
            "now",
        ),
    ),
    "jsonb": (
        ("", "DEFAULT '{}'", "DEFAULT '[]'", """DEFAULT '{"a": 1}'"""),
        [
            *defaulted(pg.JSONB, None, "{}", sa.text("'{}'"), sa.text("'{}'::jsonb")),
            *defaulted(pg.JSONB, "[]", '{"a":1}', '{"a": 1}'),
        ],
    ),
    "uuid": (
        ("", "DEFAULT gen_random_uuid()"),
        defaulted(sa.Uuid, None, sa.text("gen_random_uuid()"), "gen_random_uuid()"),
    ),
    "int[]": (
        ("", "DEFAULT '{}'", "DEFAULT ARRAY[]::int[]", "DEFAULT '{1}'"),
        defaulted(
            pg.ARRAY(Integer),
            None,
            "{}",
            sa.text("'{}'"),
            sa.text("'{}'::int[]"),
            "{1}",
        ),
    ),
    "e": (
        ("", "DEFAULT 'x'", "DEFAULT 'y'"),
        defaulted(sa.Enum("x", "y", name="e"), None, "x", "y", sa.text("'x'::e")),
    ),
    "interval": (
        ("", "DEFAULT '1 day'", "DEFAULT '24:00:00'"),
        defaulted(sa.Interval, None, "1 day", "24:00:00", sa.text("'1 day'")),
    ),
    "date": (
        ("", "DEFAULT CURRENT_DATE", "DEFAULT '2020-01-01'"),
        defaulted(
            sa.Date, None, sa.func.current_date(), sa.text("CURRENT_DATE"), "2020-01-01"
        ),
    ),
}
PG_GENERATED = Grid(
    before=("CREATE SEQUENCE s",),
    declared=[
        f"{each}, b int"
        for each in (
            *("a int", "a int NOT NULL", "a serial", "a bigserial", "a smallserial"),
            *("a int PRIMARY KEY", "a serial PRIMARY KEY", "a bigserial PRIMARY KEY"),
            "a int DEFAULT nextval('s') PRIMARY KEY",
            "a int DEFAULT 7 PRIMARY KEY",
            "a int GENERATED BY DEFAULT AS IDENTITY",
            "a int GENERATED ALWAYS AS IDENTITY",
            "a bigint GENERATED ALWAYS AS IDENTITY",
            "a int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
            "a int GENERATED BY DEFAULT AS IDENTITY (START 5 INCREMENT 2)",
            "a int GENERATED BY DEFAULT AS IDENTITY (MINVALUE -5 MAXVALUE 9 CYCLE)",
            "a int GENERATED BY DEFAULT AS IDENTITY (CACHE 7)",
            "a int GENERATED BY DEFAULT AS IDENTITY (INCREMENT -1)",
            "a int GENERATED ALWAYS AS (b + 1) STORED",
            "a int GENERATED ALWAYS AS (b + 2) STORED",
            "a int GENERATED ALWAYS AS (abs(b)) STORED",
        )
    ],
    wanted=[
        *(column(Integer), column(Integer, nullable=False)),
        *(column(sa.BigInteger), column(sa.SmallInteger, nullable=False)),
        *(column(type_, primary_key=True) for type_ in (Integer, sa.BigInteger)),
        column(Integer, primary_key=True, autoincrement=False),
        column(Integer, primary_key=True, server_default="7"),
        lambda t: [Column("a", Integer, sa.Sequence("s"), primary_key=True)],
        *(
            column(Integer, Identity(**options), **kw)
            for kw in ({}, {"primary_key": True})
            for options in (
                *({}, {"always": True}, {"start": 5}, {"start": 5, "increment": 2}),
                *({"start": 1}, {"minvalue": -5, "maxvalue": 9, "cycle": True}),
                *({"maxvalue": 9}, {"cache": 7}, {"cache": 1}, {"increment": -1}),
                *({"cycle": False}, {"nominvalue": True}, {"nomaxvalue": True}),
                {"minvalue": 1},
            )
        ),
        column(sa.BigInteger, Identity(always=True)),
        *(
            column(Integer, Computed(text, persisted=persisted))
            for text in ("b + 1", "B+1", "(b + 1)", "b + 2", "abs(b)")
            for persisted in (True, None)
        ),
    ],
    opts={"compare_server_default": True},
    also=lambda t: [Column("b", Integer)],
)

# --- PostgreSQL: indexes and constraints --------------------------------------------


def indexed(*elements: Any, **options: Any) -> Items:
    return lambda t: [Index(f"{t}_i", *elements, **options)]


PG_INDEXES = Grid(
    before=('CREATE COLLATION "my" FROM "C"',),
    declared=[
        f"a text, b int, c int{each}"
        for each in (
            "",
            ", CONSTRAINT {t}_i UNIQUE (a)",
            ", CONSTRAINT {t}_i UNIQUE (a, b)",
            ", CONSTRAINT {t}_i UNIQUE (b, a)",
            ", CONSTRAINT {t}_i UNIQUE (a) INCLUDE (b)",
            ", CONSTRAINT {t}_i UNIQUE (a) DEFERRABLE INITIALLY DEFERRED",
            ", CONSTRAINT {t}_i EXCLUDE USING btree (a WITH =)",
            *(
                f"; CREATE {kind} {{t}}_i ON {{t}} {rest}"
                for kind in ("INDEX", "UNIQUE INDEX")
                for rest in (
                    *("(a)", "(a, b)", "(b, a)", "(a) INCLUDE (b)", "(a DESC)"),
                    *("(a NULLS FIRST)", "(a DESC NULLS LAST)", "(a, b DESC)"),
                    *("(a) WHERE b > 0", "(lower(a))", "(lower(a), b)"),
                    *("(a text_pattern_ops)", '(a COLLATE "my")', "((b + c))"),
                    *("(a) WITH (fillfactor = 50)", "(upper(a) DESC)"),
                )
            ),
            "; CREATE INDEX {t}_i ON {t} USING hash (a)",
            "; CREATE INDEX {t}_i ON {t} (a); CREATE INDEX {t}_j ON {t} (a)",
            "; CREATE INDEX {t}_i ON {t} (a); UPDATE pg_index SET indisvalid = false"
            " WHERE indexrelid = '{t}_i'::regclass",
            "; CREATE INDEX {t}_i ON {t} (a); UPDATE pg_index SET indislive = false"
            " WHERE indexrelid = '{t}_i'::regclass",
        )
    ],
    wanted=[
        nothing,
        *(lambda t: [UniqueConstraint("a", name=f"{t}_i")],),
        lambda t: [UniqueConstraint("a")],
        lambda t: [UniqueConstraint("a", "b", name=f"{t}_i")],
        lambda t: [UniqueConstraint("b", "a", name=f"{t}_i")],
        lambda t: [UniqueConstraint("b", "a")],
        lambda t: [UniqueConstraint("a", name=f"{t}_i", postgresql_include=["b"])],
        lambda t: [UniqueConstraint("a", name=f"{t}_i", deferrable=True)],
        lambda t: [pg.ExcludeConstraint(("a", "="), using="btree", name=f"{t}_i")],
        *(
            indexed(*elements, **options, **unique)
            for unique in ({}, {"unique": True})
            for elements, options in (
                *((("a",), {}), (("a", "b"), {}), (("b", "a"), {})),
                (("a",), {"postgresql_include": ["b"]}),
                (("a",), {"postgresql_where": sa.text("b > 0")}),
                (("a",), {"postgresql_where": sa.text("b > 1")}),
                (("a",), {"postgresql_using": "hash"}),
                (("a",), {"postgresql_ops": {"a": "text_pattern_ops"}}),
                (("a",), {"postgresql_with": {"fillfactor": 50}}),
                ((sa.text("a DESC"),), {}),
                ((sa.desc("a"),), {}),
                ((sa.nulls_first(sa.column("a")),), {}),
                ((sa.nulls_last(sa.desc("a")),), {}),
                (("a", sa.desc("b")), {}),
                ((sa.text("lower(a)"),), {}),
                ((sa.text("lower(A)"),), {}),
                ((sa.func.lower(sa.column("a")), "b"), {}),
                ((sa.text("upper(a)"),), {}),
                ((sa.text("(b + c)"),), {}),
                ((sa.text("b + c"),), {}),
                ((sa.text('a COLLATE "my"'),), {}),
                ((sa.text("a text_pattern_ops"),), {}),
            )
        ),
        lambda t: [Index(f"{t}_j", "a"), Index(f"{t}_i", "a")],
        lambda t: [Index(f"{t}_i", "a"), UniqueConstraint("a", name=f"{t}_u")],
    ],
    also=lambda t: [Column("a", Text), Column("b", Integer), Column("c", Integer)],
)
PG_NULLS_NOT_DISTINCT = Grid(
    declared=[
        "a int, CONSTRAINT {t}_i UNIQUE (a)",
        "a int, CONSTRAINT {t}_i UNIQUE NULLS NOT DISTINCT (a)",
        "a int; CREATE UNIQUE INDEX {t}_i ON {t} (a)",
        "a int; CREATE UNIQUE INDEX {t}_i ON {t} (a) NULLS NOT DISTINCT",
        "a int; CREATE INDEX {t}_i ON {t} (a)",
    ],
    wanted=[
        make
        for option in (None, False, True)
        for make in (
            lambda t, option=option: [
                UniqueConstraint(
                    "a", name=f"{t}_i", postgresql_nulls_not_distinct=option
                )
            ],
            lambda t, option=option: [
                UniqueConstraint("a", postgresql_nulls_not_distinct=option)
            ],
            indexed("a", unique=True, postgresql_nulls_not_distinct=option),
            indexed("a", postgresql_nulls_not_distinct=option),
        )
    ],
    also=lambda t: [Column("a", Integer)],
)


def referring(target: str = "p.id", *columns: str, **options: Any) -> Items:
    names = columns or ("a",)

    def make(t: str) -> list[Any]:
        targets = target.replace("{t}", t).split(",")
        name = options.get("name")
        named = {**options, "name": name and name.replace("{t}", t)}
        return [sa.ForeignKeyConstraint(names, targets, **named)]

    return make


KEYS_WANTED: list[Items] = [
    nothing,
    *(referring(), referring(name="{t}_f"), referring(name="{t}_g")),
    *(referring("p.code"), referring("q.id"), referring("{t}.id")),
    *(referring("p.id", "b"), referring("r.x,r.y", "a", "b")),
    *(referring("r.y,r.x", "b", "a"), referring("r.x,r.y", "b", "a")),
    *(
        referring(**{name: value})
        for name in ("ondelete", "onupdate")
        for value in ("CASCADE", "cascade", "NO ACTION", "RESTRICT", "SET NULL")
    ),
    referring(ondelete="SET NULL (a)"),
    referring(ondelete="CASCADE", onupdate="SET DEFAULT"),
    *(referring(deferrable=value) for value in (True, False)),
    *(referring(deferrable=True, initially=x) for x in ("DEFERRED", "IMMEDIATE")),
    *(referring(initially="DEFERRED"), referring(match="FULL")),
    lambda t: [
        sa.ForeignKeyConstraint(["a"], ["p.id"]),
        sa.ForeignKeyConstraint(["a"], ["q.id"]),
    ],
]
KEYS_DECLARED = [
    "",
    *(
        f", CONSTRAINT {{t}}_f FOREIGN KEY ({columns}) REFERENCES {target} {rest}"
        for columns, target, rest in (
            *(("a", "p (id)", ""), ("a", "p (code)", ""), ("a", "q (id)", "")),
            *(("a", "{t} (id)", ""), ("b", "p (id)", ""), ("a, b", "r (x, y)", "")),
            *(("b, a", "r (x, y)", ""), ("b, a", "r (y, x)", "")),
            *(
                ("a", "p (id)", f"ON {event} {action}")
                for event in ("DELETE", "UPDATE")
                for action in ("CASCADE", "NO ACTION", "RESTRICT", "SET NULL")
            ),
            ("a", "p (id)", "ON DELETE CASCADE ON UPDATE SET DEFAULT"),
            *(("a", "p (id)", "DEFERRABLE"), ("a", "p (id)", "MATCH FULL")),
            ("a", "p (id)", "DEFERRABLE INITIALLY DEFERRED"),
            ("a", "p (id)", "DEFERRABLE INITIALLY IMMEDIATE"),
        )
    ),
    ", CONSTRAINT {t}_f FOREIGN KEY (a) REFERENCES p (id)"
    ", CONSTRAINT {t}_g FOREIGN KEY (a) REFERENCES p (id)",
    ", CONSTRAINT {t}_f FOREIGN KEY (a) REFERENCES p (id)"
    ", CONSTRAINT {t}_g FOREIGN KEY (a) REFERENCES q (id)",
]
KEY_COLUMNS = "id int NOT NULL PRIMARY KEY, a int, b int"


def key_columns(t: str) -> list[Any]:
    return [
        Column("id", Integer, primary_key=True),
        Column("a", Integer),
        Column("b", Integer),
    ]


TARGETS = (
    "CREATE TABLE p (id int PRIMARY KEY, code int UNIQUE)",
    "CREATE TABLE q (id int PRIMARY KEY)",
    "CREATE TABLE r (x int, y int, PRIMARY KEY (x, y), UNIQUE (y, x))",
)


def targets(metadata: MetaData) -> None:
    Table(
        "p",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("code", Integer, unique=True),
    )
    Table("q", metadata, Column("id", Integer, primary_key=True))
    Table(
        "r",
        metadata,
        Column("x", Integer, primary_key=True),
        Column("y", Integer, primary_key=True),
        UniqueConstraint("y", "x"),
    )


PG_KEYS = Grid(
    before=TARGETS,
    declared=[
        *(KEY_COLUMNS + each for each in KEYS_DECLARED),
        f"{KEY_COLUMNS}, CONSTRAINT {{t}}_f FOREIGN KEY (a) REFERENCES p"
        " ON DELETE SET NULL (a)",
        f"{KEY_COLUMNS}; ALTER TABLE {{t}} ADD CONSTRAINT {{t}}_f"
        " FOREIGN KEY (a) REFERENCES p NOT VALID",
    ],
    wanted=KEYS_WANTED,
    also=key_columns,
)

# --- columns ------------------------------------------------------------------------

COLUMNS_WANTED: list[Items] = [
    lambda t: [Column("a", Integer), Column("b", Integer)],
    lambda t: [Column("b", Integer), Column("a", Integer)],
    lambda t: [Column("a", Integer, key="b"), Column("b", Integer, key="a")],
    lambda t: [Column("a", Integer)],
    lambda t: [Column("A", Integer), Column("b", Integer)],
    lambda t: [Column(quoted_name("A", quote=False), Integer), Column("b", Integer)],
    lambda t: [Column(quoted_name("a", quote=True), Integer), Column("b", Integer)],
    lambda t: [Column("a", Integer, primary_key=True), Column("b", Integer)],
    lambda t: [
        Column("a", Integer, primary_key=True, nullable=True),
        Column("b", Integer),
    ],
    lambda t: [Column("a", Integer, nullable=False), Column("b", Integer)],
    lambda t: [Column("a", Integer, system=True), Column("b", Integer)],
    lambda t: [Column("a", Integer, comment="x"), Column("b", Integer)],
    lambda t: [Column("a", Integer, comment=""), Column("b", Integer)],
    lambda t: [Column("a", Integer, unique=True), Column("b", Integer)],
    lambda t: [Column("a", Integer, index=True), Column("b", Integer)],
    lambda t: [Column("a", Integer, default=5), Column("b", Integer)],
    lambda t: [
        Column("a", Integer, primary_key=True),
        Column("b", Integer, primary_key=True),
    ],
    lambda t: [
        Column("a", Integer, sa.CheckConstraint("a > 0", name=f"{t}_c")),
        Column("b", Integer),
    ],
    lambda t: [Column("a", Integer), Column("b", Integer), {"comment": "x"}],
    lambda t: [Column("a", Integer), Column("b", Integer), {"comment": ""}],
    lambda t: [Column("a", Integer), Column("b", Integer), {"prefixes": ["UNLOGGED"]}],
]
COLUMNS = [
    *("a int, b int", "b int, a int", "a int", "a int, b int, c int"),
    *('"A" int, b int', "a int PRIMARY KEY, b int", "a int NOT NULL, b int"),
    *("a int, b int, PRIMARY KEY (a, b)", "a int, b int, PRIMARY KEY (b, a)"),
    *("a int UNIQUE, b int", "a int, b int, CONSTRAINT {t}_c CHECK (a > 0)"),
    *("a int, b int CHECK (b > 0)", "a int; CREATE INDEX ix_{t}_a ON {t} (a)"),
    "a int, b int; CREATE INDEX ix_{t}_a ON {t} (a)",
    "a int, b int; ALTER TABLE {t} RENAME b TO c; ALTER TABLE {t} RENAME c TO b",
]
PG_COLUMNS = Grid(
    declared=[
        *COLUMNS,
        "a int, b int; COMMENT ON COLUMN {t}.a IS 'x'",
        "a int, b int; COMMENT ON COLUMN {t}.b IS 'x'",
        "a int, b int; COMMENT ON TABLE {t} IS 'x'",
        "a int, b int; COMMENT ON TABLE {t} IS ''",
        "a int, c int, b int; ALTER TABLE {t} DROP c",
        "a int, b int; ALTER TABLE {t} ENABLE ROW LEVEL SECURITY",
        "LIKE base",
        ") INHERITS (base",
    ],
    before=("CREATE TABLE base (a int, b int)",),
    wanted=COLUMNS_WANTED,
)

# --- named checks -------------------------------------------------------------------


def checked(*checks: tuple[str, str | None]) -> Items:
    return lambda t: [
        sa.CheckConstraint(text, name=name and name.replace("{t}", t))
        for text, name in checks
    ]


CHECKS = Grid(
    declared=[
        f"a int, b boolean, c text{each}"
        for each in (
            *("", ", CHECK (a > 0)", ", CONSTRAINT {t}_c CHECK (a > 0)"),
            *(", CONSTRAINT {t}_c CHECK (a > 1)", ", CONSTRAINT {t}_d CHECK (a > 0)"),
            ", CONSTRAINT {t}_c CHECK (a > 0), CONSTRAINT {t}_d CHECK (a > 0)",
            ", CONSTRAINT {t}_c CHECK (a > 0), CHECK (b)",
            ', CONSTRAINT "{t}_C" CHECK (a > 0)',
            ", CONSTRAINT {t}_c CHECK (c in ('x', 'y'))",
        )
    ],
    wanted=[
        nothing,
        *(checked(("a > 0", name)) for name in (None, "{t}_c", "{t}_d", "{t}_C")),
        checked(("a > 1", "{t}_c")),
        checked(("a > 0", "{t}_c"), ("a > 0", "{t}_d")),
        checked(("a > 0", "{t}_c"), ("b", None)),
        checked(("c in ('x', 'y')", "{t}_c")),
        lambda t: [
            Column(
                "c",
                sa.Enum(
                    *("x", "y"),
                    name=f"{t}_c",
                    native_enum=False,
                    create_constraint=True,
                ),
            )
        ],
        lambda t: [
            Column("b", sa.Boolean(create_constraint=True, name=f"{t}_c")),
        ],
        lambda t: [Column("a", Integer, sa.CheckConstraint("a > 0", name=f"{t}_c"))],
    ],
    also=lambda t: [Column("a", Integer), Column("b", sa.Boolean), Column("c", Text)],
)

# --- SQLite -------------------------------------------------------------------------

LITE_TYPES = Grid(
    declared=[
        f"a {each}"
        for each in (
            *("", "INTEGER", "INT", "BIGINT", "SMALLINT", "UNSIGNED BIG INT", "TEXT"),
            *(
                "VARCHAR",
                "VARCHAR(30)",
                "VARCHAR(31)",
                "varchar(30)",
                "CHAR(3)",
                "CLOB",
            ),
            *("NVARCHAR(30)", "NUMERIC", "NUMERIC(10)", "NUMERIC(10, 2)", "BLOB"),
            *("NUMERIC(10,2)", "DECIMAL(10, 2)", "FLOAT", "REAL", "DOUBLE", "BOOLEAN"),
            *("DOUBLE PRECISION", "DATE", "TIME", "DATETIME", "TIMESTAMP", "JSON"),
            *("CHAR(32)", "UUID", "anything", '"quoted type"'),
            *(
                "TEXT COLLATE nocase",
                "VARCHAR (30)",
                "VARCHAR( 30 )",
                "NUMERIC(10,\t2)",
                "LONG VARCHAR",
                "BINARY(3)",
                "LONG  VARCHAR(9)",
            ),
        )
    ],
    wanted=[
        column(each)
        for each in (
            *(Integer, sa.INTEGER, sa.BigInteger, sa.SmallInteger, Text, String),
            *(String(30), String(31), sa.Unicode(30), sa.CHAR(3), sa.CHAR(32)),
            *(sa.Numeric, sa.Numeric(10), sa.Numeric(10, 2), sa.DECIMAL(10, 2)),
            *(sa.Float, sa.Float(53), sa.REAL, sa.Double, sa.Boolean, sa.Date, sa.Time),
            *(sa.DateTime, sa.DateTime(timezone=True), sa.TIMESTAMP, sa.LargeBinary),
            *(sa.JSON, sa.Uuid, sa.Interval, sa.PickleType, sa.types.NullType),
            *(sa.Enum("x", "yy"), sa.Enum("x", native_enum=False), lite.DATETIME),
            *(sa.Text(collation="nocase"), sa.String(30, collation="nocase")),
            *(sa.BINARY(3), sa.BLOB, sa.CLOB, sa.NVARCHAR(30), sa.VARCHAR),
            *(lambda: _decorated(sa.String(30)), lambda: _decorated(Text())),
            sa.BigInteger().with_variant(Integer, "sqlite"),
        )
    ],
)
LITE_DEFAULTS = Grid(
    declared=[
        f"a {type_} {each}"
        for type_ in ("TEXT", "INTEGER", "BOOLEAN", "DATETIME")
        for each in (
            *("", "DEFAULT 'x'", "DEFAULT ''", "DEFAULT NULL", "DEFAULT 'it''s'"),
            *("DEFAULT 0", "DEFAULT '0'", "DEFAULT (0)", "DEFAULT -1", "DEFAULT +1"),
            *("DEFAULT 1.50", "DEFAULT CURRENT_TIMESTAMP", "DEFAULT (1 + 1)"),
            *("DEFAULT (CURRENT_TIMESTAMP)", "DEFAULT true", "DEFAULT 1"),
            *("DEFAULT (lower('X'))", "DEFAULT 'a b'", "DEFAULT current_timestamp"),
        )
    ],
    wanted=[
        *defaulted(
            Text,
            *(None, "x", "", "it's", "'x'", "NULL", "a b", sa.text("'x'"), sa.null()),
            *(sa.text("NULL"), sa.text("(lower('X'))"), sa.func.lower("X")),
        ),
        *defaulted(Integer, None, "0", "1", "-1", sa.text("0"), sa.text("(0)")),
        *defaulted(Integer, sa.text("'0'"), sa.text("(1 + 1)"), sa.text("1.5")),
        *defaulted(sa.Boolean, None, sa.true(), sa.false(), "1", sa.text("true")),
        *defaulted(
            sa.DateTime,
            *(None, sa.func.now(), sa.func.current_timestamp(), "CURRENT_TIMESTAMP"),
            *(sa.text("CURRENT_TIMESTAMP"), sa.text("(CURRENT_TIMESTAMP)")),
        ),
    ],
    opts={"compare_server_default": True},
)
LITE_GENERATED = Grid(
    declared=[
        f"{each}, b INTEGER"
        for each in (
            *("a INTEGER", "a INTEGER PRIMARY KEY", "a INT PRIMARY KEY"),
            *("a INTEGER PRIMARY KEY AUTOINCREMENT", "a INTEGER NOT NULL PRIMARY KEY"),
            "a INTEGER GENERATED ALWAYS AS (b + 1)",
            "a INTEGER AS (b + 1) STORED",
            "a INTEGER AS (b + 2) VIRTUAL",
        )
    ],
    wanted=[
        *(column(Integer), column(Integer, primary_key=True)),
        column(Integer, primary_key=True, autoincrement=False),
        column(Integer, primary_key=True, nullable=True),
        column(Integer, Identity(), primary_key=True),
        *(column(Integer, Computed(x)) for x in ("b + 1", "b+1", "b + 2")),
        column(Integer, Computed("b + 1", persisted=True)),
    ],
    opts={"compare_server_default": True},
    also=lambda t: [Column("b", Integer)],
)
LITE_INDEXES = Grid(
    declared=[
        f"a TEXT, b INTEGER, c INTEGER{each}"
        for each in (
            "",
            ", CONSTRAINT {t}_i UNIQUE (a)",
            ", UNIQUE (a)",
            ", UNIQUE (a), UNIQUE (a)",
            ", CONSTRAINT {t}_i UNIQUE (a, b)",
            ", CONSTRAINT {t}_i UNIQUE (b, a)",
            ", UNIQUE (a) ON CONFLICT IGNORE",
            ", UNIQUE (a COLLATE nocase)",
            *(
                f"; CREATE {kind} {{t}}_i ON {{t}} {rest}"
                for kind in ("INDEX", "UNIQUE INDEX")
                for rest in (
                    *("(a)", "(a, b)", "(b, a)", "(a DESC)", "(a COLLATE nocase)"),
                    *("(a) WHERE b > 0", "(lower(a))", "(a, lower(a))", "(a ASC)"),
                )
            ),
            "; CREATE INDEX {t}_i ON {t} (a); CREATE INDEX {t}_j ON {t} (a)",
        )
    ],
    wanted=[
        nothing,
        lambda t: [UniqueConstraint("a", name=f"{t}_i")],
        lambda t: [UniqueConstraint("a")],
        lambda t: [UniqueConstraint("a"), UniqueConstraint("a", name=f"{t}_i")],
        lambda t: [UniqueConstraint("a", "b", name=f"{t}_i")],
        lambda t: [UniqueConstraint("b", "a")],
        lambda t: [UniqueConstraint("a", sqlite_on_conflict="IGNORE")],
        *(
            indexed(*elements, **options, **unique)
            for unique in ({}, {"unique": True})
            for elements, options in (
                *((("a",), {}), (("a", "b"), {}), (("b", "a"), {})),
                (("a",), {"sqlite_where": sa.text("b > 0")}),
                *(((sa.text("a DESC"),), {}), ((sa.text("lower(a)"),), {})),
                (("a", sa.text("lower(a)")), {}),
            )
        ),
        lambda t: [Index(f"{t}_j", "a"), Index(f"{t}_i", "a")],
    ],
    also=lambda t: [Column("a", Text), Column("b", Integer), Column("c", Integer)],
)
LITE_KEYS = Grid(
    before=TARGETS,
    declared=[
        *(KEY_COLUMNS + each for each in KEYS_DECLARED),
        "id int NOT NULL PRIMARY KEY, a int REFERENCES p, b int",
        "id int NOT NULL PRIMARY KEY, a int REFERENCES p (id), b int",
        "id int NOT NULL PRIMARY KEY,"
        ' a int REFERENCES "p" ("id") ON DELETE CASCADE, b int',
        "id int NOT NULL PRIMARY KEY, a int CONSTRAINT {t}_f REFERENCES p (id), b int",
        f"{KEY_COLUMNS}, foreign key (a) references P (ID)",
        f"{KEY_COLUMNS}, FOREIGN KEY (a) REFERENCES p (id) NOT DEFERRABLE",
    ],
    wanted=KEYS_WANTED,
    also=key_columns,
)
LITE_COLUMNS = Grid(
    declared=[
        *COLUMNS,
        *("a int, b int) WITHOUT ROWID --", "a int, b int /* comment */"),
        *("a int, b int) STRICT --", "'a' int, [b] int", "`a` int, b int -- x\n"),
        "a int PRIMARY KEY, b int) WITHOUT ROWID --",
        "a int; ALTER TABLE {t} ADD COLUMN b int",
    ],
    wanted=COLUMNS_WANTED,
)

POSTGRESQL = {
    "types": PG_TYPES,
    "defaults of texts": PG_TEXT_DEFAULTS,
    "defaults of integers": PG_INTEGER_DEFAULTS,
    "defaults of numbers": PG_NUMERIC_DEFAULTS,
    **{
        f"defaults of {type_}": Grid(
            before=("CREATE TYPE e AS ENUM ('x', 'y')",),
            declared=[f"a {type_} {each}" for each in declared],
            wanted=wanted,
            opts={"compare_server_default": True},
        )
        for type_, (declared, wanted) in PG_OTHER_DEFAULTS.items()
    },
    "generated": PG_GENERATED,
    "indexes": PG_INDEXES,
    "nulls not distinct": PG_NULLS_NOT_DISTINCT,
    "foreign keys": PG_KEYS,
    "columns": PG_COLUMNS,
    "checks": CHECKS,
}
SQLITE = {
    "types": LITE_TYPES,
    "defaults": LITE_DEFAULTS,
    "generated": LITE_GENERATED,
    "indexes": LITE_INDEXES,
    "foreign keys": LITE_KEYS,
    "columns": LITE_COLUMNS,
    "checks": CHECKS,
}
