"""An application's project: 100 migrations, models, and 60 tests on migrated databases.

usage: python -m benchmarks.example_project DIRECTORY [--tables N]

Five migrations for each table: it is created with a foreign key, gets columns, an
index, a longer type or (each fourth) an enum, and a CHECK. Models and migrations agree.
"""

from __future__ import annotations

import argparse
from pathlib import Path

TABLES = 20
STEPS = 5

_REVISION = '''"""{message}"""

import sqlalchemy as sa

from alembic import op

revision = "{number:04d}"
down_revision = {down!r}


def upgrade():
{upgrade}


def downgrade():
{downgrade}
'''

_ENV = """import asyncio

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from alembic import context
from models import metadata


def run(connection):
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_async(url):
    engine = create_async_engine(url, poolclass=sa.pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)


given = context.config.attributes.get("connection")
url = sa.make_url(context.config.get_main_option("sqlalchemy.url"))
if given is not None:
    if isinstance(given, sa.Engine):
        with given.connect() as connection:
            run(connection)
    else:
        run(given)
elif url.get_dialect().is_async:
    asyncio.run(run_async(url))
else:
    with sa.create_engine(url, poolclass=sa.pool.NullPool).connect() as connection:
        run(connection)
"""

_MODELS = """import sqlalchemy as sa

metadata = sa.MetaData()


def _table(number):
    columns = [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String({length}.get(number % 4, 80)), nullable=False),
        sa.Column("created", sa.DateTime),
    ]
    if number:
        key = sa.ForeignKey(
            f"table_{{number - 1}}.id", name=f"fk_table_{{number}}", ondelete="CASCADE"
        )
        columns.append(sa.Column("parent_id", sa.Integer, key))
    columns += [
        sa.Column("note", sa.Text),
        sa.Column("amount", sa.Integer, server_default="1"),
    ]
    if number % 4 == 0:
        columns.append(
            sa.Column("state", sa.Enum("new", "done", name=f"state_{{number}}"))
        )
    table = sa.Table(
        f"table_{{number}}",
        metadata,
        *columns,
        sa.CheckConstraint("amount > 0", name=f"ck_table_{{number}}"),
    )
    sa.Index(f"ix_table_{{number}}_name", table.c.name)


for number in range({n_tables}):
    _table(number)
"""

_CONFTEST = """pytest_plugins = ["alembic_c.pytest"]
"""

_INI = """[alembic]
script_location = %(here)s/migrations
prepend_sys_path = %(here)s
path_separator = newline
sqlalchemy.url = sqlite:///shop.db
"""

_PYTEST = """[pytest]
asyncio_default_fixture_loop_scope = function
"""

_TEST_SYNC = """import pytest
import sqlalchemy as sa
from models import metadata
from sqlalchemy.orm import Session

table = metadata.tables["table_0"]
values = {{"id": 1, "name": "a", "amount": 2}}


@pytest.mark.parametrize("number", range({n_tests}))
def test_a_database_of_its_own(migrated_engine, number):
    with migrated_engine.begin() as connection:
        connection.execute(table.insert().values(values))
    with migrated_engine.begin() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 1
        with pytest.raises(sa.exc.DatabaseError):
            connection.execute(table.insert().values(values | {{"id": 2, "amount": 0}}))


@pytest.mark.parametrize("number", range({n_tests}))
def test_a_transaction(migrated_connection, number):
    with Session(migrated_connection, join_transaction_mode="create_savepoint") as own:
        own.execute(table.insert().values(values))
        own.commit()
    count = sa.select(sa.func.count()).select_from(table)
    assert migrated_connection.scalar(count) == 1
"""

_TEST_ASYNC = """import pytest
import sqlalchemy as sa
from models import metadata

table = metadata.tables["table_0"]
values = {{"id": 1, "name": "a", "amount": 2}}
count = sa.select(sa.func.count()).select_from(table)


@pytest.mark.asyncio
@pytest.mark.parametrize("number", range({n_tests}))
async def test_a_database_of_its_own(migrated_async_engine, number):
    async with migrated_async_engine.begin() as connection:
        await connection.execute(table.insert().values(values))
        assert await connection.scalar(count) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("number", range({n_tests}))
async def test_a_transaction(migrated_async_connection, number):
    await migrated_async_connection.execute(table.insert().values(values))
    assert await migrated_async_connection.scalar(count) == 1
"""

_TEST_MIGRATIONS = """from alembic_c.testkit.suite import *
"""


def _create(number: int) -> tuple[str, str]:
    parent = ""
    if number:
        parent = (
            '\n    columns.append(sa.Column("parent_id", sa.Integer, sa.ForeignKey(\n'
            f'        "table_{number - 1}.id", name="fk_table_{number}", '
            'ondelete="CASCADE")))'
        )
    return (
        "    columns = [\n"
        '        sa.Column("id", sa.Integer, primary_key=True),\n'
        '        sa.Column("name", sa.String(50), nullable=False),\n'
        '        sa.Column("created", sa.DateTime),\n'
        f"    ]{parent}\n"
        f'    op.create_table("table_{number}", *columns)',
        f'    op.drop_table("table_{number}")',
    )


def _columns(number: int) -> tuple[str, str]:
    table = f'op.batch_alter_table("table_{number}")'
    return (
        f"    with {table} as batch:\n"
        '        batch.add_column(sa.Column("note", sa.Text))\n'
        '        batch.add_column(sa.Column("amount", sa.Integer, server_default="1"))',
        f"    with {table} as batch:\n"
        '        batch.drop_column("amount")\n'
        '        batch.drop_column("note")',
    )


def _index(number: int) -> tuple[str, str]:
    name, table = f"ix_table_{number}_name", f"table_{number}"
    return (
        f'    op.create_index("{name}", "{table}", ["name"])',
        f'    op.drop_index("{name}", table_name="{table}")',
    )


def _type(number: int) -> tuple[str, str]:
    table = f'op.batch_alter_table("table_{number}")'
    if number % 4:
        change = (
            '        batch.alter_column("name", type_=sa.String({}), '
            "existing_type=sa.String({}), existing_nullable=False)"
        )
        return (
            f"    with {table} as batch:\n{change.format(80, 50)}",
            f"    with {table} as batch:\n{change.format(50, 80)}",
        )
    enum = f'sa.Enum("new", "done", name="state_{number}")'
    return (
        f"    {enum}.create(op.get_bind(), checkfirst=True)\n"
        f'    op.add_column("table_{number}", sa.Column("state", {enum}))',
        f'    op.drop_column("table_{number}", "state")\n'
        f"    {enum}.drop(op.get_bind(), checkfirst=True)",
    )


def _check(number: int) -> tuple[str, str]:
    table = f'op.batch_alter_table("table_{number}")'
    return (
        f"    with {table} as batch:\n"
        "        batch.create_check_constraint("
        f'"ck_table_{number}", sa.text("amount > 0"))',
        f"    with {table} as batch:\n"
        f'        batch.drop_constraint("ck_table_{number}", type_="check")',
    )


def make(directory: Path, n_tables: int = TABLES, n_tests: int = 60) -> None:
    """Write the project; five migrations for each table, a quarter of n_tests each."""
    versions = directory / "migrations" / "versions"
    versions.mkdir(parents=True)
    number = 0
    for table in range(n_tables):
        for step in (_create, _columns, _index, _type, _check):
            upgrade, downgrade = step(table)
            down = f"{number:04d}" if number else None
            number += 1
            text = _REVISION.format(
                message=f"{step.__name__.strip('_')} of table_{table}",
                number=number,
                down=down,
                upgrade=upgrade,
                downgrade=downgrade,
            )
            (versions / f"{number:04d}.py").write_text(text)
    files = {
        "migrations/env.py": _ENV,
        "models.py": _MODELS.format(n_tables=n_tables, length="{0: 50}"),
        "conftest.py": _CONFTEST,
        "alembic.ini": _INI,
        "pytest.ini": _PYTEST,
        "test_sync.py": _TEST_SYNC.format(n_tests=n_tests // 4),
        "test_async.py": _TEST_ASYNC.format(n_tests=n_tests // 4),
        "test_migrations.py": _TEST_MIGRATIONS,
    }
    for name, text in files.items():
        (directory / name).write_text(text)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write an example project.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--tables", type=int, default=TABLES)
    options = parser.parse_args()
    make(options.directory, options.tables)


if __name__ == "__main__":
    main()
