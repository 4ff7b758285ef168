"""What move-and-copy on SQLite would lose beside what it is told to.

Asked of the database when the rows are in the new table and the old one is still there,
so that everything can be undone:

- Where foreign keys are enforced, DROP TABLE deletes all rows first, with what follows
  from it: ON DELETE CASCADE deletes rows that refer to them.  That goes for other
  tables and, if the table refers to itself, for the rows just copied.
- A column is left out because another takes its name, or `copy_from` does not have it.
- A CAST makes 0 of a text that is no number.
- Triggers, AUTOINCREMENT and the like belong to a table and are dropped with it.

Values that would be lost without anybody having asked for it are an error; what is
lost with upstream too, and may be meant, is told in the log at WARNING: a Python
warning would fail the test suites that make errors of those.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Cast, String
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ..runtime._failures import driver_cursor, sqlite_connection
from ..util import CommandError, sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import Index, Table

    from ..ddl.impl import DefaultImpl

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

# Literals, quoted names and comments, in which words mean nothing.
_NO_WORDS = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`|\[[^]]*\]|--[^\n]*|/\*.*?\*/",
    re.DOTALL,
)
_TABLE_TRAITS = ("AUTOINCREMENT", "COLLATE", "ON CONFLICT", "STRICT", "WITHOUT ROWID")
_INDEX_TRAITS = ("COLLATE", "DESC")


class NewVersion(Protocol):
    """What is asked of a table that is being made anew (`batch.ApplyBatchImpl`)."""

    table: Table
    temp_table_name: str
    reflected: bool
    replaced_columns: list[str]
    column_transfers: dict[str, dict[str, Any]]
    indexes: dict[Any, Index]
    new_indexes: dict[Any, Index]


def prevent(impl: DefaultImpl, new_version: NewVersion) -> None:
    """Look for losses between the copying and the dropping of the old table.

    Does nothing for other databases than SQLite, and without a connection.
    Raises CommandError if rows or values would be lost; warns of what else is, and
    of questions that the database does not answer, say for lack of a permission.
    """
    driver_connection = sqlite_connection(impl)
    if impl.connection is None or driver_connection is None:
        return
    try:
        with driver_cursor(impl.connection) as cursor:
            look = _Look(cursor, impl, new_version)
            look.refuse_to_lose_rows()
            look.refuse_to_replace_values()
            look.keep_sequence()
            look.warn_of_forgotten_columns()
            look.warn_of_casts()
            look.warn_of_dropped_objects()
    except SQLAlchemyError as problem:
        if not driver_connection.in_transaction:
            # SQLite has rolled back, as after a full disk: the copy is gone.
            raise
        log.warning(
            'What table "%s" loses when it is made anew cannot be asked: %s',
            new_version.table.name,
            problem,
        )


def real_name(impl: DefaultImpl, name: str, schema: str | None) -> str:
    """Return a table's name in the letters that SQLite has it in.

    SQLite takes "T" for "t"; what SQLAlchemy reads of the table's definition, it finds
    only by the exact name, and primary key and constraints are missing otherwise.
    """
    if impl.connection is None or sqlite_connection(impl) is None:
        return name
    quote = impl.dialect.identifier_preparer.quote_identifier
    master = f"{quote(schema)}.sqlite_master" if schema else "sqlite_master"
    try:
        with driver_cursor(impl.connection) as cursor:
            cursor.execute(
                f"SELECT name FROM {master} WHERE type = 'table' "
                "AND name = ? COLLATE NOCASE",
                (name,),
            )
            found = [row[0] for row in cursor.fetchall()]
    except DBAPIError:
        # Such as a schema that is not there; the reflection that follows complains.
        return name
    return name if name in found or not found else str(found[0])


class _Look:
    """The questions, with what they have in common.

    cursor: the driver's.
    """

    def __init__(self, cursor: Any, impl: DefaultImpl, new_version: NewVersion) -> None:
        self._cursor = cursor
        self._impl = impl
        self._version = new_version
        self._table = new_version.table
        self._schema = self._table.schema
        self._quote = impl.dialect.identifier_preparer.quote_identifier
        self._prefix = f"{self._quote(self._schema)}." if self._schema else ""
        self._old = f"{self._prefix}{self._quote(self._table.name)}"

    def _rows(self, query: str, *parameters: Any) -> list[Any]:
        self._cursor.execute(query, parameters)
        rows: list[Any] = self._cursor.fetchall()
        return rows

    def _has_values(self, table: str, column: str) -> bool:
        where = f"{table} WHERE {self._quote(column)} IS NOT NULL"
        return bool(self._rows(f"SELECT EXISTS (SELECT 1 FROM {where})")[0][0])

    def _columns(self) -> set[str]:
        """Return the columns that the table has, without generated ones."""
        rows = self._rows(
            "SELECT name FROM pragma_table_xinfo(?, ?) WHERE hidden = 0",
            self._table.name,
            self._schema or "main",
        )
        return {row[0] for row in rows}

    def refuse_to_lose_rows(self) -> None:
        if not self._rows("PRAGMA foreign_keys")[0][0]:
            return
        name = self._table.name
        query = _DESTRUCTIVE_REFERENCES.format(schema=self._prefix)
        references = self._rows(query, self._schema or "main", name, name)
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

    def refuse_to_replace_values(self) -> None:
        present = self._columns()
        for name in self._version.replaced_columns:
            if name in present and self._has_values(self._old, name):
                raise CommandError(
                    f'Table "{self._table.name}" has a column "{name}" already; to '
                    "add it anew would lose the values that it has.  Drop the column "
                    "first if that is meant.  To rename a column and add another by "
                    "its old name, use a batch for each."
                )

    def keep_sequence(self) -> None:
        """Let AUTOINCREMENT go on behind the highest id that there ever was."""
        if not self._rows(
            f"SELECT 1 FROM {self._prefix}sqlite_master WHERE name = 'sqlite_sequence'"
        ):
            return
        old, new = self._table.name, self._version.temp_table_name
        table = f"{self._prefix}sqlite_sequence"
        created = " ".join(self._definitions("table", new).values())
        rows = self._rows(f"SELECT max(seq) FROM {table} WHERE name = ?", old)
        highest = rows[0][0]
        if highest is None or "AUTOINCREMENT" not in created:
            return
        self._rows(f"DELETE FROM {table} WHERE name = ?", new)
        self._rows(f"INSERT INTO {table} (name, seq) VALUES (?, ?)", new, highest)

    def warn_of_forgotten_columns(self) -> None:
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

    def warn_of_casts(self) -> None:
        casts = {
            name: transfer["expr"]
            for name, transfer in self._version.column_transfers.items()
            if isinstance(transfer.get("expr"), Cast)
            # What becomes a text stays the same.
            and not sqla_compat._has_affinity(transfer["expr"].type, String)
        }
        if not casts:
            return
        sums = ", ".join(map(self._n_values_changed, casts.values()))
        counts = self._rows(f"SELECT {sums} FROM {self._old}")[0]
        for (name, cast), changed in zip(casts.items(), counts, strict=True):
            if changed:
                log.warning(
                    'Column "%s" of table "%s": %d values changed when they were '
                    "cast to %s",
                    name,
                    self._table.name,
                    changed,
                    cast.type.compile(self._impl.dialect),
                )

    def _n_values_changed(self, cast: Cast[Any]) -> str:
        """Return SQL for how many values are no numbers but were made numbers.

        Comparing with a number, SQLite takes a text that is one for a number.
        """
        number, value = (
            each.compile(
                dialect=self._impl.dialect,
                compile_kwargs={"include_table": False, "literal_binds": True},
            )
            for each in (cast, cast.clause)
        )
        return f"sum(typeof({number}) IN ('integer', 'real') AND {number} <> {value})"

    def warn_of_dropped_objects(self) -> None:
        dropped = [*self._triggers(), *self._indexes(), *self._table_traits()]
        if dropped:
            log.warning(
                'Table "%s" is made anew without %s',
                self._table.name,
                ", ".join(dropped),
            )

    def _definitions(self, type_: str, table: str) -> dict[str, str]:
        """Return name -> SQL of a table's triggers, indexes, or of itself."""
        rows = self._rows(
            f"SELECT name, sql FROM {self._prefix}sqlite_master WHERE type = ? "
            "AND lower(tbl_name) = lower(?) AND sql IS NOT NULL ORDER BY name",
            type_,
            table,
        )
        return {name: _NO_WORDS.sub('""', sql).upper() for name, sql in rows}

    def _triggers(self) -> Iterator[str]:
        for name in self._definitions("trigger", self._table.name):
            yield f'the trigger "{name}"'

    def _indexes(self) -> Iterator[str]:
        known = {index.name for index in self._table.indexes}
        kept = self._version.indexes
        for name, sql in self._definitions("index", self._table.name).items():
            if name not in known and name not in self._version.new_indexes:
                yield f'the index "{name}"'
            elif name in kept and self._version.reflected:
                for trait in _traits(sql, _INDEX_TRAITS):
                    yield f'{trait} of the index "{name}"'

    def _table_traits(self) -> Sequence[str]:
        before, after = (
            _traits(" ".join(self._definitions("table", name).values()), _TABLE_TRAITS)
            for name in (self._table.name, self._version.temp_table_name)
        )
        return [trait for trait in before if trait not in after]


def _traits(sql: str, words: Sequence[str]) -> list[str]:
    """Return those of some words, one or two each, that a definition has."""
    pattern = r"\b{}\b"
    return [
        each
        for each in words
        if re.search(pattern.format(each.replace(" ", r"\s+")), sql)
    ]
