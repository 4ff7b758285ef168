"""Data across a revision: put in before it, looked at after it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ..runtime._steps import MigrationStep
from ..script import ScriptDirectory
from . import _engines, _tree
from ._scratch import empty_database

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

    from ..config import Config


class BeforeRevision:
    """A database that stands right before a revision.

    url: of the database.
    """

    def __init__(self, config: Config, url: URL, revision: str) -> None:
        self.url = url
        self._config = config
        self._revision = revision

    @functools.cached_property
    def engine(self) -> Engine:
        """The database's engine, which keeps no connection.

        Synchronous, also where the URL names an asynchronous driver.
        Raises TestKitError if no other is installed.
        """
        return _engines.engine(self.url, poolclass=sa.pool.NullPool)

    def upgrade(self, revision: str | None = None) -> None:
        """Run the revision.

        revision: to run all up to this one, "heads" for instance.
        Raises what the migrations raise.
        """
        _tree.upgrade(self._config, self.url, revision or self._revision)

    def downgrade(self) -> None:
        """Revert the revision, which has to be the only one above.

        Raises what its downgrade raises.
        """
        script = ScriptDirectory.from_config(self._config)
        step = MigrationStep.downgrade_from_script(
            script.revision_map, script.get_revision(self._revision)
        )
        _tree.run(self._config, self.url, lambda heads, _: [step])


@contextmanager
def before_revision(
    config: Config, url: str | URL, revision: str
) -> Iterator[BeforeRevision]:
    """Yield a new database with all that a revision stands on, but not the revision.

        with before_revision(config, url, "a1b2") as database:
            with database.engine.begin() as connection: ...  # rows as they were then
            database.upgrade()
            with database.engine.connect() as connection: ...  # they are there

    No template is used: such a database is wanted once. It is removed afterwards.

    config, url: as for `migrated`.
    Raises CommandError for a revision that is not known; what the migrations raise.
    """
    script = ScriptDirectory.from_config(config)
    wanted = script.get_revision(revision).revision
    below = [
        each for each in _tree.upgrade_plan(script, wanted) if each.revision != wanted
    ]
    with empty_database(url) as place:
        _tree.run(
            *(config, place),
            lambda heads, _: [
                MigrationStep.upgrade_from_script(script.revision_map, each)
                for each in below
            ],
            wanted,
        )
        yield BeforeRevision(config, place, wanted)
