"""Revisions and the map of them: which follows which, and what lies between two.

The graph itself, its walks, plans and orders are in C (`_core.RevisionGraph`), the map
around it in `_graph`, one revision in `_revision`; this module reads symbols and plans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from .. import util
from .._core import ForeignRevisionError, RevisionBase
from ._graph import LoadedMap, overlap_error
from ._revision import (
    RESERVED as _revision_illegal_chars,
)
from ._revision import (
    CycleDetected,
    DependencyCycleDetected,
    DependencyLoopDetected,
    LoopDetected,
    MissingRevisionError,
    MultipleHeads,
    RangeNotAncestorError,
    RelativeSymbol,
    ResolutionError,
    Revision,
    RevisionError,
    is_revision,
    not_produced,
    parse_relative,
    tuple_rev_as_scalar,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._graph_types import (
        _TR,
        _GetRevArg,
        _InterimRevisionMapType,
        _RevIdType,
        _RevisionIdentifierType,
        _RevisionMapType,
        _RevisionOrBase,
        _RevisionOrStr,
    )

__all__ = [
    "CycleDetected",
    "DependencyCycleDetected",
    "DependencyLoopDetected",
    "LoopDetected",
    "MissingRevisionError",
    "MultipleHeads",
    "RangeNotAncestorError",
    "ResolutionError",
    "Revision",
    "RevisionError",
    "RevisionMap",
    "_GetRevArg",
    "_InterimRevisionMapType",
    "_RevIdType",
    "_RevisionIdentifierType",
    "_RevisionMapType",
    "_RevisionOrBase",
    "_RevisionOrStr",
    "_revision_illegal_chars",
    "is_revision",
    "tuple_rev_as_scalar",
]


_FEW_STEPS = 4


def __getattr__(name: str) -> Any:
    # The types under upstream's private names, which other packages annotate with.
    # They need `typing`, which is slow to load and needed for nothing else here.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import _graph_types

    return getattr(_graph_types, name)


class RevisionMap(LoadedMap):
    """All revisions of a script directory and the questions about them.

    generator: is called once, when the map is first needed, and gives the revisions.

    What is wrong with the revisions shows at that moment: RevisionError for a branch
    label used twice, CycleDetected and its kin for circles, KeyError for a parent or
    dependency that is not there, a warning for an id that comes twice.
    """

    # ---- one revision, several revisions ----

    def get_current_head(self, branch_label: str | None = None) -> str | None:
        """Return the id of the head, of a branch if a label is given; None if none.

        Raises MultipleHeads if there are several.
        """
        heads = self.heads
        if branch_label:
            heads = self.filter_for_lineage(heads, branch_label)
        if len(heads) > 1:
            asked = "%s@head" % branch_label if branch_label else "head"  # noqa: UP031
            raise MultipleHeads(heads, asked)
        return heads[0] if heads else None

    def _get_base_revisions(self, identifier: str) -> tuple[str, ...]:
        return self.filter_for_lineage(self.bases, identifier)

    def get_revisions(
        self, id_: _GetRevArg | None
    ) -> tuple[_RevisionOrBase | None, ...]:
        """Return the revisions that a symbol, or each of several symbols, stands for.

        id_: id, partial id, branch label, "head", "heads", "base", `label@symbol`, or a
        collection of them; None is the base.
        Raises ResolutionError or MultipleHeads if a symbol cannot be resolved.
        """
        if isinstance(id_, (list, tuple, set, frozenset)):
            return tuple(rev for each in id_ for rev in self.get_revisions(each))
        ids, label = self._resolve_revision_number(id_)
        if len(ids) == 1:
            steps = _negative_number(ids[0])
            if steps:
                return tuple(
                    self._walk(head, steps=steps, branch_label=label)
                    for head in self.get_revisions("heads")
                    if label is None or label in is_revision(head).branch_labels
                )
        return tuple(self._revision_for_ident(each, label) for each in ids)

    def get_revision(self, id_: str | None) -> Revision | None:
        """Return the revision that a symbol stands for; None is that of the base.

        Raises MultipleHeads if there are several, ResolutionError if there is none.
        """
        ids, label = self._resolve_revision_number(id_)
        if len(ids) > 1:
            raise MultipleHeads(ids, id_)
        return self._revision_for_ident(ids[0] if ids else (), label)

    def _resolve_branch(self, branch_label: str) -> Revision | None:
        """Return the revision of a label or, failing that, of an id."""
        map_ = self._revision_map
        if branch_label in map_:
            return map_[branch_label]
        try:
            return self._revision_for_ident(branch_label)
        except ResolutionError as error:
            raise ResolutionError(
                f"No such branch: '{branch_label}'", branch_label
            ) from error

    def _revision_for_ident(
        self,
        resolved_id: str | tuple[()] | None,
        check_branch: str | None = None,
    ) -> Revision | None:
        """Return the revision of an id, a label or the beginning of an id.

        check_branch: label or id of a branch on which it has to be.
        """
        branch = self._resolve_branch(check_branch) if check_branch else None
        revision = self._find(resolved_id)
        if revision is None and resolved_id not in self._revision_map:
            revision = self._complete_id(resolved_id, branch and check_branch)
        if revision is None or not check_branch:
            return revision
        if not self._shares_lineage(revision.revision, [is_revision(branch).revision]):
            raise ResolutionError(
                f"Revision {revision.revision} is not a member of branch "
                f"'{check_branch}'",
                util.not_none(resolved_id),  # type: ignore[arg-type]
            )
        return revision

    def _complete_id(self, beginning: Any, branch: str | Revision | None) -> Revision:
        """Return the one revision whose id, longer than three, begins like this."""
        assert beginning
        map_ = self._revision_map
        ids: Sequence[str] = [
            key for key in map_ if key and len(key) > 3 and key.startswith(beginning)
        ]
        if branch:
            ids = self.filter_for_lineage(ids, branch)  # type: ignore[arg-type]
        if not ids:
            hint = (
                "; please ensure at least four characters are present for partial "
                "revision identifier matches"
            )
            raise ResolutionError(
                f"No such revision or branch '{beginning}'"
                f"{hint if len(beginning) < 4 else ''}",
                beginning,
            )
        if len(ids) > 1:
            some = ", ".join(f"'{id_}'" for id_ in ids[:3])
            raise ResolutionError(
                f"Multiple revisions start with '{beginning}': {some}...", beginning
            )
        return is_revision(map_[ids[0]])

    def _resolve_revision_number(
        self, id_: _GetRevArg | None
    ) -> tuple[tuple[str, ...], str | None]:
        """Return the ids in a symbol (partial ones as they are) and its label."""
        label: str | None = None
        if isinstance(id_, str):
            if "@" in id_:
                label, _, id_ = id_.partition("@")
        elif id_ is not None and not (
            isinstance(id_, tuple) and (not id_ or isinstance(id_[0], str))
        ):
            raise RevisionError(
                f"revision identifier {id_!r} is not a string; ensure database driver "
                "settings are correct"
            )
        self._check()  # trouble with the map comes first
        if id_ == "heads":
            if label:
                return self.filter_for_lineage(self.heads, label), label
            return self._real_heads, label
        if id_ == "head":
            head = self.get_current_head(label)
            return ((head,) if head else ()), label
        if id_ == "base" or id_ is None:
            return (), label
        return util.to_tuple(id_, default=()), label

    # ---- lineage ----

    def _filter_into_branch_heads(
        self, targets: Iterable[_RevisionOrBase | None]
    ) -> set[_RevisionOrBase | None]:
        """Return those of `targets` on which no other one stands."""
        revs = [is_revision(rev) for rev in dict.fromkeys(targets)]
        try:
            flags = self._graph.uncovered(revs)
        except ForeignRevisionError:
            flags = self._graph.uncovered(self._own_of(revs))
        return {rev for rev, kept in zip(revs, flags, strict=True) if kept}

    def filter_for_lineage(
        self,
        targets: Iterable[_TR],
        check_against: str | None,
        include_dependencies: bool = False,
    ) -> tuple[_TR, ...]:
        """Return those of `targets` that a symbol's revisions stand on, or the reverse.

        targets: ids or revisions; check_against: a symbol, its label counts as well;
        include_dependencies: follow dependencies like down revisions.
        """
        ids, label = self._resolve_revision_number(check_against)
        against = ([label] if label else []) + list(ids)
        given = tuple(targets)
        if not against or not given:
            return given
        wanted = self._related(given, against, include_dependencies)
        return tuple(target for target, yes in zip(given, wanted, strict=True) if yes)

    def _shares_lineage(
        self,
        target: _RevisionOrStr | None,
        test_against_revs: Sequence[_RevisionOrStr],
        include_dependencies: bool = False,
    ) -> bool:
        """Does `target` stand on one of some revisions, or one of them on it?"""
        if not test_against_revs:
            return True
        against = util.to_tuple(test_against_revs, default=())
        return self._related((target,), against, include_dependencies)[0]

    def _related(
        self, targets: Sequence[Any], against: Iterable[Any], with_deps: bool
    ) -> list[bool]:
        """For each of `targets`: is it in one line with one of `against`?"""
        revs = []
        for target in targets:
            revs.append(self._as_revision(target))
            assert revs[-1] is not None
        known = [other for each in against if (other := self._as_revision(each))]
        try:
            return self._graph.related(revs, known, with_deps)
        except ForeignRevisionError:
            return [self._is_related(rev, known, with_deps) for rev in revs]

    def _is_related(self, rev: Any, others: Sequence[Any], with_deps: bool) -> bool:
        found = set(self._get_descendant_nodes([rev], include_dependencies=with_deps))
        found.update(self._get_ancestor_nodes([rev], include_dependencies=with_deps))
        return not found.isdisjoint(others)

    def _as_revision(self, target: Any) -> Revision | None:
        if isinstance(target, RevisionBase):
            return target  # type: ignore[return-value]
        return self._revision_for_ident(target)

    def _get_all_current(self, id_: tuple[str, ...]) -> set[_RevisionOrBase | None]:
        """Return what some heads imply: they, and heads of what they depend on."""
        heads = self.get_revisions(id_)
        below = set(self._get_ancestor_nodes(heads, include_dependencies=True))
        below.update(rev for rev in heads if rev is not None)  # type: ignore[misc]
        return self._filter_into_branch_heads(below)

    # ---- relative symbols ----

    def _walk(
        self,
        start: str | Revision | None,
        steps: int,
        branch_label: str | None = None,
        no_overwalk: bool = True,
    ) -> _RevisionOrBase | None:
        """Go some steps up (or down, if negative) from a revision.

        start: id or revision, None is the base (or, going down, what is above all);
        branch_label: where ways part, keep to this branch;
        no_overwalk: return None when the map ends too early, not its end.
        Raises RevisionError where it is not clear which way to go.
        """
        at: Any = self.get_revision(start) if isinstance(start, str) else start
        narrow = self._narrowing(branch_label, steps)
        for _ in range(abs(steps)):
            ways = narrow(self._ways_up(at)) if steps > 0 else self._ways_down(at)
            if not ways:
                return None if no_overwalk else at
            if len(ways) > 1:
                raise RevisionError("Ambiguous walk")
            at = ways[0]
        return at  # type: ignore[no-any-return]

    def _ways_up(self, at: Any) -> Sequence[Any]:
        assert at != "base"
        return self.get_revisions(self.bases if at is None else at.nextrev)

    def _narrowing(
        self, branch_label: str | None, steps: int
    ) -> Callable[[Sequence[Any]], Sequence[Any]]:
        """Return a function that keeps, of several ways up, those on a branch."""
        if not branch_label:
            return tuple
        branch: set[Any] = set()

        def narrow(ways: Sequence[Any]) -> Sequence[Any]:
            if steps <= _FEW_STEPS:
                return self.filter_for_lineage(ways, branch_label)
            if ways and not branch:
                # One look at the whole map instead of one a step.
                every = [rev for id_, rev in self._revision_map.items() if id_ and rev]
                branch.update(self.filter_for_lineage(every, branch_label))
            return [way for way in ways if way in branch]

        return narrow

    def _ways_down(self, at: Any) -> Sequence[Any]:
        if at == "base":
            return ()
        return self.get_revisions(self.heads if at is None else at.down_revision) or (
            "base",
        )

    def _parse_downgrade_target(
        self,
        current_revisions: _RevisionIdentifierType,
        target: _RevisionIdentifierType,
        assert_relative_length: bool,
    ) -> tuple[str | None, _RevisionOrBase | None]:
        """Return the branch (or None) and the revision to go down to (None: base)."""
        if target is None:
            return None, None
        assert isinstance(target, str), "Expected downgrade target in string form"
        relative = parse_relative(target)
        if relative is None:
            branch, _, symbol = target.rpartition("@")
            return branch or None, self.get_revision(symbol)
        label, start = relative.label, relative.start
        if start is None:
            if relative.steps >= 0:
                raise RevisionError(not_produced(relative))
            start = self._start_below(current_revisions, relative)
            label = label or start
        if relative.steps < 0:
            rev = self._walk(
                self.get_revision(f"{label}@{start}" if label else start),
                steps=relative.steps,
                no_overwalk=assert_relative_length,
            )
        else:
            rev = self._walk(
                self.get_revision(start),
                steps=relative.steps,
                branch_label=label,
                no_overwalk=assert_relative_length,
            )
        if rev is None:
            too_far = relative.start is not None
            raise RevisionError("Walked too far" if too_far else not_produced(relative))
        return label, rev

    def _start_below(
        self, current_revisions: _RevisionIdentifierType, relative: RelativeSymbol
    ) -> str:
        """Return the id of the current revision that `-n` or `label@-n` counts from."""
        if relative.label is None:
            ids = util.to_tuple(current_revisions, default=())
            if not ids:
                raise RevisionError(not_produced(relative))
            if len(set(ids)) > 1:
                util.warn(
                    "downgrade -1 from multiple heads is ambiguous; this usage will be "
                    "disallowed in a future release."
                )
            return ids[0]  # type: ignore[no-any-return]
        ids = self.filter_for_lineage(util.to_tuple(current_revisions), relative.label)
        if not ids:
            implied = self._get_all_current(util.to_tuple(current_revisions))
            revs = self.filter_for_lineage(implied, relative.label)
            ids = tuple(is_revision(rev).revision for rev in revs)
        assert len(ids) == 1
        return ids[0]  # type: ignore[no-any-return]

    def _parse_upgrade_target(
        self,
        current_revisions: _RevisionIdentifierType,
        target: _RevisionIdentifierType,
        assert_relative_length: bool,
    ) -> tuple[_RevisionOrBase | None, ...]:
        """Return the revisions to go up to."""
        relative = parse_relative(target)
        if relative is None:
            return self.get_revisions(target)
        label, start = relative.label, relative.start
        if start is not None:
            if relative.steps <= 0:
                label, start = None, f"{label}@{start}" if label else start
            return (
                self._walk(
                    self.get_revision(start),
                    steps=relative.steps,
                    branch_label=label,
                    no_overwalk=assert_relative_length,
                ),
            )
        if relative.steps > 0:
            starts = self._starts_above(current_revisions, label)
            if len(starts) > 1:
                raise RevisionError("Ambiguous upgrade from multiple current revisions")
            rev = self._walk(
                starts[0],
                steps=relative.steps,
                branch_label=label,
                no_overwalk=assert_relative_length,
            )
            if rev is None:
                raise RevisionError(not_produced(relative))
        else:
            # Upstream writes the number here, not what was typed.
            raise RevisionError(
                not_produced(relative._replace(text=str(relative.steps)))
            )
        return (rev,)

    def _starts_above(
        self, current_revisions: _RevisionIdentifierType, label: str | None
    ) -> Sequence[Any]:
        """Return what `+n` or `label@+n` counts from: None is the base."""
        ids = util.to_tuple(current_revisions, default=()) or (None,)
        if label is None:
            return ids
        current = self.get_revisions(ids)
        on_branch = self.filter_for_lineage(current, label)
        if on_branch:
            return on_branch
        # Nothing of the branch itself is there yet: begin where it leaves what is.
        below = self.filter_for_lineage(self._get_ancestor_nodes(current), label)
        covered = {id_ for rev in below for id_ in rev._normalized_down_revisions}
        tips = tuple(rev.revision for rev in below if rev.revision not in covered)
        return tips or (None,)

    # ---- plans ----

    def iterate_revisions(
        self,
        upper: _RevisionIdentifierType,
        lower: _RevisionIdentifierType,
        implicit_base: bool = False,
        inclusive: bool = False,
        assert_relative_length: bool = True,
        select_for_downgrade: bool = False,
    ) -> Iterator[Revision]:
        """Yield the revisions between two ends, the newest first.

        upper, lower: symbols or tuples of symbols; None or "base" is below all;
        implicit_base: also what `upper` needs and `lower` does not lead to;
        inclusive: `lower` itself as well;
        assert_relative_length: a relative symbol must not lead out of the map;
        select_for_downgrade: what has to go to get down to `lower`, dependents
        included, not what an upgrade to `upper` needs.
        Raises RangeNotAncestorError if an end is not below the other, and what
        resolving a symbol raises, both when the first revision is asked for.
        """
        collect = self._plan_downgrade if select_for_downgrade else self._plan_upgrade
        revisions, heads = collect(
            upper, lower, inclusive, implicit_base, assert_relative_length
        )
        yield from self._sorted(revisions, heads)

    def _collect_downgrade_revisions(
        self,
        upper: _RevisionIdentifierType,
        lower: _RevisionIdentifierType,
        inclusive: bool,
        implicit_base: bool,
        assert_relative_length: bool,
    ) -> tuple[set[Revision], tuple[_RevisionOrBase | None, ...]]:
        """Return what a downgrade from `upper` to `lower` drops, and its heads."""
        revisions, heads = self._plan_downgrade(
            upper, lower, inclusive, implicit_base, assert_relative_length
        )
        return set(revisions), heads

    def _collect_upgrade_revisions(
        self,
        upper: _RevisionIdentifierType,
        lower: _RevisionIdentifierType,
        inclusive: bool,
        implicit_base: bool,
        assert_relative_length: bool,
    ) -> tuple[set[Revision], tuple[Revision, ...]]:
        """Return what an upgrade from `lower` to `upper` needs, and its heads."""
        revisions, heads = self._plan_upgrade(
            upper, lower, inclusive, implicit_base, assert_relative_length
        )
        return set(revisions), heads

    def _plan_downgrade(
        self,
        upper: _RevisionIdentifierType,
        lower: _RevisionIdentifierType,
        inclusive: bool,
        implicit_base: bool,
        assert_relative_length: bool,
    ) -> tuple[list[Revision], tuple[Any, ...]]:
        label, target = self._parse_downgrade_target(
            current_revisions=upper,
            target=lower,
            assert_relative_length=assert_relative_length,
        )
        stop = None if target == "base" else target
        roots = self._lowest_to_drop(label, stop, inclusive)
        heads = self.get_revisions(upper)
        outcome, found = self._graph.plan_downgrade(
            roots, [is_revision(rev) for rev in heads], stop, implicit_base
        )
        if outcome == "nothing":
            raise RangeNotAncestorError("Nothing to drop", upper)
        return found, heads

    def _lowest_to_drop(
        self, label: str | None, target: Any, inclusive: bool
    ) -> list[Revision]:
        """Return the revisions right above where a downgrade ends."""
        map_ = self._revision_map
        if target is None:
            roots = [rev for rev in map_.values() if rev and rev.down_revision is None]
        elif inclusive:
            roots = [target]
        else:
            roots = [is_revision(map_[id_]) for id_ in target.nextrev]
        if not label or len(roots) < 2:
            return roots
        below = {
            rev.revision
            for rev in self._get_ancestor_nodes(
                [self._resolve_branch(label)],
                include_dependencies=False,
            )
        }
        roots = [rev for rev in roots if rev.revision in below]
        if not roots:
            raise RevisionError("Not a valid downgrade target from current heads")
        return roots

    def _plan_upgrade(
        self,
        upper: _RevisionIdentifierType,
        lower: _RevisionIdentifierType,
        inclusive: bool,
        implicit_base: bool,
        assert_relative_length: bool,
    ) -> tuple[list[Revision], tuple[Any, ...]]:
        parsed = self._parse_upgrade_target(
            current_revisions=lower,
            target=upper,
            assert_relative_length=assert_relative_length,
        )
        targets = tuple(is_revision(rev) for rev in parsed)
        if isinstance(lower, str) and "@" in lower:
            branch = self._label_of(lower.partition("@")[0])
            targets = tuple(rev for rev in targets if branch in rev.branch_labels)
        try:
            current: Sequence[Any] = self.get_revisions(lower)
        except RevisionError as error:
            trouble: RevisionError | None = error
        else:
            trouble = None
        if trouble is not None or not all(isinstance(rev, Revision) for rev in current):
            # Trouble with the targets is told first, then that the range is none.
            needed = self._check_distinct(targets)
            if trouble is not None:
                raise trouble
            if not implicit_base and {*current} - {*needed, None}:
                raise RangeNotAncestorError(lower, upper)
            current = self._start_of_last_resort(
                current, upper, lower, assert_relative_length
            )
        outcome, found = self._graph.plan_upgrade(
            targets, current, inclusive, implicit_base
        )
        if outcome == "overlap":
            raise overlap_error(*found)
        if outcome == "outside":
            raise RangeNotAncestorError(lower, upper)
        return found, targets

    def _start_of_last_resort(
        self,
        current: Sequence[Any],
        upper: _RevisionIdentifierType,
        lower: _RevisionIdentifierType,
        assert_relative_length: bool,
    ) -> Sequence[Any]:
        """Return where an upgrade begins when `-n` leads out of the map."""
        if current[0] is None:
            # Counted from `upper` it may mean something.
            _, rev = self._parse_downgrade_target(upper, lower, assert_relative_length)
            return [rev] if isinstance(rev, Revision) else []
        self._check_distinct(current)
        return current

    def _check_distinct(self, targets: Sequence[Any]) -> set[Revision]:
        """Raise RevisionError if one target is below another; return all below them."""
        return set(self._get_ancestor_nodes(targets, check=True))

    def _label_of(self, branch: str) -> str:
        """Return a label for a branch that is named by a label or by a revision."""
        rev = self.get_revision(branch)
        if rev is None or rev.revision != branch:
            return branch
        assert len(rev.branch_labels) == 1
        return next(iter(rev.branch_labels))


def _negative_number(text: str) -> int:
    """Return the number that `text` is if it is a negative one, else 0."""
    try:
        return min(int(text), 0)
    except ValueError:
        return 0
