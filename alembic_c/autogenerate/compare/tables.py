"""Compare tables and their columns: which are new, gone, or in both."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Column, MetaData, Table, event
from sqlalchemy.schema import sort_tables_and_constraints
from sqlalchemy.util import OrderedSet

from ...ddl.postgresql import PostgresqlImpl, report_serial
from ...ddl.sqlite import SQLiteImpl
from ...operations import ops
from ...runtime import _progress
from ...util import PriorityDispatchResult, sqla_compat
from .. import _proof
from .._own_rules import compared_groups
from .._questions import TableKey
from . import _candidates, _table_names
from ._order import put_in_order
from ._table_names import known_as
from .util import Reflection, collector_paused

if TYPE_CHECKING:
    from sqlalchemy import Inspector
    from sqlalchemy.sql.elements import quoted_name

    from ...operations.ops import ModifyTableOps, UpgradeOps
    from ...runtime.plugins import Plugin
    from ..api import AutogenContext

log = logging.getLogger("alembic.autogenerate.compare.tables")

# They correct a kind of constraints without looking at the table's others.
_LOOK_AT_ONE_THING = (PostgresqlImpl, SQLiteImpl)


def _autogen_for_tables(
    autogen_context: AutogenContext,
    upgrade_ops: UpgradeOps,
    schemas: set[str | None],
) -> PriorityDispatchResult:
    """Compare the tables of some schemas with those of the model."""
    inspector = autogen_context.inspector
    version_table = _table_names.version_table(autogen_context)
    attempt = _proof.begin(autogen_context, schemas)
    metadata_names: OrderedSet[TableKey] = OrderedSet(
        (table.schema, table.name)
        for table in autogen_context.table_key_to_table.values()
        if table.name != version_table[1]
        or known_as(autogen_context, table.schema) != version_table[0]
    )
    known = _known_schemas(autogen_context, metadata_names)
    wanted = {(known[schema], name) for schema, name in metadata_names}
    conn_names = _table_names.listed(autogen_context, schemas, wanted, attempt)
    compared = ops.UpgradeOps()
    with (
        collector_paused(),
        _progress.counter(autogen_context.migration_context) as counter,
    ):
        tables = _compare_tables(
            conn_names,
            metadata_names,
            inspector,
            compared,
            autogen_context,
            attempt,
            counter,
        )
        counter.end(len(wanted.union(conn_names)), "tables compared")
    if autogen_context.dialect.supports_alter:
        put_in_order(autogen_context, compared.ops, tables)
    upgrade_ops.ops += compared.ops
    return PriorityDispatchResult.CONTINUE


_SILENT = _progress.Counter(is_shown=False)


def _compare_tables(
    conn_table_names: set[TableKey],
    metadata_table_names: set[TableKey],
    inspector: Inspector,
    upgrade_ops: UpgradeOps,
    autogen_context: AutogenContext,
    attempt: _proof.Attempt | None = None,
    counter: _progress.Counter = _SILENT,
) -> dict[TableKey, Table]:
    """Compare tables by name: add what is new, drop what is gone, compare the rest.

    Both sets hold (schema, name); the default schema is None in the first.
    attempt: what shows tables unchanged; counter: shows how far it has come.
    Returns the database's tables that were compared, or are gone, by their keys.
    """
    wanted = _model_tables(autogen_context, metadata_table_names)
    gone = [key for key in conn_table_names if key not in wanted]
    common = {key: table for key, table in wanted.items() if key in conn_table_names}
    proven = frozenset(attempt.prove(common) if attempt else ())
    unchanged = frozenset() if _proof.mode() == "check" else proven
    serials = attempt.serial_columns(inspector, unchanged) if attempt else {}
    suspect = sorted(common.keys() - unchanged, key=_sort_key)
    if gone:
        gone = autogen_context._inheritance.without_dependents(gone, wanted)

    reflected = _reflect_tables(
        autogen_context,
        inspector,
        gone,
        suspect,
        conn_table_names,
        serials,
        counter,
    )

    missing = {table: key for key, table in wanted.items() if key not in common}
    for table in autogen_context.sorted_tables if missing else ():
        if table in missing:
            _add_table(autogen_context, upgrade_ops, missing[table], table)
    if gone:
        gone = _dependents_first(gone, reflected)
        gone = autogen_context._inheritance.children_first(gone)
    for key in gone:
        _remove_table(autogen_context, upgrade_ops, key, reflected[key])
    _expect_questions(
        autogen_context, {key: (reflected[key], common[key]) for key in suspect}
    )
    for key in counter.each(suspect, "comparing tables"):
        n_changes = len(upgrade_ops.ops)
        _compare_table(
            autogen_context, upgrade_ops, key, reflected[key], common[key], inspector
        )
        if key in proven and len(upgrade_ops.ops) != n_changes:
            raise _proof.ProofContradiction(
                f"table {_qualified(key)!r} was proven unchanged, and has changes: "
                f"{upgrade_ops.ops[n_changes:]}"
            )
    return reflected


def _sort_key(key: TableKey) -> tuple[str, str]:
    schema, name = key
    return schema or "", name


def _model_tables(
    autogen_context: AutogenContext, names: Collection[TableKey]
) -> dict[TableKey, Table]:
    """Return the model's tables by the names that the database has for them.

    A table that names the default schema is the one that names none.
    """
    if not names:
        # What the context gathers of the model it keeps; it may get another one.
        return {}
    by_key = autogen_context.table_key_to_table
    known = _known_schemas(autogen_context, names)
    return {
        (known[schema], name): by_key[f"{schema}.{name}" if schema else name]
        for schema, name in names
    }


def _known_schemas(
    autogen_context: AutogenContext, keys: Iterable[TableKey]
) -> dict[str | None, str | None]:
    """Return the schemas of some tables, and what each is known as."""
    schemas = {schema for schema, _ in keys}
    return {schema: known_as(autogen_context, schema) for schema in schemas}


def _compare_contents(
    autogen_context: AutogenContext,
    table_ops: ModifyTableOps,
    key: TableKey,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> None:
    """Call the comparators of tables; None is for the side without the table."""
    compare = autogen_context.comparators.dispatch(
        "table", qualifier=autogen_context.dialect.name
    )
    compare(autogen_context, table_ops, *key, conn_table, metadata_table)


def _add_table(
    autogen_context: AutogenContext,
    upgrade_ops: UpgradeOps,
    key: TableKey,
    table: Table,
) -> None:
    schema, name = key
    if not autogen_context.run_object_filters(table, name, "table", False, None):
        return
    upgrade_ops.ops.append(ops.CreateTableOp.from_table(table))
    log.info("Detected added table %r", _qualified(key))
    table_ops = ops.ModifyTableOps(name, [], schema=schema)
    _compare_contents(autogen_context, table_ops, key, None, table)
    if not table_ops.is_empty():
        upgrade_ops.ops.append(table_ops)


def _remove_table(
    autogen_context: AutogenContext,
    upgrade_ops: UpgradeOps,
    key: TableKey,
    table: Table,
) -> None:
    schema, name = key
    if not autogen_context.run_object_filters(table, name, "table", True, None):
        return
    table_ops = ops.ModifyTableOps(name, [], schema=schema)
    _compare_contents(autogen_context, table_ops, key, table, None)
    if not table_ops.is_empty():
        upgrade_ops.ops.append(table_ops)
    upgrade_ops.ops.append(ops.DropTableOp.from_table(table))
    log.info("Detected removed table %r", _qualified(key))


def _compare_table(
    autogen_context: AutogenContext,
    upgrade_ops: UpgradeOps,
    key: TableKey,
    conn_table: Table,
    metadata_table: Table,
    inspector: Inspector,
) -> None:
    schema, name = key
    if not autogen_context.run_object_filters(
        metadata_table, name, "table", False, conn_table
    ):
        return
    table_ops = ops.ModifyTableOps(name, [], schema=schema)
    with _compare_columns(
        schema,
        name,
        conn_table,
        metadata_table,
        table_ops,
        autogen_context,
        inspector,
    ):
        _compare_contents(autogen_context, table_ops, key, conn_table, metadata_table)
    if not table_ops.is_empty():
        upgrade_ops.ops.append(table_ops)


def _expect_questions(
    autogen_context: AutogenContext, pairs: Mapping[TableKey, tuple[Table, Table]]
) -> None:
    """Have everything asked at once that may have to be asked about some tables.

    pairs: each table of the database, and the model's.
    """
    added = {
        key: new
        for key, (conn_table, table) in pairs.items()
        if (new := [c for c in table.c if not c.system and c.name not in conn_table.c])
    }
    autogen_context._expressions.expect(
        lambda: _candidates.questions(autogen_context, pairs), added
    )


def _qualified(key: TableKey) -> str:
    schema, name = key
    return f"{schema}.{name}" if schema else name


# --- reflection ---------------------------------------------------------------------


def _reflect_tables(
    autogen_context: AutogenContext,
    inspector: Inspector,
    gone: Collection[TableKey],
    suspect: Collection[TableKey],
    available: Iterable[TableKey],
    serials: Mapping[TableKey, Collection[tuple[str, str]]],
    counter: _progress.Counter,
) -> dict[TableKey, Table]:
    """Return tables of the database, read in bulk, by their keys.

    gone: tables that only the database has; suspect: those to compare;
    available: all tables of the database; serials: sequences and columns of those that
    need not be read, to be reported in their place.
    Raises NoSuchTableError if one has been dropped since its name was listed.
    """
    reflection = autogen_context._reflection_by(inspector)
    names_by_schema = _by_schema(available)
    for schema, names in _by_schema([*gone, *suspect]).items():
        reflection.pre_cache_tables(schema, names, names_by_schema[schema])

    metadata = MetaData()
    adjust = autogen_context.migration_context.impl.autogen_column_reflect
    columns_suffice = _columns_suffice(autogen_context)
    tables: dict[TableKey, Table] = {}
    referring: list[Table] = []
    in_order = sorted([*suspect, *serials], key=_sort_key) if serials else suspect
    for keys, columns_only in ((gone, False), (in_order, columns_suffice)):
        for schema, name in counter.each(keys, "reading tables"):
            if (schema, name) in serials:
                for sequence, column in serials[schema, name]:
                    report_serial(sequence, name, column)
                continue
            table = Table(name, metadata, schema=schema)
            event.listen(table, "column_reflect", adjust)
            tables[schema, name] = table
            incomplete = reflection.reflect_table(table, columns_only=columns_only)
            if incomplete or table.foreign_keys:
                referring.append(table)
    for table in referring:
        _add_placeholders(reflection, table)
    return tables


def _columns_suffice(autogen_context: AutogenContext) -> bool:
    """Return whether nobody looks at the constraints of a reflected table.

    Our own comparators make the constraints and indexes that they compare, and add
    them to the table.  Filters, other people's comparators and other implementations
    may expect them before: MySQL's tells by the foreign keys which indexes are theirs.
    """
    impl = autogen_context.migration_context.impl
    if autogen_context._object_filters or type(impl) not in _LOOK_AT_ONE_THING:
        return False
    return _proof.are_comparators_our_own(autogen_context)


def _by_schema(keys: Iterable[TableKey]) -> dict[str | None, list[str]]:
    names: dict[str | None, list[str]] = {}
    for schema, name in keys:
        names.setdefault(schema, []).append(name)
    return names


def _add_placeholders(reflection: Reflection, table: Table) -> None:
    """Give the foreign keys that a table has, or will have, something to refer to.

    A table that was not reflected, because `include_name` hides it or its schema is
    not looked at, gets a stand-in that has the columns referred to.
    """
    for key in reflection.get_foreign_keys(table.name, table.schema):
        referred = Table(
            key["referred_table"], table.metadata, schema=key["referred_schema"]
        )
        for name, referred_name in zip(
            key["constrained_columns"], key["referred_columns"], strict=True
        ):
            if referred_name not in referred.c:
                referred.append_column(Column(referred_name, table.c[name].type))


def _dependents_first(
    keys: Iterable[TableKey], tables: dict[TableKey, Table]
) -> list[TableKey]:
    """Return tables so that each comes before those that it refers to."""
    key_of = {tables[key]: key for key in keys}
    sort: Any = sort_tables_and_constraints
    parents_first = sort(list(key_of)[::-1])
    return [key_of[table] for table, _ in parents_first if table is not None][::-1]


# --- columns ------------------------------------------------------------------------


@contextlib.contextmanager
def _compare_columns(
    schema: str | None,
    tname: quoted_name | str,
    conn_table: Table,
    metadata_table: Table,
    modify_table_ops: ModifyTableOps,
    autogen_context: AutogenContext,
    inspector: Inspector,
) -> Iterator[None]:
    """Compare columns: new and changed ones before the block, dropped ones after it.

    So constraints and indexes find the columns that they are on.
    """
    wanted: dict[str, Column[Any]] = {
        column.name: column for column in metadata_table.c if not column.system
    }
    existing: dict[str, Column[Any]] = {
        column.name: column
        for column in conn_table.c
        if autogen_context.run_name_filters(
            column.name, "column", {"table_name": tname, "schema_name": schema}
        )
    }
    label = _qualified((schema, tname))
    for name, column in wanted.items():
        if name not in existing and autogen_context.run_object_filters(
            column, name, "column", False, None
        ):
            addition = ops.AddColumnOp.from_column_and_tablename(schema, tname, column)
            addition._checks = _checks_of_new_column(autogen_context, column)
            modify_table_ops.ops.append(addition)
            log.info("Detected added column '%s.%s'", label, name)

    compare = autogen_context.comparators.dispatch(
        "column", qualifier=autogen_context.dialect.name
    )
    for name, column in wanted.items():
        conn_column = existing.get(name)
        if conn_column is None or not autogen_context.run_object_filters(
            column, name, "column", False, conn_column
        ):
            continue
        alter = ops.AlterColumnOp(tname, name, schema=schema)
        compare(autogen_context, alter, schema, tname, name, conn_column, column)
        if alter.has_changes():
            modify_table_ops.ops.append(alter)

    yield

    for name, column in existing.items():
        if name not in wanted and autogen_context.run_object_filters(
            column, name, "column", True, None
        ):
            modify_table_ops.ops.append(
                ops.DropColumnOp.from_column_and_tablename(schema, tname, column)
            )
            log.info("Detected removed column '%s.%s'", label, name)


def _checks_of_new_column(
    autogen_context: AutogenContext, column: Column[Any]
) -> tuple[CheckConstraint, ...]:
    """Return the CHECKs declared within a column that nothing else adds.

    Those with names are added by themselves where CHECKs are compared.
    """
    if not column.constraints:
        return ()
    are_compared = "checkconstraints" in compared_groups(autogen_context)
    return tuple(
        check
        for check in sqla_compat._in_creation_order(column.constraints)
        if isinstance(check, CheckConstraint)
        and not (are_compared and sqla_compat.constraint_name_defined(check.name))
    )


def setup(plugin: Plugin) -> None:
    """Register the comparator of tables."""
    plugin.add_autogenerate_comparator(_autogen_for_tables, "schema", "tables")
