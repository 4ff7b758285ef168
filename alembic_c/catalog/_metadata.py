"""Models as a catalog: what create_all() would make of them, without a database.

For SQLite the statements are made and read as those of a database are, so nothing is
missing. For other databases the tables of the MetaData are walked: types are told in
the database's words (_type_names), expressions in the model's, and what only the
database knows is absent. `_comparable` compares such a catalog with a whole one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from .. import _catalog
from ..util import sqla_compat
from . import _model, _read, _type_names
from ._objects import SchemaObject

if TYPE_CHECKING:
    from sqlalchemy import Dialect, MetaData, Table

# What to_json() gives of an item: its fields that are set, by name.
Values = dict[str, Any]


def read(
    metadata: Iterable[MetaData], dialect: Dialect, schemas: Sequence[str] | None
) -> _read.Whole:
    """Return the tables, and the enums of PostgreSQL, that models would make.

    dialect: of SQLite, PostgreSQL, MySQL or MariaDB.
    schemas: names of those whose tables are wanted, as for snapshot(); None for all.
    Raises what SQLAlchemy raises for what it cannot compile.
    """
    default = _default_schema(dialect)
    tables = [
        table
        for each in metadata
        for table in each.sorted_tables
        if schemas is None or (table.schema or default) in schemas
    ]
    if dialect.name == "sqlite":
        return _sqlite(tables, dialect), ()
    walk = _Walk(dialect)
    # SQLAlchemy's names are a kind of str: JSON makes plain ones of them.
    values = json.loads(json.dumps([walk.table(table) for table in tables]))
    return _catalog.Catalog.from_values(walk.backend, values), tuple(walk.enums)


# --- SQLite ---------------------------------------------------------------------------


def _sqlite(tables: Sequence[Table], dialect: Dialect) -> _catalog.Catalog:
    reader = _catalog.SqliteReader()
    for schema in sorted({table.schema or "" for table in tables}):
        rows = [
            row
            for table in tables
            if (table.schema or "") == schema
            for row in _statements(table, dialect)
        ]
        rows.sort(key=lambda row: row[0] == "index")
        reader.feed(schema if schema not in ("", "main") else None, rows)
    return reader.finish()


def _statements(table: Table, dialect: Dialect) -> Iterator[tuple[str, ...]]:
    """Yield the rows of `sqlite_schema`: type, name, table and statement."""
    prepare = dialect.identifier_preparer
    prefix = f"{prepare.quote_schema(table.schema)}." if table.schema else ""
    items: list[tuple[str, Any, Any]] = [("table", table, CreateTable(table))]
    items += [
        ("index", index, CreateIndex(index))
        for index in sqla_compat._in_name_order(table.indexes)
    ]
    for kind, item, statement in items:
        name = table.name
        if kind == "index":
            name = sqla_compat._stored_constraint_name(item, dialect) or ""
        # The database's name is no part of the statement that SQLite keeps.
        text = str(statement.compile(dialect=dialect)).replace(prefix, "", 1)
        yield kind, str(name), str(table.name), text.strip()


# --- PostgreSQL, MySQL and MariaDB ----------------------------------------------------


class _Walk:
    """What of a MetaData is told; see the module's comment.

    enums: those that were met.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.enums: dict[SchemaObject, None] = {}
        self.backend = backend(dialect)
        self._dialect = dialect
        self._is_postgresql = self.backend == "postgresql"
        # Of tables that name none; the other backends have none there.
        self._default_schema = _default_schema(dialect) if self._is_postgresql else None
        self._rules = _model.Rules(
            *(dialect, self._default_schema),
            types=True,
            defaults=True,
            comments=True,
            checks=True,
        )

    def table(self, table: Table) -> Values:
        """Return a table's values."""
        found: Values = {"name": str(table.name), "kind": "table"}
        schema = table.schema or self._default_schema
        if schema is not None:
            found["schema"] = schema
        if table.comment is not None:
            found["comment"] = table.comment
        found["columns"] = [self._column(table, each) for each in table.columns]
        found["constraints"] = list(self._constraints(table))
        found["indexes"] = [
            self._index(each) for each in sqla_compat._in_name_order(table.indexes)
        ]
        return found

    def _column(self, table: Table, column: sa.Column[Any]) -> Values:
        found: Values = {"name": column.name}
        text = self._rules.type_text(column.type)
        enum = self._enum(column.type)
        if self._is_postgresql:
            found |= _type_names.postgresql(text or "", enum)
        else:
            found |= _type_names.mysql(self._plain(text or ""))
        if not column.nullable or column.primary_key:
            found["not_null"] = True
        if column.comment is not None:
            found["comment"] = column.comment
        found |= self._default(column)
        counts = column is sqla_compat._autoincrement_column(table)
        if counts and not found.keys() & {"default_expr", "identity", "generated"}:
            if not self._is_postgresql:
                if not self._has_sequence(column):
                    found["is_auto_increment"] = True
            elif column.default is None or getattr(column.default, "optional", False):
                found["is_serial"] = True
        return found

    def _has_sequence(self, column: sa.Column[Any]) -> bool:
        """Return whether values come from a sequence, where the database has them."""
        given = column.default
        return (
            (self._dialect.supports_sequences or self.backend == "mariadb")
            and isinstance(given, sa.Sequence)
            and not given.optional
        )

    def _enum(self, type_: Any) -> str | None:
        """Note the enum of a column, if the database has it as a type; tell it."""
        if not self._is_postgresql:
            return None
        plain = type_.dialect_impl(self._dialect)
        plain = getattr(plain, "impl", plain) if isinstance(plain, sa.Enum) else plain
        if isinstance(plain, sa.types.ARRAY):
            inner = self._enum(plain.item_type)
            return inner and f"{inner}[]"
        if isinstance(plain, sa.types.TypeDecorator):
            return self._enum(plain.impl_instance)
        if not isinstance(plain, sa.Enum) or not plain.native_enum or not plain.name:
            return None
        metadata_schema = plain.metadata.schema if plain.metadata else None
        schema = plain.schema or metadata_schema or self._default_schema
        labels = ", ".join("'" + each.replace("'", "''") + "'" for each in plain.enums)
        self.enums[SchemaObject("enum", schema, plain.name, None, labels)] = None
        return f"{schema}.{plain.name} enum({labels})"

    def _default(self, column: sa.Column[Any]) -> Values:
        if column.computed is not None:
            computed = column.computed
            found: Values = {"generated": self._rules.computed_text(computed)}
            if computed.persisted is not None:
                kind = "stored" if computed.persisted else "virtual"
                found["generated_kind"] = kind
            return found
        if column.identity is not None and self._is_postgresql:
            return _identity(column.identity)
        given: Any = column.server_default
        text = self._rules.default_text(given, column.type)
        if text is None:
            return {}
        if isinstance(given.arg, str):
            return {"default_expr": "'" + given.arg.replace("'", "''") + "'"}
        sql = self._plain(self._rules.without_kind(text))
        default, _, on_update = _type_names.split_on_update(sql)
        return {"default_expr": default} | (
            {"on_update": on_update} if on_update else {}
        )

    def _plain(self, sql: str) -> str:
        return sqla_compat._undoubled(sql, self._dialect)

    def _constraints(self, table: Table) -> Iterator[Values]:
        bound = sqla_compat.all_table_check_constraints(table)
        others = [each for each in table.constraints if each not in bound]
        compiler: Any = self._dialect.ddl_compiler(self._dialect, None)  # type: ignore[arg-type]
        for each in sqla_compat._in_creation_order([*others, *bound]):
            # Rules of types are for their CHECKs; those of foreign keys say only that
            # create_all() has made them by ALTER TABLE before.
            is_key = isinstance(each, sa.ForeignKeyConstraint)
            if not is_key and not sqla_compat._create_rule_allows(each, compiler):
                continue
            found = self._constraint(each)
            if found is None:
                continue
            name = sqla_compat._stored_constraint_name(each, self._dialect)
            if name is not None:
                found["name"] = name
            if each.deferrable:
                found["deferrable"] = True
            if (each.initially or "").upper() == "DEFERRED":
                found["initially_deferred"] = found["deferrable"] = True
            found |= self._options(each)
            yield found

    def _options(self, constraint: sa.Constraint) -> Values:
        if not self._is_postgresql:
            return {}
        options = {
            name: constraint.dialect_kwargs.get(f"postgresql_{name}")
            for name in ("include", "not_valid", "nulls_not_distinct")
        }
        if options["include"]:
            included = [getattr(each, "name", each) for each in options["include"]]
            options["include"] = included
        return {name: value for name, value in options.items() if value}

    def _constraint(self, constraint: Any) -> Values | None:
        kind = constraint.__visit_name__
        if isinstance(constraint, sa.CheckConstraint):
            return {"kind": "check", "expr": self._rules.check_text(constraint)}
        if kind == "exclude_constraint":
            return {"kind": "exclude"}
        columns = [column.name for column in constraint.columns]
        if isinstance(constraint, sa.ForeignKeyConstraint):
            return {"columns": columns} | self._reference(constraint)
        kinds = {"primary_key_constraint": "primary key", "unique_constraint": "unique"}
        if kind not in kinds or not columns:
            return None
        return {"kind": kinds[kind], "columns": columns}

    def _reference(self, key: sa.ForeignKeyConstraint) -> Values:
        found: Values = {"kind": "foreign key", "ref_table": key.referred_table.name}
        schema = key.referred_table.schema or self._default_schema
        if schema is not None:
            found["ref_schema"] = schema
        found["ref_columns"] = [each.column.name for each in key.elements]
        actions = {"on_update": key.onupdate, "on_delete": key.ondelete}
        for name, action in actions.items():
            words = (action or "").upper()
            if words and words != "NO ACTION":
                found[name] = words
        match = (key.match or "").upper()
        if match in ("FULL", "PARTIAL"):
            found["match"] = match
        return found

    def _index(self, index: sa.Index) -> Values:
        method, predicate, stored, include, classes = self._rules.index_details(index)
        options = _model.index_options(index, self._dialect.name)
        lengths = options.get("length") or {}
        parts = []
        for element, opclass in zip(index.expressions, classes, strict=True):
            part: Values = {"text": self._plain(self._rules.index_text(element) or "")}
            if isinstance(element, sa.Column):
                part["text"] = element.name
                length = lengths
                if isinstance(lengths, dict):
                    length = lengths.get(element.name, lengths.get(element.key))
                if length:
                    part["length"] = length
            else:
                part["is_expr"] = True
            if opclass:
                part["opclass"] = opclass
            parts.append(part)
        name = sqla_compat._stored_constraint_name(index, self._dialect)
        found: Values = {"name": name or "", "parts": parts}
        details = {"predicate": predicate, "options": stored, "include": list(include)}
        found |= {name: value for name, value in details.items() if value}
        if self._is_postgresql:
            found["method"] = str(method).lower()
        if index.unique:
            found["is_unique"] = True
        if options.get("nulls_not_distinct"):
            found["nulls_not_distinct"] = True
        return found


def _default_schema(dialect: Dialect) -> str | None:
    fallbacks = {"postgresql": "public", "sqlite": "main"}
    return dialect.default_schema_name or fallbacks.get(dialect.name)


def backend(dialect: Dialect) -> str:
    """Return what a catalog calls the kind of database that a dialect is for."""
    if dialect.name == "mysql" and getattr(dialect, "is_mariadb", False):
        return "mariadb"
    return dialect.name


def _identity(identity: sa.Identity) -> Values:
    names = {"minvalue": "min", "maxvalue": "max"}
    asked = sqla_compat._get_identity_options_dict(identity)
    always = asked.pop("always", False)
    return {
        "identity_kind": "always" if always else "by default",
        "identity": {
            names.get(name, name): value
            for name, value in asked.items()
            if value is not None and names.get(name, name) in _IDENTITY
        },
    }


_IDENTITY = ("start", "increment", "min", "max", "cache", "cycle")
