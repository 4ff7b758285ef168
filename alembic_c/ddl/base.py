"""The ALTER constructs, how every dialect renders them, and the helpers for that.

A dialect that differs registers a compiler of its own for a construct, with
`sqlalchemy.ext.compiler.compiles`, in its module beside this one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, Union

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    FetchedValue,
    Identity,
    Integer,
    String,
)
from sqlalchemy.exc import CompileError
from sqlalchemy.schema import DDLElement
from sqlalchemy.sql.elements import ColumnElement, TextClause, quoted_name

from ..util.sqla_compat import _columns_for_constraint as _columns_for_constraint
from ..util.sqla_compat import _find_columns as _find_columns
from ..util.sqla_compat import _fk_spec as _fk_spec
from ..util.sqla_compat import _in_creation_order, compiles, constraint_name_or_none
from ..util.sqla_compat import _is_type_bound as _is_type_bound
from ..util.sqla_compat import _table_for_constraint as _table_for_constraint

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import Compiled, DDLCompiler
    from sqlalchemy.types import TypeEngine

    from .impl import DefaultImpl

_ServerDefaultType = Union[FetchedValue, str, TextClause, ColumnElement[Any]]  # noqa: UP007
_ServerDefaultArgument = Union[_ServerDefaultType, Literal[False], None]  # noqa: UP007
_Name = Union[quoted_name, str]  # noqa: UP007


# --- constructs ---------------------------------------------------------------------


class AlterTable(DDLElement):
    """Base of what changes a table.

    table_name: the table as it is called before the change; schema: None for the
    connection's own.
    """

    def __init__(self, table_name: str, schema: _Name | None = None) -> None:
        self.table_name = table_name
        self.schema = schema


class RenameTable(AlterTable):
    """Give a table another name, in the same schema."""

    def __init__(
        self,
        old_table_name: str,
        new_table_name: _Name,
        schema: _Name | None = None,
    ) -> None:
        super().__init__(old_table_name, schema=schema)
        self.new_table_name = new_table_name


class AlterColumn(AlterTable):
    """Base of what changes one property of a column.

    The `existing_*` parameters say what the column has now, None what is unknown;
    they are for dialects that have to repeat the whole column.
    """

    def __init__(
        self,
        name: str,
        column_name: str,
        schema: str | None = None,
        existing_type: TypeEngine[Any] | None = None,
        existing_nullable: bool | None = None,
        existing_server_default: _ServerDefaultArgument = None,
        existing_comment: str | None = None,
    ) -> None:
        super().__init__(name, schema=schema)
        self.column_name = column_name
        self.existing_type = None if existing_type is None else _as_type(existing_type)
        self.existing_nullable = existing_nullable
        self.existing_server_default = existing_server_default
        self.existing_comment = existing_comment


class ColumnNullable(AlterColumn):
    """Allow or forbid NULL in a column."""

    def __init__(self, name: str, column_name: str, nullable: bool, **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.nullable = nullable


class ColumnType(AlterColumn):
    """Give a column another type."""

    def __init__(
        self, name: str, column_name: str, type_: TypeEngine[Any], **kw: Any
    ) -> None:
        super().__init__(name, column_name, **kw)
        self.type_ = _as_type(type_)


class ColumnName(AlterColumn):
    """Give a column another name."""

    def __init__(self, name: str, column_name: str, newname: str, **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.newname = newname


class ColumnDefault(AlterColumn):
    """Set a column's server default, or drop it with None."""

    def __init__(
        self,
        name: str,
        column_name: str,
        default: _ServerDefaultType | None,
        **kw: Any,
    ) -> None:
        super().__init__(name, column_name, **kw)
        self.default = default


class ComputedColumnDefault(AlterColumn):
    """Make a column computed, or an ordinary one with None."""

    def __init__(
        self, name: str, column_name: str, default: Computed | None, **kw: Any
    ) -> None:
        super().__init__(name, column_name, **kw)
        self.default = default


class IdentityColumnDefault(AlterColumn):
    """Set, change or (None) drop a column's identity.

    impl: what decides which options differ from the existing ones.
    """

    def __init__(
        self,
        name: str,
        column_name: str,
        default: Identity | None,
        impl: DefaultImpl,
        **kw: Any,
    ) -> None:
        super().__init__(name, column_name, **kw)
        self.default = default
        self.impl = impl


class AddColumn(AlterTable):
    """Add a column.

    inline_references: render its only foreign key inside the column;
    inline_primary_key: render PRIMARY KEY inside the column.
    """

    def __init__(
        self,
        name: str,
        column: Column[Any],
        schema: _Name | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
    ) -> None:
        super().__init__(name, schema=schema)
        self.column = column
        self.if_not_exists = if_not_exists
        self.inline_references = inline_references
        self.inline_primary_key = inline_primary_key


class DropColumn(AlterTable):
    """Drop a column."""

    def __init__(
        self,
        name: str,
        column: Column[Any],
        schema: str | None = None,
        if_exists: bool | None = None,
    ) -> None:
        super().__init__(name, schema=schema)
        self.column = column
        self.if_exists = if_exists


class ColumnComment(AlterColumn):
    """Set a column's comment, or drop it with None."""

    def __init__(
        self, name: str, column_name: str, comment: str | None, **kw: Any
    ) -> None:
        super().__init__(name, column_name, **kw)
        self.comment = comment


def _as_type(type_: TypeEngine[Any] | type[TypeEngine[Any]]) -> TypeEngine[Any]:
    return type_() if isinstance(type_, type) else type_


# --- pieces of statements -----------------------------------------------------------


def quote_dotted(name: _Name, quote: Callable[[str], str]) -> _Name:
    """Quote a name whose dots separate its parts, each part for itself.

    A `quoted_name` is one part, dots included.
    """
    if isinstance(name, quoted_name):
        return quote(name)
    return ".".join(map(quote, name.split(".")))


def format_table_name(compiler: Compiled, name: _Name, schema: _Name | None) -> _Name:
    """Return a table's name as it is written in a statement."""
    quote = compiler.preparer.quote
    table: str = quote(name)
    return f"{quote_dotted(schema, quote)}.{table}" if schema else table


def format_column_name(compiler: DDLCompiler, name: _Name | None) -> _Name:
    """Return a column's name as it is written in a statement."""
    return compiler.preparer.quote(name)  # type: ignore[arg-type]


def format_server_default(
    compiler: DDLCompiler, default: _ServerDefaultType | None
) -> str:
    """Return what follows DEFAULT.

    The default has to be one that a column can be given: no identity, not None.
    """
    bearer: Column[Any] = Column("x", Integer, server_default=default)
    rendered = compiler.get_column_default_string(bearer)
    assert rendered is not None, f"{default!r} has no SQL text"
    return rendered


def format_type(compiler: DDLCompiler, type_: TypeEngine[Any]) -> str:
    """Return a type as it is written in a statement."""
    return compiler.dialect.type_compiler_instance.process(type_)


_WRAPPINGS = (re.compile(r"^\((.+)\)$"), re.compile(r"^\"?'(.+)'\"?$"))


def unwrapped(default: str | None) -> str | None:
    """Return a default's text without outer parentheses, then without outer quotes."""
    for wrapping in _WRAPPINGS:
        default = default if default is None else wrapping.sub(r"\1", default)
    return default


def alter_table(compiler: DDLCompiler, name: str, schema: str | None) -> str:
    """Return `ALTER TABLE table`."""
    return f"ALTER TABLE {format_table_name(compiler, name, schema)}"


def drop_column(
    compiler: DDLCompiler, name: str, if_exists: bool | None = None, **kw: Any
) -> str:
    """Return `DROP COLUMN column`."""
    condition = "IF EXISTS " if if_exists else ""
    return f"DROP COLUMN {condition}{format_column_name(compiler, name)}"


def alter_column(compiler: DDLCompiler, name: str) -> str:
    """Return `ALTER COLUMN column`."""
    return f"ALTER COLUMN {format_column_name(compiler, name)}"


def add_column(
    compiler: DDLCompiler,
    column: Column[Any],
    if_not_exists: bool | None = None,
    inline_references: bool | None = None,
    inline_primary_key: bool | None = None,
    **kw: Any,
) -> str:
    """Return `ADD COLUMN` and the column's specification.

    And those of its CHECKs that the database takes for a table only.
    """
    condition = "IF NOT EXISTS " if if_not_exists else ""
    specification = column_specification(
        compiler,
        column,
        inline_references=inline_references,
        inline_primary_key=inline_primary_key,
        **kw,
    )
    of_table = "".join(
        f", ADD {compiler.process(check)}"
        for check in _in_creation_order(column.constraints)
        if not _stands_in_column(compiler, column, check)
    )
    return f"ADD COLUMN {condition}{specification}{of_table}"


def _stands_in_column(
    compiler: DDLCompiler, column: Column[Any], constraint: Any
) -> bool:
    """Return whether a column's constraint may be written with it.

    MariaDB takes one CHECK there, and none with a name.
    """
    if not getattr(compiler.dialect, "is_mariadb", False):
        return True
    if not isinstance(constraint, CheckConstraint):
        return True
    is_nameless = constraint_name_or_none(constraint.name) is None
    return is_nameless and len(column.constraints) == 1


def column_specification(
    compiler: DDLCompiler,
    column: Column[Any],
    *,
    inline_references: bool | None = None,
    inline_primary_key: bool | None = None,
    **kw: Any,
) -> str:
    """Return a new column's name, type, and the constraints written with it."""
    parts = [compiler.get_column_specification(column, **kw)]
    if inline_primary_key and column.primary_key:
        parts.append("PRIMARY KEY")
    parts += [
        compiler.process(constraint)
        for constraint in _in_creation_order(column.constraints)
        if _stands_in_column(compiler, column, constraint)
    ]
    if inline_references:
        parts += _references(compiler, column)
    return " ".join(parts)


def _references(compiler: DDLCompiler, column: Column[Any]) -> list[str]:
    """Return the REFERENCES clause of a column that is one foreign key's only one.

    Raises NoReferencedTableError if the key's target is not in the metadata.
    """
    keys = [key.constraint for key in column.foreign_keys]
    if len(keys) != 1 or keys[0] is None or len(keys[0].elements) != 1:
        return []
    constraint = keys[0]
    target = constraint.elements[0].column
    table = format_table_name(compiler, target.table.name, target.table.schema)
    actions = (
        compiler.define_constraint_match(constraint),
        compiler.define_constraint_cascades(constraint),
        compiler.define_constraint_deferrability(constraint),
    )
    name = format_column_name(compiler, target.name)
    return [f"REFERENCES {table} ({name}){''.join(actions)}"]


# --- compilers for every dialect ----------------------------------------------------


def alter(element: AlterTable, compiler: DDLCompiler, *clauses: str) -> str:
    """Return a whole ALTER TABLE statement."""
    head = alter_table(compiler, element.table_name, element.schema)
    return " ".join((head, *clauses))


def alter_the_column(element: AlterColumn, compiler: DDLCompiler, change: str) -> str:
    """Return a whole ALTER TABLE … ALTER COLUMN statement."""
    return alter(element, compiler, alter_column(compiler, element.column_name), change)


def set_or_drop_default(
    compiler: DDLCompiler,
    default: _ServerDefaultType | None,
    render: Callable[[Any, Any], str] = format_server_default,
) -> str:
    """Return the clause that standard SQL has for a column's default.

    render: what makes a text of the compiler and a default.
    """
    return (
        "DROP DEFAULT"
        if default is None
        else f"SET DEFAULT {render(compiler, default)}"
    )


@compiles(RenameTable)
def visit_rename_table(element: RenameTable, compiler: DDLCompiler, **kw: Any) -> str:
    """Render a table's new name, with the schema that it stays in."""
    name = format_table_name(compiler, element.new_table_name, element.schema)
    return alter(element, compiler, "RENAME TO", name)


@compiles(AddColumn)
def visit_add_column(element: AddColumn, compiler: DDLCompiler, **kw: Any) -> str:
    """Render a new column."""
    clause = add_column(
        compiler,
        element.column,
        if_not_exists=element.if_not_exists,
        inline_references=element.inline_references,
        inline_primary_key=element.inline_primary_key,
        **kw,
    )
    return alter(element, compiler, clause)


@compiles(DropColumn)
def visit_drop_column(element: DropColumn, compiler: DDLCompiler, **kw: Any) -> str:
    """Render the end of a column."""
    clause = drop_column(
        compiler, element.column.name, if_exists=element.if_exists, **kw
    )
    return alter(element, compiler, clause)


@compiles(ColumnNullable)
def visit_column_nullable(
    element: ColumnNullable, compiler: DDLCompiler, **kw: Any
) -> str:
    """Render NOT NULL set or dropped."""
    verb = "DROP" if element.nullable else "SET"
    return alter_the_column(element, compiler, f"{verb} NOT NULL")


@compiles(ColumnType)
def visit_column_type(element: ColumnType, compiler: DDLCompiler, **kw: Any) -> str:
    """Render a column's new type."""
    new_type = format_type(compiler, element.type_)
    return alter_the_column(element, compiler, f"TYPE {new_type}")


@compiles(ColumnName)
def visit_column_name(element: ColumnName, compiler: DDLCompiler, **kw: Any) -> str:
    """Render a column's new name."""
    old, new = (
        format_column_name(compiler, name)
        for name in (element.column_name, element.newname)
    )
    return alter(element, compiler, f"RENAME {old} TO {new}")


@compiles(ColumnDefault)
def visit_column_default(
    element: ColumnDefault, compiler: DDLCompiler, **kw: Any
) -> str:
    """Render a default set or dropped."""
    change = set_or_drop_default(compiler, element.default)
    return alter_the_column(element, compiler, change)


@compiles(ComputedColumnDefault)
def visit_computed_column(
    element: ComputedColumnDefault, compiler: DDLCompiler, **kw: Any
) -> str:
    """Refuse: no database that we know can do it (raises CompileError)."""
    raise CompileError(
        'Adding or removing a "computed" construct, e.g. GENERATED '
        "ALWAYS AS, to or from an existing column is not supported."
    )


@compiles(IdentityColumnDefault)
def visit_identity_column(
    element: IdentityColumnDefault, compiler: DDLCompiler, **kw: Any
) -> str:
    """Refuse: few databases can do it (raises CompileError)."""
    raise CompileError(
        'Adding, removing or modifying an "identity" construct, '
        "e.g. GENERATED AS IDENTITY, to or from an existing "
        "column is not supported in this dialect."
    )


def quote_text(
    compiler: DDLCompiler, value: str, type_: TypeEngine[Any] | None = None
) -> str:
    """Return a text as a literal of the dialect; type_ is a String by default."""
    return compiler.sql_compiler.render_literal_value(value, type_ or String())
