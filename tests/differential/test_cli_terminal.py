"""Output on a terminal, in other encodings, into a closed pipe: as upstream's."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from alembic_c._cli.parser import MORE
from tests.support.side_by_side import ROOT, last_words, masked, usual, write

FOREIGN: dict[str, str | bytes | None] = {
    "migrations/versions/z.py": '"""é 数据"""\nrevision = "z"\ndown_revision = "a2"\n'
}


class Side:
    """One of the two programs in a project of its own, run in a new Python."""

    def __init__(self, package: str, path: Path, home: Path) -> None:
        write(home, {**usual(), **FOREIGN})
        self.home = home
        self.command = [sys.executable, "-m", package]
        self.environment = {**os.environ, "PYTHONPATH": str(path), "COLUMNS": "80"}
        self.environment["PYTHONHASHSEED"] = "0"

    def on_terminal(self, columns: int, *arguments: str) -> tuple[int, str]:
        """Return the status, and what the terminal got."""
        ours, theirs = pty.openpty()
        size = struct.pack("HHHH", 30, columns, 0, 0)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, size)
        process = subprocess.Popen(
            [*self.command, *arguments],
            cwd=self.home,
            env=self.environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 4096):
                shown += part
        except OSError:  # how Linux says that the other side is closed
            pass
        os.close(ours)
        return process.wait(), masked(shown.decode(), self.home)

    def through(
        self, pipe: str, *arguments: str, **environment: str
    ) -> tuple[str, str]:
        """Return standard output, with the status, and standard error."""
        done = subprocess.run(
            ["bash", "-c", f'"$@" {pipe}; echo "${{PIPESTATUS[0]}}"', "-"]
            + [*self.command, *arguments],
            cwd=self.home,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        out, err = (
            masked(text.decode(errors="backslashreplace"), self.home)
            for text in (done.stdout, done.stderr)
        )
        return out, last_words(err)


@pytest.fixture
def sides(upstream_path: Path, tmp_path: Path) -> tuple[Side, Side]:
    return (
        Side("alembic_c", ROOT, tmp_path / "ours"),
        Side("alembic", upstream_path, tmp_path / "them"),
    )


@pytest.mark.parametrize("columns", [30, 80])
@pytest.mark.parametrize(
    "line", ["merge b1 z --rev-id q", "revision -m x", "upgrade --help", "history"]
)
def test_terminal(sides: tuple[Side, Side], columns: int, line: str) -> None:
    # The directories' names are of one length, but are cut in the narrow terminal.
    [ours, theirs] = (side.on_terminal(columns, *line.split()) for side in sides)
    # Behind upstream's help stand the options that it lacks, behind a failure a hint.
    text = ours[1].partition(f"\r\n{MORE}:\r\n")[0]
    text = re.sub(r"(?m)^  hint: .*\n", "", text)
    assert (ours[0], text.replace("ours", "them")) == theirs


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("line", ["history", "revision -m é --head z --rev-id q"])
def test_encodings(sides: tuple[Side, Side], encoding: str, line: str) -> None:
    [ours, theirs] = (
        side.through("", *line.split(), PYTHONIOENCODING=encoding) for side in sides
    )
    assert ours == theirs


@pytest.mark.parametrize("pipe", ["| true", ">&-", ">/dev/full"])
@pytest.mark.parametrize(
    "line", ["history -v", "upgrade nope", "revision -m x --head z --rev-id q"]
)
def test_output_that_nobody_reads(
    sides: tuple[Side, Side], pipe: str, line: str
) -> None:
    # Unbuffered, so that the writes fail, and not the end of the process.
    [ours, theirs] = (
        side.through(pipe, *line.split(), PYTHONUNBUFFERED="1") for side in sides
    )
    assert ours == theirs
    [our_files, their_files] = (
        sorted(file.name for file in (side.home / "migrations/versions").glob("*.py"))
        for side in sides
    )
    assert our_files == their_files
