"""`alembic status`: where a database stands, for people and for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._views._json import document
from ..script import ScriptDirectory
from . import _applied, _status

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ..config import Config
    from ._applied import Reader


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="how to print the status",
    )
    parser.add_argument(
        "--exit-code",
        action="store_true",
        help="exit with "
        + ", ".join(f"{code} if {state}" for state, code in _status.EXIT_CODES.items()),
    )
    parser.add_argument(
        "--wait",
        type=float,
        metavar="SECONDS",
        default=0.0,
        help="look again until the database is current, or for so long",
    )
    parser.add_argument(
        "--url",
        help="the database; it is asked without env.py, whose version table these "
        "options name if it is another one than alembic_version",
    )
    parser.add_argument("--version-table", default="alembic_version", metavar="NAME")
    parser.add_argument("--version-table-schema", metavar="NAME")


def run(config: Config, options: Namespace) -> int:
    """Show where the database stands; nothing is written to it."""
    script = ScriptDirectory.from_config(config)
    found: list[_status.Status] = []

    def look(read: Reader) -> None:
        def satisfied(heads: tuple[str, ...]) -> bool:
            found[:] = [_status.status(script, heads)]
            return found[0].state == "current"

        _applied.until(satisfied, read, options.wait)

    if options.url:
        table = _applied.VersionTable(
            options.version_table, options.version_table_schema
        )
        with _applied.at_url(options.url, table) as read:
            look(read)
    else:
        _applied.through_env(config, script, look)
    status = found[0]
    if options.format == "json":
        config.print_stdout("%s", document("status", **status.to_json()))
    else:
        for line in _lines(status):
            config.print_stdout("%s", line)
    return status.exit_code if options.exit_code else 0


def _lines(status: _status.Status) -> list[str]:
    lines = [
        f"state:    {_WORDS[status.state]}",
        f"applied:  {', '.join(status.applied) or 'nothing'}",
        f"heads:    {', '.join(status.heads) or 'none'}",
    ]
    if status.unknown:
        lines.append(f"unknown:  {', '.join(status.unknown)} (no file has it)")
    if status.pending:
        lines.append(f"pending:  {len(status.pending)}")
        lines += [f"  {each}" for each in status.pending]
    return lines


_WORDS = {
    "current": "current",
    "behind": "behind: an upgrade has something to do",
    "unknown": "unknown: the database has revisions of another tree, or is ahead",
    "diverged": "diverged: unknown revisions, and pending ones",
}
