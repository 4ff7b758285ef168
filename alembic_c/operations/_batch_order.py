"""The order of the columns of a table that is made anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from sqlalchemy.exc import CircularDependencyError
from sqlalchemy.util import topological

from ..util import CommandError


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
        # All columns that there were; those that are dropped mark a place still.
        self._before = list(existing)
        self._dropped: set[str] = set()
        self._named: set[str] = set()

    @property
    def is_changed(self) -> bool:
        """Whether the order may differ from the one in which columns were added."""
        return bool(self._groups or self._placed)

    def remove(self, name: str) -> None:
        """Note that a column is dropped."""
        if name in self._existing:
            self._existing.remove(name)
        self._dropped.add(name)

    def place(self, name: str, before: str | None, after: str | None) -> None:
        """Say where a new column goes; at the end if nothing is said.

        before, after: columns that there are, have been added, or were dropped: these
            stand for their place.
        Raises UnknownColumnError for others.
        """
        known = {*self._before, *(each for pair in self._placed for each in pair)}
        for other, argument in ((before, "insert_before"), (after, "insert_after")):
            if other and other not in known and not self._groups:
                raise UnknownColumnError(other, self._existing, argument)
        self._named.update(other for other in (before, after) if other)
        if not self._groups:
            if not before and not after:
                after = self._existing[-1] if self._existing else None
            elif name in (before, after):
                before, after = self._behind(name), self._in_front_of(name)
            elif after and not before:
                before = self._behind(after)
            elif before and not after:
                after = self._in_front_of(before)
        if name in self._dropped:
            # From here on the name means the new column.
            self._dropped.remove(name)
            self._before.remove(name)
        if before:
            self._placed.append((name, before))
        if after:
            self._placed.append((after, name))

    def _behind(self, name: str) -> str | None:
        row = self._row_with(name)
        steps = _steps(row) if name in row else self._placed
        return dict(steps).get(name)

    def _in_front_of(self, name: str) -> str | None:
        row = self._row_with(name)
        steps = _steps(row) if name in row else self._placed
        return {later: earlier for earlier, later in steps}.get(name)

    def _row_with(self, name: str) -> list[str]:
        """Return the columns of the table, with a dropped one if that is named."""
        return [
            each
            for each in self._before
            if each in self._existing or (each == name and name in self._dropped)
        ]

    def arrange(
        self, names: Iterable[str], new_names: Mapping[str, str] | None = None
    ) -> list[str]:
        """Return names of columns in the order that follows from all that was said.

        new_names: new name -> name, for those by which a group may call a column.
        Raises CommandError if there is none, or if something else is named.
        """
        wanted = list(names)
        marks = [
            name
            for name in self._before
            if name in self._dropped & self._named and name not in wanted
        ]
        existing = [
            name for name in self._before if name in self._existing or name in marks
        ]
        groups = [
            [
                name if name in wanted else (new_names or {}).get(name, name)
                for name in group
                if name in wanted or name not in self._dropped
            ]
            for group in self._groups
        ]
        for name in {name for group in groups for name in group} - set(wanted):
            raise UnknownColumnError(name, wanted, "partial_reordering")
        pairs = {step for row in groups or [existing] for step in _steps(row)}
        pairs |= {(first, second) for first, second in self._placed if first != second}
        try:
            ordered = topological.sort(
                pairs, [*wanted, *marks], deterministic_order=True
            )
            return [name for name in ordered if name not in marks]
        except CircularDependencyError as problem:
            cycle = ", ".join(f'"{name}"' for name in sorted(problem.cycles))
            raise CommandError(
                "No order of the columns satisfies insert_before, insert_after and "
                f"partial_reordering: each of {cycle} would have to stand before the "
                "others"
            ) from problem


class UnknownColumnError(CommandError, KeyError):
    """A column that an argument names and the table does not have.

    name: of the column; columns: those that there are; argument: or a directive.
    """

    def __init__(self, name: str, columns: Iterable[str], argument: str) -> None:
        known = ", ".join(f'"{column}"' for column in columns)
        super().__init__(
            f'{argument} names a column "{name}" that the table does not have; '
            f"its columns are {known}"
        )

    # A KeyError's own would put quotes around the message.
    __str__ = Exception.__str__
