"""Autogenerate on one column, defined in two ways: ours and upstream's are equal.

Each of the definitions is in the database, the other ones are in the model in turn.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.autogen import Package, collected, describe

Make = Callable[[], sa.Column[Any]]


class Trigger(sa.FetchedValue):
    """A default that an application knows how to make."""


def column(type_: Any, *extra: Callable[[], Any], **options: Any) -> Make:
    """Return a function that makes a column; functions among the options are called."""

    def make() -> sa.Column[Any]:
        given = {
            name: value() if callable(value) else value
            for name, value in options.items()
        }
        return sa.Column("c", type_, *(each() for each in extra), **given)

    return make


INTEGERS: dict[str, Make] = {
    "plain": column(sa.Integer, nullable=False),
    "0": column(sa.Integer, nullable=False, server_default="0"),
    "text 0": column(sa.Integer, nullable=False, server_default=lambda: sa.text("0")),
    "fetched": column(sa.Integer, nullable=False, server_default=sa.FetchedValue),
    "trigger": column(sa.Integer, nullable=False, server_default=Trigger),
    "null": column(sa.Integer, nullable=False, server_default=sa.null),
    "text null": column(
        sa.Integer, nullable=False, server_default=lambda: sa.text("NULL")
    ),
    "fetched, bigger": column(
        sa.BigInteger, nullable=False, server_default=sa.FetchedValue
    ),
}


def identities(**options: Any) -> dict[str, Make]:
    """Return integers, plain and as identities.

    Upstream fails where one side is an identity and the other has another default.
    """
    return {
        "plain": column(sa.Integer, **options),
        "identity": column(sa.Integer, sa.Identity, **options),
        **{
            name: column(sa.Integer, functools.partial(sa.Identity, **given), **options)
            for name, given in (
                ("always", {"always": True}),
                ("start", {"start": 5}),
                ("increment", {"increment": 3, "cache": 3}),
                ("no limits", {"nominvalue": True, "nomaxvalue": True}),
                ("all", {"always": True, "start": 10, "maxvalue": 5000}),
            )
        },
    }


TEXTS: dict[str, Make] = {
    "percent": column(sa.String(20), server_default="100%"),
    "text percent": column(sa.String(20), server_default=lambda: sa.text("'100%'")),
    "other percent": column(sa.String(20), server_default=lambda: sa.text("'1%%'")),
    "char": column(sa.CHAR(5), server_default=lambda: sa.text("'100%'")),
    "literal": column(sa.String(20), server_default=lambda: sa.literal("100%")),
    "expression": column(sa.String(20), server_default=lambda: sa.func.lower("%S")),
    "fetched": column(sa.String(20), server_default=sa.FetchedValue),
}
PAIRS = [
    pytest.param(makes[one], makes[other], id=f"{name}-{one}-{other}")
    for name, makes in (
        ("integer", INTEGERS),
        ("identity", identities(nullable=False)),
        ("key", identities(primary_key=True)),
        ("text", TEXTS),
    )
    for one in makes
    for other in makes
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    url = "sqlite://"
    if request.param == "postgresql":
        url = request.getfixturevalue("pg_server")
    made = sa.create_engine(url)
    yield made
    made.dispose()


def model_of(make: Make, *indexes: Callable[[sa.Table], Any]) -> sa.MetaData:
    metadata = sa.MetaData(naming_convention={"pk": "pk_%(table_name)s"})
    column = make()
    key = [] if column.primary_key else [sa.Column("id", sa.Integer, primary_key=True)]
    table = sa.Table("one_column", metadata, *key, column)
    for index in indexes:
        index(table)
    return metadata


def findings(
    package: Package, connection: sa.Connection, model: sa.MetaData
) -> tuple[Any, ...]:
    opts: dict[str, Any] = {"compare_server_default": True, "include_name": _is_ours}
    context = package.context(connection, opts)
    point = connection.begin_nested()
    with collected() as (messages, _):
        script = package.differences(context, model)
        diffs = [describe(each) for each in script.upgrade_ops.as_diffs()]
        script.downgrade_ops = script.upgrade_ops.reverse()
        render = package.autogenerate.render_python_code
        code = [render(script.upgrade_ops), render(script.downgrade_ops)]
    point.rollback()
    return diffs, sorted(messages), code


def _is_ours(name: Any, type_: str, parents: Any) -> bool:
    return type_ != "table" or name == "one_column"


@pytest.mark.parametrize(("there", "here"), PAIRS)
def test_columns(
    packages: tuple[Package, Package],
    engine: sa.Engine,
    there: Make,
    here: Make,
) -> None:
    with engine.connect() as connection:
        model_of(there).create_all(connection)
        ours, theirs = (findings(each, connection, model_of(here)) for each in packages)
        connection.rollback()
        if engine.dialect.name == "sqlite":
            model_of(there).drop_all(connection)
    assert ours == theirs


@pytest.mark.parametrize("unique", [False, True])
def test_an_index_without_a_name(
    packages: tuple[Package, Package], engine: sa.Engine, unique: bool
) -> None:
    """A convention that does not cover indexes leaves them without one."""
    make = INTEGERS["plain"]
    with engine.connect() as connection:
        model_of(make).create_all(connection)
        ours, theirs = (
            findings(
                each,
                connection,
                model_of(make, lambda t: sa.Index(None, t.c.c, unique=unique)),
            )
            for each in packages
        )
        connection.rollback()
        if engine.dialect.name == "sqlite":
            model_of(make).drop_all(connection)
    assert ours == theirs
    assert "create_index(op.f('ix_one_column_c')" in ours[2][0]
