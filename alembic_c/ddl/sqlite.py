"""SQLite: renames and new columns by ALTER, everything else by copying the table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    Computed,
    Date,
    DateTime,
    DefaultClause,
    Interval,
    Table,
    Time,
)
from sqlalchemy.sql.elements import ClauseElement

from .. import util
from ..util import sqla_compat
from ..util.sqla_compat import compiles
from . import _stored_types
from .base import (
    ColumnName,
    RenameTable,
    alter,
    format_column_name,
    format_table_name,
    unwrapped,
)
from .impl import BatchOperationsView, DefaultImpl

if TYPE_CHECKING:
    from sqlalchemy import Column, Index, UniqueConstraint
    from sqlalchemy.engine import Inspector
    from sqlalchemy.schema import Constraint
    from sqlalchemy.sql.compiler import DDLCompiler
    from sqlalchemy.types import TypeEngine

_USE_BATCH = (
    "Please refer to the batch mode feature which allows for SQLite migrations "
    "using a copy-and-move strategy."
)
_NO_ALTER = f"No support for ALTER of constraints in SQLite dialect. {_USE_BATCH}"

# What can be a default without parentheses: a number of digits or one quoted text.
# That an empty text and one of several lines get them is upstream's, and kept.
_BARE_DEFAULT = re.compile(r"(?:[0-9]+|'.+'|\(.+\))$")

# Types whose values SQLAlchemy stores as texts, and SQLite takes for numbers.
_TEXTS_TO_SQLALCHEMY = (JSON, Date, DateTime, Time, Interval)


class SQLiteImpl(DefaultImpl):
    """The implementation for SQLite."""

    __dialect__ = "sqlite"

    # SQLite rolls DDL back, but Python's driver commits before it by default.
    transactional_ddl = False

    def requires_recreate_in_batch(self, batch_op: BatchOperationsView) -> bool:
        """Return False for batches that ALTER can do: indexes and simple columns."""
        return not all(_done_by_alter(*operation[:2]) for operation in batch_op.batch)

    def add_constraint(self, const: Constraint, **kw: Any) -> None:
        """Refuse, with NotImplementedError; a type's constraint only with a warning."""
        if not sqla_compat._has_create_rule(const):
            raise NotImplementedError(_NO_ALTER)
        if sqla_compat._create_rule_allows(const, self):
            util.warn(
                "Skipping unsupported ALTER for creation of implicit constraint. "
                + _USE_BATCH
            )

    def drop_constraint(self, const: Constraint, **kw: Any) -> None:
        """Refuse, with NotImplementedError; a type's constraint is passed over."""
        if not sqla_compat._has_create_rule(const):
            raise NotImplementedError(_NO_ALTER)

    def _stored_types(self, definition: str) -> Iterable[str]:
        return _stored_types.on_sqlite(self.dialect, definition)

    def compare_server_default(
        self,
        inspector_column: Column[Any],
        metadata_column: Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Compare texts without their outer parentheses and quotes."""
        return unwrapped(rendered_inspector_default) != unwrapped(
            rendered_metadata_default
        )

    def _guess_if_default_is_unparenthesized_sql_expr(self, expr: str | None) -> bool:
        return bool(expr) and not _BARE_DEFAULT.match(expr)  # type: ignore[arg-type]

    def autogen_column_reflect(
        self, inspector: Inspector, table: Table, column_info: dict[str, Any]
    ) -> None:
        """Give expressions back the parentheses that SQLite does not report."""
        default = column_info.get("default")
        if self._guess_if_default_is_unparenthesized_sql_expr(default):
            column_info["default"] = f"({default})"

    def render_ddl_sql_expr(
        self, expr: ClauseElement, is_server_default: bool = False, **kw: Any
    ) -> str:
        """Return an expression as SQL text, a default's in parentheses."""
        rendered = super().render_ddl_sql_expr(
            expr, is_server_default=is_server_default, **kw
        )
        if is_server_default and self._guess_if_default_is_unparenthesized_sql_expr(
            rendered
        ):
            return f"({rendered})"
        return rendered

    def cast_for_batch_migrate(
        self,
        existing: Column[Any],
        existing_transfer: dict[str, Any],
        new_type: TypeEngine[Any],
    ) -> None:
        """Cast, but not to what SQLite would read a number's start out of a text for.

        To it JSON and the types of dates and times are numeric: as a DATETIME,
        '2020-01-02' would become 2020.
        """
        if not sqla_compat._has_affinity(new_type, *_TEXTS_TO_SQLALCHEMY):
            super().cast_for_batch_migrate(existing, existing_transfer, new_type)

    def correct_for_autogen_constraints(
        self,
        conn_unique_constraints: set[UniqueConstraint],
        conn_indexes: set[Index],
        metadata_unique_constraints: set[UniqueConstraint],
        metadata_indexes: set[Index],
    ) -> None:
        """Leave expression indexes out, which SQLAlchemy does not reflect here."""
        self._skip_functional_indexes(metadata_indexes, conn_indexes)


def _done_by_alter(name: str, arguments: Any) -> bool:
    if name == "add_column":
        return _addable(arguments[1])
    return name in ("create_index", "drop_index")


def _addable(column: Column[Any]) -> bool:
    """Return whether ALTER can add a column: no expression has to be computed."""
    default = column.server_default
    if isinstance(default, Computed):
        return not default.persisted
    return not (
        isinstance(default, DefaultClause) and isinstance(default.arg, ClauseElement)
    )


@compiles(RenameTable, "sqlite")
def visit_rename_table(element: RenameTable, compiler: DDLCompiler, **kw: Any) -> str:
    """Render a table's new name; it is written without the schema."""
    new_name = format_table_name(compiler, element.new_table_name, None)
    return alter(element, compiler, "RENAME TO", new_name)


@compiles(ColumnName, "sqlite")
def visit_column_name(element: ColumnName, compiler: DDLCompiler, **kw: Any) -> str:
    """Render a column's new name."""
    old = format_column_name(compiler, element.column_name)
    new = format_column_name(compiler, element.newname)
    return alter(element, compiler, "RENAME COLUMN", old, "TO", new)
