"""Trees of migrations in the spirit of public applications, written for benchmarks.

sqlite: an application that grew on SQLite, nearly all of it batches on tables that
    refer to one another.
postgresql: ENUMs, data steps, indexes built in autocommit blocks.
mariadb: ALTERs, data steps and foreign keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.revision_tree import revision_id

# What upgrade and what downgrade does, as lines of code.
Step = tuple[list[str], list[str]]

_FILE = '''"""step {number}

Revision ID: {revision}
Revises: {down_revision}

"""
from alembic import op
import sqlalchemy as sa

revision = {revision!r}
down_revision = {down_revision!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
{upgrade}


def downgrade() -> None:
{downgrade}
'''


def make(directory: Path, env: str, steps: list[Step]) -> None:
    """Write a project with one revision for each step."""
    versions = directory / "migrations" / "versions"
    versions.mkdir(parents=True)
    (directory / "migrations" / "env.py").write_text(env)
    (directory / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\n"
    )
    for number, step in enumerate(steps):
        upgrade, downgrade = (
            "\n".join(f"    {line}" for line in lines) for lines in step
        )
        revision = revision_id(number)
        text = _FILE.format(
            number=number,
            revision=revision,
            down_revision=revision_id(number - 1) if number else None,
            upgrade=upgrade,
            downgrade=downgrade,
        )
        (versions / f"{number:03d}_{revision}.py").write_text(text)


# --- tables -------------------------------------------------------------------------

_NAMES = [
    "user", "role", "team", "project", "task", "comment", "tag", "file", "event",
    "hook", "job", "run", "log_entry", "variable", "pool", "slot", "dataset",
    "trigger_rule", "invoice", "payment",
]  # fmt: skip


def _create(number: int) -> Step:
    name = _NAMES[number]
    lines = [
        "op.create_table(",
        f'    "{name}",',
        '    sa.Column("id", sa.Integer(), nullable=False),',
        '    sa.Column("name", sa.String(length=250), nullable=False),',
        '    sa.Column("state", sa.String(length=20), server_default="new"),',
        '    sa.Column("amount", sa.Numeric(10, 2), nullable=True),',
        '    sa.Column("is_active", sa.Boolean(), nullable=True),',
        '    sa.Column("created_at", sa.DateTime(), nullable=True),',
        '    sa.Column("notes", sa.Text(), nullable=True),',
        '    sa.Column("external_id", sa.String(length=64), nullable=True),',
        f'    sa.PrimaryKeyConstraint("id", name="pk_{name}"),',
    ]
    for at in {(number - 1) // 2, number - 1} if number else ():
        other = _NAMES[at]
        lines.insert(-1, f'    sa.Column("{other}_id", sa.Integer(), nullable=True),')
        lines.append(
            f'    sa.ForeignKeyConstraint(["{other}_id"], ["{other}.id"], '
            f'name="fk_{name}_{other}"),'
        )
    lines += [")", f'op.create_index("ix_{name}_name", "{name}", ["name"])']
    rows = ", ".join(f"({row}, 'name {row}', 's{row % 3}')" for row in range(1, 21))
    lines.append(f'op.execute("INSERT INTO {name} (id, name, state) VALUES {rows}")')
    return lines, [f'op.drop_table("{name}")']


def _batch(name: str, up: list[str], down: list[str]) -> Step:
    head = f'with op.batch_alter_table("{name}") as batch_op:'
    return tuple(  # type: ignore[return-value]
        [head, *(f"    batch_op.{line}" for line in lines)] for lines in (up, down)
    )


def _batches(name: str, number: int) -> Iterator[Step]:
    """Yield what happens to a table in the years after it was created."""
    yield _batch(
        name,
        [
            'alter_column("name", existing_type=sa.String(250), type_=sa.String(500))',
            'alter_column("state", existing_type=sa.String(20), nullable=False)',
        ],
        [
            'alter_column("state", existing_type=sa.String(20), nullable=True)',
            'alter_column("name", existing_type=sa.String(500), type_=sa.String(250))',
        ],
    )
    yield _batch(
        name,
        [
            'add_column(sa.Column("owner", sa.String(100), server_default="nobody"))',
            f'create_unique_constraint("uq_{name}_external", ["external_id"])',
        ],
        [
            f'drop_constraint("uq_{name}_external", type_="unique")',
            'drop_column("owner")',
        ],
    )
    yield _batch(
        name,
        ['drop_column("notes")', f'create_index("ix_{name}_state", ["state"])'],
        [
            f'drop_index("ix_{name}_state")',
            'add_column(sa.Column("notes", sa.Text(), nullable=True))',
        ],
    )
    yield _batch(
        name,
        ['alter_column("amount", new_column_name="total", type_=sa.Float())'],
        ['alter_column("total", new_column_name="amount", type_=sa.Numeric(10, 2))'],
    )
    if number % 2:
        yield _batch(
            name,
            [f'create_check_constraint("ck_{name}_id", "id > 0")'],
            [f'drop_constraint("ck_{name}_id", type_="check")'],
        )
        other = _NAMES[number - 1]
        yield _batch(
            name,
            [
                f'drop_constraint("fk_{name}_{other}", type_="foreignkey")',
                f'create_foreign_key("fk_{name}_{other}2", "{other}", '
                f'["{other}_id"], ["id"], ondelete="CASCADE")',
            ],
            [
                f'drop_constraint("fk_{name}_{other}2", type_="foreignkey")',
                f'create_foreign_key("fk_{name}_{other}", "{other}", '
                f'["{other}_id"], ["id"])',
            ],
        )


def _data(name: str) -> Step:
    return (
        [
            "connection = op.get_bind()",
            f't = sa.table("{name}", sa.column("id", sa.Integer), '
            'sa.column("state", sa.String))',
            'connection.execute(t.update().where(t.c.state == "s1")'
            '.values(state="old"))',
            "for row in connection.execute(sa.select(t.c.id).limit(5)).all():",
            "    connection.execute(t.update().where(t.c.id == row.id)"
            '.values(state="seen"))',
        ],
        [f"op.execute(\"UPDATE {name} SET state = 's1' WHERE state = 'old'\")"],
    )


def sqlite(n_steps: int = 150) -> list[Step]:
    """Return the steps of a tree of batches."""
    steps = [_create(number) for number in range(len(_NAMES))]
    pending = [list(_batches(name, n)) for n, name in enumerate(_NAMES)]
    while len(steps) < n_steps:
        for number, name in enumerate(_NAMES):
            if pending[number]:
                steps.append(pending[number].pop(0))
            elif number % 3 == 0:
                steps.append(_data(name))
            else:
                column = f'"extra_{len(steps)}"'
                steps.append(
                    _batch(
                        name,
                        [
                            f"add_column(sa.Column({column}, sa.Integer()))",
                            'alter_column("created_at", '
                            'server_default=sa.text("CURRENT_TIMESTAMP"))'
                            if number % 2
                            else 'alter_column("is_active", type_=sa.Integer())',
                        ],
                        [f"drop_column({column})"],
                    )
                )
    return steps[:n_steps]


def _alters(name: str, number: int, make_up: Callable[[str], str]) -> Iterator[Step]:
    """Yield changes by ALTER; make_up: the code that builds an index on a column."""
    yield (
        [
            f'op.add_column("{name}", sa.Column("owner", sa.String(100)))',
            f'op.alter_column("{name}", "name", existing_type=sa.String(250), '
            "type_=sa.String(500), existing_nullable=False)",
        ],
        [
            f'op.alter_column("{name}", "name", existing_type=sa.String(500), '
            "type_=sa.String(250), existing_nullable=False)",
            f'op.drop_column("{name}", "owner")',
        ],
    )
    yield (
        [f'op.create_unique_constraint("uq_{name}_e", "{name}", ["external_id"])'],
        [f'op.drop_constraint("uq_{name}_e", "{name}", type_="unique")'],
    )
    yield _data(name)
    yield (
        make_up(name).splitlines(),
        [f'op.drop_index("ix_{name}_state", table_name="{name}")'],
    )
    yield (
        [
            f'op.add_column("{name}", sa.Column("n_{number}", sa.Integer(), '
            'server_default="0", nullable=False))',
            f'op.execute("UPDATE {name} SET n_{number} = id")',
            f'op.create_index("ix_{name}_n", "{name}", ["n_{number}"])',
        ],
        [
            f'op.drop_index("ix_{name}_n", table_name="{name}")',
            f'op.drop_column("{name}", "n_{number}")',
        ],
    )


def _grown(n_steps: int, make_up: Callable[[str], str], more: list[Step]) -> list[Step]:
    steps = [_create(number) for number in range(len(_NAMES))]
    pending = [list(_alters(name, n, make_up)) for n, name in enumerate(_NAMES)]
    while len(steps) + len(more) < n_steps:
        for number, name in enumerate(_NAMES):
            if pending[number]:
                steps.append(pending[number].pop(0))
            elif number % 2:
                steps.append(_data(name))
            else:
                column = f"extra_{len(steps)}"
                steps.append(
                    (
                        [
                            f'op.add_column("{name}", sa.Column("{column}", '
                            "sa.String(30), nullable=True))"
                        ],
                        [f'op.drop_column("{name}", "{column}")'],
                    )
                )
    return (steps + more)[:n_steps]


def postgresql(n_steps: int = 300) -> list[Step]:
    """Return the steps of a tree with ENUMs, data and concurrent indexes."""

    def concurrently(name: str) -> str:
        return (
            "with op.get_context().autocommit_block():\n"
            f'    op.create_index("ix_{name}_state", "{name}", ["state"], '
            "postgresql_concurrently=True)"
        )

    enums: list[Step] = []
    for name in _NAMES:
        kind = f'sa.Enum("a", "b", "c", name="kind_of_{name}")'
        enums.append(
            (
                [
                    f"kind = {kind}",
                    "kind.create(op.get_bind())",
                    f'op.add_column("{name}", sa.Column("kind", kind, '
                    'server_default="a"))',
                ],
                [
                    f'op.drop_column("{name}", "kind")',
                    f"{kind}.drop(op.get_bind())",
                ],
            )
        )
        enums.append(
            (
                [
                    "with op.get_context().autocommit_block():",
                    f"    op.execute(\"ALTER TYPE kind_of_{name} ADD VALUE 'd'\")",
                ],
                ["pass"],
            )
        )
    # "user" is a reserved word there, and the data steps have no quotes.
    return [
        tuple([line.replace("user", "account") for line in lines] for lines in step)  # type: ignore[misc]
        for step in _grown(n_steps, concurrently, enums)
    ]


def mariadb(n_steps: int = 150) -> list[Step]:
    """Return the steps of a tree of ALTERs with data."""

    def plain(name: str) -> str:
        return f'op.create_index("ix_{name}_state", "{name}", ["state"])'

    return _grown(n_steps, plain, [])
