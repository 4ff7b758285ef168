"""Objects that are equal to a schema object of the same shape.

A test wraps what it expects: `eq_(constraint, CompareForeignKey(wanted))`.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from typing import Any, ClassVar

from sqlalchemy import schema
from sqlalchemy.sql.elements import ClauseList


class _Comparison:
    """Equal to what `_matches` accepts; unhashable, as what it equals differs."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self._matches(other)

    def __ne__(self, other: object) -> bool:
        return not self._matches(other)

    def _matches(self, other: Any) -> bool:
        raise NotImplementedError


def _same_place(one: Any, other: Any) -> bool:
    """Return whether two tables have the same name in the same schema."""
    return (one.name, one.schema) == (other.name, other.schema)


def _same_columns(ones: Iterable[Any], others: Iterable[Any]) -> bool:
    pairs = zip_longest(ones, others)
    return all(
        one is not None and other is not None and CompareColumn(one) == other
        for one, other in pairs
    )


class CompareTable(_Comparison):
    """Equal to a table of the same name, schema and columns."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def _matches(self, other: Any) -> bool:
        return _same_place(self.table, other) and _same_columns(self.table.c, other.c)


class CompareColumn(_Comparison):
    """Equal to a column of the same name that is as nullable."""

    def __init__(self, column: Any) -> None:
        self.column = column

    def _matches(self, other: Any) -> bool:
        shape = (self.column.name, self.column.nullable)
        return shape == (other.name, other.nullable)


class CompareIndex(_Comparison):
    """Equal to an index with the same CREATE INDEX and dialect options.

    name_only: whether the same name is enough.
    """

    def __init__(self, index: Any, name_only: bool = False) -> None:
        self.index = index
        self.name_only = name_only

    def _matches(self, other: Any) -> bool:
        if self.name_only:
            return bool(self.index.name == other.name)
        statements = [str(schema.CreateIndex(each)) for each in (self.index, other)]
        options = (self.index.dialect_kwargs, other.dialect_kwargs)
        return statements[0] == statements[1] and bool(options[0] == options[1])

    def __repr__(self) -> str:
        return (
            f"<CompareIndex {self.index.name}({ClauseList(*self.index.expressions)})>"
        )


class _CompareConstraint(_Comparison):
    """Equal to a constraint of this kind, name and table with the same content."""

    kind: ClassVar[type[schema.Constraint]]

    def __init__(self, constraint: Any) -> None:
        self.constraint = constraint

    def _matches(self, other: Any) -> bool:
        mine = self.constraint
        return (
            isinstance(other, self.kind)
            and mine.name == other.name
            and _same_place(mine.table, other.table)
            and self._same_content(other)
        )

    def _same_content(self, other: Any) -> bool:
        return _same_columns(self.constraint.columns, other.columns)


class CompareCheckConstraint(_CompareConstraint):
    """Equal to a CHECK of the same name, table and text."""

    kind = schema.CheckConstraint

    def _same_content(self, other: Any) -> bool:
        return str(self.constraint.sqltext) == str(other.sqltext)


class CompareForeignKey(_CompareConstraint):
    """Equal to a foreign key of the same name, table and referring columns."""

    kind = schema.ForeignKeyConstraint


class ComparePrimaryKey(_CompareConstraint):
    """Equal to a primary key of the same name, table and columns."""

    kind = schema.PrimaryKeyConstraint


class CompareUniqueConstraint(_CompareConstraint):
    """Equal to a unique constraint of the same name, table and columns."""

    kind = schema.UniqueConstraint
