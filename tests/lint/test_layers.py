"""The layering of docs/architecture.md, held: imports and includes run downward."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "alembic_c"
CSRC = ROOT / "csrc"

# From the bottom up; the first pattern that fits a module gives its layer.
PYTHON_LAYERS = [
    ("util", r"util(\..*)?|_core|_catalog|_libpq|_sqlite3|_alias|activate|__init__"),
    ("script.revision", r"script\.(_?revision|_graph.*)"),
    ("runtime.plugins", r"runtime\.(plugins|_steps|_applied|_failures|_progress)"),
    ("catalog", r"catalog(\..*)?"),
    ("ddl", r"ddl(\..*)?"),
    ("operations", r"operations(\..*)?|op"),
    ("autogenerate", r"autogenerate(\..*)?|ext(\..*)?"),
    ("script.base", r"script(\..*)?"),
    ("runtime", r"runtime(\..*)?|context|migration|environment"),
    ("command", r"command"),
    ("config", r"config|_cli(\..*)?|_activation|activate|__main__"),
    ("views", r"_views(\..*)?"),
    ("testing", r"testing(\..*)?"),
    ("testkit", r"testkit(\..*)?|pytest"),
    ("production", r"production(\..*)?"),
]
# What only tests need is imported by that layer alone.
TEST_PACKAGES = ("pytest", "sqlalchemy.testing")

# Registers what the layers define, so it sees all of them; it is imported inside
# functions, where the registrations are first needed.
BOOTSTRAP = "_bootstrap"

C_LAYERS = ["base", "scan", "graph", "catalog", "source", "reflect", "diff", "bind"]


def python_layer(module: str) -> int:
    for rank, (_, pattern) in enumerate(PYTHON_LAYERS):
        if re.fullmatch(pattern, module):
            return rank
    raise AssertionError(f"{module}: no layer is given for it in {__file__}")


def python_modules() -> dict[str, Path]:
    modules = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE).with_suffix("")
        if relative.parts[0] == "templates":
            continue
        parts = relative.parts
        if parts[-1] == "__init__" and len(parts) > 1:
            parts = parts[:-1]
        modules[".".join(parts)] = path
    return modules


MODULES = python_modules()


def imported_modules(module: str, tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield (module of ours, line) for each import in a tree."""
    is_package = MODULES[module].name == "__init__.py"
    here = [] if module == "__init__" else module.split(".")
    package = here if is_package else here[:-1]
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.level:
            base = package[: len(package) - (node.level - 1)]
        elif node.module and node.module.partition(".")[0] == "alembic_c":
            base = []
        else:
            continue
        tail = (node.module or "").removeprefix("alembic_c").strip(".")
        path = [*base, *(tail.split(".") if tail else [])]
        for alias in node.names:
            deeper = ".".join([*path, alias.name])
            name = deeper if deeper in MODULES else ".".join(path)
            yield name or "__init__", node.lineno


@pytest.mark.parametrize("module", MODULES)
def test_python_imports_run_downward(module: str) -> None:
    if module == BOOTSTRAP:
        return
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    upward = [
        f"{MODULES[module].relative_to(ROOT)}:{line} imports {name}"
        for name, line in imported_modules(module, tree)
        if name != BOOTSTRAP and python_layer(name) > python_layer(module)
    ]
    assert not upward, "\n".join(upward)


def module_level_imports(module: str) -> set[str]:
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or (
            isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        ):
            node.body = []
    return {name for name, _ in imported_modules(module, tree)} - {module}


def test_python_imports_have_no_cycle() -> None:
    edges = {module: module_level_imports(module) for module in MODULES}
    done: set[str] = set()
    path: list[str] = []

    def visit(module: str) -> None:
        if module in done or module not in edges:
            return
        assert module not in path, " -> ".join([*path, module])
        path.append(module)
        for name in sorted(edges[module]):
            # A package and its modules are one unit: `from . import x` is no cycle.
            if not module.startswith(f"{name}."):
                visit(name)
        path.pop()
        done.add(module)

    for module in edges:
        visit(module)


def foreign_imports() -> Iterator[tuple[str, str]]:
    """Yield (module of ours, module of others) for each absolute import."""
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((module, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                yield module, node.module
                yield from ((module, f"{node.module}.{a.name}") for a in node.names)


def test_upstream_is_never_imported() -> None:
    wrong = [each for each in foreign_imports() if each[1].split(".")[0] == "alembic"]
    assert not wrong


def test_what_tests_need_is_imported_by_modules_for_tests_only() -> None:
    importers = {
        module
        for module, name in foreign_imports()
        if any(f"{name}.".startswith(f"{package}.") for package in TEST_PACKAGES)
    }
    assert "testing._sqla" in importers
    for_tests = re.compile(r"testing(\..*)?|pytest")
    assert [name for name in importers if not for_tests.fullmatch(name)] == []


C_FILES = sorted(p for p in CSRC.rglob("*.[ch]") if "build" not in p.parts)


def c_layer(path: Path) -> str:
    """Return a C file's layer.

    A public header has that of the layer, or of the file, that it is named like; the
    others are of the base.
    """
    parts = path.relative_to(CSRC).parts
    if parts[0] != "include":
        return parts[0]
    if path.stem in C_LAYERS:
        return path.stem
    homes = [layer for layer in C_LAYERS if (CSRC / layer / f"{path.stem}.c").exists()]
    assert len(homes) < 2, f"{path.relative_to(ROOT)}: found in layers {homes}"
    return homes[0] if homes else "base"


# Where the compiler looks for a header, after the directory of the file itself.
INCLUDE_PATH = CSRC / "include"
_COMMENT_OR_TEXT = re.compile(
    r"""//[^\n]*|/\*.*?\*/|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""", re.DOTALL
)
_INCLUDE = re.compile(
    r"^[ \t\v\f]*(?:\#|%:|\?\?=)[ \t\v\f]*(?:include|include_next|import|embed)\b(.*)$",
    re.MULTILINE,
)
_HEADER_NAME = re.compile(r'\s*(?:"([^"\n]+)"|<([^>\n]+)>)')


def c_includes(text: str) -> list[str]:
    """Return what a C file includes, however that is written.

    Raises AssertionError for an include whose file a macro names: it cannot be told.
    """
    text = re.sub(r"\\[ \t]*\r?\n", "", text)
    text = _COMMENT_OR_TEXT.sub(lambda found: found[1] or " ", text)
    names = []
    for directive in _INCLUDE.finditer(text):
        header = _HEADER_NAME.match(directive[1])
        assert header, f"an include without a plain name: {directive[0].strip()}"
        names.append(header[1] or header[2])
    return names


def included_file(path: Path, name: str) -> Path | None:
    """Return the file of ours that an include leads to, None for a system's header."""
    for directory in (path.parent, INCLUDE_PATH):
        found = (directory / name).resolve()
        if found.is_relative_to(CSRC) and found.exists():
            return found
    return None


def include_problems(path: Path, text: str) -> list[str]:
    """Return what is wrong with the includes of a C file: one line each."""
    layer = c_layer(path)
    problems = []
    for name in c_includes(text):
        header = included_file(path, name)
        if Path(name).name == "Python.h" and layer != "bind":
            problems.append(f"{name}: only bind/ knows Python")
        if header is None or layer not in C_LAYERS:
            continue
        of = c_layer(header)
        if of not in C_LAYERS or C_LAYERS.index(of) > C_LAYERS.index(layer):
            problems.append(f"{name}: {layer} is below {of}")
    return problems


@pytest.mark.parametrize("path", C_FILES, ids=lambda p: str(p.relative_to(CSRC)))
def test_c_includes_run_downward(path: Path) -> None:
    assert include_problems(path, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        '#include "../scan/lexer.h"',
        '#include "./../scan/lexer.h"',
        '#include"../scan/lexer.h"',
        "#include <../scan/lexer.h>",
        '#include "../../csrc/scan/lexer.h"',
        f'#include "{CSRC}/scan/lexer.h"',
        '  #  include   "../scan/lexer.h" // near',
        '#/* why */include/* not */"../scan/lexer.h"',
        '#inc\\\nlude "../scan/lexer.h"',
        '%:include "../scan/lexer.h"',
        '#include_next "../scan/lexer.h"',
        '#import "../scan/lexer.h"',
        '#if 0\n#include "../scan/lexer.h"\n#endif',
        '#include "../scan/lexer.c"',
        '#include "alc/scan.h"',
        "#include <alc/graph.h>",
        "#include <Python.h>",
        '#include "python3.11/Python.h"',
    ],
)
def test_each_form_of_an_include_is_seen(line: str) -> None:
    text = f'/* the first\n * comment */\n#include "alc/buf.h"\n{line}\nint x;\n'
    assert len(include_problems(CSRC / "base" / "buf.c", text)) == 1


def test_what_is_no_include() -> None:
    text = """
        // #include "../scan/lexer.h"
        /*
        #include "../scan/lexer.h"
        */
        const char *text = "\\
        #include \\"../scan/lexer.h\\"";
        #define include "../scan/lexer.h"
    """
    assert c_includes(text) == []
    with pytest.raises(AssertionError, match="plain name"):
        c_includes("#include HEADER\n")


def test_headers_are_found_without_a_search() -> None:
    for path in C_FILES:
        for name in re.findall(r'#\s*include\s*"([^"]+)"', path.read_text()):
            found = included_file(path, name)
            assert found, f"{path.relative_to(ROOT)} includes {name}"
