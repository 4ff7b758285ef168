"""Databases in which the catalogs of random schemas are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from alembic_c.catalog import Catalog, snapshot
from tests.support.engines import rolling_back
from tests.support.schemas import Schema, build

CatalogOf = Callable[[Schema], Catalog | None]


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """Yield an engine for an empty database, in which DDL can be rolled back."""
    with rolling_back(database_url) as engine:
        yield engine


@pytest.fixture
def catalog_of(engine: sa.Engine) -> CatalogOf:
    """Return what gives the catalog that a schema makes; None if it is refused."""

    def catalog_of(schema: Schema) -> Catalog | None:
        with engine.connect() as connection:
            try:
                build(schema).create_all(connection)
            except sa.exc.SQLAlchemyError:
                return None
            return snapshot(connection)

    return catalog_of
