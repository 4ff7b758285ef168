"""Migrations for SQLAlchemy projects: a drop-in Alembic with its hot core in C."""

from __future__ import annotations

from ._alias import install as install

# Upstream's level, and a fourth number of our own.  Stated here alone: the build, the
# tests and the benchmarks read it.
__version__ = "1.20.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

# What `import alembic` alone makes available with upstream.  Nothing of it is imported
# before it is used, because that takes longer than most commands.
_SUBMODULES = {
    "autogenerate": ".autogenerate",
    "context": ".context",
    "ddl": ".ddl",
    "op": ".op",
    "operations": ".operations",
    "plugins": ".runtime.plugins",
    "runtime": ".runtime",
    "script": ".script",
    "util": ".util",
}


def __getattr__(name: str) -> ModuleType:
    """Import a submodule that a program uses as an attribute of the package."""
    if name not in _SUBMODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = import_module(_SUBMODULES[name], __name__)
    globals()[name] = module
    return module


def __dir__() -> list[str]:
    return sorted({*globals(), *_SUBMODULES})
