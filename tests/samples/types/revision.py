"""add people"""

from collections.abc import Sequence

import sqlalchemy as sa

from alembic import op

revision: str = "a1"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    person = op.create_table(
        "person",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), server_default=sa.text("'x'")),
        if_not_exists=True,
    )
    reveal_type(person)
    op.bulk_insert(person, [{"id": 1, "name": op.inline_literal("n")}])
    op.alter_column("person", "name", nullable=False, existing_type=sa.String(50))
    op.create_index(op.f("ix_person_name"), "person", ["name"], unique=True)
    with op.batch_alter_table("person", recreate="always") as batch_op:
        batch_op.add_column(sa.Column("y", sa.Integer), insert_after="id")
        batch_op.create_check_constraint("ck", sa.column("y") > 5)
    reveal_type(op.get_bind())


def downgrade() -> None:
    op.drop_index("ix_person_name", "person", if_exists=True)
    op.drop_table("person")
