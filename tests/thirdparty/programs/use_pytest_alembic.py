"""pytest-alembic: its built-in and experimental tests over good and bad projects.

usage: python use_pytest_alembic.py PROJECT...
"""

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config

MODELS = """
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True),
         sa.Column("a", sa.String(20), index=True))
"""
ENV = """
import sqlalchemy as sa
from alembic import context
from models import metadata
config = context.config
connectable = config.attributes.get("connection")
if connectable is None:
    connectable = sa.create_engine(config.get_main_option("sqlalchemy.url"))
with connectable.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata,
                      include_schemas=False)
    with context.begin_transaction():
        context.run_migrations()
"""
CONFTEST = """
import pytest
import sqlalchemy as sa
from pytest_alembic import Config

@pytest.fixture
def alembic_config():
    return Config(config_options=CONFIG, before_revision_data=BEFORE,
                  at_revision_data=AT, minimum_downgrade_revision=MINIMUM)

@pytest.fixture
def alembic_engine(tmp_path):
    return sa.create_engine(f"sqlite:///{tmp_path}/test.db")
"""
TESTS = """
import pytest
from pytest_alembic import tests
from pytest_alembic.tests import *
from pytest_alembic.tests.experimental import *
from pytest_alembic import MigrationContext
import sqlalchemy as sa

def test_walk(alembic_runner, alembic_engine):
    alembic_runner.migrate_up_to("r1")
    print("history", alembic_runner.history.revisions)
    print("heads", alembic_runner.heads, alembic_runner.current)
    alembic_runner.migrate_up_one()
    alembic_runner.insert_into("t", dict(id=8))
    print(sa.inspect(alembic_engine).get_table_names())
    alembic_runner.migrate_down_one()
    alembic_runner.roundtrip_next_revision()
    alembic_runner.migrate_down_to("base")
    print("base", alembic_runner.current)
    alembic_runner.managed_upgrade("heads")
    print("raw", alembic_runner.raw_command("current"))
    alembic_runner.refresh_history()
    generated = alembic_runner.generate_revision(
        message="x", autogenerate=True, prevent_file_generation=True)
    print(generated)
"""
REVISION = """
import sqlalchemy as sa
from alembic import op
revision = {name!r}
down_revision = {down!r}
branch_labels = None
depends_on = None
def upgrade():
    {up}
def downgrade():
    {down_body}
"""
TABLE = (
    'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))',
    'op.drop_table("t")',
)
COLUMN = (
    'op.add_column("t", sa.Column("a", sa.String(20)));'
    ' op.create_index("ix_t_a", "t", ["a"])',
    'op.drop_index("ix_t_a", "t"); op.drop_column("t", "a")',
)
NOTHING = ("pass", "pass")
PROJECTS = {
    "good": [("r1", None, TABLE), ("r2", "r1", COLUMN)],
    "behind": [("r1", None, TABLE), ("r2", "r1", NOTHING)],
    "two_heads": [("r1", None, TABLE), ("r2", "r1", COLUMN), ("r3", "r1", NOTHING)],
    "no_way_back": [
        ("r1", None, TABLE),
        ("r2", "r1", (COLUMN[0], 'raise NotImplementedError("no way back")')),
    ],
    "broken": [("r1", None, TABLE), ("r2", "r1", ('op.drop_table("no")', "pass"))],
}


def build(name, revisions):
    home = Path(name)
    home.mkdir()
    migrations = home / "migrations"
    with contextlib.redirect_stdout(io.StringIO()):
        command.init(Config(str(home / "alembic.ini")), str(migrations))
    text = (home / "alembic.ini").read_text()
    text = re.sub(r"script_location = .*", "script_location = migrations", text)
    (home / "alembic.ini").write_text(text)
    (migrations / "env.py").write_text(ENV)
    for revision, down, (up, down_body) in revisions:
        (migrations / "versions" / f"{revision}.py").write_text(
            REVISION.format(name=revision, down=down, up=up, down_body=down_body)
        )
    (home / "models.py").write_text(MODELS)
    texts = CONFTEST.replace("CONFIG", "{'file': 'alembic.ini'}")
    texts = texts.replace("BEFORE", "{'r2': {'__tablename__': 't', 'id': 5}}")
    texts = texts.replace("AT", "{}")
    (home / "conftest.py").write_text(texts.replace("MINIMUM", "None"))
    (home / "test_migrations.py").write_text(TESTS)
    (home / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    return home


for name in sys.argv[1:]:
    home = build(name, PROJECTS[name])
    done = subprocess.run(
        # The log is left out: ours says more of a failed step.
        [sys.executable, "-m", "pytest", "-q", "-rA", "--tb=no", "--test-alembic"]
        + ["-p", "no:cacheprovider", "-p", "no:logging"],
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    print("==", name, done.returncode)
    print(re.sub(r" in \d+\.\d+s", "", done.stdout + done.stderr))
