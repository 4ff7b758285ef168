"""What published packages use of Alembic is there, and of the same kind, as upstream's.

The names are those of `tests/thirdparty/used_names.json`; its program says how they
were found.  What upstream does not have either is not asked for.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import json
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from unittest import mock

import pytest

USED = Path(__file__).parent.parent / "thirdparty" / "used_names.json"
_MISSING = object()


class Found(NamedTuple):
    """Part of a dotted name: what kind of thing it is, and the thing if it is known."""

    kind: str
    thing: Any


@functools.cache
def _assigned(cls: type) -> frozenset[str]:
    """Return the names that methods of a class assign on `self`."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError):
        return frozenset()
    return frozenset(
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    )


@functools.cache
def _object(cls: type) -> object:
    """Return an object of a class made with stand-ins for its arguments, or None."""
    try:
        parameters = inspect.signature(cls).parameters.values()
        required = [
            p.name
            for p in parameters
            if p.default is p.empty and p.kind == p.POSITIONAL_OR_KEYWORD
        ]
        return cls(*(mock.MagicMock(name=name) for name in required))
    except Exception:  # noqa: BLE001 - then its source tells what it has
        return None


def _member(owner: Any, name: str) -> Any:
    """Return what `owner` has under a name, without calling anything."""
    if isinstance(owner, ModuleType):
        try:
            return getattr(owner, name)
        except AttributeError:
            try:
                return importlib.import_module(f"{owner.__name__}.{name}")
            except ImportError:
                return _MISSING
        except NameError:
            # A proxied member that needs an environment in use.
            return None
    if isinstance(owner, type):
        found = inspect.getattr_static(owner, name, _MISSING)
        if found is not _MISSING:
            return found
        for cls in owner.__mro__[:-1]:
            if name in inspect.get_annotations(cls) or name in _assigned(cls):
                return None
        return None if hasattr(_object(owner), name) else _MISSING
    return getattr(owner, name, _MISSING)


def _kind(thing: Any) -> str:
    if isinstance(thing, ModuleType):
        return "module"
    if isinstance(thing, type):
        return "class"
    if isinstance(thing, (staticmethod, classmethod)):
        return "callable"
    return "callable" if callable(thing) else "value"


def resolve(package: ModuleType, name: str) -> list[Found]:
    """Return what the parts of a dotted name are, as far as they are there.

    It ends with a value whose type is not known: what follows cannot be looked up.
    """
    thing: Any = package
    found = []
    for part in name.split(".")[1:]:
        thing = _member(thing, part)
        if thing is _MISSING:
            break
        found.append(Found(_kind(thing), thing))
        if not isinstance(thing, (ModuleType, type)):
            break
    return found


def accepts(thing: Any, keyword: str) -> bool:
    """Return whether a call may have a keyword."""
    if isinstance(thing, (staticmethod, classmethod)):
        thing = thing.__func__
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return True
    return any(
        p.kind is p.VAR_KEYWORD or (p.name == keyword and p.kind != p.POSITIONAL_ONLY)
        for p in parameters
    )


def compare(
    name: str, keywords: list[str], theirs: ModuleType, ours: ModuleType
) -> str | None:
    """Return what ours lacks of a name, or None."""
    expected, actual = resolve(theirs, name), resolve(ours, name)
    parts = name.split(".")
    for depth, want in enumerate(expected):
        place = ".".join(parts[: depth + 2])
        if depth >= len(actual):
            return f"{place}: a {want.kind} of upstream's is missing"
        have = actual[depth]
        if have.kind != want.kind:
            return f"{place}: upstream's is a {want.kind}, ours a {have.kind}"
    if len(expected) == len(parts) - 1 and expected[-1].kind in ("class", "callable"):
        for keyword in keywords:
            if accepts(expected[-1].thing, keyword) and not accepts(
                actual[-1].thing, keyword
            ):
                return f"{name}: does not take {keyword}="
    return None


def used() -> dict[str, dict[str, list[str]]]:
    content: dict[str, dict[str, list[str]]] = json.loads(USED.read_text())
    return content


def test_names_that_packages_use(upstream: ModuleType) -> None:
    ours = importlib.import_module("alembic_c")
    names = used()
    assert len(names) > 500
    lacking = []
    for name, use in names.items():
        problem = compare(name, use["keywords"], upstream, ours)
        if problem:
            lacking.append(f"{problem} (used by {', '.join(use['packages'])})")
    assert lacking == []


def test_most_names_are_upstreams(upstream: ModuleType) -> None:
    """The program finds names of Alembic's, not of something else."""
    names = used()
    there = sum(
        len(resolve(upstream, name)) == len(name.split(".")) - 1 for name in names
    )
    assert there > len(names) * 0.4


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("class A: pass", "package.A: a class of upstream's is missing"),
        ("def f(x): pass", "package.f: a callable of upstream's is missing"),
        (
            "class B:\n def m(self): pass",
            "package.B.m: upstream's is a callable, ours a value",
        ),
        ("def g(a, b=1): pass", "package.g: does not take b="),
    ],
)
def test_what_is_lacking_is_found(source: str, problem: str) -> None:
    theirs, ours = ModuleType("package"), ModuleType("package")
    exec(source, theirs.__dict__)
    exec("class B:\n m = 1\ndef g(a): pass", ours.__dict__)
    name = problem.partition(":")[0]
    assert compare(name, ["b"], theirs, ours) == problem
    assert compare(name, ["b"], theirs, theirs) is None
