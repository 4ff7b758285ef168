"""Migrated databases, made from templates.

The first one of its kind is migrated step by step and becomes the template; the next
ones are copies of it.
"""

from __future__ import annotations

import inspect
import logging
import os
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from . import _tree
from ._ahead import ahead_of
from ._connect import call_once
from ._key import template_key
from ._store import NoRightError, Store
from ._tree import TestKitError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

    from ..config import Config

log = logging.getLogger("alembic_c.testkit")

# So many templates of one project are kept on a server, the newest ones.
KEPT_TEMPLATES = 10

# Copies are made again if the template goes away between two steps, as it does when
# another process builds newer ones.
_TRIES = 3

Seed = Callable[["Connection"], Any]

_stores: dict[tuple[str, int], Store] = {}
# The copies that this process has made and not dropped yet.
_made: dict[str, Store] = {}


class TestKitWarning(UserWarning):
    """The kit does its work in a slower way than it could."""

    __test__ = False  # pytest: no class of tests


def store_for(url: URL) -> Store:
    """Return the templates of a server.

    Raises TestKitError for a kind of database that has none.
    """
    text = url.render_as_string(hide_password=False)
    if (text, os.getpid()) not in _stores:
        _stores[text, os.getpid()] = _new_store(url)
    return _stores[text, os.getpid()]


def _new_store(url: URL) -> Store:
    backend = url.get_backend_name()
    if backend == "postgresql":
        from ._postgresql import PostgresqlStore

        return PostgresqlStore(url)
    if backend in ("mysql", "mariadb"):
        from ._mysql import MysqlStore

        return MysqlStore(url)
    if backend == "sqlite":
        from ._sqlite import SqliteStore

        return SqliteStore(url)
    raise TestKitError(
        f"no templates for {backend}: there are PostgreSQL, MariaDB, MySQL and SQLite"
    )


def migrated(
    config: Config,
    url: str | URL,
    revision: str = "head",
    *,
    files: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
    seed: Seed | None = None,
    name: str | None = None,
    keep: int = KEPT_TEMPLATES,
) -> URL:
    """Return the URL of a new database that is migrated to a revision.

    config: the project's configuration. `env.py` has to take the database's URL from
        its option `sqlalchemy.url`.
    url: says which server, driver and account; the database that it names need not
        exist and is not touched. For SQLite it is a file, beside which the new one is
        made, or a database in memory.
    revision: the target of the upgrade.
    files: files and directories that decide what migrations or `seed` do, besides
        those in the migration environment, such as models and fixtures.
    seed: called once, with a connection to the template; its transaction is committed.
    name: of the new database or file; one that nobody else has if it is None.
    keep: how many templates of this project stay on the server.

    An account that may not create databases gets the database that `url` names,
    upgraded; a TestKitWarning says so. `drop` removes what was made.

    Raises TestKitError if `env.py` works on another database, a file cannot be read, or
    `seed` is asynchronous; what the migrations, `seed` and the driver raise.
    """
    if inspect.iscoroutinefunction(seed):
        raise TestKitError(
            f"{seed!r} is asynchronous: make it a plain function, which gets a "
            "synchronous connection whatever the driver is"
        )
    files = [files] if isinstance(files, str | os.PathLike) else list(files)
    place = _tree.as_url(url)
    store = store_for(place)
    key = template_key(
        config, revision, url=place, server=store.server(), files=files, seed=seed
    )

    def build() -> None:
        if not store.has(key):  # else another process has done it meanwhile
            _build(store, key, partial(_fill, config, revision=revision, seed=seed))
            store.prune(key, keep)

    try:
        made = _copied(store, key, name, build)
    except NoRightError as problem:
        warnings.warn(
            f"{problem}. Instead, {place.database!r} itself is upgraded each time.",
            TestKitWarning,
            stacklevel=2,
        )
        _fill(config, place, revision=revision, seed=seed)
        return place
    _made[made.render_as_string()] = store
    return made


def _copied(store: Store, key: str, name: str | None, build: Callable[[], None]) -> URL:
    ahead = ahead_of(store, name)
    for _ in range(_TRIES):
        made = ahead.clone(store, key) if ahead else store.clone(key, name)
        if made is not None:
            return made
        store.locked(key, build)
    raise TestKitError(
        f"the template {key} was removed {_TRIES} times while it was copied: another "
        "process keeps too few templates (`keep`)"
    )


def _build(store: Store, key: str, fill: Callable[[URL], None]) -> None:
    """Build a template: nobody sees it before it is complete."""
    started = time.perf_counter()
    url = store.begin(key)
    try:
        fill(url)
        store.publish(key)
    except BaseException:
        store.abandon(key)
        raise
    log.info("template %s: built in %.2f s", key, time.perf_counter() - started)


def _fill(config: Config, url: URL, *, revision: str, seed: Seed | None) -> None:
    """Migrate a database and put the caller's rows in."""
    _tree.upgrade(config, url, revision)
    if seed is not None:
        call_once(url, seed)


def drop(url: str | URL) -> None:
    """Remove a database that `migrated` has made in this process; no other.

    In a block of `copies_ahead` that happens in the background.
    """
    place = _tree.as_url(url)
    store = _made.pop(place.render_as_string(), None)
    if store is None:
        return
    ahead = ahead_of(store, place.database)
    if ahead is None:
        store.drop(place)
    else:
        ahead.drop(store, place)


@contextmanager
def migrated_database(
    config: Config, url: str | URL, revision: str = "head", **options: Any
) -> Iterator[URL]:
    """Yield the URL of a migrated database, which is removed afterwards.

    options: as for `migrated`.
    """
    made = migrated(config, url, revision, **options)
    try:
        yield made
    finally:
        drop(made)
