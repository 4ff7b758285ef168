"""Keeping "move and copy" on SQLite from losing rows.

First: it happens as a whole, or not at all.

SQLite's DDL is transactional, but Python's driver begins a transaction only in front of
an INSERT, UPDATE or DELETE, and none at all in its autocommit mode.  Left alone, a
process killed in the middle leaves a table by the temporary name behind, and in
autocommit mode perhaps no table by the real name.

Second: where foreign keys are enforced, DROP TABLE is a DELETE of all rows before, with
what follows from it: ON DELETE CASCADE deletes rows of other tables, which refer to the
new table in vain.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from ..util import CommandError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from ..ddl._journal import Journal
    from ..ddl.impl import DefaultImpl

_SAVEPOINT = "alembic_batch"


# Foreign keys by which other tables lose rows or values when this one is dropped.
_DESTRUCTIVE_REFERENCES = """
SELECT child.name, reference."from"
FROM {schema}sqlite_master AS child,
     pragma_foreign_key_list(child.name, ?) AS reference
WHERE child.type = 'table' AND lower(child.name) <> lower(?)
  AND lower(reference."table") = lower(?)
  AND reference.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT')
ORDER BY child.name
"""


def all_or_nothing(impl: DefaultImpl) -> AbstractContextManager[None]:
    """Return a block that is undone if it fails or the process dies in it.

    Does nothing for other databases than SQLite, and without a connection.
    """
    driver_connection = sqlite_connection(impl)
    if impl.connection is None or driver_connection is None:
        return nullcontext()
    return _savepoint(impl.connection, driver_connection, impl._journal)


def refuse_to_lose_rows(impl: DefaultImpl, table: Table) -> None:
    """Raise CommandError if dropping a table would delete or change rows of others.

    Does nothing for other databases than SQLite, and without a connection.
    """
    if impl.connection is None or sqlite_connection(impl) is None:
        return
    cursor = impl.connection.connection.cursor()
    try:
        losing = _tables_losing_rows(cursor, impl, table)
    finally:
        cursor.close()
    if losing:
        names = ", ".join(f'"{name}"' for name in losing)
        raise CommandError(
            f'Table "{table.name}" cannot be made anew while foreign keys are '
            f"enforced: dropping it would delete or change rows of {names}, where "
            "foreign keys that refer to it say ON DELETE CASCADE, SET NULL or SET "
            'DEFAULT.  Execute "PRAGMA foreign_keys=OFF" before the transaction of '
            "the migration begins."
        )


def _tables_losing_rows(cursor: Any, impl: DefaultImpl, table: Table) -> list[str]:
    cursor.execute("PRAGMA foreign_keys")
    if not cursor.fetchone()[0]:
        return []
    quote = impl.dialect.identifier_preparer.quote_identifier
    schema = f"{quote(table.schema)}." if table.schema else ""
    query = _DESTRUCTIVE_REFERENCES.format(schema=schema)
    cursor.execute(query, (table.schema or "main", table.name, table.name))
    losing: dict[str, None] = {}
    for child, column in cursor.fetchall():
        where = f"{schema}{quote(child)} WHERE {quote(column)} IS NOT NULL"
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {where})")
        if cursor.fetchone()[0]:
            losing[child] = None
    return list(losing)


def sqlite_connection(impl: DefaultImpl) -> Any:
    """Return the driver's connection if it is one to SQLite, None otherwise."""
    connection = impl.connection
    if connection is None or impl.as_sql or impl.dialect.name != "sqlite":
        return None
    driver_connection = getattr(connection.connection, "driver_connection", None)
    is_real = isinstance(getattr(driver_connection, "in_transaction", None), bool)
    return driver_connection if is_real else None


def _commits_by_itself(driver_connection: Any) -> bool:
    """Return whether the driver leaves BEGIN and COMMIT to whoever wants them."""
    if getattr(driver_connection, "autocommit", None) is True:
        return True
    return getattr(driver_connection, "isolation_level", "") is None


@contextmanager
def _savepoint(
    connection: Connection, driver_connection: Any, journal: Journal | None
) -> Iterator[None]:
    """Run a block in a savepoint, inside the open transaction or a new one.

    The statements do not go through SQLAlchemy, whose listeners and logs are to see
    the same ones as ever; so the journal is told what becomes of the block.
    """

    def send(*statements: str) -> None:
        cursor = connection.connection.cursor()
        try:
            for statement in statements:
                cursor.execute(statement)
        finally:
            cursor.close()

    begun = not driver_connection.in_transaction
    mark = journal.mark() if journal else 0
    if begun:
        send("BEGIN")
    try:
        send(f"SAVEPOINT {_SAVEPOINT}")
        yield
        send(f"RELEASE {_SAVEPOINT}")
        if begun and _commits_by_itself(driver_connection):
            send("COMMIT")
    except BaseException:
        # After some errors, such as a full disk, SQLite has rolled back on its own;
        # after a COMMIT that fails it has not.
        if driver_connection.in_transaction:
            if begun:
                send("ROLLBACK")
            else:
                send(f"ROLLBACK TO {_SAVEPOINT}", f"RELEASE {_SAVEPOINT}")
        if journal:
            journal.undo(mark)
        raise
    if journal and not driver_connection.in_transaction:
        journal.settle()
