"""The environments that `init` makes, used as they are: logs, SQL and files are equal.

The prose of the files is our own, so that the files themselves are compared by what
they do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.side_by_side import SideBySide, Step, Story, usual


def edit(pattern: str, pattern_in: str, replacement: str) -> Callable[[Path], object]:
    """Return a step that replaces text in a file, which has to be there."""

    def change(home: Path) -> None:
        path = home / pattern
        text, count = re.subn(pattern_in, replacement, path.read_text(), flags=re.M)
        assert count, (path, pattern_in)
        path.write_text(text)

    return change


NOTHING: dict[str, str | bytes | None] = dict.fromkeys(usual())

MODELS = """
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("one", metadata, sa.Column("id", sa.Integer, primary_key=True))
first, second = sa.MetaData(), sa.MetaData()
sa.Table("one", first, sa.Column("id", sa.Integer, primary_key=True))
sa.Table("two", second, sa.Column("id", sa.Integer, primary_key=True))
"""

LIFE: list[Step] = [
    "revision --rev-id r1 -m 'by hand'",
    "revision --rev-id r2 --autogenerate -m early",
    "upgrade head",
    "current",
    "check",
    "revision --rev-id r2 --autogenerate -m models",
    "upgrade head --sql",
    "upgrade head",
    "check",
    "current -v",
    "history -i -v",
    "downgrade r2:r1 --sql",
    "downgrade -1",
    "-q upgrade head",
    "stamp base",
    "upgrade nope",
]


def life(template: str) -> Story:
    """Return the story of a project that starts with a template."""
    url = (
        "sqlite+aiosqlite:///app.db"
        if template.endswith("async")
        else "sqlite:///app.db"
    )
    init = f"init -t {template} scripts"
    steps: list[Step] = [init]
    if template == "multidb":
        steps += [
            edit(
                "alembic.ini",
                r"^sqlalchemy.url = .*2$",
                "sqlalchemy.url = sqlite:///2.db",
            ),
            edit(
                "alembic.ini", r"^sqlalchemy.url = driver.*", f"sqlalchemy.url = {url}"
            ),
            edit(
                "scripts/env.py",
                r"^target_metadata = \{\}",
                "import models\n"
                "target_metadata = {'engine1': models.first, 'engine2': models.second}",
            ),
        ]
    else:
        steps += [
            edit("alembic.ini", r"^sqlalchemy.url = .*", f"sqlalchemy.url = {url}"),
            edit(
                "scripts/env.py",
                r"^target_metadata = None",
                "import models\ntarget_metadata = models.metadata",
            ),
        ]
    return Story(
        template,
        [*steps, *LIFE],
        {**NOTHING, "models.py": MODELS},
        only_sorted=[init],
        own_words=[
            "alembic.ini",
            "pyproject.toml",
            "scripts/env.py",
            "scripts/README",
            "scripts/script.py.mako",
        ],
    )


@pytest.mark.greenlet
@pytest.mark.parametrize(
    "template", ["generic", "async", "multidb", "pyproject", "pyproject_async"]
)
def test_life(both: SideBySide, template: str) -> None:
    both.check(life(template))


PLACES = ["scripts", "a/b/scripts", "my scripts", "é", "deep/er", "."]
NEW = "revision -m x --rev-id z"


@pytest.mark.parametrize(
    ("steps", "files"),
    [
        (["init scripts", "heads", NEW, "heads", "init scripts"], {}),
        (["init --package scripts", "heads", NEW], {}),
        (["init a/b/scripts", "heads", NEW], {}),
        (["init <home>/scripts", "heads", NEW], {}),
        (["init .", "heads", NEW], {}),
        (["init .", "heads"], {"a file": "x"}),
        (["init 'my scripts'", "heads", NEW], {}),
        (["init é", "heads", NEW], {}),
        (["init scripts", "heads"], {"alembic.ini": "[alembic]\nscript_location = s"}),
        (["-c x.ini init scripts", "-c x.ini heads", "heads"], {}),
        (["ALEMBIC_CONFIG=x.ini init scripts", "-c x.ini heads"], {}),
        (["init -t pyproject scripts", NEW, "init -t pyproject deep/er"], {}),
        (["init -t pyproject scripts", NEW], {"pyproject.toml": "[tool.x]\ny = 1"}),
        (
            ["init -t pyproject scripts", "heads"],
            {"pyproject.toml": "[tool.alembic]\nscript_location = 'scripts'\n"},
        ),
        (["-c pyproject.toml init scripts", "heads"], {}),
        (["-q init scripts", "heads", "-q init -t pyproject deep/er"], {}),
        (["-n other init scripts", "heads", "-n other heads"], {}),
    ],
    ids=str,
)
def test_init(
    both: SideBySide, steps: list[str], files: dict[str, str | bytes | None]
) -> None:
    names = ["env.py", "README", "script.py.mako"]
    own = [str(Path(place, name)) for place in PLACES for name in names]
    story = Story(
        "init",
        steps,
        {**NOTHING, **files},
        only_sorted=[step for step in steps if "init" in step],
        own_words=["alembic.ini", "x.ini", "pyproject.toml", *own],
    )
    both.check(story)
