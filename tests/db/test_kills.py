"""Upgrades that are killed: the next run heals what was left, or explains it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.support import mariadb
from tests.support.side_by_side import SideBySide, Tool

ENV = """\
import os, signal
from sqlalchemy import create_engine, event, pool
from alembic import context

engine = create_engine(os.environ["URL"], poolclass=pool.NullPool)
left = int(os.environ.get("KILL_AT", "0"))

def count(*arguments):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

# In front of each statement and behind it, and at the end of transactions.
for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
    event.listen(engine, name, count)

with engine.connect() as connection:
    context.configure(connection=connection, OPTIONS)
    with context.begin_transaction():
        context.run_migrations()
"""
STEP = """\
import sqlalchemy as sa
from alembic import op
revision, down_revision = {0!r}, {1!r}

def upgrade():
    {2}

def downgrade():
    pass
"""
STEPS = (
    "op.create_table('a', sa.Column('x', sa.Integer), sa.Column('y', sa.Integer))",
    "op.add_column('a', sa.Column('z', sa.Integer))\n    "
    "op.bulk_insert(sa.table('a', sa.column('x')), [{'x': 1}])",
    "op.create_index('i', 'a', ['x'])",
    "op.rename_table('a', 'b')",
    "with op.batch_alter_table('b') as batch:\n"
    "        batch.drop_column('y')\n"
    "        batch.add_column(sa.Column('w', sa.Integer))",
)
OPTIONS = ("", "transactional_ddl=True", "transaction_per_migration=True")


def project(root: Path, options: str) -> Path:
    (root / "m" / "versions").mkdir(parents=True)
    (root / "alembic.ini").write_text("[alembic]\nscript_location = m\n")
    (root / "m" / "env.py").write_text(ENV.replace("OPTIONS", options))
    for number, body in enumerate(STEPS):
        down = f"r{number - 1}" if number else None
        text = STEP.format(f"r{number}", down, body)
        (root / "m" / "versions" / f"r{number}.py").write_text(text)
    return root


def survive(tool: Tool, root: Path, url: str, kill_at: int) -> str:
    """Kill an upgrade, and run upgrades until all is done; return how that went.

    What an explanation says is done: the revision that it names is recorded.
    """
    killed = tool.run(root, ["upgrade", "head"], {"URL": url, "KILL_AT": str(kill_at)})
    if killed.status == 0:
        return "finished"
    assert killed.status == -9, killed
    for n_explained in range(3):
        again = tool.run(root, ["upgrade", "head"], {"URL": url})
        if again.status == 0:
            return "explained" if n_explained else "healed"
        assert again.status == 1, again
        assert "Traceback" not in again.err, again.err
        assert len(again.err.splitlines()) <= 8, again.err
        revision = re.findall(r"versions/(r\d)\.py", again.err)[0]
        assert f"alembic stamp {revision}" in again.err, again.err
        stamped = tool.run(root, ["stamp", revision], {"URL": url})
        assert stamped.status == 0, stamped
    raise AssertionError(again)


def places(share: int) -> range:
    """Return at which events of an upgrade it is killed."""
    n_kills = int(os.environ.get("ALEMBIC_C_KILLS", "3"))
    return range(1 + share, 70, max(1, 60 // n_kills))


@pytest.mark.parametrize("options", OPTIONS)
def test_sqlite(tmp_path: Path, both: SideBySide, options: str) -> None:
    root = project(tmp_path, options)
    seen = []
    for at in places(len(options) % 5):
        (root / "test.db").unlink(missing_ok=True)
        (root / "test.db-journal").unlink(missing_ok=True)
        url = f"sqlite:///{root}/test.db"
        seen.append(survive(both.tools["alembic_c"], root, url, at))
    print(seen)
    assert {"healed", "explained"} & set(seen)


@pytest.mark.parametrize("options", ["", "transaction_per_migration=True"])
def test_mariadb(
    tmp_path: Path, both: SideBySide, mariadb_server: str, options: str
) -> None:
    root = project(tmp_path, options)
    seen = []
    for at in places(3 + len(options) % 2):
        url = mariadb.emptied(mariadb_server, "mysql")
        seen.append(survive(both.tools["alembic_c"], root, url, at))
    print(seen)
    assert {"healed", "explained"} & set(seen)
