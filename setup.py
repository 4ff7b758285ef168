"""The extension modules, which need a C compiler and nothing else; all else is in
pyproject.toml.
"""

from __future__ import annotations

import os
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
    link_args: Sequence[str] = (),
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
            *os.environ.get("ALEMBIC_C_CFLAGS", "").split(),
        ],
        extra_link_args=[
            *os.environ.get("ALEMBIC_C_LDFLAGS", "").split(),
            *link_args,
        ],
    )


def with_library(name: str) -> Extension:
    """Return an extension that loads a C library when it is used; it links none."""
    layer = name.removeprefix("_")
    return extension(
        name,
        *("base", "source/library", f"source/{layer}", f"bind/{layer}"),
        link_args=["-ldl"] if sys.platform == "linux" else [],
    )


setup(
    ext_modules=[
        extension("_core", "base", "scan", "graph", "bind/core"),
        extension(
            "_catalog",
            *("base", "catalog", "source", "reflect", "diff", "bind/catalog"),
            extra=["csrc/bind/core/error.c"],
        ),
        with_library("_libpq"),
        with_library("_sqlite3"),
    ]
)
