"""`EnvironmentContext`, and the modules `context` and `op` in and out of it."""

# ruff: noqa: B023

import sqlalchemy as sa
from alembic import context, op
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from showing import config, log, plain, script, show

log()
for name in (
    "config",
    "script",
    "is_offline_mode",
    "get_context",
    "get_bind",
    "run_migrations",
    "execute",
    "configure",
    "get_x_argument",
    "begin_transaction",
):
    show(name, lambda: getattr(context, name)())
for name in (
    "execute",
    "get_bind",
    "create_table",
    "f",
    "nothing",
    "batch_alter_table",
    "get_context",
    "bulk_insert",
):
    show(name, lambda: getattr(op, name)("x") if name != "get_bind" else op.get_bind())
cfg, scripts = (config(), script())
seen = []


def fn(rev, ctx):
    seen.append((rev, type(ctx).__name__))
    return scripts._upgrade_revs("a2", rev)


engine = sa.create_engine("sqlite:///app.db")
with EnvironmentContext(
    cfg, scripts, fn=fn, as_sql=False, starting_rev=None, destination_rev="a2", tag="T"
) as env:
    show("config", lambda: context.config is cfg)
    show("script", lambda: context.script is scripts)
    show("offline", context.is_offline_mode)
    show("tag", context.get_tag_argument)
    show("x", context.get_x_argument)
    show("x", context.get_x_argument, as_dictionary=True)
    show("head", context.get_head_revision)
    show("heads", context.get_head_revisions)
    show("rev", context.get_revision_argument)
    show("start", context.get_starting_revision_argument)
    show("conn", context.requires_connection)
    show("ctx", context.get_context)
    show("bind", context.get_bind)
    show("impl", context.get_impl)
    show("run", context.run_migrations)
    with engine.connect() as connection:
        show(
            "configure",
            context.configure,
            connection=connection,
            on_version_apply=lambda **kw: print(
                "applied",
                sorted(kw),
                plain(kw["heads"]),
                plain(kw["run_args"]),
                kw["step"],
            ),
            transaction_per_migration=True,
        )
        show("start", context.get_starting_revision_argument)
        show("ddl", context.is_transactional_ddl)
        with context.begin_transaction():
            context.run_migrations(extra=1)
        show("bind", lambda: context.get_bind() is connection)
        show("execute", context.execute, "select 1")
        show("static", context.static_output, "x")
        show("op outside", op.get_bind)
print(seen)
with EnvironmentContext(cfg, scripts) as outer:
    with EnvironmentContext(Config(), scripts) as inner:
        show("inner", lambda: context.config is inner.config)
    show("outer", lambda: context.config is outer.config)
show("after", lambda: context.config)
env = EnvironmentContext(
    cfg,
    scripts,
    fn=lambda rev, ctx: [],
    starting_rev="a1",
    destination_rev="heads",
    as_sql=True,
)
with env:
    show("rev", env.get_revision_argument)
    show("start", env.get_starting_revision_argument)
    for kw in (
        {},
        {"url": "postgresql://x/y"},
        {"dialect_name": "mysql"},
        {"dialect_name": "nope"},
        {"url": "x"},
        {"connection": 3},
        {"connection": engine},
    ):
        show(plain(kw), lambda: env.configure(**kw))
        show("ctx", lambda: env.get_context().dialect.name)
