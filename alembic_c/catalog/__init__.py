"""Database catalogs as immutable objects: read, fingerprint and compare schemas.

For test suites that assert that "migrated from zero" and "metadata.create_all" give the
same database:

    migrated = snapshot(connection)
    ...
    assert_same(migrated, snapshot(connection))
"""

from __future__ import annotations

from .._catalog import DatabaseError as DatabaseError
from ._catalog import Catalog as Catalog
from ._catalog import Change as Change
from ._mermaid import mermaid as mermaid
from ._objects import SchemaObject as SchemaObject
from ._snapshot import snapshot as snapshot
from ._words import assert_same as assert_same
from ._words import render as render

__all__ = [
    "Catalog",
    "Change",
    "DatabaseError",
    "SchemaObject",
    "assert_same",
    "mermaid",
    "render",
    "snapshot",
]
