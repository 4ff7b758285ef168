"""SQL Server: sp_rename, constraints behind defaults, extended properties, GO."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import NVARCHAR, Column
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import NULLTYPE

from .. import util
from ..util import sqla_compat
from ..util.sqla_compat import compiles
from ._scripts import SeparatingImpl
from .base import (
    AddColumn,
    AlterTable,
    ColumnComment,
    ColumnDefault,
    ColumnName,
    ColumnNullable,
    ColumnType,
    RenameTable,
    alter,
    alter_the_column,
    format_column_name,
    format_server_default,
    format_table_name,
    format_type,
    quote_text,
)
from .impl import DefaultImpl

if TYPE_CHECKING:
    from sqlalchemy import Index, Table
    from sqlalchemy.dialects.mssql.base import MSDDLCompiler, MSSQLCompiler
    from sqlalchemy.sql.selectable import TableClause
    from sqlalchemy.types import TypeEngine

    from .base import _ServerDefaultArgument

# The server writes (getdate()) for getdate(), and joins arguments without blanks.
_NOISE = re.compile(r"[\"'() ]")


class MSSQLImpl(SeparatingImpl):
    """The implementation for SQL Server.

    The option mssql_batch_separator replaces the GO behind each statement.
    """

    __dialect__ = "mssql"

    transactional_ddl = True
    batch_separator = "GO"
    separator_option = "mssql_batch_separator"
    type_synonyms = DefaultImpl.type_synonyms + ({"NVARCHAR", "VARCHAR"},)
    # It has the start and the increment, nothing else.
    identity_attrs_ignore = DefaultImpl.identity_attrs_ignore + (
        "minvalue",
        "maxvalue",
        "nominvalue",
        "nomaxvalue",
        "cycle",
        "cache",
    )

    def emit_begin(self) -> None:
        """Write the start of a transaction."""
        self.static_output(f"BEGIN TRANSACTION{self.command_terminator}")

    def emit_commit(self) -> None:
        """Write the end of a transaction."""
        super().emit_commit()
        self._separate()

    def alter_column(
        self,
        table_name: str,
        column_name: str,
        *,
        nullable: bool | None = None,
        server_default: _ServerDefaultArgument = False,
        name: str | None = None,
        type_: TypeEngine[Any] | None = None,
        schema: str | None = None,
        existing_type: TypeEngine[Any] | None = None,
        existing_server_default: _ServerDefaultArgument = None,
        existing_nullable: bool | None = None,
        **kw: Any,
    ) -> None:
        """Change a column: type and nullability in one, then default, then name.

        Raises CommandError if the nullability changes and no type is known.
        """
        replaced = _drops_default_constraint(server_default, existing_server_default)
        unknown_null = nullable is None and existing_nullable is None
        if nullable is not None and type_ is None and existing_type is None:
            raise util.CommandError(
                "MS-SQL ALTER COLUMN operations "
                "with NULL or NOT NULL require the "
                "existing_type or a new type_ be passed."
            )
        if type_ is not None and unknown_null:
            util.warn(
                "MS-SQL ALTER COLUMN operations that specify type_= "
                "should also specify a nullable= or "
                "existing_nullable= argument to avoid implicit conversion "
                "of NOT NULL columns to NULL."
            )
            kw["type_"] = type_
        if replaced:
            # The constraint depends on the type too, so it goes before all else.
            catalog = "sys.default_constraints"
            self._exec(_ExecDropConstraint(table_name, column_name, catalog, schema))
        if not unknown_null:
            self._alter_definition(
                (table_name, column_name, schema),
                (type_, existing_type),
                (nullable, existing_nullable),
            )
        default: dict[str, Any] = {
            "server_default": server_default,
            "existing_server_default": existing_server_default,
        }
        if _is_special(server_default, existing_server_default):
            kw.update(default)
        super().alter_column(table_name, column_name, schema=schema, **kw)
        if replaced and server_default is None:
            default = {}
        super().alter_column(
            table_name, column_name, schema=schema, name=name, **default
        )

    def _alter_definition(
        self,
        where: tuple[str, str, str | None],
        types: tuple[TypeEngine[Any] | None, TypeEngine[Any] | None],
        nulls: tuple[bool | None, bool | None],
    ) -> None:
        """Change type and nullability, which are one clause of the statement.

        where: table, column, schema; types, nulls: the new one or None, the old one.
        """
        table, column, schema = where
        new_type, old_type = types
        nullable, existing_nullable = nulls
        known: dict[str, Any] = {"schema": schema, "existing_type": old_type}
        if new_type is not None:
            known["existing_nullable"] = (
                existing_nullable if nullable is None else nullable
            )
            self._exec(ColumnType(table, column, new_type, **known))
        elif nullable is not None:
            known["existing_nullable"] = existing_nullable
            self._exec(ColumnNullable(table, column, nullable, **known))

    def create_index(self, index: Index, **kw: Any) -> None:
        """Create an index, whose included columns may be unknown to its table."""
        _add_missing_columns(index, index.kwargs.get("mssql_include") or ())
        super().create_index(index, **kw)

    def bulk_insert(
        self,
        table: TableClause | Table,
        rows: list[dict[str, Any]],
        multiinsert: bool = True,
    ) -> None:
        """Insert rows; a script allows values for the identity meanwhile."""
        if not self.as_sql:
            super().bulk_insert(table, rows, multiinsert)
            return
        name = self.dialect.identifier_preparer.format_table(table)
        self._exec(f"SET IDENTITY_INSERT {name} ON")
        super().bulk_insert(table, rows, multiinsert)
        self._exec(f"SET IDENTITY_INSERT {name} OFF")

    def drop_column(
        self,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        """Drop a column, and before it the constraints that the flags name.

        mssql_drop_default, mssql_drop_check, mssql_drop_foreign_key: drop the
        column's constraint of that kind, whose name the server looks up.
        """
        for flag, catalog in _DROP_FLAGS:
            if kw.pop(flag, False):
                self._exec(_ExecDropConstraint(table_name, column, catalog, schema))
        if kw.pop("mssql_drop_foreign_key", False):
            self._exec(_ExecDropFKConstraint(table_name, column, schema))
        super().drop_column(table_name, column, schema=schema, **kw)

    def compare_server_default(
        self,
        inspector_column: Any,
        metadata_column: Any,
        rendered_metadata_default: Any,
        rendered_inspector_default: Any,
    ) -> bool:
        """Compare texts without blanks, parentheses and quotes."""
        return bool(
            _essence(rendered_inspector_default) != _essence(rendered_metadata_default)
        )

    def adjust_reflected_dialect_options(
        self, reflected_object: Any, kind: str
    ) -> dict[str, Any]:
        """Leave out options that are empty or the default."""
        options = dict(super().adjust_reflected_dialect_options(reflected_object, kind))
        for option in ("mssql_include", "mssql_clustered"):
            if not options.get(option, True):
                del options[option]
        return options


_DROP_FLAGS = (
    ("mssql_drop_default", "sys.default_constraints"),
    ("mssql_drop_check", "sys.check_constraints"),
)


def _drops_default_constraint(
    new: _ServerDefaultArgument, old: _ServerDefaultArgument
) -> bool:
    """Return whether the constraint behind a column's default has to go."""
    if new is False or _is_special(new, old):
        return False
    return new is None or old is not False


def _is_special(*defaults: _ServerDefaultArgument) -> bool:
    """Return whether one of the defaults is computed or an identity."""
    return sqla_compat._server_default_is_computed(
        *defaults
    ) or sqla_compat._server_default_is_identity(*defaults)


def _essence(default: str | None) -> str | None:
    return default if default is None else _NOISE.sub("", default)


class _ExecDropConstraint(Executable, ClauseElement):
    """Drop a column's constraint, whose name is looked up in a catalog view."""

    inherit_cache = False

    def __init__(
        self,
        tname: str,
        colname: Column[Any] | str,
        type_: str,
        schema: str | None,
    ) -> None:
        self.tname = tname
        self.colname = colname
        self.type_ = type_
        self.schema = schema


class _ExecDropFKConstraint(Executable, ClauseElement):
    """Drop a column's foreign key, whose name is looked up."""

    inherit_cache = False

    def __init__(self, tname: str, colname: Column[Any], schema: str | None) -> None:
        self.tname = tname
        self.colname = colname
        self.schema = schema


def _drop_looked_up(
    element: _ExecDropConstraint | _ExecDropFKConstraint,
    compiler: MSSQLCompiler,
    source: str,
    prefix: str = "",
) -> str:
    """Return a batch that finds a constraint's name in `source` and drops it.

    prefix: the alias, with its dot, of the view that has the columns' numbers.
    """
    schema, table, column = element.schema, element.tname, element.colname
    column_name = column.name if isinstance(column, Column) else column
    path = f"{schema}.{table}" if schema else table
    target = format_table_name(compiler, table, schema)
    return (
        "declare @const_name varchar(256)\n"
        f"select @const_name = QUOTENAME([name]) from{source}\n"
        f"where {prefix}parent_object_id = object_id('{_escaped(path)}')\n"
        f"and col_name({prefix}parent_object_id, {prefix}parent_column_id) = "
        f"'{_escaped(column_name)}'\n"
        f"exec('alter table {_escaped(target)} drop constraint ' + @const_name)"
    )


def _escaped(value: str) -> str:
    return value.replace("'", "''")


@compiles(_ExecDropConstraint, "mssql")
def _exec_drop_col_constraint(
    element: _ExecDropConstraint, compiler: MSSQLCompiler, **kw: Any
) -> str:
    return _drop_looked_up(element, compiler, f" {element.type_}")


@compiles(_ExecDropFKConstraint, "mssql")
def _exec_drop_col_fk_constraint(
    element: _ExecDropFKConstraint, compiler: MSSQLCompiler, **kw: Any
) -> str:
    source = (
        "\nsys.foreign_keys fk join sys.foreign_key_columns fkc"
        "\non fk.object_id=fkc.constraint_object_id"
    )
    return _drop_looked_up(element, compiler, source, "fkc.")


def _add_missing_columns(index: Index, included: Any) -> None:
    table = index.table
    assert table is not None
    for name in included:
        if name not in table.c:
            table.append_column(Column(name, NULLTYPE))


def mssql_add_column(compiler: MSDDLCompiler, column: Column[Any], **kw: Any) -> str:
    """Return `ADD` and the column's specification."""
    specification = compiler.get_column_specification(column, **kw)  # type: ignore[no-untyped-call]
    return f"ADD {specification}"


@compiles(AddColumn, "mssql")
def visit_add_column(element: AddColumn, compiler: MSDDLCompiler, **kw: Any) -> str:
    """Render a new column."""
    return alter(element, compiler, mssql_add_column(compiler, element.column, **kw))


@compiles(ColumnNullable, "mssql")
def visit_column_nullable(
    element: ColumnNullable, compiler: MSDDLCompiler, **kw: Any
) -> str:
    """Render NULL or NOT NULL, behind the type that has to be repeated."""
    type_ = format_type(compiler, element.existing_type)  # type: ignore[arg-type]
    change = f"{type_}{_null(bool(element.nullable))}"
    return alter_the_column(element, compiler, change)


@compiles(ColumnType, "mssql")
def visit_column_type(element: ColumnType, compiler: MSDDLCompiler, **kw: Any) -> str:
    """Render a column's new type, with its nullability where that is known."""
    type_ = format_type(compiler, element.type_)
    return alter_the_column(
        element, compiler, f"{type_}{_null(element.existing_nullable)}"
    )


def _null(nullable: bool | None) -> str:
    return {True: " NULL", False: " NOT NULL", None: ""}[nullable]


@compiles(ColumnDefault, "mssql")
def visit_column_default(
    element: ColumnDefault, compiler: MSDDLCompiler, **kw: Any
) -> str:
    """Render a new default; dropping one needs `_ExecDropConstraint`."""
    default = format_server_default(compiler, element.default)
    column = format_column_name(compiler, element.column_name)
    return alter(element, compiler, f"ADD DEFAULT {default} FOR {column}")


@compiles(ColumnName, "mssql")
def visit_rename_column(element: ColumnName, compiler: MSDDLCompiler, **kw: Any) -> str:
    """Render a call that renames a column."""
    old = _sp_name(element, compiler)
    column = format_column_name(compiler, element.column_name)
    new = format_column_name(compiler, element.newname)
    return f"EXEC sp_rename '{old}.{_escaped(column)}', {new}, 'COLUMN'"


@compiles(RenameTable, "mssql")
def visit_rename_table(element: RenameTable, compiler: MSDDLCompiler, **kw: Any) -> str:
    """Render a call that renames a table; the new name is without the schema."""
    new = format_table_name(compiler, element.new_table_name, None)
    return f"EXEC sp_rename '{_sp_name(element, compiler)}', {new}"


def _sp_name(element: AlterTable, compiler: MSDDLCompiler) -> str:
    """Return a table's name as it stands inside quotes."""
    return _escaped(format_table_name(compiler, element.table_name, element.schema))


@compiles(ColumnComment, "mssql")
def visit_column_comment(
    element: ColumnComment, compiler: MSDDLCompiler, **kw: Any
) -> str:
    """Render a call that adds, changes or drops the property holding a comment."""
    arguments = ["'MS_Description'"]
    procedure = "sp_dropextendedproperty"
    if element.comment is not None:
        verb = "add" if element.existing_comment is None else "update"
        procedure = f"sp_{verb}extendedproperty"
        arguments.append(quote_text(compiler, element.comment, NVARCHAR()))
    # Without a connection the dialect knows no default schema but its own setting.
    dialect: Any = compiler.dialect
    schema = element.schema or dialect.default_schema_name or dialect.schema_name
    arguments += ["'schema'", compiler.preparer.quote_schema(schema)]
    arguments += ["'table'", compiler.preparer.quote(element.table_name)]
    arguments += ["'column'", format_column_name(compiler, element.column_name)]
    return f"exec {procedure} {', '.join(arguments)}"
