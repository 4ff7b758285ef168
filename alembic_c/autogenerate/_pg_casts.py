"""How PostgreSQL converts one type to another, by its catalog of casts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, text

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.types import TypeEngine

_NAMED = """
SELECT CAST(pg_catalog.to_regtype(CAST(:name AS text)) AS pg_catalog.oid)
"""

_TYPES = """
WITH RECURSIVE known AS (
    SELECT t.oid, t.typbasetype, t.typcategory, t.typelem
    FROM pg_catalog.pg_type t WHERE t.oid IN ({oids})
    UNION
    SELECT t.oid, t.typbasetype, t.typcategory, t.typelem
    FROM pg_catalog.pg_type t
    JOIN known ON t.oid = known.typbasetype
               OR (t.oid = known.typelem AND known.typcategory = 'A')
)
SELECT oid, typbasetype, CAST(typcategory AS text) AS category, typelem FROM known
"""

_CASTS = """
SELECT castsource, casttarget, CAST(castcontext AS text) AS context
FROM pg_catalog.pg_cast
WHERE castsource IN ({oids}) AND casttarget IN ({oids})
"""


class Cast(Enum):
    """How a column's values become those of another type."""

    ASSIGNED = auto()
    """As in an assignment: nothing has to be said."""
    EXPLICIT = auto()
    """By `value::type`, which has to be written."""
    AS_TEXT = auto()
    """There is no cast; only what the text of each value gives."""


@dataclass(frozen=True)
class PgType:
    """A type; oid is 0 for one that is still to be created.

    base: what a domain is made of; category: of `pg_type.typcategory`; element: what
    an array holds.
    """

    oid: int
    category: str
    base: PgType | None = None
    element: PgType | None = None


class CastCatalog:
    """The types and casts of a database; knows what it was asked to load."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._types: dict[int, PgType] = {}
        self._contexts: dict[tuple[int, int], str] = {}

    def oid(self, name: str) -> int | None:
        """Return the id of a type by its name in SQL, None if there is none."""
        found: int | None = self._connection.scalar(text(_NAMED), {"name": name})
        return found

    def load(self, oids: Iterable[int]) -> None:
        """Read what has to be known of types, and the casts between them."""
        wanted = ", ".join(map(str, sorted(set(oids))))
        if not wanted:
            return
        rows = {
            row.oid: row
            for row in self._connection.execute(text(_TYPES.format(oids=wanted)))
        }
        for oid in rows:
            self._types[oid] = _built(oid, rows)
        known = ", ".join(map(str, sorted(rows)))
        for row in self._connection.execute(text(_CASTS.format(oids=known))):
            self._contexts[row.castsource, row.casttarget] = row.context

    def known(self, oid: int) -> PgType:
        """Return a type that was loaded."""
        return self._types[oid]

    def cast(self, source: PgType, target: PgType) -> Cast:
        """Return how values of one type become those of another."""
        source, target = source.base or source, target.base or target
        if source == target and source.oid:
            return Cast.ASSIGNED
        context = self._contexts.get((source.oid, target.oid))
        if context is not None:
            return Cast.EXPLICIT if context == "e" else Cast.ASSIGNED
        if source.element is not None and target.element is not None:
            return self.cast(source.element, target.element)
        # Any type becomes a string, and a string any type, by its text.
        if target.category == "S":
            return Cast.ASSIGNED
        return Cast.EXPLICIT if source.category == "S" else Cast.AS_TEXT


def _built(oid: int, rows: dict[int, Any]) -> PgType:
    row = rows[oid]
    base = _built(row.typbasetype, rows) if row.typbasetype else None
    is_array = row.category == "A" and row.typelem in rows
    element = _built(row.typelem, rows) if is_array else None
    return PgType(oid, row.category, base and (base.base or base), element)


def to_be_created(type_: TypeEngine[Any]) -> PgType:
    """Return an ENUM that the migration creates, or an array of it."""
    if isinstance(type_, ARRAY):
        return PgType(0, "A", element=to_be_created(type_.item_type))
    return PgType(0, "E")
