#!/usr/bin/env python3
"""Write what type checkers and editors see of `op` and `context`.

The modules `alembic_c.op` and `alembic_c.context` have functions at run time only, and
`Operations` its directives.  This reads the classes behind them and writes

    op        alembic_c/op.pyi: the methods of `Operations`
    context   alembic_c/context.pyi: those of `EnvironmentContext`

The name `alembic` has stubs of its own (PEP 561), for environments that know it through
packaging/alembic: each module re-exports ours of the same path.

    alias     packaging/alembic/alembic-stubs/, and in packaging/alembic/alembic/ a
              source file for each stub, without which pyright warns of the import

    tools/write_stubs.py                    write all files
    tools/write_stubs.py --check            exit with 1 if a file is not up to date
    tools/write_stubs.py --stdout --name N  print the file, or files, that N stands for
"""

from __future__ import annotations

import argparse
import ast
import inspect
import sys
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
WIDTH = 88

# Layers below may not import these; to users they are the real thing.
REAL_CLASSES = {"MigrationContext": (".runtime.migration", "MigrationContext")}


@dataclass(frozen=True)
class Function:
    """A function to declare: its definition, and the module whose names it uses."""

    node: ast.FunctionDef
    module: str
    name: str
    docstring: str | None

    @property
    def is_overload(self) -> bool:
        return "overload" in self.decorators

    @property
    def decorators(self) -> list[str]:
        """The decorators that a type checker has to know of."""
        return decorator_names(self.node)


def decorator_names(node: ast.FunctionDef) -> list[str]:
    names = (ast.unparse(each) for each in node.decorator_list)
    return [name for name in names if name in ("overload", "contextmanager")]


# --- reading the classes ------------------------------------------------------------


def definition(function: object) -> ast.FunctionDef:
    """Return the definition of a function as its source has it."""
    source = textwrap.dedent(inspect.getsource(function))  # type: ignore[arg-type]
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    return node


def directives(cls: type) -> Iterator[Function]:
    """Yield the directives that are registered for a class."""
    from alembic_c.operations._directives import directives_of

    for name, directive in directives_of(cls).items():
        source = inspect.getattr_static(
            directive.operation_class, directive.source_name
        ).__func__
        node = definition(source)
        node.decorator_list.clear()
        node.args.posonlyargs.clear()  # the class, and the object that carries it out
        doc = inspect.getdoc(source)
        yield Function(node, source.__module__, name, doc)


def methods(cls: type) -> Iterator[Function]:
    """Yield the public methods that a class defines, overloads one by one."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    body = tree.body[0].body  # type: ignore[attr-defined]
    found = [node for node in body if isinstance(node, ast.FunctionDef)]
    overloaded = {node.name for node in found if "overload" in decorator_names(node)}
    docs = {node.name: ast.get_docstring(node) for node in found}
    for node in found:
        if node.name.startswith("_"):
            continue
        node.args.args.pop(0)
        doc = ast.get_docstring(node) or docs[node.name]
        function = Function(node, cls.__module__, node.name, doc)
        if node.name not in overloaded or function.is_overload:
            yield function


def attributes(cls: type) -> list[ast.AnnAssign]:
    """Return the public annotated attributes that a class defines."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    return [
        node
        for node in tree.body[0].body  # type: ignore[attr-defined]
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and not node.target.id.startswith("_")
    ]


# --- writing declarations -----------------------------------------------------------


def text_of(node: ast.expr) -> str:
    """Return an expression as source, in the project's style."""
    source = ast.unparse(node)
    return source if '"' in source else source.replace("'", '"')


def default_of(node: ast.expr) -> str:
    return text_of(node) if isinstance(node, ast.Constant) else "..."


def parameter(arg: ast.arg, default: ast.expr | None, stars: str = "") -> str:
    text = f"{stars}{arg.arg}"
    if arg.annotation is None:
        return text if default is None else f"{text}={default_of(default)}"
    text += f": {text_of(arg.annotation)}"
    return text if default is None else f"{text} = {default_of(default)}"


def parameters(args: ast.arguments) -> list[str]:
    defaults: list[ast.expr | None] = [None] * (len(args.args) - len(args.defaults))
    defaults += args.defaults
    out = [parameter(*pair) for pair in zip(args.args, defaults, strict=True)]
    if args.vararg:
        out.append(parameter(args.vararg, None, "*"))
    elif args.kwonlyargs:
        out.append("*")
    keywords = zip(args.kwonlyargs, args.kw_defaults, strict=True)
    out += [parameter(*pair) for pair in keywords]
    if args.kwarg:
        out.append(parameter(args.kwarg, None, "**"))
    return out


def split_union(text: str, indent: str) -> str:
    """Return a parameter, its annotation over several lines if it is too long."""
    if len(indent) + len(text) < WIDTH:
        return f"{indent}{text},\n"
    name, _, annotation = text.partition(": ")
    annotation, _, default = annotation.partition(" = ")
    lines = [f"{indent}{name}: ("]
    for number, member in enumerate(annotation.split(" | ")):
        lines.append(f"{indent}    {'| ' if number else ''}{member}")
    lines.append(f"{indent})" + (f" = {default}" if default else "") + ",\n")
    return "\n".join(lines)


def declaration(function: Function) -> str:
    """Return the source that declares a function, ending in a line end."""
    items = parameters(function.node.args)
    head = f"def {function.name}("
    returns = text_of(function.node.returns) if function.node.returns else "Any"
    text = "".join(f"@{each}\n" for each in function.decorators)
    end = f") -> {returns}:" + ("" if function.docstring else " ...")
    joined = ", ".join(items)
    if len(head) + len(joined) + len(end) <= WIDTH:
        text += f"{head}{joined}{end}\n"
    elif not items:
        suffix = end.removeprefix(f") -> {returns}")
        text += f"{head}) -> (\n    {returns}\n){suffix}\n"
    elif 4 + len(joined) <= WIDTH:
        text += f"{head}\n    {joined}\n{end}\n"
    else:
        body = "".join(split_union(item, "    ") for item in items)
        text += f"{head}\n{body}{end}\n"
    if function.docstring:
        text += documented(function.docstring, "    ")
    return text


def documented(docstring: str, indent: str) -> str:
    lines = docstring.replace("\\", "\\\\").split("\n")
    if len(lines) == 1 and len(indent) + len(lines[0]) + 6 <= WIDTH:
        return f'{indent}"""{lines[0]}"""\n'
    body = "".join(f"{indent}{line}\n" if line else "\n" for line in lines[1:])
    return f'{indent}"""{lines[0]}\n{body}{indent}"""\n'


# --- imports ------------------------------------------------------------------------


def imported_names(module: str) -> dict[str, tuple[str, str]]:
    """Return where each name at the top of a module of ours comes from."""
    path = Path(import_module(module).__file__ or "")
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    names: dict[str, tuple[str, str]] = {}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                base = package.split(".")
                base = base[: len(base) - node.level + 1]
                origin = ".".join([*base, *([origin] if origin else [])])
            for alias in node.names:
                names[alias.asname or alias.name] = (origin, alias.name)
    for statement in tree.body:
        for name in defined_by(statement):
            names[name] = (module, name)
    return names


def defined_by(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.ClassDef | ast.FunctionDef):
        return [statement.name]
    if isinstance(statement, ast.AnnAssign):
        targets: list[ast.expr] = [statement.target]
    else:
        targets = getattr(statement, "targets", [])
    return [target.id for target in targets if isinstance(target, ast.Name)]


def used_names(nodes: Iterable[ast.AST]) -> set[str]:
    used = set()
    for node in nodes:
        for each in ast.walk(node):
            if isinstance(each, ast.Name):
                used.add(each.id)
            elif isinstance(each, ast.Constant) and isinstance(each.value, str):
                used |= quoted_names(each.value)
    return used


def quoted_names(annotation: str) -> set[str]:
    try:
        return used_names([ast.parse(annotation, mode="eval").body])
    except SyntaxError:
        return set()


def annotations_of(function: Function) -> list[ast.AST]:
    args = function.node.args
    every = [*args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    found = [arg.annotation for arg in every if arg is not None and arg.annotation]
    found += [function.node.returns] if function.node.returns else []
    return [*found, *(ast.Name(name) for name in function.decorators)]


def sort_key(origin: str) -> tuple[int, str]:
    if origin.startswith("."):
        return 2, origin
    standard = origin.partition(".")[0] in sys.stdlib_module_names
    return (0 if standard else 1), origin


def import_lines(uses: Iterable[tuple[str, Iterable[ast.AST]]]) -> str:
    """Return the imports of the names that annotations use.

    uses: pairs of a module and annotations of it.
    """
    homes: dict[str, str] = {}
    for module, nodes in uses:
        known = imported_names(module)
        for name in used_names(nodes) & set(known):
            origin, original = REAL_CLASSES.get(name, known[name])
            assert original == name, f"{module}: {original} is imported as {name}"
            homes.setdefault(name, origin.replace("alembic_c.", "."))
    origins: dict[str, set[str]] = {}
    for name, origin in homes.items():
        origins.setdefault(origin, set()).add(name)
    lines: list[str] = []
    group = None
    for origin in sorted(origins, key=sort_key):
        if group not in (None, sort_key(origin)[0]):
            lines.append("")
        group = sort_key(origin)[0]
        lines += [f"from {origin} import {name}" for name in sorted(origins[origin])]
    return "\n".join(lines)


# --- the files ----------------------------------------------------------------------


def stub_module(
    source: str, functions: list[Function], variables: str, imports: str
) -> str:
    declared = []
    for function in functions:
        # Overloads as well, each: some editors show that of the last one.
        text = declaration(function)
        declared.append(text if text.endswith(" ...\n") else f"{text}\n")
    parts = [
        f"# Written by tools/write_stubs.py from {source}; do not edit.",
        "",
        imports,
        "",
        *([variables, ""] if variables else []),
        "".join(declared).rstrip("\n"),
        "",
    ]
    return "\n".join(parts)


def op_stub() -> str:
    from alembic_c.operations.base import AbstractOperations, Operations

    functions = [*methods(AbstractOperations), *directives(Operations)]
    functions.sort(key=lambda function: function.name)
    uses = [(function.module, annotations_of(function)) for function in functions]
    imports = import_lines(uses)
    return stub_module("the class Operations", functions, "", imports)


def context_stub() -> str:
    from alembic_c.runtime.environment import EnvironmentContext

    functions = list(methods(EnvironmentContext))
    functions.sort(key=lambda function: function.name)
    names = attributes(EnvironmentContext)
    uses = [(function.module, annotations_of(function)) for function in functions]
    uses += [(EnvironmentContext.__module__, [node.annotation]) for node in names]
    variables = "\n".join(
        f"{text_of(node.target)}: {text_of(node.annotation)}" for node in names
    )
    imports = import_lines(uses)
    return stub_module("the class EnvironmentContext", functions, variables, imports)


# --- the name `alembic` -------------------------------------------------------------

PACKAGE = PROJECT / "alembic_c"
ALIAS_STUBS = PROJECT / "packaging" / "alembic" / "alembic-stubs"
# Private by their name, and imported by others all the same.
ALIASED_PRIVATE = {"ddl._autogen"}
ALIAS_SOURCES = ALIAS_STUBS.parent / "alembic"
ALIAS_SOURCE = """\
# Written by tools/write_stubs.py; do not edit.  For tools that look for a source file:
# nothing runs it, because alembic/__init__.py answers with alembic_c.{module} itself.
from alembic_c.{module} import *
"""
ALIAS_HEAD = "# Written by tools/write_stubs.py; do not edit."


def aliased_modules() -> dict[str, Path]:
    """Return the modules that have a stub under the other name, and their sources."""
    modules = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts).removesuffix("__init__").removesuffix(".")
        private = any(part.startswith("_") for part in name.split("."))
        if name in ALIASED_PRIVATE or not private:
            modules[name] = path
    return {
        name: path
        for name, path in modules.items()
        if name.partition(".")[0] not in ("templates", "activate")
        and not path.name.startswith("test_")
    }


def alias_files() -> dict[Path, str]:
    """Return the stub of each module of `alembic`, and the source that it is for."""
    texts = {}
    for module, path in aliased_modules().items():
        relative = path.relative_to(PACKAGE)
        texts[ALIAS_STUBS / relative.with_suffix(".pyi")] = alias_stub(module, path)
        if module:
            texts[ALIAS_SOURCES / relative] = ALIAS_SOURCE.format(module=module)
    return texts


def alias_stub(module: str, path: Path) -> str:
    """Return the stub of a module of `alembic`.

    path: the source of our module of that name.
    """
    source = f"alembic_c.{module}".rstrip(".")
    lines = [f"from {source} import *"]
    lines += [
        f"from {origin} import {name} as {name}"
        for origin, name in unstarred(source, path)
    ]
    if not module:
        from alembic_c import _SUBMODULES

        lines.append("from alembic_c import __version__ as __version__")

        for name, origin in sorted(_SUBMODULES.items()):
            parent = origin.rpartition(".")[0] or "."
            lines.append(f"from {parent} import {name} as {name}")
    return "\n".join([ALIAS_HEAD, "", *lines, ""])


def unstarred(module: str, path: Path) -> list[tuple[str, str]]:
    """Return what users can import from a module though `import *` leaves it out.

    That is what its `__all__` does not have, private types (the names of annotations,
    such as `_RevIdType`), and what lives elsewhere: in a private module beside it, or
    where the table `_MOVED` says that its `__getattr__` looks.
    path: the module's source.
    Returns pairs of the module that defines a name, and the name.
    """
    declared = path.with_suffix(".pyi")
    source = declared if declared.exists() else path
    tree = ast.parse(source.read_text(encoding="utf-8"))
    chosen = chosen_names(tree)
    found = [(module, name) for each in tree.body for name in defined_by(each)]
    package = module if path.stem == "__init__" else module.rpartition(".")[0]
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
            origin = f"{package}.{node.module}"
            if node.module.startswith("_") and declared != source:
                found += [(origin, alias.name) for alias in node.names]
        elif isinstance(node, ast.Assign) and defined_by(node) == ["_MOVED"]:
            moved = ast.literal_eval(node.value).items()
            found += [(f"alembic_c.{home}", name) for name, home in moved]
    return sorted(
        {
            (origin, name)
            for origin, name in found
            if not name.startswith("__")
            and name.lstrip("_")[:1].isupper()
            and not name.strip("_").isupper()
            and (origin != module or name.startswith("_") or chosen is not None)
            and name not in (chosen or ())
        }
    )


def chosen_names(tree: ast.Module) -> list[str] | None:
    """Return `__all__` of a module; None without one."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and defined_by(node) == ["__all__"]:
            return list(ast.literal_eval(node.value))
    return None


# --- what there is to write -----------------------------------------------------------

NAMES = ("op", "context", "alias")


def generate(name: str) -> dict[Path, str]:
    """Return the whole text of each file that a name stands for."""
    if name == "op":
        return {PACKAGE / "op.pyi": op_stub()}
    if name == "context":
        return {PACKAGE / "context.pyi": context_stub()}
    return alias_files()


def leftover(name: str, texts: dict[Path, str]) -> list[Path]:
    """Return the files of a former run that no module asks for any more."""
    if name != "alias":
        return []
    there = [*ALIAS_STUBS.rglob("*.pyi"), *ALIAS_SOURCES.rglob("*.py")]
    return sorted({*there} - {*texts, ALIAS_SOURCES / "__init__.py"})


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--name", choices=["all", *NAMES], default="all")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--stdout", action="store_true", help="print instead of writing")
    mode.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(arguments)

    state = "is out of date" if options.check else "written"
    changed = []
    for name in NAMES if options.name == "all" else [options.name]:
        texts = generate(name)
        if options.stdout:
            sys.stdout.write("".join(texts.values()))
            continue
        for path, text in texts.items():
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            changed.append(f"{path.relative_to(PROJECT)} ({name}): {state}")
            if not options.check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        for path in leftover(name, texts):
            changed.append(f"{path.relative_to(PROJECT)} ({name}): nothing makes it")
            if not options.check:
                path.unlink()
    print("\n".join(changed), end="\n" if changed else "")
    return 1 if options.check and changed else 0


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    sys.exit(main())
