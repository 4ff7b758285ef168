"""`alembic log`: which steps were run on the database, by whom, and how they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .._cli.added import number
from .._views._json import document
from ..runtime import _history
from ..script import ScriptDirectory
from ..util import sqla_compat
from . import _applied

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ..config import Config
    from ..runtime.migration import MigrationContext


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="how to print the steps",
    )
    parser.add_argument(
        "-n", type=number, metavar="NUMBER", help="show the newest so many steps only"
    )


def run(config: Config, options: Namespace) -> None:
    """Show the steps that the history has, the newest first.

    The setting `migration_history` turns the history on.
    """
    found: list[dict[str, Any]] = []
    script = ScriptDirectory.from_config(config)
    _applied.with_context(
        config, script, lambda context: found.extend(steps(context, options.n))
    )
    if options.format == "json":
        config.print_stdout(
            "%s", document("log", steps=[_plain(each) for each in found])
        )
        return
    for each in found:
        config.print_stdout("%s", _line(each))


def steps(context: MigrationContext, limit: int | None = None) -> list[dict[str, Any]]:
    """Return the rows of a database's history, the newest first; [] without one.

    limit: how many at most.
    """
    table = _history.table(context.version_table, context.version_table_schema)
    if not sqla_compat._connectable_has_table(
        context.connection, table.name, table.schema
    ):
        return []
    columns = table.c
    query = sa.select(table).order_by(
        columns.started_at.desc(), columns.run, columns.step.desc()
    )
    rows = context.connection.execute(query.limit(limit)).mappings()
    return [dict(row) for row in rows]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row in what JSON has; times are UTC in ISO 8601."""
    return {
        name: f"{value.isoformat()}Z" if name.endswith("_at") and value else value
        for name, value in row.items()
    }


def _line(row: dict[str, Any]) -> str:
    words = [
        f"{row['started_at']:%Y-%m-%d %H:%M:%S}",
        f"{row['direction']} {row['revision']}:",
        row["outcome"] or "did not end",
    ]
    if row["seconds"] is not None:
        words.append(f"in {row['seconds']:.3f} s")
    words.append(f"by {row['os_user']}@{row['host']}")
    if row["error"]:
        words.append(f"({row['error'].splitlines()[0]})")
    return " ".join(words)
