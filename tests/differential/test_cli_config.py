"""What users write into configuration files; upstream and ours take it the same way."""

from __future__ import annotations

import pytest

from tests.support.side_by_side import INI, SideBySide, Story


def ini(*lines: str, head: str = "[alembic]") -> dict[str, str | bytes | None]:
    return {"alembic.ini": "\n".join([head, *lines, ""])}


LOCATIONS = (
    "%(here)s/migrations/versions:%(here)s/sub",
    "migrations/versions sub",
    "migrations/versions, sub",
    "migrations/versions;sub",
    "\n  migrations/versions\n  sub",
)
PREPENDED = (
    ".",
    "sub",
    ". sub",
    ".:sub",
    ".;sub",
    ".,sub",
    "",
    "\n .\n sub",
    "%(here)s/sub",
)
SHOW_PATH = """
import sys
print(sys.path[:1] if sys.path[0] != sys.prefix + "/bin" else "as it was")
import amod
"""
ENV_THAT_TELLS = """
from alembic import context
print("env runs", context.is_offline_mode())
context.configure(url="sqlite://", dialect_name="sqlite")
context.run_migrations()
"""
HERE = "script_location = %(here)s/migrations"
PLAIN = ["heads", "upgrade a1", "current", "history -v"]


def toml(text: str, **more: str | bytes | None) -> dict[str, str | bytes | None]:
    return {"alembic.ini": None, "pyproject.toml": text, **more}


TABLE = """
[tool.alembic]
script_location = "%(here)s/migrations"
"sqlalchemy.url" = "sqlite:///app.db"
"""

STORIES = [
    # --- the form of the ini file
    Story("crlf", PLAIN, {"alembic.ini": INI.replace("\n", "\r\n").encode()}),
    Story("cr", ["heads"], {"alembic.ini": INI.replace("\n", "\r").encode()}),
    Story("utf16", ["heads"], {"alembic.ini": INI.encode("utf-16")}),
    Story("latin1", ["heads"], {"alembic.ini": INI.encode() + b"# caf\xe9\n"}),
    Story("utf8", ["heads"], {"alembic.ini": INI + "# café 数据\n"}),
    Story("empty", ["heads"], {"alembic.ini": ""}),
    Story("only default", ["heads"], ini(HERE, head="[DEFAULT]")),
    Story(
        "default and main",
        PLAIN,
        ini(
            HERE,
            "path_separator=os",
            "sqlalchemy.url = sqlite:///app.db",
            "[alembic]",
            head="[DEFAULT]",
        ),
    ),
    Story(
        "here in default",
        ["heads"],
        ini("here = /nowhere", "[alembic]", HERE, head="[DEFAULT]"),
    ),
    Story("here in main", ["heads"], ini("here = /nowhere", HERE)),
    Story(
        "capitals",
        PLAIN,
        ini("SCRIPT_LOCATION = migrations", "SQLAlchemy.URL = sqlite:///app.db"),
    ),
    Story("spaces", ["heads"], ini("script_location : migrations   ")),
    Story("continued", ["heads"], ini("script_location =", "   migrations")),
    Story("inline comment", ["heads"], ini("script_location = migrations ; it is")),
    Story("empty location", ["heads"], ini("script_location =")),
    Story("dot location", ["heads"], ini("script_location = .")),
    Story("no value", ["heads"], ini("script_location")),
    Story(
        "escapes",
        ["current", "upgrade a1"],
        ini(HERE, "sqlalchemy.url = sqlite:///a%%pp.db"),
    ),
    Story(
        "bad escape elsewhere",
        ["heads", "current"],
        ini(HERE, "sqlalchemy.url = sqlite:///a%pp.db"),
    ),
    Story(
        "inherits", ["heads"], ini("script_location = %(root)s/migrations", "root = .")
    ),
    Story("logger section only", ["heads"], ini("keys = root", head="[loggers]")),
    # --- the place of things
    Story("no directory", ["heads"], ini("script_location = nowhere")),
    Story(
        "location is a file",
        ["heads", "revision -m x"],
        ini("script_location = alembic.ini"),
    ),
    Story(
        "trailing slash",
        ["heads", "revision --rev-id z -m x --head a2"],
        ini("script_location = migrations/"),
    ),
    Story(
        "dots",
        ["heads", "revision --rev-id z -m x --head a2"],
        ini("script_location = ./migrations/../migrations"),
    ),
    Story(
        "package",
        ["heads", "revision --rev-id z -m x --head a2"],
        {
            **ini(
                "script_location = migrations:.",
                "prepend_sys_path=.",
                "path_separator=os",
            ),
            "migrations/__init__.py": "",
        },
    ),
    Story(
        "package 2",
        ["heads", "upgrade a1"],
        {
            **ini(
                "script_location = pkg:migrations",
                "prepend_sys_path=.",
                "path_separator=os",
                "sqlalchemy.url=sqlite://",
            ),
            "pkg/__init__.py": "",
            "pkg/migrations/env.py": "print('env')\n",
            "pkg/migrations/versions/x.py": "revision='x'\ndown_revision=None\n",
        },
    ),
    Story("no package", ["heads"], ini("script_location = nopkg:migrations")),
    Story("no inside", ["heads"], ini("script_location = email:migrations")),
    Story("no env", ["heads", "current", "upgrade head"], {"migrations/env.py": None}),
    Story("no mako", ["revision -m x --head a2"], {"migrations/script.py.mako": None}),
    Story(
        "no versions",
        ["heads", "history", "revision --rev-id z -m x", "upgrade head"],
        {f"migrations/versions/{n}_message.py": None for n in ("a1", "a2", "b1")},
    ),
    # --- which file
    Story(
        "two files",
        [
            "heads",
            "current",
            "-c pyproject.toml heads",
            "-c alembic.ini heads",
            "-c pyproject.toml -c alembic.ini upgrade a1",
            "-c alembic.ini -c pyproject.toml current",
            "-c a.ini -c b.ini heads",
            "-c a/pyproject.toml -c b/pyproject.toml heads",
            "-c alembic.ini -c alembic.ini heads",
        ],
        {"pyproject.toml": TABLE, "alembic.ini": "[loggers]\nkeys=root\n"},
    ),
    Story(
        "only toml",
        [
            *PLAIN,
            "-c pyproject.toml heads",
            "-n other heads",
            "-c ./pyproject.toml heads",
            "-c <home>/pyproject.toml heads",
            "-c none.ini heads",
            "-c none/pyproject.toml heads",
        ],
        toml(TABLE),
    ),
    Story(
        "variable",
        [
            "ALEMBIC_CONFIG=x.ini heads",
            "ALEMBIC_CONFIG= heads",
            "ALEMBIC_CONFIG=none.ini heads",
            "ALEMBIC_CONFIG=sub/pyproject.toml heads",
            "ALEMBIC_CONFIG=<home>/x.ini upgrade a1",
            "ALEMBIC_CONFIG=none.ini -c x.ini heads",
            "ALEMBIC_CONFIG=a,b heads",
            "-c '' heads",
            "-c x.ini -c '' heads",
        ],
        {
            "alembic.ini": None,
            "x.ini": INI,
            "sub/pyproject.toml": TABLE.replace("migrations", "../migrations"),
        },
    ),
    Story(
        "sections",
        [
            "-n other heads",
            "-n third heads",
            "-n other -c alembic.ini upgrade a1",
            "-n '' heads",
            "--name other current",
        ],
        {
            "alembic.ini": "[other]\n"
            + HERE
            + "\nsqlalchemy.url=sqlite:///app.db\n[DEFAULT]\nx=y\n"
        },
    ),
    Story("directory as file", ["-c migrations heads"], deliberate=True),
    Story(
        "below",
        ["-c sub/x.ini heads", "-c sub/x.ini upgrade a1", "-c sub/x.ini current"],
        {
            "sub/x.ini": "[alembic]\nscript_location=%(here)s/../migrations\nsqlalchemy.url=sqlite:///%(here)s/app.db\n"
        },
    ),
    Story("verbose", ["history -v", "heads -v", "current -v", "-c none.ini heads -v"]),
    # --- several version locations
    *[
        Story(
            f"{option} {word!r}",
            [f"-c {n}.ini heads" for n in range(len(LOCATIONS))],
            {
                f"{n}.ini": f"[alembic]\n{HERE}\nversion_locations = {text}\n"
                + (f"{option} = {word}\n" if word is not None else "")
                for n, text in enumerate(LOCATIONS)
            }
            | {"sub/s1.py": "revision = 's1'\ndown_revision = None\n"},
        )
        for option in ("path_separator", "version_path_separator")
        for word in ("os", "space", "newline", ":", ";", "bogus", "", "OS", None)
    ],
    Story(
        "new files in several locations",
        [
            "revision --rev-id z -m x --head a2",
            "revision --rev-id y -m x --head base",
            "revision --rev-id y -m x --head base --version-path sub",
        ],
        ini(
            HERE,
            "path_separator = space",
            "version_locations = migrations/versions sub",
        ),
    ),
    Story(
        "both separators",
        ["heads"],
        ini(
            HERE,
            "path_separator=space",
            "version_path_separator=os",
            "version_locations = migrations/versions migrations/v2",
        ),
    ),
    Story(
        "locations twice",
        ["heads"],
        ini(
            HERE,
            "path_separator=space",
            "version_locations = migrations/versions migrations/versions",
        ),
    ),
    Story(
        "locations missing",
        [
            "heads",
            "revision --rev-id z -m x --head a2 --version-path none",
            "revision --rev-id q -m x --head a2 --version-path sub",
        ],
        ini(
            HERE, "path_separator=space", "version_locations = migrations/versions none"
        ),
    ),
    Story(
        "one location",
        ["heads", "revision --rev-id z -m x --head a2"],
        ini(HERE, "path_separator=space", "version_locations = migrations/versions"),
    ),
    Story(
        "empty locations",
        ["heads"],
        ini(HERE, "path_separator=space", "version_locations ="),
    ),
    Story(
        "package location",
        ["heads"],
        {
            **ini(
                HERE,
                "path_separator=space",
                "prepend_sys_path=.",
                "version_locations = pkg:vers",
            ),
            "pkg/__init__.py": "",
            "pkg/vers/x.py": "revision='x'\ndown_revision=None\n",
        },
    ),
    Story(
        "recursive",
        ["heads", "history"],
        {
            **ini(HERE, "recursive_version_locations = true"),
            "migrations/versions/2024/x.py": "revision='x'\ndown_revision='a2'\n",
        },
    ),
    Story(
        "recursive yes",
        ["heads"],
        {
            **ini(HERE, "recursive_version_locations = True"),
            "migrations/versions/2024/x.py": "revision='x'\ndown_revision='a2'\n",
        },
    ),
    # --- prepend_sys_path
    *[
        Story(
            f"prepend_sys_path {word!r}",
            [f"-c {n}.ini current" for n in range(len(PREPENDED))],
            {
                f"{n}.ini": f"[alembic]\n{HERE}\nprepend_sys_path = {text}\n"
                + (f"path_separator = {word}\n" if word else "")
                for n, text in enumerate(PREPENDED)
            }
            | {"migrations/env.py": SHOW_PATH, "sub/amod.py": "print('amod')\n"},
        )
        for word in (None, "os", "space", "newline", "bogus", ";")
    ],
    # --- names of files
    *[
        Story(
            f"template {text!r}",
            [
                "revision --rev-id z -m 'Add a Column' --head a2",
                "revision --rev-id zz --head z",
                "history",
            ],
            ini=f"file_template = {text}\n",
            forgive=[(r"\d{4,}(_\d\d)*", "N")],
        )
        for text in (
            "%%(year)d_%%(month).2d_%%(day).2d_%%(rev)s_%%(slug)s",
            "%%(epoch)s_%%(rev)s",
            "%%(hour).2d%%(minute).2d_%%(second).2d_%%(rev)s",
            "%%(rev)s",
            "%%(year)d/%%(rev)s",
            "sub/dir/%%(rev)s",
            "%%(nope)s",
            "%%(rev)",
            "%(rev)s",
            "../%%(rev)s",
            "%%(rev)s.py",
            "é%%(rev)s",
            "%%(rev)d",
            "<home>/x",
        )
    ],
    *[
        Story(
            f"slug {length!r}",
            [
                "revision --rev-id z --head a2 "
                "-m 'Add a Column to The Table of Accounts and_more'",
                f"revision --rev-id zz --head z -m {'a' * 76}",
                "revision --rev-id zzz -m '12345_7890' --head zz",
            ],
            ini=f"truncate_slug_length = {length}\n",
        )
        for length in ("10", "1", "0", "-5", "x", "", "100", "5.5", " 12 ")
    ],
    *[
        Story(
            f"zone {zone!r}",
            ["revision --rev-id z -m x --head a2"],
            ini=f"timezone = {zone}\n",
            forgive=[(r"\d{4}-.*", "date")] if zone not in ("UTC",) else [],
        )
        for zone in (
            "UTC",
            "utc",
            "Europe/Paris",
            "europe/paris",
            "EST5EDT",
            "",
            "Nope/Nope",
            "../etc",
            "US",
            "/etc/passwd",
        )
    ],
    Story(
        "zone offset",
        ["revision --rev-id z -m x --head a2"],
        ini="timezone = Asia/Kolkata\n",
    ),
    # --- encodings
    *[
        Story(
            f"encoding {name!r}",
            [
                "revision --rev-id z -m 'é ü' --head a2",
                "revision --rev-id y -m '数据 🎉' --head z",
                "history",
            ],
            ini=f"output_encoding = {name}\n",
        )
        for name in ("utf-8", "latin-1", "ascii", "nope", "")
    ],
    # --- switches
    *[
        Story(
            f"{option} {value!r}",
            [
                "heads",
                "history",
                "revision --rev-id z -m x --head a2",
                "revision --rev-id y -m x --head z --sql",
                "merge -m m --rev-id q heads",
            ],
            {"migrations/env.py": ENV_THAT_TELLS},
            ini=f"{option} = {value}\n",
        )
        for option in ("revision_environment", "sourceless")
        for value in ("true", "True", "false", "1", "", "yes")
    ],
    Story(
        "sourceless files",
        ["heads", "upgrade a2", "heads", "history"],
        ini="sourceless=true\n",
        bytecode=True,
    ),
    # --- TOML
    Story(
        "toml lists",
        [
            "heads",
            "current",
            "revision --rev-id z -m 'a b' --head a2",
            "revision --rev-id y -m x --head base --version-path sub",
        ],
        toml(
            TABLE
            + """
version_locations = ["%(here)s/migrations/versions", "%(here)s/sub"]
prepend_sys_path = ["%(here)s", "sub"]
file_template = "%%(year)d-%%(rev)s_%%(slug)s"
truncate_slug_length = 10
timezone = "UTC"
output_encoding = "utf-8"
recursive_version_locations = true
revision_environment = false
sourceless = false
""",
            **{"sub/x.py": "revision='x'\ndown_revision=None\n"},
        ),
    ),
    *[
        Story(
            f"toml {line!r}",
            ["heads", "revision --rev-id z -m x --head a2"],
            toml(TABLE + line + "\n"),
        )
        for line in (
            'version_locations = ""',
            "version_locations = 3",
            "version_locations = [1, 2]",
            "version_locations = []",
            'prepend_sys_path = "."',
            "prepend_sys_path = [3]",
            'prepend_sys_path = ""',
            'recursive_version_locations = "true"',
            "recursive_version_locations = 1",
            'sourceless = "false"',
            "sourceless = 0",
            'revision_environment = "true"',
            "revision_environment = true",
            'truncate_slug_length = "12"',
            "truncate_slug_length = 5.5",
            "truncate_slug_length = true",
            'file_template = "%(rev)s"',
            'file_template = "%%(rev)s"',
            "file_template = 3",
            'file_template = ["a"]',
            'timezone = "Nope"',
            "timezone = 3",
            "timezone = 2024-01-01",
            'output_encoding = "nope"',
            "output_encoding = 8",
            'x = "%(nope)s"',
            'x = "%"',
            "script_location = 3",
            "[tool.alembic]",
            'path_separator = "nope"',
            "[tool.alembic.sub]\nx = 3",
            '[[tool.alembic.post_write_hooks]]\nname = "x"',
            '[[tool.alembic.post_write_hooks]]\ntype = "exec"',
            'post_write_hooks = "x"',
            "post_write_hooks = []",
            "post_write_hooks = [3]",
        )
    ],
    *[
        Story(f"toml whole {text!r}", ["heads"], toml(text))
        for text in (
            "",
            "[tool]",
            "[tool.other]\nx=1",
            "tool = 3",
            "[tool]\nalembic = 3",
            "[tool.alembic]",
            "[tool.alembic]\nscript_location=''",
            "[tool.alembic]\nscript_location=3",
            "[tool.alembic]\nscript_location=['a']",
            "[[tool.alembic]]\nscript_location='migrations'",
            "not toml",
            "[tool.alembic]\nscript_location='%(here)s/migrations'",
            "[tool.alembic]\nscript_location='%here'",
            "[tool.alembic]\nscript_location='migrations'\nscript_location='x'",
        )
    ],
    Story(
        "toml and ini",
        ["heads", "upgrade a1", "revision --rev-id z -m x --head a2"],
        {
            "alembic.ini": "[alembic]\nsqlalchemy.url=sqlite:///app.db\n",
            "pyproject.toml": TABLE + "timezone='UTC'\n",
        },
    ),
    Story(
        "ini wins",
        ["heads"],
        {
            "alembic.ini": "[alembic]\nscript_location=nowhere\n",
            "pyproject.toml": TABLE,
        },
    ),
    Story(
        "toml crlf and bom",
        ["heads"],
        {"alembic.ini": None, "pyproject.toml": TABLE.replace("\n", "\r\n").encode()},
    ),
    Story(
        "toml bom",
        ["heads"],
        {"alembic.ini": None, "pyproject.toml": b"\xef\xbb\xbf" + TABLE.encode()},
    ),
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_configuration(both: SideBySide, story: Story) -> None:
    both.check(story)
