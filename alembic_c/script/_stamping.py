"""Which steps move the version table to given revisions without migrations."""

from __future__ import annotations

from ..runtime._steps import StampStep
from ..util import to_tuple, unique_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .revision import Revision, RevisionMap


def stamp_steps(
    revision_map: RevisionMap,
    targets: Sequence[Revision | None],
    heads: Sequence[Revision],
) -> list[StampStep]:
    """Return the steps from the heads in the database to the targets.

    targets: None stands for base.  heads: those on the targets' lines.
    """
    steps = []
    for target in targets:
        if target is None:
            steps += [_erasing(revision_map, head) for head in heads]
        elif target not in heads:
            steps.append(_moving(revision_map, target, heads))
    return steps


def _erasing(revision_map: RevisionMap, head: Revision) -> StampStep:
    return StampStep(head.revision, None, False, True, revision_map)


def _moving(
    revision_map: RevisionMap, target: Revision, heads: Sequence[Revision]
) -> StampStep:
    """Return the step that puts the target in the place of all heads, if it can.

    It can if it is below or above one of them; else it is a new branch beside them.
    """
    present = set(heads)
    left = tuple(head.revision for head in heads)
    below = not present.isdisjoint(revision_map._get_ancestor_nodes([target]))
    if not present.isdisjoint(revision_map._get_descendant_nodes([target])):
        assert not below, f"of {left!r} some are above {target.revision}, some below"
        return StampStep(left, target.revision, False, False, revision_map)
    if below:
        return StampStep(left, target.revision, True, False, revision_map)
    return StampStep((), target.revision, True, True, revision_map)


def heads_on_lines_of(
    revision_map: RevisionMap, revision: object, heads: Sequence[Revision]
) -> list[Revision]:
    """Return the heads that share a line with one of the named revisions."""
    found: list[Revision] = []
    for name in to_tuple(revision):
        if name:
            found += revision_map.filter_for_lineage(
                heads, name, include_dependencies=True
            )
    return unique_list(found)
