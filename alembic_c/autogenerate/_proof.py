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
from typing import TYPE_CHECKING, Any, Protocol

from ..ddl.postgresql import PostgresqlImpl
from ..ddl.sqlite import SQLiteImpl

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect, Table

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
_CHECKS_MODULE = "alembic_c.autogenerate.compare.check_constraints"


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
    checks: bool


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
    scope = _scope(context)
    if isinstance(scope, str):
        log.debug("proof not tried: %s", scope)
        return ()
    pair = _catalogs(context, wanted, scope)
    if isinstance(pair, str):
        log.debug("proof not tried: %s", pair)
        return ()
    actual, model = pair
    proven = set(_proven(context, wanted, actual, model, scope))
    if context._name_filters:
        proven -= set(_filtered(context, proven, actual))
    log.debug("%d of %d tables proven unchanged", len(proven), len(wanted))
    return proven


def _scope(context: _Context) -> _Scope | str:
    """Return what is compared, or why the proof does not apply."""
    migration = context.migration_context
    if context.connection is None or type(migration.impl) not in _IMPLS:
        return "dialect implementation"
    if callable(migration._user_compare_type):
        return "compare_type is a function"
    if callable(migration._user_compare_server_default):
        return "compare_server_default is a function"
    modules = set()
    for target in ("table", "column"):
        for handler, _ in context.comparators._handlers(target, context.dialect.name):
            modules.add(getattr(handler, "__module__", ""))
    foreign = sorted(m for m in modules if not m.startswith(_OWN_MODULES))
    if foreign:
        return f"comparators of {', '.join(foreign)}"
    return _Scope(
        types=migration._user_compare_type is not False,
        defaults=migration._user_compare_server_default is not False,
        comments=context.dialect.supports_comments,
        checks=_CHECKS_MODULE in modules,
    )


def _catalogs(
    context: _Context, wanted: dict[TableKey, Table], scope: _Scope
) -> tuple[Catalog, Catalog] | str:
    """Return the database's catalog and the model's, or why there is no proof."""
    from ..catalog import _model, _read

    assert context.connection is not None
    dialect = context.dialect
    default = dialect.default_schema_name
    schemas = list(dict.fromkeys(schema for schema, _ in wanted))
    if dialect.name == "postgresql":
        if dialect.server_version_info < _read.OLDEST_POSTGRESQL:  # type: ignore[operator]
            return "server version"
        if default is None:
            return "no default schema"
        try:
            actual = _read.postgresql(
                context.connection,
                [schema or default for schema in schemas],
                defaults=scope.defaults,
                checks=False,
                one_visible_schema=True,
            )
        except _read.SearchPathError:
            return "search path"
    else:
        default = None
        actual = _read.sqlite(context.connection, schemas)
    model = _model.read(
        list(wanted.values()),
        dialect,
        default,
        defaults=scope.defaults,
        comments=scope.comments,
        checks=scope.checks,
    )
    return actual, model


def _proven(
    context: _Context,
    wanted: dict[TableKey, Table],
    actual: Catalog,
    model: Catalog,
    scope: _Scope,
) -> Iterator[TableKey]:
    from .._catalog import prove

    default = context.dialect.default_schema_name
    detailed = log.isEnabledFor(logging.DEBUG)
    for schema, name, reason in prove(
        actual,
        model,
        types=scope.types,
        defaults=scope.defaults,
        comments=scope.comments,
        indexes=True,
        foreign_keys=True,
        checks=scope.checks,
    ):
        key = (None if schema == default else schema, name)
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
