"""What PostgreSQL knows about named types (ENUM, DOMAIN), and what uses them.

Two queries, made when an operation has such a type, however many types there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import ARRAY, Enum, TypeDecorator, text
from sqlalchemy.dialects.postgresql import DOMAIN, ENUM

from ..util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect
    from sqlalchemy.types import TypeEngine

# (schema, name)
TypeKey: TypeAlias = "tuple[str, str]"
TableKey: TypeAlias = "tuple[str, str]"

_TYPES = """
SELECT t.oid, n.nspname, t.typname, pg_catalog.pg_type_is_visible(t.oid) AS visible,
       EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
               WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
                 AND d.objid = t.oid AND d.deptype = 'e') AS of_extension,
       e.enumlabel
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid
WHERE t.typtype IN ('e', 'd')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
ORDER BY t.oid, e.enumsortorder
"""

# A column depends on its type, or on the array of it; a default, a CHECK, an index
# and a view on the types of the constants in them.  What a constraint or an index is
# on goes with any of its columns.
_USERS = """
WITH direct AS (
    SELECT t.oid AS type_oid, d.classid, d.objid, d.objsubid
    FROM pg_catalog.pg_type t
    JOIN pg_catalog.pg_depend d
      ON d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
     AND d.refobjid IN (t.oid, t.typarray) AND d.refobjid <> 0
    WHERE t.oid IN ({oids}) AND d.deptype <> 'i'
)
SELECT d.type_oid, d.classid, d.objid, d.objsubid, n.nspname, r.relname, a.attname
FROM direct d
LEFT JOIN pg_catalog.pg_attrdef def
  ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND def.oid = d.objid
LEFT JOIN pg_catalog.pg_constraint con
  ON d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND con.oid = d.objid
LEFT JOIN pg_catalog.pg_index ix
  ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0
 AND ix.indexrelid = d.objid
LEFT JOIN pg_catalog.pg_class c
  ON c.oid = COALESCE(def.adrelid, NULLIF(con.conrelid, 0), ix.indrelid,
                      CASE WHEN d.objsubid > 0
                            AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                           THEN d.objid END)
 AND c.relkind IN ('r', 'p', 'f')
LEFT JOIN pg_catalog.pg_class r
  ON r.oid = COALESCE(pg_catalog.pg_partition_root(c.oid)::pg_catalog.oid, c.oid)
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
LEFT JOIN pg_catalog.pg_attribute a
  ON a.attrelid = c.oid AND a.attnum > 0
 AND (a.attnum = def.adnum
      OR (a.attnum = d.objsubid AND def.oid IS NULL)
      OR ((con.oid IS NOT NULL OR ix.indexrelid IS NOT NULL)
          AND a.attnum IN (SELECT x.refobjsubid FROM pg_catalog.pg_depend x
                           WHERE x.classid = d.classid AND x.objid = d.objid
                             AND x.refclassid
                                 = 'pg_catalog.pg_class'::pg_catalog.regclass
                             AND x.refobjid = c.oid)))
"""


class User(NamedTuple):
    """Something that depends on a type.

    table: where it is; None if that is no table.
    columns: it goes with any of them, and with the table.
    """

    table: TableKey | None
    columns: frozenset[str]

    def goes_with(self, table: TableKey, column: str | None) -> bool:
        """Return whether it is gone with a column, or with a table (column=None)."""
        return self.table == table and (column is None or column in self.columns)


@dataclass
class Found:
    """A type as the database has it; labels: those of an ENUM, in their order."""

    oid: int
    of_extension: bool
    labels: list[str]


# What a type with a name is, or is within.
_NAMED_OR_HOLDS = (TypeDecorator, ARRAY, ENUM, DOMAIN, Enum)


def may_be_named(type_: Any) -> bool:
    """Return whether a column's type, or a class of types, can be or hold a named one.

    Most are plain types: they need no look at what the dialect makes of them.
    """
    if isinstance(type_, type):
        return True
    return isinstance(type_, _NAMED_OR_HOLDS) or sqla_compat._type_has_variants(type_)


def named_types(type_: TypeEngine[Any], dialect: Dialect) -> Iterator[ENUM | DOMAIN]:
    """Yield the named types that a column's type is, or holds, on PostgreSQL."""
    if isinstance(type_, type):
        type_ = type_()
    type_ = sqla_compat._resolve_for_variant(type_, dialect)
    if isinstance(type_, TypeDecorator):
        yield from named_types(type_.type_engine(dialect), dialect)
    elif isinstance(type_, ARRAY):
        yield from named_types(type_.item_type, dialect)
    elif isinstance(type_, ENUM | DOMAIN):
        if type_.name is not None:
            yield type_
    elif isinstance(type_, Enum):
        native = type_.dialect_impl(dialect)
        if isinstance(native, ENUM) and native.name is not None:
            yield native


class TypeCatalog:
    """The named types of a database."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self._connection = connection
        self.dialect = dialect
        self.default_schema: str = dialect.default_schema_name or "public"
        self.types: dict[TypeKey, Found] = {}
        self._visible: dict[str, TypeKey] = {}
        for row in connection.execute(text(_TYPES)):
            key = (row.nspname, row.typname)
            found = self.types.setdefault(key, Found(row.oid, row.of_extension, []))
            if row.enumlabel is not None:
                found.labels.append(row.enumlabel)
            if row.visible:
                self._visible[row.typname] = key

    def key_of(self, type_: ENUM | DOMAIN) -> TypeKey:
        """Return where a type is, or will be."""
        return self.key_of_name(type_.schema, str(type_.name))

    def key_of_name(self, schema: str | None, name: str) -> TypeKey:
        """Return where a type of a name is, or will be; schema: as it is written."""
        if schema is not None:
            return str(schema), name
        return self._visible.get(name, (self.default_schema, name))

    def table_key(self, schema: str | None, name: str) -> TableKey:
        """Return a table's schema and name, the default schema by its name."""
        return str(schema or self.default_schema), str(name)

    def users(self, keys: Collection[TypeKey]) -> dict[TypeKey, list[User]]:
        """Return what depends on types."""
        by_oid = {self.types[key].oid: key for key in keys}
        columns: dict[Any, set[str]] = {}
        if by_oid:
            query = _USERS.format(oids=", ".join(map(str, by_oid)))
            for row in self._connection.execute(text(query)):
                known = None if row.relname is None else (row.nspname, row.relname)
                dependent = (row.classid, row.objid, row.objsubid)
                names = columns.setdefault((row.type_oid, dependent, known), set())
                if row.attname is not None:
                    names.add(row.attname)
        users: dict[TypeKey, list[User]] = {key: [] for key in keys}
        for (oid, _, table), names in columns.items():
            users[by_oid[oid]].append(User(table, frozenset(names)))
        return users
