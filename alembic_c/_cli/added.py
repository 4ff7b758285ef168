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


def number(text: str) -> int:
    """Return a number of an option.

    argparse tells of the ValueError, with the name of this function.
    """
    found = int(text)
    if found < 0:
        raise ValueError
    return found


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
            "type": number,
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
            "type": number,
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
_PLAN = (
    (
        "--plan",
        {
            "action": "store_true",
            "default": SUPPRESS,
            "help": "Show what would run on the database as it is: the steps, their "
            "operations and transactions; the statements with --sql",
        },
    ),
)
_DRY_RUN = (
    (
        "--dry-run",
        {
            "action": "store_true",
            "default": SUPPRESS,
            "help": "Run the steps in one transaction and roll it back; PostgreSQL and "
            "SQLite",
        },
    ),
)
_REHEARSE = (
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
            "type": number,
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
# Command -> groups of further options: the function that runs the command if one of
# them is given, None for the command itself; and the options, in the order of the help.
_GROUPS: dict[str, tuple[tuple[str | None, tuple[tuple[Any, ...], ...]], ...]] = {
    "upgrade": (
        (None, (_LOCK, *_LIMITS)),
        ("alembic_c.production._plan:run", _PLAN),
        ("alembic_c.production._dry_run:run", _DRY_RUN),
        ("alembic_c.production._rehearse:run", _REHEARSE),
        ("alembic_c.production._tenants:run", _TENANTS),
    ),
    "downgrade": ((None, (_LOCK, *_LIMITS)),),
    "stamp": ((None, (_LOCK,)),),
    "history": (("alembic_c._views._history:run", _HISTORY),),
    **{
        name: ((f"alembic_c._views._json:{name}", (_FORMAT,)),)
        for name in ("branches", "check", "current", "heads", "show")
    },
}
# Command -> its further options.
OPTIONS = {
    name: tuple(option for _, options in groups for option in options)
    for name, groups in _GROUPS.items()
}
# What an option is if it is not given.
_AS_EVER = {"format": "text"}
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
    """Return what runs a command with its further options; None without any.

    It raises CommandError for options that exclude each other.
    """
    given = [
        (target, _flag(option))
        for target, group in _GROUPS.get(name, ())
        for option in group
        if target and _is_given(option, options)
    ]
    targets = {target for target, _ in given}
    if not targets:
        return None
    if len(targets) > 1:
        return _refusal([flag for _, flag in given])
    from importlib import import_module

    module, _, function = str(targets.pop()).partition(":")
    run: View = getattr(import_module(module), function)
    return run


def _refusal(flags: Sequence[str]) -> View:
    def refuse(config: Config, options: Namespace) -> None:
        from ..util import CommandError

        raise CommandError(f"{', '.join(flags)} exclude each other")

    return refuse


def _is_given(option: tuple[Any, ...], options: Namespace) -> bool:
    """Return whether an option is given, and says something."""
    name = _flag(option).lstrip("-").replace("-", "_")
    return getattr(options, name, None) not in (None, _AS_EVER.get(name))


def _flag(option: tuple[Any, ...]) -> str:
    *_, flag, _ = option
    return str(flag)
