"""What building says, in one sentence, where it cannot be done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.upstream import ROOT


def build(prelude: str, directory: Path, **environment: str) -> str:
    """Run setup.py behind some lines of Python; return the last line it prints."""
    code = f"import runpy, sys\n{prelude}\nrunpy.run_path('setup.py')\n"
    done = subprocess.run(
        [sys.executable, "-c", code, "--quiet", "build_ext"]
        + ["--build-lib", str(directory), "--build-temp", str(directory)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("prelude", "environment", "said"),
    [
        (
            "import setuptools.command.build_ext; sys.platform = 'win32'",
            {},
            "alembic-c does not support Windows;",
        ),
        (
            "sys.implementation.name = 'pypy'",
            {},
            "alembic-c needs CPython, because its core is a C extension; on pypy",
        ),
        ("", {"CC": "no-such-cc -O2"}, "there is no compiler 'no-such-cc': install"),
        (
            "import sysconfig; sysconfig.get_path = lambda name: '/nowhere'",
            {},
            "there is no /nowhere/Python.h: install the headers of Python",
        ),
    ],
)
def test_in_one_sentence(
    prelude: str, environment: dict[str, str], said: str, tmp_path: Path
) -> None:
    message = build(prelude, tmp_path, **environment)
    assert message.startswith("alembic-c ")
    assert said in message
