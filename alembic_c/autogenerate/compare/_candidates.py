"""What may have to be asked of the database about the expressions of some tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Computed, Table

from ...ext import checkconstraint_byname
from ...util import sqla_compat
from .._own_rules import compared_groups
from . import _index_options, server_defaults

if TYPE_CHECKING:
    from .._questions import Question, TableKey
    from ..api import AutogenContext


def questions(
    autogen_context: AutogenContext, pairs: Mapping[TableKey, tuple[Table, Table]]
) -> Iterator[Question]:
    """Yield what the comparators of a run may ask about some tables.

    pairs: each table of the database, and the model's.
    """
    kinds = _compared(autogen_context)
    for key, (conn_table, table) in pairs.items():
        if "server_default" in kinds:
            yield from _of_columns(autogen_context, key, conn_table, table)
        if "checkconstraints" in kinds:
            yield from _of_checks(autogen_context, key, table)
        if "indexes" in kinds:
            yield from _of_indexes(autogen_context, key, table)


def _compared(autogen_context: AutogenContext) -> set[str]:
    """Return the groups of comparators that compare something."""
    groups = compared_groups(autogen_context)
    if autogen_context.migration_context._user_compare_server_default is False:
        groups.discard("server_default")
    return groups


def _of_columns(
    autogen_context: AutogenContext, key: TableKey, conn_table: Table, table: Table
) -> Iterator[Question]:
    for column in table.c:
        conn_column: Any = conn_table.c.get(column.name)
        if conn_column is None:
            continue
        sides = conn_column.server_default, column.server_default
        if all(isinstance(side, Computed) for side in sides):
            ask = server_defaults.generated_question
        else:
            ask = server_defaults.default_question
        question = ask(autogen_context, key, conn_column, column)
        if question is not None:
            yield question


def _of_checks(
    autogen_context: AutogenContext, key: TableKey, table: Table
) -> Iterator[Question]:
    schema, name = key
    reflection = autogen_context._reflection_by(autogen_context.inspector)
    found = {
        params["name"]: params["sqltext"]
        for params in reflection.get_check_constraints(name, schema)
        if params["name"] is not None
    }
    yield from checkconstraint_byname.questions(autogen_context, key, found, table)


def _of_indexes(
    autogen_context: AutogenContext, key: TableKey, table: Table
) -> Iterator[Question]:
    schema, name = key
    reflection = autogen_context._reflection_by(autogen_context.inspector)
    found = {params["name"]: params for params in reflection.get_indexes(name, schema)}
    wanted = {
        final: index
        for index in table.indexes
        if (
            final := sqla_compat._get_constraint_final_name(
                index, autogen_context.dialect
            )
        )
    }
    yield from _index_options.questions(autogen_context, key, found, wanted)
