"""One revision: what its file says, how people write it, and what can be wrong with it.

`alembic_c.script.revision` is the public place of these classes.
"""

from __future__ import annotations

from collections.abc import Sequence

from .._core import REVISION_FIELDS, RevisionBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple, TypeVar

    _T = TypeVar("_T")

    class RelativeSymbol(NamedTuple):
        """A number of steps from a revision; see `parse_relative`."""

        label: str | None
        start: str | None
        steps: int
        text: str

else:
    from collections import namedtuple

    RelativeSymbol = namedtuple("RelativeSymbol", ("label", "start", "steps", "text"))

_MODULE = "alembic_c.script.revision"

# --- what can be wrong ---------------------------------------------------------------


class RevisionError(Exception):
    """A revision, a map of revisions or a question about them makes no sense.

    broken_ids: ids of those whose files are to be mended; empty if it is about a
        question.
    """

    broken_ids: Sequence[str] = ()


class RangeNotAncestorError(RevisionError):
    """One end of a range of revisions is not below the other.

    lower, upper: the ends as they were asked for; None or () is the base.
    """

    def __init__(self, lower: Any, upper: Any) -> None:
        self.lower = lower
        self.upper = upper
        super().__init__(
            f"Revision {lower or 'base'} is not an ancestor of revision "
            f"{upper or 'base'}"
        )


class MultipleHeads(RevisionError):
    """One revision was asked for and there are several.

    heads: their ids; argument: the symbol that was asked for.
    """

    def __init__(self, heads: Sequence[str], argument: str | None) -> None:
        self.heads = heads
        self.argument = argument
        super().__init__(
            f"Multiple heads are present for given argument '{argument}'; "
            f"{', '.join(heads)}"
        )


class ResolutionError(RevisionError):
    """A symbol stands for no revision or for more than one.

    argument: the symbol.
    """

    def __init__(self, message: str, argument: str) -> None:
        super().__init__(message)
        self.argument = argument


class CycleDetected(RevisionError):
    """Revisions follow each other in a circle.

    revisions: ids of those on the circle, and of those only reachable through it.
    """

    kind = "Cycle"

    def __init__(self, revisions: Sequence[str]) -> None:
        self.revisions = self.broken_ids = revisions
        super().__init__(
            f"{self.kind} is detected in revisions ({', '.join(revisions)})"
        )


class DependencyCycleDetected(CycleDetected):
    """Revisions depend on each other in a circle."""

    kind = "Dependency cycle"


class LoopDetected(CycleDetected):
    """A revision names itself as its parent."""

    kind = "Self-loop"

    def __init__(self, revision: str) -> None:
        super().__init__([revision])


class DependencyLoopDetected(DependencyCycleDetected, LoopDetected):
    """A revision depends on itself."""

    kind = "Dependency self-loop"

    def __init__(self, revision: Any) -> None:
        super().__init__(revision)


class MissingRevisionError(KeyError):
    """A revision file refers to a revision that is not there.

    Upstream raises a bare KeyError of the missing id, and so this is one.
    missing: the id or label; referenced_from: the `Revision` that names it, None in
    what was pickled.
    """

    def __init__(self, missing: Any, referenced_from: Any = None) -> None:
        super().__init__(missing)
        self.missing = missing
        self.referenced_from = referenced_from


# Pickles and tracebacks name the public module.
for _class in (
    RevisionError,
    RangeNotAncestorError,
    MultipleHeads,
    ResolutionError,
    CycleDetected,
    DependencyCycleDetected,
    LoopDetected,
    DependencyLoopDetected,
    MissingRevisionError,
):
    _class.__module__ = _MODULE

# --- symbols: `abc123`, `head`, `label@head`, `abc123+2` -----------------------------

# Characters with a meaning in symbols, in the order in which upstream lists them.
RESERVED = ["@", "-", "+", ":"]

# What would not lead to a revision of that id.
SYMBOLS = frozenset(("base", "head", "heads"))


def parse_relative(symbol: object) -> RelativeSymbol | None:
    """Split `[label@][start](+|-)steps`; None if `symbol` is no relative symbol.

    label, start: None if not given; text: the steps as written, with their sign.
    What follows the digits is ignored, as upstream does.
    """
    if not isinstance(symbol, str):
        return None
    import re

    match = re.match(r"(?:(?P<label>.+?)@)?(?P<start>\w+)?(?P<text>[+-]\d+)", symbol)
    if match is None:
        return None
    text = match["text"]
    return RelativeSymbol(match["label"], match["start"], int(text), text)


def illegal_characters(revision: str) -> list[str]:
    """Return the reserved characters in a revision id, sorted."""
    return sorted(set(revision).intersection(RESERVED))


def not_produced(relative: RelativeSymbol) -> str:
    """Return the message for a symbol that leads out of the map."""
    return (
        f"Relative revision {relative.text} didn't produce "
        f"{abs(relative.steps)} migrations"
    )


# --- the revision --------------------------------------------------------------------


class Revision(RevisionBase):
    """One revision: its id, what it follows and depends on, its branch labels.

    A `RevisionMap` fills in the rest when it is loaded: `nextrev`, the labels that come
    from other revisions of the branch, and the dependencies as ids.

    revision: the id; down_revision: id or ids of what it follows, None for a base;
    dependencies: ids or branch labels of what has to be there first;
    branch_labels: names for the branch that begins here.
    Raises LoopDetected or DependencyLoopDetected if it refers to itself, RevisionError
    if the id is a symbol or has characters that symbols need.
    """

    @classmethod
    def verify_rev_id(cls, revision: str) -> None:
        """Raise RevisionError if `revision` is a symbol, or has a character of one."""
        illegal = illegal_characters(revision)
        if illegal:
            complaint = (
                f"Character(s) '{', '.join(illegal)}' not allowed in revision "
                f"identifier '{revision}'"
            )
        elif revision in SYMBOLS:
            complaint = (
                f"Revision identifier '{revision}' is not allowed: it is a symbol for "
                "other revisions"
            )
        else:
            return
        error = RevisionError(complaint)
        error.broken_ids = (revision,)
        raise error

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
        state.update((name, getattr(self, name, None)) for name in REVISION_FIELDS)
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
Revision.__module__ = _MODULE


def tuple_rev_as_scalar(rev: Sequence[_T] | None) -> _T | Sequence[_T] | None:
    """Return the only item of a sequence, None for an empty one, else `rev` itself."""
    if not rev:
        return None
    return rev[0] if len(rev) == 1 else rev


def is_revision(rev: Any) -> Revision:
    """Return `rev`, which the caller knows is a revision; AssertionError if not."""
    assert isinstance(rev, Revision)
    return rev
