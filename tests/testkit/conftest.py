"""A tree for each test, and the servers on which the kit makes databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from alembic_c.testkit import _sqlite
from tests.testkit.tree import Tree, databases


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Return a project with three revisions."""
    return Tree(tmp_path)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory of SQLite templates, one for each test."""
    monkeypatch.setenv(_sqlite.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(params=["sqlite", "memory", "postgresql", "mariadb"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of a server, once for each kind; what is left on it is dropped."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'app.db'}"
        return
    if request.param == "memory":
        yield "sqlite://"
        return
    fixture = {"postgresql": "pg_server", "mariadb": "mariadb_server"}[request.param]
    url: str = request.getfixturevalue(fixture)
    before = databases(url)
    yield url
    admin = sa.create_engine(
        url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with admin.connect() as connection:
        for name in databases(url) - before:
            connection.exec_driver_sql(f"DROP DATABASE {name}")


@pytest.fixture
def postgresql_server(pg_server: str) -> Iterator[str]:
    """Yield the URL of PostgreSQL's server; what is left on it is dropped."""
    before = databases(pg_server)
    yield pg_server
    admin = sa.create_engine(
        pg_server, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with admin.connect() as connection:
        for name in databases(pg_server) - before:
            connection.exec_driver_sql(f"DROP DATABASE {name}")
