"""Random pairs of schemas with whatever SQLAlchemy lets people declare.

Types of every kind, options of dialects, odd names, keys that refer in circles, columns
with keys, conventions, options of the environment. What a database refuses is left out
of it (see `wild.create`), so a schema need not make sense.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from tests.support import schemas
from tests.support.schema_words import Type, Word
from tests.support.schemas import (
    Column,
    Item,
    Pair,
    Schema,
    Tables,
    TableSpec,
    names_in,
)
from tests.support.wild_words import (
    COMPUTED,
    CONVENTIONS,
    DEFAULTS_OF,
    IDENTITIES,
    TABLE_OPTIONS,
    TYPES,
)


class Maker(schemas.Maker):
    """Makes the parts of a wild schema."""

    odd_names = (
        *("order", "select", "User", "camelCase", "two words", "per%cent"),
        *("per%%cent", "%(name)s", "dotted.name", "a:colon", 'quo"te', "größe"),
        *("{braces}", "_", "1st", "n" + "a" * 55, "Long" + "Name" * 14),
    )
    comments = (
        *("a comment", "it's", 'say "hi"', "100 %", "%(x)s", "two\nlines", "ü", "\\"),
    )
    conventions = CONVENTIONS
    odd, renamed = 0.12, 0.7
    n_tables, n_columns = (1, 4), (1, 7)
    sortable = frozenset(
        {"integer", "number", "text", "moment", "date", "boolean", "uuid", ""}
    )
    table_changes = (*["column"] * 3, "columns", *["items"] * 3, "comment")
    column_changes = (
        *("type", "type", "nullable", "default", "default"),
        *("comment", "extra", "options"),
    )
    column_options = ("unique", "index", "key", "info", "quote")

    def __init__(self, rng: random.Random, dialect: str) -> None:
        super().__init__(rng, dialect)
        self.defaults = DEFAULTS_OF[dialect]
        self.used: set[int] = set()

    def known_types(self) -> Sequence[Type]:
        return TYPES[self.dialect]

    # --- columns --------------------------------------------------------------------

    def default_for(self, type_: Type) -> Word | None:
        words = self.defaults.get(type_.kind)
        return self.rng.choice(words) if words and self.chance(0.4) else None

    def type(self) -> Type:
        """Return a type, those with named checks once."""
        while self.types[number := self.rng.randrange(len(self.types))].once:
            if number not in self.used:
                self.used.add(number)
                break
        return self.types[number]

    def options_for(self, column: Column) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if self.chance(0.7):
            options["nullable"] = self.chance(0.6)
        if self.chance(0.15):
            options["comment"] = self.rng.choice(self.comments)
        if self.chance(0.08):
            options["key"] = f"key_of_{column.name}"
        if self.chance(0.08):
            options["quote"] = self.chance(0.8)
        if self.chance(0.05):
            options["info"] = {"skip": True}
        if self.chance(0.06):
            options["default"] = None
        if self.chance(0.05):
            options["server_onupdate"] = sa.FetchedValue()
        if column.type.kind in self.sortable and column.type.indexable:
            if self.chance(0.06):
                options["unique"] = True
            if self.chance(0.1):
                options["index"] = True
        return options

    def special(self, column: Column) -> None:
        """Make an integer column computed, an identity or checked."""
        if column.type.kind != "integer":
            return
        if self.chance(0.1):
            column.default = None
            column.extra.append(self.rng.choice(COMPUTED))
            column.options.pop("nullable", None)
            column.options.pop("default", None)
        elif self.chance(0.1) and self.postgresql:
            column.default = None
            column.extra.append(self.rng.choice(IDENTITIES))
            column.options.pop("nullable", None)
        elif self.chance(0.08):
            name = self.name("k")
            column.extra.append(lambda: sa.CheckConstraint("2 > 1", name=name))

    def key_columns(self) -> list[Column]:
        integers = [each for each in self.types if each.kind == "integer"]
        texts = [each for each in self.types if each.kind == "text" and not each.once]
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
                spec.default = self.rng.choice(self.defaults["integer"])
            columns.append(spec)
        return columns

    # --- constraints ----------------------------------------------------------------

    def item(
        self, schema: Schema, table: TableSpec, kind: str | None = None
    ) -> Item | None:
        kinds = ["unique", "unique", "index", "index", "index", "check", "foreign"]
        kinds += ["foreign"]
        if self.postgresql:
            kinds.append("exclusion")
        kind = kind or self.rng.choice(kinds)
        if kind == "exclusion":
            return self.exclusion(table)
        return super().item(schema, table, kind)

    def is_for_all(self, column: Column) -> bool:
        return True

    def named(self, table: TableSpec, *kinds: str) -> list[str]:
        """Return the columns whose types are of these kinds."""
        return [name for name, kind in table.kinds().items() if kind in kinds]

    def timing(self) -> dict[str, Any]:
        if self.mysql or self.chance(0.8):
            return {}
        if self.chance(0.2):
            return {"deferrable": False}
        initially = self.rng.choice(["DEFERRED", "IMMEDIATE", None])
        return {"deferrable": True, "initially": initially}

    def unique_options(self, table: TableSpec) -> dict[str, Any]:
        options: dict[str, Any] = self.timing() if self.postgresql else {}
        if self.postgresql and self.chance(0.1):
            options["postgresql_nulls_not_distinct"] = True
        if self.postgresql and self.chance(0.1):
            options["postgresql_include"] = self.some(table, 1)
        if self.sqlite and self.chance(0.1):
            options["sqlite_on_conflict"] = "IGNORE"
        if self.chance(0.05):
            options["info"] = {"skip": 1}
        return options

    def conditions(self, table: TableSpec) -> list[tuple[list[str], Word]]:
        numbers = self.named(table, "integer", "number")
        texts = self.named(table, "text")
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
        return conditions

    def exclusion(self, table: TableSpec) -> Item:
        names = self.named(table, "integer", "date", "text")[:1]
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

        return Item("exclusion", self.name("e"), names, make)

    def named_key(self, table: TableSpec) -> Item:
        """Return a primary key that is spelled out."""
        return Item(
            "key",
            self.name("pk"),
            [each.name for each in table.key],
            lambda t, name, columns, tables: t.append_constraint(
                sa.PrimaryKeyConstraint(*columns, name=name)
            ),
        )

    def may_refer_to(self, table: TableSpec) -> bool:
        return bool(table.key)

    def targets(self, schema: Schema, table: TableSpec) -> list[TableSpec]:
        return [*schema.tables, table]

    def reference_options(self) -> dict[str, Any]:
        return {"nullable": self.chance(0.7)}

    def key_options(self) -> dict[str, Any]:
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
        return options

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

    def index(self, table: TableSpec) -> Item | None:
        special = None
        if self.postgresql and self.chance(0.2):
            special = self.special_index(table)
        return special or super().index(table)

    def index_name(self) -> str | None:
        return self.optional_name("i", 0.95)

    def index_options(
        self, table: TableSpec, names: list[str], unique: bool
    ) -> dict[str, Any]:
        options: dict[str, Any] = {}
        kinds = table.kinds()
        texts = [name for name in names if kinds[name] == "text"]
        if self.postgresql and self.chance(0.3):
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
            choices = [
                {"mysql_length": dict.fromkeys(texts, 3)},
                {"mysql_using": "btree"},
                {"mariadb_using": "hash"},
                {"mysql_prefix": "FULLTEXT"},
            ]
            options |= self.rng.choice(choices)
        if self.postgresql and unique and self.chance(0.2):
            options["postgresql_nulls_not_distinct"] = self.chance(0.8)
        return options

    def special_index(self, table: TableSpec) -> Item | None:
        """Return an index of an access method that only some types have."""
        arrays, documents = self.named(table, "array"), self.named(table, "json")
        plain = self.named(table, "integer", "text")
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
            "index",
            self.name("i"),
            [name],
            lambda t, name, columns, tables: sa.Index(name, *columns, **options),
        )

    def where(self, table: TableSpec) -> Word | None:
        if not self.chance(0.2):
            return None
        numbers, texts = self.named(table, "integer"), self.named(table, "text")
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

    def table_name(self, schema: Schema, where: str | None) -> str:
        """Return a new name, or that of a table in another schema."""
        taken = {(each.schema, each.name) for each in schema.tables}
        elsewhere = [name for other, name in taken if (where, name) not in taken]
        if elsewhere and self.chance(0.3):
            return self.rng.choice(sorted(elsewhere))
        return self.name("t")

    def table_options(self) -> dict[str, Any]:
        options = super().table_options()
        if self.chance(0.15):
            options |= self.rng.choice(TABLE_OPTIONS[self.dialect])
        if self.chance(0.05):
            options["quote"] = True
        return options

    def fill(self, schema: Schema, table: TableSpec) -> Iterator[Item | None]:
        if table.key and self.chance(0.2):
            yield self.named_key(table)
        for _ in range(self.rng.choice([0, 1, 2, 3, 4])):
            yield self.item(schema, table)

    def schema(self, schemas: Sequence[str | None]) -> Schema:
        made = super().schema(schemas)
        # Keys that refer to later tables, in circles too.
        for table in made.tables:
            if self.chance(0.1):
                item = self.foreign_key(made, table)
                if item is not None:
                    table.items.append(item)
        return made

    # --- changes --------------------------------------------------------------------

    def changeable(self, table: TableSpec) -> list[Column]:
        return list(table.columns)

    def change_nullable(self, column: Column) -> None:
        column.options["nullable"] = not column.options.get("nullable", True)

    def drop_columns_for(self, table: TableSpec, item: Item) -> None:
        """Leave them."""

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
    return next(schemas.columns_of(table, [name]), sa.literal_column("1"))


def make_pair(seed: int, dialect: str) -> Pair:
    """Return the pair of a seed.

    dialect: "sqlite", "postgresql", "mysql" or "mariadb".
    """
    rng = random.Random(f"wild:{dialect}:{seed}")
    maker = Maker(rng, dialect)
    places: list[str | None] = [None]
    if rng.random() < 0.35:
        places += ["test_schema"]
        if dialect == "postgresql" and rng.random() < 0.3:
            places += ["Other Schema"]
    database = maker.schema(places)
    model = copy.deepcopy(database)
    if rng.random() < 0.85:
        maker.change(model, places)
    options = maker.options()
    options["include_schemas"] = rng.random() < (0.85 if places[1:] else 0.3)
    names = names_in(database, model)
    hidden = frozenset(rng.sample(names, len(names) // 5))
    twins = any(
        len({each.name for each in spec.tables}) < len(spec.tables)
        for spec in (database, model)
    )
    if places[1:] and not twins and rng.random() < 0.3:
        database.default_schema = model.default_schema = "test_schema"
    return Pair(seed, dialect, database, model, options, hidden)
