"""Flask-Alembic: its Python interface and its commands, on SQLite.

usage: python use_flask_alembic.py
"""

import itertools
import re
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from flask_alembic import Alembic


class Numbered(Alembic):
    """Revision ids are settled, so that both sides write the same files."""

    _numbers = itertools.count(1)

    def rev_id(self):
        return f"{next(self._numbers):04}"


app = Flask("shop", root_path=str(Path.cwd()))
app.config["ALEMBIC_CONTEXT"] = {"compare_type": True, "render_as_batch": True}
metadata = sa.MetaData()
engine = sa.create_engine(f"sqlite:///{Path.cwd()}/shop.db")
alembic = Numbered(app, metadatas=metadata, engines=engine)
user = sa.Table(
    "user",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(30), nullable=False, unique=True),
)


def words(value):
    """Return what of an answer is the same in each run."""
    if isinstance(value, dict):
        return {key: words(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [words(item) for item in value]
    return getattr(value, "revision", repr(value))


def attempt(label, function, *arguments, **named):
    try:
        print(label, words(function(*arguments, **named)))
    except Exception as problem:  # noqa: BLE001
        print(label, type(problem).__name__, problem)


def undated(text):
    return re.sub(r"\d{4}-\d\d-\d\d[ T_]\d\d:\d\d:\d\d[.\d+:]*", "DATE", text)


def state():
    print("current", sorted(words(alembic.current())), sorted(words(alembic.heads())))
    print("tables", sorted(sa.inspect(engine).get_table_names()))


with app.app_context():
    attempt("needs an upgrade", alembic.needs_upgrade)
    attempt("differences", lambda: len(list(alembic.compare_metadata())))
    attempt("revision", lambda: len(alembic.revision("make user")))
    alembic.upgrade()
    state()
    user.append_column(sa.Column("age", sa.Integer))
    user.append_constraint(sa.CheckConstraint("age > 3", name="grown"))
    sa.Index("by_age", user.c.age, user.c.name)
    alembic.revision("add age")
    alembic.upgrade()
    state()
    attempt("log", alembic.log)
    attempt("log", alembic.log, "0001", "0002")
    attempt("side", lambda: len(alembic.revision("side", True, "side", "0001")))
    attempt(
        "side",
        lambda: len(
            alembic.revision(
                "side",
                empty=True,
                splice=True,
                parent="0001",
                label="east",
                depend="0002",
            )
        ),
    )
    attempt("heads", alembic.heads)
    attempt("heads", alembic.heads, resolve_dependencies=True)
    attempt("branches", alembic.branches)
    attempt("unknown", alembic.upgrade, "nope")
    attempt("two", alembic.upgrade, "head")
    attempt("all", alembic.upgrade, "heads")
    state()
    attempt("merge", lambda: len(alembic.merge()))
    alembic.upgrade()
    state()
    attempt("one back", alembic.downgrade, -1)
    attempt("to a label", alembic.downgrade, "east@base")
    state()
    attempt("back", alembic.downgrade, "base")
    state()
    alembic.stamp("heads")
    state()
    alembic.stamp("0001")
    state()
    alembic.op.create_table("by_hand", sa.Column("id", sa.Integer, primary_key=True))
    state()
    for path in sorted(Path("migrations").rglob("*.py")):
        print(path.name.rpartition("_")[0], undated(path.read_text()))

for arguments in (
    ["current"],
    ["current", "-v"],
    ["heads", "-v"],
    ["branches", "-v"],
    ["log"],
    ["log", "-v"],
    ["show", "heads"],
    ["show", "nope"],
    ["check"],
    ["stamp", "heads"],
    ["downgrade", "base"],
    ["upgrade", "nope"],
    ["revision", "by command", "--empty"],
    ["upgrade"],
    ["check"],
    ["merge"],
):
    result = app.test_cli_runner().invoke(args=["db", *arguments])
    print("$ db", *arguments, "->", result.exit_code, repr(result.exception))
    print(undated(result.output))
