"""Differences between catalogs in the words of SQL, by table."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import unified_diff
from itertools import groupby
from typing import Any, NamedTuple

from ._catalog import WHOLE, Catalog, Change

# A flag: the words for false and true. A text: what stands before the value.
_FLAGS: dict[str, tuple[str, str]] = {
    "autoincrement": ("without AUTOINCREMENT", "AUTOINCREMENT"),
    "deferrable": ("NOT DEFERRABLE", "DEFERRABLE"),
    "initially_deferred": ("INITIALLY IMMEDIATE", "INITIALLY DEFERRED"),
    "is_auto_increment": ("without AUTO_INCREMENT", "AUTO_INCREMENT"),
    "is_constraint": ("not of a constraint", "of a constraint"),
    "is_invalid": ("valid", "INVALID"),
    "is_invisible": ("VISIBLE", "INVISIBLE"),
    "is_not_ready": ("ready", "not ready"),
    "is_serial": ("no sequence of its own", "a sequence of its own"),
    "is_temporary": ("permanent", "TEMPORARY"),
    "is_unique": ("not UNIQUE", "UNIQUE"),
    "is_versioned": ("without SYSTEM VERSIONING", "WITH SYSTEM VERSIONING"),
    "not_enforced": ("ENFORCED", "NOT ENFORCED"),
    "not_null": ("NULL", "NOT NULL"),
    "not_valid": ("VALID", "NOT VALID"),
    "nulls_not_distinct": ("NULLS DISTINCT", "NULLS NOT DISTINCT"),
    "strict": ("not STRICT", "STRICT"),
    "without_rowid": ("with rowid", "WITHOUT ROWID"),
}
_TEXTS: dict[str, str] = {
    "charset": "CHARACTER SET",
    "collation": "COLLATE",
    "columns": "columns",
    "comment": "COMMENT",
    "conflict": "ON CONFLICT",
    "default_expr": "DEFAULT",
    "definition": "definition",
    "engine": "ENGINE",
    "expr": "expression",
    "generated": "GENERATED ALWAYS AS",
    "generated_kind": "GENERATED",
    "identity": "IDENTITY",
    "identity_kind": "GENERATED AS IDENTITY",
    "include": "INCLUDE",
    "kind": "kind",
    "match": "MATCH",
    "method": "USING",
    "not_null_conflict": "NOT NULL ON CONFLICT",
    "on_delete": "ON DELETE",
    "on_update": "ON UPDATE",
    "opaque": "not understood:",
    "options": "options",
    "order of columns": "order of columns",
    "partitioning": "PARTITION BY",
    "parts": "elements",
    "predicate": "WHERE",
    "ref_columns": "REFERENCES columns",
    "ref_schema": "REFERENCES schema",
    "ref_table": "REFERENCES",
    "statements": "statements",
    "type": "type",
}
# An aspect that says nothing of its own where the other one has changed too.
_FOLLOWS = {
    "generated_kind": "generated",
    "identity": "identity_kind",
    "initially_deferred": "deferrable",
    "is_not_ready": "is_invalid",
    "is_serial": "default_expr",
    "statements": "opaque",
}
_KEYS = ("primary key", "unique", "exclude")


class _Thing(NamedTuple):
    """All that has changed of one thing."""

    table: str
    what: str
    changes: tuple[Change, ...]

    @property
    def aspects(self) -> set[str]:
        return {change.aspect for change in self.changes}


def render(
    changes: Iterable[Change],
    *,
    before: str = "in the first",
    after: str = "in the second",
) -> str:
    """Return differences as text: a line for each table, below it what has changed.

    Other objects have a line each, and their two definitions below it.

    What a table, a column or a constraint brings or takes with it is not told again.
    changes: as Catalog.diff() gives them.
    before, after: where something is that only one of the two catalogs has.
    """
    lines: list[str] = []
    things = [_Thing(*key, tuple(found)) for key, found in groupby(changes, _thing)]
    for each in things:
        if each.what in WHOLE and each.what != "table":
            lines += _object_lines(each, before, after)
    changed = {each.table for each in things if each.what == "enum"}
    # The triggers of a table are told with it.
    of_tables = [each for each in things if each.what not in WHOLE[1:]]
    of_tables.sort(key=lambda thing: thing.table)
    for table, group in groupby(of_tables, lambda thing: thing.table):
        of_table = list(group)
        whole = next((each for each in of_table if each.what == "table"), None)
        if whole is not None and whole.aspects & {"added", "removed"}:
            lines.append(f"table {table} {_presence(whole, before, after)}")
            continue
        told = [
            f"  {_line(each, before, after)}"
            for each in of_table
            if not _is_told(each, of_table) and not _is_of_enum(each, changed)
        ]
        lines += [f"table {table}", *told] if told else []
    return "\n".join(lines)


def assert_same(
    before: Catalog,
    after: Catalog,
    *,
    order: bool = False,
    ignore: Iterable[str] = (),
) -> None:
    """Fail unless two catalogs are the same; parameters as for Catalog.diff().

    Raises AssertionError with the differences in words.
    """
    __tracebackhide__ = True
    changes = before.diff(after, order=order, ignore=ignore)
    if changes:
        raise AssertionError("the catalogs differ:\n" + render(changes))


def _object_lines(thing: _Thing, before: str, after: str) -> list[str]:
    """Return the lines of something that is no table."""
    if thing.aspects & {"added", "removed"}:
        return [f"{thing.what} {thing.table} {_presence(thing, before, after)}"]
    (change,) = thing.changes
    old, new = (
        [line.rstrip() for line in text.strip().splitlines()]
        for text in (change.before, change.after)
    )
    if len(old) == len(new) == 1:
        return [f"{thing.what} {thing.table}: {old[0]} -> {new[0]}"]
    differences = list(unified_diff(old, new, lineterm="", n=0))[2:]
    told = [f"  {line}" for line in differences if not line.startswith("@@")]
    return [f"{thing.what} {thing.table}", *told]


def _thing(change: Change) -> tuple[str, str]:
    return change.table, change.what


def _presence(thing: _Thing, before: str, after: str) -> str:
    return f"is there only {after if 'added' in thing.aspects else before}"


def _line(thing: _Thing, before: str, after: str) -> str:
    if thing.aspects & {"added", "removed"}:
        return f"{thing.what} {_presence(thing, before, after)}"
    subject = "" if thing.what == "table" else f"{thing.what}: "
    return subject + ", ".join(
        f"{_words(change.aspect, change.before)} -> "
        f"{_words(change.aspect, change.after)}"
        for change in thing.changes
        if _FOLLOWS.get(change.aspect) not in thing.aspects
    )


def _words(aspect: str, value: Any) -> str:
    if aspect in _FLAGS:
        return _FLAGS[aspect][bool(value)]
    words = _TEXTS[aspect]
    if value is None or value == ():
        return f"no {words}"
    if aspect == "comment":
        return f"{words} {value!r}"
    if aspect == "identity":
        value = " ".join(f"{name} {part}" for name, part in value._asdict().items())
    if isinstance(value, tuple):
        value = f"({', '.join(map(str, value))})"
    text = str(value)
    # MySQL tells how a table is partitioned with these words.
    return text if text.startswith(f"{words} ") else f"{words} {text}"


def _is_told(thing: _Thing, others: list[_Thing]) -> bool:
    """Whether another line says it: the index of a constraint that comes or goes."""
    kind, _, name = thing.what.partition(" ")
    return kind == "index" and any(
        other.what == f"{key} {name}" and other.aspects == thing.aspects
        for other in others
        for key in _KEYS
    )


def _is_of_enum(thing: _Thing, enums: set[str]) -> bool:
    """Whether nothing but the values of a column's enum have changed.

    enums: those that have a line of their own.
    """
    if thing.aspects != {"type"}:
        return False
    (change,) = thing.changes
    names = {str(value).partition(" enum(")[0] for value in change[3:]}
    return len(names) == 1 and bool(
        names & (enums | {name.partition(".")[2] for name in enums})
    )
