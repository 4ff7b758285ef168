"""Run the Python tests with the extension modules built with ASan and UBSan.

usage: python tools/sanitized.py [pytest arguments]

Builds into build/sanitized, so that the ordinary build stays as it is.  Leaks are not
reported here: the interpreter keeps memory at exit by design; `make -C csrc check
SAN=address,undefined` looks for leaks in the core.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TREE = ROOT / "build" / "sanitized"
FLAGS = "-fsanitize=address,undefined -fno-sanitize-recover=undefined"


def runtime(name: str) -> str:
    """Return the path of a sanitizer's shared runtime, as the compiler tells it."""
    found = subprocess.run(
        [os.environ.get("CC", "gcc"), f"-print-file-name={name}"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    if not os.path.isabs(found):
        raise SystemExit(f"{name} is missing: install gcc's sanitizer runtime")
    return found


def lay() -> None:
    """Copy the sources to a tree of their own and build the extensions there."""
    shutil.rmtree(TREE, ignore_errors=True)
    TREE.mkdir(parents=True)
    ignore = shutil.ignore_patterns("*.so", "__pycache__", "build", "conformance")
    for name in ("alembic_c", "csrc", "tests", "benchmarks", "tools"):
        shutil.copytree(ROOT / name, TREE / name, ignore=ignore)
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, TREE)
    environment = dict(
        os.environ,
        ALEMBIC_C_STRICT="1",
        ALEMBIC_C_CFLAGS=f"{FLAGS} -g -O1 -fno-omit-frame-pointer",
        ALEMBIC_C_LDFLAGS=FLAGS,
    )
    subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"],
        cwd=TREE,
        env=environment,
        check=True,
    )


def main(arguments: list[str]) -> int:
    lay()
    preload = [runtime("libasan.so"), runtime("libubsan.so")]
    environment = dict(
        os.environ,
        PYTHONPATH=str(TREE),
        PYTHONMALLOC="malloc",
        LD_PRELOAD=" ".join(preload),
        ASAN_OPTIONS="detect_leaks=0:abort_on_error=1",
        UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1",
    )
    command = [sys.executable, "-m", "pytest", "-q", *(arguments or ["tests"])]
    return subprocess.run(command, cwd=TREE, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
