"""A connection that the program hands to env.py."""

import sys

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from showing import log, show

log()
engine = sa.create_engine("sqlite:///app.db")
with engine.connect() as connection:
    cfg = Config(stdout=sys.stdout)
    cfg.set_main_option("script_location", "migrations")
    cfg.attributes["connection"] = connection
    show("upgrade", command.upgrade, cfg, "a1")
    show("check", command.check, cfg)
    show("in transaction", connection.in_transaction)
    connection.commit()
    show("current", command.current, cfg, verbose=True)
    connection.rollback()
    with connection.begin():
        show("upgrade", command.upgrade, cfg, "heads")
        show("still", connection.in_transaction)
    with connection.begin() as transaction:
        command.downgrade(cfg, "base")
        transaction.rollback()
print(sorted(sa.inspect(engine).get_table_names()))
