"""What a test can claim: equality, an exception, a warning."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ContextDecorator
from types import TracebackType
from typing import Any, TypeVar

from sqlalchemy import exc as sa_exc
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import decorator

from ._sqla import assertions, watch_warnings

_Expected = type[BaseException] | tuple[type[BaseException], ...]
_F = TypeVar("_F", bound=Callable[..., Any])

eq_: Callable[..., None] = assertions.eq_
ne_: Callable[..., None] = assertions.ne_
in_: Callable[..., None] = assertions.in_
is_: Callable[..., None] = assertions.is_
is_not_: Callable[..., None] = assertions.is_not_
is_true: Callable[..., None] = assertions.is_true
is_false: Callable[..., None] = assertions.is_false

# --- exceptions --------------------------------------------------------------------


def _is_chained_by_accident(error: BaseException) -> bool:
    """Return whether `error` was raised while handling another, without `from`."""
    return (
        not error.__suppress_context__
        and error.__context__ is not None
        and error.__context__ is not error.__cause__
    )


class _ExpectedError(ContextDecorator):
    """A block that has to raise; `error` is what it raised."""

    error: Any = None

    def __init__(
        self,
        expected: _Expected,
        message: str | None = None,
        check_context: bool = False,
        text_exact: bool = False,
    ) -> None:
        self._expected = expected
        self._message = message
        self._check_context = check_context
        self._text_exact = text_exact
        self._inside_handler = False

    def __enter__(self) -> _ExpectedError:
        # In a handler each exception has that handler's one as its context.
        self._inside_handler = sys.exc_info()[0] is not None
        self.error = None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        # An AssertionError of ours has to get out even if that is what is expected.
        assert error is not None, "Callable did not raise an exception"
        if not isinstance(error, self._expected):
            return False
        self.error = error
        self._judge_message(str(error))
        if self._check_context and not self._inside_handler:
            _assert_proper_exception_context(error)
        return True

    def _judge_message(self, text: str) -> None:
        wanted = self._message
        if wanted is None:
            return
        if self._text_exact:
            assert text == wanted, f"{wanted} != {text}"
        else:
            assert re.search(wanted, text), f"{wanted} !~ {text}"


def _assert_proper_exception_context(exception: BaseException) -> None:
    """Claim that an exception says with `from` which one it was raised for."""
    assert not _is_chained_by_accident(exception), (
        f"Exception {exception!r} was correctly raised but did not set a cause, "
        f"within context {exception.__context__!r} as its cause."
    )


def expect_raises(except_cls: _Expected, check_context: bool = True) -> _ExpectedError:
    """Return a context manager for a block that has to raise.

    except_cls: the class of the exception, or a tuple of classes; others pass.
    check_context: whether an exception raised while another one is handled has to
        name it, or None, as its cause.
    As its target the block gets an object whose `error` is the exception afterwards.
    """
    return _ExpectedError(except_cls, None, check_context)


def expect_raises_message(
    except_cls: _Expected,
    msg: str,
    check_context: bool = True,
    text_exact: bool = False,
) -> _ExpectedError:
    """As `expect_raises`, and the exception's text has to be right.

    msg: a regular expression, found anywhere in the text.
    text_exact: whether `msg` is the whole text instead.
    """
    return _ExpectedError(except_cls, msg, check_context, text_exact)


def assert_raises(
    except_cls: _Expected, callable_: Callable[..., Any], *args: Any, **kw: Any
) -> Any:
    """Call `callable_`, which has to raise, and return the exception."""
    with expect_raises(except_cls) as raised:
        callable_(*args, **kw)
    return raised.error


def assert_raises_context_ok(
    except_cls: _Expected, callable_: Callable[..., Any], *args: Any, **kw: Any
) -> Any:
    """As `assert_raises`, whatever was being handled at the time."""
    with expect_raises(except_cls, check_context=False) as raised:
        callable_(*args, **kw)
    return raised.error


def assert_raises_message(
    except_cls: _Expected,
    msg: str,
    callable_: Callable[..., Any],
    *args: Any,
    **kwargs: Any,
) -> Any:
    """As `assert_raises`; `msg` is a pattern to find in the exception's text."""
    with expect_raises_message(except_cls, msg) as raised:
        callable_(*args, **kwargs)
    return raised.error


def assert_raises_message_context_ok(
    except_cls: _Expected,
    msg: str,
    callable_: Callable[..., Any],
    *args: Any,
    **kwargs: Any,
) -> Any:
    """As `assert_raises_message`, whatever was being handled at the time."""
    with expect_raises_message(except_cls, msg, check_context=False) as raised:
        callable_(*args, **kwargs)
    return raised.error


# --- text --------------------------------------------------------------------------


def _on_one_line(text: str) -> str:
    """Take out line breaks and a leading blank; make one blank of several."""
    text = re.sub(r"^\s", "", text).replace("\n", "")
    return re.sub(" {2,}", " ", text)


def eq_ignore_whitespace(a: str, b: str, msg: str | None = None) -> None:
    """Claim that two texts are the same but for line breaks and indentation."""
    one, other = _on_one_line(a), _on_one_line(b)
    assert one == other, msg or f"{one!r} != {other!r}"


# --- dialects ----------------------------------------------------------------------

# Read by nothing; tests of some dialects put theirs in and take it out again.
_dialect_mods: dict[Any, Any] = {}

# What tests of a dialect's SQL take for granted, however SQLAlchemy is set up.
_DIALECT_SETTINGS: dict[str, dict[str, Any]] = {
    "postgresql": {"implicit_returning": True},
    "mssql": {"legacy_schema_aliasing": False, "default_schema_name": "dbo"},
}


def _get_dialect(name: str | None) -> Dialect:
    """Return a new dialect without a database; None and "default" give no vendor's."""
    if name in (None, "default"):
        return DefaultDialect()
    assert name is not None
    make: Callable[[], Dialect] = URL.create(name).get_dialect()
    dialect = make()
    for setting, value in _DIALECT_SETTINGS.get(name, {}).items():
        setattr(dialect, setting, value)
    return dialect


# --- warnings ----------------------------------------------------------------------


def expect_warnings(*messages: str, **kw: Any) -> AbstractContextManager[None]:
    """Return a context manager for a block that has to warn.

    messages: patterns; each has to fit the start of one warning.  Warnings that none of
        them fits go on.  Without messages all warnings are silenced.
    kw: `regex`, `search_msg`, `assert_`, `raise_on_any_unexpected`,
        `squelch_other_warnings`, as in SQLAlchemy's function of this name.
    """
    return watch_warnings(Warning, messages, **kw)


def expect_deprecated(*messages: str, **kw: Any) -> AbstractContextManager[None]:
    """As `expect_warnings`, for Python's DeprecationWarning."""
    return watch_warnings(DeprecationWarning, messages, **kw)


def expect_sqlalchemy_deprecated(
    *messages: str, **kw: Any
) -> AbstractContextManager[None]:
    """As `expect_warnings`, for what SQLAlchemy deprecates."""
    return watch_warnings(sa_exc.SADeprecationWarning, messages, **kw)


def emits_python_deprecation_warning(*messages: str) -> Callable[[_F], _F]:
    """Return a decorator: the test may give these DeprecationWarnings, or not.

    messages: patterns as for `expect_warnings`.
    """

    def run(function: Callable[..., Any], *args: Any, **kw: Any) -> Any:
        with watch_warnings(DeprecationWarning, messages, assert_=False):
            return function(*args, **kw)

    # SQLAlchemy's, because pytest reads a test's fixtures off its signature.
    decorate: Callable[[_F], _F] = decorator(run)
    return decorate
