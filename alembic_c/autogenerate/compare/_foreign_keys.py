"""Compare foreign keys, by what they connect rather than by their names."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import ForeignKeyConstraint

from ...operations import ops
from ...util import PriorityDispatchResult, sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.sql.elements import quoted_name

    from ...ddl._autogen import _fk_constraint_sig
    from ...operations.ops import ModifyTableOps
    from ..api import AutogenContext

# The messages belong to the module that upstream has for all constraints.
log = logging.getLogger("alembic.autogenerate.compare.constraints")

_ByContent: TypeAlias = "dict[tuple[Any, ...], _fk_constraint_sig]"

# What databases report about a key, and the comparison looks at.
_OPTIONS = ("onupdate", "ondelete", "deferrable", "initially")


def _compare_foreign_keys(
    autogen_context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    schema: str | None,
    tname: quoted_name | str,
    conn_table: Table | None,
    metadata_table: Table | None,
) -> PriorityDispatchResult:
    """Compare the foreign keys of one table that both sides have."""
    if conn_table is None or metadata_table is None:
        return PriorityDispatchResult.CONTINUE
    found = _reported_keys(autogen_context, schema, tname)
    conn_fks = {_make_foreign_key(params, conn_table) for params in found}
    metadata_fks = set(metadata_table.foreign_key_constraints)
    inherited = autogen_context._inheritance.leave_out_keys((schema, tname), conn_fks)
    impl: Any = autogen_context.migration_context.impl
    impl.correct_for_autogen_foreignkeys(conn_fks, metadata_fks)

    # A dialect that leaves the options out reports them for no key.
    with_options = bool(found) and "options" in found[0]
    existing = _by_content(
        map(impl._create_reflected_constraint_sig, _ordered(conn_fks)), with_options
    )
    wanted = _by_content(
        map(impl._create_metadata_constraint_sig, _ordered(metadata_fks)), with_options
    )
    _report(autogen_context, modify_table_ops, existing, wanted, inherited)
    return PriorityDispatchResult.CONTINUE


def _reported_keys(
    autogen_context: AutogenContext, schema: str | None, tname: str
) -> list[Any]:
    reflection = autogen_context._reflection_by(autogen_context.inspector)
    return [
        params
        for params in reflection.get_foreign_keys(tname, schema)
        if autogen_context.run_name_filters(
            params["name"],
            "foreign_key_constraint",
            {"table_name": tname, "schema_name": schema},
        )
    ]


def _make_foreign_key(params: Any, table: Table) -> ForeignKeyConstraint:
    """Return a reflected foreign key as an object on the reflected table."""
    referred = params["referred_table"]
    if params["referred_schema"]:
        referred = f"{params['referred_schema']}.{referred}"
    options = params.get("options", {})
    constraint = ForeignKeyConstraint(
        [table.c[name] for name in params["constrained_columns"]],
        [f"{referred}.{name}" for name in params["referred_columns"]],
        name=params["name"],
        **{option: options.get(option) for option in _OPTIONS},
    )
    table.append_constraint(constraint)
    return constraint


def _ordered(keys: Collection[ForeignKeyConstraint]) -> list[ForeignKeyConstraint]:
    return sqla_compat._in_creation_order(keys)  # type: ignore[return-value]


def _by_content(
    signatures: Iterable[_fk_constraint_sig], with_options: bool
) -> _ByContent:
    return {
        sig.unnamed if with_options else sig.unnamed_no_options: sig
        for sig in signatures
    }


def _report(
    autogen_context: AutogenContext,
    modify_table_ops: ModifyTableOps,
    existing: _ByContent,
    wanted: _ByContent,
    inherited: Collection[ForeignKeyConstraint],
) -> None:
    """Drop the keys that are only in the database, then add those of the model.

    inherited: keys of the database that are left alone.
    A key that changes is a pair with the same name, which filters get to see.
    """

    def report(
        sig: _fk_constraint_sig, reflected: bool, other_side: _ByContent
    ) -> None:
        namesakes: dict[Any, ForeignKeyConstraint] = {
            other.const.name: other.const
            for other in other_side.values()
            if other.const.name
        }
        key = sig.const
        if not autogen_context.run_object_filters(
            key, key.name, "foreign_key_constraint", reflected, namesakes.get(key.name)
        ):
            return
        directive = ops.DropConstraintOp if reflected else ops.AddConstraintOp
        modify_table_ops.ops.append(directive.from_constraint(key))
        log.info(
            f"Detected {'removed' if reflected else 'added'} foreign key "
            "(%s)(%s) on table %s%s",
            ", ".join(sig.source_columns),
            ", ".join(sig.target_columns),
            f"{sig.source_schema}." if sig.source_schema else "",
            sig.source_table,
        )

    for content, sig in existing.items():
        if content not in wanted and sig.const not in inherited:
            report(sig, True, wanted)
    for content, sig in wanted.items():
        if content not in existing:
            report(sig, False, existing)
