"""An application's migrations on SQLite: from empty to head, down, and up again.

usage: python migrate_application.py airflow|dagster|mlflow|optuna|prefect

Prints the schema after each of the three: the statements and what the pragmas say.
"""

import functools
import os
import re
import sqlite3
import sys
from pathlib import Path

HOME = Path.cwd()
PRAGMAS = ("table_xinfo", "foreign_key_list", "index_list")
PARTS = "SELECT seqno, cid, name, coll, key FROM pragma_index_xinfo(?)"


# What the applications print and log goes to the standard error stream.
report = functools.partial(print, file=os.fdopen(os.dup(1), "w"), flush=True)
os.dup2(2, 1)


def settled(sql):
    """Return a statement with its lines in order.

    In which order upstream's batch mode writes constraints differs from run to run; and
    it loses the direction of indexes.
    """
    if sql.startswith("CREATE INDEX"):
        return sql.replace(" DESC", "")
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
        report(kind, name, table)
        report(settled(sql or ""))
    for kind, name, _, _ in rows:
        if kind != "table":
            continue
        for pragma in PRAGMAS:
            report(pragma, name)
            # Foreign keys and indexes are numbered in the order of the statement, and
            # so are the names of those that belong to a constraint.
            first = 0 if pragma == "table_xinfo" else 1
            found = connection.execute(f'PRAGMA {pragma}("{name}")')
            for row in sorted((row[first:] for row in found), key=repr):
                report("   ", row)
        indexes = connection.execute("SELECT name FROM pragma_index_list(?)", [name])
        for index, columns in sorted(
            (
                re.sub("^(sqlite_autoindex_.*)_[0-9]+$", r"\1", index),
                list(map(repr, connection.execute(PARTS, [index]))),
            )
            for (index,) in indexes.fetchall()
        ):
            report("index_xinfo", index, *columns, sep="\n    ")
    for name in [row[1] for row in rows if row[1].startswith("alembic_version")]:
        report(name, sorted(connection.execute(f'SELECT * FROM "{name}"')))
    connection.close()


def attempt(label, path, function, *arguments):
    report("==", label)
    try:
        function(*arguments)
    except BaseException as problem:  # noqa: BLE001
        line = str(problem).partition("\n")[0]
        report(type(problem).__name__, re.sub("0x[0-9a-f]+", "0x", line))
    show_schema(path)


def drive(path, config, *stages):
    """Run the three with a Config whose env.py finds the database by itself.

    stages: how low and how high to go, one after the other.
    """
    from alembic import command
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(config)
    report("heads", script.get_heads(), "of", len(list(script.walk_revisions())))
    for low, high in stages:
        for verb, target in (
            ("upgrade", high),
            ("downgrade", "-1"),
            ("downgrade", low),
            ("upgrade", high),
        ):
            attempt(f"{verb} {target}", path, getattr(command, verb), config, target)


def optuna():
    import optuna
    from alembic.config import Config

    home = Path(optuna.__file__).parent / "storages" / "_rdb"
    config = Config(str(home / "alembic.ini"))
    config.set_main_option("script_location", str(home / "alembic"))
    config.set_main_option("sqlalchemy.url", f"sqlite:///{HOME}/optuna.db")
    drive(HOME / "optuna.db", config, ("base", "heads"))
    storage = optuna.storages.RDBStorage(f"sqlite:///{HOME}/own.db")
    report(storage.get_current_version(), storage.get_head_version())
    report(storage.get_all_versions())
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
        report("#", kind)
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
        report("#", path.name)
        show_schema(path)


def mlflow():
    import sqlalchemy as sa
    from mlflow.store.db.utils import _get_alembic_config
    from mlflow.store.tracking.dbmodels.initial_models import Base

    url = f"sqlite:///{HOME}/mlflow.db"
    # The first revision takes the tables of a release without migrations.
    Base.metadata.create_all(sa.create_engine(url))
    drive(
        HOME / "mlflow.db",
        _get_alembic_config(url),
        # Down to where the older ones do nothing, and up to the one that upstream
        # cannot take back: it copies a table with a generated column.
        ("bda7b8c39065", "d0e1f2a3b4c5"),
        ("c8d9e0f1a2b3", "heads"),
    )


def prefect():
    path = HOME / "prefect.db"
    os.environ["PREFECT_HOME"] = str(HOME)
    os.environ["PREFECT_API_DATABASE_CONNECTION_URL"] = f"sqlite+aiosqlite:///{path}"
    import anyio
    from prefect.server.database import alembic_commands

    def run():
        drive(path, alembic_commands.alembic_config(), ("base", "heads"))
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
    # Airflow's first revision drops an index that is not there, on SQLite.
    config = db._get_alembic_config()
    drive(path, config, ("4bc4d934e2bc", "heads"), ("base", "heads"))


if __name__ == "__main__":
    {
        "airflow": airflow,
        "dagster": dagster,
        "mlflow": mlflow,
        "optuna": optuna,
        "prefect": prefect,
    }[sys.argv[1]]()
