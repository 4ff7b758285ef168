"""A tree for each test, and the servers on which the kit makes databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alembic_c.testkit import _sqlite
from tests.support import alembic_name
from tests.testkit.tree import Tree, drop_all


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Return a project with three revisions."""
    return Tree(tmp_path)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory of SQLite templates, one for each test."""
    monkeypatch.setenv(_sqlite.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def upstream_is_not_loaded() -> Iterator[None]:
    """Hide upstream's package, which other tests load in this process as `alembic`."""
    with alembic_name.hidden():
        yield


@pytest.fixture(params=["sqlite", "memory", "postgresql", "mariadb"])
def server(request: pytest.FixtureRequest, tmp_path: Path, tree: Tree) -> Iterator[str]:
    """Yield the URL of a server, once for each kind; what is left on it is dropped."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'app.db'}"
        return
    if request.param == "memory":
        yield "sqlite://"
        return
    fixture = {"postgresql": "pg_server", "mariadb": "mariadb_server"}[request.param]
    url: str = request.getfixturevalue(fixture)
    yield url
    drop_all(url, tree)


@pytest.fixture
def postgresql_server(pg_server: str, tree: Tree) -> Iterator[str]:
    """Yield the URL of PostgreSQL's server; what is left on it is dropped."""
    yield pg_server
    drop_all(pg_server, tree)
