"""Calls of `_catalog`, `_libpq` and `_sqlite3`, for the fuzzer of the API."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
from pathlib import Path
from typing import Any

from tests.fuzz.hostile import Call, Hostile, World

MYSQL_ROWS = Path(__file__).parents[1] / "samples" / "mysql_rows.json"
PG_ROWS = Path(__file__).parents[2] / "csrc" / "reflect" / "pg_rows.h"


@functools.cache
def declared_columns() -> list[list[str]]:
    """Return the names of columns of PostgreSQL's queries, in the queries' order."""
    declared = re.findall(
        r"#define PG_\w+_COLUMNS\(X\)(.*?)\n\n", PG_ROWS.read_text(), re.DOTALL
    )
    return [re.findall(r"X\(\w+, (\w+)\)", columns) for columns in declared]


PG_TEXTS = (None, "a", "b", "a", "b", "a(1)", "")
# By the names of columns; of those that have none here, texts.
PG_VALUES: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(
        ("oid", "number", "table", "type", "collation", "target", "index", "n_key"),
        (1, 1, 1, 1, "1", 0),
    ),
    **dict.fromkeys(
        ("start", "increment", "min", "max", "cache"), (0, 1, -1, "9", 2**63 - 1)
    ),
    **dict.fromkeys(
        ("visible", "cycle", "not_null", "deferrable", "deferred", "validated")
        + ("unique", "primary", "nulls_not_distinct"),
        (True, False, 1, 0, "t", "f"),
    ),
    **dict.fromkeys(
        ("key", "target_key", "columns", "sorting", "collations"),
        ("{1}", "{1,2}", "{2}", "1", "1 2"),
    ),
    **dict.fromkeys(
        ("expressions", "opclasses", "collation_names", "target_columns", "storage"),
        (None, "{}", "{a}", '{a,"b\\"c",NULL}', "{lower(a)}"),
    ),
    "index": (0, 1, 2),
    "modifier": (-1, 4, 14, "786438"),
    "name": ("a", "b", "c"),
    "identity": ("", "", "a", "d"),
    "generated": ("", "", "s"),
    "match": ("s", "f", "p"),
}
PG_VALUES_OF: tuple[dict[str, tuple[Any, ...]], ...] = (
    {"kind": tuple("ntrcs"), "schema": ("a", "b", "pg_catalog")},
    {"number": (3, 4, 5, "6", 7, 8, 9)},
    {"kind": tuple("pufcx")},
    {"method": ("btree", "gin"), "columns": ("1", "1 2", "2 0", "0")},
)
# By the names of columns of SQLite's pragma functions.
PRAGMA_VALUES: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("notnull", "unique", "partial", "desc"), (0, 1, "1")),
    "hidden": (0, 0, 2, 3),
    **dict.fromkeys(("seq", "seqno"), (0, 0, 0, 0, 0, 1)),
    **dict.fromkeys(("on_update", "on_delete"), ("NO ACTION", "CASCADE")),
    "type": ("INTEGER", "", "NUMERIC( 1, 2)"),
    "origin": ("c", "u", "pk"),
    "coll": ("BINARY", "NOCASE"),
}


class Readers:
    """Calls of `alembic_c._catalog`: its readers, rows of all sorts, and catalogs."""

    def __init__(self, world: World) -> None:
        from alembic_c import _catalog

        self.world = world
        self.catalog: Any = _catalog
        self.readers = (
            _catalog.SqliteReader,
            _catalog.PgReader,
            _catalog.MysqlReader,
        )

    def calls(self) -> list[Call]:
        return [
            self.make_reader,
            *[self.feed] * 2,
            self.feed_statements,
            self.feed_postgresql,
            self.feed_postgresql,
            self.feed_pragmas,
            self.feed_mysql,
            self.feed_mysql_rows,
            self.use_reader,
            self.read_metadata,
            self.read_metadata,
            self.prove,
            self.take_out,
            self.rebuild,
            self.find_irregular,
            self.read_rows,
            self.restore,
            self.look,
            self.look,
        ]

    def one(self, *types: Any) -> Any:
        """Return an object of a type that a call has made; now and then anything."""
        found = [each for each in self.world.made if isinstance(each, types)]
        if found and self.world.rng.random() < 0.97:
            return self.world.rng.choice(found)
        return self.world.value()

    def flag(self) -> Any:
        return self.world.rng.choice((True, False, True, False, Hostile(self.world)))

    def make_reader(self) -> Any:
        world = self.world
        if world.rng.random() < 0.5:
            return self.catalog.SqliteReader(parse=self.flag())
        schemas = world.rng.choice((None, ["public"], world.sequence(world.text)))
        version = world.rng.choice((150000, 150000, 130000, world.value()))
        names = ("defaults", "checks", "sequences", "details", "system_types")
        return self.catalog.PgReader(
            version, schemas, **{name: self.flag() for name in names}
        )

    def cell(self) -> Any:
        rng = self.world.rng
        plain = (None, 0, 1, 7, -1, 2**63, True, "t", "r", "n", "c", "i", "table", "a")
        return rng.choice(plain) if rng.random() < 0.9 else self.world.value()

    def row(self) -> Any:
        rng = self.world.rng
        n = rng.choice((4, 4, 10, 13, 14, rng.randrange(25)))
        sort = rng.choice((tuple, list, tuple, self.world.generate))
        return sort([self.cell() for _ in range(n)])

    def damaged(self, rows: list[list[Any]]) -> Any:
        """Return rows that are as asked for, but for one of them at times."""
        rng = self.world.rng
        if rows and rng.random() < 0.15:
            row = rng.choice(rows)
            kind = rng.randrange(5)
            if kind == 0:
                row[:] = self.row()
            elif kind == 1:
                del row[rng.randrange(len(row))]
            elif kind == 2:
                row.append(self.cell())
            else:
                row[rng.randrange(len(row))] = self.cell()
        sorts = (tuple, list, tuple, self.world.generate)
        shaped = [rng.choice(sorts)(row) for row in rows]
        return rng.choice((shaped, shaped, self.world.generate(shaped)))

    def pg_row(self, query: int) -> list[Any]:
        """Return a row of a PostgreSQL catalog query."""
        rng = self.world.rng
        columns = declared_columns()[query]
        known = PG_VALUES | PG_VALUES_OF[query]
        row = {name: rng.choice(known.get(name, PG_TEXTS)) for name in columns}
        if query == 0 and row["kind"] == "r":
            row["detail"], row["number"] = rng.choice("rrpvmf"), rng.choice((0, 0, 1))
        return list(row.values())

    def feed_postgresql(self) -> Any:
        """Feed a reader all queries in their order."""
        rng = self.world.rng
        reader = self.catalog.PgReader(150000, rng.choice((None, None, ["a", "b"])))
        self.world.keep(reader)
        for query in range(self.catalog.PG_N_QUERIES):
            rows = [self.pg_row(query) for _ in range(rng.randrange(8))]
            if query == 0:
                # There is a schema, a type, and a table in it, mostly.
                names = declared_columns()[0]
                for kind, detail in (("r", "r"), ("t", None), ("n", None)):
                    row = dict.fromkeys(names, 0) | {"kind": kind, "oid": 1}
                    row |= {"name": "a", "schema": "a", "detail": detail}
                    rows.insert(0, list(row.values()))
            if query == 1:
                # It has columns to which keys and indexes may refer.
                for number in (1, 2):
                    row = dict.fromkeys(declared_columns()[1], 0)
                    row |= {"table": 1, "number": number, "name": f"c{number}"}
                    row |= {"type": 1, "modifier": -1, "identity": "", "generated": ""}
                    row |= {"default": None, "collation_name": None}
                    rows.insert(0, list(row.values()))
            reader.feed(query, self.damaged(rows))
        return reader.finish()

    def feed_pragmas(self) -> Any:
        """Feed a reader statements that it does not parse, and pragmas about them."""
        rng = self.world.rng
        reader = self.catalog.SqliteReader(parse=False)
        self.world.keep(reader)
        reader.feed(None, [("table", name, name, "CREATE TABLE") for name in "abc"])
        for pragma in range(self.catalog.SQLITE_N_PRAGMAS):
            sql = reader.pragma_sql(None, "main", pragma)
            columns = sql.split(" FROM ")[0].split(", ")
            rows = [
                [rng.choice("abc"), *map(self.pragma_cell, columns[1:])]
                for _ in range(rng.randrange(6))
            ]
            reader.feed_pragma(None, pragma, self.damaged(rows))
        return reader.finish()

    def pragma_cell(self, column: str) -> Any:
        name = column.partition(".")[2].strip('"')
        return self.world.rng.choice(PRAGMA_VALUES.get(name, ("a", "b", None)))

    def feed_mysql(self) -> Any:
        """Feed a reader what SHOW CREATE TABLE prints."""
        rng, world = self.world.rng, self.world
        charsets = self.damaged([["utf8mb4", "utf8mb4_bin"], ["utf8", "utf8_bin"]])
        reader = self.catalog.MysqlReader(
            self.flag(), ansi_quotes=self.flag(), charsets=charsets
        )
        world.keep(reader)
        for name in rng.sample("abcdef", rng.randrange(4)):
            sql: Any = (
                f"CREATE TABLE `{name}` (`id` int(11) NOT NULL AUTO_INCREMENT,"
                " `x` varchar(10) DEFAULT 'y', PRIMARY KEY (`id`), KEY `i` (`x`(3)))"
                " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
            )
            if rng.random() < 0.2:
                sql = rng.choice((sql[: rng.randrange(len(sql))], world.value()))
            reader.add(rng.choice((None, "s", world.text())), name, sql)
        return reader.finish()

    def feed_mysql_rows(self) -> Any:
        """Feed a reader what information_schema tells."""
        rng, world = self.world.rng, self.world
        results = json.loads(MYSQL_ROWS.read_text(encoding="utf-8"))
        names: Any = rng.sample([row[0] for row in results[0]], 5)
        if rng.random() < 0.1:
            names = rng.choice((world.value(), [world.text()], [world.value()]))
        reader = self.catalog.MysqlReader(
            False, charsets=[["utf8mb4", "utf8mb4_0900_ai_ci"]]
        )
        world.keep(reader)
        reader.begin(rng.choice(("printed", world.text())), None, names)
        for number, rows in enumerate(results):
            some = rows if rng.random() < 0.8 else self.damaged(rows)
            reader.feed(number if rng.random() < 0.98 else world.value(), some)
        for name, _ in reader.end():
            world.keep(name)
        return reader.finish()

    def statement(self) -> tuple[Any, ...]:
        rng = self.world.rng
        name = rng.choice("abc")
        kind = rng.choice(("table", "table", "table", "index"))
        sql: Any = (
            f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, x TEXT DEFAULT 'y' NOT NULL)"
            if kind == "table"
            else f"CREATE INDEX i{rng.randrange(99)} ON {name} (x DESC)"
        )
        if rng.random() < 0.1:
            sql = rng.choice((None, sql[: rng.randrange(len(sql))], self.world.value()))
        return kind, name, name, sql

    def rows(self) -> Any:
        made = [each for each in self.world.made if type(each).__name__ == "PyCapsule"]
        if made and self.world.rng.random() < 0.5:
            return self.world.rng.choice(made)
        return self.world.sequence(self.row)

    def feed(self) -> object:
        world = self.world
        reader = self.one(self.catalog.SqliteReader, self.catalog.PgReader)
        kind = world.rng.randrange(4)
        if kind == 0:
            return reader.feed_pragma(None, world.rng.randrange(5), self.rows())
        if kind == 1:
            return reader.feed(world.value(), self.rows())
        if isinstance(reader, self.catalog.PgReader):
            for query in range(world.rng.randrange(5)):
                reader.feed(query, self.rows() if world.rng.random() < 0.3 else [])
            return None
        return reader.feed(world.rng.choice((None, "other")), self.rows())

    def feed_statements(self) -> Any:
        reader = self.catalog.SqliteReader()
        self.world.keep(reader)
        reader.feed(None, self.world.sequence(self.statement))
        return reader.finish() if self.world.rng.random() < 0.7 else reader

    def use_reader(self) -> Any:
        world = self.world
        reader = self.one(*self.readers)
        kind = world.rng.randrange(4)
        if kind == 0:
            number = world.rng.choice((world.rng.randrange(6), "main", world.value()))
            return reader.sql(number)
        if kind == 1:
            return reader.pragma_sql(world.text(), world.text(), world.rng.randrange(5))
        return reader.finish()

    def table(self) -> Any:
        import sqlalchemy as sa

        rng, world = self.world.rng, self.world
        if rng.random() < 0.05:
            return world.value()
        types = (sa.Integer(), sa.String(10), sa.Numeric(5, 2), sa.Text())
        table = sa.Table(
            rng.choice("abc"),
            sa.MetaData(),
            sa.Column("id", sa.Integer, sa.Identity(start=3), primary_key=True),
            sa.Column("x", rng.choice(types), server_default=rng.choice((None, "y"))),
            sa.Column("y", sa.Integer, sa.Computed("id * 2")),
            sa.UniqueConstraint("x", name=rng.choice((None, "u"))),
            sa.CheckConstraint("id > 0", name="c"),
            sa.Index("i", "x", postgresql_where=rng.choice((None, sa.text("id > 0")))),
        )
        for _ in range(rng.randrange(3)):
            column: Any = rng.choice(list(table.columns))
            holder = rng.choice((table, column, column.type, *table.indexes))
            name = rng.choice(
                ("name", "type", "_columns", "constraints", "unique", "expressions")
                + (
                    "nullable",
                    "server_default",
                    "identity",
                    "comment",
                    "_variant_mapping",
                )
                + ("schema", "length", "__visit_name__", "indexes", "_variant_mapping")
            )
            if name in dir(holder):
                vars(holder)[name] = world.value()
        return table

    def details(self) -> Any:
        """Return something like what there is to tell of an index over one column."""
        world = self.world
        texts = [world.rng.choice((None, world.text())) for _ in range(5)]
        details = [*texts[:3], (texts[3],), (texts[4],)]
        if world.rng.random() < 0.3:
            details[world.rng.randrange(5)] = world.value()
        return tuple(details)

    def read_metadata(self) -> Any:
        from sqlalchemy.dialects import postgresql, sqlite

        from alembic_c.catalog import _model

        world = self.world
        dialect = world.rng.choice((postgresql, sqlite)).dialect()
        flags = dict.fromkeys(("types", "defaults", "comments", "checks"), True)
        rules: Any = _model.Rules(dialect, world.rng.choice((None, "public")), **flags)
        rules.dialect = dialect.name
        if world.rng.random() < 0.6:
            names = [name for name in dir(rules) if not name.startswith("_")]
            value = world.value()
            wrong = world.rng.choice((value, lambda *args: world.value()))
            setattr(rules, world.rng.choice(names), wrong)
        if world.rng.random() < 0.2:
            rules.index_details = lambda index: self.details()
        if world.rng.random() < 0.1:
            rules.plain_types = {type_: world.value() for type_ in rules.plain_types}
        return self.catalog.read_metadata(world.sequence(self.table), rules)

    def judge(self) -> Any:
        return self.world.rng.choice((Hostile(self.world), Hostile(self.world), None))

    def prove(self) -> object:
        world = self.world
        names = ("types", "defaults", "comments", "indexes", "foreign_keys", "checks")
        schemas = tuple(world.text() for _ in range(world.rng.randrange(3)))
        if world.rng.random() < 0.1:
            schemas = world.value()
        return self.catalog.prove(
            self.one(self.catalog.Catalog),
            self.one(self.catalog.Catalog),
            self.judge(),
            **{name: self.flag() for name in names},
            unnamed_schemas=schemas,
        )

    def find_irregular(self) -> object:
        return self.catalog.irregular(self.world.sequence(self.statement))

    def read_rows(self) -> Any:
        return self.catalog.read_rows(self.rows(), self.world.rng.randrange(-1, 8))

    def restore(self) -> Any:
        """Make a catalog of another one's values, some of which are exchanged."""
        world = self.world
        catalog = self.one(self.catalog.Catalog)
        if world.rng.random() < 0.2:
            return catalog.without(world.sequence(world.value))
        tables: Any = catalog.values()
        for _ in range(world.rng.randrange(3)):
            place: Any = tables
            while place and isinstance(place, (list, dict)):
                keys = [*place] if isinstance(place, dict) else [*range(len(place))]
                key = world.rng.choice(keys)
                if world.rng.random() < 0.3:
                    place[key] = world.value()
                    break
                place = place[key]
        backend = world.rng.choice((catalog.backend, "mysql", world.value()))
        return self.catalog.Catalog.from_values(backend, tables)

    def take_out(self) -> Any:
        return self.one(self.catalog.Catalog).without(
            self.world.sequence(self.world.text)
        )

    def rebuild(self) -> Any:
        """Make a catalog of another one's values, of which one may be anything."""
        rng = self.world.rng
        catalog = self.one(self.catalog.Catalog)
        values: Any = catalog.values()
        holder = values
        while rng.random() < 0.8 and holder:
            keys = list(holder) if isinstance(holder, dict) else range(len(holder))
            key = rng.choice(keys)
            if not isinstance(holder[key], dict | list):
                holder[key] = rng.choice((self.cell(), self.world.value()))
                break
            holder = holder[key]
        backend = catalog.backend if rng.random() < 0.9 else self.world.value()
        return self.catalog.Catalog.from_values(backend, values)

    def look(self) -> object:
        """Look at a catalog or at something in it."""
        world = self.world
        thing = self.one(self.catalog.Catalog, *self.catalog.ASPECTS)
        names = [name for name in dir(thing) if not name.startswith("__")]
        if not names or world.rng.random() < 0.2:
            return repr(thing)
        value = getattr(thing, world.rng.choice(names))
        if isinstance(value, tuple):
            for each in value[:5]:
                world.keep(each)
        return value() if callable(value) else value


class Libpq(Readers):
    """Calls of `alembic_c._libpq`; with a server if ALEMBIC_C_TEST_PG names one."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        from alembic_c import _libpq

        self.libpq: Any = _libpq

    def calls(self) -> list[Call]:
        return [
            self.connect,
            *[self.query] * 4,
            self.use,
            self.libpq_load,
            self.make_reader,
            self.feed,
            self.feed,
        ]

    def libpq_load(self) -> object:
        return self.libpq.load(self.world.value())

    def connect(self) -> Any:
        rng, world = self.world.rng, self.world
        server = os.environ.get("ALEMBIC_C_TEST_PG", "").replace("+psycopg2", "")
        conninfo: Any = rng.choice(
            (server, server, server, "host=/nowhere", "nonsense", world.value())
        )
        if rng.random() < 0.9:
            return self.libpq.Connection(conninfo or "host=/nowhere")
        return self.libpq.Connection(conninfo, library=world.value())

    def query(self) -> Any:
        world = self.world
        connection = self.one(self.libpq.Connection)
        sql = world.rng.choice(
            ("BEGIN", "ROLLBACK", "SELECT 1", "nonsense", "SELECT 'n', 1, 0, 'x'")
            + ("SELECT 1, 2, 3, 4 FROM generate_series(1, 2000)", world.value())
        )
        return world.rng.choice((connection.execute, connection.rows))(sql)

    def use(self) -> object:
        connection = self.one(self.libpq.Connection)
        if self.world.rng.random() < 0.3:
            return connection.close()
        return connection.server_version


class Sqlite3(Readers):
    """Calls of `alembic_c._sqlite3`, on files of the round."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        from alembic_c import _sqlite3

        self.sqlite3: Any = _sqlite3

    def calls(self) -> list[Call]:
        return [
            self.open,
            *[self.query] * 4,
            self.close,
            self.libraries,
            self.make_reader,
            self.feed,
            self.feed,
            self.look,
        ]

    def open(self) -> Any:
        import sqlite3

        world = self.world
        path = world.directory / f"{world.rng.choice('ab')}.db"
        if not path.exists():
            with contextlib.closing(sqlite3.connect(path)) as connection:
                for table in "abcdef":
                    connection.execute(f"CREATE TABLE {table} (id INTEGER, x TEXT)")
        name: Any = world.rng.choice((path, str(path), f"file:{path}", world.value()))
        more = {"library": world.value()} if world.rng.random() < 0.1 else {}
        return self.sqlite3.Database(name, uri=self.flag(), **more)

    def query(self) -> Any:
        world = self.world
        database = self.one(self.sqlite3.Database)
        sql = world.rng.choice(
            ("BEGIN", "ROLLBACK", "SELECT 1", "nonsense", "SELECT 1, 2, 3, 4")
            + (self.catalog.SqliteReader().sql("main"), world.value())
        )
        return world.rng.choice((database.execute, database.rows))(sql)

    def close(self) -> object:
        return self.one(self.sqlite3.Database).close()

    def libraries(self) -> object:
        world = self.world
        if world.rng.random() < 0.5:
            return self.sqlite3.load(world.value())
        return self.sqlite3.same_library(world.value(), world.value())
