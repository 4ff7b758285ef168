"""Which values move-and-copy has changed: the old table on SQLite beside the new one.

Asked of the columns alone whose values SQLite may have converted: those that are cast,
those whose affinity is another one in the new table, and one that has become the rowid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

# So many digits a REAL keeps of any number.
_SURE_DIGITS = 15


def affinity(declared: str) -> str:
    """Return the affinity of a column by its declared type.

    Source: the SQLite documentation, "Datatypes In SQLite", 3.1.
    """
    upper = declared.upper()
    for words, name in (
        (("INT",), "INTEGER"),
        (("CHAR", "CLOB", "TEXT"), "TEXT"),
        (("BLOB",), "BLOB"),
        (("REAL", "FLOA", "DOUB"), "REAL"),
    ):
        if any(word in upper for word in words):
            return name
    return "NUMERIC" if upper else "BLOB"


class Copied(NamedTuple):
    """A column of the old table and the one of the new table that it went to.

    Both names are in quotes; is_rowid: the new one is the INTEGER PRIMARY KEY, and the
    old one was not.
    """

    old: str
    new: str
    is_rowid: bool = False


def _is_changed(column: Copied) -> str:
    """Return SQL for whether a value is another one; a blob may become its text.

    A comparison with a CAST to NUMERIC makes a number of a text that is one to its end.
    """
    old, new = f"o.{column.old}", f"n.{column.new}"
    old_type, new_type = f"typeof({old})", f"typeof({new})"
    changed = f"""
        CASE WHEN {old} IS NULL OR {new} IS NULL THEN {old} IS NOT {new}
        WHEN {old_type} IN ('text', 'blob') AND {new_type} IN ('text', 'blob')
        THEN CAST({old} AS BLOB) <> CAST({new} AS BLOB)
        WHEN {old_type} IN ('text', 'blob')
        THEN CAST({new} AS NUMERIC) <> CAST({old} AS TEXT)
        WHEN {new_type} IN ('text', 'blob')
        THEN CAST({old} AS NUMERIC) <> CAST({new} AS TEXT)
        ELSE {old} <> {new} END"""
    return f"({old} IS NULL OR {changed})" if column.is_rowid else f"({changed})"


def _may_be_rounded(column: Copied) -> str:
    """Return SQL for whether a number may only be the nearest one to a text."""
    old, new = f"o.{column.old}", f"n.{column.new}"
    return (
        f"(typeof({old}) IN ('text', 'blob') AND typeof({new}) IN ('integer', 'real') "
        f"AND (length({old}) > {_SURE_DIGITS} OR instr(lower({old}), 'e')))"
    )


def _is_rounded(text: Any, number: float) -> bool:
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    try:
        return Decimal(text.strip()) != Decimal(repr(number))
    except InvalidOperation:
        # Not a number: counted already.
        return False


def n_changed(
    query: Callable[..., Iterable[Sequence[Any]]],
    old_table: str,
    new_table: str,
    join: str,
    columns: Sequence[Copied],
) -> list[int]:
    """Return how many values of each column are others in the new table.

    query: runs a statement and gives its rows.
    old_table, new_table: as they stand in a statement.
    join: SQL for which row "n" of the new table is the copy of a row "o".
    """
    tables = f"{old_table} AS o LEFT JOIN {new_table} AS n ON {join}"
    asked = [f"total{_is_changed(c)}, total{_may_be_rounded(c)}" for c in columns]
    ((*counts,),) = query(f"SELECT {', '.join(asked)} FROM {tables}")
    changed = [int(count) for count in counts[::2]]
    for at, column in enumerate(columns):
        if counts[2 * at + 1]:
            rows = query(
                f"SELECT o.{column.old}, n.{column.new} FROM {tables} "
                f"WHERE {_may_be_rounded(column)} AND NOT {_is_changed(column)}"
            )
            changed[at] += sum(_is_rounded(text, number) for text, number in rows)
    return changed
