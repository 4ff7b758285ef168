"""`MigrationContext` by itself."""

# ruff: noqa: B023

import io

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from showing import config, log, plain, script, show

log()
engine = sa.create_engine("sqlite:///app.db")
with engine.connect() as connection:
    ctx = MigrationContext.configure(connection)
    for name in (
        "as_sql",
        "dialect",
        "bind",
        "connection",
        "config",
        "impl",
        "script",
        "opts",
        "environment_context",
    ):
        show(name, lambda: type(getattr(ctx, name)).__name__)
    show("heads", ctx.get_current_heads)
    show("rev", ctx.get_current_revision)
    show("stamp", ctx.stamp, script(), "a2")
    show("heads", ctx.get_current_heads)
    show("stamp", ctx.stamp, script(), "heads")
    show("heads", lambda: sorted(ctx.get_current_heads()))
    show("rev", ctx.get_current_revision)
    show("stamp", ctx.stamp, script(), "nope")
    show("stamp", ctx.stamp, script(), "base")
    show("rev", ctx.get_current_revision)
    show("run", ctx.run_migrations)
    show("transaction", lambda: type(ctx.begin_transaction()).__name__)
    connection.rollback()

    def block():
        with ctx.autocommit_block():
            connection.execute(sa.text("select 1"))

    show("block", block)
with engine.connect() as connection:
    for opts in (
        {"version_table": "v2"},
        {"version_table_pk": False, "version_table": "v3"},
        {"transactional_ddl": True},
        {"transaction_per_migration": True},
        {"as_sql": True, "output_buffer": io.StringIO()},
        {"fn": lambda rev, c: script()._upgrade_revs("a1", rev)},
        {
            "fn": lambda rev, c: script()._upgrade_revs("heads", rev),
            "dont_mutate": True,
            "version_table": "v9",
        },
    ):
        ctx = MigrationContext.configure(connection, opts=opts)

        def go():
            with ctx.begin_transaction(), Operations.context(ctx):
                ctx.run_migrations()

        show(sorted(opts), go)
        show("heads", ctx.get_current_heads)
        show("ddl", lambda: ctx.impl.transactional_ddl)
        connection.rollback() if connection.in_transaction() else None
    print(sorted(sa.inspect(connection).get_table_names()))
show("nothing", MigrationContext.configure)
show("both", MigrationContext.configure, url="sqlite://", dialect_name="postgresql")
show("engine", MigrationContext.configure, engine)
ctx = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True})
show("out", ctx.execute, "select 1")
show("heads", ctx.get_current_heads)


def applied(ctx, step, heads, run_args, **kw):
    for name in (
        "is_migration",
        "is_stamp",
        "is_upgrade",
        "up_revision_id",
        "up_revision_ids",
        "down_revision_ids",
        "source_revision_ids",
        "destination_revision_ids",
        "up_revision",
        "up_revisions",
        "down_revisions",
        "source_revisions",
        "destination_revisions",
    ):
        show("  " + name, getattr, step, name)
    print("  heads", plain(heads), plain(run_args), plain(kw))


scripts = script()
with engine.connect() as connection:
    for target, planner in (
        ("heads", "_upgrade_revs"),
        ("a1", "_downgrade_revs"),
        ("b1", "_stamp_revs"),
        ("heads", "_stamp_revs"),
        ("base", "_stamp_revs"),
    ):
        with EnvironmentContext(
            config(), scripts, fn=lambda rev, c: getattr(scripts, planner)(target, rev)
        ) as env:
            env.configure(connection=connection, on_version_apply=applied)
            print(target, planner)

            def go():
                with env.begin_transaction():
                    env.run_migrations(a=1)

            show("run", go)
