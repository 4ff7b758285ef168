"""A project's migration tree, run against a database that the kit chooses.

The project's own `env.py` runs, with `sqlalchemy.url` set to that database.  Before the
first step it is checked that `env.py` has connected to it and to no other.
"""

from __future__ import annotations

import copy
import io
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import make_url

from .. import install
from ..runtime.environment import EnvironmentContext
from ..script import ScriptDirectory
from ..util import CommandError
from ..util._threads import outside_loop

if TYPE_CHECKING:
    from sqlalchemy import URL

    from ..config import Config
    from ..runtime._steps import RevisionStep
    from ..runtime.migration import MigrationContext
    from ..script.base import Script

# Gets the applied heads and the context, gives the steps to run.
Planner = Callable[[Any, "MigrationContext"], Iterable["RevisionStep"]]


class TestKitError(CommandError):
    """The kit cannot do what it was asked to; the message says what to change."""

    __test__ = False  # pytest: no class of tests


def pointed_at(config: Config, url: URL) -> Config:
    """Return a copy of a configuration whose `sqlalchemy.url` is another one.

    What the copy prints is kept apart from the test's own output.
    """
    mine = copy.copy(config)
    mine.file_config = copy.deepcopy(config.file_config)
    mine.attributes = dict(config.attributes)
    mine.stdout = io.StringIO()
    text = url.render_as_string(hide_password=False)
    mine.set_main_option("sqlalchemy.url", text.replace("%", "%%"))
    return mine


def upgrade_plan(
    script: ScriptDirectory, revision: str, heads: Sequence[str] = ()
) -> list[Script]:
    """Return the revisions that an upgrade runs, in order; no file is executed.

    revision: the target. heads: what is applied, nothing for an empty database.
    Raises CommandError if a revision is not known.
    """
    with script._catch_revision_errors():
        found = script.iterate_revisions(revision, tuple(heads), implicit_base=True)
        return list(reversed(list(found)))


def upgrade(config: Config, url: URL, revision: str) -> None:
    """Upgrade a database to a revision, through the project's `env.py`.

    Raises TestKitError if `env.py` works on another database, or on none; what the
    migrations raise.
    """
    script = ScriptDirectory.from_config(config)
    run(config, url, lambda heads, _: script._upgrade_revs(revision, heads), revision)


def run(config: Config, url: URL, plan: Planner, revision: str = "head") -> None:
    """Run the steps of a plan on a database, through the project's `env.py`.

    config: the project's; it is not changed.
    plan: called with the applied heads and the migration context. It may be a
        generator: each step has ended when the next one is asked for.
    revision: what `context.get_revision_argument()` gives.
    Raises TestKitError if `env.py` works on another database, or on none; what the
    migrations raise.
    """
    install()  # what env.py imports as `alembic` has to be this package
    mine = pointed_at(config, url)
    reached = []

    def guarded(heads: Any, context: MigrationContext) -> Iterable[RevisionStep]:
        _check_place(context, url)
        reached.append(True)
        return plan(heads, context)

    def body() -> None:
        script = ScriptDirectory.from_config(mine)
        with EnvironmentContext(mine, script, fn=guarded, destination_rev=revision):
            script.run_env()

    with logging_kept():
        outside_loop(body)
    if not reached:
        raise TestKitError(
            f"{_env_py(mine)} ran no migrations: it has to call "
            "context.configure(connection=...) and context.run_migrations()"
        )


def _check_place(context: MigrationContext, wanted: URL) -> None:
    """Raise TestKitError if the migrations would run somewhere else."""
    connection = context.connection
    actual = connection.engine.url
    if _place(actual) == _place(wanted):
        return
    raise TestKitError(
        f"{_env_py(context.config)} connects to "
        f"{actual.render_as_string()!r}, not to the database of the test, "
        f"{wanted.render_as_string()!r}: it has to take the URL from "
        'config.get_main_option("sqlalchemy.url"). No migration was run.'
    )


def _place(url: URL) -> tuple[Any, ...]:
    backend = url.get_backend_name()
    name = url.database
    if backend == "sqlite" and name and not name.startswith("file:"):
        name = os.path.realpath(name)
    backend = "mysql" if backend == "mariadb" else backend
    return backend, url.host, url.port, name


def _env_py(config: Config | None) -> str:
    location = config and config.get_alembic_option("script_location")
    return os.path.join(str(location or ""), "env.py")


@contextmanager
def logging_kept() -> Iterator[None]:
    """Undo what `fileConfig` in an `env.py` does to the process's loggers."""
    root = logging.getLogger()
    kept = {
        logger: (logger.level, logger.disabled, logger.propagate, logger.handlers[:])
        for logger in [root, *logging.root.manager.loggerDict.values()]
        if isinstance(logger, logging.Logger)
    }
    try:
        yield
    finally:
        for logger, (level, disabled, propagate, handlers) in kept.items():
            logger.setLevel(level)
            logger.disabled = disabled
            logger.propagate = propagate
            logger.handlers[:] = handlers


def as_url(url: str | URL) -> URL:
    """Return SQLAlchemy's URL object."""
    return make_url(url)


def revisions_between(script: ScriptDirectory, range_: str) -> list[Script]:
    """Return the revisions of "start:end" in the order in which an upgrade runs them.

    "start" itself is not among them. An empty start is the base, an empty end all
    heads; a text without ":" is the end.
    Raises CommandError if a revision is not known, or the end is below the start.
    """
    start, _, end = (part.strip() for part in range_.rpartition(":"))
    applied = () if start in ("", "base") else (start,)
    found = upgrade_plan(script, end or "heads", applied)
    if not found and applied and end and upgrade_plan(script, start, (end,)):
        raise TestKitError(
            f"{end} is below {start}: a range is written from the lower to the upper "
            f"revision, {end}:{start}"
        )
    return found
