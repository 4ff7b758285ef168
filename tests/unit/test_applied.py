"""Heads that are followed while steps move them: what they cover, and at which cost."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from typing import Any

import pytest

from alembic_c.runtime._applied import AppliedHeads
from alembic_c.runtime._steps import RevisionStep, change_for
from alembic_c.script.revision import Revision, RevisionMap


class Map(RevisionMap):
    """A map that counts how often a revision is looked at."""

    looks = 0


class Counted(Revision):
    map: Any = None

    @property
    def _normalized_down_revisions(self) -> tuple[str, ...]:
        if self.map is not None:
            self.map.looks += 1
        return super()._normalized_down_revisions


def random_revisions(rng: random.Random, size: int) -> list[Revision]:
    revisions: list[Revision] = []
    for number in range(size):
        earlier = [rev.revision for rev in revisions]
        n_parents = min(len(earlier), rng.choice((0, 1, 1, 1, 2, 3)))
        deps = rng.sample(earlier, min(len(earlier), rng.choice((0, 0, 0, 1, 2))))
        down = rng.sample(earlier, n_parents)
        revisions.append(Revision(f"r{number:03}", tuple(down) or None, tuple(deps)))
    return revisions


def ancestors(map_: RevisionMap, ids: Iterable[str]) -> set[str]:
    revs = map_.get_revisions(tuple(ids))
    return {rev.revision for rev in map_._get_ancestor_nodes(revs)}


def expected_heads_below(
    map_: RevisionMap, below: tuple[str, ...], own: str, heads: Collection[str]
) -> tuple[str, ...]:
    """Return what becomes a head where `own` goes, from walks over the whole map."""
    if others := set(heads) - {own}:
        implied = ancestors(map_, others)
    else:
        implied = set().union(*(ancestors(map_, [id_]) - {id_} for id_ in below))
    return tuple(id_ for id_ in below if id_ not in implied)


@pytest.mark.parametrize("seed", range(60))
def test_heads_that_move_up_and_down(seed: int) -> None:
    rng = random.Random(seed)
    revisions = random_revisions(rng, rng.randint(2, 30))
    map_ = RevisionMap(lambda: revisions)
    assert map_.bases
    heads = AppliedHeads()
    applied: set[str] = set()
    for _ in range(120):
        ups = [
            rev
            for rev in revisions
            if rev.revision not in applied
            and applied.issuperset(rev._normalized_down_revisions)
        ]
        downs = [map_.get_revision(id_) for id_ in sorted(heads)]
        tops = [rev for rev in downs if rev and not applied & rev._all_nextrev]
        if ups and (not tops or rng.random() < 0.5):
            rev = rng.choice(ups)
            below = rev._normalized_down_revisions
            step = RevisionStep(map_, fake(rev), True)
            covered = ancestors(map_, heads - set(below))
            gone = [id_ for id_ in below if id_ in heads and id_ not in covered]
            if gone:
                deleted, replaced, _ = step.merge_branch_idents(heads)
                assert [*deleted, replaced] == gone, seed
            for id_ in gone:
                heads.remove(id_)
            heads.add(rev.revision)
            applied.add(rev.revision)
        elif tops:
            rev = rng.choice(tops)
            step = RevisionStep(map_, fake(rev), False)
            below = expected_heads_below(
                map_, rev._normalized_down_revisions, rev.revision, heads
            )
            assert step._unmerge_to_revisions(heads) == below, seed
            assert step._unmerge_to_revisions(set(heads)) == below, seed
            heads.remove(rev.revision)
            for id_ in below:
                heads.add(id_)
            applied.remove(rev.revision)


def test_a_merge_of_a_revision_and_of_one_below_it() -> None:
    """A row of its own has the upper one alone."""
    names = [("a", None), ("b", "a"), ("c", None), ("m", ("a", "b", "c"))]
    revisions = [Revision(name, below) for name, below in names]
    map_ = RevisionMap(lambda: revisions)
    assert map_.heads == ("m",)
    step = RevisionStep(map_, fake(revisions[3]), True)
    heads = AppliedHeads({"b", "c"})
    change = change_for(step, heads)
    assert change.apply(heads)
    assert heads == {"m"}


def fake(rev: Revision) -> Any:
    rev.module = type("module", (), {"upgrade": None, "downgrade": None})  # type: ignore[attr-defined]
    return rev


def fan(n: int) -> list[Revision]:
    return [Counted("root", None), *(Counted(f"h{i}", "root") for i in range(n))]


def line(n: int) -> list[Revision]:
    return [Counted(f"r{i}", f"r{i - 1}" if i else None) for i in range(n)]


def one_dependency(n: int) -> list[Revision]:
    return [*line(n), *(Counted(f"h{i}", None, "r0") for i in range(n))]


def ladder(n: int) -> list[Revision]:
    revisions: list[Revision] = [Counted("m0", None), Counted("aside", "m0")]
    for i in range(n):
        revisions.append(Counted(f"a{i}", f"m{i}"))
        revisions.append(Counted(f"b{i}", f"m{i}"))
        revisions.append(Counted(f"m{i + 1}", (f"a{i}", f"b{i}")))
    return revisions


@pytest.mark.parametrize("shape", [fan, line, one_dependency, ladder])
@pytest.mark.parametrize("order", ["planned", "reversed heads"])
def test_a_whole_downgrade_looks_at_each_revision_a_few_times(
    shape: Any, order: str
) -> None:
    revisions = shape(300)
    map_ = Map(lambda: revisions)
    tops = map_.heads if order == "planned" else map_.heads[::-1]
    plan = list(map_.iterate_revisions(tops, None, select_for_downgrade=True))
    assert len(plan) == len(revisions)
    for rev in revisions:
        rev.map = map_
    heads = AppliedHeads(map_._real_heads)
    for rev in plan:
        step = RevisionStep(map_, fake(rev), False)
        below = () if step.should_delete_branch(heads) else step._below
        kept = step._unmerge_to_revisions(heads) if below else ()
        heads.remove(rev.revision)
        for id_ in kept:
            heads.add(id_)
    assert not heads
    assert map_.looks < 12 * len(revisions)
