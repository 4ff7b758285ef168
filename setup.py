"""The extension modules, which need a C compiler and nothing else; all else is in
pyproject.toml.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Sequence
from glob import glob

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

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
        *("base", "source/library", f"source/{layer}", "bind/foreign", f"bind/{layer}"),
        link_args=["-ldl"] if sys.platform == "linux" else [],
    )


def refusal() -> str | None:
    """Say in one sentence why this Python cannot have the package, None if it can."""
    if sys.platform == "win32":
        return "alembic-c does not support Windows; Alembic itself does, or use WSL"
    if sys.implementation.name != "cpython":
        return (
            "alembic-c needs CPython, because its core is a C extension; "
            f"on {sys.implementation.name} use Alembic itself"
        )
    return None


class BuildExtensions(build_ext):
    """Say in one sentence what is missing where extensions cannot be built."""

    def build_extensions(self) -> None:
        compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
        program = shlex.split(compiler)[0]
        header = os.path.join(sysconfig.get_path("include"), "Python.h")
        if shutil.which(program) is None:
            sys.exit(
                f"alembic-c is built from C, and there is no compiler {program!r}: "
                "install one (gcc or clang), or install alembic-c from a wheel"
            )
        if not os.path.exists(header):
            sys.exit(
                f"alembic-c is built from C, and there is no {header}: install the "
                "headers of Python (python3-dev), or install alembic-c from a wheel"
            )
        super().build_extensions()


def long_description() -> str:
    """Return the README without what leads into the source tree, and nowhere else."""
    with open("README.md", encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"^ *!\[[^\]]+\]\((?!https?://)[^)]+\)\n\n?", "", text, flags=re.M)
    return re.sub(r"\[([^\]]+)\]\((?!https?://)[^)]+\)", r"`\1`", text)


if message := refusal():
    sys.exit(message)

setup(
    cmdclass={"build_ext": BuildExtensions},
    long_description=long_description(),
    long_description_content_type="text/markdown",
    ext_modules=[
        extension("_core", "base", "scan", "graph", "bind/core"),
        extension(
            "_catalog",
            *("base", "catalog", "source", "reflect", "diff", "bind/catalog"),
            extra=["csrc/bind/core/raise.c"],
        ),
        with_library("_libpq"),
        with_library("_sqlite3"),
    ],
)
