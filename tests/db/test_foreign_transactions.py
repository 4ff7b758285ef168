"""Steps in a transaction that env.py has begun: stored, or the command fails."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
import sqlalchemy as sa

from alembic_c import command
from alembic_c.config import Config, main
from tests.support.project import Project

ENV = """\
from sqlalchemy import create_engine, pool, text
from alembic_c import context

engine = create_engine(URL, poolclass=pool.NullPool, **OPTIONS)
with engine.connect() as connection:
    BEFORE
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
    AFTER
"""
ASYNC_ENV = """\
import asyncio
from sqlalchemy import pool, text
from sqlalchemy.ext.asyncio import create_async_engine
from alembic_c import context

def work(connection):
    connection.execute(text("SELECT 1"))
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()

async def main():
    engine = create_async_engine(URL, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(work)

asyncio.run(main())
"""
STEP = """\
import sqlalchemy as sa
from alembic_c import op
revision, down_revision = {0!r}, {1!r}

def upgrade():
    op.create_table("t{0}", sa.Column("a", sa.Integer))
    op.execute("INSERT INTO t{0} VALUES (1)")

def downgrade():
    op.drop_table("t{0}")
"""
SELECT = 'connection.execute(text("SELECT 1"))'


class Tree(Project):
    """A project whose commands run in this process, which is quick."""

    def said(self, *arguments: str, status: int = 0) -> str:
        """Return what a command prints; it has to end with the status given."""
        config = self.write(
            "alembic.ini", f"[alembic]\nscript_location = {self.root}/m"
        )
        with redirect_stdout(StringIO()) as stdout:
            try:
                main(["-c", str(config), *arguments])
                ended: object = 0
            except SystemExit as end:
                ended = end.code
        assert (ended or 0) in (status, status - 256), stdout.getvalue()
        return stdout.getvalue()


def project(
    root: Path, url: str, before: str = "pass", after: str = "pass", options: str = "{}"
) -> Tree:
    made = Tree(root)
    env = ENV.replace("URL", repr(url)).replace("OPTIONS", options)
    made.write("m/env.py", env.replace("BEFORE", before).replace("AFTER", after))
    made.write("m/versions/a.py", STEP.format("a", None))
    made.write("m/versions/b.py", STEP.format("b", "a"))
    return made


def applied(url: str) -> list[str]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            found = []
        else:
            rows = connection.execute(
                sa.text("SELECT version_num FROM alembic_version")
            )
            found = [row[0] for row in rows]
    engine.dispose()
    return found


def test_what_is_lost_is_told(tmp_path: Path, database_url: str) -> None:
    made = project(tmp_path, database_url, SELECT)
    done = made.said("upgrade", "head", status=255)
    lines = done.splitlines()
    assert lines[0].startswith(
        "FAILED: Nothing was stored: 2 steps ran in a transaction"
    )
    assert ("but not the DDL" in lines[0]) == database_url.startswith("sqlite")
    assert lines[1] == f"  begun by: SELECT 1 ({tmp_path}/m/env.py, line 6)"
    assert "connection.commit()" in lines[2]
    assert "with context.begin_transaction():" in lines[3]
    assert len(lines) == 4
    assert applied(database_url) == []


@pytest.mark.parametrize(
    "mend",
    [
        f"{SELECT}; connection.commit()",
        f"connection.begin(); {SELECT}",
    ],
)
def test_the_advice_works(tmp_path: Path, pg_url: str, mend: str) -> None:
    after = "connection.commit()" if "begin" in mend else "pass"
    project(tmp_path, pg_url, mend, after).said("upgrade", "head")
    assert applied(pg_url) == ["b"]


@pytest.mark.parametrize(
    "statement",
    [
        "connection.exec_driver_sql(\"SET lock_timeout = '5s'\")",
        "transaction = connection.begin()",
    ],
)
def test_ways_to_begin(tmp_path: Path, pg_url: str, statement: str) -> None:
    done = project(tmp_path, pg_url, statement).said("upgrade", "head", status=255)
    assert "Nothing was stored: 2 steps" in done
    assert "m/env.py, line 6" in done
    assert applied(pg_url) == []


@pytest.mark.parametrize("verb", [("stamp", "head"), ("ensure_version",)])
def test_other_verbs(tmp_path: Path, pg_url: str, verb: tuple[str, ...]) -> None:
    done = project(tmp_path, pg_url, SELECT).said(*verb, status=255)
    assert "Nothing was stored: 1 step ran" in done


@pytest.mark.parametrize("before", ["pass", SELECT])
def test_a_version_table_that_is_there(
    tmp_path: Path, database_url: str, before: str
) -> None:
    project(tmp_path / "stamp", database_url).said("stamp", "b")
    # There is nothing to store, so that nothing is lost.
    project(tmp_path / "ensure", database_url, before).said("ensure_version")
    assert applied(database_url) == ["b"]


def test_verbs_that_store_nothing(tmp_path: Path, pg_url: str) -> None:
    made = project(tmp_path, pg_url, SELECT)
    made.said("current")
    made.said("heads")
    made.said("upgrade", "base")


def test_a_downgrade(tmp_path: Path, pg_url: str) -> None:
    project(tmp_path / "whole", pg_url).said("upgrade", "head")
    done = project(tmp_path / "lossy", pg_url, SELECT).said(
        "downgrade", "base", status=255
    )
    assert "2 steps" in done
    assert applied(pg_url) == ["b"]


@pytest.mark.parametrize(
    ("before", "after", "options"),
    [
        (SELECT, "connection.commit()", "{}"),
        (SELECT, 'connection.execute(text("COMMIT"))', "{}"),
        (SELECT, "connection.connection.commit()", "{}"),
        (SELECT, "pass", "{'isolation_level': 'AUTOCOMMIT'}"),
        (f"connection.execution_options(isolation_level='AUTOCOMMIT'); {SELECT}",
         "pass", "{}"),
    ],
)  # fmt: skip
def test_what_is_stored_is_no_failure(
    tmp_path: Path, pg_url: str, before: str, after: str, options: str
) -> None:
    project(tmp_path, pg_url, before, after, options).said("upgrade", "head")
    assert applied(pg_url) == ["b"]


@pytest.mark.parametrize(
    "after", ["connection.rollback()", f"connection.rollback(); {SELECT}"]
)
def test_a_rollback_on_purpose(tmp_path: Path, pg_url: str, after: str) -> None:
    project(tmp_path, pg_url, SELECT, after).said("upgrade", "head")
    assert applied(pg_url) == []


def test_no_block_at_all(tmp_path: Path, pg_url: str) -> None:
    made = project(tmp_path, pg_url)
    made.replace(
        "m/env.py", "    with context.begin_transaction():\n", "    if True:\n"
    )
    done = made.said("upgrade", "head", status=255)
    assert "ran without context.begin_transaction(), and nobody committed" in done


def test_a_connection_that_is_not_closed(tmp_path: Path, pg_url: str) -> None:
    made = project(tmp_path, pg_url, SELECT)
    made.replace(
        "m/env.py",
        "with engine.connect() as connection:",
        "connection = engine.connect()\nif 1:",
    )
    assert "Nothing was stored" in made.said("upgrade", "head", status=255)


def test_asyncpg(tmp_path: Path, pg_url: str) -> None:
    url = sa.make_url(pg_url).set(drivername="postgresql+asyncpg")
    made = project(tmp_path, pg_url)
    text = url.render_as_string(hide_password=False)
    made.write("m/env.py", ASYNC_ENV.replace("URL", repr(text)))
    done = made.said("upgrade", "head", status=255)
    assert f"begun by: SELECT 1 ({tmp_path}/m/env.py, line 7)" in done


def test_autocommit_block(tmp_path: Path, pg_url: str) -> None:
    made = project(tmp_path, pg_url, SELECT)
    made.replace(
        "m/versions/a.py", "def upgrade():\n",
        "def upgrade():\n    with op.get_context().autocommit_block():\n        pass\n",
    )  # fmt: skip
    done = made.said("upgrade", "head", status=255)
    assert "FAILED: autocommit_block() cannot end a transaction" in done
    assert "begun by: SELECT 1" in done
    assert "connection.commit()" in done


def test_a_program_is_not_disturbed(tmp_path: Path, pg_url: str) -> None:
    project(tmp_path, pg_url, SELECT)
    config = Config()
    config.set_main_option("script_location", str(tmp_path / "m"))
    command.upgrade(config, "head")
    assert applied(pg_url) == []
