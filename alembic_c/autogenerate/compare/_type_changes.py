"""Drop indexes and constraints before the types of their columns change.

Where the new type does not go with what a table has on the column, its ALTER fails,
even if that is dropped afterwards: no index on JSON, no `lower()` of a number.  The way
back then makes it again behind the change.  What it goes with stays in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Column, String
from sqlalchemy.exc import CompileError
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ClauseElement, ColumnClause, TextClause

from ...ddl._autogen import tokenize
from ...operations import ops
from .._tokens import bare, tokens

if TYPE_CHECKING:
    from sqlalchemy import Dialect

    from .._questions import TableKey
    from ._order import Step

# Types of PostgreSQL that an index of the usual kind does not take.
_UNORDERED = frozenset(
    (
        *("json", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle"),
        *("jsonpath", "geometry", "geography"),
    )
)
# Types of MySQL that an index takes only a part of, or none.
_LONG = frozenset(
    (
        *("tinytext", "text", "mediumtext", "longtext", "json"),
        *("tinyblob", "blob", "mediumblob", "longblob"),
        *("geometry", "point", "linestring", "polygon", "multipoint"),
        *("multilinestring", "multipolygon", "geometrycollection"),
    )
)
# More characters may be more bytes than an index takes.
_MAX_CHARACTERS = 190
# Options that let an index take columns of certain types only.
_SPECIAL = ("postgresql_where", "postgresql_using", "postgresql_ops")
_PARTIAL = ("mysql_length", "mariadb_length", "mysql_prefix", "mariadb_prefix")


class _Plan(Protocol):
    """The part of the plan of a migration that is looked at here."""

    steps: list[Step]

    def table_of(self, op: Any) -> TableKey: ...

    def move(self, at: int, to: int) -> None: ...


def drop_before_types_change(plan: _Plan, dialect: Dialect) -> None:
    """Move what is dropped in front of the change of a type that it does not allow."""
    suits = _suits_postgresql if dialect.name == "postgresql" else _suits_mysql
    dropped: dict[TableKey, list[tuple[Any, Any]]] = {}
    for step in plan.steps:
        made = _dropped(step.op)
        if made is not None:
            dropped.setdefault(plan.table_of(step.op), []).append((step.op, made))
    changes = [
        step.op
        for step in plan.steps
        if isinstance(step.op, ops.AlterColumnOp) and step.op.modify_type is not None
    ]
    for change in changes if dropped else ():
        for op, made in dropped.get(plan.table_of(change), ()):
            if change.column_name.lower() in _names(made) and not suits(
                change, made, dialect
            ):
                at, later = _place(plan, change), _place(plan, op)
                if at < later:
                    plan.move(later, at)


def _place(plan: _Plan, op: Any) -> int:
    return next(place for place, step in enumerate(plan.steps) if step.op is op)


def _dropped(op: Any) -> Any:
    """Return the operation that makes what another one drops, if it is of interest."""
    if isinstance(op, ops.DropIndexOp | ops.DropConstraintOp) and isinstance(
        op._reverse,
        ops.CreateIndexOp | ops.CreateUniqueConstraintOp | ops.CreateCheckConstraintOp,
    ):
        return op._reverse
    return None


def _suits_postgresql(
    change: ops.AlterColumnOp, dropped: Any, dialect: Dialect
) -> bool:
    # What was a text may have a collation in the index, which is not reflected.
    was_text = isinstance(change.existing_type, String)
    if _word(change.modify_type, dialect) in _UNORDERED:
        return False
    is_plain = not was_text and not (
        isinstance(dropped, ops.CreateCheckConstraintOp)
        or any(dropped.kw.get(name) for name in _SPECIAL)
        or any(
            isinstance(element, ClauseElement) and not isinstance(element, Column)
            for element in dropped.columns
        )
    )
    return is_plain or _is_like_before(change)


def _suits_mysql(change: ops.AlterColumnOp, dropped: Any, dialect: Any) -> bool:
    if isinstance(dropped, ops.CreateCheckConstraintOp):
        return True
    if any(dropped.kw.get(name) for name in _PARTIAL):
        return _is_like_before(change)
    is_long = _word(change.modify_type, dialect) in _LONG
    if dialect.is_mariadb:
        # What is unique it takes whole, by other means than its usual ones, which know
        # no direction and no column that counts by itself.
        if getattr(dropped, "unique", True):
            return not is_long
        # Of what is long it takes as much as an index has room for, by itself.
        if len(dropped.columns) == 1:
            return True
    length = getattr(change.modify_type, "length", None) or 0
    return not is_long and length <= _MAX_CHARACTERS


def _is_like_before(change: ops.AlterColumnOp) -> bool:
    kinds = [
        None if type_ is None else type_._type_affinity
        for type_ in (change.existing_type, change.modify_type)
    ]
    return kinds[0] is kinds[1]


def _word(type_: Any, dialect: Dialect) -> str:
    """Return the first word of a type's DDL."""
    try:
        return tokenize(dialect.type_compiler_instance.process(type_)).token0
    except CompileError:
        return ""


def _names(dropped: Any) -> set[str]:
    """Return the words of what is dropped, its columns among them, in small letters."""
    if isinstance(dropped, ops.CreateCheckConstraintOp):
        parts: list[Any] = [dropped.condition]
    else:
        parts = [*dropped.columns, dropped.kw.get("postgresql_where")]
    return {
        bare(word).lower()
        for part in parts
        for text in _texts(part)
        for word in (text, *tokens(text))
    }


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, ClauseElement):
        for element in visitors.iterate(part):
            if isinstance(element, TextClause):
                yield element.text
            elif isinstance(element, ColumnClause):
                yield element.name
