"""Which tables there are: the catalog's answer is the inspector's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from alembic_c.autogenerate import compare_metadata
from alembic_c.catalog import _read
from alembic_c.runtime.migration import MigrationContext
from tests.support.proving import mode

ODD_SCHEMA = 'it\'s 100% "odd"\\ $1:é'
STATEMENTS = (
    "CREATE SCHEMA other",
    f'CREATE SCHEMA "{ODD_SCHEMA.replace(chr(34), chr(34) * 2)}"',
    f'CREATE TABLE "{ODD_SCHEMA.replace(chr(34), chr(34) * 2)}".far (id int)',
    "CREATE TABLE here (id serial PRIMARY KEY)",
    "CREATE TABLE shared (id int)",
    "CREATE TABLE other.shared (id int)",
    "CREATE TABLE other.there (id int)",
    "CREATE UNLOGGED TABLE unlogged (id int)",
    "CREATE TABLE parted (id int) PARTITION BY LIST (id)",
    "CREATE TABLE part PARTITION OF parted FOR VALUES IN (1)",
    "CREATE TABLE child () INHERITS (here)",
    'CREATE TABLE "Mixed.name" (id int)',
    "CREATE VIEW seen AS SELECT * FROM here",
    "CREATE MATERIALIZED VIEW kept AS SELECT * FROM here",
    "CREATE FOREIGN DATA WRAPPER nothing",
    "CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing",
    "CREATE FOREIGN TABLE abroad (id int) SERVER nowhere",
    "CREATE TEMPORARY TABLE passing (id int)",
)


@pytest.fixture
def connection(pg_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(pg_url)
    with engine.connect() as connection:
        for statement in STATEMENTS:
            connection.exec_driver_sql(statement.replace("%", "%%"))
        yield connection
    engine.dispose()


@pytest.mark.parametrize(
    "setting",
    [
        "search_path = public",
        "search_path = public, other",
        "search_path = other, public",
        "search_path = other",
        "search_path = pg_catalog, public",
        "search_path = public, information_schema",
        "search_path = public, missing",
        "search_path = pg_temp, other",
        "search_path = ''",
        "standard_conforming_strings = off",
    ],
)
def test_names_of_tables(connection: sa.Connection, setting: str) -> None:
    connection.exec_driver_sql(f"SET {setting}")
    schemas = ["public", "other", ODD_SCHEMA, "missing", "no\0name"]
    found = _read.postgresql_names(connection, schemas, sequences=False)
    for schema in (None, *schemas[:-1]):
        expected = sa.inspect(connection).get_table_names(schema=schema)
        assert sorted(found.tables(schema)) == sorted(expected), schema
    assert found.tables("no\0name") == []


def test_schemas_without_tables_and_without_name(connection: sa.Connection) -> None:
    connection.exec_driver_sql("SET search_path = public, other")
    found = _read.postgresql_names(connection, [], sequences=False)
    assert found.tables("public")  # on the search path
    assert not found.tables(ODD_SCHEMA)
    assert sorted(found.visible_schemas()) == ["other", "pg_temp", "public"]


def test_tables_are_gone_and_added(pg_url: str) -> None:
    """Names that only one side has, of several schemas, by way of the catalog."""
    engine = sa.create_engine(pg_url)
    metadata = sa.MetaData()
    for schema in (None, "other", ODD_SCHEMA):
        sa.Table("kept", metadata, sa.Column("id", sa.Integer), schema=schema)
        sa.Table("added", metadata, sa.Column("id", sa.Integer), schema=schema)
    found = {}
    with engine.connect() as connection:
        for schema in ("other", ODD_SCHEMA):
            connection.execute(sa.schema.CreateSchema(schema))
        for schema in (None, "other", ODD_SCHEMA):
            gone = sa.Table(
                "gone", sa.MetaData(), sa.Column("id", sa.Integer), schema=schema
            )
            gone.create(connection)
            key = "kept" if schema is None else f"{schema}.kept"
            metadata.tables[key].create(connection)
        for setting in ("on", "off"):
            with mode(setting):
                context = MigrationContext.configure(
                    connection, opts={"include_schemas": True}
                )
                diffs = compare_metadata(context, metadata)
            found[setting] = sorted(
                (each[0], each[1].name, each[1].schema or "") for each in diffs
            )
    engine.dispose()
    assert found["on"] == found["off"]
    assert len(found["on"]) == 6
