"""Indexes over expressions on SQLite, which SQLAlchemy does not reflect there.

They are not compared.  But those of a table that is dropped come back with it; and one
over a column that is dropped, or whose name another one gets, is dropped before, and
comes back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Index, MetaData, Table
from sqlalchemy.sql.elements import conv

from ..operations import ops
from ..util import sqla_compat
from ._index_elements import as_text, elements_of
from ._questions import TableKey, find_item
from ._tokens import bare, tokens

if TYPE_CHECKING:
    from sqlalchemy import Dialect

    from ..operations.ops import MigrateOperation
    from .api import AutogenContext


class SqliteIndexes:
    """The indexes over expressions of the tables that a run drops or changes."""

    def __init__(self, context: AutogenContext) -> None:
        self._context = context

    def complete(self, forth: ops.UpgradeOps, back: ops.DowngradeOps) -> None:
        """Add what drops and makes them; ask only if there may be any."""
        tables: set[TableKey] = set()
        columns: dict[TableKey, set[str]] = {}
        made: set[tuple[TableKey, str]] = set()
        for op in forth._leaves():
            if isinstance(op, ops.DropTableOp):
                tables.add(_key(op))
            elif isinstance(op, ops.DropColumnOp):
                columns.setdefault(_key(op), set()).add(op.column_name.lower())
            elif isinstance(op, ops.CreateIndexOp):
                made.add((_key(op), str(op.index_name)))
        changed = columns.keys() | {key for key, _ in made}
        if not (tables or changed):
            return
        for key, index in self._over_expressions(tables | changed):
            name = str(index.name)
            if key in tables:
                _make_with_table(back, key, index)
            elif (key, name) in made:
                _give_way(forth, back, key, index)
            elif columns.get(key, set()) & _names(index):
                _give_way(forth, back, key, index, self._of_model(key, name))

    def _over_expressions(
        self, keys: set[TableKey]
    ) -> Iterator[tuple[TableKey, Index]]:
        """Yield those of some tables, as far as they take part."""
        dialect = self._context.dialect
        for table in self._context._sqlite.tables(schema for schema, _ in keys):
            key = table.schema, table.name
            for found in table.indexes if key in keys else ():
                if any(part.is_expr for part in found.parts):
                    index = _as_index(key, found, dialect)
                    if self._takes_part(key, index):
                        yield key, index

    def _takes_part(self, key: TableKey, index: Index) -> bool:
        schema, table_name = key
        parents: Any = {"table_name": table_name, "schema_name": schema}
        return self._context.run_name_filters(
            index.name, "index", parents
        ) and self._context.run_object_filters(index, index.name, "index", True, None)

    def _of_model(self, key: TableKey, name: str) -> Index | None:
        schema, table_name = key
        full_name = f"{schema}.{table_name}" if schema else table_name
        table = self._context.table_key_to_table.get(full_name)
        if table is None:
            return None
        index: Index | None = find_item(self._context.dialect, table, "index", name)
        return index


def _give_way(
    forth: ops.UpgradeOps,
    back: ops.DowngradeOps,
    key: TableKey,
    index: Index,
    successor: Index | None = None,
) -> None:
    """Drop an index before all else in its table, and make it again behind all.

    successor: another one by its name that nothing else makes.
    """
    ahead, behind = _changes(forth, key), _changes(back, key)
    if ahead is None or behind is None:
        return
    ahead.ops.insert(0, _companion(ops.DropIndexOp.from_index(index)))
    if successor is not None:
        ahead.ops.append(_companion(ops.CreateIndexOp.from_index(successor)))
        behind.ops.insert(0, ops.DropIndexOp.from_index(successor))
    behind.ops.append(ops.CreateIndexOp.from_index(index))


def _as_index(key: TableKey, found: Any, dialect: Dialect) -> Index:
    """Return an index of the catalog on a table of its own."""
    schema, name = key
    table = Table(name, MetaData(), schema=schema)
    elements: list[Any] = []
    for part, sql in zip(found.parts, elements_of(found, dialect), strict=True):
        if sql is None:
            table.append_column(Column(part.text), replace_existing=True)
        elements.append(table.c[part.text] if sql is None else as_text(sql))
    options: dict[str, Any] = {}
    if found.predicate:
        options["sqlite_where"] = as_text(found.predicate)
    return sqla_compat._index_on(
        table, conv(found.name), elements, unique=found.is_unique, **options
    )


def _names(index: Index) -> set[str]:
    """Return the words of an index, its columns among them, in small letters."""
    elements: Any = index.expressions
    texts = [getattr(each, "text", None) or each.name for each in elements]
    where = index.dialect_options["sqlite"]["where"]
    if where is not None:
        texts.append(where.text)
    return {bare(token).lower() for text in texts for token in tokens(text)}


def _companion(op: MigrateOperation) -> MigrateOperation:
    op._is_companion = True
    return op


def _changes(container: ops.OpContainer, key: TableKey) -> ops.ModifyTableOps | None:
    """Return what holds the changes of a table."""
    return next(
        (
            op
            for op in container.ops
            if isinstance(op, ops.ModifyTableOps) and _key(op) == key
        ),
        None,
    )


def _key(op: Any) -> TableKey:
    return op.schema, op.table_name


def _make_with_table(back: ops.DowngradeOps, key: TableKey, index: Index) -> None:
    """Make an index behind its table, with the others."""
    schema, name = key
    for place, op in enumerate(back.ops, 1):
        if isinstance(op, ops.CreateTableOp) and _key(op) == key:
            changes = back.ops[place] if place < len(back.ops) else None
            if not isinstance(changes, ops.ModifyTableOps) or _key(changes) != key:
                changes = ops.ModifyTableOps(name, [], schema=schema)
                back.ops.insert(place, changes)
            changes.ops.append(ops.CreateIndexOp.from_index(index))
            return
