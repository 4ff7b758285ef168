"""Database catalogs as immutable objects: read, fingerprint and compare schemas.

For test suites that assert that "migrated from zero" and "metadata.create_all" give the
same database:

    before = snapshot(connection)
    ...
    assert before.diff(snapshot(connection)) == []
"""

from __future__ import annotations

from .._catalog import DatabaseError as DatabaseError
from ._catalog import Catalog as Catalog
from ._catalog import Change as Change
from ._snapshot import snapshot as snapshot

__all__ = ["Catalog", "Change", "DatabaseError", "snapshot"]
