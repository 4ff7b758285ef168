"""Tests as rows: a test's name, the method that carries it out, and its arguments."""

from __future__ import annotations

from typing import Any

from .._sqla import requires


class row:
    """One row of a class's table; becomes a test method of the row's name.

    method: name of the method to call, looked up when the test runs.
    args, kw: its arguments.
    needs: names of requirements without which the test is left out.
    """

    def __init__(
        self, method: str, *args: Any, needs: tuple[str, ...] = (), **kw: Any
    ) -> None:
        self._method = method
        self._args = args
        self._kw = kw
        self._needs = needs

    def __set_name__(self, owner: type[Any], name: str) -> None:
        method, args, kw = self._method, self._args, self._kw

        def test(self: Any) -> None:
            getattr(self, method)(*args, **kw)

        # pytest, SQLAlchemy's plugin and `super().test_x()` see a method like others.
        test.__name__ = name
        test.__qualname__ = f"{owner.__qualname__}.{name}"
        test.__module__ = owner.__module__
        setattr(owner, name, requires(*self._needs)(test))
