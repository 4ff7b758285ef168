"""The version, the dependency on alembic-c, and the packages; see pyproject.toml.

alembic-c 1.20.1.N makes this distribution alembic 1.20.1+c.N (1.20.1+c for N = 0). The
local part says whose it is, and every requirement on alembic ignores it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).resolve().parent
STATED = HERE.parent.parent / "alembic_c" / "__init__.py"


def core_version() -> str:
    """Return the version of alembic-c: as the checkout states it, or the sdist."""
    if STATED.exists():
        text = STATED.read_text(encoding="utf-8")
        (version,) = re.findall(r'^__version__ = "([\d.]+)"$', text, re.MULTILINE)
        return version
    text = (HERE / "PKG-INFO").read_text(encoding="utf-8")
    level, number = re.findall(r"^Version: ([\d.]+)\+c(?:\.(\d+))?$", text, re.M)[0]
    return f"{level}.{number or 0}"


def packages() -> list[str]:
    """Return the packages of the import alias and of its stubs."""
    return sorted(
        ".".join(Path(folder).relative_to(HERE).parts)
        for root in ("alembic", "alembic-stubs")
        for folder, _, files in os.walk(HERE / root)
        if any(name.startswith("__init__.py") for name in files)
    )


core = core_version()
level, _, number = core.rpartition(".")

setup(
    version=f"{level}+c" if number == "0" else f"{level}+c.{number}",
    install_requires=[f"alembic-c~={core}"],
    extras_require={"tz": [f"alembic-c[tz]~={core}"]},
    packages=packages(),
    package_data={"*": ["*.pyi"]},
)
