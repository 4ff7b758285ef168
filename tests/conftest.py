"""Fixtures that the whole suite shares: real databases, and upstream's package."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.support import mariadb, postgres, upstream
from tests.support.side_by_side import SideBySide

# The URL of a running MySQL; no test starts one.
MYSQL = os.environ.get("ALEMBIC_C_TEST_MYSQL", "")


@pytest.fixture(scope="session")
def pg_server() -> Iterator[str]:
    """Yield the URL of a PostgreSQL server that belongs to this test run.

    ALEMBIC_C_TEST_PG names a running one (its account may create databases); without
    it a throwaway cluster is started.
    """
    given = os.environ.get("ALEMBIC_C_TEST_PG")
    if given:
        yield given
        return
    with postgres.cluster() as server:
        yield server.url()


@pytest.fixture
def pg_url(pg_server: str) -> Iterator[str]:
    """Yield the URL of an empty PostgreSQL database, dropped afterwards."""
    with postgres.database(pg_server) as url:
        yield url


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[str]:
    """Yield the URL of a MariaDB server that belongs to this test run.

    ALEMBIC_C_TEST_MARIADB names a running one; without it one is started.
    """
    given = os.environ.get("ALEMBIC_C_TEST_MARIADB")
    if given:
        yield given
        return
    try:
        server = mariadb.Server()
    except mariadb.ServerMissing as missing:
        pytest.skip(f"NOT TESTED on MySQL/MariaDB: {missing}")
    try:
        yield server.start().url()
    finally:
        server.stop()


@pytest.fixture(params=["mysql", "mariadb"])
def mariadb_url(request: pytest.FixtureRequest, mariadb_server: str) -> str:
    """Return the URL of an empty MariaDB database, by both names of the dialect."""
    return mariadb.emptied(mariadb_server, request.param)


def _mysql_kinds() -> list[str]:
    """Return the kinds of databases that `mysql_url` goes through."""
    there = ["server"] if MYSQL else []
    return ["mysql", "mariadb", *there]


@pytest.fixture(params=_mysql_kinds())
def mysql_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of an empty database: MariaDB's, by both names of the dialect.

    And MySQL's, if ALEMBIC_C_TEST_MYSQL names a running server.
    """
    if request.param == "server":
        return mariadb.emptied(MYSQL, "mysql")
    return mariadb.emptied(request.getfixturevalue("mariadb_server"), request.param)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the URL of a new SQLite file."""
    return f"sqlite:///{tmp_path / 'test.db'}"


def _url_of(request: pytest.FixtureRequest) -> str:
    if request.param == "mariadb":
        return mariadb.emptied(request.getfixturevalue("mariadb_server"), "mariadb")
    if request.param == "mysql":
        return mariadb.emptied(MYSQL, "mysql")
    fixture = {"sqlite": "sqlite_url", "postgresql": "pg_url"}[request.param]
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of an empty database, once for SQLite and once for PostgreSQL."""
    return _url_of(request)


@pytest.fixture(
    params=["sqlite", "postgresql", "mariadb", *(["mysql"] if MYSQL else [])]
)
def any_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of an empty database, once for each kind; MariaDB by its name.

    MySQL is one of them if ALEMBIC_C_TEST_MYSQL names a running server.
    """
    return _url_of(request)


@pytest.fixture(scope="session")
def upstream_path() -> Path:
    """Return the directory in which upstream's package is installed alone."""
    return upstream.directory()


@pytest.fixture(scope="session")
def upstream_package(upstream_path: Path) -> ModuleType:
    """Return upstream's package, imported side by side with ours."""
    return upstream.load()


@pytest.fixture(name="upstream", scope="session")
def _upstream(upstream_package: ModuleType) -> ModuleType:
    return upstream_package


@pytest.fixture(scope="session")
def both(
    upstream_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SideBySide]:
    """Yield both programs, each in a process that has imported what it needs."""
    with SideBySide(upstream_path, tmp_path_factory.mktemp("both")) as both:
        yield both
