"""Mistakes that people make, each made on purpose against a real database.

`MISTAKES` is the table; `make(...)` makes one and returns what a command said.  The
page docs/mistakes.md is written from it, and a test holds it to what is said today.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.support.side_by_side import ROOT, Seen, Tool

STEP = '''\
"""{doc}"""
import sqlalchemy as sa
from alembic import op

revision = {rev!r}
down_revision = {down!r}


def upgrade():
    {up}


def downgrade():
    pass
'''
EXAMPLE = "driver://user:pass@localhost/dbname"


class Shop:
    """The project in which a mistake is made; its database, and servers' addresses."""

    def __init__(self, tool: Tool, root: Path, servers: dict[str, str]) -> None:
        self.tool = tool
        self.root = root
        self.servers = servers

    def url(self, url: str) -> Shop:
        """Set sqlalchemy.url."""
        ini = self.root / "alembic.ini"
        text = re.sub(
            r"(?m)^sqlalchemy.url = .*",
            lambda _: f"sqlalchemy.url = {url.replace('%', '%%')}",
            ini.read_text(),
        )
        ini.write_text(text)
        return self

    def server(self, kind: str, **changes: Any) -> Shop:
        """Set the URL of a server, with changes."""
        self.empty(kind)
        url = sa.make_url(self.servers[kind]).set(**changes)
        return self.url(url.render_as_string(hide_password=False))

    def empty(self, kind: str) -> None:
        """Remove what mistakes before have made on a server."""
        engine = sa.create_engine(self.servers[kind], isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            if kind == "postgresql":
                connection.exec_driver_sql("DROP SCHEMA public CASCADE")
                connection.exec_driver_sql("CREATE SCHEMA public")
                connection.exec_driver_sql("DROP ROLE IF EXISTS clerk")
            else:
                for name in sa.inspect(connection).get_table_names():
                    connection.exec_driver_sql(f"DROP TABLE {name}")
        engine.dispose()

    def step(
        self,
        rev: str,
        down: object = None,
        up: str = "pass",
        name: str | None = None,
    ) -> Path:
        """Write a revision file."""
        path = self.root / "migrations" / "versions" / f"{name or rev}.py"
        path.write_text(STEP.format(doc=f"step {rev}", rev=rev, down=down, up=up))
        return path

    def edit(self, path: str, old: str, new: str) -> Shop:
        """Replace text in a file; it has to be there."""
        file = self.root / path
        text = file.read_text()
        assert old in text, (old, path)
        file.write_text(text.replace(old, new))
        return self

    def alembic(self, *arguments: str) -> Seen:
        """Run a command that has to work."""
        seen = self.tool.run(self.root, arguments, {})
        assert seen.status == 0, (arguments, seen)
        return seen


@dataclass
class Mistake:
    """One mistake.

    title: what was done; make: does it; command: what is run then, in the directory
    `below` of the project.
    names: a text that the answer has to have: the file, the option, the object.
    status: the exit status if it is another one than upstream's.
    """

    title: str
    make: Callable[[Shop], object]
    command: str
    names: str
    below: str = ""
    status: int | None = None
    environment: dict[str, str] = field(default_factory=dict)


def _two_heads(shop: Shop) -> None:
    shop.step("a1")
    shop.step("b1", "a1")
    shop.step("b2", "a1")


def _applied(shop: Shop) -> None:
    shop.step("a1")
    shop.alembic("upgrade", "head")


def _behind(shop: Shop) -> None:
    shop.step("a1")
    shop.edit(
        "migrations/env.py", "target_metadata = None",
        "from sqlalchemy import MetaData\ntarget_metadata = MetaData()",
    )  # fmt: skip


def _gone(shop: Shop) -> None:
    _applied(shop)
    (shop.root / "migrations/versions/a1.py").unlink()
    shop.step("c1")


def _conflict(shop: Shop) -> None:
    path = shop.step("a1")
    text = path.read_text().replace(
        "down_revision = None",
        "<<<<<<< HEAD\ndown_revision = 'x'\n=======\ndown_revision = None\n>>>>>>> b",
    )
    path.write_text(text)


def _conflict_in_body(shop: Shop) -> None:
    path = shop.step("a1")
    path.write_text(
        path.read_text().replace(
            "    pass\n", "<<<<<<< HEAD\n    pass\n=======\n    x = 1\n>>>>>>> b\n", 1
        )
    )


def _locked(shop: Shop) -> None:
    shop.url("sqlite:///shop.db?timeout=0")
    shop.step("a1", up="op.create_table('t', sa.Column('a', sa.Integer))")
    keep = sqlite3.connect(shop.root / "shop.db")
    keep.execute("BEGIN EXCLUSIVE")
    _OPEN.append(keep)


_OPEN: list[sqlite3.Connection] = []


def _interrupted(shop: Shop) -> None:
    shop.step("a1", up="op.create_table('t', sa.Column('a', sa.Integer))")
    with sqlite3.connect(shop.root / "shop.db") as connection:
        connection.execute("CREATE TABLE t (a INTEGER)")


def _no_directory(shop: Shop) -> None:
    shutil.rmtree(shop.root / "migrations/versions")
    (shop.root / "migrations/versions").write_text("no directory")


def _env(old: str, new: str) -> Callable[[Shop], object]:
    return lambda shop: (shop.step("a1"), shop.edit("migrations/env.py", old, new))


def _ini(old: str, new: str) -> Callable[[Shop], object]:
    return lambda shop: (shop.step("a1"), shop.edit("alembic.ini", old, new))


def _url(url: str) -> Callable[[Shop], object]:
    return lambda shop: (shop.step("a1"), shop.url(url))


def _server(kind: str, **changes: Any) -> Callable[[Shop], object]:
    return lambda shop: (shop.step("a1"), shop.server(kind, **changes))


def _failing(kind: str, up: str) -> Callable[[Shop], object]:
    def make(shop: Shop) -> None:
        if kind != "sqlite":
            shop.server(kind)
        shop.step("a1", up="op.create_table('item', sa.Column('a', sa.Integer))")
        shop.alembic("upgrade", "head")
        shop.step("b1", "a1", up=up)

    return make


def _foreign_owner(shop: Shop) -> None:
    shop.empty("postgresql")
    engine = sa.create_engine(shop.servers["postgresql"], isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in (
            "CREATE ROLE clerk LOGIN PASSWORD 'secret'",
            "CREATE TABLE owned (a int)",
            "GRANT ALL ON SCHEMA public TO clerk",
        ):
            connection.exec_driver_sql(statement)
    engine.dispose()
    url = sa.make_url(shop.servers["postgresql"])
    url = url.set(username="clerk", password="secret")
    shop.url(url.render_as_string(hide_password=False))
    shop.step("a1", up="op.add_column('owned', sa.Column('b', sa.Integer))")


MISTAKES: tuple[Mistake, ...] = (
    # --- the address of the database
    Mistake("the template's URL is still there", _url(EXAMPLE), "current",
            "alembic.ini"),
    Mistake("a misspelled dialect", _url("postgrsql://localhost/shop"), "current",
            "postgrsql"),
    Mistake("no URL at all", _ini("sqlalchemy.url =", "url ="), "current",
            "sqlalchemy.url"),
    Mistake("something that is no URL", _url("localhost:5432/shop"), "current",
            "alembic.ini"),
    Mistake("a driver that is not installed", _url("mysql+cymysql://localhost/shop"),
            "current", "cymysql"),
    Mistake("a percent sign in the URL", _ini("sqlite:///shop.db",
            "postgresql://me:100%@localhost/shop"), "current", "alembic.ini"),
    # --- the server
    Mistake("no server at that port (PostgreSQL)", _server("postgresql", port=1),
            "upgrade head", "127.0.0.1:1"),
    Mistake("no server at that port (MariaDB)", _server("mariadb", port=1),
            "upgrade head", "127.0.0.1:1"),
    Mistake("no host of that name", _server("postgresql", host="nowhere.invalid"),
            "current", "nowhere.invalid"),
    Mistake("a wrong password", _server("postgresql", password="sesame"), "current",
            "alembic.ini"),
    Mistake("a wrong user (MariaDB)", _server("mariadb", username="nobody",
            password="sesame"), "current", "nobody"),
    Mistake("no such database (PostgreSQL)", _server("postgresql", database="nowhere"),
            "current", "nowhere"),
    Mistake("no such database (MariaDB)", _server("mariadb", database="nowhere"),
            "current", "nowhere"),
    Mistake("a table of another owner", _foreign_owner, "upgrade head", "owned"),
    Mistake("a SQLite file in a directory that is not there",
            _url("sqlite:///no/such/shop.db"), "upgrade head", "alembic.ini"),
    Mistake("a SQLite file that another process writes to", _locked, "upgrade head",
            "shop.db"),
    # --- statements that fail
    Mistake("a column that is there already (SQLite)", _failing("sqlite",
            "op.add_column('item', sa.Column('a', sa.Integer))"), "upgrade head",
            "versions/b1.py"),
    Mistake("a column that is there already (PostgreSQL)", _failing("postgresql",
            "op.add_column('item', sa.Column('a', sa.Integer))"), "upgrade head",
            "versions/b1.py"),
    Mistake("a column that is there already (MariaDB)", _failing("mariadb",
            "op.add_column('item', sa.Column('a', sa.Integer))"), "upgrade head",
            "versions/b1.py"),
    Mistake("a table that is not there", _failing("postgresql",
            "op.drop_table('nothing')"), "upgrade head", "versions/b1.py"),
    Mistake("a run before was killed behind its DDL", _interrupted, "upgrade head",
            "versions/a1.py"),
    Mistake("a constraint of SQLite without batch mode", _failing("sqlite",
            "op.create_unique_constraint('uq', 'item', ['a'])"), "upgrade head",
            "versions/b1.py"),
    Mistake("an error in a revision's own code", _failing("sqlite",
            "share = 1 / 0"), "upgrade head", "versions/b1.py"),
    Mistake("a statement before begin_transaction()", lambda shop: (
            shop.step("a1"), shop.edit("migrations/env.py",
            "with connectable.connect() as connection:\n",
            "with connectable.connect() as connection:\n"
            "        connection.exec_driver_sql('SELECT 1')\n")),
            "upgrade head", "connection.commit()", status=255),
    # --- the revisions
    Mistake("several heads", _two_heads, "upgrade head", "b1, b2"),
    Mistake("several heads for a new revision", _two_heads, "revision -m more",
            "b1, b2"),
    Mistake("a database behind the files", _behind, "revision --autogenerate -m more",
            "alembic upgrade head"),
    Mistake("a revision that no file has any more", _gone, "upgrade head",
            "alembic_version"),
    Mistake("a misspelled revision", lambda shop: (shop.step("add_user_table"),),
            "upgrade add_usr_table", "add_user_table"),
    Mistake("a misspelled command", lambda shop: None, "upgrad head", "upgrade"),
    Mistake("a cycle", lambda shop: (shop.step("a1", "b1"), shop.step("b1", "a1")),
            "upgrade head", "versions/a1.py"),
    Mistake("one id in two files", lambda shop: (shop.step("a1"), shop.step("a1",
            name="a1_copy")), "upgrade head", "versions/a1_copy.py"),
    Mistake("a parent that is missing", lambda shop: shop.step("b1", "a1"),
            "upgrade head", "versions/b1.py"),
    Mistake("conflict marks in a header", _conflict, "heads", "versions/a1.py, line 6"),
    Mistake("conflict marks in a body", _conflict_in_body, "heads",
            "versions/a1.py, line 10"),
    Mistake("a syntax error in a revision", lambda shop: shop.step("a1", up="x = = 1"),
            "upgrade head", "versions/a1.py, line 10"),
    Mistake("a revision id that is taken", lambda shop: shop.step("a1"),
            "revision -m again --rev-id a1", "versions/a1.py"),
    # --- the project
    Mistake("no configuration here", lambda shop: (shop.root / "alembic.ini").rename(
            shop.root / "other.ini"), "heads", "alembic.ini"),
    Mistake("models that cannot be imported", _env("target_metadata = None",
            "from shop.models import Base"), "current", "prepend_sys_path"),
    Mistake("env.py raises", _env("config = context.config",
            "config = context.config\nconfig.nothing()"), "current",
            "migrations/env.py"),
    Mistake("no models for autogenerate", lambda shop: None,
            "revision --autogenerate -m x", "migrations/env.py"),
    Mistake("an unknown template", lambda shop: None, "init -t generik other",
            "generic"),
    Mistake("a command below the project's directory", lambda shop:
            shop.step("a1"), "heads", "alembic.ini", below="migrations"),
    Mistake("a directory that cannot be written", _no_directory,
            "revision -m x", "migrations/versions"),
    Mistake("a script location that is not there", _ini("script_location = %(here)s/",
            "script_location = %(here)s/gone/"), "heads", "gone/migrations"),
    Mistake("a version location that is not there", lambda shop: (shop.step("a1"),
            shop.edit("alembic.ini", "[alembic]\n",
            "[alembic]\nversion_locations = %(here)s/gone\n")), "heads", "gone"),
)  # fmt: skip


def make(
    mistake: Mistake, tool: Tool, template: Path, place: Path, servers: dict[str, str]
) -> Seen:
    """Make a mistake in a copy of a project; return what the command says of it."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(template, place)
    shop = Shop(tool, place, servers)
    shop.url("sqlite:///shop.db")
    mistake.make(shop)
    try:
        seen = tool.run(
            place / mistake.below, mistake.command.split(), mistake.environment
        )
    finally:
        while _OPEN:
            _OPEN.pop().close()
    for name in ("out", "err"):
        setattr(seen, name, masked(getattr(seen, name), place, servers))
    return seen


def masked(text: str, place: Path, servers: dict[str, str]) -> str:
    """Return output with the paths of the site's pages, and without ports by chance."""
    text = text.replace(str(place), "/home/you/shop")
    text = text.replace(str(ROOT), "/home/you/alembic_c")
    for url in servers.values():
        text = text.replace(f":{sa.make_url(url).port}", ":PORT")
        text = re.sub(rf"\b{sa.make_url(url).port}\b", "PORT", text)
    # Versions of Python quote the choices or not.
    text = re.sub(r"\(choose from .*\)", "(choose from ...)", text)
    return re.sub(r"process \d+ \(\w+\)", "process 4711 (python)", text)


HEAD = """\
# Mistakes and answers

What `alembic` says of mistakes that people make, each made against a real database by
`python -m tests.docs.mistakes`, which has written this page. The first words are
Alembic's, so they are what you search for; the rest says where, and what to do. The log
of a command's course (`INFO`) is left out. The whole traceback is one option away:
`alembic --raiseerr ...`.
"""


def project(tool: Tool, place: Path) -> Path:
    """Make the project that mistakes are made in copies of."""
    place.mkdir()
    seen = tool.run(place, ["init", "migrations"], {})
    assert seen.status == 0, seen
    return place


def page(answers: list[tuple[Mistake, Seen]]) -> str:
    """Return the page of the site."""
    parts = [HEAD]
    for number, (mistake, seen) in enumerate(answers, 1):
        lines = [f"$ alembic {mistake.command}", *answer(seen)]
        code = "\n".join(f"    {line}" for line in lines)
        title = mistake.title[0].upper() + mistake.title[1:]
        parts.append(f"## {number}. {title}\n\n{code}\n\nStatus {seen.status}.\n")
    return "\n".join(parts)


_REPEATED = re.compile(
    r"(?m)^ERROR \[alembic.util.messaging\] .*\n(?:  (?!hint: ).*\n)*"
)


def answer(seen: Seen) -> list[str]:
    """Return the lines of an answer, as they are on a terminal.

    Without what the log says of its course, and without the log of what is said on
    standard output: where both go to one place, it is said there alone.
    """
    said = _REPEATED.sub("", seen.err)
    lines = (seen.out + said).splitlines()
    return [line for line in lines if line and not line.startswith("INFO ")]
