"""Tables of schemas by their real names: what upstream drops or repeats, we leave."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.autogen import Package
from tests.support.proving import check, mode
from tests.support.round_trip import round_trip, write

Packages = tuple[Package, Package]

COMPARED: dict[str, Any] = {"include_schemas": True}


@pytest.fixture(params=["check", "off"])
def connection(request: pytest.FixtureRequest, pg_url: str) -> Iterator[sa.Connection]:
    """A connection whose search path shows two schemas, with and without the proof."""
    engine = sa.create_engine(pg_url)
    with engine.connect() as connection, mode(request.param):
        for schema in ("app", "hidden"):
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        connection.exec_driver_sql("SET search_path = public, app")
        connection.commit()
        yield connection
    engine.dispose()


def family(*schemas: str | None, key_to: Any = ()) -> sa.MetaData:
    """Return tables `parent` and `child`, with a key, in each of some schemas."""
    metadata = sa.MetaData()
    for schema in schemas:
        prefix = f"{schema}." if schema else ""
        sa.Table(
            "parent",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            schema=schema,
        )
        sa.Table(
            "child",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column(
                "parent_id", sa.ForeignKey(f"{prefix}parent.id", name="fk_parent")
            ),
            schema=schema,
        )
    return metadata


def make(connection: sa.Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
    connection.commit()


def both_write(
    packages: Packages, connection: sa.Connection, model: sa.MetaData, **opts: Any
) -> tuple[str, str]:
    ours, upstreams = (write(each, connection, model, **opts) for each in packages)
    return ours.upgrade, upstreams.upgrade


def test_a_table_of_a_compared_schema(
    packages: Packages, connection: sa.Connection
) -> None:
    model = family("app")
    model.create_all(connection)
    connection.commit()
    ours, upstreams = both_write(packages, connection, model, **COMPARED)
    assert "op.drop_table('child')" in upstreams
    assert "op." not in ours


def test_a_table_that_is_gone_is_dropped_once(
    packages: Packages, connection: sa.Connection
) -> None:
    make(connection, "CREATE TABLE app.old (id integer NOT NULL)")
    model = sa.MetaData()
    ours, upstreams = both_write(packages, connection, model, **COMPARED)
    assert upstreams.count("op.drop_table") == 2
    assert ours.count("op.drop_table") == 1
    trip = round_trip(packages[0], connection, model, **COMPARED)
    assert trip.is_at_rest, trip.told()


def test_a_schema_that_is_not_compared(
    packages: Packages, connection: sa.Connection
) -> None:
    """As with PostGIS, whose tables are in `tiger` and `topology`."""
    make(connection, "CREATE TABLE app.theirs (id integer)")
    model = family(None)
    model.create_all(connection)
    connection.commit()
    ours, upstreams = both_write(packages, connection, model)
    assert "op.drop_table('theirs')" in upstreams
    assert "op." not in ours

    def keep(name: str | None, type_: str, parents: Any) -> bool:
        return type_ != "schema" or name is None

    ours, upstreams = both_write(
        packages, connection, model, include_name=keep, **COMPARED
    )
    assert "op.drop_table('theirs')" in upstreams
    assert "op." not in ours


def test_the_model_names_a_schema_that_is_shown_but_not_compared(
    packages: Packages, connection: sa.Connection
) -> None:
    model = family("app")
    model.create_all(connection)
    connection.commit()
    ours, upstreams = both_write(packages, connection, model)
    assert "op.drop_table('parent')" in upstreams
    assert "op." not in ours


@pytest.mark.parametrize("opts", [{}, COMPARED], ids=["default", "schemas"])
def test_the_model_leaves_out_a_schema_that_is_shown(
    packages: Packages, connection: sa.Connection, opts: Any
) -> None:
    """A table in another schema is found by its name alone, as ever."""
    family("app").create_all(connection)
    connection.commit()
    ours, upstreams = both_write(packages, connection, family(None), **opts)
    assert "op." not in ours
    assert ("op.drop_table('child', schema='app')" in upstreams) == bool(opts)


def test_tables_of_one_name(packages: Packages, connection: sa.Connection) -> None:
    make(connection, "SET search_path = public, app, hidden")
    model = family(None, "app", "hidden")
    trip = round_trip(packages[0], connection, model, **COMPARED)
    assert trip.is_at_rest, trip.told()
    model.drop_all(connection)
    family("app", "hidden").create_all(connection)
    connection.commit()
    written = write(packages[0], connection, model, **COMPARED)
    assert written.upgrade.count("op.create_table") == 2
    assert "schema=" not in written.upgrade
    assert "op.drop" not in written.upgrade


def test_a_role_with_a_schema_of_its_name(
    packages: Packages, connection: sa.Connection, pg_url: str
) -> None:
    """The default schema is the role's own; tables of `public` are shown, too."""
    user = sa.make_url(pg_url).username
    model = family(None, "public")
    make(connection, f'CREATE SCHEMA "{user}"')
    family("public").create_all(connection)
    make(connection, f'CREATE TABLE "{user}".own (id integer NOT NULL)')
    connection.commit()
    engine = sa.create_engine(pg_url)
    with engine.connect() as own:
        assert own.dialect.default_schema_name == user
        live = family("public")
        sa.Table("own", live, sa.Column("id", sa.Integer, nullable=False), schema=user)
        ours, upstreams = both_write(packages, own, live, **COMPARED)
        assert "op.drop_table('parent')" in upstreams
        assert "op." not in ours
        # The same tables by their names alone.
        unnamed = family(None)
        sa.Table("own", unnamed, sa.Column("id", sa.Integer, nullable=False))
        ours, upstreams = both_write(packages, own, unnamed, **COMPARED)
        assert "op.drop_table('parent', schema='public')" in upstreams
        assert "op." not in ours
        trip = round_trip(packages[0], own, model, **COMPARED)
        assert trip.failed is None, trip
        assert not trip.remaining, trip
    engine.dispose()


def test_a_filter_that_knows_the_default_schema_by_its_name(
    packages: Packages, connection: sa.Connection
) -> None:
    def keep(name: str | None, type_: str, parents: Any) -> bool:
        return type_ != "schema" or name in ("public", "app")

    model = family(None, "app")
    model.create_all(connection)
    connection.commit()
    opts = {"include_name": keep, **COMPARED}
    ours, upstreams = both_write(packages, connection, model, **opts)
    assert "op.create_table('parent'" in upstreams
    assert "op." not in ours


def test_a_filter_that_leaves_out_the_default_schema(
    packages: Packages, connection: sa.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    def keep(name: str | None, type_: str, parents: Any) -> bool:
        return type_ != "schema" or name == "app"

    family(None, "app").create_all(connection)
    connection.commit()
    opts = {"include_name": keep, **COMPARED}
    with caplog.at_level(logging.WARNING, "alembic"):
        written = write(packages[0], connection, family("app"), **opts)
        assert "op." not in written.upgrade
        assert not caplog.records
        write(packages[0], connection, family(None, "app"), **opts)
    (said,) = [each.getMessage() for each in caplog.records]
    assert "include_name leaves out the default schema" in said
    assert "2 table(s)" in said


@pytest.mark.parametrize("schema", ["public", "app", "hidden", None])
@pytest.mark.parametrize("opts", [{}, COMPARED], ids=["default", "schemas"])
def test_the_version_table(
    packages: Packages, connection: sa.Connection, schema: str | None, opts: Any
) -> None:
    where = f"{schema}." if schema else ""
    make(connection, f"CREATE TABLE {where}alembic_version (version_num varchar(32))")
    opts = {"version_table_schema": schema, **opts}
    model = sa.MetaData()
    ours, upstreams = both_write(packages, connection, model, **opts)
    assert "op." not in ours
    assert ("op.drop_table" in upstreams) == (schema in ("public", "app"))


def test_the_version_table_where_the_search_path_finds_it(
    packages: Packages, connection: sa.Connection
) -> None:
    make(connection, "CREATE TABLE app.alembic_version (version_num varchar(32))")
    ours, upstreams = both_write(packages, connection, sa.MetaData(), **COMPARED)
    assert "op.drop_table('alembic_version', schema='app')" in upstreams
    assert "op." not in ours
    # One that is not found is somebody else's, as upstream has it.
    make(connection, "CREATE TABLE alembic_version (version_num varchar(32))")
    ours, upstreams = both_write(packages, connection, sa.MetaData(), **COMPARED)
    assert ours == upstreams


@pytest.mark.parametrize("opts", [{}, COMPARED], ids=["default", "schemas"])
@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("public", "public"),
        ("public", None),
        (None, "public"),
        ("app", "public"),
        ("app", None),
        ("public", "app"),
        (None, "app"),
        ("hidden", "public"),
        ("public", "hidden"),
        ("app", "app"),
    ],
)
def test_keys_between_schemas(
    packages: Packages,
    connection: sa.Connection,
    source: str | None,
    target: str | None,
    opts: Any,
) -> None:
    model = sa.MetaData()
    parent = sa.Table(
        "parent", model, sa.Column("id", sa.Integer, primary_key=True), schema=target
    )
    sa.Table(
        "child",
        model,
        sa.Column("parent_id", sa.Integer, sa.ForeignKey(parent.c.id, name="fk")),
        schema=source,
    )
    model.create_all(connection)
    connection.commit()
    written = write(packages[0], connection, model, **opts)
    shown = {source, target} <= {None, "public", "app"}
    if shown or opts:
        assert "op." not in written.upgrade, written.upgrade
    upstreams = write(packages[1], connection, model, **opts).upgrade
    if {source, target} <= {None, "public"} and "public" in (source, target):
        assert "op.drop_constraint" in upstreams
        assert "op.create_foreign_key" in upstreams


def test_a_change_of_a_key_is_seen(
    packages: Packages, connection: sa.Connection
) -> None:
    family("public").create_all(connection)
    connection.commit()
    model = family("public")
    (key,) = model.tables["public.child"].foreign_key_constraints
    key.ondelete = "CASCADE"
    trip = round_trip(packages[0], connection, model)
    assert trip.is_at_rest, trip.told()
    assert trip.written.upgrade.count("ondelete='CASCADE'") == 1


def test_keys_to_the_database_by_its_name(packages: Packages, mysql_url: str) -> None:
    engine = sa.create_engine(mysql_url)
    with engine.connect() as connection:
        model = family(connection.dialect.default_schema_name)
        model.create_all(connection)
        connection.commit()
        ours, upstreams = both_write(packages, connection, model)
        assert "op.create_foreign_key" in upstreams
        assert "op." not in ours
    engine.dispose()


def test_keys_with_the_default_schemas_name_are_proven(pg_url: str) -> None:
    engine = sa.create_engine(pg_url)
    with engine.connect() as connection:
        for model in (family("public"), family(None)):
            family(None).create_all(connection)
            verdict = check(connection, model)
            assert verdict.all_proven, verdict
    engine.dispose()
