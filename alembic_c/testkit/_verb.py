"""`alembic test`: the checks of a migration tree from the command line."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from . import checks
from ._servers import kind_of, local

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ..config import Config


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument(
        "range",
        nargs="?",
        default="",
        help="the revisions to run, as start:end; all by default",
    )
    parser.add_argument(
        "--url",
        help="a server on which databases may be made; by default SQLite in memory, or "
        "a throwaway PostgreSQL server, by the kind of sqlalchemy.url",
    )


def run(config: Config, options: Namespace) -> int:
    """Run each revision up, down and up again on a database of its own.

    The catalog after the way down has to equal the one before the way up. The status is
    1 if a revision does not revert what it does, or if there are several heads.
    """
    started = time.perf_counter()
    n_failed = 0

    def show(report: checks.StepReport) -> None:
        nonlocal n_failed
        n_failed += report.failed
        config.print_stdout("%s", report)

    try:
        checks.one_head(config)
    except checks.CheckFailed as problem:
        config.print_stdout("%s", problem)
        n_failed += 1
    with local(kind_of(config, options.url)) as url:
        n_steps = len(checks.try_steps(config, url, options.range, report=show))
    seconds = time.perf_counter() - started
    config.print_stdout("%d revisions in %.1f s, %d failed", n_steps, seconds, n_failed)
    return 1 if n_failed else 0
