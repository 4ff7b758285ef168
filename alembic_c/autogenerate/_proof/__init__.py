"""The equality proof: which tables of a run need not be reflected and compared.

C reads the catalog and the model and shows tables equal; whatever it cannot show is
left to the comparators.  ALEMBIC_C_PROOF says how: `on` (the default), `off`, or
`check`, which compares all tables and raises if one that was proven has changes.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sqlalchemy import MetaData, Table

from ...ddl import _pg_compare, postgresql
from .._own_rules import is_our_own
from .._questions import Question, TableKey, find_item

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect, Inspector

    from ..._catalog import Catalog, Column
    from ..._catalog import Table as CatalogTable
    from ...catalog._read import Names
    from ...util import PriorityDispatcher
    from .._expressions import Expressions
    from .judge import Judge

log = logging.getLogger("alembic.autogenerate.proof")

ENVIRONMENT_VARIABLE = "ALEMBIC_C_PROOF"
MODES = ("on", "off", "check")

_Serial = tuple[str, str]  # sequence, column

_Element = tuple[str, str]  # target and group of comparators

# What the proof knows to be compared, and which part of its scope that is.
_ELEMENTS: dict[_Element, str] = {
    ("column", "comments"): "comments",
    ("column", "nullable"): "nullability",
    ("column", "server_default"): "defaults",
    ("column", "types"): "types",
    ("table", "checkconstraints"): "checks",
    ("table", "comments"): "comments",
    ("table", "foreignkeys"): "foreign_keys",
    ("table", "indexes"): "indexes",
}
_TARGETS = ("table", "column")

_MYSQL = ("mysql", "mariadb")


class ProofContradiction(AssertionError):
    """A table was proven unchanged, and the comparators found a change."""


class _Context(Protocol):
    """What the proof has to know of an AutogenContext."""

    comparators: PriorityDispatcher
    connection: Connection | None
    migration_context: Any
    _name_filters: list[Any]

    @property
    def _expressions(self) -> Expressions: ...
    @property
    def dialect(self) -> Dialect: ...
    def run_name_filters(self, name: Any, type_: Any, parent_names: Any) -> bool: ...


@dataclass(frozen=True)
class _Scope:
    """What the comparators of a run look at."""

    types: bool
    defaults: bool
    comments: bool
    indexes: bool
    foreign_keys: bool
    checks: bool


class _Evidence(NamedTuple):
    """What the proof is made from.

    unnamed_schemas: those besides the default one whose names the database leaves out.
    irregular: keys of tables about which reflection may be mistaken.
    """

    actual: Catalog
    wanted: Catalog
    unnamed_schemas: tuple[str, ...] = ()
    irregular: Collection[TableKey] = ()


class _NotTried(Exception):
    """There can be no proof; says why."""


def mode() -> str:
    """Return the mode that the environment asks for.

    Raises ValueError for another word than those of MODES.
    """
    chosen = os.environ.get(ENVIRONMENT_VARIABLE, "on")
    if chosen not in MODES:
        raise ValueError(
            f"{ENVIRONMENT_VARIABLE} is {chosen!r}; it may be {', '.join(MODES)}"
        )
    return chosen


def begin(context: _Context, schemas: Collection[str | None]) -> Attempt | None:
    """Return what shows tables unchanged; None if nothing can.

    schemas: those whose tables are compared, None for the default one.
    Raises what the driver raises; the connection is as after any failed query.
    """
    if mode() == "off":
        return None
    try:
        return Attempt(context, _scope(context), schemas)
    except _NotTried as reason:
        log.debug("proof not tried: %s", reason)
        return None


class Attempt:
    """The proof for the tables of one run."""

    def __init__(
        self, context: _Context, scope: _Scope, schemas: Collection[str | None]
    ) -> None:
        """Read which tables there are, where that is a part of reading the catalog.

        Raises _NotTried if the database is one about which nothing can be shown.
        """
        self._context = context
        self._scope = scope
        self._names: Names | None = None
        self._reports_serials = False
        self._actual: Catalog | None = None
        if context.dialect.name == "postgresql":
            self._reports_serials = postgresql.log.isEnabledFor(logging.INFO)
            with _odd_rows_end_it():
                self._names = _names(context, scope, schemas, self._reports_serials)

    def table_names(self, schema: str | None) -> list[str] | None:
        """Return the tables of a schema as the inspector does; None: ask that."""
        return None if self._names is None else self._names.tables(schema)

    def visible_tables(self) -> Iterable[tuple[str, str]] | None:
        """Return schema and name of the tables that are found without their schema.

        None: ask the database.
        """
        return None if self._names is None else self._names.visible_tables()

    def prove(self, wanted: dict[TableKey, Table]) -> Collection[TableKey]:
        """Return the keys of tables that are shown to be as the model wants them.

        wanted: the model's tables that the database has too, by schema (None for the
            default one) and name.
        Raises what the driver raises; the connection is as after any failed query.
        """
        context, scope = self._context, self._scope
        if not wanted:
            return ()
        try:
            with _odd_rows_end_it():
                evidence = self._evidence(wanted)
        except _NotTried as reason:
            log.debug("proof not tried: %s", reason)
            return ()
        proven = set(_proven(context, wanted, evidence, scope))
        if context._name_filters:
            proven -= set(_filtered(context, proven, evidence.actual))
        log.debug("%d of %d tables proven unchanged", len(proven), len(wanted))
        self._actual = evidence.actual
        return proven

    def _evidence(self, wanted: dict[TableKey, Table]) -> _Evidence:
        """Read the database's catalog and the model's.

        Raises _NotTried if the database is one about which nothing can be shown.
        """
        from ...catalog import _model, _read

        context, scope = self._context, self._scope
        assert context.connection is not None
        schemas = list(dict.fromkeys(schema for schema, _ in wanted))
        default: str | None = None
        visible: list[str] = []
        irregular: set[TableKey] = set()
        if context.dialect.name in _MYSQL:
            actual = self._mysql_tables(list(wanted))
        elif self._names is None:
            actual = _read.sqlite(context.connection, schemas, irregular=irregular)
        else:
            default = context.dialect.default_schema_name
            visible = self._names.visible_schemas()
            if "pg_temp" in visible:
                # A temporary table may hide one that foreign keys refer to.
                raise _NotTried("temporary tables")
            actual = _read.postgresql(
                context.connection,
                [schema or default or "" for schema in schemas],
                self._names,
                defaults=scope.defaults,
                checks=scope.checks,
                details=False,
            )
        rules = _model.Rules(
            context.dialect,
            default,
            types=scope.types,
            defaults=scope.defaults,
            comments=scope.comments,
            checks=scope.checks,
        )
        model = _model.read(list(wanted.values()), rules)
        unnamed = tuple(schema for schema in visible if schema != default)
        return _Evidence(actual, model, unnamed, irregular)

    def _mysql_tables(self, keys: list[TableKey]) -> Catalog:
        """Read tables of MySQL or MariaDB.

        Raises _NotTried for a server or a session whose statements may be read as
        something else by SQLAlchemy.
        """
        from ...catalog import _mysql, _mysql_bulk

        connection, dialect = self._context.connection, self._context.dialect
        assert connection is not None
        session = _mysql.session(connection)
        oldest = _mysql.OLDEST_MARIADB if session.is_mariadb else _mysql.OLDEST_MYSQL
        if dialect.server_version_info < oldest:  # type: ignore[operator]
            raise _NotTried("server version")
        if (
            not session.is_ordinary
            or dialect.identifier_preparer.initial_quote != "`"
            # There reflection asks for the names that foreign keys refer to.
            or (session.lower_case == 2 and not session.is_mariadb)
        ):
            raise _NotTried("the session's way of printing names")
        return _mysql_bulk.read_tables(connection, keys, session)

    def serial_columns(
        self, inspector: Inspector, keys: Collection[TableKey]
    ) -> dict[TableKey, list[_Serial]]:
        """Return what reflection would report of the tables' SERIAL columns.

        keys: of tables that were proven.  Empty if nobody listens to such reports.
        """
        if self._actual is None or self._names is None or not self._reports_serials:
            return {}
        _pg_compare.know_owners(
            inspector,
            (
                (sequence.schema, sequence.name, sequence.is_visible, sequence.column)
                for sequence in self._names.owned_sequences()
            ),
        )
        default = self._context.dialect.default_schema_name
        found: dict[TableKey, list[_Serial]] = {}
        for table in self._actual.tables:
            key = (None if table.schema == default else table.schema, table.name)
            owners = [
                (owner.sequence_name, column.name)
                for column in (table.columns if key in keys else ())
                if (owner := _serial_owner(inspector, column)) is not None
            ]
            if owners:
                found[key] = owners
        return found


@contextlib.contextmanager
def _odd_rows_end_it() -> Iterator[None]:
    """Leave all tables to the comparators if the catalog's rows are not as asked for.

    Somebody may change tables between two of the queries, and programs may have their
    driver convert values in ways of their own.
    """
    try:
        yield
    except ValueError as error:
        raise _NotTried(f"the catalog: {error}") from error


def _serial_owner(
    inspector: Inspector, column: Column
) -> _pg_compare.SequenceOwner | None:
    if not column.default_expr or column.type not in ("integer", "bigint"):
        return None
    sequence = _pg_compare.sequence_in_default(column.default_expr)
    owner = sequence and _pg_compare.owner_of(inspector, sequence)
    return owner if owner and owner.column_name == column.name else None


def _names(
    context: _Context,
    scope: _Scope,
    schemas: Collection[str | None],
    reports_serials: bool,
) -> Names:
    """Read the names in a PostgreSQL database.

    Raises _NotTried for a server or a session that is not understood.
    """
    from ...catalog import _read

    dialect = context.dialect
    default = dialect.default_schema_name
    if dialect.server_version_info < _read.OLDEST_POSTGRESQL:  # type: ignore[operator]
        raise _NotTried("server version")
    if default is None:
        raise _NotTried("no default schema")
    assert context.connection is not None
    return _read.postgresql_names(
        context.connection,
        [schema or default for schema in schemas],
        sequences=scope.defaults or reports_serials,
    )


def _scope(context: _Context) -> _Scope:
    """Return what is compared.

    Raises _NotTried if not only our own comparators do it.
    """
    migration = context.migration_context
    if context.connection is None or not is_our_own(migration.impl):
        raise _NotTried("dialect implementation")
    if not type(context.dialect).__module__.startswith("sqlalchemy."):
        raise _NotTried("dialect")
    if callable(migration._user_compare_type):
        raise _NotTried("compare_type is a function")
    if callable(migration._user_compare_server_default):
        raise _NotTried("compare_server_default is a function")
    if Table("t", MetaData()).dispatch.column_reflect:
        raise _NotTried("listeners to column_reflect")
    elements = _elements(context)
    unknown = sorted(elements - _ELEMENTS.keys())
    if unknown:
        raise _NotTried(f"comparators of {unknown}")
    kinds = {_ELEMENTS[element] for element in elements}
    return _Scope(
        types="types" in kinds and migration._user_compare_type is not False,
        defaults="defaults" in kinds
        and migration._user_compare_server_default is not False,
        comments="comments" in kinds and context.dialect.supports_comments,
        indexes="indexes" in kinds,
        foreign_keys="foreign_keys" in kinds,
        checks="checks" in kinds,
    )


def _elements(context: _Context) -> set[_Element]:
    """Return what the comparators of a run are registered for.

    Raises _NotTried for one that is not ours, or not where we have put it.
    """
    own = _own_comparators()
    elements = set()
    for target in _TARGETS:
        for handler, group in context.comparators._handlers(
            target, context.dialect.name
        ):
            element = (target, group or "")
            if element not in own.get(id(handler), ()):
                name = getattr(handler, "__qualname__", repr(handler))
                raise _NotTried(f"the comparator {name} for {element}")
            elements.add(element)
    return elements


def are_comparators_our_own(context: _Context) -> bool:
    """Return whether nobody else compares tables or columns in a run."""
    try:
        _elements(context)
    except _NotTried:
        return False
    return True


class _Registrations:
    """Stands in for a plugin: notes what a module registers, and for what."""

    def __init__(self) -> None:
        self.elements: dict[int, set[_Element]] = {}

    def add_autogenerate_comparator(
        self,
        fn: Callable[..., Any],
        compare_target: str,
        compare_element: str | None = None,
        **how: Any,
    ) -> None:
        element = (compare_target, compare_element or "")
        self.elements.setdefault(id(fn), set()).add(element)


@functools.cache
def _own_comparators() -> dict[int, set[_Element]]:
    """Return what our comparators are registered for, by the function's id.

    The functions are their modules', which stay loaded.
    """
    from ..compare import BUILT_IN  # not at import: its modules import us

    registrations = _Registrations()
    for module, _ in BUILT_IN:
        module.setup(registrations)
    return registrations.elements


def _proven(
    context: _Context,
    wanted: dict[TableKey, Table],
    evidence: _Evidence,
    scope: _Scope,
) -> Iterator[TableKey]:
    from ..._catalog import prove
    from .judge import judge_for

    judge = judge_for(
        context.migration_context.impl, context.dialect, evidence.unnamed_schemas
    )
    if context._expressions.can_ask:
        judge.questions = []
    default = context.dialect.default_schema_name
    detailed = log.isEnabledFor(logging.DEBUG)
    reasons = prove(
        evidence.actual,
        evidence.wanted,
        judge,
        types=scope.types,
        defaults=scope.defaults,
        comments=scope.comments,
        indexes=scope.indexes,
        foreign_keys=scope.foreign_keys,
        checks=scope.checks,
        unnamed_schemas=evidence.unnamed_schemas,
    )
    others: dict[TableKey, str] = {}
    if judge.questions:
        equal = {(schema, name) for schema, name, reason in reasons if reason is None}
        others = _of_other_meaning(context, wanted, judge, equal)
    for schema, name, reason in reasons:
        key = (None if schema == default else schema, name)
        if reason is None and key in evidence.irregular:
            reason = "irregular statement"
        if reason is None and key in others:
            reason = others[key]
        if reason is None and key in wanted:
            yield key
        elif detailed:
            log.debug("table %r not proven: %s", ".".join(filter(None, key)), reason)


def _of_other_meaning(
    context: _Context,
    wanted: dict[TableKey, Table],
    judge: Judge,
    equal: set[tuple[str | None, str]],
) -> dict[TableKey, str]:
    """Ask the database about the expressions of tables that are equal otherwise.

    equal: by the names of the catalog.
    Returns the tables that are not equal, or of which it does not tell, and why.
    """
    default = context.dialect.default_schema_name
    asked: dict[Question, TableKey] = {}
    others: dict[TableKey, str] = {}
    for schema, name, kind, of in judge.questions or ():
        key = (None if schema == default else schema, name)
        if (schema, name) in equal and key in wanted:
            item = find_item(context.dialect, wanted[key], kind, of)
            if item is None:
                others[key] = kind
            else:
                asked[Question(key, kind, of, item)] = key
    context._expressions.ask(asked)
    for question, key in asked.items():
        answer = context._expressions.answer(question)
        if answer is None or not answer.is_same:
            others[key] = str(question)
    return others


# What a name filter is asked about, beside columns and indexes.
_FILTERED_KINDS = {
    "unique": "unique_constraint",
    "foreign key": "foreign_key_constraint",
    "check": "check_constraint",
}


def _filtered(
    context: _Context, keys: Collection[TableKey], actual: Catalog
) -> Iterator[TableKey]:
    """Yield the tables of which a name filter hides something."""
    default = context.dialect.default_schema_name
    for table in actual.tables:
        key = (None if table.schema == default else table.schema, table.name)
        if key in keys and not all(
            context.run_name_filters(
                name, type_, {"table_name": key[1], "schema_name": key[0]}
            )
            for name, type_ in _filtered_names(table)
        ):
            yield key


def _filtered_names(table: CatalogTable) -> Iterator[tuple[str | None, str]]:
    for column in table.columns:
        yield column.name, "column"
    for index in table.indexes:
        if not index.is_constraint:
            yield index.name, "index"
        if index.is_unique and table.engine:  # MySQL's are both
            yield index.name, "unique_constraint"
    for constraint in table.constraints:
        if constraint.kind in _FILTERED_KINDS:
            yield constraint.name, _FILTERED_KINDS[constraint.kind]
