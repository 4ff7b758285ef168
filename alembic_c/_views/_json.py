"""What commands tell, as JSON: one form for all of them.

A document is an object with "format", the version of the form, which is raised when a
field changes its meaning or goes away; "command"; and what the command tells, mostly
"revisions".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from .. import command
from ..script import ScriptDirectory

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator

    from ..config import Config
    from ..operations.ops import MigrateOperation
    from ..runtime.migration import MigrationContext
    from ..script.base import Script

FORMAT = 1


def document(name: str, **told: Any) -> str:
    """Return a document: what the command of a name tells."""
    return json.dumps({"format": FORMAT, "command": name, **told}, indent=2)


def revision(script: Script, current: bool | None = None) -> dict[str, Any]:
    """Return what there is to say about a revision.

    current: whether the database is at it; None if it was not asked.
    """
    return {
        "revision": script.revision,
        "down_revisions": list(script._versioned_down_revisions),
        "depends_on": list(script._resolved_dependencies),
        "children": sorted(script.nextrev),
        "branch_labels": sorted(script.branch_labels),
        "message": script.doc,
        "description": script.longdoc,
        "path": script.path,
        "is_head": script.is_head,
        "is_base": script.is_base,
        "is_branch_point": script.is_branch_point,
        "is_merge_point": script.is_merge_point,
        "is_current": current,
    }


def _print(config: Config, name: str, **told: Any) -> None:
    config.print_stdout("%s", document(name, **told))


def _print_revisions(config: Config, name: str, scripts: Iterable[Script]) -> None:
    _print(config, name, revisions=[revision(each) for each in scripts])


def heads(config: Config, options: Namespace) -> None:
    """Print the heads of the tree."""
    script = ScriptDirectory.from_config(config)
    chosen = command._chosen_heads(script, options.resolve_dependencies)
    _print_revisions(config, "heads", chosen)


def branches(config: Config, options: Namespace) -> None:
    """Print the revisions at which branches begin."""
    script = ScriptDirectory.from_config(config)
    points = (each for each in script.walk_revisions() if each.is_branch_point)
    _print_revisions(config, "branches", points)


def show(config: Config, options: Namespace) -> None:
    """Print the revisions that an identifier stands for."""
    script = ScriptDirectory.from_config(config)
    chosen = command._denoted(config, script, options.rev)
    _print_revisions(config, "show", chosen)


def current(config: Config, options: Namespace) -> None:
    """Print what is applied to each database that `env.py` goes through."""
    databases: list[dict[str, Any]] = []

    def note(scripts: Iterable[Script], context: MigrationContext) -> None:
        connection = context.connection
        databases.append(
            {
                "url": connection
                and connection.engine.url.render_as_string(hide_password=True),
                "revisions": [revision(each, True) for each in scripts],
            }
        )

    command._look_at_current(config, options.check_heads, note)
    _print(config, "current", databases=databases)


def check(config: Config, options: Namespace) -> int:
    """Print what a migration would have to do; return 255 if that is anything."""
    changes = [
        change
        for operations in command._pending_operations(command._compared(config))
        for change in _changes(operations.ops)
    ]
    _print(config, "check", is_clean=not changes, changes=changes)
    return 255 if changes else 0


def _changes(operations: Iterable[MigrateOperation]) -> Iterator[dict[str, Any]]:
    from ..autogenerate import render_python_code
    from ..operations import ops

    for each in operations:
        if isinstance(each, ops.OpContainer):
            yield from _changes(each.ops)
            continue
        code = render_python_code(ops.UpgradeOps([each]))
        lines = [line.strip() for line in code.splitlines() if "# ###" not in line]
        column = getattr(each, "column", None)
        names = [getattr(each, name, None) for name in _NAMES]
        yield {
            "operation": _directive(type(each).__name__),
            "schema": getattr(each, "schema", None),
            "table": getattr(each, "table_name", getattr(each, "source_table", None)),
            "name": next(filter(None, names), getattr(column, "name", None)),
            "python": " ".join(lines),
        }


# What operations call what they are about, beside its table.
_NAMES = ("column_name", "index_name", "constraint_name")


def _directive(name: str) -> str:
    """Return "add_column" for "AddColumnOp"."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name.removesuffix("Op")).lower()
