"""Generated trees: revisions of about 1.2 KB, with a fork and a merge every 50."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

_FILE = '''"""{message}

Revision ID: {revision}
Revises: {revises}
Create Date: 2024-05-{day:02d} 10:{minute:02d}:00.000000

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = {revision!r}
down_revision: Union[str, Sequence[str], None] = {down_revision!r}
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "table_{number}",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_table_{number}"),
        sa.UniqueConstraint("name", name="uq_table_{number}_name"),
    )
    op.create_index("ix_table_{number}_created_at", "table_{number}", ["created_at"])


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("ix_table_{number}_created_at", table_name="table_{number}")
    op.drop_table("table_{number}")
'''

_INI = """[alembic]
script_location = %(here)s/migrations
path_separator = os
"""

_ENV = """from alembic import context

context.configure(dialect_name="sqlite")
with context.begin_transaction():
    context.run_migrations()
"""


def revision_id(number: int) -> str:
    """Return a twelve-digit id; ids are in no order, as real ones."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:12]


def parents(count: int) -> Iterator[int | tuple[int, ...] | None]:
    """Yield each revision's down revision: a line that forks and merges each 50."""
    for number in range(count):
        place = number % 50
        if number == 0:
            yield None
        elif place == 48 and number + 1 < count:
            yield number - 2  # a sibling of the revision before
        elif place == 49:
            yield (number - 2, number - 1)  # both joined again
        else:
            yield number - 1


def make(directory: Path, count: int) -> Path:
    """Write a project of `count` revisions; return the path of its alembic.ini."""
    versions = directory / "migrations" / "versions"
    versions.mkdir(parents=True)
    (directory / "migrations" / "env.py").write_text(_ENV)
    ini = directory / "alembic.ini"
    ini.write_text(_INI)
    for number, down in enumerate(parents(count)):
        revision = revision_id(number)
        below = down if isinstance(down, tuple) else () if down is None else (down,)
        ids = tuple(revision_id(one) for one in below)
        down_revision = ids if isinstance(down, tuple) else ids[0] if ids else None
        message = f"create table {number}"
        revises = ", ".join(ids)
        text = _FILE.format(
            message=message,
            revision=revision,
            revises=revises,
            down_revision=down_revision,
            number=number,
            day=number % 28 + 1,
            minute=number % 60,
        )
        name = f"{revision}_{message.replace(' ', '_')}.py"
        (versions / name).write_text(text)
    return ini
