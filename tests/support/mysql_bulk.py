"""Both ways of reading MySQL's tables, held against each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from alembic_c.catalog import Catalog, _mysql, _mysql_bulk
from alembic_c.catalog._catalog import Change
from alembic_c.catalog._mysql import TableKey

if TYPE_CHECKING:
    import sqlalchemy as sa

# What no column of information_schema has.
_UNTOLD = {
    "column": ("column_format=", "storage="),
    "table": ("tablespace=", "data_directory="),
    "index": ("key_block_size=",),
}


def keys_of(connection: sa.Connection, *schemas: str) -> list[TableKey]:
    """Return the keys of all tables of databases; of the present one by default."""
    session = _mysql.session(connection)
    assert session.schema is not None
    wanted = schemas or (session.schema,)
    return [
        key
        for kind, key in _mysql.listed(connection, wanted, session)
        if kind in _mysql.TABLE_TYPES
    ]


def read_both(
    connection: sa.Connection, keys: Sequence[TableKey]
) -> tuple[Catalog, Catalog, list[TableKey]]:
    """Return tables as they are printed, and those that information_schema tells.

    And the keys of those that it does not tell.
    """
    session = _mysql.session(connection)
    reader = session.reader()
    left = _mysql_bulk.add_in_bulk(reader, connection, keys, session)
    told = Catalog(reader.finish())
    there = [key for key in keys if key not in left]
    return Catalog(_mysql.read_tables(connection, there, session)), told, left


def differences(printed: Catalog, told: Catalog) -> list[str]:
    """Return where the two ways differ, but for what the second cannot tell."""
    changes = printed.diff(told, order=True)
    return [str(change) for change in changes if not _is_untold(change)]


def _is_untold(change: Change) -> bool:
    words = _UNTOLD.get(change.what.partition(" ")[0], ())
    return (
        change.aspect == "options"
        and change.after is None
        and change.before.startswith(words)
    )
