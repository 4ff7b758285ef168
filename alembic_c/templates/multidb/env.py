from contextlib import ExitStack
import logging
from logging.config import fileConfig
import re

from sqlalchemy import engine_from_config
from sqlalchemy import pool

from alembic import context

# True commits all databases in two phases, where each of them can do that.
USE_TWOPHASE = False

# The options of the .ini file and of the command line.
config = context.config

# Log as the .ini file says; loggers of the program that runs this go on.
if config.config_file_name is not None:
    fileConfig(
        config.config_file_name, encoding="utf-8", disable_existing_loggers=False
    )
logger = logging.getLogger("alembic.env")

# The sections of the .ini file that have a database each.
db_names = config.get_main_option("databases", "")

# The models that "revision --autogenerate" compares each database with:
# from myapp import mymodel
# target_metadata = {
#     "engine1": mymodel.metadata1,
#     "engine2": mymodel.metadata2,
# }
target_metadata = {}

# Options of your own are read the same way:
# my_option = config.get_main_option("my_option")


def engine_names() -> list[str]:
    return re.split(r",\s*", db_names)


def run_migrations_offline() -> None:
    """Write the SQL of the migrations ("--sql"), a file "NAME.sql" for each database.

    The URLs say which dialect to write; their drivers need not be installed.
    """
    for name in engine_names():
        logger.info("Migrating database %s", name)
        file_ = f"{name}.sql"
        logger.info("Writing output to %s", file_)
        with open(file_, "w") as buffer:
            context.configure(
                url=config.get_section_option(name, "sqlalchemy.url"),
                output_buffer=buffer,
                target_metadata=target_metadata.get(name),
                literal_binds=True,
                dialect_opts={"paramstyle": "named"},
            )
            with context.begin_transaction():
                context.run_migrations(engine_name=name)


def run_migrations_online() -> None:
    """Connect to all databases, migrate each, then commit all or none."""
    engines = {
        name: engine_from_config(
            config.get_section(name, {}),
            prefix="sqlalchemy.",
            poolclass=pool.NullPool,
        )
        for name in engine_names()
    }

    with ExitStack() as stack:
        connections = {
            name: stack.enter_context(engine.connect())
            for name, engine in engines.items()
        }
        transactions = [
            connection.begin_twophase() if USE_TWOPHASE else connection.begin()
            for connection in connections.values()
        ]

        try:
            for name, connection in connections.items():
                logger.info("Migrating database %s", name)
                context.configure(
                    connection=connection,
                    upgrade_token=f"{name}_upgrades",
                    downgrade_token=f"{name}_downgrades",
                    target_metadata=target_metadata.get(name),
                )
                context.run_migrations(engine_name=name)

            if USE_TWOPHASE:
                for transaction in transactions:
                    transaction.prepare()

            for transaction in transactions:
                transaction.commit()
        except BaseException:
            for transaction in transactions:
                transaction.rollback()
            raise


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
