"""An env.py with every callable that `configure` takes."""

from collections.abc import Collection, Iterable, Mapping, MutableMapping
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import engine_from_config, pool

from alembic import context
from alembic.autogenerate import rewriter
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from alembic.runtime.environment import NameFilterParentNames, NameFilterType
from alembic.runtime.migration import MigrationContext, MigrationInfo

config = context.config
writer = rewriter.Rewriter()


@writer.rewrites(ops.AddColumnOp)
def add_column(
    context: MigrationContext,
    revision: str | Iterable[str | None] | Iterable[str],
    op: ops.AddColumnOp,
) -> list[ops.MigrateOperation]:
    return [op]


def include_name(
    name: str | None, type_: NameFilterType, parent_names: NameFilterParentNames
) -> bool:
    return type_ != "schema" or name in (None, "public")


def include_object(
    object: sa.schema.SchemaItem,
    name: str | None,
    type_: NameFilterType,
    reflected: bool,
    compare_to: sa.schema.SchemaItem | None,
) -> bool:
    return not (type_ == "table" and reflected and compare_to is None)


def process(
    context: MigrationContext,
    revision: str | Iterable[str | None] | Iterable[str],
    directives: list[ops.MigrationScript],
) -> None:
    (script,) = directives
    if script.upgrade_ops is not None and script.upgrade_ops.is_empty():
        directives.clear()


def render_item(
    type_: str, obj: Any, autogen_context: AutogenContext
) -> str | Literal[False]:
    autogen_context.imports.add("import somewhere")
    return False


def compare_type(
    context: MigrationContext,
    inspected_column: sa.Column[Any],
    metadata_column: sa.Column[Any],
    inspected_type: sa.types.TypeEngine[Any],
    metadata_type: sa.types.TypeEngine[Any],
) -> bool | None:
    return None


def applied(
    ctx: MigrationContext,
    step: MigrationInfo,
    heads: Collection[Any],
    run_args: Mapping[str, Any],
) -> None:
    print(step.up_revision_id, step.is_upgrade)


def run_migrations_online() -> None:
    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}), poolclass=pool.NullPool
    )
    with connectable.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=sa.MetaData(),
            include_name=include_name,
            include_object=include_object,
            process_revision_directives=process,
            render_item=render_item,
            compare_type=compare_type,
        )
        with context.begin_transaction():
            context.run_migrations()
    context.configure(connection, process_revision_directives=writer)


if context.is_offline_mode():
    context.configure(url=config.get_main_option("sqlalchemy.url"))
else:
    run_migrations_online()
reveal_type(context.get_x_argument(as_dictionary=True))
