"""Casts are left out of PostgreSQL's expressions, and nothing else is."""

from __future__ import annotations

import pytest

from alembic_c.ddl import _pg_compare
from alembic_c.ddl._pg_compare import without_casts


@pytest.mark.parametrize(
    ("expression", "rest"),
    [
        ("lower((name)::text) IS NULL", "lower(name) IS NULL"),
        ("'A'::\"char\" || x::text DESC", "'A' || x DESC"),
        ("(a)::numeric(10,2) * (2)::numeric", "a * 2"),
        ("(a)::double precision / 2", "a / 2"),
        ("x::character varying(3) = y", "x = y"),
        ("t > '2020-01-01'::timestamp(3) without time zone", "t > '2020-01-01'"),
        ("x::interval day to second(3) DESC", "x DESC"),
        ("x::interval DESC", "x DESC"),
        ('x::my_schema."My::Type"[] ', "x "),
        ("(ARRAY['a'::text])::text[]", "(ARRAY['a'])"),
        ("x::geometry(Point,4326)", "x"),
        ("CAST(CAST(t.a AS NUMERIC(10, 2)) AS TEXT) DESC", "t.a DESC"),
        ("cast (a || b as char varying(3)) || c", "(a || b) || c"),
        ("lower(a)::text", "lower(a)"),
        ("lower (a)", "lower (a)"),
        ("alias, broadcast(a)", "alias, broadcast(a)"),
        ("x AS y", "x AS y"),
        # What is in quotes is no cast.
        ("'a''::b' || \"c::d\"", "'a''::b' || \"c::d\""),
        (r"e'it\'s::text'", r"e'it\'s::text'"),
        # Text that is no expression stays as it is.
        ("((a", "((a"),
        ("a)::text)", "a))"),
        ("'a::text", "'a"),
        ("::", "::"),
        ("", ""),
        ("(" * 5000 + "a::text", "(" * 5000 + "a"),
    ],
)
def test_what_is_left(expression: str, rest: str) -> None:
    assert without_casts(expression) == rest


@pytest.mark.parametrize(
    ("model", "database"),
    [
        ("cast(jb->'x' as integer)", "((jb -> 'x'::text))::integer"),
        ("t.a", "(a)"),
        (
            "CASE WHEN a > 1 THEN 'x' END",
            "(\nCASE\n    WHEN a > 1 THEN 'x'::text\nEND)",
        ),
        ("lower(name) DESC", "lower((name)::text) DESC NULLS FIRST"),
    ],
)
def test_index_elements_that_are_the_same(model: str, database: str) -> None:
    assert _pg_compare.reduced(model, "t") == _pg_compare.reduced(database, "t")


def test_index_elements_that_differ() -> None:
    reduced = {
        _pg_compare.reduced(text, "t")
        for text in ("lower(a)", "lower(b)", "upper(a)", "a", "a DESC", "lower(a) DESC")
    }
    assert len(reduced) == 6
