"""Docstrings of this project as reStructuredText.

They are plain text with a form: a parameter is a line `name: what it is`, continued
with an indent; code stands in single backquotes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_PARAMETER = re.compile(r"(\*{0,2}[a-z_]\w*(?:, \*{0,2}[a-z_]\w*)*): +(.*)")
_ITEM = re.compile(r"( *)- ")
_NEW_PARAGRAPH = re.compile(r"(Raises|Returns|Yields) ")


def to_rst(lines: Sequence[str]) -> list[str]:
    """Return a docstring's lines as reStructuredText."""
    result: list[str] = []
    in_fields = False
    # The indent of the list that a line may belong to.
    item: str | None = None
    for line in lines:
        indented = line.startswith(" ")
        found = _PARAMETER.fullmatch(line)
        after_text = bool(result) and bool(result[-1].strip())
        if found:
            if after_text and not in_fields:
                result.append("")
            names = _escaped(found[1])
            result.append(f":param {names}: {_inline(found[2])}")
            in_fields = True
            continue
        marker = _ITEM.match(line)
        if marker and marker[1] != item and after_text:
            result.append("")
        elif (
            # Behind the last item of a list, at the indent of its markers.
            item is not None
            and not marker
            and line.startswith(item)
            and line[len(item) : len(item) + 1] not in ("", " ")
        ):
            result.append("")
            item = None
        if marker or not line.startswith(" "):
            item = marker[1] if marker else None
        ends_indent = after_text and not indented and result[-1].startswith(" ")
        starts = _NEW_PARAGRAPH.match(line) and _is_whole(lines, line)
        if line.strip() and not indented and after_text:
            if in_fields or ends_indent or starts:
                result.append("")
            in_fields = False
        elif not line.strip():
            in_fields = False
        result.append(_inline(line))
    return result


def _is_whole(lines: Sequence[str], line: str) -> bool:
    """Return whether the line before this one has ended a sentence."""
    before = lines[max(0, list(lines).index(line) - 1)].rstrip()
    return before.endswith((".", ")", ":"))


def _inline(line: str) -> str:
    pieces = re.split(r"(`[^`]+`)", line)
    return "".join(
        f"`{piece}`" if piece.startswith("`") and len(piece) > 1 else _escaped(piece)
        for piece in pieces
    )


def _escaped(text: str) -> str:
    return re.sub(r"([\\*|`]|_(?!\w))", r"\\\1", text)
