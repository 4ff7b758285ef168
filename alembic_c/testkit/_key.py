"""The key of a template: a digest of everything that decides what is in it.

A template is found by its key alone, so whatever can change a migrated database has to
be in the digest: the revision files that lead to the revision, all other files beside
them and beside `env.py` (which they may read or import), the configuration, the
versions of what runs the migrations, and what the caller names.
"""

from __future__ import annotations

import datetime
import decimal
import hashlib
import importlib.util
import inspect
import os
import platform
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

import sqlalchemy

from .. import __version__
from ..script import ScriptDirectory
from ._tree import TestKitError, upgrade_plan

if TYPE_CHECKING:
    from sqlalchemy import URL

    from ..config import Config

# Part of each key: raised when templates are made in another way.
_FORMAT = 1

_SKIPPED_DIRECTORIES = frozenset({"__pycache__", "node_modules"})
_SKIPPED_ENDINGS = (".pyc", ".pyo", "~", ".swp")

# What tells that a file or directory is as it was: inode, size, and the times of the
# last changes of content and of inode. Programs cannot set the last one.
_Stamp = tuple[int, int, int, int]

# A second change within so many nanoseconds may leave the times as they are: file
# systems count them in steps, the coarsest ones in two seconds.
_COARSE = 2_000_000_000


class Inputs:
    """The files and directories that were read for a digest, as they were then."""

    def __init__(self) -> None:
        self._stamps: dict[str, _Stamp | None] = {}
        self._started = time.time_ns()

    def digest(self, path: str) -> bytes:
        """Return the SHA-256 of a file's content.

        Raises TestKitError if it cannot be read.
        """
        try:
            with open(path, "rb") as stream:
                self._stamps[path] = _stamp(os.fstat(stream.fileno()))
                return hashlib.sha256(stream.read()).digest()
        except OSError as problem:
            raise TestKitError(
                f"Can't read {path}, on which a template depends: {problem.strerror}"
            ) from problem

    def files(self, directory: str) -> list[str]:
        """Return the files of a directory and of those in it, hidden ones left out."""
        found = []
        for folder, names, files in os.walk(directory):
            self._stamps[folder] = _current(folder)
            names[:] = [
                name
                for name in names
                if name not in _SKIPPED_DIRECTORIES and not name.startswith(".")
            ]
            found += [
                os.path.join(folder, name)
                for name in files
                if not name.startswith(".") and not name.endswith(_SKIPPED_ENDINGS)
            ]
        return sorted(found)

    def are_unchanged(self) -> bool:
        """Return whether all of them are as they were.

        No of files that were just changed when they were read: nothing would tell that
        they were changed again.
        """
        last = max((stamp[3] for stamp in self._stamps.values() if stamp), default=0)
        return last + _COARSE < self._started and all(
            _current(path) == stamp for path, stamp in self._stamps.items()
        )

    def forget_bytecode(self) -> None:
        """Remove bytecode that may be of an earlier content.

        Python takes it for a source of the same size and second, so what was changed
        within the second of its first run would not be what a template is made with.
        """
        for path, stamp in self._stamps.items():
            if stamp and path.endswith(".py"):
                compiled = importlib.util.cache_from_source(path)
                # Mostly there is none. What this account may not remove it has not
                # written while it edited.
                with suppress(OSError):
                    if os.stat(compiled).st_mtime_ns < stamp[3] + _COARSE:
                        os.unlink(compiled)


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _current(path: str) -> _Stamp | None:
    try:
        return _stamp(os.stat(path))
    except OSError:
        return None


# Digests of this process, by what they were asked for.
_known: dict[str, tuple[Inputs, str]] = {}


def template_key(
    config: Config,
    revision: str,
    *,
    url: URL,
    server: str,
    files: Iterable[str | os.PathLike[str]] = (),
    seed: Callable[..., Any] | None = None,
) -> str:
    """Return the name of a template: eight digits for the project, "_", 24 more.

    url: the database of the test, for its kind and driver; server: the server's version
        and whatever else of it decides what a migration does.
    files: further files, and directories with all that is in them.
    seed: the function that puts rows in, None for none.
    Raises TestKitError for a file that cannot be read, CommandError for a revision that
    is not known.
    """
    paths = [os.path.abspath(os.fspath(each)) for each in files]
    versions = __version__, sqlalchemy.__version__, platform.python_version()
    sources: set[str] = set()
    question = repr(
        [
            *(_FORMAT, versions, url.drivername, server, revision, os.getcwd()),
            *(_configuration(config), paths, seed and _function(seed, sources)),
        ]
    )
    if question in _known and _known[question][0].are_unchanged():
        return _known[question][1]
    inputs = Inputs()
    script = ScriptDirectory.from_config(config)
    answers: list[tuple[Any, ...]] = list(_tree_files(script, revision, inputs))
    answers += [("file", path, inputs.digest(path)) for path in _named(paths, inputs)]
    answers += [("seed", path, inputs.digest(path)) for path in sorted(sources)]
    inputs.forget_bytecode()
    text = repr((question, answers)).encode("utf-8", "surrogatepass")
    family = hashlib.sha256(os.fsencode(os.path.realpath(script.dir))).hexdigest()
    key = f"{family[:8]}_{hashlib.sha256(text).hexdigest()[:24]}"
    _known[question] = inputs, key
    return key


def _configuration(config: Config) -> list[Any]:
    """Return what `env.py` may read of a configuration, the database's URL left out."""
    parser = config.file_config
    sections = [
        (name, sorted((k, v) for k, v in parser.items(name, raw=True) if k != _URL))
        for name in sorted(parser.sections())
    ]
    options = getattr(config.cmd_opts, "x", None)
    others = config.toml_alembic_config, config.attributes, options
    return [config.config_ini_section, sections, _value(others)]


_URL = "sqlalchemy.url"
_PLAIN = (str, bytes, int, float, bool, type(None))
# Their `repr` says all of them.
_TOLD = (datetime.date, datetime.time, datetime.timedelta, decimal.Decimal, uuid.UUID)


def _value(
    value: Any, of_function: Callable[[Callable[..., Any]], Any] | None = None
) -> Any:
    """Return a value in a form whose `repr` is the same in each process.

    Of an object it is the type, and those of its attributes that are plain.
    of_function: gives the form of functions that are in the value; by default it is
        their name.
    """
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, _TOLD):
        return repr(value)
    if isinstance(value, Mapping):
        items = sorted(value.items(), key=lambda item: str(item[0]))
        return [(str(key), _value(each, of_function)) for key, each in items]
    if isinstance(value, (list, tuple)):
        return [_value(each, of_function) for each in value]
    if isinstance(value, (set, frozenset)):
        return sorted(repr(_value(each, of_function)) for each in value)
    if of_function and isinstance(value, (FunctionType, MethodType, partial)):
        return of_function(value)
    if isinstance(value, (type, ModuleType, FunctionType, BuiltinFunctionType)):
        return getattr(value, "__module__", ""), value.__name__
    attributes = getattr(value, "__dict__", {}).items()
    plain = sorted((name, of) for name, of in attributes if isinstance(of, _PLAIN))
    return type(value).__module__, type(value).__qualname__, plain


def _tree_files(
    script: ScriptDirectory, revision: str, inputs: Inputs
) -> Iterator[tuple[str, str, bytes]]:
    """Yield the files of the tree that matter: not those of revisions further on."""
    plan = upgrade_plan(script, revision)
    revision_files = {os.path.realpath(each.path) for each in script.walk_revisions()}
    for each in plan:
        yield "revision", each.revision, inputs.digest(each.path)
    places = [script.dir, *map(os.fspath, script._version_locations)]
    for path in sorted({path for place in places for path in inputs.files(place)}):
        if os.path.realpath(path) not in revision_files:
            yield "file", os.path.relpath(path, script.dir), inputs.digest(path)


def _named(paths: Iterable[str], inputs: Inputs) -> Iterator[str]:
    for path in paths:
        if os.path.isdir(path):
            yield from inputs.files(path)
        else:
            yield path


def _function(
    function: Callable[..., Any], sources: set[str], within: tuple[Any, ...] = ()
) -> list[Any]:
    """Return what decides what a function does: its name, and all that it holds.

    sources: gets the file of its source, and those of the functions that it holds.
    within: those that hold this one.
    Raises TestKitError for one without a source file, whose changes nobody could see.
    """
    held: list[Any]
    if isinstance(function, partial):
        inner = partial(_function, sources=sources, within=within)
        held = [function.args, function.keywords]
        return [inner(function.func), _value(held, inner)]
    plain: Any = getattr(function, "__func__", function)
    if not isinstance(plain, FunctionType):
        plain = inspect.unwrap(plain)
    try:
        path = inspect.getsourcefile(plain)
    except TypeError:
        path = None
    if path is None:
        raise TestKitError(
            f"{function!r} has no source file, so a change of it could not be seen: "
            "define it in a module"
        )
    sources.add(path)
    name = f"{plain.__module__}.{getattr(plain, '__qualname__', '')}", path
    if plain in within:
        return [name]
    defaults = [
        getattr(plain, each, None) for each in ("__defaults__", "__kwdefaults__")
    ]
    held = [getattr(function, "__self__", None), defaults]
    for cell in getattr(plain, "__closure__", None) or ():
        with suppress(ValueError):  # of a name that has no value yet
            held.append(cell.cell_contents)
    inner = partial(_function, sources=sources, within=(*within, plain))
    return [name, _value(held, inner)]
