"""Revision files as Python: executing them, and ids that only their name tells."""

from __future__ import annotations

import os
import re

from ..util import CommandError, load_python_file, to_tuple
from ..util.exc import BrokenFileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_SOURCE_NAME = re.compile(r"(?!\.#|__init__).*\.py")
_ANY_NAME = re.compile(r"(?!\.#|__init__).*\.py[co]?")
_ID_AS_NAME = re.compile(r"([a-f0-9]+)\.py")


def is_revision_file(filename: str, sourceless: bool) -> bool:
    """Return whether a file of this name is a revision file.

    Package markers and the lock files of an editor are not; compiled files are only
    in a tree without sources.
    """
    pattern = _ANY_NAME if sourceless else _SOURCE_NAME
    return pattern.fullmatch(filename) is not None


def is_compiled_beside_source(path: str) -> bool:
    """Return whether a file is compiled, and its source is there too."""
    stem, extension = os.path.splitext(path)
    return extension in (".pyc", ".pyo") and os.path.exists(f"{stem}.py")


def execute(path: str) -> ModuleType:
    """Execute a revision file and return it as a module.

    Raises what the file raises; a SyntaxError names the file.
    """
    try:
        return load_python_file(*os.path.split(path))
    except (SyntaxError, ValueError) as problem:
        if _is_about_nul_bytes(problem):
            raise _nul_byte_error(path, problem) from problem
        raise


def check_ids(path: str, own: Any, down_revision: Any, depends_on: Any) -> None:
    """Raise what a user can act on if ids in a revision file cannot be ids.

    own: the revision's id.
    Raises CommandError for that, BrokenFileError for others.
    """
    if not isinstance(own, str):
        raise CommandError(f"{path}: revision identifier {own!r} is not a string")
    for name, value in (
        ("down_revision", down_revision),
        # Upstream takes what is false for no dependency.
        ("depends_on", depends_on or None),
    ):
        ids = (value,) if isinstance(value, bytes) else to_tuple(value, default=())
        if not all(id_ is None or isinstance(id_, str) for id_ in ids):
            raise BrokenFileError(
                f"{path}: {name} is {value!r}; it has to be a string, several, or None"
            )


def _is_about_nul_bytes(problem: SyntaxError | ValueError) -> bool:
    # Python does not say in which file; a SyntaxError of the file's own has a name.
    return "null bytes" in str(problem) and getattr(problem, "filename", None) is None


def _nul_byte_error(path: str, problem: Exception) -> SyntaxError:
    with open(path, "rb") as stream:
        before = stream.read().partition(b"\0")[0]
    line = before.count(b"\n") + 1
    return SyntaxError(str(problem), (path, line, None, None))


def revision_id(module: ModuleType, filename: str) -> str:
    """Return the id of an executed file: its `revision`, or else its file name.

    The latter is for files of the very first versions, `<hex digits>.py`.
    Raises CommandError if there is neither.
    """
    if hasattr(module, "revision"):
        declared: str = module.revision
        return declared
    named = _ID_AS_NAME.match(filename)
    if named is None or not filename.endswith(".py"):
        raise CommandError(
            f"Could not determine revision id from filename {filename}. "
            "Be sure the 'revision' variable is declared inside the script (please "
            "see 'Upgrading from Alembic 0.1 to 0.2' in the documentation)."
        )
    return named[1]
