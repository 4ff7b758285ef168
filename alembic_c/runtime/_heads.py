"""Keep the version table at the heads that the steps reach."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from ..util import CommandError
from ._applied import AppliedHeads
from ._failures import all_or_nothing
from ._steps import RevisionStep, RowChange, StampStep, change_for
from ._version_update import VersionUpdate, literal

if TYPE_CHECKING:
    from sqlalchemy.sql import Executable

    from .migration import MigrationContext

log = logging.getLogger("alembic.runtime.migration")


class HeadMaintainer:
    """The heads in the database, and the table that stores them.

    heads: ids that are in the table now.
    """

    def __init__(self, context: MigrationContext, heads: Any) -> None:
        self.context = context
        self.heads = AppliedHeads(heads)
        self._update = VersionUpdate(context)

    def update_to_step(self, step: RevisionStep | StampStep) -> None:
        """Write what a step has reached.

        Raises CommandError if a row that has to be there is missing or is there twice:
        somebody else has changed the table.
        """
        change = change_for(step, self.heads)
        log.debug(change.message, *change.arguments)
        with self._at_once(change):
            for version in change.deleted:
                self._delete_version(version)
            for version in change.inserted:
                self._insert_version(version)
            if change.updated is not None:
                self._update_version(*change.updated)

    def _at_once(self, change: RowChange) -> AbstractContextManager[None]:
        """Return a block that makes one transaction of several rows on SQLite.

        In its driver's autocommit mode each row would be one, and of the branches that
        a merge joins some would not be applied any more if it was killed in between.
        """
        if len(change.deleted) + len(change.inserted) + bool(change.updated) < 2:
            return nullcontext()
        return all_or_nothing(self.context.impl)

    def _insert_version(self, version: str) -> None:
        assert version not in self.heads
        self.heads.add(version)
        table = self.context._version
        self.context.impl._exec(table.insert().values(version_num=literal(version)))

    def _delete_version(self, version: str) -> None:
        self.heads.remove(version)
        table = self.context._version
        self._change_one_row(
            table.delete().where(table.c.version_num == literal(version)),
            {},
            f"deleting '{version}'",
        )

    def _update_version(self, from_: str, to_: str) -> None:
        assert to_ not in self.heads
        self.heads.remove(from_)
        self.heads.add(to_)
        self._change_one_row(
            *self._update.between(from_, to_), f"updating '{from_}' to '{to_}'"
        )

    def _change_one_row(
        self, statement: Executable, parameters: dict[str, str], doing: str
    ) -> None:
        context = self.context
        # Implementations of others may take a statement alone; it has no parameters.
        more: dict[str, Any] = {"params": parameters} if parameters else {}
        result = context.impl._exec(statement, **more)
        if context.as_sql or result is None:
            return
        if context.dialect.supports_sane_rowcount and result.rowcount != 1:
            raise CommandError(
                f"Online migration expected to match one row when {doing} in "
                f"'{context.version_table}'; {result.rowcount} found"
            )
