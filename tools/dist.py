"""Build what is installed: sdists, and wheels for every Python that is here.

usage: python tools/dist.py [PYTHON ...]     (`make dist` makes the environment for it)

    dist/alembic_c-*.tar.gz      with tests, docs, the change log
    dist/alembic_c-*.whl         one for each Python: repaired, stripped, libc alone
    dist/alembic-*+c*            the second distribution, of packaging/alembic

PYTHON: the Pythons to build for; each CPython from 3.10 on that is found without it.
Wheels are built from the sdist, and each is tried in an environment of its own in which
there is no compiler.  Exits with 1 at the first thing that is not as it should be.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
OUTPUT = PROJECT / "dist"
NAME = PROJECT / "packaging" / "alembic"

# What an unpacked sdist is tested and read with.
IN_SDIST = ["CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "SECURITY.md"]
IN_SDIST += ["csrc/include/alc/graph.h", "docs/architecture.md", "setup.py"]
IN_SDIST += ["packaging/alembic/pyproject.toml", "tests/README.md", "tests/conftest.py"]
# Beside the loader, what glibc and musl consist of.
C_LIBRARY = ("libc.", "libpthread.", "libdl.", "libm.", "ld-linux", "ld-musl")

OLDEST = (3, 10)
DESCRIBE = (
    "import sys, sysconfig; print(sys.implementation.name, *sys.version_info[:2], "
    "sysconfig.get_config_var('Py_GIL_DISABLED') or 0, sys.base_prefix)"
)


def run(*command: str | Path, **keywords: object) -> None:
    print("$", *command, flush=True)
    subprocess.run(command, check=True, **keywords)  # type: ignore[call-overload]


def tool(*arguments: str | Path, **keywords: object) -> None:
    """Run a module of the environment that this runs in."""
    run(sys.executable, "-m", *arguments, **keywords)


# --- the Pythons ----------------------------------------------------------------------


def pythons() -> dict[str, str]:
    """Return every CPython that is here and that we support, by its kind."""
    patterns = [f"{folder}/python3.*" for folder in os.get_exec_path()]
    patterns += [os.path.expanduser("~/.pyenv/versions/*/bin/python3.*")]
    found: dict[str, str] = {}
    for pattern in patterns:
        for path in sorted(glob.glob(pattern)):
            name = os.path.basename(path).removeprefix("python3.").removesuffix("t")
            if name.isdigit() and (kind := kind_of(path)):
                found.setdefault(kind, path)
    return found


def kind_of(python: str) -> str | None:
    """Return what wheels for a Python have in their names, None if it is none of ours.

    The free-threaded build is none: see the support policy in CONTRIBUTING.md.
    """
    asked = subprocess.run(
        [python, "-c", DESCRIBE], capture_output=True, text=True, check=False
    )
    if asked.returncode:
        return None
    name, major, minor, threaded, _ = asked.stdout.split(maxsplit=4)
    old = (int(major), int(minor)) < OLDEST
    if name != "cpython" or old or threaded == "1":
        return None
    return f"cp{major}{minor}"


# --- building and looking at what was built -------------------------------------------


def build_sdists(output: Path) -> tuple[Path, Path]:
    """Build both sdists, and the wheel of the name; return ours and that wheel."""
    tool("build", "--sdist", "--outdir", output, PROJECT)
    tool("build", "--outdir", output, NAME)
    (sdist,) = output.glob("alembic_c-*.tar.gz")
    (wheel,) = output.glob("alembic-*-none-any.whl")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    missing = [name for name in IN_SDIST if name not in names]
    odd = [name for name in names if name.endswith((".so", ".pyc", ".o"))]
    if missing or odd:
        sys.exit(f"{sdist}: missing {missing}, odd {odd}")
    return sdist, wheel


def build_wheel(python: str, sdist: Path, output: Path) -> Path:
    """Build a wheel from the sdist, repair and strip it."""
    with tempfile.TemporaryDirectory() as scratch:
        environment = Path(scratch) / "venv"
        run(python, "-m", "venv", environment)
        builder = environment / "bin" / "python"
        run(builder, "-m", "pip", "install", "--quiet", "--upgrade", "pip")
        raw = Path(scratch) / "raw"
        run(builder, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", raw, sdist)
        (built,) = raw.glob("*.whl")
        repaired = Path(scratch) / "repaired"
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        tool(
            *("auditwheel", "repair", "--strip", "-w", repaired, built),
            env={**os.environ, "PATH": path},
        )
        (wheel,) = repaired.glob("*.whl")
        return Path(shutil.copy(wheel, output))


def look_at(wheel: Path) -> None:
    """Exit if a wheel brings or needs a foreign library, or has symbols to strip."""
    from elftools.elf.dynamic import DynamicSection
    from elftools.elf.elffile import ELFFile

    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        foreign = [name for name in names if ".libs/" in name]
        extensions = [name for name in names if name.endswith(".so")]
        if foreign or not extensions:
            sys.exit(f"{wheel}: brings {foreign}; extensions are {extensions}")
        for name in extensions:
            with archive.open(name) as stream:
                elf = ELFFile(stream)
                if elf.get_section_by_name(".symtab"):
                    sys.exit(f"{wheel}: {name} is not stripped")
                needed = [
                    tag.needed
                    for section in elf.iter_sections()
                    if isinstance(section, DynamicSection)
                    for tag in section.iter_tags("DT_NEEDED")
                ]
            if wrong := [each for each in needed if not each.startswith(C_LIBRARY)]:
                sys.exit(f"{wheel}: {name} needs {wrong}")
    size = wheel.stat().st_size // 1024
    print(f"{wheel.name}: {size} kB, {len(extensions)} extensions, libc alone")


def try_out(python: str, *wheels: Path) -> None:
    """Install wheels where there is no compiler, do the main job, and go again."""
    with tempfile.TemporaryDirectory() as scratch:
        environment = Path(scratch) / "venv"
        run(python, "-m", "venv", environment)
        programs = environment / "bin"
        clean = {"PATH": str(programs), "HOME": scratch, "CC": "/nonexistent"}
        # Indexes and proxies are the machine's business.
        clean |= {k: v for k, v in os.environ.items() if k.lower().startswith("pip_")}
        clean |= {k: v for k, v in os.environ.items() if k.lower().endswith("_proxy")}
        inside = programs / "python"

        def pip(*arguments: str | Path) -> None:
            run(inside, "-m", "pip", *arguments, env=clean)

        pip("install", "--quiet", "--only-binary", ":all:", *wheels)
        pip("check")
        run(inside, PROJECT / "tools" / "try_install.py", env=clean, cwd=scratch)
        run(programs / "alembic-c", "which", env=clean, cwd=scratch)
        pip("uninstall", "--quiet", "--yes", "alembic", "alembic-c")
        left = [*environment.rglob("*alembic*")]
        if left:
            sys.exit(f"uninstalling left {left}")


def main(arguments: list[str]) -> int:
    chosen = {}
    for name in arguments:
        path = shutil.which(name)
        kind = kind_of(path) if path else None
        if not path or not kind:
            sys.exit(f"{name} is no CPython that is supported")
        chosen[kind] = path
    chosen = chosen or pythons()
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir()
    sdist, name_wheel = build_sdists(OUTPUT)
    for kind, python in sorted(chosen.items()):
        print(f"== {kind}: {python}", flush=True)
        wheel = build_wheel(python, sdist, OUTPUT)
        look_at(wheel)
        try_out(python, wheel, name_wheel)
    built = sorted(OUTPUT.iterdir())
    tool("twine", "check", "--strict", *built)
    # As far as cibuildwheel goes without containers: its configuration is understood.
    tool("cibuildwheel", "--platform", "linux", "--print-build-identifiers")
    print("\n".join(str(path.relative_to(PROJECT)) for path in built))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
