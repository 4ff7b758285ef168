"""Random pairs of models, to go from one to the other and back.

The parts are those of `schemas`, with more: circles of foreign keys, arrays of enums,
generated columns that use others, MariaDB.  Without what no migration can take back
(nameless constraints on SQLite, a generated column of another type), and without what
SQLAlchemy does not reflect, or autogenerate does not compare: the checks of columns,
`deferrable` of unique constraints, SQLite's index elements that are no plain columns,
on MariaDB defaults that the server writes in another way.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from tests.support import schemas
from tests.support.schemas import (
    KIND_OF,
    CheckSpec,
    ColumnSpec,
    ForeignKeySpec,
    IndexSpec,
    SchemaSpec,
    TableSpec,
    UniqueSpec,
)

SCHEMA = "test_schema"
MORE_TYPES: dict[str, Callable[[], Any]] = {
    "Colours": lambda: postgresql.ARRAY(sa.Enum("red", "green", name="colour")),
    "Moods": lambda: sa.ARRAY(sa.Enum("sad", "it's ok", name="Mood", schema=SCHEMA)),
    "Mood": lambda: sa.Enum("sad", "it's ok", name="Mood", schema=SCHEMA),
    "Native": lambda: sa.Enum("one", "it's two", name="native"),
}
# MariaDB wants a length for some, cannot index others without one, and has no JSON but
# a text with a check.
_NOT_ON_MARIADB = {"String", "Text", "Variant", "JSON"}
_PLAIN_DEFAULTS = ("zero", "one", "negative", "word", "percent", "quoted")
_SORTABLE = ("number", "text", "decimal")


@dataclass
class Pair:
    """Where a database begins, and where it is to go.

    by_migration: whether it is brought to the first model by a migration, too.
    """

    seed: int
    first: SchemaSpec
    second: SchemaSpec
    by_migration: bool

    def models(self) -> tuple[sa.MetaData, sa.MetaData]:
        """Return both models, new ones each time."""
        return build(self.first), build(self.second)


def build(spec: SchemaSpec) -> sa.MetaData:
    """Return a new MetaData of a schema."""
    return schemas.build(spec, MORE_TYPES)


class Maker(schemas.Maker):
    """Makes what every migration can make and take back."""

    def __init__(self, rng: random.Random, dialect: str) -> None:
        super().__init__(rng, dialect)
        self.mariadb = dialect == "mariadb"
        self.sqlite = dialect == "sqlite"
        if self.postgresql:
            self.types += ["Colours", "Mood", "Moods"]
        elif self.mariadb:
            self.types = [each for each in self.types if each not in _NOT_ON_MARIADB]
            self.types.append("Native")

    def name(self, prefix: str) -> str:
        name = super().name(prefix)
        # SQLAlchemy reads no quotes out of the texts of constraints there.
        return name.replace('"', " ") if self.sqlite else name

    def quoted(self, name: str) -> str:
        if self.mariadb:
            escaped = name.replace("`", "``")
            return f"`{escaped}`"
        return super().quoted(name)

    def column(self) -> ColumnSpec:
        column = super().column()
        column.check = None
        if self.sqlite:
            column.unique = False
        return column

    def default_for(self, type_name: str) -> str | None:
        default = super().default_for(type_name)
        if self.mariadb and (
            default not in _PLAIN_DEFAULTS or KIND_OF[type_name] == "decimal"
        ):
            return None
        return default

    def unique(self, table: TableSpec) -> UniqueSpec:
        unique = super().unique(table)
        name = unique.name or self.needed_name("u")
        return replace(unique, name=name, deferrable=False)

    def needed_name(self, prefix: str) -> str | None:
        """Return a name where a constraint without one cannot be dropped."""
        return self.name(prefix) if self.sqlite else None

    def index(self, table: TableSpec) -> IndexSpec:
        index = super().index(table)
        if not self.postgresql:
            index.elements = [(name, "") for name, _ in index.elements]
        return index

    def check(self, table: TableSpec) -> CheckSpec:
        check = super().check(table)
        # The comparison is by name.
        return replace(check, name=check.name or self.name("k"))

    def foreign_key(
        self, schema: SchemaSpec, table: TableSpec
    ) -> ForeignKeySpec | None:
        key = super().foreign_key(schema, table)
        if key is None:
            return None
        if self.mariadb:
            # Which are the same there; and nothing is deferred.
            key.options = {
                name: action
                for name, action in key.options.items()
                if action in ("CASCADE", "SET NULL")
            }
        return replace(key, name=key.name or self.needed_name("f"))

    def table(self, schema: SchemaSpec, in_schemas: bool) -> TableSpec:
        table = super().table(schema, in_schemas)
        if self.mariadb:
            # A column that counts by itself can be in none, and one without columns
            # goes with any column that is dropped.
            table.checks = []
        for column in table.columns:
            if column.computed and not self.mariadb and self.chance(0.7):
                key = self.quoted(table.key.columns[0])
                column.computed = self.rng.choice(
                    [f"{key} + 1", f"CASE WHEN {key} > 3 THEN 1 ELSE 0 END"]
                )
        return table

    def circles(self, schema: SchemaSpec) -> None:
        """Let tables refer to later ones, too."""
        for table in schema.tables:
            if self.chance(0.25):
                key = self.foreign_key(schema, table)
                if key is not None:
                    table.foreign_keys.append(key)

    def change_table(self, schema: SchemaSpec, table: TableSpec) -> None:
        super().change_table(schema, table)
        if self.mariadb:
            table.checks = []

    def change_column(self, column: ColumnSpec) -> None:
        if column.computed:
            return
        super().change_column(column)
        if self.sqlite:
            column.unique = False

    def change_list(
        self, items: list[Any], make: Callable[[], Any], rename: bool = True
    ) -> None:
        super().change_list(items, make, rename=True)

    def tidy(self, schema: SchemaSpec) -> None:
        """Leave out what a table cannot have after its columns have changed."""
        for table in schema.tables:
            kinds = {each.name: KIND_OF.get(each.type) for each in table.columns}
            kinds |= dict.fromkeys(table.key.columns, "number")
            table.uniques = [
                each
                for each in table.uniques
                # One on the primary key is none in a new table of PostgreSQL.
                if each.columns != table.key.columns
                and all(
                    kinds.get(name) in (*_SORTABLE, "moment") for name in each.columns
                )
            ]
            table.indexes = [
                each
                for each in table.indexes
                if all(
                    kinds.get(name) in (*_SORTABLE, "moment")
                    and ("lower" not in how or kinds[name] == "text")
                    for name, how in each.elements
                )
            ]


def make_pair(seed: int, dialect: str) -> Pair:
    """Return the pair of a seed.

    dialect: "sqlite", "postgresql" or "mariadb".
    """
    rng = random.Random(f"rest:{dialect}:{seed}")
    maker = Maker(rng, dialect)
    in_schemas = dialect == "postgresql" and rng.random() < 0.4
    first = SchemaSpec(convention=rng.random() < 0.3)
    for _ in range(rng.randint(1, 5)):
        first.tables.append(maker.table(first, in_schemas))
    maker.circles(first)
    second = copy.deepcopy(first)
    maker.change(second, in_schemas)
    if rng.random() < 0.3:
        maker.circles(second)
    for schema in (first, second):
        maker.tidy(schema)
    return Pair(seed, first, second, by_migration=rng.random() < 0.5)
