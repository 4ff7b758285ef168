"""How the benchmarks measure: both sides in one run, interleaved, ratio of medians."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """One process: wall time in seconds, peak resident memory in bytes.

    cpu: seconds of CPU time, in user and in system mode; 0 where not measured.
    """

    seconds: float
    peak: int
    cpu: float = 0.0


def process(command: Sequence[str], environment: Mapping[str, str], cwd: str) -> Run:
    """Run a command and return its wall time and peak memory.

    Raises RuntimeError with the command's output if it fails.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        env=dict(environment),
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stderr is not None
        errors = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    elapsed = time.perf_counter() - started
    if child.returncode:
        raise RuntimeError(f"{command}: {errors.decode(errors='replace')}")
    return Run(elapsed, usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime)


def interleaved(
    sides: Mapping[str, Callable[[], float]], rounds: int, *, warm: bool = False
) -> dict[str, float]:
    """Return the median of each side's measurement over `rounds` alternating rounds.

    warm: a side's measurement is the second of two, so that the files that it reads are
    in the page cache: some machines drop what nobody has read for a few seconds.
    """
    samples: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, measure in sides.items():
            if warm:
                measure()
            samples[name].append(measure())
    return {name: statistics.median(values) for name, values in samples.items()}


@dataclass(frozen=True)
class Row:
    """One line of a table.  target: the wanted ratio upstream/ours, or None."""

    what: str
    upstream: float
    ours: float
    target: float | None = None
    floor: float | None = None

    @property
    def ratio(self) -> float:
        return self.upstream / self.ours


def seconds(value: float) -> str:
    """Return a duration with a readable unit."""
    if value >= 1:
        return f"{value:.2f} s"
    if value >= 0.001:
        return f"{value * 1e3:.1f} ms"
    return f"{value * 1e6:.0f} µs"


def table(rows: Sequence[Row]) -> str:
    """Return rows as a Markdown table."""
    lines = [
        "| what | upstream | ours | ratio | wanted | floor | ours / floor |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        wanted = f"≥ {row.target:g}" if row.target else ""
        floor = seconds(row.floor) if row.floor else ""
        distance = f"{row.ours / row.floor:.1f}" if row.floor else ""
        lines.append(
            f"| {row.what} | {seconds(row.upstream)} | {seconds(row.ours)} "
            f"| {row.ratio:.1f} | {wanted} | {floor} | {distance} |"
        )
    return "\n".join(lines)


def python(*arguments: str) -> list[str]:
    """Return the command line of a new Python."""
    return [sys.executable, *arguments]
