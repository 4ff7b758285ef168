"""Scripts written by a program."""

import io

from alembic.runtime.environment import EnvironmentContext
from showing import config, log, plain, script, show

log()


def run(fn=None, target="a2", start=None, **kw):
    buffer = io.StringIO()
    scripts = script()
    with EnvironmentContext(
        config(),
        scripts,
        fn=fn or (lambda rev, ctx: scripts._upgrade_revs(target, rev)),
        as_sql=True,
        starting_rev=start,
        destination_rev=target,
        output_buffer=buffer,
    ) as env:
        show("configure", env.configure, **kw)

        def go():
            with env.begin_transaction():
                env.run_migrations()

        show("run", go)
        show("ddl", env.is_transactional_ddl)
        show("heads", lambda: env.get_context().get_current_heads())
        show("rev", lambda: env.get_context().get_current_revision())
        show("bind", lambda: env.get_context().bind)
        show("conn", lambda: env.get_context().connection)
    print(buffer.getvalue())


run(dialect_name="sqlite")
run(dialect_name="postgresql")
run(dialect_name="postgresql", transaction_per_migration=True)
run(url="postgresql://", transactional_ddl=False)
run(dialect_name="mysql", transactional_ddl=True)
run(dialect_name="mssql")
run(dialect_name="oracle")
run(dialect_name="mssql", mssql_batch_separator="NOW")
run(dialect_name="oracle", oracle_batch_separator="NOW")
run(dialect_name="mysql")
run(dialect_name="postgresql", dialect_opts={"paramstyle": "named"})
run(dialect_name="sqlite", dialect_opts={"bogus": 1})
run(dialect_name="sqlite", version_table="v")
run(
    dialect_name="postgresql",
    version_table="v",
    version_table_schema="s",
    version_table_pk=False,
)
run(dialect_name="sqlite", start="a1")
run(dialect_name="sqlite", starting_rev="a1")
run(dialect_name="sqlite", start="base")
run(dialect_name="sqlite", target="heads", start="a1")
run(dialect_name="sqlite", target="nope")
run(
    dialect_name="sqlite",
    template_args={"a": 1},
    upgrade_token="u",
    compare_type=False,
    render_as_batch=True,
    user_module_prefix="x.",
)
run(
    dialect_name="sqlite",
    include_object=lambda *a: True,
    include_name=lambda *a: True,
    include_schemas=True,
    on_version_apply=[
        lambda **kw: print("a"),
        lambda ctx, step, heads, run_args: print("b", plain(heads)),
    ],
)
out = io.StringIO()
run(dialect_name="sqlite", output_buffer=out)
print(out.getvalue())
