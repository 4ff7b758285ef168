"""Migrated databases for tests, in milliseconds; and the tests of a migration tree.

    url = migrated(Config("alembic.ini"), "postgresql://localhost/app")

`alembic_c.pytest` has fixtures for it; nothing here needs pytest.
"""

from __future__ import annotations

from ._ahead import copies_ahead as copies_ahead
from ._data import BeforeRevision as BeforeRevision
from ._data import before_revision as before_revision
from ._scratch import rolled_back as rolled_back
from ._scratch import rolled_back_async as rolled_back_async
from ._templates import TestKitWarning as TestKitWarning
from ._templates import drop as drop
from ._templates import migrated as migrated
from ._templates import migrated_database as migrated_database
from ._tree import TestKitError as TestKitError

__all__ = [
    "BeforeRevision",
    "TestKitError",
    "TestKitWarning",
    "before_revision",
    "copies_ahead",
    "drop",
    "migrated",
    "migrated_database",
    "rolled_back",
    "rolled_back_async",
]
