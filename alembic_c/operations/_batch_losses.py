"""What move-and-copy on SQLite would lose beside what it is told to.

A guard goes along with the steps of `batch.ApplyBatchImpl`.  It looks for losses when
the rows are in the new table and the old one is still there, so that everything can be
undone:

- Where foreign keys are enforced, DROP TABLE deletes all rows first, with what follows
  from it: ON DELETE CASCADE deletes rows that refer to them.  That goes for other
  tables and, if the table refers to itself, for the rows just copied.
- A column is left out because another takes its name, or `copy_from` does not have it.
- A CAST makes 0 of a text that is no number; an INTEGER PRIMARY KEY numbers NULLs.
- Some of what belongs to a table cannot be said to SQLAlchemy, or is left behind with a
  column: `_batch_remains.py` compares the two statements.

Values that would be lost without anybody having asked for it are an error; what is
lost with upstream too, and may be meant, is told in the log at WARNING: a Python
warning would fail the test suites that make errors of those.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import Cast
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ..runtime._failures import driver_cursor, sqlite_connection
from ..util import CommandError
from . import _batch_remains, _batch_values, _sqlite_copy, _sqlite_table
from ._sqlite_dependents import Dependents
from ._sqlite_words import folded, has_word

if TYPE_CHECKING:
    from ..ddl.impl import DefaultImpl
    from ._sqlite_copy import NewVersion
    from ._sqlite_table import StoredTable

log = logging.getLogger("alembic.runtime.migration")

# Foreign keys by which rows or values are lost when a table is dropped.
_DESTRUCTIVE_REFERENCES = """
SELECT child.name, reference."from"
FROM {schema}sqlite_master AS child,
     pragma_foreign_key_list(child.name, ?) AS reference
WHERE child.type = 'table' AND lower(child.name) <> lower(?)
  AND lower(reference."table") = lower(?)
  AND reference.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT')
ORDER BY child.name
"""


def read(impl: DefaultImpl, name: str, schema: str | None) -> StoredTable | None:
    """Read a table of SQLite's; None for other databases, and if it is not there.

    A database that does not answer counts as one without the table: whoever needs it
    gets the error.
    """
    if sqlite_connection(impl) is None:
        return None
    quote = impl.dialect.identifier_preparer.quote_identifier
    try:
        return _sqlite_table.read(_Queries(impl), quote, name, schema)
    except DBAPIError as problem:
        log.debug('Table "%s" cannot be read: %s', name, problem)
        return None


class _Queries:
    """Runs statements through a cursor of the driver, and gives all rows."""

    def __init__(self, impl: DefaultImpl) -> None:
        assert impl.connection is not None
        self._connection = impl.connection

    def __call__(self, statement: str, *parameters: Any) -> list[Any]:
        with driver_cursor(self._connection) as cursor:
            cursor.execute(statement, parameters)
            rows: list[Any] = cursor.fetchall()
            return rows


def _schema(version: NewVersion) -> str | None:
    """Return the database that a table is in, None for the main one.

    A `schema_translate_map` may have put it into another one than its name says.
    """
    stored = version.stored
    if stored is not None and stored.database != "main":
        return stored.database
    schema: str | None = version.table.schema
    return schema


class Guard:
    """Sees to it that nothing is lost silently; of itself it does nothing.

    Which is right for other databases than SQLite, and without a connection.
    """

    def begin(self) -> None:
        """Look at the database before anything is changed."""

    def copied(self) -> None:
        """Look for losses between the copying and the dropping of the old table.

        Raises CommandError if rows or values would be lost.
        """

    @contextmanager
    def renaming(self) -> Iterator[None]:
        """Let the new table take the name of the old one, which views refer to."""
        yield

    def end(self) -> None:
        """Restore what goes with the table, and tell of what is lost.

        Raises CommandError if a view or a trigger does not compile any more.
        """


def guard(impl: DefaultImpl, new_version: NewVersion) -> Guard:
    """Return the guard for a table that is made anew."""
    driver_connection = sqlite_connection(impl)
    if driver_connection is None:
        return Guard()
    return _SqliteGuard(_Queries(impl), impl, new_version, driver_connection)


class _SqliteGuard(Guard):
    """The questions to SQLite, with what they have in common."""

    def __init__(
        self,
        query: _Queries,
        impl: DefaultImpl,
        new_version: NewVersion,
        driver_connection: Any,
    ) -> None:
        self._query = query
        self._impl = impl
        self._version = new_version
        self._driver_connection = driver_connection
        self._table = new_version.table
        self._schema = _schema(new_version)
        self._quote = impl.dialect.identifier_preparer.quote_identifier
        self._prefix = f"{self._quote(self._schema)}." if self._schema else ""
        self._old = f"{self._prefix}{self._quote(self._table.name)}"
        self._new = f"{self._prefix}{self._quote(new_version.temp_table_name)}"
        self._dependents: Dependents | None = None
        self._lost: list[str] = []

    @property
    def _stored(self) -> StoredTable | None:
        return self._version.stored

    @cached_property
    def _statement(self) -> str:
        """The statement of the new table; `table_kwargs` may make that temporary."""
        masters = [f"{self._prefix}sqlite_master"]
        if not self._prefix:
            masters.insert(0, "sqlite_temp_master")  # what is there hides the others
        where, name = "WHERE type = 'table' AND name = ?", self._version.temp_table_name
        rows = [
            row
            for master in masters
            for row in self._query(f"SELECT sql FROM {master} {where}", name)
        ]
        return str(rows[0][0])

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Tell of questions that are not answered, say for lack of a permission."""
        try:
            yield
        except SQLAlchemyError as problem:
            if not self._driver_connection.in_transaction:
                # SQLite has rolled back, as after a full disk: the copy is gone.
                raise
            log.warning(
                'What table "%s" loses when it is made anew cannot be asked: %s',
                self._table.name,
                problem,
            )

    def begin(self) -> None:
        with self._asking():
            self.refuse_a_hidden_table()
        stored = self._stored
        if stored is not None and stored.objects:
            gone = {
                folded(name)
                for name in stored.real_names.values()
                if self._version.new_name(name) != name
            }
            with self._asking():
                self._dependents = Dependents(self._query, self._quote, stored, gone)

    def copied(self) -> None:
        with self._asking():
            self.refuse_to_lose_rows()
            self.refuse_to_replace_values()
            self.keep_sequence()
            self.warn_of_forgotten_columns()
            self.look_at_values()
            if self._stored is not None:
                self._lost += _batch_remains.lost(
                    self._stored, self._statement, self._version
                )
                self._lost += self._lost_rowids(self._stored)

    @contextmanager
    def renaming(self) -> Iterator[None]:
        if self._dependents is None:
            yield
        else:
            with self._dependents.left_alone():
                yield

    def end(self) -> None:
        if self._dependents is not None:
            self._lost[:0] = map(str, self._dependents.restore())
        if self._lost:
            log.warning(
                'Table "%s" is made anew without %s',
                self._table.name,
                ", ".join(self._lost),
            )

    def refuse_a_hidden_table(self) -> None:
        """Refuse to copy into a temporary table, which hides one by the same name."""
        name = self._version.temp_table_name
        where = "WHERE name = ? COLLATE NOCASE"
        if not self._prefix and self._query(
            f"SELECT 1 FROM sqlite_temp_master {where}", name
        ):
            raise CommandError(
                f'Table "{self._table.name}" cannot be made anew: its rows would go to '
                f'the temporary table "{name}" that exists already.  Drop that first.'
            )

    # --- rows -----------------------------------------------------------------------

    def _has_values(self, table: str, column: str) -> bool:
        where = f"{table} WHERE {self._quote(column)} IS NOT NULL"
        return bool(self._query(f"SELECT EXISTS (SELECT 1 FROM {where})")[0][0])

    def refuse_to_lose_rows(self) -> None:
        name = self._table.name
        if has_word(self._statement, "CONFLICT"):
            counts = f"(SELECT count(*) FROM {self._old}), count(*) FROM {self._new}"
            ((before, after),) = self._query(f"SELECT {counts}")
            if before != after:
                raise CommandError(
                    f'Table "{name}" would lose {before - after} of its {before} rows '
                    "to an ON CONFLICT clause of its new version"
                )
        if not self._query("PRAGMA foreign_keys")[0][0]:
            return
        query = _DESTRUCTIVE_REFERENCES.format(schema=self._prefix)
        references = self._query(query, self._schema or "main", name, name)
        losing: dict[str, None] = {}
        for child, column in references:
            if self._has_values(f"{self._prefix}{self._quote(child)}", column):
                losing[name if child == self._version.temp_table_name else child] = None
        if losing:
            names = ", ".join(f'"{child}"' for child in losing)
            raise CommandError(
                f'Table "{name}" cannot be made anew while foreign keys are '
                f"enforced: dropping it would delete or change rows of {names}, where "
                "foreign keys that refer to it say ON DELETE CASCADE, SET NULL or SET "
                'DEFAULT.  Execute "PRAGMA foreign_keys=OFF" before the transaction of '
                "the migration begins."
            )

    # --- columns --------------------------------------------------------------------

    def _columns(self) -> set[str]:
        """Return the columns that the table has, without generated ones."""
        if self._stored is not None:
            return {c.name for c in self._stored.columns if not c.hidden}
        rows = self._query(
            "SELECT name FROM pragma_table_xinfo(?, ?) WHERE hidden = 0",
            self._table.name,
            self._schema or "main",
        )
        return {row[0] for row in rows}

    def refuse_to_replace_values(self) -> None:
        present = self._columns() if self._version.replaced_columns else ()
        for name in self._version.replaced_columns:
            if name in present and self._has_values(self._old, name):
                raise CommandError(
                    f'Table "{self._table.name}" has a column "{name}" already; to '
                    "add it anew would lose the values that it has.  Drop the column "
                    "first if that is meant.  To rename a column and add another by "
                    "its old name, use a batch for each."
                )

    def warn_of_forgotten_columns(self) -> None:
        if self._version.reflected:
            return
        known = {column.name.lower() for column in self._table.columns}
        forgotten = [
            name
            for name in sorted(self._columns())
            if name.lower() not in known and self._has_values(self._old, name)
        ]
        if forgotten:
            names = ", ".join(f'"{name}"' for name in forgotten)
            log.warning(
                'Table "%s" loses columns with values that the Table given as '
                "copy_from does not have: %s",
                self._table.name,
                names,
            )

    # --- ids ------------------------------------------------------------------------

    def keep_sequence(self) -> None:
        """Let AUTOINCREMENT go on behind the highest id that there ever was."""
        if not has_word(self._statement, "AUTOINCREMENT"):
            return
        old, new = self._table.name, self._version.temp_table_name
        table = f"{self._prefix}sqlite_sequence"
        rows = self._query(f"SELECT max(seq) FROM {table} WHERE name = ?", old)
        highest = rows[0][0]
        if highest is None:
            return
        self._query(f"DELETE FROM {table} WHERE name = ?", new)
        self._query(f"INSERT INTO {table} (name, seq) VALUES (?, ?)", new, highest)

    def _lost_rowids(self, stored: StoredTable) -> Iterator[str]:
        """Yield words for rowids, which nothing has but the table, if they change."""
        column, rowid = _sqlite_copy.rowid_column(self._version), stored.hidden_rowid
        if column is None or rowid is None or column not in stored.real_names.values():
            return
        differs = f"{self._old} WHERE {rowid} IS NOT {self._quote(column)}"
        if self._query(f"SELECT EXISTS (SELECT 1 FROM {differs})")[0][0]:
            yield "its rowids"

    # --- values ---------------------------------------------------------------------

    def look_at_values(self) -> None:
        columns = dict(self._copied_otherwise())
        if not columns:
            return
        join = self._join()
        if join is None:
            log.warning(
                'Table "%s" has no key any more by which its values could be compared '
                "with those before",
                self._table.name,
            )
            return
        changed = _batch_values.n_changed(
            self._query, self._old, self._new, join, list(columns.values())
        )
        for name, n_changed in zip(columns, changed, strict=True):
            if n_changed:
                self._tell_of_values(name, n_changed, columns[name].is_rowid)

    def _tell_of_values(self, name: str, n_changed: int, is_rowid: bool) -> None:
        type_ = self._new_column(name).type.compile(self._impl.dialect)
        if is_rowid:
            type_ += " PRIMARY KEY"
        elif self._version.reflected and name not in self._version.retyped_columns:
            raise CommandError(
                f'Column "{name}" of table "{self._table.name}": {n_changed} values '
                f"would change, since the column would become {type_}.  Give its type "
                "with alter_column(type_=...) if that is meant."
            )
        log.warning(
            'Column "%s" of table "%s": %d values changed when they were cast to %s',
            name,
            self._table.name,
            n_changed,
            type_,
        )

    def _new_column(self, name: str) -> Any:
        new_table = self._version.new_table
        assert new_table is not None
        return new_table.c[name]

    def _copied_otherwise(self) -> Iterator[tuple[str, _batch_values.Copied]]:
        """Yield the columns whose values may have become others, by their old names."""
        stored = self._stored
        declared = {c.name: c.type for c in stored.columns} if stored else {}
        rowid = _sqlite_copy.rowid_column(self._version)
        for name, transfer in self._version.column_transfers.items():
            column = self._new_column(name)
            if "expr" not in transfer or column.computed is not None:
                continue
            is_rowid = (
                stored is not None
                and column.name == rowid
                and name != stored.rowid_alias
            )
            is_cast = isinstance(transfer["expr"], Cast)
            new_type = column.type.compile(self._impl.dialect)
            same = name not in declared or _batch_values.affinity(
                declared[name]
            ) == _batch_values.affinity("" if new_type == "NULL" else new_type)
            if is_rowid or is_cast or not same:
                old, new = self._quote(name), self._quote(column.name)
                yield name, _batch_values.Copied(old, new, is_rowid)

    def _join(self) -> str | None:
        """Return SQL for which row "n" is the copy of row "o"; None: nothing says."""
        stored, version = self._stored, self._version
        rowid = _sqlite_copy.rowid_to_copy(version)
        if rowid is not None:
            return f"n.{rowid} = o.{rowid}"
        column = _sqlite_copy.rowid_column(version)
        names = {version.new_name(old): old for old in version.column_transfers}
        if column is not None and "expr" in version.column_transfers.get(
            names.get(column, ""), ()
        ):
            return f"n.{self._quote(column)} = o.{self._quote(names[column])}"
        key = stored.key if stored else []
        kept = [(old, version.new_name(old)) for old in key]
        if not key or any(new is None for _, new in kept):
            return None
        return " AND ".join(
            f"n.{self._quote(str(new))} IS o.{self._quote(old)}" for old, new in kept
        )
