"""Compare the values of PostgreSQL's ENUMs: the plugin `alembic_c.enums`.

Values that the model has and the database has not are added, at their places.  Values
that only the database has are left where they are, since nothing but a new type is
without them; that is warned of, and the revision file says how it is done.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, text
from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.engine.default import DefaultDialect

from ...operations._enum_values import AddEnumValuesOp, NoteOp
from ...util import DispatchPriority, PriorityDispatchResult, sqla_compat
from .._complete import enum_package_is_active
from .._type_catalog import TypeCatalog, TypeKey, named_types

if TYPE_CHECKING:
    from sqlalchemy import Column

    from ...operations.ops import UpgradeOps
    from ...runtime.plugins import Plugin
    from ..api import AutogenContext

log = logging.getLogger("alembic.autogenerate.compare.enums")

CONTINUE = PriorityDispatchResult.CONTINUE

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass
class _Declared:
    """An ENUM of the model: its values, as each column declares it."""

    type_: ENUM
    columns: list[Column[Any]] = field(default_factory=list)
    disagree: bool = False


def _compare_enums(
    autogen_context: AutogenContext, upgrade_ops: UpgradeOps, schemas: Any
) -> PriorityDispatchResult:
    """Compare the values of each ENUM that both sides have."""
    if enum_package_is_active(autogen_context):
        log.info("Values of ENUMs are left to alembic-postgresql-enum")
        return CONTINUE
    connection = autogen_context.connection
    assert connection is not None
    used = list(_enums_of_model(autogen_context))
    if not used:
        return CONTINUE
    catalog = TypeCatalog(connection, autogen_context.dialect)
    for key, declared in _by_key(used, catalog).items():
        found = catalog.types.get(key)
        names: Any = {"schema_name": key[0]}
        if found is None or not autogen_context.run_name_filters(key[1], "enum", names):  # type: ignore[arg-type]
            continue
        if declared.disagree:
            log.warning(
                "ENUM '%s' is declared with different values; they are not compared",
                key[1],
            )
            continue
        _compare_values(autogen_context, upgrade_ops, key, declared, found.labels)
    return CONTINUE


def _enums_of_model(context: AutogenContext) -> Iterator[tuple[ENUM, Column[Any]]]:
    for table in context.table_key_to_table.values():
        for column in table.columns:
            for named in named_types(column.type, context.dialect):
                if isinstance(named, ENUM):
                    yield named, column


def _by_key(
    used: list[tuple[ENUM, Column[Any]]], catalog: TypeCatalog
) -> dict[TypeKey, _Declared]:
    declared: dict[TypeKey, _Declared] = {}
    for type_, column in used:
        one = declared.setdefault(catalog.key_of(type_), _Declared(type_))
        one.columns.append(column)
        one.disagree |= list(one.type_.enums) != list(type_.enums)
    return declared


def _compare_values(
    context: AutogenContext,
    upgrade_ops: UpgradeOps,
    key: TypeKey,
    declared: _Declared,
    found: list[str],
) -> None:
    wanted = list(declared.type_.enums)
    added = [value for value in wanted if value not in found]
    removed = [value for value in found if value not in wanted]
    words = _Words(context, declared)
    if added:
        log.info("Detected added values %r of ENUM '%s'", added, key[1])
        operation = AddEnumValuesOp(
            declared.type_.schema,
            str(declared.type_.name),
            added,
            list(words.additions(wanted, found)),
            words.cannot_drop(added, found),
        )
        operation._notes = tuple(words.questions(wanted, found))
        upgrade_ops.ops.append(operation)
    if removed:
        log.warning(
            "ENUM '%s' has the values %r in the database that the model does not have; "
            "PostgreSQL cannot drop a value.  A new revision file says in a comment "
            "how to replace the type",
            key[1],
            removed,
        )
        context._notes.append(NoteOp(words.cannot_drop(removed, wanted)))


class _Words:
    """The texts about one type."""

    def __init__(self, context: AutogenContext, declared: _Declared) -> None:
        self._dialect = context.dialect
        self._columns = declared.columns
        self._schema = declared.type_.schema
        self._name = str(declared.type_.name)
        self._type = self._full(self._schema, self._name)

    # --- statements -----------------------------------------------------------------

    def additions(self, wanted: list[str], found: list[str]) -> Iterator[str]:
        """Yield the statements that add values, each next to one that is there."""
        there = set(found)
        for position, value in enumerate(wanted):
            if value in there:
                continue
            if position:
                place = f"AFTER {_literal(wanted[position - 1])}"
            else:
                following = next((each for each in wanted if each in there), None)
                following = following or (found[0] if found else None)
                place = f"BEFORE {_literal(following)}" if following else ""
            there.add(value)
            # The way down cannot take the value away, so it may be there.
            yield _as_text(
                f"ALTER TYPE {self._type} ADD VALUE IF NOT EXISTS "
                f"{_literal(value)} {place}".rstrip()
            )

    def questions(self, wanted: list[str], found: list[str]) -> Iterator[str]:
        """Yield lines of comment about values that may have a new name."""
        if len(wanted) != len(found):
            return
        for before, after in zip(found, wanted, strict=True):
            if before in wanted or after in found:
                continue
            rename = _as_text(
                f"ALTER TYPE {self._type} RENAME VALUE {_literal(before)} "
                f"TO {_literal(after)}"
            )
            yield f"Is {after!r} a new name for {before!r}?  Then do this instead:"
            yield f"op.execute({rename!r})"

    def cannot_drop(self, values: Sequence[str], remaining: Sequence[str]) -> list[str]:
        """Return lines of comment on values that stay, and on how to be rid of them."""
        lines = [
            f"WARNING: the values {list(values)!r} of the type {self._name!r} stay,",
            "as PostgreSQL cannot drop a value.  To be rid of them give the rows that",
            "have them another value, then replace the type:",
        ]
        statements = [
            f"ALTER TYPE {self._type} RENAME TO {self._quoted(self._name + '_old')}",
            f"CREATE TYPE {self._type} AS ENUM ({', '.join(map(_literal, remaining))})",
        ]
        for column in self._columns:
            statements += self._retyped(column)
        statements.append(f"DROP TYPE {self._full(self._schema, self._name + '_old')}")
        return lines + [
            f"op.execute({_as_text(statement)!r})" for statement in statements
        ]

    def _retyped(self, column: Column[Any]) -> Iterator[str]:
        """Yield what gives a column the new type, its default moved."""
        table = self._full(column.table.schema, column.table.name)
        name = self._quoted(column.name)
        alter = f"ALTER TABLE {table} ALTER COLUMN {name}"
        chosen = sqla_compat._resolve_for_variant(column.type, self._dialect)
        dimension = "[]" if isinstance(chosen, ARRAY) else ""
        if column.server_default is not None:
            yield f"{alter} DROP DEFAULT"
        yield (
            f"{alter} TYPE {self._type}{dimension} "
            f"USING {name}::text{dimension}::{self._type}{dimension}"
        )
        default = getattr(column.server_default, "arg", None)
        if isinstance(default, str):
            yield f"{alter} SET DEFAULT {_literal(default)}"
        elif default is not None:
            yield f"{alter} SET DEFAULT {default}"

    # --- names ----------------------------------------------------------------------

    def _full(self, schema: str | None, name: str) -> str:
        quoted = self._quoted(name)
        return quoted if schema is None else f"{self._quoted(schema)}.{quoted}"

    def _quoted(self, name: str) -> str:
        if _PLAIN_NAME.fullmatch(name):
            # Words that SQL has for itself get quotes.
            return self._dialect.identifier_preparer.quote(name)
        escaped = name.replace('"', '""')
        return f'"{escaped}"'


def _literal(value: str) -> str:
    escaped = value.replace("'", "''")
    return f"'{escaped}'"


def _as_text(sql: str) -> str:
    """Return SQL as `op.execute()` takes it: without what it takes for parameters."""
    for written in (sql, re.sub(r"(?<![:\\]):(?=\w)", r"\\:", sql)):
        compiled = text(written).compile(dialect=DefaultDialect())
        if str(compiled) == sql and not compiled.params:
            return written
    return sql


def setup(plugin: Plugin) -> None:
    """Register the comparator of values."""
    plugin.add_autogenerate_comparator(
        _compare_enums,
        "schema",
        "enums",
        qualifier="postgresql",
        # Values have to be there before tables and defaults that use them.
        priority=DispatchPriority.FIRST,
    )
