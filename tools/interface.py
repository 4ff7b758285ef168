"""Print what an installed package `alembic` offers, as JSON: name -> what it is.

`tools/follow.py` runs it, in a process for each of two packages.

usage: python tools/interface.py                  of the package that is imported
       python tools/interface.py --like FILE      of ours, what FILE lists of another

What counts: a public name that a module defines or lists in `__all__`, and what a
package hands out of modules below it.  What a module has merely imported does not
count.
Members are listed with the class that defines them; that a class inherits from another
is a part of what is said of it.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import json
import pkgutil
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

Entries = Iterator[tuple[str, str]]
MARKS: dict[Any, str] = {
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}
PLAIN = (str, bytes, int, float, bool, tuple, list, dict, type(None))


def signature(function: Any) -> str:
    """Return the parameters of a function, without annotations."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return "callable"
    words: list[str] = []
    for each in parameters:
        mark = MARKS.get(each.kind, "")
        keyword = "keyword " if each.kind is each.KEYWORD_ONLY else ""
        default = "" if each.default is each.empty else f"={shown(each.default)}"
        # Two underscores are the old way to say that only the position counts; and so
        # it does for what a directive gets from the proxy that calls it.
        by_position = each.kind is each.POSITIONAL_ONLY or each.name.startswith("__")
        if by_position or [*words, each.name] in (["cls"], ["_", "operations"]):
            name = "_"
        else:
            name = each.name
        words.append(f"{keyword}{mark}{name}{default}")
    return f"({', '.join(words)})"


def shown(value: Any) -> str:
    """Return a default as text that is the same in every process."""
    if isinstance(value, PLAIN):
        return re.sub(r" at 0x\w+", "", repr(value))
    return str(getattr(value, "__name__", type(value).__name__))


def kind(value: Any) -> str:
    """Say what a name stands for."""
    if isinstance(value, type):
        return f"class {signature(value)}"
    return signature(value) if callable(value) else "value"


def member_kind(cls: type, name: str) -> str:
    """Say what a member of a class is."""
    value = inspect.getattr_static(cls, name)
    value = getattr(value, "__func__", value)
    return signature(value) if inspect.isfunction(value) else "attribute"


def is_public(dotted: str) -> bool:
    return not any(part.startswith("_") for part in dotted.split("."))


def members(cls: type) -> list[str]:
    """Return the public members that a class defines, or has of a private base."""
    found = set()
    for base in cls.__mro__:
        is_private = base.__module__.startswith("alembic.") and not is_public(
            f"{base.__module__}.{base.__qualname__}"
        )
        if base is cls or is_private:
            found |= {name for name in vars(base) if not name.startswith("_")}
    return sorted(found)


def bases(cls: type) -> list[str]:
    """Return the public classes that a class inherits from, but for `object`."""
    return [
        base.__qualname__
        for base in cls.__mro__[1:-1]
        if is_public(f"{base.__module__}.{base.__qualname__}")
    ]


def assigned(module: ModuleType) -> set[str]:
    """Return the names that the source of a module binds, other than by imports."""
    found = set()
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def public_names(module: ModuleType) -> list[str]:
    """Return the names that count, of those that a module has."""
    listed = set(getattr(module, "__all__", ()))
    bound = assigned(module)
    is_package = hasattr(module, "__path__")
    found = set(listed)
    for name, value in vars(module).items():
        if name.startswith("_") or isinstance(value, ModuleType):
            continue
        home = getattr(value, "__module__", None)
        if not isinstance(home, str):
            counts = name in bound or is_package
        elif is_package:
            counts = f"{home}.".startswith(f"{module.__name__}.")
        else:
            counts = home == module.__name__
        if counts:
            found.add(name)
    return sorted(found)


def modules(package: ModuleType) -> list[str]:
    """Return the names of the public modules."""
    return [
        found.name
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if is_public(found.name) and "templates" not in found.name.split(".")
    ]


def all_names(package: ModuleType) -> Entries:
    """Yield every public module, and what counts in it."""
    for module_name in modules(package):
        module = importlib.import_module(module_name)
        yield module_name, "module"
        for name in public_names(module):
            value = getattr(module, name)
            yield f"{module_name}:{name}", kind(value)
            if isinstance(value, type) and value.__module__ == module_name:
                for base in bases(value):
                    yield f"{module_name}:{name} < {base}", "base"
                for member in members(value):
                    yield f"{module_name}:{name}.{member}", member_kind(value, member)


def same_names(wanted: Iterable[str]) -> Entries:
    """Yield what is there of the names that another package has."""
    for entry in wanted:
        module_name, _, path = entry.partition(":")
        try:
            module = importlib.import_module(module_name)
        except ImportError:
            continue
        if not path:
            yield entry, "module"
            continue
        path, _, base = path.partition(" < ")
        name, _, member = path.partition(".")
        value: Any = getattr(module, name, module)
        if value is module:
            continue
        if base:
            if base in (each.__qualname__ for each in value.__mro__):
                yield entry, "base"
        elif not member:
            yield entry, kind(value)
        elif hasattr(value, member):
            yield entry, member_kind(value, member)


def stubs(package: ModuleType) -> Entries:
    """Yield the functions of the stub files, with their parameters."""
    root = Path(package.__path__[0])
    for path in sorted(root.rglob("*.pyi")):
        if not is_public(path.name):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                given = node.args
                arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs]
                rest = [each.arg for each in (given.vararg, given.kwarg) if each]
                text = ", ".join([*(each.arg for each in arguments), *rest])
                yield f"stub {path.relative_to(root)}: {node.name}", f"({text})"


def options(parser: argparse.ArgumentParser, verb: str = "") -> Entries:
    """Yield the arguments of the command line and of each of its verbs."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield f"command {name}", "verb"
                inner.format_help()  # ours fills a verb's parser when it is used
                yield from options(inner, f"{name} ")
            continue
        flags = "/".join(action.option_strings) or action.dest
        what = f"{type(action).__name__} nargs={action.nargs} default={action.default}"
        yield f"command {verb}{flags}", f"{what} help={action.help}"


def templates(package: ModuleType) -> Entries:
    """Yield the files of the templates, with the expressions that Mako fills in."""
    root = Path(package.__path__[0], "templates")
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            text = path.read_text(encoding="utf-8")
            found = sorted(set(re.findall(r"\$\{.*?\}", text)))
            yield f"template {path.relative_to(root)}", " ".join(found) or "file"


class _Requirements:
    def __getattr__(self, name: str) -> Any:
        return lambda function: function


def main(arguments: list[str]) -> None:
    wanted: list[str] | None = None
    if arguments[:1] == ["--like"]:
        import alembic_c

        alembic_c.install()
        wanted = list(json.loads(Path(arguments[1]).read_text(encoding="utf-8")))
    # The suite for dialects asks them at import; here nobody runs it.
    requirements: Any = importlib.import_module("sqlalchemy.testing.config")
    requirements.requirements = _Requirements()
    package = importlib.import_module("alembic")
    config = importlib.import_module("alembic.config")
    if wanted is None:
        entries = dict(all_names(package))
    else:
        names = [name for name in wanted if name.startswith("alembic.")]
        entries = dict(same_names(names))
    entries.update(stubs(package))
    entries.update(options(config.CommandLine(prog="alembic").parser))
    entries.update(templates(package))
    json.dump(entries, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
