"""Try an installed alembic-c: the main job on SQLite, in a directory of its own.

usage: PYTHON tools/try_install.py     (the Python of the environment to be tried)

For wheels, in environments that have nothing else: standard library only, and nothing
of the checkout is imported.  Exits with 1 and says what failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table

metadata = MetaData()
Table("owner", metadata, Column("id", Integer, primary_key=True))
Table(
    "pet",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(30), nullable=False, index=True),
    Column("owner_id", ForeignKey("owner.id")),
)
"""

# What an import alone shows: the core is compiled, and there for this Python.
PROBE = """
import sqlite3, sys
import alembic_c, alembic_c._catalog, alembic_c._core
from alembic_c import catalog
from sqlalchemy import create_engine

for module in (alembic_c._catalog, alembic_c._core):
    assert module.__file__.endswith((".so", ".pyd")), module.__file__
with create_engine("sqlite:///pets.db").connect() as connection:
    found = catalog.snapshot(connection)
print(alembic_c.__version__, found.fingerprint()[:12])
"""


def run(*command: str, status: int = 0) -> str:
    """Run a program, print its command line, return what it prints.

    Exits if its status is another one.
    """
    print("$", *command[1:], flush=True)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != status:
        sys.exit(f"status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def alembic(*arguments: str) -> str:
    return run(sys.executable, "-m", "alembic_c", *arguments)


def edit(path: str, old: str, new: str) -> None:
    text = Path(path).read_text(encoding="utf-8")
    assert old in text, f"{path} has no {old!r}"
    Path(path).write_text(text.replace(old, new), encoding="utf-8")


def expect(text: str, *parts: str) -> None:
    for part in parts:
        if part not in text:
            sys.exit(f"there is no {part!r} in:\n{text}")


def main_job() -> None:
    """From `init` to a downgrade."""
    alembic("init", "migrations")
    edit("alembic.ini", "driver://user:pass@localhost/dbname", "sqlite:///pets.db")
    edit(
        "migrations/env.py",
        "target_metadata = None",
        "from models import metadata as target_metadata",
    )
    Path("models.py").write_text(MODELS, encoding="utf-8")
    alembic("revision", "--autogenerate", "-m", "pets", "--rev-id", "a1")
    written = Path("migrations/versions/a1_pets.py").read_text(encoding="utf-8")
    expect(written, "op.create_table('pet'", "op.f('ix_pet_name')")
    alembic("upgrade", "head")
    expect(alembic("check"), "No new upgrade operations detected")
    expect(alembic("heads"), "a1 (head)")
    expect(alembic("current"), "a1 (head)")
    expect(alembic("upgrade", "head", "--sql"), "CREATE TABLE pet")
    run(sys.executable, "-c", PROBE)
    alembic("downgrade", "base")
    expect(alembic("history"), "<base> -> a1 (head), pets")


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        here = os.getcwd()
        os.chdir(directory)
        try:
            main_job()
        finally:
            os.chdir(here)
    print("It works:", sys.version.partition(" (")[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
