"""`alembic catalog`: the tables of a database or of models, as a picture or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import catalog, util
from ..script import ScriptDirectory

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from sqlalchemy import MetaData

    from ..config import Config
    from ..runtime.migration import MigrationContext


def add_arguments(parser: ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument(
        "--format",
        choices=("mermaid", "json"),
        default="mermaid",
        help="an entity-relationship picture, or what "
        "alembic_c.catalog.Catalog.from_json() reads",
    )
    parser.add_argument(
        "--models",
        action="store_true",
        help="show the models that env.py names, not the database",
    )
    parser.add_argument(
        "--url", help="the database; it is read without env.py and without SQLAlchemy"
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="PATTERN",
        help="tables to show in the picture, as shop_*; may be repeated",
    )


def run(config: Config, options: Namespace) -> None:
    """Show the tables of the database that env.py connects to.

    The version table is left out; nothing is written.
    """
    if options.format == "json" and (options.models or options.only):
        raise util.CommandError(
            "--format json is for the catalog of a database as a whole: "
            "not with --models or --only"
        )
    if options.models and options.url:
        raise util.CommandError("--models are those that env.py names: not with --url")
    if options.url:
        found: list[catalog.Catalog | MetaData] = [catalog.snapshot(options.url)]
    else:
        found = _through_env(config, options.models)
    for each in found:
        if isinstance(each, catalog.Catalog) and options.format == "json":
            text = each.to_json()
        else:
            text = catalog.mermaid(each, only=options.only)
        config.print_stdout("%s", text.rstrip("\n"))


def _through_env(config: Config, models: bool) -> list[catalog.Catalog | MetaData]:
    """Return what `env.py` connects to, or the models that it names.

    Raises CommandError if it names none.
    """
    from ..runtime.environment import EnvironmentContext

    script = ScriptDirectory.from_config(config)
    found: list[catalog.Catalog | MetaData] = []

    def look(heads: Any, context: MigrationContext) -> list[Any]:
        if not models:
            parts = (context.version_table_schema, context.version_table)
            name = ".".join(filter(None, parts))
            found.append(catalog.snapshot(context.connection, version_table=name))
            return []
        target = context.opts["target_metadata"]
        if target is None:
            raise util.CommandError(
                f"{script.env_py_location} names no models: target_metadata is None"
            )
        found.extend(util.to_list(target))
        return []

    with EnvironmentContext(config, script, fn=look, dont_mutate=True):
        script.run_env()
    return found
