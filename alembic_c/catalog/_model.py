"""SQLAlchemy's MetaData as a catalog: what its DDL would make of each column.

Only what is known to come back from the database as it was declared gets a text; for
the rest the answer is None, and the table is left to the comparators.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.sql.functions import Function, FunctionElement

from .. import _catalog
from ..util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import Dialect, Table
    from sqlalchemy.types import TypeEngine

    from .._catalog import Catalog

# Types of SQLAlchemy whose DDL follows from these attributes alone, so that one answer
# serves all columns that have the same.  A subclass is not meant.
_STRING = ("length", "collation")
PLAIN_TYPES: dict[type, tuple[str, ...]] = {
    sa.BigInteger: (),
    sa.Boolean: (),
    sa.Date: (),
    sa.DateTime: ("timezone",),
    sa.Double: ("precision",),
    sa.Float: ("precision",),
    sa.Integer: (),
    sa.JSON: (),
    sa.LargeBinary: ("length",),
    sa.Numeric: ("precision", "scale"),
    sa.SmallInteger: (),
    sa.String: _STRING,
    sa.Text: _STRING,
    sa.Time: ("timezone",),
    sa.Unicode: _STRING,
    sa.UnicodeText: _STRING,
    sa.Uuid: ("native_uuid",),
    sa.BIGINT: (),
    sa.BOOLEAN: (),
    sa.DATE: (),
    sa.INTEGER: (),
    sa.NUMERIC: ("precision", "scale"),
    sa.SMALLINT: (),
    sa.TEXT: _STRING,
    sa.VARCHAR: _STRING,
    pg.BYTEA: ("length",),
    pg.INET: (),
    pg.JSON: (),
    pg.JSONB: (),
    pg.UUID: (),
}

# PostgreSQL: DDL's name -> the catalog's, for types without parameters ...
_PG_BARE = {
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "BYTEA": "bytea",
    "CIDR": "cidr",
    "DATE": "date",
    "DOUBLE PRECISION": "double precision",
    "FLOAT": "double precision",
    "INET": "inet",
    "INTEGER": "integer",
    "JSON": "json",
    "JSONB": "jsonb",
    "MACADDR": "macaddr",
    "NUMERIC": "numeric",
    "REAL": "real",
    "SMALLINT": "smallint",
    "TEXT": "text",
    "TIME WITH TIME ZONE": "time with time zone",
    "TIME WITHOUT TIME ZONE": "time without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "TIMESTAMP WITHOUT TIME ZONE": "timestamp without time zone",
    "TSVECTOR": "tsvector",
    "UUID": "uuid",
    "VARCHAR": "character varying",
}
# ... and for those with them, as they have to be written.
_PG_SIZED = {
    ("CHAR", 1): "character",
    ("NUMERIC", 2): "numeric",
    ("VARCHAR", 1): "character varying",
}
_PG_TYPE = re.compile(
    r"(?P<name>[A-Z ]+?)(?:\((?P<args>\d+(?:, \d+)?)\))?(?P<array>\[\])?"
)

# SQLite: names that SQLAlchemy's reflection gives back as they are.
_SQLITE_NAMES = {
    "BIGINT",
    "BLOB",
    "BOOLEAN",
    "CHAR",
    "DATE",
    "DATETIME",
    "FLOAT",
    "INTEGER",
    "JSON",
    "NUMERIC",
    "REAL",
    "SMALLINT",
    "TEXT",
    "TIME",
    "TIMESTAMP",
    "VARCHAR",
}
_SQLITE_TYPE = re.compile(r"(?P<name>[A-Z]+)(?:\((?P<args>\d+(?:, \d+)?)\))?")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _ddl_text(type_: TypeEngine[Any], dialect: Dialect) -> str | None:
    """Return a type's DDL, or None for one whose comparison is its own business."""
    impl = type_.dialect_impl(dialect)
    compares_itself = any(
        hasattr(one, "compare_against_backend") for one in (type_, impl)
    )
    own = isinstance(type_, sa.types.UserDefinedType) or isinstance(
        impl, sa.types.UserDefinedType
    )
    if compares_itself or own or isinstance(type_, sa.types.NullType):
        return None
    return type_.compile(dialect=dialect)


def _postgresql_type(
    type_: TypeEngine[Any], dialect: Dialect, default_schema: str
) -> str | None:
    impl = type_.dialect_impl(dialect)
    if isinstance(impl, pg.ENUM) and type(type_) in (sa.Enum, pg.ENUM):
        labels = ", ".join(map(_quoted, impl.enums))
        return f"{impl.schema or default_schema}.{impl.name} enum({labels})"
    found = _PG_TYPE.fullmatch(_ddl_text(type_, dialect) or "")
    if not found:
        return None
    args = found["args"]
    if args is None:
        name = _PG_BARE.get(found["name"])
    else:
        name = _PG_SIZED.get((found["name"], args.count(",") + 1))
    if name is None:
        return None
    sized = f"({args.replace(' ', '')})" if args else ""
    return f"{name}{sized}{found['array'] or ''}"


def _sqlite_type(type_: TypeEngine[Any], dialect: Dialect) -> str | None:
    found = _SQLITE_TYPE.fullmatch(_ddl_text(type_, dialect) or "")
    if not found or found["name"] not in _SQLITE_NAMES:
        return None
    return found[0].replace(" ", "")


def _default_renderer(dialect: Dialect) -> Callable[[Any], str | None]:
    """Return a function that gives a server default's SQL, or None."""
    compiler = dialect.statement_compiler(dialect, None)
    functions: dict[tuple[type, str], str] = {}

    def render(default: Any) -> str | None:
        if type(default) is not sa.DefaultClause:
            return None
        value = default.arg
        if isinstance(value, str):
            return None if "\\" in value else _quoted(value)
        if isinstance(value, FunctionElement) and not len(value.clauses):
            # A thousand columns have now(): compiled once.
            name = value.name if isinstance(value, Function) else ""
            key = (type(value), name)
            if key not in functions:
                functions[key] = compiler.process(value, literal_binds=True)
            return functions[key]
        return compiler.process(value, literal_binds=True)

    return render


def read(
    tables: Sequence[Table],
    dialect: Dialect,
    default_schema: str | None,
    *,
    defaults: bool,
    comments: bool,
    checks: bool,
) -> Catalog:
    """Return the catalog that the tables of a MetaData would make.

    default_schema: the name for tables that name none; None where the backend's
        catalog has none either.
    defaults, comments, checks: whether these will be compared.
    Raises what SQLAlchemy raises for a foreign key that leads nowhere.
    """
    if dialect.name == "postgresql":

        def type_text(type_: TypeEngine[Any]) -> str | None:
            return _postgresql_type(type_, dialect, default_schema or "")

    else:

        def type_text(type_: TypeEngine[Any]) -> str | None:
            return _sqlite_type(type_, dialect)

    return _catalog.read_metadata(
        tables,
        dialect.name,
        default_schema,
        PLAIN_TYPES,
        sqla_compat.VARIANTS_ATTRIBUTE,
        type_text,
        _default_renderer(dialect),
        dialect.max_identifier_length,
        defaults,
        comments,
        checks,
    )
