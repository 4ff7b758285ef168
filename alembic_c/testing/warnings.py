"""Which warnings end a test run."""

from __future__ import annotations

import warnings
from contextlib import suppress
from typing import Any

from sqlalchemy import exc as sa_exc

# Later ones come first when a warning is looked up.
_FILTERS: list[tuple[Any, str, type[Warning]]] = [
    ("error", "", sa_exc.SADeprecationWarning),
    ("error", "", sa_exc.SAWarning),
    ("error", "", DeprecationWarning),
    # Python 3.15 formats tracebacks through Mako's templates, which have no spec.
    ("ignore", r"Module globals is missing a __spec__\.loader", DeprecationWarning),
]


def setup_filters() -> None:
    """Replace the filters of this process: SQLAlchemy's warnings and deprecations fail.

    Python's deprecations do too; pytest's own are shown once.
    """
    warnings.resetwarnings()
    for action, message, category in _FILTERS:
        warnings.filterwarnings(action, message, category)
    with suppress(ImportError):
        import pytest

        warnings.filterwarnings("once", category=pytest.PytestDeprecationWarning)
