"""Install alembic-c in every way that is told to users, and look at what that gives.

usage: python -m tools.adoption [--write docs/adoption.md] [--only START] [--quick]
           [--wheels DIR]

Each case is an environment of its own, a list of steps with an installer, and what has
to come of it.  After the last step the case is asked whose the script, the import and
the distribution `alembic` are, what `alembic-c which` and `pip check` answer, and
whether the script says on a terminal that it and the import differ.  Exits with 1 if
anything is not as stated, or if a script and an import differ without a word.
"""

from __future__ import annotations

import argparse
import difflib
import os
import pty
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tools import dist

PROJECT = Path(__file__).resolve().parent.parent
OURS, THEIRS, NONE = "alembic_c", "alembic", "-"

LOOK = """
import importlib.metadata as metadata
try: import alembic
except ImportError: name = "-"
else: name = alembic.__name__
try: version = metadata.version("alembic")
except metadata.PackageNotFoundError: version = "-"
print(name, version)
"""

CONFTEST = "import alembic_c\nalembic_c.install()\n"
MIGRATION_TEST = "from pytest_alembic.tests import *\n"
MODELS = "from sqlalchemy import MetaData\nmetadata = MetaData()\n"
FLASK_APP = """
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///flask.db"
db = SQLAlchemy(app)
Migrate(app, db)

class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
"""


@dataclass(frozen=True)
class Case:
    """Steps in one environment, and what comes of them.

    script, module: whose they are: OURS, THEIRS or NONE.
    version: of the distribution `alembic`; "+c" stands for ours.
    which: the status of `alembic-c which`, None where it is not there any more.
    python: the CPython to try it with, as "3.12"; the running one if empty.
    quick: whether it is one of the gate's.
    """

    tool: str
    steps: tuple[str, ...]
    script: str
    module: str
    version: str
    which: int | None = 0
    python: str = ""
    quick: bool = False

    @property
    def with_(self) -> str:
        """What the case is tried with, in words."""
        return f"{self.tool}, CPython {self.python}" if self.python else self.tool

    def __str__(self) -> str:
        return f"{self.with_}: {', '.join(self.steps)}"


# CORE and NAME are the wheels of our two distributions, UPSTREAM is upstream's package.
PIP_CASES = [
    Case("pip", ("install CORE",), OURS, NONE, NONE),
    Case("pip", ("install CORE", "activate"), OURS, OURS, NONE),
    Case("pip", ("install CORE NAME",), OURS, OURS, "+c"),
    Case(
        "pip", ("install UPSTREAM", "install CORE NAME"), OURS, OURS, "+c", quick=True
    ),
    Case("pip", ("install CORE NAME", "install UPSTREAM"), THEIRS, THEIRS, "1.20.1"),
    Case(
        "pip",
        ("install CORE NAME", "install UPSTREAM", "uninstall alembic-c"),
        *(NONE, THEIRS, "1.20.1", None),
    ),
    Case("pip", ("install CORE NAME", "uninstall alembic"), NONE, NONE, NONE),
    Case(
        "pip",
        ("install CORE NAME", "uninstall alembic alembic-c", "nothing left"),
        *(NONE, NONE, NONE, None),
    ),
    Case("pip", ("install UPSTREAM", "install CORE"), OURS, THEIRS, "1.20.1", 1),
    Case("pip", ("install CORE", "install UPSTREAM"), THEIRS, THEIRS, "1.20.1"),
    Case(
        "pip",
        ("install UPSTREAM", "install CORE", "activate"),
        *(OURS, OURS, "1.20.1"),
    ),
    Case(
        "pip",
        ("install CORE", "install UPSTREAM", "activate"),
        *(OURS, OURS, "1.20.1"),
    ),
    Case(
        "pip",
        ("install UPSTREAM", "install CORE", "activate", "deactivate"),
        *(THEIRS, THEIRS, "1.20.1"),
    ),
    Case(
        "pip", ("install CORE NAME", "install Flask-Migrate", "flask"), OURS, OURS, "+c"
    ),
    Case(
        "pip",
        ("install Flask-Migrate", "install CORE NAME", "flask"),
        *(OURS, OURS, "+c"),
    ),
    Case(
        "pip",
        ("install Flask-Migrate", "install CORE", "activate", "flask"),
        *(OURS, OURS, "1.20.1"),
    ),
    Case(
        "pip",
        ("install CORE NAME", "install pytest-alembic", "pytest"),
        *(OURS, OURS, "+c"),
    ),
    Case(
        "pip",
        ("install pytest-alembic", "install CORE NAME", "pytest"),
        *(OURS, OURS, "+c"),
    ),
    Case(
        "pip",
        ("install pytest-alembic", "install CORE", "pytest -p alembic_c.activate"),
        *(OURS, THEIRS, "1.20.1", 1),
    ),
]
UV_CASES = [
    Case(
        "uv",
        case.steps,
        *(case.script, case.module, case.version, case.which),
    )
    for case in PIP_CASES
    if "flask" not in case.steps or "activate" not in case.steps
] + [
    # A project: the lock file names the path, and a new environment is the same.
    Case("uv", ("add NAME-PATH", "new environment"), OURS, OURS, "+c", quick=True),
    Case("uv", ("add NAME-PATH Flask-Migrate", "flask"), OURS, OURS, "+c"),
]
PIPX_CASES = [
    Case("pipx", ("install CORE",), OURS, NONE, NONE),
    Case("pipx", ("install NAME",), OURS, OURS, "+c"),
]
LOCKED_CASES = [
    Case(tool, steps, OURS, OURS, "+c")
    for tool in ("poetry", "pip-tools")
    for steps in (
        ("add CORE NAME", "new environment"),
        ("add CORE NAME Flask-Migrate", "flask"),
    )
]
# What the tutorial shows, by the wheel for each CPython.
TUTORIAL_CASES = [
    Case(
        "pip",
        (
            *("install CORE NAME", "tutorial"),
            *("uninstall alembic alembic-c", "nothing left"),
        ),
        *(NONE, NONE, NONE, None),
        python=version,
        quick=version == ".".join(map(str, sys.version_info[:2])),
    )
    for version in ("3.10", "3.11", "3.12", "3.13", "3.14")
]
CASES = PIP_CASES + UV_CASES + PIPX_CASES + LOCKED_CASES + TUTORIAL_CASES


class Failure(Exception):
    """A step that did not do what it has to."""


class Environment:
    """Where one case is tried.

    wheels: the directory with both wheels.
    python: the path of the Python to try.
    dependencies: modules to link into the environment, in place of having the installer
        bring what the wheels require.
    """

    def __init__(
        self,
        tool: str,
        home: Path,
        wheels: Path,
        dependencies: Sequence[Path] = (),
        python: str = sys.executable,
    ) -> None:
        self.tool, self.home, self.wheels = tool, home, wheels
        self._base = python
        (self.core,) = wheels.glob("alembic_c-*.whl")
        (self.name,) = wheels.glob("alembic-*.whl")
        self.work = home / "work"
        self.work.mkdir()
        self.venv = home / "venv"
        self.environ = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
        self.environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
        if tool == "pipx":
            self.environ["PIPX_HOME"] = str(home / "pipx")
            self.environ["PIPX_BIN_DIR"] = str(home / "bin")
            # pipx installs with uv where that is there.
            self.environ["PIP_FIND_LINKS"] = self.environ["UV_FIND_LINKS"] = str(wheels)
        elif tool == "uv":
            self.run("uv", "venv", "--quiet", "--python", python, self.venv)
        else:
            # pip-sync needs pip in there.
            bare = [] if tool == "pip-tools" else ["--without-pip"]
            self.run(python, "-m", "venv", *bare, self.venv)
        if tool == "poetry":
            self.environ |= {
                "POETRY_VIRTUALENVS_IN_PROJECT": "true",
                "POETRY_CONFIG_DIR": str(home / "poetry"),
                "POETRY_CACHE_DIR": str(home / "poetry-cache"),
            }
        self.alone = bool(dependencies)
        if dependencies:
            (site,) = self.venv.glob("lib/python3*/site-packages")
            for each in dependencies:
                (site / each.name).symlink_to(each)

    def run(self, *command: str | Path, status: int | None = 0) -> str:
        """Run a program; return what it prints.

        Raises Failure if its status is not `status` (None: any is right).
        """
        programs = os.pathsep.join([str(self.bin), self.environ["PATH"]])
        done = subprocess.run(
            command,
            cwd=self.work,
            env={**self.environ, "PATH": programs},
            capture_output=True,
            text=True,
            check=False,
        )
        if status is not None and done.returncode != status:
            words = " ".join(map(str, command))
            raise Failure(f"{words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    @property
    def bin(self) -> Path:
        return self.venv / "bin"

    @property
    def python(self) -> Path:
        return self.bin / "python"

    # --- steps ---

    def do(self, step: str) -> None:
        """Take one step of a case."""
        verb, _, rest = step.partition(" ")
        words = [self._word(word) for word in rest.split()]
        if verb in ("install", "uninstall"):
            self._packages(verb, words)
        elif verb in ("activate", "deactivate"):
            self.run(self.bin / "alembic-c", verb)
        else:
            getattr(self, f"_{step.split(' ')[0]}")(*words)

    def _word(self, word: str) -> str:
        level = self.name.name.split("-")[1].partition("+")[0]
        known = {
            "CORE": str(self.core),
            "NAME": str(self.name),
            "UPSTREAM": f"alembic=={level}",
            "NAME-PATH": str(PROJECT / "packaging" / "alembic"),
        }
        return known.get(word, word)

    def _packages(self, verb: str, words: list[str]) -> None:
        if self.tool == "pipx":
            self.run("pipx", verb, "--python", sys.executable, *words)
            (self.venv,) = (self.home / "pipx" / "venvs").glob("alembic*")
            return
        # pip counts 1.20.1+c as a 1.20.1: going back to upstream's says so.
        again = verb == "install" and words[0].startswith("alembic==")
        if self.tool == "uv":
            options = ["--reinstall-package", "alembic"] if again else []
            self.run("uv", "pip", verb, "--python", self.python, *options, *words)
        else:
            options = ["--force-reinstall"] if again else []
            if verb == "uninstall":
                options += ["--yes"]
            elif again or self.alone:
                options += ["--no-deps"]
            self.pip(verb, *options, *words)
            if again and not self.alone:
                self.pip(verb, *words)

    def pip(self, *words: str) -> None:
        """Run pip upon the environment; it need not be in there."""
        options = ["--python", str(self.python), "--quiet"]
        self.run(sys.executable, "-m", "pip", *options, *words)

    def _nothing(self, left: str) -> None:
        assert left == "left"
        found = [
            str(path.relative_to(self.venv))
            for path in self.venv.rglob("*")
            if "alembic" in path.name
        ]
        if found:
            raise Failure(f"left: {found}")

    def _add(self, *requirements: str) -> None:
        """Make a project that requires these; its environment is the case's.

        With Poetry and uv it is a project file, with pip-tools requirements.in; all
        have a lock file.
        """
        if self.tool == "pip-tools":
            lines = [
                f"{Path(each).name.split('-')[0]} @ {Path(each).as_uri()}\n"
                if each.endswith(".whl")
                else f"{each}\n"
                for each in requirements
            ]
            (self.work / "requirements.in").write_text("".join(lines))
            self.run("pip-compile", "--quiet", "--strip-extras", "requirements.in")
            self._sync()
            return
        shutil.rmtree(self.venv)
        self.venv = self.work / ".venv"
        if self.tool == "poetry":
            version = ".".join(map(str, sys.version_info[:2]))
            (self.work / "pyproject.toml").write_text(
                '[project]\nname = "it"\nversion = "0"\n'
                f'requires-python = ">={version},<4"\n'
                "[tool.poetry]\npackage-mode = false\n"
                # By the pages that pip reads; mirrors may have no others.
                '[[tool.poetry.source]]\nname = "index"\n'
                'url = "https://pypi.org/simple/"\npriority = "primary"\n'
            )
            self.run("poetry", "env", "use", "--quiet", self._base)
            self.run("poetry", "add", "--quiet", *requirements)
        else:
            self.run("uv", "init", "--bare", "--python", self._base, "--name", "it")
            self.run("uv", "add", "--python", self._base, *requirements)

    def _sync(self) -> None:
        """Have an environment hold what the lock file says."""
        if self.tool == "pip-tools":
            options = ["--quiet", "--python-executable", str(self.python)]
            self.run("pip-sync", *options, "requirements.txt")
        elif self.tool == "poetry":
            self.run("poetry", "env", "use", "--quiet", self._base)
            self.run("poetry", "sync", "--quiet")
        else:
            self.run("uv", "sync", "--frozen", "--python", self._base)

    def _new(self, environment: str) -> None:
        assert environment == "environment"
        shutil.rmtree(self.venv)
        if self.tool == "pip-tools":
            self.run(self._base, "-m", "venv", self.venv)
        self._sync()

    def _tutorial(self) -> None:
        """Run the tutorial with the programs of the environment."""
        from tests.docs import session

        page = PROJECT / "docs" / "tutorial.md"
        try:
            happened, _ = session.play(page, self.home / "page", scripts=self.bin)
        except session.Wrong as problem:
            raise Failure(str(problem)) from problem
        shown = page.read_text(encoding="utf-8").splitlines()
        if difference := list(difflib.unified_diff(shown, happened.splitlines())):
            raise Failure("\n".join(["the tutorial shows otherwise:", *difference]))

    def _flask(self) -> None:
        """Migrate with Flask-Migrate, which imports `alembic`."""
        (self.work / "app.py").write_text(FLASK_APP)
        for words in ("init", "migrate -m users", "upgrade"):
            self.run(self.bin / "flask", "db", *words.split())
        if "(head)" not in self.run(self.bin / "flask", "db", "current"):
            raise Failure("flask db current tells no head")

    def _pytest(self, *options: str) -> None:
        """Run pytest-alembic's own tests over one revision, with our alias."""
        self.run(self.bin / "alembic-c", "init", "migrations")
        ini = (self.work / "alembic.ini").read_text()
        ini = ini.replace("driver://user:pass@localhost/dbname", "sqlite:///test.db")
        (self.work / "alembic.ini").write_text(ini)
        env = (self.work / "migrations" / "env.py").read_text()
        env = env.replace("metadata = None", "metadata = __import__('models').metadata")
        (self.work / "migrations" / "env.py").write_text(env)
        (self.work / "models.py").write_text(MODELS)
        self.run(self.bin / "alembic-c", "revision", "-m", "first")
        (self.work / "test_migrations.py").write_text(
            "import alembic\nassert alembic.__name__ == 'alembic_c'\n" + MIGRATION_TEST
        )
        if options:
            (self.work / "conftest.py").write_text(CONFTEST)
            said = self.run(self.python, "-m", "pytest", "-q", status=None)
            if "-p alembic_c.activate" not in said:
                raise Failure(f"pytest is not told what to do:\n{said}")
        self.run(self.python, "-m", "pytest", "-q", "--test-alembic", *options)

    # --- what came of it ---

    def look(self) -> tuple[str, str, str, int | None]:
        """Return whose script and import are, the version, the status of `which`."""
        module, version = self.run(self.python, "-c", LOOK).split()
        script = NONE
        if (self.bin / "alembic").exists():
            said = self.run(self.bin / "alembic", "--version").split()[1]
            script = OURS if said.count(".") == 3 else THEIRS
        status: int | None = None
        if (program := self.bin / "alembic-c").exists():
            done = subprocess.run(
                [program, "which"], cwd=self.work, capture_output=True, check=False
            )
            status = done.returncode
        if self.tool == "uv":
            self.run("uv", "pip", "check", "--python", self.python)
        elif self.tool != "pipx" and not self.alone:
            self.pip("check")
        return script, module, "+c" if version.endswith("+c") else version, status

    def warns(self) -> bool:
        """Return whether the script says on a terminal that the import is another's."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [self.bin / "alembic", "--version"], stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        text = b""
        with os.fdopen(ours, "rb", buffering=0) as stream, suppress(OSError):
            while chunk := stream.read(65536):
                text += chunk
        process.wait()
        return b"note: this script runs alembic_c" in text


def try_case(
    case: Case,
    wheels: Path,
    dependencies: Sequence[Path] = (),
    python: str = sys.executable,
) -> str:
    """Try one case; return a line for the table.

    wheels, dependencies, python: see `Environment`.

    Raises Failure if it is not as stated.
    """
    with tempfile.TemporaryDirectory() as home:
        environment = Environment(case.tool, Path(home), wheels, dependencies, python)
        for step in case.steps:
            environment.do(step)
        found = environment.look()
        expected = (case.script, case.module, case.version, case.which)
        if found != expected:
            raise Failure(f"found {found}, expected {expected}")
        differ = NONE not in found[:2] and found[0] != found[1]
        if differ and not (environment.warns() and found[3] == 1):
            raise Failure("script and import differ, and nobody says so")
    said = "-" if found[3] is None else str(found[3])
    if differ:
        said += ", and the script says so"
    version = "1.20.1+c" if found[2] == "+c" else found[2]
    cells = [case.with_, steps_of(case), *found[:2], version, said]
    return f"| {' | '.join(cells)} |"


HEAD = """\
# What was tried

Written by `make adoption`: each line is a new environment, with the steps in order.
CORE is this project's distribution `alembic-c`, NAME its distribution `alembic` (both
as wheels; NAME-PATH is the directory `packaging/alembic`), UPSTREAM is Alembic's
package. `flask` migrates a database with Flask-Migrate, `pytest` runs pytest-alembic's
own tests, with `-p` beside upstream's package and a conftest.py that comes too late.
`add` makes a project with a lock file: `uv add`; `poetry add`; requirements.in and
`pip-compile`, then `pip-sync`. `new environment` is what the lock file alone gives:
`uv sync --frozen`, `poetry sync`, `pip-sync`. `tutorial` is every command of
[the tutorial](tutorial.md), and what they print is as shown there. `pip check` (or
uv's) is clean in every case, and nothing is found under the name `alembic` after
`nothing left`.

| with | steps | script | import | distribution | `alembic-c which` |
| --- | --- | --- | --- | --- | --- |
"""


def write_table(path: Path, lines: list[str]) -> None:
    """Write the table; of cases that were not tried now, the lines stay.

    lines: those of the cases that were tried.
    """
    known = {f"| {case.with_} | {steps_of(case)} |": "" for case in CASES}
    before = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for line in [*before, *lines]:
        for start in known:
            if line.startswith(start):
                known[start] = line
    table = "\n".join(line for line in known.values() if line)
    path.write_text(f"{HEAD}{table}\n", encoding="utf-8")


def steps_of(case: Case) -> str:
    return ", ".join(f"`{step}`" for step in case.steps)


def build_wheels(directory: Path, python: str = sys.executable) -> Path:
    """Build the wheels of both distributions for a Python; return the directory."""
    for source in (PROJECT, PROJECT / "packaging" / "alembic"):
        subprocess.run(
            [python, "-m", "pip", "wheel", "--quiet", "--no-deps"]
            + ["-w", str(directory), str(source)],
            check=True,
        )
    return directory


def pythons() -> dict[str, str]:
    """Return the CPythons that are here, by version: {"3.12": path}."""
    here = ".".join(map(str, sys.version_info[:2]))
    found = {f"3.{kind[3:]}": path for kind, path in dist.pythons().items()}
    return {**found, here: sys.executable, "": sys.executable}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", type=Path, help="the file to write the table to")
    parser.add_argument("--only", default="", help="cases that begin so, as 'uv: '")
    parser.add_argument("--quick", action="store_true", help="the gate's cases")
    parser.add_argument("--wheels", type=Path, help="where the wheels are; else built")
    options = parser.parse_args(arguments)
    chosen = [
        case
        for case in CASES
        if str(case).startswith(options.only) and (case.quick or not options.quick)
    ]
    known = pythons()
    lines, failures = [], 0
    with tempfile.TemporaryDirectory() as scratch:
        built = {sys.executable: options.wheels.resolve()} if options.wheels else {}
        for case in chosen:
            python = known.get(case.python)
            if python is None:
                print(f"NOT TRIED, no such Python is here: {case}", flush=True)
                continue
            if python not in built:
                directory = Path(scratch) / f"wheels-{len(built)}"
                built[python] = build_wheels(directory, python)
            try:
                lines.append(try_case(case, built[python], python=python))
                print(f"ok      {case}", flush=True)
            except Failure as failure:
                failures += 1
                end = "\n        ".join(str(failure).splitlines()[-8:])
                print(f"FAILED  {case}\n        {end}", flush=True)
    print(f"{len(lines)} cases as stated, {failures} not")
    if options.write and not failures:
        write_table(options.write, lines)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
