"""What runs before and after an upgrade, as `before_upgrade` and `after_upgrade` say.

The sections have the form of `[post_write_hooks]`. A hook before the upgrade that fails
stops it before its first step; one after it is told as a warning.
"""

from __future__ import annotations

import datetime
import importlib.util
import logging
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from .. import util
from ..util import compat

if TYPE_CHECKING:
    from sqlalchemy import URL

    from ..util._config import Config, PostWriteHookConfig

log = logging.getLogger("alembic.runtime.migration")

BEFORE = "before_upgrade"
AFTER = "after_upgrade"
ENTRY_POINTS = "alembic_c.upgrade_hooks"


class Upgrade(NamedTuple):
    """What a hook is told.

    url: of the database, with its password. heads: the revisions that the database had.
    revisions: those that the upgrade applies, in their order.
    """

    url: URL
    heads: tuple[str, ...]
    revisions: tuple[str, ...]


Hook = Callable[[Upgrade, Mapping[str, str]], object]
_Hook = TypeVar("_Hook", bound=Hook)
_registry: dict[str, Hook] = {}


def register(name: str) -> Callable[[_Hook], _Hook]:
    """Return a decorator that makes a function the hook type `name`.

    The function is called with an `Upgrade` and the hook's options; whatever it raises
    is its failure. An entry point of the group "alembic_c.upgrade_hooks" is one, too.
    """

    def keep(function: _Hook) -> _Hook:
        _registry[name] = function
        return function

    return keep


class Hooks:
    """The hooks of one command.

    config: where they are configured.
    """

    def __init__(self, config: Config) -> None:
        self._before = config.get_hooks_of(BEFORE)
        self._after = config.get_hooks_of(AFTER)
        self._upgrades: list[Upgrade] = []

    def planned(self, steps: Iterable[Any], heads: Any, context: Any) -> list[Any]:
        """Run the hooks before an upgrade, unless there is nothing to do.

        steps: of the upgrade, which are returned; heads: what the database has;
        context: its migration context.
        Raises CommandError if a hook fails.
        """
        planned = list(steps)
        if planned and (self._before or self._after):
            revisions = tuple(step.revision.revision for step in planned)
            url = context.connection.engine.url
            upgrade = Upgrade(url, tuple(heads), revisions)
            self._upgrades.append(upgrade)
            for options in self._before:
                _run(BEFORE, options, upgrade)
        return planned

    def ended(self) -> None:
        """Run the hooks after the upgrades, which have succeeded."""
        for upgrade in self._upgrades:
            for options in self._after:
                try:
                    _run(AFTER, options, upgrade)
                except util.CommandError as problem:
                    log.warning("The upgrade has succeeded, but: %s", problem)


def _run(section: str, options: PostWriteHookConfig, upgrade: Upgrade) -> None:
    name = options["_hook_name"]
    hook = _found(section, options)
    consequence = "; nothing was upgraded" if section == BEFORE else ""
    with util.status(f"Running {section} hook {name!r}", newline=True):
        try:
            hook(upgrade, options)
        except Exception as problem:
            raise util.CommandError(
                f"{section} hook {name!r} failed: {problem}{consequence}"
            ) from problem


def _found(section: str, options: PostWriteHookConfig) -> Hook:
    name = options["_hook_name"]
    kind = options.get("type")
    if kind is None:
        raise util.CommandError(
            f"Key '{name}.type' (or 'type' in toml) is required for {section} hook "
            f"{name!r}"
        )
    if kind in _registry:
        return _registry[kind]
    for entry in compat.importlib_metadata_get(ENTRY_POINTS):
        if entry.name == kind:
            hook: Hook = entry.load()
            return hook
    known = ", ".join(sorted(_registry))
    raise util.CommandError(
        f"{section} hook {name!r} has the unknown type {kind!r}; there are {known}, "
        f"and entry points of the group {ENTRY_POINTS}"
    )


# --- programs -------------------------------------------------------------------------


def _moment() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")


# What clients of a database read from their environment.
_CLIENT_VARIABLES = {
    "postgresql": {
        "host": "PGHOST",
        "port": "PGPORT",
        "username": "PGUSER",
        "password": "PGPASSWORD",
        "database": "PGDATABASE",
    },
    "mysql": {"host": "MYSQL_HOST", "port": "MYSQL_TCP_PORT", "password": "MYSQL_PWD"},
}
_CLIENT_VARIABLES["mariadb"] = _CLIENT_VARIABLES["mysql"]


def _environment(upgrade: Upgrade) -> dict[str, str]:
    """Return what a program finds out about the upgrade; nothing of it is an argument.

    Arguments can be read by every user of the machine.
    """
    found = {
        "ALEMBIC_URL": upgrade.url.render_as_string(hide_password=False),
        "ALEMBIC_HEADS": " ".join(upgrade.heads),
        "ALEMBIC_REVISIONS": " ".join(upgrade.revisions),
    }
    names = _CLIENT_VARIABLES.get(upgrade.url.get_backend_name(), {})
    for part, name in names.items():
        value = getattr(upgrade.url, part)
        if value is not None:
            found[name] = str(value)
    return {**os.environ, **found}


def _arguments(upgrade: Upgrade, options: Mapping[str, str]) -> list[str]:
    """Return a hook's arguments, `{database}` and the like replaced in each."""
    url = upgrade.url
    values = {
        "database": url.database or "",
        "host": url.host or "",
        "port": str(url.port or ""),
        "username": url.username or "",
        "time": _moment(),
        "revision": upgrade.revisions[-1],
    }
    words = shlex.split(options.get("options", ""), posix=compat.is_posix)
    for name, value in values.items():
        words = [word.replace(f"{{{name}}}", value) for word in words]
    return words


def _run_program(
    upgrade: Upgrade, options: Mapping[str, str], program: Sequence[str]
) -> None:
    command = [*program, *_arguments(upgrade, options)]
    done = subprocess.run(
        command, cwd=options.get("cwd"), env=_environment(upgrade), check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}")


def _option(options: Mapping[str, str], name: str) -> str:
    if name not in options:
        raise ValueError(f"its option {name!r} is missing")
    return options[name]


@register("exec")
def exec_(upgrade: Upgrade, options: Mapping[str, str]) -> None:
    """Run a program.

    options: `executable`, its path or name; `options`, its arguments, in which
    `{database}`, `{host}`, `{port}`, `{username}`, `{time}` and `{revision}` are
    replaced; `cwd`. Raises OSError or RuntimeError if it fails.
    """
    _run_program(upgrade, options, [_option(options, "executable")])


@register("module")
def module(upgrade: Upgrade, options: Mapping[str, str]) -> None:
    """Run a module as `python -m` does.

    options: `module`, its name; others as for exec. Raises ValueError if there is none.
    """
    name = _option(options, "module")
    if importlib.util.find_spec(name) is None:
        raise ValueError(f"there is no module {name}")
    _run_program(upgrade, options, [sys.executable, "-m", name])


# --- SQLite ---------------------------------------------------------------------------


@register("sqlite_backup")
def sqlite_backup(upgrade: Upgrade, options: Mapping[str, str]) -> None:
    """Copy an SQLite database by its backup API, also while others write to it.

    options: `directory`, where to, beside the database if it is left out; `keep`, how
    many copies stay, all by default. Copies are told apart by the name of the file:
    databases of one name need a directory each.
    Raises ValueError for a database that is no file, what SQLite raises.
    """
    name = upgrade.url.database
    if upgrade.url.get_backend_name() != "sqlite" or not name or name == ":memory:":
        raise ValueError("the database is no SQLite file")
    keep = int(options["keep"]) if "keep" in options else None
    source = Path(name)
    directory = Path(options.get("directory", source.parent))
    directory.mkdir(parents=True, exist_ok=True)
    target, unfinished = _new_copy(directory, source)
    try:
        with (
            closing(
                sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
            ) as whole,
            closing(sqlite3.connect(unfinished)) as copy,
        ):
            whole.backup(copy)
        os.replace(unfinished, target)
    except BaseException:
        # Once it is renamed, its name may be another's.
        unfinished.unlink(missing_ok=True)
        raise
    for each in _copies(directory, source)[: -max(1, keep)] if keep is not None else ():
        each.unlink(missing_ok=True)


def _new_copy(directory: Path, source: Path) -> tuple[Path, Path]:
    """Return the path of a copy that is not there, and one to write it to.

    The second one is made, so that nobody else gets it: threads and processes may make
    copies of one name in the same second.
    """
    moment = _moment()
    for number in count(1):
        more = f"-{number}" if number > 1 else ""
        target = directory / f"{source.stem}-{moment}{more}{source.suffix}"
        unfinished = target.with_name(f"{target.name}.part")
        try:
            unfinished.touch(exist_ok=False)
        except FileExistsError:
            continue
        if not target.exists():
            return target, unfinished
        unfinished.unlink()
    raise AssertionError("numbers have no end")


def _copies(directory: Path, source: Path) -> list[Path]:
    """Return the copies of a database, the oldest first."""
    stem, suffix = re.escape(source.stem), re.escape(source.suffix)
    name = re.compile(rf"{stem}-(\d{{8}}T\d{{6}}Z)(?:-(\d+))?{suffix}", re.ASCII)
    found = [
        (parts[1], int(parts[2] or 1), path)
        for path in directory.iterdir()
        if (parts := name.fullmatch(path.name))
    ]
    return [path for _, _, path in sorted(found)]
