"""Changes of types that PostgreSQL does not make by itself: USING, and the default.

A change between types with no cast in assignments needs USING.  A column's default is
converted as in an assignment, whatever USING says; and it goes on to depend on the
type before.  So it is dropped before the change and set after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, TextClause, text

from ..ddl import _pg_compare
from ..operations import ops
from ..util import sqla_compat
from . import _text_casts
from ._pg_casts import Cast, CastCatalog, PgType, to_be_created
from ._type_catalog import named_types

if TYPE_CHECKING:
    from sqlalchemy import Column, Table
    from sqlalchemy.types import TypeEngine

    from ..operations.ops import MigrateOperation
    from .api import AutogenContext

_COLUMN = """
SELECT a.atttypid, a.attgenerated <> '' AS is_generated,
       a.attidentity <> '' AS is_identity,
       pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS default
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE n.nspname = :schema AND c.relname = :table AND a.attname = :column
"""

_LITERAL = re.compile(r"('(?:[^']|'')*')::[^']+")


@dataclass
class _Change:
    """A column whose type changes: what the database has, what the model wants.

    default: what is computed in SQL; None without one, or where it is a generated or an
    identity column's.
    """

    there: PgType
    wanted: PgType
    default: str | None
    is_plain: bool


class Conversions:
    """The changes of types in the revisions of one run."""

    def __init__(self, context: AutogenContext) -> None:
        self._context = context
        self._dialect = context.dialect
        self._changes: dict[tuple[str | None, str, str], _Change | None] = {}

    @cached_property
    def _casts(self) -> CastCatalog:
        assert self._context.connection is not None
        return CastCatalog(self._context.connection)

    def complete(self, forth: ops.UpgradeOps, back: ops.DowngradeOps) -> None:
        """Make the changes of types in both directions of a revision possible."""
        forth._expand(partial(self._converted, forward=True))
        back._expand(partial(self._converted, forward=False))

    def _converted(
        self, operation: MigrateOperation, forward: bool
    ) -> Iterator[MigrateOperation]:
        """Yield an operation, a change of type with what it needs."""
        if (
            type(operation) is not ops.AlterColumnOp  # others' have their own ways
            or operation.modify_type is None
            or "postgresql_using" in operation.kw
        ):
            yield operation
            return
        change = self._change(operation, forward)
        if change is None or not change.is_plain:
            yield operation
            return
        casts = [
            self._casts.cast(change.there, change.wanted),
            self._casts.cast(change.wanted, change.there),
        ]
        cast = casts[0] if forward else casts[1]
        if cast is not Cast.ASSIGNED:
            operation.kw["postgresql_using"] = self._using(operation, cast)
            operation._writes_using = True
        if cast is Cast.AS_TEXT:
            self._warn(operation, forward)
        default_before, default_behind = self._defaults(operation, change, forward)
        # A default that is converted is not the one that was declared, and goes on to
        # depend on the type before.
        stays = casts == [Cast.ASSIGNED] * 2 and not self._is_named(
            operation.existing_type
        )
        if default_before is None or stays:
            yield operation
            return
        yield operation._companion(modify_server_default=None)
        decides = operation.modify_server_default is not False
        operation.modify_server_default = False
        operation.existing_server_default = None
        yield operation
        if default_behind is not None:
            behind = operation._companion(modify_server_default=default_behind)
            behind.existing_type = operation.modify_type
            if operation.modify_nullable is not None:
                behind.existing_nullable = operation.modify_nullable
            behind._is_companion = not decides
            yield behind

    # --- what is there and what is wanted -------------------------------------------

    def _change(self, operation: ops.AlterColumnOp, forward: bool) -> _Change | None:
        """Return the types on both sides; None if one of them cannot be told."""
        key = (operation.schema, operation.table_name, operation.column_name)
        if key not in self._changes and forward:
            self._changes[key] = self._read(operation)
        return self._changes.get(key)

    def _read(self, operation: ops.AlterColumnOp) -> _Change | None:
        connection = self._context.connection
        assert connection is not None
        row = connection.execute(
            text(_COLUMN),
            {
                "schema": operation.schema or self._dialect.default_schema_name,
                "table": operation.table_name,
                "column": operation.column_name,
            },
        ).first()
        type_ = self._chosen(operation.modify_type)
        wanted = None if row is None else self._casts.oid(self._in_sql(type_))
        if row is None:
            return None
        if wanted is None and not self._is_named(type_):
            return None
        self._casts.load([row.atttypid, *filter(None, [wanted])])
        return _Change(
            self._casts.known(row.atttypid),
            to_be_created(type_) if wanted is None else self._casts.known(wanted),
            row.default,
            not (row.is_generated or row.is_identity),
        )

    def _chosen(self, type_: Any) -> TypeEngine[Any]:
        """Return what this dialect takes for a type, or a class of types."""
        instance = type_() if isinstance(type_, type) else type_
        return sqla_compat._resolve_for_variant(instance, self._dialect)

    def _is_named(self, type_: Any) -> bool:
        """Return whether a type is, or holds, one with a name of its own."""
        return any(True for _ in named_types(type_, self._dialect))

    def _in_sql(self, type_: Any) -> str:
        return self._dialect.type_compiler_instance.process(self._chosen(type_))

    def _using(self, operation: ops.AlterColumnOp, cast: Cast) -> str:
        column = self._dialect.identifier_preparer.quote(operation.column_name)
        over_text = ""
        if cast is Cast.AS_TEXT:
            sides = (operation.existing_type, operation.modify_type)
            arrays = all(isinstance(self._chosen(side), ARRAY) for side in sides)
            over_text = "::text[]" if arrays else "::text"
        return f"{column}{over_text}::{self._in_sql(operation.modify_type)}"

    # --- defaults -------------------------------------------------------------------

    def _defaults(
        self, operation: ops.AlterColumnOp, change: _Change, forward: bool
    ) -> tuple[Any, Any]:
        """Return the default before and behind a change of type, None for none."""
        model: Any = self._model_default(operation)
        there = None if change.default is None else text(change.default)
        if not forward:
            before = there if model is None else model
            behind = there
        else:
            before = there
            behind = model
            if behind is None and change.default is not None:
                behind = self._carried_over(operation, change.default)
        if operation.modify_server_default is not False:
            behind = operation.modify_server_default
            if not forward:
                before = model
        return before, behind

    def _model_default(self, operation: ops.AlterColumnOp) -> Any:
        column = self._model_column(operation)
        return None if column is None else column.server_default

    def _model_column(self, operation: ops.AlterColumnOp) -> Column[Any] | None:
        tables = self._context.table_key_to_table
        for schema in (operation.schema, self._dialect.default_schema_name):
            key = sqla_compat._get_table_key(operation.table_name, schema)
            table: Table | None = tables.get(key)
            if table is not None:
                for column in table.columns:
                    if column.name == operation.column_name:
                        return column
        return None

    def _carried_over(
        self, operation: ops.AlterColumnOp, default: str
    ) -> TextClause | None:
        """Return a default that the model does not have, for the new type."""
        if _pg_compare.draws_from_sequence(default):
            return None
        literal = _LITERAL.fullmatch(default)
        if literal is not None:
            return text(literal[1])
        return text(f"({default})::text::{self._in_sql(operation.modify_type)}")

    # --- what cannot be converted ---------------------------------------------------

    def _warn(self, operation: ops.AlterColumnOp, forward: bool) -> None:
        there = self._in_sql(operation.existing_type)
        wanted = self._in_sql(operation.modify_type)
        if self._is_named(operation.existing_type) and self._is_named(
            operation.modify_type
        ):
            return  # from one ENUM to another the text is the value
        operation._notes += _text_casts.comment(operation, "PostgreSQL", there, wanted)
        if forward:
            _text_casts.warn(operation, there, wanted)
