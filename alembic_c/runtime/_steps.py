"""What an upgrade, a downgrade or a stamp does to the version table, step by step.

A step knows which heads it leaves and which it reaches; `HeadMaintainer` of
`runtime.migration` turns that into INSERT, UPDATE and DELETE.  Nothing here needs
SQLAlchemy.
"""

from __future__ import annotations

from .. import util
from ._applied import AppliedHeads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import ModuleType
    from typing import Any, Protocol, TypeAlias

    from ..script.revision import Revision, RevisionMap

    _Step: TypeAlias = "RevisionStep | StampStep"

    class Script(Protocol):
        """What a step needs of `script.base.Script`."""

        revision: str

        @property
        def module(self) -> ModuleType: ...

        @property
        def doc(self) -> str: ...

        @property
        def _normalized_down_revisions(self) -> tuple[str, ...]: ...

        @property
        def _versioned_down_revisions(self) -> tuple[str, ...]: ...


class MigrationInfo:
    """What a step does, for callbacks given as `on_version_apply`.

    is_upgrade: whether it goes up; is_stamp: whether no migration function is run.
    up_revision_id: the id of the upper revision; None if there is none.
    up_revision_ids, down_revision_ids: the ids above and below the step.  A stamp may
        have several above, from several branches down to the point where they part.
        Below, the ids of `down_revision` come first, then those of `depends_on`.
    revision_map: where the ids are resolved.
    """

    is_upgrade: bool
    is_stamp: bool
    up_revision_id: str | None
    up_revision_ids: tuple[str, ...]
    down_revision_ids: tuple[str, ...]
    revision_map: RevisionMap

    def __init__(
        self,
        revision_map: RevisionMap,
        is_upgrade: bool,
        is_stamp: bool,
        up_revisions: str | tuple[str, ...],
        down_revisions: str | tuple[str, ...],
    ) -> None:
        self.revision_map = revision_map
        self.is_upgrade = is_upgrade
        self.is_stamp = is_stamp
        self.up_revision_ids = util.to_tuple(up_revisions, default=())
        self.down_revision_ids = util.to_tuple(down_revisions, default=())
        self.up_revision_id = next(iter(self.up_revision_ids), None)

    @property
    def is_migration(self) -> bool:
        """Whether a migration function is run."""
        return not self.is_stamp

    @property
    def source_revision_ids(self) -> tuple[str, ...]:
        """The ids that are in the database before the step."""
        return self.down_revision_ids if self.is_upgrade else self.up_revision_ids

    @property
    def destination_revision_ids(self) -> tuple[str, ...]:
        """The ids that are in the database after the step."""
        return self.up_revision_ids if self.is_upgrade else self.down_revision_ids

    @property
    def up_revision(self) -> Revision | None:
        """The revision of `up_revision_id`."""
        return self.revision_map.get_revision(self.up_revision_id)

    @property
    def up_revisions(self) -> tuple[Any, ...]:
        """The revisions of `up_revision_ids`."""
        return self.revision_map.get_revisions(self.up_revision_ids)

    @property
    def down_revisions(self) -> tuple[Any, ...]:
        """The revisions of `down_revision_ids`."""
        return self.revision_map.get_revisions(self.down_revision_ids)

    @property
    def source_revisions(self) -> tuple[Any, ...]:
        """The revisions of `source_revision_ids`."""
        return self.revision_map.get_revisions(self.source_revision_ids)

    @property
    def destination_revisions(self) -> tuple[Any, ...]:
        """The revisions of `destination_revision_ids`."""
        return self.revision_map.get_revisions(self.destination_revision_ids)


class MigrationStep:
    """One movement between revisions; see `RevisionStep` and `StampStep`."""

    from_revisions_no_deps: tuple[str, ...]
    to_revisions_no_deps: tuple[str, ...]
    is_upgrade: bool
    migration_fn: Any

    @property
    def doc(self) -> str | None:
        """The first line about the step, shown when it runs."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The name of the function that is run."""
        name: str = self.migration_fn.__name__
        return name

    @classmethod
    def upgrade_from_script(
        cls, revision_map: RevisionMap, script: Script
    ) -> RevisionStep:
        """Return the step that applies a script."""
        return RevisionStep(revision_map, script, True)

    @classmethod
    def downgrade_from_script(
        cls, revision_map: RevisionMap, script: Script
    ) -> RevisionStep:
        """Return the step that reverts a script."""
        return RevisionStep(revision_map, script, False)

    @property
    def is_downgrade(self) -> bool:
        """Whether the step goes down."""
        return not self.is_upgrade

    @property
    def short_log(self) -> str:
        """The step in one line: the function, from where, to where."""
        source = util.format_as_comma(self.from_revisions_no_deps)
        destination = util.format_as_comma(self.to_revisions_no_deps)
        return f"{self.name} {source} -> {destination}"

    def __str__(self) -> str:
        return f"{self.short_log}, {self.doc}" if self.doc else self.short_log


class RevisionStep(MigrationStep):
    """Run `upgrade()` or `downgrade()` of a revision file.

    Making the step executes the file: one that cannot be executed stops a command
    before its first migration, not between two.
    """

    def __init__(
        self, revision_map: RevisionMap, revision: Script, is_upgrade: bool
    ) -> None:
        self.revision_map = revision_map
        self.revision = revision
        self.is_upgrade = is_upgrade
        module = revision.module
        self.migration_fn = module.upgrade if is_upgrade else module.downgrade

    def __repr__(self) -> str:
        return f"RevisionStep({self.revision.revision!r}, is_upgrade={self.is_upgrade})"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, RevisionStep)
            and other.revision == self.revision
            and other.is_upgrade == self.is_upgrade
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def doc(self) -> str | None:
        """The message of the revision."""
        return self.revision.doc

    @property
    def _own(self) -> tuple[str, ...]:
        return (self.revision.revision,)

    @property
    def _below(self) -> tuple[str, ...]:
        return self.revision._normalized_down_revisions

    @property
    def from_revisions(self) -> tuple[str, ...]:
        """The ids that the step leaves, dependencies included."""
        return self._below if self.is_upgrade else self._own

    @property
    def from_revisions_no_deps(self) -> tuple[str, ...]:  # type: ignore[override]
        """The ids that the step leaves, without dependencies."""
        return self.revision._versioned_down_revisions if self.is_upgrade else self._own

    @property
    def to_revisions(self) -> tuple[str, ...]:
        """The ids that the step reaches, dependencies included."""
        return self._own if self.is_upgrade else self._below

    @property
    def to_revisions_no_deps(self) -> tuple[str, ...]:  # type: ignore[override]
        """The ids that the step reaches, without dependencies."""
        return self._own if self.is_upgrade else self.revision._versioned_down_revisions

    def _unmerge_to_revisions(self, heads: Collection[str]) -> tuple[str, ...]:
        """Return what becomes a head below a merge, or else below a branch's end.

        That is what other heads, or else the others of them, do not stand on.
        """
        applied = AppliedHeads.of(heads)
        reached = self.to_revisions
        if len(applied) > (self.revision.revision in applied):
            implied = applied.covered(reached, self._own, self.revision_map)
        else:
            implied = applied.redundant(reached, self.revision_map)
        return tuple(name for name in reached if name not in implied)

    def should_delete_branch(self, heads: set[str]) -> bool:
        """Return whether the step ends a branch: nothing of it stays a head."""
        if self.is_upgrade or self.revision.revision not in heads:
            return False
        return not self._below or not self._unmerge_to_revisions(heads)

    def merge_branch_idents(self, heads: set[str]) -> tuple[list[str], str, str]:
        """Return what joining branches does to the version table.

        The ids to delete, the id to replace, and the id that it becomes.
        """
        left = self.from_revisions
        implied = AppliedHeads.of(heads).covered(left, left, self.revision_map)
        # What `depends_on` names may stand below `down_revision`: it has no row then.
        present = [name for name in left if name in heads]
        *deleted, replaced = [name for name in present if name not in implied]
        return deleted, replaced, self.to_revisions[0]

    def unmerge_branch_idents(
        self, heads: set[str]
    ) -> tuple[str, str, tuple[str, ...]]:
        """Return what parting branches does to the version table.

        The id to replace, the id that it becomes, and the ids to insert.
        """
        *inserted, replacing = self._unmerge_to_revisions(heads)
        return self.from_revisions[0], replacing, tuple(inserted)

    def should_create_branch(self, heads: set[str]) -> bool:
        """Return whether the step starts a branch: it replaces no head."""
        return self.is_upgrade and heads.isdisjoint(self._below)

    def should_merge_branches(self, heads: set[str]) -> bool:
        """Return whether the step joins several heads into one."""
        return self.is_upgrade and len(heads.intersection(self._below)) > 1

    def should_unmerge_branches(self, heads: set[str]) -> bool:
        """Return whether the step parts one head into several."""
        return (
            self.is_downgrade
            and self.revision.revision in heads
            and len(self._below) > 1
        )

    def update_version_num(self, heads: set[str]) -> tuple[str, str]:
        """Return the id to replace, and the id that it becomes."""
        below = self._below
        if len(below) > 1:
            below = tuple(heads.intersection(below))
            assert len(below) == 1, (
                "Can't do an UPDATE because downrevision is ambiguous"
            )
        own, under = self.revision.revision, below[0]
        return (under, own) if self.is_upgrade else (own, under)

    @property
    def delete_version_num(self) -> str:
        """The id to delete."""
        return self.revision.revision

    @property
    def insert_version_num(self) -> str:
        """The id to insert."""
        return self.revision.revision

    @property
    def info(self) -> MigrationInfo:
        """The step, described for callbacks."""
        return MigrationInfo(
            self.revision_map, self.is_upgrade, False, self._own, self._below
        )


class StampStep(MigrationStep):
    """Move the version table without running a migration.

    from_, to_: ids left and reached; None for no id.
    branch_move: whether a branch begins (upward) or ends (downward).
    """

    doc: str | None = None

    def __init__(
        self,
        from_: str | Collection[str] | None,
        to_: str | Collection[str] | None,
        is_upgrade: bool,
        branch_move: bool,
        revision_map: RevisionMap | None = None,
    ) -> None:
        self.from_: tuple[str, ...] = util.to_tuple(from_, default=())
        self.to_: tuple[str, ...] = util.to_tuple(to_, default=())
        self.is_upgrade = is_upgrade
        self.branch_move = branch_move
        self.revision_map = revision_map
        self.migration_fn: Callable[..., None] = self.stamp_revision

    def stamp_revision(self, **kw: Any) -> None:
        """Do nothing: the version table is all that changes."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StampStep) and all(
            getattr(other, name) == getattr(self, name)
            for name in ("from_", "to_", "branch_move", "is_upgrade")
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def from_revisions(self) -> tuple[str, ...]:
        """The ids that the step leaves."""
        return self.from_

    @property
    def to_revisions(self) -> tuple[str, ...]:
        """The ids that the step reaches."""
        return self.to_

    from_revisions_no_deps = from_revisions
    to_revisions_no_deps = to_revisions

    @property
    def delete_version_num(self) -> str:
        """The id to delete."""
        (only,) = self._exactly_one(self.from_)
        return only

    @property
    def insert_version_num(self) -> str:
        """The id to insert."""
        (only,) = self._exactly_one(self.to_)
        return only

    @staticmethod
    def _exactly_one(revisions: tuple[str, ...]) -> tuple[str, ...]:
        assert len(revisions) == 1, f"one revision expected, not {revisions!r}"
        return revisions

    def update_version_num(self, heads: set[str]) -> tuple[str, str]:
        """Return the id to replace, and the id that it becomes."""
        return self.delete_version_num, self.insert_version_num

    def merge_branch_idents(
        self, heads: set[str] | list[str]
    ) -> tuple[list[str], str, str]:
        """Return the ids to delete, the id to replace, and what it becomes."""
        return list(self.from_[:-1]), self.from_[-1], self.to_[0]

    def unmerge_branch_idents(self, heads: set[str]) -> tuple[str, str, list[str]]:
        """Return the id to replace, what it becomes, and the ids to insert."""
        return self.from_[0], self.to_[-1], list(self.to_[:-1])

    def should_delete_branch(self, heads: set[str]) -> bool:
        """Return whether the step ends a branch."""
        return self.is_downgrade and self.branch_move

    def should_create_branch(self, heads: set[str]) -> set[str] | bool:
        """Return whether the step starts a branch; if so, as the set of its ids."""
        if not self.is_upgrade:
            return False
        starts = self.branch_move or not heads.issuperset(self.from_)
        return set(self.to_).difference(heads) if starts else set()

    def should_merge_branches(self, heads: set[str]) -> bool:
        """Return whether the step joins several heads into one."""
        return len(self.from_) > 1

    def should_unmerge_branches(self, heads: set[str]) -> bool:
        """Return whether the step parts one head into several."""
        return len(self.to_) > 1

    @property
    def info(self) -> MigrationInfo:
        """The step, described for callbacks; it needs the revision map."""
        assert self.revision_map is not None, "the step was made without revision map"
        up, down = (self.to_, self.from_) if self.is_upgrade else (self.from_, self.to_)
        return MigrationInfo(self.revision_map, self.is_upgrade, True, up, down)


# --- rows of the version table --------------------------------------------------------


class RowChange:
    """What a step does to the rows of the version table.

    message, arguments: the change in words.
    deleted, inserted, updated: the rows, in the order in which they are changed.
    """

    def __init__(
        self,
        message: str,
        arguments: tuple[Any, ...],
        deleted: tuple[str, ...] = (),
        inserted: tuple[str, ...] = (),
        updated: tuple[str, str] | None = None,
    ) -> None:
        self.message = message
        self.arguments = arguments
        self.deleted = deleted
        self.inserted = inserted
        self.updated = updated

    def apply(self, heads: set[str]) -> bool:
        """Make the change in a set; return whether it can be made."""
        new = {*self.inserted, *(self.updated or ())[1:]}
        gone = {*self.deleted, *(self.updated or ())[:1]}
        if not gone <= heads or not new.isdisjoint(heads):
            return False
        heads -= gone
        heads |= new
        return True


def _ends_branch(step: _Step, heads: set[str]) -> RowChange:
    gone = step.delete_version_num
    return RowChange("branch delete %s", (gone,), deleted=(gone,))


def _starts_branch(step: _Step, heads: set[str]) -> RowChange:
    new = step.insert_version_num
    return RowChange("new branch insert %s", (new,), inserted=(new,))


def _joins_branches(step: _Step, heads: set[str]) -> RowChange:
    gone, old, new = step.merge_branch_idents(heads)
    text = "merge, delete %s, update %s to %s"
    return RowChange(text, (gone, old, new), deleted=tuple(gone), updated=(old, new))


def _parts_branches(step: _Step, heads: set[str]) -> RowChange:
    old, new, added = step.unmerge_branch_idents(heads)
    text = "unmerge, insert %s, update %s to %s"
    return RowChange(text, (added, old, new), inserted=tuple(added), updated=(old, new))


def _moves(step: _Step, heads: set[str]) -> RowChange:
    old, new = step.update_version_num(heads)
    return RowChange("update %s to %s", (old, new), updated=(old, new))


def change_for(step: _Step, heads: set[str]) -> RowChange:
    """Return what a step changes in a version table that has these rows."""
    kinds: tuple[tuple[Callable[[set[str]], Any], Callable[..., RowChange]], ...] = (
        (step.should_delete_branch, _ends_branch),
        (step.should_create_branch, _starts_branch),
        (step.should_merge_branches, _joins_branches),
        (step.should_unmerge_branches, _parts_branches),
    )
    for applies, describe in kinds:
        if applies(heads):
            return describe(step, heads)
    return _moves(step, heads)
