"""Whole stories on the command line: each step shows the same with upstream and ours.

Compared are standard output and error, the exit status, all files, and what is in the
database.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.side_by_side import ENV, INI, SideBySide, Story, revision

LINE = {"migrations/versions/b1_message.py": None}  # only a1, a2

MODELS = """
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table("t_a1", metadata, sa.Column("id", sa.Integer, primary_key=True))
sa.Table("new", metadata, sa.Column("id", sa.Integer, primary_key=True),
         sa.Column("n", sa.String(5), nullable=False, index=True))
"""
ENV_WITH_MODELS = ENV.replace("MetaData()", "models.metadata").replace(
    "from alembic", "import models\nfrom alembic", 1
)

LOGGING = """
[loggers]
keys = root,alembic,mine
[handlers]
keys = console
[formatters]
keys = generic
[logger_root]
level = WARNING
handlers = console
qualname =
[logger_alembic]
level = {level}
handlers =
qualname = alembic
[logger_mine]
level = DEBUG
handlers =
qualname = mine
[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic
[formatter_generic]
format = %(levelname)-5.5s [%(name)s] %(message)s
datefmt = %H:%M:%S
"""
ENV_WITH_LOGGING = """
import logging
from logging.config import fileConfig
from alembic import context
early = logging.getLogger("early")
fileConfig(context.config.config_file_name{arguments})
early.error("early, disabled: %s", early.disabled)
logging.getLogger("mine").debug("mine")
""" + ENV.split("\n", 1)[1].replace("from sqlalchemy", "from sqlalchemy", 1)

ENV_THAT_ASKS = (
    """
from alembic import context
from sqlalchemy import MetaData
print("x", context.get_x_argument(), context.get_x_argument(as_dictionary=True))
print("tag", context.get_tag_argument(), "offline", context.is_offline_mode())
for name in ("get_head_revision", "get_starting_revision_argument",
             "get_revision_argument", "requires_connection", "is_transactional_ddl",
             "get_context", "get_bind"):
    try:
        print(name, getattr(context, name)())
    except Exception as problem:
        print(name, type(problem).__name__, problem)
options = context.config.cmd_opts
print(sorted((k, v) for k, v in vars(options).items() if k != "cmd"))
"""
    + ENV
)

HOOKS = """
[post_write_hooks]
hooks = {names}
say.type = exec
say.executable = echo
say.options = said REVISION_SCRIPT_FILENAME 'two words'
say.cwd = %(here)s/migrations
mod.type = module
mod.module = json.tool
mod.options = --help-me
script.type = console_scripts
script.entrypoint = no-such-script
none.type = exec
unknown.type = bogus
bad.type = module
bad.module = no_such_module
untyped.executable = echo
fails.type = exec
fails.executable = false
"""


def hooks(names: str) -> Story:
    return Story(
        f"hooks {names}",
        ["revision --rev-id z -m x --head a2", "-q revision --rev-id y -m x --head z"],
        {"alembic.ini": INI + HOOKS.format(names=names)},
    )


def bodies(name: str, up: str, down: str = "pass") -> dict[str, str]:
    return {
        f"migrations/versions/{name}.py": (
            f"from alembic import op, context\nimport sqlalchemy as sa\n"
            f"revision = {name!r}\ndown_revision = 'a2'\n"
            f"def upgrade():\n    {up}\ndef downgrade():\n    {down}\n"
        )
    }


STORIES = [
    # --- new revisions
    *[
        Story(
            f"message {message!r}",
            [
                f"revision --rev-id z --head a2 -m {message}",
                "show z",
            ],
        )
        for message in (
            "''",
            "' '",
            "'a  b'",
            "'é ü ß'",
            "'数据'",
            "'🎉 party'",
            "'it'\"'\"'s \"quoted\"'",
            "'a/b\\c'",
            "...",
            "'100% of ${x} %(y)s'",
            "'## no'",
            "'<% x %>'",
            "'tab\there'",
            "'CamelCase'",
            "__",
            "-x",
        )
        if "\\" not in message
    ],
    Story(
        "message of lines",
        [
            "revision --rev-id z --head a2 -m 'one\n\ntwo\nthree'",
            "history",
            "history -v",
            "heads -v",
            "show z",
        ],
    ),
    Story(
        "no message",
        ["revision --rev-id z --head a2", "history -v", "upgrade z", "current -v"],
    ),
    *[
        Story(
            f"id {id!r}",
            [f"revision --head a2 -m x --rev-id={id}", "heads"],
        )
        for id in (
            "A-B",
            "a@b",
            "a:b",
            "a+b",
            "a.b",
            "current",
            "x" * 40,
            "1",
            "'a b'",
            "é",
            "a1x",
            "'a\"b'",
        )
    ],
    *[
        Story(
            f"revision {options}",
            [
                f"revision --rev-id z -m x {options}",
                "heads -v",
            ],
        )
        for options in (
            "",
            "--head a1",
            "--head a1 --splice",
            "--head a2 --splice",
            "--head base",
            "--head base --branch-label new",
            "--head heads",
            "--head bee",
            "--head bee@head",
            "--head bee@base",
            "--head b",
            "--head a",
            "--head nope",
            "--head a2+1",
            "--head a2-1 --splice",
            "--head a1@head",
            "--head current",
            "--head a2 --branch-label a1",
            "--head a2 --branch-label 'x y'",
            "--head a2 --branch-label x@y",
            "--head a2 --branch-label head",
            "--head a2 --branch-label x,y",
            "--head a2 --branch-label ''",
            "--head a2 --depends-on b1",
            "--head a2 --depends-on bee",
            "--head a2 --depends-on b",
            "--head a2 --depends-on a1 --depends-on b1",
            "--head a2 --depends-on nope",
            "--head a2 --depends-on heads",
            "--head a2 --depends-on bee@head",
            "--head a2 --depends-on a2",
            "--head a2 --version-path migrations/versions",
            "--head a2 --version-path <home>/migrations/versions",
            "--head a2 --version-path nowhere",
            "--head a2 --version-path ''",
            "--sql --head a2",
            "--autogenerate --sql",
        )
    ],
    Story(
        "first revision",
        [
            "revision -m x --rev-id z",
            "revision -m y --rev-id y",
            "upgrade head",
            "current",
            "history",
        ],
        {
            **LINE,
            "migrations/versions/a1_message.py": None,
            "migrations/versions/a2_message.py": None,
        },
    ),
    Story(
        # What writes or runs something is refused here: unit/test_bad_projects.py.
        "duplicate",
        ["heads", "history", "show a1"],
        {"migrations/versions/c.py": "revision='a2'\ndown_revision='a1'\n"},
    ),
    Story(
        "autogenerate",
        [
            "revision --autogenerate --rev-id z -m x",
            "upgrade head",
            "check",
            "revision --autogenerate --rev-id z -m 'new one'",
            "check",
            "upgrade head",
            "check",
            "revision --autogenerate --rev-id y -m nothing",
            "history",
            "downgrade -1",
            "downgrade -1",
            "current",
        ],
        {**LINE, "models.py": MODELS, "migrations/env.py": ENV_WITH_MODELS},
    ),
    Story(
        "autogenerate without models",
        ["check", "revision --autogenerate -m x"],
        {**LINE, "migrations/env.py": ENV.replace("MetaData()", "None")},
    ),
    Story("random ids", ["revision -m x --head a2", "revision --head base"]),
    # --- merges
    *[
        Story(
            f"merge {options}",
            [f"merge --rev-id q -m m {options}", "heads"],
        )
        for options in (
            "heads",
            "a2 b1",
            "a2",
            "head",
            "a1 b1",
            "a1 b1 --splice",
            "a2 a2",
            "a2 nope",
            "base",
            "a2 bee",
            "bee@head a2",
            "a b",
            "a2 b1 --branch-label both",
            "a2,b1",
            "a2 b1 a2",
        )
        if "--splice" not in options
    ],
    # --- reading
    Story(
        "show",
        [
            "show a1",
            "show heads",
            "show head",
            "show base",
            "show a1:b1",
            "show -1",
            "show +1",
            "show current",
            "show bee",
            "show bee@head",
            "show a",
            "show ''",
            "upgrade a1",
            "show current",
            "show a2-1",
            "show a1+1",
            "upgrade heads",
            "show current",
            "show base:heads",
            "show a1,a2",
        ],
        only_sorted=["show current"],
    ),
    Story(
        "history",
        [
            "history -r a1:",
            "history -r :a1",
            "history -r :",
            "history -r a2:b1",
            "history -r -1:",
            "history -r :+1",
            "history -r a1:+1",
            "history -r a2:a1",
            "history -r 'a1 : a2'",
            "history -r ''",
            "history -r current:",
            "history -r :current",
            "history -i -r :a2",
            "upgrade a1",
            "history -r current:a2",
            "history -r :current -i -v",
            "history -r -1:current",
            "history -r current:+1",
            "history -r current:bee@head -i",
            "history -r bee@base:bee@head",
            "history -r heads:",
            "history -r base:a2",
            "history -i -v -r :bee",
            "-q history",
            "-q heads",
            "-q current",
            "-q branches",
            "-q show a1",
        ],
    ),
    Story(
        "check heads",
        [
            "current --check-heads",
            "upgrade a2",
            "current -c",
            "upgrade heads",
            "current --check-heads -v",
            "downgrade bee@base",
            "current --check-heads",
        ],
        only_sorted=["downgrade bee@base", "current --check-heads -v"],
    ),
    # --- editing
    Story(
        "edit",
        [
            "EDITOR=head edit a1",
            "EDITOR='head -n 5' edit a1",
            "EDITOR=false edit a1",
            "EDITOR=head edit nope",
            "EDITOR=head edit base",
            "EDITOR=head edit heads",
            "EDITOR=head edit current",
            "upgrade a1",
            "EDITOR=head edit current",
            "EDITOR=echo edit bee",
            "VISUAL=echo edit a1",
            "EDITOR=head edit a1:a2",
        ],
    ),
    # --- the version table
    Story(
        "stamp",
        [
            "stamp a1",
            "stamp a2",
            "stamp b1",
            "stamp --purge heads",
            "current",
            "stamp a1",
            "stamp base",
            "stamp +1",
            "stamp head",
            "stamp bee",
            "stamp bee@head",
            "stamp nope",
            "stamp a",
            "stamp --purge a2",
            "stamp --purge base",
            "stamp --purge nope",
            "stamp a1 --tag t",
            "stamp a2:b1",
            "stamp ''",
            "stamp base heads",
            "stamp a1 --sql",
            "stamp --sql a1:a2 a1:b1",
            "stamp --sql a1:a2 b1:b1",
        ],
        only_sorted=["current"],
    ),
    Story(
        "unknown version",
        [
            lambda home: set_version(home, "gone"),
            "current",
            "upgrade head",
            "upgrade a1",
            "downgrade -1",
            "downgrade base",
            "stamp a1",
            "history -i",
            "check",
            "show current",
            "heads",
            "stamp --purge a2",
            "current",
        ],
        LINE,
    ),
    Story(
        "ensure version",
        [
            "ensure_version",
            "ensure_version",
            "current",
            "ensure_version --sql",
            "current -v",
        ],
    ),
    Story(
        "upgrade",
        [
            "upgrade +1",
            "upgrade +5",
            "upgrade -1",
            "upgrade a1+1",
            "upgrade bee@+1",
            "upgrade head",
            "upgrade base",
            "upgrade a1",
            "upgrade nope",
            "upgrade b",
            "upgrade a2:b1",
            "upgrade ''",
            "upgrade current",
            "upgrade heads",
            "upgrade heads",
            "downgrade a1+1",
            "downgrade -1",
            "downgrade bee@-1",
            "downgrade bee@base",
            "downgrade +1",
            "downgrade -9",
            "downgrade a",
            "downgrade head",
            "downgrade heads",
            "downgrade ''",
            "downgrade base",
            "downgrade base",
            "downgrade nope",
        ],
    ),
    Story(
        "one line",
        [
            "upgrade +1",
            "upgrade +1",
            "upgrade +1",
            "downgrade -1",
            "downgrade -1",
            "downgrade -1",
            "upgrade head",
            "downgrade a2",
            "downgrade a1",
            "upgrade a2-1",
            "upgrade head-1",
            "upgrade head",
            "downgrade head-1",
            "upgrade a1:head",
            "downgrade base",
        ],
        LINE,
    ),
    Story(
        "offline",
        [
            "upgrade head --sql",
            "upgrade a1:head --sql",
            "upgrade :head --sql",
            "upgrade a1: --sql",
            "upgrade base:a1 --sql",
            "upgrade a2:a1 --sql",
            "upgrade nope:a1 --sql",
            "upgrade a1:+1 --sql",
            "upgrade +1 --sql",
            "upgrade -1 --sql",
            "downgrade head:base --sql",
            "downgrade a2:a1 --sql",
            "downgrade a2: --sql",
            "downgrade :a1 --sql",
            "downgrade a1:a2 --sql",
            "downgrade a2:-1 --sql",
            "downgrade a2 --sql",
            "downgrade base:a1 --sql",
            "current",
            "ensure_version --sql",
            "-q upgrade head --sql",
        ],
        LINE,
    ),
    # --- what env.py may ask
    Story(
        "x arguments",
        [
            "-x a=1 -x b -x c=d=e -x =f -x a=2 current",
            "current",
            "-x '' heads",
            "-x a current -x b",
            "upgrade a1 --tag one",
            "upgrade a1:a2 --sql --tag two",
            "downgrade a2:base --sql",
            "stamp heads --tag t",
            "revision --rev-id z --head a2 --autogenerate -m x",
            "history -i -r :a1",
            "--raiseerr -n alembic current -v",
        ],
        {"migrations/env.py": ENV_THAT_ASKS},
        only_sorted=["--raiseerr -n alembic current -v"],
        forgive=[(r"0x[0-9a-f]+", "ADDRESS")],
    ),
    # --- logging
    *[
        Story(
            f"logging {level} {arguments}",
            [
                "current",
                "upgrade a2",
                "upgrade nope",
                "-q downgrade -1",
                "check",
                "stamp heads",
            ],
            {
                "alembic.ini": INI + LOGGING.format(level=level),
                "migrations/env.py": ENV_WITH_LOGGING.format(arguments=arguments),
            },
        )
        for level in ("INFO", "WARN")
        for arguments in ("", ", disable_existing_loggers=False")
    ],
    # --- env.py that fails
    *[
        Story(
            f"env {text!r}",
            ["current", "heads", "upgrade a1"],
            {"migrations/env.py": text},
        )
        for text in (
            "raise ValueError('x')",
            "import sys; sys.exit(3)",
            "import sys; sys.exit('why')",
            "def (",
            "",
            "import nothing_there",
            "from alembic import context\ncontext.configure()",
            "from alembic import context\ncontext.configure(url='bogus://')",
            "from alembic import context\ncontext.configure(dialect_name='bogus')",
            "from alembic.util import CommandError\nraise CommandError('mine')",
            "from alembic import op\nop.execute('x')",
            "from alembic import context\ncontext.get_context()",
            "from alembic import context\ncontext.nothing",
        )
    ],
    # --- revisions that fail
    *[
        Story(
            f"body {up!r}",
            ["upgrade z", "current", "upgrade a2:z --sql", "downgrade -1"],
            {**LINE, **bodies("z", up)},
        )
        for up in (
            "raise ValueError('x')",
            "op.execute('bogus sql')",
            "op.create_table('t_a1')",
            "op.drop_table('nope')",
            "op.nothing()",
            "1/0",
            "import sys; sys.exit(4)",
            "op.create_table('t', sa.Column('é', sa.Text, server_default=\"it's\"))",
            "op.execute(\"select '%', '%%'\")",
            "op.add_column('t_a1', sa.Column('n', sa.Integer, nullable=False))",
            "op.alter_column('t_a1', 'id', nullable=False)",
        )
    ],
    Story(
        "no functions",
        ["heads", "upgrade head", "downgrade base"],
        {**LINE, "migrations/versions/z.py": "revision='z'\ndown_revision='a2'\n"},
    ),
    Story("no revision", ["heads", "history"], {"migrations/versions/z.py": "x = 1\n"}),
    Story(
        "no down revision",
        ["heads", "history"],
        {"migrations/versions/z.py": "revision = 'z'\n"},
    ),
    Story(
        "old name",
        ["heads", "history"],
        {"migrations/versions/abc123.py": "down_revision = 'a2'\n"},
    ),
    Story(
        "odd files",
        ["heads"],
        {
            "migrations/versions/.#z.py": "revision='z1'\ndown_revision=None\n",
            "migrations/versions/z.py~": "x",
            "migrations/versions/z.txt": "x",
            "migrations/versions/__init__.py": "x = 1\n",
            "migrations/versions/a-b c.py": "revision='z2'\ndown_revision='a2'\n",
            "migrations/versions/é.py": "revision='é'\ndown_revision='z2'\n",
            "migrations/versions/z.py/x": "x",
        },
    ),
    *[
        hooks(names)
        for names in (
            "say",
            "say, mod",
            "say mod",
            "",
            "script",
            "none",
            "unknown",
            "bad",
            "untyped",
            "fails, say",
            "nothere",
        )
    ],
    Story(
        "raise errors",
        [
            "--raiseerr upgrade nope",
            "--raiseerr show nope",
            "--raiseerr revision -m x",
            "--raiseerr -c none.ini heads",
            "--raiseerr check",
            "-q upgrade nope",
            "-q revision -m x",
            "-q revision -m x --head a2 --rev-id z",
        ],
    ),
    # --- broken graphs
    Story(
        "missing parent",
        ["heads", "history", "upgrade heads", "revision -m x", "current"],
        {"migrations/versions/z.py": "revision='z'\ndown_revision='gone'\n"},
    ),
    Story(
        "missing dependency",
        ["heads", "upgrade z"],
        {
            "migrations/versions/z.py": "revision='z'\ndown_revision='a2'\n"
            "depends_on='gone'\n"
        },
    ),
    Story(
        "label twice",
        ["heads", "upgrade bee@head"],
        {
            "migrations/versions/z.py": "revision='z'\ndown_revision=None\n"
            "branch_labels=('bee',)\n"
        },
        # Which of the two is named first is chance in upstream.
        forgive=[(r"revision (?:z|b1)\b", "revision X")],
    ),
    Story(
        "dependencies",
        [
            "heads",
            "heads --resolve-dependencies",
            "branches",
            "history -v",
            "upgrade z",
            "current",
            "current -v",
            "downgrade a1",
            "current",
            "upgrade heads",
            "downgrade z@base",
        ],
        revision("z", None, ("zed",), "b1"),
        only_sorted=["current", "current -v"],
    ),
]


def set_version(home: Path, revision: str) -> None:
    import sqlite3

    with sqlite3.connect(home / "app.db") as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        database.execute("INSERT INTO alembic_version VALUES (?)", [revision])
    database.close()


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_story(both: SideBySide, story: Story) -> None:
    both.check(story)
