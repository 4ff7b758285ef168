"""Copies that are made, and dropped, while the tests run.

On a server a copy takes far longer than a test may wait, and nearly all of it passes in
the server. So the next one is made in a thread of its own while the last one is in use:
one at a time, and only of a template that was asked for twice in a row.
"""

from __future__ import annotations

import functools
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from ..util._threads import InThread
from ._store import CLONE, Store

if TYPE_CHECKING:
    from sqlalchemy import URL

log = logging.getLogger("alembic_c.testkit")

_Template = tuple[Store, str]


class Ahead:
    """The one copy in stock, and the last drop that may still run."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self._lock = threading.Lock()
        self._wanted: _Template | None = None
        self._next: tuple[_Template, InThread[URL | None]] | None = None
        self._drop: InThread[None] | None = None

    def clone(self, store: Store, key: str) -> URL | None:
        """Return a copy of a template, from stock if it is there; None as of a store.

        Raises what making it has raised, in whatever thread.
        """
        template = store, key
        with self._lock:
            again, self._wanted = self._wanted == template, None
            ready = self._next and self._next[0] == template and self._next[1]
            if ready:
                self._next = None
        made = (ready.result() if ready else None) or store.clone(key, None)
        if made is not None:
            with self._lock:
                self._wanted = template
                if again:
                    self._order(template)
        return made

    def _order(self, template: _Template) -> None:
        if self._next is not None:
            if self._next[0] == template:  # another thread has ordered it
                return
            self._discard()
        store, key = template
        self._next = template, InThread(partial(store.clone, key, None))

    def drop(self, store: Store, url: URL) -> None:
        """Drop a copy in the background.

        Raises what the drop before has raised.
        """
        with self._lock:
            before, self._drop = self._drop, InThread(partial(store.drop, url))
        if before is not None:
            before.result()

    def _discard(self) -> None:
        """Drop the copy in stock."""
        if self._next is None:
            return
        ((store, _), job), self._next = self._next, None
        try:
            made = job.result()
        except Exception:
            # Nobody has asked for it, so it is nobody's error.
            log.info("a copy that was made ahead has failed", exc_info=True)
            return
        if made is not None:
            store.drop(made)

    def settle(self) -> None:
        """Wait until nothing runs in the background."""
        for job in (self._next and self._next[1], self._drop):
            if job is not None:
                job.join()

    def close(self) -> None:
        """End all of it; nothing is left on the server.

        Raises what the last drop has raised.
        """
        try:
            self._discard()
        finally:
            last, self._drop = self._drop, None
            if last is not None:
                last.result()


_current: Ahead | None = None


def ahead_of(store: Store, name: str | None) -> Ahead | None:
    """Return what makes copies ahead here; None where none are made.

    name: the database's or file's, None for a new one. What has a name of the caller's
        is not made ahead, and is gone when `drop` returns.
    """
    ahead = _current
    # A process that was forked has a stock of its parent's.
    if ahead is None or ahead.process != os.getpid() or not store.pays_ahead():
        return None
    is_ours = name is None or os.path.basename(name).startswith(CLONE)
    return ahead if is_ours else None


@contextmanager
def copies_ahead() -> Iterator[None]:
    """Make the next database while the last one is in use, as long as a block lasts.

    In it `migrated` and `migrated_database` take copies that a thread has made, and
    drop those that are done with in the background: for a block in which many tests
    ask for the same databases. One more is made than is asked for, and removed in the
    end. Only where it pays: not for SQLite, whose copies take no time, nor on a server
    of PostgreSQL with `fsync`, where a drop waits until all others are on the disk.

    What fails in the background is raised where its result is asked for: by the next
    `migrated` or `drop`, or in the end.
    """
    global _current
    if _current is not None and _current.process == os.getpid():
        yield
        return
    _settle_before_forks()
    mine = _current = Ahead()
    try:
        yield
    finally:
        _current = None
        mine.close()


@functools.cache
def _settle_before_forks() -> None:
    # So that no fork finds a lock that a thread holds, nor warns of threads.
    os.register_at_fork(before=_settle)


def _settle() -> None:
    if _current is not None and _current.process == os.getpid():
        _current.settle()
