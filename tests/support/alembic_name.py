"""Who has the import name `alembic` in this process; other tests load upstream's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import alembic_c


@contextmanager
def hidden() -> Iterator[None]:
    """Forget who has the name, and whatever takes it in the block."""
    finders = sys.meta_path[:]
    modules = {name: sys.modules.pop(name) for name in _modules()}
    try:
        yield
    finally:
        sys.meta_path[:] = finders
        for name in _modules():
            del sys.modules[name]
        sys.modules.update(modules)


@contextmanager
def ours() -> Iterator[None]:
    """Let the name be this package in the block."""
    with hidden():
        alembic_c.install()
        yield


def _modules() -> list[str]:
    return [name for name in sys.modules if name.split(".")[0] == "alembic"]
