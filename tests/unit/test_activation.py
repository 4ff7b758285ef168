"""`alembic-c activate | deactivate | which`, in an environment made for the test."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import venv
from pathlib import Path
from unittest import mock

import pytest

import alembic_c
from alembic_c import _activation

ROOT = Path(alembic_c.__file__).resolve().parent.parent


class Environment:
    """A virtual environment that has this package, and nothing else."""

    def __init__(self, directory: Path) -> None:
        venv.create(directory, with_pip=False, symlinks=True)
        version = "python{}.{}".format(*sys.version_info[:2])
        self.python = directory / "bin" / "python"
        self.site = directory / "lib" / version / "site-packages"
        self.install = self.site / "this-package.pth"
        self.install.write_text(f"{ROOT}\n")

    def run(self, *arguments: str, check: bool = True) -> str:
        """Run Python, require that it has nothing to complain, return its output."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        done = subprocess.run(
            [self.python, *arguments],
            env=clean,
            cwd=self.site.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        if check:
            assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def manage(self, verb: str) -> str:
        return self.run("-m", "alembic_c", verb)

    def name(self) -> str:
        """Return what package `import alembic` gives."""
        code = "try:\n import alembic as a; print(a.__name__)\nexcept ImportError: pass"
        return self.run("-c", code).strip()


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path / "venv")


def test_on_and_off(environment: Environment) -> None:
    before = sorted(os.listdir(environment.site))
    assert environment.name() == ""
    assert "gives nothing" in environment.manage("which")

    assert "Active" in environment.manage("activate")
    assert environment.name() == "alembic_c"
    assert f"gives alembic_c: {ROOT / 'alembic_c'}" in environment.manage("which")
    assert "Already active" in environment.manage("activate")

    assert "Deactivated" in environment.manage("deactivate")
    assert environment.name() == ""
    assert sorted(os.listdir(environment.site)) == before
    assert "Not active" in environment.manage("deactivate")


def test_one_line_in_one_file(environment: Environment) -> None:
    before = set(os.listdir(environment.site))
    environment.manage("activate")
    (added,) = set(os.listdir(environment.site)) - before
    assert added.endswith(".pth")
    assert len((environment.site / added).read_text().splitlines()) == 1


def test_programs_find_it_under_its_usual_name(environment: Environment) -> None:
    environment.manage("activate")
    version = environment.run("-m", "alembic", "--version")
    assert version == f"alembic {alembic_c.__version__}\n"
    code = "from alembic.config import Config; import alembic_c.config as c; "
    assert environment.run("-c", code + "print(Config is c.Config)") == "True\n"


def test_another_package_of_the_name_is_hidden_and_comes_back(
    environment: Environment,
) -> None:
    other = environment.site / "alembic"
    other.mkdir()
    (other / "__init__.py").write_text("")
    assert f"package of that name: {other}" in environment.manage("which")
    assert "hidden, not changed" in environment.manage("activate")
    assert environment.name() == "alembic_c"
    assert f"hides {other}" in environment.manage("which")
    environment.manage("deactivate")
    assert environment.name() == "alembic"


def test_a_package_that_went_while_active_does_no_harm(
    environment: Environment,
) -> None:
    environment.manage("activate")
    environment.install.unlink()
    assert environment.run("-c", "print('fine')") == "fine\n"


@pytest.mark.parametrize(
    ("verb", "function", "message"),
    [
        ("activate", "write_whole", "FAILED: Can't write .*: Read-only file system"),
        ("deactivate", "os.unlink", "FAILED: Can't remove .*: Read-only file system"),
    ],
)
def test_an_environment_that_cannot_be_written_to(
    verb: str, function: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = OSError(errno.EROFS, "Read-only file system")
    with (
        mock.patch(f"alembic_c._activation.{function}", side_effect=problem),
        pytest.raises(SystemExit) as exit_,
    ):
        _activation.main([verb])
    assert exit_.value.code == -1
    assert re.search(message, capsys.readouterr().out)


def test_other_arguments_are_refused(environment: Environment) -> None:
    assert environment.run("-m", "alembic_c", "which", "else", check=False) == ""
