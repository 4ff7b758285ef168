"""`alembic.testing`: the names that upstream has, with its signatures."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.testing import config as sqla_config

MODULES = [
    "",
    ".assertions",
    ".env",
    ".fixtures",
    ".plugin",
    ".plugin.bootstrap",
    ".requirements",
    ".schemacompare",
    ".suite",
    ".suite._autogen_fixtures",
    ".suite.test_autogen_comments",
    ".suite.test_autogen_computed",
    ".suite.test_autogen_diffs",
    ".suite.test_autogen_fks",
    ".suite.test_autogen_identity",
    ".suite.test_environment",
    ".suite.test_op",
    ".util",
    ".warnings",
]
# Upstream's own helpers, which its packages' users have no reason to call.
PRIVATE = {
    "_ErrorContainer",
    "_assert_raises",
    "_expect_raises",
}


@pytest.fixture(autouse=True, scope="module")
def requirements(upstream: ModuleType) -> Iterator[None]:
    """Do what SQLAlchemy's plugin does before it imports tests."""
    name = f"{upstream.__name__}.testing.requirements"
    with pytest.MonkeyPatch.context() as patch:
        suite_requirements = import_module(name).SuiteRequirements()
        patch.setattr(sqla_config, "requirements", suite_requirements)
        yield


# A fixture's signature is that of SQLAlchemy's wrapper.
FIXTURES = "TestBase"


def parameters(function: Any) -> list[tuple[str, Any, bool]]:
    return [
        (p.name, p.kind, p.default is p.empty)
        for p in inspect.signature(function).parameters.values()
        if p.name not in ("__fn", "function")
    ]


def defined(package: ModuleType, suffix: str) -> Iterator[tuple[str, Any]]:
    """Yield the functions and classes that a module of upstream's defines."""
    module = import_module(f"{package.__name__}.testing{suffix}")
    for name, member in vars(module).items():
        if getattr(member, "__module__", None) == module.__name__:
            yield name, member


@pytest.mark.parametrize("suffix", MODULES)
def test_names_and_signatures(suffix: str, upstream: ModuleType) -> None:
    ours = import_module(f"alembic_c.testing{suffix}")
    for name, theirs in defined(upstream, suffix):
        if name in PRIVATE:
            continue
        mine = getattr(ours, name)
        if inspect.isfunction(theirs):
            assert parameters(mine) == parameters(theirs), name
        elif inspect.isclass(theirs):
            compare_classes(mine, theirs)


def compare_classes(mine: Any, theirs: Any) -> None:
    for name, member in vars(theirs).items():
        if name in ("__backend__", "__requires__"):
            assert getattr(mine, name) == member
        if name.startswith("__"):
            continue
        assert hasattr(mine, name), f"{theirs.__name__}.{name}"
        plain = inspect.isfunction(member) and theirs.__name__ != FIXTURES
        if plain:
            assert parameters(getattr(mine, name)) == parameters(member), name


def test_what_a_star_import_brings(upstream: ModuleType) -> None:
    brought: list[set[str]] = []
    for package in (upstream.__name__, "alembic_c"):
        names: dict[str, Any] = {}
        exec(f"from {package}.testing.suite import *", names)
        # pytest puts names of its own, which are no identifiers, into our modules.
        brought.append({n for n in names if n.isidentifier()} - {"__builtins__"})
    assert brought[0] == brought[1]


def test_the_package_itself(upstream: ModuleType) -> None:
    theirs = import_module(f"{upstream.__name__}.testing")
    ours = import_module("alembic_c.testing")
    assert {name for name in vars(theirs) if not name.startswith("_")} <= set(
        vars(ours)
    )
