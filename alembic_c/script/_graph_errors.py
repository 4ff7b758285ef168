"""What can be wrong with revisions and with what is asked about them.

`alembic_c.script.revision` is the public place of these classes.
"""

from __future__ import annotations

from collections.abc import Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MODULE = "alembic_c.script.revision"


class RevisionError(Exception):
    """A revision, a map of revisions or a question about them makes no sense."""


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

    revisions: ids of those that are on the circle or only reachable through it.
    """

    kind = "Cycle"

    def __init__(self, revisions: Sequence[str]) -> None:
        self.revisions = revisions
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
