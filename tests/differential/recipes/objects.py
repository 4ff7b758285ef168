"""The objects of autogenerate used by themselves, and the documented batches."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata, produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import Operations, ops
from recipe import connect, operations, tables, write

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def run_directly(connection):
    """Compare and run what is found, container by container."""
    model = sa.MetaData()
    sa.Table("foo", model, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table(
        "bar",
        model,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("data", sa.Integer),
        sa.Column("foo_id", sa.ForeignKey("foo.id"), index=True),
    )
    connection.exec_driver_sql(
        "CREATE TABLE foo (id INTEGER PRIMARY KEY, x VARCHAR(5))"
    )
    connection.exec_driver_sql("CREATE TABLE old (id INTEGER)")
    context = MigrationContext.configure(connection)
    for diff in compare_metadata(context, model):
        print(diff[0] if isinstance(diff, tuple) else [each[0] for each in diff])
    script = produce_migrations(context, model)
    op = Operations(context)
    stack = [script.upgrade_ops]
    while stack:
        element = stack.pop(0)
        if hasattr(element, "ops"):
            batch = isinstance(element, ops.ModifyTableOps)
            if batch and connection.dialect.name == "sqlite":
                with op.batch_alter_table(element.table_name) as batch_op:
                    for each in element.ops:
                        batch_op.invoke(each)
            else:
                stack.extend(element.ops)
        else:
            op.invoke(element)
    tables(connection)
    write(produce_migrations(context, model).upgrade_ops, context)


def print_tables(connection):
    """Write the code that creates tables that are there."""
    metadata = sa.MetaData(naming_convention=NAMES)
    metadata.reflect(connection, only=["bar", "foo"])
    context = MigrationContext.configure(connection)
    creations = [ops.CreateTableOp.from_table(each) for each in metadata.sorted_tables]
    creations += [
        ops.CreateIndexOp.from_index(index)
        for table in metadata.sorted_tables
        for index in sorted(table.indexes, key=lambda each: each.name)
    ]
    write(ops.UpgradeOps(creations), context)


def batches(connection):
    """Run the batches that the documentation has."""
    op = operations(connection, target_metadata=sa.MetaData(naming_convention=NAMES))
    op.create_table(
        "some_table",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("foo", sa.Boolean(create_constraint=True, name="ck_foo")),
        sa.Column("bar", sa.Integer),
        sa.Column("q", sa.Integer),
        sa.Column("foo_id", sa.Integer),
        sa.UniqueConstraint("bar", name="uq_bar"),
        sa.CheckConstraint("bar > 0", name="positive"),
    )
    recreate = "always" if connection.dialect.name == "sqlite" else "auto"
    with op.batch_alter_table("some_table", recreate=recreate) as batch_op:
        batch_op.add_column(sa.Column("extra", sa.Integer))
        batch_op.alter_column("q", new_column_name="quantity", existing_type=sa.Integer)
    with op.batch_alter_table("some_table", naming_convention=NAMES) as batch_op:
        batch_op.create_unique_constraint("uq_some_table_extra", ["extra"])
        batch_op.create_index("ix_extra", ["extra"])
    with op.batch_alter_table(
        "some_table", table_args=(sa.CheckConstraint("extra > 1", name="ck1"),)
    ) as batch_op:
        batch_op.add_column(
            sa.Column("x", sa.Integer, server_default="3", nullable=False)
        )
    with op.batch_alter_table(
        "some_table",
        reflect_args=[sa.Column("foo", sa.Boolean(create_constraint=False))],
    ) as batch_op:
        batch_op.alter_column("extra", type_=sa.BigInteger, existing_type=sa.Integer)
        batch_op.drop_constraint("uq_some_table_extra", type_="unique")
    with op.batch_alter_table("some_table") as batch_op:
        batch_op.create_check_constraint("q_small", "quantity < 100")
        batch_op.drop_index("ix_extra")
        batch_op.drop_column("x")
    tables(connection)


def naming(connection):
    """Make and drop constraints by conventional, plain and final names."""
    op = operations(connection, target_metadata=sa.MetaData(naming_convention=NAMES))
    op.create_table(
        "t1",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("x", sa.Integer),
        sa.UniqueConstraint("x"),
        sa.CheckConstraint("x > 5", name="some_check"),
        sa.CheckConstraint("x > 6", name=op.f("final_check")),
    )
    op.create_index(None, "t1", ["x"])
    if connection.dialect.name != "sqlite":
        op.drop_constraint("some_check", "t1", type_="check")
        op.create_unique_constraint(None, "t1", ["x", "id"])
        op.drop_constraint(op.f("final_check"), "t1", type_="check")
    tables(connection)


with connect() as connection:
    for function in (run_directly, print_tables, batches, naming):
        print("---", function.__name__)
        function(connection)
        connection.commit()
