"""What our renderers write is what upstream's write, for every kind of operation."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import MetaData
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError

from tests.support.render_cases import operation_cases

DIALECTS = ["postgresql", "sqlite", "mysql", "mssql", "oracle"]
CASES = operation_cases()


def modules(package: str) -> SimpleNamespace:
    return SimpleNamespace(
        autogenerate=importlib.import_module(f"{package}.autogenerate"),
        api=importlib.import_module(f"{package}.autogenerate.api"),
        ops=importlib.import_module(f"{package}.operations.ops"),
        migration=importlib.import_module(f"{package}.runtime.migration"),
    )


@pytest.fixture(scope="module")
def ours() -> SimpleNamespace:
    return modules("alembic_c")


@pytest.fixture(scope="module")
def theirs(upstream_package: ModuleType) -> SimpleNamespace:
    return modules(upstream_package.__name__)


def outcome(make: Callable[[], Any]) -> Any:
    """Return what a function returns, or the error that it raises, to compare."""
    try:
        return make()
    except (NotImplementedError, SQLAlchemyError) as error:
        return type(error), str(error)


def rendered(side: SimpleNamespace, case: str, dialect: str, **opts: Any) -> Any:
    """Return what one side makes of a case: its text in and out of a batch."""
    return outcome(lambda: _rendered(side, case, dialect, **opts))


def _rendered(side: SimpleNamespace, case: str, dialect: str, **opts: Any) -> Any:
    opts = {
        "sqlalchemy_module_prefix": "sa.",
        "alembic_module_prefix": "op.",
        "user_module_prefix": None,
        "target_metadata": MetaData(),
        **opts,
    }
    context = side.migration.MigrationContext.configure(dialect_name=dialect, opts=opts)
    autogen_context = side.api.AutogenContext(context)
    plain = side.autogenerate.render_op_text(autogen_context, CASES[case](side.ops))
    with autogen_context._within_batch():
        in_batch = side.autogenerate.render_op_text(
            autogen_context, CASES[case](side.ops)
        )
    # Upstream leaves it to the user (`test_render_names.py`).
    autogen_context.imports.discard("import tests.support.render_cases")
    prefix = opts["sqlalchemy_module_prefix"]
    texts = (_comparable(side, text, prefix, dialect) for text in (plain, in_batch))
    return *texts, autogen_context.imports


# Which upstream leaves out, but on PostgreSQL.
VARIANT_IN_ARRAY = "pg array of variant"


def _prefixed(text: str, prefix: str) -> str:
    """Give a type within a type of the user's, or of another dialect, its prefix.

    It has none in upstream's, where the file does not run.
    """
    within = r"(SubArray\(|postgresql\.ARRAY\(|(?:astext|text)_type=)(?=([A-Z]\w+)\()"

    def name_it(match: re.Match[str]) -> str:
        places = {prefix: sa, "postgresql.": postgresql}
        found = (place for place, module in places.items() if hasattr(module, match[2]))
        return match[1] + next(found, "tests.support.render_cases.")

    return re.sub(within, name_it, text)


def _comparable(side: SimpleNamespace, text: str, prefix: str, dialect: str) -> str:
    """Leave out how colons and percent signs are written in the texts of SQL.

    Upstream's text() takes a colon for a parameter, and doubles percent signs that were
    doubled before: `db/test_expressions.py` runs what ours says.  Nothing but colons is
    changed in ours.
    """
    if side.api.__name__.startswith("alembic_c."):
        return text.replace("\\\\:", ":")
    if dialect in ("postgresql", "mysql"):
        text = text.replace("%%", "%")
    return _prefixed(text, prefix)


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
@pytest.mark.parametrize("dialect", DIALECTS)
def test_operations(
    ours: SimpleNamespace, theirs: SimpleNamespace, dialect: str
) -> None:
    for case in CASES:
        if dialect != "postgresql" and VARIANT_IN_ARRAY in case:
            continue
        expected = rendered(theirs, case, dialect)
        assert rendered(ours, case, dialect) == expected, case


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_prefixes(ours: SimpleNamespace, theirs: SimpleNamespace) -> None:
    opts = {
        "sqlalchemy_module_prefix": "sqla.",
        "alembic_module_prefix": None,
        "user_module_prefix": "models.",
    }
    for case in CASES:
        expected = rendered(theirs, case, "postgresql", **opts)
        assert rendered(ours, case, "postgresql", **opts) == expected, case


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
@pytest.mark.parametrize("kind", ["type", "server_default", "column", "check"])
@pytest.mark.parametrize("answer", ["Custom()", None])
def test_render_item(
    ours: SimpleNamespace, theirs: SimpleNamespace, kind: str, answer: str | None
) -> None:
    def render_item(item_kind: str, item: Any, autogen_context: Any) -> Any:
        if item_kind != kind:
            return False
        autogen_context.imports.add("import custom")
        return answer

    for case in CASES:
        if kind == "type" and answer is None and "variant" in case:
            continue  # fails on both sides, in different words
        expected = rendered(theirs, case, "postgresql", render_item=render_item)
        result = rendered(ours, case, "postgresql", render_item=render_item)
        assert result == expected, case


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
@pytest.mark.parametrize("as_batch", [False, True])
def test_bodies(ours: SimpleNamespace, theirs: SimpleNamespace, as_batch: bool) -> None:
    def body(side: SimpleNamespace, case: str) -> str:
        operations = [
            CASES[case](side.ops),
            side.ops.ModifyTableOps("t", []),
            side.ops.ModifyTableOps("t", [CASES[case](side.ops)], schema="s"),
            CASES[case](side.ops),
        ]
        text: str = side.autogenerate.render_python_code(
            side.ops.UpgradeOps(operations),
            render_as_batch=as_batch,
            imports=["import models"],
        )
        return _comparable(side, text, "sa.", "default")

    for case in CASES:
        if VARIANT_IN_ARRAY in case:
            continue
        expected = outcome(lambda c=case: body(theirs, c))  # type: ignore[misc]
        assert outcome(lambda c=case: body(ours, c)) == expected, case  # type: ignore[misc]


LINES = [
    "a\nb",
    "if x:\n    y\nelse:\n    z",
    ["if a:", "b", "elif c:", "d", "", "e"],
    ["try:", "a", "except:", "b", "finally:", "c"],
    ["with x:  # why", "# :", "y"],
    ["def f():", "return", "else:", "g"],
    ["class X:", "y: int", "", ""],
    ["while 1:", "", "pass"],
    '"""\nfoo\n  bar  \n"""',
    "x = [\n  1,   \n     2\n]",
    "   lead",
    "\tt\n\tu",
    "x\r\ny",
    "",
    "\n",
    "#x:",
    "for x in {}: #",
    "elif:",
]


@pytest.mark.parametrize("lines", LINES)
def test_layout_of_what_other_renderers_return(
    ours: SimpleNamespace, theirs: SimpleNamespace, lines: str | list[str]
) -> None:
    def bodies(side: SimpleNamespace) -> list[str]:
        class CustomOp(side.ops.MigrateOperation):  # type: ignore[misc,name-defined]
            pass

        side.autogenerate.renderers.dispatch_for(CustomOp)(lambda context, op: lines)
        custom = CustomOp()
        drop = side.ops.DropColumnOp("t", "c")
        container = side.ops.UpgradeOps(
            [custom, side.ops.ModifyTableOps("t", [custom, drop]), drop, custom]
        )
        return [
            side.autogenerate.render_python_code(container, render_as_batch=as_batch)
            for as_batch in (False, True)
        ]

    assert bodies(ours) == bodies(theirs)
