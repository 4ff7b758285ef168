"""Catalogs as text: differences in words, and JSON that gives the same catalog back."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alembic_c import _catalog
from alembic_c.catalog import Catalog, _words, assert_same, render, snapshot
from tests.unit.test_catalog_diff import BASE, catalog, changed

VERSION = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"


def test_the_version_table_is_left_out(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'app.db'}")
    with engine.begin() as connection:
        for statement in (*BASE, VERSION, "CREATE TABLE other (a INT)"):
            connection.exec_driver_sql(statement)
        assert [each.name for each in snapshot(connection).tables] == [
            "other",
            "p",
            "t",
        ]
    sources: list[Any] = [engine, engine.url, str(engine.url), tmp_path / "app.db"]
    for source in sources:
        assert len(snapshot(source)) == 3
        assert len(snapshot(source, version_table=None)) == 4
        other = snapshot(source, version_table="other")
        assert [each.name for each in other.tables] == ["alembic_version", "p", "t"]
    engine.dispose()


def test_urls_with_drivers_and_passwords(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    sa.create_engine(f"sqlite:///{path}").connect().close()
    path.touch()
    for driver in ("sqlite", "sqlite+pysqlite", "sqlite+aiosqlite"):
        url = sa.make_url(f"{driver}:///{path}")
        assert len(snapshot(url)) == len(snapshot(f"{driver}:///{path}")) == 0


def test_without_shares_the_tables() -> None:
    one = catalog(*BASE, VERSION.replace("alembic_version", "v"))
    native = one._native
    assert native.without(["nothing"]) is native
    tables = one.without("p", "t", "main.t").tables
    del one, native
    assert [each.name for each in tables] == ["v"]
    assert tables[0].columns[0].type == "VARCHAR(32)"
    assert len(catalog(*BASE).without("p").without("t")) == 0
    for names in (1, [1], ["a", None]):
        with pytest.raises(TypeError):
            catalog()._native.without(names)  # type: ignore[arg-type]
    with pytest.raises(UnicodeEncodeError):
        catalog()._native.without(["\udc80"])


def test_a_name_with_its_schema(tmp_path: Path) -> None:
    tables = [{"schema": schema, "name": "v"} for schema in ("a", "b", "a.v", "")] + [
        {"name": "v"},
        {"name": "a.v"},
        {"schema": "a", "name": "vv"},
    ]
    one = Catalog(_catalog.Catalog.from_values("postgresql", tables))
    left = {(each.schema, each.name) for each in one.without("a.v").tables}
    names = {(each.schema, each.name) for each in one.tables}
    assert names - left == {("a", "v"), (None, "a.v")}
    assert [each.name for each in one.without("v").tables] == ["a.v", "vv"]


def test_the_order_of_columns_counts_where_it_is_asked_for() -> None:
    one, other = catalog("CREATE TABLE t (a, b)"), catalog("CREATE TABLE t (b, a)")
    assert one.diff(other) == []
    assert_same(one, other)
    with pytest.raises(AssertionError, match="order of columns"):
        assert_same(one, other, order=True)
    assert one != other


@pytest.mark.parametrize(
    ("ignore", "left"),
    [
        ((), ["column a", "column b", "index ix", "table"]),
        ("t", ["table"]),
        (["t.*"], ["table"]),
        (["?"], []),
        (["x*", "t.ix"], ["column a", "column b"]),
        (["t.a", "t.b", "p2"], ["index ix", "table"]),
        (["*.ix", "T"], ["column a", "column b", "table"]),
    ],
)
def test_what_is_ignored(ignore: Any, left: list[str]) -> None:
    one = catalog("CREATE TABLE t (a INT, b INT)", "CREATE INDEX ix ON t (a)")
    other = catalog("CREATE TABLE t (a TEXT, b TEXT)", "CREATE TABLE x (a)")
    assert [change.what for change in one.diff(other, ignore=ignore)] == left


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("a INT,", "a BIGINT,", "column a: type INT -> type BIGINT"),
        (
            "a INT,",
            "a BIGINT NOT NULL,",
            "column a: type INT -> type BIGINT, NULL -> NOT NULL",
        ),
        ("DEFAULT 'x'", "DEFAULT 'y'", "column b: DEFAULT 'x' -> DEFAULT 'y'"),
        (" DEFAULT 'x'", "", "column b: DEFAULT 'x' -> no DEFAULT"),
        (
            "a INT,",
            "a INT AS (id + 1) STORED,",
            "column a: no GENERATED ALWAYS AS -> GENERATED ALWAYS AS id + 1",
        ),
        ("a INT,", "a INT, c INT,", "column c is there only in the second"),
        ("t (a)", "t (b DESC)", "index ix: elements (a) -> elements (b DESC)"),
        ("INDEX ix", "UNIQUE INDEX ix", "index ix: not UNIQUE -> UNIQUE"),
        (
            "CONSTRAINT ck CHECK (a > 0)",
            "CONSTRAINT ck CHECK (a > 1)",
            "check ck: expression a > 0 -> expression a > 1",
        ),
    ],
)
def test_one_line_for_one_cause(old: str, new: str, line: str) -> None:
    changes = catalog(*BASE).diff(changed(old, new))
    assert render(changes) == f"table t\n  {line}"


def test_tables_are_told_in_one_line() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_same(catalog(*BASE), catalog(*BASE[:1], "CREATE TABLE z (a)"))
    assert str(caught.value).splitlines() == [
        "the catalogs differ:",
        "table t is there only in the first",
        "table z is there only in the second",
    ]


def test_the_index_of_a_constraint_is_not_told_again() -> None:
    table = {"name": "t", "columns": [{"name": "a"}]}
    unique = {"kind": "unique", "name": "u", "columns": ["a"]}
    index = {"name": "u", "parts": [{"text": "a"}], "is_constraint": True}
    one, other = (
        Catalog(_catalog.Catalog.from_values("postgresql", [each]))
        for each in (table, {**table, "constraints": [unique], "indexes": [index]})
    )
    assert len(one.diff(other)) == 2
    assert render(one.diff(other)) == "table t\n  unique u is there only in the second"


def test_each_aspect_has_its_words() -> None:
    aspects = set(chain(*_catalog.ASPECTS.values()))
    aspects -= {*_catalog.ASPECTS[_catalog.IndexPart]} - _other_aspects()
    aspects -= {*_catalog.ASPECTS[_catalog.Identity]} - _other_aspects()
    assert aspects - {*_words._FLAGS, *_words._TEXTS} == set()


def _other_aspects() -> set[str]:
    inner = (_catalog.IndexPart, _catalog.Identity)
    return {
        name
        for item, names in _catalog.ASPECTS.items()
        if item not in inner
        for name in names
    }


# --- JSON -----------------------------------------------------------------------------

NEEDED = {
    "table": {"name": "t"},
    "column": {"name": "c"},
    "constraint": {"kind": "check"},
    "index": {"name": "i"},
    "index_part": {"text": "x"},
    "identity": {},
}
ITEMS = {
    "table": _catalog.Table,
    "column": _catalog.Column,
    "constraint": _catalog.Constraint,
    "index": _catalog.Index,
    "index_part": _catalog.IndexPart,
    "identity": _catalog.Identity,
}


def tables_with(kind: str, item: dict[Any, Any]) -> list[Any]:
    """Return the values of a catalog in which one such item is."""
    table: dict[str, Any] = {"name": "t"}
    if kind == "table":
        return [item]
    if kind == "identity":
        table["columns"] = [{"name": "c", "identity_kind": "always", "identity": item}]
    elif kind == "index_part":
        table["indexes"] = [{"name": "i", "parts": [item]}]
    else:
        table["indexes" if kind == "index" else f"{kind}s"] = [item]
    return [table]


# Where something stands in its statement is no part of the schema, and is not kept.
PLACES = ("position", "of_column", "timing")


def fields(kind: str) -> list[str]:
    return [name for name in vars(ITEMS[kind]) if name[0] != "_" and name not in PLACES]


def read(tables: list[Any]) -> Catalog:
    text = json.dumps({"format": 1, "backend": "mariadb", "tables": tables})
    return Catalog.from_json(text)


@pytest.mark.parametrize(
    ("kind", "field"),
    [(kind, field) for kind in ITEMS for field in fields(kind)],
)
def test_each_field_comes_back(kind: str, field: str) -> None:
    """A field takes values of one shape, which are there afterwards; no others."""
    words = ["", "x", "\udc80\0é", "stored", "always", "CASCADE", "FULL", "view"]
    words.append("unique")
    lists: list[Any] = [["a", "b"], [{"name": "n"}], [{"kind": "unique"}]]
    values: list[Any] = [*words, True, 7, -(2**63), 2**63 - 1, *lists]
    values += [[{"text": "n"}], {"start": 3, "cycle": True}]
    shapes: set[type] = set()
    for value in values:
        item = {**NEEDED[kind], field: value}
        if field == "identity":
            item["identity_kind"] = "always"
        tables = tables_with(kind, item)
        try:
            found = read(tables)
        except ValueError:
            continue
        assert found == Catalog.from_json(found.to_json())
        shapes.add(type(value))
        name = repr(value)[:40].encode("ascii", "backslashreplace").decode()
        assert name.strip("'\"")[:3] in repr(found._native.values()), name
    assert len(shapes) == 1


HOSTILE: list[Any] = [None, 1, 1.5, [], {}, [[]], [{}], {"a": 1}, 2**63, "é", [None]]


@pytest.mark.parametrize("kind", ITEMS)
def test_values_that_no_catalog_has(kind: str) -> None:
    n_refused = 0
    for value in HOSTILE:
        items = [{**NEEDED[kind], field: value} for field in fields(kind)]
        items += [{**NEEDED[kind], "other": value}, value]
        for item in items:
            try:
                found = _catalog.Catalog.from_values("sqlite", tables_with(kind, item))
            except ValueError:
                n_refused += 1
                continue
            found.canonical()
            assert _catalog.Catalog.from_values("sqlite", found.values())
    assert n_refused > 6 * len(HOSTILE)


class _Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    "tables",
    [
        [{_Text("name"): "t"}],
        [{"name": _Text("t")}],
        [{"name": "t", 1: 2}],
        [{"name": "t"}, {"name": "t"}],
        [{"name": "t", "columns": ({"name": "c"},)}],
        [{"name": "t", "kind": "table\0"}],
        [{"name": "\ud800"}],
    ],
)
def test_values_of_other_types(tables: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        _catalog.Catalog.from_values("sqlite", tables)


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "1", "{", "null", "{}", '{"format": 1}', '{"format": 2}'),
        '{"format": 1, "backend": "sqlite", "tables": {}}',
        '{"format": 1, "backend": null, "tables": []}',
        '{"format": 1, "backend": "oracle", "tables": []}',
        '{"format": 1, "backend": "sqlite\\u0000", "tables": []}',
        "[" * 100_000,
        b"\xff",
    ],
)
def test_texts_that_are_no_catalog(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        Catalog.from_json(text)


def test_a_long_chain_of_catalogs_is_freed() -> None:
    one = catalog(*BASE)
    for _ in range(1000):
        one = Catalog.from_json(one.to_json()).without("nothing")
    assert one == catalog(*BASE)
