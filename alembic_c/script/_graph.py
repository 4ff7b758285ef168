"""The map of revisions as a graph: loading it, adding to it, walking and sorting it."""

from __future__ import annotations

from _thread import RLock
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from .. import util
from .._core import ForeignRevisionError, load_revisions, read_map, touch_graphs
from ._revision import (
    CycleDetected,
    DependencyCycleDetected,
    MissingRevisionError,
    Revision,
    RevisionError,
    is_revision,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._core import RevisionGraph
    from ._graph_types import _RevisionMapType, _RevisionOrBase


_ENDS = ("heads", "_real_heads", "bases", "_real_bases")


def _changing(name: str) -> Callable[..., Any]:
    """Return dict's method `name`, made to tell the graphs that something changed."""
    change = getattr(dict, name)

    def method(self: Any, *args: Any, **kw: Any) -> Any:
        touch_graphs()
        return change(self, *args, **kw)

    method.__name__ = name
    return method


class NotedDict(dict):  # type: ignore[type-arg]
    """The map of revisions: a dictionary that callers may change at any time."""

    __setitem__ = _changing("__setitem__")
    __delitem__ = _changing("__delitem__")
    __ior__ = _changing("__ior__")
    clear = _changing("clear")
    pop = _changing("pop")
    popitem = _changing("popitem")
    setdefault = _changing("setdefault")
    update = _changing("update")


class LoadedMap:
    """What `RevisionMap` knows without reading a symbol.

    generator: see `RevisionMap`.
    """

    def __init__(self, generator: Callable[[], Iterable[Revision]]) -> None:
        self._generator = generator

    def __getstate__(self) -> dict[str, Any]:
        # These are made anew where they are needed.
        without = ("_lock", "_built_graph")
        return {name: self.__dict__[name] for name in self.__dict__.keys() - without}

    def _loading(self) -> RLock:
        """Return a lock to hold while the map is loaded, once for all threads."""
        lock: RLock = self.__dict__.setdefault("_lock", RLock())
        return lock

    # ---- loading ----

    @util.memoized_property
    def heads(self) -> tuple[str, ...]:
        """Ids of the revisions that no other one follows, in the order of the map."""
        return self._find_end("heads")

    @util.memoized_property
    def bases(self) -> tuple[str, ...]:
        """Ids of the revisions that follow none, in the order of the map."""
        return self._find_end("bases")

    @util.memoized_property
    def _real_heads(self) -> tuple[str, ...]:
        """Like `heads`, without those that another revision depends on."""
        return self._find_end("_real_heads")

    @util.memoized_property
    def _real_bases(self) -> tuple[str, ...]:
        """Like `bases`, without those that depend on something."""
        return self._find_end("_real_bases")

    def _find_end(self, name: str) -> tuple[str, ...]:
        """Return one of the four ends; the others are known then, too."""
        with self._loading():
            if name not in self.__dict__ and "_revision_map" not in self.__dict__:
                find: Callable[[], Any] = getattr(self._revisions, "ends", tuple)
                if ends := find():
                    self._keep_ends(ends)
            if name not in self.__dict__:
                self._revision_map  # noqa: B018 - loading finds them
            known: tuple[str, ...] = self.__dict__[name]
            return known

    def _keep_ends(self, ends: Iterable[tuple[str, ...]]) -> None:
        self.__dict__.update(zip(_ENDS, ends, strict=True))

    @util.memoized_property
    def _revisions(self) -> Iterable[Revision]:
        """What the generator gave, until the map is loaded.

        It may have a method `ends` that gives the ids of the four ends, in the order of
        `_ENDS`, or None if they are not known without loading the map.  Then it has a
        method `find` too, which gives the revision of an id, as it is in a loaded map,
        and `paths_of`, which gives the files that have an id, behind an iteration.
        """
        return self._generator()

    @util.memoized_property
    def _revision_map(self) -> _RevisionMapType:
        """Revisions by id and by branch label; None under None and ()."""
        with self._loading():
            loaded: _RevisionMapType | None = self.__dict__.get("_revision_map")
            if loaded is not None:
                return loaded  # by another thread, while this one waited
            map_: _RevisionMapType = NotedDict()
            revisions = self._revisions
            del self._revisions

            def report(what: str, subject: Any, detail: Any) -> None:
                if what == "duplicate":
                    paths_of = getattr(revisions, "paths_of", None)
                    detail = paths_of(subject.revision) if paths_of else ()
                    self._duplicates[subject.revision] = detail
                _report(what, subject, detail)

            graph, *ends = load_revisions(revisions, map_, report)
            self.__dict__["_built_graph"] = graph
            self._keep_ends(ends)
            self.__dict__["_revision_map"] = map_
            return map_

    @util.memoized_property
    def _duplicates(self) -> dict[str, Sequence[str]]:
        """Paths of the files that share an id, by that id; known once it is loaded."""
        return {}

    def _check(self) -> None:
        """Raise what loading raises, and warn, if there is anything to tell."""
        if "_revision_map" not in self.__dict__:
            self.heads  # noqa: B018 - known if nothing is wrong, or else it is loaded

    def _find(self, rev_id: Any) -> Revision | None:
        """Return the revision of an id, without loading the map where that can be."""
        map_: _RevisionMapType | None = self.__dict__.get("_revision_map")
        if map_ is not None:
            return map_.get(rev_id)
        with self._loading():
            if "_revision_map" not in self.__dict__ and isinstance(rev_id, str):
                find = getattr(self._revisions, "find", None)
                if find is not None and (found := find(rev_id)) is not None:
                    return found  # type: ignore[no-any-return]
            return self._revision_map.get(rev_id)

    @property
    def _graph(self) -> RevisionGraph:
        """The graph of the map as it is now."""
        map_ = self._revision_map
        graph: RevisionGraph | None = self.__dict__.get("_built_graph")
        if graph is None or not graph.is_current():
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
            _report("duplicate", revision, ())
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
        revisions: dict[Any, Any] = self._revision_map if map_ is None else map_
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
                raise overlap_error(is_revision(target), overlaps)

    def _own_of(self, revisions: Iterable[Revision]) -> list[Revision]:
        """Return this map's revisions with the ids of others."""
        map_ = self._revision_map
        return [is_revision(map_[rev.revision]) for rev in revisions]

    def _topological_sort(
        self, revisions: Collection[Revision], heads: Any
    ) -> list[str]:
        """Return the ids of `revisions`, each before what it stands on.

        heads: those to begin with; lines of the map stay together as far as they can.
            Raises AssertionError if they do not lead to all revisions.
        Raises CycleDetected if there is a circle between heads and bases, which loading
        does not find.
        """
        return [rev.revision for rev in self._sorted(revisions, heads)]

    def _sorted(self, revisions: Collection[Revision], heads: Any) -> list[Revision]:
        try:
            ordered = self._graph.sort(revisions, heads)
        except ForeignRevisionError:
            ordered = self._graph.sort(self._own_of(revisions), self._own_of(heads))
        if len(ordered) != len({rev.revision for rev in revisions}):
            circle = _circle(revisions)
            assert circle
            raise CycleDetected(circle)
        return ordered


def _circle(revisions: Iterable[Revision]) -> list[str]:
    """Return the ids on circles, and between them; none if there is no circle.

    Ends are taken off until there are none, first from below, then from above.
    O(V + E).
    """
    named = {rev.revision: set(rev._all_down_revisions) for rev in revisions}
    below = {id_: ids & named.keys() for id_, ids in named.items()}
    above: dict[str, set[str]] = {id_: set() for id_ in below}
    for id_, ids in below.items():
        for each in ids:
            above[each].add(id_)
    for before, behind in ((below, above), (above, below)):
        ends = [id_ for id_, ids in before.items() if not ids]
        while ends:
            id_ = ends.pop()
            del before[id_]
            for each in behind.pop(id_):
                before[each].remove(id_)
                if not before[each]:
                    ends.append(each)
    return list(below)


def _report(what: str, subject: Any, detail: Any) -> None:
    """Warn or raise for trouble found while loading; called by the C core.

    what: "duplicate", "label", "missing", "missing parent" (it is a label), "missing
    dependency", "cycle" or "dependency cycle"; subject, detail: what each is about.
    """
    if what == "duplicate":
        where = ", ".join(detail)
        text = f"Revision {subject.revision} is present more than once"
        util.warn(f"{text}: {where}" if where else text)
    elif what == "label":
        revision, holder = detail
        error = RevisionError(
            f"Branch name '{subject}' in revision {revision.revision} already used by "
            f"revision {holder.revision}"
        )
        error.broken_ids = (revision.revision, holder.revision)
        raise error
    elif what == "cycle":
        raise CycleDetected(subject)
    elif what == "dependency cycle":
        raise DependencyCycleDetected(subject)
    else:
        if what == "missing" and not util.messaging.SHORT_WARNINGS:
            # The command line says it once, of the error.
            util.warn(f"Revision {subject} referenced from {detail} is not present")
        raise MissingRevisionError(subject, detail)


def overlap_error(target: Revision, others: Iterable[Any]) -> RevisionError:
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
        raise overlap_error(*overlap)
