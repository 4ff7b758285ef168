"""Comparing and rendering."""

import logging

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import (
    compare_metadata,
    produce_migrations,
    render_python_code,
    rewriter,
)
from alembic.migration import MigrationContext
from alembic.operations import ops
from showing import config, log, show

log()
logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)

metadata = sa.MetaData()
sa.Table(
    "a",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("n", sa.String(5), nullable=False, server_default="x", index=True),
    sa.Column("m", sa.ForeignKey("b.id")),
    sa.UniqueConstraint("n", "m", name="u"),
)
sa.Table(
    "b",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("c", sa.Numeric(5, 2), comment="it's"),
    comment="t",
)
engine = sa.create_engine("sqlite:///auto.db")
with engine.connect() as connection:
    connection.exec_driver_sql(
        "create table b (id integer primary key, c integer, old text)"
    )
    connection.exec_driver_sql("create table gone (x integer)")
    ctx = MigrationContext.configure(
        connection, opts={"compare_server_default": True, "target_metadata": metadata}
    )
    show("diff", compare_metadata, ctx, metadata)
    names = []
    migrations = produce_migrations(ctx, metadata)
    show("types", lambda: [type(o).__name__ for o in migrations.upgrade_ops.ops])
    show("names", lambda: sorted(k for k in vars(migrations)))
    print(render_python_code(migrations.upgrade_ops))
    print(
        render_python_code(
            migrations.downgrade_ops,
            sqlalchemy_module_prefix="sqla.",
            alembic_module_prefix="a.",
            render_as_batch=True,
            imports=("import x",),
        )
    )
    show("diffs", migrations.upgrade_ops.as_diffs)
    show(
        "reverse",
        lambda: [type(o).__name__ for o in migrations.upgrade_ops.reverse().ops],
    )
    ctx = MigrationContext.configure(
        connection,
        opts={
            "include_object": lambda obj, name, type_, reflected, to: (
                print("object", name, type_, reflected, to is not None)
                or name != "gone"
            ),
            "include_name": lambda name, type_, parents: (
                names.append((name, type_, sorted(parents.items(), key=str))) or True
            ),
            "render_item": lambda t, o, c: print("item", t) or False,
        },
    )
    show("diff", compare_metadata, ctx, metadata)
    show("names", lambda: sorted(names, key=str))
    show("none", compare_metadata, ctx, None)
    for bad in (
        ["nope"],
        ["~alembic.autogenerate.tables"],
        ["alembic.autogenerate.*", "~alembic.autogenerate.constraints"],
    ):
        show(
            bad,
            compare_metadata,
            MigrationContext.configure(connection, opts={"autogenerate_plugins": bad}),
            metadata,
        )
show("code", render_python_code, ops.UpgradeOps(ops=[]))
show(
    "offline",
    compare_metadata,
    MigrationContext.configure(dialect_name="sqlite", opts={"as_sql": True}),
    metadata,
)
writer = rewriter.Rewriter()


@writer.rewrites(ops.AddColumnOp)
def add(context, revision, operation):
    operation.column.nullable = True
    return [operation, ops.ExecuteSQLOp("select 1")]


script_ = ops.MigrationScript(
    "id",
    ops.UpgradeOps(
        ops=[
            ops.ModifyTableOps(
                "t",
                ops=[ops.AddColumnOp("t", sa.Column("x", sa.Integer, nullable=False))],
            )
        ]
    ),
    ops.DowngradeOps(ops=[]),
)
writer(None, (), [script_])
show("rewritten", lambda: [type(o).__name__ for o in script_.upgrade_ops.ops[0].ops])
print(render_python_code(script_.upgrade_ops))
cfg = config()
show("check", command.check, cfg)
