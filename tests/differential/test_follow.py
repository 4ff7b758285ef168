"""`make follow` finds what upstream has and this package does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support import upstream
from tools import follow

OPTION = """
_init = CommandLine.__init__
def _with_option(self, prog=None):
    _init(self, prog)
    self.parser.add_argument("--planted")
CommandLine.__init__ = _with_option
"""
# What is added to a file of upstream's package, and what has to be found.
PLANTED = {
    "a function": (
        "util/messaging.py",
        "def planted(x): pass",
        "alembic.util.messaging:planted",
    ),
    "a value": ("util/compat.py", "planted = 1", "alembic.util.compat:planted"),
    "a parameter": ("context.pyi", "def execute(a): ...", "stub context.pyi: execute"),
    "a signature": (
        "command.py",
        "def show(config, rev, planted=1): pass",
        "alembic.command:show",
    ),
    "a default": (
        "command.py",
        "def current(config, check_heads=False, verbose=True): pass",
        "alembic.command:current",
    ),
    "a class": (
        "util/exc.py",
        "class Planted(Exception): pass",
        "alembic.util.exc:Planted",
    ),
    "a member": ("config.py", "Config.planted = 1", "alembic.config:Config.planted"),
    "a member's signature": (
        "ddl/impl.py",
        "def _drop(self, table, planted): pass\nDefaultImpl.drop_table = _drop",
        "alembic.ddl.impl:DefaultImpl.drop_table",
    ),
    "what a package hands out": (
        "ddl/__init__.py",
        "from .base import alter_table as planted",
        "alembic.ddl:planted",
    ),
    "a module": ("planted.py", "", "alembic.planted"),
    "an option": ("config.py", OPTION, "command --planted"),
    "a stub": ("op.pyi", "def planted() -> None: ...", "stub op.pyi: planted"),
    "an expression": (
        "templates/async/script.py.mako",
        "${planted}",
        "template async/script.py.mako",
    ),
    "a template": ("templates/planted/README", "new", "template planted/README"),
    "an import": ("command.py", "from decimal import Decimal", None),
    "a private name": ("command.py", "def _planted(): pass", None),
}


def compare(path: Path) -> list[str]:
    return follow.compare(*follow.interfaces_of(path), follow.read_table())


def test_level() -> None:
    assert compare(upstream.directory()) == []


def test_what_is_planted(tmp_path: Path) -> None:
    shutil.copytree(upstream.directory() / "alembic", tmp_path / "alembic")
    for name, text, _ in PLANTED.values():
        file = tmp_path / "alembic" / name
        file.parent.mkdir(exist_ok=True)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(f"\n{text}\n")
    found = [line.partition("  ")[0] for line in compare(tmp_path)]
    assert sorted(found) == sorted(name for *_, name in PLANTED.values() if name), found


def test_what_is_listed_has_to_differ() -> None:
    theirs = {"a": "(x)", "b": "(x)", "c": "value"}
    ours = {"a": "(y)", "b": "(x)"}
    assert follow.compare(theirs, ours, {"a": "why", "c": "why"}) == []
    assert follow.compare(theirs, ours, {"a": "why"}) == [
        "c  missing; upstream's is value"
    ]
    assert follow.compare(theirs, ours, {"a": "why", "b": "why", "c": "why"}) == [
        "b  listed in differences.txt, but it is no difference"
    ]


@pytest.mark.parametrize("line", ["name", "name\t", "name\twhy\nname\twhy"])
def test_each_line_has_a_reason(line: str, tmp_path: Path) -> None:
    table = tmp_path / "table.txt"
    table.write_text(f"# head\n{line}\n")
    with pytest.raises(SystemExit, match="want name<TAB>reason"):
        follow.read_table(table)
