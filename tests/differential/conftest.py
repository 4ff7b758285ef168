"""Fixtures of the differential tests: both packages, and both programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.differential.autogen_support import Package
from tests.support.side_by_side import SideBySide


@pytest.fixture(scope="session")
def packages(upstream: ModuleType) -> tuple[Package, Package]:
    """Return our package and upstream's, for autogenerate."""
    return Package("alembic_c"), Package(upstream.__name__)


@pytest.fixture(scope="session")
def both(
    upstream_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SideBySide]:
    """Yield both programs, each in a process that has imported what it needs."""
    with SideBySide(upstream_path, tmp_path_factory.mktemp("both")) as both:
        yield both
