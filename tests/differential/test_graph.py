"""Random revision graphs: every answer and every order equal upstream's."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from alembic_c import _core
from alembic_c.script import revision as ours
from alembic_c.util import to_tuple
from tests.support.graphs import Side, Spec, damaged, random_specs, symbols

# More rounds for a long run; the seed of a failure is in its message.
ROUNDS = int(os.environ.get("ALEMBIC_C_GRAPH_ROUNDS", "60"))
SEED = int(os.environ.get("ALEMBIC_C_GRAPH_SEED", "20240601"))


@pytest.fixture(scope="module")
def theirs(upstream: ModuleType) -> ModuleType:
    from importlib import import_module

    return import_module(f"{upstream.__name__}.script.revision")


Question = tuple[str, Callable[[Side], Any]]


def rounds(salt: int) -> Iterator[tuple[int, random.Random]]:
    for number in range(ROUNDS):
        seed = SEED + salt * 1_000_003 + number
        yield seed, random.Random(seed)


def several_missing(answer: Any, specs: list[Spec]) -> bool:
    known = {spec.revision for spec in specs}
    known.update(label for spec in specs for label in to_tuple(spec.branch_labels, ()))
    named = {
        name
        for spec in specs
        for field in (spec.down_revision, spec.dependencies)
        for name in to_tuple(field, ())
    }
    return answer[:2] == ("raised", "KeyError") and len(named - known) > 1


def compare(
    theirs: ModuleType, seed: int, specs: list[Spec], questions: list[Question]
) -> None:
    sides = Side(theirs, specs), Side(ours, specs)
    loaded = [side.ask(lambda side: side.map._revision_map) for side in sides]
    if several_missing(loaded[0][0], specs):
        # Upstream meets them in the order of a set.
        assert loaded[1][0][1] == "KeyError", f"seed {seed}: loading {specs}"
        return
    assert loaded[1] == loaded[0], f"seed {seed}: loading {specs}"
    if loaded[0][0][:1] == ("raised",):
        return
    sides[0].settle()
    for text, question in questions:
        expected, found = (side.ask(question) for side in sides)
        assert found == expected, f"seed {seed}: {text} of {specs}"


FIELDS = (
    "down_revision",
    "dependencies",
    "branch_labels",
    "nextrev",
    "_all_nextrev",
    "_resolved_dependencies",
    "_all_down_revisions",
    "_versioned_down_revisions",
    "is_head",
    "_is_real_head",
    "is_base",
    "_is_real_base",
    "is_branch_point",
    "_is_real_branch_point",
    "is_merge_point",
)


def field_questions() -> list[Question]:
    def of_map(name: str) -> Question:
        return name, lambda side: getattr(side.map, name)

    def of_revisions(name: str) -> Question:
        return name, lambda side: [
            getattr(rev, name)
            for key, rev in side.map._revision_map.items()
            if rev and rev.revision == key
        ]

    return [
        of_map(name) for name in ("heads", "_real_heads", "bases", "_real_bases")
    ] + [
        of_revisions(name)
        for name in (*FIELDS, "_normalized_down_revisions", "__repr__")
        if name != "__repr__"
    ]


def test_fields(theirs: ModuleType) -> None:
    for seed, rng in rounds(1):
        compare(theirs, seed, random_specs(rng, rng.randint(0, 40)), field_questions())


def symbol_questions(rng: random.Random, specs: list[Spec]) -> list[Question]:
    found: list[Question] = []
    methods = (
        "get_revision",
        "get_revisions",
        "_resolve_revision_number",
        "get_current_head",
        "_get_base_revisions",
        "_resolve_branch",
        "_revision_for_ident",
        "_get_all_current",
    )
    ids = [spec.revision for spec in specs]
    for symbol in symbols(rng, specs, 40):
        for name in methods:
            if name in ("_resolve_branch", "_revision_for_ident") and isinstance(
                symbol, tuple
            ):
                continue  # they take one name
            found.append(
                (
                    f"{name}({symbol!r})",
                    lambda side, n=name, s=symbol: getattr(side.map, n)(s),  # type: ignore[misc]
                )
            )
        chosen = [rng.choice(ids) for _ in range(4)]
        deps = rng.random() < 0.5
        found.append(
            (
                f"filter_for_lineage({chosen}, {symbol!r}, {deps})",
                lambda side, s=symbol, c=chosen, d=deps: side.map.filter_for_lineage(  # type: ignore[misc]
                    c, s, include_dependencies=d
                ),
            )
        )
        found.append(
            (
                f"filter_for_lineage(revisions {chosen}, {symbol!r}, {deps})",
                lambda side, s=symbol, c=chosen, d=deps: side.map.filter_for_lineage(  # type: ignore[misc]
                    [side.rev(id_) for id_ in c], s, include_dependencies=d
                ),
            )
        )
        current, relative = rng.choice(symbols(rng, specs, 12)), rng.random() < 0.5
        for name in ("_parse_upgrade_target", "_parse_downgrade_target"):
            found.append(
                (
                    f"{name}({current!r}, {symbol!r}, {relative})",
                    lambda side, n=name, c=current, s=symbol, r=relative: getattr(  # type: ignore[misc]
                        side.map, n
                    )(c, s, r),
                )
            )
    return found


def test_symbols(theirs: ModuleType) -> None:
    for seed, rng in rounds(2):
        specs = random_specs(rng, rng.randint(1, 25))
        compare(theirs, seed, specs, symbol_questions(rng, specs))


def ranged(side: Side, upper: Any, lower: Any, flags: dict[str, bool]) -> list[Any]:
    try:
        return list(side.map.iterate_revisions(upper, lower, **flags))
    except side.module.RevisionError as error:
        if "overlaps" in str(error) and "@" in str(lower):
            # With a label upstream looks at the targets in the order of a set.
            return ["targets overlap"]
        raise


def range_questions(rng: random.Random, specs: list[Spec]) -> list[Question]:
    found: list[Question] = []
    ends = symbols(rng, specs, 30)
    for _ in range(40):
        upper, lower = rng.choice(ends), rng.choice(ends)
        flags = {
            name: rng.random() < 0.5
            for name in (
                "implicit_base",
                "inclusive",
                "assert_relative_length",
                "select_for_downgrade",
            )
        }
        found.append(
            (
                f"iterate_revisions({upper!r}, {lower!r}, {flags})",
                lambda side, u=upper, o=lower, f=flags: ranged(side, u, o, f),  # type: ignore[misc]
            )
        )
    return found


def test_ranges(theirs: ModuleType) -> None:
    for seed, rng in rounds(3):
        specs = random_specs(rng, rng.randint(1, 40))
        compare(theirs, seed, specs, range_questions(rng, specs))


def walk_questions(rng: random.Random, specs: list[Spec]) -> list[Question]:
    ids = [spec.revision for spec in specs]
    found: list[Question] = []
    for _ in range(20):
        some = rng.sample(ids, rng.randint(0, min(4, len(ids))))
        many = rng.sample(ids, rng.randint(0, len(ids)))
        check, deps, omit = (rng.random() < 0.5 for _ in range(3))
        # The order of a walk up is that of sets; of a walk down it is fixed.
        found.append(
            (
                f"_get_ancestor_nodes({some}, {check}, {deps})",
                lambda side, i=some, c=check, d=deps: list(  # type: ignore[misc]
                    side.map._get_ancestor_nodes(
                        [side.rev(x) for x in i], check=c, include_dependencies=d
                    )
                ),
            )
        )
        found.append(
            (
                f"_get_descendant_nodes({some}, {deps}, {omit})",
                lambda side, i=some, d=deps, o=omit: set(  # type: ignore[misc]
                    side.map._get_descendant_nodes(
                        [side.rev(x) for x in i],
                        omit_immediate_dependencies=o,
                        include_dependencies=d,
                    )
                ),
            )
        )
        found.append(
            (
                f"_topological_sort({many}, {some})",
                lambda side, m=many, i=some: side.map._topological_sort(  # type: ignore[misc]
                    [side.rev(x) for x in m], [side.rev(x) for x in i]
                ),
            )
        )
        found.append(
            (
                f"_topological_sort({many}, all)",
                lambda side, m=many: side.map._topological_sort(  # type: ignore[misc]
                    [side.rev(x) for x in m], [side.rev(x) for x in m]
                ),
            )
        )
        found.append(
            (
                f"_filter_into_branch_heads({many})",
                lambda side, m=many: side.map._filter_into_branch_heads(  # type: ignore[misc]
                    [side.rev(x) for x in m]
                ),
            )
        )
    return found


def test_walks(theirs: ModuleType) -> None:
    for seed, rng in rounds(4):
        specs = random_specs(rng, rng.randint(1, 40))
        compare(theirs, seed, specs, walk_questions(rng, specs))


def test_long_walks(theirs: ModuleType) -> None:
    def walk(side: Side, steps: int, label: str | None) -> Any:
        return side.map._walk(None, steps, branch_label=label, no_overwalk=False)

    for seed, rng in rounds(7):
        specs = random_specs(rng, rng.randint(5, 40))
        labels = [None, specs[0].revision, *(x[0] for x in label_pairs(specs))]
        questions: list[Question] = [
            (
                f"_walk(None, {steps}, {label!r})",
                lambda side, n=steps, b=label: walk(side, n, b),  # type: ignore[misc]
            )
            for label in labels
            for steps in (1, 4, 5, 30, -30)
        ]
        compare(theirs, seed, specs, questions)


def label_pairs(specs: list[Spec]) -> list[tuple[str, str]]:
    return [
        (label, spec.revision)
        for spec in specs
        for label in to_tuple(spec.branch_labels, ())
    ]


def test_large_graph(theirs: ModuleType) -> None:
    rng = random.Random(SEED)
    specs = random_specs(rng, 700)
    questions = walk_questions(rng, specs)[:8] + range_questions(rng, specs)[:10]
    for downgrade in (True, False):
        questions.append(
            (
                f"everything, downgrade {downgrade}",
                lambda side, d=downgrade: list(  # type: ignore[misc]
                    side.map.iterate_revisions("heads", "base", select_for_downgrade=d)
                ),
            )
        )
    compare(theirs, SEED, specs, field_questions() + questions)


def test_damaged_graphs(theirs: ModuleType) -> None:
    for seed, rng in rounds(5):
        specs = damaged(rng, random_specs(rng, rng.randint(1, 12)))
        questions = field_questions()
        ids = [spec.revision for spec in specs]
        if any(spec.branch_labels and ids.count(spec.revision) > 1 for spec in specs):
            # Who gets a label that leads to the lost one of two depends, with
            # upstream, on the order of a set.
            questions = [each for each in questions if each[0] != "branch_labels"]
        compare(theirs, seed, specs, questions)


def test_added_revisions(theirs: ModuleType) -> None:
    for seed, rng in rounds(6):
        specs = random_specs(random.Random(seed), rng.randint(2, 16))
        first = rng.randint(1, len(specs))
        old, new = specs[:first], specs[first:]
        if rng.random() < 0.3:
            new = [*new, rng.choice(specs)]
        replace = rng.random() < 0.3
        if replace:
            new = [rng.choice(old)]

        def grow(side: Side, new: list[Spec] = new, replace: bool = replace) -> Any:
            for spec in new:
                side.map.add_revision(
                    side.module.Revision(*spec),
                    **({"_replace": True} if replace else {}),
                )
            side.settle()
            return side.map._revision_map

        questions: list[Question] = [(f"adding {new} ({replace})", grow)]
        compare(theirs, seed, old, questions + field_questions())


def test_what_is_known_without_making_all_revisions(
    theirs: ModuleType, tmp_path: Path
) -> None:
    """Files have a graph if, and only if, loading has nothing to tell."""
    kinds = {True: 0, False: 0}
    for seed, rng in rounds(9):
        specs = random_specs(rng, rng.choice((1, 3, 10, 40)))
        if rng.random() < 0.4:
            specs = damaged(rng, specs)
        directory = tmp_path / str(seed)
        directory.mkdir()
        for number, spec in enumerate(specs):
            lines = (
                f"revision = {spec.revision!r}",
                f"down_revision = {spec.down_revision!r}",
                f"depends_on = {spec.dependencies!r}",
                f"branch_labels = {spec.branch_labels!r}",
            )
            (directory / f"{number:03}.py").write_text("\n".join(lines))
        tree = _core.scan_tree([directory])
        found = tree.ends()
        kinds[found is not None] += 1
        side = Side(theirs, specs)
        answer, warned = side.ask(lambda side: side.map._revision_map)
        sound = answer[0] != "raised" and not warned
        assert (found is not None) == sound, f"seed {seed}: {specs}"
        if found is not None:
            names = ("heads", "_real_heads", "bases", "_real_bases")
            expected = [getattr(side.map, name) for name in names]
            assert [set(ids) for ids in found] == [set(ids) for ids in expected]
            mine = Side(ours, specs).map
            assert list(found) == [getattr(mine, name) for name in names], specs
            for key, rev in mine._revision_map.items():
                if not isinstance(key, str) or rev is None:
                    continue
                one = tree.revision(ours.Revision, key)
                if key != rev.revision:
                    assert one is None
                    continue
                for name in set(_core.REVISION_FIELDS) - {"_scanned"}:
                    assert getattr(one, name) == getattr(rev, name), (seed, key, name)
        else:
            assert tree.revision(ours.Revision, specs[0].revision) is None
    assert all(kinds.values()) or ROUNDS < 20
