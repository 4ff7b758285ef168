"""One scenario, run with our commands and with upstream's, each on an empty database.

Each tool runs the whole scenario in one new process, because both want to be the
`alembic` that `env.py` and revision files import.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.support.project import Project
from tests.support.side_by_side import SideBySide

COMMANDS = Path(__file__).with_name("commands.py")

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

    def __init__(self, root: Path, url: str, both: SideBySide) -> None:
        self.root = root
        self.url = url
        self.options = "{}"
        self._tools = both.tools
        self._project = Project(root)
        self._project.write("alembic.ini", INI)
        self._project.write("migrations/env.py", ENV)
        (root / "migrations" / "versions").mkdir()

    def edit_env(self, old: str, new: str) -> None:
        """Edit `env.py`; the old text has to be there."""
        self._project.replace("migrations/env.py", old, new)

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
        theirs = self._run_with("alembic", commands)
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

    def _run_with(self, package: str, commands: tuple[str, ...]) -> list[Outcome]:
        self._empty_database()
        with tempfile.NamedTemporaryFile() as results:
            seen = self._tools[package].run(
                self.root,
                [package, json.dumps(commands), self.url, results.name],
                {"SCENARIO_URL": self.url, "SCENARIO_OPTIONS": self.options},
                program=COMMANDS,
            )
            assert not seen.status, seen.err
            return [Outcome(**fields) for fields in json.load(results)]

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
