"""This project's distribution `alembic` (packaging/alembic), built and installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import distribution
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


def core_wheel(directory: Path) -> Path:
    """Write a wheel of alembic-c as it is here, compiled already."""
    metadata = distribution("alembic-c")
    version = alembic_c.__version__
    info = f"alembic_c-{version}.dist-info"
    path = directory / f"alembic_c-{version}-py3-none-any.whl"
    texts = {
        f"{info}/METADATA": str(
            metadata.read_text("METADATA") or metadata.read_text("PKG-INFO")
        ),
        f"{info}/entry_points.txt": metadata.read_text("entry_points.txt") or "",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        names = [*texts, f"{info}/RECORD"]
        for file in sorted((ROOT / "alembic_c").rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                names.append(str(file.relative_to(ROOT)))
                archive.write(file, names[-1])
        for name, text in texts.items():
            archive.writestr(name, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))
    return path


def name_wheel(directory: Path) -> Path:
    """Build the wheel of the distribution `alembic`."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
            + ["--no-build-isolation", "-w", str(directory)]
            + [str(source(Path(scratch)))],
            check=True,
        )
    (path,) = directory.glob("alembic-*.whl")
    return path


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
