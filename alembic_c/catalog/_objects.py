"""What a database has beside its tables: types, sequences, views, routines, triggers.

Each is known by its name and compared by its definition, as the database tells it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

# Of a name between back quotes, of a string, of all else that is not a dot's.
_MYSQL_TOKEN = re.compile(r"`(?:[^`]|``)*`(?:\.)?|'(?:[^'\\]|''|\\.)*'", re.DOTALL)


class SchemaObject(NamedTuple):
    """Something that belongs to a schema and is no table.

    kind: "enum", "domain", "sequence", "view", "materialized view", "function",
        "procedure", "aggregate" or "trigger".
    schema: None where the backend has one only.
    name: of a routine of PostgreSQL with the types of its arguments: "f(integer)".
    table: the table of a trigger, else None.
    definition: in the database's words.
    """

    kind: str
    schema: str | None
    name: str
    table: str | None
    definition: str


KINDS = (
    *("enum", "domain", "sequence", "view", "materialized view"),
    *("function", "procedure", "aggregate", "trigger"),
)

# Runs a query that has so many columns; gives its rows.
Query = Callable[[str, int], Iterable[Sequence[Any]]]

N_COLUMNS = len(SchemaObject._fields)


def ordered(objects: Iterable[SchemaObject]) -> tuple[SchemaObject, ...]:
    """Return objects in the order that does not depend on the database."""
    return tuple(
        sorted(objects, key=lambda each: tuple((x is not None, x or "") for x in each))
    )


# --- PostgreSQL -----------------------------------------------------------------------

# {schemas} is a condition on n.nspname, {first} the lowest oid that is looked at; what
# an extension brings is left out. No percent sign: some drivers would look for
# parameters.
_OWN = (
    "NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.deptype = 'e'"
    " AND e.classid = 'pg_catalog.{0}'::pg_catalog.regclass AND e.objid = {1}.oid)"
    " AND {1}.oid >= {{first}}"
)
_PG_ENUMS = (
    "SELECT 'enum', n.nspname::text, t.typname::text, NULL::text,"
    " coalesce((SELECT pg_catalog.string_agg(pg_catalog.quote_literal(l.enumlabel),"
    " ', ' ORDER BY l.enumsortorder) FROM pg_catalog.pg_enum l"
    " WHERE l.enumtypid = t.oid), '')"
    " FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n"
    " ON n.oid = t.typnamespace WHERE t.typtype = 'e' AND {schemas} AND "
    + _OWN.format("pg_type", "t")
)
_PG_DOMAINS = (
    "SELECT 'domain', n.nspname::text, t.typname::text, NULL, pg_catalog.concat_ws("
    "' ', pg_catalog.format_type(t.typbasetype, t.typtypmod), 'DEFAULT ' ||"
    " t.typdefault, CASE WHEN t.typnotnull THEN 'NOT NULL' END, ("
    "SELECT pg_catalog.string_agg('CONSTRAINT ' || pg_catalog.quote_ident(k.conname)"
    " || ' ' || pg_catalog.pg_get_constraintdef(k.oid), ' ' ORDER BY k.conname)"
    " FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'))"
    " FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n"
    " ON n.oid = t.typnamespace WHERE t.typtype = 'd' AND {schemas} AND "
    + _OWN.format("pg_type", "t")
)
# A sequence that a column owns is told with the column.
_PG_SEQUENCES = (
    "SELECT 'sequence', n.nspname::text, c.relname::text, NULL, pg_catalog.concat_ws("
    "' ', 'AS', pg_catalog.format_type(s.seqtypid, NULL), 'START', s.seqstart,"
    " 'INCREMENT', s.seqincrement, 'MINVALUE', s.seqmin, 'MAXVALUE', s.seqmax,"
    " 'CACHE', s.seqcache, CASE WHEN s.seqcycle THEN 'CYCLE' END)"
    " FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relpersistence <> 't' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
    " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND d.objid = c.oid AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i'))"
    " AND {schemas} AND " + _OWN.format("pg_class", "c")
)
# With the indexes of a materialized view.
_PG_VIEWS = (
    "SELECT CASE WHEN c.relkind = 'v' THEN 'view' ELSE 'materialized view' END,"
    " n.nspname::text, c.relname::text, NULL, pg_catalog.concat_ws('; ',"
    " 'WITH (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')',"
    " pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), ';'),"
    " (SELECT pg_catalog.string_agg(pg_catalog.pg_get_indexdef(i.indexrelid), '; '"
    " ORDER BY pg_catalog.pg_get_indexdef(i.indexrelid))"
    " FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid))"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"
    " ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm')"
    " AND c.relpersistence <> 't' AND {schemas} AND " + _OWN.format("pg_class", "c")
)
_PG_ROUTINES = (
    "SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate'"
    " ELSE 'function' END, n.nspname::text, p.proname::text || '(' ||"
    " pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', NULL,"
    " CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid)"
    " ELSE (SELECT pg_catalog.concat_ws(' ', 'SFUNC', a.aggtransfn::text, 'STYPE',"
    " pg_catalog.format_type(a.aggtranstype, NULL), 'FINALFUNC', a.aggfinalfn::text,"
    " 'INITCOND ' || a.agginitval) FROM pg_catalog.pg_aggregate a"
    " WHERE a.aggfnoid = p.oid) END"
    " FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n"
    " ON n.oid = p.pronamespace WHERE {schemas} AND " + _OWN.format("pg_proc", "p")
)
_PG_TRIGGERS = (
    "SELECT 'trigger', n.nspname::text, t.tgname::text, c.relname::text,"
    " pg_catalog.pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'D' THEN"
    " ' (disabled)' WHEN 'R' THEN ' (on replicas)' WHEN 'A' THEN ' (always)' ELSE ''"
    " END FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND c.relpersistence <> 't'"
    " AND {schemas} AND " + _OWN.format("pg_trigger", "t")
)
_PG_OBJECTS = (
    *(_PG_ENUMS, _PG_DOMAINS, _PG_SEQUENCES, _PG_VIEWS, _PG_ROUTINES, _PG_TRIGGERS),
)
# FirstNormalObjectId in PostgreSQL's transam.h: below it is what initdb makes. An index
# leads to the others, which are few.
FIRST_OWN_OID = 16384
_NO_SYSTEM = "(n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')"


def postgresql(query: Query, schemas: Sequence[str] | None) -> tuple[SchemaObject, ...]:
    """Read the objects of some schemas; one query.

    schemas: their names; None for each but the system's.
    """
    rows = query(postgresql_sql(schemas), N_COLUMNS)
    return ordered(SchemaObject._make(row) for row in rows)


def postgresql_sql(schemas: Sequence[str] | None) -> str:
    """Return the query for the objects of some schemas, named as for postgresql()."""
    wanted, first = _NO_SYSTEM, FIRST_OWN_OID
    if schemas is not None:
        names = [_pg_literal(name) for name in schemas if "\0" not in name]
        wanted, first = f"n.nspname IN ({', '.join(['NULL', *names])})", 0
    return " UNION ALL ".join(
        part.replace("{schemas}", wanted).replace("{first}", str(first))
        for part in _PG_OBJECTS
    )


def _pg_literal(text: str) -> str:
    """Return a literal that means the same under all settings and to all drivers."""
    plain = (
        char
        if char.isascii() and (char.isalnum() or char == "_")
        else f"\\U{ord(char):08x}"
        for char in text
    )
    return f"E'{''.join(plain)}'"


# --- SQLite ---------------------------------------------------------------------------


def sqlite(query: Query, schemas: Sequence[str | None]) -> tuple[SchemaObject, ...]:
    """Read the views and triggers of databases; one query for each.

    schemas: names of attached databases, None for the main one.
    """
    found = []
    for schema in schemas:
        quoted = '"' + (schema or "main").replace('"', '""') + '"'
        sql = (
            f"SELECT type, name, tbl_name, sql FROM {quoted}.sqlite_master"
            " WHERE type IN ('view', 'trigger')"
        )
        for kind, name, table, text in query(sql, 4):
            owner = table if kind == "trigger" else None
            found.append(SchemaObject(kind, schema, name, owner, text))
    return ordered(found)


# --- MySQL and MariaDB ----------------------------------------------------------------

_MYSQL_OBJECTS = {
    "view": "SELECT 'view', TABLE_SCHEMA, TABLE_NAME, NULL, CONCAT_WS(' ',"
    " VIEW_DEFINITION,"
    " NULLIF(CONCAT('CHECK OPTION ', CHECK_OPTION), 'CHECK OPTION NONE'),"
    " CONCAT('SQL SECURITY ', SECURITY_TYPE))"
    " FROM information_schema.VIEWS WHERE TABLE_SCHEMA IN ({})",
    "routine": "SELECT LOWER(r.ROUTINE_TYPE), r.ROUTINE_SCHEMA, r.ROUTINE_NAME, NULL,"
    " CONCAT_WS(' ', CONCAT('(', (SELECT GROUP_CONCAT(CONCAT_WS(' ',"
    " p.PARAMETER_MODE, p.PARAMETER_NAME, p.DTD_IDENTIFIER) ORDER BY"
    " p.ORDINAL_POSITION SEPARATOR ', ') FROM information_schema.PARAMETERS p"
    " WHERE p.SPECIFIC_SCHEMA = r.ROUTINE_SCHEMA AND p.SPECIFIC_NAME ="
    " r.SPECIFIC_NAME AND p.ROUTINE_TYPE = r.ROUTINE_TYPE AND p.ORDINAL_POSITION > 0),"
    " ')'), NULLIF(CONCAT('RETURNS ', r.DTD_IDENTIFIER), 'RETURNS '),"
    " r.IS_DETERMINISTIC, r.SQL_DATA_ACCESS, r.SECURITY_TYPE, r.ROUTINE_DEFINITION)"
    " FROM information_schema.ROUTINES r WHERE r.ROUTINE_SCHEMA IN ({})"
    " AND r.ROUTINE_TYPE IN ('FUNCTION', 'PROCEDURE')",
    "trigger": "SELECT 'trigger', TRIGGER_SCHEMA, TRIGGER_NAME, EVENT_OBJECT_TABLE,"
    " CONCAT_WS(' ', ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER,"
    " ACTION_STATEMENT) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA IN ({})",
}


def mysql(
    query: Query,
    literals: Sequence[str],
    own_schema: str | None,
    kinds: Collection[str],
) -> tuple[SchemaObject, ...]:
    """Read the objects of some databases; a query for each kind.

    literals: their names as SQL. own_schema: that of the connection, whose objects
        have no schema, and whose name is left out of the definitions of its views.
    kinds: what is looked for: "view", "routine", "trigger".
    """
    found = []
    for kind, sql in _MYSQL_OBJECTS.items():
        if kind not in kinds:
            continue
        for row in query(sql.format(", ".join(literals)), N_COLUMNS):
            each = SchemaObject._make(row)
            if each.kind == "view" and each.schema is not None:
                each = each._replace(
                    definition=without_schema(each.definition, each.schema)
                )
            schema = None if each.schema == own_schema else each.schema
            found.append(each._replace(schema=schema))
    return ordered(found)


def without_schema(definition: str, schema: str) -> str:
    """Return a definition without the name of its own database.

    The server writes it before each table of a view, and before the sequence of a
    default; databases that differ in nothing else would differ in this.
    """
    own = "`" + schema.replace("`", "``") + "`."
    return _MYSQL_TOKEN.sub(
        lambda token: "" if token.group() == own else token.group(), definition
    )


# --- names ----------------------------------------------------------------------------


def without(
    objects: Iterable[SchemaObject], tables: Iterable[str]
) -> Iterator[SchemaObject]:
    """Yield what does not belong to one of the tables, named alone or by schema."""
    left_out = set(tables)
    for each in objects:
        names = {each.table, f"{each.schema}.{each.table}"}
        if each.table is None or not names & left_out:
            yield each
