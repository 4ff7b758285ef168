"""Layout of the body of `upgrade()` and `downgrade()`: indentation and blank lines."""

from __future__ import annotations

import re
from collections.abc import Iterable

_UNIT = " " * 4
_OPENS_BLOCK = re.compile(
    r"\s*(?:(?P<plain>if|try|elif|while|for|with)|def|class|else|except|finally)"
)
_ENDS_WITH_COLON = re.compile(r":[ \t]*(?:#.*)?$")
_CONTINUES_BLOCK = re.compile(r"\s*(?:else|elif|except|finally).*:")
_TRAILING_SPACES = re.compile(r" +$", re.MULTILINE)


class BlockWriter:
    """Put lines one below the other, those of a Python block further to the right.

    A block is opened by a line such as "with x as y:" and closed by an empty line or
    by one that continues it, e.g. "else:".  Text of several lines counts as one line:
    the renderer that made it has laid it out.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        # Whether each open block can be continued ("if" can, "def" cannot).
        self._blocks: list[bool] = []

    def write(self, line: str) -> None:
        """Add a line, indented by the blocks that are open."""
        first = line.lstrip()[:1]
        if first != "#" and self._closes_block(line, first):
            self._blocks.pop()
        self._lines.append(_UNIT * len(self._blocks) + line)
        if _ENDS_WITH_COLON.search(line):
            opening = _OPENS_BLOCK.match(line)
            if opening is not None:
                self._blocks.append(opening["plain"] is not None)

    def write_all(self, lines: Iterable[str]) -> None:
        """Add lines in their order."""
        for line in lines:
            self.write(line)

    def _closes_block(self, line: str, first: str) -> bool:
        if not self._blocks:
            return False
        if not first:
            return True
        return self._blocks[-1] and _CONTINUES_BLOCK.match(line) is not None

    def text(self) -> str:
        """Return the lines, each with its end of line."""
        return "".join(f"{line}\n" for line in self._lines)


def indent(text: str) -> str:
    """Return text as the body of a function, but for the first line's indentation.

    Templates have that indentation before the place where the text goes.
    """
    shifted = _UNIT + text.replace("\n", "\n" + _UNIT)
    return _TRAILING_SPACES.sub("", shifted.strip())
