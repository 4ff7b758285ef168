"""How a revision file names the classes of types that are not SQLAlchemy's own.

The text of a type is its `repr()`, which says the class's name and the arguments.  Here
it gets the class's qualified name, and names in the arguments get their prefixes.  What
cannot be named is noted: a file with it would not run.
"""

from __future__ import annotations

import ast
import builtins
import importlib.util
import inspect
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import sqlalchemy

from ..util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

    from .api import AutogenContext

_ADVICE = (
    "Move it to the top level of a module that can be imported, or return its text "
    "from the function given as render_item to context.configure()."
)
_ADVICE_REPR = (
    "Give the class a __repr__() that returns the call which makes it, or return its "
    "text from the function given as render_item to context.configure()."
)


class _NotNamed(Exception):
    """Says why a type has no text."""


def user_type_text(
    type_: TypeEngine[Any], context: AutogenContext, sqlalchemy_prefix: str
) -> str:
    """Return the text of a type of the user's, having noted the import it needs.

    With the option `user_module_prefix` that stands before the class, and imports are
    the user's.  A type that cannot be named is noted in the context.
    """
    cls = type(type_)
    prefix = context.opts.get("user_module_prefix")
    text = repr(sqla_compat._without_metadata(type_))
    try:
        if prefix is None:
            _check_importable(cls)
            context.imports.add(f"import {cls.__module__}")
            # Some classes give their `repr()` in full.
            is_full = text.startswith(f"{cls.__module__}.")
            prefix = "" if is_full else f"{cls.__module__}."
        text = _constructing(type_, text)
        text = _qualified(text, cls, sqlalchemy_prefix, prefix)
    except _NotNamed as reason:
        name = f"{cls.__module__}.{cls.__qualname__}"
        context._not_named[name] = f"Can't write the type {name}: {reason}"
        return f"{cls.__module__ + '.' if prefix is None else prefix}{text}"
    return prefix + text


# --- the class ----------------------------------------------------------------------


def _check_importable(cls: type) -> None:
    """Raise _NotNamed unless a revision file can import a class."""
    module, path = cls.__module__, cls.__qualname__
    if "<locals>" in path:
        function = path.partition(".<locals>")[0]
        raise _NotNamed(
            f"it is defined inside {function}(), where a revision file cannot get at "
            f"it. {_ADVICE}"
        )
    if module == "__main__":
        raise _NotNamed(
            "it is defined in the program that was started, which a revision file "
            f"cannot import. {_ADVICE}"
        )
    loaded: Any = sys.modules.get(module)
    if loaded is None:
        if not _can_be_found(module):
            raise _NotNamed(f"there is no module {module} to import. {_ADVICE}")
        return
    for name in path.split("."):
        loaded = getattr(loaded, name, None)
        if loaded is None:
            raise _NotNamed(f"the module {module} has no {path}. {_ADVICE}")


def _can_be_found(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


# --- the call -----------------------------------------------------------------------


def _constructing(type_: TypeEngine[Any], text: str) -> str:
    """Return a text that can be called as the class's constructor.

    The `repr()` of a TypeDecorator has the arguments of the type it decorates, which
    is no help where the class has arguments of its own.
    """
    call = _parsed(text)
    if _binds(type(type_), call):
        return text
    text = sqla_compat._repr_by_own_arguments(type_)
    call = _parsed(text)
    if not _binds(type(type_), call) or not _makes_the_same(type_, call):
        raise _NotNamed(f"its repr() is not how it is made. {_ADVICE_REPR}")
    return text


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        raise _NotNamed(
            f"its repr() is no Python expression: {text}. {_ADVICE_REPR}"
        ) from None


def _binds(cls: type, call: ast.expr) -> bool:
    """Return whether the arguments of a call fit the constructor of a class."""
    if not isinstance(call, ast.Call):
        return True  # a name of an instance, perhaps
    try:
        signature = inspect.signature(cls)
    except (TypeError, ValueError):
        return True
    keywords = {each.arg: each.value for each in call.keywords if each.arg}
    try:
        signature.bind(*call.args, **keywords)
    except TypeError:
        return False
    return True


def _makes_the_same(type_: TypeEngine[Any], call: ast.expr) -> bool:
    """Return whether a call with plain values makes a type that looks the same."""
    assert isinstance(call, ast.Call)
    try:
        arguments = [ast.literal_eval(each) for each in call.args]
        keywords = {
            each.arg: ast.literal_eval(each.value) for each in call.keywords if each.arg
        }
        again = type(type_)(*arguments, **keywords)
    except Exception:  # noqa: BLE001 - whatever their constructor raises
        return False
    return repr(again) == repr(type_)


# --- names --------------------------------------------------------------------------


def _qualified(text: str, cls: type, sqlalchemy_prefix: str, own_prefix: str) -> str:
    """Return a call with the qualified name of its class, and of what is in it."""
    encoded = text.encode()
    lines = encoded.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines))]
    changes = []
    tree = _parsed(text)
    for name in _names(tree):
        position = starts[name.lineno - 1] + name.col_offset
        replacement = _name(name, tree, cls, sqlalchemy_prefix, own_prefix)
        changes.append((position, len(name.id.encode()), replacement.encode()))
    for position, length, replacement_bytes in sorted(changes, reverse=True):
        encoded = encoded[:position] + replacement_bytes + encoded[position + length :]
    return encoded.decode()


def _names(tree: ast.expr) -> Iterator[ast.Name]:
    bound = {
        each.arg
        for node in ast.walk(tree)
        if isinstance(node, ast.Lambda)
        for each in node.args.args
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in bound:
            yield node


def _name(
    name: ast.Name, tree: ast.expr, cls: type, sqlalchemy_prefix: str, own_prefix: str
) -> str:
    is_class = (
        isinstance(tree, ast.Call) and name is tree.func and name.id == cls.__name__
    )
    if is_class:
        return cls.__qualname__.rpartition("<locals>.")[2]
    first = (name.lineno, name.col_offset) == (tree.lineno, tree.col_offset)
    if first or hasattr(builtins, name.id):
        return name.id
    if hasattr(sqlalchemy, name.id):
        return sqlalchemy_prefix + name.id
    if hasattr(sys.modules.get(cls.__module__), name.id):
        return own_prefix + name.id
    return name.id  # the project's template may import it
