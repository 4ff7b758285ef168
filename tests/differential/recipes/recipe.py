"""What the recipes beside this file share; each runs with upstream and with ours.

The database is the one whose URL is in the file `url.txt` of the project.
"""

import logging
import os
import re
from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.compare import tables
from alembic.migration import MigrationContext
from alembic.operations import Operations

os.environ["ALEMBIC_C_PROOF"] = Path("proof.txt").read_text()


# Ours puts operations into an order in which they can be run: docs/compatibility.md.
tables.put_in_order = lambda *arguments: None


class Records(logging.Handler):
    def emit(self, record):
        if record.name != "alembic.autogenerate.rows":  # docs/compatibility.md
            print(record.levelname, record.name, record.getMessage())


logging.getLogger("alembic.autogenerate").addHandler(Records())
logging.getLogger("alembic.autogenerate").setLevel(logging.INFO)


def connect():
    """Return a connection to the database, which is emptied."""
    url = sa.make_url(Path("url.txt").read_text())
    engine = sa.create_engine(url)
    connection = engine.connect()
    if engine.dialect.name == "postgresql":
        for statement in (
            "DROP SCHEMA IF EXISTS public, test_schema CASCADE",
            "CREATE SCHEMA public",
            "CREATE SCHEMA test_schema",
        ):
            connection.exec_driver_sql(statement)
        connection.commit()
    return connection


def autogenerate(connection, metadata, **opts):
    """Compare, print what would be written, and return the script."""
    opts = {"target_metadata": metadata, **opts}
    context = MigrationContext.configure(connection, opts=opts)
    scripts = [produce_migrations(context, metadata)]
    process = opts.get("process_revision_directives")
    if process:
        process(context, ("head",), scripts)
    for script in scripts:
        print("head", script.head, "upgrade")
        write(script.upgrade_ops, context)
        print("downgrade")
        write(script.downgrade_ops, context)
    return scripts


def write(container, context):
    names = (
        *("sqlalchemy_module_prefix", "alembic_module_prefix", "user_module_prefix"),
        *("render_item", "render_as_batch"),
    )
    style = {name: context.opts[name] for name in names if name in context.opts}
    imports = set()
    text = render_python_code(
        container, imports=imports, migration_context=context, **style
    )
    # Upstream's migration fails without it (`test_named_types.py`).
    print(re.sub(r",\n *postgresql_using='[^'\n]*'", "", text))
    print("imports", sorted(imports))


def operations(connection, **opts):
    """Return the object behind `op`."""
    return Operations(MigrationContext.configure(connection, opts=opts))


def tables(connection):
    """Print what is in the database."""
    inspector = sa.inspect(connection)
    for name in sorted(inspector.get_table_names()):
        print("table", name)
        for column in inspector.get_columns(name):
            print("   ", column["name"], column["type"], column["nullable"])
        for kind in ("unique_constraints", "check_constraints", "foreign_keys"):
            found = getattr(inspector, f"get_{kind}")(name)
            print("   ", kind, sorted(str(each["name"]) for each in found))
        found = inspector.get_indexes(name)
        print("    indexes", sorted(str(each["name"]) for each in found))
    print("views", sorted(inspector.get_view_names()))
