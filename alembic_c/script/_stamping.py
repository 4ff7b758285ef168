"""Which steps move the version table to given revisions without migrations."""

from __future__ import annotations

from ..runtime._steps import StampStep, change_for
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

    Behind them the targets are there and the given heads are not, unless they are
    targets.
    targets: None stands for base.  heads: those on the targets' lines.
    """
    wanted = [target for target in unique_list(targets) if target is not None]
    steps = _each_for_all(revision_map, targets, heads)
    if steps is not None and (len(targets) < 2 or _leads_to(steps, heads, wanted)):
        return steps
    return _one_after_another(revision_map, wanted, heads)


def _leads_to(
    steps: Sequence[StampStep], heads: Sequence[Revision], wanted: Sequence[Revision]
) -> bool:
    """Return whether the steps can be made from the heads, and end as is wanted."""
    rows = {head.revision for head in heads}
    for step in steps:
        try:
            if not change_for(step, rows).apply(rows):
                return False
        except AssertionError:
            return False
    return rows == {each.revision for each in wanted}


def _each_for_all(
    revision_map: RevisionMap,
    targets: Sequence[Revision | None],
    heads: Sequence[Revision],
) -> list[StampStep] | None:
    """Return the steps that upstream makes: each target in the place of all heads.

    None if a target stands on some of the heads, and others of them on the target.
    With several targets it may lose a row, or change it twice.
    """
    steps: list[StampStep] = []
    for target in targets:
        if target is None:
            steps += [_erasing(revision_map, head) for head in heads]
        elif target not in heads:
            present = set(heads)
            is_above = not present.isdisjoint(
                revision_map._get_ancestor_nodes([target])
            )
            is_below = not present.isdisjoint(
                revision_map._get_descendant_nodes([target])
            )
            if is_above and is_below:
                return None
            leaving = _ids(heads) if is_above or is_below else ()
            is_new = not leaving
            steps.append(
                StampStep(leaving, target.revision, not is_below, is_new, revision_map)
            )
    return steps


def _one_after_another(
    revision_map: RevisionMap,
    wanted: Sequence[Revision],
    heads: Sequence[Revision],
) -> list[StampStep]:
    """Return steps of which the first takes the place of all heads."""
    leaving = [head for head in heads if head not in wanted]
    left = leaving
    steps = []
    for target in wanted:
        if target not in heads:
            steps.append(_moving(revision_map, target, leaving, left))
            left = left if steps[-1].branch_move else []
    return steps + [_erasing(revision_map, head) for head in left]


def _erasing(revision_map: RevisionMap, head: Revision) -> StampStep:
    return StampStep(head.revision, None, False, True, revision_map)


def _moving(
    revision_map: RevisionMap,
    target: Revision,
    leaving: Sequence[Revision],
    left: Sequence[Revision],
) -> StampStep:
    """Return the step that puts the target in the place of heads, if it can.

    It can if it is below or above one of them; else it is a new branch beside them.
    leaving: all heads that go; left: those that the steps before have not moved, all
        or none of them.
    """
    above = revision_map._get_descendant_nodes([target])
    below = revision_map._get_ancestor_nodes([target])
    if not set(left).isdisjoint(above):
        return StampStep(_ids(left), target.revision, False, False, revision_map)
    if not set(leaving).isdisjoint(below):
        # A step up begins a branch of its own if what it leaves is not there any more.
        return StampStep(_ids(leaving), target.revision, True, False, revision_map)
    return StampStep((), target.revision, True, True, revision_map)


def _ids(revisions: Sequence[Revision]) -> tuple[str, ...]:
    return tuple(each.revision for each in revisions)


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
