"""What somebody at a terminal sees of a command that takes its time.

On a terminal, and only there, standard error tells the steps of an upgrade, unless the
log writes them, and how many tables autogenerate has compared; at the end how many
there were and how long they took.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ._failures import is_shown

if TYPE_CHECKING:
    from ._steps import RevisionStep, StampStep

T = TypeVar("T")


class MigrationContext(Protocol):
    """What is needed of a migration context."""

    as_sql: bool

    @property
    def config(self) -> Any:
        """The configuration, which says whether this is a command of the script."""


# Seconds between two pictures of a counter; the first one waits as long.
_PAUSE = 0.2
_ERASE = "\r\x1b[K"


class Progress:
    """Tells of the steps of a command."""

    def __init__(self) -> None:
        self._n_steps = 0
        self._begun = time.monotonic()
        self._steps_are_logged = is_shown(logging.INFO)

    def step(self, step: RevisionStep | StampStep) -> None:
        """Tell that a step begins."""
        self._n_steps += 1
        if not self._steps_are_logged:
            _write(f"Running {step}\n")

    def end(self) -> None:
        """Tell how many steps have been made."""
        if self._n_steps:
            steps = "1 step" if self._n_steps == 1 else f"{self._n_steps} steps"
            seconds = time.monotonic() - self._begun
            _write(f"{steps} in {seconds:.1f} s\n")


class Counter:
    """A line that says how many of some things are done; it is gone at the end.

    is_shown: False for one that says nothing.
    """

    def __init__(self, is_shown: bool) -> None:
        self._is_shown = is_shown
        self._begun = self._drawn = time.monotonic()
        self._is_drawn = False

    def each(self, things: Collection[T], what: str) -> Iterable[T]:
        """Return an iterator that shows how many of the things were taken of it."""
        return self._counting(things, what) if self._is_shown else things

    def _counting(self, things: Collection[T], what: str) -> Iterator[T]:
        for number, thing in enumerate(things):
            self._draw(f"{what}: {number} of {len(things)}")
            yield thing
        self._erase()

    def _draw(self, text: str) -> None:
        now = time.monotonic()
        if now - self._drawn < _PAUSE:
            return
        self._drawn = now
        width = shutil.get_terminal_size().columns - 1
        _write(f"{_ERASE}{text[:width]}")
        self._is_drawn = True

    def _erase(self) -> None:
        if self._is_drawn:
            _write(_ERASE)
            self._is_drawn = False

    def before(self, record: logging.LogRecord) -> bool:
        """Make room for a line of the log; a filter that lets all through."""
        self._erase()
        return True

    def end(self, n_things: int, what: str) -> None:
        """Say how many things there were, and how long they took."""
        self._erase()
        if self._is_shown and n_things:
            seconds = time.monotonic() - self._begun
            _write(f"{n_things} {what} in {seconds:.1f} s\n")


@contextmanager
def counter(context: MigrationContext) -> Iterator[Counter]:
    """Give a counter; where nobody looks, it shows nothing."""
    made = Counter(_is_watched(context))
    handlers: set[Any] = set()
    if made._is_shown:
        for name in (None, "alembic", "sqlalchemy"):
            handlers.update(logging.getLogger(name).handlers)
    for handler in handlers:
        handler.addFilter(made.before)
    try:
        yield made
    finally:
        for handler in handlers:
            handler.removeFilter(made.before)
        made._erase()


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def progress_of(context: MigrationContext) -> Progress | None:
    """Return what tells of the steps, None where nobody looks."""
    return Progress() if _is_watched(context) else None


def _is_watched(context: MigrationContext) -> bool:
    """Return whether somebody sees standard error: no pipe, no CI, no `-q`."""
    config = context.config
    if context.as_sql or getattr(config, "_is_command_line", False) is not True:
        return False
    if config is None or config.messaging_opts.get("quiet") or "CI" in os.environ:
        return False
    return sys.stderr.isatty()
