"""Revision files and their graph: ours against upstream, and against the floor.

Whole process: `alembic heads`, `alembic history`.  In process: loading a
ScriptDirectory to tell its heads, loading all of its revisions as objects (which ours
makes when they are asked for), and, with the heads told, iterating over all revisions,
so that making them counts there, too.  Upstream keeps compiled revision files in
`__pycache__` where it may; both are measured: `bytecode` with them, `no bytecode` with
PYTHONDONTWRITEBYTECODE=1, as in most containers and on a first run.  The files are in
the page cache, for both sides.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks import measure, revision_tree
from tests.support import upstream

ROOT = Path(__file__).resolve().parent.parent
SIZES = (10, 1_000, 10_000)

# argv: package, what to time.  Prints seconds; garbage of the set-up is not counted.
_IN_PROCESS = """
import gc, sys, time
from importlib import import_module
package, what = sys.argv[1:]
Config = import_module(package + ".config").Config
ScriptDirectory = import_module(package + ".script").ScriptDirectory
if package == "alembic_c":
    import_module("alembic_c").install()
else:
    import_module("alembic.op")
gc.collect()
start = time.perf_counter()
script = ScriptDirectory.from_config(Config("alembic.ini"))
heads = script.get_heads()
loaded = time.perf_counter()
assert script.revision_map._revision_map
made = time.perf_counter()
count = sum(1 for _ in script.walk_revisions())
walked = time.perf_counter()
assert heads and count
print({"load": loaded - start, "all": made - start, "iterate": walked - loaded}[what])
"""


def ours_environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _in_process(
    package: str, what: str, environment: Mapping[str, str], cwd: Path
) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _IN_PROCESS, package, what],
        env=dict(environment),
        cwd=cwd,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)


def _floor_files(directory: Path) -> float:
    """Return the seconds that opening and reading the same files takes in C."""
    subprocess.run(["make", "-s", "-C", str(ROOT / "csrc"), "floor"], check=True)
    program = ROOT / "csrc" / "build" / "floor"
    versions = directory / "migrations" / "versions"

    def once() -> float:
        done = subprocess.run(
            [str(program), str(versions)], check=True, capture_output=True, text=True
        )
        return float(done.stdout.split()[0]) / 1e3  # milliseconds, files, bytes

    return measure.interleaved({"floor": once}, 5, warm=True)["floor"]


def _floor_python(cwd: Path) -> float:
    def once() -> float:
        return measure.process(
            measure.python("-c", "pass"), os.environ, str(cwd)
        ).seconds

    return measure.interleaved({"floor": once}, 11)["floor"]


class Bench:
    """The two sides over one generated tree."""

    def __init__(self, directory: Path, rounds: int, *, bytecode: bool) -> None:
        self._directory = directory
        self._rounds = rounds
        setting = {} if bytecode else {"PYTHONDONTWRITEBYTECODE": "1"}
        base = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        self._environments = {
            "upstream": {**base, "PYTHONPATH": str(upstream.directory()), **setting},
            "ours": {**base, "PYTHONPATH": str(ROOT), **setting},
        }

    def command(self, verb: str) -> dict[str, measure.Run]:
        """Return the medians of time and of peak memory of one verb, a side each."""
        peaks: dict[str, list[int]] = {"upstream": [], "ours": []}

        def once(side: str, package: str) -> float:
            run = measure.process(
                measure.python("-m", package, verb),
                self._environments[side],
                str(self._directory),
            )
            peaks[side].append(run.peak)
            return run.seconds

        times = measure.interleaved(
            {
                "upstream": lambda: once("upstream", "alembic"),
                "ours": lambda: once("ours", "alembic_c"),
            },
            self._rounds,
            warm=True,
        )
        return {s: measure.Run(times[s], sorted(peaks[s])[-1]) for s in times}

    def in_process(self, what: str) -> dict[str, float]:
        """Return the medians of `load`, `all` or `iterate`, a side each."""

        def once(side: str, package: str) -> float:
            return _in_process(package, what, self._environments[side], self._directory)

        return measure.interleaved(
            {
                "upstream": lambda: once("upstream", "alembic"),
                "ours": lambda: once("ours", "alembic_c"),
            },
            self._rounds,
            warm=True,
        )


_TARGETS = {
    ("heads", 10): 8.0,
    ("heads", 10_000): 30.0,
    ("history", 10_000): 40.0,
    ("load", 10_000): 60.0,
    ("iterate", 10_000): 100.0,
}


def _rows(
    bench: Bench, size: int, label: str, floors: Mapping[str, float]
) -> tuple[list[measure.Row], measure.Run]:
    rows = []
    peak = None
    for verb in ("heads", "history"):
        runs = bench.command(verb)
        peak = peak or runs["ours"]
        rows.append(
            measure.Row(
                f"`alembic {verb}`, {size:,} revisions, {label}",
                runs["upstream"].seconds,
                runs["ours"].seconds,
                _TARGETS.get((verb, size)),
                floors["python"] + floors["files"],
            )
        )
    for what, name in (
        ("load", "load"),
        ("all", "load all revisions"),
        ("iterate", "iterate all"),
    ):
        times = bench.in_process(what)
        rows.append(
            measure.Row(
                f"{name}, {size:,} revisions, {label}",
                times["upstream"],
                times["ours"],
                _TARGETS.get((what, size)),
                None if what == "iterate" else floors["files"],
            )
        )
    assert peak is not None
    return rows, peak


def report(rounds: int = 7) -> str:
    """Measure all of it and return the Markdown section."""
    rows: list[measure.Row] = []
    lines = []
    loads = {}
    with tempfile.TemporaryDirectory(prefix="alembic_c_bench") as name:
        work = Path(name)
        for size in SIZES:
            directory = work / str(size)
            directory.mkdir()
            revision_tree.make(directory, size)
            floors = {
                "python": _floor_python(directory),
                "files": _floor_files(directory),
            }
            for bytecode, label in ((True, "bytecode"), (False, "no bytecode")):
                if not bytecode:
                    for cache in directory.rglob("__pycache__"):
                        for file in cache.iterdir():
                            file.unlink()
                        cache.rmdir()
                few = rounds if size < 10_000 else max(5, rounds // 2)
                bench = Bench(directory, few, bytecode=bytecode)
                found, peak = _rows(bench, size, label, floors)
                rows += found
                loads[size] = found[3].ours
            start, read = (measure.seconds(floors[k]) for k in ("python", "files"))
            lines.append(
                f"- {size:,} revisions: starting Python {start}, opening and reading "
                f"the files in C {read}; peak memory of `heads` "
                f"{peak.peak / 1e6:.1f} MB"
            )
    growth = loads[10_000] / loads[1_000]
    lines.append(f"- loading all of 10,000 costs {growth:.1f} times all of 1,000")
    return "\n".join([measure.table(rows), "", *lines])


if __name__ == "__main__":
    print(report())
