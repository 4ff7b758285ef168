"""Operations of every kind and shape, as material for tests of rendering.

A case is a function that makes a new operation with the `ops` module it is given, ours
or upstream's.  It makes everything anew each time: schema constructs remember where
they were used.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Enum,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    String,
    Table,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects import mssql, mysql, oracle, sqlite
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.sql.elements import conv, quoted_name

Case: TypeAlias = Callable[[Any], Any]

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Colour(enum.Enum):
    red = "r"
    blue = "b"


class UserType(sa.types.UserDefinedType[Any]):
    cache_ok = True

    def __init__(self, size: int = 3) -> None:
        self.size = size


class Decorated(sa.types.TypeDecorator[str]):
    impl = String
    cache_ok = True


class DecoratedWithRepr(Decorated):
    def __repr__(self) -> str:
        return "DecoratedWithRepr(custom)"


class SubString(String):
    pass


class SubArray(pg.ARRAY[Any]):
    pass


TYPES: dict[str, Callable[[], Any]] = {
    "integer": Integer,
    "string": lambda: String(5),
    "collated": lambda: String(5, collation="it's"),
    "numeric": lambda: sa.Numeric(10, 2, asdecimal=False),
    "float": lambda: sa.Float(53),
    "boolean": Boolean,
    "datetime": lambda: DateTime(timezone=True),
    "interval": sa.Interval,
    "uuid": lambda: sa.Uuid(as_uuid=False),
    "json": lambda: sa.JSON(none_as_null=True),
    "binary": lambda: sa.LargeBinary(5),
    "pickle": sa.PickleType,
    "null": sa.types.NullType,
    "enum": lambda: Enum("it's", 'say "x"', "a\\b", "n\nl", "{x}%(y)s", name="e"),
    "enum class": lambda: Enum(Colour, schema="s", native_enum=False, length=30),
    "array": lambda: ARRAY(Integer),
    "array options": lambda: ARRAY(String(5), dimensions=2, as_tuple=True),
    "array of enum": lambda: ARRAY(Enum("a", "b", name="e")),
    "array of user type": lambda: ARRAY(UserType(5)),
    "pg array": lambda: pg.ARRAY(Integer),
    "pg array of jsonb": lambda: pg.ARRAY(pg.JSONB),
    "pg array of user type": lambda: pg.ARRAY(UserType()),
    "pg array of variant": lambda: pg.ARRAY(
        String().with_variant(mysql.VARCHAR(3), "mysql")
    ),
    "pg array subclass": lambda: SubArray(Integer),
    "pg json": pg.JSON,
    "pg jsonb": lambda: pg.JSONB(none_as_null=True, astext_type=String(4)),
    "pg hstore": lambda: pg.HSTORE(text_type=pg.BYTEA()),
    "pg enum": lambda: pg.ENUM("a", "b", name="e", create_type=False, schema="x"),
    "pg uuid": lambda: pg.UUID(as_uuid=False),
    "pg interval": lambda: pg.INTERVAL(fields="DAY", precision=3),
    "pg timestamp": lambda: pg.TIMESTAMP(precision=3, timezone=True),
    "pg domain": lambda: pg.DOMAIN("dd", Integer, check="VALUE > 3"),
    "pg range": pg.INT4RANGE,
    "mysql integer": lambda: mysql.INTEGER(display_width=11, unsigned=True),
    "mysql enum": lambda: mysql.ENUM("a", "b'c", charset="utf8"),
    "mysql set": lambda: mysql.SET("a", "b"),
    "mysql numeric": lambda: mysql.NUMERIC(5, 2, unsigned=True, zerofill=True),
    # SQLAlchemy leaves these three untyped, so that no typed lambda may call them.
    "mssql": partial(mssql.VARBINARY, "max", filestream=True),
    "oracle": partial(oracle.NUMBER, 5, 2),
    "sqlite": partial(sqlite.DATETIME, truncate_microseconds=True),
    "user type": UserType,
    "user type options": lambda: UserType(5),
    "decorator": lambda: Decorated(5),
    "decorator with repr": DecoratedWithRepr,
    "subclass": lambda: SubString(7),
    "variants": lambda: (
        String(5)
        .with_variant(mysql.VARCHAR(10, charset="x"), "mysql")
        .with_variant(sa.CHAR(15), "oracle", "mssql")
    ),
    "variant of user type": lambda: UserType().with_variant(UserType(7), "sqlite"),
    "variant of enum": lambda: Enum("a", name="e").with_variant(String(5), "mysql"),
    "variant of array": lambda: ARRAY(Integer).with_variant(sa.JSON(), "sqlite"),
    "variant of jsonb": lambda: pg.JSONB().with_variant(sa.JSON(), "sqlite"),
    "variant as array": lambda: Integer().with_variant(pg.ARRAY(Integer), "postgresql"),
}

COLUMNS: dict[str, Callable[[], Column[Any]]] = {
    "plain": lambda: Column("x", Integer),
    "primary key": lambda: Column("x", Integer, primary_key=True),
    "not null": lambda: Column("x", String(5), nullable=False),
    "default string": lambda: Column("x", String, server_default="it's"),
    "default quoted": lambda: Column("x", String, server_default="'quoted'"),
    "default empty": lambda: Column("x", String, server_default=""),
    "default text": lambda: Column(
        "x", String, server_default=text("'it''s :x \\:y %'")
    ),
    "default function": lambda: Column("x", DateTime, server_default=func.now()),
    "default call": lambda: Column(
        "x", DateTime, server_default=func.foo("a", 5, sa.column("z"))
    ),
    "default true": lambda: Column("x", Boolean, server_default=sa.true()),
    "default literal": lambda: Column("x", Integer, server_default=sa.literal(5)),
    "default cast": lambda: Column("x", String, server_default=sa.cast("a", String)),
    "default sequence": lambda: Column(
        "x", Integer, server_default=Sequence("sq", schema="s").next_value()
    ),
    "fetched": lambda: Column("x", Integer, server_default=FetchedValue()),
    "computed": lambda: Column("x", Integer, Computed("a + b")),
    "computed stored": lambda: Column(
        "x", Integer, Computed(sa.column("a") + 5, persisted=True)
    ),
    "identity": lambda: Column("x", Integer, Identity()),
    "identity options": lambda: Column(
        "x",
        Integer,
        Identity(always=True, start=3, minvalue=1, maxvalue=9, cycle=True, cache=5),
    ),
    "autoincrement": lambda: Column("x", Integer, autoincrement=True),
    "no autoincrement": lambda: Column(
        "x", Integer, primary_key=True, autoincrement=False
    ),
    "system": lambda: Column("x", Integer, system=True),
    "comment": lambda: Column("x", Integer, comment='it\'s "q" \n {x} %s'),
    "key": lambda: Column("x", Integer, key="y"),
    "quoted": lambda: Column(quoted_name("X", True), Integer),
    "indexed": lambda: Column("x", Integer, unique=True, index=True),
    "dialect": lambda: Column("x", Integer, sqlite_on_conflict_not_null="FAIL"),
    "foreign key": lambda: Column("x", Integer, ForeignKey("a.b")),
    "hostile name": lambda: Column('na\'me "q" \\ \n', Integer),
}

CONSTRAINTS: dict[str, Callable[[], Any]] = {
    "unique": lambda: UniqueConstraint("a", "b"),
    "unique named": lambda: UniqueConstraint("a", name="n"),
    "unique final name": lambda: UniqueConstraint("a", name=conv("n")),
    "unique by key": lambda: UniqueConstraint("ckey", name=quoted_name("N", True)),
    "unique deferrable": lambda: UniqueConstraint(
        "a", deferrable=True, initially="DEFERRED", name="n"
    ),
    "unique dialect": lambda: UniqueConstraint(
        "a", postgresql_nulls_not_distinct=True, postgresql_include=["b"]
    ),
    "check": lambda: CheckConstraint("b = 'it''s' and \"x\" = :y", name="n"),
    "check named": lambda: CheckConstraint(sa.column("a") > 5, name="n"),
    "check percent": lambda: CheckConstraint("a % 5 = 0 and b like '%%x'", name="n"),
    "check string": lambda: CheckConstraint(sa.column("b") == "x\\y'z%", name="n"),
    "check in": lambda: CheckConstraint(sa.column("a").in_([1, 2]), name="n"),
    "foreign key self": lambda: ForeignKeyConstraint(["a"], ["t.id"]),
    "foreign key by key": lambda: ForeignKeyConstraint(["a"], ["t.ckey"]),
    "foreign key options": lambda: ForeignKeyConstraint(
        ["a", "ckey"],
        ["t.id", "t.ckey"],
        name="n",
        ondelete="CASCADE",
        onupdate="SET NULL",
        deferrable=True,
        initially="DEFERRED",
        match="FULL",
        use_alter=True,
    ),
    "primary key": lambda: PrimaryKeyConstraint("id", "a", name="n"),
    "exclude": lambda: pg.ExcludeConstraint(
        (sa.column("a"), "="),
        ("b", "&&"),
        name="n",
        where=text("a > 5"),
        deferrable=True,
        initially="DEFERRED",
    ),
    "exclude expressions": lambda: pg.ExcludeConstraint(
        (text("a+1"), "="),
        (func.foo(sa.column("a"), 5), "&&"),
        (sa.literal_column("a || 'x'"), "="),
        (sa.cast(sa.column("a"), String), "="),
        where="a != 'it''s'",
        using="btree",
    ),
}
# Their target is not among the tables, which directives on existing tables need.
INLINE_CONSTRAINTS: dict[str, Callable[[], Any]] = {
    "foreign key": lambda: ForeignKeyConstraint(["a"], ["q.x"]),
    "foreign key schema": lambda: ForeignKeyConstraint(["a"], ["s.q.x"], name="n"),
    "foreign key database": lambda: ForeignKeyConstraint(["a"], ["db.s.q.x"], name="n"),
    "foreign key bad": lambda: ForeignKeyConstraint(["a"], ["q.nope"]),
}

INDEXES: dict[str, Callable[[Table], Index]] = {
    "plain": lambda t: Index("ix", t.c.a),
    "unique": lambda t: Index("ix", t.c.a, t.c.b, unique=True),
    "unnamed": lambda t: Index(None, t.c.a, text("a + 1")),
    "final name": lambda t: Index(conv("ix"), t.c.ckey),
    "function": lambda t: Index("ix", func.lower(t.c.b)),
    "order": lambda t: Index("ix", t.c.a.desc().nulls_last(), t.c.b),
    "label": lambda t: Index("ix", (t.c.a + 5).label("l'x"), t.c.b.label("z")),
    "operators": lambda t: Index("ix", -t.c.a, t.c.b.concat("x'y\\z%")),
    "collation": lambda t: Index("ix", t.c.b.collate("C")),
    "cast": lambda t: Index("ix", sa.cast(t.c.a, String(5))),
    "postgresql": lambda t: Index(
        "ix",
        t.c.a,
        postgresql_where=(t.c.a > 5),
        postgresql_using="gin",
        postgresql_ops={"a": "x"},
        postgresql_include=[t.c.b, t.c.ckey],
        postgresql_with={"fillfactor": 50},
        postgresql_concurrently=True,
        postgresql_nulls_not_distinct=True,
    ),
    "include": lambda t: Index("ix", t.c.a, postgresql_include=(t.c.b,)),
    "include mixed": lambda t: Index(
        "ix", t.c.a, postgresql_include=[text("x"), "y", [t.c.a]]
    ),
    "where": lambda t: Index(
        "ix", t.c.a, postgresql_where=text("b = 'x''y'"), sqlite_where=text("a > 5")
    ),
    "where none": lambda t: Index("ix", t.c.a, postgresql_where=None),
    "mysql": lambda t: Index("ix", t.c.a, mysql_length={"a": 5}, mysql_prefix="F"),
    "mssql": lambda t: Index("ix", t.c.a, mssql_where=(t.c.b == "x")),
    "oracle": lambda t: Index("ix", t.c.a, oracle_compress=1, oracle_bitmap=True),
}

METADATA: dict[str, Callable[[], MetaData]] = {
    "": MetaData,
    " conventions": lambda: MetaData(naming_convention=NAMING),
    " schema": lambda: MetaData(schema="sch"),
}


def base_table(metadata: MetaData, *items: Any, **options: Any) -> Table:
    return Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a", Integer),
        Column("b", String),
        Column("ck", Integer, key="ckey"),
        *items,
        **options,
    )


def _with(op: Any, **attributes: Any) -> Any:
    for name, value in attributes.items():
        setattr(op, name, value)
    return op


def _column_cases(name: str, column: Callable[[], Column[Any]]) -> Iterator[Any]:
    def create(ops: Any, metadata: Callable[[], MetaData]) -> Any:
        return ops.CreateTableOp.from_table(Table("t", metadata(), column()))

    def add(ops: Any) -> Any:
        table = Table("t", MetaData(), column(), schema="sch")
        return ops.AddColumnOp.from_column(next(iter(table.c)))

    def alter(ops: Any) -> Any:
        it = column()
        return ops.AlterColumnOp(
            "t",
            "c",
            existing_type=it.type,
            existing_nullable=it.nullable,
            existing_comment=it.comment,
            existing_server_default=it.server_default,
            modify_type=it.type,
            modify_server_default=it.server_default,
            modify_comment=it.comment,
            schema="sch",
        )

    def keep(ops: Any) -> Any:
        it = column()
        return ops.AlterColumnOp(
            "t", "c", modify_nullable=True, existing_server_default=it.server_default
        )

    for label, metadata in METADATA.items():
        yield f"create table: {name}{label}", lambda o, m=metadata: create(o, m)
    yield f"add column: {name}", add
    yield f"alter column: {name}", alter
    yield f"keep default: {name}", keep


def _constraint_cases(
    name: str, constraint: Callable[[], Any], inline: bool
) -> Iterator[Any]:
    def made(metadata: Callable[[], MetaData]) -> tuple[Any, Table]:
        it = constraint()
        return it, base_table(metadata(), it)

    for label, metadata in METADATA.items():
        yield (
            f"create table: {name}{label}",
            lambda o, m=metadata: o.CreateTableOp.from_table(made(m)[1]),
        )
        if inline or (" schema" in label and "foreign key" in name):
            continue
        if name != "primary key":
            yield (
                f"add constraint: {name}{label}",
                lambda o, m=metadata: o.AddConstraintOp.from_constraint(made(m)[0]),
            )
        yield (
            f"drop constraint: {name}{label}",
            lambda o, m=metadata: _with(
                o.DropConstraintOp.from_constraint(made(m)[0]), if_exists=True
            ),
        )


def _index_cases(name: str, index: Callable[[Table], Index]) -> Iterator[Any]:
    for label, metadata in METADATA.items():
        for directive in ("CreateIndexOp", "DropIndexOp"):
            yield (
                f"{directive}: {name}{label}",
                lambda o, m=metadata, d=directive: getattr(o, d).from_index(
                    index(base_table(m()))
                ),
            )


def _rich_table(**options: Any) -> Table:
    return base_table(
        MetaData(naming_convention=NAMING),
        UniqueConstraint("a"),
        CheckConstraint("a > 5", name="z"),
        ForeignKeyConstraint(["a"], ["q.x"]),
        comment="it's",
        info={"q": "'"},
        prefixes=["TEMP"],
        mysql_engine="InnoDB",
        sqlite_autoincrement=True,
        **options,
    )


DIRECT: dict[str, Case] = {
    "create_table empty": lambda o: o.CreateTableOp("t", []),
    "create_table options": lambda o: o.CreateTableOp(
        "t'",
        [Column("x", Integer, unique=True), ForeignKeyConstraint(["x"], ["a.b"])],
        schema="s",
        if_not_exists=True,
        comment="c",
        info={"a": 1},
        prefixes=["P"],
        postgresql_partition_by="x",
        mysql_engine="InnoDB",
    ),
    "create_table empty options": lambda o: o.CreateTableOp(
        "t", [Column("x", Integer)], if_not_exists=False, comment="", prefixes=[]
    ),
    "create_table rich": lambda o: o.CreateTableOp.from_table(_rich_table()),
    "create_table renamed": lambda o: _with(
        o.CreateTableOp.from_table(_rich_table()), table_name="t2", schema="s2"
    ),
    "create_table reversed": lambda o: o.DropTableOp.from_table(
        _rich_table(schema="q")
    ).reverse(),
    "create_table 255": lambda o: o.CreateTableOp(
        "t", [Column(f"c{i}", Integer) for i in range(255)]
    ),
    "create_table 256": lambda o: o.CreateTableOp(
        "t", [Column(f"c{i}", Integer) for i in range(256)]
    ),
    "create_table primary key order": lambda o: o.CreateTableOp.from_table(
        Table(
            "t",
            MetaData(),
            Column("b", Integer, primary_key=True),
            Column("a", Integer, primary_key=True),
            PrimaryKeyConstraint("a", "b", name="p"),
        )
    ),
    "drop_table": lambda o: o.DropTableOp("t'\"q", schema="s'", if_exists=False),
    "add_column": lambda o: o.AddColumnOp(
        "t", Column("c", Integer), schema="s", if_not_exists=True
    ),
    "drop_column": lambda o: o.DropColumnOp(
        "t'\n", "c\"'", schema="s", if_exists=True, mssql_drop_check=True
    ),
    "alter_column nothing": lambda o: o.AlterColumnOp("t", "c"),
    "alter_column all": lambda o: o.AlterColumnOp(
        "t",
        "c",
        schema="s",
        existing_type=Integer(),
        existing_server_default=sa.DefaultClause("5"),
        existing_nullable=False,
        existing_comment="ec",
        modify_nullable=False,
        modify_comment="mc",
        modify_server_default="x",
        modify_name="n'n",
        modify_type=String(5),
        autoincrement=True,
        existing_autoincrement=False,
    ),
    "alter_column context": lambda o: o.AlterColumnOp(
        "t",
        "c",
        existing_server_default=sa.DefaultClause("5"),
        existing_nullable=False,
        existing_comment="",
        modify_comment=None,
        autoincrement=False,
    ),
    "create_table_comment": lambda o: o.CreateTableCommentOp(
        "t", "c'\n", schema="s", existing_comment='e"'
    ),
    "drop_table_comment": lambda o: o.DropTableCommentOp("t", existing_comment="x"),
    "create_foreign_key": lambda o: o.CreateForeignKeyOp(
        None,
        "a",
        "b",
        ["x"],
        ["z"],
        source_schema="s",
        referent_schema="r",
        onupdate="A",
        ondelete="",
        deferrable=False,
        initially="C",
        match="D",
        use_alter=True,
        postgresql_not_valid=True,
    ),
    "create_check_constraint": lambda o: o.CreateCheckConstraintOp(
        conv("n"), "t", sa.column("a") > "it's", schema="s"
    ),
    "create_unique_constraint": lambda o: o.CreateUniqueConstraintOp(
        "n", "t", ["a", "b"], schema="s", deferrable=True, postgresql_include=["z"]
    ),
    "create_index": lambda o: o.CreateIndexOp(
        "n", "t", ["a", text("b")], schema="s", unique=True, if_not_exists=False
    ),
    "drop_index": lambda o: o.DropIndexOp("n"),
    "drop_index options": lambda o: o.DropIndexOp(
        conv("n"), "t", schema="s", if_exists=False, postgresql_concurrently=True
    ),
    "drop_constraint": lambda o: o.DropConstraintOp("n", "t"),
    "execute": lambda o: o.ExecuteSQLOp('select \'it\'\'s\' "x" \n """ \\ y:'),
}


def operation_cases() -> dict[str, Case]:
    """Return the cases by their names."""
    cases = dict(DIRECT)
    for name, type_ in TYPES.items():
        cases.update(
            _column_cases(f"type {name}", lambda t=type_: Column("x", t()))  # type: ignore[misc]
        )
    for name, column in COLUMNS.items():
        cases.update(_column_cases(name, column))
    for name, constraint in CONSTRAINTS.items():
        cases.update(_constraint_cases(name, constraint, inline=False))
    for name, constraint in INLINE_CONSTRAINTS.items():
        cases.update(_constraint_cases(name, constraint, inline=True))
    for name, index in INDEXES.items():
        cases.update(_index_cases(name, index))
    return cases
