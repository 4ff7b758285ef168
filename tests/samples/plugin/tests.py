import asyncio
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from alembic_c.testkit.suite import *

INSERT = sa.text("INSERT INTO t1 (id, name) VALUES (1, 'a')")


@pytest.mark.parametrize("number", range(3))
def test_database_of_its_own(migrated_engine, number):
    with migrated_engine.begin() as connection:
        connection.execute(INSERT)


@pytest.mark.parametrize("number", range(3))
def test_rolled_back(migrated_connection, number):
    with Session(migrated_connection, join_transaction_mode="create_savepoint") as own:
        own.execute(INSERT)
        own.commit()
    assert migrated_connection.scalar(sa.text("SELECT count(*) FROM t1")) == 1


@pytest.mark.parametrize("number", range(2))
def test_module(migrated_module_url, number):
    engine = sa.create_engine(migrated_module_url)
    with engine.begin() as connection:
        connection.execute(sa.text(
            f"INSERT INTO t1 (id) VALUES ({number + 1})"))
    engine.dispose()


def test_asynchronous_engine(migrated_async_engine):
    async def body():
        async with migrated_async_engine.begin() as connection:
            await connection.execute(INSERT)
    asyncio.run(body())


@pytest.mark.asyncio
async def test_asynchronous_connection(migrated_async_connection):
    await migrated_async_connection.execute(INSERT)
