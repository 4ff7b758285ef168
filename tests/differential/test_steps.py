"""Plans and what they do to the version table, on random graphs: ours, upstream's."""

from __future__ import annotations

import importlib
import random
from types import ModuleType
from typing import Any

import pytest

SEEDS = range(150)


class AnyTable:
    """Stands for a version table and for whatever is asked of its context."""

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *args: Any, **kw: Any) -> Any:
        return self

    def __eq__(self, other: object) -> Any:
        return self

    __hash__ = None  # type: ignore[assignment]

    as_sql = True


def upgrade() -> None: ...


def downgrade() -> None: ...


class Package:
    """One of the two packages: its maps of revisions, its plans, its version table."""

    def __init__(self, name: str) -> None:
        self.base: Any = importlib.import_module(f"{name}.script.base")
        self.revision: Any = importlib.import_module(f"{name}.script.revision")
        self.migration: Any = importlib.import_module(f"{name}.runtime.migration")
        self.error: type[Exception] = importlib.import_module(
            f"{name}.util"
        ).CommandError

    def directory(self, graph: list[dict[str, Any]], path: str) -> Any:
        """Return a script directory with the given revisions in its map."""
        scripts = []
        for fields in graph:
            module = ModuleType(fields["revision"])
            vars(module).update(fields, upgrade=upgrade, downgrade=downgrade)
            name = fields["revision"]
            scripts.append(self.base.Script(module, name, f"/{name}.py"))
        directory = self.base.ScriptDirectory(path)
        directory.revision_map = self.revision.RevisionMap(lambda: scripts)
        return directory

    def plan(self, name: str, target: Any, heads: tuple[str, ...], where: Any) -> Any:
        """Return the steps of a plan by their texts, or the error that it ends with."""
        try:
            return {str(step): step for step in getattr(where, name)(target, heads)}
        except self.error as error:
            return str(error)
        except AssertionError:
            return AssertionError

    def follow(self, steps: list[Any], heads: tuple[str, ...]) -> Any:
        """Return what is in the version table after each step."""
        maintainer = self.migration.HeadMaintainer(AnyTable(), heads)
        done: list[Any] = []
        for step in steps:
            try:
                maintainer.update_to_step(step)
            except (AssertionError, KeyError) as error:
                # Plans that make no sense for these heads fail alike, too.
                return [*done, type(error).__name__]
            done.append((str(step), sorted(maintainer.heads), describe(step.info)))
        return done

    def reached(self, plan: Any, heads: tuple[str, ...]) -> set[str] | None:
        """Return the rows behind a plan; None for an error, or a plan that fails."""
        if not isinstance(plan, dict):
            return None
        done = self.follow(list(plan.values()), heads)
        if not done:
            return set(heads)
        return set(done[-1][1]) if isinstance(done[-1], tuple) else None


def stamped_rows(
    directory: Any, targets: list[str], heads: tuple[str, ...]
) -> set[str]:
    """Return what a stamp has to leave: targets, and heads on none of their lines."""
    revisions = directory.revision_map

    def below(name: str) -> set[str]:
        nodes = revisions._get_ancestor_nodes(revisions.get_revisions(name))
        return {node.revision for node in nodes} - {name}

    implied = set().union(*map(below, targets))
    apart = {
        head
        for head in heads
        if head not in implied and not any(each in below(head) for each in targets)
    }
    return set(targets) | apart


def describe(info: Any) -> Any:
    # Upstream keeps dependencies in a set: their order depends on the hash seed.
    return (
        info.is_upgrade,
        info.is_stamp,
        info.up_revision_id,
        sorted(info.up_revision_ids),
        sorted(info.down_revision_ids),
        sorted(script.revision for script in info.source_revisions),
        sorted(script.revision for script in info.destination_revisions),
    )


def random_graph(rng: random.Random) -> list[dict[str, Any]]:
    """Return revisions with forks, merges, several bases, labels and dependencies."""
    graph: list[dict[str, Any]] = []
    for number in range(rng.randint(1, 12)):
        earlier = [fields["revision"] for fields in graph]
        n_parents = rng.choices((0, 1, 2, 3), (2, 10, 3, 1))[0]
        parents = rng.sample(earlier, min(n_parents, len(earlier)))
        dependencies = rng.sample(
            earlier, min(rng.choice((0, 0, 0, 1, 2)), len(earlier))
        )
        dependencies = [name for name in dependencies if name not in parents]
        graph.append(
            {
                "revision": f"r{number:03}",
                "down_revision": tuple(parents)
                if len(parents) > 1
                else (parents[0] if parents else None),
                "depends_on": tuple(dependencies) or None,
                "branch_labels": (f"label{number}",) if rng.random() < 0.15 else None,
            }
        )
    return graph


def targets(rng: random.Random, graph: list[dict[str, Any]], plan: str) -> list[Any]:
    names = [fields["revision"] for fields in graph]
    some = rng.sample(names, min(4, len(names)))
    general: dict[str, list[Any]] = {
        "_upgrade_revs": ["heads", "head", "+1", "+2"],
        "_downgrade_revs": ["base", "-1", "-2"],
        "_stamp_revs": ["heads", "head", "base", tuple(some[:2])],
    }
    labels = [label for f in graph for label in f["branch_labels"] or ()]
    return [*general[plan], *some, *(f"{label}@head" for label in labels)]


@pytest.mark.filterwarnings("ignore:downgrade -1 from multiple heads:UserWarning")
@pytest.mark.parametrize("seed", SEEDS)
def test_plans_are_equal(seed: int, upstream: ModuleType, tmp_path: Any) -> None:
    rng = random.Random(seed)
    graph = random_graph(rng)
    ours, theirs = Package("alembic_c"), Package("alembic")
    one = ours.directory(graph, str(tmp_path))
    other = theirs.directory(graph, str(tmp_path))
    heads: tuple[str, ...] = ()
    for _ in range(12):
        plan = rng.choice(
            ["_upgrade_revs", "_upgrade_revs", "_downgrade_revs", "_stamp_revs"]
        )
        target = rng.choice(targets(rng, graph, plan))
        context = f"seed {seed}: {plan}({target!r}, {heads!r}) of {graph}"
        found = ours.plan(plan, target, heads, one)
        expected = theirs.plan(plan, target, heads, other)
        if plan == "_stamp_revs" and (
            isinstance(target, tuple) or target == "heads" or expected is AssertionError
        ):
            names = [each.revision for each in one.get_revisions(target)]
            rows = stamped_rows(one, names, heads)
            fails = theirs.reached(expected, heads) != rows
            if fails and (len(names) > 1 or expected is AssertionError):
                # Upstream's plan loses a row, or ends half-way: docs/compatibility.md.
                assert ours.reached(found, heads) == rows, context
                heads = tuple(sorted(rows))
                continue
        if not isinstance(expected, dict):
            assert found == expected, context
            continue
        assert found.keys() == expected.keys(), context
        # Among equals, upstream's order depends on the hash seed: theirs for both.
        left = ours.follow([found[text] for text in expected], heads)
        right = theirs.follow(list(expected.values()), heads)
        if plan == "_upgrade_revs" and right and right[-1] == "KeyError":
            # Of what a merge stands on, a revision below another one of it has no row.
            n = len(right) - 1
            assert (left[:n], len(left)) == (right[:n], len(expected)), context
            rows = set(left[-1][1])
            assert {step.revision.revision for step in found.values()} <= {
                node.revision
                for node in one.revision_map._get_ancestor_nodes(
                    one.get_revisions(tuple(rows))
                )
            }, context
        else:
            assert left == right, context
        if left and isinstance(left[-1], tuple):
            heads = tuple(left[-1][1])
