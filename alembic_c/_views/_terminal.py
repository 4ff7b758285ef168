"""The revision graph in characters, beside what `history` says of each revision."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from . import _lanes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ._lanes import Held, Row
    from ._tree import Node

# Lanes that are drawn; others are behind a sign that there are more.
MAX_LANES = 40

_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
# By the arms of a crossing.
_BOX: dict[int | str, str] = {
    _UP | _DOWN: "│",
    _LEFT | _RIGHT: "─",
    _UP | _RIGHT: "╰",
    _UP | _LEFT: "╯",
    _DOWN | _RIGHT: "╭",
    _DOWN | _LEFT: "╮",
    _UP | _DOWN | _RIGHT: "├",
    _UP | _DOWN | _LEFT: "┤",
    _UP | _LEFT | _RIGHT: "┴",
    _DOWN | _LEFT | _RIGHT: "┬",
    _UP | _DOWN | _LEFT | _RIGHT: "┼",
    "dashed": "╎",
    "dashed across": "╌",
    "more": "…",
}
_ASCII: dict[int | str, str] = {
    _UP | _DOWN: "|",
    _LEFT | _RIGHT: "-",
    _UP | _RIGHT: "'",
    _UP | _LEFT: "'",
    _DOWN | _RIGHT: ".",
    _DOWN | _LEFT: ".",
    _UP | _DOWN | _RIGHT: "+",
    _UP | _DOWN | _LEFT: "+",
    _UP | _LEFT | _RIGHT: "+",
    _DOWN | _LEFT | _RIGHT: "+",
    _UP | _DOWN | _LEFT | _RIGHT: "+",
    "dashed": ":",
    "dashed across": "-",
    "more": "~",
}


def lines(nodes: Iterable[Node], encoding: str | None) -> Iterator[str]:
    """Yield the lines of the picture.

    nodes: each before what is below it.
    encoding: of the stream that they are for; without box-drawing characters in it,
        the picture is in ASCII.
    """
    pen = _Pen(_BOX if _can_write(_BOX, encoding) else _ASCII)
    for row in _lanes.rows(nodes, MAX_LANES):
        entry = row.node.entry.split("\n")
        margin = [pen.revision(row), *pen.links(row)]
        following = pen.lanes(row.under)
        beside = [*margin, following] if len(entry) > 1 else margin[:1]
        width = max(map(len, beside))
        for left, text in zip_longest(margin, entry):
            left = following if left is None else left
            yield f"{left:<{width}} {text}".rstrip() if text else left.rstrip()


def _can_write(signs: dict[int | str, str], encoding: str | None) -> bool:
    try:
        "".join(signs.values()).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


class _Pen:
    """Draws the lines of a row with the given signs."""

    def __init__(self, signs: dict[int | str, str]) -> None:
        self._signs = signs
        self._of_lane = (" ", signs["dashed"], signs[_UP | _DOWN])

    def lanes(self, held: Held) -> str:
        """Return a line in which nothing begins or ends."""
        return self._cut([self._of_lane[style] + " " for style in held.styles], held)

    def revision(self, row: Row) -> str:
        """Return the line that a revision stands in."""
        cells = [self._of_lane[style] + " " for style in row.above.styles]
        if row.lane < MAX_LANES:
            cells[row.lane] = "* "
            return self._cut(cells, row.above)
        return f"{''.join(cells)}{self._signs['more']} *"

    def links(self, row: Row) -> Iterator[str]:
        """Yield the lines in which a revision's edges go to other lanes.

        The dashed ones come first, so that they are told from the others.
        """
        dashed, solid = (
            [
                edge.lane
                for edge in row.edges
                if edge.style == style and edge.lane != row.lane
            ]
            for style in (_lanes.DASHED, _lanes.SOLID)
        )
        between = _joined(row.above, dashed) if solid else row.under
        across = self._signs[_LEFT | _RIGHT]
        if dashed:
            dashes = self._signs["dashed across"]
            yield self._link(row.lane, dashed, row.above, between, dashes)
        if solid:
            yield self._link(row.lane, solid, between, row.under, across)

    def _link(
        self, lane: int, ends: Sequence[int], before: Held, after: Held, across: str
    ) -> str:
        """Return a line from a lane to others; before, after: above it and below."""
        first, last = min(*ends, lane), max(*ends, lane)
        cells = []
        for each in range(min(max(len(after.styles), last + 1), MAX_LANES)):
            sign = self._of_lane[after.style(each)]
            if each in ends or each == lane:
                arms = _LEFT if each > first else 0
                arms |= _RIGHT if each < last else 0
                arms |= _DOWN if after.style(each) else 0
                arms |= _UP if before.style(each) else 0
                sign = self._signs[arms]
            elif first < each < last and not after.style(each):
                sign = across
            cells.append(sign + (across if first <= each < last else " "))
        return self._cut(cells, after)

    def _cut(self, cells: list[str], held: Held) -> str:
        """Return a line, with the sign for more where more lanes hold something."""
        line = "".join(cells)
        return f"{line}{self._signs['more']}" if held.more else line.rstrip()


def _joined(held: Held, ends: Iterable[int]) -> Held:
    """Return what lanes hold once dashed lines have gone to some of them."""
    styles = list(held.styles)
    for end in ends:
        if end < MAX_LANES:
            styles += [_lanes.FREE] * (end + 1 - len(styles))
            styles[end] = styles[end] or _lanes.DASHED
    return held._replace(styles=styles)
