"""Take a database to a model by what autogenerate writes, and back, and look at it.

Runs either package, so that a test can show what both do.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

import tests.support.schema_words
from alembic_c.catalog import snapshot
from tests.support.autogen import LOGGER, Package, describe

OPTIONS = {
    "compare_server_default": True,
    "sqlalchemy_module_prefix": "sa.",
    "alembic_module_prefix": "op.",
}

__all__ = [
    "LOGGER",
    "Trip",
    "Written",
    "context",
    "round_trip",
    "run",
    "write",
    "written",
]


@dataclass
class Written:
    """What autogenerate writes: the bodies of both functions, and the differences.

    imports: the lines that the bodies need beside the usual ones.
    """

    upgrade: str
    downgrade: str
    diffs: list[str]
    imports: list[str] = field(default_factory=list)


@dataclass
class Trip:
    """What came of a migration that was written, run, and taken back.

    failed: which step the database refused, and why; remaining: what the next
    comparison finds; changes: how the database differs from before, after the way back.
    """

    written: Written
    failed: str | None = None
    remaining: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)

    @property
    def is_at_rest(self) -> bool:
        """Whether everything ran, and nothing is left to do or to undo."""
        return not (self.failed or self.remaining or self.changes)

    def told(self) -> str:
        """Return all of it, for the message of an assertion."""
        return "\n".join(
            [
                self.written.upgrade,
                self.written.downgrade,
                f"failed: {self.failed}",
                *(f"remains: {each}" for each in self.remaining),
                *(f"changed: {each}" for each in self.changes),
            ]
        )


def context(
    package: Package, connection: sa.Connection, model: sa.MetaData, **opts: Any
) -> Any:
    """Return a migration context."""
    return package.context(connection, {"target_metadata": model, **OPTIONS, **opts})


def write(
    package: Package, connection: sa.Connection, model: sa.MetaData, **opts: Any
) -> Written:
    """Compare, and return what is written."""
    configured = context(package, connection, model, **opts)
    imports: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        script = package.autogenerate.produce_migrations(configured, model)
        upgrade, downgrade = (
            package.autogenerate.render_python_code(
                each,
                imports=imports,
                migration_context=configured,
                render_as_batch=opts.get("render_as_batch", False),
            )
            for each in (script.upgrade_ops, script.downgrade_ops)
        )
        diffs = [describe(each) for each in script.upgrade_ops.as_diffs()]
    if connection.in_transaction():
        connection.commit()
    return Written(upgrade, downgrade, diffs, sorted(imports))


def written(
    package: Package, connection: sa.Connection, model: sa.MetaData, **opts: Any
) -> tuple[str, str]:
    """Compare, and return the bodies of both functions."""
    found = write(package, connection, model, **opts)
    return found.upgrade, found.downgrade


def run(package: Package, connection: sa.Connection, code: str, **opts: Any) -> None:
    """Run the body of a function of a revision file, and commit."""
    configured = package.context(connection, opts)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with configured.begin_transaction():
                package.execute(configured, code, tests=tests)
        if connection.in_transaction():
            connection.commit()
    except BaseException:
        if connection.in_transaction():
            connection.rollback()
        raise


def round_trip(
    package: Package,
    connection: sa.Connection,
    model: sa.MetaData,
    *,
    start: sa.MetaData | None = None,
    ignore: Iterable[str] = (),
    **opts: Any,
) -> Trip:
    """Go up, compare, down, compare with the database before, and up again.

    start: the model before, which is made here; without it the database is as it is.
    ignore: patterns of what may differ afterwards, as `Catalog.diff` takes them.
    """
    if start is not None:
        start.create_all(connection)
        connection.commit()
    before = snapshot(connection)
    connection.rollback()
    trip = Trip(write(package, connection, model, **opts))
    for step in ("upgrade", "downgrade", "upgrade again"):
        body = trip.written.downgrade if step == "downgrade" else trip.written.upgrade
        try:
            run(package, connection, body)
        except Exception as error:  # noqa: BLE001 - which one is the outcome
            trip.failed = f"{step}: {type(error).__name__}: {error}"
            return trip
        if step == "downgrade":
            after = snapshot(connection)
            connection.rollback()
            trip.changes = [str(each) for each in before.diff(after, ignore=ignore)]
            if start is not None:
                trip.remaining += write(package, connection, start, **opts).diffs
        else:
            trip.remaining += write(package, connection, model, **opts).diffs
    return trip
