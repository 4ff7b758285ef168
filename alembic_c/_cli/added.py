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
    from collections.abc import Sequence
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


# Name -> what the program's help says of it, and the module that is the command.
VERBS = {
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
# Command -> its further options.
OPTIONS: dict[str, tuple[tuple[Any, ...], ...]] = {
    "upgrade": (_LOCK,),
    "downgrade": (_LOCK,),
    "stamp": (_LOCK,),
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
