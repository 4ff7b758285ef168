"""The recipes of the documentation, as programs: the same with upstream and ours.

Each prints what it gets: what is written, what is logged, what is in the database.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.side_by_side import SideBySide, Story

RECIPES = Path(__file__).parent / "recipes"
SHARED = {"recipe", "view_operations"}
NAMES = sorted({path.stem for path in RECIPES.glob("*.py")} - SHARED)


@pytest.mark.parametrize("proof", ["off", "on"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("name", NAMES)
def test_recipe(
    both: SideBySide,
    request: pytest.FixtureRequest,
    name: str,
    database: str,
    proof: str,
) -> None:
    url = "sqlite://"
    if database == "postgresql":
        url = request.getfixturevalue("pg_url")
    files = {"url.txt": url, "proof.txt": proof}
    out = both.check_program(Story(name, [], files), RECIPES / f"{name}.py")
    assert out.count("\n") > 20
