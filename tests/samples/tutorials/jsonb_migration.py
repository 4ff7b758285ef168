from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

revision = 'abc789'
down_revision = 'def456'


def upgrade() -> None:
    op.add_column(
        'task',
        sa.Column(
            'metadata',
            JSONB(),
            nullable=False,
            server_default='{}',
        )
    )
    op.create_index(
        'ix_task_status_priority',
        'task',
        ['status', 'priority'],
    )

def downgrade() -> None:
    op.drop_index('ix_task_status_priority', table_name='task')
    op.drop_column('task', 'metadata')
