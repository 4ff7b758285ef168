"""Schemas of any size for the benchmarks of autogenerate.

A table has 11 columns (integer keys, varchar, text, numeric, boolean, timestamps with
time zone, JSON, float), four indexes, a unique, a foreign and a primary key, a named
check, and server defaults; names come from a naming convention.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, MetaData, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def table_name(number: int) -> str:
    return f"item_{number:05d}"


def add_table(metadata: MetaData, number: int, *, changed: bool = False) -> Table:
    """Add table `number`, which refers to the one before it.

    changed: with one difference, of a kind that depends on the number.
    """
    parent = table_name(max(number - 1, 0))
    kind = number // 20 % 5 if changed else None
    table = Table(
        table_name(number),
        metadata,
        Column("id", sa.Integer, primary_key=True),
        Column("parent_id", sa.Integer, ForeignKey(f"{parent}.id"), index=True),
        Column("name", sa.String(120 if kind == 0 else 100), nullable=False),
        Column("code", sa.String(20), nullable=kind == 1),
        Column("body", sa.Text),
        Column("amount", sa.Numeric(10, 2), nullable=False, server_default="0"),
        Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
        Column(
            "created_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.func.now(),
        ),
        Column("updated_at", sa.DateTime(timezone=True)),
        Column(
            "payload",
            sa.JSON().with_variant(JSONB(), "postgresql"),
            nullable=False,
            server_default=sa.text("'{}'"),
        ),
        Column("score", sa.Float),
        UniqueConstraint("code"),
        sa.CheckConstraint("amount >= 0", name="amount_not_negative"),
    )
    Index(None, table.c.name)
    Index(None, table.c.created_at, table.c.active)
    if kind != 2:
        Index(None, table.c.score)
    if kind == 3:
        table.append_column(Column("added", sa.Integer))
    if kind == 4:
        Index(None, table.c.updated_at)
    return table


def make_metadata(size: int, *, changed_every: int = 0) -> MetaData:
    """Return the metadata of `size` tables.

    changed_every: one table in so many differs from its plain form; 0 for none.
    """
    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    for number in range(size):
        changed = changed_every > 0 and number % changed_every == 0
        add_table(metadata, number, changed=changed)
    return metadata


def create(engine: sa.Engine, metadata: MetaData) -> None:
    """Create the tables, in transactions of a bearable number of locks."""
    tables = metadata.sorted_tables
    for start in range(0, len(tables), 200):
        with engine.begin() as connection:
            metadata.create_all(
                connection, tables=tables[start : start + 200], checkfirst=False
            )
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        ) as connection:
            connection.execute(sa.text("ANALYZE"))
