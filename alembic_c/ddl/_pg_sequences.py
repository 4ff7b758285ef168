"""Recognition of SERIAL columns: which sequence belongs to which column.

A SERIAL column is reported with the default `nextval('t_id_seq'::regclass)`, like any
column that draws from a sequence; only the sequence's owner tells it apart.  The
owners of all sequences are read by one query for each inspector.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text

from ..util import sqla_compat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Inspector

_NEXTVAL = re.compile(r"nextval\('(?P<sequence>.+?)'::regclass\)")
_NAME_PART = re.compile(r'"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^".]+)')

_OWNERS = """
SELECT n.nspname AS schema_name,
       c.relname AS sequence_name,
       pg_catalog.pg_table_is_visible(c.oid) AS is_visible,
       a.attname AS column_name
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_depend AS d
       ON d.objid = c.oid
      AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND d.refobjsubid > 0
LEFT JOIN pg_catalog.pg_attribute AS a
       ON a.attrelid = d.refobjid
      AND a.attnum = d.refobjsubid
WHERE c.relkind = 'S'
"""
_ALL_OWNERS = text(f"{_OWNERS} ORDER BY c.oid")
_ONE_OWNER = text(
    f"{_OWNERS} AND c.oid = pg_catalog.to_regclass(CAST(:sequence AS pg_catalog.text))"
)
_CACHE_KEY = ("alembic_c", "sequence owners")
_KNOWN_KEY = ("alembic_c", "known sequence owners")


class SequenceOwner(NamedTuple):
    """A sequence and the column that owns it, None for a sequence on its own."""

    sequence_name: str
    column_name: str | None


def sequence_in_default(default: str) -> str | None:
    """Return the sequence that a column's default draws from, as it is written."""
    match = _NEXTVAL.match(default)
    return match["sequence"].replace("''", "'") if match else None


def owner_of(inspector: Inspector, sequence: str) -> SequenceOwner | None:
    """Return the owner of a sequence, None if there is no such sequence.

    sequence: as the server writes it in a default, by the connection's search path.
    """
    owners: dict[tuple[str, ...], SequenceOwner]
    name = _name_parts(sequence)
    owners = inspector.info_cache.get(_KNOWN_KEY, {})
    if name in owners:
        return owners[name]
    owners = inspector.info_cache.setdefault(_CACHE_KEY, {})
    if not owners:
        rows = sqla_compat._exec_on_inspector(inspector, _ALL_OWNERS)
        owners.update(_by_name(rows))
    if name not in owners:
        # Made, or the search path changed, since the owners were read.
        rows = sqla_compat._exec_on_inspector(inspector, _ONE_OWNER, sequence=sequence)
        owners.update((name, owner) for _, owner in _by_name(rows))
    return owners.get(name)


def know_owners(inspector: Inspector, rows: Iterable[Any]) -> None:
    """Take in owners that are known, so that nobody asks about them.

    rows: schema, sequence, whether the search path lets the schema be left out, and the
        owner's name.
    """
    known: dict[tuple[str, ...], SequenceOwner]
    known = inspector.info_cache.setdefault(_KNOWN_KEY, {})
    known.update(_by_name(rows))


def _by_name(
    rows: Iterable[Any],
) -> Iterable[tuple[tuple[str, ...], SequenceOwner]]:
    for schema, sequence, is_visible, column in rows:
        owner = SequenceOwner(sequence, column)
        yield (schema, sequence), owner
        if is_visible:
            yield (sequence,), owner


def _name_parts(name: str) -> tuple[str, ...]:
    return tuple(
        part["plain"] or part["quoted"].replace('""', '"')
        for part in _NAME_PART.finditer(name)
    )
