"""Upstream's released package, beside ours: the yardstick of the differential tests.

It is installed alone into a directory of its own, never into the environment under
test, so that `import alembic` finds it only where a test asks for it.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import alembic_c

VERSION = alembic_c.__version__.rpartition(".")[0]
ROOT = Path(__file__).resolve().parent.parent.parent


def directory() -> Path:
    """Return the directory that holds upstream's package; install it if missing."""
    given = os.environ.get("ALEMBIC_C_UPSTREAM")
    return installed(VERSION, Path(given) if given else None)


def installed(version: str, target: Path | None = None) -> Path:
    """Return where a release of upstream's is alone; install it if missing."""
    target = target or ROOT / "build" / f"upstream-{version}"
    if not (target / "alembic" / "__init__.py").exists():
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
            + ["--target", str(target), f"alembic=={version}"],
            check=True,
        )
    return target


def load() -> ModuleType:
    """Import upstream's package as `alembic`, side by side with ours.

    Raises RuntimeError if our own alias has taken the name in this process.
    """
    path = str(directory())
    if path not in sys.path:
        sys.path.append(path)
    package = importlib.import_module("alembic")
    if not str(package.__file__).startswith(path):
        raise RuntimeError(f"'alembic' is {package.__file__}, not upstream's")
    return package


def environment(**extra: str) -> dict[str, str]:
    """Return the environment in which a new Python imports upstream as `alembic`."""
    return {**os.environ, "PYTHONPATH": str(directory()), **extra}


def command(*arguments: str) -> list[str]:
    """Return the command line that runs upstream's `alembic`."""
    return [sys.executable, "-m", "alembic", *arguments]
