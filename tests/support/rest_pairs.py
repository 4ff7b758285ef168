"""Random pairs of models, to go from one to the other and back.

The parts are those of `schemas`, with more: circles of foreign keys, arrays of enums,
generated columns that use others, MariaDB and MySQL.  Without what no migration can
take back (nameless constraints on SQLite, a generated column of another type).
"""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from tests.support import schemas
from tests.support.schema_words import TYPES, Type, Word, current_timestamp, types
from tests.support.schemas import Column, Item, Schema, TableSpec, build

SCHEMA = "test_schema"
MORE_TYPES = {
    "sqlite": [],
    "postgresql": types(
        "",
        lambda: postgresql.ARRAY(sa.Enum("red", "green", name="colour")),
        lambda: sa.ARRAY(sa.Enum("sad", "it's ok", name="Mood", schema=SCHEMA)),
        lambda: sa.Enum("sad", "it's ok", name="Mood", schema=SCHEMA),
    ),
    "mariadb": types("", lambda: sa.Enum("one", "it's two", name="native")),
}
MORE_TYPES["mysql"] = MORE_TYPES["mariadb"]


@dataclass
class Pair:
    """Where a database begins, and where it is to go.

    by_migration: whether it is brought to the first model by a migration, too.
    """

    seed: int
    first: Schema
    second: Schema
    by_migration: bool

    def models(self) -> tuple[sa.MetaData, sa.MetaData]:
        """Return both models, new ones each time."""
        return build(self.first), build(self.second)


class Maker(schemas.Maker):
    """Makes what every migration can make and take back."""

    n_tables = (1, 5)

    def __init__(self, rng: random.Random, dialect: str) -> None:
        super().__init__(rng, dialect)

    def known_types(self) -> Sequence[Type]:
        return [*TYPES[self.dialect], *MORE_TYPES[self.dialect]]

    def default_for(self, type_: Type) -> Word | None:
        word = super().default_for(type_)
        # Which is no date to MySQL.
        is_moment = word in (sa.func.now, current_timestamp)
        unknown = self.dialect == "mysql" and is_moment and type_.make is sa.Date
        return None if unknown else word

    def name(self, prefix: str) -> str:
        name = super().name(prefix)
        # SQLAlchemy reads no quotes out of the texts of constraints there.
        return name.replace('"', " ") if self.sqlite else name

    def optional_name(self, prefix: str, probability: float = 0.7) -> str | None:
        # SQLite's cannot be dropped without one, and checks are compared by name.
        is_needed = self.sqlite or prefix == "k"
        return super().optional_name(prefix, 1.0 if is_needed else probability)

    def quoted(self, name: str) -> str:
        if self.mysql:
            escaped = name.replace("`", "``")
            return f"`{escaped}`"
        return super().quoted(name)

    def options_for(self, column: Column) -> dict[str, Any]:
        options = super().options_for(column)
        if self.sqlite:
            options.pop("unique", None)
        return options

    def special(self, column: Column) -> None:
        super().special(column)
        if self.mysql and not column.is_computed:
            # MariaDB takes no check with a name there, MySQL one of that column only.
            column.extra = []

    def element(self, kind: str) -> Word:
        if self.mysql:
            return self.rng.choice([lambda column: column, sa.desc])
        if self.chance(0.1 if kind == "text" else 0.0):
            collation = "C" if self.postgresql else "NOCASE"
            return lambda column: sa.desc(sa.collate(column, collation))
        return super().element(kind)

    def check(self, table: TableSpec) -> Item | None:
        # A column that counts by itself can be in none, and one without columns goes
        # with any column that is dropped.
        return None if self.mysql else super().check(table)

    def key_options(self) -> dict[str, Any]:
        options = super().key_options()
        if self.mysql:
            # Others are the same there; and nothing is deferred.
            actions = ("CASCADE", "SET NULL")
            options = {
                name: action for name, action in options.items() if action in actions
            }
        return options

    def table(self, schema: Schema, places: Sequence[str | None]) -> TableSpec:
        table = super().table(schema, places)
        key = self.quoted(table.key[0].name)
        texts = (f"{key} + 1", f"CASE WHEN {key} > 3 THEN 1 ELSE 0 END")
        for column in table.columns:
            if column.is_computed and not self.mysql and self.chance(0.7):
                text = self.rng.choice(texts)
                column.extra = [lambda text=text: sa.Computed(text, persisted=True)]
        return table

    def circles(self, schema: Schema) -> None:
        """Let tables refer to later ones, too."""
        for table in schema.tables:
            if self.chance(0.25):
                key = self.foreign_key(schema, table, schema.tables)
                if key is not None:
                    table.items.append(key)

    def change_column(self, column: Column) -> None:
        if not column.is_computed:
            super().change_column(column)

    def tidy(self, schema: Schema) -> None:
        """Leave out what a table cannot have after its columns have changed."""
        for table in schema.tables:
            kinds = table.kinds()
            table.items = [each for each in table.items if self.fits(each, kinds)]

    def is_made_in_part(self, schema: Schema) -> bool:
        """Return whether `create_all()` leaves something out.

        PostgreSQL takes a unique constraint like the primary key for the key itself,
        and one like another one for that.
        """
        return self.postgresql and any(
            len(keys := unique_keys(table)) > len(set(keys)) for table in schema.tables
        )

    def fits(self, item: Item, kinds: dict[str, str]) -> bool:
        """Return whether the types of columns are such as an item was made for."""
        if item.kind not in ("unique", "index"):
            return True
        now = [kinds.get(name) for name in item.columns]
        if item.kind == "index" and "text" in item.kinds:
            return now == item.kinds
        return self.sortable.issuperset(now)


def unique_keys(table: TableSpec) -> list[tuple[str, ...]]:
    """Return the columns of the primary key and of each unique constraint."""
    of_items = [tuple(each.columns) for each in table.items if each.kind == "unique"]
    of_columns = [(each.name,) for each in table.columns if each.options.get("unique")]
    return [tuple(each.name for each in table.key), *of_items, *of_columns]


def make_pair(seed: int, dialect: str) -> Pair:
    """Return the pair of a seed.

    dialect: "sqlite", "postgresql", "mariadb" or "mysql".
    """
    rng = random.Random(f"rest:{dialect}:{seed}")
    maker = Maker(rng, dialect)
    places: list[str | None] = [None]
    if dialect == "postgresql" and rng.random() < 0.4:
        places += [None, SCHEMA]
    first = maker.schema(places)
    maker.circles(first)
    second = copy.deepcopy(first)
    maker.change(second, places)
    if rng.random() < 0.3:
        maker.circles(second)
    for schema in (first, second):
        maker.tidy(schema)
    by_migration = rng.random() < 0.5 or maker.is_made_in_part(first)
    return Pair(seed, first, second, by_migration)
