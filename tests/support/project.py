"""A user's project in a temporary directory, driven through the command line."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path


class Project:
    """A directory in which `alembic` runs as its users run it: in a new process.

    root: the directory.  environment: variables added to each run.
    """

    def __init__(self, root: Path, **environment: str) -> None:
        self.root = root
        self.environment = environment
        # ALEMBIC_C_TEST_TOOL=alembic runs the same tests with upstream's package.
        self._module = os.environ.get("ALEMBIC_C_TEST_TOOL", "alembic_c")

    def write(self, path: str, text: str) -> Path:
        """Write a file of the project; directories are made."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return file

    def replace(self, path: str, old: str, new: str) -> None:
        """Edit a file as a user would; the old text has to be there."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {path}:\n{text}"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    def use_database(self, url: str) -> None:
        """Have the ini file name a database, in place of what `init` writes there."""
        escaped = url.replace("%", "%%")
        self.replace("alembic.ini", "driver://user:pass@localhost/dbname", escaped)

    def use_models(self) -> None:
        """Have `migrations/env.py` compare with `metadata` of the module `models`."""
        self.replace(
            "migrations/env.py",
            "target_metadata = None",
            "from models import metadata as target_metadata",
        )

    def run(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run `alembic ARGUMENTS`; fail with its output if it ends otherwise."""
        done = subprocess.run(
            [sys.executable, "-m", self._module, *arguments],
            cwd=self.root,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, (
            f"alembic {' '.join(arguments)}: exit status {done.returncode}\n"
            f"{done.stdout}\n{done.stderr}"
        )
        return done

    def revisions(self, directory: str) -> list[Path]:
        """Return the revision files in a versions directory, the oldest first."""
        return sorted((self.root / directory).glob("*.py"), key=os.path.getmtime)
