"""Two copies of a project: what a user of ours sees there, and one of upstream's.

A command line runs in a new process, as the console script does.  To be quick, the
process is a fork of one that has imported SQLAlchemy and Mako.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.samples import sample

ROOT = Path(__file__).resolve().parent.parent.parent

_ENTRY = {
    "alembic": "from alembic.config import main",
    "alembic_c": "from alembic_c._cli import run as main",
}
# Upstream's modules are there before the fork, which saves most of the time.  Ours are
# not: that they are imported when they are needed is part of what is tested.
_AHEAD = {
    "alembic": "import alembic.config, alembic.command, alembic.context, alembic.op",
    "alembic_c": "",
}

# argv: what to execute, and the descriptors to read requests from and to answer on.
_SERVER = sample("side_by_side/server.py")


@dataclass
class Seen:
    """What a user sees of one command line."""

    status: int
    out: str
    err: str
    crash: str = ""
    """The line behind the traceback with which it ended."""

    def is_kinder_than(self, other: Seen) -> bool:
        """Return whether `other` ended with a traceback, and this says what is wrong.

        The exit status is the same: nothing that calls the program can tell.  What was
        said before is said here, too, if only once.
        """
        if not other.crash or self.crash:
            return False
        before = other.err.partition(other.crash)[0].splitlines()
        said = f"{self.out}\n{self.err}"
        return (
            self.status == other.status == 1
            and self.out.startswith(other.out)
            and all(_WARNING.sub("", line) in said for line in before)
            and ("FAILED: " in self.out or other.crash in self.err)
        )


class Tool:
    """One of the two programs.

    package: "alembic_c" or "alembic"; path: the directory that holds it.
    """

    def __init__(self, package: str, path: Path) -> None:
        self.package = package
        request_read, self._requests = os.pipe()
        answers, answer_write = os.pipe()
        self._answers = os.fdopen(answers)
        environment = {
            **os.environ,
            "PYTHONPATH": str(path),
            "PYTHONHASHSEED": "0",
            "COLUMNS": "80",
        }
        environment.pop("ALEMBIC_CONFIG", None)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVER, _AHEAD[package], _ENTRY[package]]
            + [str(request_read), str(answer_write)],
            env=environment,
            stdin=subprocess.DEVNULL,
            pass_fds=(request_read, answer_write),
        )
        os.close(request_read)
        os.close(answer_write)

    def run(
        self,
        home: Path,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        bytecode: bool = False,
        program: Path | None = None,
    ) -> Seen:
        """Run one command line in the directory `home`, or a Python program."""
        with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
            request = {
                "home": str(home),
                "out": out.name,
                "err": err.name,
                "arguments": list(arguments),
                "environment": dict(environment),
                "bytecode": bytecode,
                "program": program and str(program),
            }
            os.write(self._requests, json.dumps(request).encode() + b"\n")
            status = int(self._answers.readline())
            return Seen(
                status,
                out.read().decode(errors="backslashreplace"),
                err.read().decode(errors="backslashreplace"),
            )

    def close(self) -> None:
        """End the process."""
        os.close(self._requests)
        self._process.wait()
        self._answers.close()


# --- what may differ ------------------------------------------------------------------

_MASKS: tuple[tuple[str, str], ...] = (
    (r"(?<![0-9a-z])[0-9a-f]{12}(?![0-9a-z])", "<id>"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?", "<date>"),
    (r"see \S+\.txt", "see <report>"),
    (r"\balembic_c\b", "alembic"),
    # The paths stand behind it here.
    (r"(is present more than once): .*", r"\1"),
    # At DEBUG here.
    (r"(?m)^.*\bsetting up autogenerate plugin \S+\n", ""),
    # A warning of ours, and a subclass: docs/compatibility.md.
    (r"(?m)^.*\btarget_metadata has no tables: .*\n?", ""),
    (r"\bNotUpToDate\b", "CommandError"),
    # Where in the tools' own source a warning was given.
    (r"(?m)^\S+:\d+: (?=\w+Warning: )", ""),
)
_TRACEBACK = re.compile(r"(?ms)^Traceback \(most recent call last\):\n.*?^(?=[^ \n])")
_CHAIN = re.compile(
    r"(?m)^(?:During handling of the above exception, another exception occurred:"
    r"|The above exception was the direct cause of the following exception:)\n\n?"
)
# What ours says behind the last line of a traceback.
_OURS = re.compile(
    r"  (?:hint: |in (?:(?:up|down)grade|stamp) |in .*(?:, line \d+|\.py$)|statement: "
    r"|rolled back: |in effect, |The version table )"
)
# A location that is configured and not there, which only ours warns of.
_NO_LOCATION = re.compile(
    r"(?ms)^UserWarning: There is no directory .*?version_locations' in .*?(?:\)$\n?)"
)
_WARNING = re.compile(r"\w+Warning: ")
# What ours says about a migration that failed, behind the traceback.
_HELP = re.compile(r"(?m)^(?:ERROR \S+ )?(?:up|down)grade .* failed; .*\n(?:  .*\n?)*")


def masked(text: str, home: Path) -> str:
    """Return output without paths, dates and ids made by chance."""
    text = text.replace(str(home), "<home>")
    for pattern, replacement in _MASKS:
        text = re.sub(pattern, replacement, text)
    return text


def crash(text: str) -> str:
    """Return the line behind the last traceback of standard error; "" without one."""
    ends = [found.end() for found in _TRACEBACK.finditer(text)]
    return text[ends[-1] :].partition("\n")[0] if ends else ""


def last_words(text: str) -> str:
    """Return standard error without frames, hints and lines of source."""
    parts = _CHAIN.split(text)
    start = parts[0].partition("Traceback (most")[0] if len(parts) > 1 else ""
    text = _TRACEBACK.sub("", start + parts[-1])
    lines: list[str] = []
    skip = False
    for line in _NO_LOCATION.sub("", _HELP.sub("", text)).splitlines():
        if _OURS.match(line) or (skip and line.startswith("  ")):
            skip = False
            continue
        skip = bool(_WARNING.match(line))
        # How often Python shows a warning of one place depends on whether somebody has
        # changed its filters in between, as the proof does.
        if not (skip and lines and line == lines[-1]):
            lines.append(line)
    return "\n".join(lines)


def tree(home: Path) -> dict[str, str]:
    """Return path -> content of the files of a project; databases as SQL."""
    found = {}
    for path in sorted(home.rglob("*")):
        if path.name == "__pycache__" or path.suffix == ".pyc":
            continue  # Ours executes fewer files.
        name = masked(str(path.relative_to(home)), home)
        if path.suffix == ".db":
            with sqlite3.connect(path) as database:
                content = "\n".join(sorted(database.iterdump()))
            database.close()
        elif path.is_file():
            content = path.read_bytes().decode(errors="backslashreplace")
        else:
            content = "a directory"
        found[name] = masked(content, home)
    return found


# --- stories --------------------------------------------------------------------------

Step = str | Callable[[Path], object]


@dataclass
class Story:
    """A project, and what is done in it in order.

    name: what it is about.
    steps: command lines without the program's name, which may begin with `NAME=value`
        for the environment, or functions that change the project.
    files: path -> text (dedented) or bytes, on top of the usual project.
    ini: lines for its main section.
    only_sorted: steps (by their text) whose output upstream has in the order of a set.
    forgive: patterns and what replaces them, in all output and all files.
    deliberate: only the status is compared; docs/compatibility.md says why.
    bytecode: whether Python writes compiled files.
    own_words: files whose prose is our own; they are there, that is all.
    """

    name: str
    steps: Iterable[Step]
    files: Mapping[str, str | bytes | None] = field(default_factory=dict)
    ini: str = ""
    bytecode: bool = False
    only_sorted: Sequence[str] = ()
    forgive: Sequence[tuple[str, str]] = ()
    deliberate: bool = False
    own_words: Sequence[str] = ()


INI = """\
[alembic]
script_location = %(here)s/migrations
prepend_sys_path = .
path_separator = os
sqlalchemy.url = sqlite:///app.db
"""

ENV = """\
from alembic import context
from sqlalchemy import MetaData, create_engine

config = context.config
target_metadata = MetaData()


def run(**arguments):
    context.configure(target_metadata=target_metadata, **arguments)
    with context.begin_transaction():
        context.run_migrations()


url = config.get_alembic_option("sqlalchemy.url")
if context.is_offline_mode():
    run(url=url, literal_binds=True)
else:
    with create_engine(url).connect() as connection:
        run(connection=connection)
"""

_REVISION = '''\
"""Message of {id}

Revision ID: {id}
Revises: {down}
Create Date: 2024-01-02 03:04:05.678901

"""
from alembic import op
import sqlalchemy as sa

revision = {id!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {depends!r}


def upgrade():
    op.create_table("t_{id}", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    op.drop_table("t_{id}")
'''


def revision(
    id: str, down: Any = None, labels: Any = None, depends: Any = None
) -> dict[str, str]:
    """Return path and content of a revision file that makes the table `t_ID`."""
    return {
        f"migrations/versions/{id}_message.py": _REVISION.format(
            id=id, down=down, labels=labels, depends=depends
        )
    }


def usual() -> dict[str, str | bytes | None]:
    """Return a project of three revisions: a1, a2 above it, b1 above a1 (label bee)."""
    template = ROOT / "alembic_c" / "templates" / "generic" / "script.py.mako"
    return {
        "alembic.ini": INI,
        "migrations/env.py": ENV,
        "migrations/script.py.mako": template.read_text(),
        **revision("a1"),
        **revision("a2", "a1"),
        **revision("b1", "a1", ("bee",)),
    }


def write(home: Path, files: Mapping[str, str | bytes | None]) -> None:
    """Write files (None: leave out) into a project."""
    for name, content in files.items():
        path = home / name
        if content is None:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = textwrap.dedent(content).encode()
        path.write_bytes(content)


class SideBySide:
    """Both tools, and a place for the copies of a project."""

    def __init__(self, upstream_path: Path, place: Path) -> None:
        self.tools = {
            "alembic_c": Tool("alembic_c", ROOT),
            "alembic": Tool("alembic", upstream_path),
        }
        self._place = place
        self._pool = ThreadPoolExecutor(2)

    def __enter__(self) -> SideBySide:
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pool.shutdown()
        for tool in self.tools.values():
            tool.close()

    def _homes(self, story: Story) -> list[Path]:
        """Make the project for each of the two."""
        homes = []
        for tool in self.tools.values():
            # Both of one length: paths are in texts that are cut or aligned.
            home = self._place / ("ours" if tool.package == "alembic_c" else "them")
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            files = usual()
            files["alembic.ini"] = INI + textwrap.dedent(story.ini)
            write(home, {**files, **story.files})
            homes.append(home)
        return homes

    def check_program(self, story: Story, program: Path) -> str:
        """Run a Python program with both, as `check` does.

        Returns what it printed with ours.
        """
        homes = self._homes(story)
        seen = []
        for tool, home in zip(self.tools.values(), homes, strict=True):
            one = tool.run(home, [], {}, program=program)
            one.out = re.sub(r"\b0x[0-9a-f]+", "0x", masked(one.out, home))
            one.out = _HELP.sub("", one.out)
            one.err = last_words(masked(one.err, home))
            seen.append(one)
        ours, theirs = seen
        assert ours == theirs, "\n".join(
            difflib.unified_diff(
                _show(theirs).splitlines(), _show(ours).splitlines(), lineterm="", n=1
            )
        )
        problems = list(self._other_files(homes, story, "the program"))
        assert not problems, "\n".join(problems)
        return ours.out

    def check(self, story: Story) -> list[Seen]:
        """Run a story with both; fail where a user would see a difference.

        Returns what ours showed, step by step.
        """
        homes = self._homes(story)
        seen: list[Seen] = []
        problems: list[str] = []
        for step in story.steps:
            if not isinstance(step, str):
                for home in homes:
                    step(home)
                continue
            ours, theirs = self._pool.map(
                self._run, self.tools.values(), homes, [step] * 2, [story] * 2
            )
            seen.append(ours)
            if story.deliberate:
                assert ours.status == theirs.status, (story.name, step, ours, theirs)
                continue
            if ours != theirs and not ours.is_kinder_than(theirs):
                problems.append(
                    f"alembic {step}\n--- ours\n{_show(ours)}\n"
                    f"--- upstream's\n{_show(theirs)}"
                )
            problems += self._other_files(homes, story, step)
        assert not problems, f"{story.name}: " + "\n\n".join(problems)
        return seen

    def _other_files(
        self, homes: Sequence[Path], story: Story, step: str
    ) -> Iterator[str]:
        ours, theirs = (self._forgiven(tree(home), story) for home in homes)
        for name in sorted({*ours, *theirs}):
            if ours.get(name) != theirs.get(name):
                yield (
                    f"after alembic {step}: the file {name}\n--- ours\n"
                    f"{ours.get(name)}\n--- upstream's\n{theirs.get(name)}"
                )

    @staticmethod
    def _forgiven(found: dict[str, str], story: Story) -> dict[str, str]:
        found |= {name: "" for name in story.own_words if name in found}
        for pattern, replacement in story.forgive:
            found = {
                re.sub(pattern, replacement, name): re.sub(pattern, replacement, text)
                for name, text in found.items()
            }
        return found

    def _run(self, tool: Tool, home: Path, step: str, story: Story) -> Seen:
        words = shlex.split(step)
        environment = {}
        while words and re.match(r"[A-Z_]+=", words[0]):
            name, _, value = words.pop(0).partition("=")
            environment[name] = value.replace("<home>", str(home))
        words = [word.replace("<home>", str(home)) for word in words]
        seen = tool.run(home, words, environment, bytecode=story.bytecode)
        seen.out = masked(seen.out, home)
        seen.err = masked(seen.err, home)
        for pattern, replacement in story.forgive:
            seen.out = re.sub(pattern, replacement, seen.out)
            seen.err = re.sub(pattern, replacement, seen.err)
        seen.crash = crash(seen.err)
        seen.err = last_words(seen.err)
        if step in story.only_sorted:
            seen.out = "\n".join(sorted(seen.out.splitlines()))
        return seen


def _show(seen: Seen) -> str:
    return f"status {seen.status}\n{seen.out}\n[standard error]\n{seen.err}"
