"""MySQL and MariaDB: CHANGE and MODIFY, which repeat the whole column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    UniqueConstraint,
    schema,
)
from sqlalchemy import types as sqltypes
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import (
    BinaryExpression,
    ClauseElement,
    ColumnElement,
    Grouping,
    UnaryExpression,
)
from sqlalchemy.sql.functions import FunctionElement

from .. import util
from ..util import sqla_compat
from ..util.sqla_compat import compiles
from . import _stored_types
from ._autogen import is_plain_string
from .base import (
    AlterColumn,
    ColumnDefault,
    ColumnName,
    ColumnNullable,
    ColumnType,
    _as_type,
    alter,
    alter_the_column,
    format_column_name,
    format_server_default,
    format_type,
    quote_text,
    set_or_drop_default,
)
from .impl import DefaultImpl

if TYPE_CHECKING:
    from sqlalchemy import Column, Index
    from sqlalchemy.dialects.mysql.base import MySQLDDLCompiler
    from sqlalchemy.schema import Constraint, DropConstraint
    from sqlalchemy.types import TypeEngine

    from .base import _ServerDefaultArgument, _ServerDefaultType


class MySQLImpl(DefaultImpl):
    """The implementation for MySQL."""

    __dialect__ = "mysql"
    transactional_ddl = False
    # Expressions are not reflected.
    _may_hide_defaults = True
    type_synonyms = DefaultImpl.type_synonyms + (
        {"BOOL", "TINYINT"},
        {"JSON", "LONGTEXT"},
    )
    type_arg_extract = [r"character set ([\w\-_]+)", r"collate ([\w\-_]+)"]

    def render_ddl_sql_expr(
        self,
        expr: ClauseElement,
        is_server_default: bool = False,
        is_index: bool = False,
        **kw: Any,
    ) -> str:
        """Return an expression as SQL text, an index's in parentheses."""
        if is_index and _is_operation(expr):
            expr = Grouping(expr)
        return super().render_ddl_sql_expr(
            expr, is_server_default=is_server_default, is_index=is_index, **kw
        )

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
        autoincrement: bool | None = None,
        existing_autoincrement: bool | None = None,
        comment: str | Literal[False] | None = False,
        existing_comment: str | None = None,
        **kw: Any,
    ) -> None:
        """Change a column by one statement.

        CHANGE and MODIFY lose every property that they do not repeat, hence the
        `existing_*` parameters.

        Raises CommandError if the type is not known where it has to be repeated.
        """
        if sqla_compat._server_default_is_identity(
            server_default, existing_server_default
        ) or sqla_compat._server_default_is_computed(
            server_default, existing_server_default
        ):
            super().alter_column(
                table_name,
                column_name,
                nullable=nullable,
                type_=type_,
                schema=schema,
                existing_type=existing_type,
                existing_nullable=existing_nullable,
                server_default=server_default,
                existing_server_default=existing_server_default,
                **kw,
            )
        is_change = name is not None or self._is_mysql_allowed_functional_default(
            type_ if type_ is not None else existing_type, server_default
        )
        is_modify = (
            nullable is not None
            or type_ is not None
            or autoincrement is not None
            or comment is not False
        )
        if is_change or is_modify:
            construct = MySQLChangeColumn if is_change else MySQLModifyColumn
            known_nullable = True if existing_nullable is None else existing_nullable
            self._exec(
                construct(
                    table_name,
                    column_name,
                    schema=schema,
                    newname=name if name is not None else column_name,
                    nullable=known_nullable if nullable is None else nullable,
                    type_=type_ if type_ is not None else existing_type,
                    default=server_default
                    if server_default is not False
                    else existing_server_default,
                    autoincrement=existing_autoincrement
                    if autoincrement is None
                    else autoincrement,
                    comment=existing_comment if comment is False else comment,
                )
            )
        elif server_default is not False:
            self._exec(
                MySQLAlterDefault(
                    table_name, column_name, server_default, schema=schema
                )
            )

    def drop_constraint(self, const: Constraint, **kw: Any) -> None:
        """Drop a constraint; a type's CHECK, which is not named, is passed over."""
        if isinstance(const, CheckConstraint) and sqla_compat._is_type_bound(const):
            return
        super().drop_constraint(const, **kw)

    def _is_mysql_allowed_functional_default(
        self,
        type_: TypeEngine[Any] | None,
        server_default: _ServerDefaultArgument,
    ) -> bool:
        """Return whether a default may be a function, which only CHANGE can set."""
        return (
            type_ is not None
            and sqla_compat._has_affinity(type_, sqltypes.DateTime)
            and server_default is not None
        )

    def compare_server_default(
        self,
        inspector_column: Any,
        metadata_column: Any,
        rendered_metadata_default: Any,
        rendered_inspector_default: Any,
    ) -> bool:
        """Compare texts by what the database's column allows for.

        Servers report a number with or without quotes, and an expression with or
        without parentheses.
        """
        found, declared = rendered_inspector_default, rendered_metadata_default
        default = metadata_column.server_default
        if declared is not None and not is_plain_string(default):
            declared = sqla_compat._undoubled(declared, self.dialect)
        if (
            found == "'0'"
            and not declared
            and inspector_column.primary_key
            and not inspector_column.autoincrement
            and sqla_compat._has_affinity(metadata_column.type, sqltypes.Integer)
        ):
            return False
        is_number = sqla_compat._has_affinity(inspector_column.type, *_NUMBERS)
        comparable = is_number and found and declared is not None
        if comparable and _unwrapped(found) == _unwrapped(declared):
            return False
        if not found or not declared:
            return bool(found != declared)
        declared_type = metadata_column.type
        is_text = sqla_compat._has_affinity(declared_type, sqltypes.String)
        is_enum = sqla_compat._has_affinity(declared_type, sqltypes.Enum)
        if is_text and not is_enum and not is_number:
            return found != f"'{_unquoted(declared)}'" and not _is_text(found, default)
        return not _same_expression(found, declared)

    def correct_for_autogen_constraints(
        self,
        conn_unique_constraints: set[UniqueConstraint],
        conn_indexes: set[Index],
        metadata_unique_constraints: set[UniqueConstraint],
        metadata_indexes: set[Index],
    ) -> None:
        """Leave out the indexes that the server makes for foreign keys."""
        implied = {index for index in conn_indexes if _made_for_foreign_key(index)}
        conn_indexes -= implied
        names = {index.name for index in implied}
        for index in [ix for ix in metadata_indexes if ix.name in names]:
            metadata_indexes.discard(index)

    def correct_for_autogen_foreignkeys(
        self,
        conn_fks: set[ForeignKeyConstraint],
        metadata_fks: set[ForeignKeyConstraint],
    ) -> None:
        """Give RESTRICT, which the server does not report, to what is declared so."""
        declared = {
            self._create_metadata_constraint_sig(key).unnamed_no_options: key
            for key in metadata_fks
        }
        for key in conn_fks:
            sig = self._create_reflected_constraint_sig(key).unnamed_no_options
            counterpart = declared.get(sig)
            if counterpart is None:
                continue
            for action in ("ondelete", "onupdate"):
                wanted = getattr(counterpart, action)
                if getattr(key, action) is None and _is_restrict(wanted):
                    setattr(key, action, "RESTRICT")

    def _stored_types(self, definition: str) -> Iterable[str]:
        return _stored_types.on_mysql(definition)

    def compare_type(
        self, inspector_column: Column[Any], metadata_column: Column[Any]
    ) -> bool:
        """Compare types; of ENUMs the values, in any order."""
        found, declared = inspector_column.type, metadata_column.type
        if isinstance(found, sqltypes.Enum) and isinstance(declared, sqltypes.Enum):
            # A label with a backslash is reported as it stands in the statement.
            spelled = {_unescaped(label) for label in found.enums}
            return set(declared.enums) not in (set(found.enums), spelled)
        return super().compare_type(inspector_column, metadata_column)


class MariaDBImpl(MySQLImpl):
    """The implementation for MariaDB."""

    __dialect__ = "mariadb"


def _is_operation(expr: ClauseElement) -> TypeGuard[ColumnElement[Any]]:
    """Return whether SQLAlchemy writes an index element in parentheses."""
    if isinstance(expr, UnaryExpression):
        return expr.modifier not in (operators.desc_op, operators.asc_op)
    return isinstance(expr, BinaryExpression | FunctionElement)


def _unquoted(default: str | None) -> str | None:
    """Return a default without a quote at either end."""
    return default if default is None else re.sub(r"^'|'$", "", default)


_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"0": "\0", "n": "\n", "r": "\r", "t": "\t", "b": "\b", "Z": "\x1a"}


def _is_text(literal: str, default: Any) -> bool:
    """Return whether a literal, as the server prints it, is a model's plain string."""
    if not is_plain_string(default) or not re.fullmatch(r"'.*'", literal, re.DOTALL):
        return False
    # The server prints each backslash twice, so quotes can be read first.
    return bool(_unescaped(literal[1:-1].replace("''", "'")) == default.arg)


def _unescaped(text: str) -> str:
    """Return a text for what stands in a literal, but for doubled quotes."""
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), text)


_NUMBERS = (sqltypes.Integer, sqltypes.Numeric, sqltypes.Float)
_WRAPPED = re.compile(r"^(?:\((?P<inside>.*)\)|'(?P<quoted>.*)')$")
_PARENTHESISED = re.compile(r"^\((?P<inside>.*)\)$")
_ON_UPDATE = re.compile(r"(?P<default>.*) on update(?P<update>.*?)(?:\(\))?$")
_EMPTY_CALL = re.compile(r"\(\)$")


def _unwrapped(default: str) -> str:
    """Return a default without its outer parentheses, or its outer quotes."""
    return _WRAPPED.sub(lambda found: found["inside"] or found["quoted"] or "", default)


def _same_expression(found: str, declared: str) -> bool:
    """Return whether two defaults are equal, and what is behind their ON UPDATE.

    MariaDB reports CURRENT_TIMESTAMP as current_timestamp(), and an expression without
    its parentheses.
    """
    found, declared = found.lower(), declared.lower()
    there, here = _ON_UPDATE.match(found), _ON_UPDATE.match(declared)
    if there is None:
        return _bare(found) == _bare(declared)
    return (
        here is not None
        and there["update"] == here["update"]
        and _bare(there["default"]) == _bare(here["default"])
    )


def _bare(expression: str) -> str:
    """Return an expression without its parentheses, and without those of a call."""
    return _EMPTY_CALL.sub("", _PARENTHESISED.sub(r"\g<inside>", expression))


def _is_restrict(action: str | None) -> bool:
    return action is not None and action.lower() == "restrict"


def _made_for_foreign_key(index: Index) -> bool:
    """Return whether an index has the name that the server gives such an index.

    That is the name of the foreign key, or of a column.
    """
    if index.unique:
        return False
    names: set[Any] = {column.name for column in index.columns}
    names |= {key.name for column in index.columns for key in column.foreign_keys}
    return index.name in names


class MySQLAlterDefault(AlterColumn):
    """Set or drop a default that is a constant."""

    def __init__(
        self,
        name: str,
        column_name: str,
        default: _ServerDefaultType | None,
        schema: str | None = None,
    ) -> None:
        super().__init__(name, column_name, schema=schema)
        self.default = default


class MySQLChangeColumn(AlterColumn):
    """Give a column a new name and a new definition.

    Raises CommandError if type_ is None.
    """

    def __init__(
        self,
        name: str,
        column_name: str,
        schema: str | None = None,
        newname: str | None = None,
        type_: TypeEngine[Any] | None = None,
        nullable: bool | None = None,
        default: _ServerDefaultArgument = False,
        autoincrement: bool | None = None,
        comment: str | Literal[False] | None = False,
    ) -> None:
        super().__init__(name, column_name, schema=schema)
        if type_ is None:
            raise util.CommandError(
                "All MySQL CHANGE/MODIFY COLUMN operations require the existing type."
            )
        self.newname = newname
        self.nullable = nullable
        self.default = default
        self.autoincrement = autoincrement
        self.comment = comment
        self.type_ = _as_type(type_)


class MySQLModifyColumn(MySQLChangeColumn):
    """Give a column a new definition under its old name."""


@compiles(ColumnNullable, "mysql", "mariadb")
@compiles(ColumnName, "mysql", "mariadb")
@compiles(ColumnDefault, "mysql", "mariadb")
@compiles(ColumnType, "mysql", "mariadb")
def _mysql_doesnt_support_individual(
    element: AlterColumn, compiler: MySQLDDLCompiler, **kw: Any
) -> str:
    raise NotImplementedError(
        "Individual alter column constructs not supported by MySQL"
    )


@compiles(MySQLAlterDefault, "mysql", "mariadb")
def _mysql_alter_default(
    element: MySQLAlterDefault, compiler: MySQLDDLCompiler, **kw: Any
) -> str:
    change = set_or_drop_default(compiler, element.default, _default)
    return alter_the_column(element, compiler, change)


@compiles(MySQLModifyColumn, "mysql", "mariadb")
def _mysql_modify_column(
    element: MySQLModifyColumn, compiler: MySQLDDLCompiler, **kw: Any
) -> str:
    name = format_column_name(compiler, element.column_name)
    return alter(element, compiler, "MODIFY", name, _definition(element, compiler))


@compiles(MySQLChangeColumn, "mysql", "mariadb")
def _mysql_change_column(
    element: MySQLChangeColumn, compiler: MySQLDDLCompiler, **kw: Any
) -> str:
    old = format_column_name(compiler, element.column_name)
    new = format_column_name(compiler, element.newname)
    return alter(element, compiler, "CHANGE", old, new, _definition(element, compiler))


def _definition(element: MySQLChangeColumn, compiler: MySQLDDLCompiler) -> str:
    """Return what stands behind a column's name: all that it will be."""
    parts = [
        format_type(compiler, element.type_),
        "NULL" if element.nullable else "NOT NULL",
    ]
    if element.autoincrement:
        parts.append("AUTO_INCREMENT")
    if element.default is not False and element.default is not None:
        parts.append(f"DEFAULT {_default(compiler, element.default)}")
    if element.comment:
        parts.append(f"COMMENT {quote_text(compiler, element.comment)}")
    return " ".join(parts)


# What CREATE TABLE has without parentheses, which stand around any other expression.
_BARE = re.compile(
    r"""\s*(?:
        \(.*\)
        | '(?:[^'\\]|''|\\.)*' | "(?:[^"\\]|""|\\.)*"
        | \w+
        | (?:now|current_timestamp|localtime|localtimestamp)\s*\(\d*\)
        | .*\bon\s+update\b.*
    )\s*""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
# A literal that CREATE TABLE has in parentheses.
LITERAL = r"""(?isx:
    [-+]?\s*(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?
    | \w+\s*'(?:[^'\\]|''|\\.)*'
)"""
# What needs none, though MySQL keeps it as an expression if it has them: that would not
# be what a new table has.
_NEEDLESS = re.compile(rf"\s*(?:\w+\s*\([^()]*\)|{LITERAL})\s*")
# From which on MySQL knows defaults that are expressions.
_WITH_EXPRESSIONS = (8, 0, 13)


def _default(compiler: MySQLDDLCompiler, default: _ServerDefaultType) -> str:
    """Return what follows DEFAULT, an expression as CREATE TABLE has it."""
    text = format_server_default(compiler, default)
    if isinstance(default, str):
        return text
    dialect = compiler.dialect
    version = None if dialect.is_mariadb else dialect.server_version_info
    keeps = version is not None and version >= _WITH_EXPRESSIONS
    is_bare = _BARE.fullmatch(text) or (not keeps and _NEEDLESS.fullmatch(text))
    return text if is_bare else f"({text})"


@compiles(schema.DropConstraint, "mysql", "mariadb")
def _mysql_drop_constraint(
    element: DropConstraint, compiler: MySQLDDLCompiler, **kw: Any
) -> str:
    known = (
        ForeignKeyConstraint,
        PrimaryKeyConstraint,
        UniqueConstraint,
        CheckConstraint,
    )
    if not isinstance(element.element, known):
        raise NotImplementedError(
            "No generic 'DROP CONSTRAINT' in MySQL - please specify constraint type"
        )
    return compiler.visit_drop_constraint(element, **kw)
