"""The example project of the benchmarks: its models, migrations and tests agree."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from benchmarks import bench_testkit, example_project


def run(project: Path, *arguments: str) -> str:
    path = os.pathsep.join([str(bench_testkit.ROOT), str(bench_testkit.SIDE.parent)])
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_tests_pass(tmp_path: Path) -> None:
    project = tmp_path / "project"
    example_project.make(project, n_tables=1, n_tests=8)
    out = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert re.search(r"^14 passed, 1 skipped in ", out, re.MULTILINE), out


def test_it_is_timed(tmp_path: Path) -> None:
    project = tmp_path / "project"
    example_project.make(project, n_tables=1)
    side = str(bench_testkit.SIDE)
    built, *copied = json.loads(run(project, side, "ours", "sqlite:///app.db", "2"))
    assert built
    assert len(copied) == 2
    assert len(json.loads(run(project, side, "ahead", "sqlite:///app.db", "2"))) == 2
    ((once, again, each),) = json.loads(
        run(project, side, "steps", "sqlite:///app.db", "1")
    )
    assert once
    assert again
    assert each
