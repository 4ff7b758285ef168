"""Put changes into an order in which they can be run.

A foreign key stands on a table, its columns and what makes them unique: it is dropped
before these are, and made when they are there.  Tables that refer to each other in a
circle are made without the keys that close it, which follow; before such tables are
dropped the keys are.  An index or a constraint is dropped before the type of its column
changes to one that it does not go with.  Nothing moves that needs not, and nothing at
all on SQLite, where a key may lead to a table that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

from ...operations import ops
from ...util import sqla_compat
from .._questions import TableKey
from ._default_names import name_constraints
from ._mysql_keys import Keys, is_mysql
from ._table_names import known_as
from ._type_changes import drop_before_types_change

if TYPE_CHECKING:
    from sqlalchemy import Table

    from ...operations.ops import MigrateOperation, ModifyTableOps
    from ..api import AutogenContext


_T = TypeVar("_T")

_CHANGES_OF_KEYS = (ops.CreateForeignKeyOp, ops.DropConstraintOp)


class Key(NamedTuple):
    """A foreign key: both ends, as they are compared."""

    source: TableKey
    columns: tuple[str, ...]
    target: TableKey
    target_columns: tuple[str, ...]


class Step(NamedTuple):
    """An operation, and the container of the changes of its table, if it is in one."""

    op: MigrateOperation
    container: ModifyTableOps | None


class Plan:
    """The operations of a migration in their order, those on one table one by one."""

    def __init__(
        self, autogen_context: AutogenContext, directives: Iterable[MigrateOperation]
    ) -> None:
        self.autogen_context = autogen_context
        self.is_moved = False
        self.mysql_keys: Keys | None = None
        self.steps: list[Step] = []
        for directive in directives:
            if isinstance(directive, ops.ModifyTableOps):
                self.steps += [Step(each, directive) for each in directive.ops]
            else:
                self.steps.append(Step(directive, None))

    def directives(self) -> list[MigrateOperation]:
        """Return the operations, those that follow each other on a table together."""
        found: list[MigrateOperation] = []
        container: ModifyTableOps | None = None
        for step in self.steps:
            if step.container is None:
                found.append(step.op)
            elif step.container is container:
                assert isinstance(found[-1], ops.ModifyTableOps)
                found[-1].ops.append(step.op)
            else:
                name, schema = step.container.table_name, step.container.schema
                found.append(ops.ModifyTableOps(name, [step.op], schema=schema))
            container = step.container
        return found

    def key(self, schema: str | None, name: str) -> TableKey:
        """Return a table's name as it is compared."""
        return known_as(self.autogen_context, schema), str(name)

    def table_of(self, op: Any) -> TableKey:
        """Return the table that an operation changes."""
        if isinstance(op, ops.CreateForeignKeyOp):
            return self.key(op.kw.get("source_schema"), op.source_table)
        return self.key(getattr(op, "schema", None), getattr(op, "table_name", ""))

    def key_of(self, op: Any) -> Key | None:
        """Return the foreign key that an operation adds or drops, None if none."""
        if isinstance(op, ops.DropConstraintOp):
            op = op._reverse
        if not isinstance(op, ops.CreateForeignKeyOp):
            return None
        return Key(
            self.table_of(op),
            tuple(map(str, op.local_cols)),
            self.key(op.kw.get("referent_schema"), op.referent_table),
            tuple(map(str, op.remote_cols)),
        )

    def key_of_constraint(self, constraint: ForeignKeyConstraint) -> Key:
        """Return a foreign key that belongs to a table."""
        schema, table, columns, *target = sqla_compat._fk_spec(constraint)
        target_schema, target_table, target_columns = target[:3]
        return Key(
            self.key(schema, table),
            tuple(map(str, columns)),
            self.key(target_schema, target_table),
            tuple(map(str, target_columns)),
        )

    def by_table(self) -> dict[TableKey, list[MigrateOperation]]:
        """Return the operations by the tables that they change, in their order."""
        found: dict[TableKey, list[MigrateOperation]] = {}
        for op, _ in self.steps:
            found.setdefault(self.table_of(op), []).append(op)
        return found

    def insert(self, at: int, table: TableKey, added: list[MigrateOperation]) -> None:
        """Put operations on a table in front of a step."""
        schema, name = table
        container = ops.ModifyTableOps(name, [], schema=schema)
        self.steps[at:at] = [Step(op, container) for op in added]
        self.is_moved = True

    def move(self, at: int, to: int) -> None:
        """Put a step in front of another, or behind it if that comes later."""
        self.steps.insert(to, self.steps.pop(at))
        self.is_moved = True


def put_in_order(
    autogen_context: AutogenContext,
    directives: list[MigrateOperation],
    tables: Mapping[TableKey, Table],
) -> None:
    """Put the operations of a migration into an order in which they can be run.

    directives: changed in place, if need be.
    tables: those of the database that were compared.
    """
    plan = Plan(autogen_context, directives)
    take_keys_out_of_new_tables(plan)
    if autogen_context.dialect.name == "postgresql":
        take_uniques_out_of_new_tables(plan)
    drop_keys_of_dropped_tables(plan)
    name_constraints(plan)
    drop_before_types_change(plan, autogen_context.dialect)
    if is_mysql(autogen_context):
        plan.mysql_keys = Keys(plan, tables)
        plan.mysql_keys.adapt()
    move_keys(plan)
    if plan.is_moved:
        directives[:] = plan.directives()


# --- tables -------------------------------------------------------------------------


def take_keys_out_of_new_tables(plan: Plan) -> None:
    """Add the keys that lead to what is not there yet, when it is there.

    And those with `use_alter`, which CREATE TABLE leaves out.
    """
    creations = [
        (at, op)
        for at, (op, _) in enumerate(plan.steps)
        if isinstance(op, ops.CreateTableOp)
    ]
    if not creations:
        return
    late: list[tuple[int, ops.CreateForeignKeyOp]] = []
    makers: dict[TableKey, list[tuple[int, MigrateOperation]]] = {}
    kinds = tuple(_MAKERS)
    for at, (op, _) in enumerate(plan.steps):
        if isinstance(op, kinds):
            makers.setdefault(plan.table_of(op), []).append((at, op))
    last_table = _end_of_new_table(plan, creations[-1][0])
    for at, op in creations:
        kept = []
        for item in op.columns:
            if isinstance(item, ForeignKeyConstraint):
                key = plan.key_of_constraint(item)
                needed = max(
                    (
                        place
                        for place, maker in at_ends(makers, key)
                        if makes(plan, maker, key)
                    ),
                    default=at,
                )
                if needed > at or item.use_alter:
                    late.append((max(needed, at), _addition(item)))
                    continue
            kept.append(item)
        op.columns = kept
    # From the last one, so that the places stay what they were.
    by_place: dict[int, list[ops.CreateForeignKeyOp]] = {}
    for needed, addition in late:
        by_place.setdefault(max(needed, last_table) + 1, []).append(addition)
    for place in sorted(by_place, reverse=True):
        for addition in by_place[place][::-1]:
            plan.insert(place, plan.table_of(addition), [addition])


def take_uniques_out_of_new_tables(plan: Plan) -> None:
    """Add the unique constraints that CREATE TABLE would leave out, when it has run.

    And drop them before their tables, for the way back.  PostgreSQL makes one of those
    that are alike in all but their names, and none of one that is like the primary key.
    """
    for at in range(len(plan.steps) - 1, -1, -1):
        op = plan.steps[at].op
        if isinstance(op, ops.CreateTableOp):
            late = [*map(ops.CreateUniqueConstraintOp.from_constraint, _take_out(op))]
            if late:
                end = _end_of_new_table(plan, at)
                plan.insert(end + 1, plan.table_of(op), [*late])
        elif isinstance(op, ops.DropTableOp) and op._reverse is not None:
            early = [*map(ops.DropConstraintOp.from_constraint, _take_out(op._reverse))]
            if early:
                plan.insert(at, plan.table_of(op), [*early])


def _take_out(creation: ops.CreateTableOp) -> list[UniqueConstraint]:
    """Take out of a new table what is like another; return it."""
    constraints = [
        (place, item)
        for place, item in enumerate(creation.columns)
        if isinstance(item, PrimaryKeyConstraint | UniqueConstraint)
    ]
    # The primary key is made first, wherever it stands.
    constraints.sort(key=lambda each: isinstance(each[1], UniqueConstraint))
    by_columns: dict[tuple[str, ...], list[tuple[int, Any]]] = {}
    for place, item in constraints if len(constraints) > 1 else ():
        columns = tuple(column.name for column in item.columns)
        by_columns.setdefault(columns, []).append((place, item))
    late: dict[int, UniqueConstraint] = {}
    for on_same_columns in by_columns.values():
        seen: set[Any] = set()
        for place, item in on_same_columns if len(on_same_columns) > 1 else ():
            likeness = _likeness(item)
            if likeness in seen and isinstance(item, UniqueConstraint):
                late[place] = item
            seen.add(likeness)
    if late:
        creation.columns = [
            item for place, item in enumerate(creation.columns) if place not in late
        ]
    return [late[place] for place in sorted(late)]


def _likeness(constraint: PrimaryKeyConstraint | UniqueConstraint) -> Any:
    """Return what two constraints on the same columns have in common, besides.

    PostgreSQL leaves one of them out then.
    """
    options = sqla_compat._dialect_kwargs(constraint).items()
    return (
        bool(constraint.deferrable),
        (constraint.initially or "").upper() == "DEFERRED",
        str(sorted((name, value) for name, value in options if value)),
    )


def _end_of_new_table(plan: Plan, at: int) -> int:
    """Return the place of the last of the indexes that follow a new table."""
    table = plan.table_of(plan.steps[at].op)
    while (
        at + 1 < len(plan.steps)
        and plan.steps[at + 1].container is not None
        and plan.table_of(plan.steps[at + 1].op) == table
    ):
        at += 1
    return at


def _addition(constraint: ForeignKeyConstraint) -> ops.CreateForeignKeyOp:
    addition = ops.CreateForeignKeyOp.from_constraint(constraint)
    addition.kw.pop("use_alter", None)
    return addition


def drop_keys_of_dropped_tables(plan: Plan) -> None:
    """Drop keys of dropped tables that lead to those which are dropped before them."""
    gone: dict[TableKey, int] = {}
    early: list[tuple[int, TableKey, ops.DropConstraintOp]] = []
    for at, (op, _) in enumerate(plan.steps):
        if not isinstance(op, ops.DropTableOp):
            continue
        creation = op._reverse
        for item in list(creation.columns) if creation else ():
            if isinstance(item, ForeignKeyConstraint):
                key = plan.key_of_constraint(item)
                if key.target in gone and key.source != key.target:
                    assert creation is not None
                    creation.columns = [
                        each for each in creation.columns if each is not item
                    ]
                    drop = ops.DropConstraintOp.from_constraint(item)
                    early.append((gone[key.target], key.source, drop))
        gone[plan.table_of(op)] = at
    for at, table, drop in sorted(early, key=lambda each: each[0])[::-1]:
        plan.insert(at, table, [drop])


# --- keys ---------------------------------------------------------------------------


def move_keys(plan: Plan) -> None:
    """Drop keys before what they stand on; add them behind what they stand on."""
    if not any(isinstance(op, _CHANGES_OF_KEYS) for op, _ in plan.steps):
        return
    by_table = plan.by_table()
    for at, (op, _) in enumerate(plan.steps):
        if not isinstance(op, ops.DropConstraintOp):
            continue
        key = plan.key_of(op)
        if key and any(unmakes(plan, each, key) for each in at_ends(by_table, key)):
            for earlier in range(at):
                if unmakes(plan, plan.steps[earlier].op, key):
                    plan.move(at, earlier)
                    break
    for at in range(len(plan.steps) - 1, -1, -1):
        op = plan.steps[at].op
        if not isinstance(op, ops.CreateForeignKeyOp):
            continue
        key = plan.key_of(op)
        if key and any(makes(plan, each, key) for each in at_ends(by_table, key)):
            for later in range(len(plan.steps) - 1, at, -1):
                if makes(plan, plan.steps[later].op, key):
                    plan.move(at, later)
                    break


def at_ends(by_table: Mapping[TableKey, Iterable[_T]], key: Key) -> Iterator[_T]:
    """Yield the operations on the tables of a key: no others make or unmake it."""
    for table in {key.source, key.target}:
        yield from by_table.get(table, ())


def makes(plan: Plan, op: Any, key: Key) -> bool:
    """Return whether an operation makes what a key stands on."""
    for kind, makes_it in _MAKERS.items():
        if isinstance(op, kind):
            return makes_it(plan, op, key)
    return False


def _makes_table(plan: Plan, op: ops.CreateTableOp, key: Key) -> bool:
    return plan.table_of(op) == key.target


def _makes_column(plan: Plan, op: ops.AddColumnOp, key: Key) -> bool:
    return _is_column(plan, op, op.column.name, key)


def _makes_index(plan: Plan, op: ops.CreateIndexOp, key: Key) -> bool:
    return bool(op.unique) and _is_unique(plan, op, op.columns, key)


def _makes_constraint(plan: Plan, op: Any, key: Key) -> bool:
    return _is_unique(plan, op, op.columns, key)


def _makes_type(plan: Plan, op: ops.AlterColumnOp, key: Key) -> bool:
    if plan.mysql_keys is not None:
        return plan.mysql_keys.makes(op, key)
    return _changes_type(plan, op, key)


# Each kind of operation that can make what a key stands on, and whether one does.
_MAKERS: dict[type, Callable[[Plan, Any, Key], bool]] = {
    ops.CreateTableOp: _makes_table,
    ops.AddColumnOp: _makes_column,
    ops.CreateIndexOp: _makes_index,
    ops.CreateUniqueConstraintOp: _makes_constraint,
    ops.CreatePrimaryKeyOp: _makes_constraint,
    ops.AlterColumnOp: _makes_type,
}


def unmakes(plan: Plan, op: Any, key: Key) -> bool:
    """Return whether an operation takes away what a key stands on."""
    if plan.mysql_keys is not None and plan.mysql_keys.unmakes(op, key):
        return True
    if isinstance(op, ops.DropTableOp):
        return plan.table_of(op) == key.target
    if isinstance(op, ops.DropColumnOp):
        return _is_column(plan, op, op.column_name, key)
    if isinstance(op, ops.DropIndexOp):
        creation = op._reverse
        return (
            creation is not None
            and bool(creation.unique)
            and plan.mysql_keys is None
            and _is_unique(plan, op, creation.columns, key)
        )
    if isinstance(op, ops.DropConstraintOp):
        reverse = op._reverse
        return (
            plan.mysql_keys is None
            and isinstance(
                reverse, ops.CreateUniqueConstraintOp | ops.CreatePrimaryKeyOp
            )
            and _is_unique(plan, op, reverse.columns, key)
        )
    return plan.mysql_keys is None and _changes_type(plan, op, key)


def _is_column(plan: Plan, op: Any, name: str, key: Key) -> bool:
    table = plan.table_of(op)
    return (table == key.target and name in key.target_columns) or (
        table == key.source and name in key.columns
    )


def _is_unique(plan: Plan, op: Any, columns: Iterable[Any], key: Key) -> bool:
    names = {getattr(column, "name", column) for column in columns}
    return plan.table_of(op) == key.target and names == set(key.target_columns)


def _changes_type(plan: Plan, op: Any, key: Key) -> bool:
    """Return whether a column gets a type of another kind, so that a key must go."""
    if not isinstance(op, ops.AlterColumnOp) or op.modify_type is None:
        return False
    same_kind = op.existing_type is not None and (
        op.existing_type._type_affinity is op.modify_type._type_affinity
    )
    return not same_kind and _is_column(plan, op, op.column_name, key)
