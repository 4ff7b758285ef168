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
    if _waiting is None:
        for module in _REGISTERING:
            import_module(module, __package__)
        _waiting = _installed_plugins()
    while _waiting:
        entry_point = _waiting.pop(0)
        try:
            _set_up(entry_point)
        except BaseException:
            _waiting.insert(0, entry_point)
            raise
    _done = True


def _installed_plugins() -> list[EntryPoint]:
    from .runtime.plugins import ENTRY_POINT_GROUP
    from .util import compat

    found = list(compat.importlib_metadata_get(ENTRY_POINT_GROUP))
    if found:
        # Our own comparators come before those of plugins.
        import_module(".autogenerate.compare", __package__)
    return found


def _set_up(entry_point: EntryPoint) -> None:
    from .runtime.plugins import Plugin, _all_plugins

    try:
        Plugin.setup_plugin_from_module(entry_point.load(), entry_point.name)
    except BaseException:
        _all_plugins.pop(entry_point.name, None)
        raise
