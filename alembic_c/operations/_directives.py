"""How operation classes become methods of `Operations` and `BatchOperations`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar, cast

# The module of the classes that directives become methods of.
_OWNERS = f"{__package__}.base"

_P = ParamSpec("_P")
_R = TypeVar("_R")

_SELF = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Directive(NamedTuple):
    """Where the method of an operations class comes from."""

    name: str
    operation_class: type[Any]
    source_name: str

    @property
    def source(self) -> Callable[..., Any]:
        """The class method of the operation class that the method calls."""
        source: Callable[..., Any] = getattr(self.operation_class, self.source_name)
        return source


def make_method(directive: Directive) -> Callable[..., Any]:
    """Return a method that calls a directive's class method with `self` in front."""

    def method(self: Any, *args: Any, **kw: Any) -> Any:
        try:
            return directive.source(self, *args, **kw)
        except TypeError as err:
            if _raised_by_the_call(err):
                raise TypeError(_as_if_called(directive, str(err))) from None
            raise

    source = directive.source
    method.__name__ = method.__qualname__ = directive.name
    method.__module__ = _OWNERS
    method.__doc__ = source.__doc__
    method.__annotations__ = {
        name: value
        for name, value in getattr(source, "__annotations__", {}).items()
        if name != "operations"
    }
    signature = inspect.signature(source)
    parameters = list(signature.parameters.values())[1:]
    method.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[_SELF, *parameters]
    )
    method.__directive__ = directive  # type: ignore[attr-defined]
    return method


def directive(
    source: Callable[Concatenate[Any, _P], _R],
) -> Callable[Concatenate[Any, _P], _R]:
    """Return a method, of the class in whose body this is called, for a directive.

    source: the class method of an operation class that it calls; it has the method's
        name, with "batch_" in front if it is one for batches.
    """
    name = source.__name__.removeprefix("batch_")
    operation_class: type[Any] = source.__self__  # type: ignore[attr-defined]
    made = make_method(Directive(name, operation_class, source.__name__))
    return cast("Callable[Concatenate[Any, _P], _R]", made)


def _raised_by_the_call(err: TypeError) -> bool:
    """Return whether arguments did not fit, as against an error further inside."""
    return err.__traceback__ is not None and err.__traceback__.tb_next is None


def _as_if_called(directive: Directive, message: str) -> str:
    """Return Python's message about wrong arguments in terms of the method.

    The class method has one positional parameter more, and another full name.
    """
    source = f"{directive.source.__qualname__}()"
    message = message.replace(source, f"{directive.name}()")

    def fewer(match: re.Match[str]) -> str:
        expected, given = (
            re.sub(r"\d+", lambda number: str(int(number[0]) - 1), part)
            for part in match.group(1, 2)
        )
        plural = "" if expected == "1" else "s"
        return f"takes {expected} positional argument{plural} but {given}"

    return re.sub(r"takes ([\w ]+) positional arguments? but (\d+)", fewer, message)


def directives_of(owner: type[Any]) -> dict[str, Directive]:
    """Return the directives that a class offers, by name in alphabetical order."""
    return {
        name: member.__directive__
        for name, member in sorted(vars(owner).items())
        if hasattr(member, "__directive__")
    }
