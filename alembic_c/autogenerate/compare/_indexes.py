"""Compare indexes and unique constraints.

Both are looked at together: databases report one as the other, or as both.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import (
    Index,
    Table,
    UniqueConstraint,
    asc,
    desc,
    nulls_first,
    nulls_last,
    text,
)

from ...ddl._autogen import is_index_sig, is_uq_sig
from ...operations import ops
from ...util import PriorityDispatchResult, not_none, sqla_compat
from ._index_options import compare_definitions
from ._mysql_keys import is_mysql, leave_needed_indexes

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import TextClause, quoted_name

    from ...ddl._autogen import _ix_constraint_sig, _uq_constraint_sig
    from ...ddl.impl import DefaultImpl
    from ...operations.ops import MigrateOperation, ModifyTableOps
    from .._questions import TableKey
    from ..api import AutogenContext

# The messages belong to the module that upstream has for all constraints.
log = logging.getLogger("alembic.autogenerate.compare.constraints")

_Sig: TypeAlias = "_ix_constraint_sig | _uq_constraint_sig"

_SORT_MODIFIERS: dict[str, Callable[[Any], Any]] = {
    "asc": asc,
    "desc": desc,
    "nulls_first": nulls_first,
    "nulls_last": nulls_last,
}


class _Side(NamedTuple):
    """The indexes and unique constraints of the model's or the database's table."""

    uniques: set[UniqueConstraint]
    indexes: set[Index]


def _compare_indexes_and_uniques(
    autogen_context: AutogenContext,
    modify_ops: ModifyTableOps,
    schema: str | None,
    tname: quoted_name | str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> PriorityDispatchResult:
    """Compare the indexes and unique constraints of one table.

    Unique constraints are part of a table that is added or dropped, indexes are not.
    """
    impl = autogen_context.migration_context.impl
    whole_table = conn_table is None or metadata_table is None
    database, uniques_are_reported = _database_side(
        autogen_context, schema, tname, conn_table, uniques_are_inline=whole_table
    )
    model = (
        _Side(set(), set()) if metadata_table is None else _model_side(metadata_table)
    )
    if not whole_table:
        autogen_context._inheritance.leave_out_indexes(
            (schema, tname),
            database.uniques,
            database.indexes,
            {each.name for each in model.uniques}
            | {each.name for each in model.indexes},
        )
    _keep_one_form(impl, database, model)
    impl.correct_for_autogen_constraints(
        database.uniques, database.indexes, model.uniques, model.indexes
    )
    if (
        conn_table is not None
        and metadata_table is not None
        and is_mysql(autogen_context)
    ):
        leave_needed_indexes(
            database.indexes, model.indexes, conn_table, metadata_table
        )
    changes = _Changes(
        autogen_context,
        modify_ops,
        (schema, tname),
        uniques_are_reported=uniques_are_reported,
        uniques_are_inline=whole_table,
    )
    _match(autogen_context, database, model, changes)
    return PriorityDispatchResult.CONTINUE


# --- both sides ---------------------------------------------------------------------


def _model_side(table: Table) -> _Side:
    uniques = {each for each in table.constraints if isinstance(each, UniqueConstraint)}
    return _Side(uniques, set(table.indexes))


def _database_side(
    autogen_context: AutogenContext,
    schema: str | None,
    tname: str,
    table: Table | None,
    *,
    uniques_are_inline: bool,
) -> tuple[_Side, bool]:
    """Return what the database has, and whether it reports unique constraints."""
    if table is None:
        return _Side(set(), set()), True
    impl = autogen_context.migration_context.impl
    reflection = autogen_context._reflection_by(autogen_context.inspector)

    def kept(found: Iterable[Any], kind: Any) -> Iterator[Any]:
        for params in found:
            if autogen_context.run_name_filters(
                params["name"], kind, {"table_name": tname, "schema_name": schema}
            ):
                yield params

    uniques_are_reported = True
    try:
        found_uniques = reflection.get_unique_constraints(tname, schema)
    except NotImplementedError:
        uniques_are_reported = False
        found_uniques = []
    included = list(kept(found_uniques, "unique_constraint"))
    uniques = [
        _make_unique_constraint(impl, params, table)
        for params in ([] if uniques_are_inline else included)
    ]
    try:
        found_indexes = reflection.get_indexes(tname, schema)
    except NotImplementedError:
        found_indexes = []
    indexes = [
        _make_index(impl, params, table) for params in kept(found_indexes, "index")
    ]
    return _Side(set(uniques), set(indexes)), uniques_are_reported


def _make_index(impl: DefaultImpl, params: Any, table: Table) -> Index:
    """Return a reflected index as an object on the reflected table."""
    sorting = params.get("column_sorting", {})
    elements: list[Any] = []
    # Where there are expressions, they stand among the columns at their places.
    for name in params.get("expressions") or params["column_names"]:
        element: Any = table.c[name] if name in table.c else _text(name)
        for modifier in sorting.get(name, ()):
            if modifier in _SORT_MODIFIERS:
                element = _SORT_MODIFIERS[modifier](element)
        elements.append(element)
    options = dict(impl.adjust_reflected_dialect_options(params, "index"))
    where = options.get("postgresql_where")
    if isinstance(where, str) and where != sqla_compat._without_parameters(where):
        options["postgresql_where"] = _text(where)
    index = sqla_compat._index_on(
        table,
        params["name"],
        elements,
        unique=params["unique"],
        **options,
    )
    if "duplicates_constraint" in params:
        index.info["duplicates_constraint"] = params["duplicates_constraint"]
    return index


def _text(sql: str) -> TextClause:
    """Return SQL of the database, which has no parameters."""
    return text(sqla_compat._without_parameters(sql))


def _make_unique_constraint(
    impl: DefaultImpl, params: Any, table: Table
) -> UniqueConstraint:
    """Return a reflected unique constraint as an object on the reflected table."""
    constraint = UniqueConstraint(
        *(table.c[name] for name in params["column_names"]),
        name=params["name"],
        **impl.adjust_reflected_dialect_options(params, "unique_constraint"),
    )
    if "duplicates_index" in params:
        constraint.info["duplicates_index"] = params["duplicates_index"]
    return constraint


def _keep_one_form(impl: DefaultImpl, database: _Side, model: _Side) -> None:
    """Of what is reported as constraint and as index, keep what the model has.

    A model's constraint without a name, which may be either, keeps both.
    """
    doubled = {
        each: each.info["duplicates_index"]
        for each in database.uniques
        if each.info.get("duplicates_index")
    }
    if not doubled:
        return
    wanted = [impl._create_metadata_constraint_sig(each) for each in model.uniques]
    wanted_names = {
        sqla_compat._get_constraint_final_name(each, impl.dialect)
        for each in model.uniques
    }
    wanted_unnamed = {sig.unnamed for sig in wanted if not sig.is_named}
    for unique, index_name in doubled.items():
        if unique.name in wanted_names:
            database.indexes.difference_update(
                [each for each in database.indexes if each.name == index_name]
            )
        elif (
            impl._create_reflected_constraint_sig(unique).unnamed not in wanted_unnamed
        ):
            database.uniques.discard(unique)


# --- matching -----------------------------------------------------------------------


class _Kind(NamedTuple):
    """How one kind of thing is called and reported."""

    label: str
    filter_type: Any
    create: Callable[[Any], MigrateOperation]
    drop: Callable[[Any], MigrateOperation]


_INDEX = _Kind(
    "index", "index", ops.CreateIndexOp.from_index, ops.DropIndexOp.from_index
)
_UNIQUE = _Kind(
    "unique constraint",
    "unique_constraint",
    ops.AddConstraintOp.from_constraint,
    ops.DropConstraintOp.from_constraint,
)


def _kind_of(sig: _Sig) -> _Kind:
    return _INDEX if is_index_sig(sig) else _UNIQUE


class _Changes:
    """Turns differences into directives and messages, where they may be reported."""

    def __init__(
        self,
        autogen_context: AutogenContext,
        modify_ops: ModifyTableOps,
        key: TableKey,
        *,
        uniques_are_reported: bool,
        uniques_are_inline: bool,
    ) -> None:
        self._context = autogen_context
        self._key = key
        self._include = autogen_context.run_object_filters
        self._ops = modify_ops.ops
        self._tname = key[1]
        self._uniques_are_reported = uniques_are_reported
        self._uniques_are_comparable = uniques_are_reported and not uniques_are_inline

    def added(self, sig: _Sig) -> None:
        """Report what is in the model alone."""
        kind = _kind_of(sig)
        if kind is _UNIQUE and not self._uniques_are_comparable:
            return
        if self._include(sig.const, sig.name, kind.filter_type, False, None):
            self._ops.append(kind.create(sig.const))
            log.info(
                f"Detected added {kind.label} %r on '%s'", sig.name, sig.column_names
            )

    def removed(self, sig: _Sig) -> None:
        """Report what is in the database alone.

        A database that does not report its unique constraints may list them among
        the indexes, so unique ones are left alone then.
        """
        kind = _kind_of(sig)
        if kind is _UNIQUE and not self._uniques_are_comparable:
            return
        if sig.is_unique and not self._uniques_are_reported:
            return
        if self._include(sig.const, sig.name, kind.filter_type, True, None):
            self._ops.append(kind.drop(sig.const))
            log.info(f"Detected removed {kind.label} %r on %r", sig.name, self._tname)

    def compared(self, old: _Sig, new: _Sig) -> None:
        """Report what comes of two with the same name."""
        if type(old) is not type(new):
            self.removed(old)
            self.added(new)
            return
        kind = _kind_of(new)
        result = (
            compare_definitions(self._context, self._key, old.const, new.const)
            if is_index_sig(new) and is_index_sig(old)
            else None
        ) or new.compare_to_reflected(old)
        if result.is_different:
            if self._include(new.const, new.name, kind.filter_type, False, old.const):
                log.info(
                    f"Detected changed {kind.label} %r on %r: %s",
                    old.name,
                    self._tname,
                    result.message,
                )
                self._ops += [kind.drop(old.const), kind.create(new.const)]
        elif result.is_skip:
            log.info(
                "Cannot compare %s %r, assuming equal and skipping. %s",
                kind.label,
                new.name,
                result.message,
            )


def _wanted_by_name(
    autogen_context: AutogenContext, sigs: Iterable[_Sig]
) -> tuple[dict[str, _Sig], list[_Sig]]:
    """Return what the model has by the names of DDL, and the indexes without one."""
    by_name: dict[str, _Sig] = {}
    nameless: list[_Sig] = []
    for sig in sigs:
        name = sig.md_name_to_sql_name(autogen_context)
        if name is not None:
            by_name[name] = sig
        elif is_index_sig(sig):
            nameless.append(sig)
    return by_name, nameless


def _found_by_name(sigs: Iterable[_Sig]) -> dict[str, list[_Sig]]:
    """Return what the database has; a name may be a constraint's and an index's."""
    by_name: dict[str, list[_Sig]] = {}
    for sig in sigs:
        if sig.is_named:
            by_name.setdefault(not_none(sig.name), []).append(sig)
    return by_name


def _match(
    autogen_context: AutogenContext, database: _Side, model: _Side, changes: _Changes
) -> None:
    """Match the two sides by name, constraints without a name by their columns.

    Names go first to last: what is gone, what is on both sides, what is new; then
    the nameless.
    """
    impl = autogen_context.migration_context.impl
    model_sig: Any = impl._create_metadata_constraint_sig
    database_sig: Any = impl._create_reflected_constraint_sig
    model_uniques: list[_uq_constraint_sig] = [
        model_sig(each) for each in sqla_compat._in_creation_order(model.uniques)
    ]
    conn_uniques: list[_uq_constraint_sig] = list(map(database_sig, database.uniques))
    model_sigs: list[_Sig] = [
        *model_uniques,
        *map(model_sig, sqla_compat._in_name_order(model.indexes)),
    ]
    conn_sigs: list[_Sig] = [*conn_uniques, *map(database_sig, database.indexes)]

    nameless = {sig.unnamed: sig for sig in model_uniques if not sig.is_named}
    wanted, nameless_indexes = _wanted_by_name(autogen_context, model_sigs)
    found = _found_by_name(conn_sigs)
    contents = {sig.unnamed for sig in model_sigs}

    for name in sorted(found.keys() - wanted.keys()):
        sigs = found[name]
        if is_uq_sig(sigs[0]) and sigs[0].unnamed in nameless:
            continue
        if len(sigs) > 1 and any(sig.unnamed in contents for sig in sigs):
            continue
        for sig in sigs:
            changes.removed(sig)
    for name in sorted(found.keys() & wanted.keys()):
        new = wanted[name]
        same_kind = [sig for sig in found[name] if type(sig) is type(new)]
        changes.compared((same_kind or found[name])[0], new)
    for name in sorted(wanted.keys() - found.keys()):
        changes.added(wanted[name])
    # Only a directive of its own gives these a name.
    for sig in nameless_indexes:
        changes.added(sig)
    known = {sig.unnamed for sig in conn_uniques}
    for unnamed, sig in nameless.items():
        if unnamed not in known:
            changes.added(sig)
