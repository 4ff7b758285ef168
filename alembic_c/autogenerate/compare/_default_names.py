"""Foretell the names that databases give, so that what has none can be dropped.

They count on from names that are taken when the constraint is added.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKeyConstraint, text
from sqlalchemy.sql.elements import conv

from ...operations import ops

if TYPE_CHECKING:
    from .._questions import TableKey
    from ._order import Plan

_LIMIT = 63  # bytes of a name in PostgreSQL
_KINDS = (ops.CreateForeignKeyOp, ops.CreateUniqueConstraintOp)
_LABELS: dict[type[Any], str] = {
    ops.CreateForeignKeyOp: "fkey",
    ops.CreateUniqueConstraintOp: "key",
}
# Names of constraints and of tables, indexes and the like exclude each other.
_POSTGRESQL_NAMES = (
    "SELECT n.nspname::text, c.conname::text FROM pg_catalog.pg_constraint AS c "
    "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.connamespace UNION "
    "SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class AS c "
    "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
)
_MYSQL_NAMES = (
    "SELECT constraint_schema, constraint_name "
    "FROM information_schema.table_constraints WHERE constraint_type = 'FOREIGN KEY'"
)


def name_constraints(plan: Plan) -> None:
    """Find the names of the foreign keys and unique constraints added without one."""
    dialect = plan.autogen_context.dialect.name
    if dialect not in ("postgresql", "mysql", "mariadb") or not any(
        _is_nameless(op) for op, container in plan.steps if container is not None
    ):
        return
    is_mysql = dialect != "postgresql"
    taken = _taken(plan, _MYSQL_NAMES if is_mysql else _POSTGRESQL_NAMES)
    if is_mysql:
        taken |= _indexes_with_nameless(plan)
    for op, container in plan.steps:
        if container is None:
            continue
        table = plan.table_of(op)
        # On MySQL names of indexes, and so of unique constraints, are a table's own.
        is_index = is_mysql and not isinstance(_made(op), ops.CreateForeignKeyOp)
        used = taken.setdefault(table if is_index else table[0], set())
        if isinstance(op, ops.DropConstraintOp):
            used.discard(str(op.constraint_name).lower())
        elif isinstance(op, ops.DropIndexOp):
            used.discard(str(op.index_name).lower())
        elif isinstance(op, ops.CreateIndexOp):
            used.add(str(op.index_name).lower())
        elif isinstance(op, _KINDS) and not _is_nameless(op):
            used.add(str(op.constraint_name).lower())
        elif isinstance(op, _KINDS):
            if not is_mysql:
                names = _postgresql_names(op, table)
            elif isinstance(op, ops.CreateForeignKeyOp):
                names = _mysql_names(table, used, _n_nameless(plan, table))
            else:
                names = _index_names_of(_columns(op)[0])
            name = next(each for each in names if each.lower() not in used)
            used.add(name.lower())
            op._name_by_default = conv(name)


def _made(op: Any) -> Any:
    """Return the operation that makes what an operation drops; another as it is."""
    return op._reverse if isinstance(op, ops.DropConstraintOp) else op


def _is_nameless(op: Any) -> bool:
    return isinstance(op, _KINDS) and op.constraint_name is None


def _taken(plan: Plan, query: str) -> dict[Any, set[str]]:
    """Return names in lower case, by schema as it is compared."""
    connection = plan.autogen_context.connection
    assert connection is not None
    taken: dict[Any, set[str]] = {}
    for schema, name in connection.execute(text(query.replace(":", "\\:"))):
        taken.setdefault(plan.key(schema, "")[0], set()).add(name.lower())
    return taken


def _indexes_with_nameless(plan: Plan) -> dict[TableKey, set[str]]:
    """Return the names of indexes of the tables that get one without a name."""
    context = plan.autogen_context
    reflection = context._reflection_by(context.inspector)
    tables = {
        plan.table_of(op)
        for op, container in plan.steps
        if container is not None
        and isinstance(op, ops.CreateUniqueConstraintOp)
        and _is_nameless(op)
    }
    return {
        table: {
            str(each["name"]).lower()
            for each in reflection.get_indexes(table[1], table[0])
        }
        for table in tables
    }


def _columns(op: Any) -> list[str]:
    is_key = isinstance(op, ops.CreateForeignKeyOp)
    return [str(name) for name in (op.local_cols if is_key else op.columns)]


def _postgresql_names(op: Any, table: TableKey) -> Iterator[str]:
    columns = "_".join(_columns(op))
    for number in count():
        label = f"_{_LABELS[type(op)]}{number or ''}"
        left, right = table[1].encode(), columns.encode()
        room = _LIMIT - len(label) - 1
        while len(left) + len(right) > room:
            if len(left) > len(right):
                left = left[:-1]
            else:
                right = right[:-1]
        yield f"{_clipped(left)}_{_clipped(right)}{label}"


def _clipped(name: bytes) -> str:
    """Return a name that may have been cut within a letter."""
    return name.decode(errors="ignore")


def _n_nameless(plan: Plan, table: TableKey) -> int:
    """Return how many keys of a new table are named by the server meanwhile."""
    return sum(
        isinstance(item, ForeignKeyConstraint) and item.name is None
        for op, _ in plan.steps
        if isinstance(op, ops.CreateTableOp) and plan.table_of(op) == table
        for item in op.columns
    )


def _mysql_names(table: TableKey, used: Collection[str], n_new: int) -> Iterator[str]:
    """Yield the names of keys: numbers behind the highest that is there."""
    prefix = f"{table[1]}_ibfk_"
    numbers = [
        int(name[len(prefix) :])
        for name in used
        if name.startswith(prefix.lower()) and name[len(prefix) :].isdigit()
    ]
    yield from (f"{prefix}{number}" for number in count(max([n_new, *numbers]) + 1))


def _index_names_of(column: str) -> Iterator[str]:
    yield column
    yield from (f"{column}_{number}" for number in count(2))
