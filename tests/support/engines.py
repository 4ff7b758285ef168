"""Engines for tests that make random schemas and roll them back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

SECOND_SCHEMA = "test_schema"


def begin_by_hand(engine: sa.Engine) -> None:
    """Have SQLite's transactions begin with us; its driver would commit before DDL."""
    sa.event.listen(engine, "connect", _leave_transactions_alone)
    sa.event.listen(engine, "begin", lambda c: c.exec_driver_sql("BEGIN"))


def _leave_transactions_alone(dbapi_connection: Any, record: Any) -> None:
    dbapi_connection.isolation_level = None


@contextlib.contextmanager
def rolling_back(url: str) -> Iterator[sa.Engine]:
    """Yield an engine for an empty database, in which DDL can be rolled back.

    On PostgreSQL there is a second schema, SECOND_SCHEMA.
    """
    engine = sa.create_engine(url)
    if engine.dialect.name == "sqlite":
        begin_by_hand(engine)
    else:
        with engine.begin() as setup:
            setup.execute(sa.schema.CreateSchema(SECOND_SCHEMA))
    yield engine
    engine.dispose()
