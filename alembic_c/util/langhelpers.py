"""Small general tools: coercions, read-only dictionaries and the two dispatchers.

Nothing here imports SQLAlchemy or `typing` at run time, since every command loads this.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Generic, NoReturn, TypeVar

    _T = TypeVar("_T")
    _C = TypeVar("_C", bound=Callable[..., Any])
    _K = TypeVar("_K")
    _V = TypeVar("_V")

    class _FrozenBase(dict[_K, _V]):
        """What `immutabledict` inherits from, as the type checker sees it."""

    class _PropertyBase(Generic[_T]):
        """What `memoized_property` inherits from, as the type checker sees it."""

else:

    class _Subscriptable:
        __slots__ = ()

        def __class_getitem__(cls, item):
            return cls

    class _FrozenBase(_Subscriptable, dict):
        __slots__ = ()

    class _PropertyBase(_Subscriptable):
        pass


def __getattr__(name: str) -> Any:
    # Upstream has the class here; ours is in a module of its own, loaded when needed.
    if name != "ModuleClsProxy":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ._proxy import ModuleClsProxy

    return ModuleClsProxy


_TRUE = frozenset(("true", "yes", "on", "y", "t", "1"))
_FALSE = frozenset(("false", "no", "off", "n", "f", "0"))

DEFAULT_QUALIFIER = "default"


class immutabledict(_FrozenBase["_K", "_V"]):
    """A dictionary that refuses to change; `union` and `|` give new ones.

    Has the methods of `sqlalchemy.util.immutabledict`, is equal to it when the items
    are, and can be merged with it.
    """

    __slots__ = ()

    def _refuse(self, *args: Any, **kw: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} object is immutable")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    @classmethod
    def fromkeys(cls, *args: Any, **kw: Any) -> NoReturn:
        """Refuse, as SQLAlchemy's class does."""
        raise TypeError(f"{cls.__name__} object is immutable")

    def union(self, other: Mapping[_K, _V] | None = None, /) -> immutabledict[_K, _V]:
        """Return a dictionary with the items of both; those of `other` win."""
        return self.merge_with(other)

    def merge_with(self, *others: Mapping[_K, _V] | None) -> immutabledict[_K, _V]:
        """Return a dictionary with the items of all, those of later ones win."""
        merged = dict(self)
        for other in others:
            merged.update(other or ())
        return immutabledict(merged) if any(others) else self

    def copy(self) -> immutabledict[_K, _V]:
        """Return the dictionary itself, since it cannot change."""
        return self

    def __or__(self, other: Mapping[_K, _V]) -> immutabledict[_K, _V]:  # type: ignore[override]
        if not isinstance(other, Mapping):
            return NotImplemented
        return immutabledict({**self, **other})

    def __ror__(self, other: Mapping[_K, _V]) -> immutabledict[_K, _V]:  # type: ignore[override]
        if not isinstance(other, Mapping):
            return NotImplemented
        return immutabledict({**other, **self})

    def __reduce__(self) -> tuple[type[immutabledict[_K, _V]], tuple[dict[_K, _V]]]:
        return immutabledict, (dict(self),)

    def __repr__(self) -> str:
        return f"immutabledict({dict(self)!r})"


EMPTY_DICT: Mapping[Any, Any] = immutabledict()


class memoized_property(_PropertyBase["_T"]):
    """A property computed on first use and kept in the instance's dictionary.

    Assigning to the attribute replaces the value; `reset` forgets it.
    """

    def __init__(self, fget: Callable[..., _T], doc: str | None = None) -> None:
        self.fget = fget
        self.__doc__ = doc or fget.__doc__
        self.__name__ = fget.__name__

    def __get__(self, obj: object | None, cls: Any) -> _T:
        if obj is None:
            return self  # type: ignore[return-value]
        value = obj.__dict__[self.__name__] = self.fget(obj)
        return value

    @classmethod
    def reset(cls, obj: object, name: str) -> None:
        """Forget the value of property `name` of `obj`, if it has one."""
        obj.__dict__.pop(name, None)


def asbool(value: Any) -> bool:
    """Return the truth that a configuration text such as "yes" or "off" names.

    Anything but a text has its own truth value.
    Raises ValueError if the text names none.
    """
    if not isinstance(value, str):
        return bool(value)
    word = value.strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError(f"String is not true/false: {word!r}")


def _is_collection(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes))


def to_list(value: Any, default: list[Any] | None = None) -> Any:
    """Return `value` as a list: itself, its items, or itself as the only item.

    default: what None gives.
    """
    if value is None:
        return default
    if isinstance(value, list):
        return value
    return list(value) if _is_collection(value) else [value]


def to_tuple(x: Any, default: Any = None) -> Any:
    """Return `x` as a tuple: its items, or itself as the only item.

    default: what None gives.
    """
    if x is None:
        return default
    return tuple(x) if isinstance(x, Iterable) and not isinstance(x, str) else (x,)


def unique_list(seq: Iterable[_T]) -> list[_T]:
    """Return the distinct items of `seq`, in the order of their first appearance."""
    return list(dict.fromkeys(seq))


def dedupe_tuple(tup: tuple[str, ...]) -> tuple[str, ...]:
    """Return `tup` without repetitions, in the order of first appearance."""
    return tuple(dict.fromkeys(tup))


def rev_id() -> str:
    """Return a new random revision id: twelve hexadecimal digits."""
    # Imported late: only `revision` and `merge` make ids.
    import uuid

    return uuid.uuid4().hex[-12:]


def not_none(value: _T | None) -> _T:
    """Return `value`, which the caller knows is not None.

    Raises AssertionError if it is None after all.
    """
    if value is None:
        raise AssertionError("a value that cannot be None is None")
    return value


class PriorityDispatchResult(enum.Enum):
    """What a handler of a `PriorityDispatcher` says about those after it."""

    CONTINUE = enum.auto()
    """Call the next handler of the subgroup."""

    STOP = enum.auto()
    """Call no further handler of the same subgroup."""


class DispatchPriority(enum.IntEnum):
    """When a handler of a `PriorityDispatcher` runs, relative to others."""

    FIRST = 50
    MEDIUM = 25
    LAST = 10


class Dispatcher:
    """Choose one function for an object by its class, or for a name.

    functions: those that it has from the beginning, by class or name.
    """

    def __init__(self, functions: Mapping[Any, Any] | None = None) -> None:
        self._registry: dict[tuple[Any, str], Any] = {
            (target, DEFAULT_QUALIFIER): function
            for target, function in (functions or {}).items()
        }

    def dispatch_for(
        self,
        target: Any,
        *,
        qualifier: str = DEFAULT_QUALIFIER,
        replace: bool = False,
    ) -> Callable[[_C], _C]:
        """Return a decorator that registers a function.

        target: a class (subclasses are included) or a name.
        qualifier: a dialect name, or "default" for all that have no own function.
        replace: whether an existing function may be replaced.
        Raises ValueError (the decorator does) if there is one and it may not be.
        """
        key = (target, qualifier)

        def register(function: _C) -> _C:
            if not replace and key in self._registry:
                raise ValueError(
                    f"Can not set dispatch function for object {target!r}: "
                    "key already exists. To replace existing function, use "
                    "replace=True."
                )
            self._registry[key] = function
            return function

        return register

    def _candidates(self, obj: Any, qualifier: str) -> Iterator[tuple[Any, str]]:
        """Yield the keys that may answer for `obj`, the most specific first."""
        if isinstance(obj, str):
            targets: tuple[Any, ...] = (obj,)
        else:
            targets = (obj if isinstance(obj, type) else type(obj)).__mro__
        for target in targets:
            yield target, qualifier
            yield target, DEFAULT_QUALIFIER

    def dispatch(self, obj: Any, qualifier: str = DEFAULT_QUALIFIER) -> Any:
        """Return the function for `obj`, an instance, a class or a name.

        Raises ValueError if none is registered.
        """
        for key in self._candidates(obj, qualifier):
            if key in self._registry:
                return self._registry[key]
        raise ValueError(f"no dispatch function for object: {obj}")

    def branch(self) -> Dispatcher:
        """Return an independent dispatcher that starts with the same functions."""
        copy = Dispatcher()
        copy._registry.update(self._registry)
        return copy


class PriorityDispatcher:
    """Call all functions registered for a name, in the order of their priority."""

    def __init__(self) -> None:
        # Packages look into it, also for keys that are not there, and replace it.
        self._registry: dict[Any, list[tuple[Callable[..., Any], str | None]]] = (
            defaultdict(list)
        )

    def dispatch_for(
        self,
        target: str,
        *,
        priority: DispatchPriority = DispatchPriority.MEDIUM,
        qualifier: str = DEFAULT_QUALIFIER,
        subgroup: str | None = None,
    ) -> Callable[[_C], _C]:
        """Return a decorator that registers a function.

        target: the name that `dispatch` is asked for.
        priority: earlier or later than others; equal ones run as registered.
        qualifier: a dialect name, or "default" for every dialect.
        subgroup: handlers that can stop each other share one.
        """

        def register(function: _C) -> _C:
            key = (target, qualifier, priority)
            self._registry.setdefault(key, []).append((function, subgroup))
            return function

        return register

    def _handlers(
        self, target: str, qualifier: str
    ) -> Iterator[tuple[Callable[..., Any], str | None]]:
        qualifiers = dict.fromkeys((qualifier, DEFAULT_QUALIFIER))
        for priority in DispatchPriority:
            for each in qualifiers:
                yield from self._registry.get((target, each, priority), ())

    def dispatch(
        self, target: str, *, qualifier: str = DEFAULT_QUALIFIER
    ) -> Callable[..., None]:
        """Return a function that passes its arguments to all handlers of `target`.

        A handler that returns `PriorityDispatchResult.STOP` is the last of its
        subgroup. A name without handlers gives a function that does nothing.
        """

        def call_all(*args: Any, **kw: Any) -> None:
            stopped: set[str | None] = set()
            for handler, subgroup in self._handlers(target, qualifier):
                if subgroup in stopped:
                    continue
                if handler(*args, **kw) is PriorityDispatchResult.STOP:
                    stopped.add(subgroup)

        return call_all

    def branch(self) -> PriorityDispatcher:
        """Return an independent dispatcher that starts with the same handlers."""
        copy = PriorityDispatcher()
        copy.populate_with(self)
        return copy

    def populate_with(self, other: PriorityDispatcher) -> None:
        """Add the handlers of `other` behind those of the same priority here."""
        for key, handlers in other._registry.items():
            self._registry.setdefault(key, []).extend(handlers)
