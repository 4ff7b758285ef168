"""What a kind of database offers for templates, and the names that are ours.

Everything that the kit makes on a server or on disk has a name that begins with
`PREFIX`; nothing else is ever renamed, dropped or removed.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol, TypeVar

from ._tree import TestKitError

if TYPE_CHECKING:
    from sqlalchemy import URL

_T = TypeVar("_T")

PREFIX = "alembic_c_"
TEMPLATE = PREFIX + "template_"
BUILDING = PREFIX + "building_"
CLONE = PREFIX + "test_"

# A clone that nobody uses is removed after so many seconds, when a template is built:
# its process was killed.
STALE_AFTER = 24 * 3600


class NoRightError(TestKitError):
    """The account may not create databases."""


class Store(Protocol):
    """Templates on one server, or in one directory."""

    def server(self) -> str:
        """Return the server's version, and what else decides what a migration does."""

    def pays_ahead(self) -> bool:
        """Return whether copies are worth making, and dropping, in the background."""

    def locked(self, key: str, body: Callable[[], _T]) -> _T:
        """Call a function with a lock that ends with the process."""

    def has(self, key: str) -> bool:
        """Return whether there is a template that is complete."""

    def begin(self, key: str) -> URL:
        """Make an empty database for a template; one that was left is removed.

        Raises NoRightError.
        """

    def publish(self, key: str) -> None:
        """Make a template of the database that `begin` made, in one step."""

    def abandon(self, key: str) -> None:
        """Remove the database that `begin` made."""

    def clone(self, key: str, name: str | None) -> URL | None:
        """Make a copy of a template; None if there is no template of that key.

        name: of the copy; None for a new name.
        """

    def create(self) -> URL:
        """Make an empty database with a new name.

        Raises NoRightError.
        """

    def drop(self, url: URL) -> None:
        """Remove a copy; one that is gone is no error."""

    def prune(self, key: str, keep: int) -> None:
        """Remove all templates but the newest, and copies that killed processes left.

        key: of the project's template that has just been made.
        """


def family(key: str) -> str:
    """Return what the keys of one project's templates begin with."""
    return key.partition("_")[0]


def too_old(templates: Iterable[str], key: str, keep: int) -> list[str]:
    """Return the names of a project's templates that go.

    templates: the names of all, the newest first. The one that has just been made comes
    before all others, since the moments that servers tell are as coarse as a second.
    """
    others = [
        name
        for name in templates
        if name.startswith(TEMPLATE + family(key)) and name != TEMPLATE + key
    ]
    return others[max(keep, 1) - 1 :]


def new_name() -> str:
    """Return a name for a copy that nobody else has; it tells when it was made."""
    return f"{CLONE}{int(time.time()):x}_{os.getpid():x}_{secrets.token_hex(4)}"


def is_stale(name: str) -> bool:
    """Return whether a name of `new_name` is so old that its process is gone."""
    made, mark, _ = name.removeprefix(CLONE).partition("_")
    try:
        seconds = int(made, 16)
    except ValueError:
        return False
    return bool(mark) and seconds < time.time() - STALE_AFTER


def wait_until(condition: Callable[[], bool]) -> None:
    """Return when a condition holds; asks ever more seldom, five times a second."""
    pause = 0.005
    while not condition():
        time.sleep(pause)
        pause = min(0.2, pause * 1.5)
