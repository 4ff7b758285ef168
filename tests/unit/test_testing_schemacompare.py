"""`alembic_c.testing.schemacompare`: what the wrapped objects are equal to."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from alembic_c.testing import schemacompare as compare


def table(name: str = "t", *items: Any, schema: str | None = None) -> sa.Table:
    columns = (sa.Column("a", sa.Integer), sa.Column("b", sa.String))
    return sa.Table(name, sa.MetaData(), *columns, *items, schema=schema)


def index(*columns: Any, name: str = "ix", **options: Any) -> sa.Index:
    made = sa.Index(name, *columns, **options)
    table("t", made)
    return made


def constraint(made: Any, name: str = "t", schema: str | None = None) -> Any:
    table(name, made, schema=schema)
    return made


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (table(), True),
        (table("u"), False),
        (table(schema="s"), False),
        (table("t", sa.Column("c", sa.Integer)), False),
        (sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer)), False),
        (
            sa.Table(
                "t",
                sa.MetaData(),
                sa.Column("a", sa.Integer),
                sa.Column("b", sa.String, nullable=False),
            ),
            False,
        ),
    ],
)
def test_tables(other: sa.Table, same: bool) -> None:
    assert (compare.CompareTable(table()) == other) is same
    assert (compare.CompareTable(table()) != other) is not same


def test_columns() -> None:
    wanted = compare.CompareColumn(sa.Column("a", sa.Integer))
    assert wanted == sa.Column("a", sa.String)
    assert wanted != sa.Column("b", sa.Integer)
    assert wanted != sa.Column("a", sa.Integer, nullable=False)


def test_indexes() -> None:
    wanted = compare.CompareIndex(index("a"))
    assert wanted == index("a")
    assert wanted != index("a", "b")
    assert wanted != index("a", unique=True)
    assert wanted != index("a", postgresql_using="gin")
    assert wanted != index("a", name="other")
    by_name = compare.CompareIndex(index("a"), name_only=True)
    assert by_name == index("b")
    assert by_name != index("a", name="other")
    assert repr(wanted) == "<CompareIndex ix(t.a)>"
    lower = index(sa.func.lower(sa.column("b")))
    assert repr(compare.CompareIndex(lower)) == "<CompareIndex ix(lower(b))>"


def foreign_key(*columns: str, name: str = "k") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        columns, [f"other.{column}" for column in columns], name=name
    )


@pytest.mark.parametrize(
    ("wrapper", "make"),
    [
        (compare.CompareForeignKey, foreign_key),
        (compare.CompareUniqueConstraint, sa.UniqueConstraint),
        (compare.ComparePrimaryKey, sa.PrimaryKeyConstraint),
    ],
)
def test_constraints_on_columns(wrapper: Any, make: Any) -> None:
    wanted = wrapper(constraint(make("a", name="k")))
    assert wanted == constraint(make("a", name="k"))
    assert wanted != constraint(make("b", name="k"))
    assert wanted != constraint(make("a", "b", name="k"))
    assert wrapper(constraint(make("a", "b", name="k"))) != constraint(
        make("a", name="k")
    )
    assert wanted != constraint(make("a", name="l"))
    assert wanted != constraint(make("a", name="k"), name="u")
    assert wanted != constraint(make("a", name="k"), schema="s")
    assert wanted != constraint(sa.CheckConstraint("a > 0", name="k"))
    assert wanted != "k"


def test_checks() -> None:
    wanted = compare.CompareCheckConstraint(
        constraint(sa.CheckConstraint("a > 0", name="k"))
    )
    assert wanted == constraint(sa.CheckConstraint("a > 0", name="k"))
    assert wanted != constraint(sa.CheckConstraint("a > 1", name="k"))
    assert wanted != constraint(sa.CheckConstraint("a > 0", name="l"))
    assert wanted != constraint(sa.UniqueConstraint("a", name="k"))


def test_they_cannot_be_hashed() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(compare.CompareTable(table()))
