from logging.config import fileConfig

from sqlalchemy import engine_from_config
from sqlalchemy import pool

from alembic import context

# The options of the .ini file and of the command line.
config = context.config

# Log as the .ini file says; loggers of the program that runs this go on.
if config.config_file_name is not None:
    fileConfig(
        config.config_file_name, encoding="utf-8", disable_existing_loggers=False
    )

# The models that "revision --autogenerate" compares the database with:
# from myapp.models import Base
# target_metadata = Base.metadata
target_metadata = None

# Options of your own are read the same way:
# my_option = config.get_main_option("my_option")


def run_migrations_offline() -> None:
    """Print the SQL of the migrations ("--sql") without touching a database.

    The URL says which dialect to print; its driver need not be installed.
    """
    context.configure(
        url=config.get_main_option("sqlalchemy.url"),
        dialect_opts={"paramstyle": "named"},
        literal_binds=True,
        target_metadata=target_metadata,
    )

    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    """Connect to the database and migrate it."""
    # A URL from elsewhere goes in here: options["sqlalchemy.url"] = ...
    options = config.get_section(config.config_ini_section, {})
    connectable = engine_from_config(
        options, prefix="sqlalchemy.", poolclass=pool.NullPool
    )

    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)

        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
