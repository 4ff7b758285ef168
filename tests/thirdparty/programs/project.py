"""A project with an env.py of its own, driven in this process; what it does is printed.

usage: from project import Project
"""

from __future__ import annotations

import contextlib
import io
import re
import textwrap
from pathlib import Path

from alembic import command
from alembic.config import Config

ENV = """
import sqlalchemy as sa
from alembic import context

{imports}
engine = sa.create_engine(context.config.get_main_option("sqlalchemy.url"))
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=target, {options})
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
"""


class Project:
    """A directory of revisions and the database at `url`.

    imports: statements of env.py that set `target`, the metadata.
    options: more arguments for `context.configure()`.
    """

    def __init__(self, url: str, imports: str, options: str = "") -> None:
        self.home = Path("project")
        self._number = 0
        self._config = Config()
        with contextlib.redirect_stdout(io.StringIO()):
            # The order in which it says what it writes is the directory's.
            command.init(Config("alembic.ini"), str(self.home))
        self._config.set_main_option("script_location", str(self.home))
        self._config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
        text = ENV.format(imports=textwrap.dedent(imports), options=options)
        (self.home / "env.py").write_text(text)

    def run(self, verb: str, *arguments: object, **named: object) -> None:
        """Run a verb and print what it prints, or what it raises."""
        print(f"$ {verb}", *arguments)
        out = io.StringIO()
        self._config.stdout = out
        try:
            with contextlib.redirect_stdout(out):
                getattr(command, verb)(self._config, *arguments, **named)
        except Exception as problem:  # noqa: BLE001
            print(f"{type(problem).__name__}: {problem}")
        print(out.getvalue())

    def revision(self, message: str) -> None:
        """Autogenerate a revision with a settled id, and print its file."""
        self._number += 1
        name = f"r{self._number}"
        self.run("revision", message, autogenerate=True, rev_id=name)
        for path in sorted((self.home / "versions").glob(f"{name}_*.py")):
            text = re.sub(r"Create Date: .*", "Create Date:", path.read_text())
            print(text)
