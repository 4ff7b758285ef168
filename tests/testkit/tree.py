"""A small project whose databases the kit makes, and a look at what it leaves."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import sqlalchemy as sa

from alembic_c.config import Config
from alembic_c.testkit._store import BUILDING, CLONE, TEMPLATE

ENV = """
import os
from sqlalchemy import engine_from_config, pool
from alembic import context
from models import metadata

config = context.config
with open({runs!r}, "a") as stream:
    stream.write("run\\n")
engine = engine_from_config(
    config.get_section(config.config_ini_section), poolclass=pool.NullPool
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
"""

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down!r}


def upgrade():
    op.create_table({table!r}, sa.Column("id", sa.Integer, primary_key=True),
                    sa.Column("name", sa.String(30)))


def downgrade():
    op.drop_table({table!r})
"""

MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
for table in {tables!r}:
    sa.Table(table, metadata, sa.Column("id", sa.Integer, primary_key=True),
             sa.Column("name", sa.String(30)))
"""


class Tree:
    """A project in a directory, with revisions r1, r2, ... that make tables t1, t2, ...

    n_revisions: how many.
    """

    def __init__(self, root: Path, n_revisions: int = 3) -> None:
        self.root = root
        self.versions = root / "migrations" / "versions"
        self.versions.mkdir(parents=True)
        self._runs = root / "runs.log"
        self.ini = root / "alembic.ini"
        self.ini.write_text(
            f"[alembic]\nscript_location = {root / 'migrations'}\n"
            f"prepend_sys_path = {root}\npath_separator = newline\n"
        )
        self.env = root / "migrations" / "env.py"
        self.env.write_text(ENV.format(runs=str(self._runs)))
        self.tables = [f"t{number}" for number in range(1, n_revisions + 1)]
        # Named after the directory: models of several trees are in one process.
        self.models = root / f"models_{root.name.replace('-', '_')}.py"
        self.env.write_text(
            self.env.read_text().replace("from models", f"from {self.models.stem}")
        )
        self.models.write_text(MODELS.format(tables=self.tables))
        for number in range(1, n_revisions + 1):
            self.add(number)

    def add(self, number: int, down: str | None = None) -> Path:
        """Write the revision of a number, by default on top of the one before."""
        path = self.versions / f"r{number}.py"
        below = down or (f"r{number - 1}" if number > 1 else None)
        path.write_text(
            REVISION.format(revision=f"r{number}", down=below, table=f"t{number}")
        )
        return path

    @property
    def config(self) -> Config:
        """A new configuration, as a new process would read it."""
        return Config(str(self.ini))

    @property
    def n_runs(self) -> int:
        """How often `env.py` was run."""
        return len(self._runs.read_text().splitlines()) if self._runs.exists() else 0


def tables(url: str | sa.URL) -> set[str]:
    """Return the tables of a database, the version table left out."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    return set(sa.inspect(engine).get_table_names()) - {"alembic_version"}


def databases(url: str, tree: Tree) -> set[str]:
    """Return what the kit has made on a server: for a tree, or in this process.

    Other processes work on the same server at the same time.
    """
    parsed = sa.make_url(url)
    queries = {
        "postgresql": "SELECT datname FROM pg_database",
        "mysql": "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA",
    }
    engine = sa.create_engine(parsed, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        query = sa.text(queries[parsed.get_backend_name().replace("mariadb", "mysql")])
        names = set(connection.execute(query).scalars())
    place = os.path.realpath(tree.root / "migrations")
    family = hashlib.sha256(os.fsencode(place)).hexdigest()[:8]
    ours = re.compile(
        f"({TEMPLATE}|{BUILDING}){family}_|{CLONE}[0-9a-f]+_{os.getpid():x}_"
    )
    return set(filter(ours.match, names))


def drop_all(url: str, tree: Tree) -> None:
    """Drop what `databases` tells."""
    admin = sa.create_engine(
        url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with admin.connect() as connection:
        for name in databases(url, tree):
            connection.exec_driver_sql(f"DROP DATABASE {name}")
