"""Whether texts of the database and of the model mean the same to the comparators.

The equality proof asks here, once for each pair of texts.  The answers come from the
comparators' own functions, given what SQLAlchemy's reflection would give them; where
that takes more than the texts (a query, a warning) the answer is no, and the exact path
decides.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from ...catalog import _model
from ...ddl import _autogen
from ...ddl.mysql import MySQLImpl
from ...ddl.postgresql import PostgresqlImpl
from ...ddl.sqlite import SQLiteImpl
from ...util import sqla_compat
from .._tokens import same_text

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

    from ...ddl.impl import DefaultImpl


class Judge:
    """Decides for one backend; see the subclasses."""

    def __init__(self, impl: DefaultImpl) -> None:
        self.impl = impl
        self.dialect = impl.dialect
        # (schema, table, kind, name) of what is to be asked; None: nothing can be.
        self.questions: list[tuple[str | None, str, str, str]] | None = None

    def same_type(self, actual: str, wanted: str) -> bool:
        """Return whether a column's type is the wanted one.

        actual: the catalog's text; wanted: the model's DDL.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                type_ = self.reflected_type(actual)
                if type_ is None or isinstance(type_, sa.types.NullType):
                    return False
                text = self.dialect.type_compiler_instance.process(type_)
                found, declared = _autogen.tokenize(text), _autogen.tokenize(wanted)
                return self.impl._same_type(found, declared) or self.impl._is_stored_as(
                    found, wanted
                )
            except Exception:  # noqa: BLE001 - it is the exact path's to raise
                return False

    def reflected_type(self, actual: str) -> TypeEngine[Any] | None:
        """Return the type that reflection makes of a catalog's text, if it is known."""
        raise NotImplementedError

    def same_default(self, actual: str | None, wanted: str | None) -> bool:
        """Return whether a column's default is the wanted one.

        actual: the catalog's text; wanted: the model's, as of Rules.default_text().
        """
        raise NotImplementedError

    def same_part(
        self,
        actual: str,
        is_expression: bool,
        descending: bool,
        nulls_first: bool,
        wanted: str,
    ) -> bool:
        """Return whether an element of an index is the wanted one.

        actual: the column or the expression; wanted: the model's text.
        """
        return False

    @staticmethod
    def same_text(actual: str | None, wanted: str | None) -> bool:
        """Return whether two expressions are the same but for blanks and the like."""
        return same_text(actual, wanted)

    def ask(self, schema: str | None, table: str, kind: str, name: str) -> bool:
        """Return whether to ask the database about an expression, in the end.

        kind: "check", "default", "generated" or "index"; name: of the constraint, the
            column or the index.
        """
        if self.questions is not None:
            self.questions.append((schema, table, kind, name))
        return self.questions is not None


# --- PostgreSQL ---------------------------------------------------------------------


class _Questionless(PostgresqlImpl):
    """The comparison of defaults, as far as it goes without a query."""

    def _server_says_different(self, found: str, declared: str) -> bool:
        return True


# Arguments that reflection makes of a type's parameters, for the types of pg_catalog
# whose reflection is understood.
_Arguments = Callable[[list[int]], tuple[tuple[Any, ...], dict[str, Any]]]


def _sizes(sizes: list[int]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return tuple(sizes), {}


def _moment(with_zone: bool) -> _Arguments:
    def arguments(sizes: list[int]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        precision = {"precision": sizes[0]} if sizes else {}
        return (), {"timezone": with_zone, **precision}

    return arguments


def _varying(sizes: list[int]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return tuple(sizes), {"varying": True}


_PG_ARGUMENTS: dict[str, _Arguments] = {
    "bit varying": _varying,
    "double precision": lambda sizes: ((53,), {}),
    "time with time zone": _moment(True),
    "time without time zone": _moment(False),
    "timestamp with time zone": _moment(True),
    "timestamp without time zone": _moment(False),
    **dict.fromkeys(
        ("bit", "character", "character varying", "numeric"),
        _sizes,
    ),
    **dict.fromkeys(
        (
            *("bigint", "boolean", "bytea", "cidr", "date", "inet", "integer"),
            *("interval", "json", "jsonb", "macaddr", "macaddr8", "money", "oid"),
            *("real", "regclass", "smallint", "text", "tsquery", "tsvector", "uuid"),
            *("int4range", "int8range", "numrange", "daterange", "tsrange"),
            *("tstzrange", "int4multirange", "int8multirange", "nummultirange"),
            *("datemultirange", "tsmultirange", "tstzmultirange"),
        ),
        lambda sizes: ((), {}),
    ),
}
_PG_TYPE = re.compile(r"([a-z0-9 ]+?)(?:\(([0-9,]+)\))?((?: [a-z ]+)?)(\[\])?")
# Types of extensions that SQLAlchemy knows.
_PG_EXTENSION_TYPES = ("citext", "hstore")
_ENUM_MARK = " enum("


class PostgresqlJudge(Judge):
    """Decides for PostgreSQL.

    default_schema: the schema whose name is left out of texts.
    unnamed_schemas: the others whose name is.
    """

    def __init__(
        self, impl: DefaultImpl, default_schema: str, unnamed_schemas: tuple[str, ...]
    ) -> None:
        super().__init__(impl)
        self._default_schema = default_schema
        self._unnamed_schemas = unnamed_schemas
        self._defaults = _Questionless(impl.dialect, None, False, None, None, {})

    def reflected_type(self, actual: str) -> TypeEngine[Any] | None:
        type_, is_array = actual.removesuffix("[]"), actual.endswith("[]")
        element = self._enum(type_) or self._extension(type_) or self._builtin(type_)
        return pg.ARRAY(element) if is_array and element is not None else element

    def _builtin(self, actual: str) -> TypeEngine[Any] | None:
        found = _PG_TYPE.fullmatch(actual)
        if found is None:
            return None
        name = found[1] + found[3]
        arguments = _PG_ARGUMENTS.get(name)
        class_: Any = self._known_types.get(name)
        if arguments is None or class_ is None:
            return None
        sizes = [int(size) for size in found[2].split(",")] if found[2] else []
        positional, named = arguments(sizes)
        type_: TypeEngine[Any] = class_(*positional, **named)
        return type_

    @property
    def _known_types(self) -> dict[str, Any]:
        known: dict[str, Any] = self.dialect.ischema_names  # type: ignore[attr-defined]
        return known

    def _extension(self, actual: str) -> TypeEngine[Any] | None:
        schema, _, name = actual.rpartition(".")
        if schema != self._default_schema or name not in _PG_EXTENSION_TYPES:
            return None
        type_: TypeEngine[Any] = self._known_types[name]()
        return type_

    def _enum(self, actual: str) -> TypeEngine[Any] | None:
        """Return an enum by its name: its values are not compared."""
        name, mark, labels = actual.partition(_ENUM_MARK)
        schema, _, name = name.partition(".")
        # Another dot or mark may be part of a name.
        if not mark or "." in name or _ENUM_MARK in labels:
            return None
        if schema in self._unnamed_schemas or name.lower() in self._known_types:
            return None
        visible = schema == self._default_schema
        return pg.ENUM(name=name, schema=None if visible else schema)

    def same_default(self, actual: str | None, wanted: str | None) -> bool:
        if actual is None or wanted is None:
            return actual is wanted
        kind, declared = wanted[0], wanted[1:]
        # Reflection changes texts that draw from a sequence.
        if "nextval(" in actual.lower():
            return False
        column = SimpleNamespace(
            primary_key=False,
            table=None,
            server_default=None if kind == _model.SQL else sa.DefaultClause(declared),
        )
        # The type in the database decides how a model's string is read.  Where types
        # are not compared, it need not be the model's.
        types: list[TypeEngine[Any]] = [sa.String()]
        if kind == _model.PLAIN_NUMBER:
            types.append(sa.Numeric())
        return not any(
            self._defaults.compare_server_default(
                SimpleNamespace(type=type_), column, declared, actual
            )
            for type_ in types
        )

    def same_part(
        self,
        actual: str,
        is_expression: bool,
        descending: bool,
        nulls_first: bool,
        wanted: str,
    ) -> bool:
        element: Any = sa.text(actual) if is_expression else sa.column(actual)
        if descending:
            element = sa.desc(element)
            element = element if nulls_first else sa.nulls_last(element)
        elif nulls_first:
            element = sa.nulls_first(element)
        try:
            found = self._defaults._compile_element(element)
        except sa.exc.CompileError:
            return False
        return same_text(found, wanted)


# --- SQLite -------------------------------------------------------------------------


class SqliteJudge(Judge):
    """Decides for SQLite."""

    def reflected_type(self, actual: str) -> TypeEngine[Any] | None:
        return sqla_compat._sqlite_type(self.dialect, actual)

    def same_default(self, actual: str | None, wanted: str | None) -> bool:
        reflected: dict[str, Any] = {"default": actual}
        self.impl.autogen_column_reflect(None, None, reflected)  # type: ignore[arg-type]
        declared = None if wanted is None else wanted[1:]
        return not self.impl.compare_server_default(
            None, None, declared, reflected["default"]
        )


# --- MySQL and MariaDB --------------------------------------------------------------


_MYSQL_KINDS: dict[str, TypeEngine[Any]] = {
    _model.OF_INTEGER: sa.Integer(),
    _model.OF_STRING: sa.String(),
    _model.OF_ENUM: sa.Enum("a"),
    _model.OF_OTHER: sa.DateTime(),
}


class MysqlJudge(Judge):
    """Decides for MySQL and MariaDB, by SQLAlchemy's reading of what they print."""

    def reflected_type(self, actual: str) -> TypeEngine[Any] | None:
        column = self._column(actual)
        return None if column is None else column["type"]

    def _column(self, definition: str) -> dict[str, Any] | None:
        """Return what is read of a column; None if something hides what is behind."""
        column = sqla_compat._mysql_column(self.dialect, f"{definition} COMMENT 'end'")
        return column if column and column["comment"] == "end" else None

    def same_type(self, actual: str, wanted: str) -> bool:
        return super().same_type(actual, wanted) and (
            not actual.startswith("enum(") or self._same_values(actual, wanted)
        )

    def _same_values(self, actual: str, wanted: str) -> bool:
        """Return whether two ENUMs have the same values, in any order."""
        name, _, values = wanted.partition("(")
        if name.lower() != "enum":
            return False
        texts = actual, f"enum({values}"
        there, here = (self.reflected_type(text) for text in texts)
        return (
            isinstance(there, sa.Enum)
            and isinstance(here, sa.Enum)
            and set(there.enums) == set(here.enums)
        )

    def same_default(self, actual: str | None, wanted: str | None) -> bool:
        """Compare; `actual` is a definition: the type, DEFAULT and the text."""
        found, found_type = None, sa.Integer()
        if actual is not None:
            column = self._column(actual)
            if column is None or column["default"] is None:
                return False
            found, found_type = sa.text(column["default"]).text, column["type"]
        of_type, declared, default = _model.OF_OTHER, None, None
        if wanted is not None:
            of_type, declared = wanted[0], wanted[2:]
            if wanted[1] == _model.PLAIN_STRING:
                default = sa.DefaultClause(declared)
        return not self.impl.compare_server_default(
            # A key is compared more leniently.
            SimpleNamespace(type=found_type, primary_key=False, autoincrement=False),
            SimpleNamespace(type=_MYSQL_KINDS[of_type], server_default=default),
            declared,
            found,
        )


def judge_for(
    impl: DefaultImpl, dialect: Dialect, unnamed_schemas: tuple[str, ...]
) -> Judge:
    """Return the judge for an implementation; it has to be one of ours."""
    if isinstance(impl, SQLiteImpl):
        return SqliteJudge(impl)
    if isinstance(impl, MySQLImpl):
        return MysqlJudge(impl)
    return PostgresqlJudge(impl, dialect.default_schema_name or "", unnamed_schemas)
