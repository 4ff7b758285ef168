"""The equality proof: which tables of a run need not be reflected and compared.

C reads the catalog and the model and shows tables equal; whatever it cannot show is
left to the comparators.  ALEMBIC_C_PROOF says how: `on` (the default), `off`, or
`check`, which compares all tables and raises if one that was proven has changes.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sqlalchemy import MetaData, Table

from ..ddl.postgresql import PostgresqlImpl
from ..ddl.sqlite import SQLiteImpl

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect

    from .._catalog import Catalog
    from .._catalog import Table as CatalogTable
    from ..util import PriorityDispatcher

log = logging.getLogger("alembic.autogenerate.proof")

ENVIRONMENT_VARIABLE = "ALEMBIC_C_PROOF"
MODES = ("on", "off", "check")

TableKey = tuple[str | None, str]

# The implementations whose rules the proof knows.  A subclass has rules of its own.
_IMPLS: dict[type, str] = {PostgresqlImpl: "postgresql", SQLiteImpl: "sqlite"}
_OWN_MODULES = "alembic_c.autogenerate."
_COMPARISONS = f"{_OWN_MODULES}compare."
# Methods of an implementation that comparators call.
_METHODS = (
    "adjust_reflected_dialect_options",
    "autogen_column_reflect",
    "compare_check_constraint",
    "compare_indexes",
    "compare_server_default",
    "compare_type",
    "compare_unique_constraint",
    "correct_for_autogen_constraints",
    "correct_for_autogen_foreignkeys",
    "_column_args_match",
    "_column_types_match",
    "_compare_identity_default",
    "_create_metadata_constraint_sig",
    "_create_reflected_constraint_sig",
)


class ProofContradiction(AssertionError):
    """A table was proven unchanged, and the comparators found a change."""


class _Context(Protocol):
    """What the proof has to know of an AutogenContext."""

    comparators: PriorityDispatcher
    connection: Connection | None
    migration_context: Any
    _name_filters: list[Any]

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


def prove_unchanged(
    context: _Context, wanted: dict[TableKey, Table]
) -> Collection[TableKey]:
    """Return the keys of tables that are shown to be as the model wants them.

    wanted: the model's tables that the database has too, by schema (None for the
        default one) and name.
    Raises what the driver raises; the connection is as after any failed query.
    """
    if mode() == "off" or not wanted:
        return ()
    try:
        scope = _scope(context)
        evidence = _evidence(context, wanted, scope)
    except _NotTried as reason:
        log.debug("proof not tried: %s", reason)
        return ()
    proven = set(_proven(context, wanted, evidence, scope))
    if context._name_filters:
        proven -= set(_filtered(context, proven, evidence.actual))
    log.debug("%d of %d tables proven unchanged", len(proven), len(wanted))
    return proven


def _scope(context: _Context) -> _Scope:
    """Return what is compared.

    Raises _NotTried if not only our own comparators do it.
    """
    migration = context.migration_context
    if context.connection is None or not _is_our_own(migration.impl):
        raise _NotTried("dialect implementation")
    if not type(context.dialect).__module__.startswith("sqlalchemy."):
        raise _NotTried("dialect")
    if callable(migration._user_compare_type):
        raise _NotTried("compare_type is a function")
    if callable(migration._user_compare_server_default):
        raise _NotTried("compare_server_default is a function")
    if Table("t", MetaData()).dispatch.column_reflect:
        raise _NotTried("listeners to column_reflect")
    modules = set()
    for target in ("table", "column"):
        for handler, _ in context.comparators._handlers(target, context.dialect.name):
            modules.add(getattr(handler, "__module__", ""))
    foreign = sorted(m for m in modules if not m.startswith(_OWN_MODULES))
    if foreign:
        raise _NotTried(f"comparators of {', '.join(foreign)}")
    kinds = {m.removeprefix(_COMPARISONS) for m in modules}
    return _Scope(
        types="types" in kinds and migration._user_compare_type is not False,
        defaults="server_defaults" in kinds
        and migration._user_compare_server_default is not False,
        comments="comments" in kinds and context.dialect.supports_comments,
        indexes="_indexes" in kinds,
        foreign_keys="_foreign_keys" in kinds,
        checks="check_constraints" in kinds,
    )


def _is_our_own(impl: Any) -> bool:
    """Return whether nobody has put rules of their own into an implementation."""
    return type(impl) in _IMPLS and all(
        name not in vars(impl)
        and getattr(getattr(impl, name), "__module__", "").startswith("alembic_c.ddl.")
        for name in _METHODS
    )


def _evidence(
    context: _Context, wanted: dict[TableKey, Table], scope: _Scope
) -> _Evidence:
    """Read the database's catalog and the model's.

    Raises _NotTried if the database is one about which nothing can be shown.
    """
    from ..catalog import _model, _read

    assert context.connection is not None
    dialect = context.dialect
    default: str | None = None
    schemas = list(dict.fromkeys(schema for schema, _ in wanted))
    visible: list[str] = []
    irregular: set[TableKey] = set()
    if dialect.name == "postgresql":
        default = dialect.default_schema_name
        if dialect.server_version_info < _read.OLDEST_POSTGRESQL:  # type: ignore[operator]
            raise _NotTried("server version")
        if default is None:
            raise _NotTried("no default schema")
        actual = _read.postgresql(
            context.connection,
            [schema or default for schema in schemas],
            defaults=scope.defaults,
            checks=False,
            visible=visible,
        )
        if "pg_temp" in visible:
            # A temporary table may hide one that foreign keys refer to.
            raise _NotTried("temporary tables")
    else:
        actual = _read.sqlite(context.connection, schemas, irregular=irregular)
    rules = _model.Rules(
        dialect,
        default,
        types=scope.types,
        defaults=scope.defaults,
        comments=scope.comments,
        checks=scope.checks,
    )
    model = _model.read(list(wanted.values()), rules)
    unnamed = tuple(schema for schema in visible if schema != default)
    return _Evidence(actual, model, unnamed, irregular)


def _proven(
    context: _Context,
    wanted: dict[TableKey, Table],
    evidence: _Evidence,
    scope: _Scope,
) -> Iterator[TableKey]:
    from .._catalog import prove
    from ._judge import judge_for

    default = context.dialect.default_schema_name
    impl = context.migration_context.impl
    detailed = log.isEnabledFor(logging.DEBUG)
    for schema, name, reason in prove(
        evidence.actual,
        evidence.wanted,
        judge_for(impl, context.dialect, evidence.unnamed_schemas),
        types=scope.types,
        defaults=scope.defaults,
        comments=scope.comments,
        indexes=scope.indexes,
        foreign_keys=scope.foreign_keys,
        checks=scope.checks,
        unnamed_schemas=evidence.unnamed_schemas,
    ):
        key = (None if schema == default else schema, name)
        if reason is None and key in evidence.irregular:
            reason = "irregular statement"
        if reason is None and key in wanted:
            yield key
        elif detailed:
            log.debug("table %r not proven: %s", ".".join(filter(None, key)), reason)


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
            for name, type_ in _names(table)
        ):
            yield key


def _names(table: CatalogTable) -> Iterator[tuple[str | None, str]]:
    for column in table.columns:
        yield column.name, "column"
    for index in table.indexes:
        if not index.is_constraint:
            yield index.name, "index"
    for constraint in table.constraints:
        if constraint.kind in _FILTERED_KINDS:
            yield constraint.name, _FILTERED_KINDS[constraint.kind]
