"""The directives of a revision, in words of a line each."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..operations import ops
from ..operations._directives import directives_of
from ..operations.base import BatchOperations, Operations

_LONGEST = 100


def shortened(statement: Any) -> str:
    """Return a statement in one line, cut where it is long."""
    line = " ".join(str(statement).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 4]} ..."


def in_words(operation: Any) -> str:
    """Return what an operation does: its directive, and what it is about."""
    name = _names().get(type(operation), type(operation).__name__)
    about = _about(operation)
    return f"{name} {about}" if about else name


@cache
def _names() -> dict[type[Any], str]:
    """Return the name of each operation class's directive."""
    names: dict[type[Any], str] = {}
    for owner in (*BatchOperations.__mro__, *Operations.__mro__):
        for name, directive in directives_of(owner).items():
            names[directive.operation_class] = name
    return names


def _about(operation: Any) -> str:
    if isinstance(operation, ops.ExecuteSQLOp):
        return shortened(operation.sqltext)
    if isinstance(operation, ops.BulkInsertOp):
        return f"{operation.table.name}, {len(operation.rows)} rows"
    table = _table(operation)
    if isinstance(operation, ops.RenameTableOp):
        return f"{table} to {operation.new_table_name}"
    if isinstance(operation, ops.AddColumnOp):
        column = operation.column
        null = "" if column.nullable else " NOT NULL"
        return f"{table}.{column.name} {_type(column.type)}{null}"
    if isinstance(operation, ops.AlterColumnOp):
        return f"{table}.{operation.column_name}: {', '.join(_changes(operation))}"
    if isinstance(operation, ops.DropColumnOp):
        return f"{table}.{operation.column_name}"
    for attribute in ("constraint_name", "index_name"):
        if hasattr(operation, attribute):
            name = getattr(operation, attribute)
            return " on ".join(str(each) for each in (name, table) if each)
    return table


def _table(operation: Any) -> str:
    name = next(
        (
            str(getattr(operation, attribute))
            for attribute in ("table_name", "source_table")
            if getattr(operation, attribute, None)
        ),
        "",
    )
    schema = getattr(operation, "schema", None)
    return f"{schema}.{name}" if schema and name else name


def _type(type_: Any) -> str:
    return shortened(repr(type_))


def _changes(operation: ops.AlterColumnOp) -> list[str]:
    """Return the properties of a column that are set."""
    changes = []
    if operation.modify_type is not None:
        changes.append(f"type {_type(operation.modify_type)}")
    if operation.modify_nullable is not None:
        changes.append("NULL" if operation.modify_nullable else "NOT NULL")
    if operation.modify_server_default is not False:
        changes.append("default" if operation.modify_server_default else "no default")
    if operation.modify_comment is not False:
        changes.append("comment")
    if operation.modify_name is not None:
        changes.append(f"name {operation.modify_name}")
    return changes
