"""The extension modules; everything else is in pyproject.toml.

_libpq and _sqlite3 need the headers of libpq and SQLite and are left out without them
(or with ALEMBIC_C_WITHOUT_LIBPQ, ALEMBIC_C_WITHOUT_SQLITE3 in the environment).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from glob import glob

from setuptools import Extension, setup

# Warnings are errors for the project's own builds only, never for a user's.
STRICT = [
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Wvla",
    "-Wformat=2",
    "-Wimplicit-fallthrough",
    "-Werror",
]


def core_sources(*layers: str) -> list[str]:
    """Return the C files of some layers of csrc/, in a stable order."""
    return sorted(path for layer in layers for path in glob(f"csrc/{layer}/*.c"))


def flags() -> list[str]:
    base = ["-std=c11", "-fvisibility=hidden"]
    return base + (STRICT if os.environ.get("ALEMBIC_C_STRICT") else [])


def extension(
    name: str,
    *layers: str,
    extra: Sequence[str] = (),
    compile_args: Sequence[str] = (),
    link_args: Sequence[str] = (),
    optional: bool = False,
) -> Extension:
    # The last layer is the binding's own; the include path knows only public headers.
    headers = glob("csrc/include/alc/*.*") + glob("csrc/*/*.h") + glob("csrc/*/*/*.h")
    return Extension(
        f"alembic_c.{name}",
        sources=core_sources(*layers) + list(extra),
        depends=sorted(headers),
        include_dirs=["csrc/include"],
        extra_compile_args=[
            *flags(),
            *compile_args,
            *os.environ.get("ALEMBIC_C_CFLAGS", "").split(),
        ],
        extra_link_args=[
            *os.environ.get("ALEMBIC_C_LDFLAGS", "").split(),
            *link_args,
        ],
        optional=optional,
    )


def output(*command: str) -> list[str] | None:
    """Return the words that a program prints, or None if it fails or is missing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.split()


def library_args(library: str) -> tuple[list[str], list[str]] | None:
    """Return what compiling and linking with a C library needs, or None without it."""
    tool = os.environ.get("PKG_CONFIG", "pkg-config")
    compile_args, link_args = (
        output(tool, "--cflags", library),
        output(tool, "--libs", library),
    )
    if compile_args is not None and link_args is not None:
        return compile_args, link_args
    if library == "libpq":
        include, libs = (
            output("pg_config", "--includedir"),
            output("pg_config", "--libdir"),
        )
        if include and libs and os.path.exists(f"{include[0]}/libpq-fe.h"):
            return [f"-I{include[0]}"], [f"-L{libs[0]}", "-lpq"]
    return None


def with_library(name: str, library: str) -> list[Extension]:
    """Return the extension that reads through a C library; none without its headers."""
    layer = name.removeprefix("_")
    found = library_args(library)
    if found is None or os.environ.get(f"ALEMBIC_C_WITHOUT{name.upper()}"):
        print(
            f"alembic_c: built without alembic_c.{name}: the headers of {library} are "
            "missing; catalog.snapshot() reads through installed drivers instead",
            file=sys.stderr,
        )
        return []
    compile_args, link_args = found
    return [
        extension(
            name,
            *("base", f"source/{layer}", f"bind/{layer}"),
            compile_args=compile_args,
            link_args=[*link_args, *(["-ldl"] if sys.platform == "linux" else [])],
            optional=not os.environ.get("ALEMBIC_C_STRICT"),
        )
    ]


setup(
    ext_modules=[
        extension("_core", "base", "scan", "graph", "bind/core"),
        extension(
            "_catalog",
            *("base", "catalog", "source", "reflect", "diff", "bind/catalog"),
            extra=["csrc/bind/core/error.c"],
        ),
        *with_library("_libpq", "libpq"),
        *with_library("_sqlite3", "sqlite3"),
    ]
)
