"""The order of the columns of a table that is made anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from sqlalchemy.util import topological


def _steps(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return each name with the one behind it."""
    return list(pairwise(names))


class ColumnOrder:
    """Which column comes before which, as pairs that a sort has to satisfy.

    existing: the columns that the table has, in its order.
    groups: names of columns in the order wanted, in place of the existing order.
    """

    def __init__(self, existing: list[str], groups: Sequence[tuple[str, ...]]) -> None:
        self._existing = existing
        self._groups = groups
        self._placed: list[tuple[str, str]] = []

    @property
    def is_changed(self) -> bool:
        """Whether the order may differ from the one in which columns were added."""
        return bool(self._groups or self._placed)

    def remove(self, name: str) -> None:
        """Forget a column of the table."""
        self._existing.remove(name)

    def place(self, name: str, before: str | None, after: str | None) -> None:
        """Say where a new column goes; at the end if nothing is said.

        Raises KeyError if the column to put it next to is not known.
        """
        if not self._groups:
            if not before and not after:
                after = self._existing[-1] if self._existing else None
            elif after and not before:
                before = self._behind(after)
            elif before and not after:
                after = self._in_front_of(before)
        if before:
            self._placed.append((name, before))
        if after:
            self._placed.append((after, name))

    def _behind(self, name: str) -> str | None:
        if name not in self._existing:
            return dict(self._placed)[name]
        return dict(_steps(self._existing)).get(name)

    def _in_front_of(self, name: str) -> str | None:
        if name not in self._existing:
            return {later: earlier for earlier, later in self._placed}[name]
        return {later: earlier for earlier, later in _steps(self._existing)}.get(name)

    def arrange(self, names: Iterable[str]) -> list[str]:
        """Return names of columns in the order that follows from all that was said.

        Raises CircularDependencyError if there is none.
        """
        sequences = self._groups or [tuple(self._existing)]
        pairs = {step for names_ in sequences for step in _steps(names_)}
        pairs |= {(first, second) for first, second in self._placed if first != second}
        return list(topological.sort(pairs, list(names), deterministic_order=True))
