import sqlalchemy as sa
from alembic_c import op

revision = "r2"
down_revision = "r1"

def upgrade():
    with op.batch_alter_table("account") as batch_op:
        batch_op.drop_column("visits")
        batch_op.alter_column("name", type_=sa.Text(), nullable=False)
        batch_op.add_column(sa.Column("score", sa.Integer, server_default="7"))
        batch_op.create_index("ix_score", ["score"])
