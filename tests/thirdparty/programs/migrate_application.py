"""An application's migrations on SQLite: from empty to head, down, and up again.

usage: python migrate_application.py airflow|dagster|mlflow|optuna|prefect

Prints the schema after each of the three: the statements and what the pragmas say.
"""

import contextlib
import io
import os
import re
import sqlite3
import sys
from pathlib import Path

HOME = Path.cwd()
PRAGMAS = ("table_xinfo", "foreign_key_list", "index_list")


def settled(sql):
    """Return a statement with its lines in order.

    In which order upstream's batch mode writes constraints differs from run to run.
    """
    return "\n".join(sorted(line.strip().rstrip(",") for line in sql.split("\n")))


def show_schema(path):
    connection = sqlite3.connect(path)
    # What a failed batch operation leaves behind with upstream; ours takes it back.
    rows = connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema "
        "WHERE tbl_name NOT LIKE '\\_alembic\\_tmp\\_%' ESCAPE '\\' "
        "ORDER BY type, name"
    ).fetchall()
    for kind, name, table, sql in rows:
        print(kind, name, table)
        print(settled(sql or ""))
    for kind, name, _, _ in rows:
        if kind != "table":
            continue
        for pragma in PRAGMAS:
            print(pragma, name)
            # Foreign keys and indexes are numbered in the order of the statement.
            first = 0 if pragma == "table_xinfo" else 1
            found = connection.execute(f'PRAGMA {pragma}("{name}")')
            for row in sorted((row[first:] for row in found), key=repr):
                print("   ", row)
        for (index,) in connection.execute(
            "SELECT name FROM pragma_index_list(?) ORDER BY name", [name]
        ).fetchall():
            print("index_xinfo", index)
            for row in connection.execute(f'PRAGMA index_xinfo("{index}")'):
                print("   ", row)
    for name in [row[1] for row in rows if row[1].startswith("alembic_version")]:
        print(name, sorted(connection.execute(f'SELECT * FROM "{name}"')))
    connection.close()


def attempt(label, path, function, *arguments):
    print("==", label)
    noise = io.StringIO()
    try:
        with contextlib.redirect_stdout(noise), contextlib.redirect_stderr(noise):
            function(*arguments)
    except BaseException as problem:  # noqa: BLE001
        line = str(problem).partition("\n")[0]
        print(type(problem).__name__, re.sub("0x[0-9a-f]+", "0x", line))
    show_schema(path)


def drive(path, config):
    """Run the three with a Config whose env.py finds the database by itself."""
    from alembic import command
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(config)
    print("heads", script.get_heads(), "of", len(list(script.walk_revisions())))
    attempt("up", path, command.upgrade, config, "heads")
    # As far as the application lets itself be taken back.
    attempt("down by one", path, command.downgrade, config, "-1")
    attempt("down", path, command.downgrade, config, "base")
    attempt("up again", path, command.upgrade, config, "heads")


def optuna():
    import optuna
    from alembic.config import Config

    home = Path(optuna.__file__).parent / "storages" / "_rdb"
    config = Config(str(home / "alembic.ini"))
    config.set_main_option("script_location", str(home / "alembic"))
    config.set_main_option("sqlalchemy.url", f"sqlite:///{HOME}/optuna.db")
    drive(HOME / "optuna.db", config)
    storage = optuna.storages.RDBStorage(f"sqlite:///{HOME}/own.db")
    print(storage.get_current_version(), storage.get_head_version())
    print(storage.get_all_versions())
    attempt("by itself", HOME / "own.db", storage.upgrade)


def dagster():
    import dagster._core.storage as storage
    import sqlalchemy as sa
    from alembic import command
    from alembic.config import Config
    from dagster import DagsterInstance
    from dagster._core.storage.migration.utils import upgrading_instance

    home = Path(storage.__file__).parent
    root = HOME / "instance"
    root.mkdir()
    instance = DagsterInstance.local_temp(str(root))
    for kind in ("runs", "event_log", "schedules"):
        print("#", kind)
        ini = home / kind / "sqlite" / "alembic" / "alembic.ini"
        path = HOME / f"{kind}.db"

        def run(verb, target, ini=ini, path=path):
            config = Config(str(ini))
            config.set_main_option("script_location", "dagster:_core/storage/alembic")
            engine = sa.create_engine(f"sqlite:///{path}")
            with upgrading_instance(instance), engine.connect() as connection:
                config.attributes["connection"] = connection
                config.attributes["run_id"] = None
                getattr(command, verb)(config, target)

        for verb, target in (
            ("upgrade", "head"),
            ("downgrade", "-1"),
            ("downgrade", "base"),
            ("upgrade", "head"),
        ):
            attempt(f"{verb} {target}", path, run, verb, target)
    attempt("by itself", root / "history" / "runs.db", instance.upgrade)
    for path in sorted(root.rglob("*.db")):
        print("#", path.name)
        show_schema(path)


def mlflow():
    import sqlalchemy as sa
    from mlflow.store.db.utils import _get_alembic_config
    from mlflow.store.tracking.dbmodels.initial_models import Base

    url = f"sqlite:///{HOME}/mlflow.db"
    # The first revision takes the tables of a release without migrations.
    Base.metadata.create_all(sa.create_engine(url))
    drive(HOME / "mlflow.db", _get_alembic_config(url))


def prefect():
    path = HOME / "prefect.db"
    os.environ["PREFECT_HOME"] = str(HOME)
    os.environ["PREFECT_API_DATABASE_CONNECTION_URL"] = f"sqlite+aiosqlite:///{path}"
    import anyio
    from prefect.server.database import alembic_commands

    def run():
        drive(path, alembic_commands.alembic_config())
        attempt("by itself", path, alembic_commands.alembic_downgrade, "-1")
        attempt("by itself", path, alembic_commands.alembic_upgrade)

    # Its env.py wants a thread that an event loop has started.
    async def main():
        await anyio.to_thread.run_sync(run)

    anyio.run(main)


def airflow():
    path = HOME / "airflow.db"
    os.environ["AIRFLOW_HOME"] = str(HOME)
    os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{path}"
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    from airflow import settings
    from airflow.utils import db

    settings.configure_orm()
    drive(path, db._get_alembic_config())


if __name__ == "__main__":
    {
        "airflow": airflow,
        "dagster": dagster,
        "mlflow": mlflow,
        "optuna": optuna,
        "prefect": prefect,
    }[sys.argv[1]]()
