"""The import name `alembic`: one package under two names.

Each test runs in a process of its own, because the name can only be taken once.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import alembic_c

ROOT = Path(alembic_c.__file__).resolve().parent.parent
PRELUDE = "import sys, alembic_c\nalembic_c.install()\n"


def python(code: str, *path: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, *path)))}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def succeeds(code: str, *path: Path) -> str:
    done = python(PRELUDE + code, *path)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "module",
    ["config", "command", "util", "util.exc", "script", "script.base", "op", "context"],
)
def test_modules_are_the_same_objects(module: str) -> None:
    succeeds(
        f"import alembic.{module} as a, alembic_c.{module} as b\n"
        "assert a is b\n"
        f"assert b.__name__ == 'alembic_c.{module}' == b.__spec__.name\n"
        f"assert sys.modules['alembic.{module}'] is b\n"
    )


def test_whichever_name_comes_first() -> None:
    succeeds(
        "import alembic_c.script.revision as first\n"
        "from alembic.script import revision as second\n"
        "import alembic\n"
        "assert first is second is alembic.script.revision\n"
        "assert alembic is alembic_c\n"
    )


def test_names_for_env_py() -> None:
    succeeds(
        "from alembic import context, op\n"
        "from alembic import command\n"
        "from alembic.operations import ops\n"
        "import alembic_c.op\n"
        "assert op is alembic_c.op and callable(op.create_table)\n"
    )


def test_submodules_are_attributes() -> None:
    names = "autogenerate context ddl op operations plugins runtime script util"
    succeeds(
        "import alembic\n"
        "assert 'sqlalchemy' not in sys.modules\n"
        f"for name in '{names}'.split():\n"
        "    assert name in dir(alembic)\n"
        "    module = getattr(alembic, name)\n"
        "    assert module is sys.modules[module.__name__]\n"
        "assert not hasattr(alembic, 'nothing')\n"
    )


def test_patching() -> None:
    succeeds(
        "from unittest import mock\n"
        "import alembic_c.util\n"
        "with mock.patch('alembic.util.open_in_editor') as edit:\n"
        "    assert alembic_c.util.open_in_editor is edit\n"
        "assert alembic_c.util.open_in_editor is not edit\n"
        "with mock.patch('alembic.command.EnvironmentContext') as environment:\n"
        "    import alembic_c.command\n"
        "    assert alembic_c.command.EnvironmentContext is environment\n"
        "assert alembic_c.command.EnvironmentContext is not environment\n"
    )


def test_resources() -> None:
    out = succeeds(
        "from importlib import resources\n"
        "templates = resources.files('alembic.templates')\n"
        "print(*sorted(p.name for p in templates.iterdir()))\n"
        "script = resources.files('alembic') / 'templates' / 'generic' / 'env.py'\n"
        "print('run_migrations_online' in script.read_text())\n"
    )
    assert out == "async generic multidb pyproject pyproject_async\nTrue\n"


def test_pickles_can_be_read_under_either_name() -> None:
    succeeds(
        "import pickle\n"
        "from alembic.util import CommandError\n"
        "text = pickle.dumps(CommandError('x'), 0)\n"
        "assert type(pickle.loads(text)) is CommandError\n"
        "upstreams = text.replace(b'alembic_c.util', b'alembic.util')\n"
        "assert upstreams != text\n"
        "assert type(pickle.loads(upstreams)) is CommandError\n"
    )


def test_running_it_as_a_module() -> None:
    out = succeeds(
        "import runpy\n"
        "sys.argv[1:] = ['--version']\n"
        "try: runpy.run_module('alembic', run_name='__main__', alter_sys=True)\n"
        "except SystemExit as exit: assert not exit.code\n"
    )
    assert out.startswith(f"alembic {alembic_c.__version__} (alembic-c, ")


def test_what_is_missing_is_missing() -> None:
    succeeds(
        "import importlib.util\n"
        "assert importlib.util.find_spec('alembic.nothing') is None\n"
        "try: import alembic.nothing\n"
        "except ModuleNotFoundError as error: assert error.name == 'alembic.nothing'\n"
        "else: raise AssertionError\n"
        "try: import alembic_utilities\n"
        "except ModuleNotFoundError: pass\n"
    )


def test_installing_twice_is_once() -> None:
    succeeds(
        "n = len(sys.meta_path)\nalembic_c.install()\nassert len(sys.meta_path) == n\n"
    )


def test_a_loaded_package_of_the_name_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "alembic.py").write_text("")
    done = python("import alembic\n" + PRELUDE, tmp_path)
    assert done.returncode == 1
    message = done.stderr.splitlines()[-1]
    assert message.startswith("ImportError: 'alembic' is already imported from ")
    assert str(tmp_path) in message
    assert "alembic_c.install()" in message


def test_it_wins_over_a_package_on_the_path(tmp_path: Path) -> None:
    (tmp_path / "alembic").mkdir()
    (tmp_path / "alembic" / "__init__.py").write_text("raise SystemExit(9)")
    succeeds("import alembic\nassert alembic is alembic_c\n", tmp_path)


PLUGIN = (
    "import alembic\ndef pytest_configure(config): print('GOT', alembic.__name__)\n"
)


def run_pytest(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest where an installed plugin imports `alembic`, as pytest-alembic does.

    The plugin is announced by an entry point, beside another package of the name.
    """
    (directory / "alembic").mkdir()
    (directory / "alembic" / "__init__.py").write_text("")
    (directory / "early.py").write_text(PLUGIN)
    info = directory / "early-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: early\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[pytest11]\nearly = early\n")
    project = directory / "project"
    project.mkdir()
    (project / "conftest.py").write_text("import alembic_c\nalembic_c.install()\n")
    (project / "test_it.py").write_text("def test_it(): import alembic.op\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-c", "/dev/null", "-s", *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(directory)])},
        capture_output=True,
        text=True,
        check=False,
    )


def test_pytest_is_told_what_to_do(tmp_path: Path) -> None:
    done = run_pytest(tmp_path)
    assert done.returncode != 0
    assert "-p alembic_c.activate" in done.stdout + done.stderr


def test_pytest_with_the_plugin_that_activates(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, "-p", "alembic_c.activate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "GOT alembic_c" in done.stdout
