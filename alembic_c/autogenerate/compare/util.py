"""What the database says about its tables, read once for all of them."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.sql.elements import conv

from ...util import sqla_compat
from . import _sqlite

if TYPE_CHECKING:
    from sqlalchemy import Inspector, Table
    from sqlalchemy.engine.interfaces import (
        ReflectedCheckConstraint,
        ReflectedForeignKeyConstraint,
        ReflectedIndex,
        ReflectedUniqueConstraint,
    )

    from ._table_names import Place

_T = TypeVar("_T")

_NAMED_LISTS = ("foreign_keys", "indexes", "unique_constraints", "check_constraints")


class Reflection:
    """Answers questions about tables, from what was read in bulk where it can.

    A question about a table that `pre_cache_tables` did not read goes to the
    inspector, and so does one that the dialect could not answer for all tables:
    there it raises NotImplementedError.

    All names of constraints and indexes are `conv`: they are final, no naming
    convention applies to them, and they are rendered with `op.f()`.
    """

    def __init__(
        self, inspector: Inspector, elsewhere: Mapping[str, Place] | None = None
    ) -> None:
        """Begin with nothing read.

        elsewhere: the tables of which the database leaves out the schema although they
            are not in the default one, by their names.
        """
        self.inspector = inspector
        self._elsewhere = elsewhere or {}
        self._read: dict[str | None, Any] = {}
        self._columns: dict[str | None, Any] = {}

    def pre_cache_tables(
        self,
        schema: str | None,
        tablenames: list[str],
        all_available_tablenames: Collection[str],
    ) -> None:
        """Read all that there is to know about several tables of a schema.

        tablenames: the tables.
        all_available_tablenames: all tables of the schema, by which the dialect may
            see that reading every table is cheaper.
        """
        if tablenames:
            found = self._read_tables(schema, tablenames, all_available_tablenames)
            self._read[schema] = found
            self._columns[schema] = sqla_compat._columns_and_keys(found)

    def _read_tables(
        self, schema: str | None, names: Collection[str], available: Collection[str]
    ) -> Any:
        connection = None
        if self.inspector.dialect.name == "sqlite" and isinstance(
            self.inspector.bind, Connection
        ):
            connection = _sqlite.knowing_connection(self.inspector.bind, schema, names)
        found = sqla_compat._read_tables(
            self.inspector, schema, names, available, connection
        )
        for key in found.pk_constraint.values():
            _finalize_names([key] if key else [])
        for kind in _NAMED_LISTS:
            for items in getattr(found, kind).values():
                _finalize_names(items)
        for keys in found.foreign_keys.values():
            self._name_schemas(keys)
        return found

    def reflect_table(self, table: Table, *, columns_only: bool = False) -> bool:
        """Fill a table with what the database has under its name.

        columns_only: indexes, and constraints other than the primary key, may be left
            out if they are known anyway.  Returns whether they were.
        Raises NoSuchTableError if there is none.
        """
        found = self._read.get(table.schema)
        if found is None or (table.schema, table.name) not in found.columns:
            found = self._read_tables(table.schema, [table.name], [table.name])
            columns_only = False
        elif columns_only:
            found = self._columns[table.schema]
        sqla_compat._reflect_table(self.inspector, table, found)
        return columns_only

    def get_unique_constraints(
        self, tname: str, schema: str | None
    ) -> list[ReflectedUniqueConstraint]:
        """Return a table's unique constraints."""
        return self._get(
            "unique_constraints", self.inspector.get_unique_constraints, tname, schema
        )

    def get_indexes(self, tname: str, schema: str | None) -> list[ReflectedIndex]:
        """Return a table's indexes."""
        return self._get("indexes", self.inspector.get_indexes, tname, schema)

    def get_foreign_keys(
        self, tname: str, schema: str | None
    ) -> list[ReflectedForeignKeyConstraint]:
        """Return a table's foreign keys."""
        keys: list[ReflectedForeignKeyConstraint] = self._get(
            "foreign_keys", self.inspector.get_foreign_keys, tname, schema
        )
        self._name_schemas(keys)
        return keys

    def _name_schemas(self, keys: Collection[Any]) -> None:
        """Name the schemas that foreign keys lead to as they are compared."""
        for key in keys if self._elsewhere else ():
            place = self._elsewhere.get(key["referred_table"])
            if place and key["referred_schema"] in (None, place.schema):
                key["referred_schema"] = place.known_as

    def get_check_constraints(
        self, tname: str, schema: str | None
    ) -> list[ReflectedCheckConstraint]:
        """Return a table's check constraints."""
        return self._get(
            "check_constraints", self.inspector.get_check_constraints, tname, schema
        )

    def _get(
        self,
        kind: str,
        ask: Callable[..., list[_T]],
        tname: str,
        schema: str | None,
    ) -> list[_T]:
        by_table = getattr(self._read.get(schema), kind, {})
        found: list[_T] | None = by_table.get((schema, tname))
        if found is None:
            found = ask(tname, schema=schema)
            _finalize_names(found)
        return found


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """Let the collector of cyclic garbage rest during a block.

    Reflection makes a hundred thousand objects that are all needed until the end. The
    collector would go through them over and over, for a third of the time, and find
    nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _finalize_names(items: Collection[Any]) -> None:
    for item in items:
        if item["name"] is not None:
            item["name"] = conv(item["name"])


# The name by which upstream's test-suite patches it.
_InspectorConv = Reflection
