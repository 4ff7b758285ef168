"""Oracle: MODIFY instead of ALTER COLUMN, and scripts of "/"-separated batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..util.sqla_compat import compiles
from ._scripts import SeparatingImpl
from .base import (
    AddColumn,
    AlterColumn,
    ColumnComment,
    ColumnDefault,
    ColumnName,
    ColumnNullable,
    ColumnType,
    IdentityColumnDefault,
    RenameTable,
    alter,
    format_column_name,
    format_server_default,
    format_table_name,
    format_type,
    quote_text,
    unwrapped,
)
from .impl import DefaultImpl

if TYPE_CHECKING:
    from sqlalchemy import Column
    from sqlalchemy.dialects.oracle.base import OracleDDLCompiler


class OracleImpl(SeparatingImpl):
    """The implementation for Oracle.

    The option oracle_batch_separator replaces the "/" behind each statement.
    """

    __dialect__ = "oracle"

    transactional_ddl = False
    batch_separator = "/"
    separator_option = "oracle_batch_separator"
    command_terminator = ""
    type_synonyms = DefaultImpl.type_synonyms + (
        {"VARCHAR", "VARCHAR2"},
        {"BIGINT", "INTEGER", "SMALLINT", "DECIMAL", "NUMERIC", "NUMBER"},
        {"DOUBLE", "FLOAT", "DOUBLE_PRECISION"},
    )
    identity_attrs_ignore = ()

    def compare_server_default(
        self,
        inspector_column: Any,
        metadata_column: Any,
        rendered_metadata_default: Any,
        rendered_inspector_default: Any,
    ) -> bool:
        """Compare texts without outer parentheses and quotes.

        Oracle keeps the blanks around a default, and reports them.
        """
        found = unwrapped(rendered_inspector_default)
        if found is not None:
            found = found.strip()
        return found != unwrapped(rendered_metadata_default)

    def emit_begin(self) -> None:
        """Write the start of a transaction."""
        self._exec("SET TRANSACTION READ WRITE")

    def emit_commit(self) -> None:
        """Write the end of a transaction."""
        self._exec("COMMIT")


def alter_column(compiler: OracleDDLCompiler, name: str) -> str:
    """Return `MODIFY column`."""
    return f"MODIFY {format_column_name(compiler, name)}"


def add_column(compiler: OracleDDLCompiler, column: Column[Any], **kw: Any) -> str:
    """Return `ADD` and the column's specification."""
    return f"ADD {compiler.get_column_specification(column, **kw)}"


def _modify(element: AlterColumn, compiler: OracleDDLCompiler, change: str) -> str:
    return alter(element, compiler, alter_column(compiler, element.column_name), change)


@compiles(AddColumn, "oracle")
def visit_add_column(element: AddColumn, compiler: OracleDDLCompiler, **kw: Any) -> str:
    """Render a new column."""
    return alter(element, compiler, add_column(compiler, element.column, **kw))


@compiles(ColumnNullable, "oracle")
def visit_column_nullable(
    element: ColumnNullable, compiler: OracleDDLCompiler, **kw: Any
) -> str:
    """Render NULL or NOT NULL."""
    return _modify(element, compiler, "NULL" if element.nullable else "NOT NULL")


@compiles(ColumnType, "oracle")
def visit_column_type(
    element: ColumnType, compiler: OracleDDLCompiler, **kw: Any
) -> str:
    """Render a column's new type."""
    return _modify(element, compiler, format_type(compiler, element.type_))


@compiles(ColumnName, "oracle")
def visit_column_name(
    element: ColumnName, compiler: OracleDDLCompiler, **kw: Any
) -> str:
    """Render a column's new name."""
    old = format_column_name(compiler, element.column_name)
    new = format_column_name(compiler, element.newname)
    return alter(element, compiler, "RENAME COLUMN", old, "TO", new)


@compiles(ColumnDefault, "oracle")
def visit_column_default(
    element: ColumnDefault, compiler: OracleDDLCompiler, **kw: Any
) -> str:
    """Render a default; Oracle drops one by the default NULL."""
    default = "NULL"
    if element.default is not None:
        default = format_server_default(compiler, element.default)
    return _modify(element, compiler, f"DEFAULT {default}")


@compiles(ColumnComment, "oracle")
def visit_column_comment(
    element: ColumnComment, compiler: OracleDDLCompiler, **kw: Any
) -> str:
    """Render a comment; Oracle drops one by an empty text.

    Migrations written so far rely on names as they are given, without the schema.
    """
    comment = quote_text(compiler, element.comment or "")
    return f"COMMENT ON COLUMN {element.table_name}.{element.column_name} IS {comment}"


@compiles(RenameTable, "oracle")
def visit_rename_table(
    element: RenameTable, compiler: OracleDDLCompiler, **kw: Any
) -> str:
    """Render a table's new name; it is written without the schema."""
    new_name = format_table_name(compiler, element.new_table_name, None)
    return alter(element, compiler, "RENAME TO", new_name)


@compiles(IdentityColumnDefault, "oracle")
def visit_identity_column(
    element: IdentityColumnDefault, compiler: OracleDDLCompiler, **kw: Any
) -> str:
    """Render an identity, whole: Oracle changes one by saying all of it again."""
    if element.default is None:
        return _modify(element, compiler, "DROP IDENTITY")
    identity = compiler.visit_identity_column(element.default)  # type: ignore[no-untyped-call]
    return _modify(element, compiler, identity)
