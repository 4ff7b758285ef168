import asyncio
from logging.config import fileConfig
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import create_async_engine
from alembic import context
# Import your models so Alembic sees them
from app.db.base import Base
from app.db.models import user, post # noqa: F401
from app.core.config import settings
config = context.config
fileConfig(config.config_file_name)
target_metadata = Base.metadata
def get_url() -> str:
    return settings.DATABASE_URL
def run_migrations_offline() -> None:
    context.configure(
        url=get_url(),
        target_metadata=target_metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()
def do_run_migrations(connection) -> None:
    context.configure(connection=connection, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()
async def run_migrations_online() -> None:
    # The tutorial drops the driver, which is the synchronous psycopg2 in SQLAlchemy 2.0
    # and refused by create_async_engine there; psycopg serves both.
    sync_url = get_url().replace("+asyncpg", "+psycopg")
    connectable = create_async_engine(sync_url, poolclass=pool.NullPool)
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)
    await connectable.dispose()
if context.is_offline_mode():
    run_migrations_offline()
else:
    asyncio.run(run_migrations_online())
