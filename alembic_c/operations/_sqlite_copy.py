"""How a table of SQLite's is copied with what SQLAlchemy does not know of it.

Types by the words that they are declared with, collations, AUTOINCREMENT, rowids,
indexes over expressions, CHECKs over columns that have other names now.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import REAL, Cast, CheckConstraint, String, case, func, text
from sqlalchemy import cast as sql_cast
from sqlalchemy.sql.expression import literal_column
from sqlalchemy.types import UserDefinedType

from ..util import sqla_compat
from . import _sqlite_table
from ._sqlite_words import (
    column_names,
    folded,
    renamed,
    tokens,
    without_double_quotes,
)

if TYPE_CHECKING:
    from sqlalchemy import Column, Dialect, Index, Table

    from ..ddl.impl import DefaultImpl
    from ._sqlite_table import StoredColumn, StoredTable


class NewVersion(Protocol):
    """What is asked of a table that is being made anew (`batch.ApplyBatchImpl`)."""

    impl: DefaultImpl
    table: Table
    temp_table_name: str
    new_table: Table | None
    table_kwargs: dict[str, Any]
    reflected: bool
    stored: StoredTable | None
    columns: dict[str, Column[Any]]
    column_transfers: dict[str, dict[str, Any]]
    new_indexes: dict[Any, Index]
    replaced_columns: list[str]
    retyped_columns: set[str]
    added_columns: set[str]
    dropped_indexes: set[str]
    dropped_constraints: set[str]
    dropped_keys: set[tuple[str, tuple[str, ...]]]

    def new_name(self, column: str) -> str | None:
        """Return the name that a column of the table has now, None if it is gone."""

    def kept_indexes(self) -> Collection[str]:
        """Return the names of the indexes that are created again."""

    def has_new_key(self) -> bool:
        """Return whether the primary key was changed."""

    def columns_of_new_key(self) -> Collection[str]:
        """Return the columns of a primary key that was added."""


# --- columns ------------------------------------------------------------------------


class DeclaredType(UserDefinedType[Any]):
    """A type by the words that it is declared with in SQLite.

    collation: of the column, None for that of the database.
    """

    cache_ok = True

    def __init__(self, words: str, collation: str | None = None) -> None:
        self.words = words
        self.collation = collation

    def get_col_spec(self, **kw: Any) -> str:
        """Return the type as it stands in CREATE TABLE."""
        if self.collation is None:
            return self.words
        collation = self.collation.replace('"', '""')
        return f'{self.words} COLLATE "{collation}"'.lstrip()


_NUMBER = r" *[-+]?\d[\w.]* *"
_PLAIN_TYPE = re.compile(rf"[^\W\d][\w ]*(\({_NUMBER}(,{_NUMBER})?\))?$")


def keep_declarations(version: NewVersion, stored: StoredTable) -> None:
    """Let columns that were not changed keep what SQLAlchemy does not know of them.

    What values become depends on the name of the type, of which SQLAlchemy knows some;
    an INT PRIMARY KEY may be NULL, an INTEGER PRIMARY KEY numbers its rows.
    """
    key_is_left = not version.has_new_key() and set(stored.key) <= set(version.columns)
    key_is_retyped = not version.retyped_columns.isdisjoint(stored.key)
    if stored.autoincrement and key_is_left and not key_is_retyped:
        version.table_kwargs.setdefault("sqlite_autoincrement", True)
    changed = {
        *version.retyped_columns,
        *version.added_columns,
        *version.columns_of_new_key(),
    }
    if version.table_kwargs.get("sqlite_autoincrement") and len(stored.key) == 1:
        # It has to be an INTEGER.
        changed |= set(stored.key)
    for declared in stored.columns:
        column = version.columns.get(declared.name)
        if column is None or declared.name in changed:
            continue
        read = version.table.c.get(declared.name, column)
        words = _words_for(declared, read, version.impl.dialect)
        if words is not None:
            is_key = stored.key == [declared.name] and stored.rowid_alias is None
            if is_key and stored.has_rowid and words.upper() == "INTEGER":
                # Written as another constraint, it would become the rowid.
                words = "INT"
            column.type = DeclaredType(words, stored.collations.get(declared.name))


def _words_for(
    declared: StoredColumn, column: Column[Any], dialect: Dialect
) -> str | None:
    """Return the words that declare a column, None if SQLAlchemy is to say them.

    column: the one that was read; listeners may have given it another type.
    """
    words = _sqlite_table.type_words(declared)
    read_as = sqla_compat._sqlite_type(dialect, words.upper())
    if type(column.type) is not type(read_as) and not _has_targets_type(column):
        return None
    if words and not _PLAIN_TYPE.match(words):
        return '"{}"'.format(words.replace('"', '""'))
    return words


def _has_targets_type(column: Column[Any]) -> bool:
    """Return whether SQLAlchemy has given a column the type of one that it refers to.

    It does so for a column without a type, if the key is to the same table.
    """
    others = column.table.c if column.foreign_keys else ()
    return any(each is not column and each.type is column.type for each in others)


# --- rows ---------------------------------------------------------------------------


def copied_value(version: NewVersion, value: Any) -> Any:
    """Return the expression by which a column is copied.

    Of a REAL, SQLite's CAST gives a text of 15 digits: of more where that is another
    number.
    """
    is_cast_to_text = isinstance(value, Cast) and sqla_compat._has_affinity(
        value.type, String
    )
    if version.stored is None or not is_cast_to_text:
        return value
    is_real = func.typeof(value.clause) == literal_column("'real'")
    is_cut = is_real & (sql_cast(value, REAL) != value.clause)
    digits = func.printf(literal_column("'%!.17g'"), value.clause)
    return case((is_cut, digits), else_=value)


def rowid_column(version: NewVersion) -> str | None:
    """Return the column of the new table that is SQLite's rowid, if one is."""
    assert version.new_table is not None
    key = list(version.new_table.primary_key.columns)
    if len(key) != 1 or not _has_rowid(version.new_table):
        return None
    type_ = key[0].type.compile(version.impl.dialect)
    return key[0].name if type_.upper() == "INTEGER" else None


def rowid_to_copy(version: NewVersion) -> str | None:
    """Return by which name the rowids of both tables can be had; None: not at all.

    Only SQLite has rowids.  Where a column is the rowid, its values are copied anyway.
    """
    new_table = version.new_table
    assert new_table is not None
    if version.stored is None or version.stored.hidden_rowid is None:
        return None
    if rowid_column(version) is not None or not _has_rowid(new_table):
        return None
    columns = {folded(column.name) for column in new_table.c if not column.system}
    taken = columns | set(version.stored.real_names)
    return next((n for n in ("rowid", "_rowid_", "oid") if n not in taken), None)


def _has_rowid(table: Table) -> bool:
    return table.dialect_options["sqlite"].get("with_rowid") is not False


# --- indexes and CHECKs -------------------------------------------------------------


def _names(version: NewVersion) -> tuple[set[str], dict[str, str]]:
    """Return the columns that are gone, and the new names of others, for statements.

    Old names are folded, new ones in quotes where they need some.
    """
    quote = version.impl.dialect.identifier_preparer.quote
    gone: set[str] = set()
    new_names: dict[str, str] = {}
    for column in version.table.c:
        new = version.new_name(column.name)
        if new is None:
            gone.add(folded(column.name))
        elif new != column.name:
            new_names[folded(column.name)] = quote(new)
    return gone, new_names


def statements_of_indexes(version: NewVersion) -> dict[str, str]:
    """Return the statements of indexes that SQLAlchemy does not know all of.

    Those over expressions, with a collation, a direction or a condition; none of which
    a column has been dropped.
    """
    found: dict[str, str] = {}
    if version.stored is None or not version.reflected:
        return found
    quote = version.impl.dialect.identifier_preparer.quote
    gone, new_names = _names(version)
    table, database = version.table, version.stored.database
    # Where the table is, also if a `schema_translate_map` has put it there.
    schema = f"{quote(database)}." if table.schema or database != "main" else ""
    for name, statement in sorted(version.stored.indexes.items()):
        is_left = name not in version.dropped_indexes | set(version.new_indexes)
        head, parts = _split_at_parenthesis(statement)
        if not is_left or not _needs_its_statement(parts):
            continue
        if column_names(parts).isdisjoint(gone):
            unique = "UNIQUE " if "UNIQUE" in head.upper().split() else ""
            found[name] = (
                f"CREATE {unique}INDEX {schema}{quote(name)} ON {quote(table.name)} "
                f"{renamed(parts, new_names)}"
            )
    return found


def _split_at_parenthesis(statement: str) -> tuple[str, str]:
    at = next(token.start for token in tokens(statement) if token.text == "(")
    return statement[:at], statement[at:]


def _needs_its_statement(parts: str) -> bool:
    """Return whether an index has more than columns, by its statement from "(" on."""
    elements = tokens(parts)[1:-1]
    return any(
        token.text != "," if place % 2 else token.kind not in ("word", "quoted")
        for place, token in enumerate(elements)
    )


def follow_names(version: NewVersion) -> None:
    """Give generated columns the new names of the columns that they are made of.

    The name of a column that is gone would become a text in double quotes, for SQLite:
    without them it is an error.
    """
    gone, new_names = _names(version)
    if not gone and not new_names:
        return
    for column in version.columns.values():
        computed = column.computed
        if (
            computed is not None
            and column.name not in version.added_columns
            and isinstance(computed.sqltext, sqla_compat.TextClause)
        ):
            written = renamed(_written(computed.sqltext), new_names)
            written = without_double_quotes(written, gone)
            computed.sqltext = _rewritten(computed.sqltext, written)


def _written(clause: Any) -> str:
    """Return the SQL of a `text()`, where colons have a backslash."""
    return str(clause.text).replace(r"\:", ":")


def _rewritten(clause: Any, written: str) -> Any:
    """Return a `text()` with other SQL; it may be the same."""
    if written == _written(clause):
        return clause
    return text(written.replace(":", r"\:"))


def moved_check(version: NewVersion, check: CheckConstraint) -> CheckConstraint | None:
    """Return a CHECK of the old table for the new one, None if a column is gone.

    check: made of the text that the database has of it.
    """
    gone, new_names = _names(version)
    written = _written(check.sqltext)
    if not column_names(written).isdisjoint(gone):
        return None
    check.sqltext = _rewritten(check.sqltext, renamed(written, new_names))
    return check
