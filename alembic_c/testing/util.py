"""Helpers to write tests with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

from sqlalchemy import Engine, MetaData

from ..util.sqla_compat import _safe_int as _safe_int
from ._sqla import config, engines


def flag_combinations(*combinations: dict[str, bool]) -> Callable[[Any], Any]:
    """Return a decorator that runs a test once for each set of flags.

    combinations: name of an argument -> its value; where one is missing it is False.
    The tests are named after the flags that are set.
    """
    flags = sorted(set().union(*combinations))
    cases = []
    for chosen in combinations:
        values = [chosen.get(flag, False) for flag in flags]
        label = "_".join(flag for flag in flags if chosen.get(flag, False))
        cases.append((label, *values))
    decorator: Callable[[Any], Any] = config.combinations(
        *cases, id_="i" + "a" * len(flags), argnames=",".join(flags)
    )
    return decorator


def resolve_lambda(function: Any, /, **kw: Any) -> Any:
    """Call a function whose global names are looked up in `kw` first.

    A table of cases at module level can so refer to what a test makes.  Arguments of
    the function are taken from `kw` too; a missing one is a KeyError.
    """
    code = function.__code__
    arguments = {name: kw.pop(name) for name in code.co_varnames[: code.co_argcount]}
    bound = FunctionType(
        code,
        {**function.__globals__, **kw},
        closure=function.__closure__,
    )
    return bound(**arguments)


def metadata_fixture(ddl: str = "function") -> Callable[[Any], Any]:
    """Return a decorator that makes a fixture of a method that fills a MetaData.

    ddl: the scope of the fixture, for which the tables exist.
    The method gets an empty MetaData, the test what the method returns; both have it as
    `self.metadata`.
    """

    def decorate(fill: Callable[[Any, MetaData], Any]) -> Any:
        def tables(self: Any) -> Iterator[Any]:
            self.metadata = metadata = MetaData()
            try:
                result = fill(self, metadata)
                metadata.create_all(config.db)
                yield result
            finally:
                metadata.drop_all(config.db)

        return config.fixture(scope=ddl)(tables)

    return decorate


# An engine that SQLAlchemy's test run disposes of.
testing_engine: Callable[..., Engine] = engines.testing_engine
