"""The equality proof against the comparators, where the two might disagree.

All comparisons run in the mode `check`, in which a table that was proven and has
changes is an error; so a test that only compares tests that.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, MetaData, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import conv

from alembic_c.autogenerate import _proof, compare
from alembic_c.autogenerate.api import AutogenContext
from alembic_c.autogenerate.compare import _indexes, comparators
from alembic_c.catalog import _read
from alembic_c.ddl.impl import DefaultImpl
from alembic_c.ddl.postgresql import PostgresqlImpl
from alembic_c.runtime import plugins
from alembic_c.runtime.migration import MigrationContext
from alembic_c.util import DispatchPriority
from tests.support import schemas_apps
from tests.support.proving import Verdict, check, differences, mode


def connected(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def connection(database_url: str) -> Iterator[sa.Connection]:
    yield from connected(database_url)


@pytest.fixture
def postgres(pg_url: str) -> Iterator[sa.Connection]:
    yield from connected(pg_url)


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[sa.Connection]:
    yield from connected(sqlite_url)


def run(connection: sa.Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


@contextlib.contextmanager
def anew(connection: sa.Connection) -> Iterator[None]:
    """Undo what a block does."""
    with connection.begin_nested() as savepoint:
        yield
        savepoint.rollback()


def model(*items: Any, name: str = "t", **options: Any) -> MetaData:
    metadata = MetaData()
    Table(name, metadata, *items, **options)
    return metadata


def checked(connection: sa.Connection, metadata: Any, **opts: Any) -> Verdict:
    """Compare, and assert that the proof changes nothing."""
    verdict = check(connection, metadata, **opts)
    expected = differences(connection, metadata, "off", **opts)
    found = differences(connection, metadata, "on", **opts)
    assert [d[0] for d in _flat(found)] == [d[0] for d in _flat(expected)]
    return verdict


def _flat(found: list[Any]) -> list[Any]:
    return [
        one for each in found for one in (each if isinstance(each, list) else [each])
    ]


# --- what applications have ---------------------------------------------------------


@pytest.mark.parametrize("name", schemas_apps.MODELS)
def test_models_of_applications_are_proven(
    connection: sa.Connection, name: str
) -> None:
    make = schemas_apps.MODELS[name]
    metadata = make(connection.dialect.name)
    schemas_apps.create(connection, metadata)
    opts = {
        "include_schemas": True,
        "include_name": lambda n, kind, parents: (
            kind != "schema" or n in (None, *schemas_apps.SCHEMAS)
        ),
    }
    verdict = checked(connection, make(connection.dialect.name), **opts)
    assert verdict.differences == []
    assert verdict.of == len(metadata.tables)
    assert verdict.proven is not None
    assert verdict.proven >= 0.99 * verdict.of, verdict.reasons
    checked(connection, metadata, compare_server_default=True, **opts)


# --- schemas ------------------------------------------------------------------------


def _two(schema: str | None, target_schema: str | None) -> MetaData:
    metadata = MetaData()
    prefix = f"{target_schema}." if target_schema else ""
    key = Column("id", sa.Integer, primary_key=True)
    Table("parent", metadata, key, schema=target_schema)
    Table(
        "child",
        metadata,
        Column("id", sa.Integer, primary_key=True),
        Column("parent_id", sa.Integer, ForeignKey(f"{prefix}parent.id")),
        schema=schema,
    )
    return metadata


@pytest.mark.parametrize("schemas", [(None, "public"), ("public", "public")])
def test_the_default_schema_by_name(
    postgres: sa.Connection, schemas: tuple[str | None, str]
) -> None:
    _two(None, None).create_all(postgres)
    verdict = checked(postgres, _two(*schemas))
    assert not verdict.differences
    assert verdict.all_proven


@pytest.mark.parametrize("path", ["public", "public, other", "other, public"])
@pytest.mark.parametrize("schemas", [(None, None), (None, "other"), ("other", None)])
def test_search_paths(
    postgres: sa.Connection, path: str, schemas: tuple[str | None, str | None]
) -> None:
    run(postgres, "CREATE SCHEMA other")
    _two(*schemas).create_all(postgres)
    run(postgres, f"SET search_path = {path}")
    postgres.commit()
    with postgres.engine.connect() as fresh:
        run(fresh, f"SET search_path = {path}")
        fresh.dialect.default_schema_name = path.partition(",")[0]
        for metadata in (_two(*schemas), _two(None, None), _two("other", "other")):
            checked(fresh, metadata, include_schemas=True)
            checked(fresh, metadata)


def test_enum_in_a_schema_on_the_search_path(postgres: sa.Connection) -> None:
    run(postgres, "CREATE SCHEMA other", "SET search_path = public, other")
    run(postgres, "CREATE TYPE other.mood AS ENUM ('a')", "CREATE TABLE t (c mood)")
    for schema in (None, "other", "public"):
        enum = sa.Enum("a", name="mood", schema=schema)
        checked(postgres, model(Column("c", enum)))


@pytest.mark.parametrize("schema", [None, "public", "other"])
def test_enum_by_its_schema(postgres: sa.Connection, schema: str | None) -> None:
    run(postgres, "CREATE SCHEMA other", "CREATE TYPE mood AS ENUM ('a', 'b')")
    run(postgres, "CREATE TYPE other.mood AS ENUM ('a')")
    run(postgres, "CREATE TABLE t (c mood)", "CREATE TABLE other.t (c other.mood)")
    metadata = MetaData()
    Table("t", metadata, Column("c", sa.Enum("a", name="mood", schema=schema)))
    other: Column[Any] = Column("c", sa.Enum("a", name="mood", schema=schema))
    Table("t", metadata, other, schema="other")
    verdict = checked(postgres, metadata, include_schemas=True)
    assert bool(verdict.differences) == (verdict.proven != 2)


def test_temporary_table_over_a_target(postgres: sa.Connection) -> None:
    _two(None, None).create_all(postgres)
    run(postgres, "CREATE TEMPORARY TABLE parent (id integer)")
    verdict = checked(postgres, _two(None, None))
    assert verdict.proven is None
    assert "proof not tried: temporary tables" in verdict.messages


def test_key_within_an_attached_database(sqlite: sa.Connection) -> None:
    run(sqlite, "ATTACH DATABASE ':memory:' AS side")
    _two("side", "side").create_all(sqlite)
    _two(None, None).create_all(sqlite)
    verdict = checked(sqlite, _two("side", "side"), include_schemas=True)
    assert verdict.proven == 2
    # A key there cannot lead out of its database, whatever the model says.
    checked(sqlite, _two("side", None), include_schemas=True)


def test_several_metadata(connection: sa.Connection) -> None:
    one = model(Column("id", sa.Integer, primary_key=True), name="a")
    two = model(Column("id", sa.Integer, primary_key=True), name="b")
    one.create_all(connection)
    two.create_all(connection)
    assert checked(connection, [one, two]).all_proven


# --- names --------------------------------------------------------------------------


def test_names_by_convention(connection: sa.Connection) -> None:
    def make(name: Any) -> MetaData:
        metadata = MetaData(
            naming_convention={
                "uq": "uq_%(table_name)s_%(constraint_name)s",
                "ix": "ix_%(table_name)s_%(column_0_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
            }
        )
        Table(
            "t",
            metadata,
            Column("a", sa.Integer, index=True),
            UniqueConstraint("a", name=name),
            sa.CheckConstraint("a > 0", name=name),
        )
        return metadata

    make("x").create_all(connection)
    assert checked(connection, make("x")).all_proven
    assert not checked(connection, make("y")).all_proven
    # The final name is another: the convention does not apply to it.
    assert not checked(connection, make(conv("x"))).all_proven


def test_convention_set_after_the_table(connection: sa.Connection) -> None:
    metadata = model(Column("a", sa.Integer), UniqueConstraint("a", name="x"))
    metadata.create_all(connection)
    assert checked(connection, metadata).all_proven
    metadata.naming_convention = {"uq": "uq_%(constraint_name)s"}
    assert checked(connection, metadata).reasons == {"t": "name by convention"}


@pytest.mark.parametrize("name", ["n" * 63, "n" * 64, "ü" * 40, 'quo"te', "a, (b)"])
def test_odd_names(connection: sa.Connection, name: str) -> None:
    def make() -> MetaData:
        metadata = MetaData()
        Table("p", metadata, Column(name[:50], sa.Integer, primary_key=True))
        table = Table(
            "t",
            metadata,
            Column("a", sa.Integer),
            Column(name[:60], sa.Integer),
            UniqueConstraint("a", name=name),
        )
        target = metadata.tables["p"].c[name[:50]]
        table.append_constraint(sa.ForeignKeyConstraint([table.c.a], [target]))
        return metadata

    try:
        with connection.begin_nested():
            make().create_all(connection)
    except sa.exc.IdentifierError:
        pytest.xfail("SQLAlchemy refuses the name")
    try:
        differences(connection, make(), "off")
    except Exception as error:  # noqa: BLE001 - where the exact path fails, so do we
        with pytest.raises(type(error)):
            differences(connection, make(), "on")
    else:
        checked(connection, make())


def test_case_and_quoting(connection: sa.Connection) -> None:
    made = model(Column("Id", sa.Integer), Column("order", sa.Integer), name="Table")
    made.create_all(connection)
    assert checked(connection, made).all_proven
    other = model(Column("id", sa.Integer), Column("order", sa.Integer), name="Table")
    assert not checked(connection, other).all_proven


def test_keys_and_system_columns(postgres: sa.Connection) -> None:
    run(postgres, "CREATE TABLE t (a integer)")
    columns = [
        Column("a", sa.Integer, key="b"),
        Column("xmin", sa.Integer, system=True),
    ]
    assert checked(postgres, model(*columns)).all_proven


# --- columns ------------------------------------------------------------------------


def test_comments(postgres: sa.Connection) -> None:
    run(postgres, "CREATE TABLE t (a integer)")
    assert not checked(postgres, model(Column("a", sa.Integer, comment=""))).all_proven
    assert not checked(postgres, model(Column("a", sa.Integer), comment="")).all_proven
    run(postgres, "COMMENT ON TABLE t IS 'x'", "COMMENT ON COLUMN t.a IS 'y'")
    made = model(Column("a", sa.Integer, comment="y"), comment="x")
    assert checked(postgres, made).all_proven


@pytest.mark.parametrize(
    ("declared", "wanted"),
    [
        ("'a'", "a"),
        ("'a'", "'a'"),
        ("'''a'''", "'a'"),
        ("''", ""),
        ("'it''s'", "it's"),
        ("'100%%'", "100%"),
        (r"'a\b'", r"a\b"),
        ("'a'", sa.text("'a'")),
        ("'a'", sa.text("('a')")),
        ("('a')", sa.text("'a'")),
        ("'a'", sa.text("'b'")),
        ("NULL", None),
        ("'a'", None),
        (None, "a"),
    ],
)
def test_text_defaults(
    connection: sa.Connection, declared: str | None, wanted: Any
) -> None:
    clause = "" if declared is None else f" DEFAULT {declared}"
    run(connection, f"CREATE TABLE t (a varchar(20){clause})")
    made = model(Column("a", sa.String(20), server_default=wanted))
    checked(connection, made, compare_server_default=True)
    assert checked(connection, made).all_proven


def test_number_defaults(connection: sa.Connection) -> None:
    wanted: list[Any] = ["5", "5.0", sa.text("5"), sa.text("0.1"), "-5"]
    for type_ in (sa.Integer(), sa.Numeric(5, 2), sa.Float(), sa.REAL()):
        text = type_.compile(dialect=connection.dialect)
        for declared in ("5", "'5'", "5.0", "-5", "0.1"):
            with anew(connection):
                run(connection, f"CREATE TABLE t (a {text} DEFAULT {declared})")
                for default in wanted:
                    # The server refuses to compare an integer with a fraction.
                    if not (isinstance(type_, sa.Integer) and "." in str(default)):
                        made = model(Column("a", type_, server_default=default))
                        checked(connection, made, compare_server_default=True)


def test_default_of_a_key(connection: sa.Connection) -> None:
    run(connection, "CREATE TABLE t (id integer DEFAULT 7 NOT NULL PRIMARY KEY)")
    key = Column("id", sa.Integer, primary_key=True)
    checked(connection, model(key), compare_server_default=True)


def test_serial_beside_the_key(postgres: sa.Connection) -> None:
    run(postgres, "CREATE TABLE t (a serial, b bigserial, c smallserial)")
    columns = [
        Column("a", sa.Integer, nullable=False),
        Column("b", sa.BigInteger, nullable=False),
        Column("c", sa.SmallInteger, nullable=False),
    ]
    checked(postgres, model(*columns), compare_server_default=True)


@pytest.mark.parametrize(
    "wanted",
    [
        sa.Identity(),
        sa.Identity(always=True),
        sa.Identity(start=5),
        sa.Identity(start=5, increment=2, maxvalue=100),
        sa.Identity(nominvalue=True),
        sa.Identity(cycle=True),
        None,
    ],
)
def test_identity(postgres: sa.Connection, wanted: sa.Identity | None) -> None:
    run(
        postgres,
        "CREATE TABLE t (id integer GENERATED BY DEFAULT AS IDENTITY"
        " (START 5 INCREMENT 2 MAXVALUE 100) PRIMARY KEY)",
    )
    extra = [] if wanted is None else [wanted]
    made = model(Column("id", sa.Integer, *extra, primary_key=True))
    checked(postgres, made, compare_server_default=True)
    assert checked(postgres, made).all_proven


@pytest.mark.parametrize("wanted", ["a+1", "a + 1", "(A + 1)", "a + 2", None])
def test_generated(connection: sa.Connection, wanted: str | None) -> None:
    run(
        connection,
        "CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a + 1) STORED)",
    )
    extra = [] if wanted is None else [sa.Computed(wanted)]
    made = model(Column("a", sa.Integer), Column("b", sa.Integer, *extra))
    checked(connection, made, compare_server_default=True)
    checked(connection, made)


def test_domains_and_collations(postgres: sa.Connection) -> None:
    run(postgres, "CREATE DOMAIN name_t AS varchar(20) NOT NULL DEFAULT 'x'")
    run(postgres, "CREATE DOMAIN citext AS varchar(20)")
    run(postgres, 'CREATE TABLE t (a name_t, b text COLLATE "C", c citext, d citext[])')
    for type_ in (sa.String(20), sa.Text(), sa.Text(collation="C"), pg.CITEXT()):
        columns = [Column(name, type_) for name in "abcd"]
        verdict = checked(postgres, model(*columns), compare_server_default=True)
        assert not verdict.all_proven


def test_type_named_like_a_builtin(postgres: sa.Connection) -> None:
    run(postgres, "CREATE TYPE public.money AS ENUM ('a')")
    run(postgres, "CREATE TABLE t (a public.money, b pg_catalog.money)")
    for type_ in (pg.MONEY(), sa.Enum("a", name="money", schema="public")):
        checked(postgres, model(Column("a", type_), Column("b", type_)))


class Upper(sa.TypeDecorator[str]):
    impl = sa.String(30)
    cache_ok = True


class Odd(sa.types.UserDefinedType[Any]):
    def get_col_spec(self, **kw: Any) -> str:
        return "VARCHAR(30)"


class Renamed(sa.String):
    pass


@compiles(Renamed)
def _renamed(type_: Any, compiler: Any, **kw: Any) -> str:
    return "TEXT"


_DECLARED = ("varchar(30)", "text", "varchar(31)", "integer")


@pytest.mark.parametrize(
    "type_",
    [
        Upper(),
        Odd(),
        Renamed(30),
        sa.String(),
        sa.String(30).with_variant(sa.Text(), "postgresql"),
        sa.Text().with_variant(sa.String(30), "sqlite", "postgresql"),
        sa.types.NullType(),
        sa.String(30, collation="nowhere"),
    ],
)
def test_types_of_applications(connection: sa.Connection, type_: Any) -> None:
    for declared in _DECLARED:
        run(connection, f"CREATE TABLE t (a {declared})")
        checked(connection, model(Column("a", type_)))
        run(connection, "DROP TABLE t")


# --- indexes and constraints --------------------------------------------------------


def test_unique_index_is_no_constraint(connection: sa.Connection) -> None:
    run(connection, "CREATE TABLE t (a integer, b integer, CONSTRAINT x UNIQUE (a))")
    run(connection, "CREATE UNIQUE INDEX y ON t (b)")
    columns = [Column("a", sa.Integer), Column("b", sa.Integer)]
    same = model(
        *columns, UniqueConstraint("a", name="x"), Index("y", "b", unique=True)
    )
    assert checked(connection, same).all_proven
    columns = [Column("a", sa.Integer), Column("b", sa.Integer)]
    turned = model(
        *columns, Index("x", "a", unique=True), UniqueConstraint("b", name="y")
    )
    assert checked(connection, turned).proven == 0


def test_unnamed_and_doubled_uniques(connection: sa.Connection) -> None:
    run(
        connection,
        "CREATE TABLE t (a integer, b integer,"
        " CONSTRAINT x UNIQUE (a), CONSTRAINT y UNIQUE (a),"
        " CONSTRAINT z UNIQUE (b, a))",
    )
    for names in ((None,), ("x",), ("x", "y"), ("x", None), (None, None)):
        uniques = [UniqueConstraint("a", name=name) for name in names]
        columns = [Column("a", sa.Integer), Column("b", sa.Integer)]
        checked(connection, model(*columns, *uniques, UniqueConstraint("a", "b")))


def test_index_elements(postgres: sa.Connection) -> None:
    elements: list[Callable[[], Any]] = [
        lambda: sa.text("lower(a)"),
        lambda: sa.text("upper(a)"),
        lambda: sa.func.lower(sa.column("a")),
        lambda: sa.desc(sa.column("a")),
        lambda: sa.nulls_first(sa.column("a")),
        lambda: sa.nulls_first(sa.desc(sa.column("a"))),
        lambda: sa.nulls_last(sa.desc(sa.column("a"))),
        lambda: sa.text("a text_pattern_ops"),
        lambda: sa.text("(a || 'x')"),
        lambda: "a",
    ]
    for declared in (
        *("lower(a)", "a", "a DESC", "a DESC NULLS LAST", "a NULLS FIRST"),
        *("(a || 'x')", "lower(a) DESC"),
    ):
        with anew(postgres):
            run(
                postgres, "CREATE TABLE t (a text)", f"CREATE INDEX i ON t ({declared})"
            )
            for element in elements:
                metadata = MetaData()
                table = Table("t", metadata, Column("a", sa.Text))
                Index("i", element(), _table=table)
                checked(postgres, metadata)


def test_column_sorted_twice(postgres: sa.Connection) -> None:
    run(postgres, "CREATE TABLE t (a text)", "CREATE INDEX i ON t (a, a DESC)")
    pairs: list[Any] = [("a", "a"), ("a", sa.desc("a")), (sa.desc("a"), sa.desc("a"))]
    for elements in pairs:
        metadata = MetaData()
        Index("i", *elements, _table=Table("t", metadata, Column("a", sa.Text)))
        checked(postgres, metadata)


@pytest.mark.parametrize(
    "declared",
    [
        "",
        "ON DELETE CASCADE",
        "ON DELETE NO ACTION",
        "ON DELETE SET NULL",
        "ON DELETE SET NULL (b)",
        "ON UPDATE RESTRICT",
        "DEFERRABLE",
        "DEFERRABLE INITIALLY DEFERRED",
        "MATCH FULL",
        "NOT VALID",
    ],
)
def test_foreign_key_options(postgres: sa.Connection, declared: str) -> None:
    run(postgres, "CREATE TABLE p (x integer, y integer, PRIMARY KEY (x, y))")
    run(postgres, "CREATE TABLE t (a integer, b integer)")
    run(
        postgres,
        f"ALTER TABLE t ADD FOREIGN KEY (a, b) REFERENCES p (x, y) {declared}",
    )
    for options in (
        {},
        {"ondelete": "cascade"},
        {"ondelete": "NO ACTION"},
        {"ondelete": "SET NULL"},
        {"ondelete": "SET NULL (b)"},
        {"onupdate": "RESTRICT"},
        {"deferrable": True},
        {"deferrable": False},
        {"deferrable": True, "initially": "deferred"},
        {"initially": "IMMEDIATE"},
        {"match": "FULL"},
    ):
        metadata = MetaData()
        key = [Column(name, sa.Integer, primary_key=True) for name in "xy"]
        Table("p", metadata, *key)
        link = sa.ForeignKeyConstraint(["a", "b"], ["p.x", "p.y"], **options)
        Table("t", metadata, Column("a", sa.Integer), Column("b", sa.Integer), link)
        checked(postgres, metadata)


@pytest.mark.parametrize(
    "rest",
    [
        "code varchar(5) UNIQUE",
        "code varchar(5), UNIQUE (code)",
        "code varchar(5), UNIQUE (code COLLATE nocase)",
        "code varchar(5), UNIQUE (code) -- UNIQUE (code)",
        "code varchar(5) DEFAULT 'UNIQUE (code)'",
        "code varchar(5), CONSTRAINT 'x' UNIQUE (code)",
        'code varchar(5), CONSTRAINT "x""y" UNIQUE (code)',
        "code varchar(5), CONSTRAINT [x] UNIQUE (code)",
        "code varchar(5) REFERENCES p (x) ON DELETE CASCADE",
        "code varchar(5) REFERENCES p",
        "code varchar(5), FOREIGN KEY (code) REFERENCES p (x) ON DELETE CASCADE",
        "code varchar(5), FOREIGN KEY (code) REFERENCES [p] (x) ON DELETE CASCADE",
        "code varchar(5) CONSTRAINT x CHECK (code > 'a')",
        "code varchar(5), CONSTRAINT x CHECK (code > 'CHECK (')",
    ],
)
def test_statements_written_by_hand(sqlite: sa.Connection, rest: str) -> None:
    run(sqlite, "CREATE TABLE p (x varchar(5) PRIMARY KEY NOT NULL)")
    run(sqlite, f"CREATE TABLE t (id integer not null primary key, {rest}\n)")
    constraints: list[list[Any]] = [
        [],
        [UniqueConstraint("code")],
        [UniqueConstraint("code", name="x")],
        [UniqueConstraint("code", name='x"y')],
        [sa.ForeignKeyConstraint(["code"], ["p.x"])],
        [sa.ForeignKeyConstraint(["code"], ["p.x"], ondelete="CASCADE")],
        [sa.CheckConstraint("code > 'a'", name="x")],
    ]
    for some in constraints:
        metadata = MetaData()
        Table("p", metadata, Column("x", sa.String(5), primary_key=True))
        key = Column("id", sa.Integer, primary_key=True)
        Table("t", metadata, key, Column("code", sa.String(5)), *some)
        checked(sqlite, metadata)


def test_expression_index_on_sqlite_is_left_alone(sqlite: sa.Connection) -> None:
    metadata = model(Column("a", sa.Text), Index("i", sa.text("lower(a)")))
    metadata.create_all(sqlite)
    assert checked(sqlite, metadata).reasons == {"t": "index expression"}


def test_checks_of_types_and_columns(connection: sa.Connection) -> None:
    def make(name: str | None) -> MetaData:
        return model(
            Column("a", sa.Boolean(create_constraint=True, name="bool")),
            Column("b", sa.Integer, sa.CheckConstraint("b > 0", name=name)),
            Column("c", sa.Integer),
            sa.CheckConstraint("c > 0", name="c_positive"),
        )

    make("b_positive").create_all(connection)
    for name in ("b_positive", "other", None):
        checked(connection, make(name))


def test_exclude_constraints_are_not_compared(postgres: sa.Connection) -> None:
    metadata = model(
        Column("a", pg.INT4RANGE), pg.ExcludeConstraint(("a", "&&"), name="x")
    )
    metadata.create_all(postgres)
    assert checked(postgres, metadata).all_proven
    assert checked(postgres, model(Column("a", pg.INT4RANGE))).all_proven


# --- kinds of tables ----------------------------------------------------------------


def test_partitions_and_inheritance(postgres: sa.Connection) -> None:
    run(
        postgres,
        "CREATE TABLE p (id integer NOT NULL, at date NOT NULL)"
        " PARTITION BY RANGE (at)",
        "CREATE TABLE p1 PARTITION OF p"
        " FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
        "CREATE INDEX p_at ON p (at)",
        "CREATE TABLE base (id integer NOT NULL, CONSTRAINT k CHECK (id > 0))",
        "CREATE TABLE derived (extra text) INHERITS (base)",
        "CREATE VIEW v AS SELECT 1 AS id",
        "CREATE MATERIALIZED VIEW mv AS SELECT 1 AS id",
        "CREATE UNLOGGED TABLE u (id integer)",
    )
    metadata = MetaData()

    def two() -> list[Column[Any]]:
        return [
            Column("id", sa.Integer, nullable=False),
            Column("at", sa.Date, nullable=False),
        ]

    Table("p", metadata, *two(), Index("p_at", "at"))
    Table("p1", metadata, *two(), Index("p1_at_idx", "at"))
    identity = Column("id", sa.Integer, nullable=False)
    Table("base", metadata, identity, sa.CheckConstraint("id > 0", name="k"))
    Table(
        "derived",
        metadata,
        Column("id", sa.Integer, nullable=False),
        Column("extra", sa.Text),
        sa.CheckConstraint("id > 0", name="k"),
    )
    Table("u", metadata, Column("id", sa.Integer))
    assert checked(postgres, metadata).all_proven
    Table("v", metadata, Column("id", sa.Integer))
    Table("mv", metadata, Column("id", sa.Integer))
    assert len(checked(postgres, metadata).differences) == 2


def test_key_to_a_partitioned_table(postgres: sa.Connection) -> None:
    run(
        postgres,
        "CREATE TABLE p (id integer PRIMARY KEY) PARTITION BY RANGE (id)",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10)",
        "CREATE TABLE t (a integer REFERENCES p (id))",
    )
    metadata = MetaData()
    for name in ("p", "p1"):
        Table(name, metadata, Column("id", sa.Integer, primary_key=True))
    Table("t", metadata, Column("a", sa.Integer, ForeignKey("p.id")))
    checked(postgres, metadata)


# --- what turns the proof off -------------------------------------------------------


def test_filters_by_name(connection: sa.Connection) -> None:
    metadata = model(Column("a", sa.Integer), Column("b", sa.Integer), Index("i", "a"))
    metadata.create_all(connection)
    for hidden in ("a", "b", "i", "t", "other"):

        def include(
            name: str | None, kind: str, parents: Any, hidden: str = hidden
        ) -> bool:
            return name != hidden

        verdict = checked(connection, metadata, include_name=include)
        assert verdict.all_proven == (hidden == "other")


def test_functions_that_compare(connection: sa.Connection) -> None:
    metadata = model(Column("a", sa.Integer))
    metadata.create_all(connection)
    for option in ("compare_type", "compare_server_default"):
        verdict = checked(connection, metadata, **{option: lambda *a: None})
        assert verdict.proven is None
        assert verdict.messages == [f"proof not tried: {option} is a function"]


def plugged_in(
    comparator: Any, *element: str
) -> contextlib.AbstractContextManager[Any]:
    """Register a comparator for a target and an element, for a while."""
    registry = {**comparators._registry}
    key = (element[0], "default", DispatchPriority.MEDIUM)
    registry[key] = [*registry.get(key, ()), (comparator, element[1])]
    return mock.patch.object(comparators, "_registry", registry)


def test_comparators_that_are_not_ours(connection: sa.Connection) -> None:
    """Nor may one of ours stand elsewhere than where we have put it."""
    metadata = model(Column("a", sa.Integer), Index("i", "a"))
    model(Column("a", sa.Integer)).create_all(connection)
    ours = _indexes._compare_indexes_and_uniques
    for comparator, *element in (
        (mock.Mock(__qualname__="theirs"), "table", "indexes"),
        (mock.Mock(__qualname__="theirs"), "column", "comments"),
        (ours, "table", "foreignkeys"),
    ):
        with plugged_in(comparator, *element):
            verdict = checked(connection, metadata)
        assert verdict.proven is None
        (message,) = verdict.messages
        assert message.startswith("proof not tried: the comparator ")
        assert message.endswith(f"for {tuple(element)}")


def test_an_element_that_the_proof_does_not_know(connection: sa.Connection) -> None:
    model(Column("a", sa.Integer)).create_all(connection)
    metadata = model(Column("a", sa.Integer), Index("i", "a"))
    for element in _proof._ELEMENTS:
        if element == ("table", "checkconstraints"):
            continue  # nobody compares them unless asked to
        known = {**_proof._ELEMENTS}
        del known[element]
        with mock.patch.object(_proof, "_ELEMENTS", known):
            verdict = checked(connection, metadata)
        assert verdict.proven is None
        assert verdict.messages == [f"proof not tried: comparators of {[element]}"]
        assert [d[0] for d in _flat(verdict.differences)] == ["add_index"]


def test_where_comparators_are_defined_means_nothing(
    connection: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Modules may be renamed, and moved."""
    model(Column("a", sa.Integer)).create_all(connection)
    for handler in _our_comparators():
        monkeypatch.setattr(handler, "__module__", "somewhere.else")
    assert checked(connection, model(Column("a", sa.Integer))).all_proven
    metadata = model(Column("a", sa.Integer), Index("i", "a"))
    verdict = checked(connection, metadata)
    assert [d[0] for d in _flat(verdict.differences)] == ["add_index"]


def _our_comparators() -> Iterator[Any]:
    for _, name in compare.BUILT_IN:
        registry = plugins._all_plugins[name].autogenerate_comparators._registry
        for handlers in registry.values():
            yield from (handler for handler, _ in handlers)


def test_listeners_to_reflection(connection: sa.Connection) -> None:
    metadata = model(Column("a", sa.Integer))
    metadata.create_all(connection)

    def listener(inspector: Any, table: Any, column_info: Any) -> None:
        column_info["type"] = sa.Text()

    sa.event.listen(Table, "column_reflect", listener)
    try:
        verdict = checked(connection, metadata)
    finally:
        sa.event.remove(Table, "column_reflect", listener)
    assert verdict.proven is None
    assert len(verdict.differences) == 1
    assert checked(connection, metadata).all_proven


def test_patched_implementation(connection: sa.Connection) -> None:
    metadata = model(Column("a", sa.Integer))
    metadata.create_all(connection)
    with mock.patch.object(DefaultImpl, "compare_type", return_value=True):
        verdict = checked(connection, metadata)
    assert verdict.proven is None
    assert len(verdict.differences) == 1


def test_synonyms_of_an_application(postgres: sa.Connection) -> None:
    run(postgres, "CREATE TABLE t (a text)")
    metadata = model(Column("a", sa.String(20)))
    assert checked(postgres, metadata).proven == 0
    synonyms = (*PostgresqlImpl.type_synonyms, {"VARCHAR", "TEXT"})
    with mock.patch.object(PostgresqlImpl, "type_synonyms", synonyms):
        assert checked(postgres, metadata).all_proven


def test_comparators_of_others(connection: sa.Connection) -> None:
    metadata = model(Column("a", sa.Integer))
    metadata.create_all(connection)
    with mock.patch.object(comparators, "_registry", comparators._registry.copy()):

        @comparators.dispatch_for("column")
        def compare(*arguments: Any) -> None: ...

        context_verdict = checked(connection, metadata)
    assert context_verdict.proven is None


@pytest.mark.parametrize("oid", [16, 20, 25])
def test_values_that_the_program_converts(postgres: sa.Connection, oid: int) -> None:
    """The driver gives booleans, numbers or texts as something else."""
    psycopg2 = pytest.importorskip("psycopg2")
    metadata = _two(None, None)
    metadata.create_all(postgres)
    odd = psycopg2.extensions.new_type((oid,), "ODD", lambda value, cursor: object())
    driver = postgres.connection.dbapi_connection
    for name in ("on", "check"):
        with anew(postgres):
            sa.inspect(postgres).get_table_names()
            psycopg2.extensions.register_type(odd, driver)
            context = MigrationContext.configure(postgres)
            autogen = AutogenContext(context, metadata)
            with mode(name):
                attempt = _proof.begin(autogen, [None])
            wanted: Any = {
                (None, name): table for name, table in metadata.tables.items()
            }
            assert attempt is None or not attempt.prove(wanted)


def test_table_changed_between_two_queries(
    postgres: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only the later one sees makes no sense to the reader."""
    metadata = _two(None, None)
    metadata.create_all(postgres)
    rows = _read._rows

    def changing(connection: sa.Connection, sql: str) -> Any:
        if "pg_constraint" in sql:
            run(connection, "ALTER TABLE child ADD COLUMN code int UNIQUE")
        return rows(connection, sql)

    monkeypatch.setattr(_read, "_rows", changing)
    verdict = check(postgres, metadata)
    assert verdict.proven is None
    assert [each[0] for each in verdict.differences if each[0] == "remove_column"] == [
        "remove_column"
    ]
    assert any("unknown column" in each for each in verdict.messages)


def test_modes(connection: sa.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = model(Column("a", sa.Integer))
    metadata.create_all(connection)
    monkeypatch.setenv("ALEMBIC_C_PROOF", "perhaps")
    with pytest.raises(ValueError, match="ALEMBIC_C_PROOF is 'perhaps'"):
        _proof.mode()


def test_a_contradiction_is_an_error(connection: sa.Connection) -> None:
    made = model(Column("a", sa.Integer))
    made.create_all(connection)
    other = model(Column("b", sa.Integer))
    with (
        mock.patch.object(_proof.Attempt, "prove", lambda self, wanted: set(wanted)),
        pytest.raises(_proof.ProofContradiction, match="table 't' was proven"),
    ):
        check(connection, other)
