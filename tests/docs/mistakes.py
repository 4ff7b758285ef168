"""Writes docs/mistakes.md: what commands say of mistakes, made now.

usage: python -m tests.docs.mistakes POSTGRESQL_URL MARIADB_URL
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.support.mistakes import MISTAKES, make, page, project
from tests.support.side_by_side import ROOT, Tool

PAGE = ROOT / "docs" / "mistakes.md"


def main(postgresql: str, mariadb: str) -> None:
    servers = {"postgresql": postgresql, "mariadb": mariadb}
    tool = Tool("alembic_c", ROOT)
    with tempfile.TemporaryDirectory() as directory:
        template = project(tool, Path(directory) / "template")
        place = Path(directory) / "shop"
        answers = [
            (mistake, make(mistake, tool, template, place, servers))
            for mistake in MISTAKES
        ]
    tool.close()
    PAGE.write_text(page(answers), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
