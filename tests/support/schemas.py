"""Random pairs of schemas: one for the database, one for the model.

Here are those that every database takes, and that the proof is to know. `wild_schemas`
has whatever SQLAlchemy lets people declare, `rest_pairs` what a migration can make and
take back: each is a `Maker` with other choices.

A schema is a list of tables, columns and items, each with functions that make new
objects of SQLAlchemy, so that two packages can be given the same schema without sharing
objects. The same seed makes the same pair on every machine.
"""

from __future__ import annotations

import contextlib
import copy
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import sqlalchemy as sa

from tests.support.schema_words import (
    CONVENTION,
    DEFAULTS,
    INTEGER,
    LONG_INTEGER,
    TYPES,
    Type,
    Word,
    apostrophe,
)

PLAIN_NAMES = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
# A longer one is refused; MySQL's limit is 64, PostgreSQL's 63.
LONGEST = 62

Tables = dict[tuple[str | None, str], sa.Table]
Make = Callable[[sa.Table, str | None, list[Any], Tables], Any]


@dataclass
class Column:
    """A column.

    options: arguments of sa.Column that are plain values.
    refers: whether it is there for a foreign key.
    """

    name: str
    type: Type
    default: Word | None = None
    extra: list[Word] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    is_computed: bool = False
    refers: bool = False


@dataclass
class Item:
    """A constraint or an index.

    kind: "unique", "check", "foreign", "index" or what else a `Maker` has.
    make: adds one to a table; gets the name and the columns.
    kinds: of the types of the columns, as they were.
    """

    kind: str
    name: str | None
    columns: list[str]
    make: Make
    kinds: list[str] = field(default_factory=list)


@dataclass
class TableSpec:
    """A table."""

    name: str
    schema: str | None
    columns: list[Column] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> list[Column]:
        """The columns of the primary key."""
        return [each for each in self.columns if each.options.get("primary_key")]

    def kinds(self) -> dict[str, str]:
        """Return the kind of each column's type."""
        return {each.name: each.type.kind for each in self.columns}


@dataclass
class Schema:
    """All tables of a schema.

    default_schema: the argument of MetaData.
    """

    tables: list[TableSpec] = field(default_factory=list)
    convention: dict[str, Any] | None = None
    default_schema: str | None = None


@dataclass
class Pair:
    """What the database has, what the model wants, and the options to compare with.

    hidden: names that a filter hides; which filter, the options say.
    """

    seed: int
    dialect: str
    database: Schema
    model: Schema
    options: dict[str, Any]
    hidden: frozenset[str]


class Maker:
    """Makes the parts of a schema, all from one source of chance."""

    odd_names: ClassVar[Sequence[str]] = (
        *("order", "User", "two words", "per%cent", 'quo"te', "apo'strophe"),
        *("back\\slash", "größe", "{braces}", "n" + "a" * 50),
    )
    comments: ClassVar[Sequence[str]] = (
        *("a comment", "it's", 'say "hi"', "100 %", "two\nlines", "back\\slash", "ü"),
    )
    conventions: ClassVar[Sequence[dict[str, Any] | None]] = (None, None, CONVENTION)
    # How probable names are odd, and changes of names leave one.
    odd, renamed = 0.2, 1.0
    # From how many to how many there are.
    n_tables, n_columns = (0, 5), (0, 6)
    # Which of them SQL can compare; constraints and indexes have these columns.
    sortable = frozenset({"integer", "number", "text", "moment"})
    # How many items of a kind a table gets.
    counts: ClassVar[dict[str, Sequence[int]]] = {
        "unique": (0, 0, 1, 2),
        "index": (0, 0, 1, 2),
        "check": (0, 0, 0, 1, 2),
        "foreign": (0, 0, 1, 2),
    }
    # What changes in a table, and in a column.
    table_changes: ClassVar[Sequence[str]] = (
        *("column", "column", "columns", "unique", "foreign", "check"),
        *("index", "index", "comment"),
    )
    column_changes: ClassVar[Sequence[str]] = (
        *("type", "nullable", "default", "comment", "options"),
    )
    column_options: ClassVar[Sequence[str]] = ("unique", "index")

    def __init__(self, rng: random.Random, dialect: str) -> None:
        self.rng = rng
        self.dialect = dialect
        self.postgresql = dialect == "postgresql"
        self.sqlite = dialect == "sqlite"
        self.mysql = dialect in ("mysql", "mariadb")
        self.types: list[Type] = list(self.known_types())
        self.defaults: dict[str, list[Word]] = DEFAULTS
        self.serial = 0

    def known_types(self) -> Sequence[Type]:
        return TYPES[self.dialect]

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def name(self, prefix: str) -> str:
        """Return a new name, an odd one at times."""
        self.serial += 1
        stem = f"{self.rng.choice(PLAIN_NAMES)}_"
        if self.chance(self.odd):
            odd = self.rng.choice(self.odd_names)
            # Upstream's query for the sequence of a SERIAL column fails on these.
            if not (self.postgresql and prefix in "tp" and "'" in odd):
                stem = odd
        suffix = f"{prefix}{self.serial}"
        return stem[: LONGEST - len(suffix)] + suffix

    def optional_name(self, prefix: str, probability: float = 0.7) -> str | None:
        return self.name(prefix) if self.chance(probability) else None

    def quoted(self, name: str) -> str:
        """Return a name as SQL has it."""
        escaped = name.replace('"', '""')
        return f'"{escaped}"'

    # --- columns --------------------------------------------------------------------

    def type(self) -> Type:
        return self.rng.choice(self.types)

    def default_for(self, type_: Type) -> Word | None:
        words = self.defaults.get(type_.kind)
        if not words or self.chance(0.5):
            return None
        word = self.rng.choice(words)
        # PostgreSQL cannot compare these in the way that upstream asks it to.
        awkward = self.postgresql and (word is apostrophe or type_.make is sa.JSON)
        return None if awkward and self.chance(0.8) else word

    def column(self) -> Column:
        type_ = self.type()
        column = Column(self.name("c"), type_, self.default_for(type_))
        column.options = self.options_for(column)
        self.special(column)
        return column

    def options_for(self, column: Column) -> dict[str, Any]:
        options: dict[str, Any] = {"nullable": self.chance(0.7)}
        if self.chance(0.2):
            options["comment"] = self.rng.choice(self.comments)
        if column.type.kind in ("integer", "number", "text"):
            if self.chance(0.08):
                options["unique"] = True
            if self.chance(0.12):
                options["index"] = True
        return options

    def special(self, column: Column) -> None:
        """Make an integer column computed or checked."""
        if column.type != INTEGER:
            return
        if self.chance(0.1):
            column.default, column.is_computed = None, True
            column.extra.append(lambda: sa.Computed("1 + 1", persisted=True))
            column.options.pop("nullable", None)
        elif self.chance(0.1):
            name = self.name("k")
            column.extra.append(lambda: sa.CheckConstraint("2 > 1", name=name))

    def key_columns(self) -> list[Column]:
        type_ = LONG_INTEGER if self.postgresql and self.chance(0.15) else INTEGER
        columns = [
            Column(self.name("p"), type_, options={"primary_key": True})
            for _ in range(2 if self.chance(0.15) else 1)
        ]
        if self.postgresql and len(columns) == 1 and self.chance(0.15):
            columns[0].extra.append(sa.Identity)
        return columns

    # --- constraints and indexes ----------------------------------------------------

    def item(
        self, schema: Schema, table: TableSpec, kind: str | None = None
    ) -> Item | None:
        """Return a new item of a kind, or of any; None if the table cannot have it."""
        match kind or self.rng.choice(sorted(self.counts)):
            case "unique":
                return self.unique(table)
            case "check":
                return self.check(table)
            case "foreign":
                return self.foreign_key(schema, table)
        return self.index(table)

    def some(self, table: TableSpec, most: int = 3) -> list[str]:
        names = [
            each.name
            for each in table.columns
            if each.type.kind in self.sortable
            and each.type.indexable
            and self.is_for_all(each)
        ]
        return self.rng.sample(names, min(len(names), self.rng.randint(1, most)))

    def is_for_all(self, column: Column) -> bool:
        """Return whether more than one item may have a column."""
        return not column.refers

    def unique_options(self, table: TableSpec) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if self.postgresql and self.chance(0.1):
            options["deferrable"] = True
        if self.postgresql and self.chance(0.1):
            options["postgresql_nulls_not_distinct"] = True
        return options

    def unique(self, table: TableSpec) -> Item | None:
        columns = self.some(table)
        if any(
            each.kind == "unique" and each.columns == columns for each in table.items
        ):
            # A convention would give both one name.
            return None
        options = self.unique_options(table)
        return Item(
            "unique",
            self.optional_name("u"),
            columns or [table.columns[0].name],
            lambda t, name, columns, tables: t.append_constraint(
                sa.UniqueConstraint(*columns, name=name, **options)
            ),
        )

    def conditions(self, table: TableSpec) -> list[tuple[list[str], Word]]:
        """Return conditions for checks: names of columns, and what makes SQL of these.

        The latter gets None if there are none.
        """
        key = self.quoted(table.key[0].name)
        texts = (f"{key} > 0", f"{key} <> 13", "1 > 0", "'it''s' <> 'x'")
        return [([], lambda c, text=text: text) for text in texts]

    def check(self, table: TableSpec) -> Item | None:
        names, condition = self.rng.choice(self.conditions(table))

        def make(
            table: sa.Table, name: str | None, columns: list[Any], tables: Tables
        ) -> None:
            sqltext = condition(*columns) if columns else condition(None)
            table.append_constraint(sa.CheckConstraint(sqltext, name=name))

        return Item("check", self.optional_name("k", 0.8), names, make)

    def may_refer_to(self, table: TableSpec) -> bool:
        return [each.type for each in table.key] == [INTEGER]

    def targets(self, schema: Schema, table: TableSpec) -> list[TableSpec]:
        """Return what a table may refer to: without circles."""
        n_before = next(
            (n for n, each in enumerate(schema.tables) if each is table),
            len(schema.tables),
        )
        return [*schema.tables[:n_before], table]

    def key_options(self) -> dict[str, Any]:
        """Return the options of a foreign key."""
        options: dict[str, Any] = {}
        if self.chance(0.3):
            options["ondelete"] = self.rng.choice(["CASCADE", "SET NULL", "NO ACTION"])
        if self.chance(0.2):
            options["onupdate"] = self.rng.choice(["CASCADE", "RESTRICT"])
        if self.chance(0.15):
            options["deferrable"] = True
            options["initially"] = self.rng.choice(["DEFERRED", "IMMEDIATE"])
        return options

    def foreign_key(
        self,
        schema: Schema,
        table: TableSpec,
        targets: Sequence[TableSpec] | None = None,
    ) -> Item | None:
        """Return a foreign key; the columns for it are added to the table."""
        targets = self.targets(schema, table) if targets is None else targets
        targets = [each for each in targets if self.may_refer_to(each)]
        if not targets:
            return None
        target = self.rng.choice(targets)
        target_key = target.schema, target.name
        referred = [each.name for each in target.key]
        columns = [
            Column(self.name("r"), each.type, refers=True) for each in target.key
        ]
        for column in columns:
            column.options = self.reference_options()
        table.columns += columns
        options = self.key_options()

        def make(
            table: sa.Table, name: str | None, columns: list[Any], tables: Tables
        ) -> None:
            found = tables.get(target_key)
            if found is None:
                return
            # By column object, since names hold dots and quotes.
            ends = list(columns_of(found, referred))
            if len(ends) == len(referred):
                table.append_constraint(
                    sa.ForeignKeyConstraint(columns, ends, name=name, **options)
                )

        needed = 1.0 if options.get("use_alter") else 0.6
        name = self.optional_name("f", needed)
        return Item("foreign", name, [each.name for each in columns], make)

    def reference_options(self) -> dict[str, Any]:
        """Return the options of a column that refers."""
        return {}

    def element(self, kind: str) -> Word:
        """Return what makes an element of an index of a column."""
        elements: list[Word] = [lambda c: c] * 4 + [sa.desc]
        if kind == "text":
            elements += [sa.func.lower, lambda c: sa.func.lower(c).desc()]
        if self.postgresql:
            elements += [sa.nulls_first, lambda c: sa.nulls_last(sa.desc(c))]
        return self.rng.choice(elements)

    def index_options(
        self, table: TableSpec, names: list[str], unique: bool
    ) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if self.postgresql and not unique and self.chance(0.1):
            options["postgresql_using"] = "btree"
        if self.postgresql and self.chance(0.1):
            options["postgresql_include"] = [table.key[0].name]
        if self.postgresql and unique and self.chance(0.2):
            options["postgresql_nulls_not_distinct"] = True
        return options

    def where(self, table: TableSpec) -> Word | None:
        """Return what makes the condition of an index, of the table."""
        if not self.chance(0.15):
            return None
        text = f"{self.quoted(table.key[0].name)} > {self.rng.randint(1, 3)}"
        return lambda table: sa.text(text)

    def index(self, table: TableSpec) -> Item | None:
        names = self.some(table) or [table.columns[0].name]
        kinds = table.kinds()
        words = [self.element(kinds[name]) for name in names]
        unique = self.chance(0.2)
        options = self.index_options(table, names, unique)
        where = self.where(table)

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

        return Item(
            "index", self.index_name(), names, make, [kinds[name] for name in names]
        )

    def index_name(self) -> str | None:
        return self.name("i")

    # --- tables ---------------------------------------------------------------------

    def table_name(self, schema: Schema, where: str | None) -> str:
        return self.name("t")

    def table_options(self) -> dict[str, Any]:
        return {"comment": self.rng.choice(self.comments)} if self.chance(0.2) else {}

    def fill(self, schema: Schema, table: TableSpec) -> Iterator[Item | None]:
        """Yield the items of a new table."""
        for kind, counts in self.counts.items():
            for _ in range(self.rng.choice(counts)):
                yield self.item(schema, table, kind)

    def table(self, schema: Schema, schemas: Sequence[str | None]) -> TableSpec:
        where = self.rng.choice(schemas)
        table = TableSpec(
            self.table_name(schema, where), where, options=self.table_options()
        )
        table.columns = self.key_columns()
        n_columns = self.rng.randint(*self.n_columns)
        table.columns += [self.column() for _ in range(n_columns)]
        for item in self.fill(schema, table):
            if item is not None:
                table.items.append(item)
        return table

    def schema(self, schemas: Sequence[str | None]) -> Schema:
        """Return a new schema.

        schemas: where tables may be.
        """
        made = Schema(convention=self.rng.choice(self.conventions))
        for _ in range(self.rng.randint(*self.n_tables)):
            made.tables.append(self.table(made, schemas))
        return made

    # --- changes --------------------------------------------------------------------

    def changeable(self, table: TableSpec) -> list[Column]:
        """Return the columns that may change, and go."""
        return [
            each
            for each in table.columns
            if not each.refers and not each.options.get("primary_key")
        ]

    def change_column(self, column: Column) -> None:
        match self.rng.choice(self.column_changes):
            case "type":
                column.type = self.type()
                if column.default is not None:
                    column.default = self.default_for(column.type)
                column.extra, column.is_computed = [], False
                if column.type.kind not in self.sortable or not column.type.indexable:
                    column.options.pop("unique", None)
                    column.options.pop("index", None)
            case "nullable":
                self.change_nullable(column)
            case "default":
                if not column.extra:
                    column.default = self.default_for(column.type)
            case "comment":
                column.options["comment"] = self.rng.choice([None, *self.comments])
            case "extra":
                column.extra, column.is_computed = [], False
                self.special(column)
            case "options":
                new = self.options_for(column)
                for name in self.column_options:
                    column.options.pop(name, None)
                    if name in new:
                        column.options[name] = new[name]

    def change_nullable(self, column: Column) -> None:
        if not column.is_computed:
            column.options["nullable"] = not column.options.get("nullable", True)

    def change_table(self, schema: Schema, table: TableSpec) -> None:
        match self.rng.choice(self.table_changes):
            case "column":
                if changeable := self.changeable(table):
                    self.change_column(self.rng.choice(changeable))
            case "columns":
                changeable = self.changeable(table)
                if changeable and self.chance(0.5):
                    gone = self.rng.choice(changeable)
                    table.columns = [c for c in table.columns if c is not gone]
                if not table.columns or len(changeable) == len(self.changeable(table)):
                    position = self.rng.randint(0, len(table.columns))
                    table.columns.insert(position, self.column())
            case "comment":
                table.options["comment"] = self.rng.choice([None, *self.comments])
            case kind:
                self.change_items(schema, table, None if kind == "items" else kind)

    def change_items(self, schema: Schema, table: TableSpec, kind: str | None) -> None:
        """Drop, add, rename or replace an item of a kind, or any."""
        items = [each for each in table.items if kind in (None, each.kind)]
        what = self.rng.choice(["drop", "add", "rename", "replace"])
        if what == "add" or not items:
            made = self.item(schema, table, kind)
            table.items += [made] if made is not None else []
            return
        item = self.rng.choice(items)
        if what == "drop":
            table.items.remove(item)
            self.drop_columns_for(table, item)
        elif what == "rename":
            item.name = self.optional_name("x", self.renamed)
        else:
            self.replace(schema, table, item, kind)

    def drop_columns_for(self, table: TableSpec, item: Item) -> None:
        """Drop the columns that are there for a foreign key alone."""
        if item.kind == "foreign":
            table.columns = [c for c in table.columns if c.name not in item.columns]

    def replace(
        self, schema: Schema, table: TableSpec, item: Item, kind: str | None
    ) -> None:
        """Let another have the place of an item, and its name."""
        made = self.item(schema, table, kind)
        if made is None:
            return
        if made.kind == item.kind == "foreign" and (
            len(made.columns) == len(item.columns)
        ):
            table.columns = [c for c in table.columns if c.name not in made.columns]
            made.columns = item.columns
        made.name = item.name
        table.items = [made if each is item else each for each in table.items]

    def change(self, schema: Schema, schemas: Sequence[str | None]) -> None:
        if self.chance(0.4) and len(schema.tables) > self.n_tables[0]:
            schema.tables.remove(self.rng.choice(schema.tables))
        if self.chance(0.4):
            schema.tables.append(self.table(schema, schemas))
        for table in schema.tables:
            if self.chance(0.65):
                for _ in range(self.rng.choice([1, 1, 2, 4])):
                    self.change_table(schema, table)
        if self.chance(0.1):
            schema.convention = self.rng.choice(self.conventions)


def columns_of(table: sa.Table, names: list[str]) -> Iterator[Any]:
    """Yield those columns of a table that are there, by their names."""
    by_name = {column.name: column for column in table.columns}
    return (by_name[name] for name in names if name in by_name)


def names_in(*schemas: Schema) -> list[str]:
    """Return the names of all tables, columns and items, each once."""
    names: set[str | None] = set()
    for table in (table for schema in schemas for table in schema.tables):
        names |= {table.name, *table.kinds(), *(each.name for each in table.items)}
    return sorted(filter(None, names))


def make_pair(seed: int, dialect: str) -> Pair:
    """Return the pair of a seed.

    dialect: "sqlite" or "postgresql".
    """
    rng = random.Random(f"{dialect}:{seed}")
    maker = Maker(rng, dialect)
    schemas: list[str | None] = [None]
    if in_schemas := dialect == "postgresql" and rng.random() < 0.4:
        schemas += [None, "test_schema"]
    database = maker.schema(schemas)
    model = copy.deepcopy(database)
    if rng.random() > 0.05:
        maker.change(model, schemas)
    options = {
        "compare_type": rng.random() < 0.9,
        "compare_server_default": rng.random() < 0.7,
        "render_as_batch": dialect == "sqlite" or rng.random() < 0.2,
        "filter": rng.choice([None, None, None, "include_name", "include_object"]),
        "include_schemas": in_schemas,
    }
    names = names_in(database, model)
    hidden = frozenset(rng.sample(names, len(names) // 5))
    return Pair(seed, dialect, database, model, options, hidden)


def changed_once(pair: Pair) -> Schema:
    """Return the schema of the database with one change in one table, if it has any."""
    changed = copy.deepcopy(pair.database)
    if changed.tables:
        rng = random.Random(f"one change:{pair.seed}")
        Maker(rng, pair.dialect).change_table(changed, rng.choice(changed.tables))
    return changed


# --- building -----------------------------------------------------------------------


def build(schema: Schema) -> sa.MetaData:
    """Return a new MetaData of a schema; what refers to what is gone is left out."""
    metadata = sa.MetaData(
        naming_convention=schema.convention, schema=schema.default_schema
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
            columns = list(columns_of(table, item.columns))
            is_refused = schema.convention and item.kind == "check" and not item.name
            if len(columns) == len(item.columns) and not is_refused:
                # What SQLAlchemy refuses, as options that exclude each other.
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
