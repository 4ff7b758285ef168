"""Runs commands in order in one process, and writes down what each left behind.

A program for `side_by_side.Tool`: its arguments are the package, the commands as JSON,
the database's URL and the file for the results.
"""

import importlib
import json
import logging
import os
import sys
from typing import Any

import sqlalchemy as sa

package, commands, url, results = sys.argv[1:]
config = importlib.import_module(f"{package}.config")

records: list[str] = []


class Recorder(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        records.append(f"{record.levelname} [{record.name}] {record.getMessage()}")


logger = logging.getLogger("alembic")
logger.addHandler(Recorder())
logger.setLevel(logging.DEBUG)


def printed(start: int) -> str:
    """Return what has been printed since a position of the file behind `stdout`."""
    sys.stdout.flush()
    end = os.lseek(1, 0, os.SEEK_CUR)
    return os.pread(1, end - start, start).decode()


def contents() -> dict[str, list[list[Any]]]:
    """Return table -> sorted rows, for every table of the schemas of the tests."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    found = {}
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        schemas: list[str | None] = [None]
        schemas += [name for name in inspector.get_schema_names() if name == "extra"]
        for schema in schemas:
            for name in inspector.get_table_names(schema=schema):
                table = sa.table(name, schema=schema)
                rows = connection.execute(sa.select(sa.text("*")).select_from(table))
                found[f"{schema or ''}.{name}"] = sorted(map(list, rows))
    return found


def run(command: str) -> dict[str, Any]:
    records.clear()
    start = os.lseek(1, 0, os.SEEK_CUR)
    status: str | int | None = 0
    error = ""
    try:
        config.CommandLine("alembic").main(command.split())
    except SystemExit as end:
        status = end.code
    except BaseException as problem:  # noqa: BLE001 - which one is the result
        status, error = 1, f"{type(problem).__name__}: {problem}"
    return {
        "status": status,
        "stdout": printed(start),
        "log": records[:],
        "error": error,
        "tables": contents(),
    }


with open(results, "w") as file:
    json.dump([run(command) for command in json.loads(commands)], file)
