"""Create and drop the named types of PostgreSQL (ENUM, DOMAIN) with what uses them.

`create_table()` creates the types of its columns; nothing else does, and nothing drops
them.  Here the operations of a revision are walked through with what the database has:
a type is created before its first column, unless a table does it, and dropped behind
its last, if nothing else in the database or in the model uses it.  The way down leaves
the types that were there before.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ARRAY, Column
from sqlalchemy.dialects.postgresql import ARRAY as PG_ARRAY
from sqlalchemy.dialects.postgresql import (
    DOMAIN,
    ENUM,
    CreateDomainType,
    CreateEnumType,
    DropDomainType,
    DropEnumType,
)

from ..operations import ops
from ..operations._enum_values import AddEnumValuesOp
from ..operations._named_types import CreateTypeOp, DropTypeOp
from ..util import sqla_compat
from ._type_catalog import (
    TableKey,
    TypeCatalog,
    TypeKey,
    User,
    may_be_named,
    named_types,
)

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

    from ..operations.ops import MigrateOperation
    from .api import AutogenContext

log = logging.getLogger("alembic.autogenerate.types")

_IN_TEXT = re.compile(
    r"\b(CREATE|DROP)\s+(?:TYPE|DOMAIN)\s+(?:IF\s+EXISTS\s+)?"
    r'(?:("(?:[^"]|"")+"|\w+)\s*\.\s*)?("(?:[^"]|"")+"|\w+)',
    re.IGNORECASE,
)


class _Effect(NamedTuple):
    """What an operation does to a type.

    kind: "add" or "remove" a column that has it, "create" or "drop" it by a statement
        of others.
    whole_table: whether more than the column is removed.
    """

    kind: str
    key: TypeKey
    type_: Any = None
    table: TableKey = ("", "")
    column: str = ""
    whole_table: bool = False


# --- what operations do -------------------------------------------------------------


class _Effects:
    """Tells what operations do to types."""

    def __init__(self, catalog: TypeCatalog) -> None:
        self._catalog = catalog

    def of(self, operation: MigrateOperation) -> Iterator[_Effect]:
        """Yield the effects of an operation, in their order."""
        if isinstance(operation, ops.OpContainer):
            for each in operation.ops:
                yield from self.of(each)
        elif isinstance(operation, ops.CreateTableOp):
            yield from self._of_columns("add", operation, operation.columns)
        elif isinstance(operation, ops.DropTableOp):
            if operation._reverse is not None:
                columns = operation._reverse.columns
                yield from self._of_columns("remove", operation, columns)
        elif isinstance(operation, ops.AddColumnOp):
            yield from self._of_columns("add", operation, [operation.column])
        elif isinstance(operation, ops.DropColumnOp):
            if operation._reverse is not None:
                column = operation._reverse.column
                yield from self._of_columns("remove", operation, [column])
        elif isinstance(operation, ops.AlterColumnOp):
            yield from self._of_change(operation)
        elif isinstance(operation, ops.ExecuteSQLOp):
            yield from self._of_statement(operation.sqltext)

    def _of_columns(
        self, kind: str, operation: Any, columns: Sequence[Any]
    ) -> Iterator[_Effect]:
        for column in columns:
            if isinstance(column, Column):
                yield from self._of_type(kind, operation, column.name, column.type)

    def _of_change(self, operation: ops.AlterColumnOp) -> Iterator[_Effect]:
        if operation.modify_type is None:
            return
        sides = [("remove", operation.existing_type), ("add", operation.modify_type)]
        for kind, type_ in sides:
            if type_ is not None:
                yield from self._of_type(kind, operation, operation.column_name, type_)

    def _of_type(
        self, kind: str, operation: Any, column: str, type_: TypeEngine[Any]
    ) -> Iterator[_Effect]:
        table = self._catalog.table_key(operation.schema, operation.table_name)
        for named in named_types(type_, self._catalog.dialect):
            key = self._catalog.key_of(named)
            whole = isinstance(operation, ops.DropTableOp)
            yield _Effect(kind, key, named, table, str(column), whole)

    def _of_statement(self, statement: Any) -> Iterator[_Effect]:
        key_of_name = self._catalog.key_of_name
        if isinstance(statement, str):
            for verb, *names in _IN_TEXT.findall(statement):
                schema, name = map(_unquoted, names)
                yield _Effect(verb.lower(), key_of_name(schema or None, name))
        elif isinstance(statement, CreateEnumType | CreateDomainType):
            yield _Effect("create", self._catalog.key_of(statement.element))
        elif isinstance(statement, DropEnumType | DropDomainType):
            yield _Effect("drop", self._catalog.key_of(statement.element))


def _unquoted(name: str) -> str:
    if name.startswith('"'):
        return name[1:-1].replace('""', '"')
    return name.lower()


# --- the walk -----------------------------------------------------------------------


class _Walk:
    """Goes through the operations of one direction, keeping track of types.

    existing: the types that are there; users: what uses them, as far as it matters;
    may_drop: whether a type may go with the last thing that uses it.
    """

    def __init__(
        self,
        effects: _Effects,
        existing: set[TypeKey],
        users: dict[TypeKey, list[User]],
        may_drop: Callable[[TypeKey], bool],
    ) -> None:
        self._effects = effects
        self.existing = existing
        self.users = users
        self._may_drop = may_drop
        self.created: set[TypeKey] = set()
        # Made by a table; SQLAlchemy knows that when the next table is made.
        self._made_by_table: set[TypeKey] = set()

    def run(self, operations: Sequence[MigrateOperation]) -> list[MigrateOperation]:
        """Return the operations with those on types in their places."""
        effects = [list(self._effects.of(each)) for each in operations]
        last_place = {
            effect.key: position
            for position, own in enumerate(effects)
            for effect in own
            if effect.kind in ("add", "drop")
        }
        result: list[MigrateOperation] = []
        for position, operation in enumerate(operations):
            own = effects[position]
            later = {
                effect.key
                for effect in own
                if last_place.get(effect.key, position) > position
            }
            result += self._before(operation, own)
            result += self._behind(own, later)
        return result

    def _before(
        self, operation: MigrateOperation, effects: list[_Effect]
    ) -> Iterator[MigrateOperation]:
        """Yield what creates missing types, then the operation."""
        is_table = isinstance(operation, ops.CreateTableOp)
        there_before: set[TypeKey] = set()
        for kind, key, type_, *_ in effects:
            if kind != "add":
                continue
            if key in self.existing:
                if is_table and type_.create_type and key not in self._made_by_table:
                    there_before.add(key)
            elif type_.create_type:
                self.existing.add(key)
                self.created.add(key)
                if is_table and sqla_compat._table_creates_type(type_):
                    self._made_by_table.add(key)
                else:
                    yield CreateTypeOp(_plain(type_))
                    if is_table:
                        there_before.add(key)
        if there_before:
            assert isinstance(operation, ops.CreateTableOp)
            operation = self._of_existing_types(operation, there_before)
        yield operation

    def _behind(
        self, effects: list[_Effect], later: Collection[TypeKey]
    ) -> Iterator[MigrateOperation]:
        """Follow the effects of an operation; yield what drops types that are free."""
        left: dict[TypeKey, ENUM | DOMAIN] = {}
        for kind, key, type_, table, column, whole_table in effects:
            if kind == "create":
                self.existing.add(key)
            elif kind == "drop":
                self.existing.discard(key)
            elif kind == "add":
                user = User(table, frozenset([column]))
                self.users.setdefault(key, []).append(user)
            else:
                gone = None if whole_table else column
                self.users[key] = [
                    user
                    for user in self.users.get(key, ())
                    if not user.goes_with(table, gone)
                ]
                left[key] = type_
        for key, type_ in left.items():
            in_use = self.users[key] or key in later or key not in self.existing
            if not in_use and type_.create_type and self._may_drop(key):
                self.existing.discard(key)
                self._made_by_table.discard(key)
                yield DropTypeOp(_by_name(type_))

    def _of_existing_types(
        self, operation: ops.CreateTableOp, keys: set[TypeKey]
    ) -> ops.CreateTableOp:
        """Return the same operation, whose table does not create some types."""
        catalog = self._effects._catalog
        table = operation.to_table()
        for column in table.columns:
            named = list(named_types(column.type, catalog.dialect))
            if keys.intersection(map(catalog.key_of, named)):
                column.type = _not_created(column.type, catalog)
        same = ops.CreateTableOp.from_table(
            table, _namespace_metadata=operation._namespace_metadata
        )
        same.if_not_exists = operation.if_not_exists
        same._notes = operation._notes
        return same


def _plain(type_: ENUM | DOMAIN, **options: Any) -> ENUM | DOMAIN:
    """Return a type by what CREATE TYPE says of it."""
    if isinstance(type_, DOMAIN):
        return type_
    return ENUM(*type_.enums, name=str(type_.name), schema=type_.schema, **options)


def _by_name(type_: ENUM | DOMAIN) -> ENUM | DOMAIN:
    """Return a type by what DROP TYPE says of it."""
    if isinstance(type_, DOMAIN):
        return DOMAIN(str(type_.name), type_.data_type, schema=type_.schema)
    return ENUM(name=str(type_.name), schema=type_.schema)


def _not_created(type_: TypeEngine[Any], catalog: TypeCatalog) -> TypeEngine[Any]:
    """Return a column's type so that its table does not create it."""
    dialect = catalog.dialect
    chosen = sqla_compat._resolve_for_variant(type_, dialect)
    if isinstance(chosen, ARRAY):
        return PG_ARRAY(
            _not_created(chosen.item_type, catalog),
            as_tuple=chosen.as_tuple,
            dimensions=chosen.dimensions,
            zero_indexes=chosen.zero_indexes,
        )
    for named in named_types(chosen, dialect):
        if isinstance(named, ENUM):
            return _plain(named, create_type=False)
        named.create_type = False
        return named
    return chosen


# --- entry --------------------------------------------------------------------------


class NamedTypes:
    """The named types in the revisions of one run."""

    def __init__(self, context: AutogenContext) -> None:
        self._context = context
        self._existing: set[TypeKey] | None = None

    @cached_property
    def catalog(self) -> TypeCatalog:
        """What the database has; read when it is first asked for."""
        connection = self._context.connection
        assert connection is not None
        return TypeCatalog(connection, self._context.dialect)

    @cached_property
    def _wanted_by_model(self) -> set[TypeKey]:
        return {
            self.catalog.key_of(named)
            for table in self._context.table_key_to_table.values()
            for column in table.columns
            for named in named_types(column.type, self._context.dialect)
        }

    def complete(self, forth: ops.UpgradeOps, back: ops.DowngradeOps) -> None:
        """Add the operations on types to both directions of a revision."""
        if not any(_has_named_type(each, self._context) for each in (forth, back)):
            return
        effects = _Effects(self.catalog)
        if self._existing is None:
            self._existing = set(self.catalog.types)
        removed = {
            effect.key
            for effect in effects.of(forth)
            if effect.kind == "remove" and effect.key in self.catalog.types
        }
        self._warn_of_other_values(effects, forth)
        up = _Walk(effects, self._existing, self.catalog.users(removed), self._is_free)
        forth.ops[:] = up.run(forth.ops)
        down = _Walk(effects, set(up.existing), up.users, up.created.__contains__)
        back.ops[:] = down.run(back.ops)

    def _warn_of_other_values(self, effects: _Effects, forth: ops.UpgradeOps) -> None:
        """Tell of ENUMs that are there with other values than a new column has."""
        completed = {
            each.name for each in forth.ops if isinstance(each, AddEnumValuesOp)
        }
        for kind, key, type_, *_ in effects.of(forth):
            found = self.catalog.types.get(key)
            if kind != "add" or found is None or not isinstance(type_, ENUM):
                continue
            if key[1] not in completed and found.labels != list(type_.enums):
                log.warning(
                    "ENUM '%s' is in the database with the values %r, not %r; the "
                    "plugin alembic_c.enums compares values",
                    key[1],
                    found.labels,
                    list(type_.enums),
                )

    def _is_free(self, key: TypeKey) -> bool:
        """Return whether a type that the database has belongs to nobody else."""
        found = self.catalog.types.get(key)
        if found is not None and found.of_extension:
            return False
        return key not in self._wanted_by_model


def _has_named_type(operation: MigrateOperation, context: AutogenContext) -> bool:
    """Return whether an operation has to do with a named type; asks no database."""
    if isinstance(operation, ops.OpContainer):
        return any(_has_named_type(each, context) for each in operation.ops)
    types: list[Any] = []
    if isinstance(operation, ops.CreateTableOp):
        types += [item.type for item in operation.columns if isinstance(item, Column)]
    elif isinstance(operation, ops.DropTableOp) and operation._reverse is not None:
        return _has_named_type(operation._reverse, context)
    elif isinstance(operation, ops.AddColumnOp):
        types.append(operation.column.type)
    elif isinstance(operation, ops.DropColumnOp) and operation._reverse is not None:
        types.append(operation._reverse.column.type)
    elif isinstance(operation, ops.AlterColumnOp):
        types += filter(None, [operation.modify_type, operation.existing_type])
    return any(
        next(named_types(each, context.dialect), None)
        for each in filter(may_be_named, types)
    )
