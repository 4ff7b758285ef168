"""The views and triggers of a SQLite database while a table is made anew.

SQLite refuses to give a table a name that a view or a trigger refers to while no table
has it, and it drops a table's own triggers with the table.  So the new name is given
without that look at the schema, the table's triggers are made again where their columns
are still there, and afterwards everything that could be compiled before has to compile
still: EXPLAIN compiles a statement with all that it leads to, and runs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError

from ..util import CommandError
from ._sqlite_table import StoredObject, StoredTable
from ._sqlite_words import (
    Token,
    folded,
    in_double_quotes,
    names,
    tokens,
    without_double_quotes,
)

_SAVEPOINT = "alembic_object"


class Dependents:
    """The views and triggers that could refer to a table, before it is made anew.

    query: runs a statement with its parameters and returns the rows.
    gone: the columns that will not be there under their names, folded.
    """

    def __init__(
        self,
        query: Callable[..., list[Any]],
        quote: Callable[[str], str],
        stored: StoredTable,
        gone: Collection[str],
    ) -> None:
        self._query = query
        self._quote = quote
        self._stored = stored
        self._gone = gone
        self._objects = list(_that_may_refer(stored))
        # What compiles; True: with the names in double quotes as names.
        self._compiled: dict[StoredObject, bool] = {}
        for each in self._objects:
            if self._is_touched(each) and self._problem(each, strict=True) is None:
                self._compiled[each] = True
            elif self._problem(each, strict=False) is None:
                self._compiled[each] = False

    @contextmanager
    def left_alone(self) -> Iterator[None]:
        """Let a table be renamed without a look at what refers to its new name."""
        if not self._stored.objects or self._flag():
            yield
            return
        self._query("PRAGMA legacy_alter_table=ON")
        try:
            yield
        finally:
            self._query("PRAGMA legacy_alter_table=OFF")

    def _flag(self) -> bool:
        rows = self._query("PRAGMA legacy_alter_table")
        return bool(rows and rows[0][0])

    def restore(self) -> list[StoredObject]:
        """Make the table's own triggers again; return those that are lost.

        Raises CommandError if something else does not compile any more.
        """
        own = self._dropped()
        lost = [each for each in own if not self._remade(each)]
        for each, is_strict in self._compiled.items():
            if each not in own:
                problem = self._problem(each, is_strict)
                if problem is not None:
                    raise CommandError(
                        f'Table "{self._stored.name}" cannot be changed like this: '
                        f"{each} refers to it and would not work any more "
                        f"({problem}).  Drop it before the batch, and create it anew "
                        "behind it."
                    )
        return lost

    def _dropped(self) -> list[StoredObject]:
        triggers = [each for each in self._objects if each.type == "trigger"]
        there: set[tuple[str, str]] = set()
        for database in sorted({each.database for each in triggers}):
            master = f"{self._quote(database)}.sqlite_master"
            rows = self._query(f"SELECT name FROM {master} WHERE type = 'trigger'")
            there |= {(database, row[0]) for row in rows}
        return [each for each in triggers if (each.database, each.name) not in there]

    def _remade(self, trigger: StoredObject) -> bool:
        """Create a trigger again; return False if it does not compile, without it."""
        strict = self._compiled.get(trigger)
        if strict is None:
            # It did not compile before either.
            self._create(trigger)
            return True
        if strict and not self._is_good(trigger, strict=True):
            return False
        return self._is_good(trigger, strict=False)

    def _is_good(self, trigger: StoredObject, strict: bool) -> bool:
        """Create a trigger and keep it, if it compiles and is not the strict one."""
        with self._undone() as keep:
            try:
                self._create(trigger, strict)
                self._compile(trigger)
            except DBAPIError:
                return False
            if not strict:
                keep()
            return True

    # --- compiling ------------------------------------------------------------------

    def _is_touched(self, each: StoredObject) -> bool:
        """Return whether a name in it could turn from a column into a text."""
        return not in_double_quotes(each.sql).isdisjoint(self._gone)

    def _problem(self, each: StoredObject, strict: bool) -> str | None:
        """Return why a view or a trigger does not compile, None if it does.

        strict: with the names in double quotes as names.
        """
        try:
            if not strict:
                self._compile(each)
                return None
            with self._undone():
                self._query(f"DROP {each.type} {self._name_of(each)}")
                self._create(each, strict=True)
                self._compile(each)
        except DBAPIError as problem:
            return str(problem.orig)
        return None

    @contextmanager
    def _undone(self) -> Iterator[Callable[[], None]]:
        """Run a block and undo what it has done, unless it calls what it is given."""
        kept: list[bool] = []
        self._query(f"SAVEPOINT {_SAVEPOINT}")
        try:
            yield lambda: kept.append(True)
        finally:
            if not kept:
                self._query(f"ROLLBACK TO {_SAVEPOINT}")
            self._query(f"RELEASE {_SAVEPOINT}")

    def _create(self, each: StoredObject, strict: bool = False) -> None:
        sql = without_double_quotes(each.sql, self._gone) if strict else each.sql
        # As SQLite keeps it, the statement has neither TEMP nor a database's name.
        behind = next(
            token for token in tokens(sql) if token.is_word(each.type.upper())
        )
        database = self._quote(each.database)
        self._query(f"CREATE {each.type} {database}.{sql[behind.end :].lstrip()}")

    def _name_of(self, each: StoredObject) -> str:
        return f"{self._quote(each.database)}.{self._quote(each.name)}"

    def _compile(self, each: StoredObject) -> None:
        """Have SQLite compile a view or a trigger; raises DBAPIError if it cannot."""
        if each.type == "view":
            self._query(f"EXPLAIN SELECT * FROM {self._name_of(each)}")
            return
        table = self._quote(each.table)
        if each.database != "temp":
            table = f"{self._quote(each.database)}.{table}"
        event, columns = _event(each.sql)
        if event == "INSERT":
            self._query(f"EXPLAIN INSERT INTO {table} DEFAULT VALUES")
        elif event == "DELETE":
            self._query(f"EXPLAIN DELETE FROM {table}")
        else:
            columns = columns or self._updatable(each)
            changes = ", ".join(f"{self._quote(c)} = NULL" for c in columns)
            self._query(f"EXPLAIN UPDATE {table} SET {changes}")

    def _updatable(self, trigger: StoredObject) -> list[str]:
        database = "" if trigger.database == "temp" else trigger.database
        prefix = f"{self._quote(database)}." if database else ""
        rows = self._query(f"PRAGMA {prefix}table_xinfo({self._quote(trigger.table)})")
        return [row[1] for row in rows if not row[6]]


def _event(sql: str) -> tuple[str, list[str]]:
    """Return what a trigger waits for, and for UPDATE OF the columns."""
    found = iter(tokens(sql))
    for token in found:
        if token.is_word("DELETE", "INSERT", "UPDATE"):
            return token.text.upper(), _columns_of_update(found)
    return "UPDATE", []


def _columns_of_update(found: Iterator[Token]) -> list[str]:
    if not next(found).is_word("OF"):
        return []
    columns: list[str] = []
    for token in found:
        if token.is_word("ON"):
            break
        if token.text != ",":
            columns.append(token.name)
    return columns


def _that_may_refer(stored: StoredTable) -> Iterator[StoredObject]:
    """Yield the views and triggers that lead to a table, perhaps through others."""
    reached = {folded(stored.name)}
    left = [(each, names(each.sql)) for each in stored.objects]
    while True:
        new = [pair for pair in left if not pair[1].isdisjoint(reached)]
        if not new:
            return
        left = [pair for pair in left if pair[1].isdisjoint(reached)]
        for each, _ in new:
            reached |= {folded(each.name), folded(each.table)}
            yield each
