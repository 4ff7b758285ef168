"""Install the system programs that the tests need, where they are missing.

usage: python tools/install_system.py NAME...    (names of the table below)

Uses the system's package manager if this account may; otherwise prints one line that
says what to install, and exits with 1.  Standard library only.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys

# name -> (files that show it is there, packages for each package manager)
PROGRAMS: dict[str, tuple[list[str], dict[str, list[str]]]] = {
    "postgresql": (
        ["/usr/lib/postgresql/*/bin/initdb", "/usr/*bin/initdb"],
        {
            "apt-get": ["postgresql", "postgresql-contrib"],
            "dnf": ["postgresql-server", "postgresql-contrib"],
            "apk": ["postgresql", "postgresql-contrib"],
        },
    ),
    "pgbouncer": (
        ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"],
        {"apt-get": ["pgbouncer"], "dnf": ["pgbouncer"], "apk": ["pgbouncer"]},
    ),
    "libpq": (
        ["/usr/include/libpq-fe.h", "/usr/include/postgresql/libpq-fe.h"],
        {"apt-get": ["libpq-dev"], "dnf": ["libpq-devel"], "apk": ["libpq-dev"]},
    ),
    "sqlite3": (
        ["/usr/include/sqlite3.h"],
        {
            "apt-get": ["libsqlite3-dev"],
            "dnf": ["sqlite-devel"],
            "apk": ["sqlite-dev"],
        },
    ),
    "mariadb": (
        ["/usr/sbin/mariadbd", "/usr/libexec/mariadbd", "/usr/bin/mariadbd"],
        {
            "apt-get": ["mariadb-server"],
            "dnf": ["mariadb-server"],
            "apk": ["mariadb", "mariadb-client"],
        },
    ),
    "clang": (
        ["/usr/bin/clang"],
        {"apt-get": ["clang"], "dnf": ["clang"], "apk": ["clang"]},
    ),
    "clang-format": (
        ["/usr/bin/clang-format"],
        {
            "apt-get": ["clang-format"],
            "dnf": ["clang-tools-extra"],
            "apk": ["clang-extra-tools"],
        },
    ),
    "sanitizers": (
        [
            "/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a",
            "/usr/lib*/clang/*/lib/linux/libclang_rt.fuzzer-*.a",
        ],
        {
            "apt-get": ["libclang-rt-dev"],
            "dnf": ["compiler-rt"],
            "apk": ["compiler-rt"],
        },
    ),
}
# The unversioned package of the sanitizers' runtime is newer than some releases.
FALLBACKS = {"libclang-rt-dev": "libclang-rt-14-dev"}


def present(name: str) -> bool:
    """Return whether what `name` stands for is on this machine."""
    patterns, _ = PROGRAMS[name]
    return any(glob.glob(pattern) for pattern in patterns)


def package_manager() -> str | None:
    """Return the system's package manager, or None."""
    return next((m for m in ("apt-get", "dnf", "apk") if shutil.which(m)), None)


def elevated() -> list[str] | None:
    """Return the prefix of a command run as root, or None if that may not be."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
        if asked.returncode == 0:
            return ["sudo", "-n"]
    return None


def install(prefix: list[str], manager: str, packages: list[str]) -> bool:
    """Install packages; return whether the package manager says it did."""
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    verbs = {
        "apt-get": ["install", "-y", "-q", "--no-install-recommends"],
        "dnf": ["install", "-y"],
        "apk": ["add"],
    }
    command = [*prefix, manager, *verbs[manager], *packages]
    return subprocess.run(command, env=environment, check=False).returncode == 0


def main(names: list[str]) -> int:
    missing = [name for name in names if not present(name)]
    if not missing:
        return 0
    manager, prefix = package_manager(), elevated()
    packages = [
        package
        for name in missing
        for package in PROGRAMS[name][1].get(manager or "apt-get", [name])
    ]
    if manager is None or prefix is None:
        print(f"missing: {', '.join(missing)}. Install: {' '.join(packages)}")
        return 1
    if manager == "apt-get":
        subprocess.run([*prefix, manager, "update", "-q"], check=False)
    if not install(prefix, manager, packages):
        others = [FALLBACKS.get(package, package) for package in packages]
        if others == packages or not install(prefix, manager, others):
            print(f"could not install: {' '.join(packages)}")
            return 1
    return 0


if __name__ == "__main__":
    unknown = [name for name in sys.argv[1:] if name not in PROGRAMS]
    if unknown or not sys.argv[1:]:
        sys.exit(f"usage: install_system.py {{{','.join(PROGRAMS)}}}...")
    sys.exit(main(sys.argv[1:]))
