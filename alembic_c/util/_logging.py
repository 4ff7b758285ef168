"""Loggers that cost nothing until somebody logs or listens."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from typing import Any


def _logger(name: str) -> logging.Logger:
    """Return a real logger below `alembic`, which is silent unless configured."""
    import logging

    top = logging.getLogger("alembic")
    if not top.handlers:
        # Without a handler logging would print warnings to stderr by itself.
        top.addHandler(logging.NullHandler())
    return logging.getLogger(name)


class DeferredLogger:
    """Stand for a logger of `logging`, a module that is slow to import.

    As long as nobody has imported `logging`, nobody can have configured a handler
    that would see a record.  Every attribute of the real logger is available.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(_logger(self.name), attribute)

    def info(self, message: str, *args: Any) -> None:
        """Log at level INFO if `logging` is in use."""
        if "logging" in sys.modules:
            _logger(self.name).info(message, *args, stacklevel=2)

    def error(self, message: str, *args: Any) -> None:
        """Log at level ERROR if `logging` is in use."""
        if "logging" in sys.modules:
            _logger(self.name).error(message, *args, stacklevel=2)
