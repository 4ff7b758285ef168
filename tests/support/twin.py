"""One scenario, run with our commands and with upstream's, each on an empty database.

Each tool runs the whole scenario in one process of its own, because both want to be the
`alembic` that `env.py` and revision files import.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.support.project import Project

INI = """
[alembic]
script_location = migrations
path_separator = os
"""

ENV = """
import os

from alembic import context
from sqlalchemy import create_engine, pool

url = os.environ["SCENARIO_URL"]
options = eval(os.environ["SCENARIO_OPTIONS"])

if context.is_offline_mode():
    context.configure(url=url, literal_binds=True, **options)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()
"""

# Runs in the tool's process: argv is the package and the commands, as JSON.
DRIVER = '''
import importlib, io, json, logging, os, sys
import sqlalchemy as sa


class Stdout(io.StringIO):
    """What commands print; `Config` keeps the stream that is there at its import."""

    encoding = "utf-8"

    def take(self):
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


real_stdout, sys.stdout = sys.stdout, Stdout()
package, commands = sys.argv[1], json.loads(sys.argv[2])
if package == "alembic_c":
    importlib.import_module("alembic_c").install()
config = importlib.import_module(package + ".config")

records = []
handler = logging.Handler()
handler.emit = lambda record: records.append(
    f"{record.levelname} [{record.name}] {record.getMessage()}"
)
logger = logging.getLogger("alembic")
logger.addHandler(handler)
logger.setLevel(logging.DEBUG)


def contents():
    """Return table -> sorted rows, for every table of the schemas of the tests."""
    engine = sa.create_engine(os.environ["SCENARIO_URL"], poolclass=sa.pool.NullPool)
    found = {}
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        schemas = [None]
        schemas += [name for name in inspector.get_schema_names() if name == "extra"]
        for schema in schemas:
            for name in inspector.get_table_names(schema=schema):
                table = sa.table(name, schema=schema)
                rows = connection.execute(sa.select(sa.text("*")).select_from(table))
                found[f"{schema or ''}.{name}"] = sorted(map(list, rows))
    return found


def run(command):
    records.clear()
    status, error = 0, ""
    try:
        config.CommandLine("alembic").main(command.split())
    except SystemExit as end:
        status = end.code
    except BaseException as problem:
        status, error = 1, f"{type(problem).__name__}: {problem}"
    return dict(
        status=status,
        stdout=sys.stdout.take(),
        log=records[:],
        error=error,
        tables=contents(),
    )


json.dump([run(command) for command in commands], real_stdout)
'''


_REPORT = re.compile(r"ERROR \[alembic\.runtime\.migration\] .* failed; not all of ")
_SEVERAL_ROWS = re.compile(r"(DEBUG .* (?:un)?merge,) .*")


def _in_order_of(text: str, other: str) -> str:
    """Return `text` if `other` has the same lines, else `other`."""
    return text if sorted(text.split("\n")) == sorted(other.split("\n")) else other


@dataclass
class Outcome:
    """What a command left behind."""

    status: int
    stdout: str
    log: list[str]
    error: str
    tables: dict[str, list[Any]] = field(default_factory=dict)


class Twin:
    """A project whose commands are run with both tools in turn.

    root: an empty directory; url: a database that may be emptied.
    """

    def __init__(self, root: Path, url: str, upstream_path: Path) -> None:
        self.root = root
        self.url = url
        self.options = "{}"
        self._upstream_path = upstream_path
        self._project = Project(root)
        self._project.write("alembic.ini", INI)
        self._project.write("migrations/env.py", ENV)
        (root / "migrations" / "versions").mkdir()

    def revision(
        self,
        name: str,
        down: str | tuple[str, ...] | None,
        up_body: str = "pass",
        down_body: str = "pass",
        extra: str = "",
    ) -> None:
        """Write a revision file; the bodies are lines of Python, one statement each."""
        functions = "\n".join(
            f"def {function}():\n"
            + "\n".join(f"    {line}" for line in body.split("\n"))
            for function, body in (("upgrade", up_body), ("downgrade", down_body))
        )
        self._project.write(
            f"migrations/versions/{name}.py",
            f'"""about {name}"""\nfrom alembic import op, context\n'
            "import sqlalchemy as sa\n"
            f"revision = {name!r}\ndown_revision = {down!r}\n{extra}\n{functions}\n",
        )

    def run(self, *commands: str) -> list[Outcome]:
        """Run commands in order with each tool; the outcomes have to be equal."""
        theirs = self._run_with(
            "alembic", commands, PYTHONPATH=str(self._upstream_path)
        )
        ours = self.run_ours(*commands)
        for command, one, other in zip(commands, ours, theirs, strict=True):
            self._forgive(command, one, other)
            assert one == other, f"alembic {command}: ours, upstream's\n{one}\n{other}"
        return ours

    @staticmethod
    def _forgive(command: str, ours: Outcome, theirs: Outcome) -> None:
        """Leave out what depends on upstream's hash seed."""
        if command.startswith("current"):
            theirs.stdout = _in_order_of(ours.stdout, theirs.stdout)
        for outcome in (ours, theirs):
            # What ours tells of a failed step beyond upstream's lines.
            outcome.log = [line for line in outcome.log if not _REPORT.match(line)]
            # Which of several rows of the version table is updated, which deleted.
            outcome.log = [_SEVERAL_ROWS.sub(r"\1", line) for line in outcome.log]

    def run_ours(self, *commands: str) -> list[Outcome]:
        """Run commands in order with our tool alone."""
        return self._run_with("alembic_c", commands)

    def _run_with(
        self, package: str, commands: tuple[str, ...], **environment: str
    ) -> list[Outcome]:
        self._empty_database()
        done = subprocess.run(
            [sys.executable, "-c", DRIVER, package, json.dumps(commands)],
            cwd=self.root,
            env={
                **os.environ,
                "SCENARIO_URL": self.url,
                "SCENARIO_OPTIONS": self.options,
                "PYTHONHASHSEED": "0",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.returncode, done.stderr
        return [Outcome(**fields) for fields in json.loads(done.stdout)]

    def _empty_database(self) -> None:
        url = sa.make_url(self.url)
        if url.get_backend_name() == "sqlite":
            Path(str(url.database)).unlink(missing_ok=True)
            return
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for schema in ("public", "extra"):
                connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
                connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
        engine.dispose()
