"""The indexes that a run drops or changes: the way back makes them as they were.

SQLAlchemy reflects no collation, and on SQLite, MySQL and MariaDB no DESC; beside a
direction it writes no operator class.  So the database is asked about the indexes that
are made again: one query on PostgreSQL, on SQLite one for each database, on the others
those of their tables.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ..catalog import _mysql
from ..operations import ops
from ..util import sqla_compat
from ._questions import TableKey

if TYPE_CHECKING:
    from sqlalchemy import Dialect

    from .api import AutogenContext

log = logging.getLogger("alembic.autogenerate.compare.constraints")

# What the elements of an index are in SQL, None for a column with nothing besides.
Elements: TypeAlias = "list[str | None]"
# (table, name of the index)
IndexKey: TypeAlias = "tuple[TableKey, str]"

# Options that say something of elements, which is in their SQL.
_OF_ELEMENTS = ("postgresql_ops", "mysql_length", "mariadb_length")

_PG = """
SELECT w.number, k.place, pg_catalog.pg_get_indexdef(i.indexrelid, k.place, false),
  CASE WHEN i.indcollation[k.place - 1] NOT IN (0, coalesce(a.attcollation, 100))
    THEN i.indcollation[k.place - 1]::regcollation::text END,
  CASE WHEN NOT o.opcdefault THEN pg_catalog.concat(
      CASE WHEN NOT pg_catalog.pg_opclass_is_visible(o.oid)
        THEN pg_catalog.quote_ident(s.nspname) || '.' END,
      pg_catalog.quote_ident(o.opcname)) END,
  i.indoption[k.place - 1]::int, a.attnum IS NULL
FROM pg_catalog.jsonb_to_recordset(CAST(CAST(:wanted AS text) AS jsonb))
  AS w(number int, schema text, relation text, name text)
JOIN pg_catalog.pg_class AS c ON c.relname = w.name
JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid AND t.relname = w.relation
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
  AND coalesce(n.nspname = w.schema, pg_catalog.pg_table_is_visible(t.oid))
CROSS JOIN LATERAL pg_catalog.generate_series(1, i.indnkeyatts::int) AS k(place)
JOIN pg_catalog.pg_opclass AS o ON o.oid = i.indclass[k.place - 1]
JOIN pg_catalog.pg_namespace AS s ON s.oid = o.opcnamespace
LEFT JOIN pg_catalog.pg_attribute AS a
  ON a.attrelid = t.oid AND a.attnum = i.indkey[k.place - 1]
ORDER BY w.number, k.place
"""
# pg_index.indoption: descending is 1, NULLS FIRST is 2.
_PG_SORTING = (None, "DESC NULLS LAST", "NULLS FIRST", "DESC")


class _PgElement(NamedTuple):
    """A row of the query."""

    number: int
    place: int
    definition: str
    collation: str | None
    operator_class: str | None
    sorting: int
    is_expression: bool

    @property
    def sql(self) -> str | None:
        collate = self.collation and f"COLLATE {self.collation}"
        sorting = _PG_SORTING[self.sorting]
        parts = [self.definition, collate, self.operator_class, sorting]
        written = [part for part in parts if part]
        return " ".join(written) if self.is_expression or written[1:] else None

    @property
    def is_hidden(self) -> bool:
        """Whether it has what would get lost."""
        return bool(self.collation or (self.operator_class and self.sorting))


class IndexElements:
    """The elements of the indexes that the way back makes."""

    def __init__(self, context: AutogenContext) -> None:
        self._context = context

    def complete(self, forth: ops.UpgradeOps, back: ops.DowngradeOps) -> None:
        """Write out the elements that have what is not reflected."""
        made = {
            ((op.schema, op.table_name), str(op.index_name)): op
            for op in back._leaves()
            if isinstance(op, ops.CreateIndexOp) and op.index_name is not None
        }
        ask = _BACKENDS.get(self._context.dialect.name)
        if not made or ask is None:
            return
        try:
            found = ask(self._context, list(made))
        except (DBAPIError, ValueError) as error:
            if getattr(error, "connection_invalidated", False):
                raise
            log.debug("indexes are made again as they are reflected: %s", error)
            return
        for key, elements in found.items():
            _write_out(made[key], elements)


def _write_out(op: ops.CreateIndexOp, elements: Elements) -> None:
    columns = op.columns
    if len(columns) == len(elements):
        op.columns = [
            column if sql is None else as_text(sql)
            for column, sql in zip(columns, elements, strict=True)
        ]
        op.kw = {name: op.kw[name] for name in op.kw if name not in _OF_ELEMENTS}


def as_text(sql: str) -> Any:
    """Return SQL of the database, which has no parameters."""
    return text(sqla_compat._without_parameters(sql))


# --- what the databases say ---------------------------------------------------------


def _postgresql(
    context: AutogenContext, keys: Sequence[IndexKey]
) -> dict[IndexKey, Elements]:
    assert context.connection is not None
    wanted = [
        {"number": number, "schema": schema, "relation": table, "name": name}
        for number, ((schema, table), name) in enumerate(keys)
    ]
    found: dict[int, list[_PgElement]] = {}
    for row in context.connection.execute(text(_PG), {"wanted": json.dumps(wanted)}):
        element = _PgElement._make(row)
        found.setdefault(element.number, []).append(element)
    return {
        keys[number]: [element.sql for element in elements]
        for number, elements in found.items()
        if any(element.is_hidden for element in elements)
    }


def _sqlite(
    context: AutogenContext, keys: Sequence[IndexKey]
) -> dict[IndexKey, Elements]:
    tables = context._sqlite.tables(schema for (schema, _), _ in keys)
    return _of_tables(tables, keys, context.dialect)


def _mysql_like(
    context: AutogenContext, keys: Sequence[IndexKey]
) -> dict[IndexKey, Elements]:
    connection = context.connection
    assert connection is not None
    session = _mysql.session(connection)
    if not session.prints_all:
        raise ValueError("the session leaves things out of what it prints")
    tables = sorted({table for table, _ in keys}, key=str)
    catalog = _mysql.read_tables(connection, tables, session)
    return _of_tables(catalog.tables, keys, connection.dialect)


_BACKENDS: Mapping[
    str, Callable[[Any, Sequence[IndexKey]], dict[IndexKey, Elements]]
] = {
    "mariadb": _mysql_like,
    "mysql": _mysql_like,
    "postgresql": _postgresql,
    "sqlite": _sqlite,
}


def _of_tables(
    tables: Iterable[Any], keys: Sequence[IndexKey], dialect: Dialect
) -> dict[IndexKey, Elements]:
    """Return the elements of the indexes that have what is not reflected."""
    wanted = frozenset(keys)
    return {
        key: elements_of(index, dialect)
        for key, index in _indexes(tables)
        if key in wanted and any(p.descending or p.collation for p in index.parts)
    }


def _indexes(tables: Iterable[Any]) -> Iterator[tuple[IndexKey, Any]]:
    for table in tables:
        for index in table.indexes:
            yield ((table.schema, table.name), index.name), index


def elements_of(index: Any, dialect: Dialect) -> Elements:
    """Return the elements of an index of a catalog: SQLite's, MySQL's or MariaDB's."""
    quote = dialect.identifier_preparer.quote
    elements: Elements = []
    for part in index.parts:
        name = part.text
        if not part.is_expr:
            name = sqla_compat._undoubled(quote(part.text), dialect)
        if part.length:
            name = f"{name}({part.length})"
        words = [name]
        if part.collation:
            words.append(f"COLLATE {quote(part.collation)}")
        if part.descending:
            words.append("DESC")
        written = part.is_expr or part.length or words[1:]
        elements.append(" ".join(words) if written else None)
    return elements
