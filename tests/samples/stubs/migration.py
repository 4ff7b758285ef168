"""Sample migration."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from alembic_c import context, op

revision: str = "a1"
down_revision: str | Sequence[str] | None = None


async def count(connection: AsyncConnection, name: str) -> int:
    return len(name)


def upgrade() -> None:
    account: sa.Table = op.create_table(
        "account",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), server_default=sa.text("'x'")),
        if_not_exists=True,
        comment="people",
    )
    op.bulk_insert(account, [{"id": 1, "name": op.inline_literal("n")}])
    op.add_column("account", sa.Column("x", sa.Integer), schema="s")
    op.alter_column(
        "account",
        "x",
        type_=sa.BigInteger,
        existing_type=sa.Integer(),
        server_default=sa.Identity(),
        existing_server_default=None,
        comment=None,
        postgresql_using="x::bigint",
    )
    op.create_index(op.f("ix"), "account", ["x", sa.text("lower(name)")], unique=True)
    op.create_foreign_key(None, "account", "other", ["x"], ["id"], ondelete="CASCADE")
    op.drop_constraint("ck", "account", type_="check")
    with op.batch_alter_table("account", recreate="always") as batch_op:
        batch_op.add_column(sa.Column("y", sa.Integer), insert_after="x")
        batch_op.drop_column("name")
        batch_op.create_check_constraint("ck", sa.column("y") > 5)
    bind: sa.Connection = op.get_bind()
    bind.execute(sa.select(account.c.id))
    op.execute("SELECT 1", execution_options={"autocommit": True})
    length: int = op.run_async(count, "name")
    with op.get_context().autocommit_block():
        op.execute(sa.text("VACUUM"))
    offline: bool = context.is_offline_mode()
    names: dict[str, str] = context.get_x_argument(as_dictionary=True)
    print(length, offline, names, context.config.config_file_name)
