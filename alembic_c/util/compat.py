"""What differs between Python versions, and doors to slow parts of the library."""

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from configparser import ConfigParser
    from importlib.metadata import EntryPoint
    from pathlib import Path
    from types import ModuleType
    from typing import Any

is_posix = os.name == "posix"
py314 = sys.version_info >= (3, 14)
py313 = sys.version_info >= (3, 13)
py312 = sys.version_info >= (3, 12)
py311 = sys.version_info >= (3, 11)


def add_note(problem: BaseException, note: str) -> None:
    """Attach a note to an exception; tracebacks show it on Python 3.11 and newer."""
    # What `BaseException.add_note` does, which Python 3.10 does not have.
    vars(problem).setdefault("__notes__", []).append(note)


class EncodedIO(io.TextIOWrapper):
    """A text layer over a byte stream that it does not own, hence never closes."""

    def close(self) -> None:
        """Leave the byte stream open."""


def path_walk(
    path: Path, *, top_down: bool = True
) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Walk a directory as `pathlib.Path.walk` of Python 3.12 does."""
    for directory, subdirectories, files in os.walk(path, topdown=top_down):
        yield type(path)(directory), subdirectories, files


def path_relative_to(path: Path, other: Path, *, walk_up: bool = False) -> Path:
    """Return `path` relative to `other`, as Python 3.12's method does.

    walk_up: whether ".." may be used.
    Raises ValueError if there is no such path.
    """
    if not walk_up:
        return path.relative_to(other)
    if path.anchor != other.anchor:
        raise ValueError(f"{path} is not in the same subtree as {other}")
    for steps, ancestor in enumerate((other, *other.parents)):
        if path.is_relative_to(ancestor):
            return type(path)(*[os.pardir] * steps, path.relative_to(ancestor))
    raise ValueError(f"{path} is not in the same subtree as {other}")


def importlib_metadata_get(group: str) -> Sequence[EntryPoint]:
    """Return the entry points of a group, of all installed distributions."""
    from importlib import metadata

    return metadata.entry_points(group=group)


def formatannotation_fwdref(annotation: Any, base_module: Any | None = None) -> str:
    """Return an annotation as source text; one that is text already stays as it is.

    base_module: the module whose names need no prefix.
    """
    if isinstance(annotation, str):
        return annotation
    import inspect

    return inspect.formatannotation(annotation, base_module)


def decoded_argument(word: str) -> str:
    """Return a word of the command line as text.

    Python has surrogates in it for what the locale's encoding does not know, such as
    UTF-8 in the locale "C".
    """
    if word.isascii():
        return word
    try:
        return os.fsencode(word).decode("utf-8")
    except UnicodeError:
        return word


def file_name(name: str) -> str:
    """Return a name as the functions of `os` take it: UTF-8 if the locale has less."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return os.fsdecode(name.encode("utf-8", "surrogateescape"))
    return name


def read_config_parser(
    file_config: ConfigParser, file_argument: list[str | os.PathLike[str]]
) -> list[str]:
    """Read ini files in the locale's encoding; return those that could be read.

    What cannot be read in that is read as UTF-8, with or without a byte order mark.
    """
    from configparser import MissingSectionHeaderError

    try:
        return file_config.read(file_argument, encoding="locale")
    except (UnicodeDecodeError, MissingSectionHeaderError) as problem:
        try:
            return file_config.read(file_argument, encoding="utf-8-sig")
        except (UnicodeDecodeError, MissingSectionHeaderError):
            raise problem from None


def _tomllib() -> ModuleType:
    """Import the TOML parser: the standard one, or `tomli` before Python 3.11."""
    from importlib import import_module

    return import_module("tomllib" if py311 else "tomli")


def __getattr__(name: str) -> Any:
    """Serve names that are slow to import when they are first asked for."""
    if name == "tomllib":
        value: Any = _tomllib()
    elif name == "EntryPoint":
        from importlib.metadata import EntryPoint as value
    elif name in ("inspect_getfullargspec", "inspect_formatargspec"):
        from sqlalchemy.util import compat as sqlalchemy_compat

        value = getattr(sqlalchemy_compat, name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value
