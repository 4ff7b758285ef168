"""Revisions and the map of them: which follows which, and what lies between two.

The graph itself, its walks, plans and orders are in C (`_core.RevisionGraph`); this
module reads symbols, keeps upstream's interface and says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from .. import util
from .._core import (
    ForeignRevisionError,
    RevisionBase,
    load_revisions,
    read_map,
    touch_graphs,
)
from ._graph_errors import (
    CycleDetected,
    DependencyCycleDetected,
    DependencyLoopDetected,
    LoopDetected,
    MissingRevisionError,
    MultipleHeads,
    RangeNotAncestorError,
    ResolutionError,
    RevisionError,
)
from ._graph_symbols import (
    RESERVED as _revision_illegal_chars,
)
from ._graph_symbols import (
    RelativeSymbol,
    illegal_characters,
    not_produced,
    parse_relative,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, NoReturn, TypeAlias, TypeVar, overload

    from .._core import RevisionGraph

    _T = TypeVar("_T")
    _TR = TypeVar("_TR", bound="_RevisionOrStr | None")

    _RevIdType: TypeAlias = str | list[str] | tuple[str, ...]
    _GetRevArg: TypeAlias = str | Iterable[str | None] | Iterable[str]
    _RevisionIdentifierType: TypeAlias = str | tuple[str, ...] | None
    _RevisionOrStr: TypeAlias = "Revision | str"
    _RevisionOrBase: TypeAlias = "Revision | Literal['base']"
    _InterimRevisionMapType: TypeAlias = "dict[str, Revision]"
    _RevisionMapType: TypeAlias = "dict[str | tuple[()] | None, Revision | None]"
else:

    def overload(function: Callable[..., object]) -> Callable[..., object]:
        """Stand in for `typing.overload`, so that `typing` need not be loaded."""
        return function


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
    "_revision_illegal_chars",
    "is_revision",
    "tuple_rev_as_scalar",
]

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


def _changing(name: str) -> Callable[..., Any]:
    """Return dict's method `name`, made to tell the graphs that something changed."""
    change = getattr(dict, name)

    def method(self: Any, *args: Any, **kw: Any) -> Any:
        touch_graphs()
        return change(self, *args, **kw)

    method.__name__ = name
    return method


class _NotedDict(dict):  # type: ignore[type-arg]
    """The map of revisions: a dictionary that callers may change at any time."""

    for _name in (
        "__setitem__ __delitem__ __ior__ clear pop popitem setdefault update"
    ).split():
        locals()[_name] = _changing(_name)
    del _name


class RevisionMap:
    """All revisions of a script directory and the questions about them.

    generator: is called once, when the map is first needed, and gives the revisions.

    What is wrong with the revisions shows at that moment: RevisionError for a branch
    label used twice, CycleDetected and its kin for circles, KeyError for a parent or
    dependency that is not there, a warning for an id that comes twice.
    """

    def __init__(self, generator: Callable[[], Iterable[Revision]]) -> None:
        self._generator = generator

    # ---- loading ----

    @util.memoized_property
    def heads(self) -> tuple[str, ...]:
        """Ids of the revisions that no other one follows, in the order of the map."""
        self._revision_map  # noqa: B018 - loading fills this in
        return self.heads

    @util.memoized_property
    def bases(self) -> tuple[str, ...]:
        """Ids of the revisions that follow none, in the order of the map."""
        self._revision_map  # noqa: B018
        return self.bases

    @util.memoized_property
    def _real_heads(self) -> tuple[str, ...]:
        """Like `heads`, without those that another revision depends on."""
        self._revision_map  # noqa: B018
        return self._real_heads

    @util.memoized_property
    def _real_bases(self) -> tuple[str, ...]:
        """Like `bases`, without those that depend on something."""
        self._revision_map  # noqa: B018
        return self._real_bases

    @util.memoized_property
    def _revision_map(self) -> _RevisionMapType:
        """Revisions by id and by branch label; None under None and ()."""
        map_: _RevisionMapType = {}
        loaded = load_revisions(self._generator(), map_, _report)
        self.__dict__["_built_graph"] = loaded[0]
        for name, ids in zip(
            ("heads", "_real_heads", "bases", "_real_bases"), loaded[1:], strict=True
        ):
            self.__dict__[name] = ids
        map_[None] = map_[()] = None
        return _NotedDict(map_)

    @property
    def _graph(self) -> RevisionGraph:
        """The graph of the map as it is now."""
        map_ = self._revision_map
        graph: RevisionGraph = self.__dict__["_built_graph"]
        if not graph.is_current():
            graph = self.__dict__["_built_graph"] = read_map(map_)
        return graph

    def add_revision(self, revision: Revision, _replace: bool = False) -> None:
        """Add a revision to the map, which is loaded if it was not.

        _replace: put it in the place of the one with the same id.
        Raises what loading raises; Exception if there is nothing to replace.
        """
        map_ = self._revision_map
        if _replace and revision.revision not in map_:
            raise Exception(f"revision {revision.revision} not in map")
        if not _replace and revision.revision in map_:
            _report("duplicate", revision, None)
        map_[revision.revision] = revision
        self._add_branches([revision], map_)
        self._map_branch_labels([revision], map_)
        self._add_depends_on([revision], map_)
        if revision.is_base:
            self.bases += (revision.revision,)
        if revision._is_real_base:
            self._real_bases += (revision.revision,)
        for down in revision._all_down_revisions:
            parent = map_.get(down)
            if parent is None:
                _report("missing", down, revision)
            util.not_none(parent).add_nextrev(revision)
        self._normalize_depends_on([revision], map_)
        self._add_heads(revision)

    def _add_heads(self, revision: Revision) -> None:
        """Put a new revision, if it is a head, in the place of what it covers."""
        for name, is_head, below in (
            ("_real_heads", revision._is_real_head, revision._all_down_revisions),
            ("heads", revision.is_head, revision._versioned_down_revisions),
        ):
            if is_head:
                covered = {revision.revision, *below}
                kept = (head for head in getattr(self, name) if head not in covered)
                setattr(self, name, (*kept, revision.revision))

    def _map_branch_labels(
        self, revisions: Collection[Revision], map_: _RevisionMapType
    ) -> None:
        """Let the labels that revisions bring lead to them."""
        for revision in revisions:
            for label in revision._orig_branch_labels:
                holder = map_.get(label)
                if holder is not None:
                    _report("label", label, (revision, holder))
                map_[label] = revision

    def _add_branches(
        self, revisions: Collection[Revision], map_: _RevisionMapType
    ) -> None:
        """Give labels of `revisions` to what follows, and to the line below them."""
        for revision in revisions:
            if not revision.branch_labels:
                continue
            labels = revision.branch_labels
            below: Revision | None = revision
            for above in self._get_descendant_nodes(
                [revision], map_, include_dependencies=False
            ):
                above.branch_labels.update(labels)
                below = above
            while below and not (below._is_real_branch_point or below.is_merge_point):
                below.branch_labels.update(labels)
                down = below.down_revision
                below = map_[down] if isinstance(down, str) else None

    def _add_depends_on(
        self, revisions: Collection[Revision], map_: _RevisionMapType
    ) -> None:
        """Turn the dependencies of `revisions` into ids."""
        for revision in revisions:
            names = util.to_tuple(revision.dependencies, default=())
            revision._resolved_dependencies = tuple(
                is_revision(map_[name]).revision for name in names
            )

    def _normalize_depends_on(
        self, revisions: Collection[Revision], map_: _RevisionMapType
    ) -> None:
        """Leave out dependencies that versioned ancestors have as well."""
        for revision in revisions:
            ids = revision._resolved_dependencies
            if ids:
                implied = {
                    dependency
                    for ancestor in self._get_ancestor_nodes(
                        [revision], map_, include_dependencies=False
                    )
                    if ancestor is not revision
                    for dependency in ancestor._resolved_dependencies
                }
                ids = tuple(id_ for id_ in dict.fromkeys(ids) if id_ not in implied)
            revision._normalized_resolved_dependencies = ids

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
        map_ = self._revision_map
        if resolved_id in map_:
            revision = map_[resolved_id]
        else:
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
            key
            for key in map_
            if key and len(key) > 3 and key.startswith(beginning)  # type: ignore[union-attr]
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
        self._revision_map  # noqa: B018 - trouble with the map comes first
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
        kept = set(targets)
        for rev in tuple(kept):
            if kept.intersection(
                self._get_descendant_nodes([rev], include_dependencies=False)
            ).difference([rev]):
                kept.discard(rev)
        return kept

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
        return tuple(
            target for target, yes in zip(given, wanted, strict=True) if yes
        )

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
        revs = [self._as_revision(target) for target in targets]
        others = [self._as_revision(other) for other in against]
        known = [other for other in others if other is not None]
        try:
            present = [rev for rev in revs if rev is not None]
            answers = iter(self._graph.related(present, known, with_deps))
            return [rev is not None and next(answers) for rev in revs]
        except ForeignRevisionError:
            return [
                bool(
                    {
                        *self._get_descendant_nodes(
                            [rev], include_dependencies=with_deps
                        ),
                        *self._get_ancestor_nodes(
                            [rev], include_dependencies=with_deps
                        ),
                    }.intersection(known)
                )
                for rev in revs
            ]

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

    # ---- walks ----

    def _get_descendant_nodes(
        self,
        targets: Collection[_RevisionOrBase | None],
        map_: _RevisionMapType | None = None,
        check: bool = False,
        omit_immediate_dependencies: bool = False,
        include_dependencies: bool = True,
    ) -> Iterator[Any]:
        """Yield `targets` and all that stands on them.

        check: raise RevisionError if one target stands on another;
        include_dependencies: follow dependencies;
        omit_immediate_dependencies: follow them, but not those on targets themselves.
        """
        follow = include_dependencies or omit_immediate_dependencies
        at_targets = follow and not omit_immediate_dependencies
        if self._is_own(map_):
            try:
                found = self._graph.descendants(targets, check, follow, at_targets)
            except ForeignRevisionError:
                pass
            else:
                return _checked(*found)

        def above(rev: Revision) -> Iterable[str]:
            wanted = at_targets if rev in targets else follow
            return rev._all_nextrev if wanted else rev.nextrev

        return self._iterate_related_revisions(above, targets, map_, check)

    def _get_ancestor_nodes(
        self,
        targets: Collection[_RevisionOrBase | None],
        map_: _RevisionMapType | None = None,
        check: bool = False,
        include_dependencies: bool = True,
    ) -> Iterator[Revision]:
        """Yield `targets` and all that they stand on; parameters as above."""
        if self._is_own(map_):
            try:
                found = self._graph.ancestors(targets, check, include_dependencies)
            except ForeignRevisionError:
                pass
            else:
                return _checked(*found)

        def below(rev: Revision) -> Iterable[str]:
            if include_dependencies:
                return rev._normalized_down_revisions
            return rev._versioned_down_revisions

        return self._iterate_related_revisions(below, targets, map_, check)

    def _is_own(self, map_: _RevisionMapType | None) -> bool:
        """May the graph answer: is `map_` this map, and is it loaded?"""
        return map_ is None or map_ is self.__dict__.get("_revision_map")

    def _iterate_related_revisions(
        self,
        fn: Callable[[Revision], Iterable[str]],
        targets: Collection[_RevisionOrBase | None],
        map_: _RevisionMapType | None,
        check: bool = False,
    ) -> Iterator[Revision]:
        """Yield `targets` and what `fn`, from revision to ids, leads to from there.

        The long way, for maps and revisions that no graph was made of.
        """
        revisions: dict[Any, Any] = self._revision_map if map_ is None else map_  # type: ignore[assignment]
        seen: set[Any] = set()
        for target in targets:
            met: set[Any] = set()
            todo: list[Any] = [is_revision(target)]
            while todo:
                rev = todo.pop()
                met.add(rev)
                if rev in seen:
                    continue
                seen.add(rev)
                for id_ in fn(rev):
                    neighbour = util.not_none(revisions[id_])
                    if neighbour.revision != id_:
                        raise RevisionError("Dependency resolution failed; broken map")
                    todo.append(neighbour)
                yield rev
            overlaps = met.intersection(targets) - {target} if check else ()
            if overlaps:
                raise _overlap(is_revision(target), overlaps)

    def _topological_sort(
        self, revisions: Collection[Revision], heads: Any
    ) -> list[str]:
        """Return the ids of `revisions`, each before what it stands on.

        heads: those to begin with; lines of the map stay together as far as they can.
            Raises AssertionError if they do not lead to all revisions.
        """
        return [rev.revision for rev in self._sorted(revisions, heads)]

    def _sorted(self, revisions: Collection[Revision], heads: Any) -> list[Revision]:
        map_ = self._revision_map
        try:
            ordered = self._graph.sort(revisions, heads)
        except ForeignRevisionError:
            # Only ids count, so the map's own revisions do as well.
            ordered = self._graph.sort(
                [is_revision(map_[rev.revision]) for rev in revisions],
                [is_revision(map_[rev.revision]) for rev in heads],
            )
        assert len(ordered) == len({rev.revision for rev in revisions})
        return ordered  # type: ignore[return-value]

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
        for _ in range(abs(steps)):
            ways = self._ways_up(at, branch_label) if steps > 0 else self._ways_down(at)
            if not ways:
                return None if no_overwalk else at
            if len(ways) > 1:
                raise RevisionError("Ambiguous walk")
            at = ways[0]
        return at  # type: ignore[no-any-return]

    def _ways_up(self, at: Any, branch_label: str | None) -> Sequence[Any]:
        assert at != "base"
        ways = self.get_revisions(self.bases if at is None else at.nextrev)
        return self.filter_for_lineage(ways, branch_label) if branch_label else ways  # type: ignore[type-var]

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
            label, _, symbol = target.rpartition("@")
            return label or None, self.get_revision(symbol)
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
            revs = self.filter_for_lineage(implied, relative.label)  # type: ignore[type-var]
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
            raise RevisionError(not_produced(relative._replace(text=relative.steps)))
        return (rev,)

    def _starts_above(
        self, current_revisions: _RevisionIdentifierType, label: str | None
    ) -> Sequence[Any]:
        """Return what `+n` or `label@+n` counts from: None is the base."""
        ids = util.to_tuple(current_revisions, default=()) or (None,)
        if label is None:
            return ids  # type: ignore[no-any-return]
        current = self.get_revisions(ids)
        on_branch = self.filter_for_lineage(current, label)  # type: ignore[type-var]
        if on_branch:
            return on_branch
        # Nothing of the branch itself is there yet: begin where it leaves what is.
        below = self.filter_for_lineage(self._get_ancestor_nodes(current), label)  # type: ignore[arg-type]
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
        collect = (
            self._plan_downgrade if select_for_downgrade else self._plan_upgrade
        )
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
            roots = [
                rev for rev in map_.values() if rev and rev.down_revision is None
            ]
        elif inclusive:
            roots = [target]
        else:
            roots = [is_revision(map_[id_]) for id_ in target.nextrev]
        if not label or len(roots) < 2:
            return roots
        below = {
            rev.revision
            for rev in self._get_ancestor_nodes(
                [self._resolve_branch(label)],  # type: ignore[list-item]
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
        current: list[Any] = []
        trouble: RevisionError | None = None
        try:
            current = self._present(upper, lower, assert_relative_length)
        except RevisionError as error:
            trouble = error
        if trouble is not None or "base" in current:
            # Trouble with the targets is told first.
            for _ in self._get_ancestor_nodes(targets, check=True):
                pass
            if trouble is not None or not implicit_base:
                raise trouble or RangeNotAncestorError(lower, upper)
            for _ in self._get_ancestor_nodes(current, check=True):
                pass
        outcome, found = self._graph.plan_upgrade(
            targets, current, inclusive, implicit_base
        )
        if outcome == "overlap":
            raise _overlap(*found)
        if outcome == "outside":
            raise RangeNotAncestorError(lower, upper)
        return found, targets

    def _present(
        self,
        upper: _RevisionIdentifierType,
        lower: _RevisionIdentifierType,
        assert_relative_length: bool,
    ) -> list[Any]:
        """Return the revisions that an upgrade begins with."""
        found: list[Any] = []
        for rev in self.get_revisions(lower):
            if rev is None:
                # `-n` leads out of the map from this head: count from `upper` instead.
                _, rev = self._parse_downgrade_target(
                    upper, lower, assert_relative_length
                )
                if rev in (None, "base"):
                    continue
            found.append(rev)
        return found

    def _label_of(self, branch: str) -> str:
        """Return a label for a branch that is named by a label or by a revision."""
        rev = self.get_revision(branch)
        if rev is None or rev.revision != branch:
            return branch
        assert len(rev.branch_labels) == 1
        return next(iter(rev.branch_labels))


def _report(what: str, subject: Any, detail: Any) -> None:
    """Warn or raise for trouble found while loading; called by the C core.

    what: "duplicate", "label", "missing", "missing dependency", "cycle" or
    "dependency cycle"; subject, detail: what each of them is about.
    """
    if what == "duplicate":
        util.warn(f"Revision {subject.revision} is present more than once")
    elif what == "label":
        revision, holder = detail
        raise RevisionError(
            f"Branch name '{subject}' in revision {revision.revision} already used by "
            f"revision {holder.revision}"
        )
    elif what == "cycle":
        raise CycleDetected(subject)
    elif what == "dependency cycle":
        raise DependencyCycleDetected(subject)
    else:
        if what == "missing":
            util.warn(f"Revision {subject} referenced from {detail} is not present")
        raise MissingRevisionError(subject, detail)


def _overlap(target: Revision, others: Iterable[Any]) -> RevisionError:
    ids = ", ".join(other.revision for other in others)
    return RevisionError(
        f"Requested revision {target.revision} overlaps with other requested "
        f"revisions {ids}"
    )


def _checked(
    revisions: list[Any], overlap: tuple[Any, list[Any]] | None
) -> Iterator[Any]:
    """Yield what a walk found, then raise if two of its targets overlap."""
    yield from revisions
    if overlap is not None:
        raise _overlap(*overlap)


def _negative_number(text: str) -> int:
    """Return the number that `text` is if it is a negative one, else 0."""
    try:
        return min(int(text), 0)
    except ValueError:
        return 0


@overload
def tuple_rev_as_scalar(rev: None) -> None: ...


@overload
def tuple_rev_as_scalar(
    rev: tuple[_T, ...] | list[_T],
) -> _T | tuple[_T, ...] | list[_T]: ...


def tuple_rev_as_scalar(rev: Sequence[_T] | None) -> _T | Sequence[_T] | None:
    """Return the only item of a sequence, None for an empty one, else `rev` itself."""
    if not rev:
        return None
    return rev[0] if len(rev) == 1 else rev


def is_revision(rev: Any) -> Revision:
    """Return `rev`, which the caller knows is a revision; AssertionError if not."""
    assert isinstance(rev, Revision)
    return rev
