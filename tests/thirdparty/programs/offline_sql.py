"""The SQL that a dialect's operations give offline.

usage: python offline_sql.py URL [MODULE]

MODULE registers the dialect with Alembic.  A dialect that nothing registers gets an
implementation of its own, as its users write one in env.py.

Each operation has a context of its own, so that one that a dialect refuses says so and
hides nothing.  The whole is then written once more by `upgrade --sql`.
"""

import contextlib
import datetime
import importlib
import io
import re
import sys
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.ddl.impl import DefaultImpl
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.sql import column, table

COLUMNS = {
    "integer": lambda: sa.Column("c", sa.Integer),
    "not null": lambda: sa.Column("c", sa.Integer, nullable=False),
    "string": lambda: sa.Column("c", sa.String(30), server_default="x'y"),
    "text": lambda: sa.Column("c", sa.Text, comment="it's %(a)s"),
    "numeric": lambda: sa.Column("c", sa.Numeric(10, 2), server_default="1.5"),
    "float": lambda: sa.Column("c", sa.Float),
    "boolean": lambda: sa.Column("c", sa.Boolean, server_default=sa.true()),
    "date": lambda: sa.Column("c", sa.Date),
    "datetime": lambda: sa.Column("c", sa.DateTime, server_default=sa.func.now()),
    "zoned": lambda: sa.Column("c", sa.DateTime(timezone=True)),
    "binary": lambda: sa.Column("c", sa.LargeBinary),
    "json": lambda: sa.Column("c", sa.JSON),
    "uuid": lambda: sa.Column("c", sa.Uuid),
    "enum": lambda: sa.Column("c", sa.Enum("a", "b", name="letters")),
    "identity": lambda: sa.Column("c", sa.Integer, sa.Identity(start=3)),
    "computed": lambda: sa.Column("c", sa.Integer, sa.Computed("a + 1")),
    "persisted": lambda: sa.Column("c", sa.Integer, sa.Computed("a+1", persisted=True)),
    "unique": lambda: sa.Column("c", sa.Integer, unique=True),
    "indexed": lambda: sa.Column("c", sa.Integer, index=True),
    "foreign key": lambda: sa.Column("c", sa.Integer, sa.ForeignKey("u.id", name="f")),
    "reserved name": lambda: sa.Column("select", sa.Integer),
    "mixed name": lambda: sa.Column("Mixed Name", sa.Integer),
}
ALTERATIONS = {
    "nullable": {"nullable": True, "existing_type": sa.Integer()},
    "not null": {"nullable": False, "existing_type": sa.Integer()},
    "type": {"type_": sa.String(50), "existing_type": sa.String(20)},
    "type only": {"type_": sa.BigInteger()},
    "type and not null": {"type_": sa.BigInteger(), "nullable": False},
    "using": {"type_": sa.Integer(), "postgresql_using": "c::integer"},
    "default": {"server_default": "x", "existing_type": sa.String(20)},
    "default text": {"server_default": sa.text("now()"), "existing_type": sa.Date()},
    "no default": {"server_default": None, "existing_type": sa.String(20)},
    "name": {"new_column_name": "d", "existing_type": sa.Integer()},
    "name only": {"new_column_name": "d"},
    "comment": {"comment": "it's", "existing_type": sa.Integer()},
    "no comment": {
        "comment": None,
        "existing_comment": "old",
        "existing_type": sa.Integer(),
    },
    "identity": {"server_default": sa.Identity(), "existing_type": sa.Integer()},
    "autoincrement": {"autoincrement": True, "existing_type": sa.Integer()},
    "all": {
        "new_column_name": "d",
        "type_": sa.Numeric(8, 1),
        "nullable": False,
        "server_default": "3",
        "comment": "new",
        "existing_type": sa.Integer(),
        "existing_nullable": True,
        "existing_server_default": "1",
    },
}
SAMPLE = table(
    "t", column("id", sa.Integer), column("name", sa.String), column("at", sa.Date)
)
ROWS = [
    {"id": 1, "name": "it's", "at": datetime.date(2026, 1, 2)},
    {"id": 2, "name": None, "at": None},
]


def create(op, **options):
    op.create_table(
        "t",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("other", sa.Integer, sa.ForeignKey("u.id", ondelete="CASCADE")),
        sa.CheckConstraint("id > 0", name="positive"),
        sa.UniqueConstraint("name", name="names"),
        **options,
    )


def operations():
    """Return label -> function of an `Operations`."""
    found = {
        "create table": create,
        "create table in a schema": lambda op: create(op, schema="s"),
        "create table with a comment": lambda op: create(op, comment="all 't"),
        "create table if not exists": lambda op: create(op, if_not_exists=True),
        "drop table": lambda op: op.drop_table("t"),
        "drop table in a schema": lambda op: op.drop_table("t", schema="s"),
        "drop table if exists": lambda op: op.drop_table("t", if_exists=True),
        "rename table": lambda op: op.rename_table("t", "v"),
        "rename table in a schema": lambda op: op.rename_table("t", "v", schema="s"),
        "drop column": lambda op: op.drop_column("t", "c"),
        "drop column in a schema": lambda op: op.drop_column("t", "c", schema="s"),
        "drop column if exists": lambda op: op.drop_column("t", "c", if_exists=True),
        "create index": lambda op: op.create_index("i", "t", ["a", "b"]),
        "unique index": lambda op: op.create_index("i", "t", ["a"], unique=True),
        "index of text": lambda op: op.create_index("i", "t", [sa.text("lower(a)")]),
        "index if not exists": lambda op: op.create_index(
            "i", "t", ["a"], if_not_exists=True
        ),
        "drop index": lambda op: op.drop_index("i", "t"),
        "drop index alone": lambda op: op.drop_index("i"),
        "unique": lambda op: op.create_unique_constraint("q", "t", ["a", "b"]),
        "primary key": lambda op: op.create_primary_key("p", "t", ["a"]),
        "check": lambda op: op.create_check_constraint("k", "t", "a > 3"),
        "foreign key": lambda op: op.create_foreign_key(
            "f", "t", "u", ["a"], ["id"], ondelete="CASCADE", onupdate="SET NULL"
        ),
        "table comment": lambda op: op.create_table_comment("t", "it's"),
        "drop table comment": lambda op: op.drop_table_comment("t"),
        "bulk insert": lambda op: op.bulk_insert(SAMPLE, ROWS),
        "single inserts": lambda op: op.bulk_insert(SAMPLE, ROWS, multiinsert=False),
        "execute": lambda op: op.execute("select '%' || ':a'"),
        "execute a clause": lambda op: op.execute(
            SAMPLE.update().where(SAMPLE.c.id == 3).values(name=op.inline_literal("x"))
        ),
        "batch": batch,
    }
    for kind in ("unique", "check", "foreignkey", "primary", None):
        found[f"drop constraint {kind}"] = lambda op, kind=kind: op.drop_constraint(
            "k", "t", type_=kind
        )
    for label, build in COLUMNS.items():
        found[f"add {label}"] = lambda op, build=build: op.add_column("t", build())
        found[f"create with {label}"] = lambda op, build=build: op.create_table(
            "t", sa.Column("a", sa.Integer, primary_key=True), build()
        )
    found["add in a schema"] = lambda op: op.add_column(
        "t", sa.Column("c", sa.Integer), schema="s"
    )
    for label, options in ALTERATIONS.items():
        found[f"alter {label}"] = lambda op, options=options: op.alter_column(
            "t", "c", **options
        )
        found[f"alter {label} in a schema"] = lambda op, options=options: (
            op.alter_column("t", "c", schema="s", **options)
        )
    return found


def batch(op):
    with op.batch_alter_table("t", recreate="never") as batch_op:
        batch_op.add_column(sa.Column("c", sa.Integer))
        batch_op.alter_column("a", new_column_name="b", existing_type=sa.Integer())
        batch_op.drop_column("d")
        batch_op.create_index("i", ["c"])


REVISION = """
import offline_sql
from alembic import op
revision = "r1"
down_revision = None
def upgrade():
    for name in {names!r}:
        offline_sql.operations()[name](op)
def downgrade():
    op.drop_table("t")
"""
ENV = """
from alembic import context
context.configure(url=context.config.get_main_option("sqlalchemy.url"),
                  literal_binds=True, output_buffer=context.config.output_buffer)
with context.begin_transaction():
    context.run_migrations()
"""


def register(dialect, modules):
    for module in modules:
        importlib.import_module(module)
    try:
        DefaultImpl.get_by_dialect(dialect)
    except KeyError:
        type("OwnImpl", (DefaultImpl,), {"__dialect__": dialect.name})


def told(problem):
    """Return the first line of an error, without what differs in each run."""
    if isinstance(problem, AssertionError):
        return "AssertionError"  # ours says what it missed
    line = str(problem).partition("\n")[0].replace("alembic_c.", "alembic.")
    return f"{type(problem).__name__} {re.sub('0x[0-9a-f]+', '0x', line)}"


def main(url, *modules):
    dialect = sa.make_url(url).get_dialect()()
    register(dialect, modules)
    accepted = []
    for label, function in operations().items():
        buffer = io.StringIO()
        context = MigrationContext.configure(
            dialect=dialect,
            opts={"as_sql": True, "output_buffer": buffer, "literal_binds": True},
        )
        if label == "create table":
            print("implementation", type(context.impl).__name__)
        print("==", label)
        try:
            function(Operations(context))
        except Exception as problem:  # noqa: BLE001
            print(told(problem))
        else:
            accepted.append(label)
        print(buffer.getvalue())
    home = Path("project")
    with contextlib.redirect_stdout(io.StringIO()):
        command.init(Config("alembic.ini"), str(home))
    (home / "env.py").write_text(ENV)
    (home / "versions" / "r1.py").write_text(REVISION.format(names=accepted))
    config = Config(output_buffer=sys.stdout)
    config.set_main_option("script_location", str(home))
    config.set_main_option("sqlalchemy.url", url)
    for verb, target in (("upgrade", "head"), ("downgrade", "r1:base")):
        print("==", verb)
        try:
            getattr(command, verb)(config, target, sql=True)
        except sa.exc.CompileError as problem:
            # ClickHouse's dialect has no way to create a table without an engine.
            print(told(problem))


if __name__ == "__main__":
    main(*sys.argv[1:])
