"""The commands, and options of commands, that upstream does not have.

The commands are no part of the parser, so that its help and messages are upstream's,
until one of them is asked for. The options stand in a group of their own behind the
others, and not in the usage line.
"""

from __future__ import annotations

from argparse import SUPPRESS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Sequence
    from typing import Any, Protocol

    from ..util._config import Config

    class Verb(Protocol):
        """A command: a module with these two functions."""

        def add_arguments(self, parser: ArgumentParser) -> None:
            """Add the command's own arguments."""

        def run(self, config: Config, options: Namespace) -> int | None:
            """Run the command; return the exit status, None for 0.

            The docstring is what the command's help says.
            """

    # Runs a command; returns the exit status, None for 0.
    View = Callable[[Config, Namespace], int | None]


# Name -> what the program's help says of it, and the module that is the command.
VERBS = {
    "catalog": (
        "Show the tables of the database or of the models as a picture.",
        "alembic_c._views._catalog",
    ),
    "doctor": (
        "Look for what is wrong with the database and the project.",
        "alembic_c.production._doctor_verb",
    ),
    "log": (
        "Show the steps that were run, if the history is on.",
        "alembic_c.production._log_verb",
    ),
    "status": (
        "Show what is applied, what is pending, and what nobody knows.",
        "alembic_c.production._status_verb",
    ),
    "test": ("Run each revision up, down and up again.", "alembic_c.testkit._verb"),
}
# These change the environment that the program is in; `_activation` parses them.
ACTIVATION = {
    "activate": "Make 'import alembic' give this package in the whole environment.",
    "deactivate": "Undo 'activate'.",
    "which": "Say which package script, import and distribution are.",
}
EPILOG = f"more commands: {', '.join([*VERBS, *ACTIVATION])}"


def _count(text: str) -> int:
    """Return a number of an option; argparse tells of the ValueError."""
    number = int(text)
    if number < 0:
        raise ValueError
    return number


_count.__name__ = "number"  # as argparse calls it in its message


_LOCK = (
    "--lock",
    {
        "type": str,
        "metavar": "SECONDS",
        "default": SUPPRESS,  # no attribute if it is not given
        "help": "Let one run at a time work on the database; wait for the others, at "
        "most so many seconds (--lock=60; 300 if none are given)",
    },
)
_LIMITS = (
    (
        "--lock-timeout",
        {
            "metavar": "DURATION",
            "default": SUPPRESS,
            "help": "Let no statement wait longer for a lock (500ms, 2s, 1min); on "
            "PostgreSQL, MySQL and MariaDB, as the next two",
        },
    ),
    (
        "--lock-retries",
        {
            "type": _count,
            "metavar": "NUMBER",
            "default": SUPPRESS,
            "help": "Roll back what waited too long, or met a deadlock, and run it "
            "again, at most so many times",
        },
    ),
    (
        "--statement-timeout",
        {
            "metavar": "DURATION",
            "default": SUPPRESS,
            "help": "Let no statement run longer",
        },
    ),
)
_TENANTS = (
    (
        "--each",
        {
            "action": "append",
            "metavar": "URL",
            "default": SUPPRESS,
            "help": "Upgrade each of these databases: a URL, or a file with one on "
            "each line (- is standard input); can be given several times",
        },
    ),
    (
        "--schemas",
        {
            "metavar": "PATTERN",
            "default": SUPPRESS,
            "help": "Upgrade each schema whose name the pattern fits (tenant_*); "
            "env.py gets its name as the -x argument 'tenant'",
        },
    ),
    (
        "--jobs",
        {
            "type": _count,
            "metavar": "NUMBER",
            "default": SUPPRESS,
            "help": "How many of them at a time; one by default",
        },
    ),
    (
        "--keep-going",
        {
            "action": "store_true",
            "default": SUPPRESS,
            "help": "Go on with the others when one fails",
        },
    ),
    (
        "--report",
        {
            "metavar": "FILE",
            "default": SUPPRESS,
            "help": "Write what became of each of them, as JSON",
        },
    ),
    (
        "--resume",
        {
            "metavar": "FILE",
            "default": SUPPRESS,
            "help": "Leave out those that this report has as done",
        },
    ),
)
_LOOKING_AHEAD = (
    (
        "--plan",
        {
            "action": "store_true",
            "default": SUPPRESS,
            "help": "Show what would run on the database as it is: the steps, their "
            "operations and transactions; the statements with --sql",
        },
    ),
    (
        "--dry-run",
        {
            "action": "store_true",
            "default": SUPPRESS,
            "help": "Run the steps in one transaction and roll it back; PostgreSQL and "
            "SQLite",
        },
    ),
    (
        "--rehearse",
        {
            "action": "store_true",
            "default": SUPPRESS,
            "help": "Run the steps on a new database beside it, which has no rows, and "
            "tell their times, locks and what changes in the catalog",
        },
    ),
    (
        "--rehearse-url",
        {
            "metavar": "URL",
            "default": SUPPRESS,
            "help": "The same, on this database: a copy of the real one",
        },
    ),
)
_FORMAT = (
    "--format",
    {
        "choices": ("text", "json"),
        "default": SUPPRESS,
        "help": "How to print it: in lines, or as JSON",
    },
)
_HISTORY = (
    (
        "--format",
        {
            "choices": ("text", "json", "mermaid", "dot", "svg"),
            "default": SUPPRESS,
            "help": "How to print the revisions: in lines, as JSON, or as a picture "
            "for mermaid, Graphviz (dot) or a browser (svg)",
        },
    ),
    (
        "--graph",
        {
            "action": "store_true",
            "default": SUPPRESS,
            "help": "Draw the lines between the revisions beside them",
        },
    ),
    (
        "-n",
        "--limit",
        {
            "type": _count,
            "metavar": "NUMBER",
            "default": SUPPRESS,
            "help": "Show the newest so many revisions of the range only",
        },
    ),
    (
        "--reverse",
        {
            "action": "store_true",
            "default": SUPPRESS,
            "help": "Show the oldest revision first",
        },
    ),
)
# Command -> its further options.
OPTIONS: dict[str, tuple[tuple[Any, ...], ...]] = {
    "upgrade": (_LOCK, *_LIMITS, *_LOOKING_AHEAD, *_TENANTS),
    "downgrade": (_LOCK, *_LIMITS),
    "stamp": (_LOCK,),
    "history": _HISTORY,
    **dict.fromkeys(("branches", "check", "current", "heads", "show"), (_FORMAT,)),
}
# Command -> the function that runs it if one of its further options is given.
VIEWS = {
    "branches": "alembic_c._views._json:branches",
    "check": "alembic_c._views._json:check",
    "current": "alembic_c._views._json:current",
    "heads": "alembic_c._views._json:heads",
    "history": "alembic_c._views._history:run",
    "show": "alembic_c._views._json:show",
    "upgrade": "alembic_c.production._tenants:run",
}
# Options that have a function of their own.
_VIEWS_OF_OPTIONS = {
    "rehearse": "alembic_c.production._rehearse:run",
    "rehearse_url": "alembic_c.production._rehearse:run",
    "dry_run": "alembic_c.production._dry_run:run",
    "plan": "alembic_c.production._plan:run",
}
# Options, with their values, that the command itself looks at; None for any value.
_OF_THE_COMMAND: dict[str, tuple[Any, ...] | None] = {
    "format": ("text",),
    **dict.fromkeys(("lock", "lock_timeout", "lock_retries", "statement_timeout")),
}
# Those whose value may be left out; it can be given behind "=" only.
_OPTIONAL_VALUE = ("--lock",)


def spelled_out(arguments: Sequence[str]) -> list[str]:
    """Return a command line in which each option that takes a value has one."""
    return [f"{word}=" if word in _OPTIONAL_VALUE else word for word in arguments]


def load(name: str) -> tuple[str, Verb]:
    """Return what help says of a command, and the command."""
    from importlib import import_module

    summary, module = VERBS[name]
    verb: Verb = import_module(module)
    return summary, verb


def view(name: str, options: Namespace) -> View | None:
    """Return what runs a command with its further options; None without any."""
    given = [
        destination
        for destination in map(_destination, OPTIONS.get(name, ()))
        if _is_for_view(destination, options)
    ]
    if name not in VIEWS or not given:
        return None
    from importlib import import_module

    target = VIEWS[name]
    for option in filter(_VIEWS_OF_OPTIONS.__contains__, given):
        target = _VIEWS_OF_OPTIONS[option]
    module, _, function = target.partition(":")
    run: View = getattr(import_module(module), function)
    return run


def require_alone(name: str, options: Namespace, *beside: str) -> None:
    """Raise CommandError if further options of a command exclude each other.

    beside: the destinations of those that go with the one that has a function.
    """
    from ..util import CommandError

    destinations = map(_destination, OPTIONS[name])
    given = [each for each in destinations if _is_for_view(each, options)]
    if len(set(given).difference(beside)) > 1:
        flags = [f"--{each.replace('_', '-')}" for each in given]
        raise CommandError(f"{', '.join(flags)} exclude each other")


def _is_for_view(destination: str, options: Namespace) -> bool:
    if not hasattr(options, destination):
        return False
    own = _OF_THE_COMMAND.get(destination, ())
    return own is not None and getattr(options, destination) not in own


def _destination(option: tuple[Any, ...]) -> str:
    *_, flag, _ = option
    return str(flag).lstrip("-").replace("-", "_")
