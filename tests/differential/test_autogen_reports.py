"""Autogenerate on what other databases would report: ours and upstream's are equal.

MySQL reports a unique constraint as an index too, SQL Server as an index only, some
dialects leave out options of foreign keys, or cannot report a kind at all.  Here a
SQLite database says what they would say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.autogen import Package, collected, describe, settle

UNSUPPORTED: Any = None


def _unique(name: str | None, *columns: str, **extra: Any) -> dict[str, Any]:
    return {"name": name, "column_names": list(columns), **extra}


def _index(name: str, *columns: str, unique: bool = False, **extra: Any) -> Any:
    return {"name": name, "column_names": list(columns), "unique": unique, **extra}


def _key(name: str | None, *columns: str, **options: Any) -> dict[str, Any]:
    referred = ("p", ["id"]) if len(columns) == 1 else ("q", ["x", "y"])
    return {
        "name": name,
        "constrained_columns": list(columns),
        "referred_schema": None,
        "referred_table": referred[0],
        "referred_columns": referred[1],
        "options": options,
    }


def _without_options(key: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name != "options"}


# What is reported: (unique constraints, indexes).
UNIQUES: dict[str, tuple[Any, Any]] = {
    "nothing": ([], []),
    "constraint": ([_unique("u", "a")], []),
    "constraint without name": ([_unique(None, "a")], []),
    "index": ([], [_index("u", "a")]),
    "unique index": ([], [_index("u", "a", unique=True)]),
    "both, as MySQL": (
        [_unique("u", "a", duplicates_index="u")],
        [_index("u", "a", unique=True), _index("w", "b")],
    ),
    "two of both, as MySQL": (
        [_unique(n, *c, duplicates_index=n) for n, c in (("u", "a"), ("v", "ab"))],
        [_index(n, *c, unique=True) for n, c in (("u", "a"), ("v", "ab"))],
    ),
    "both, unmarked": ([_unique("u", "a")], [_index("u", "a", unique=True)]),
    "both, different": ([_unique("u", "a")], [_index("u", "b")]),
    "both, as PostgreSQL": (
        [_unique("u", "a")],
        [_index("u", "a", unique=True, duplicates_constraint="u")],
    ),
    "index, as SQL Server": (UNSUPPORTED, [_index("u", "a", unique=True)]),
    "index, unsupported": (UNSUPPORTED, [_index("u", "a")]),
}
UNIQUE_MODELS: dict[str, Callable[[sa.Table], Any]] = {
    "nothing": lambda t: None,
    "constraint": lambda t: sa.UniqueConstraint(t.c.a, name="u"),
    "constraint, more columns": lambda t: sa.UniqueConstraint(t.c.a, t.c.b, name="u"),
    "constraint, other name": lambda t: sa.UniqueConstraint(t.c.a, name="z"),
    "constraint without name": lambda t: sa.UniqueConstraint(t.c.a),
    "other without name": lambda t: sa.UniqueConstraint(t.c.b),
    "index": lambda t: sa.Index("u", t.c.a),
    "unique index": lambda t: sa.Index("u", t.c.a, unique=True),
    "unique index, other column": lambda t: sa.Index("u", t.c.b, unique=True),
    "unique index, other name": lambda t: sa.Index("z", t.c.a, unique=True),
    "both, one without name": lambda t: (
        sa.UniqueConstraint(t.c.a),
        sa.Index("u", t.c.a, unique=True),
    ),
}

KEYS: dict[str, list[dict[str, Any]]] = {
    "nothing": [],
    "plain": [_key("f", "a")],
    "without name": [_key(None, "a")],
    "without options": [_without_options(_key("f", "a"))],
    "options": [_key("f", "a", ondelete="CASCADE")],
    "no action": [_key("f", "a", ondelete="NO ACTION", onupdate="no action")],
    "deferred": [_key("f", "a", deferrable=True, initially="DEFERRED", match="FULL")],
    "two": [_key("f", "a"), _key("g", "b", ondelete="SET NULL")],
    "options for one": [_without_options(_key("f", "a")), _key("g", "b")],
    "two columns": [_key("f", "a", "b")],
}
KEY_MODELS: dict[str, Callable[[sa.Table], Any]] = {
    "nothing": lambda t: None,
    "plain": lambda t: sa.ForeignKeyConstraint([t.c.a], ["p.id"], name="f"),
    "without name": lambda t: sa.ForeignKeyConstraint([t.c.a], ["p.id"]),
    "options": lambda t: sa.ForeignKeyConstraint(
        [t.c.a], ["p.id"], name="f", ondelete="cascade"
    ),
    "other column": lambda t: sa.ForeignKeyConstraint([t.c.b], ["p.id"], name="f"),
    "deferred": lambda t: sa.ForeignKeyConstraint(
        [t.c.a], ["p.id"], name="f", deferrable=True, initially="deferred"
    ),
    "two columns": lambda t: sa.ForeignKeyConstraint(
        [t.c.a, t.c.b], ["q.x", "q.y"], name="f"
    ),
    "other order": lambda t: sa.ForeignKeyConstraint(
        [t.c.b, t.c.a], ["q.y", "q.x"], name="f"
    ),
}

CHECKS: dict[str, Any] = {
    "nothing": [],
    "unsupported": UNSUPPORTED,
    "one": [{"name": "c", "sqltext": "a > 0"}],
    "without name": [{"name": None, "sqltext": "a > 0"}],
    "two": [{"name": "d", "sqltext": "b"}, {"name": "c", "sqltext": "a % 2 = ':x'"}],
}
CHECK_MODELS: dict[str, Callable[[sa.Table], Any]] = {
    "nothing": lambda t: None,
    "one": lambda t: sa.CheckConstraint("a > 0", name="c"),
    "without name": lambda t: sa.CheckConstraint("a > 0"),
    "two": lambda t: (
        sa.CheckConstraint("b", name="d"),
        sa.CheckConstraint(t.c.a > 3, name="e"),
    ),
    "of a column": lambda t: sa.Column(
        "n", sa.Integer, sa.CheckConstraint("n > 0", name="c")
    ),
    "of a type": lambda t: sa.Column(
        "f", sa.Boolean(create_constraint=True, name="ck")
    ),
}


def model_with(add: Callable[[sa.Table], Any]) -> sa.MetaData:
    metadata = sa.MetaData()
    table = sa.Table(
        "t", metadata, sa.Column("a", sa.Integer), sa.Column("b", sa.Integer)
    )
    sa.Table("p", metadata, sa.Column("id", sa.Integer))
    sa.Table("q", metadata, sa.Column("x", sa.Integer), sa.Column("y", sa.Integer))
    added = add(table)
    for item in added if isinstance(added, tuple) else (added,):
        if isinstance(item, sa.Column):
            table.append_column(item)
        elif isinstance(item, sa.Constraint):
            table.append_constraint(item)
    return metadata


LOST_CHECK = "sa.CheckConstraint('n > 0', name='c'), "


def findings(
    package: Package, reports: dict[str, Any], model: sa.MetaData, hooks: bool
) -> tuple[list[str], ...]:
    """Return what a package makes of a model, and of none, and what it asked."""
    engine = sa.create_engine("sqlite://")
    model_with(lambda t: None).create_all(connection := engine.connect())
    for kind, reported in reports.items():
        setattr(engine.dialect, f"get_{kind}", _reporter(reported))
    asked: list[str] = []

    def include_object(
        thing: Any, name: Any, type_: str, reflected: bool, other: Any
    ) -> bool:
        asked.append(f"{type_} {name} {reflected} {getattr(other, 'name', None)}")
        return True

    def include_name(name: Any, type_: str, parents: dict[str, Any]) -> bool:
        asked.append(f"{type_} {name} {sorted(map(str, parents.items()))}")
        return True

    opts = {"include_object": include_object, "include_name": include_name}
    context = package.context(connection, opts if hooks else {})
    diffs: list[str] = []
    with collected() as (messages, _), connection:
        for wanted in (model, sa.MetaData()):
            script = package.differences(context, wanted)
            settle(package, script.upgrade_ops)
            diffs += [describe(each) for each in script.upgrade_ops.as_diffs()]
            diffs.append(package.autogenerate.render_python_code(script.upgrade_ops))
    engine.dispose()
    return diffs, sorted(messages), sorted(asked)


def _reporter(reported: Any) -> Callable[..., Any]:
    def report(
        connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        if reported is UNSUPPORTED:
            raise NotImplementedError
        return [dict(each) for each in reported] if table_name == "t" else []

    return report


def assert_equal_findings(
    packages: tuple[Package, Package],
    reports: dict[str, Any],
    add: Callable[[sa.Table], Any],
    lost: str = "",
) -> None:
    """Lost: what upstream leaves out of its files."""
    ours, theirs = packages
    for hooks in (False, True):
        diffs, *others = findings(ours, reports, model_with(add), hooks)
        found = [each.replace(lost, "") for each in diffs], *others
        assert found == findings(theirs, reports, model_with(add), hooks)


@pytest.mark.parametrize("model", UNIQUE_MODELS)
@pytest.mark.parametrize("reported", UNIQUES)
def test_uniques_and_indexes(
    packages: tuple[Package, Package], reported: str, model: str
) -> None:
    uniques, indexes = UNIQUES[reported]
    reports = {"unique_constraints": uniques, "indexes": indexes}
    assert_equal_findings(packages, reports, UNIQUE_MODELS[model])


@pytest.mark.parametrize("model", KEY_MODELS)
@pytest.mark.parametrize("reported", KEYS)
def test_foreign_keys(
    packages: tuple[Package, Package], reported: str, model: str
) -> None:
    reports = {"foreign_keys": KEYS[reported]}
    assert_equal_findings(packages, reports, KEY_MODELS[model])


@pytest.mark.parametrize("model", CHECK_MODELS)
@pytest.mark.parametrize("reported", CHECKS)
def test_checks(packages: tuple[Package, Package], reported: str, model: str) -> None:
    reports = {"check_constraints": CHECKS[reported]}
    assert_equal_findings(packages, reports, CHECK_MODELS[model], lost=LOST_CHECK)


@pytest.fixture(autouse=True)
def without_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave every table to the comparators: the proof reads the real database."""
    monkeypatch.setenv("ALEMBIC_C_PROOF", "off")
