"""Run others' tests and programs with upstream's package and with ours, and compare.

Prints a row for each: how many passed with upstream, with ours, how many differ; then
each difference.  Exit status 0 when nothing differs.

usage: python -m tests.thirdparty.run [--quick] [NAME...]

A NAME is a part of what the first column says.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import postgres

from . import environments
from .table import PROGRAMS, SUITES, Program, Suite

PROGRAM_FILES = Path(__file__).resolve().parent / "programs"
_TIMEOUT = 1800


@dataclass
class Result:
    """What one entry of the table gave.

    counts: how many passed with upstream, and with ours.
    total: how many there were with upstream.
    differences: one text each.
    """

    counts: tuple[int, int]
    total: int
    differences: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Server:
    """A PostgreSQL server with an empty database for each run; started when needed."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._cluster: postgres.Cluster | None = None
        self._number = 0

    def places(self, own: bool = False) -> dict[str, str]:
        """Return what stands for the braces in the table, for a new database.

        own: on a new server, because tests leave roles behind.
        """
        if self._cluster is None or own:
            self._cluster = self._stack.enter_context(postgres.cluster())
        self._number += 1
        database = f"run{self._number}"
        self._cluster.sql("postgres", f"CREATE DATABASE {database}")
        return {
            "host": "127.0.0.1",
            "port": str(self._cluster.port),
            "user": postgres.USER,
            "password": postgres.PASSWORD,
            "database": database,
        }


def _filled(texts: Sequence[str], places: Mapping[str, str]) -> list[str]:
    return [text.format(**places) if places else text for text in texts]


def _fresh(entry: Suite | Program, side: str) -> Path:
    """Return the path of a directory for one run, which is not there yet."""
    home = environments.WORK / "run" / entry.label.replace(" ", "-") / side
    shutil.rmtree(home, ignore_errors=True)
    home.parent.mkdir(parents=True, exist_ok=True)
    return home


def _shield(tree: Path) -> None:
    """Keep pytest from climbing to this project's configuration.

    An empty pytest.ini would take the place of a configuration that the tree has.
    """
    for name, table in (
        ("pytest.ini", "pytest"),
        ("pyproject.toml", "tool.pytest"),
        ("tox.ini", "pytest"),
        ("setup.cfg", "tool:pytest"),
    ):
        file = tree / name
        if file.exists() and f"[{table}" in file.read_text():
            return
    (tree / "pytest.ini").write_text("[pytest]\n")


def outcomes(report: Path) -> dict[str, tuple[str, str]]:
    """Return test -> (outcome, first line of the message) from a JUnit report."""
    result: dict[str, tuple[str, str]] = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        outcome, message = "passed", ""
        for kind in ("failure", "error", "skipped"):
            found = case.find(kind)
            if found is not None:
                outcome = kind
                message = (found.get("message") or "").partition("\n")[0]
                break
        result[f"{case.get('classname')}::{case.get('name')}"] = outcome, message
    return result


def run_suite(
    suite: Suite, tests: Sequence[str], side: str, server: Server
) -> dict[str, tuple[str, str]]:
    """Run the tests of a package on one side; return what `outcomes` does.

    Raises RuntimeError if pytest gave no report.
    """
    tree = _fresh(suite, side)
    shutil.copytree(environments.source(suite.package), tree)
    _shield(tree)
    if suite.conftest:
        shutil.copyfile(PROGRAM_FILES / suite.conftest, tree / "conftest.py")
    places = server.places(own=True) if suite.server else {}
    process = environments.variables(side)
    interpreter = environments.python(suite.environment)
    # Tests start `flask`, `alembic` and others by name.
    process["PATH"] = f"{interpreter.parent}:{process['PATH']}"
    for name, value in suite.variables.items():
        process[name] = value.format(**places)
    report = tree / "thirdparty-report.xml"
    command = [str(interpreter), "-m", "pytest", "-q", "--tb=short"]
    command += ["-o", "junit_family=xunit1", f"--junitxml={report}"]
    done = subprocess.run(
        [*command, *_filled(suite.options, places), *tests],
        cwd=tree,
        env=process,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_TIMEOUT,
    )
    (tree / "thirdparty-output.txt").write_text(done.stdout)
    if not report.exists():
        raise RuntimeError(
            f"{suite.label}, {side}: pytest ended with {done.returncode} and no "
            f"report:\n{done.stdout[-4000:]}"
        )
    return outcomes(report)


def compare_suite(suite: Suite, quick: bool, server: Server) -> Result:
    """Run the tests of a package on both sides."""
    tests = suite.quick if quick else suite.tests
    theirs, ours = (
        run_suite(suite, tests, side, server) for side in environments.SIDES
    )
    differences = []
    for test in sorted(theirs.keys() | ours.keys()):
        before, after = theirs.get(test, ("absent", "")), ours.get(test, ("absent", ""))
        if before[0] != after[0]:
            differences.append(
                f"{test}: {before[0]} with upstream, {after[0]} with ours: "
                f"{after[1] or before[1]}"
            )
    if not any(outcome == "passed" for outcome, _ in theirs.values()):
        differences.append("no test passes with upstream, so nothing is shown")
    passed = [
        sum(outcome == "passed" for outcome, _ in side.values())
        for side in (theirs, ours)
    ]
    return Result((passed[0], passed[1]), len(theirs), differences)


def run_program(
    program: Program, arguments: Sequence[str], side: str, server: Server
) -> tuple[int, list[str]]:
    """Run a program of ours on one side; return its status and the lines it prints."""
    home = _fresh(program, side)
    home.mkdir()
    places = server.places() if program.server else {}
    interpreter = environments.python(program.environment)
    process = environments.variables(side)
    process["PATH"] = f"{interpreter.parent}:{process['PATH']}"
    done = subprocess.run(
        [str(interpreter), str(PROGRAM_FILES / program.script)]
        + _filled(arguments, places),
        cwd=home,
        env=process,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT,
    )
    output = done.stdout
    # What names this run and nothing else.
    for name, place in (("DATABASE", places.get("database")), ("HOME", str(home))):
        output = output.replace(place, name) if place else output
    (home / "thirdparty-output.txt").write_text(f"{done.stdout}\n--\n{done.stderr}")
    if done.returncode:
        output += f"\nstatus {done.returncode}: {done.stderr.strip()[-1500:]}"
    return done.returncode, output.splitlines()


def unlike(
    theirs: Sequence[str], ours: Sequence[str], on_purpose: Sequence[str]
) -> list[str]:
    """Return a unified diff of two outputs; none where all changes are on purpose.

    on_purpose: patterns of whole lines of the diff.
    """
    found = list(difflib.unified_diff(theirs, ours, "upstream", "ours", "", "", 1, ""))
    changes = [line for line in found[2:] if line.startswith(("+", "-"))]
    expected = re.compile("|".join(on_purpose) or "(?!)")
    return [] if all(map(expected.fullmatch, changes)) else found


def compare_program(program: Program, quick: bool, server: Server) -> Result:
    """Run a program on both sides.  A line counts as one passed if it is equal."""
    arguments = program.arguments if quick else program.arguments + program.more
    (status, theirs), (_, ours) = (
        run_program(program, arguments, side, server) for side in environments.SIDES
    )
    differences = unlike(theirs, ours, program.on_purpose)
    equal = sum(
        block.size
        for block in difflib.SequenceMatcher(
            None, theirs, ours, False
        ).get_matching_blocks()
    )
    if status:
        differences += ["it fails with upstream, so nothing is shown:", *theirs[-8:]]
    elif not theirs:
        differences.append("it prints nothing with upstream, so nothing is shown")
    return Result((len(theirs), equal), len(theirs), differences)


def compare(entry: Suite | Program, quick: bool, server: Server) -> Result:
    """Run an entry of the table on both sides, and time it."""
    begin = time.monotonic()
    try:
        if isinstance(entry, Suite):
            result = compare_suite(entry, quick, server)
        else:
            result = compare_program(entry, quick, server)
    except (RuntimeError, subprocess.SubprocessError) as problem:
        # The entries after it are run all the same.
        result = Result((0, 0), 0, [f"no result: {problem}"])
    result.seconds = time.monotonic() - begin
    return result


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Others' tests, upstream and ours.")
    parser.add_argument("names", nargs="*", help="parts of names in the first column")
    parser.add_argument("--quick", action="store_true", help="the gate's part of it")
    options = parser.parse_args(argv)
    table: list[Suite | Program] = [*SUITES, *PROGRAMS]
    entries = [
        entry
        for entry in table
        if (entry.quick or not options.quick)
        and (not options.names or any(n in entry.label for n in options.names))
    ]
    if not entries:
        parser.error("nothing has such a name")
    width = max(len(f"{e.label} {e.package.version}") for e in entries)
    print(f"{'package':{width}}  upstream     ours      of  differ  seconds")
    failed = 0
    with contextlib.ExitStack() as stack:
        server = Server(stack)
        for entry in entries:
            result = compare(entry, options.quick, server)
            print(
                f"{entry.label + ' ' + entry.package.version:{width}}"
                f"{result.counts[0]:10}{result.counts[1]:9}{result.total:8}"
                f"{len(result.differences):8}{result.seconds:9.0f}",
                flush=True,
            )
            for line in result.differences:
                print(f"    {line}")
            failed += bool(result.differences)
    print(f"{len(entries) - failed} of {len(entries)} the same with both packages")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
