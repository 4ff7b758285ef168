"""Random pairs of schemas with whatever SQLAlchemy lets people declare.

`schemas` keeps to what every database takes and the proof is to know.  Here are the
rest: types of every kind, options of dialects, odd names, keys that refer in circles,
columns with keys, conventions, options of the environment.  What a database refuses is
left out of it (see `wild.create`), so a schema need not make sense.

A schema is a list of tables, columns and items, each with functions that make new
objects of SQLAlchemy.  The same seed makes the same pair on every machine.
"""

from __future__ import annotations

import contextlib
import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from tests.support.wild_words import (
    COMPUTED,
    CONVENTIONS,
    DEFAULTS_OF,
    IDENTITIES,
    TABLE_OPTIONS,
    TYPES,
    Type,
    Word,
)

PLAIN_NAMES = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]
ODD_NAMES = [
    "order",
    "select",
    "User",
    "camelCase",
    "two words",
    "per%cent",
    "per%%cent",
    "%(name)s",
    "dotted.name",
    "a:colon",
    'quo"te',
    "größe",
    "{braces}",
    "_",
    "1st",
    "n" + "a" * 55,
    "Long" + "Name" * 14,
]
# A longer one is refused; MySQL's limit is 64, PostgreSQL's 63.
LONGEST = 62
COMMENTS = ["a comment", "it's", 'say "hi"', "100 %", "%(x)s", "two\nlines", "ü", "\\"]
SORTABLE = {"integer", "number", "text", "moment", "date", "boolean", "uuid", ""}

Tables = dict[tuple[str | None, str], sa.Table]


@dataclass
class Column:
    """A column; `options` are arguments of sa.Column that are plain values."""

    name: str
    type: Type
    default: Word | None = None
    extra: list[Word] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class Item:
    """A constraint or an index.

    make: adds one to a table; gets the name and the columns.
    """

    name: str | None
    columns: list[str]
    make: Callable[[sa.Table, str | None, list[Any], Tables], Any]


@dataclass
class TableSpec:
    """A table."""

    name: str
    schema: str | None
    columns: list[Column] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> list[str]:
        """The names of the columns of the primary key."""
        return [each.name for each in self.columns if each.options.get("primary_key")]


@dataclass
class Schema:
    """All tables of a schema.

    default_schema: the argument of MetaData.
    """

    tables: list[TableSpec] = field(default_factory=list)
    convention: int = 0
    default_schema: str | None = None


@dataclass
class Pair:
    """What the database has, what the model wants, and the options to compare with."""

    seed: int
    dialect: str
    database: Schema
    model: Schema
    options: dict[str, Any]
    hidden: frozenset[str]
    raw: list[str] = field(default_factory=list)
    """Statements that make more in the database."""


class Maker:
    """Makes the parts of a schema, all from one source of chance."""

    def __init__(self, rng: random.Random, dialect: str) -> None:
        self.rng = rng
        self.dialect = dialect
        self.postgresql = dialect == "postgresql"
        self.sqlite = dialect == "sqlite"
        self.mysql = dialect in ("mysql", "mariadb")
        self.serial = 0
        self.used: set[int] = set()

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def name(self, prefix: str) -> str:
        """Return a new name, an odd one at times."""
        self.serial += 1
        stem = f"{self.rng.choice(PLAIN_NAMES)}_"
        if self.chance(0.12):
            stem = self.rng.choice(ODD_NAMES)
        suffix = f"{prefix}{self.serial}"
        return stem[: LONGEST - len(suffix)] + suffix

    def optional_name(self, prefix: str, probability: float = 0.7) -> str | None:
        return self.name(prefix) if self.chance(probability) else None

    # --- columns --------------------------------------------------------------------

    def default_for(self, type_: Type) -> Word | None:
        words = DEFAULTS_OF[self.dialect].get(type_.kind)
        return self.rng.choice(words) if words and self.chance(0.4) else None

    def type(self) -> Type:
        """Return a type, those with named checks once."""
        types = TYPES[self.dialect]
        while types[number := self.rng.randrange(len(types))].once:
            if number not in self.used:
                self.used.add(number)
                break
        return types[number]

    def column(self) -> Column:
        type_ = self.type()
        spec = Column(self.name("c"), type_, self.default_for(type_))
        options = spec.options
        if self.chance(0.7):
            options["nullable"] = self.chance(0.6)
        if self.chance(0.15):
            options["comment"] = self.rng.choice(COMMENTS)
        if self.chance(0.08):
            options["key"] = f"key_of_{spec.name}"
        if self.chance(0.08):
            options["quote"] = self.chance(0.8)
        if self.chance(0.05):
            options["info"] = {"skip": True}
        if self.chance(0.06):
            options["default"] = None
        if self.chance(0.05):
            options["server_onupdate"] = sa.FetchedValue()
        if type_.kind in SORTABLE and type_.indexable:
            if self.chance(0.06):
                options["unique"] = True
            if self.chance(0.1):
                options["index"] = True
        self.special(spec)
        return spec

    def special(self, spec: Column) -> None:
        """Make an integer column computed, an identity or checked."""
        if spec.type.kind != "integer":
            return
        if self.chance(0.1):
            spec.default = None
            spec.extra.append(self.rng.choice(COMPUTED))
            spec.options.pop("nullable", None)
            spec.options.pop("default", None)
        elif self.chance(0.1) and self.postgresql:
            spec.default = None
            spec.extra.append(self.rng.choice(IDENTITIES))
            spec.options.pop("nullable", None)
        elif self.chance(0.08):
            name = self.name("k")
            spec.extra.append(lambda: sa.CheckConstraint("2 > 1", name=name))

    def key_columns(self) -> list[Column]:
        integers = [each for each in TYPES[self.dialect] if each.kind == "integer"]
        texts = [
            each
            for each in TYPES[self.dialect]
            if each.kind == "text" and not each.once
        ]
        columns: list[Column] = []
        for _ in range(self.rng.choice([0, 1, 1, 1, 1, 1, 2])):
            type_ = self.rng.choice(integers[:4] if self.chance(0.8) else integers)
            if self.chance(0.1):
                type_ = self.rng.choice(texts)
            spec = Column(self.name("p"), type_, options={"primary_key": True})
            if self.chance(0.25):
                choices = [True, False, "auto"]
                spec.options["autoincrement"] = self.rng.choice(choices)
            if self.postgresql and self.chance(0.15):
                spec.extra.append(self.rng.choice(IDENTITIES))
            elif self.postgresql and type_.kind == "integer" and self.chance(0.06):
                name = self.name("q")
                spec.extra.append(lambda name=name: sa.Sequence(name))
            if type_.kind == "integer" and not columns and self.chance(0.05):
                spec.default = self.rng.choice(DEFAULTS_OF[self.dialect]["integer"])
            columns.append(spec)
        return columns

    # --- constraints ----------------------------------------------------------------

    def some(self, table: TableSpec, most: int = 3) -> list[str]:
        names = [
            each.name
            for each in table.columns
            if each.type.kind in SORTABLE and each.type.indexable
        ]
        return self.rng.sample(names, min(len(names), self.rng.randint(1, most)))

    def kinds(self, table: TableSpec, *kinds: str) -> list[str]:
        return [each.name for each in table.columns if each.type.kind in kinds]

    def timing(self) -> dict[str, Any]:
        if self.mysql or self.chance(0.8):
            return {}
        if self.chance(0.2):
            return {"deferrable": False}
        initially = self.rng.choice(["DEFERRED", "IMMEDIATE", None])
        return {"deferrable": True, "initially": initially}

    def unique(self, table: TableSpec) -> Item:
        options: dict[str, Any] = self.timing() if self.postgresql else {}
        if self.postgresql and self.chance(0.1):
            options["postgresql_nulls_not_distinct"] = True
        if self.postgresql and self.chance(0.1):
            options["postgresql_include"] = self.some(table, 1)
        if self.sqlite and self.chance(0.1):
            options["sqlite_on_conflict"] = "IGNORE"
        if self.chance(0.05):
            options["info"] = {"skip": 1}
        return Item(
            self.optional_name("u"),
            self.some(table) or [table.columns[0].name],
            lambda t, name, columns, tables: t.append_constraint(
                sa.UniqueConstraint(*columns, name=name, **options)
            ),
        )

    def check(self, table: TableSpec) -> Item:
        numbers = self.kinds(table, "integer", "number")
        texts = self.kinds(table, "text")
        number = self.rng.randint(0, 9)
        conditions: list[tuple[list[str], Word]] = [
            ([], lambda c: sa.text("1 > 0")),
            ([], lambda c: "'100%' <> 'it''s'"),
            ([], lambda c: "':x' <> 'y'"),
        ]
        if numbers:
            name = [self.rng.choice(numbers)]
            conditions += [
                (name, lambda c: c > number),
                (name, lambda c: c.in_([1, 2, number])),
                (name, lambda c: sa.and_(c >= 0, c % 3 != number)),
                (name, lambda c: sa.or_(c.is_(None), c > number)),
            ]
        if texts:
            name = [self.rng.choice(texts)]
            conditions += [
                (name, lambda c: c != "it's"),
                (name, lambda c: sa.func.length(c) > number),
                (name, lambda c: c.like("%x%")),
            ]
        names, condition = self.rng.choice(conditions)

        def make(
            table: sa.Table, name: str | None, columns: list[Any], tables: Tables
        ) -> None:
            sqltext = condition(*columns) if columns else condition(None)
            table.append_constraint(sa.CheckConstraint(sqltext, name=name))

        return Item(self.optional_name("k", 0.8), names, make)

    def exclusion(self, table: TableSpec) -> Item:
        names = self.kinds(table, "integer", "date", "text")[:1]
        where = "1 = 1" if self.chance(0.3) else None
        options = self.timing() if self.chance(0.3) else {}

        def make(
            table: sa.Table, name: str | None, columns: list[Any], tables: Tables
        ) -> None:
            elements = [(column, "=") for column in columns] or [(sa.text("1"), "=")]
            condition = sa.text(where) if where else None
            constraint = postgresql.ExcludeConstraint(
                *elements, name=name, using="btree", where=condition, **options
            )
            table.append_constraint(constraint)

        return Item(self.name("e"), names, make)

    def named_key(self, table: TableSpec) -> Item:
        """Return a primary key that is spelled out."""
        return Item(
            self.name("pk"),
            table.key,
            lambda t, name, columns, tables: t.append_constraint(
                sa.PrimaryKeyConstraint(*columns, name=name)
            ),
        )

    def foreign_key(self, schema: Schema, table: TableSpec) -> Item | None:
        """Return a foreign key; the columns for it are added to the table."""
        targets = [each for each in (*schema.tables, table) if each.key]
        if not targets:
            return None
        target = self.rng.choice(targets)
        target_key = target.schema, target.name
        by_name = {each.name: each for each in target.columns}
        names = []
        for key_name in target.key:
            column = Column(self.name("r"), by_name[key_name].type)
            column.options["nullable"] = self.chance(0.7)
            table.columns.append(column)
            names.append(column.name)
        referred = target.key
        options: dict[str, Any] = self.timing()
        actions = ["CASCADE", "SET NULL", "NO ACTION", "RESTRICT", "cascade", None]
        if self.chance(0.4):
            options["ondelete"] = self.rng.choice(actions)
        if self.chance(0.3):
            options["onupdate"] = self.rng.choice(actions)
        if self.chance(0.1) and not self.mysql:
            options["match"] = self.rng.choice(["FULL", "SIMPLE"])
        if self.chance(0.1):
            options["use_alter"] = True
        if self.chance(0.1):
            options["comment"] = None

        def make(
            table: sa.Table, name: str | None, columns: list[Any], tables: Tables
        ) -> None:
            found = tables.get(target_key)
            if found is None:
                return
            ends = list(_columns(found, referred))
            if len(ends) == len(referred):
                table.append_constraint(
                    sa.ForeignKeyConstraint(columns, ends, name=name, **options)
                )

        needed = 1.0 if options.get("use_alter") else 0.6
        return Item(self.optional_name("f", needed), names, make)

    # --- indexes --------------------------------------------------------------------

    def element(self, kind: str) -> Word:
        elements: list[Word] = [lambda c: c] * 5 + [lambda c: c.desc()]
        if kind == "text" and not self.mysql:
            elements += [
                sa.func.lower,
                lambda c: sa.func.lower(c).desc(),
                lambda c: sa.func.coalesce(c, "it's"),
                lambda c: sa.text("lower('a')"),
                lambda c: c + "%",
            ]
        if kind == "integer" and not self.mysql:
            elements += [
                lambda c: c + 1,
                lambda c: sa.func.abs(c),
                lambda c: sa.func.coalesce(c, 0),
                lambda c: sa.case((c > 1, 1), else_=0),
                lambda c: sa.cast(c, sa.Numeric(8, 2)),
            ]
        if self.postgresql:
            elements += [lambda c: c.desc().nulls_last(), lambda c: c.nulls_first()]
            if kind == "text":
                elements += [
                    lambda c: sa.collate(c, "C"),
                    lambda c: postgresql_concat(c),
                    lambda c: sa.text("lower('x'::text)"),
                ]
        return self.rng.choice(elements)

    def index(self, table: TableSpec) -> Item:
        if self.postgresql and self.chance(0.2):
            special = self.special_index(table)
            if special is not None:
                return special
        names = self.some(table) or [table.columns[0].name]
        kind_of = {each.name: each.type.kind for each in table.columns}
        words = [self.element(kind_of[name]) for name in names]
        options: dict[str, Any] = self.index_options(table, names, kind_of)
        unique = self.chance(0.25)
        if self.postgresql and unique and self.chance(0.2):
            options["postgresql_nulls_not_distinct"] = self.chance(0.8)
        where = self.where(table, kind_of) if self.chance(0.2) else None

        def make(
            table: sa.Table, name: str | None, columns: list[Any], tables: Tables
        ) -> None:
            found = dict(options)
            if where is not None:
                condition = where(table)
                found |= {"postgresql_where": condition, "sqlite_where": condition}
            elements = [
                word(column) for word, column in zip(words, columns, strict=True)
            ]
            sa.Index(name, *elements, unique=unique, _table=table, **found)

        return Item(self.optional_name("i", 0.95), names, make)

    def index_options(
        self, table: TableSpec, names: list[str], kind_of: dict[str, str]
    ) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if self.postgresql and self.chance(0.3):
            texts = [name for name in names if kind_of[name] == "text"]
            choices: list[dict[str, Any]] = [
                {"postgresql_using": "btree"},
                {"postgresql_include": self.some(table, 2)},
                {"postgresql_with": {"fillfactor": 50}},
                {"postgresql_tablespace": "pg_default"},
                {"mysql_length": 10},
                {"postgresql_ops": dict.fromkeys(texts, "varchar_pattern_ops")},
                {"postgresql_ops": dict.fromkeys(texts, "text_pattern_ops")},
            ]
            options |= self.rng.choice(choices)
        if self.mysql and self.chance(0.2):
            texts = [name for name in names if kind_of[name] == "text"]
            choices = [
                {"mysql_length": dict.fromkeys(texts, 3)},
                {"mysql_using": "btree"},
                {"mariadb_using": "hash"},
                {"mysql_prefix": "FULLTEXT"},
            ]
            options |= self.rng.choice(choices)
        return options

    def special_index(self, table: TableSpec) -> Item | None:
        """Return an index of an access method that only some types have."""
        arrays, documents = self.kinds(table, "array"), self.kinds(table, "json")
        plain = self.kinds(table, "integer", "text")
        choices: list[tuple[str, dict[str, Any]]] = []
        choices += [(name, {"postgresql_using": "gin"}) for name in arrays]
        for name in documents:
            ops = {"postgresql_ops": {name: "jsonb_path_ops"}}
            choices += [(name, {"postgresql_using": "gin", **ops})]
            choices += [(name, {"postgresql_using": "gin"})]
        for name in plain:
            choices += [(name, {"postgresql_using": "hash"})]
            choices += [(name, {"postgresql_using": "brin"})]
        if not choices:
            return None
        name, options = self.rng.choice(choices)
        return Item(
            self.name("i"),
            [name],
            lambda t, name, columns, tables: sa.Index(name, *columns, **options),
        )

    def where(self, table: TableSpec, kind_of: dict[str, str]) -> Word:
        numbers = [name for name, kind in kind_of.items() if kind == "integer"]
        texts = [name for name, kind in kind_of.items() if kind == "text"]
        number = self.rng.randint(0, 5)
        words: list[Word] = [lambda t: sa.text("1 > 0")]
        if numbers:
            name = self.rng.choice(numbers)
            words += [
                lambda t: _column_of(t, name) > number,
                lambda t: _column_of(t, name).in_([1, 2]),
                lambda t: _column_of(t, name).is_not(None),
            ]
        if texts:
            text_name = self.rng.choice(texts)
            words += [
                lambda t: _column_of(t, text_name) == "it's 100%",
                lambda t: _column_of(t, text_name).like("a%"),
            ]
        return self.rng.choice(words)

    # --- tables ---------------------------------------------------------------------

    def item(self, schema: Schema, table: TableSpec) -> Item | None:
        kinds = ["unique", "unique", "index", "index", "index", "check", "foreign"]
        kinds += ["foreign"]
        if self.postgresql:
            kinds.append("exclusion")
        match self.rng.choice(kinds):
            case "unique":
                return self.unique(table)
            case "check":
                return self.check(table)
            case "foreign":
                return self.foreign_key(schema, table)
            case "exclusion":
                return self.exclusion(table)
        return self.index(table)

    def table(self, schema: Schema, schemas: list[str | None]) -> TableSpec:
        where = self.rng.choice(schemas)
        name = self.name("t")
        # The same name in several schemas.
        taken = {(each.schema, each.name) for each in schema.tables}
        if schema.tables and len(schemas) > 1 and self.chance(0.3):
            twin = self.rng.choice(schema.tables).name
            name = name if (where, twin) in taken else twin
        table = TableSpec(name, where)
        if self.chance(0.2):
            table.options["comment"] = self.rng.choice(COMMENTS)
        if self.chance(0.15):
            table.options |= self.rng.choice(TABLE_OPTIONS[self.dialect])
        if self.chance(0.05):
            table.options["quote"] = True
        table.columns = self.key_columns()
        table.columns += [self.column() for _ in range(self.rng.randint(1, 7))]
        if table.key and self.chance(0.2):
            table.items.append(self.named_key(table))
        for _ in range(self.rng.choice([0, 1, 2, 3, 4])):
            item = self.item(schema, table)
            if item is not None:
                table.items.append(item)
        return table

    def schema(self, schemas: list[str | None]) -> Schema:
        made = Schema(convention=self.rng.randrange(len(CONVENTIONS)))
        for _ in range(self.rng.choice([1, 2, 3, 4])):
            made.tables.append(self.table(made, schemas))
        # Keys that refer to later tables, in circles too.
        for table in made.tables:
            if self.chance(0.1):
                item = self.foreign_key(made, table)
                if item is not None:
                    table.items.append(item)
        return made

    # --- changes --------------------------------------------------------------------

    def change_column(self, column: Column) -> None:
        new = self.column()
        match self.rng.choice(
            ["type", "type", "nullable", "default", "default"]
            + ["comment", "extra", "options"]
        ):
            case "type":
                column.type = new.type
                if column.default is not None:
                    column.default = self.default_for(column.type)
                column.extra = []
                column.options.pop("unique", None)
                column.options.pop("index", None)
            case "nullable":
                column.options["nullable"] = not column.options.get("nullable", True)
            case "default":
                if not column.extra:
                    column.default = self.default_for(column.type)
            case "comment":
                column.options["comment"] = self.rng.choice([None, *COMMENTS])
            case "extra":
                column.extra = []
                self.special(column)
            case "options":
                for name in ("unique", "index", "key", "info", "quote"):
                    if name in new.options:
                        column.options[name] = new.options[name]
                    else:
                        column.options.pop(name, None)

    def change_table(self, schema: Schema, table: TableSpec) -> None:
        match self.rng.choice(
            ["column"] * 3 + ["columns", "items", "items", "items"] + ["options"]
        ):
            case "column":
                self.change_column(self.rng.choice(table.columns))
            case "columns":
                if self.chance(0.5):
                    table.columns.append(self.column())
                else:
                    table.columns.remove(self.rng.choice(table.columns))
                    if not table.columns:
                        table.columns.append(self.column())
            case "items":
                self.change_items(schema, table)
            case "options":
                table.options["comment"] = self.rng.choice([None, *COMMENTS])

    def change_items(self, schema: Schema, table: TableSpec) -> None:
        what = self.rng.choice(["drop", "add", "rename", "replace"])
        made = self.item(schema, table)
        if what == "add" or not table.items:
            table.items += [made] if made is not None else []
            return
        position = self.rng.randrange(len(table.items))
        if what == "drop":
            del table.items[position]
        elif what == "rename":
            table.items[position].name = self.optional_name("x")
        elif made is not None:
            made.name = table.items[position].name
            table.items[position] = made

    def change(self, schema: Schema, schemas: list[str | None]) -> None:
        if self.chance(0.3) and len(schema.tables) > 1:
            schema.tables.remove(self.rng.choice(schema.tables))
        if self.chance(0.4):
            schema.tables.append(self.table(schema, schemas))
        for table in schema.tables:
            if self.chance(0.7):
                for _ in range(self.rng.choice([1, 1, 2, 4])):
                    self.change_table(schema, table)
        if self.chance(0.1):
            schema.convention = self.rng.randrange(len(CONVENTIONS))

    def options(self) -> dict[str, Any]:
        choose = self.rng.choice
        return {
            "compare_type": choose([True, True, True, False, "function", "undecided"]),
            "compare_server_default": choose(
                [True] * 7 + [False, "function", "undecided"]
            ),
            "render_as_batch": self.chance(0.6 if self.sqlite else 0.2),
            "user_module_prefix": choose([None, None, "words.", ""]),
            "sqlalchemy_module_prefix": choose(["sa.", "sa.", "sqlalchemy."]),
            "alembic_module_prefix": choose(["op.", "op.", "alembic.op."]),
            "render_item": choose([None, None, None, "no", "types"]),
            "filter": choose([None, None, None, "include_name", "include_object"]),
            "several": self.chance(0.1),
            "plugins": choose([None, None, None, None, "no checks", "no types"]),
        }


def postgresql_concat(column: Any) -> Any:
    """Return an expression with a cast that only PostgreSQL has."""
    return sa.func.left(sa.cast(column, sa.Text()), 3)


def _column_of(table: sa.Table, name: str) -> Any:
    """Return a column; one that is there in place of one that is gone."""
    return next(_columns(table, [name]), sa.literal_column("1"))


def _columns(table: sa.Table, names: list[str]) -> Iterator[Any]:
    by_name = {column.name: column for column in table.columns}
    return (by_name[name] for name in names if name in by_name)


def make_pair(seed: int, dialect: str) -> Pair:
    """Return the pair of a seed.

    dialect: "sqlite", "postgresql", "mysql" or "mariadb".
    """
    rng = random.Random(f"wild:{dialect}:{seed}")
    maker = Maker(rng, dialect)
    schemas: list[str | None] = [None]
    if rng.random() < 0.35:
        schemas += ["test_schema"]
        if dialect == "postgresql" and rng.random() < 0.3:
            schemas += ["Other Schema"]
    database = maker.schema(schemas)
    model = copy.deepcopy(database)
    if rng.random() < 0.85:
        maker.change(model, schemas)
    options = maker.options()
    options["include_schemas"] = rng.random() < (0.85 if schemas[1:] else 0.3)
    names = sorted(
        {
            name
            for spec in (database, model)
            for table in spec.tables
            for name in (
                table.name,
                *(each.name for each in table.columns),
                *(each.name for each in table.items if each.name),
            )
        }
    )
    hidden = frozenset(rng.sample(names, len(names) // 5))
    twins = any(
        len({each.name for each in spec.tables}) < len(spec.tables)
        for spec in (database, model)
    )
    if schemas[1:] and not twins and rng.random() < 0.3:
        database.default_schema = model.default_schema = "test_schema"
    return Pair(seed, dialect, database, model, options, hidden)


# --- building -----------------------------------------------------------------------


def build(schema: Schema) -> sa.MetaData:
    """Return a new MetaData of a schema; what refers to what is gone is left out."""
    metadata = sa.MetaData(
        naming_convention=CONVENTIONS[schema.convention], schema=schema.default_schema
    )
    tables: Tables = {}
    for spec in schema.tables:
        tables[spec.schema, spec.name] = sa.Table(
            spec.name,
            metadata,
            *map(_column, spec.columns),
            schema=spec.schema,
            **spec.options,
        )
    for spec in schema.tables:
        table = tables[spec.schema, spec.name]
        for item in spec.items:
            columns = list(_columns(table, item.columns))
            if len(columns) == len(item.columns):
                # What SQLAlchemy refuses, as a nameless check under some conventions.
                with contextlib.suppress(sa.exc.SQLAlchemyError):
                    item.make(table, item.name, columns, tables)
        _drop_namesakes(table)
    return metadata


def _drop_namesakes(table: sa.Table) -> None:
    """Keep one of several things with the same name: upstream takes any of them."""
    names: set[str] = set()
    kinds: list[set[Any]] = [table.constraints, table.indexes]
    for kind in kinds:
        for each in sorted(kind, key=_age):
            if each.name is not None and str(each.name) in names:
                kind.remove(each)
            names.add(str(each.name))


def _age(thing: Any) -> Any:
    # An index does not know its age, and its repr() leaves its options out.
    options = repr(sorted(thing.dialect_kwargs.items()))
    return getattr(thing, "_creation_order", 0), repr(thing), options


def _column(spec: Column) -> sa.Column[Any]:
    options = dict(spec.options)
    if spec.default is not None:
        options["server_default"] = spec.default()
    try:
        return sa.Column(
            spec.name, spec.type.make(), *(make() for make in spec.extra), **options
        )
    except sa.exc.ArgumentError:
        # Options that exclude each other.
        return sa.Column(spec.name, spec.type.make(), nullable=True)
