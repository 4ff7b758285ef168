"""Importing a module of the package registers nothing: `_bootstrap` does, and callers.

A registry may be made with functions in it, by the module that makes it (for the
dialects: by the package).  What no other module does is to add to one when it is
imported.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

import pytest

from tests.samples import sample

from .test_layers import BOOTSTRAP, MODULES

# Registry -> the module that makes it, the expression for what is in it.  From the
# bottom up: each is looked into before a module above it is imported.
REGISTRIES = {
    "plugins": ("runtime.plugins", "_all_plugins"),
    "dialects": ("ddl.impl", "_impls"),
    "additions": (
        "operations._constraints",
        "AddConstraintOp.add_constraint_ops._registry",
    ),
    "directives": ("operations.base", "vars(Operations)"),
    "batch directives": ("operations.base", "vars(BatchOperations)"),
    "implementations": ("operations.base", "Operations._to_impl._registry"),
    "constraints": ("autogenerate._render_schema", "constraint_renderers._registry"),
    "default renderers": ("autogenerate.render", "default_renderers._registry"),
    "renderers": ("autogenerate.render", "renderers._registry"),
    "comparators": ("autogenerate.compare", "comparators._registry"),
    "write hooks": ("script.write_hooks", "_registry"),
}

# Not imported: what runs the command, puts the name `alembic` in place, needs a test
# run around it, or registers.
EXCEPT = ("__main__", "activate", "pytest", "testing", BOOTSTRAP)

PROGRAM = sample("registries/program.py")


def is_left_out(module: str) -> bool:
    return any(f"{module}.".startswith(f"{name}.") for name in ("__init__", *EXCEPT))


@cache
def contents() -> list[dict[str, list[str]]]:
    """Return what registries hold: made, with all imported, with all registered."""
    modules = [name for name in MODULES if not is_left_out(name)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps([REGISTRIES, modules])],
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, list[str]]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("registry", REGISTRIES)
def test_importing_all_modules_adds_to_no_registry(registry: str) -> None:
    made, imported, _ = contents()
    assert imported[registry] == made[registry]


def test_what_is_registered_is_seen() -> None:
    made, _, registered = contents()
    assert len(registered["plugins"]) >= 7
    assert {name for name in REGISTRIES if registered[name] != made[name]} == {
        "plugins"
    }
    assert [name for name in REGISTRIES if not registered[name]] == ["comparators"]
