"""What a command says when revisions cannot be found or do not fit together."""

from __future__ import annotations

from ..util import format_as_comma
from .revision import (
    MultipleHeads,
    RangeNotAncestorError,
    ResolutionError,
    RevisionError,
)

_NOT_IN_LINE = (
    "Requested range %(start)s:%(end)s does not refer to ancestor/descendant "
    "revisions along the same branch"
)
_SEVERAL_HEADS = (
    "Multiple head revisions are present for given argument '%(head_arg)s'; please "
    "specify a specific target revision, '<branchname>@%(head_arg)s' to narrow to a "
    "specific head, or 'heads' for all heads"
)
_NOT_FOUND = "Can't locate revision identified by '%(argument)s'"


class Wording:
    """The texts of one command; None for the general one.

    ancestor: for revisions that are not in one line; multiple_heads: for "head" where
    there are several; resolution: for an id that is not known.
    start, end: the range that the command was given.
    """

    def __init__(
        self,
        ancestor: str | None = None,
        multiple_heads: str | None = None,
        start: str | None = None,
        end: str | None = None,
        resolution: str | None = None,
    ) -> None:
        self.ancestor = ancestor
        self.multiple_heads = multiple_heads
        self.start = start
        self.end = end
        self.resolution = resolution


def describe(error: RevisionError, wording: Wording) -> str:
    """Return the text for an error of the revision map."""
    if isinstance(error, RangeNotAncestorError):
        return (wording.ancestor or _NOT_IN_LINE) % {
            "start": error.lower if wording.start is None else wording.start,
            "end": error.upper if wording.end is None else wording.end,
        }
    if isinstance(error, MultipleHeads):
        return (wording.multiple_heads or _SEVERAL_HEADS) % {
            "head_arg": wording.end or error.argument,
            "heads": format_as_comma(error.heads),
        }
    if isinstance(error, ResolutionError):
        # A text of the command's own has no place for the id.
        return wording.resolution or _NOT_FOUND % {"argument": error.argument}
    return str(error.args[0])
