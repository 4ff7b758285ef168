"""What the judge takes for a reflected type is what SQLAlchemy reflects.

And what it takes for a default and an index element is compared on real databases in
test_proof.py.
"""

from __future__ import annotations

import warnings

import sqlalchemy as sa

from alembic_c.autogenerate._proof.judge import Judge, PostgresqlJudge, SqliteJudge
from alembic_c.catalog import snapshot
from alembic_c.runtime.migration import MigrationContext

POSTGRESQL = [
    *("bigint", "bit(4)", "bit varying", "bit varying(5)", "boolean", "bytea"),
    *("char(3)", "bpchar", "cidr", "citext", "date", "daterange", "datemultirange"),
    *("double precision", "real", "hstore", "inet", "int4range", "integer", "interval"),
    *("interval(3)", "interval day", "json", "jsonb", "macaddr", "macaddr8", "money"),
    *("numeric", "numeric(10,2)", "numeric(10)", "numeric(5,-2)", "oid", "regclass"),
    *("smallint", "text", "time", "time(3)", "timetz", "timetz(2)", "timestamp"),
    *("timestamp(0)", "timestamptz", "timestamptz(3)", "tsquery", "tsvector", "uuid"),
    *("varchar", "varchar(20)", "xml", "point", "mood", '"Odd ""mood."', "other.mood"),
    *("lower", "other.lower", '"char"', "name", "regtype", "pg_lsn", "jsonpath"),
    *("mood[]", "integer[]", "varchar(20)[][]", "timestamptz(3)[]", "numeric(4,1)[]"),
]
# With no reflection that is understood: left to the exact path.
UNKNOWN = {
    *("bpchar", "interval(3)", "interval day", "numeric(5,-2)", "xml", "point"),
    *('"Odd ""mood."', "lower", "other.lower", '"char"', "name", "regtype", "pg_lsn"),
    *("jsonpath",),
}
SQLITE = [
    *("INTEGER", "VARCHAR(20)", "varchar(5)", "NUMERIC(10, 2)", "DOUBLE", "REAL"),
    *("DOUBLE PRECISION", "BIGINT", "DATETIME", "TIMESTAMP", "JSON", "CHAR(32)"),
    *("DECIMAL(5,2)", "BOOLEAN", "TEXT", "whatever", "UNSIGNED BIG INT", "FLOAT(3)"),
]


def _compare(connection: sa.Connection, judge: Judge, declared: list[str]) -> set[str]:
    """Compare the judge's types with SQLAlchemy's; return what it does not know."""
    for number, text in enumerate(declared):
        connection.exec_driver_sql(f"CREATE TABLE t{number:03d} (a {text})")
    tables = {table.name: table for table in snapshot(connection).tables}
    inspector = sa.inspect(connection)
    process = connection.dialect.type_compiler_instance.process
    unknown = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, text in enumerate(declared):
            name = f"t{number:03d}"
            catalog_text = tables[name].columns[0].type
            assert catalog_text is not None
            type_ = judge.reflected_type(catalog_text)
            if type_ is None:
                unknown.add(text)
                continue
            reflected = inspector.get_columns(name)[0]["type"]
            assert process(type_) == process(reflected), (text, catalog_text)
            assert judge.same_type(catalog_text, process(reflected)), text
    return unknown


def test_postgresql(pg_url: str) -> None:
    engine = sa.create_engine(pg_url)
    with engine.connect() as connection:
        for statement in (
            "CREATE EXTENSION citext",
            "CREATE EXTENSION hstore",
            "CREATE SCHEMA other",
            "CREATE TYPE mood AS ENUM ('it''s', 'b')",
            'CREATE TYPE "Odd ""mood." AS ENUM (\'a\')',
            "CREATE TYPE other.mood AS ENUM ('a')",
            "CREATE DOMAIN lower AS text",
            "CREATE DOMAIN other.lower AS text",
        ):
            connection.exec_driver_sql(statement)
        impl = MigrationContext.configure(connection).impl
        judge = PostgresqlJudge(impl, "public", ())
        assert _compare(connection, judge, POSTGRESQL) == UNKNOWN
    engine.dispose()


def test_sqlite() -> None:
    with sa.create_engine("sqlite://").connect() as connection:
        impl = MigrationContext.configure(connection).impl
        assert _compare(connection, SqliteJudge(impl), SQLITE) == set()
