"""Columns that note what a comparison reads of them, so that it need not be repeated.

A comparison that reads of two columns what it has read of two others goes the same way
and has the same result.  Of the millions of pairs of a grid most are such.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from alembic_c.util import sqla_compat

# What does not depend on type and key, but on the default, which is the same for all
# pairs that are looked up together.
_SAME = frozenset(("server_default", "name", "__class__"))

# The reads of the comparison that is being learnt; None while there is none.
_noted: dict[tuple[int, str], None] | None = None


class Watched(sa.Column[Any]):
    """A column; `place`: 0 for the database's, 1 for the model's, while it is watched.

    facts: attribute -> what a comparison learns when it reads it.
    """

    inherit_cache = True
    place: int
    facts: dict[str, Any]

    def __getattribute__(self, attribute: str) -> Any:
        if _noted is not None and attribute not in _SAME:
            _noted[object.__getattribute__(self, "place"), attribute] = None
        return super().__getattribute__(attribute)


def watched(type_: Any, default: Any, key: dict[str, Any]) -> Watched:
    """Return a column in a table of its own."""
    made = Watched("c", type_, server_default=default, **key)
    table = sa.Table("t", sa.MetaData(), made)
    counts = sqla_compat._autoincrement_column(table) is made
    made.facts = {
        "type": id(type_),
        "primary_key": made.primary_key,
        "autoincrement": made.autoincrement,
        # Tables of one column differ in no more than that.
        "table": (id(type_), made.primary_key, counts),
    }
    return made


class Remembered:
    """The results of comparisons of columns that have the same defaults."""

    def __init__(self) -> None:
        # What was read -> what was found there -> the results.
        self._known: dict[tuple[tuple[int, str], ...], dict[Any, list[str]]] = {}

    def find(self, *columns: Watched) -> list[str] | None:
        """Return the results for columns of which the same is read, if there are."""
        facts = [column.facts for column in columns]
        for reads, results in self._known.items():
            values = [facts[place].get(name, columns[place]) for place, name in reads]
            found = results.get(tuple(values))
            if found is not None:
                return found
        return None

    @contextlib.contextmanager
    def learning(self, *columns: Watched) -> Iterator[list[str]]:
        """Watch the columns; the block adds the results to the list that it gets."""
        global _noted
        for place, column in enumerate(columns):
            column.place = place
        noted: dict[tuple[int, str], None] = {}
        results: list[str] = []
        _noted = noted
        try:
            yield results
        finally:
            _noted = None
        reads = tuple(noted)
        facts = [column.facts for column in columns]
        values = [facts[place].get(name, columns[place]) for place, name in reads]
        self._known.setdefault(reads, {})[tuple(values)] = results
