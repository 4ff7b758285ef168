"""Where each revision of a picture stands, and the lines between them.

A revision has a row of its own, and stands in a lane; lanes run from row to row, and
each waits for one revision. So a line never runs through another revision, and the
revisions that wait for the same one share a lane.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ._tree import Node

# What is in a lane.
FREE, DASHED, SOLID = 0, 1, 2


class Edge(NamedTuple):
    """A line to a revision below. lane: where it runs down. style: DASHED or SOLID."""

    below: str
    lane: int
    style: int


class Held(NamedTuple):
    """What the lanes hold at some height.

    styles: of the first lanes, as many as were asked for. more: whether others hold
        something.
    """

    styles: list[int]
    more: bool

    def style(self, lane: int) -> int:
        """Return what a lane holds, FREE for one that is not told."""
        return self.styles[lane] if lane < len(self.styles) else FREE


class Row(NamedTuple):
    """A revision's row.

    lane: where it stands. edges: its lines downward.
    above, under: the lanes beside the revision, and below it.
    """

    node: Node
    lane: int
    edges: tuple[Edge, ...]
    above: Held
    under: Held


class _Lanes:
    """What each lane holds; the first `shown` of them can be told."""

    def __init__(self, shown: int) -> None:
        self._shown = shown
        self._styles: list[int] = []
        self._free: list[int] = []
        self._n_beyond = 0

    def take(self) -> int:
        """Return the first lane that holds nothing."""
        if self._free:
            return heappop(self._free)
        self._styles.append(FREE)
        return len(self._styles) - 1

    def give_back(self, lane: int) -> None:
        heappush(self._free, lane)

    def __getitem__(self, lane: int) -> int:
        return self._styles[lane]

    def __setitem__(self, lane: int, style: int) -> None:
        if lane >= self._shown:
            self._n_beyond += bool(style) - bool(self._styles[lane])
        self._styles[lane] = style

    def held(self) -> Held:
        return Held(self._styles[: self._shown], self._n_beyond > 0)


def rows(nodes: Iterable[Node], shown: int = 0) -> Iterator[Row]:
    """Yield the rows of a picture.

    nodes: each before what is below it. shown: how many lanes `above` and `under` tell.
    O(shown + edges of the revision * log(lanes)) for each row.
    """
    lanes = _Lanes(shown)
    lane_of: dict[str, int] = {}
    ended = -1
    for node in nodes:
        lane = lane_of.pop(node.revision, -1)
        if lane < 0:
            lane = lanes.take()
        if ended >= 0:
            lanes.give_back(ended)
            ended = -1
        lanes[lane] = SOLID
        above = lanes.held()
        lanes[lane] = FREE
        edges = []
        for ids, style in ((node.down, SOLID), (node.depends, DASHED)):
            for below in ids:
                if below not in lane_of:
                    # The first line goes straight down.
                    lane_of[below] = lanes.take() if lanes[lane] else lane
                target = lane_of[below]
                lanes[target] = max(lanes[target], style)
                edges.append(Edge(below, target, style))
        if not edges:
            ended = lane  # nothing stands right below it, as if there were a line
        elif not lanes[lane]:
            lanes.give_back(lane)
        yield Row(node, lane, tuple(edges), above, lanes.held())
