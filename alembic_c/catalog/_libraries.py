"""Where libpq and SQLite are found, when an address is first read.

Nothing of ours is linked with them. A path that is given is the only one that is
tried; else the system has one, or drivers that are installed bring a copy, which is
found through their extension modules, whatever its own file is called.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec

LIBPQ_VARIABLE = "ALEMBIC_C_LIBPQ"
SQLITE3_VARIABLE = "ALEMBIC_C_SQLITE3"

# As the system's loader knows them, or where they usually are.
if sys.platform == "darwin":
    LIBPQ_NAMES: tuple[str, ...] = (
        "libpq.5.dylib",
        "/opt/homebrew/opt/libpq/lib/libpq.5.dylib",
        "/usr/local/opt/libpq/lib/libpq.5.dylib",
        "/Applications/Postgres.app/Contents/Versions/latest/lib/libpq.5.dylib",
    )
    SQLITE3_NAMES: tuple[str, ...] = ("libsqlite3.dylib", "/usr/lib/libsqlite3.dylib")
else:
    LIBPQ_NAMES = ("libpq.so.5",)
    SQLITE3_NAMES = ("libsqlite3.so.0",)

# Packages, and their extension modules that are linked with libpq.
_LIBPQ_DRIVERS = (
    ("psycopg_binary", "pq"),
    ("psycopg_c", "pq"),
    ("psycopg2", "_psycopg"),
)
# Drivers that may bring a copy of SQLite of their own.
_SQLITE_DRIVERS = (
    "apsw",
    "pysqlite3",
    "sqlcipher3",
    "pysqlcipher3",
    "sqlean",
    "libsql",
)


def libpq() -> str:
    """Return the path of a libpq that can be used.

    Raises ImportError, which says what to install, if there is none.
    """
    from .. import _libpq

    given = os.environ.get(LIBPQ_VARIABLE)
    return _first(
        _libpq.load,
        iter((given,)) if given else _libpq_candidates(),
        "no libpq to read a PostgreSQL database with: install PostgreSQL's client "
        'library ("libpq5" on Debian and Ubuntu, "libpq" on Fedora and Homebrew), '
        'or "psycopg[binary]" or "psycopg2-binary" with pip, or put its path in '
        f"{LIBPQ_VARIABLE}",
    )


def sqlite3() -> str:
    """Return the path of an SQLite that can be used here.

    Two copies of it in one process must not open the same file: when one of them closes
    it, the locks of the other are gone. So it is the copy that Python's own module is
    linked with; and none if a driver that is loaded has another one, or may have.
    Raises ImportError, which says what to install, if there is none.
    """
    from .. import _sqlite3

    others = sorted(set(_SQLITE_DRIVERS) & set(sys.modules))
    if others:
        raise ImportError(f"{', '.join(others)} may have another copy of SQLite")
    own = _module_path("_sqlite3")
    given = os.environ.get(SQLITE3_VARIABLE)
    wanted: tuple[str | None, ...] = (given,) if given else (own, *SQLITE3_NAMES)
    if "_sqlite3" in sys.modules:
        wanted = tuple(
            path for path in wanted if path and own and _sqlite3.same_library(path, own)
        )
    return _first(
        _sqlite3.load,
        (path for path in wanted if path is not None),
        'no SQLite to read a file with: install its library ("libsqlite3-0" on Debian '
        'and Ubuntu, "sqlite-libs" on Fedora), or put its path in '
        f"{SQLITE3_VARIABLE}; it has to be the copy that Python's own sqlite3 uses, if "
        "that is loaded",
    )


def _first(load: Callable[[str], None], paths: Iterator[str], advice: str) -> str:
    reasons = []
    for path in paths:
        try:
            load(path)
        except ImportError as error:
            reasons.append(str(error))
        else:
            return path
    tried = f" (tried: {'; '.join(reasons)})" if reasons else ""
    raise ImportError(f"{advice}{tried}")


def _libpq_candidates() -> Iterator[str]:
    yield from LIBPQ_NAMES
    for package, module in _LIBPQ_DRIVERS:
        spec = find_spec(package)
        for directory in (spec and spec.submodule_search_locations) or ():
            for suffix in EXTENSION_SUFFIXES:
                path = os.path.join(directory, module + suffix)
                if os.path.exists(path):
                    yield path


def _module_path(name: str) -> str | None:
    """Return the file of an extension module; "" for one inside the interpreter."""
    loaded = sys.modules.get(name)
    spec = getattr(loaded, "__spec__", None) if loaded else find_spec(name)
    if spec is None:
        return None
    return "" if spec.origin in ("built-in", "frozen") else spec.origin
