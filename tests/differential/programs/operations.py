"""`Operations`, batches and own directives."""

import sqlalchemy as sa
from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import MigrateOperation, Operations
from showing import log, show

log()
engine = sa.create_engine("sqlite:///ops.db")


@Operations.register_operation("say_hello")
class SayHello(MigrateOperation):
    def __init__(self, name):
        self.name = name

    @classmethod
    def say_hello(cls, operations, name="world", **kw):
        """Greet."""
        return operations.invoke(cls(name))

    def reverse(self):
        return self


@Operations.implementation_for(SayHello)
def hello(operations, operation):
    print("hello", operation.name, type(operations).__name__)
    return 42


with engine.connect() as connection:
    ctx = MigrationContext.configure(connection)
    operations = Operations(ctx)
    show("say", operations.say_hello)
    show("say", operations.say_hello, name="x")
    show("bad", operations.say_hello, 1, 2, 3)
    with Operations.context(ctx) as here:
        show("op", op.say_hello, "via op")
        show("doc", lambda: op.say_hello.__doc__.split(".")[0])
        show("bind", lambda: op.get_bind() is connection)
        show("context", lambda: op.get_context() is ctx)
        show("same", lambda: here.get_bind() is connection)
        show(
            "create",
            lambda: str(
                op.create_table(
                    "t",
                    sa.Column("id", sa.Integer, primary_key=True),
                    sa.Column("n", sa.String(5)),
                )
            ),
        )
        show(
            "insert",
            op.bulk_insert,
            sa.table("t", sa.column("id"), sa.column("n")),
            [{"id": 1, "n": "x"}],
        )
        show("insert", op.bulk_insert, sa.table("t"), {"id": 1})
        show("execute", op.execute, "update t set n = 'y'")
        show("execute", op.execute, sa.text("update t set n = :n").bindparams(n="z"))
        show("execute", op.execute, 3)
        show("inline", op.inline_literal, "x")
        show("batch", lambda: op.batch_alter_table("t"))
        show("f", op.f, "name")
        show("missing", lambda: op.drop_table("nope"))
        with op.batch_alter_table("t", recreate="always") as batch:
            batch.add_column(sa.Column("m", sa.Integer, server_default="3"))
            show("type", lambda: type(batch).__name__)
            show("in batch", batch.execute, "select 1")
            batch.alter_column("n", new_column_name="o", type_=sa.Text)
        with op.batch_alter_table("t") as batch:
            batch.drop_column("m")
        show("none", lambda: op.batch_alter_table("nope").__enter__())
        show("index", op.create_index, "ix", "t", ["o"], unique=True)
        show("drop", op.drop_index, "ix", table_name="t")
        show("drop", op.drop_index, "ix", if_exists=True)
        show("rename", op.rename_table, "t", "t3")
        show("add", op.add_column, "t3", sa.Column("p", sa.Integer, nullable=False))
        show("add", op.add_column, "t3", sa.Column("p", sa.Integer))
        show("fk", op.create_foreign_key, "fk", "t3", "t4", ["p"], ["id"])
        show("check", op.create_check_constraint, "ck", "t3", "p > 1")
        show("alter", op.alter_column, "t3", "p", nullable=True)
        show("table comment", op.create_table_comment, "t3", "x")
        show("drop col", op.drop_column, "t3", "p")
        show("unknown kw", op.create_table, "zz", sa.Column("x", sa.Integer), bogus=1)
        show("positional", op.create_index, "ix", "t3", ["o"], "schema")

        def async_(connection, n):
            return n

        show("async", op.run_async, async_, 1)
    print(connection.exec_driver_sql("select * from t3").all())
    for row in connection.exec_driver_sql(
        "select name, sql from sqlite_master order by 1"
    ):
        print(row)
show(
    "replace",
    lambda: Operations.implementation_for(SayHello, replace=True)(lambda o, x: 1) and 1,
)
show("again", lambda: Operations.implementation_for(SayHello)(lambda o, x: 1))
show(
    "register twice", lambda: Operations.register_operation("say_hello")(SayHello) and 1
)
show("no method", lambda: Operations.register_operation("absent")(SayHello))
show(
    "source",
    lambda: Operations.register_operation("other", "say_hello")(SayHello).__name__,
)


class Unknown(MigrateOperation):
    pass


show("unknown", operations.invoke, Unknown())
show("none", operations.invoke, None)
