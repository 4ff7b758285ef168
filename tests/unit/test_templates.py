"""The templates for `init`."""

from __future__ import annotations

import ast
import configparser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import alembic_c
from alembic_c.util import compat, format_as_comma, template_to_file

TEMPLATES = Path(alembic_c.__file__).resolve().parent / "templates"
NAMES = ["generic", "async", "multidb", "pyproject", "pyproject_async"]


def render(source: Path, target: Path, **variables: Any) -> str:
    template_to_file(source, target, "utf-8", **variables)
    return target.read_text()


def options(text: str, mark: str = "# ") -> dict[str, str]:
    """Return the options of an ini file, those that are commented out included."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.removeprefix(mark).partition("=")
        if equals and " " not in name.strip():
            found[name.strip()] = value.strip()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_each_has_its_files(name: str) -> None:
    files = {"README", "alembic.ini.mako", "env.py", "script.py.mako"}
    if name.startswith("pyproject"):
        files.add("pyproject.toml.mako")
    assert {p.name for p in (TEMPLATES / name).iterdir() if p.is_file()} == files


@pytest.mark.parametrize("name", NAMES)
def test_options_are_upstreams(name: str, upstream_path: Path, tmp_path: Path) -> None:
    theirs = upstream_path / "alembic" / "templates" / name
    for file in ("alembic.ini.mako", "pyproject.toml.mako"):
        if not (theirs / file).exists():
            continue
        rendered = [
            render(source / file, tmp_path / "o", script_location="%(here)s/x")
            for source in (TEMPLATES / name, theirs)
        ]
        ours, upstreams = map(options, rendered)
        # What upstream shows only as an example in prose may be missing.
        assert ours.keys() >= upstreams.keys()
        active = [
            {k: v for k, v in options(text, mark="").items() if not k.startswith("#")}
            for text in rendered
        ]
        lock = active[0].pop("migration_lock", None)
        assert lock == (None if name.startswith("pyproject") else "true")
        assert active[0] == active[1]


@pytest.mark.parametrize("name", NAMES)
def test_ini_files_parse(name: str, tmp_path: Path) -> None:
    source = TEMPLATES / name / "alembic.ini.mako"
    text = render(source, tmp_path / "a.ini", script_location="%(here)s/x")
    parser = configparser.ConfigParser({"here": "/h"})
    parser.read_string(text)
    assert parser.get("alembic", "script_location", fallback=None) == (
        None if name.startswith("pyproject") else "/h/x"
    )
    for section in parser.sections():
        parser.items(section, raw=section.startswith("formatter"))


@pytest.mark.parametrize("name", ["pyproject", "pyproject_async"])
def test_toml_files_parse(name: str, tmp_path: Path) -> None:
    source = TEMPLATES / name / "pyproject.toml.mako"
    text = render(source, tmp_path / "p.toml", script_location="%(here)s/x")
    assert compat.tomllib.loads(text)["tool"]["alembic"] == {
        "script_location": "%(here)s/x",
        "prepend_sys_path": ["."],
    }


def functions(path: Path) -> dict[str, str]:
    """Return the signature of each function of a Python file."""
    tree = ast.parse(path.read_text())
    return {
        node.name: ast.unparse(node.args)
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }


def assigned(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {
        ast.unparse(target)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
    }


@pytest.mark.parametrize("name", NAMES)
def test_env_py_has_the_names_that_people_edit(name: str, upstream_path: Path) -> None:
    ours = TEMPLATES / name / "env.py"
    theirs = upstream_path / "alembic" / "templates" / name / "env.py"
    assert functions(ours).items() >= functions(theirs).items()
    assert assigned(ours) >= assigned(theirs)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("filled", [False, True])
def test_revision_files_equal_upstreams(
    name: str, filled: bool, upstream_path: Path, tmp_path: Path
) -> None:
    variables = {
        "message": "add a \xe9",
        "up_revision": "abc123",
        "down_revision": ("a", "b") if filled else None,
        "branch_labels": {"x"} if filled else None,
        "depends_on": "d" if filled else None,
        "create_date": "2024-01-02 03:04:05.000006",
        "imports": "import x\nimport y" if filled else "",
        "upgrades": "op.a()\n    op.b()" if filled else "",
        "downgrades": "op.c()" if filled else "",
        "engine1_upgrades": "op.d()",
        "comma": format_as_comma,
        "config": SimpleNamespace(get_main_option=lambda name: "engine1,  two"),
    }
    theirs = upstream_path / "alembic" / "templates"
    ours, upstreams = (
        render(root / name / "script.py.mako", tmp_path / "o.py", **variables)
        for root in (TEMPLATES, theirs)
    )
    assert ours == upstreams
    ast.parse(ours)
