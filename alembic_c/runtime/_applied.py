"""The heads of a database while steps move them, and what they stand on."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from ..script.revision import RevisionMap


class AppliedHeads(set[str]):
    """A set of heads that answers which revisions another head stands on.

    A walk over the map at each step would make a plan with many heads quadratic.
    Instead the applied revisions are found once and followed from then on: a revision
    is looked at when a step applies it and when a step reverts it, and whether a head
    is above another one is found by going up, over applied revisions only.  All steps
    of a plan cost O(revisions + edges), but for merges whose parents lead to each
    other: there each costs the stretch in between.

    heads: their ids.  They change by `add` and `remove`.
    """

    def __init__(self, heads: Iterable[str] = ()) -> None:
        super().__init__(heads)
        self._map: RevisionMap | None = None
        self._left: list[str] = []
        self._reached: list[str] = []

    @classmethod
    def of(cls, heads: Collection[str]) -> AppliedHeads:
        """Return `heads` itself if it is one of these, else one with its ids."""
        return heads if isinstance(heads, cls) else cls(heads)

    def add(self, head: str, /) -> None:
        """Add a head that a step has reached."""
        super().add(head)
        self._reached.append(head)

    def remove(self, head: str, /) -> None:
        """Take out a head that a step has left.  Raises KeyError if it is none."""
        super().remove(head)
        self._left.append(head)

    def reset(self, heads: Collection[str]) -> None:
        """Have these heads, as if no step had been made since they were the ones."""
        self.clear()
        self.update(heads)
        self._map = None
        self._left, self._reached = [], []

    def covered(
        self, names: Iterable[str], leaving: Collection[str], revisions: RevisionMap
    ) -> set[str]:
        """Return those of `names` that a head is, or stands on.

        leaving: ids of heads that do not count.
        Raises ResolutionError if a head is no revision of the map.
        """
        self._bring_up_to_date(revisions)
        return {name for name in names if self._leads_to(name, self._tops, leaving)}

    def redundant(self, names: Collection[str], revisions: RevisionMap) -> set[str]:
        """Return those of `names`, ids of applied revisions, below another of them."""
        if len(names) < 2:
            return set()
        self._bring_up_to_date(revisions)
        goals = set(names)
        return {name for name in names if self._leads_to(name, goals, (name,))}

    def _bring_up_to_date(self, revisions: RevisionMap) -> None:
        if self._map is not revisions:
            self._map = revisions
            self._applied: set[str] = set()
            # What was applied on top of a revision; some of it may be reverted by now.
            self._above: dict[str, list[str]] = {}
            # A head that was once found above a revision.
            self._found: dict[str, str] = {}
            found = revisions.get_revisions(tuple(self))
            self._tops = {rev.revision for rev in found if rev}  # type: ignore[union-attr]
            self._apply(self._tops)
        self._tops.update(head for head in self._reached if head in self)
        self._apply(self._reached)
        self._tops.difference_update(head for head in self._left if head not in self)
        self._revert(self._left)
        self._reached, self._left = [], []

    def _below(self, name: str) -> tuple[str, ...]:
        assert self._map is not None
        rev = self._map._revision_map[name]
        return rev._normalized_down_revisions if rev else ()

    def _apply(self, names: Iterable[str]) -> None:
        """Note revisions and all that they stand on as applied."""
        todo = list(names)
        while todo:
            name = todo.pop()
            if name in self._applied:
                continue
            self._applied.add(name)
            for below in self._below(name):
                self._above.setdefault(below, []).append(name)
                todo.append(below)

    def _revert(self, names: Iterable[str]) -> None:
        """Forget revisions, and what is below them, where no head is above any more."""
        todo = list(names)
        while todo:
            name = todo.pop()
            if name in self._tops or name not in self._applied:
                continue
            if next(self._applied_above(name), None) is None:
                self._applied.remove(name)
                todo += self._below(name)

    def _applied_above(self, name: str) -> Iterator[str]:
        above = self._above.get(name, [])
        while above and above[-1] not in self._applied:
            above.pop()
        return (other for other in reversed(above) if other in self._applied)

    def _leads_to(
        self, name: str, goals: Collection[str], without: Collection[str]
    ) -> bool:
        """Is a revision, or one above it, among `goals` and not among `without`?"""
        path: list[str] = []
        ways: list[Iterator[str]] = [iter((name,))]
        seen = set()
        while ways:
            at = next(ways[-1], None)
            if at is None:
                ways.pop()
                del path[-1:]
                continue
            if at in seen:
                continue
            seen.add(at)
            path.append(at)
            for goal in (at, self._found.get(at, at)):
                if goal in goals and goal not in without:
                    self._found.update(dict.fromkeys(path, goal))
                    return True
            ways.append(self._applied_above(at))
        return False
