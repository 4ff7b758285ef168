"""The reference, from the code: verbs, settings, variables, the API."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType

from alembic_c import command
from alembic_c._cli import added, examples
from alembic_c._cli import options as vocabulary
from alembic_c._cli.command_line import CommandLine
from alembic_c._cli.parser import MORE

PACKAGE = Path(command.__file__).parent

# The documented modules, in the order of the page. A module's `__all__` says what of
# it is told; without one it is what the module itself defines.
API = {
    "alembic_c": "The package",
    "alembic_c.command": "Commands as functions",
    "alembic_c.config": "Configuration",
    "alembic_c.runtime.environment": "The environment: `context`",
    "alembic_c.runtime.migration": "One database: `MigrationContext`",
    "alembic_c.operations": "Operations: `op`",
    "alembic_c.operations.ops": "Operation objects",
    "alembic_c.autogenerate": "Autogenerate",
    "alembic_c.script": "Revision files",
    "alembic_c.script.revision": "The revision graph",
    "alembic_c.script.write_hooks": "Write hooks of your own",
    "alembic_c.script.upgrade_hooks": "Hooks around an upgrade",
    "alembic_c.runtime.plugins": "Plugins",
    "alembic_c.util.exc": "Exceptions",
    "alembic_c.catalog": "Catalogs",
    "alembic_c.production": "Production",
    "alembic_c.testkit": "Databases for tests",
    "alembic_c.testkit.checks": "Checks of a tree",
}


def pages() -> dict[str, str]:
    """Return file name -> text."""
    return {
        "verbs.md": verbs(),
        "settings.md": settings(),
        "variables.md": variables(),
        "api.md": api(),
    }


# --- verbs ----------------------------------------------------------------------------

# Arguments for which the program's help has no words, as upstream's has none.
EXPLAINED = {
    "rev": "revision identifier, or a symbol such as `head`",
    "version_table": "the version table, where it has another name",
    "version_table_schema": "its schema, where that is not the default one",
}


def parsers() -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Yield (name, summary, parser) for each verb that the program has."""
    line = CommandLine("alembic")
    for name in added.VERBS:
        line._register_added(name)
    for name in (*command.VERBS, *added.VERBS):
        if name in added.VERBS:
            _, verb = added.load(name)
            summary = _paragraphs(verb.run.__doc__)
            summary += "\n\nAlembic does not have this command."
        else:
            summary = _paragraphs(vocabulary.summary(getattr(command, name)))
        yield name, summary, line.subparsers.choices[name]


def _paragraphs(text: str | None) -> str:
    lines = (text or "").strip().splitlines()
    return "\n".join(line.strip() for line in lines)


def verbs() -> str:
    """Return the page of the verbs."""
    program = CommandLine("alembic").parser
    parts = [
        "# Commands",
        "`alembic`, `alembic-c` and `python -m alembic_c` are the same program. Its "
        "own options stand before the command, a command's options behind it.",
        "## Options of the program",
        _table(program),
        "## Exit status",
        "| status | when |\n| --- | --- |\n"
        "| 0 | done |\n"
        "| 1 | the configuration or the revision files are broken; or an error of "
        "`env.py`, of a revision or of the database, in its own words |\n"
        "| 1 | `test`, `doctor`, `which`, and `upgrade` with `--rehearse`, `--each` or "
        "`--schemas` found or met a failure, and have said which |\n"
        "| 2 | the command line cannot be understood |\n"
        "| 3, 4, 5 | `status --exit-code`: behind, unknown, diverged |\n"
        "| 255 | a command failed and says why: `FAILED: …`; `check`, if the models "
        "have changes; `current --check-heads`, if heads are missing |\n\n"
        "[Mistakes and answers](../mistakes.md) has the words of errors; `--raiseerr` "
        "gives their traceback.",
    ]
    for name, summary, parser in parsers():
        parts += [f"## {name}", summary, _usage(parser), _table(parser)]
        parts.append(_examples(name))
    parts += ["## activate, deactivate, which", _activation()]
    return "\n\n".join(part for part in parts if part) + "\n"


def _usage(parser: argparse.ArgumentParser) -> str:
    # The program's own formatter leaves out what Alembic does not have.
    formatter = argparse.HelpFormatter(parser.prog, width=76)
    formatter.add_usage(parser.usage, parser._actions, [], prefix="")
    return f"```text\n{formatter.format_help().rstrip()}\n```"


def _table(parser: argparse.ArgumentParser) -> str:
    """Return the table of the arguments, then one of what Alembic does not have."""
    groups = (
        [each for each in parser._action_groups if each.title != MORE],
        [each for each in parser._action_groups if each.title == MORE],
    )
    tables = []
    for heading, chosen in zip(("argument", "not in Alembic"), groups, strict=True):
        rows = [
            _row(action)
            for group in chosen
            for action in group._group_actions
            if not isinstance(action, argparse._SubParsersAction | argparse._HelpAction)
        ]
        if rows:
            tables.append("\n".join([f"| {heading} | |", "| --- | --- |", *rows]))
    return "\n\n".join(tables)


def _row(action: argparse.Action) -> str:
    names = ", ".join(f"`{each}`" for each in action.option_strings)
    if not names:
        names = f"`{action.metavar or action.dest}`"
    elif action.nargs != 0:
        value = str(action.metavar or action.dest.upper())
        if action.choices:
            value = "|".join(map(str, action.choices))
        names += f" *{_cell(value)}*"
    text = _cell(" ".join((action.help or EXPLAINED.get(action.dest, "")).split()))
    if action.default not in (None, False, "", 0.0, [], argparse.SUPPRESS):
        text += f" (default: `{action.default}`)"
    return f"| {names} | {text} |"


def _examples(name: str) -> str:
    """Return the examples that the command's help has."""
    rows = [
        f"| `alembic {arguments}` | {_cell(what)} |"
        for arguments, what in examples.COMMANDS[name]
    ]
    return "\n".join(["| example | |", "| --- | --- |", *rows])


def _cell(text: str) -> str:
    text = re.sub(r"%\((\w+)\)s", r"\1", text)
    return re.sub(r"([<>\[\]|*_])", r"\\\1", text)


def _activation() -> str:
    rows = [f"| `{name}` | {text} |" for name, text in added.ACTIVATION.items()]
    table = "\n".join(["| command | |", "| --- | --- |", *rows])
    return (
        f"{table}\n\nThey take no options. `which` ends with 1 if script, import and "
        "distribution disagree. See [Switching from Alembic](../switching.md)."
    )


# --- settings -------------------------------------------------------------------------

# What each option of the main section is for: default, and text.
SETTINGS = {
    "script_location": (
        "none; it is needed",
        "Directory of `env.py`, `script.py.mako` and the revision files; "
        "`package:directory` looks in an installed package.",
    ),
    "file_template": (
        "`%%(rev)s_%%(slug)s`",
        "Name of a new revision file. It may use `rev`, `slug`, `epoch`, `year`, "
        "`month`, `day`, `hour`, `minute`, `second`, and have directories in it.",
    ),
    "prepend_sys_path": ("none", "Paths that go to the front of `sys.path`."),
    "timezone": ("local time", "Time zone of the dates, such as `Europe/Berlin`."),
    "truncate_slug_length": ("40", "Most characters of the message in a file name."),
    "revision_environment": (
        "false",
        "Run `env.py` for each new revision, not for `--autogenerate` alone.",
    ),
    "sourceless": ("false", "Also read compiled revision files (`.pyc`)."),
    "version_locations": (
        "`versions` below `script_location`",
        "Directories of revision files.",
    ),
    "path_separator": (
        "none",
        "What parts the paths above in the ini file: `os`, `:`, `;`, `space`, "
        "`newline`. TOML has lists instead.",
    ),
    "version_path_separator": ("none", "The old name of `path_separator`."),
    "recursive_version_locations": (
        "false",
        "Look for revision files in subdirectories, too.",
    ),
    "migration_lock": (
        "none",
        "Let one upgrade, downgrade or stamp at a time work on a database; the seconds "
        "to wait for the others, or `true`. As the option `--lock`.",
    ),
    "migration_lock_timeout": ("300", "The seconds, where `migration_lock` is true."),
    "lock_timeout": (
        "none",
        "How long a statement of a migration may wait for a lock (`2s`, `500ms`, "
        "`1min`; a number means seconds, 0 no limit). As the option `--lock-timeout`; "
        "also an attribute of a revision's module.",
    ),
    "lock_retries": (
        "0",
        "How often what waited too long for a lock, or met a deadlock, is rolled back "
        "and run again. As the option `--lock-retries`; also an attribute of a "
        "revision's module.",
    ),
    "statement_timeout": (
        "none",
        "How long a statement of a migration may run. As the option "
        "`--statement-timeout`; also an attribute of a revision's module.",
    ),
    "migration_history": (
        "false",
        "Note each step in a table beside the version table, for `alembic log`: who "
        "ran it, when, for how long, with which file, and how it ended.",
    ),
    "output_encoding": ("`utf-8`", "Encoding of new revision files."),
}

# Read by the templates' env.py, not by the program.
OF_ENV_PY = {
    "sqlalchemy.url": "The database. In ini files a percent sign is written `%%`.",
    "databases": "Names of sections, one for each database (template `multidb`).",
}

# The options of a write hook, by its type.
HOOKS = {
    "type": "`console_scripts`, `module`, `exec`, or a name that `env.py` registers",
    "entrypoint": "`console_scripts`: the script's name",
    "module": "`module`: what `python -m` runs",
    "executable": "`exec`: the program",
    "options": "arguments; `REVISION_SCRIPT_FILENAME` stands for the file",
    "cwd": "directory to run it in",
}

# The options of what runs around an upgrade, by its type.
UPGRADE_HOOKS = {
    "type": "`exec`, `module`, `sqlite_backup`, or the name of an entry point of the "
    "group `alembic_c.upgrade_hooks`",
    "executable": "`exec`: the program",
    "module": "`module`: what `python -m` runs",
    "options": "`exec`, `module`: arguments, in which `{database}`, `{host}`, "
    "`{port}`, `{username}`, `{time}` and `{revision}` are replaced",
    "cwd": "`exec`, `module`: directory to run it in",
    "directory": "`sqlite_backup`: where the copies go; beside the database by default",
    "keep": "`sqlite_backup`: how many copies stay; all by default",
}

# The settings of the pytest plugin, which stand in pytest's own configuration.
OF_PYTEST = {
    "alembic_c_config": "The `alembic.ini` or `pyproject.toml` of the migrations.",
    "alembic_c_url": "The server for migrated databases: a URL, or `sqlite`, "
    "`postgresql`. The variable `ALEMBIC_C_TEST_URL` comes first.",
    "alembic_c_ahead": "Whether the next database is made while a test runs, where "
    "that pays: PostgreSQL without `fsync`, MariaDB and MySQL. On by default.",
    "alembic_c_unedited_since": "A reference of git, such as `origin/main`: "
    "`test_no_revision_was_edited` fails if a revision file was changed since.",
}

# What a revision file may set at its top level, beside what Alembic reads.
OF_REVISIONS = ("lock_timeout", "lock_retries", "statement_timeout")

_HOOK_OPTION = re.compile(r"options(?:\.get\(|\[|, )\"(\w+)\"")
_OPTION_CALL = re.compile(
    r"(?:get_alembic_option|get_alembic_boolean_option|_ini_text|_toml_paths)"
    r"\(\s*\"(\w+)\""
)


def settings_of_the_code() -> set[str]:
    """Return the names of the options that the package's code asks for."""
    found = {"path_separator", "version_path_separator"}
    for path in PACKAGE.rglob("*.py"):
        found |= set(_OPTION_CALL.findall(path.read_text("utf-8")))
    return found


def hook_options_of_the_code(module: str) -> set[str]:
    """Return the names of the options that a module of hooks asks for.

    module: its path in the package.
    """
    text = (PACKAGE / module).read_text("utf-8")
    return {name for name in _HOOK_OPTION.findall(text) if not name.startswith("_")}


def settings() -> str:
    """Return the page of the settings."""
    rows = [
        f"| `{name}` | {text} | {default} |"
        for name, (default, text) in SETTINGS.items()
    ]
    own = [f"| `{name}` | {text} |" for name, text in OF_ENV_PY.items()]
    hooks = [f"| `{name}` | {text} |" for name, text in HOOKS.items()]
    around = [f"| `{name}` | {text} |" for name, text in UPGRADE_HOOKS.items()]
    testing = [f"| `{name}` | {text} |" for name, text in OF_PYTEST.items()]
    return "\n".join(
        [
            "# Settings",
            "",
            "They stand in the section `[alembic]` of `alembic.ini` (`-n` names "
            "another one), or in the table `[tool.alembic]` of `pyproject.toml`; an "
            "option that is in both is the ini file's. `%(here)s` is the directory of "
            "the file. A percent sign is written `%%` in both. In TOML lists are lists "
            "and `true` is no text.",
            "",
            "| setting | what it is | default |",
            "| --- | --- | --- |",
            *rows,
            "",
            "## Read by env.py",
            "",
            "The ini file only. `env.py` may take them from anywhere else, and may "
            "read options of your own with `config.get_main_option()`.",
            "",
            "| setting | what it is |",
            "| --- | --- |",
            *own,
            "",
            "## Write hooks",
            "",
            "In the ini file: section `[post_write_hooks]`, `hooks = name, ...`, and "
            "`name.type`, `name.options` and so on. In TOML: a table "
            "`[[tool.alembic.post_write_hooks]]` with a `name` for each. "
            "See [Write hooks](../howto/hooks.md).",
            "",
            "| option | what it is |",
            "| --- | --- |",
            *hooks,
            "",
            "## Around an upgrade",
            "",
            "Sections `[before_upgrade]` and `[after_upgrade]`, in TOML "
            "`[[tool.alembic.before_upgrade]]` and `[[tool.alembic.after_upgrade]]`, "
            "in the form of write hooks. Alembic does not read them. See "
            "[Production](../howto/production.md#a-backup-before-a-notice-after).",
            "",
            "| option | what it is |",
            "| --- | --- |",
            *around,
            "",
            "## In a revision file",
            "",
            "`revision`, `down_revision`, `branch_labels` and `depends_on`, and names "
            "that Alembic does not read, which go before the settings of the same "
            f"name: {', '.join(f'`{name}`' for name in OF_REVISIONS)}. See "
            "[Production](../howto/production.md#no-queue-behind-a-lock).",
            "",
            "## For pytest",
            "",
            "In pytest's own configuration, for the plugin `alembic_c.pytest`. See "
            "[Testing](../howto/testing.md).",
            "",
            "| setting | what it is |",
            "| --- | --- |",
            *testing,
            "",
            "## Logging",
            "",
            "`alembic init` writes sections `[loggers]`, `[handlers]` and "
            "`[formatters]`, which the template's `env.py` hands to Python's "
            "`logging.config.fileConfig()`. The loggers are `alembic` and what is "
            "below it; `level = DEBUG` in `[logger_alembic]` tells more.",
            "",
        ]
    )


# --- environment variables ------------------------------------------------------------

# What each variable of the package is for. A test compares the names with the code.
VARIABLES = {
    "ALEMBIC_CONFIG": "The configuration file, where `-c` is not given.",
    "ALEMBIC_URL": "Set for the programs of upgrade hooks: the database's URL, with "
    "its password.",
    "ALEMBIC_HEADS": "Set for them: the revisions that the database has.",
    "ALEMBIC_REVISIONS": "Set for them: those that the upgrade applies.",
    "ALEMBIC_C_PROOF": "`on` (default), `off`, or `check`: whether autogenerate may "
    "show in C that a table is unchanged. `off` compares every table in Python; "
    "`check` does both and fails if they differ.",
    "ALEMBIC_C_LIBPQ": "Path of the libpq that `catalog.snapshot()` of a URL loads.",
    "ALEMBIC_C_SQLITE3": "Path of the SQLite library that `catalog.snapshot()` of a "
    "file loads.",
    "ALEMBIC_C_TEST_URL": "The server on which the fixtures of `alembic_c.pytest` "
    "make databases.",
    "ALEMBIC_C_TESTKIT_CACHE": "Directory of the SQLite templates of "
    "`alembic_c.testkit`; by default below `XDG_CACHE_HOME` or `~/.cache`.",
    "EDITOR": "The editor of `alembic edit`.",
    "VISUAL": "The editor of `alembic edit` where there is no `EDITOR`.",
}


def variables_of_the_code() -> set[str]:
    """Return the names of our variables that stand in the package's code."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        found |= set(re.findall(r"\bALEMBIC_[A-Z0-9_]+\b", path.read_text("utf-8")))
    return found


def variables() -> str:
    """Return the page of the environment variables."""
    rows = [f"| `{name}` | {text} |" for name, text in VARIABLES.items()]
    return "\n".join(
        [
            "# Environment variables",
            "",
            "The URL of the database is none of them: `env.py` decides where it comes "
            "from, see [Production](../howto/production.md).",
            "",
            "| variable | what it is |",
            "| --- | --- |",
            *rows,
            "",
        ]
    )


# --- the API --------------------------------------------------------------------------

# Classes whose own members are told of by Python's documentation, or by nobody.
NOT_INHERITED = "object, BaseException, Exception, str, tuple, ModuleClsProxy"


def api() -> str:
    """Return the page that autodoc fills."""
    parts = [
        "# API",
        "The import paths are Alembic's: what is `alembic_c.x` here is `alembic.x` "
        "wherever the name `alembic` is this package. The fixtures of "
        "`alembic_c.pytest` are in [Testing](../howto/testing.md).",
    ]
    told: set[int] = set()
    for name, title in API.items():
        directives = []
        for member, value in _members(import_module(name)):
            if id(value) not in told:
                told.add(id(value))
                kind = "autoclass" if isinstance(value, type) else "autofunction"
                directives.append(f".. {kind}:: {name}.{member}")
                if kind == "autoclass":
                    directives.append("   :members:")
                    directives.append(f"   :inherited-members: {NOT_INHERITED}")
        body = "\n".join(directives)
        parts.append(f"## {title}\n\n```{{eval-rst}}\n{body}\n```")
    return "\n\n".join(parts) + "\n"


def _members(module: ModuleType) -> Iterator[tuple[str, object]]:
    """Yield (name, value) of the classes and functions that a module is there for."""
    package = hasattr(module, "__path__")
    for name in getattr(module, "__all__", None) or vars(module):
        value = getattr(module, name)
        if name.startswith("_") or not isinstance(value, type | FunctionType):
            continue
        home = value.__module__
        if (
            hasattr(module, "__all__")
            or home == module.__name__
            or (package and home.startswith(f"{module.__name__}._"))
        ):
            yield name, value
