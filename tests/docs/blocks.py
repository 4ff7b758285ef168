"""The code blocks of a page, and what each of them is for.

A block is a fence of three or more backticks. Its language, and its caption, say what
is done with it:

- `console`: commands behind `$ `, continued behind `> `, and what they print; a line
  `...` stands for any lines. A command has to succeed, unless `$ echo $?` is next.
- `diff` with a caption: an edit of the file that the caption names.
- anything else with a caption: the whole of a file.
- a caption `not run: REASON`, with a reason of the table below: a block for readers.

The README, which code hosts show without the site's directives, says a caption in a
comment above the block: `<!-- CAPTION -->`.

A page begins with a new directory, and goes on in it from block to block.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"

# The one list of what is not run. A page shows the reason above the block.
NOT_RUN = {
    "installs packages": "`make adoption` and `make dist` run installations",
    "changes your shell": "`tests/unit/test_cli.py` completes commands and options",
    "needs Docker": "there is no Docker where the tests run",
    "needs Kubernetes": "there is no cluster where the tests run",
    "what the gate runs": "`.ci/run` is the gate",
    "a file of a CI service": "only the service can run it",
}

_FENCE = re.compile(
    r"^(?:<!-- (?P<comment>[^\n]*?) -->\n)?"
    r"(?P<fence>`{3,})(?P<info>[^`\n]*)\n(?P<body>.*?)^(?P=fence)[ ]*$",
    re.MULTILINE | re.DOTALL,
)
_OPTION = re.compile(r":([a-z-]+): *(.*)")
# Directives of the site that hold no code.
NO_CODE = {"toctree", "include", "raw", "eval-rst", "note", "tip", "warning"}


class BadBlock(AssertionError):
    """A block of which nobody can say what it is for."""


@dataclass
class Command:
    """A command of a console block, and the lines that it should print."""

    text: str
    output: list[str] = field(default_factory=list)


@dataclass
class Block:
    """A code block. start, end: where its body is in the page's text."""

    page: Path
    line: int
    language: str
    caption: str
    body: str
    start: int
    end: int

    @property
    def where(self) -> str:
        return f"{self.page.name}:{self.line}"

    @property
    def kind(self) -> str:
        """One of console, diff, file, not run.

        Raises BadBlock if it is none of them.
        """
        if self.caption.startswith("not run: "):
            reason = self.caption.removeprefix("not run: ")
            if reason not in NOT_RUN:
                raise BadBlock(f"{self.where}: no such reason: {reason}")
            return "not run"
        if self.language == "console":
            return "console"
        if self.caption:
            return "diff" if self.language == "diff" else "file"
        raise BadBlock(f"{self.where}: is neither run nor written to a file")

    def commands(self) -> list[Command]:
        """Return the commands of a console block.

        Raises BadBlock if it begins with something else.
        """
        found: list[Command] = []
        for line in self.body.splitlines():
            if line.startswith("$ "):
                found.append(Command(line[2:]))
            elif not found:
                raise BadBlock(f"{self.where}: begins with output")
            elif line.startswith("> ") and not found[-1].output:
                found[-1].text += "\n" + line[2:]
            else:
                found[-1].output.append(line)
        return found


def blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page."""
    text = page.read_text(encoding="utf-8")
    found = []
    for fence in _FENCE.finditer(text):
        info, start = fence["info"].strip(), fence.start("body")
        options: dict[str, str] = {}
        language = info
        if info.startswith("{"):
            name, _, language = info[1:].partition("}")
            if name in NO_CODE:
                continue
            if name != "code-block":
                raise BadBlock(f"{page.name}: unknown directive {name}")
            while option := _OPTION.match(text, start):
                options[option[1]] = option[2]
                start = text.index("\n", start) + 1
        found.append(
            Block(
                page=page,
                line=text.count("\n", 0, fence.start("fence")) + 1,
                language=language.strip(),
                caption=options.get("caption", fence["comment"] or "").strip("`"),
                body=text[start : fence.end("body")],
                start=start,
                end=fence.end("body"),
            )
        )
    return found


def databases(page: Path) -> list[str]:
    """Return the kinds of database that a page is run on: what its head says."""
    head = re.match(
        r"---\n.*?^databases: *(.*?)$.*?^---$", page.read_text(), re.M | re.S
    )
    return [name.strip() for name in head[1].split(",")] if head else ["sqlite"]


def pages() -> list[Path]:
    """Return the README, and every page of the site that is written by hand."""
    return [ROOT / "README.md"] + sorted(
        path for path in DOCS.rglob("*.md") if "_generated" not in path.parts
    )
