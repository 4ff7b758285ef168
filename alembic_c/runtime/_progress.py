"""What somebody at a terminal sees of an upgrade that no log tells of.

Many an `env.py` configures no logging; then a command says nothing at all.  On a
terminal, and only there, the steps are told on standard error, unless the log writes
them, and at the end how many there were and how long they took.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from typing import TYPE_CHECKING

from ._failures import is_shown

if TYPE_CHECKING:
    from ._steps import RevisionStep, StampStep
    from .migration import MigrationContext


class Progress:
    """Tells of the steps of a command."""

    def __init__(self) -> None:
        self._n_steps = 0
        self._begun = time.monotonic()
        self._steps_are_logged = is_shown(logging.INFO)

    def step(self, step: RevisionStep | StampStep) -> None:
        """Tell that a step begins."""
        self._n_steps += 1
        if not self._steps_are_logged:
            print(f"Running {step}", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Tell how many steps have been made."""
        if self._n_steps:
            steps = "1 step" if self._n_steps == 1 else f"{self._n_steps} steps"
            seconds = time.monotonic() - self._begun
            print(f"{steps} in {seconds:.1f} s", file=sys.stderr, flush=True)


def progress_of(context: MigrationContext) -> Progress | None:
    """Return what tells of the steps, None where nobody looks: a pipe, CI, `-q`."""
    environment = context.environment_context
    config = None if environment is None else environment.config
    if context.as_sql or getattr(config, "_is_command_line", False) is not True:
        return None
    if config is None or config.messaging_opts.get("quiet") or "CI" in os.environ:
        return None
    return Progress() if sys.stderr.isatty() else None
