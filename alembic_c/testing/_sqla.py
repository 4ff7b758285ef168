"""SQLAlchemy's testing package, as the rest of this package sees it.

That package has no annotations, so its members enter here once, as `Any` or with a type
of our own.  What is private there is used here and nowhere else; a unit test fails when
one of these names moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

from sqlalchemy import testing as _testing
from sqlalchemy.engine import Dialect
from sqlalchemy.testing import assertions as _assertions
from sqlalchemy.testing import config as _config
from sqlalchemy.testing import engines as _engines
from sqlalchemy.testing import exclusions as _exclusions
from sqlalchemy.testing import provision as _provision
from sqlalchemy.testing import util as _util

_F = TypeVar("_F", bound=Callable[..., Any])

assertions: Any = _assertions
config: Any = _config
engines: Any = _engines
exclusions: Any = _exclusions
provision: Any = _provision
testing: Any = _testing

drop_all_tables: Callable[..., None] = _util.drop_all_tables_from_metadata


def fixture(function: _F) -> _F:
    """Make a method a pytest fixture, by way of SQLAlchemy's plugin."""
    made: _F = config.fixture()(function)
    return made


def combinations(*arguments: tuple[Any, ...]) -> Callable[[_F], _F]:
    """Run a test once for each of these tuples of arguments."""
    decorator: Callable[[_F], _F] = config.combinations(*arguments)
    return decorator


def requires(*names: str) -> Callable[[_F], _F]:
    """Leave a test out where the database lacks one of these requirements."""

    def decorate(function: _F) -> _F:
        for name in reversed(names):
            function = getattr(config.requirements, name)(function)
        return function

    return decorate


def watch_warnings(
    category: type[Warning], messages: tuple[str, ...], **options: Any
) -> AbstractContextManager[None]:
    """Return a context manager that takes warnings out of the run.

    category: the class of warnings that are watched.
    messages: patterns; each has to match one warning, unless `assert_` is false.
        Without any, all warnings of the category are silenced.
    options: `regex`, `search_msg`, `assert_` and the others of SQLAlchemy's function.
    """
    # `sqlalchemy.testing.expect_warnings` has the category built in.  A copy of ours
    # would not know of SQLAlchemy's blocks around it, with which it has to cooperate.
    block: AbstractContextManager[None] = assertions._expect_warnings(
        category, messages, **options
    )
    return block


@contextmanager
def identifier_limit(dialect: Dialect, length: int | None) -> Iterator[None]:
    """Set the length that identifiers may have; None leaves the dialect's own."""
    if not length:
        yield
        return
    names = ("max_identifier_length", "_user_defined_max_identifier_length")
    before = {name: getattr(dialect, name) for name in names}
    try:
        for name in names:
            setattr(dialect, name, length)
        yield
    finally:
        for name, value in before.items():
            setattr(dialect, name, value)
