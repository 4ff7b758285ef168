"""Hooks that change what autogenerate found before it is written."""

import sqlalchemy as sa
from alembic.autogenerate import rewriter
from alembic.operations import ops
from recipe import autogenerate, connect

database = sa.MetaData()
sa.Table("parent", database, sa.Column("id", sa.Integer, primary_key=True))
sa.Table(
    "child",
    database,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("parent_id", sa.ForeignKey("parent.id", name="fk_child"), index=True),
    sa.Column("name", sa.String(20), index=True),
)
sa.Table(
    "kept",
    database,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("gone", sa.Integer, index=True),
)
model = sa.MetaData()
sa.Table("parent", model, sa.Column("id", sa.Integer, primary_key=True))
sa.Table(
    "kept",
    model,
    sa.Column("z", sa.String(5), nullable=False),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("a", sa.Integer, index=True),
)
sa.Table(
    "new",
    model,
    sa.Column("z", sa.Integer, unique=True),
    sa.Column("updated_at", sa.DateTime, index=True),
    sa.Column("kept_id", sa.ForeignKey("kept.id")),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.CheckConstraint("z > 1", name="ck_z"),
)


def leave_out_empty(context, revision, directives):
    if directives[0].upgrade_ops.is_empty():
        directives[:] = []


def onto_branch(context, revision, directives):
    directives[0].head = "mybranch@head"
    directives[0].downgrade_ops.ops[:] = []


# --- in two steps

in_steps = rewriter.Rewriter()


@in_steps.rewrites(ops.AddColumnOp)
def nullable_first(context, revision, op):
    if op.column.nullable:
        return op
    op.column.nullable = True
    then = ops.AlterColumnOp(
        op.table_name,
        op.column.name,
        modify_nullable=False,
        existing_type=op.column.type,
    )
    return [op, then]


# --- sorted columns

in_order = rewriter.Rewriter()
FIRST = {"id": -1}
LAST = {"updated_at": 1}


@in_order.rewrites(ops.CreateTableOp)
def sort_columns(context, revision, op):
    columns = sorted(
        (each for each in op.columns if isinstance(each, sa.Column)),
        key=lambda each: (FIRST.get(each.name, LAST.get(each.name, 0)), each.name),
    )
    others = [each for each in op.columns if not isinstance(each, sa.Column)]
    return ops.CreateTableOp(
        op.table_name,
        [each._copy() for each in [*columns, *others]],
        schema=op.schema,
        _namespace_metadata=op._namespace_metadata,
        **op.kw,
    )


# --- if exists

careful = rewriter.Rewriter()


@careful.rewrites(ops.CreateTableOp)
@careful.rewrites(ops.CreateIndexOp)
@careful.rewrites(ops.AddColumnOp)
def if_not_exists(context, revision, op):
    op.if_not_exists = True
    return op


@careful.rewrites(ops.DropTableOp)
@careful.rewrites(ops.DropIndexOp)
@careful.rewrites(ops.DropColumnOp)
def if_exists(context, revision, op):
    op.if_exists = True
    return op


# --- indexes of tables that go


class WithoutDroppedIndexes:
    def __init__(self):
        self.writer = rewriter.Rewriter()
        self.tables = set()

        @self.writer.rewrites(ops.ModifyTableOps)
        def without(context, revision, op):
            kept = [
                each
                for each in op.ops
                if not isinstance(each, ops.DropIndexOp)
                or (each.schema, each.table_name) not in self.tables
            ]
            return ops.ModifyTableOps(op.table_name, kept, schema=op.schema)

    def __call__(self, context, revision, directives):
        self.tables = {
            (each.schema, each.table_name)
            for each in directives[0].upgrade_ops.ops
            if isinstance(each, ops.DropTableOp)
        }
        self.writer(context, revision, directives)


def count(context, revision, directives):
    print("counted", len(directives[0].upgrade_ops.ops))


class Doubled:
    """A rewriter that returns nothing, and one that returns two containers."""

    nothing = rewriter.Rewriter()
    two = rewriter.Rewriter()

    @nothing.rewrites(ops.UpgradeOps)
    def none(context, revision, op):
        return []

    @two.rewrites(ops.DowngradeOps)
    def both(context, revision, op):
        return [op, op]


hooks = {
    "empty": leave_out_empty,
    "branch": onto_branch,
    "steps": in_steps,
    "order": in_order,
    "careful": careful,
    "chain": in_steps.chain(in_order).chain(careful).chain(count),
    "indexes": WithoutDroppedIndexes(),
}
with connect() as connection:
    database.create_all(connection)
    for name, hook in hooks.items():
        for batch in (False, True):
            print("---", name, batch)
            autogenerate(
                connection,
                model,
                process_revision_directives=hook,
                render_as_batch=batch,
            )
    print("--- nothing to do")
    found = autogenerate(
        connection, database, process_revision_directives=leave_out_empty
    )
    print(found)
    for hook in (Doubled.nothing, Doubled.two):
        try:
            autogenerate(connection, model, process_revision_directives=hook)
        except ValueError as error:
            print(error)
