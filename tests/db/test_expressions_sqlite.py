"""Expressions on SQLite, which keeps the texts: what is equal, and what is seen."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from alembic_c.autogenerate import produce_migrations
from alembic_c.runtime.migration import MigrationContext
from tests.support.proving import mode

OPTIONS = {
    "compare_server_default": True,
    "render_as_batch": True,
    "autogenerate_plugins": [
        "alembic.autogenerate.*",
        "alembic.ext.checkconstraint_byname",
    ],
}
Items = Callable[[], list[Any]]
_a, _b = sa.column("a", sa.Integer), sa.column("b", sa.Integer)


def generated(expression: Any) -> Items:
    return lambda: [sa.Column("g", sa.Text, sa.Computed(expression))]


def default(expression: Any) -> Items:
    return lambda: [sa.Column("x", sa.Text, server_default=expression)]


def check(condition: Any) -> Items:
    return lambda: [sa.CheckConstraint(condition, name="ck")]


def index(where: str | None) -> Items:
    options: dict[str, Any] = {} if where is None else {"sqlite_where": sa.text(where)}
    return lambda: [sa.Index("ix", "a", **options)]


def model(items: Items) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.Integer),
        sa.Column("n", sa.String(30)),
        *items(),
    )
    return metadata


def found(connection: sa.Connection, metadata: sa.MetaData) -> bool:
    """Return whether autogenerate finds a change, or warns of one."""
    context = MigrationContext.configure(connection, opts=dict(OPTIONS))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        script = produce_migrations(context, metadata)
    return bool(caught) or bool(script.upgrade_ops and script.upgrade_ops.ops)


SAME = {
    "case": generated(sa.case((_a > 0, 1), else_=2)),
    "division": generated(_a / _b),
    "line break": generated("a +\n  b"),
    "quotes": generated("upper(n) || 'It''s'"),
    "parentheses": generated("(a + (b)) * 2"),
    "default quote": default("it's"),
    "default percent": default("100%:x"),
    "default empty": default(""),
    "default lines": default("a\nb"),
    "default parentheses": default("(x)"),
    "default sql": default(sa.text("(1 + 2)")),
    "check in": check(_a.in_([1, 2])),
    "check lines": check("a between 1 and 2\n or n like 'x%'"),
    "index": index("a > 0 and n = 'x'"),
}


@pytest.mark.parametrize("setting", ["on", "off", "check"])
@pytest.mark.parametrize("case", SAME)
def test_the_same_text_is_no_change(sqlite_url: str, case: str, setting: str) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.connect() as connection, mode(setting):
        model(SAME[case]).create_all(connection)
        assert not found(connection, model(SAME[case]))
    engine.dispose()


CHANGED = {
    "generated": (generated("n || 'A'"), generated("n || 'a'")),
    "default": (default("it's"), default("it")),
    "default sql": (default(sa.text("(1 + 2)")), default(sa.text("(1 + 3)"))),
    "check": (check("a > 0"), check("a > 1")),
    "check letter case": (check("n = 'A'"), check("n = 'a'")),
    "index": (index("a > 0"), index("a > 1")),
    "index made partial": (index(None), index("a > 1")),
    "index made whole": (index("a > 1"), index(None)),
}


@pytest.mark.parametrize("setting", ["on", "off", "check"])
@pytest.mark.parametrize("case", CHANGED)
def test_another_text_is_seen(sqlite_url: str, case: str, setting: str) -> None:
    before, after = CHANGED[case]
    engine = sa.create_engine(sqlite_url)
    with engine.connect() as connection, mode(setting):
        model(before).create_all(connection)
        assert found(connection, model(after))
    engine.dispose()


def test_what_others_have_written(sqlite_url: str) -> None:
    """Quotes, letter case and comments are no change."""
    engine = sa.create_engine(sqlite_url)
    with engine.connect() as connection:
        connection.exec_driver_sql(
            'CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a INTEGER, "b" INTEGER,'
            " n VARCHAR(30), g TEXT GENERATED ALWAYS AS (UPPER([N]) /* why */ || 'x'),"
            ' CONSTRAINT ck CHECK ("A" != `b`))'
        )
        metadata = model(lambda: [*generated("upper(n) || 'x'")(), *check("a <> b")()])
        assert not found(connection, metadata)
    engine.dispose()
