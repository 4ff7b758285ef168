"""Modules that stand for the object in use: `alembic.op` and `alembic.context`.

`op.create_table(...)` calls that method of the `Operations` object installed last.
Which one that is belongs to the running context (`contextvars`), so two threads, or two
asyncio tasks, can migrate two databases at once.  A thread that a migration starts
without passing its context on gets the only object in use; if several migrations run
at that time it gets an error, never somebody else's database.
"""

from __future__ import annotations

import sys
from contextvars import ContextVar
from functools import update_wrapper
from importlib import import_module
from threading import Lock
from types import ModuleType
from weakref import WeakSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from typing import Any


class _Installation:
    """An object in use, and the one that it covers until it is removed."""

    __slots__ = ("__weakref__", "covered", "ended", "proxy")

    def __init__(self, proxy: Any, covered: _Installation | None) -> None:
        self.proxy = proxy
        self.covered = covered
        self.ended = False

    def visible(self) -> _Installation | None:
        """Return the first one of this and those it covers that is still in use."""
        candidate: _Installation | None = self
        while candidate is not None and candidate.ended:
            candidate = candidate.covered
        return candidate


class ProxySlot:
    """The objects of one class that are in use, a stack for each context.

    Entries are weakly registered here, strongly in their context: what a thread or task
    leaves installed ends with it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.used = False
        self._top: ContextVar[_Installation | None] = ContextVar(name, default=None)
        self._entries: WeakSet[_Installation] = WeakSet()
        self._lock = Lock()

    def _visible(self) -> _Installation | None:
        top = self._top.get()
        return None if top is None else top.visible()

    def push(self, proxy: Any) -> None:
        """Put an object in use in this context."""
        entry = _Installation(proxy, self._visible())
        with self._lock:
            self._entries.add(entry)
        self._top.set(entry)
        self.used = True

    def pop(self, proxy: Any) -> None:
        """Take an object out of use, in whatever context it was put there."""
        entry = self._visible()
        while entry is not None and entry.proxy is not proxy:
            entry = entry.covered
        with self._lock:
            if entry is None:
                same = [each for each in self._entries if each.proxy is proxy]
                entry = same[-1] if same else None
            if entry is not None:
                entry.ended = True
                self._entries.discard(entry)
        self._top.set(self._visible())

    def replace(self, proxy: Any) -> None:
        """Put an object in use instead of the one in use; None: only end that."""
        current = self._visible()
        if current is not None:
            self.pop(current.proxy)
        if proxy is not None:
            self.push(proxy)

    def current(self) -> Any:
        """Return the object in use here, None if there is none.

        Raises RuntimeError in a context of its own while several are in use elsewhere.
        """
        own = self._visible()
        return own.proxy if own is not None else self._only_elsewhere()

    def _only_elsewhere(self) -> Any:
        with self._lock:
            entries = [entry for entry in self._entries if not entry.ended]
        covered = {entry.covered and entry.covered.visible() for entry in entries}
        innermost = [entry for entry in entries if entry not in covered]
        if len(innermost) > 1:
            raise RuntimeError(
                f"{len(innermost)} '{self.name}' objects are in use by other threads "
                "or tasks; start this thread with contextvars.copy_context().run() "
                "so that it is known which one it belongs to"
            )
        return innermost[0].proxy if innermost else None


class ModuleClsProxy:
    """Base of the classes whose current instance a module stands for."""

    _proxy_slot: ProxySlot

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        cls._proxy_slot = ProxySlot(cls.__name__)

    def _proxy_slots(self) -> list[ProxySlot]:
        """Return the slots of the class and of those that it extends."""
        chain = (vars(cls).get("_proxy_slot") for cls in type(self).__mro__)
        return [slot for slot in chain if slot is not None]

    def _install_proxy(self) -> None:
        """Make this the object that the module stands for, in this context."""
        for slot in self._proxy_slots():
            slot.push(self)

    def _remove_proxy(self) -> None:
        """Undo `_install_proxy`; what was in use before is in use again."""
        for slot in self._proxy_slots():
            slot.pop(self)

    @classmethod
    def create_module_class_proxy(
        cls, globals_: MutableMapping[str, Any], locals_: MutableMapping[str, Any]
    ) -> None:
        """Make the calling module stand for the current instance of this class.

        globals_, locals_: those of the module; only `globals_["__name__"]` is used.
        """
        serve_as_proxy(globals_["__name__"], cls.__module__, cls.__name__)


def _is_served(name: str) -> bool:
    return not name.startswith("_") and name != "create_module_class_proxy"


class ProxyModule(ModuleType):
    """A module whose functions are the methods of an object in use.

    A function may be imported before any object is in use; which one it works on
    is decided when it is called.
    """

    __proxied__: tuple[str, str]

    def _proxied_class(self) -> type[ModuleClsProxy]:
        module, name = vars(self)["__proxied__"]
        cls: type[ModuleClsProxy] = getattr(import_module(module), name)
        return cls

    @property
    def _proxy(self) -> Any:
        slot = self._proxied_class()._proxy_slot
        proxy = slot.current()
        if proxy is None and not slot.used:
            raise AttributeError(f"no {slot.name} has been in use yet")
        return proxy

    @_proxy.setter
    def _proxy(self, proxy: Any) -> None:
        self._proxied_class()._proxy_slot.replace(proxy)

    @_proxy.deleter
    def _proxy(self) -> None:
        slot = self._proxied_class()._proxy_slot
        slot.replace(None)
        slot.used = False

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return self._served_names()
        cls = self._proxied_class()
        if name == cls.__name__:
            return cls
        if _is_served(name) and hasattr(cls, name):
            return self._serve(cls, name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def _serve(self, cls: type[ModuleClsProxy], name: str) -> Any:
        method = getattr(cls, name)
        if callable(method):
            function = _forward_to_current(self.__name__, cls, name, method)
            vars(self)[name] = function
            return function
        proxy = cls._proxy_slot.current()
        if proxy is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return getattr(proxy, name)

    def _served_names(self) -> list[str]:
        cls = self._proxied_class()
        return [n for n in dir(cls) if _is_served(n) and callable(getattr(cls, n))]

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), self._proxied_class().__name__, *self.__all__})


def _forward_to_current(
    module: str, cls: type[ModuleClsProxy], name: str, method: Callable[..., Any]
) -> Callable[..., Any]:
    def function(*args: Any, **kw: Any) -> Any:
        proxy = cls._proxy_slot.current()
        if proxy is None:
            raise NameError(
                f"Can't invoke function '{name}', as the proxy object has not yet "
                f"been established for the Alembic '{cls.__name__}' class.  "
                "Try placing this code inside a callable."
            )
        return getattr(proxy, name)(*args, **kw)

    update_wrapper(function, method, updated=())
    # The signature of the method would show its `self`.
    del function.__wrapped__  # type: ignore[attr-defined]
    function.__module__ = module
    function.__qualname__ = function.__name__ = name
    return function


def serve_as_proxy(module: str, class_module: str, class_name: str) -> None:
    """Turn a module that is being imported into a `ProxyModule`.

    The class is imported when the module is first used, not before.
    """
    target = sys.modules[module]
    vars(target)["__proxied__"] = (class_module, class_name)
    target.__class__ = ProxyModule
