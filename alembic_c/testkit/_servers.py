"""Where the pytest plugin gets servers and asynchronous fixtures from."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ._tree import TestKitError, as_url

if TYPE_CHECKING:
    from sqlalchemy import URL

    from ..config import Config


def kind_of(config: Config, given: str | None = None) -> str:
    """Return dialect and driver of a server to work on: "postgresql+asyncpg".

    given: the kind that is asked for, None for that of the configuration's database,
        "sqlite" if it names none. One without a driver gets the configuration's, for
        which `env.py` is written. A URL is returned as it is.
    Raises TestKitError for what is neither a kind nor a URL.
    """
    url = config.get_main_option("sqlalchemy.url") or "sqlite://"
    own = url.partition("://")[0]
    kind = own if not given or given == own.partition("+")[0] else given
    if "://" not in kind and not _KIND.fullmatch(kind):
        # Which may be a URL that was cut, with a password in it.
        raise TestKitError(
            "what names the server is neither a URL, as postgresql://user@host/name, "
            "nor a kind, as postgresql or sqlite"
        )
    return kind


_KIND = re.compile(r"\w+(\+\w+)?")


@contextmanager
def local(place: str) -> Iterator[str]:
    """Yield the URL of a server for the time of a command.

    place: a URL, which is taken as it is; or a kind: SQLite gives a database in memory,
        PostgreSQL a throwaway cluster.
    Raises TestKitError for another kind.
    """
    backend = place.partition("+")[0]
    if "://" in place:
        yield place
    elif backend == "sqlite":
        yield f"{place}://"
    elif backend == "postgresql":
        from . import _cluster

        server = _cluster.Cluster()
        try:
            yield server.start().url(driver=place)
        finally:
            server.stop()
    else:
        raise TestKitError(f"no server for {backend}: name one with --url")


class Fixtures(Protocol):
    """What is needed of `pytest.FixtureRequest`."""

    def getfixturevalue(self, argname: str) -> Any:
        """Return the value of a fixture."""


@contextmanager
def running(kind: str, request: Fixtures, folder: Path) -> Iterator[str]:
    """Yield the URL of a server of a kind.

    folder: what the processes of one test run have in common.

    Raises TestKitError if none can be had.
    """
    backend = kind.partition("+")[0]
    if backend == "postgresql" and find_spec("pytest_postgresql") is not None:
        process = request.getfixturevalue("postgresql_proc")
        password = f":{process.password}" if process.password else ""
        account = f"{process.user}{password}"
        yield f"{kind}://{account}@{process.host}:{process.port}/postgres"
    elif find_spec("testcontainers") is not None and os.path.exists(_DOCKER):
        with _container(backend) as address:
            yield address.set(drivername=kind).render_as_string(hide_password=False)
    elif backend == "postgresql":
        from . import _cluster

        with _cluster.shared(folder, kind) as url:
            yield url
    else:
        raise TestKitError(
            f"no server for {backend}: ALEMBIC_C_TEST_URL or the setting "
            "alembic_c_url names one"
        )


_DOCKER = "/var/run/docker.sock"


@contextmanager
def _container(backend: str) -> Iterator[URL]:
    from importlib import import_module

    names = {"postgresql": ("postgres", "PostgresContainer")}
    module, name = names.get(backend, ("mysql", "MySqlContainer"))
    container = getattr(import_module(f"testcontainers.{module}"), name)
    with container() as running_container:
        yield as_url(running_container.get_connection_url())


def async_fixture(function: Callable[..., Any]) -> Any:
    """Make a fixture of an asynchronous generator.

    For pytest-asyncio where it is installed; anyio's plugin takes any.
    """
    from importlib import import_module

    name = "pytest_asyncio" if find_spec("pytest_asyncio") else "pytest"
    return import_module(name).fixture(function)
