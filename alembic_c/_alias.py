"""The import name `alembic`: the same module objects under upstream's name.

`env.py` and revision files say `from alembic import op`.  A finder at the head of
`sys.meta_path` answers each `alembic.x` with the module `alembic_c.x` itself, so that
state, identity, patching and pickling are shared whichever name was used.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from types import CodeType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.abc import Loader as _LoaderBase
else:
    # `importlib.abc` takes longer to import than a command to run.
    _LoaderBase = object

ALIAS = "alembic"
PACKAGE = __package__ or "alembic_c"


def _real_name(alias: str) -> str | None:
    head, dot, rest = alias.partition(".")
    return f"{PACKAGE}{dot}{rest}" if head == ALIAS else None


class _AliasLoader(_LoaderBase):
    """Load an alias by importing the real module; nothing runs twice."""

    def __init__(self, real: ModuleSpec) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._real.name)
        # The one that it was imported with: only that has the loader of a package
        # without `__init__.py`, which `importlib.resources` asks.
        self._real = module.__spec__ or self._real
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has just put the alias's spec on the module.
        module.__spec__ = self._real

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the real module's code object; `python -m alembic` asks for it."""
        code: CodeType | None = self._real.loader.get_code(self._real.name)  # type: ignore[union-attr]
        return code


class AliasFinder:
    """Find `alembic` and `alembic.*` as `alembic_c` and `alembic_c.*`."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        name = _real_name(fullname)
        if name is None:
            return None
        try:
            real = find_spec(name)
        except ModuleNotFoundError as missing:
            # A parent that is not ours (importlib then looks on) and nothing else.
            if missing.name is None or not name.startswith(f"{missing.name}."):
                raise
            return None
        if real is None:
            return None
        spec = ModuleSpec(fullname, _AliasLoader(real), origin=real.origin)
        spec.submodule_search_locations = real.submodule_search_locations
        return spec


def is_installed() -> bool:
    """Return whether `import alembic` gives this package in this process."""
    return any(isinstance(finder, AliasFinder) for finder in sys.meta_path)


def other_package() -> str | None:
    """Return the directory of another package `alembic` on the path, None without one.

    That of this project's distribution `alembic` is none: it gives way to this package.
    """
    spec = PathFinder.find_spec(ALIAS)
    if spec is None or spec.origin is None:
        # A directory without `__init__.py`, such as a project's own migrations.
        return None
    with open(spec.origin, "rb") as file:
        gives_way = f"from {__name__} import {take_name.__name__}\n".encode()
        return None if gives_way in file.read(1000) else os.path.dirname(spec.origin)


def install() -> None:
    """Make `import alembic` give this package, in this process; idempotent.

    Raises ImportError if another distribution's `alembic` is loaded already: two
    migration engines in one process would each see half of its state.
    """
    loaded = sys.modules.get(ALIAS)
    if loaded is not None and loaded is not sys.modules[PACKAGE]:
        origin = getattr(loaded, "__file__", None) or "an unknown place"
        raise ImportError(
            f"'{ALIAS}' is already imported from {origin}; {_earlier()}, "
            "or uninstall the other package",
            name=ALIAS,
        )
    if not is_installed():
        sys.meta_path.insert(0, AliasFinder())


def _earlier() -> str:
    """Say how to be before others that import `alembic`."""
    if "_pytest" in sys.modules:
        # Plugins are imported before any conftest.py, but after those given with -p.
        return (
            f"if that was a plugin of pytest, run pytest with '-p {PACKAGE}.activate' "
            f"(or have it in addopts) in place of {PACKAGE}.install()"
        )
    return f"call {PACKAGE}.install() before anything imports '{ALIAS}'"


def take_name() -> None:
    """Put this package in the place of the module `alembic` that is being imported.

    For the distribution `alembic` of this project, whose only module calls it.
    """
    sys.modules[ALIAS] = sys.modules[PACKAGE]
    install()
