"""Random revision graphs, and questions about them put to ours and to upstream."""

from __future__ import annotations

import random
import re
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple


class Spec(NamedTuple):
    """What a `Revision` is made of."""

    revision: str
    down_revision: tuple[str, ...] | str | None
    dependencies: tuple[str, ...] | str | None
    branch_labels: tuple[str, ...] | str | None


def random_specs(rng: random.Random, size: int) -> list[Spec]:
    """Return revisions of a sound graph, in random file order."""
    ids: list[str] = []
    specs: list[Spec] = []
    taken: set[str] = set()
    fork, merge, base, depend, label = (
        rng.choice((0.02, 0.1, 0.3)),
        rng.choice((0.0, 0.1, 0.3)),
        rng.choice((0.0, 0.05, 0.2)),
        rng.choice((0.0, 0.1, 0.4)),
        rng.choice((0.0, 0.1, 0.3)),
    )
    tips: list[str] = []
    for number in range(size):
        id_ = _new_id(rng, number, taken)
        down: tuple[str, ...] = ()
        if tips and rng.random() >= base:
            if rng.random() < fork:
                down = (rng.choice(ids),)
            elif rng.random() < merge:
                down = tuple(rng.sample(tips, min(len(tips), rng.randint(2, 3))))
            else:
                down = (rng.choice(tips[-3:]),)
        deps: tuple[str, ...] = ()
        if ids and rng.random() < depend:
            deps = tuple(rng.choice(ids) for _ in range(rng.choice((1, 1, 1, 2, 3))))
        labels: tuple[str, ...] = ()
        if rng.random() < label:
            labels = tuple(f"lab{number}{c}" for c in "ab"[: rng.randint(1, 2)])
        specs.append(
            Spec(
                id_,
                _shape(rng, down),
                _shape(rng, _as_labels(rng, specs, deps)),
                _shape(rng, labels),
            )
        )
        ids.append(id_)
        tips = [tip for tip in tips if tip not in down] + [id_]
    if rng.random() < 0.7:
        rng.shuffle(specs)
    return specs


def _new_id(rng: random.Random, number: int, taken: set[str]) -> str:
    while True:
        id_ = rng.choice(
            (
                f"r{number}",
                f"{rng.getrandbits(48):012x}",
                f"abcd{rng.getrandbits(8):x}",
                f"{rng.getrandbits(12)}",
            )
        )
        if id_ not in taken:
            taken.add(id_)
            return id_


def _shape(rng: random.Random, items: tuple[str, ...]) -> tuple[str, ...] | str | None:
    if len(items) == 1 and rng.random() < 0.7:
        return items[0]
    if not items and rng.random() < 0.7:
        return None
    return items


def _as_labels(
    rng: random.Random, specs: list[Spec], deps: tuple[str, ...]
) -> tuple[str, ...]:
    """Name some of the dependencies by a label of theirs."""
    labels = {
        spec.revision: spec.branch_labels
        for spec in specs
        if isinstance(spec.branch_labels, str)
    }
    return tuple(
        str(labels[dep]) if dep in labels and rng.random() < 0.5 else dep
        for dep in deps
    )


def damaged(rng: random.Random, specs: list[Spec]) -> list[Spec]:
    """Return the graph with something wrong in it (most of the time)."""
    specs = list(specs)
    for _ in range(rng.randint(1, 2)):
        at = rng.randrange(len(specs))
        spec, other = specs[at], rng.choice(specs)
        kind = rng.randrange(7)
        if kind == 0:
            specs[at] = spec._replace(down_revision="missing")
        elif kind == 1:
            specs[at] = spec._replace(dependencies=("nowhere",))
        elif kind == 2:
            specs[at] = spec._replace(down_revision=other.revision)
        elif kind == 3:
            specs[at] = spec._replace(dependencies=other.revision)
        elif kind == 4:
            specs.insert(rng.randrange(len(specs) + 1), spec)
        elif kind == 5:
            specs.append(spec._replace(down_revision=other.revision))
        else:
            specs[at] = spec._replace(branch_labels=("twice",))
    return specs


def symbols(rng: random.Random, specs: list[Spec], count: int) -> list[Any]:
    """Return things that people write for revisions, right and wrong ones."""
    ids = [spec.revision for spec in specs]
    labels = [
        label
        for spec in specs
        for label in (
            (spec.branch_labels,)
            if isinstance(spec.branch_labels, str)
            else spec.branch_labels or ()
        )
    ]
    branches = [*labels, *ids[:4], "nolabel", "abcd", "base"]

    def plain() -> str:
        return rng.choice(
            (
                rng.choice(ids),
                rng.choice(ids),
                rng.choice(ids)[: rng.randint(2, 6)],
                rng.choice(branches),
                "head",
                "heads",
                "base",
                "abcd",
                "zz",
                "zzzzz",
            )
        )

    def one() -> Any:
        symbol = plain()
        if rng.random() < 0.3:
            symbol = f"{rng.choice(branches)}@{symbol}"
        if rng.random() < 0.3:
            symbol += rng.choice(("+1", "-1", "+2", "-2", "-9", "+9", "+0", "-0"))
        if rng.random() < 0.1:
            symbol = rng.choice(("+1", "-1", "+3", "-3", "-0"))
            if rng.random() < 0.5:
                symbol = f"{rng.choice(branches)}@{symbol}"
        return symbol

    found: list[Any] = [None, (), "heads", "head", "base"]
    while len(found) < count:
        found.append(
            one()
            if rng.random() < 0.8
            else tuple(rng.choice(ids) for _ in range(rng.randint(1, 3)))
        )
    return found[:count]


class Side:
    """One of the two implementations with its map of a graph."""

    def __init__(self, module: ModuleType, specs: list[Spec]) -> None:
        self.module = module
        self.map = module.RevisionMap(
            lambda: [module.Revision(*spec) for spec in specs]
        )

    def settle(self) -> None:
        """Put normalized dependencies, which upstream keeps in the order of a set,
        into the order in which they were written."""
        for rev in self.map._revision_map.values():
            if rev is not None:
                kept = set(rev._normalized_resolved_dependencies)
                rev._normalized_resolved_dependencies = tuple(
                    dict.fromkeys(d for d in rev._resolved_dependencies if d in kept)
                )

    def rev(self, id_: str) -> Any:
        return self.map._revision_map[id_]

    def ask(self, question: Callable[[Side], Any]) -> Any:
        """Return a comparable answer: the value, or what was raised, and warnings."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                answer = plain_value(question(self))
            except Exception as error:  # noqa: BLE001 - whatever it is, compare it
                answer = (
                    "raised",
                    _class_name(error),
                    _in_order(str(error)),
                    {k: plain_value(v) for k, v in _upstream_fields(error).items()},
                )
        return answer, [(w.category.__name__, str(w.message)) for w in caught]


def _in_order(text: str) -> str:
    """Take out of a message what upstream has in the order of a set."""
    text = re.sub(
        r"^Branch name .* in revision \S+ already used by revision \S+$",
        "used twice",
        text,
    )
    return re.sub(
        r"(?<=overlaps with other requested revisions )(.*)$",
        lambda found: str(sorted(found[1].split(", "))),
        text,
    )


def _class_name(error: Exception) -> str:
    # Ours is a KeyError that knows more.
    name = type(error).__name__
    return "KeyError" if name == "MissingRevisionError" else name


def _upstream_fields(error: Exception) -> dict[str, Any]:
    known = ("lower", "upper", "heads", "argument", "revisions")
    return {name: vars(error)[name] for name in known if name in vars(error)}


def plain_value(value: Any) -> Any:
    """Return a value without objects of either package."""
    if hasattr(value, "down_revision"):
        return ("revision", value.revision)
    if isinstance(value, (set, frozenset)):
        return {plain_value(item) for item in value}
    if isinstance(value, dict):
        # Upstream enters labels in the order of a set.
        items = [(plain_value(k), plain_value(v)) for k, v in value.items()]
        is_id = [v is not None and v[1] == k for k, v in items]
        return (
            [k for (k, _), own in zip(items, is_id, strict=True) if own],
            sorted(
                map(repr, (i for i, own in zip(items, is_id, strict=True) if not own))
            ),
        )
    if isinstance(value, (str, bytes, int, type(None))):
        return value
    if isinstance(value, tuple):
        return tuple(plain_value(item) for item in value)
    return [plain_value(item) for item in value]
