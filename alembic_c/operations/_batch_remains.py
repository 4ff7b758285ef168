"""What of a table's statements has no place in those of the table made anew.

Both are parsed in C, and what the first one says is looked for in the second one.  What
the batch was told to drop, or goes with a column that it drops, is no loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ._sqlite_table import parsed
from ._sqlite_words import column_names, folded, renamed, tokens

if TYPE_CHECKING:
    from .._catalog import Column, Constraint
    from .._catalog import Table as Model
    from ._sqlite_copy import NewVersion
    from ._sqlite_table import StoredTable

# What to look for where a statement was not understood.
_TRAITS = ("AUTOINCREMENT", "COLLATE", "CONFLICT", "STRICT", "WITHOUT", "CHECK")


def lost(stored: StoredTable, statement: str, version: NewVersion) -> list[str]:
    """Return the words for what the new table does not have any more.

    statement: the new table's.
    """
    expected = {
        *version.kept_indexes(),
        *version.dropped_indexes,
        *version.new_indexes,
    }
    indexes = [f'the index "{name}"' for name in sorted({*stored.indexes} - expected)]
    model = parsed([("main", "table", stored.name, stored.name, statement)])
    if stored.model is None or model is None:
        return indexes + _lost_traits(stored.sql, statement)
    comparison = _Comparison(stored.model, model, version)
    return [*indexes, *comparison.of_table(), *comparison.of_columns()] + list(
        comparison.of_constraints()
    )


def _lost_traits(before: str, after: str) -> list[str]:
    found, left = tokens(before), tokens(after)
    return [
        trait
        for trait in _TRAITS
        if sum(token.is_word(trait) for token in found)
        > sum(token.is_word(trait) for token in left)
    ]


def _words(expression: str | None) -> tuple[str, ...]:
    """Return an expression as what it is compared by: names in one form."""
    return tuple(
        folded(token.name) if token.kind in ("word", "quoted") else token.text
        for token in tokens(expression or "")
    )


class _Comparison:
    def __init__(self, old: Model, new: Model, version: NewVersion) -> None:
        self._old = old
        self._new = new
        self._version = version
        names = {c.name: version.new_name(c.name) for c in old.columns}
        self._gone = {folded(old) for old, new in names.items() if new is None}
        self._new_names: Mapping[str, str] = {
            folded(old): new for old, new in names.items() if new is not None
        }
        self._quoted = {
            old: '"{}"'.format(new.replace('"', '""'))
            for old, new in self._new_names.items()
        }

    def of_table(self) -> Iterator[str]:
        for is_lost, words in (
            (self._old.autoincrement > self._new.autoincrement, "AUTOINCREMENT"),
            (self._old.strict > self._new.strict, "STRICT"),
            (self._old.without_rowid > self._new.without_rowid, "WITHOUT ROWID"),
        ):
            key_is_gone = words == "AUTOINCREMENT" and self._version.has_new_key()
            if is_lost and not key_is_gone:
                yield words

    def of_columns(self) -> Iterator[str]:
        columns = {folded(column.name): column for column in self._new.columns}
        for column in self._old.columns:
            new = columns.get(folded(self._new_names.get(folded(column.name), "")))
            if new is not None:
                for words in _lost_of_column(column, new):
                    yield f'{words} of the column "{column.name}"'

    def of_constraints(self) -> Iterator[str]:
        for constraint in self._old.constraints:
            if constraint.name in self._version.dropped_constraints:
                continue
            key = constraint.kind, tuple(constraint.columns)
            if constraint.name is None and key in self._version.dropped_keys:
                continue
            if constraint.kind == "primary key" and self._version.has_new_key():
                continue
            if self._goes_with_columns(constraint):
                continue
            same = [new for new in self._new.constraints if self._is(constraint, new)]
            what = _described(constraint)
            if not same:
                yield what
            else:
                for words in _lost_of_constraint(constraint, same):
                    yield f"{words} of {what}"

    def _goes_with_columns(self, constraint: Constraint) -> bool:
        if constraint.kind == "check":
            used = column_names(constraint.expr or "")
            # One that is about other columns too is a loss.
            return bool(used & self._gone) and not used & set(self._new_names)
        return not self._gone.isdisjoint(map(folded, constraint.columns))

    def _is(self, old: Constraint, new: Constraint) -> bool:
        if old.kind != new.kind:
            return False
        if old.kind == "check":
            return _words(renamed(old.expr or "", self._quoted)) == _words(new.expr)
        columns = [folded(self._new_names[folded(name)]) for name in old.columns]
        if columns != [folded(name) for name in new.columns]:
            return False
        return old.kind != "foreign key" or folded(str(old.ref_table)) == folded(
            str(new.ref_table)
        )


def _lost_of_column(old: Column, new: Column) -> Iterator[str]:
    if old.collation and folded(old.collation) != folded(new.collation or ""):
        yield f"COLLATE {old.collation}"
    if old.not_null_conflict and new.not_null_conflict != old.not_null_conflict:
        yield f"ON CONFLICT {old.not_null_conflict}"


def _lost_of_constraint(old: Constraint, same: list[Constraint]) -> Iterator[str]:
    """Yield what none of the constraints that stand for one has."""
    properties: tuple[tuple[str, Callable[[Constraint], Any]], ...] = (
        (f"ON CONFLICT {old.conflict}", lambda each: each.conflict),
        (f"ON DELETE {old.on_delete}", lambda each: each.on_delete),
        (f"ON UPDATE {old.on_update}", lambda each: each.on_update),
        ("DEFERRABLE", lambda each: each.deferrable),
        ("INITIALLY DEFERRED", lambda each: each.initially_deferred),
    )
    for words, value in properties:
        if value(old) and all(value(new) != value(old) for new in same):
            yield words
    if old.kind in ("primary key", "unique") and old.expr:
        ordered = [token for token in tokens(old.expr) if token.is_word("COLLATE")]
        if ordered and all(not new.expr for new in same):
            yield "COLLATE"


def _described(constraint: Constraint) -> str:
    name = f' "{constraint.name}"' if constraint.name else ""
    if constraint.kind == "check":
        return f"the CHECK{name} ({constraint.expr})"
    columns = ", ".join(constraint.columns)
    if constraint.kind == "foreign key":
        return f'the foreign key{name} ({columns}) to "{constraint.ref_table}"'
    return f"the {constraint.kind}{name} ({columns})".replace("unique", "UNIQUE")
