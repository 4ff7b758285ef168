"""One revision: what its file says, and what follows from that alone."""

from __future__ import annotations

from collections.abc import Sequence

from .._core import RevisionBase
from ._graph_errors import RevisionError
from ._graph_symbols import illegal_characters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    _T = TypeVar("_T")

_SAVED = (
    "revision",
    "down_revision",
    "dependencies",
    "_orig_branch_labels",
    "branch_labels",
    "_resolved_dependencies",
    "_normalized_resolved_dependencies",
    "nextrev",
    "_all_nextrev",
    "_scanned",
)


class Revision(RevisionBase):
    """One revision: its id, what it follows and depends on, its branch labels.

    A `RevisionMap` fills in the rest when it is loaded: `nextrev`, the labels that come
    from other revisions of the branch, and the dependencies as ids.

    revision: the id; down_revision: id or ids of what it follows, None for a base;
    dependencies: ids or branch labels of what has to be there first;
    branch_labels: names for the branch that begins here.
    Raises LoopDetected or DependencyLoopDetected if it refers to itself, RevisionError
    if the id has characters that symbols need.
    """

    @classmethod
    def verify_rev_id(cls, revision: str) -> None:
        """Raise RevisionError if `revision` has a character that symbols need."""
        illegal = illegal_characters(revision)
        if illegal:
            raise RevisionError(
                f"Character(s) '{', '.join(illegal)}' not allowed in revision "
                f"identifier '{revision}'"
            )

    def __repr__(self) -> str:
        fields = [repr(self.revision), repr(self.down_revision)]
        fields += [
            f"{name}={value!r}"
            for name in ("dependencies", "branch_labels")
            if (value := getattr(self, name))
        ]
        return f"{type(self).__name__}({', '.join(fields)})"

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        state.update((name, getattr(self, name, None)) for name in _SAVED)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        return _blank_revision, (type(self),), self.__getstate__()

    def add_nextrev(self, revision: Revision) -> None:
        """Note that `revision` follows this one, or depends on it."""
        own_id = self.revision
        follower = frozenset((revision.revision,))
        self._all_nextrev = self._all_nextrev | follower
        if own_id in revision._versioned_down_revisions:
            self.nextrev = self.nextrev | follower


def _blank_revision(cls: type[Revision]) -> Revision:
    return cls.__new__(cls)


# Reprs, pickles and messages name the public module.
Revision.__module__ = "alembic_c.script.revision"


def tuple_rev_as_scalar(rev: Sequence[_T] | None) -> _T | Sequence[_T] | None:
    """Return the only item of a sequence, None for an empty one, else `rev` itself."""
    if not rev:
        return None
    return rev[0] if len(rev) == 1 else rev


def is_revision(rev: Any) -> Revision:
    """Return `rev`, which the caller knows is a revision; AssertionError if not."""
    assert isinstance(rev, Revision)
    return rev
