"""Models whose own code changes them while C reads them: nothing freed is read."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from alembic_c import _catalog
from alembic_c.catalog import _model

POSTGRESQL = sa.make_url("postgresql://").get_dialect()()
RULES = {"types": True, "defaults": True, "comments": True, "checks": True}
WALKER = Path(__file__).parents[2] / "csrc" / "bind" / "catalog" / "walker.h"
DECLARED_RULES = re.findall(
    r"X\((\w+)\)", WALKER.read_text().split("#define ALC_RULES(X)")[1].split("\n\n")[0]
)


class Meddler(sa.sql.ColumnElement[Any]):
    """An expression that empties a list when it is compiled."""

    inherit_cache = False

    def __init__(self, victim: list[Any]) -> None:
        self.victim = victim


@compiles(Meddler)
def _meddle(element: Meddler, compiler: Any, **kw: Any) -> str:
    element.victim.clear()
    return "now()"


def read(tables: list[Any]) -> Any:
    return _model.read(tables, _model.Rules(POSTGRESQL, "public", **RULES))


def test_index_that_empties_itself() -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("x", sa.Integer))
    expressions: list[Any] = []
    index = sa.Index("ix", Meddler(expressions), *[sa.text(str(n)) for n in range(50)])
    table.append_constraint(index)
    expressions += index.expressions
    index.expressions = expressions
    (found,) = read([table]).tables
    assert not expressions
    assert len(found.indexes[0].parts) == 51


def test_default_that_empties_the_columns() -> None:
    entries: list[Any] = []
    columns = [sa.Column(f"x{n}", sa.Integer) for n in range(50)]
    first = sa.Column("first", sa.Integer, server_default=Meddler(entries))
    table = sa.Table("t", sa.MetaData(), first, *columns)
    collection = table._columns
    entries += collection._collection
    object.__setattr__(collection, "_collection", entries)
    (found,) = read([table]).tables
    assert not entries
    assert len(found.columns) == 51


@pytest.mark.parametrize("entries", [None, 5, (), [None], [()], [("x",)], [["x", 1]]])
@pytest.mark.parametrize("of", ["table", "unique"])
def test_columns_of_another_kind(of: str, entries: Any) -> None:
    """A table that keeps its columns in another way is left to the comparators."""
    unique = sa.UniqueConstraint("x", name="uq")
    table = sa.Table("t", sa.MetaData(), sa.Column("x", sa.Integer), unique)
    assert read([table]).tables[0].opaque is None
    collection = (table if of == "table" else unique)._columns
    object.__setattr__(collection, "_collection", entries)
    (found,) = read([table]).tables
    assert found.opaque == "error in the model"


def test_default_that_empties_the_list_of_tables() -> None:
    tables: list[Any] = []
    for number in range(50):
        column = sa.Column("x", sa.Integer, server_default=Meddler(tables))
        tables.append(sa.Table(f"t{number}", sa.MetaData(), column))
    assert len(read(tables).tables) == 50


class Fresh(sa.String):
    """A type that makes its variant anew each time it is asked."""

    @property
    def _variant_mapping(self) -> dict[str, Any]:  # type: ignore[override]
        return {"postgresql": sa.String(7)}


def test_variant_that_nobody_keeps() -> None:
    columns = [sa.Column(f"x{number}", Fresh(5)) for number in range(5)]
    (table,) = read([sa.Table("t", sa.MetaData(), *columns)]).tables
    assert table.opaque is None
    assert [column.type for column in table.columns] == ["VARCHAR(7)"] * 5


def test_that_reading_no_tables_is_an_error() -> None:
    with pytest.raises(TypeError):
        read(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [None, 1, "abc", ["length"], (1,), {}, object()])
@pytest.mark.parametrize("rule", DECLARED_RULES)
def test_rules_of_any_kind(rule: str, wrong: Any) -> None:
    """Whatever the rules hold, or give when they are called: an error or a catalog."""
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("name", sa.String(10), server_default="x"),
        sa.Column("twice", sa.Integer, sa.Computed("id * 2")),
        sa.UniqueConstraint("name", name="uq"),
        sa.Index("ix", sa.text("lower(name)"), postgresql_where=sa.text("id > 0")),
        sa.CheckConstraint("id > 0", name="ck"),
    )
    for value in (wrong, lambda *args: wrong):
        rules = _model.Rules(POSTGRESQL, "public", **RULES)
        setattr(rules, rule, value)
        with contextlib.suppress(TypeError, ValueError):
            assert len(_catalog.read_metadata([table], rules)) == 1


NONE = (None, None, None)


@pytest.mark.parametrize(
    "details",
    [
        (),
        (*NONE, ()),
        (*NONE, (), (), ()),
        [*NONE, (), (None,)],
        (*NONE, [], (None,)),
        (*NONE, (), [None]),
        (*NONE, (), ()),
        (*NONE, (), (None, None)),
        ("\ud800", None, None, (), (None,)),
        (*NONE, ("a", "\ud800"), (None,)),
        (*NONE, (), ("\ud800",)),
    ],
)
def test_details_of_an_index_that_are_not_understood(details: Any) -> None:
    assert read_with_details(details).opaque == "error in the model"


def test_details_of_an_index_that_are_no_texts() -> None:
    table = read_with_details((1, b"", [], (2, "a"), ({},)))
    (index,) = table.indexes
    assert table.opaque is None
    assert (index.method, index.predicate, index.options) == NONE
    assert index.include == (None, "a")
    assert index.parts[0].opclass is None


def read_with_details(details: Any) -> Any:
    index = sa.Index("ix", "x", postgresql_where=sa.text("x > 0"))
    table = sa.Table("t", sa.MetaData(), sa.Column("x", sa.Integer), index)
    rules = _model.Rules(POSTGRESQL, "public", **RULES)
    rules.index_details = lambda index: details  # type: ignore[method-assign]
    (found,) = _catalog.read_metadata([table], rules).tables
    return found


@pytest.mark.parametrize("wrong", [None, 1, "length", ["length"], {}, object()])
def test_parameters_of_types_that_are_no_tuple(wrong: Any) -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("name", sa.String(10)))
    rules = _model.Rules(POSTGRESQL, "public", **RULES)
    rules.plain_types = {sa.String: wrong}
    (found,) = _catalog.read_metadata([table], rules).tables
    assert found.opaque == "error in the model"
