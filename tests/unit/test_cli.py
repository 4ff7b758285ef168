"""The command line: parsing, errors, exit codes, and what it costs to start."""

from __future__ import annotations

import argparse
import logging
import os
import re
import shlex
import subprocess
import sys
from argparse import Namespace
from importlib import metadata
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import alembic_c
import alembic_c.config
from alembic_c import command
from alembic_c._cli import added, examples
from alembic_c.config import CommandLine, Config, main
from alembic_c.runtime import _progress
from tests.support import name_distribution

ROOT = Path(alembic_c.__file__).resolve().parent.parent

REVISION = '''"""{message}"""
import explode_if_executed
revision = {id!r}
down_revision = {down!r}
'''


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project of three revisions, none of which can be executed."""
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "migrations" / "env.py").write_text("import explode_if_executed\n")
    (tmp_path / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\n"
    )
    for down, id_ in ((None, "aaa"), ("aaa", "bbb"), ("aaa", "ccc")):
        text = REVISION.format(message=f"revision {id_}", id=id_, down=down)
        (versions / f"{id_}_.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALEMBIC_CONFIG", raising=False)
    return tmp_path


def run(*arguments: str, code: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    start = ["-c", code] if code else ["-m", "alembic_c"]
    return subprocess.run(
        [sys.executable, *start, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


PROBE = """
import atexit, sys
atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))
from alembic_c._cli import run
run("alembic")
"""


class TestStart:
    @pytest.mark.parametrize(
        "arguments",
        [
            ("heads",),
            ("heads", "-v"),
            ("heads", "--resolve-dependencies"),
            ("history",),
            ("history", "-v", "-r", "aaa:"),
            ("branches", "-v"),
            ("show", "bbb"),
            ("list_templates",),
            ("--help",),
            ("upgrade", "--help"),
        ],
    )
    def test_nothing_heavy_is_loaded_and_nothing_executed(
        self, project: Path, arguments: tuple[str, ...]
    ) -> None:
        done = run(*arguments, code=PROBE)
        assert done.returncode == 0, done.stderr
        loaded = set(done.stderr.split())
        assert "alembic_c.config" in loaded
        assert loaded.isdisjoint({"sqlalchemy", "mako", "explode_if_executed"})
        slow = {"typing", "importlib.metadata", "importlib.abc", "asyncio"}
        assert loaded.isdisjoint(slow | {"tempfile", "logging"})
        # What is said of failures, of the terminal and in help is not even imported.
        for_help = set() if "--help" in arguments else {"alembic_c._cli.examples"}
        told = {"alembic_c._cli.failures", "alembic_c._cli.hints", "traceback"}
        assert loaded.isdisjoint(told | for_help | {"difflib", "textwrap"} & for_help)
        # From Python 3.14 on argparse needs these to colour what it prints.
        if "--help" not in arguments or sys.version_info < (3, 14):
            assert loaded.isdisjoint({"inspect", "dataclasses"})

    def test_the_probe_sees_what_it_looks_for(self, project: Path) -> None:
        # `current` runs env.py, and that fails to import its module.
        done = run("current", code=PROBE)
        assert done.returncode == 1
        assert "No module named 'explode_if_executed'" in done.stderr
        assert "sqlalchemy" in done.stderr.splitlines()[-1].split()

    def test_heads(self, project: Path) -> None:
        assert run("heads").stdout == "bbb (head)\nccc (head)\n"


class TestErrors:
    """Standard output and exit status are upstream's; the hint is on stderr."""

    @pytest.mark.parametrize(
        ("arguments", "hint"),
        [
            (("-c", "none.ini", "heads"), "there is no file none.ini"),
            (("-n", "other", "heads"), "alembic.ini has no section [other]"),
            (("-c", "empty.ini", "heads"), "add it to section [alembic] of empty.ini"),
        ],
    )
    def test_no_script_location(
        self, project: Path, arguments: tuple[str, ...], hint: str
    ) -> None:
        (project / "empty.ini").write_text("[alembic]\n")
        done = run(*arguments)
        message = "FAILED: No 'script_location' key found in configuration."
        assert done.stdout.strip() == message
        assert done.stderr.startswith(f"  hint: {hint}")
        assert done.returncode == 255

    def test_no_script_location_in_a_toml_table(self, project: Path) -> None:
        (project / "pyproject.toml").write_text("[tool.alembic]\nx = 1\n")
        done = run("-c", "none.ini", "heads")
        assert done.stderr == "  hint: add it to [tool.alembic] in pyproject.toml\n"

    def test_quiet_is_quiet(self, project: Path) -> None:
        done = run("-q", "-c", "none.ini", "heads")
        assert (done.stdout, done.stderr, done.returncode) == ("", "", 255)

    @pytest.mark.parametrize(
        ("name", "content", "expected"),
        [
            ("alembic.ini", b"[alembic]\nwhat\n", "alembic.ini, line 2: neither"),
            ("alembic.ini", b"[alembic]\nx=\xff\n", "alembic.ini, line 2: not utf-8"),
            ("pyproject.toml", b"x = =\n", "pyproject.toml: Invalid value (at line 1"),
        ],
    )
    def test_broken_files(
        self, project: Path, name: str, content: bytes, expected: str
    ) -> None:
        (project / name).write_bytes(content)
        if name != "alembic.ini":
            (project / "alembic.ini").unlink()
        done = run("heads")
        assert done.stdout.startswith(f"FAILED: {expected}")
        assert done.stderr == ""
        # As with upstream, where the error is not caught.
        assert done.returncode == 1

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            (("-c", "a", "-c", "b"), "only one ini file may be indicated"),
            (
                ("-c", "pyproject.toml", "-c", "x/pyproject.toml"),
                "pyproject.toml indicated more than once",
            ),
        ],
    )
    def test_a_file_too_many(
        self, project: Path, arguments: tuple[str, ...], expected: str
    ) -> None:
        done = run(*arguments, "heads")
        assert (done.stdout, done.returncode) == (f"FAILED: {expected}\n", 1)
        done = run("--raiseerr", *arguments, "heads")
        assert done.stderr.endswith(f"CommandError: {expected}\n")

    def test_raiseerr_gives_the_traceback(self, project: Path) -> None:
        done = run("--raiseerr", "show", "nope")
        assert done.stdout == ""
        assert "Traceback" in done.stderr
        assert "Can't locate revision identified by 'nope'" in done.stderr


class TestRegisteredCommands:
    def test_parameters_become_arguments(self) -> None:
        called = []

        def greet(
            config: Config,
            directory: str,
            verbose: bool = False,
            message: str | None = None,
            other: str | None = "x",
        ) -> None:
            """Say hello
            to somebody.

            Not in the help.
            """
            called.append((directory, verbose, message, other))

        line = CommandLine("p")
        line.register_command(greet)
        assert "greet               Say hello to somebody." in line.parser.format_help()
        line.main(["greet", "here", "-v", "-m", "hi"])
        # `other` is no option of the command line, which gives None for it.
        assert called == [("here", True, "hi", None)]

    def test_methods(self) -> None:
        class Commands:
            called: str = ""

            def wave(self, config: Config, rev: str) -> None:
                self.called = rev

        commands, line = Commands(), CommandLine()
        line.register_command(commands.wave)
        line.main(["wave", "head"])
        assert commands.called == "head"

    def test_only_python_functions(self) -> None:
        with pytest.raises(TypeError, match="is not a Python function"):
            CommandLine().register_command(len)  # type: ignore[arg-type]

    def test_a_subclass_can_change_the_files(self, project: Path) -> None:
        seen = []

        class Line(CommandLine):
            def _inis_from_config(self, options: Namespace) -> tuple[str, str]:
                return "other.toml", "other.ini"

            def run_cmd(self, config: Config, options: Namespace) -> None:
                seen.append((config.toml_file_name, config.config_file_name))

        Line().main(["-c", "ignored.ini", "heads"])
        assert seen == [("other.toml", "other.ini")]


def test_each_verb_is_a_function_with_help() -> None:
    assert len(command.VERBS) == 15
    choices = CommandLine().subparsers.choices
    assert tuple(choices) == command.VERBS
    assert all(getattr(command, verb).__doc__ for verb in command.VERBS)


class TestHelp:
    verbs = (*command.VERBS, *added.VERBS, *added.ACTIVATION)

    @pytest.mark.parametrize("verb", ["", *verbs])
    def test_has_examples_and_names_all_commands(self, verb: str) -> None:
        done = run(*([verb] if verb else []), "--help")
        assert done.returncode == 0, done.stderr
        text = done.stdout.partition("\nexamples:\n")[2]
        assert f"  alembic {verb}".rstrip() in text
        assert max(map(len, text.splitlines())) <= 78  # alembic-c is longer
        assert all(name in done.stdout for name in added.ACTIVATION)
        if not verb:
            assert all(f"\n    {name} " in done.stdout for name in self.verbs)

    def test_each_command_has_some(self) -> None:
        assert sorted(examples.COMMANDS) == sorted(self.verbs)

    @pytest.mark.parametrize(
        "arguments",
        [
            arguments
            for verb, of_verb in {"": examples.PROGRAM, **examples.COMMANDS}.items()
            if verb not in added.ACTIVATION
            for arguments, _ in of_verb
        ],
    )
    def test_the_examples_are_command_lines(self, arguments: str) -> None:
        words = added.spelled_out(shlex.split(arguments))
        assert CommandLine("alembic").with_all_verbs().parse_args(words).cmd


def test_the_version_names_the_product() -> None:
    program, version, product = run("--version").stdout.split(maxsplit=2)
    assert (program, version) == ("alembic", metadata.version("alembic-c"))
    level, _, _ = version.rpartition(".")
    assert name_distribution.version().partition("+")[0] == level
    assert product == "(alembic-c, a drop-in Alembic)\n"


def test_the_parser_is_the_standard_librarys_where_others_replace_it() -> None:
    assert alembic_c.config.ArgumentParser is argparse.ArgumentParser


def test_stamp_takes_several_revisions() -> None:
    options = CommandLine().parser.parse_args(["stamp", "a", "b"])
    assert options.revisions == ["a", "b"]


def test_nothing_to_do_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([], prog="p")
    assert exit_.value.code == 2
    assert capsys.readouterr().err.endswith("p: error: too few arguments\n")


def run_module(name: str, *arguments: str, **how: Any) -> Any:
    """Run a module of the package in the current directory."""
    return subprocess.run(
        [sys.executable, "-m", name, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **how.pop("env", {})},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        **how,
    )


def test_running_the_module_config(project: Path) -> None:
    done = run_module("alembic_c.config", "heads", stdout=subprocess.PIPE)
    assert done.stdout == run("heads").stdout == "bbb (head)\nccc (head)\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_nobody_reads_the_output(project: Path, unbuffered: str) -> None:
    (project / "migrations" / "script.py.mako").write_text(
        "revision = ${repr(up_revision)}\ndown_revision = None\n"
    )
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run_module(
            "alembic_c",
            *("revision", "--rev-id", "unread", "--head", "base"),
            env={"PYTHONUNBUFFERED": unbuffered},
            stdout=writing,
        )
    finally:
        os.close(writing)
    assert "Traceback" not in done.stderr
    assert list(project.rglob("unread_*.py"))


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("alembic upg", "upgrade"),
        ("alembic upgrade --", "--lock"),
        ("alembic sta", "status"),
        ("alembic heads --v", "--verbose"),
    ],
)
def test_completion_in_a_shell(tmp_path: Path, line: str, word: str) -> None:
    """As the code that `register-python-argcomplete alembic` gives a shell does it."""
    answer = tmp_path / "answer"
    environment = {
        **os.environ,
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    command = [sys.executable, "-m", "alembic_c"]
    subprocess.run(command, env=environment, check=True)
    assert word in answer.read_text().split()


ENV = """\
from alembic import context
from sqlalchemy import Column, Integer, MetaData, Table, create_engine
models = MetaData()
for name in "abc":
    Table(name, models, Column("x", Integer))
with create_engine('sqlite:///test.db').connect() as connection:
    context.configure(connection=connection, target_metadata=models)
    with context.begin_transaction():
        context.run_migrations()
"""


def on_terminal(
    *arguments: str, standard_error: bool = True, **environment: str
) -> tuple[str, list[str]]:
    """Return what a command gives: standard output, and the lines of standard error.

    standard_error: on a terminal, or else into a pipe.
    """
    inherited = {name: text for name, text in os.environ.items() if name != "CI"}
    ours, terminal = os.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "alembic_c", *arguments],
        env={**inherited, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=terminal if standard_error else subprocess.PIPE,
        check=False,
        text=True,
    )
    os.close(terminal)
    try:
        said = os.read(ours, 4096).decode() if standard_error else done.stderr
    except OSError:  # nothing was written
        said = ""
    os.close(ours)
    return done.stdout, said.splitlines()


class TestProgress:
    """On a terminal, on standard error, only where a person looks."""

    @pytest.fixture
    def tree(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        (tmp_path / "m" / "versions").mkdir(parents=True)
        (tmp_path / "m" / "versions" / "a.py").write_text(
            '"""first"""\nrevision = "a"\ndown_revision = None\ndef upgrade(): pass\n'
        )
        (tmp_path / "m" / "env.py").write_text(ENV)
        (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = m\n")
        monkeypatch.chdir(tmp_path)
        return tmp_path

    def test_steps(self, tree: Path) -> None:
        out, lines = on_terminal("upgrade", "head")
        assert out == ""
        assert lines[0] == "Running upgrade  -> a, first"
        assert re.fullmatch(r"1 step in \d+\.\d s", lines[1])
        assert len(lines) == 2

    def test_steps_that_the_log_writes(self, tree: Path) -> None:
        env = tree / "m" / "env.py"
        log = "import logging; logging.basicConfig(level=logging.INFO)\n"
        env.write_text(log + env.read_text())
        _, lines = on_terminal("upgrade", "head")
        assert sum("Running upgrade  -> a, first" in line for line in lines) == 1
        assert re.fullmatch(r"1 step in \d+\.\d s", lines[-1])

    def test_tables(self, tree: Path) -> None:
        on_terminal("upgrade", "head")
        out, lines = on_terminal("check")
        assert "New upgrade operations detected" in out
        assert re.fullmatch(r"3 tables compared in \d+\.\d s", lines[0])

    @pytest.mark.parametrize(
        "quiet", [{"standard_error": False}, {"CI": "true"}, {"options": ("-q",)}]
    )
    @pytest.mark.parametrize("verb", [("upgrade", "head"), ("check",)])
    def test_nothing_where_nobody_looks(
        self, tree: Path, quiet: dict[str, Any], verb: tuple[str, ...]
    ) -> None:
        if verb == ("check",):
            on_terminal("stamp", "head")
        options = quiet.get("options", ())
        how = {name: value for name, value in quiet.items() if name != "options"}
        _, lines = on_terminal(*options, *verb, **how)
        assert not any(" in " in line or "Running" in line for line in lines), lines


def test_the_counter_leaves_room_for_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(_progress, "_PAUSE", 0)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("COLUMNS", "17")
    config = Config()
    config._is_command_line = True
    handler = logging.StreamHandler(terminal)
    log = logging.getLogger("alembic")
    log.addHandler(handler)
    try:
        with _progress.counter(SimpleNamespace(config=config, as_sql=False)) as counter:
            for thing in counter.each(["a", "b", "c"], "looking"):
                if thing == "b":
                    log.error("found it")
            counter.end(3, "things looked at")
        log.error("after it")
    finally:
        log.removeHandler(handler)
    erase = "\r\x1b[K"
    pictures = terminal.getvalue().split(erase)
    assert pictures[:4] == ["", "looking: 0 of 3", "looking: 1 of 3", "found it\n"]
    assert pictures[4] == "looking: 2 of 3"
    assert re.fullmatch(r"3 things looked at in 0\.\d s\nafter it\n", pictures[5])
