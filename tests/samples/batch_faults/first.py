import sqlalchemy as sa
from alembic_c import op

revision = "r1"
down_revision = None

def upgrade():
    op.create_table(
        "account",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(20)),
        sa.Column("visits", sa.Integer),
        sa.Column("parent_id", sa.Integer, sa.ForeignKey("account.id")),
        sa.UniqueConstraint("name", name="uq_name"),
        sa.Index("ix_parent", "parent_id"),
    )
