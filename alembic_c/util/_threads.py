"""Calls in a thread of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class InThread(threading.Thread, Generic[_T]):
    """A call that runs in a thread of its own, from now on."""

    def __init__(self, body: Callable[[], _T]) -> None:
        super().__init__(name="alembic_c.testkit")
        self._body = body
        self._outcome: list[_T] = []
        self._problem: BaseException | None = None
        self.start()

    def run(self) -> None:
        """Call it, and keep what it gives."""
        try:
            self._outcome.append(self._body())
        except BaseException as problem:  # noqa: BLE001 - raised by result()
            self._problem = problem

    def result(self) -> _T:
        """Wait for the end; return what the call returns, raise what it raises."""
        self.join()
        if self._problem is not None:
            raise self._problem
        return self._outcome[0]


def outside_loop(body: Callable[[], _T]) -> _T:
    """Call a function where `asyncio.run` may be used, as asynchronous `env.py`s do.

    In a thread of its own if an event loop runs in this one.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return body()
    return InThread(body).result()
