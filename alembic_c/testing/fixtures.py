"""Base classes of tests, and pytest fixtures in them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData
from sqlalchemy.testing.fixtures import TablesTest as SQLAlchemyTablesTest
from sqlalchemy.testing.fixtures import TestBase as SQLAlchemyTestBase

from ..migration import MigrationContext
from ..operations import Operations
from ._alter_column import AlterColRoundTripFixture as AlterColRoundTripFixture
from ._capture import capture_context_buffer as capture_context_buffer
from ._capture import capture_db as capture_db
from ._capture import capture_engine_context_buffer as capture_engine_context_buffer
from ._capture import op_fixture as op_fixture
from ._sqla import config, drop_all_tables, fixture
from .env import _get_staging_directory

testing_config = ConfigParser()
testing_config.read(["test.cfg"])

# Upstream has it and reads it nowhere.
_engs: dict[Any, Any] = {}


class TestBase(SQLAlchemyTestBase):
    """Base of tests; pytest's fixtures for migrations are its methods."""

    @contextmanager
    def pushd(self, dirname: str | os.PathLike[str]) -> Iterator[None]:
        """Make `dirname` the current directory for a block."""
        before = os.getcwd()
        os.chdir(dirname)
        try:
            yield
        finally:
            os.chdir(before)

    @fixture
    def clear_staging_dir(self) -> Iterator[None]:
        """Empty the staging directory after the test."""
        yield
        for entry in Path(_get_staging_directory()).iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    @fixture
    def pop_alembic_config_env(self) -> Iterator[None]:
        """Unset ALEMBIC_CONFIG after the test."""
        yield
        os.environ.pop("ALEMBIC_CONFIG", None)

    @fixture
    def connection(self) -> Iterator[Connection]:
        """Connect to the run's database, for the test."""
        with config.db.connect() as connection:
            yield connection

    @fixture
    def migration_context(self, connection: Connection) -> MigrationContext:
        """Return a context with a transaction for each migration."""
        return _context(connection)

    @fixture
    def as_sql_migration_context(self, connection: Connection) -> MigrationContext:
        """Return a context for offline mode."""
        return _context(connection, as_sql=True)

    @fixture
    def ops_context(self, migration_context: MigrationContext) -> Iterator[Operations]:
        """Give operations in a migration's transaction."""
        with migration_context.begin_transaction(_per_migration=True):
            yield Operations(migration_context)

    @fixture
    def restore_operations(self) -> Iterator[Callable[[type[Any]], None]]:
        """Give a function that saves a class's implementations for after the test."""
        saved: list[tuple[Any, Any]] = []

        def save(operations: type[Any]) -> None:
            dispatcher: Any = operations._to_impl
            saved.append((dispatcher, dispatcher._registry.copy()))

        yield save
        for dispatcher, registry in reversed(saved):
            dispatcher._registry = registry

    @fixture
    def metadata(self, request: Any) -> Iterator[MetaData]:
        """Give a MetaData, `self.metadata` too, whose tables are dropped afterwards."""
        # Asked for first, it is closed last: the tables may be locked by it.
        asked = "connection" in request.fixturenames
        connection = request.getfixturevalue("connection") if asked else None
        request.instance.metadata = metadata = MetaData()
        yield metadata
        del request.instance.metadata
        _drop_tables(metadata, connection)


def _context(connection: Connection, **options: Any) -> MigrationContext:
    options["transaction_per_migration"] = True
    return MigrationContext.configure(connection, opts=options)


def _drop_tables(metadata: MetaData, connection: Connection | None) -> None:
    """Drop what is there, through the connection if its transaction is under way."""
    transaction = connection.get_transaction() if connection is not None else None
    if transaction is None or connection is None:
        drop_all_tables(metadata, config.db)
        return
    transaction.rollback()
    with connection.begin():
        drop_all_tables(metadata, connection)


class TablesTest(TestBase, SQLAlchemyTablesTest):
    """Base of tests whose tables exist for the whole class; see SQLAlchemy's."""
