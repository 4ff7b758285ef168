"""Run upstream's own test suite against this package.

Fetches upstream's source distribution, lays its tests under build/conformance, and runs
them with `alembic` resolving to `alembic_c`.  Prints passed/failed/skipped per file.

usage: python -m tests.conformance.run [--db sqlite|postgresql|mariadb] [--dburi URL]
           [--testing ours|upstream] [-n WORKERS] [--failures] [-k EXPRESSION]
           [--upstream VERSION]
           [test_file ...]

Without --dburi a throwaway server of the kind is started.  The tests use this package's
`alembic.testing`; with `--testing upstream` the one that they were written with.

Exit status 0 when exactly the failures listed in known_failures.txt happen.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import os
import shutil
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from tests.support import mariadb, postgres
from tests.support.upstream import VERSION as UPSTREAM

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGE = ROOT / "alembic_c"
WORK = Path(os.environ.get("ALEMBIC_C_CONFORMANCE", ROOT / "build" / "conformance"))
KNOWN = HERE / "known_failures.txt"
OUTCOMES = ("passed", "failed", "skipped")


def fetch(version: str) -> Path:
    """Return upstream's unpacked source tree of a release, fetched once."""
    tree = WORK / f"alembic-{version}"
    if tree.is_dir():
        return tree
    WORK.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        + ["--no-binary", ":all:", "--dest", str(WORK)]
        + [f"alembic=={version}"],
        check=True,
    )
    unpacking = WORK / "unpacking"
    shutil.rmtree(unpacking, ignore_errors=True)
    with tarfile.open(WORK / f"alembic-{version}.tar.gz") as archive:
        archive.extractall(unpacking, filter="data")
    (unpacking / tree.name).rename(tree)
    return tree


def lay(source: Path, testing: Path) -> Path:
    """Lay the tests, and the test support that they use, in a tree without upstream.

    testing: the package `alembic.testing` that they use.
    """
    # A directory of its own for each run: runs may overlap.
    tree = WORK / "trees" / str(os.getpid())
    shutil.copytree(source / "tests", tree / "tests")
    # Upstream's conftest executes a file of it by its path.
    shutil.copytree(testing, tree / "alembic" / "testing")
    shutil.copy(source / "setup.cfg", tree)
    shutil.copytree(HERE / "shims", tree / "tools")
    # Without it pytest climbs to this project's configuration, and its root directory.
    (tree / "pytest.ini").write_text("[pytest]\n")
    return tree


def known_failures(database: str) -> dict[str, str]:
    """Return test -> reason for the failures known on `database`.

    A line is `database<TAB>test<TAB>reason`.  The database `*` means each; a version of
    SQLAlchemy may follow it.
    """
    places = ("*", database, f"{database} {metadata.version('sqlalchemy')}")
    known = {}
    for number, line in enumerate(KNOWN.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 3 or not all(fields):
            raise SystemExit(f"{KNOWN}:{number}: want database<TAB>test<TAB>reason")
        where, test, reason = fields
        if where in places:
            known[test] = reason
    return known


def outcomes(report: Path) -> dict[str, str]:
    """Return `file::Class::test` -> outcome from a JUnit report."""
    result = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        module, _, cls = case.get("classname", "").rpartition(".")
        # SQLAlchemy's plugin adds the database and its version to the class name.
        cls = cls.split("_sqlite+")[0].split("_postgresql+")[0].split("_mysql+")[0]
        cls = cls.split("_mariadb+")[0]
        file = module.removeprefix("tests.").replace(".", "/") + ".py"
        if case.find("failure") is not None or case.find("error") is not None:
            outcome = "failed"
        elif case.find("skipped") is not None:
            outcome = "skipped"
        else:
            outcome = "passed"
        result[f"{file}::{cls}::{case.get('name')}"] = outcome
    return result


@contextlib.contextmanager
def database(name: str) -> Iterator[str]:
    """Yield the URL of a database of this kind; servers are throwaway ones."""
    if name == "postgresql":
        with postgres.cluster() as server:
            yield server.url()
    elif name == "mariadb":
        with mariadb.server() as server:
            yield server.url()
    else:
        yield "sqlite:///:memory:"


def run(options: argparse.Namespace, url: str) -> dict[str, str]:
    """Run the chosen test files and return the outcome of each test."""
    source = fetch(options.upstream)
    upstreams = options.testing == "upstream"
    tree = lay(source, (source / "alembic" if upstreams else PACKAGE) / "testing")
    report = tree / "report.xml"
    files = [f"tests/{Path(name).stem}.py" for name in options.files] or ["tests"]
    command = [sys.executable, "-m", "pytest", "-p", "conformance_plugin"]
    command += ["-q", "-p", "no:cacheprovider", "--maxfail=100000", "-r", "N"]
    command += ["-o", "addopts=-p no:warnings -p no:logging", "--dropfirst"]
    command += ["-o", "junit_family=xunit1", f"--junitxml={report}"]
    command += ["--tb=native" if options.failures else "--tb=no"]
    command += ["-n", str(options.n)] if options.n > 1 else []
    command += ["-k", options.k] if options.k else []
    command += ["--dburi", url]
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join([str(HERE / "plugin"), str(ROOT)])
    environment["ALEMBIC_C_CONFORMANCE_TESTING"] = options.testing
    environment["ALEMBIC_C_CONFORMANCE_TREE"] = str(tree)
    done = subprocess.run(
        command + files,
        cwd=tree,
        env=environment,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        if options.failures or not report.exists() or done.returncode > 1:
            sys.stdout.write(done.stdout)
        if not report.exists():
            raise SystemExit(f"pytest ended with {done.returncode} and no report")
        return outcomes(report)
    finally:
        shutil.rmtree(tree)


def show(results: dict[str, str]) -> None:
    """Print a row for each test file, and the totals."""
    table: dict[str, collections.Counter[str]] = {}
    for test, outcome in results.items():
        table.setdefault(test.partition("::")[0], collections.Counter())[outcome] += 1
    width = max(map(len, table), default=4)
    print(f"{'file':{width}}" + "".join(f"{name:>9}" for name in OUTCOMES))
    for file, counts in sorted(table.items()):
        print(f"{file:{width}}" + "".join(f"{counts[o]:9}" for o in OUTCOMES))
    total = collections.Counter(results.values())
    print(f"{'total':{width}}" + "".join(f"{total[o]:9}" for o in OUTCOMES))


def judge(results: dict[str, str], known: dict[str, str], complete: bool) -> int:
    """Print what is not as listed; return the exit status."""
    failed = {test for test, outcome in results.items() if outcome == "failed"}
    unlisted = sorted(failed - known.keys())
    stale = sorted(t for t in known if results.get(t) == "passed")
    if complete:
        # A file that cannot be imported is one failure, and has no tests.
        closed = {f"{t.rpartition('.')[2]}.py" for t in failed if t.startswith(".py::")}
        gone = known.keys() - results.keys()
        stale += sorted(t for t in gone if t.partition("::")[0] not in closed)
    for test in unlisted:
        print(f"FAILED, not listed: {test}")
    for test in stale:
        print(f"LISTED in {KNOWN.name}, but it passes or is gone: {test}")
    if not results:
        print("no test ran")
    return 1 if unlisted or stale or not results else 0


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run upstream's tests against ours.")
    parser.add_argument("files", nargs="*", help="test files, such as test_op")
    parser.add_argument("--db", default="sqlite")
    parser.add_argument("--dburi", help="SQLAlchemy URL instead of --db's default")
    parser.add_argument(
        "--testing",
        choices=("ours", "upstream"),
        default="ours",
        help="whose alembic.testing the tests use",
    )
    parser.add_argument("-n", type=int, default=2, help="processes")
    parser.add_argument("-k", help="pytest's test expression")
    parser.add_argument("--failures", action="store_true", help="print tracebacks")
    parser.add_argument(
        "--upstream", default=UPSTREAM, help="the release whose tests are run"
    )
    options = parser.parse_args(argv)
    with contextlib.ExitStack() as stack:
        url = options.dburi or stack.enter_context(database(options.db))
        results = run(options, url)
    show(results)
    complete = not options.files and not options.k
    return judge(results, known_failures(options.db), complete)


if __name__ == "__main__":
    sys.exit(main())
