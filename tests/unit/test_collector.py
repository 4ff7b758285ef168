"""The garbage collector in a command's process."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import alembic_c
from alembic_c.util import _collector

ROOT = Path(alembic_c.__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    enabled = gc.isenabled()
    yield
    gc.unfreeze()
    if enabled:
        gc.enable()


def test_it_rests_until_it_is_resumed() -> None:
    gc.enable()
    with _collector.at_rest():
        assert not gc.isenabled()
        before = gc.get_freeze_count()
        _collector.resume()
        assert gc.isenabled()
        assert gc.get_freeze_count() > before


def test_it_is_on_again_after_an_error() -> None:
    gc.enable()
    with pytest.raises(ValueError, match="x"), _collector.at_rest():
        raise ValueError("x")
    assert gc.isenabled()


def test_one_that_is_off_stays_off() -> None:
    gc.disable()
    with _collector.at_rest():
        _collector.resume()
        assert not gc.isenabled()
    assert not gc.isenabled()


def test_resuming_without_a_rest_freezes_nothing() -> None:
    before = gc.get_freeze_count()
    _collector.resume()
    assert gc.get_freeze_count() == before


ENV = """
import gc
import os
from alembic import context

FLAGS = os.O_CREAT | os.O_WRONLY

def runs_with_collector():
    return gc.isenabled(), gc.get_freeze_count() > 0

class Report:
    def __del__(self, write=os.write, file=os.open("report.txt", FLAGS)):
        write(file, b"collected")

print(*runs_with_collector())
report = Report()
context.configure(dialect_name="sqlite")
context.run_migrations()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "migrations" / "versions").mkdir(parents=True)
    (tmp_path / "migrations" / "env.py").write_text(ENV)
    (tmp_path / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\n"
    )
    return tmp_path


def _run(project: Path, *start: str) -> str:
    done = subprocess.run(
        [sys.executable, *start],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.partition("\n")[0]


def test_a_command_leaves_alone_what_is_there_before_env_py(project: Path) -> None:
    command = ("-m", "alembic_c", "upgrade", "head", "--sql")
    assert _run(project, *command) == "True True"
    # Only the collector gets at the report, since the function keeps the module alive.
    assert (project / "report.txt").read_text() == "collected"


def test_a_program_keeps_its_collector(project: Path) -> None:
    program = (
        "import alembic_c; alembic_c.install();"
        "from alembic import command, config;"
        "command.upgrade(config.Config('alembic.ini'), 'head', sql=True)"
    )
    assert _run(project, "-c", program) == "True False"
