"""Foreign keys of MySQL and MariaDB, and the indexes and columns that they hold fast.

There a key needs an index at either end that begins with its columns, and makes one at
its own end if there is none.  The last such index cannot be dropped while the key is
there, nor can the type of its columns be changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from ...operations import ops
from ...operations._operation import UndoOnlyOp
from .._questions import TableKey

if TYPE_CHECKING:
    from ...operations.ops import MigrateOperation
    from ..api import AutogenContext
    from ._order import Key, Plan

_Indexes = dict[str, tuple[str, ...]]


class _Held(NamedTuple):
    """A foreign key of the database."""

    key: Key
    constraint: ForeignKeyConstraint


def is_mysql(autogen_context: AutogenContext) -> bool:
    """Return whether the database is one of these."""
    return autogen_context.dialect.name in ("mysql", "mariadb")


def leave_needed_indexes(
    database: set[Index], model: set[Index], there: Table, wanted: Table
) -> None:
    """Leave out the indexes that only the database has and a key of both needs.

    database, model: the indexes of both; changed in place.  there, wanted: the tables.
    """
    if not wanted.foreign_key_constraints:
        return
    names = {index.name for index in model}
    unwanted = {index for index in database if index.name not in names}
    lasting = [_names(index) for index in database - unwanted]
    lasting += [_names(index) for index in model]
    lasting += [
        tuple(column.name for column in constraint.columns)
        for constraint in wanted.constraints
        if not isinstance(constraint, ForeignKeyConstraint)
        and (constraint is wanted.primary_key or hasattr(constraint, "columns"))
    ]
    kept = {tuple(key.column_keys) for key in there.foreign_key_constraints}
    for key in wanted.foreign_key_constraints:
        columns = tuple(element.parent.name for element in key.elements)
        if columns not in kept or any(_begins(each, columns) for each in lasting):
            continue
        needed = [each for each in unwanted if _begins(_names(each), columns)]
        if needed:
            last = min(needed, key=lambda index: (index.unique, str(index.name)))
            if not last.unique:
                database.discard(last)
                lasting.append(_names(last))


def _names(index: Index) -> tuple[str, ...]:
    return tuple(getattr(each, "name", None) or "" for each in index.expressions)


def _begins(index: tuple[str, ...], columns: tuple[str, ...]) -> bool:
    """Return whether an index serves a key: it begins with its columns."""
    return index[: len(columns)] == columns


class Keys:
    """The foreign keys of a database, and what a plan does to their indexes."""

    def __init__(self, plan: Plan, tables: Mapping[TableKey, Table]) -> None:
        """Look at a plan.

        tables: those of the database that were read.
        """
        self._plan = plan
        self._tables = tables
        # By the identity of an operation: the keys that lose their last index by it.
        self._uncovered: dict[int, set[Key]] = {}
        self._dropped_names = {
            (plan.table_of(op), str(op.constraint_name))
            for op, _ in plan.steps
            if isinstance(op, ops.DropConstraintOp) and plan.key_of(op) is not None
        }
        self._dropped_tables = {
            plan.table_of(op) for op, _ in plan.steps if isinstance(op, ops.DropTableOp)
        }
        self._all = list(self._found())
        self._kept = [
            held
            for held in self._all
            if held.key.source not in self._dropped_tables
            and (held.key.source, str(held.constraint.name)) not in self._dropped_names
        ]

    def _found(self) -> Iterator[_Held]:
        for table in self._tables.values():
            seen = set()
            for constraint in table.foreign_key_constraints:
                if constraint.name not in seen:
                    seen.add(constraint.name)
                    yield _Held(self._plan.key_of_constraint(constraint), constraint)

    def unmakes(self, op: Any, key: Key) -> bool:
        """Return whether an operation takes away what a key needs here besides."""
        return key in self._uncovered.get(id(op), ()) or self._changes_type(op, key)

    def makes(self, op: Any, key: Key) -> bool:
        """Return whether a key has to wait for an operation here besides."""
        return self._changes_type(op, key)

    def _changes_type(self, op: Any, key: Key) -> bool:
        if not isinstance(op, ops.AlterColumnOp) or op.modify_type is None:
            return False
        table = self._plan.table_of(op)
        return (table == key.source and op.column_name in key.columns) or (
            table == key.target and op.column_name in key.target_columns
        )

    # --- the plan -------------------------------------------------------------------

    def adapt(self) -> None:
        """Change the plan so that the server lets it be carried out."""
        self._keep_indexes_of_dropped_tables()
        self._keep_indexes_of_new_tables()
        again = self._uncover()
        retyping = [
            op for op, _ in self._plan.steps if isinstance(op, ops.AlterColumnOp)
        ]
        for held in self._kept:
            if held.key in again or any(
                self._changes_type(op, held.key) for op in retyping
            ):
                self._make_again(held)
        self._follow_keys()

    def _keep_indexes_of_dropped_tables(self) -> None:
        """Let the indexes that keys need go with their tables, and come back alone."""
        steps = self._plan.steps
        needed: dict[TableKey, set[tuple[str, ...]]] = {}
        for key, _ in self._all:
            needed.setdefault(key.source, set()).add(key.columns)
            needed.setdefault(key.target, set()).add(key.target_columns)
        for table in self._dropped_tables:
            drops = [
                at
                for at, (op, _) in enumerate(steps)
                if isinstance(op, ops.DropIndexOp) and self._plan.table_of(op) == table
            ]
            lasting = self._indexes(table) if drops else {}
            for at in drops:
                lasting.pop(_name(steps[at].op), None)
            for last in _last_of_needed(
                [(at, _columns(steps[at].op)) for at in drops],
                needed.get(table, ()),
                lasting.values(),
            ):
                op = steps[last].op
                if not isinstance(op, UndoOnlyOp):
                    steps[last] = steps[last]._replace(op=UndoOnlyOp(op.reverse()))
                    self._plan.is_moved = True

    def _keep_indexes_of_new_tables(self) -> None:
        """The same for the way back of tables that are new."""
        by_table = self._plan.by_table()
        for creation, container in self._plan.steps:
            if container is None and isinstance(creation, ops.CreateTableOp):
                additions = [
                    op
                    for op in by_table[self._plan.table_of(creation)]
                    if isinstance(op, ops.CreateIndexOp)
                ]
                keys, lasting = self._ends_in(creation)
                # The first one is the last to go.
                places = [(at, _columns(op)) for at, op in enumerate(additions)][::-1]
                for first in _last_of_needed(places, keys, lasting):
                    additions[first]._goes_with_table = True

    def _ends_in(
        self, creation: ops.CreateTableOp
    ) -> tuple[set[tuple[str, ...]], list[tuple[str, ...]]]:
        """Return the columns of a new table's keys, and of its other constraints."""
        table = self._plan.table_of(creation)
        keys: set[tuple[str, ...]] = set()
        lasting = []
        for item in creation.columns:
            if isinstance(item, ForeignKeyConstraint):
                key = self._plan.key_of_constraint(item)
                keys.add(key.columns)
                if key.target == table:
                    keys.add(key.target_columns)
            elif isinstance(item, PrimaryKeyConstraint | UniqueConstraint):
                lasting.append(tuple(column.name for column in item.columns))
        return keys, lasting

    def _indexes(self, table: TableKey) -> _Indexes:
        """Return the columns of a table's indexes, by name."""
        context = self._plan.autogen_context
        reflection = context._reflection_by(context.inspector)
        indexes: _Indexes = {
            str(each["name"]): tuple(name or "" for name in each["column_names"])
            for each in reflection.get_indexes(table[1], table[0])
        }
        key: PrimaryKeyConstraint = self._tables[table].primary_key
        indexes[""] = tuple(column.name for column in key.columns)
        return indexes

    def _uncover(self) -> set[Key]:
        """Find what drops the last index of a key; put it behind a new one if possible.

        Returns the keys of which no index is left in between.
        """
        again: set[Key] = set()
        state: dict[TableKey, _Indexes] = {}
        waiting = list(self._plan.steps)
        for step in waiting:
            op, container = step
            if container is None or isinstance(op, UndoOnlyOp):
                continue
            table = self._plan.table_of(op)
            if table not in self._tables or table in self._dropped_tables:
                continue
            if table not in state:
                state[table] = self._indexes(table)
            indexes = state[table]
            if _is_index_added(op):
                indexes[_name(op)] = _columns(op)
            elif _is_index_dropped(op):
                gone = indexes.pop(_name(op), None)
                uncovered = self._losing(table, gone, indexes)
                if not uncovered:
                    continue
                later = self._replacement(step, table, uncovered)
                if later is not None:
                    steps = self._plan.steps
                    self._plan.move(_place(steps, op), _place(steps, later))
                    continue
                self._uncovered[id(op)] = uncovered
                again |= uncovered
        return again

    def _losing(
        self, table: TableKey, gone: tuple[str, ...] | None, indexes: _Indexes
    ) -> set[Key]:
        """Return the keys that have no index once one is gone."""
        found = set()
        for key, _ in self._all if gone else ():
            for end, columns in (
                (key.source, key.columns),
                (key.target, key.target_columns),
            ):
                if (
                    end == table
                    and _begins(gone or (), columns)
                    and not any(_begins(each, columns) for each in indexes.values())
                ):
                    found.add(key)
        return found

    def _replacement(
        self, step: Any, table: TableKey, keys: set[Key]
    ) -> MigrateOperation | None:
        """Return the last addition behind a step by which all keys have an index."""
        steps = self._plan.steps
        later = [
            op
            for op, _ in steps[_place(steps, step.op) + 1 :]
            if _is_index_added(op) and self._plan.table_of(op) == table
        ]
        last = None
        for key in keys:
            ends = []
            if key.source == table:
                ends.append(key.columns)
            if key.target == table:
                ends.append(key.target_columns)
            for columns in ends:
                serving = [op for op in later if _begins(_columns(op), columns)]
                if not serving or any(_name(op) == _name(step.op) for op in serving):
                    return None
                place = max(_place(steps, serving[0]), last or 0)
                last = place
        return None if last is None else steps[last].op

    def _make_again(self, held: _Held) -> None:
        """Drop a key and make it again, at the end; it is put in its place later."""
        plan = self._plan
        addition = ops.CreateForeignKeyOp.from_constraint(held.constraint)
        drop = ops.DropConstraintOp.from_constraint(held.constraint)
        plan.insert(len(plan.steps), held.key.source, [drop, addition])

    # --- the indexes that keys have made --------------------------------------------

    def _follow_keys(self) -> None:
        """Drop what a key has made when it is dropped, on the way up and down."""
        made: dict[tuple[TableKey, tuple[str, ...]], list[Any]] = {}
        for op, container in list(self._plan.steps):
            key = self._plan.key_of(op) if container is not None else None
            if key is None or key.source not in self._tables:
                continue
            if key.source in self._dropped_tables or self._columns_come_or_go(key):
                continue
            indexes = self._indexes(key.source)
            if isinstance(op, ops.DropConstraintOp):
                self._drop_made_index(op, key, indexes)
            elif self._makes_index(key, indexes):
                made.setdefault((key.source, key.columns), []).append(op)
        for (source, columns), additions in made.items():
            # The last of several keys on the same columns gives the index its name.
            name, steps = additions[-1].constraint_name, self._plan.steps
            if name is None:
                name = _free_name(columns[0], self._indexes(source))
            undo = UndoOnlyOp(_drop_of_index(source, columns, str(name)))
            self._plan.insert(_place(steps, additions[0]), source, [undo])

    def _columns_come_or_go(self, key: Key) -> bool:
        return any(
            isinstance(op, ops.AddColumnOp | ops.DropColumnOp)
            and self._plan.table_of(op) == key.source
            and _column_name(op) in key.columns
            for op, _ in self._plan.steps
        )

    def _is_needed(self, key: Key, columns: tuple[str, ...]) -> bool:
        """Return whether an index serves another key that stays or comes."""
        others = [held.key for held in self._kept]
        others += [
            added
            for op, _ in self._plan.steps
            if isinstance(op, ops.CreateForeignKeyOp)
            and (added := self._plan.key_of(op)) is not None
        ]
        return any(
            other.source == key.source and _begins(columns, other.columns)
            for other in others
        )

    def _drop_made_index(
        self, op: ops.DropConstraintOp, key: Key, indexes: _Indexes
    ) -> None:
        steps = self._plan.steps
        mentioned = {
            _name(each)
            for each, _ in steps
            if (_is_index_dropped(each) or _is_index_added(each))
            and self._plan.table_of(each) == key.source
        }
        for name in dict.fromkeys((str(op.constraint_name), key.columns[0])):
            if (
                indexes.get(name) == key.columns
                and name not in mentioned
                and not self._is_needed(key, key.columns)
                and not self._is_in_model(key.source, name)
            ):
                drop = _drop_of_index(key.source, key.columns, name)
                self._plan.insert(_place(steps, op) + 1, key.source, [drop])
                return

    def _is_in_model(self, table: TableKey, name: str) -> bool:
        context = self._plan.autogen_context
        for each in context.table_key_to_table.values():
            if self._plan.key(each.schema, each.name) == table:
                return any(index.name == name for index in each.indexes)
        return False

    def _makes_index(self, key: Key, indexes: _Indexes) -> bool:
        """Return whether there is no index for a key that is added."""
        lasting = dict(indexes)
        for op, _ in self._plan.steps:
            if isinstance(op, UndoOnlyOp) or self._plan.table_of(op) != key.source:
                continue
            if _is_index_dropped(op):
                lasting.pop(_name(op), None)
            elif _is_index_added(op):
                lasting[_name(op)] = _columns(op)
        return not any(_begins(each, key.columns) for each in lasting.values())


def _free_name(column: str, indexes: _Indexes) -> str:
    """Return the name that the server gives to the index of a key without a name."""
    names = (column, *(f"{column}_{number}" for number in range(2, len(indexes) + 3)))
    return next(name for name in names if name not in indexes)


def _drop_of_index(
    table: TableKey, columns: tuple[str, ...], name: str
) -> ops.DropIndexOp:
    creation = ops.CreateIndexOp(name, table[1], list(columns), schema=table[0])
    return ops.DropIndexOp(name, table[1], schema=table[0], _reverse=creation)


def _place(steps: Iterable[Any], op: MigrateOperation) -> int:
    return next(at for at, step in enumerate(steps) if step.op is op)


def _last_of_needed(
    indexes: Sequence[tuple[int, tuple[str, ...]]],
    needed: Iterable[tuple[str, ...]],
    lasting: Collection[tuple[str, ...]],
) -> Iterator[int]:
    """Yield the places of the indexes that may not go, for keys need them to the last.

    indexes: places and columns of those that go, in that order; needed: the columns of
    keys; lasting: the columns of the indexes that stay.
    """
    for columns in needed:
        serving = [at for at, index in indexes if _begins(index, columns)]
        if serving and not any(_begins(each, columns) for each in lasting):
            yield serving[-1]


def _is_index_added(op: Any) -> bool:
    return isinstance(op, ops.CreateIndexOp | ops.CreateUniqueConstraintOp)


def _is_index_dropped(op: Any) -> bool:
    return isinstance(op, ops.DropIndexOp) or (
        isinstance(op, ops.DropConstraintOp) and op.constraint_type == "unique"
    )


def _name(op: Any) -> str:
    if isinstance(op, ops.CreateIndexOp | ops.DropIndexOp):
        return str(op.index_name)
    return str(op.constraint_name)


def _columns(op: Any) -> tuple[str, ...]:
    creation = op if _is_index_added(op) else op._reverse
    return tuple(
        str(getattr(column, "name", column))
        for column in getattr(creation, "columns", ())
    )


def _column_name(op: Any) -> str:
    return op.column.name if isinstance(op, ops.AddColumnOp) else op.column_name
