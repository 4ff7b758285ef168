"""`alembic-c activate | deactivate | which`: the import name in a whole environment.

Activating writes one file into the environment's site-packages, with one line that
calls `alembic_c.install()` whenever Python starts there.  Nothing else ever writes it,
and deactivating removes it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ._alias import ALIAS, PACKAGE
from .util import CommandError, err, msg
from .util.pyfiles import write_whole

# The name sorts behind others, which may be what makes the package importable.
PTH_NAME = "zzz-alembic-c.pth"

# `site` executes lines that begin with "import".  A package that was uninstalled while
# active must not print a traceback at each start, hence the look before the call.
PTH_LINE = (
    "import importlib.util; "
    f"importlib.util.find_spec({PACKAGE!r}) is not None "
    f"and __import__({PACKAGE!r}).install()\n"
)


def site_directory() -> str:
    """Return the site-packages directory of the running environment.

    Raises CommandError if there is none.
    """
    import sysconfig

    directory = sysconfig.get_path("purelib")
    if not directory or not os.path.isdir(directory):
        raise CommandError("This Python has no site-packages directory")
    return directory


def pth_path() -> str:
    """Return the path of the file that activates the alias."""
    return os.path.join(site_directory(), PTH_NAME)


def is_active() -> bool:
    """Return whether the environment is activated, with or without our doing."""
    return os.path.exists(pth_path())


def activate() -> None:
    """Make `import alembic` give this package in the whole environment.

    Activating twice is no error.
    Raises CommandError if the environment cannot be written to.
    """
    path = pth_path()
    if is_active():
        msg(f"Already active: {path}")
        return
    if sys.prefix == sys.base_prefix:
        msg("Note: this is not a virtual environment; all users of it are affected.")
    try:
        write_whole(path, PTH_LINE.encode())
    except OSError as problem:
        raise CommandError(f"Can't write {path}: {problem.strerror}") from problem
    msg(f"Active: 'import {ALIAS}' gives {PACKAGE} from now on ({path})")
    if _other_distribution():
        msg(
            f"The package '{ALIAS}' is installed too; it is hidden, not changed, until "
            "'alembic-c deactivate'."
        )


def deactivate() -> None:
    """Undo `activate`.

    Deactivating twice is no error.
    Raises CommandError if the environment cannot be written to.
    """
    path = pth_path()
    try:
        os.unlink(path)
    except FileNotFoundError:
        msg("Not active; nothing to do")
    except OSError as problem:
        raise CommandError(f"Can't remove {path}: {problem.strerror}") from problem
    else:
        msg(f"Deactivated: removed {path}")


def which() -> None:
    """Say what `import alembic` gives in a new process of this environment."""
    here = os.path.dirname(os.path.abspath(__file__))
    other = _other_distribution()
    if is_active():
        msg(f"'import {ALIAS}' gives {PACKAGE}: {here}")
        msg(f"  because of {pth_path()}")
        if other:
            msg(f"  it hides {other}")
    elif other:
        msg(f"'import {ALIAS}' gives the package of that name: {other}")
    else:
        msg(f"'import {ALIAS}' gives nothing; 'alembic-c activate' changes that")


def _other_distribution() -> str | None:
    """Return the directory of another package `alembic` on the path, if there is."""
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec(ALIAS)
    if spec is None or spec.origin is None:
        # A directory without `__init__.py`, such as a project's own migrations.
        return None
    return os.path.dirname(spec.origin)


VERBS = {"activate": activate, "deactivate": deactivate, "which": which}


def main(arguments: Sequence[str], prog: str | None = None) -> int:
    """Run one of the verbs.

    arguments: the verb, and nothing else but "-h".
    Returns the exit status.
    """
    from argparse import ArgumentParser

    parser = ArgumentParser(prog=prog, description=__doc__, add_help=True)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, function in VERBS.items():
        summary = (function.__doc__ or "").partition("\n")[0]
        verbs.add_parser(name, help=summary, description=summary)
    options = parser.parse_args(arguments)
    try:
        VERBS[options.verb]()
    except CommandError as problem:
        err(str(problem))
    return 0
