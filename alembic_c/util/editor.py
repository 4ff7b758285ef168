"""Opening a file in the user's editor."""

from __future__ import annotations

import os
from os.path import exists, join, splitext
from subprocess import check_call

from .compat import is_posix
from .exc import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_POSIX_EDITORS = ("sensible-editor", "editor", "nano", "vim", "code")
_WINDOWS_EDITORS = ("code.exe", "notepad++.exe", "notepad.exe")
_NOT_FOUND = (
    "No suitable editor found. Please set the "
    '"EDITOR" or "VISUAL" environment variables'
)


def open_in_editor(filename: str, environ: dict[str, str] | None = None) -> None:
    """Open a file in an editor and wait until that ends.

    environ: what to look for EDITOR, VISUAL and PATH in, instead of `os.environ`.
    Raises CommandError if there is no editor, or it fails.
    """
    try:
        editor = _choose(os.environ if environ is None else environ)
        check_call([editor, filename])
    except Exception as problem:
        raise CommandError(f"Error executing editor ({problem})") from problem


def _choose(environ: Mapping[str, str]) -> str:
    """Return the first of the wished and the usual editors that exists."""
    wished = (environ[name] for name in ("EDITOR", "VISUAL") if name in environ)
    usual = _POSIX_EDITORS if is_posix else _WINDOWS_EDITORS
    folders = environ.get("PATH", "").split(os.pathsep)
    for name in (*wished, *usual):
        for path in _places(name, folders):
            if exists(path):
                return path
    raise OSError(_NOT_FOUND)


def _places(name: str, folders: list[str]) -> Iterator[str]:
    """Yield the paths at which an editor may be: as named, then on the path."""
    yield name
    if os.path.dirname(name):
        return
    executable = name
    if not is_posix and splitext(name)[1] != ".exe":
        executable += ".exe"
    for folder in folders:
        yield join(folder, executable)
