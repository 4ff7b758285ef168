"""Which changes of a batch that failed were in the table already.

A run that is killed when a batch is done but not yet recorded leaves that behind.  The
error of the next run, for instance a KeyError for a column that it is to drop, does not
tell; a note at the exception does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import inspect

from ..util import sqla_compat
from ..util.compat import add_note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection
    from sqlalchemy.engine import Inspector


class _Wanted(NamedTuple):
    """What there is behind a change: an object of a kind, or none."""

    kind: str
    name: str
    is_there: bool


def note_changes_in_place(
    problem: Exception,
    connection: Connection,
    table: str,
    schema: str | None,
    batch: Sequence[tuple[str, tuple[Any, ...], dict[str, Any]]],
) -> None:
    """Add a note to an exception if some of the changes are in the table already.

    batch: the changes, as (name of a method, its arguments, its keywords).
    """
    try:
        found = _names(inspect(connection), table, schema)
    except Exception as why:  # noqa: BLE001 - it must not hide the problem
        add_note(problem, f'The table "{table}" cannot be looked at: {why!r}')
        return
    has: list[str] = []
    lacks: list[str] = []
    in_place = 0
    for wanted in _wanted_by(batch):
        is_there = wanted.name in found[wanted.kind]
        in_place += is_there == wanted.is_there
        (has if is_there else lacks).append(f'{wanted.kind} "{wanted.name}"')
    if in_place:
        states = [("has", has), ("does not have", lacks)]
        text = "; it ".join(
            f"{verb} {', '.join(what)}" for verb, what in states if what
        )
        add_note(problem, f'The table "{table}" {text}.')


def _names(
    inspector: Inspector, table: str, schema: str | None
) -> dict[str, set[str | None]]:
    """Return the names of what a table has, by kind."""
    readers = {
        "constraint": (
            inspector.get_unique_constraints,
            inspector.get_foreign_keys,
            inspector.get_check_constraints,
            lambda name, schema: [inspector.get_pk_constraint(name, schema)],
        ),
        "column": (inspector.get_columns,),
        "index": (inspector.get_indexes,),
    }
    return {
        kind: {item["name"] for read in reads for item in read(table, schema=schema)}
        for kind, reads in readers.items()
    }


def _wanted_by(
    batch: Sequence[tuple[str, tuple[Any, ...], dict[str, Any]]],
) -> Iterator[_Wanted]:
    for method, arguments, keywords in batch:
        verb, _, kind = method.partition("_")
        if kind == "column" and verb == "alter":
            new_name = keywords.get("name")
            if new_name and new_name != arguments[1]:
                yield _Wanted(kind, arguments[1], is_there=False)
                yield _Wanted(kind, new_name, is_there=True)
        elif kind in ("column", "constraint", "index"):
            changed = arguments[1] if kind == "column" else arguments[0]
            if sqla_compat.constraint_name_string(changed.name):
                yield _Wanted(kind, str(changed.name), is_there=verb != "drop")
