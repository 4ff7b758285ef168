"""The one place where registrations happen, in order: dialects, operations, plugins.

`ensure` and `ensure_comparators` are called where the registries are first needed, so
that commands which only read revision files pay for none of this.
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
_has_comparators = False
_waiting: list[EntryPoint] | None = None


def ensure() -> None:
    """Register everything that comes with the package or is installed beside it.

    Raises what a plugin's `setup` raises; the next call tries that plugin again.
    """
    if _done:
        return
    with _lock:
        _register()


def ensure_comparators() -> None:
    """Register the comparators of autogenerate too, which the others can do without.

    Raises what `ensure` raises, and ValueError if the name of a plugin is taken.
    """
    ensure()
    with _lock:
        _register_comparators()


def _register_comparators() -> None:
    global _has_comparators
    if _has_comparators:
        return
    from .autogenerate.compare import BUILT_IN
    from .runtime.plugins import Plugin

    _has_comparators = True
    for module, name in BUILT_IN:
        Plugin.setup_plugin_from_module(module, name)


def _register() -> None:
    global _done, _waiting
    from .runtime import plugins

    if _waiting is None:
        for module in _REGISTERING:
            import_module(module, __package__)
        _waiting = plugins._installed()
        if _waiting:
            # Our own comparators come before those of plugins.
            _register_comparators()
    plugins._setup(_waiting)
    _done = True
