"""What commands say of mistakes: short, with the place, as docs/mistakes.md has it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.docs.mistakes import PAGE
from tests.support import mariadb
from tests.support.mistakes import MISTAKES, answer, make, page, project
from tests.support.side_by_side import SideBySide

PASSWORDS = ("tiger", "sesame", "secret")


def test_mistakes(
    tmp_path: Path, both: SideBySide, pg_url: str, mariadb_server: str
) -> None:
    servers = {
        "postgresql": pg_url,
        "mariadb": mariadb.emptied(mariadb_server, "mysql"),
    }
    ours, upstream = both.tools["alembic_c"], both.tools["alembic"]
    template = project(ours, tmp_path / "template")
    place = tmp_path / "shop"
    answers = []
    for mistake in MISTAKES:
        theirs = make(mistake, upstream, template, place, servers)
        seen = make(mistake, ours, template, place, servers)
        lines = answer(seen)
        said = "\n".join(lines)
        assert 0 < len(lines) <= 8, (mistake.title, said)
        assert mistake.names in said, (mistake.title, said)
        assert not any(
            line.startswith('  File "') and "/alembic_c/" in line for line in lines
        ), said
        assert seen.status == (mistake.status or theirs.status), (mistake.title, said)
        assert not any(word in seen.out + seen.err for word in PASSWORDS), said
        answers.append((mistake, seen))
    assert len(answers) >= 40
    assert page(answers) == PAGE.read_text(encoding="utf-8"), (
        "python -m tests.docs.mistakes writes the page"
    )


@pytest.mark.parametrize("option", [(), ("--raiseerr",)])
def test_the_traceback_is_an_option_away(
    tmp_path: Path, both: SideBySide, option: tuple[str, ...]
) -> None:
    tool = both.tools["alembic_c"]
    home = project(tool, tmp_path / "shop")
    seen = tool.run(home, [*option, "current"], {})
    assert seen.status == 1
    assert ("Traceback" in seen.err) == bool(option)
    assert (
        "NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:driver" in seen.err
    )


def test_no_password_is_told(tmp_path: Path, both: SideBySide, pg_url: str) -> None:
    """In whatever form an error has it."""
    tool = both.tools["alembic_c"]
    home = project(tool, tmp_path / "shop")
    url = sa.make_url(pg_url).set(password="p@ss:w/rd tiger", port=1)
    ini = home / "alembic.ini"
    text = url.render_as_string(hide_password=False)
    ini.write_text(
        ini.read_text().replace(
            "driver://user:pass@localhost/dbname", text.replace("%", "%%")
        )
    )
    env = home / "migrations" / "env.py"
    for line in (
        f"raise RuntimeError({text!r})",
        "raise RuntimeError(\"host=x password='p@ss:w/rd tiger' user=y\")",
        "raise RuntimeError('p@ss:w/rd tiger')",
        "from sqlalchemy import create_engine; "
        f"create_engine({text.replace('postgresql', 'nonesuch')!r})",
    ):
        env.write_text(line)
        seen = tool.run(home, ["current"], {})
        assert seen.status == 1
        # The line of the user's own source is shown as it is in the file.
        shown = [row for row in seen.err.splitlines() if not row.startswith("    ")]
        assert "tiger" not in "\n".join(shown), shown
