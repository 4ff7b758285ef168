"""What a table may be, by what the model may want: upstream's answer is ours.

Each case pairs every way to declare something with every way to model it, a table for
each pair, so that the proof meets all near misses: a table that it takes for unchanged,
and upstream reports, is a failure, as is the other way round.

ALEMBIC_C_GRID is which share of the pairs a run sees: 1 for all, 12 (the default) for a
twelfth; of a small grid about ENOUGH.
"""

from __future__ import annotations

import os
import warnings
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import (
    Column,
    MetaData,
    Table,
)

from tests.support.autogen import Package
from tests.support.proof_grids import POSTGRESQL, SQLITE, TARGETS, Grid, targets
from tests.support.proving import mode

SHARE = int(os.environ.get("ALEMBIC_C_GRID", "12"))
ENOUGH = 60

pytestmark = pytest.mark.usefixtures("as_text", "by_name")


def create(connection: sa.Connection, name: str, declared: str) -> bool:
    """Create a table; returns whether the database takes it."""
    body, *after = declared.replace("{t}", name).split(";")
    with connection.begin_nested() as savepoint:
        try:
            for statement in (f"CREATE TABLE {name} ({body})", *after):
                connection.execute(sa.text(statement.replace(":", "\\:")))
        except sa.exc.DBAPIError:
            savepoint.rollback()
            return False
    return True


def model(grid: Grid, pairs: Sequence[tuple[int, int]]) -> MetaData:
    metadata = MetaData()
    if grid.before == TARGETS:
        targets(metadata)
    for i, k in pairs:
        name = f"t_{i}_{k}"
        items: list[Any] = [*grid.also(name), *grid.wanted[k](name)]
        options = items.pop() if isinstance(items[-1], dict) else {}
        # A column of the pair's takes the place of the grid's own.
        columns = {each.name: each for each in items if isinstance(each, Column)}
        others = (each for each in items if not isinstance(each, Column))
        items = [*columns.values(), *others]
        Table(name, metadata, *items, **options)
    return metadata


def changes(
    package: Package, connection: sa.Connection, metadata: MetaData, **opts: Any
) -> dict[str, list[str]]:
    """Return the kinds of changes of each table."""
    found: dict[str, list[str]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = package.context(connection, opts)
        script = package.differences(context, metadata)
    for directive in script.upgrade_ops.ops:
        kinds = [
            type(each).__name__ + str(sorted(_set(each)))
            for each in getattr(directive, "ops", [directive])
        ]
        found.setdefault(directive.table_name, []).extend(sorted(kinds))
    return found


def _set(operation: Any) -> Iterator[str]:
    """Yield which parts of a column an operation changes."""
    for name, value in vars(operation).items():
        if name.startswith("modify_") and value is not None and value is not False:
            yield name


def _upstream(
    package: Package,
    connection: sa.Connection,
    grid: Grid,
    pairs: Sequence[tuple[int, int]],
    found: dict[str, list[str]],
) -> list[tuple[int, int]]:
    """Fill in upstream's changes; returns the pairs on which it fails."""
    names = {f"t_{i}_{k}" for i, k in pairs}
    savepoint = connection.begin_nested()
    try:
        found.update(
            changes(
                package,
                connection,
                model(grid, pairs),
                include_name=lambda name, kind, parents: (
                    kind != "table" or name in names or not name.startswith("t_")
                ),
                **grid.opts,
            )
        )
    except Exception:  # noqa: BLE001 - whatever it is: ours may do better there
        savepoint.rollback()
        if len(pairs) == 1:
            return list(pairs)
        half = len(pairs) // 2
        return [
            each
            for some in (pairs[:half], pairs[half:])
            for each in _upstream(package, connection, grid, some, found)
        ]
    savepoint.rollback()
    return []


def compared(
    packages: tuple[Package, Package],
    connection: sa.Connection,
    grid: Grid,
) -> int:
    """Assert that both packages see the same; returns how many tables are unchanged."""
    ours, theirs = packages
    n_possible = len(grid.declared) * len(grid.wanted)
    share = min(SHARE, max(1, n_possible // ENOUGH))
    for statement in grid.before:
        connection.execute(sa.text(statement))
    pairs = [
        (i, k)
        for i, declared in enumerate(grid.declared)
        for k in range(len(grid.wanted))
        if zlib.crc32(f"{i}:{k}".encode()) % share == 0
        and create(connection, f"t_{i}_{k}", declared)
    ]
    n_all = len(pairs)
    expected: dict[str, list[str]] = {}
    for refused in _upstream(theirs, connection, grid, pairs, expected):
        connection.exec_driver_sql(f"DROP TABLE t_{refused[0]}_{refused[1]}")
        pairs.remove(refused)
    assert len(pairs) > n_all / 2
    for setting in ("on", "check", "off"):
        with mode(setting):
            found = changes(ours, connection, model(grid, pairs), **grid.opts)
        for i, k in pairs:
            name = f"t_{i}_{k}"
            assert found.get(name) == expected.get(name), (
                f"proof {setting}, {name}: {grid.declared[i]}"
            )
        assert found == expected
    return len(pairs) - sum(name.startswith("t_") for name in expected)


@pytest.mark.parametrize("name", POSTGRESQL)
def test_postgresql(pg_url: str, packages: tuple[Package, Package], name: str) -> None:
    engine = sa.create_engine(pg_url)
    with engine.connect() as connection:
        assert compared(packages, connection, POSTGRESQL[name]) > 0
    engine.dispose()


@pytest.mark.parametrize("name", SQLITE)
def test_sqlite(packages: tuple[Package, Package], name: str) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        assert compared(packages, connection, SQLITE[name]) > 0
    engine.dispose()
