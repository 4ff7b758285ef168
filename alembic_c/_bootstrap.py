"""The one place where registrations happen, in order: dialects and plugins.

`ensure` and `ensure_comparators` are called where the registries are first needed, so
that commands which only read revision files pay for none of this.
"""

from __future__ import annotations

from importlib import import_module
from threading import RLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

# A plugin's `setup` may come back here, hence the lock is re-entrant.
_lock = RLock()
_done = False
_set_up: set[str] = set()
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
    from .autogenerate.compare import BUILT_IN
    from .runtime.plugins import Plugin

    for module, name in BUILT_IN:
        if name not in _set_up:
            Plugin.setup_plugin_from_module(module, name)
            _set_up.add(name)


def _register() -> None:
    global _done, _waiting
    from .runtime import plugins

    if _waiting is None:
        # An implementation of a dialect is registered by being defined.
        import_module(".ddl", __package__)
        _waiting = plugins._installed()
        if _waiting:
            # Our own comparators come before those of plugins.
            _register_comparators()
    plugins._setup(_waiting)
    _done = True
