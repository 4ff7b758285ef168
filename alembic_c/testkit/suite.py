"""The tests that every migration tree should have, for pytest.

    from alembic_c.testkit.suite import *

in a test file of the project collects all of them; importing some of them by name
chooses. They use the fixtures of `alembic_c.pytest`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import checks

if TYPE_CHECKING:
    from ..config import Config

__all__ = [
    "test_autogenerate_finds_nothing",
    "test_each_revision_reverts",
    "test_migrations_go_up",
    "test_migrations_load_without_warning",
    "test_migrations_match_models",
    "test_no_revision_was_edited",
    "test_one_head",
]


def test_one_head(migration_config: Config) -> None:
    """The tree has one head."""
    checks.one_head(migration_config)


def test_migrations_load_without_warning(migration_config: Config) -> None:
    """All revision files can be executed, and nothing warns of them."""
    checks.loads_without_warning(migration_config)


def test_migrations_go_up(migration_config: Config, migration_url: str) -> None:
    """An empty database can be upgraded."""
    checks.goes_up(migration_config, migration_url)


def test_each_revision_reverts(migration_config: Config, migration_url: str) -> None:
    """Each revision goes up, down and up; the way down restores the catalog."""
    checks.steps(migration_config, migration_url)


def test_migrations_match_models(migration_config: Config, migration_url: str) -> None:
    """Migrations and models make the same database."""
    checks.matches_models(migration_config, migration_url)


def test_autogenerate_finds_nothing(
    migration_config: Config, migration_url: str
) -> None:
    """`alembic check` is quiet."""
    checks.autogenerate_finds_nothing(migration_config, migration_url)


def test_no_revision_was_edited(
    migration_config: Config, migration_reference: str
) -> None:
    """No revision file was changed after the git reference that is set, if one is."""
    checks.unedited_since(migration_config, migration_reference)
