"""What commands say about revisions, on random trees: ours and upstream's."""

from __future__ import annotations

import importlib
import itertools
import random
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.differential.test_steps import random_graph

DOCS = (
    "",
    "one line",
    "two\nlines",
    "\n\n  first\n\n    second\n\nthird  \n",
    "ünï % %s",
)


def write(directory: Path, graph: list[dict[str, Any]], rng: random.Random) -> None:
    (directory / "versions").mkdir()
    for fields in graph:
        names = "\n".join(f"{name} = {value!r}" for name, value in fields.items())
        path = directory / "versions" / f"{fields['revision']}.py"
        path.write_text(
            f'"""{rng.choice(DOCS)}"""\n{names}\n'
            "def upgrade(): pass\ndef downgrade(): pass\n",
            encoding="utf-8",
        )


def in_any_order(text: str) -> str:
    """Sort the names in lists that upstream prints in the order of a set."""

    def sort(match: re.Match[str]) -> str:
        return match[1] + ", ".join(sorted(match[2].split(", ")))

    text = re.sub(r"^(Branches into: |Branch names: )(.*)$", sort, text, flags=re.M)
    return re.sub(r"( \()(label\d+(?:, label\d+)+)", sort, text)


@pytest.mark.parametrize("seed", range(40))
def test_texts_are_equal(seed: int, upstream: ModuleType, tmp_path: Path) -> None:
    rng = random.Random(seed)
    write(tmp_path, random_graph(rng), rng)
    ours, theirs = (
        importlib.import_module(f"{package}.script").ScriptDirectory(tmp_path)
        for package in ("alembic_c", "alembic")
    )
    found = {script.revision: script for script in ours.walk_revisions()}
    expected = {script.revision: script for script in theirs.walk_revisions()}
    assert found.keys() == expected.keys()
    for name, current in itertools.product(found, (None, True)):
        one, other = found[name], expected[name]
        assert (one.doc, one.longdoc, one.path) == (
            other.doc,
            other.longdoc,
            other.path,
        )
        assert str(one) == str(other)
        if current:
            one._db_current_indicator = other._db_current_indicator = True
        for flags in itertools.product((False, True), repeat=5):
            assert in_any_order(one.cmd_format(*flags)) == in_any_order(
                other.cmd_format(*flags)
            ), f"seed {seed}: {name}"
        for flags in itertools.product((False, True), repeat=5):
            assert in_any_order(one._head_only(*flags)) == in_any_order(
                other._head_only(*flags)
            ), f"seed {seed}: {name}"


@pytest.mark.parametrize("seed", range(40))
def test_symbols_are_equal(seed: int, upstream: ModuleType, tmp_path: Path) -> None:
    rng = random.Random(seed)
    graph = random_graph(rng)
    write(tmp_path, graph, rng)
    ours, theirs = (
        importlib.import_module(f"{package}.script").ScriptDirectory(tmp_path)
        for package in ("alembic_c", "alembic")
    )
    names = [fields["revision"] for fields in graph][:4]
    labels = [label for fields in graph for label in fields["branch_labels"] or ()]
    symbols = [
        *("head", "heads", "base", "nothing", "+1", "-1", "head-1", None, "r", "r00"),
        *names,
        *(f"{label}@{symbol}" for label in labels for symbol in ("head", "base", "+1")),
    ]
    questions: list[tuple[str, tuple[Any, ...]]] = [
        (method, (symbol,))
        for method in ("get_revision", "get_revisions", "as_revision_number")
        for symbol in symbols
    ]
    questions += [("get_all_current", (tuple(names[:2]),))]
    questions += [(name, ()) for name in ("get_current_head", "get_base")]
    questions += [("walk_revisions", pair) for pair in itertools.product(names, names)]
    for method, arguments in questions:
        assert answer(ours, method, arguments) == answer(theirs, method, arguments), (
            f"seed {seed}: {method}{arguments!r}"
        )
    for consider in (False, True):
        assert sorted(ours.get_heads(consider)) == sorted(theirs.get_heads(consider))
    assert sorted(ours.get_bases()) == sorted(theirs.get_bases())


def answer(directory: Any, method: str, arguments: tuple[Any, ...]) -> Any:
    try:
        found = getattr(directory, method)(*arguments)
        if method == "walk_revisions":
            found = list(found)
    except Exception as error:  # noqa: BLE001 - compared
        # The heads are listed in the order of a set.
        return type(error).__name__, sorted(str(error).replace(",", " ").split())
    if isinstance(found, (tuple, list, set)):
        return sorted(str(getattr(each, "revision", each)) for each in found)
    return getattr(found, "revision", found)
