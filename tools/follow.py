"""Say how far this package is from upstream's newest release.

usage: python -m tools.follow [--version VERSION] [--no-suite | test_file ...]

Asks the package index for the newest release, compares what the two packages offer
(modules, names, signatures, members, stubs, options of the command line, templates),
and runs the release's own tests through our name, file by file.  What differs on
purpose stands in tools/differences.txt.  The last line is `level with VERSION`, exit
status 0, or what is missing, exit status 1.

--version: a release to compare with in place of the newest.
--no-suite: do not run the tests; test_file: run these alone.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.support import upstream

PROJECT = Path(__file__).resolve().parent.parent
INTERFACE = PROJECT / "tools" / "interface.py"
TABLE = PROJECT / "tools" / "differences.txt"

Entries = Mapping[str, str]


def newest() -> str:
    """Return the version of upstream's newest release on the package index."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "index", "versions", "alembic"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.match(r"alembic \((\S+)\)", done.stdout)
    if found is None:
        raise SystemExit(f"pip's answer is not understood: {done.stdout[:200]!r}")
    return found[1]


def interface(path: Path, *arguments: str) -> dict[str, str]:
    """Return what the package `alembic` that is found in a directory offers."""
    done = subprocess.run(
        [sys.executable, str(INTERFACE), *arguments],
        env={**upstream.environment(), "PYTHONPATH": str(path)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    entries: dict[str, str] = json.loads(done.stdout)
    return entries


def interfaces_of(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return what upstream's package in a directory offers, and what ours has of it."""
    theirs = interface(path)
    with tempfile.TemporaryDirectory() as directory:
        wanted = Path(directory, "wanted.json")
        wanted.write_text(json.dumps(theirs), encoding="utf-8")
        return theirs, interface(PROJECT, "--like", str(wanted))


def read_table(path: Path = TABLE) -> dict[str, str]:
    """Return name -> reason of the differences on purpose."""
    table = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        name, _, reason = line.partition("\t")
        if not reason or name in table:
            raise SystemExit(f"{path}:{number}: want name<TAB>reason, each name once")
        table[name] = reason
    return table


def differences(theirs: Entries, ours: Entries) -> dict[str, str]:
    """Return name -> what is wrong with it in ours.

    What belongs to a module or class that is missing is not told of by itself.
    """
    found = {}
    for name, what in theirs.items():
        if any(owner in found and owner not in ours for owner in owners(name)):
            continue
        if name not in ours:
            found[name] = f"missing; upstream's is {what}"
        elif ours[name] != what:
            found[name] = f"is {ours[name]}; upstream's is {what}"
    return found


def owners(name: str) -> list[str]:
    """Return the module and the class that a name belongs to, in an entry's form."""
    module, _, path = name.partition(":")
    return [module, f"{module}:{re.split(r'[.]| < ', path)[0]}"] if path else []


def compare(theirs: Entries, ours: Entries, table: Entries) -> list[str]:
    """Return a line for each difference that is not listed, and for stale lines.

    table: name -> reason of what differs on purpose.
    """
    found = differences(theirs, ours)
    lines = [f"{name}  {what}" for name, what in found.items() if name not in table]
    lines += [
        f"{name}  listed in {TABLE.name}, but it is no difference"
        for name in table
        if name not in found
    ]
    return lines


def suite(version: str, files: list[str]) -> bool:
    """Run a release's tests through our name; return whether all is as listed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.conformance.run", "--upstream", version, *files],
        cwd=PROJECT,
        check=False,
    )
    return done.returncode == 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compare with upstream's newest.")
    parser.add_argument("files", nargs="*", help="test files, such as test_op")
    parser.add_argument("--version")
    parser.add_argument("--no-suite", action="store_true")
    options = parser.parse_args(arguments)
    version = options.version or newest()
    print(
        f"the newest release is {version}; this package has the level of "
        f"{upstream.VERSION}"
    )
    theirs, ours = interfaces_of(upstream.installed(version))
    found = compare(theirs, ours, read_table())
    print("\n".join([*found, f"{len(theirs)} names compared, {len(found)} differ"]))
    missing = [f"{len(found)} names"] if found else []
    if version != upstream.VERSION:
        missing.append(f"the stated level is {upstream.VERSION}")
    if not options.no_suite and not suite(version, options.files):
        missing.append("tests of upstream's fail")
    not_run = options.no_suite or bool(options.files)
    if not_run:
        missing.append("not all of upstream's tests were run")
    if missing:
        print(f"not level with {version}: {', '.join(missing)}")
        return 1
    print(f"level with {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
