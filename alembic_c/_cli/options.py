"""The command line's vocabulary: how the parameters of commands are written.

`OPTIONS` and `POSITIONALS` map the name of a command function's parameter to what
`argparse` has to know about it.  The help texts are part of the interface.
"""

from __future__ import annotations

from collections.abc import Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def _text(*flags: str, help: str, **more: Any) -> tuple[Any, ...]:
    return (*flags, {"type": str, "help": help, **more})


def _switch(*flags: str, help: str) -> tuple[Any, ...]:
    return (*flags, {"action": "store_true", "help": help})


# In the order in which upstream's own table has them.
OPTIONS: dict[str, tuple[Any, ...]] = {
    "template": _text(
        "-t",
        "--template",
        help="Setup template for use with 'init'",
        default="generic",
    ),
    "message": _text("-m", "--message", help="Message string to use with 'revision'"),
    "sql": _switch(
        "--sql",
        help="Don't emit SQL to database - dump to standard output/file instead. "
        "See docs on offline mode.",
    ),
    "tag": _text(
        "--tag",
        help="Arbitrary 'tag' name - can be used by custom env.py scripts.",
    ),
    "head": _text(
        "--head",
        help="Specify head revision or <branchname>@head to base new revision on.",
    ),
    "splice": _switch(
        "--splice", help="Allow a non-head revision as the 'head' to splice onto"
    ),
    "depends_on": (
        "--depends-on",
        {
            "action": "append",
            "help": "Specify one or more revision identifiers which this revision "
            "should depend on.",
        },
    ),
    "rev_id": _text(
        "--rev-id", help="Specify a hardcoded revision id instead of generating one"
    ),
    "version_path": _text(
        "--version-path", help="Specify specific path from config for version file"
    ),
    "branch_label": _text(
        "--branch-label", help="Specify a branch label to apply to the new revision"
    ),
    "verbose": _switch("-v", "--verbose", help="Use more verbose output"),
    "resolve_dependencies": _switch(
        "--resolve-dependencies", help="Treat dependency versions as down revisions"
    ),
    "autogenerate": _switch(
        "--autogenerate",
        help="Populate revision script with candidate migration operations, based "
        "on comparison of database to model.",
    ),
    "rev_range": _text(
        "-r",
        "--rev-range",
        help="Specify a revision range; format is [start]:[end]",
    ),
    "indicate_current": _switch(
        "-i", "--indicate-current", help="Indicate the current revision"
    ),
    "purge": _switch(
        "--purge", help="Unconditionally erase the version table before stamping"
    ),
    "package": _switch(
        "--package",
        help="Write empty __init__.py files to the environment and version locations",
    ),
    "check_heads": _switch(
        "-c",
        "--check-heads",
        help="Check if all head revisions are applied to the database. Exit with an "
        "error code if this is not the case.",
    ),
}

POSITIONALS: dict[str, dict[str, Any]] = {
    "directory": {"help": "location of scripts directory"},
    "revision": {"help": "revision identifier"},
    "revisions": {
        "nargs": "+",
        "help": "one or more revisions, or 'heads' for all heads",
    },
}

# Options of the program, before the name of the command.
PROGRAM_OPTIONS: tuple[tuple[Any, ...], ...] = (
    (
        "-c",
        "--config",
        {
            "action": "append",
            "help": "Alternate config file; defaults to value of ALEMBIC_CONFIG "
            'environment variable, or "alembic.ini". May also refer to '
            "pyproject.toml file.  May be specified twice to reference both files "
            "separately",
        },
    ),
    _text(
        "-n",
        "--name",
        default="alembic",
        help="Name of section in .ini file to use for Alembic config (only applies "
        "to configparser config, not toml)",
    ),
    (
        "-x",
        {
            "action": "append",
            "help": "Additional arguments consumed by custom env.py scripts, e.g. -x "
            "setting1=somesetting -x setting2=somesetting",
        },
    ),
    _switch("--raiseerr", help="Raise a full stack trace on error"),
    _switch("-q", "--quiet", help="Do not log to std output."),
)


def add_option(parser: Any, option: Sequence[Any]) -> None:
    """Add an entry of the tables above to an `ArgumentParser`."""
    *flags, settings = option
    parser.add_argument(*flags, **settings)


def verb_of(arguments: Sequence[str]) -> str | None:
    """Return the name of the command in a command line, None if there is none.

    It is the first word that is neither an option of the program nor an option's value.
    """
    with_value = {
        flag
        for *flags, settings in PROGRAM_OPTIONS
        if settings.get("action") != "store_true"
        for flag in flags
    }
    words = iter(arguments)
    for word in words:
        if word in with_value:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return None


def signature(function: Callable[..., Any]) -> tuple[list[str], list[str]]:
    """Return the parameters behind `config`: those without a default, and with one.

    Reads the code object, because the module `inspect` is slow to import.
    Raises TypeError if `function` is not written in Python.
    """
    bound = hasattr(function, "__self__")
    plain = getattr(function, "__func__", function)
    code = getattr(plain, "__code__", None)
    if code is None:
        raise TypeError(f"{function!r} is not a Python function")
    names = list(code.co_varnames[: code.co_argcount])[2 if bound else 1 :]
    n_required = max(0, len(names) - len(plain.__defaults__ or ()))
    return names[:n_required], names[n_required:]


def summary(function: Callable[..., Any]) -> str:
    """Return the first paragraph of a function's docstring as one line."""
    paragraph: list[str] = []
    for line in (function.__doc__ or "").strip().splitlines():
        if not line.strip():
            break
        paragraph.append(line.strip())
    return " ".join(paragraph)
