"""Fixtures of the differential tests."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.support.autogen import Package


@pytest.fixture(scope="session")
def packages(upstream: ModuleType) -> tuple[Package, Package]:
    """Return our package and upstream's, for autogenerate."""
    return Package("alembic_c"), Package(upstream.__name__)
