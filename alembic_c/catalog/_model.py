"""SQLAlchemy's MetaData as a catalog: what its DDL would say of each column.

The texts here are those that the comparators of autogenerate work with, so that whether
two of them mean the same can be asked of these.  What has no text is None: the table is
left to the comparators.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.sql.elements import ClauseElement, TextClause, conv
from sqlalchemy.sql.functions import Function

from .. import _catalog
from ..util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import Dialect, Table
    from sqlalchemy.types import TypeEngine

    from .._catalog import Catalog

# Types of SQLAlchemy whose DDL follows from these attributes alone, so that one answer
# serves all columns that have the same.  A subclass is not meant.
_STRING = ("length", "collation")
_NUMBER = ("precision", "scale")
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
    sa.Numeric: _NUMBER,
    sa.SmallInteger: (),
    sa.String: _STRING,
    sa.Text: _STRING,
    sa.Time: ("timezone",),
    sa.Unicode: _STRING,
    sa.UnicodeText: _STRING,
    sa.Uuid: ("native_uuid",),
    sa.BIGINT: (),
    sa.BOOLEAN: (),
    sa.CHAR: _STRING,
    sa.DATE: (),
    sa.DECIMAL: _NUMBER,
    sa.INTEGER: (),
    sa.NUMERIC: _NUMBER,
    sa.SMALLINT: (),
    sa.TEXT: _STRING,
    sa.VARCHAR: _STRING,
    pg.BYTEA: ("length",),
    pg.INET: (),
    pg.JSON: (),
    pg.JSONB: (),
    pg.UUID: (),
}

# How plain strings, and those for columns with fractions, are told from SQL.
PLAIN_STRING = "s"
PLAIN_NUMBER = "n"
SQL = "x"
# MySQL's comparison goes by the column besides, which is said before that: of whole
# numbers, strings, enums, others.
OF_INTEGER = "i"
OF_STRING = "t"
OF_ENUM = "e"
OF_OTHER = "o"
MYSQL = ("mysql", "mariadb")

# Kinds of names as conventions call them: their keys there.
_NAME_KINDS: dict[str, tuple[Any, ...]] = {
    "uq": ("uq", sa.UniqueConstraint),
    "ix": ("ix", sa.Index),
    "ck": ("ck", sa.CheckConstraint),
}
_UNSET = -(2**63)
_BIGINTS = range(_UNSET + 1, 2**63)


class Rules:
    """What the walk over a MetaData asks about types, defaults and names.

    default_schema: the name for tables that name none; None where the backend's
        catalog has none either.
    types, defaults, comments, checks: whether these will be compared.
    """

    columns = sqla_compat.COLUMNS_ATTRIBUTE
    entries = sqla_compat.ENTRIES_ATTRIBUTE
    autoincrement = sqla_compat.AUTOINCREMENT_ATTRIBUTE
    variants = sqla_compat.VARIANTS_ATTRIBUTE
    type_bound = sqla_compat.TYPE_BOUND_ATTRIBUTE
    options = sqla_compat.OPTIONS_ATTRIBUTE
    plain_items = frozenset((sa.Index, sa.UniqueConstraint))
    final_name = conv

    def __init__(
        self,
        dialect: Dialect,
        default_schema: str | None,
        *,
        types: bool,
        defaults: bool,
        comments: bool,
        checks: bool,
    ) -> None:
        self.dialect = dialect.name
        self.default_schema = default_schema
        self.max_name = min(
            dialect.max_identifier_length,
            dialect.max_index_name_length or dialect.max_identifier_length,
            dialect.max_constraint_name_length or dialect.max_identifier_length,
        )
        self.types = types
        self.defaults = defaults
        self.comments = comments
        self.checks = checks
        self.late_names = ""
        self.plain_types = {
            class_: attributes
            for class_, attributes in PLAIN_TYPES.items()
            if not sqla_compat._has_own_compiler(class_)
        }
        self._dialect = dialect
        self._types = dialect.type_compiler_instance
        self._sql = dialect.ddl_compiler(dialect, None).sql_compiler  # type: ignore[arg-type]
        self._texts: dict[Any, str] = {}

    def expect(self, tables: Iterable[Table]) -> None:
        """Note which names of these tables a naming convention may still change."""
        metadatas = {table.metadata for table in tables}
        self.late_names = " ".join(
            kind
            for kind, keys in _NAME_KINDS.items()
            if any(
                "constraint_name" in str(metadata.naming_convention.get(key, ""))
                for metadata in metadatas
                for key in keys
            )
        )

    def type_text(self, type_: TypeEngine[Any]) -> str | None:
        """Return a type's DDL, or None for one that has none."""
        if isinstance(type_, sa.types.NullType):
            return None
        return self._types.process(type_)

    def without_kind(self, default_text: str) -> str:
        """Return what `default_text` gives, without the letters in front."""
        return default_text[2 if self.dialect in MYSQL else 1 :]

    def default_text(self, default: Any, type_: TypeEngine[Any]) -> str | None:
        """Return a server default's text, behind the letters that say its kind."""
        if type(default) is not sa.DefaultClause:
            return None
        value = default.arg
        if self.dialect in MYSQL:
            of_type = _mysql_kind(type_)
            if isinstance(value, str):
                return of_type + PLAIN_STRING + value
            return of_type + SQL + self._compiled(value)
        if isinstance(value, str):
            fractions = sqla_compat._has_affinity(type_, sa.Numeric, sa.Float)
            return (PLAIN_NUMBER if fractions else PLAIN_STRING) + value
        return SQL + self._compiled(value)

    def _compiled(self, value: Any) -> str:
        """Return the text of a default that is SQL."""
        # A thousand columns have now(): compiled once.
        key: Any = value
        if type(value) is TextClause and ":" not in value.text:
            key = value.text
        elif isinstance(value, Function) and not len(value.clauses):
            key = type(value), value.name, value.packagenames
        if key not in self._texts:
            self._texts[key] = self._sql.process(value, literal_binds=True)
        return self._texts[key]

    def computed_text(self, computed: sa.Computed) -> str:
        """Return the expression of a generated column."""
        return self._expression(computed.sqltext)

    def check_text(self, check: sa.CheckConstraint) -> str:
        """Return the condition of a check constraint."""
        return self._expression(check.sqltext)

    def _expression(self, clause: Any) -> str:
        if type(clause) is TextClause and not {":", "\\"} & set(clause.text):
            return clause.text
        text = self._sql.process(clause, include_table=False, literal_binds=True)
        return sqla_compat._undoubled(text, self._dialect)

    @staticmethod
    def identity_values(identity: sa.Identity) -> tuple[Any, ...] | None:
        """Return what is asked of an identity; None if it is something unusual."""
        options = sqla_compat._get_identity_options_dict(identity, dialect_kwargs=True)
        always = bool(options.pop("always", False))
        cycle = bool(options.pop("cycle", False))
        values = [
            options.pop(name, _UNSET)
            for name in ("start", "increment", "minvalue", "maxvalue", "cache")
        ]
        known = all(value == _UNSET or value in _BIGINTS for value in values)
        return (always, *values, cycle) if known and not options else None

    def index_text(self, element: Any) -> str | None:
        """Return the text of an index's element that is more than a column."""
        if isinstance(element, str):
            return element
        compiled = element.compile(
            dialect=self._dialect,
            compile_kwargs={"literal_binds": True, "include_table": False},
        )
        return str(compiled)

    def index_details(self, index: sa.Index) -> tuple[Any, ...]:
        """Return method, predicate, storage options, and two tuples.

        These are the included columns, and the operator class of each element.  None,
        or a tuple of such, for what is the default.
        """
        options = index_options(index, self.dialect)
        classes = options.get("ops", {})
        stored = [f"{name}={value}" for name, value in options.get("with", {}).items()]
        include, parts = options.get("include", ()), index.expressions
        return (
            options.get("using", "btree" if self.dialect == "postgresql" else None),
            self._option(options["where"]) if "where" in options else None,
            f"{{{','.join(stored)}}}" if stored else None,
            tuple(getattr(each, "name", each) for each in include),
            tuple(classes.get(getattr(part, "key", None)) for part in parts),
        )

    def _option(self, value: Any) -> str:
        return value if isinstance(value, str) else self._expression(value)


# What of an index's options is how the statement works, not what the index is.
_OF_THE_STATEMENT = ("concurrently", "tablespace", "invalid")


def index_options(index: sa.Index, dialect: str) -> dict[str, Any]:
    """Return what an index has of a dialect's options, without what is the default."""
    prefix = f"{dialect}_"
    found = {
        name.removeprefix(prefix): value
        for name, value in index.dialect_kwargs.items()
        if name.startswith(prefix) and not is_unset(value)
    }
    method = str(found.pop("using", "btree")).lower()
    if method != "btree":
        found["using"] = method
    return {name: found[name] for name in found if name not in _OF_THE_STATEMENT}


def is_key(index: sa.Index) -> bool:
    """Return whether an index is over whole columns, of all rows."""
    parts = {"where", "length"}  # in the options of any dialect
    return not sqla_compat.is_expression_index(index) and all(
        is_unset(value)
        for name, value in index.dialect_kwargs.items()
        if name.partition("_")[2] in parts
    )


def is_unset(value: Any) -> bool:
    """Return whether an option of a dialect says nothing."""
    if isinstance(value, ClauseElement):
        return False
    return value is None or value is False or value in ((), [], {})


def _mysql_kind(type_: TypeEngine[Any]) -> str:
    if sqla_compat._has_affinity(type_, sa.Enum):
        return OF_ENUM
    if sqla_compat._has_affinity(type_, sa.Integer):
        return OF_INTEGER
    return OF_STRING if sqla_compat._has_affinity(type_, sa.String) else OF_OTHER


def read(tables: Sequence[Table], rules: Rules) -> Catalog:
    """Return the catalog that the tables of a MetaData would make.

    A table whose reading raises an exception is not understood.
    """
    rules.expect(tables)
    return _catalog.read_metadata(tables, rules)
