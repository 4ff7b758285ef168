"""Recognition of SERIAL columns: which sequence belongs to which column.

A SERIAL column is reported with the default `nextval('t_id_seq'::regclass)`, like any
column that draws from a sequence; only the sequence's owner tells it apart.  The
owners of all sequences are read by one query for each inspector.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from ..util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy.engine import Inspector

_NEXTVAL = re.compile(r"nextval\((?P<escaped>E?)'(?P<sequence>.+?)'::regclass\)", re.S)

_OWNERS = """
SELECT c.oid::pg_catalog.regclass::pg_catalog.text AS spelled,
       c.relname AS sequence_name,
       a.attname AS column_name
FROM pg_catalog.pg_class AS c
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
_ONE_OWNER = text(f"{_OWNERS} AND c.oid = CAST(:sequence AS pg_catalog.regclass)")
_CACHE_KEY = ("alembic_c", "sequence owners")


class SequenceOwner(NamedTuple):
    """A sequence and the column that owns it, None for a sequence on its own."""

    sequence_name: str
    column_name: str | None


def sequence_in_default(default: str) -> str | None:
    """Return the sequence that a column's default draws from, as it is written.

    That is an identifier, quoted if need be, taken out of the SQL string around it.
    """
    match = _NEXTVAL.match(default)
    if match is None:
        return None
    sequence = match["sequence"].replace("''", "'")
    return sequence.replace("\\\\", "\\") if match["escaped"] else sequence


def owner_of(inspector: Inspector, sequence: str) -> SequenceOwner | None:
    """Return the owner of a sequence, None if there is no such sequence.

    sequence: as the server writes it in a default, by the connection's search path.
    """
    owners: dict[str, SequenceOwner]
    owners = inspector.info_cache.setdefault(_CACHE_KEY, {})
    if not owners:
        rows = sqla_compat._exec_on_inspector(inspector, _ALL_OWNERS)
        owners.update((row[0], SequenceOwner(row[1], row[2])) for row in rows)
    if sequence not in owners:
        # Made, or the search path changed, since the owners were read.
        rows = sqla_compat._exec_on_inspector(inspector, _ONE_OWNER, sequence=sequence)
        owners.update((sequence, SequenceOwner(row[1], row[2])) for row in rows)
    return owners.get(sequence)
