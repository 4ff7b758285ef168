"""The recipes of the documentation that are whole projects: both tools do the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.side_by_side import INI, SideBySide, Story, revision

VIEW_OPERATIONS = Path(__file__).parent / "recipes" / "view_operations.py"

ONLINE = """
from alembic import context
from sqlalchemy import create_engine

{before}

def run(connection):
    context.configure(connection=connection, target_metadata=target_metadata{options})
    with context.begin_transaction():
        context.run_migrations()


{after}
"""
CONNECT = """
with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as found:
    run(found)
"""
ONLINE_OR_OFFLINE = """
url = context.config.get_main_option("sqlalchemy.url")
if context.is_offline_mode():
    context.configure(url=url, target_metadata=target_metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url).connect() as found:
        run(found)
"""
MODELS = """
import sqlalchemy as sa

target_metadata = sa.MetaData()
sa.Table(
    "account",
    target_metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(20), index=True),
)
"""
# The usual project has two branches; the recipes begin with one revision.
NO_REVISIONS: dict[str, str | bytes | None] = {
    "migrations/versions/a1_message.py": None,
    "migrations/versions/a2_message.py": None,
    "migrations/versions/b1_message.py": None,
}


def env(before: str = MODELS, options: str = "", after: str = CONNECT) -> str:
    return ONLINE.format(before=before, options=options, after=after)


CONDITIONAL_TEMPLATE = '''\
"""${message}"""
from alembic import context, op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def wants_data():
    return context.get_x_argument(as_dictionary=True).get("data", None)


def upgrade():
    schema_upgrades()
    if wants_data():
        data_upgrades()


def downgrade():
    if wants_data():
        data_downgrades()
    schema_downgrades()


def schema_upgrades():
    ${upgrades if upgrades else "pass"}


def schema_downgrades():
    ${downgrades if downgrades else "pass"}


def data_upgrades():
    account = sa.table("account", sa.column("id"), sa.column("name", sa.String))
    rows = [{"id": 1, "name": "it's"}, {"id": 2, "name": "100%"}]
    op.bulk_insert(account, rows)


def data_downgrades():
    op.execute("delete from account")
'''

VIEW_REVISION = """
from alembic import op
from views import View

revision = {id!r}
down_revision = {down!r}
one = View("v", {sqltext!r})


def upgrade():
    {up}


def downgrade():
    {down_body}
"""


def view_revisions() -> dict[str, str | bytes | None]:
    steps = [
        ("v1", None, "op.create_view(one)", "op.drop_view(one)"),
        (
            *("v2", "v1", "op.replace_view(one, replaces='v1.one')"),
            "op.replace_view(one, replace_with='v1.one')",
        ),
    ]
    return {
        f"migrations/versions/{id}.py": VIEW_REVISION.format(
            id=id, down=down, up=up, down_body=down_body, sqltext=f"SELECT '{id}' AS x"
        )
        for id, down, up, down_body in steps
    }


LEAVE_OUT_EMPTY = """
def process_revision_directives(context, revision, directives):
    if context.config.cmd_opts.autogenerate:
        script = directives[0]
        if script.upgrade_ops.is_empty():
            directives[:] = []
"""
TWO_SCRIPTS = """
from alembic.operations import ops


def include_object(object, name, type_, reflected, compare_to):
    return not (type_ == "table" and reflected and compare_to is None)


def process_revision_directives(context, revision, directives):
    found = directives[0]
    directives[:] = [
        ops.MigrationScript(
            rev_id=name,
            upgrade_ops=ops.UpgradeOps(found.upgrade_ops.ops if name == "x1" else []),
            downgrade_ops=ops.DowngradeOps(),
            message=f"part {name}",
            head=head,
            splice=True,
            branch_label=label,
        )
        for name, head, label in (("x1", "base", "ex"), ("x2", "b1", None))
    ]
"""
PLUGIN = """
from alembic.util import PriorityDispatchResult


def setup(plugin):
    def compare(autogen_context, upgrade_ops, schemas):
        print("asked of", sorted(map(str, schemas)))
        return PriorityDispatchResult.CONTINUE

    plugin.add_autogenerate_comparator(compare, "schema", "tables")
"""
SET_UP_PLUGIN = """
import recipe_plugin
from alembic.runtime.plugins import Plugin

Plugin.setup_plugin_from_module(recipe_plugin, "recipe.one")
"""
ASYNC = """
import asyncio
from sqlalchemy.ext.asyncio import create_async_engine


async def connect():
    url = context.config.get_main_option("sqlalchemy.url")
    engine = create_async_engine(url.replace("sqlite:", "sqlite+aiosqlite:"))
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(connect())
"""
SEVERAL = """
[DEFAULT]
sqlalchemy.url = sqlite:///%(name)s.db
version_table = version_of_%(name)s

[one]
name = one
script_location = migrations

[two]
name = two
script_location = migrations
version_locations = %(here)s/of_two
path_separator = os
"""
SEVERAL_ENV = env().replace(
    "target_metadata=target_metadata",
    "target_metadata=target_metadata,"
    " version_table=context.config.get_main_option('version_table')",
)

AUTOGENERATE = [
    "revision --autogenerate --rev-id r1 -m first",
    "upgrade head",
    "check",
    "revision --autogenerate --rev-id r2 -m second",
    "history",
    "current",
    "downgrade base",
]
STORIES = [
    Story(
        "conditional elements",
        [
            "revision --autogenerate --rev-id r1 -m first",
            "-x data=true upgrade head",
            "-x data=true downgrade base",
            "upgrade head",
            "downgrade base",
            "-x data=true upgrade head --sql",
        ],
        {
            **NO_REVISIONS,
            "migrations/script.py.mako": CONDITIONAL_TEMPLATE,
            "migrations/env.py": env(after=ONLINE_OR_OFFLINE),
        },
    ),
    Story(
        "replaceable objects",
        ["upgrade head", "downgrade -1", "upgrade +1", "downgrade base", "history -v"],
        {
            **NO_REVISIONS,
            **view_revisions(),
            "views.py": VIEW_OPERATIONS.read_text(),
            "migrations/env.py": env("import views\ntarget_metadata = None"),
        },
    ),
    Story(
        "no empty migrations",
        AUTOGENERATE,
        {
            **NO_REVISIONS,
            "migrations/env.py": env(
                MODELS + LEAVE_OUT_EMPTY,
                ", process_revision_directives=process_revision_directives",
            ),
        },
    ),
    Story(
        "several scripts at once",
        [
            "upgrade heads",
            "revision --autogenerate -m found",
            "heads",
            "branches",
            "history",
            "upgrade heads",
        ],
        {
            "migrations/env.py": env(
                MODELS + TWO_SCRIPTS,
                ", process_revision_directives=process_revision_directives"
                ", include_object=include_object",
            ),
        },
        only_sorted=["branches", "history"],
    ),
    Story(
        "a plugin of the project",
        AUTOGENERATE,
        {
            **NO_REVISIONS,
            "recipe_plugin.py": PLUGIN,
            "migrations/env.py": env(
                MODELS + SET_UP_PLUGIN,
                ", autogenerate_plugins=['alembic.autogenerate.*', 'recipe.*']",
            ),
        },
    ),
    Story(
        "asyncio",
        AUTOGENERATE,
        {**NO_REVISIONS, "migrations/env.py": env(after=ASYNC)},
    ),
    Story(
        "several environments in one file",
        [
            "-n one revision --autogenerate --rev-id o1 -m one",
            "-n two revision --autogenerate --rev-id t1 -m two --head base",
            "-n one upgrade head",
            "-n two upgrade head",
            "-n one current",
            "-n two current",
            "current",
        ],
        {
            **NO_REVISIONS,
            "alembic.ini": SEVERAL,
            "migrations/env.py": SEVERAL_ENV,
            "of_two/nothing.txt": "",
        },
    ),
    Story(
        "pruned history",
        ["upgrade head", "history", "downgrade base", "current"],
        {**NO_REVISIONS, **revision("late"), "migrations/env.py": env()},
    ),
]


@pytest.mark.greenlet
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_recipe(both: SideBySide, story: Story) -> None:
    seen = both.check(story)
    assert seen[0].status == 0, seen[0]


TENANTS = """
from sqlalchemy import text

tenant = context.get_x_argument(as_dictionary=True).get("tenant")
with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as found:
    found.execute(text('set search_path to "%s"' % tenant))
    found.commit()
    found.dialect.default_schema_name = tenant
    run(found)
"""


@pytest.mark.parametrize("proof", ["off", "on"])
def test_a_schema_for_each_tenant(both: SideBySide, pg_url: str, proof: str) -> None:
    """Each tool has a database for itself."""
    urls = {"ours": pg_url, "them": f"{pg_url}_them"}
    admin = sa.create_engine(pg_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        name = sa.make_url(urls["them"]).database
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        _follow_tenants(both, urls, proof)
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        admin.dispose()


def _follow_tenants(both: SideBySide, urls: dict[str, str], proof: str) -> None:
    def give_database(home: Path) -> None:
        url = urls[home.name]
        (home / "alembic.ini").write_text(INI.replace("sqlite:///app.db", url))
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
        with engine.begin() as connection:
            for name in ("one", "Tenant Two"):
                connection.execute(sa.schema.CreateSchema(name))

    steps = [
        "-x tenant=one revision --autogenerate --rev-id r1 -m first",
        "-x tenant=one upgrade head",
        "-x tenant=one check",
        "-x tenant=one current",
        "-x 'tenant=Tenant Two' check",
        "-x 'tenant=Tenant Two' upgrade head",
        "-x 'tenant=Tenant Two' check",
        "-x tenant=one downgrade base",
    ]
    story = Story(
        "tenants",
        [give_database, *(f"ALEMBIC_C_PROOF={proof} {step}" for step in steps)],
        {**NO_REVISIONS, "migrations/env.py": env(after=TENANTS)},
        forgive=[("_them", "")],
    )
    seen = both.check(story)
    assert [each.status for each in seen] == [0, 0, 0, 0, 255, 0, 0, 0]
