"""Add priority and set existing tasks to medium

Revision ID: def456
"""
from alembic import op
import sqlalchemy as sa

revision = 'def456'
down_revision = 'DOWN_REVISION'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # 1. Add column (nullable first)
    op.add_column(
        'task',
        sa.Column('priority', sa.String(length=20), nullable=True)
    )

    # 2. Update existing rows
    conn = op.get_bind()
    conn.execute(sa.text("UPDATE task SET priority = 'medium' WHERE priority IS NULL"))

    # 3. Make column non-nullable
    op.alter_column('task', 'priority', nullable=False, server_default='medium')


def downgrade() -> None:
    op.drop_column('task', 'priority')
