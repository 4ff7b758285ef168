"""Programs that use the package as a library: they see the same with upstream and ours.

Each program prints what it gets: values, exceptions, log records.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.side_by_side import SideBySide, Story

PROGRAMS = Path(__file__).parent / "programs"

ENV_WITH_CONNECTION = """
from alembic import context
from sqlalchemy import MetaData
connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=MetaData())
with context.begin_transaction():
    context.run_migrations()
"""

FILES: dict[str, dict[str, str | bytes | None]] = {
    "connection": {"migrations/env.py": ENV_WITH_CONNECTION},
    "config": {
        "alembic.ini": "[alembic]\nscript_location = migrations\n"
        "[other]\nscript_location = %(here)s/%(mine)s\n",
        "py/pyproject.toml": """
        [tool.alembic]
        lst = ["%(here)s/a", "b"]
        tbl = {a = "%(here)s"}
        num = 3
        flt = 2.5
        txt = "%(here)s %%"
        yes = true
        mixed = ["a", 1]
        tables = [{a = "b"}]
        """,
    },
    "util": {"bad.mako": "${nothing.x}", "good.mako": "a=${a}"},
}


@pytest.mark.parametrize(
    "name", sorted({path.stem for path in PROGRAMS.glob("*.py")} - {"showing"})
)
def test_program(both: SideBySide, name: str) -> None:
    story = Story(name, [], FILES.get(name, {}))
    out = both.check_program(story, PROGRAMS / f"{name}.py")
    assert out.count("\n") > 10
