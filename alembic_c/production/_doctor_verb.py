"""`alembic doctor`: what is wrong with a database and its project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._views._json import document
from ..script import ScriptDirectory
from . import _applied, _doctor

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ..config import Config
    from ..runtime.migration import MigrationContext


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="how to print what was found",
    )


def run(config: Config, options: Namespace) -> int:
    """Look for what is wrong with the database, the version table and the project.

    Each finding comes with the SQL, the command or the edit that mends it; nothing is
    written. The status is 1 if there is one.
    """
    findings = _examine(config)
    if options.format == "json":
        plain = [{**each._asdict(), "remedy": list(each.remedy)} for each in findings]
        config.print_stdout("%s", document("doctor", findings=plain))
    for each in findings if options.format == "text" else ():
        config.print_stdout("%s: %s", each.check, each.subject)
        config.print_stdout("  %s", each.problem)
        for line in each.remedy:
            config.print_stdout("    %s", line)
    if options.format == "text" and not findings:
        config.print_stdout("Nothing is wrong.")
    return 1 if findings else 0


def _examine(config: Config) -> list[_doctor.Finding]:
    """Raises CommandError if `env.py` runs no migrations."""
    script = ScriptDirectory.from_config(config)
    findings: list[_doctor.Finding] = []
    watches: list[_doctor.TransactionWatch] = []

    def look(context: MigrationContext) -> None:
        watches.append(_doctor.TransactionWatch(context))
        findings.extend(_doctor.examine(_doctor.Patient(script, context)))

    _applied.with_context(config, script, look)
    for watch in watches:
        findings.extend(watch.finding(script))
    return findings
