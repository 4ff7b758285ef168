"""Random pairs of schemas: one for the database, one for the model.

A schema is plain data, from which `build` makes a new MetaData each time, so that two
packages can be given the same one without sharing objects.  The same seed makes the
same pair on every machine.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

PLAIN_NAMES = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
ODD_NAMES = [
    "order",
    "User",
    "two words",
    "per%cent",
    'quo"te',
    "apo'strophe",
    "back\\slash",
    "größe",
    "{braces}",
    "n" + "a" * 50,
]
COMMENTS = ["a comment", "it's", 'say "hi"', "100 %", "two\nlines", "back\\slash", "ü"]


MODIFIERS: dict[str, Callable[[Any], Any]] = {
    "lower": sa.func.lower,
    "desc": sa.desc,
    "nullsfirst": sa.nulls_first,
    "nullslast": sa.nulls_last,
}


class Celsius(sa.TypeDecorator[Any]):
    """A type that an application might have."""

    impl = sa.Numeric(8, 3)
    cache_ok = True


COMMON_TYPES: dict[str, Callable[[], Any]] = {
    "Integer": sa.Integer,
    "BigInteger": sa.BigInteger,
    "SmallInteger": sa.SmallInteger,
    "String": sa.String,
    "String20": lambda: sa.String(20),
    "String50": lambda: sa.String(50),
    "VARCHAR50": lambda: sa.VARCHAR(50),
    "CHAR3": lambda: sa.CHAR(3),
    "Text": sa.Text,
    "Unicode30": lambda: sa.Unicode(30),
    "Numeric": sa.Numeric,
    "Numeric8_2": lambda: sa.Numeric(8, 2),
    "Numeric10_2": lambda: sa.Numeric(10, 2),
    "DECIMAL10": lambda: sa.DECIMAL(10),
    "Float": sa.Float,
    "Double": sa.Double,
    "Boolean": sa.Boolean,
    "Date": sa.Date,
    "Time": sa.Time,
    "DateTime": sa.DateTime,
    "DateTimeTZ": lambda: sa.DateTime(timezone=True),
    "LargeBinary": sa.LargeBinary,
    "JSON": sa.JSON,
    "Uuid": sa.Uuid,
    "Enum": lambda: sa.Enum("one", "two", name="some_enum", native_enum=False),
    "Celsius": Celsius,
    "Variant": lambda: sa.String(40).with_variant(sa.Text(), "postgresql"),
    "Variant2": lambda: sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
}
POSTGRESQL_TYPES: dict[str, Callable[[], Any]] = {
    "JSONB": postgresql.JSONB,
    "ARRAY": lambda: postgresql.ARRAY(sa.Integer()),
    "ARRAYString": lambda: postgresql.ARRAY(sa.String(20)),
    "UUID": postgresql.UUID,
    "INET": postgresql.INET,
    "TIMESTAMP3": lambda: postgresql.TIMESTAMP(precision=3),
    "TIMESTAMP3TZ": lambda: postgresql.TIMESTAMP(timezone=True, precision=3),
    "Interval": sa.Interval,
    "INTERVALDAY": lambda: postgresql.INTERVAL(fields="DAY"),
    "BIT4": lambda: postgresql.BIT(4),
    "VARBIT": lambda: postgresql.BIT(varying=True),
    "TSVECTOR": postgresql.TSVECTOR,
    "INT4RANGE": postgresql.INT4RANGE,
    "MONEY": postgresql.MONEY,
    "PGEnum": lambda: sa.Enum("red", "green", name="colour"),
    "PGEnum2": lambda: sa.Enum("red", "green", "blue", name="Colour 2"),
}

# By the kind of type that they suit.
DEFAULTS: dict[str, Callable[[], Any]] = {
    "zero": lambda: "0",
    "one": lambda: sa.text("1"),
    "negative": lambda: sa.text("-7"),
    "decimal": lambda: sa.text("1.50"),
    "word": lambda: "word",
    "quoted": lambda: "it's",
    "percent": lambda: "100%",
    "sqltext": lambda: sa.text("'word'"),
    "empty": lambda: "",
    "now": sa.func.now,
    "current": lambda: sa.text("CURRENT_TIMESTAMP"),
    "date": lambda: sa.text("'2020-01-01'"),
    "true": sa.true,
    "false": sa.false,
    "object": lambda: sa.text("'{}'"),
    "expression": lambda: sa.text("(1 + 2)"),
}
DEFAULTS_FOR = {
    "number": ["zero", "one", "negative", "expression"],
    "decimal": ["zero", "one", "decimal"],
    "text": ["word", "quoted", "percent", "sqltext", "empty"],
    "moment": ["now", "current", "date"],
    "boolean": ["true", "false"],
    "json": ["object"],
}
KINDS = {
    "number": {"Integer", "BigInteger", "SmallInteger", "Variant2"},
    "decimal": {"Numeric", "Numeric8_2", "Numeric10_2", "DECIMAL10", "Float"},
    "text": {"String", "String20", "String50", "VARCHAR50", "Text", "Unicode30"},
    "moment": {"Date", "DateTime", "DateTimeTZ", "TIMESTAMP3"},
    "boolean": {"Boolean"},
    "json": {"JSON", "JSONB"},
}
KIND_OF = {name: kind for kind, names in KINDS.items() for name in names}


@dataclass
class ColumnSpec:
    """A column that is no part of a key."""

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    comment: str | None = None
    computed: str | None = None
    unique: bool = False
    index: bool = False
    check: str | None = None


@dataclass
class KeySpec:
    """The primary key: a column, or two."""

    columns: list[str]
    identity: bool = False
    type: str = "Integer"


@dataclass
class UniqueSpec:
    """A unique constraint."""

    name: str | None
    columns: list[str]
    deferrable: bool = False
    nulls_not_distinct: bool = False


@dataclass
class ForeignKeySpec:
    """A foreign key on one column, to the primary key of another table."""

    name: str | None
    column: str
    target: tuple[str | None, str]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class CheckSpec:
    """A check constraint."""

    name: str | None
    text: str


@dataclass
class IndexSpec:
    """An index; elements are (column, modifier)."""

    name: str
    elements: list[tuple[str, str]]
    unique: bool = False
    where: str | None = None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class TableSpec:
    """A table."""

    name: str
    schema: str | None
    key: KeySpec
    columns: list[ColumnSpec] = field(default_factory=list)
    uniques: list[UniqueSpec] = field(default_factory=list)
    foreign_keys: list[ForeignKeySpec] = field(default_factory=list)
    checks: list[CheckSpec] = field(default_factory=list)
    indexes: list[IndexSpec] = field(default_factory=list)
    comment: str | None = None

    def names(self) -> list[str]:
        """Return the names of all columns."""
        return [
            *self.key.columns,
            *(each.name for each in self.columns),
            *(each.column for each in self.foreign_keys),
        ]


@dataclass
class SchemaSpec:
    """All tables of a schema."""

    tables: list[TableSpec] = field(default_factory=list)
    convention: bool = False


@dataclass
class Pair:
    """What the database has, what the model wants, and the options to compare with."""

    seed: int
    dialect: str
    database: SchemaSpec
    model: SchemaSpec
    options: dict[str, Any]
    include_schemas: bool
    hidden: frozenset[str]
    """Names that a filter hides; which filter, the options say."""


# --- making -------------------------------------------------------------------------


class Maker:
    """Makes the parts of a schema, all from one source of chance."""

    def __init__(self, rng: random.Random, dialect: str) -> None:
        self.rng = rng
        self.postgresql = dialect == "postgresql"
        self.types = sorted(COMMON_TYPES)
        if self.postgresql:
            self.types += sorted(POSTGRESQL_TYPES)
        self.serial = 0

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def name(self, prefix: str) -> str:
        """Return a new name, an odd one at times."""
        self.serial += 1
        if self.chance(0.2):
            odd = self.rng.choice(ODD_NAMES)
            # Upstream's query for the sequence of a SERIAL column fails on these.
            if not (self.postgresql and prefix in "tp" and "'" in odd):
                return f"{odd}{prefix}{self.serial}"
        return f"{self.rng.choice(PLAIN_NAMES)}_{prefix}{self.serial}"

    def quoted(self, name: str) -> str:
        """Return a name as SQL has it."""
        escaped = name.replace('"', '""')
        return f'"{escaped}"'

    def default_for(self, type_name: str) -> str | None:
        kind = KIND_OF.get(type_name)
        if kind is None or self.chance(0.5):
            return None
        name = self.rng.choice(DEFAULTS_FOR[kind])
        # PostgreSQL cannot compare these in the way that upstream asks it to.
        awkward = name == "quoted" or type_name == "JSON"
        return None if self.postgresql and awkward and self.chance(0.8) else name

    def comment(self) -> str | None:
        return self.rng.choice(COMMENTS) if self.chance(0.2) else None

    def column(self) -> ColumnSpec:
        type_name = self.rng.choice(self.types)
        spec = ColumnSpec(
            self.name("c"),
            type_name,
            nullable=self.chance(0.7),
            default=self.default_for(type_name),
            comment=self.comment(),
        )
        comparable = KIND_OF.get(type_name) in ("number", "text", "decimal")
        if comparable:
            spec.unique = self.chance(0.08)
            spec.index = self.chance(0.12)
        if type_name == "Integer" and self.chance(0.1):
            spec.default, spec.computed, spec.nullable = None, "1 + 1", True
        if type_name == "Integer" and self.chance(0.1):
            spec.check = self.name("k")
        return spec

    def unique(self, table: TableSpec) -> UniqueSpec:
        return UniqueSpec(
            self.name("u") if self.chance(0.7) else None,
            self.some_columns(table),
            deferrable=self.postgresql and self.chance(0.1),
            nulls_not_distinct=self.postgresql and self.chance(0.1),
        )

    def some_columns(self, table: TableSpec) -> list[str]:
        sortable = [
            each.name
            for each in table.columns
            if KIND_OF.get(each.type) in ("number", "text", "decimal", "moment")
        ]
        names = [*table.key.columns, *sortable]
        return self.rng.sample(names, min(len(names), self.rng.randint(1, 3)))

    def index(self, table: TableSpec) -> IndexSpec:
        texts = {
            each.name for each in table.columns if KIND_OF.get(each.type) == "text"
        }
        elements = []
        for name in self.some_columns(table):
            modifiers = ["", "", "", "", "desc"]
            if name in texts:
                modifiers += ["lower", "lower desc"]
            if self.postgresql:
                modifiers += ["nullsfirst", "desc nullslast"]
            elements.append((name, self.rng.choice(modifiers)))
        spec = IndexSpec(self.name("i"), elements, unique=self.chance(0.2))
        if self.chance(0.15):
            key = self.quoted(table.key.columns[0])
            spec.where = f"{key} > {self.rng.randint(1, 3)}"
        if self.postgresql and not spec.unique and self.chance(0.1):
            spec.options["postgresql_using"] = "btree"
        if self.postgresql and self.chance(0.1):
            spec.options["postgresql_include"] = [table.key.columns[0]]
        if self.postgresql and spec.unique and self.chance(0.2):
            spec.options["postgresql_nulls_not_distinct"] = True
        return spec

    def check(self, table: TableSpec) -> CheckSpec:
        key = self.quoted(table.key.columns[0])
        text = self.rng.choice(
            [f"{key} > 0", f"{key} <> 13", "1 > 0", "'it''s' <> 'x'"]
        )
        return CheckSpec(self.name("k") if self.chance(0.8) else None, text)

    def foreign_key(
        self, schema: SchemaSpec, table: TableSpec
    ) -> ForeignKeySpec | None:
        targets = [
            each
            for each in (*schema.tables, table)
            if len(each.key.columns) == 1 and each.key.type == "Integer"
        ]
        if not targets:
            return None
        target = self.rng.choice(targets)
        options: dict[str, Any] = {}
        if self.chance(0.3):
            options["ondelete"] = self.rng.choice(["CASCADE", "SET NULL", "NO ACTION"])
        if self.chance(0.2):
            options["onupdate"] = self.rng.choice(["CASCADE", "RESTRICT"])
        if self.chance(0.15):
            options["deferrable"] = True
            options["initially"] = self.rng.choice(["DEFERRED", "IMMEDIATE"])
        return ForeignKeySpec(
            self.name("f") if self.chance(0.6) else None,
            self.name("r"),
            (target.schema, target.name),
            options,
        )

    def table(self, schema: SchemaSpec, in_schemas: bool) -> TableSpec:
        where = "test_schema" if in_schemas and self.chance(0.3) else None
        columns = [self.name("p")]
        if self.chance(0.15):
            columns.append(self.name("p"))
        key = KeySpec(
            columns,
            identity=self.postgresql and len(columns) == 1 and self.chance(0.15),
            type="BigInteger" if self.postgresql and self.chance(0.15) else "Integer",
        )
        table = TableSpec(self.name("t"), where, key, comment=self.comment())
        table.columns = [self.column() for _ in range(self.rng.randint(0, 6))]
        table.uniques = [
            self.unique(table) for _ in range(self.rng.choice([0, 0, 1, 2]))
        ]
        table.indexes = [
            self.index(table) for _ in range(self.rng.choice([0, 0, 1, 2]))
        ]
        table.checks = [
            self.check(table) for _ in range(self.rng.choice([0, 0, 0, 1, 2]))
        ]
        for _ in range(self.rng.choice([0, 0, 1, 2])):
            key_spec = self.foreign_key(schema, table)
            if key_spec is not None:
                table.foreign_keys.append(key_spec)
        return table

    # --- changing -------------------------------------------------------------------

    def change_column(self, column: ColumnSpec) -> None:
        what = self.rng.choice(["type", "nullable", "default", "comment", "flags"])
        if what == "type":
            column.type = self.rng.choice(self.types)
            if KIND_OF.get(column.type) is None or column.computed:
                column.default = None
            elif column.default is not None:
                column.default = self.default_for(column.type)
            if KIND_OF.get(column.type) not in ("number", "text", "decimal"):
                column.unique = column.index = False
        elif what == "nullable" and not column.computed:
            column.nullable = not column.nullable
        elif what == "default" and not column.computed:
            column.default = self.default_for(column.type)
        elif what == "comment":
            column.comment = self.rng.choice([None, *COMMENTS])
        elif KIND_OF.get(column.type) in ("number", "text", "decimal"):
            column.unique, column.index = self.chance(0.3), self.chance(0.3)

    def change_list(
        self, items: list[Any], make: Callable[[], Any], rename: bool = True
    ) -> None:
        """Drop one, add one, or change one of some named things."""
        what = self.rng.choice(["drop", "add", "rename", "replace"])
        if what == "add" or not items:
            item = make()
            if item is not None:
                items.append(item)
            return
        position = self.rng.randrange(len(items))
        if what == "drop":
            del items[position]
        elif what == "rename":
            items[position].name = self.name("x") if rename else None
        else:
            replacement = make()
            if replacement is not None:
                replacement.name = items[position].name
                if isinstance(replacement, ForeignKeySpec):
                    replacement.column = items[position].column
                items[position] = replacement

    def change_table(self, schema: SchemaSpec, table: TableSpec) -> None:
        what = self.rng.choice(
            ["column", "column", "columns", "unique", "foreign", "check", "index"]
            + ["index", "comment"]
        )
        if what == "column" and table.columns:
            self.change_column(self.rng.choice(table.columns))
        elif what == "columns":
            if table.columns and self.chance(0.5):
                del table.columns[self.rng.randrange(len(table.columns))]
            else:
                position = self.rng.randint(0, len(table.columns))
                table.columns.insert(position, self.column())
        elif what == "unique":
            self.change_list(table.uniques, lambda: self.unique(table))
        elif what == "foreign":
            before = schema.tables[: schema.tables.index(table)]
            earlier = SchemaSpec(before)
            self.change_list(
                table.foreign_keys, lambda: self.foreign_key(earlier, table)
            )
        elif what == "check":
            self.change_list(table.checks, lambda: self.check(table))
        elif what == "index":
            self.change_list(table.indexes, lambda: self.index(table))
        elif what == "comment":
            table.comment = self.rng.choice([None, *COMMENTS])

    def change(self, schema: SchemaSpec, in_schemas: bool) -> None:
        if self.chance(0.5) and schema.tables:
            del schema.tables[self.rng.randrange(len(schema.tables))]
        if self.chance(0.5):
            schema.tables.append(self.table(schema, in_schemas))
        for table in schema.tables:
            if self.chance(0.6):
                for _ in range(self.rng.choice([1, 1, 2, 5])):
                    self.change_table(schema, table)
        if self.chance(0.1):
            schema.convention = not schema.convention


def make_pair(seed: int, dialect: str) -> Pair:
    """Return the pair of a seed.

    dialect: "sqlite" or "postgresql".
    """
    rng = random.Random(f"{dialect}:{seed}")
    maker = Maker(rng, dialect)
    in_schemas = dialect == "postgresql" and rng.random() < 0.4
    database = SchemaSpec(convention=rng.random() < 0.4)
    for _ in range(rng.randint(0, 5)):
        database.tables.append(maker.table(database, in_schemas))
    model = copy.deepcopy(database)
    if rng.random() > 0.05:
        maker.change(model, in_schemas)
    options = {
        "compare_type": rng.random() < 0.9,
        "compare_server_default": rng.random() < 0.7,
        "render_as_batch": dialect == "sqlite" or rng.random() < 0.2,
        "filter": rng.choice([None, None, None, "include_name", "include_object"]),
    }
    names = sorted(
        {
            name
            for spec in (database, model)
            for table in spec.tables
            for name in (table.name, *table.names(), *(i.name for i in table.indexes))
        }
    )
    hidden = frozenset(rng.sample(names, len(names) // 5))
    return Pair(seed, dialect, database, model, options, in_schemas, hidden)


# --- building -----------------------------------------------------------------------


def _element(table: sa.Table, name: str, modifiers: str) -> Any:
    element: Any = table.c[name]
    for modifier in modifiers.split():
        element = MODIFIERS[modifier](element)
    return element


def _column(spec: ColumnSpec, types: dict[str, Callable[[], Any]]) -> sa.Column[Any]:
    extra: list[Any] = []
    if spec.computed:
        extra.append(sa.Computed(spec.computed, persisted=True))
    if spec.check:
        extra.append(sa.CheckConstraint("2 > 1", name=spec.check))
    options: dict[str, Any] = {}
    if spec.default:
        options["server_default"] = DEFAULTS[spec.default]()
    if not spec.computed:
        options["nullable"] = spec.nullable
    return sa.Column(
        spec.name,
        types[spec.type](),
        *extra,
        comment=spec.comment,
        unique=spec.unique or None,
        index=spec.index or None,
        **options,
    )


def build(
    spec: SchemaSpec, more_types: Mapping[str, Callable[[], Any]] | None = None
) -> sa.MetaData:
    """Return a new MetaData of a schema; references to what is gone are left out."""
    types = {**COMMON_TYPES, **POSTGRESQL_TYPES, **(more_types or {})}
    metadata = sa.MetaData(naming_convention=CONVENTION if spec.convention else None)
    known = {(table.schema, table.name): table for table in spec.tables}
    tables = {
        place: _build_table(table_spec, metadata, types, spec.convention)
        for place, table_spec in known.items()
    }
    for place, table in tables.items():
        _build_foreign_keys(known[place], table, known, tables)
    return metadata


def _build_foreign_keys(
    spec: TableSpec,
    table: sa.Table,
    known: dict[tuple[str | None, str], TableSpec],
    tables: dict[tuple[str | None, str], sa.Table],
) -> None:
    for key in spec.foreign_keys:
        if key.target in known:
            # By column object, since names hold dots and quotes.
            column_name = known[key.target].key.columns[0]
            table.append_constraint(
                sa.ForeignKeyConstraint(
                    [table.c[key.column]],
                    [tables[key.target].c[column_name]],
                    name=key.name,
                    **key.options,
                )
            )


def _build_table(
    spec: TableSpec,
    metadata: sa.MetaData,
    types: dict[str, Callable[[], Any]],
    convention: bool,
) -> sa.Table:
    table = sa.Table(spec.name, metadata, schema=spec.schema, comment=spec.comment)
    for name in spec.key.columns:
        identity = [sa.Identity()] if spec.key.identity else []
        table.append_column(
            sa.Column(name, types[spec.key.type](), *identity, primary_key=True)
        )
    for column in spec.columns:
        table.append_column(_column(column, types))
    for key in spec.foreign_keys:
        table.append_column(sa.Column(key.column, sa.Integer()))
    # Two on the same columns would get the same name from a convention.
    uniques = {tuple(each.columns): each for each in spec.uniques}
    for unique in uniques.values():
        if all(name in table.c for name in unique.columns):
            options: dict[str, Any] = {"deferrable": unique.deferrable or None}
            if unique.nulls_not_distinct:
                options["postgresql_nulls_not_distinct"] = True
            columns = (table.c[name] for name in unique.columns)
            table.append_constraint(
                sa.UniqueConstraint(*columns, name=unique.name, **options)
            )
    for check in spec.checks:
        if check.name or not convention:
            table.append_constraint(sa.CheckConstraint(check.text, name=check.name))
    for index in spec.indexes:
        if all(name in table.c for name, _ in index.elements):
            options = dict(index.options)
            if index.where:
                options["postgresql_where"] = sa.text(index.where)
                options["sqlite_where"] = sa.text(index.where)
            sa.Index(
                index.name,
                *(_element(table, name, mods) for name, mods in index.elements),
                unique=index.unique,
                **options,
            )
    return table
