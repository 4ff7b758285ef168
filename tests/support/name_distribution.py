"""This project's distribution `alembic` (packaging/alembic), built and installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import alembic_c

ROOT = Path(__file__).resolve().parent.parent.parent


def version() -> str:
    """Return the version that the distribution has to have."""
    level, _, number = alembic_c.__version__.rpartition(".")
    return f"{level}+c" if number == "0" else f"{level}+c.{number}"


def source(directory: Path) -> Path:
    """Copy what the distribution is built from, so that building leaves no trace.

    Returns the directory of its pyproject.toml.
    """
    copied = directory / "packaging" / "alembic"
    shutil.copytree(
        ROOT / "packaging" / "alembic",
        copied,
        ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"),
    )
    (directory / "alembic_c").mkdir()
    shutil.copy(ROOT / "alembic_c" / "__init__.py", directory / "alembic_c")
    return copied


def install(target: Path) -> list[str]:
    """Install the distribution into a directory, alone; return the names added."""
    before = set(os.listdir(target))
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
            + ["--no-build-isolation", "--target", str(target)]
            + [str(source(Path(scratch)))],
            check=True,
        )
    return sorted(set(os.listdir(target)) - before)
