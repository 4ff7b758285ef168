"""Names of Alembic that published packages use; this program writes used_names.json.

usage: python -m tests.thirdparty.used_names

Fetches the packages of dependents.txt, and walks their syntax trees for imports from
Alembic, chains of attributes on what was imported, members that subclasses override or
use of themselves, attributes of objects of its classes, and the keywords of calls.
"""

from __future__ import annotations

import ast
import collections
import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from .environments import WORK

HERE = Path(__file__).resolve().parent
LIST = HERE / "dependents.txt"
DATA = HERE / "used_names.json"

_AUTOGEN = "alembic.autogenerate.api.AutogenContext"
_MIGRATION = "alembic.runtime.migration.MigrationContext"
_OPS = "alembic.operations.ops."
# What arguments of hooks, comparators and renderers are called by everybody.
_CONVENTIONS = {
    "autogen_context": _AUTOGEN,
    "migration_context": _MIGRATION,
    "operations": "alembic.operations.Operations",
    "upgrade_ops": f"{_OPS}UpgradeOps",
    "modify_table_ops": f"{_OPS}ModifyTableOps",
    "alter_column_op": f"{_OPS}AlterColumnOp",
    "script_directory": "alembic.script.ScriptDirectory",
    "batch_op": "alembic.operations.BatchOperations",
}
# Functions whose answer is an object of a class.
_ANSWERS = {
    "alembic.script.ScriptDirectory.from_config": "alembic.script.ScriptDirectory",
    "alembic.script.base.ScriptDirectory.from_config": "alembic.script.ScriptDirectory",
    "alembic.migration.MigrationContext.configure": _MIGRATION,
    "alembic.runtime.migration.MigrationContext.configure": _MIGRATION,
    "alembic.op.get_context": _MIGRATION,
    "alembic.context.get_context": _MIGRATION,
    "alembic.op.batch_alter_table": "alembic.operations.BatchOperations",
}


class Uses:
    """name -> packages, and name -> keywords that calls of it are given."""

    def __init__(self) -> None:
        self.names: dict[str, set[str]] = collections.defaultdict(set)
        self.keywords: dict[str, set[str]] = collections.defaultdict(set)


class _Scope:
    """What names of a module or function stand for.

    places: name -> the dotted name that it was imported as.
    objects: name -> the class of which it holds an object.
    """

    def __init__(self, outer: _Scope | None = None) -> None:
        self.places: dict[str, str] = dict(outer.places) if outer else {}
        self.objects: dict[str, str] = dict(outer.objects if outer else _CONVENTIONS)


class _Walker(ast.NodeVisitor):
    def __init__(self, package: str, uses: Uses) -> None:
        self._package = package
        self._uses = uses
        self._scope = _Scope()

    # --- what names stand for ---------------------------------------------------

    def _resolve(self, node: ast.AST | None) -> str | None:
        """Return the dotted name of Alembic's that an expression is, or None."""
        if isinstance(node, ast.Name):
            return self._scope.places.get(node.id) or self._scope.objects.get(node.id)
        if isinstance(node, ast.Attribute):
            base = self._resolve(node.value)
            return f"{base}.{node.attr}" if base else None
        if isinstance(node, ast.Call):
            called = self._resolve(node.func)
            if called is None:
                return None
            if called in _ANSWERS:
                return _ANSWERS[called]
            return called if called.rpartition(".")[2][:1].isupper() else None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self._annotation(node)
        return None

    def _annotation(self, node: ast.expr | None) -> str | None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value, mode="eval").body
            except SyntaxError:
                return None
        if isinstance(node, ast.BinOp):
            return self._annotation(node.left) or self._annotation(node.right)
        if isinstance(node, ast.Subscript):
            name = node.value
            optional = isinstance(name, ast.Name) and name.id == "Optional"
            return self._annotation(node.slice) if optional else None
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self._resolve(node)
        return None

    def _note(self, name: str | None) -> None:
        if name is not None and name.startswith("alembic."):
            self._uses.names[name].add(self._package)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.name.partition(".")[0] == "alembic":
                self._note(alias.name)
                place = alias.name if alias.asname else "alembic"
                self._scope.places[alias.asname or "alembic"] = place

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        ours = not node.level and module.partition(".")[0] == "alembic"
        for alias in node.names:
            local = alias.asname or alias.name
            # `from .alembic import op` of a package hides what stood for the name.
            self._scope.places.pop(local, None)
            if ours and alias.name != "*":
                self._scope.places[local] = f"{module}.{alias.name}"
                self._note(f"{module}.{alias.name}")

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        found = self._resolve(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name):
                self._scope.objects.pop(target.id, None)
                if found and isinstance(node.value, ast.Call):
                    self._scope.objects[target.id] = found
                elif found and isinstance(node.value, (ast.Name, ast.Attribute)):
                    self._scope.places[target.id] = found

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            found = self._resolve(item.context_expr)
            if found and isinstance(item.optional_vars, ast.Name):
                self._scope.objects[item.optional_vars.id] = found
        self.generic_visit(node)

    # --- scopes ---------------------------------------------------------------------

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for expression in (*node.decorator_list, *node.args.defaults):
            self.visit(expression)
        outer, self._scope = self._scope, _Scope(self._scope)
        arguments = node.args
        for argument in (
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
        ):
            found = self._annotation(argument.annotation)
            if argument.annotation is not None:
                self._scope.objects.pop(argument.arg, None)
                self.visit(argument.annotation)
            if argument.arg not in _CONVENTIONS and argument.arg != "self":
                self._scope.places.pop(argument.arg, None)
            if found:
                self._scope.objects[argument.arg] = found
        for statement in node.body:
            self.visit(statement)
        self._scope = outer

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        bases = [found for base in node.bases if (found := self._resolve(base))]
        for expression in (*node.bases, *node.decorator_list):
            self.visit(expression)
        outer, self._scope = self._scope, _Scope(self._scope)
        self._scope.objects.pop("self", None)
        if bases:
            self._scope.objects["self"] = bases[0]
        for statement in node.body:
            for name in _bound(statement):
                for base in bases:
                    self._note(f"{base}.{name}")
            self.visit(statement)
        self._scope = outer

    # --- uses ----------------------------------------------------------------------

    def visit_Attribute(self, node: ast.Attribute) -> None:
        found = self._resolve(node)
        # What a subclass puts on itself is its own affair.
        if not isinstance(node.ctx, ast.Store):
            self._note(found)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = self._resolve(node.func)
        if called and called.startswith("alembic."):
            names = {keyword.arg for keyword in node.keywords if keyword.arg}
            if names:
                self._uses.keywords[called] |= names
        self.generic_visit(node)


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield statement.name
    elif isinstance(statement, ast.Assign):
        yield from (t.id for t in statement.targets if isinstance(t, ast.Name))
    elif isinstance(statement, ast.AnnAssign) and isinstance(
        statement.target, ast.Name
    ):
        yield statement.target.id


def packages() -> list[str]:
    """Return the requirements of dependents.txt."""
    lines = LIST.read_text().split("\n")
    return [line for line in lines if line and not line.startswith("#")]


def sources(requirement: str) -> Iterator[str]:
    """Yield the text of each Python file of a package that speaks of Alembic."""
    home = WORK / "dependents" / requirement
    if not home.is_dir():
        fetching = home.with_name(f"{requirement}.tmp")
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "-q", "--no-deps"]
            + ["--prefer-binary", "--dest", str(fetching), requirement],
            check=True,
        )
        fetching.rename(home)
    (archive,) = home.iterdir()
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            found = [wheel.read(n) for n in wheel.namelist() if n.endswith(".py")]
    else:
        with tarfile.open(archive) as source:
            found = [
                file.read()
                for member in source
                if member.name.endswith(".py") and (file := source.extractfile(member))
            ]
    for content in found:
        if b"alembic" in content:
            yield content.decode(errors="replace")


def collect() -> tuple[Uses, dict[str, str]]:
    """Walk all packages; return what they use, and what could not be parsed."""
    uses, failures = Uses(), {}
    for requirement in packages():
        for text in sources(requirement):
            try:
                tree = ast.parse(text)
            except (SyntaxError, ValueError) as problem:
                failures[requirement] = str(problem)
                continue
            _Walker(requirement.partition("==")[0], uses).visit(tree)
    return uses, failures


def main() -> int:
    uses, failures = collect()
    lines = [
        json.dumps(name)
        + ": "
        + json.dumps(
            {"packages": sorted(used), "keywords": sorted(uses.keywords.get(name, ()))}
        )
        for name, used in sorted(uses.names.items())
    ]
    DATA.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    for requirement, problem in failures.items():
        print(f"{requirement}: a file cannot be parsed: {problem}")
    print(f"{len(uses.names)} names of {len(packages())} packages: {DATA}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
