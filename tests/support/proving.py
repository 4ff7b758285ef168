"""Compare a database with a model, and see what the equality proof made of it."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from alembic_c.autogenerate import compare_metadata
from alembic_c.runtime.migration import MigrationContext

VARIABLE = "ALEMBIC_C_PROOF"
_COUNTS = re.compile(r"(\d+) of (\d+) tables proven unchanged")
_REASON = re.compile(r"table '(.*)' not proven: (.*)")


@dataclass
class Verdict:
    """What came of a comparison in the mode `check`, in which contradictions raise.

    proven: None if the proof was not tried; reasons: of the tables not proven.
    """

    differences: list[Any] = field(default_factory=list)
    proven: int | None = None
    of: int = 0
    reasons: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    @property
    def all_proven(self) -> bool:
        return self.proven is not None and self.proven == self.of > 0


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextlib.contextmanager
def _messages() -> Iterator[list[str]]:
    logger = logging.getLogger("alembic.autogenerate.proof")
    collector, level = _Collector(), logger.level
    logger.addHandler(collector)
    logger.setLevel(logging.DEBUG)
    try:
        yield collector.messages
    finally:
        logger.removeHandler(collector)
        logger.setLevel(level)


@contextlib.contextmanager
def mode(setting: str) -> Iterator[None]:
    """Set the proof's mode for a block."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = setting
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def differences(
    connection: sa.Connection, metadata: Any, setting: str, **opts: Any
) -> list[Any]:
    """Return what autogenerate finds in a mode of the proof."""
    with mode(setting), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = MigrationContext.configure(connection, opts=opts)
        found: list[Any] = compare_metadata(context, metadata)
        return found


def check(connection: sa.Connection, metadata: Any, **opts: Any) -> Verdict:
    """Compare in the mode `check`.

    Raises ProofContradiction if a table was proven that has changes.
    """
    with _messages() as messages:
        verdict = Verdict(differences(connection, metadata, "check", **opts))
    for message in messages:
        if counts := _COUNTS.fullmatch(message):
            verdict.proven, verdict.of = int(counts[1]), int(counts[2])
        elif reason := _REASON.fullmatch(message):
            verdict.reasons[reason[1]] = reason[2]
        else:
            verdict.messages.append(message)
    return verdict
