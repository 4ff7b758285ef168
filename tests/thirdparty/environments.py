"""The environments and source distributions under build/thirdparty, made once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.support.upstream import ROOT
from tests.support.upstream import VERSION as UPSTREAM

from .table import ENVIRONMENTS, PYTEST, SQLALCHEMY, Package

WORK = Path(os.environ.get("ALEMBIC_C_THIRDPARTY", ROOT / "build" / "thirdparty"))
SIDES = ("upstream", "ours")
_HERE = Path(__file__).resolve().parent


def python(name: str) -> Path:
    """Return the interpreter of an environment of the table; make it if missing.

    Raises CalledProcessError if something cannot be installed.
    """
    home = WORK / "env" / name
    wanted = [SQLALCHEMY, f"alembic=={UPSTREAM}", PYTEST, *ENVIRONMENTS[name]]
    # Made again when the table has changed, or when it was left half done.
    ready = home / "ready"
    if not ready.exists() or ready.read_text() != "\n".join(wanted):
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "-q", "-q"]
        subprocess.run([*pip, "--prefer-binary", *wanted], check=True)
        ready.write_text("\n".join(wanted))
    return home / "bin" / "python"


def source(package: Package) -> Path:
    """Return the unpacked source distribution of a package, fetched once.

    Raises CalledProcessError if the index has none.
    """
    home = WORK / "source" / package.requirement
    if not home.is_dir():
        unpacking = WORK / "unpacking"
        shutil.rmtree(unpacking, ignore_errors=True)
        unpacking.mkdir(parents=True)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "-q", "--no-deps"]
            + ["--no-binary", package.name, "--dest", str(unpacking)]
            + [package.requirement],
            check=True,
        )
        (archive,) = unpacking.glob("*.tar.gz")
        with tarfile.open(archive) as file:
            file.extractall(unpacking, filter="data")
        archive.unlink()
        (tree,) = unpacking.iterdir()
        home.parent.mkdir(exist_ok=True)
        tree.rename(home)
    return home


def variables(side: str) -> dict[str, str]:
    """Return the process environment in which `import alembic` gives that side's.

    A link to the package is put on the path, not this project's root, whose `tests`
    would hide those of others.
    """
    result = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "ALEMBIC_C_"))
    }
    # Some packages walk sets of names.
    result["PYTHONHASHSEED"] = "0"
    if side == "ours":
        path = WORK / "ours"
        path.mkdir(parents=True, exist_ok=True)
        link = path / "alembic_c"
        if not link.is_symlink():
            link.symlink_to(ROOT / "alembic_c")
        result["PYTHONPATH"] = os.pathsep.join([str(_HERE / "side"), str(path)])
    return result
