"""Which tables a database has, each listed once, and by which names they are compared.

PostgreSQL finds a table without its schema in any schema of the search path, so the
default schema seems to hold tables of others.  Here a table belongs to the schema that
it is in.  It takes the name without a schema only if the model has it by that name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from sqlalchemy.util import OrderedSet

from ...ddl.postgresql import PostgresqlImpl

if TYPE_CHECKING:
    from .. import _proof
    from .._questions import TableKey
    from ..api import AutogenContext


def known_as(autogen_context: AutogenContext, schema: str | None) -> str | None:
    """Return a schema's name as it is compared: None for the default one."""
    default = autogen_context.dialect.default_schema_name
    return None if schema == default else schema


def version_table(autogen_context: AutogenContext) -> TableKey:
    """Return the name of the version table as it is compared."""
    context = autogen_context.migration_context
    return (
        known_as(autogen_context, context.version_table_schema),
        context.version_table,
    )


def own_names(
    autogen_context: AutogenContext, model: Collection[TableKey]
) -> tuple[str, ...]:
    """Return the names of the version table and of the history of steps beside it.

    model: the tables of the model; one of them may have the history's name.
    """
    schema, name = version_table(autogen_context)
    history = autogen_context.migration_context._history_table
    return (name,) if (schema, history) in model else (name, history)


def listed(
    autogen_context: AutogenContext,
    schemas: Collection[str | None],
    model: Collection[TableKey],
    attempt: _proof.Attempt | None,
) -> OrderedSet[TableKey]:
    """Return the tables of a database that take part.

    schemas: those that are compared, None for the default one.
    model: the tables of the model, as they are compared.
    attempt: knows the tables of the database, perhaps.
    """
    elsewhere = _found_elsewhere(autogen_context, schemas, model, attempt)
    autogen_context._found_elsewhere = elsewhere
    tables: OrderedSet[TableKey] = OrderedSet()
    own = own_names(autogen_context, model)
    for schema, name, is_own in _real_names(
        autogen_context, schemas, elsewhere, attempt, own
    ):
        place = elsewhere.get(name)
        if place is not None and place.schema == schema:
            if not place.takes_part:
                continue
            schema = place.known_as
        if not is_own and autogen_context.run_name_filters(
            name, "table", {"schema_name": schema}
        ):
            tables.add((schema, name))
    return tables


def _real_names(
    autogen_context: AutogenContext,
    schemas: Collection[str | None],
    elsewhere: Mapping[str, Place],
    attempt: _proof.Attempt | None,
    own: Collection[str],
) -> Iterator[tuple[str | None, str, bool]]:
    """Yield the schema and the name of each table, and whether it is one of our own.

    A table that is found without its schema may come twice.
    """
    version_schema, _ = version_table(autogen_context)
    has_schema = bool(autogen_context.migration_context.version_table_schema)
    for schema in schemas:
        for name in _names_in(autogen_context, attempt, schema):
            place = elsewhere.get(name)
            is_found = place is not None and schema in (None, place.schema)
            real = place.schema if place is not None and is_found else schema
            is_own = name in own and (
                real == version_schema
                # As the version table's own statements find it.
                or (is_found and not has_schema)
            )
            yield real, name, is_own


def _names_in(
    autogen_context: AutogenContext, attempt: _proof.Attempt | None, schema: str | None
) -> list[str]:
    known = None if attempt is None else attempt.table_names(schema)
    if known is not None:
        return known
    return autogen_context.inspector.get_table_names(schema=schema)


class Place:
    """Where a table is that is found without its schema, and is not in the default one.

    schema: where it is.
    known_as: the schema by which it is compared, None if the model names none.
    takes_part: whether it is compared at all.
    """

    __slots__ = ("known_as", "schema", "takes_part")

    def __init__(self, schema: str, known_as: str | None, takes_part: bool) -> None:
        self.schema = schema
        self.known_as = known_as
        self.takes_part = takes_part


def _found_elsewhere(
    autogen_context: AutogenContext,
    schemas: Collection[str | None],
    model: Collection[TableKey],
    attempt: _proof.Attempt | None,
) -> dict[str, Place]:
    """Return the tables of other schemas that the search path shows, by their names."""
    if None not in schemas:
        return {}
    places = {}
    for schema, name in _on_search_path(autogen_context, attempt):
        is_named = (schema, name) in model
        if is_named or (None, name) in model:
            places[name] = Place(schema, schema if is_named else None, True)
        else:
            places[name] = Place(schema, schema, schema in schemas)
    return places


def _on_search_path(
    autogen_context: AutogenContext, attempt: _proof.Attempt | None
) -> Iterator[tuple[str, str]]:
    """Yield schema and name of the other tables that the search path shows."""
    if not isinstance(autogen_context.migration_context.impl, PostgresqlImpl):
        return
    default = autogen_context.dialect.default_schema_name
    known = None if attempt is None else attempt.visible_tables()
    if known is not None:
        yield from (each for each in known if each[0] != default)
        return
    inspector = autogen_context.inspector
    visible = set(inspector.get_table_names())
    visible.difference_update(inspector.get_table_names(schema=default))
    connection = autogen_context.connection
    if not visible or connection is None:
        return
    path = "SELECT pg_catalog.unnest(pg_catalog.current_schemas(false))::text"
    for (schema,) in connection.exec_driver_sql(path).fetchall():
        if schema != default:
            found = visible.intersection(inspector.get_table_names(schema=schema))
            visible -= found
            yield from ((schema, name) for name in found)
