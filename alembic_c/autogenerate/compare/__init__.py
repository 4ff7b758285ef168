"""The comparators: how a database and a model are compared, kind by kind.

`comparators` takes functions of applications and extensions, for the targets
"autogenerate", "schema", "table" and "column".  The ones built in are plugins, which
`EnvironmentContext.configure.autogenerate_plugins` switches on and off.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ...ext import checkconstraint_byname
from ...util import PriorityDispatcher
from . import (
    comments,
    constraints,
    enums,
    schema,
    server_defaults,
    tables,
    types,
)

if TYPE_CHECKING:
    from ...operations.ops import MigrationScript, UpgradeOps
    from ..api import AutogenContext

log = logging.getLogger("alembic.autogenerate.compare")

comparators = PriorityDispatcher()

# The plugins that `_bootstrap` makes of them, in the order in which they are called.
BUILT_IN = (
    (schema, "alembic.autogenerate.schemas"),
    (tables, "alembic.autogenerate.tables"),
    (types, "alembic.autogenerate.types"),
    (constraints, "alembic.autogenerate.constraints"),
    (server_defaults, "alembic.autogenerate.defaults"),
    (comments, "alembic.autogenerate.comments"),
    (checkconstraint_byname, "alembic.ext.checkconstraint_byname"),
    # Ours, for projects that ask for it.
    (enums, "alembic_c.enums"),
)


def _populate_migration_script(
    autogen_context: AutogenContext, migration_script: MigrationScript
) -> None:
    """Compare; fill the last lists of a script with the way up and the way down."""
    *_, forth = migration_script.upgrade_ops_list
    _produce_net_changes(autogen_context, forth)
    *_, back = migration_script.downgrade_ops_list
    forth.reverse_into(back)


def _produce_net_changes(
    autogen_context: AutogenContext, upgrade_ops: UpgradeOps
) -> None:
    """Compare; append what makes the database like the model to `upgrade_ops`."""
    assert autogen_context.connection is not None
    compare = autogen_context.comparators.dispatch(
        "autogenerate", qualifier=autogen_context.dialect.name
    )
    compare(autogen_context, upgrade_ops)
