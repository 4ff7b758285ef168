"""`alembic-c activate | deactivate | which`, in an environment made for the test."""

from __future__ import annotations

import errno
import os
import pty
import re
import shutil
import subprocess
import sys
import venv
from contextlib import suppress
from pathlib import Path
from unittest import mock

import pytest

import alembic_c
from alembic_c import _activation
from tests.support import name_distribution

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

    def run(self, *arguments: str, status: int = 0) -> str:
        """Run Python, require its status and an empty stderr, return its output."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        done = subprocess.run(
            [self.python, *arguments],
            env=clean,
            cwd=self.site.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        assert not done.stderr or status > 1
        return done.stdout

    def manage(self, verb: str, status: int = 0) -> str:
        return self.run("-m", "alembic_c", verb, status=status)

    def install_other(self) -> Path:
        """Install another distribution `alembic`, and return its package."""
        other = self.site / "alembic"
        other.mkdir()
        (other / "__init__.py").write_text("")
        (other / "config.py").write_text(
            "def main() -> None: print('the other program')"
        )
        info = self.site / "alembic-1.2.3.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: alembic\nVersion: 1.2.3\n"
        )
        (info / "entry_points.txt").write_text(
            "[console_scripts]\nalembic = alembic.config:main\n"
        )
        return other

    def write_script(self, module: str, function: str) -> Path:
        """Write the script `alembic` as installers do."""
        script = self.python.parent / "alembic"
        script.write_text(
            f"#!{self.python}\n# -*- coding: utf-8 -*-\nimport sys\n"
            f"from {module} import {function}\n"
            f'if __name__ == "__main__":\n    sys.exit({function}())\n'
        )
        script.chmod(0o755)
        return script

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
    assert version.startswith(f"alembic {alembic_c.__version__} (alembic-c, ")
    code = "from alembic.config import Config; import alembic_c.config as c; "
    assert environment.run("-c", code + "print(Config is c.Config)") == "True\n"


def test_another_package_of_the_name_is_hidden_and_comes_back(
    environment: Environment,
) -> None:
    other = environment.install_other()
    assert f"package of that name: {other}" in environment.manage("which")
    assert "hidden, not changed" in environment.manage("activate")
    assert environment.name() == "alembic_c"
    assert f"hides {other}" in environment.manage("which")
    environment.manage("deactivate")
    assert environment.name() == "alembic"


def test_the_three_places_of_the_name(environment: Environment) -> None:
    environment.manage("which")
    environment.install_other()
    environment.write_script("alembic.config", "main")
    assert "runs alembic\n" in environment.manage("which")

    script = environment.write_script("alembic_c._cli", "run")
    out = environment.manage("which", status=1)
    assert f"script: {script} runs alembic_c" in out
    assert "distribution: alembic 1.2.3, another's" in out
    assert "These disagree: the script runs alembic_c" in out

    environment.manage("activate")
    assert "disagree" not in environment.manage("which")


def test_the_script_of_another_package_is_given_back(environment: Environment) -> None:
    environment.install_other()
    script = environment.write_script("alembic_c._cli", "run")
    mode = script.stat().st_mode
    environment.manage("activate")
    out = environment.manage("deactivate")
    assert f"Gave back: {script} runs alembic 1.2.3" in out
    assert "--force-reinstall --no-deps alembic==1.2.3" in out
    assert environment.run(str(script)) == "the other program\n"
    assert script.stat().st_mode == mode
    environment.manage("which")
    assert "Not active; nothing to do" in environment.manage("deactivate")


def test_a_script_that_nobody_can_rewrite_is_left_and_said(
    environment: Environment,
) -> None:
    environment.install_other()
    script = environment.write_script("alembic_c._cli", "run")
    text = script.read_text().replace("run()", "run() if True else 0")
    script.write_text(text + "run()\n")
    out = environment.manage("deactivate")
    assert "still runs alembic_c" in out
    assert "--force-reinstall --no-deps alembic==1.2.3" in out
    assert "run() if True" in script.read_text()


def test_without_another_package_the_script_stays(environment: Environment) -> None:
    script = environment.write_script("alembic_c._cli", "run")
    environment.manage("activate")
    assert "Gave back" not in environment.manage("deactivate")
    assert "alembic_c" in script.read_text()
    environment.manage("which")


def test_an_installed_package_that_cannot_be_imported(environment: Environment) -> None:
    other = environment.install_other()
    (other / "__init__.py").write_text("import nowhere_to_be_found")
    out = environment.manage("which", status=1)
    assert "nowhere_to_be_found" in out
    assert "installed, and cannot be imported" in out


def on_terminal(environment: Environment, *command: str) -> str:
    """Return what a terminal gets of a program."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as stream:
        process = subprocess.Popen(
            [environment.python, *command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=environment.site.parent,
        )
        os.close(theirs)
        text = b""
        with suppress(OSError):  # how Linux tells that the other side is closed
            while chunk := stream.read(65536):
                text += chunk
        process.wait()
    return text.decode().replace("\r\n", "\n")


def test_the_script_warns_on_a_terminal_once(environment: Environment) -> None:
    other = environment.install_other()
    script = environment.write_script("alembic_c._cli", "run")
    said = on_terminal(environment, str(script), "--version")
    assert said.count("  note: ") == 1
    assert str(other) in said
    # Elsewhere output is what programs expect of upstream's.
    assert environment.run(str(script), "--version").startswith("alembic 1.")

    environment.manage("activate")
    assert "note" not in on_terminal(environment, str(script), "--version")
    environment.manage("deactivate")
    renamed = script.rename(script.with_name("alembic-c"))
    assert "note" not in on_terminal(environment, str(renamed), "--version")


def test_the_distribution_of_the_name(environment: Environment) -> None:
    """Of the name `alembic`, all three places are ours, and nothing is left behind."""
    before = sorted(os.listdir(environment.site))
    added = name_distribution.install(environment.site)
    assert environment.name() == "alembic_c"
    environment.write_script("alembic_c._cli", "run")
    version = name_distribution.version()
    out = environment.manage("which")
    assert f"distribution: alembic {version}, this project's" in out
    assert "Not needed" in environment.manage("activate")
    assert "uninstalling 'alembic' takes it back" in environment.manage("deactivate")
    check = (
        "import alembic, alembic.config, alembic_c.config, importlib.metadata as m\n"
        "from alembic import op, context\n"
        "import alembic_c as c\n"
        "assert alembic is c and op is c.op and alembic.config is alembic_c.config\n"
        "print(m.version('alembic'), alembic.__version__)"
    )
    found, stated = environment.run("-c", check).split()
    level, _, number = stated.rpartition(".")
    assert found == f"{level}+c" + ("" if number == "0" else f".{number}")
    said = environment.run("-m", "alembic", "--version")
    assert said.startswith(f"alembic {stated} (alembic-c, ")
    info = f"alembic-{version}.dist-info"
    assert sorted(added) == sorted(["alembic", "alembic-stubs", info, "bin"])
    for name in added:
        shutil.rmtree(environment.site / name)
    assert sorted(os.listdir(environment.site)) == before
    assert environment.name() == ""


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
    assert environment.run("-m", "alembic_c", "which", "else", status=2) == ""
