"""A table as SQLite has it: read once, for the reflection and for what may be lost.

SQLite keeps the statements.  They are parsed in C; what the parser does not understand
to its last token is left to SQLAlchemy's reflection, with what the pragmas know put in
where that has gone missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import CheckConstraint, Computed, DefaultClause, text
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.sql.elements import TextClause

from .. import _catalog
from ..util import sqla_compat
from ._sqlite_words import folded, has_word, tokens

if TYPE_CHECKING:
    from sqlalchemy import Dialect, Table

_OBJECTS = """
SELECT '{database}', type, name, tbl_name, sql FROM {quoted}.sqlite_master
WHERE sql IS NOT NULL
  AND (tbl_name = ? COLLATE NOCASE OR type IN ('view', 'trigger'))
UNION ALL SELECT 'temp', type, name, tbl_name, sql FROM sqlite_temp_master
WHERE sql IS NOT NULL AND type IN ('view', 'trigger')
  AND '{database}' <> 'temp' COLLATE NOCASE
"""

# What SQLite's reflection is made of.  A dialect with another way has its reasons.
_READERS = (
    "get_columns",
    "get_pk_constraint",
    "get_foreign_keys",
    "get_indexes",
    "get_unique_constraints",
    "get_check_constraints",
    "get_table_options",
)

# `Constraint.timing`: see csrc/include/alc/model.def.
_NOT_DEFERRABLE, _INITIALLY_IMMEDIATE, _INITIALLY_DEFERRED = 1, 2, 4

Query = Callable[..., list[Any]]


class StoredObject(NamedTuple):
    """A view or a trigger; database: "main", "temp" or an attached one's name."""

    database: str
    type: str
    name: str
    table: str
    sql: str

    def __str__(self) -> str:
        """Return the words for it in a message."""
        return f'the {self.type} "{self.name}"'


class StoredColumn(NamedTuple):
    """A column as the pragma tells of it; key: its place in the primary key, or 0."""

    name: str
    type: str
    not_null: bool
    default: str | None
    key: int
    hidden: int


class StoredTable:
    """A table of SQLite's.

    query: runs a statement with its parameters and returns the rows.
    database: "main" or the name of an attached database.
    name: in the letters that SQLite has it in.
    columns: all but the hidden ones of virtual tables.
    model: what the parser made of the statement and of those of the indexes, None if it
        did not understand one of them.
    indexes: name -> statement.
    objects: all views and triggers of the database, and the temporary ones.
    """

    def __init__(
        self,
        query: Query,
        quote: Callable[[str], str],
        database: str,
        rows: Sequence[tuple[str, str, str, str, str]],
    ) -> None:
        self._query = query
        self._quote = quote
        self.database = database
        ((_, _, self.name, _, self.sql),) = [row for row in rows if row[1] == "table"]
        self.indexes = {row[2]: row[4] for row in rows if row[1] == "index"}
        self.objects = [
            StoredObject(*row) for row in rows if row[1] in ("view", "trigger")
        ]
        xinfo = self.pragma("table_xinfo", self.name)
        self.columns = [
            StoredColumn(row[1], row[2], bool(row[3]), row[4], row[5], row[6])
            for row in xinfo
            if row[6] != 1
        ]
        self.model = parsed(rows)

    def pragma(self, name: str, argument: str) -> list[Any]:
        """Return the rows of a pragma about a table or an index of the database."""
        return self._query(
            f"PRAGMA {self._quote(self.database)}.{name}({self._quote(argument)})"
        )

    @cached_property
    def real_names(self) -> dict[str, str]:
        """Return the columns' names by their folded ones."""
        return {folded(column.name): column.name for column in self.columns}

    @cached_property
    def key(self) -> list[str]:
        """Return the columns of the primary key, in its order."""
        of_key = sorted((c.key, c.name) for c in self.columns if c.key)
        return [name for _, name in of_key]

    @cached_property
    def has_rowid(self) -> bool:
        """Return whether the table is none WITHOUT ROWID."""
        if self.model is not None:
            return not self.model.without_rowid
        behind = self.sql.rpartition(")")[2]
        return not has_word(behind, "WITHOUT")

    @cached_property
    def rowid_alias(self) -> str | None:
        """Return the column that is the rowid, the INTEGER PRIMARY KEY; else None."""
        if len(self.key) != 1 or not self.has_rowid:
            return None
        # Every other primary key has an index, also INTEGER PRIMARY KEY DESC.
        kinds = {row[3] for row in self.pragma("index_list", self.name)}
        return None if "pk" in kinds else self.key[0]

    @cached_property
    def autoincrement(self) -> bool:
        """Return whether the key has AUTOINCREMENT."""
        if self.model is not None:
            return self.model.autoincrement
        return has_word(self.sql, "AUTOINCREMENT")

    @cached_property
    def collations(self) -> dict[str, str]:
        """Return the collations that columns are declared with, by name."""
        columns = self.model.columns if self.model else ()
        return {c.name: c.collation for c in columns if c.collation}

    @cached_property
    def hidden_rowid(self) -> str | None:
        """Return by which name the rowid can be had, where no column is the rowid."""
        if not self.has_rowid or self.rowid_alias:
            return None
        free = [n for n in ("rowid", "_rowid_", "oid") if n not in self.real_names]
        return free[0] if free else None

    # --- for the reflection ---------------------------------------------------------

    def foreign_keys(self) -> list[dict[str, Any]]:
        """Return the foreign keys as the pragma has them, with their actions."""
        found: dict[int, dict[str, Any]] = {}
        for number, _, table, column, target, on_update, on_delete, _ in self.pragma(
            "foreign_key_list", self.name
        ):
            key = found.setdefault(
                number,
                {
                    "columns": [],
                    "table": table,
                    "targets": [],
                    "onupdate": _action(on_update),
                    "ondelete": _action(on_delete),
                },
            )
            key["columns"].append(column)
            key["targets"].append(target)
        return list(found.values())

    def key_of(self, table: str) -> list[str]:
        """Return the primary key of a table of the database, [] if it is not there."""
        if folded(table) == folded(self.name):
            return self.key
        keys = sorted(
            (row[5], row[1]) for row in self.pragma("table_info", table) if row[5]
        )
        return [name for _, name in keys]


def _action(word: str | None) -> str | None:
    return None if word == "NO ACTION" else word


def parsed(rows: Iterable[tuple[str, str, str, str, str]]) -> _catalog.Table | None:
    """Return what the parser understands of a table's statements, None if not all.

    rows: of the table and its indexes, as (database, type, name, table, statement).
    """
    reader = _catalog.SqliteReader()
    statements = [row[1:] for row in rows if row[1] in ("table", "index")]
    reader.feed(None, sorted(statements, key=lambda row: row[0] == "index"))
    (table,) = reader.finish().tables
    return table if table.opaque is None else None


def read(
    query: Query, quote: Callable[[str], str], name: str, schema: str | None
) -> StoredTable | None:
    """Read a table; None if there is none of that name.

    query: runs a statement with its parameters and returns the rows.
    schema: the name of an attached database, None for the main one.
    """
    database = schema or "main"
    statement = _OBJECTS.format(
        database=database.replace("'", "''"), quoted=quote(database)
    )
    rows = [tuple(row) for row in query(statement, name)]
    if not any(row[1] == "table" for row in rows):
        return None
    return StoredTable(query, quote, database, rows)


# --- into SQLAlchemy's table --------------------------------------------------------


def is_read_by_sqlalchemy(dialect: Dialect) -> bool:
    """Return whether a dialect reads tables in SQLAlchemy's own way for SQLite."""
    return isinstance(dialect, SQLiteDialect) and all(
        getattr(type(dialect), name, None) is getattr(SQLiteDialect, name, None)
        for name in _READERS
    )


def description(stored: StoredTable, dialect: Dialect, schema: str | None) -> Any:
    """Return what SQLAlchemy's reflection would read of a table, but all of it.

    Returns None where its own reading is needed.
    """
    model = stored.model
    if model is None or any(not column.hidden < 4 for column in stored.columns):
        return None
    foreign_keys = _foreign_keys(stored, model, schema)
    if any(not key["referred_columns"] for key in foreign_keys):
        return None
    return sqla_compat._described(
        dialect,
        (schema, stored.name),
        columns=_columns(stored, model, dialect),
        pk_constraint=_primary_key(stored, model),
        foreign_keys=foreign_keys,
        unique_constraints=_uniques(stored, model),
        check_constraints=_checks(model),
        indexes=_indexes(stored, model),
        table_options={
            name: value
            for name, value, is_set in (
                ("sqlite_with_rowid", False, model.without_rowid),
                ("sqlite_strict", True, model.strict),
            )
            if is_set
        },
    )


def _columns(
    stored: StoredTable, model: _catalog.Table, dialect: Dialect
) -> list[dict[str, Any]]:
    written = {column.name: column for column in model.columns}
    described = []
    for column in stored.columns:
        declared = type_words(column)
        item: dict[str, Any] = {
            "name": column.name,
            "type": sqla_compat._sqlite_type(dialect, declared.upper()),
            "nullable": not column.not_null,
            "default": column.default,
            "primary_key": column.key,
        }
        source = written[column.name]
        if column.hidden:
            item["computed"] = {
                "sqltext": source.generated,
                "persisted": column.hidden == 3,
            }
        if source.not_null_conflict:
            item["dialect_options"] = {
                "sqlite_on_conflict_not_null": source.not_null_conflict
            }
        described.append(item)
    return described


def type_words(column: StoredColumn) -> str:
    """Return the words that a column's type is declared with."""
    if not column.hidden:
        return column.type
    # Old versions count these words to the type of a generated column.
    return re.sub(r"\s*\bgenerated\s+always\b\s*", "", column.type, flags=re.I)


def _options(constraint: _catalog.Constraint) -> dict[str, Any]:
    conflict = constraint.conflict
    return {"dialect_options": {"sqlite_on_conflict": conflict}} if conflict else {}


def _in_order(model: _catalog.Table, kind: str) -> list[_catalog.Constraint]:
    """Return constraints of a kind as they stand in the statement."""
    return sorted(
        (each for each in model.constraints if each.kind == kind),
        key=lambda each: each.position,
    )


def _primary_key(stored: StoredTable, model: _catalog.Table) -> dict[str, Any] | None:
    keys = _in_order(model, "primary key")
    if not keys:
        return {"constrained_columns": [], "name": None}
    options = _options(keys[0])
    return {"constrained_columns": stored.key, "name": keys[0].name, **options}


def _foreign_keys(
    stored: StoredTable, model: _catalog.Table, schema: str | None
) -> list[dict[str, Any]]:
    """Return them in the order of SQLAlchemy's: those written behind columns last."""
    written = _in_order(model, "foreign key")
    ordered = [key for key in written if not key.of_column]
    ordered += [key for key in reversed(written) if key.of_column]
    described = []
    for key in ordered:
        target = str(key.ref_table)
        options: dict[str, Any] = {}
        if key.on_delete:
            options["ondelete"] = key.on_delete
        if key.on_update:
            options["onupdate"] = key.on_update
        if key.deferrable or key.timing & _NOT_DEFERRABLE:
            options["deferrable"] = key.deferrable
        if key.timing & (_INITIALLY_DEFERRED | _INITIALLY_IMMEDIATE):
            is_deferred = key.timing & _INITIALLY_DEFERRED
            options["initially"] = "DEFERRED" if is_deferred else "IMMEDIATE"
        described.append(
            {
                "name": key.name,
                "constrained_columns": _real(stored, key.columns),
                "referred_schema": schema,
                "referred_table": target,
                "referred_columns": list(key.ref_columns) or stored.key_of(target),
                "options": options,
            }
        )
    return described


def _real(stored: StoredTable, columns: Iterable[str]) -> list[str]:
    return [stored.real_names.get(folded(name), name) for name in columns]


def _uniques(stored: StoredTable, model: _catalog.Table) -> list[dict[str, Any]]:
    """Return the UNIQUE constraints, each set of columns once, inline ones last."""
    written = _in_order(model, "unique")
    written.sort(key=lambda each: each.of_column)
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for unique in written:
        columns = _real(stored, unique.columns)
        item = {"name": unique.name, "column_names": columns, **_options(unique)}
        known = found.setdefault(tuple(columns), item)
        if known["name"] is None and unique.name is not None:
            found[tuple(columns)] = item
    return list(found.values())


def _checks(model: _catalog.Table) -> list[dict[str, Any]]:
    described: list[dict[str, Any]] = []
    for check in _in_order(model, "check"):
        conflict = check.conflict
        options = {"sqlite_on_conflict": conflict} if conflict else {}
        described.append({"sqltext": check.expr, "name": check.name, **options})
    return sorted(described, key=lambda item: item["name"] or "~")


def _indexes(stored: StoredTable, model: _catalog.Table) -> list[dict[str, Any]]:
    """Return the indexes over columns; those over expressions SQLAlchemy has not."""
    described = []
    for index in model.indexes:
        if any(part.is_expr for part in index.parts):
            continue
        predicate = index.predicate
        options = {"sqlite_where": text(predicate)} if predicate else {}
        described.append(
            {
                "name": index.name,
                "column_names": _real(stored, (part.text for part in index.parts)),
                "unique": int(index.is_unique),
                "dialect_options": options,
            }
        )
    return sorted(described, key=lambda item: str(item["name"]))


# --- what reflection has made of it -------------------------------------------------


def restore_texts(table: Table) -> None:
    """Give a table that was just reflected the texts that the database has.

    SQLAlchemy makes `text()` of them, for which ":y" is a parameter.
    """
    for column in table.columns:
        default = column.server_default
        if isinstance(default, Computed):
            default.sqltext = _exact(default.sqltext)
        elif isinstance(default, DefaultClause):
            default.arg = _exact(default.arg)
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            constraint.sqltext = _exact(constraint.sqltext)
    for index in table.indexes:
        options = index.dialect_options.get("sqlite") if index.dialect_kwargs else None
        if options and options.get("where") is not None:
            options["where"] = _exact(options["where"])


def _exact(clause: Any) -> Any:
    if not isinstance(clause, TextClause) or ":" not in clause.text:
        return clause
    return text(clause.text.replace(":", r"\:"))


def restore_defaults(table: Table, stored: StoredTable) -> None:
    """Give the defaults of a reflected table parentheses where they need them.

    SQLite has taken them away; `ddl.sqlite` guesses where they have been.
    """
    for column in stored.columns:
        reflected = table.c.get(column.name)
        default = reflected.server_default if reflected is not None else None
        if column.default is None or not isinstance(default, DefaultClause):
            continue
        words = tokens(column.default)
        written = column.default.replace(":", r"\:")
        if len(words) == 1 and words[0].text[0] == '"':
            # A text, which in parentheses would be a column.
            default.arg = text(written)
        elif "'" in (words[0].text[0], words[-1].text[-1]) and len(words) > 1:
            default.arg = text(f"({written})")


def restore_actions(table: Table, stored: StoredTable) -> None:
    """Give the foreign keys of a reflected table the actions that they have.

    Of several between the same tables, on the same columns, it cannot be told which is
    which: they are left as they were read.
    """
    actions: dict[tuple[tuple[str, ...], str], list[dict[str, Any]]] = {}
    for key in stored.foreign_keys():
        actions.setdefault((tuple(key["columns"]), key["table"]), []).append(key)
    for constraint in table.foreign_key_constraints:
        target = sqla_compat._fk_target_tokens(constraint.elements[0]).table_name
        names = tuple(column.name for column in constraint.columns)
        known = actions.get((names, str(target)), ())
        if len(known) == 1 and not (constraint.ondelete or constraint.onupdate):
            constraint.ondelete = known[0]["ondelete"]
            constraint.onupdate = known[0]["onupdate"]
