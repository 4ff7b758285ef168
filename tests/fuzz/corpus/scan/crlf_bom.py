"""add account table

Revision ID: 1975ea83b712
Revises: ae1027a6acf
Create Date: 2023-11-08 11:40:27.089406

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = "1975ea83b712"
down_revision: Union[str, Sequence[str], None] = "ae1027a6acf"
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(50), server_default=sa.text("'x'")),
    )


def downgrade() -> None:
    """Do