"""Runs the blocks of one page, in order, in a directory and a shell of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from .blocks import BadBlock, Block, Command, blocks

ROOT = Path(__file__).resolve().parent.parent.parent
# What a page shows in place of the directory, and of the servers' addresses.
SHOWN_DIRECTORY = "/home/you/shop"
SHOWN_SERVER = "you@localhost/shop"
_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?")
_LINE = re.compile(r"(\.py):\d+:")
_DURATION = re.compile(r"\s*\b\d+\.\d+ ?(s|ms)\b")
_END = "--end of command--"

# In the path of every Python that a page starts: notes which files are executed.
_WITNESS = """
import os, sys

def _note(event, details):
    if event == "exec" and hasattr(details[0], "co_filename"):
        name = details[0].co_filename
    elif event == "cpython.run_file":
        name = details[0]
    else:
        return
    if isinstance(name, str) and name.endswith(".py"):
        line = os.path.abspath(name) + "\\n"
        descriptor = os.open(os.environ["WITNESS"], os.O_WRONLY | os.O_APPEND)
        os.write(descriptor, line.encode())
        os.close(descriptor)

sys.addaudithook(_note)
"""


class Wrong(AssertionError):
    """A page that is not what happens."""


class Session:
    """A shell in an empty directory, for the blocks of a page.

    directory: is made; everything the page writes is below it.
    url: of an empty database that the page may use, besides SQLite files.
    scripts: the directory whose programs come first; this Python's if None.
    """

    def __init__(
        self, directory: Path, url: str = "", scripts: Path | None = None
    ) -> None:
        self.root = directory / "shop"
        self.root.mkdir(parents=True)
        witness = directory / "witness"
        witness.mkdir()
        (witness / "sitecustomize.py").write_text(_WITNESS)
        self._log = witness / "log"
        self._log.touch()
        self._written: set[Path] = set()
        self._url = url
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ALEMBIC", "PYTEST", "PG", "COLUMNS"))
        }
        scripts = scripts or Path(sys.executable).parent
        environment |= {
            "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(witness),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "WITNESS": str(self._log),
            "COLUMNS": "80",
            "NO_COLOR": "1",
            "HOME": str(directory),
            "LC_ALL": "C.UTF-8",
        }
        self._shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.root,
            env=environment,
            text=True,
            encoding="utf-8",
        )

    def close(self) -> None:
        """End the shell."""
        self._shell.kill()
        self._shell.communicate()

    # --- between what is shown and what is there --------------------------------------

    def _real(self, text: str) -> str:
        text = text.replace(SHOWN_DIRECTORY, str(self.root))
        if "postgresql" in text and SHOWN_SERVER in text:
            if not self._url:
                raise BadBlock("the page has to say `databases: postgresql`")
            text = text.replace(SHOWN_SERVER, self._url.partition("://")[2])
        return text

    def _shown(self, text: str) -> str:
        text = text.replace(str(self.root), SHOWN_DIRECTORY)
        text = text.replace(str(ROOT), "/home/you/alembic_c")
        if self._url:
            text = text.replace(self._url.partition("://")[2], SHOWN_SERVER)
        return text

    # --- the kinds of block -----------------------------------------------------------

    def run(self, block: Block) -> str:
        """Do what a block says, and return the body that it should have."""
        if block.kind == "console":
            return self._run_console(block)
        if block.kind == "file":
            path = self._file(block)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self._real(block.body), encoding="utf-8")
        elif block.kind == "diff":
            self._edit(block)
        return block.body

    def _file(self, block: Block) -> Path:
        path = self.root / block.caption
        self._written.add(path)
        return path

    def _edit(self, block: Block) -> None:
        path = self._file(block)
        text = path.read_text(encoding="utf-8")
        for hunk in re.split(r"^@@.*\n", self._real(block.body), flags=re.MULTILINE):
            lines = [line or " " for line in hunk.splitlines()]
            if not lines:
                continue
            old = "".join(f"{line[1:]}\n" for line in lines if line[0] in " -")
            new = "".join(f"{line[1:]}\n" for line in lines if line[0] in " +")
            if not text.startswith(old):
                old, new = f"\n{old}", f"\n{new}"
            if text.count(old) != 1:
                raise Wrong(
                    f"{block.where}: found {text.count(old)} times in {block.caption}, "
                    f"which is\n{text}\nlooked for\n{old}"
                )
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")

    def _run_console(self, block: Block) -> str:
        commands = block.commands()
        lines: list[str] = []
        for i, command in enumerate(commands):
            output, status = self._execute(self._real(command.text))
            printed = self._shown(output).splitlines()
            expected_to_fail = commands[i + 1 : i + 2] == [] or (
                commands[i + 1].text != "echo $?"
            )
            if status and expected_to_fail:
                raise Wrong(
                    f"{block.where}: $ {command.text}\nended with {status}\n{output}"
                )
            first, *more = command.text.split("\n")
            lines += [f"$ {first}", *(f"> {line}" for line in more)]
            lines += merged(command, printed)
        return "".join(f"{line.rstrip()}\n" for line in lines)

    def _execute(self, text: str) -> tuple[str, int]:
        """Run a command in the shell; return what it prints and its exit status."""
        pipe_in, pipe_out = self._shell.stdin, self._shell.stdout
        assert pipe_in
        assert pipe_out
        pipe_in.write(
            f"{{\n{text}\n}} </dev/null\n"
            f"__status=$?; printf '\\n%s %s\\n' '{_END}' $__status; (exit $__status)\n"
        )
        pipe_in.flush()
        output: list[str] = []
        for line in pipe_out:
            if line.startswith(_END):
                printed = "".join(output)
                return printed.removesuffix("\n"), int(line.split()[-1])
            output.append(line)
        raise Wrong(f"the shell ended in: {text}\n{''.join(output)}")

    def never_executed(self) -> list[str]:
        """Return the Python files that the page wrote and that nothing has run."""
        executed = set(self._log.read_text().splitlines())
        return sorted(
            str(path.relative_to(self.root))
            for path in self._written
            if path.suffix == ".py" and str(path) not in executed
        )


def _plain(line: str) -> str:
    """Return a line without what differs from run to run."""
    line = _LINE.sub(r"\1:", _DATE.sub("<date>", line.rstrip()))
    return _DURATION.sub("<time>", line)


def merged(command: Command, printed: list[str]) -> list[str]:
    """Return what a page should show for what a command has printed.

    What the page has is kept where it stands for the same: a line `...` for any lines,
    an older date for a newer one.
    """
    shown = [line for line in command.output if line.strip() or printed]
    pieces: list[list[str]] = [[]]
    for line in shown:
        if line == "...":
            pieces.append([])
        else:
            pieces[-1].append(line)
    plain = [_plain(line) for line in printed]
    position = 0
    for i, piece in enumerate(pieces):
        wanted = [_plain(line) for line in piece]
        last = i == len(pieces) - 1
        if i == 0 and last:
            fits = wanted == plain
            position = len(plain)
        elif i == 0:
            fits = plain[: len(wanted)] == wanted
            position = len(wanted)
        else:
            starts = range(position, len(plain) - len(wanted) + 1)
            if last:
                starts = range(max(position, len(plain) - len(wanted)), len(plain) + 1)
            found = [s for s in starts if plain[s : s + len(wanted)] == wanted]
            fits = bool(found)
            position = found[0] + len(wanted) if found else 0
        if not fits:
            return printed
    return shown


def play(
    page: Path, directory: Path, url: str = "", scripts: Path | None = None
) -> tuple[str, list[str]]:
    """Run a page; return the text it should have, and the files nothing has run.

    directory, url, scripts: see `Session`.
    """
    text = page.read_text(encoding="utf-8")
    session = Session(directory, url, scripts)
    try:
        pieces: list[str] = []
        position = 0
        for block in blocks(page):
            pieces += [text[position : block.start], session.run(block)]
            position = block.end
        return "".join([*pieces, text[position:]]), session.never_executed()
    finally:
        session.close()
