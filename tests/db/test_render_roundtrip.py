"""What is rendered makes the database that the model describes, and unmakes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects import postgresql

from alembic_c.autogenerate import (
    compare_metadata,
    produce_migrations,
    render_python_code,
)
from alembic_c.operations import Operations
from alembic_c.runtime.migration import MigrationContext

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
HOSTILE = [
    "it's",
    'say "x"',
    '"""',
    "'''",
    "'); raise SystemExit #",
    "{x} ${y}",
    "back\\slash\\",
    "two\nlines",
    "日本語",
    "x:",
    "# comment",
]


@pytest.fixture
def connection(database_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def migrate(
    connection: sa.Connection, metadata: MetaData, **opts: Any
) -> tuple[str, str]:
    """Bring a database to a model by rendered code; return upgrade and downgrade."""
    context = _context(connection, metadata, **opts)
    script = produce_migrations(context, metadata)
    assert script.upgrade_ops is not None
    assert script.downgrade_ops is not None
    code = [
        render_python_code(
            operations,
            migration_context=context,
            render_as_batch=opts.get("render_as_batch", False),
        )
        for operations in (script.upgrade_ops, script.downgrade_ops)
    ]
    execute(connection, code[0])
    return code[0], code[1]


def _context(
    connection: sa.Connection, metadata: MetaData, **opts: Any
) -> MigrationContext:
    opts = {"target_metadata": metadata, "compare_server_default": True, **opts}
    return MigrationContext.configure(connection, opts=opts)


def execute(connection: sa.Connection, code: str) -> None:
    namespace: dict[str, Any] = {"sa": sa, "postgresql": postgresql}
    exec(f"def migrate(op):\n    {code}\n", namespace)
    context = MigrationContext.configure(connection)
    with context.begin_transaction():
        namespace["migrate"](Operations(context))
    if connection.in_transaction():
        connection.commit()


def differences(connection: sa.Connection, metadata: MetaData) -> Any:
    return compare_metadata(_context(connection, metadata), metadata)


def rich_metadata(dialect: str) -> MetaData:
    metadata = MetaData(naming_convention=NAMING)
    owner = Table(
        "owner",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(50), nullable=False, unique=True),
        Column("kind", Enum("it's", 'the "other"', name="owner_kind")),
        comment="who owns" if dialect == "postgresql" else None,
    )
    item = Table(
        "item",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("owner_id", ForeignKey("owner.id", ondelete="CASCADE"), index=True),
        Column("price", Numeric(10, 2), server_default=text("1.5")),
        Column("double", Numeric(10, 2), Computed("price * 2", persisted=True)),
        Column("made", sa.DateTime(timezone=True), server_default=func.now()),
        Column("label", String(20), server_default='the \\ "new"'),
        Column("flag", sa.Boolean, server_default=sa.false(), nullable=False),
        UniqueConstraint("owner_id", "label"),
        CheckConstraint("price >= 0", name="not_negative"),
    )
    Index("ix_item_lower_label", func.lower(item.c.label))
    if dialect == "postgresql":
        item.append_column(Column("tags", postgresql.ARRAY(String(5))))
        item.append_column(Column("payload", postgresql.JSONB))
        owner.append_column(Column("number", Integer, Identity(start=5)))
        Index(
            "ix_partial",
            item.c.price.desc(),
            postgresql_where=item.c.label == "it's",
            postgresql_include=["made"],
        )
        item.append_constraint(
            postgresql.ExcludeConstraint(
                (item.c.price, "="), name="no_two", using="btree"
            )
        )
    return metadata


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified")
@pytest.mark.filterwarnings("ignore:Computed default on item.double")
@pytest.mark.parametrize("as_batch", [False, True])
def test_rich_schema(connection: sa.Connection, as_batch: bool) -> None:
    metadata = rich_metadata(connection.dialect.name)
    _, downgrade = migrate(connection, metadata, render_as_batch=as_batch)
    assert differences(connection, metadata) == []
    execute(connection, downgrade)
    assert sa.inspect(connection).get_table_names() == []


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(connection: sa.Connection, name: str) -> None:
    with_comments = connection.dialect.supports_comments
    comment = f"comment {name}" if with_comments else None

    # A default of several lines is taken for an expression when SQLite reports it.
    default = f"x{name}x".replace("\n", " ")
    if connection.dialect.name == "sqlite":
        # As in upstream, its rule compares texts without taking quotes in them apart.
        default = default.replace("'", "")

    def model(*items: Any) -> MetaData:
        metadata = MetaData()
        Table(
            name,
            metadata,
            Column(name, Integer, primary_key=True),
            Column(f"text {name}", String(50), server_default=default),
            Column("other", Integer, comment=comment),
            *items,
            comment=comment,
        )
        return metadata

    migrate(connection, model())
    assert differences(connection, model()) == []
    assert sa.inspect(connection).get_table_names() == [name]

    # SQLAlchemy looks for names of SQLite's constraints in the text of the table, and
    # does not find such ones.
    unreadable = connection.dialect.name == "sqlite" and set(name) & set('"\n')

    def more() -> MetaData:
        items = [
            Column(f"new {name}", Integer),
            Index(f"index {name}", f"text {name}"),
            UniqueConstraint("other", name=f"unique {name}"),
            ForeignKeyConstraint(["other"], [f"{name}.{name}"], name="fk"),
        ]
        return model(*(items[:2] if unreadable else items))

    _, downgrade = migrate(
        connection, more(), render_as_batch=connection.dialect.name == "sqlite"
    )
    assert differences(connection, more()) == []
    execute(connection, downgrade)
    assert differences(connection, model()) == []
