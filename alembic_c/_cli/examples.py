"""What help says behind all arguments: commands that upstream lacks, and examples.

Imported when help is asked for. The examples are tried by the tests.
"""

from __future__ import annotations

import textwrap

from .added import ACTIVATION, VERBS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# Arguments, and what they are for.
PROGRAM = (
    ("init migrations", "a new environment"),
    ('revision --autogenerate -m "add users"', "by the models"),
    ("upgrade head", "apply all that is pending"),
    ("downgrade -1", "take the last step back"),
    ("history --graph", "draw the revisions"),
    ("-c other.ini upgrade head", "with another ini file"),
    ("--raiseerr upgrade head", "tracebacks of errors"),
)
# Command -> the same.
COMMANDS = {
    "activate": (("activate", "'import alembic' gives alembic_c from now on"),),
    "branches": (
        ("branches", "where the history parts"),
        ("branches -v", "with files and messages"),
        ("branches --format json", "for programs"),
    ),
    "catalog": (
        ("catalog", "the database, for mermaid"),
        ("catalog --models", "the models of env.py"),
        ("catalog --only 'shop_*'", "some tables"),
        ("catalog --url sqlite:///app.db", "without env.py"),
    ),
    "check": (
        ("check", "status 255 if a revision is missing"),
        ("check --format json", "for programs"),
    ),
    "current": (
        ("current", "where the database is"),
        ("current -v", "with file and message"),
        ("current --check-heads", "status 255 if it is behind"),
    ),
    "deactivate": (("deactivate", "undo 'activate'"),),
    "doctor": (
        ("doctor", "what is wrong, and what mends it"),
        ("doctor --format json", "for programs"),
    ),
    "downgrade": (
        ("downgrade -1", "take one step back"),
        ("downgrade ae10", "to a revision; first letters will do"),
        ("downgrade base", "take back everything"),
        ("downgrade ae10:base --sql", "print the SQL, without a database"),
    ),
    "edit": (
        ("edit head", "open the newest revision in $EDITOR"),
        ("edit ae10", "another one"),
    ),
    "ensure_version": (
        ("ensure_version", "make the version table if there is none"),
        ("ensure_version --sql", "print the SQL"),
    ),
    "heads": (
        ("heads", "the newest revision of each branch"),
        ("heads -v", "with files and messages"),
        ("heads --format json", "for programs"),
    ),
    "history": (
        ("history", "all revisions, the newest first"),
        ("history --graph", "with lines between them"),
        ("history -i", "which of them the database has"),
        ("history -r current:head", "what is pending"),
        ("history -n 5 -v", "the newest five, in full"),
    ),
    "init": (
        ("init migrations", "the usual environment"),
        ("init --template async migrations", "for an asynchronous driver"),
        ("init --template pyproject migrations", "settings in pyproject.toml"),
    ),
    "list_templates": (("list_templates", "what 'init --template' takes"),),
    "log": (
        ("log", "the steps that were run, the newest first"),
        ("log -n 5", "the newest five"),
        ("log --format json", "for programs"),
    ),
    "merge": (
        ('merge heads -m "join branches"', "one head of all"),
        ("merge ae10 27c6", "of these two"),
    ),
    "revision": (
        ('revision -m "add users"', "an empty one"),
        ('revision --autogenerate -m "add users"', "by the models"),
        ('revision -m "fix" --head ae10 --splice', "behind no head"),
        ('revision -m "data" --head base --branch-label data', "a new branch"),
    ),
    "show": (
        ("show head", "the newest revision"),
        ("show ae10", "another one; first letters will do"),
        ("show current", "the one that the database is at"),
    ),
    "stamp": (
        ("stamp head", "record that the database has everything"),
        ("stamp ae10", "record that it is at this revision"),
        ("stamp --purge ae10", "where its rows name unknown revisions"),
    ),
    "status": (
        ("status", "what is applied, and what is pending"),
        ("status --exit-code", "the status says it, too"),
        ("status --wait 60", "wait for a deployment's upgrade"),
    ),
    "test": (
        ("test", "each revision up, down and up again"),
        ("test ae10:head", "some of them"),
    ),
    "upgrade": (
        ("upgrade head", "apply all that is pending"),
        ("upgrade +1", "the next step only"),
        ("upgrade ae10", "up to a revision; first letters will do"),
        ("upgrade heads", "all branches"),
        ("upgrade head --plan", "show what would run"),
        ("upgrade ae10:head --sql", "print the SQL, without a database"),
        ("upgrade head --lock=60", "one at a time, waiting a minute at most"),
    ),
    "which": (("which", "whose script, import and distribution are"),),
}


def of_program(prog: str) -> str:
    """Return what the program's help ends with."""
    commands = {name: summary for name, (summary, _) in VERBS.items()} | ACTIVATION
    lines = [
        textwrap.fill(
            summary,
            width=78,
            initial_indent=f"    {name:<19} ",
            subsequent_indent=" " * 24,
        )
        for name, summary in commands.items()
    ]
    return "\n".join(["more commands:", *lines, "", *_block(prog, PROGRAM)]) + "\n"


def of_command(prog: str, name: str) -> str:
    """Return what a command's help ends with.

    prog: the program, without the command.
    name: "" is the answer for a command that others have added.
    """
    if name not in COMMANDS:
        return ""
    see = f"see also: {prog} --help; {', '.join(ACTIVATION)} (the name 'alembic')"
    return "\n".join([*_block(prog, COMMANDS[name]), "", see]) + "\n"


def _block(prog: str, examples: Iterable[tuple[str, str]]) -> list[str]:
    lines = [(f"  {prog} {arguments}", what) for arguments, what in examples]
    width = max(len(line) for line, _ in lines)
    return ["examples:", *(f"{line:<{width}}  # {what}" for line, what in lines)]
