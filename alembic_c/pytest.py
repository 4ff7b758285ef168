"""Fixtures for pytest: migrated databases in milliseconds.

    pytest_plugins = ["alembic_c.pytest"]

Every fixture can be overridden in the usual way. Those that a project most often
defines itself are `migration_config`, `migration_url`, `migration_seed` and
`migration_files`.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import pytest

from . import catalog, install, testkit
from .testkit import _engines, _servers

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from .config import Config

URL_VARIABLE = "ALEMBIC_C_TEST_URL"

# Gives a context manager of a database that stands right before a revision.
DatabaseBefore = Callable[[str], AbstractContextManager[testkit.BeforeRevision]]

# Gives a context manager of a migrated database: `with migrated_database_at("a1b2"):`.
DatabaseAt = Callable[[str], AbstractContextManager["URL"]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the settings of the ini file.

    It is the first hook that is called, so what `conftest.py` imports as `alembic`
    afterwards is this package.
    """
    install()
    parser.addini(
        "alembic_c_config",
        "the alembic.ini or pyproject.toml of the migrations",
        default="",
    )
    parser.addini(
        "alembic_c_ahead",
        "make the next database in a thread while a test runs, where that pays",
        type="bool",
        default=True,
    )
    parser.addini(
        "alembic_c_unedited_since",
        "a reference of git, such as origin/main: no revision was edited after it",
        default="",
    )
    parser.addini(
        "alembic_c_url",
        "the server for migrated databases: a URL, or 'sqlite', 'postgresql'; the "
        f"environment variable {URL_VARIABLE} comes first",
        default="",
    )


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Say in words how two catalogs, or two lists of changes, differ."""
    if op != "==":
        return None
    if isinstance(left, catalog.Catalog) and isinstance(right, catalog.Catalog):
        if left.backend != right.backend:
            return [f"a catalog of {left.backend} == one of {right.backend}"]
        changes = left.diff(right, order=True)
        return ["the catalogs are equal", *catalog.render(changes).splitlines()]
    if _are_changes(left) and _are_changes(right) and (left or right):
        lines = ["the changes are equal"]
        for side, changes in (("left", left), ("right", right)):
            lines.append(f"{side}:" if changes else f"{side}: none")
            lines += [f"  {each}" for each in catalog.render(changes).splitlines()]
        return lines
    return None


def _are_changes(value: object) -> TypeGuard[list[catalog.Change]]:
    return isinstance(value, list) and all(
        isinstance(each, catalog.Change) for each in value
    )


@pytest.fixture(scope="session")
def migration_config(pytestconfig: pytest.Config) -> Config:
    """Return the configuration of the migrations.

    From the setting `alembic_c_config`, else what the commands would take in the root
    directory.
    """
    from .config import Config

    root = pytestconfig.rootpath
    given = pytestconfig.getini("alembic_c_config")
    path = root / given if given else root / "alembic.ini"
    toml = root / "pyproject.toml"
    if path.name == "pyproject.toml":
        return Config(toml_file=path)
    return Config(path, toml_file=toml if toml.exists() else None)


@pytest.fixture(scope="session")
def migration_url(
    request: pytest.FixtureRequest,
    pytestconfig: pytest.Config,
    migration_config: Config,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Yield the URL of a server on which databases may be made.

    From the environment variable ALEMBIC_C_TEST_URL, the setting `alembic_c_url`, or
    the option `sqlalchemy.url` of the configuration, of which only the kind is taken:
    SQLite files are made in pytest's directory. A server of PostgreSQL that is not
    named by a URL comes from pytest-postgresql or testcontainers where they are
    installed; else it is a throwaway cluster.
    """
    given = os.environ.get(URL_VARIABLE) or pytestconfig.getini("alembic_c_url")
    if "://" in given:
        yield given
        return
    kind = _servers.kind_of(migration_config, given)
    if kind.partition("+")[0] == "sqlite":
        yield f"{kind}:///{tmp_path_factory.mktemp('databases') / 'test.db'}"
        return
    folder = _run_directory(tmp_path_factory)
    with _servers.running(kind, request, folder) as url:
        yield url


def _run_directory(factory: pytest.TempPathFactory) -> Path:
    """Return the directory that all processes of a test run have in common."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def migration_reference(pytestconfig: pytest.Config) -> str:
    """Return the git reference after which no revision may have been edited.

    From the setting `alembic_c_unedited_since`; skips the test if there is none.
    """
    given: str = pytestconfig.getini("alembic_c_unedited_since")
    if not given:
        pytest.skip("the setting alembic_c_unedited_since names no reference of git")
    return given


@pytest.fixture(scope="session")
def migration_files() -> list[str | os.PathLike[str]]:
    """Return files beside the migration environment that decide what is migrated."""
    return []


@pytest.fixture(scope="session")
def migration_seed() -> Callable[[Connection], Any] | None:
    """Return the function that puts rows into the template, None for none."""
    return None


@pytest.fixture(scope="session")
def migrated_database_at(
    pytestconfig: pytest.Config,
    migration_config: Config,
    migration_url: str,
    migration_files: list[str | os.PathLike[str]],
    migration_seed: Callable[[Connection], Any] | None,
) -> Iterator[DatabaseAt]:
    """Yield a function: revision to a context manager of a migrated database's URL.

    While a test runs, the database of the next one is made, except with the setting
    `alembic_c_ahead = false`; see `alembic_c.testkit.copies_ahead`.
    """

    @contextmanager
    def database_at(revision: str) -> Iterator[URL]:
        with testkit.migrated_database(
            *(migration_config, migration_url, revision),
            files=migration_files,
            seed=migration_seed,
        ) as url:
            yield url

    ahead = pytestconfig.getini("alembic_c_ahead")
    with testkit.copies_ahead() if ahead else nullcontext():
        yield database_at


@pytest.fixture(scope="session")
def database_before(migration_config: Config, migration_url: str) -> DatabaseBefore:
    """Return a function: revision to a context manager of a database right before it.

    For tests that data put in before a revision is there after it; see
    `alembic_c.testkit.before_revision`.
    """

    def before(revision: str) -> AbstractContextManager[testkit.BeforeRevision]:
        return testkit.before_revision(migration_config, migration_url, revision)

    return before


@pytest.fixture
def migrated_url(migrated_database_at: DatabaseAt) -> Iterator[URL]:
    """Yield the URL of a migrated database for this test alone."""
    with migrated_database_at("heads") as url:
        yield url


@pytest.fixture(scope="module")
def migrated_module_url(migrated_database_at: DatabaseAt) -> Iterator[URL]:
    """Yield the URL of a migrated database that the tests of a module share."""
    with migrated_database_at("heads") as url:
        yield url


@pytest.fixture(scope="session")
def migrated_worker_url(migrated_database_at: DatabaseAt) -> Iterator[URL]:
    """Yield the URL of a migrated database that all tests of a process share."""
    with migrated_database_at("heads") as url:
        yield url


@pytest.fixture
def migrated_engine(migrated_url: URL) -> Iterator[Engine]:
    """Yield an engine on a migrated database for this test alone."""
    engine = _engines.engine(migrated_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_worker_engine(migrated_worker_url: URL) -> Iterator[Engine]:
    """Yield an engine on the migrated database that all tests of a process share."""
    engine = _engines.engine(migrated_worker_url)
    yield engine
    engine.dispose()


@pytest.fixture
def migrated_connection(migrated_worker_engine: Engine) -> Iterator[Connection]:
    """Yield a connection whose transaction is rolled back after the test.

    For a session: `Session(connection, join_transaction_mode="create_savepoint")`.
    """
    with testkit.rolled_back(migrated_worker_engine) as connection:
        yield connection


@pytest.fixture
def migrated_async_engine(migrated_url: URL) -> AsyncEngine:
    """Return an asynchronous engine on a migrated database for this test alone.

    It keeps no connection, so nothing outlives the test's event loop.
    """
    return _engines.async_engine(migrated_url)


@pytest.fixture
def migrated_worker_async_engine(migrated_worker_url: URL) -> AsyncEngine:
    """Return an asynchronous engine on the database that a process's tests share."""
    return _engines.async_engine(migrated_worker_url)


async def _async_connection(
    migrated_worker_async_engine: AsyncEngine,
) -> AsyncIterator[AsyncConnection]:
    """Yield an asynchronous connection whose transaction is rolled back in the end."""
    async with testkit.rolled_back_async(migrated_worker_async_engine) as connection:
        yield connection


migrated_async_connection = _servers.async_fixture(_async_connection)


@pytest.fixture
def migrated_path(migrated_url: URL) -> Path:
    """Return the file of a migrated SQLite database for this test alone."""
    return Path(migrated_url.database or "")
