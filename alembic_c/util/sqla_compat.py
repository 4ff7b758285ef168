"""What we need from SQLAlchemy 2.0 and 2.1 beyond their public interface.

This is the only module that touches private names of SQLAlchemy, and the only one
that asks for its version.  `tests/unit/test_sqla_compat.py` fails when one of the
names moves.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard, TypeVar, Union

import sqlalchemy
from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    Identity,
    Index,
    MetaData,
    Sequence,
    Table,
    UnaryExpression,
    exc,
    inspect,
    text,
    types,
)
from sqlalchemy.engine.reflection import ObjectKind, ObjectScope, _ReflectionInfo
from sqlalchemy.ext.compiler import compiles as _sqla_compiles
from sqlalchemy.schema import Constraint, SchemaItem
from sqlalchemy.sql import naming, visitors
from sqlalchemy.sql.base import _NONE_NAME as _NONE_NAME
from sqlalchemy.sql.base import DialectKWArgs
from sqlalchemy.sql.base import _NoneName as _NoneName
from sqlalchemy.sql.elements import (
    ClauseElement,
    ColumnClause,
    ColumnElement,
    _textual_label_reference,
)
from sqlalchemy.sql.elements import TextClause as TextClause
from sqlalchemy.sql.schema import NULL_UNSPECIFIED
from sqlalchemy.util import langhelpers

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect, ForeignKey, Transaction
    from sqlalchemy.engine import CursorResult, Inspector
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.sql import Executable
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.types import TypeEngine

_T = TypeVar("_T")
_CE = TypeVar("_CE", bound="ClauseElement | SchemaItem")

_ConstraintNameDefined = Union[str, _NoneName]  # noqa: UP007 - used at run time
_ConstraintName = Union[None, str, _NoneName]  # noqa: UP007

_CompilerProtocol = Callable[..., str]

AUTOINCREMENT_DEFAULT = "auto"

_SAVEPOINT = "alembic_question"
_ROLLBACKS = 10


# --- versions -----------------------------------------------------------------------


def _safe_int(value: str) -> int | str:
    try:
        return int(value)
    except ValueError:
        return value


sqlalchemy_version = sqlalchemy.__version__
# A pre-release ("2.1.0b1") compares by the numbers before its letter.
_vers = tuple(
    part
    for part in map(_safe_int, sqlalchemy_version.replace("b", ".b").split("."))
    if isinstance(part, int)
)

# The value that the name has always had, which is not what the name says.
sqla_2_0_25 = _vers >= (2, 25)
sqla_2_1 = _vers >= (2, 1)

# Since then `Table.to_metadata()` keeps what `ForeignKey` and `CheckConstraint` were
# told about dialects (SQLAlchemy's issue 13677).
copies_keep_constraint_options = _vers >= (2, 1, 5) or (2, 0, 55) <= _vers < (2, 1)

identity_has_dialect_kwargs = issubclass(Identity, DialectKWArgs)


def _inherit_schema_deprecated() -> bool:
    """Return whether `SchemaType(inherit_schema=...)` is deprecated here."""
    return sqla_2_1


# --- compilation --------------------------------------------------------------------


def compiles(
    element: type[ClauseElement], *dialects: str
) -> Callable[[_CompilerProtocol], _CompilerProtocol]:
    """Register the decorated function as the compiler of a construct.

    element: the construct's class; dialects: their names, none for every dialect.
    """
    decorator: Callable[[_CompilerProtocol], _CompilerProtocol]
    decorator = _sqla_compiles(element, *dialects)
    return decorator


class _literal_bindparam(BindParameter[Any]):
    """A parameter that every compiler renders as its literal value."""

    inherit_cache = False


@compiles(_literal_bindparam)
def _render_literal_bindparam(
    element: _literal_bindparam, compiler: SQLCompiler, **kw: Any
) -> str:
    literal: str = compiler.render_literal_bindparam(element, **kw)  # type: ignore[no-untyped-call]
    return literal


# --- names of constraints -----------------------------------------------------------


def constraint_name_defined(
    name: _ConstraintName,
) -> TypeGuard[_ConstraintNameDefined]:
    """Return whether a constraint was given a name, or explicitly given none."""
    return isinstance(name, str | _NoneName)


def constraint_name_string(name: _ConstraintName) -> TypeGuard[str]:
    """Return whether a constraint's name is a text."""
    return isinstance(name, str)


def constraint_name_or_none(name: _ConstraintName) -> str | None:
    """Return a constraint's name if it is a text, None otherwise."""
    return name if constraint_name_string(name) else None


def _get_constraint_final_name(
    constraint: Index | Constraint, dialect: Dialect | None
) -> str | None:
    """Return the name that DDL would use: conventions and truncation applied."""
    if constraint.name is None:
        return None
    assert dialect is not None
    # The preparer applies quoting too unless told so by this keyword, which
    # SQLAlchemy keeps for migration tools.
    return dialect.identifier_preparer.format_constraint(
        constraint, _alembic_quote=False
    )


def _constraint_is_named(
    constraint: Constraint | Index, dialect: Dialect | None
) -> bool:
    return _get_constraint_final_name(constraint, dialect) is not None


def _name_by_convention(constraint: Constraint | Index, table: Table) -> str | None:
    """Return the name that a table's convention gives to a constraint, or None.

    table: not necessarily the constraint's own.
    Raises InvalidRequestError if the convention needs a name that it does not have.
    """
    name: str | None = naming._constraint_name_for_table(constraint, table)  # type: ignore[no-untyped-call]
    return name


def _apply_naming_convention(table: Table, convention: Mapping[str, Any]) -> None:
    """Give a table's unnamed constraints and indexes the names of a convention.

    Later ones get theirs from it when they are added.
    Raises InvalidRequestError if the convention needs a name that one does not have.
    """
    conventions = MetaData(naming_convention=convention).naming_convention
    table.metadata.naming_convention = conventions
    items: list[Constraint | Index] = [*table.constraints, *table.indexes]
    for item in items:
        if item.name is None:
            item.name = _name_by_convention(item, table)


TYPE_BOUND_ATTRIBUTE = "_type_bound"


def _is_type_bound(constraint: Constraint) -> bool:
    """Return whether a constraint came from a type such as Boolean or Enum."""
    return constraint._type_bound


def _in_creation_order(constraints: Iterable[Constraint]) -> list[Constraint]:
    """Return constraints in the order in which they were made, the same every run."""
    return sorted(constraints, key=lambda constraint: constraint._creation_order)


def _in_name_order(indexes: Iterable[Index]) -> list[Index]:
    """Return indexes by name, then by columns: the same order every run.

    A table keeps them in a set, and nothing tells which was made first.
    """
    return sorted(
        indexes,
        key=lambda index: (str(index.name), [column.name for column in index.columns]),
    )


def _has_create_rule(constraint: Constraint) -> bool:
    """Return whether a constraint is a type's, which some dialects leave out."""
    return constraint._create_rule is not None


def _create_rule_allows(constraint: Constraint, creator: Any) -> bool:
    """Ask the rule by which a type's constraint is left out for some dialects.

    creator: what the rule looks at, by its attribute `dialect`.
    """
    rule = constraint._create_rule
    return rule is None or bool(rule(creator))


def _dispatch_table_event(
    table: Table, name: str, connection: Connection | None, ddl_runner: Any
) -> None:
    """Tell the listeners of a table that it is created or dropped.

    name: "before_create", "after_create", "before_drop" or "after_drop".
    ddl_runner: has an attribute `memo`, a dict in which named types note that they
        were created already.
    """
    listeners = getattr(table.dispatch, name)
    listeners(table, connection, checkfirst=False, _ddl_runner=ddl_runner)


def _forget_created_type(memo: dict[Any, Any], type_: Any) -> None:
    """Take a named type out of those that were created while tables were.

    memo: as of `_dispatch_table_event`; it holds (schema, name), by kinds of types.
    """
    for created in memo.values():
        created.discard((type_.schema, type_.name))


def _table_creates_type(type_: Any) -> bool:
    """Return whether a named type that is written out is made with its table.

    One of a MetaData is made with that before SQLAlchemy 2.1; in a revision file there
    is no such MetaData.
    """
    return bool(type_.create_type) and (sqla_2_1 or type_.metadata is None)


def _without_metadata(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return a type whose `repr()` does not refer to a MetaData."""
    if sqla_2_1 or getattr(type_, "metadata", None) is None:
        return type_
    alone: Any = copy.copy(type_)
    alone.metadata = None
    return alone  # type: ignore[no-any-return]


# --- transactions -------------------------------------------------------------------


def _get_connection_in_transaction(connection: Connection | None) -> bool:
    in_transaction = getattr(connection, "in_transaction", None)
    return False if in_transaction is None else in_transaction()


def _is_autocommit(connection: Connection) -> bool:
    """Return whether each statement of the connection commits by itself."""
    return connection._is_autocommit_isolation()


def _driver_commits(connection: Connection) -> bool:
    """Return whether the driver's connection is in autocommit mode.

    To be asked once a step: some drivers ask the server.
    """
    driver_connection = connection.connection.driver_connection
    get_autocommit = getattr(driver_connection, "get_autocommit", None)
    if get_autocommit is not None:
        return bool(get_autocommit())
    return getattr(driver_connection, "autocommit", None) is True


def _commits_each_statement(connection: Connection) -> bool:
    """Return whether SQLAlchemy, or the driver behind its back, was told to do so."""
    return _is_autocommit(connection) or _driver_commits(connection)


@contextlib.contextmanager
def _ensure_scope_for_ddl(connection: Connection | None) -> Iterator[None]:
    """Run a block in the transaction that is open, or in one of its own.

    None and mock connections, which have no transactions, are left alone.
    """
    has_transactions = hasattr(connection, "in_transaction")
    if (
        connection is None
        or not has_transactions
        or _get_connection_in_transaction(connection)
    ):
        yield
    else:
        try:
            with connection.begin():
                yield
        except BaseException:
            _end_of_failed_commit(connection)
            raise


def _end_of_failed_commit(connection: Connection) -> None:
    """Roll back what the driver still has open behind a transaction that has ended.

    SQLAlchemy takes one for ended whose COMMIT has failed; SQLite, which refuses that
    for foreign keys that are deferred, goes on with it.
    """
    if connection.closed or connection.invalidated or connection.in_transaction():
        return
    driver_connection = connection.connection.driver_connection
    if getattr(driver_connection, "in_transaction", None) is True:
        connection.connection.rollback()


def _safe_begin_connection_transaction(connection: Connection) -> Transaction:
    return connection.get_transaction() or connection.begin()


def _safe_commit_connection_transaction(connection: Connection) -> None:
    transaction = connection.get_transaction()
    if transaction is not None:
        transaction.commit()


def _safe_rollback_connection_transaction(connection: Connection) -> None:
    transaction = connection.get_transaction()
    if transaction is not None:
        transaction.rollback()


@contextlib.contextmanager
def _undone_by_error(connection: Connection) -> Iterator[None]:
    """Run a block whose error leaves the open transaction as it was before.

    Where each statement commits by itself there is nothing to go back to.
    """
    if _commits_each_statement(connection):
        yield
        return
    dialect = connection.dialect
    dialect.do_savepoint(connection, _SAVEPOINT)
    try:
        yield
        dialect.do_release_savepoint(connection, _SAVEPOINT)
    except BaseException:
        _roll_back_to_savepoint(connection)
        raise


def _roll_back_to_savepoint(connection: Connection) -> None:
    """Undo what has been done since the savepoint, unless the connection is lost.

    A time limit of the server's may cancel this statement too: it is sent again then.
    """
    for attempt in range(1, _ROLLBACKS + 1):
        if connection.closed or connection.invalidated:
            return
        try:
            connection.dialect.do_rollback_to_savepoint(connection, _SAVEPOINT)
        except exc.DBAPIError as error:
            if attempt == _ROLLBACKS and not error.connection_invalidated:
                raise
        else:
            return


# --- schema items -------------------------------------------------------------------


def _copy(schema_item: _CE, **kw: Any) -> _CE:
    """Return a detached copy of a column, constraint, index, type or table."""
    copier = getattr(schema_item, "_copy", None) or schema_item.copy  # type: ignore[union-attr]
    duplicate: _CE = copier(**kw)
    return duplicate


def _get_table_key(name: str, schema: str | None) -> str:
    return name if schema is None else f"{schema}.{name}"


def _table_prefixes(table: Table) -> list[str]:
    """Return the words that a table has between CREATE and TABLE."""
    return list(table._prefixes)


# Where a table or a constraint keeps its columns, and where these stand one after the
# other: a list of tuples of key, column and more.
COLUMNS_ATTRIBUTE = "_columns"
ENTRIES_ATTRIBUTE = "_collection"

# Where a table tells its column that counts by itself; public since 2.0.4.
AUTOINCREMENT_ATTRIBUTE = "_autoincrement_column"


def _autoincrement_column(table: Table) -> Column[Any] | None:
    """Return the column that counts by itself, if the table has one."""
    return table._autoincrement_column


def _async_connection_of(connection: Connection) -> AsyncConnection:
    """Return the asynchronous face of the connection of an async driver."""
    from sqlalchemy.ext.asyncio import AsyncConnection

    return AsyncConnection._retrieve_proxy_for_target(connection)


def _connectable_has_table(
    connectable: Connection, tablename: str, schemaname: str | None
) -> bool:
    return inspect(connectable).has_table(tablename, schemaname)


def _exec_on_inspector(
    inspector: Inspector, statement: Executable, **params: Any
) -> CursorResult[Any]:
    """Execute a statement on the connection that an inspector works on."""
    with inspector._operation_context() as connection:
        return connection.execute(statement, params)


def _nullability_might_be_unset(metadata_column: Column[Any]) -> bool:
    """Return whether a column was made without `nullable=`."""
    return metadata_column._user_defined_nullable is NULL_UNSPECIFIED


def _server_default_is_computed(*server_default: Any) -> bool:
    return any(isinstance(default, Computed) for default in server_default)


def _server_default_is_identity(*server_default: Any) -> bool:
    return any(isinstance(default, Identity) for default in server_default)


_IDENTITY_OPTIONS = (
    "always",
    "on_null",
    "start",
    "increment",
    "minvalue",
    "maxvalue",
    "nominvalue",
    "nomaxvalue",
    "cycle",
    "cache",
    "order",
)
# Oracle's alone since SQLAlchemy 2.1, and then among the dialect's arguments.
_ORACLE_IDENTITY_OPTIONS = frozenset(("on_null", "order"))


def _get_identity_options_dict(
    identity: Identity | Sequence | None, dialect_kwargs: bool = False
) -> dict[str, Any]:
    """Return the options that are set, by the names of `Identity()`'s parameters.

    dialect_kwargs: with the arguments of dialects, e.g. `oracle_order`, where
        SQLAlchemy has them (2.1 and later).
    """
    if identity is None:
        return {}
    options = {
        name: getattr(identity, name, None)
        for name in _IDENTITY_OPTIONS
        if not (identity_has_dialect_kwargs and name in _ORACLE_IDENTITY_OPTIONS)
    }
    options = {name: value for name, value in options.items() if value is not None}
    if isinstance(identity, Identity):
        # "always" has None as a value with a meaning of its own.
        options = {"always": identity.always, **options}
        if not identity_has_dialect_kwargs and identity.always is None:
            del options["always"]
    if dialect_kwargs and identity_has_dialect_kwargs:
        options.update(identity.dialect_kwargs)
    return options


def all_table_check_constraints(table: Table) -> set[CheckConstraint]:
    """Return the CHECK constraints of a table, of its columns and of their types."""
    candidates: set[Constraint] = set(table.constraints)
    for column in table.columns:
        candidates |= column.constraints
    return {item for item in candidates if isinstance(item, CheckConstraint)}


def _stored_constraint_name(
    constraint: Constraint | Index, dialect: Dialect
) -> str | None:
    """Return the name under which a database has a constraint; None if there is none.

    Differs from what DDL says where the database cuts names off, which PostgreSQL does
    after so many bytes.
    """
    try:
        name = _get_constraint_final_name(constraint, dialect)
    except exc.IdentifierError:
        # Too long for SQLAlchemy's DDL; others' may have it nevertheless.
        name = constraint_name_or_none(constraint.name)
    except exc.InvalidRequestError:
        # The convention asks for a name that the constraint does not have.
        return None
    if name is not None and dialect.name == "postgresql":
        encoded = name.encode(errors="surrogatepass")
        if len(encoded) > dialect.max_identifier_length:
            name = encoded[: dialect.max_identifier_length].decode(errors="ignore")
    return name


def _table_for_constraint(constraint: Constraint) -> Table:
    parent: Any = constraint.parent
    table: Table = parent.table if isinstance(parent, Column) else parent
    return table


def _columns_for_constraint(constraint: Any) -> list[Column[Any]] | set[Column[Any]]:
    """Return the columns of the constrained table that a constraint names."""
    if isinstance(constraint, ForeignKeyConstraint):
        return [element.parent for element in constraint.elements]
    if isinstance(constraint, CheckConstraint):
        return _find_columns(constraint.sqltext)
    return list(constraint.columns)


def _fk_spec(constraint: ForeignKeyConstraint) -> Any:
    """Return what tells foreign keys apart, as a tuple of ten.

    (schema, table, columns, target schema, target table, target columns, onupdate,
    ondelete, deferrable, initially)
    """
    columns = [constraint.columns[key].name for key in constraint.column_keys]
    source = constraint.parent
    target = constraint.elements[0].column.table
    return (
        source.schema,
        source.name,
        columns,
        target.schema,
        target.name,
        [element.column.name for element in constraint.elements],
        constraint.onupdate,
        constraint.ondelete,
        constraint.deferrable,
        constraint.initially,
    )


class _ForeignKeyTarget(NamedTuple):
    """The names of what a foreign key refers to, as far as it says them."""

    schema: str | None
    table_name: str
    column_name: str | None


def _fk_target_tokens(foreign_key: ForeignKey) -> _ForeignKeyTarget:
    """Return the names that a foreign key refers to; the column's is its key.

    SQLAlchemy 2.1 keeps them apart, so that there may be dots in them.  Older ones only
    have the dotted text, of which all but the last two parts are the schema.
    """
    if sqla_2_1:
        return _ForeignKeyTarget(*foreign_key.target_tokens)
    path, _, column = foreign_key.target_fullname.rpartition(".")
    if not path:
        return _ForeignKeyTarget(None, column, None)
    schema, _, table = path.rpartition(".")
    return _ForeignKeyTarget(schema or None, table, column)


def _fk_target_is_named(foreign_key: ForeignKey) -> bool:
    """Return whether a foreign key was given names, not a column."""
    return foreign_key._table_column is None


def _fk_target_table_key(foreign_key: ForeignKey) -> str:
    """Return the key of the table that a foreign key refers to."""
    schema, table, _ = _fk_target_tokens(foreign_key)
    return _get_table_key(table, schema)


def _fk_is_self_referential(constraint: ForeignKeyConstraint) -> bool:
    return _fk_target_table_key(constraint.elements[0]) == constraint.parent.key


def _exclude_constraint_elements(constraint: Any) -> list[tuple[Any, str]]:
    """Return (expression, operator) for each element of an exclude constraint."""
    return [
        (expression, operator) for expression, _, operator in constraint._render_exprs
    ]


def _remove_column_from_collection(
    collection: Any, column: Column[Any] | ColumnClause[Any]
) -> None:
    """Remove a column from a constraint's or a table's collection of columns.

    Raises KeyError if the collection has no column with that key.
    """
    writable = getattr(collection, "_parent", None) or collection
    writable.remove(collection[column.key])


# --- types --------------------------------------------------------------------------


# Where a type keeps its variants, for readers that go by attribute names.
VARIANTS_ATTRIBUTE = "_variant_mapping"


# Where tables and what is in them keep the options of dialects: the instance has it
# only once somebody has given, or asked about, one.
OPTIONS_ATTRIBUTE = "dialect_options"


def _dialect_kwargs(item: Any) -> Mapping[str, Any]:
    """Return the arguments for dialects that a table, column, index or constraint has.

    SQLAlchemy's property makes a collection that stays for each item that is asked.
    """
    if OPTIONS_ATTRIBUTE not in vars(item):
        return {}
    given: Mapping[str, Any] = item.dialect_kwargs
    return given


def _has_own_compiler(class_: type) -> bool:
    """Return whether `sqlalchemy.ext.compiler` gave a class another DDL."""
    return hasattr(class_, "_compiler_dispatcher")


def _sqlite_type(dialect: Dialect, declared: str) -> TypeEngine[Any]:
    """Return the type that SQLite's reflection makes of a declared one.

    declared: in capitals.
    """
    type_: TypeEngine[Any] = dialect._resolve_type_affinity(declared)  # type: ignore[attr-defined]
    return type_


def _mysql_column(dialect: Dialect, definition: str) -> dict[str, Any] | None:
    """Return what MySQL's reflection reads of a column's definition.

    definition: what SHOW CREATE TABLE prints behind the column's name.
    """
    from sqlalchemy.dialects.mysql.reflection import ReflectedState

    state = ReflectedState()
    parser = dialect._tabledef_parser  # type: ignore[attr-defined]
    parser._parse_column(f"  `c` {definition},", state)
    columns: list[Any] = state.columns
    return columns[0] if columns else None


def _get_variant_mapping(
    type_: TypeEngine[Any],
) -> tuple[TypeEngine[Any], Any]:
    return type_, type_._variant_mapping


def _type_has_variants(type_: TypeEngine[Any]) -> bool:
    return bool(type_._variant_mapping)


def _resolve_for_variant(type_: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    """Return the type that a dialect uses for a type with variants."""
    base, variants = _get_variant_mapping(type_)
    chosen: TypeEngine[Any] = variants.get(dialect.name, base)
    return chosen


def _repr_by_own_arguments(type_: TypeEngine[Any]) -> str:
    """Return the call of a type's class by the arguments that its own class has.

    `repr()` has those of the type that a TypeDecorator decorates.
    """
    text: str = langhelpers.generic_repr(type_)
    return text


def _affinities_match(one: TypeEngine[Any], other: TypeEngine[Any]) -> bool:
    """Return whether two types are of the same family: numbers, texts, dates …"""
    return one._type_affinity is other._type_affinity


def _has_affinity(
    type_: TypeEngine[Any] | type[TypeEngine[Any]], *families: type[TypeEngine[Any]]
) -> bool:
    """Return whether a type belongs to one of the families, named by a generic type."""
    instance = type_() if isinstance(type_, type) else type_
    affinity = instance._type_affinity
    return affinity is not None and issubclass(affinity, families)


# --- expressions --------------------------------------------------------------------


def _find_columns(clause: ClauseElement) -> set[Any]:
    """Return the columns inside an expression."""
    found: set[Any] = set()
    visitors.traverse(clause, {}, {"column": found.add})
    return found


def _idx_table_bound_expressions(idx: Index) -> Iterable[ColumnElement[Any]]:
    return idx.expressions  # type: ignore[return-value]


def is_expression(expr: Any) -> bool:
    """Return whether an index element is more than a column and its modifiers."""
    expr = _without_modifiers(expr)
    if isinstance(expr, _textual_label_reference):  # desc("name")
        return False
    return not isinstance(expr, ColumnClause) or expr.is_literal


def _without_modifiers(expr: Any) -> Any:
    """Return an index element without DESC and the like."""
    while isinstance(expr, UnaryExpression):
        expr = expr.element
    return expr


def _index_columns(index: Index) -> Iterator[str]:
    """Yield the names of the columns in an index, in their order."""
    for element in index.expressions:
        expr: Any = _without_modifiers(element)
        if isinstance(expr, _textual_label_reference):
            yield str(expr.element)
        else:
            for each in visitors.iterate(expr):
                if isinstance(each, ColumnClause):
                    yield each.name


def is_expression_index(index: Index) -> bool:
    """Return whether an index has an element that is an expression."""
    return any(is_expression(element) for element in index.expressions)


def _copy_expression(expression: _CE, target_table: Table) -> _CE:
    """Return a copy of an expression over the columns of another table.

    A column that the other table lacks is added to it.
    """

    def rebind(element: Any, **kw: Any) -> Any:
        if not isinstance(element, Column) or element.table is None:
            return None
        if element.key not in target_table.c:
            target_table.append_column(_copy(element))
        return target_table.c[element.key]

    copied: _CE = visitors.replacement_traverse(expression, {}, rebind)  # type: ignore[call-overload]
    return copied


class _textual_index_element(ColumnElement[Any]):
    """A piece of SQL text as an element of an index.

    An index is attached to a table by its columns.  This element brings a column of
    the table for that, and is rendered as its text.
    """

    __visit_name__ = "_textual_index_element"
    inherit_cache = False

    def __init__(self, table: Table, text: TextClause) -> None:
        self.table = table
        self.text = text
        self.key = text.text
        self.fake_column: Column[Any] = Column(self.key, types.NULLTYPE)
        table.append_column(self.fake_column)

    def get_children(self, **kw: Any) -> list[Column[Any]]:
        return [self.fake_column]


@compiles(_textual_index_element)
def _render_textual_index_column(
    element: _textual_index_element, compiler: SQLCompiler, **kw: Any
) -> str:
    return compiler.process(element.text, **kw)


def _textual_index_column(
    table: Table, text_: str | TextClause | ColumnElement[Any]
) -> ColumnElement[Any] | Column[Any]:
    """Return an index element on `table` from a name, a text or an expression.

    Raises ValueError for anything else.
    """
    if isinstance(text_, str):
        named: Column[Any] = Column(text_, types.NULLTYPE)
        table.append_column(named)
        return named
    if isinstance(text_, TextClause):
        return _textual_index_element(table, text_)
    if isinstance(text_, ColumnElement):
        return _copy_expression(text_, table)
    raise ValueError("String or text() construct expected")


# --- reflection ---------------------------------------------------------------------


def _read_tables(
    inspector: Inspector,
    schema: str | None,
    names: Collection[str],
    available: Collection[str],
    connection: Any | None = None,
) -> Any:
    """Return what an inspector reports about several tables of a schema, for all kinds.

    The attributes `columns`, `indexes`, `foreign_keys` and so on are dictionaries by
    (schema, name), empty where the dialect does not report the kind.
    available: all names of the schema; if most of them are wanted, the dialect reads
        all of them.
    connection: what the dialect asks in place of the inspector's own connection.
    """
    if connection is not None:
        asked: Any = contextlib.nullcontext(connection)
        inspector._operation_context = lambda: asked  # type: ignore[method-assign]
    try:
        return inspector._get_reflection_info(
            schema,
            filter_names=names,
            available=available,
            kind=ObjectKind.ANY,
            scope=ObjectScope.ANY,
        )
    finally:
        if connection is not None:
            del inspector._operation_context  # uncovers the method


def _columns_and_keys(read: Any) -> Any:
    """Return of what `_read_tables` gave the columns, primary keys and comments."""
    return dataclasses.replace(
        read, foreign_keys={}, indexes={}, unique_constraints={}, check_constraints={}
    )


def _reflect_table(inspector: Inspector, table: Table, read: Any | None) -> None:
    """Fill a table from what `_read_tables` gave, or by asking if that is None.

    Tables that it refers to are not followed.
    Raises NoSuchTableError if the database has no such table.
    """
    inspector.reflect_table(table, None, resolve_fks=False, _reflect_info=read)


def _described(dialect: Dialect, key: tuple[str | None, str], **kinds: Any) -> Any:
    """Return what `_read_tables` gives, for one table that somebody else has read.

    key: its schema and name; kinds: what there is of each kind, in the dictionaries
        that the inspector's methods return.
    """
    known = {
        f"{dialect.name}_{name}"
        for class_, arguments in dialect.construct_arguments or ()
        if issubclass(Table, class_)
        for name in arguments
    }
    options = kinds["table_options"]
    kinds["table_options"] = {k: v for k, v in options.items() if k in known}
    fields = [field.name for field in dataclasses.fields(_ReflectionInfo)]
    return _ReflectionInfo(
        **{name: {key: kinds[name]} if kinds.get(name) else {} for name in fields}
    )


def _n_reflection_listeners(table: Table) -> int:
    """Return how many listeners the reflection of a table has."""
    dispatchers: list[Any] = [table.dispatch, table.metadata.dispatch]
    return sum(len(each.column_reflect) for each in dispatchers)


# What text() takes for a parameter, and what it takes for a mark that it is none.
_PARAMETER = re.compile(r"(?<![:\w\\])(?=:\w+(?!:))|(?=\\:[\w$]*(?![:\w$]))")


def _without_parameters(sql: str) -> str:
    """Return SQL for text(), with the colons marked that it would misunderstand."""
    if ":" not in sql:
        return sql
    marked = _PARAMETER.sub(r"\\", sql)
    if str(text(marked)) == sql:
        return marked
    # The mark in front of ":smile:" is taken for a backslash of the SQL.
    return sql.replace(":", r"\:")


def _undoubled(sql: str, dialect: Dialect) -> str:
    """Return compiled SQL with the percent signs that it has.

    The compiler doubles them for drivers that take a single one for a parameter.
    """
    if "%%" in sql and "%%" in dialect.identifier_preparer.quote_identifier("%"):
        return sql.replace("%%", "%")
    return sql


def _ddl_text(clause: Any, dialect: Dialect) -> str:
    """Return the SQL that DDL has for the expression of a constraint or column."""
    ddl: Any = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]
    process = ddl.sql_compiler.process
    sql: str = process(clause, include_table=False, literal_binds=True)
    return _undoubled(sql, dialect)


def _index_on(
    table: Table, name: str | None, elements: Iterable[Any], **kw: Any
) -> Index:
    """Return an index that belongs to a table, even if no element is a column."""
    return Index(name, *elements, _table=table, **kw)
