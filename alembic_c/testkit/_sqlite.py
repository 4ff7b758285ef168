"""Templates of SQLite databases: files in a directory of the user's."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, unquote, urlsplit

from ..util._filelock import FileLock
from ._store import (
    BUILDING,
    CLONE,
    PREFIX,
    TEMPLATE,
    is_stale,
    new_name,
    too_old,
    wait_until,
)
from ._tree import TestKitError

if TYPE_CHECKING:
    from sqlalchemy import URL

_T = TypeVar("_T")

VARIABLE = "ALEMBIC_C_TESTKIT_CACHE"

# ioctl FICLONE of Linux: a copy that shares its blocks until one of both is changed.
_FICLONE = 0x40049409
# What SQLite may leave beside a database.
_COMPANIONS = ("-journal", "-wal", "-shm")


def cache_directory() -> Path:
    """Return the directory of the templates; only its owner can read it.

    Raises TestKitError if it cannot be made.
    """
    given = os.environ.get(VARIABLE)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    places = [given] if given else [os.path.join(base, "alembic_c", "testkit")]
    if not given:
        fallback = f"alembic_c-testkit-{os.getuid()}"
        places.append(os.path.join(tempfile.gettempdir(), fallback))
    for place in places:
        with suppress(OSError):
            os.makedirs(place, mode=0o700, exist_ok=True)
            status = os.stat(place)
            # In a directory that all may write to, another user could have made it.
            if status.st_uid == os.getuid() and os.access(place, os.W_OK | os.X_OK):
                return Path(place)
    raise TestKitError(
        f"no directory for templates: {', '.join(places)} cannot be written to; "
        f"{VARIABLE} names another one"
    )


class SqliteStore:
    """Templates as files; copies beside the file that the URL names, or in memory.

    url: of a file, or of a database in memory.
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        name = url.database or ""
        self._in_memory = (
            name in ("", ":memory:")
            or "mode=memory" in name
            or url.query.get("mode") == "memory"
        )
        # The databases in memory live as long as a connection to them does.
        self._anchors: dict[str, sqlite3.Connection] = {}

    @property
    def _folder(self) -> Path:
        # Asked each time: a test may choose another one.
        return cache_directory()

    def server(self) -> str:
        """Return SQLite's version."""
        return sqlite3.sqlite_version

    def pays_ahead(self) -> bool:
        """Return False: a file is copied in a millisecond."""
        return False

    def locked(self, key: str, body: Callable[[], _T]) -> _T:
        """Call a function with a lock on a file, which is removed in the end."""
        lock = FileLock(self._folder / f"{PREFIX}{key}.lock")
        wait_until(lock.try_acquire)
        try:
            return body()
        finally:
            lock.release()

    def has(self, key: str) -> bool:
        """Return whether there is a template that is complete."""
        return self._template(key).exists()

    def begin(self, key: str) -> URL:
        """Return the URL of a file that does not exist yet."""
        self.abandon(key)
        return self._url.set(database=str(self._building(key)), query={})

    def publish(self, key: str) -> None:
        """Rename the file, once all of its content is in it."""
        path = self._building(key)
        # What a write-ahead log holds goes into the file.
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for ending in _COMPANIONS:
            path.with_name(path.name + ending).unlink(missing_ok=True)
        path.replace(self._template(key))

    def abandon(self, key: str) -> None:
        """Remove the file that was being built."""
        _remove(self._building(key))

    def clone(self, key: str, name: str | None) -> URL | None:
        """Copy the template's file, or its content into memory."""
        template = self._template(key)
        try:
            source = open(template, "rb")  # noqa: SIM115 - closed by the `with` below
        except FileNotFoundError:
            return None
        with source:
            if self._in_memory:
                return self._in_this_process(name or new_name(), template)
            path = Path(name) if name else self._beside(new_name())
            with open(path, "xb") as target:
                try:
                    _copy(source.fileno(), target.fileno())
                except BaseException:
                    path.unlink(missing_ok=True)
                    raise
        return self._url.set(database=str(path))

    def _beside(self, name: str) -> Path:
        given = Path(_path(self._url.database or ""))
        return given.with_name(f"{name}_{given.name}")

    def create(self) -> URL:
        """Make an empty database in memory."""
        return self._in_this_process(new_name(), None)

    def _in_this_process(self, name: str, template: Path | None) -> URL:
        """Make a database in memory that lives until it is dropped."""
        # A leading slash makes it visible to all connections of the process:
        # https://www.sqlite.org/c3ref/c_deserialize_nocopy.html and memdb.c.
        database = f"file:/{quote(name, safe='')}"
        query = {"vfs": "memdb", "uri": "true"}
        anchor = sqlite3.connect(
            f"{database}?vfs=memdb", uri=True, check_same_thread=False
        )
        if template is not None:
            source = f"{template.as_uri()}?mode=ro"
            with closing(sqlite3.connect(source, uri=True)) as file:
                file.backup(anchor)
        self._anchors[database] = anchor
        return self._url.set(database=database, query=query)

    def drop(self, url: URL) -> None:
        """Remove a copy."""
        name = url.database or ""
        if name.startswith("file:"):
            anchor = self._anchors.pop(name, None)
            if anchor is not None:
                anchor.close()
        else:
            _remove(Path(name))

    def prune(self, key: str, keep: int) -> None:
        """Remove all templates but the newest, and copies that were left."""
        there = sorted(self._folder.glob(f"{TEMPLATE}*.sqlite"), key=_moment)
        for name in too_old((path.stem for path in reversed(there)), key, keep):
            _remove(self._folder / f"{name}.sqlite")
        if not self._in_memory:
            folder = Path(_path(self._url.database or "")).parent
            for path in folder.glob(f"{CLONE}*"):
                if is_stale(path.name):
                    _remove(path)

    def _template(self, key: str) -> Path:
        return self._folder / f"{TEMPLATE}{key}.sqlite"

    def _building(self, key: str) -> Path:
        return self._folder / f"{BUILDING}{key}.sqlite"


def _path(database: str) -> str:
    """Return the path of a file, which may be named by a URI of SQLite's."""
    if not database.startswith("file:"):
        return database
    return unquote(urlsplit(database).path)


def _moment(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # removed by another process meanwhile
        return 0.0


def _remove(path: Path) -> None:
    for ending in ("", *_COMPANIONS):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _copy(source: int, target: int) -> None:
    """Copy a file: by sharing blocks where the file system can, else in the kernel."""
    if sys.platform == "linux":
        with suppress(OSError):
            fcntl.ioctl(target, _FICLONE, source)
            return
    with (
        open(source, "rb", closefd=False) as reader,
        open(target, "wb", closefd=False) as writer,
    ):
        shutil.copyfileobj(reader, writer, 1 << 20)
