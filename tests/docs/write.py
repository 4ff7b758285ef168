"""Writes into the pages what their commands print now.

usage: python -m tests.docs.write PAGE.md ...   (`make docs-outputs` has a server)

What is written is read by whoever commits it; the tests only compare.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from .blocks import databases
from .session import play


def main(pages: list[str]) -> None:
    for name in pages:
        page = Path(name).resolve()
        kind = databases(page)[0]
        url = "" if kind == "sqlite" else _empty_database()
        with tempfile.TemporaryDirectory() as directory:
            text, never_executed = play(page, Path(directory) / "page", url)
        page.write_text(text, encoding="utf-8")
        if never_executed:
            print(f"{name}: nothing runs {', '.join(never_executed)}")


def _empty_database() -> str:
    import sqlalchemy as sa

    url = sa.make_url(os.environ["ALEMBIC_C_TEST_PG"])
    name = f"docs_{os.getpid()}_{os.urandom(3).hex()}"
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


main(sys.argv[1:])
