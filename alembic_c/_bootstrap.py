"""The one place where registrations happen, in order: dialects, operations, plugins.

`ensure` is called where the registries are first needed, so that commands which only
read revision files pay for none of this.
"""

from __future__ import annotations

from importlib import import_module
from threading import RLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

# Each registers what it defines when it is imported.
_DIALECTS = ("mssql", "mysql", "oracle", "postgresql", "sqlite")
_REGISTERING = (*(f".ddl.{name}" for name in _DIALECTS), ".operations.toimpl")

# A plugin's `setup` may come back here, hence the lock is re-entrant.
_lock = RLock()
_done = False
_waiting: list[EntryPoint] | None = None


def ensure() -> None:
    """Register everything that comes with the package or is installed beside it.

    Raises what a plugin's `setup` raises; the next call tries that plugin again.
    """
    if _done:
        return
    with _lock:
        _register()


def _register() -> None:
    global _done, _waiting
    from .runtime import plugins

    if _waiting is None:
        for module in _REGISTERING:
            import_module(module, __package__)
        _waiting = plugins._installed()
        if _waiting:
            # Our own comparators come before those of plugins.
            import_module(".autogenerate.compare", __package__)
    plugins._setup(_waiting)
    _done = True
