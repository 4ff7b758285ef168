"""Fixtures of the differential tests."""

from __future__ import annotations

from types import ModuleType

import pytest

from alembic_c.autogenerate._expressions import Expressions
from alembic_c.ddl import _stored_types
from tests.support.autogen import Package


@pytest.fixture(scope="session")
def packages(upstream: ModuleType) -> tuple[Package, Package]:
    """Return our package and upstream's, for autogenerate."""
    return Package("alembic_c"), Package(upstream.__name__)


@pytest.fixture
def as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare expressions as texts, as upstream does (`db/test_expressions.py`)."""
    monkeypatch.setattr(Expressions, "can_ask", False)


@pytest.fixture
def by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare types by their names, as upstream does (`db/test_stored_types.py`)."""
    for name in ("on_mysql", "on_postgresql", "on_sqlite"):
        monkeypatch.setattr(_stored_types, name, lambda *of_the_model: ())
