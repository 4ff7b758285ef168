"""PostgreSQL's partitions and inheriting tables, which no model mentions.

A partition belongs to its table: it goes with it, and what it has from it cannot be
dropped by itself.  A table that inherits from one of the model holds rows of that one.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

from .._questions import TableKey
from ._table_names import known_as

if TYPE_CHECKING:
    from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint

    from ..api import AutogenContext

log = logging.getLogger("alembic.autogenerate.compare.tables")

# Tables with what they inherit from; then what partitions have from their tables: the
# indexes, with those of unique constraints, and the foreign keys, by their tables.
_QUERY = """
SELECT CASE WHEN c.relispartition THEN 'partition' ELSE 'child' END,
  cn.nspname::text, c.relname::text, pn.nspname::text, p.relname::text
FROM pg_catalog.pg_inherits AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
JOIN pg_catalog.pg_namespace AS cn ON cn.oid = c.relnamespace
JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent
JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
WHERE c.relkind IN ('r', 'p', 'f')
UNION ALL
SELECT 'index', n.nspname::text, t.relname::text, '', c.relname::text
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_index AS x ON x.indexrelid = c.oid
JOIN pg_catalog.pg_class AS t ON t.oid = x.indrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
WHERE c.relkind IN ('i', 'I') AND c.relispartition
UNION ALL
SELECT 'key', n.nspname::text, t.relname::text, '', k.conname::text
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS t ON t.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
WHERE k.contype = 'f' AND k.conparentid <> 0 AND t.relispartition
"""


# The first release in which keys know the one that they come from.
_OLDEST = (11,)


class _Inherited(NamedTuple):
    """A name of what a partition has from its table."""

    kind: str
    table: TableKey
    name: str


class Inheritance:
    """Which tables are partitions of others, or inherit from them."""

    def __init__(self, autogen_context: AutogenContext) -> None:
        """Ask the database, by one query."""
        self._context = autogen_context
        self._partitions: set[TableKey] = set()
        self._parents: dict[TableKey, list[TableKey]] = {}
        self._children: dict[TableKey, list[TableKey]] = {}
        self._inherited: set[_Inherited] = set()
        connection = autogen_context.connection
        dialect = autogen_context.dialect
        if (
            connection is None
            or dialect.name != "postgresql"
            or (dialect.server_version_info or ()) < _OLDEST
        ):
            return
        for kind, schema, table, parent_schema, name in connection.exec_driver_sql(
            _QUERY
        ):
            key = self._key(schema, table)
            if kind in ("index", "key"):
                self._inherited.add(_Inherited(kind, key, name))
                continue
            if kind == "partition":
                self._partitions.add(key)
            parent = self._key(parent_schema, name)
            self._parents.setdefault(key, []).append(parent)
            self._children.setdefault(parent, []).append(key)

    def _key(self, schema: str, name: str) -> TableKey:
        place = self._context._found_elsewhere.get(name)
        if place is not None and place.schema == schema:
            return place.known_as, name
        return known_as(self._context, schema), name

    def without_dependents(
        self, gone: Collection[TableKey], model: Collection[TableKey]
    ) -> list[TableKey]:
        """Return the tables that only the database has, without those left alone.

        gone: these tables; model: those of the model.
        """
        kept = [
            key
            for key in gone
            if key not in self._partitions
            and not any(ancestor in model for ancestor in self._ancestors(key))
        ]
        if len(kept) < len(gone):
            log.debug(
                "%d partitions or inheriting tables are left alone",
                len(gone) - len(kept),
            )
        return kept

    def _ancestors(self, key: TableKey) -> Iterator[TableKey]:
        for parent in self._parents.get(key, ()):
            yield parent
            yield from self._ancestors(parent)

    def children_first(self, keys: Collection[TableKey]) -> list[TableKey]:
        """Return tables so that each comes behind those that inherit from it."""
        found: dict[TableKey, None] = {}

        def add(key: TableKey) -> None:
            if key not in found:
                for child in self._children.get(key, ()):
                    if child in keys:
                        add(child)
                found[key] = None

        for key in keys:
            add(key)
        return list(found)

    def leave_out_indexes(
        self,
        table: TableKey,
        uniques: set[UniqueConstraint],
        indexes: set[Index],
        wanted: Collection[object],
    ) -> None:
        """Leave out what a partition has from its table and the model has not.

        uniques, indexes: of the database; changed in place.
        wanted: the names that the model has.
        """

        def leave_out(name: object) -> bool:
            return name not in wanted and self._is_inherited("index", table, name)

        if table in self._partitions:
            uniques -= {each for each in uniques if leave_out(each.name)}
            indexes -= {each for each in indexes if leave_out(each.name)}

    def leave_out_keys(
        self, table: TableKey, keys: set[ForeignKeyConstraint]
    ) -> set[ForeignKeyConstraint]:
        """Return the foreign keys of a table that it has from another."""
        return {key for key in keys if self._is_inherited("key", table, key.name)}

    def _is_inherited(self, kind: str, table: TableKey, name: object) -> bool:
        return _Inherited(kind, table, str(name)) in self._inherited
