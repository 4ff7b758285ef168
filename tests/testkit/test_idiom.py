"""What README.md says of snapshots, as it stands there, on a new project."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa

from alembic_c.catalog import assert_same, snapshot
from alembic_c.testkit import migrated_database
from alembic_c.testkit._scratch import empty_database
from tests.testkit.tree import Tree

README = Path(__file__).resolve().parents[2] / "README.md"


def models_of(tree: Tree) -> sa.MetaData:
    names: dict[str, sa.MetaData] = {}
    exec(tree.models.read_text(), names)
    return names["metadata"]


def test_migrated_from_zero_equals_create_all(tree: Tree, server: str) -> None:
    idiom = re.search(r"`(assert_same\([^`]+\))`", README.read_text(encoding="utf-8"))
    assert idiom is not None
    metadata = models_of(tree)
    with (
        migrated_database(tree.config, server) as place,
        empty_database(server) as other,
    ):
        engines = [
            sa.create_engine(url, poolclass=sa.pool.NullPool) for url in (place, other)
        ]
        metadata.create_all(engines[1])
        with engines[0].connect() as migrated, engines[1].connect() as created:
            typed = {
                "assert_same": assert_same,
                "snapshot": snapshot,
                "migrated": migrated,
                "created": created,
            }
            exec(idiom[1], typed)
            # And without the second database.
            models = snapshot(metadata, dialect=migrated.dialect)
            assert_same(snapshot(migrated), models)
