"""Partitions and inheriting tables of PostgreSQL are left alone, with their indexes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.autogen import Package
from tests.support.project import Project
from tests.support.proving import mode
from tests.support.round_trip import round_trip, write

Packages = tuple[Package, Package]

PARTITIONS = (
    "CREATE SCHEMA parts",
    "CREATE TABLE owner (id integer PRIMARY KEY)",
    "CREATE TABLE log (id integer NOT NULL, day integer NOT NULL, note text, "
    "owner_id integer CONSTRAINT fk_owner REFERENCES owner (id), "
    "PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
    "CREATE INDEX ix_note ON log (note)",
    "CREATE UNIQUE INDEX ix_unique ON log (day, note)",
    "CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10)",
    "CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM (10) TO (20) "
    "PARTITION BY LIST (day)",
    "CREATE TABLE log_2_1 PARTITION OF log_2 DEFAULT",
    "CREATE TABLE parts.log_3 PARTITION OF log FOR VALUES FROM (20) TO (30)",
    "CREATE TABLE parts.log_4 (day integer NOT NULL, note text, id integer NOT NULL, "
    "owner_id integer)",
    "ALTER TABLE log ATTACH PARTITION parts.log_4 FOR VALUES FROM (30) TO (40)",
    "INSERT INTO log (id, day, note) VALUES (1, 1, 'kept'), (2, 35, 'kept')",
)
CHILDREN = (
    "CREATE TABLE base (id integer PRIMARY KEY, note text)",
    "CREATE TABLE child () INHERITS (base)",
    "CREATE TABLE grandchild (more integer) INHERITS (child)",
)


@pytest.fixture(params=["check", "off"])
def connection(request: pytest.FixtureRequest, pg_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(pg_url)
    with engine.connect() as connection, mode(request.param):
        yield connection
    engine.dispose()


def make(connection: sa.Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
    connection.commit()


def log_table(metadata: sa.MetaData, name: str = "log", *, bare: bool = False) -> None:
    """Return the model of a partitioned table, or of a partition without indexes."""
    owner = [] if bare else [sa.ForeignKey("owner.id", name="fk_owner")]
    table = sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text),
        sa.Column("owner_id", sa.Integer, *owner),
    )
    if not bare:
        sa.Index("ix_note", table.c.note)
        sa.Index("ix_unique", table.c.day, table.c.note, unique=True)


def models() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("owner", metadata, sa.Column("id", sa.Integer, primary_key=True))
    log_table(metadata)
    return metadata


@pytest.mark.parametrize("schemas", [False, True])
def test_partitions(
    packages: Packages, connection: sa.Connection, schemas: bool
) -> None:
    make(connection, *PARTITIONS)
    model = models()
    opts: dict[str, Any] = {"include_schemas": schemas}
    ours, upstreams = (write(each, connection, model, **opts) for each in packages)
    for name in ("log_1", "log_2", "log_2_1"):
        assert f"op.drop_table('{name}')" in upstreams.upgrade
    assert ("op.drop_table('log_4', schema='parts')" in upstreams.upgrade) == schemas
    assert "op." not in ours.upgrade
    # A change of the table is found, and its partitions follow.
    model.tables["log"].append_column(sa.Column("added", sa.Integer))
    trip = round_trip(packages[0], connection, model, **opts)
    assert trip.is_at_rest, trip.told()
    assert trip.written.upgrade.count("op.") == 1
    count = connection.exec_driver_sql("SELECT count(*) FROM log").scalar()
    assert count == 2


def test_partitions_in_the_model(packages: Packages, connection: sa.Connection) -> None:
    """Without what they have from their table, which cannot be dropped from them."""
    make(connection, *PARTITIONS)
    model = models()
    log_table(model, "log_1", bare=True)
    log_table(model, "log_2", bare=True)
    make(connection, "CREATE INDEX ix_own ON log_1 (owner_id)")
    ours, upstreams = (write(each, connection, model) for each in packages)
    assert "op.drop_index(op.f('log_1_note_idx')" in upstreams.upgrade
    assert "op.drop_constraint(op.f('fk_owner'), 'log_1'" in upstreams.upgrade
    found = [line for line in ours.upgrade.splitlines() if "op." in line]
    assert len(found) == 1
    assert "op.drop_index(op.f('ix_own')" in found[0]


def test_a_partitioned_table_that_is_gone(
    packages: Packages, connection: sa.Connection
) -> None:
    make(connection, *PARTITIONS)
    written = write(packages[0], connection, sa.MetaData())
    assert written.upgrade.count("op.drop_table") == 2


def test_a_partition_that_is_detached(
    packages: Packages, connection: sa.Connection
) -> None:
    make(connection, *PARTITIONS, "ALTER TABLE log DETACH PARTITION log_1")
    ours = write(packages[0], connection, models())
    assert ours.upgrade.count("op.drop_table") == 1
    assert "op.drop_table('log_1')" in ours.upgrade


def test_inheriting_tables(packages: Packages, connection: sa.Connection) -> None:
    make(connection, *CHILDREN)
    model = sa.MetaData()
    sa.Table(
        "base",
        model,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text),
    )
    ours, upstreams = (write(each, connection, model) for each in packages)
    assert "op.drop_table('child')" in upstreams.upgrade
    assert "op." not in ours.upgrade
    # Those of the model are compared.
    sa.Table("child", model, sa.Column("id", sa.Integer, nullable=False))
    ours = write(packages[0], connection, model)
    assert ours.upgrade.count("op.") == 1
    assert "op.drop_column('child', 'note')" in ours.upgrade


def test_inheriting_tables_that_are_gone(
    packages: Packages, connection: sa.Connection
) -> None:
    make(connection, *CHILDREN)
    written = write(packages[0], connection, sa.MetaData())
    tables = ("grandchild", "child", "base")
    places = [written.upgrade.index(f"op.drop_table('{name}')") for name in tables]
    assert places == sorted(places)


# --- models that nobody has imported ------------------------------------------------


@pytest.mark.parametrize("tables", [0, 1])
@pytest.mark.parametrize("several", [False, True])
def test_a_model_without_tables(tmp_path: Path, tables: int, several: bool) -> None:
    project = Project(tmp_path)
    project.run("init", "migrations")
    project.use_database("sqlite:///test.db")
    model = "sa.MetaData()"
    project.replace(
        "migrations/env.py",
        "target_metadata = None",
        "import sqlalchemy as sa\n"
        f"target_metadata = {f'[{model}, {model}]' if several else model}\n"
        f"for number in range({tables}):\n"
        f"    sa.Table('t', target_metadata{'[0]' if several else ''},\n"
        "             sa.Column('id', sa.Integer))",
    )
    done = project.run("revision", "--autogenerate", "-m", "one")
    assert ("target_metadata has no tables" in done.stderr) == (not tables)
    project.run("upgrade", "head")
    done = project.run("check")
    assert ("target_metadata has no tables" in done.stderr) == (not tables)
    assert done.stderr.count("target_metadata") <= 1
