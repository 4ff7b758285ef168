"""The revision graph as SVG: a line for each revision, in the lanes of `_lanes`."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from . import _lanes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._lanes import Row
    from ._tree import Node

_ROW, _LANE, _MARGIN, _RADIUS = 28, 22, 20, 6
# How wide a character is, at most, on an average.
_CHARACTER = 8.2
_STYLE = """<style>
text { font: 14px sans-serif; fill: #1f2328 } .id { font-weight: bold }
.mark, .label { fill: #2757dd } .line { fill: none; stroke: #6e7781; stroke-width: 2 }
.depends { stroke-dasharray: 4 4 } .cut { stroke-dasharray: 1 4 }
circle { fill: #2757dd }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .mark, .label { fill: #5b8cff } .line { stroke: #8d96a0 }
  circle { fill: #5b8cff }
}
</style>"""


def picture(nodes: Iterable[Node]) -> str:
    """Return the picture, with the first of the nodes at the top.

    nodes: each before what is below it. The texts are escaped.
    """
    placed = list(_lanes.rows(nodes))
    row_of = {row.node.revision: n for n, row in enumerate(placed)}
    n_lanes = 1 + max(
        (max(row.lane, *(edge.lane for edge in row.edges), 0) for row in placed),
        default=0,
    )
    left = _MARGIN + n_lanes * _LANE
    lines = [
        path
        for n, row in enumerate(placed)
        for path in (*_edges(n, row, row_of), *_cut(n, row))
    ]
    texts = [_revision(n, row, left) for n, row in enumerate(placed)]
    longest = max((len(_text(row.node)) for row in placed), default=0)
    width = round(left + longest * _CHARACTER + _MARGIN)
    height = 2 * _MARGIN + len(placed) * _ROW
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
            f'height="{height}" viewBox="0 0 {width} {height}" role="img">',
            "<title>Revisions, the newest first</title>",
            _STYLE,
            *lines,
            *texts,
            "</svg>",
        ]
    )


def _x(lane: int) -> int:
    return _MARGIN + lane * _LANE


def _y(n: int) -> int:
    return _MARGIN + n * _ROW + _ROW // 2


def _edges(n: int, row: Row, row_of: dict[str, int]) -> list[str]:
    """Return the lines from a revision to those below it."""
    x, y = _x(row.lane), _y(n)
    paths = []
    for edge in row.edges:
        to, end = _x(edge.lane), _y(row_of[edge.below])
        bend = "" if to == x else f"C{x} {y + 20} {to} {y + 8} {to} {y + _ROW}"
        style = "line" if edge.style == _lanes.SOLID else "line depends"
        paths.append(f'<path class="{style}" d="M{x} {y}{bend}V{end}"/>')
    return paths


def _cut(n: int, row: Row) -> list[str]:
    """Return a short line below a revision that follows one which is not shown."""
    if not row.node.is_cut:
        return []
    down = f"M{_x(row.lane)} {_y(n)}v{_ROW - 4}"
    return [f'<path class="line cut" d="{down}"/>']


def _text(node: Node) -> str:
    return f"{node.title}  {node.message}"


def _revision(n: int, row: Row, left: int) -> str:
    node, y = row.node, _y(n)
    labels = "".join(
        f' <tspan class="{kind}">{html.escape(word)}</tspan>'
        for kind, words in (("label", node.labels), ("mark", node.marks))
        for word in (f"({each})" for each in words)
    )
    return (
        f'<circle cx="{_x(row.lane)}" cy="{y}" r="{_RADIUS}"/>'
        f'<text x="{left}" y="{y + 5}"><tspan class="id">{html.escape(node.revision)}'
        f"</tspan>{labels} {html.escape(node.message)}</text>"
    )
