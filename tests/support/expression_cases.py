"""Expressions that PostgreSQL writes in its own way, and changes of expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

Items = Callable[[], list[Any]]


def model(cases: Mapping[str, Items]) -> sa.MetaData:
    """Return a model with a table for each case."""
    metadata = sa.MetaData()
    for name, make in cases.items():
        items = make()
        for item in items:
            if isinstance(item, sa.Index):
                item.name = sa.sql.elements.quoted_name(f"ix_{name}", None)
        sa.Table(
            name,
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", sa.Integer),
            sa.Column("b", sa.Integer),
            sa.Column("n", sa.String(30)),
            sa.Column("t", sa.Text),
            sa.Column("j", pg.JSONB),
            sa.Column("d", sa.DateTime()),
            sa.Column("f", sa.Boolean),
            *items,
        )
    return metadata


def generated(expression: Any, type_: Any = sa.Text) -> Items:
    return lambda: [sa.Column("g", type_, sa.Computed(expression, persisted=True))]


def default(expression: Any, type_: Any = sa.Text) -> Items:
    return lambda: [sa.Column("x", type_, server_default=expression)]


def check(condition: Any) -> Items:
    return lambda: [sa.CheckConstraint(condition, name="ck")]


def index(*elements: Any, **options: Any) -> Items:
    options = {
        name if name == "unique" else f"postgresql_{name}": value
        for name, value in options.items()
    }
    return lambda: [sa.Index("ix", *elements, **options)]


_a, _b = sa.column("a", sa.Integer), sa.column("b", sa.Integer)
_n = sa.column("n", sa.String)
_j = sa.column("j", pg.JSONB)
_text = sa.text

# They are in the database as the model wants them.
SAME: dict[str, Items] = {
    "generated_between": generated(_text("a between 1 and 5"), sa.Boolean),
    "generated_case": generated(sa.case((_a > 0, 1), else_=2), sa.Integer),
    "generated_cast": generated(sa.cast(_a, sa.String(10)), sa.String(10)),
    "generated_concat": generated(_n + "-x"),
    "generated_division": generated(_a / _b, sa.Numeric),
    "generated_in": generated(_a.in_([1, 2]), sa.Boolean),
    "generated_not_equal": generated("a != b", sa.Boolean),
    "generated_quotes": generated("\"n\" || 'It''s: %s'"),
    "generated_upper": generated(sa.func.upper(_n)),
    "generated_like": generated("n LIKE 'a%'", sa.Boolean),
    "generated_modulo": generated("a % 3", sa.Integer),
    "default_interval": default(_text("interval '1 day'"), pg.INTERVAL),
    "default_moment": default(_text("now() + interval '1 hour'"), sa.DateTime),
    "default_zone": default(_text("timezone('utc', now())"), sa.DateTime),
    "default_at_zone": default(_text("(now() at time zone 'utc')"), sa.DateTime),
    "default_current": default(_text("CURRENT_TIMESTAMP"), sa.DateTime),
    "default_json": default(_text("'{}'"), pg.JSON),
    "default_jsonb": default('{"a": 1}', pg.JSONB),
    "default_array": default(_text("ARRAY[1,2]::integer[]"), pg.ARRAY(sa.Integer)),
    "default_texts": default("{}", pg.ARRAY(sa.Text)),
    "default_uuid": default(_text("pg_catalog.gen_random_uuid()"), pg.UUID),
    "default_date": default(_text("'2020-01-01'"), sa.Date),
    "default_percent": default("100%:x"),
    "default_random": default(_text("random()*2"), sa.Float),
    "check_cast": check("n::text like 'a%' and a in (1,2) and a between 1 and 3"),
    "check_in": check(_a.in_([1, 2, 3])),
    "check_names_table": check("check_names_table.a > 0"),
    "check_not": check("NOT (a = 1 OR b <> 2)"),
    "check_regex": check("n ~* '^[a-z]+$'"),
    "index_collation": index(_text('n COLLATE "C"')),
    "index_json": index(_text("(j['a']['b'])")),
    "index_json_text": index(_text("(j -> 'a' ->> 'b')")),
    "index_trim": index(sa.func.trim(_n)),
    "index_descending": index("d", ops={"d": "DESC"}),
    "index_sorted": index(_a.desc().nulls_last(), _text("lower(n) DESC NULLS LAST")),
    "index_where": index("a", where=_text("n in ('a','b') and not f")),
    "index_where_sql": index("a", where=sa.and_(_n.in_(["a"]), _a.between(1, 3))),
    "index_class": index("n", ops={"n": "varchar_pattern_ops"}),
    "index_gin": index("j", using="GIN", ops={"j": "jsonb_path_ops"}),
    "index_covering": index("a", include=["b", "n"], **{"with": {"fillfactor": 70}}),
    "index_hash": index("a", using="hash"),
    "index_nulls": index("a", unique=True, nulls_not_distinct=True),
}

# (in the database, in the model, whether upstream sees it: None where it fails)
CHANGED: dict[str, tuple[Items, Items, bool | None]] = {
    "where": (
        index("a", where=_text("a > 0")),
        index("a", where=_text("a > 1")),
        False,
    ),
    "where_added": (index("a"), index("a", where=_text("a > 1")), False),
    "where_gone": (index("a", where=_text("a > 1")), index("a"), False),
    "where_colon": (
        index("a", where=_text(r"n = ' \:b %'")),
        index("a", where=_text(r"n = ' \:c %'")),
        False,
    ),
    "class": (index("n"), index("n", ops={"n": "varchar_pattern_ops"}), False),
    "class_of_gin": (
        index("j", using="gin"),
        index("j", using="gin", ops={"j": "jsonb_path_ops"}),
        False,
    ),
    "class_in_text": (
        index(_text("lower(n) text_pattern_ops")),
        index(_text("lower(n)")),
        False,
    ),
    "method": (index("a"), index("a", using="hash"), False),
    "method_back": (index("a", using="hash"), index("a"), False),
    "include": (index("a"), index("a", include=["b"]), False),
    "include_more": (index("a", include=["b"]), index("a", include=["b", "n"]), False),
    "fillfactor": (index("a"), index("a", **{"with": {"fillfactor": 50}}), False),
    "fillfactor_other": (
        index("a", **{"with": {"fillfactor": 70}}),
        index("a", **{"with": {"fillfactor": 50}}),
        False,
    ),
    "nulls": (
        index("a", unique=True),
        index("a", unique=True, nulls_not_distinct=True),
        True,
    ),
    "descending": (index("a"), index(_a.desc()), True),
    "descending_ops": (index("d"), index("d", ops={"d": "DESC"}), False),
    "of_collation": (
        index(_text('n COLLATE "C"')),
        index(_text('n COLLATE "POSIX"')),
        True,
    ),
    "letter_case": (
        index(_text("coalesce(n,'A')")),
        index(_text("coalesce(n,'a')")),
        False,
    ),
    "cast": (index(_text("(a::text)")), index(_text("(a::varchar)")), False),
    "condition": (check("a > 0"), check("a > 1"), False),
    "condition_text": (check(r"n = ' \:b % x'"), check("n = 'a'"), False),
    "default_interval": (
        default(_text("interval '1 day'"), pg.INTERVAL),
        default(_text("interval '2 day'"), pg.INTERVAL),
        True,
    ),
    "default_json": (default("{}", pg.JSON), default("[]", pg.JSON), None),
    "default_call": (
        default(_text("now()"), sa.DateTime),
        default(_text("now() + interval '1 day'"), sa.DateTime),
        True,
    ),
}

# Where upstream fails, and where it finds a change, or warns of one, that is none.
FAILURES_OF_UPSTREAM = ("default_json",)
ALARMS_OF_UPSTREAM = {
    *("default_random", "default_uuid", "generated_between", "generated_cast"),
    *("generated_division", "generated_in", "generated_like", "generated_not_equal"),
    *("index_collation", "index_descending", "index_json_text", "index_trim"),
}
