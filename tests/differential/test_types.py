"""What type checkers and editors make of `alembic`: as much as with upstream.

Two environments: in one, `alembic` is this project's distribution of that name, in the
other upstream's package.  The same files are checked in both.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import textwrap
import venv
from pathlib import Path

import jedi
import pytest

from tests.samples import sample
from tests.support import name_distribution, upstream
from tests.support.upstream import ROOT

REVISION = sample("types/revision.py")

ENV = sample("types/env.py")

PROGRAM = sample("types/program.py")

# One mistake a line, behind two lines of imports.
MISTAKES = """
from alembic import command, context, op
def upgrade() -> None:
    op.create_tabel("person")
    context.configure(render_as_batch="yes")
    command.upgrade("head")
"""
MISTAKEN_LINES = [3, 4, 5]

FILES = {
    "env.py": ENV,
    "versions/a1_people.py": REVISION,
    "program.py": PROGRAM,
    "mistakes.py": MISTAKES,
}


# In which module a class is defined is all that may differ.
CLASS = re.compile(r"\balembic(?:_c)?(?:\.\w+)*\.([A-Z]\w+)")


class Environment:
    """A virtual environment with a distribution `alembic`, and the sample project."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.project = home / "project"
        for name, text in FILES.items():
            path = self.project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.lstrip("\n"), encoding="utf-8")
        venv.create(home / "venv", with_pip=False, symlinks=True)
        self.python = home / "venv" / "bin" / "python"
        version = "python{}.{}".format(*sys.version_info[:2])
        self.site = home / "venv" / "lib" / version / "site-packages"

    def add(self, *directories: str | Path) -> None:
        """Put directories on the environment's path."""
        text = "".join(f"{directory}\n" for directory in directories)
        (self.site / "more.pth").write_text(text)

    def run(self, *command: str) -> str:
        """Run a type checker in the project; it may find errors, and nothing else."""
        done = subprocess.run(
            command, cwd=self.project, capture_output=True, text=True, check=False
        )
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return done.stdout

    def mypy(self) -> list[str]:
        out = self.run(
            *(sys.executable, "-m", "mypy", "--strict", "--no-error-summary"),
            # SQLAlchemy takes long to analyse; it stays the same.
            *("--cache-dir", str(ROOT / "build" / f"mypy-{self.home.name}")),
            *("--python-executable", str(self.python), *FILES),
        )
        return sorted(CLASS.sub(r"\1", line) for line in out.splitlines())

    def pyright(self) -> list[tuple[str, int, str, str]]:
        out = self.run(
            *(sys.executable, "-m", "basedpyright", "--level", "error", "--outputjson"),
            *("--pythonpath", str(self.python)),
        )
        return sorted(
            (
                os.path.relpath(found["file"], self.project),
                found["range"]["start"]["line"] + 1,
                found.get("rule", ""),
                found["message"],
            )
            for found in json.loads(out)["generalDiagnostics"]
        )


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("ours"))
    name_distribution.install(environment.site)
    environment.add(ROOT, sysconfig.get_path("purelib"))
    return environment


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("theirs"))
    environment.add(upstream.directory(), sysconfig.get_path("purelib"))
    return environment


def test_mypy(ours: Environment, theirs: Environment) -> None:
    found = ours.mypy()
    assert found == theirs.mypy()
    errors = [line for line in found if ": error: " in line]
    lines = sorted({int(line.split(":")[1]) for line in errors})
    assert (lines, {line.split(":")[0] for line in errors}) == (
        MISTAKEN_LINES,
        {"mistakes.py"},
    )
    # And the samples say something at all.
    assert sum("Revealed type" in line for line in found) == 5


def test_pyright(ours: Environment, theirs: Environment) -> None:
    found = ours.pyright()
    assert found == theirs.pyright()
    errors = [line for file, line, *_ in found if file == "mistakes.py"]
    assert sorted({*errors}) == MISTAKEN_LINES


@pytest.mark.parametrize("module", ["op", "context"])
def test_jedi_completes(ours: Environment, theirs: Environment, module: str) -> None:
    def functions(environment: Environment) -> dict[str, jedi.api.classes.Completion]:
        code = f"from alembic import {module}\n{module}."
        script = jedi.Script(
            code,
            path=environment.project / "new.py",
            environment=jedi.create_environment(environment.python, safe=False),
        )
        found = script.complete(2, len(module) + 1)
        return {
            each.name: each
            for each in found
            if each.type == "function" and not each.name.startswith("_")
        }

    found, expected = functions(ours), functions(theirs)
    assert len(expected) > 12
    assert expected.keys() <= found.keys()
    for name, completion in found.items():
        assert len(completion.docstring(raw=True)) > 20, name
        assert completion.get_signatures(), name
    for name, completion in expected.items():
        # Order, kinds and names of parameters; annotations may be spelled otherwise.
        signatures = [
            [
                [(parameter.kind, parameter.name) for parameter in signature.params]
                for signature in each.get_signatures()
            ]
            for each in (completion, found[name])
        ]
        assert signatures[0] == signatures[1], name


def test_every_stub_has_a_module(ours: Environment) -> None:
    """Each module that the stubs tell of can be imported, and is this package's."""
    stubs = sorted(path.relative_to(ours.site) for path in ours.site.rglob("*.pyi"))
    assert len(stubs) > 50
    names = [
        ".".join(["alembic", *path.with_suffix("").parts[1:]]).removesuffix(".__init__")
        for path in stubs
    ]
    # Modules of the test suite need a run of SQLAlchemy's own plugin.
    names = [name for name in names if not name.startswith("alembic.testing")]
    code = textwrap.dedent(
        f"""\
        from importlib import import_module
        for name in {names!r}:
            real = name.replace("alembic", "alembic_c", 1)
            assert import_module(name) is import_module(real), name
        """
    )
    subprocess.run([ours.python, "-c", code], check=True, cwd=ours.home)
