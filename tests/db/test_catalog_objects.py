"""What a catalog holds beside tables: enums, sequences, views, routines, triggers."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from alembic_c import _catalog, _sqlite3
from alembic_c.catalog import Catalog, render, snapshot
from alembic_c.catalog._objects import without_schema

PG_OBJECTS = """
CREATE SCHEMA app;
CREATE TYPE mood AS ENUM ('sad', 'it''s %');
CREATE TYPE app.nothing AS ENUM ();
CREATE DOMAIN positive AS int DEFAULT 3 NOT NULL CHECK (VALUE > 0);
CREATE SEQUENCE own START 3 INCREMENT 2;
CREATE TABLE t (id serial PRIMARY KEY, i int GENERATED ALWAYS AS IDENTITY, m mood);
CREATE VIEW v AS SELECT id FROM t;
CREATE MATERIALIZED VIEW mv AS SELECT 1 AS x;
CREATE UNIQUE INDEX ON mv (x);
CREATE FUNCTION f(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE ag(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end';
CREATE TRIGGER trg BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tr();
"""


@pytest.fixture
def postgres(pg_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(pg_url)
    with engine.connect() as connection:
        connection.exec_driver_sql(PG_OBJECTS.replace("%", "%%"))
        yield connection
    engine.dispose()


def labels(catalog: Catalog) -> list[tuple[str, str]]:
    return [(each.kind, f"{each.schema}.{each.name}") for each in catalog.objects]


def test_all_kinds_on_postgresql(postgres: sa.Connection, pg_url: str) -> None:
    found = snapshot(postgres)
    assert labels(found) == [
        ("aggregate", "public.ag(integer)"),
        ("domain", "public.positive"),
        ("enum", "app.nothing"),
        ("enum", "public.mood"),
        ("function", "public.f(a integer, b text)"),
        ("function", "public.f(a text)"),
        ("function", "public.tr()"),
        ("materialized view", "public.mv"),
        ("procedure", "public.p()"),
        ("sequence", "public.own"),
        ("trigger", "public.trg"),
        ("view", "public.v"),
    ]
    of_app = snapshot(postgres, schemas=["app", "no ' such \\ one"])
    assert labels(of_app) == [("enum", "app.nothing")]
    # The same through our own connection.
    postgres.commit()
    assert snapshot(pg_url) == found


SEQUENCE = (
    "AS bigint START 3 INCREMENT 2 MINVALUE 1 MAXVALUE 9223372036854775807 CACHE 1"
)
TRIGGER = (
    "CREATE TRIGGER trg BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION tr()"
)

PG_CHANGES = [
    (
        "ALTER TYPE mood ADD VALUE 'z'",
        "enum public.mood: 'sad', 'it''s %' -> 'sad', 'it''s %', 'z'",
    ),
    ("DROP TYPE app.nothing", "enum app.nothing is there only in the first"),
    (
        "ALTER DOMAIN positive DROP NOT NULL",
        "domain public.positive: "
        "integer DEFAULT 3 NOT NULL CONSTRAINT positive_check CHECK ((VALUE > 0)) -> "
        "integer DEFAULT 3 CONSTRAINT positive_check CHECK ((VALUE > 0))",
    ),
    (
        "ALTER SEQUENCE own CYCLE",
        f"sequence public.own: {SEQUENCE} -> {SEQUENCE} CYCLE",
    ),
    (
        "CREATE OR REPLACE VIEW v AS SELECT id, m FROM t",
        "view public.v\n  -SELECT t.id\n  +SELECT t.id,\n  +    t.m",
    ),
    (
        "DROP INDEX mv_x_idx",
        "materialized view public.mv: SELECT 1 AS x; CREATE UNIQUE "
        "INDEX mv_x_idx ON public.mv USING btree (x) -> SELECT 1 AS x",
    ),
    ("ALTER FUNCTION f(text) STRICT", "function public.f(a text)\n  + STRICT"),
    ("DROP PROCEDURE p()", "procedure public.p() is there only in the first"),
    (
        "ALTER TABLE t DISABLE TRIGGER trg",
        "table public.t\n  trigger trg: "
        f"definition {TRIGGER} -> definition {TRIGGER} (disabled)",
    ),
    (
        "DROP TRIGGER trg ON t",
        "table public.t\n  trigger trg is there only in the first",
    ),
    # Used up is not changed.
    ("SELECT nextval('own')", ""),
]


@pytest.mark.parametrize(("statement", "expected"), PG_CHANGES)
def test_changes_on_postgresql(
    postgres: sa.Connection, statement: str, expected: str
) -> None:
    before = snapshot(postgres)
    postgres.exec_driver_sql(statement)
    after = snapshot(postgres)
    changes = before.diff(after)
    assert render(changes) == expected
    assert (before == after) is (before.fingerprint() == after.fingerprint())
    assert (before == after) is (not expected)
    assert before.diff(after, ignore=["app.*", "public.*"]) == []
    for one in (before, after):
        assert Catalog.from_json(one.to_json()) == one
        assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one
        assert one.without_objects().objects == ()
        kinds = {each.kind for each in one.without_objects("enum", "view").objects}
        assert not kinds & {"enum", "view"}
        assert "sequence" in kinds


def test_what_an_extension_brings_is_not_ours(postgres: sa.Connection) -> None:
    before = snapshot(postgres)
    postgres.exec_driver_sql("CREATE EXTENSION hstore")
    assert snapshot(postgres) == before


def test_what_a_failed_concurrent_build_left(pg_url: str) -> None:
    engine = sa.create_engine(pg_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a int)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1), (1)")
        with pytest.raises(sa.exc.IntegrityError):
            connection.exec_driver_sql("CREATE UNIQUE INDEX CONCURRENTLY ix ON t (a)")
        before = snapshot(connection)
        (index,) = before.tables[0].indexes
        assert (index.is_invalid, index.is_not_ready) == (True, True)
        assert snapshot(pg_url) == before
        assert Catalog.from_json(before.to_json()) == before
        connection.exec_driver_sql("DELETE FROM t; REINDEX INDEX ix")
        changes = before.diff(snapshot(connection))
    assert render(changes) == "table public.t\n  index ix: INVALID -> valid"
    engine.dispose()


def test_temporary_objects_and_the_triggers_of_a_left_out_table(
    postgres: sa.Connection,
) -> None:
    before = snapshot(postgres)
    postgres.exec_driver_sql(
        "CREATE TEMP SEQUENCE s; CREATE TEMP VIEW w AS SELECT 1;"
        " CREATE TABLE alembic_version (version_num text);"
        " CREATE TRIGGER watch AFTER UPDATE ON alembic_version"
        " FOR EACH ROW EXECUTE FUNCTION tr()"
    )
    after = snapshot(postgres)
    assert after == before
    assert ("trigger", "public.watch") in labels(snapshot(postgres, version_table=None))


SQLITE_OBJECTS = [
    "CREATE TABLE t (id INTEGER PRIMARY KEY, x)",
    "CREATE VIEW v AS SELECT x FROM t",
    "CREATE TRIGGER trg AFTER INSERT ON t BEGIN SELECT 1; END",
]


def test_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for statement in SQLITE_OBJECTS:
            connection.exec_driver_sql(statement)
        before = snapshot(connection)
    assert [each[:4] for each in before.objects] == [
        ("trigger", None, "trg", "t"),
        ("view", None, "v", None),
    ]
    assert snapshot(path) == before
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP VIEW v")
        connection.exec_driver_sql("CREATE VIEW v AS SELECT id FROM t")
        connection.exec_driver_sql("ATTACH ':memory:' AS \"it''s\"")
        connection.exec_driver_sql("CREATE VIEW \"it''s\".w AS SELECT 1")
        after = snapshot(connection)
    assert render(before.diff(after)) == (
        "view v: CREATE VIEW v AS SELECT x FROM t -> CREATE VIEW v AS SELECT id FROM t"
        "\nview it''s.w is there only in the second"
    )
    engine.dispose()


def test_mariadb(mysql_url: str) -> None:
    engine = sa.create_engine(mysql_url)
    found = []
    with engine.connect() as connection:
        home = connection.exec_driver_sql("SELECT DATABASE()").scalar()
        for name in ("objects_`1", "objects_2"):
            quoted = "`" + name.replace("`", "``") + "`"
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {quoted}")
            connection.exec_driver_sql(f"CREATE DATABASE {quoted}")
            connection.exec_driver_sql(f"USE {quoted}")
            for statement in (
                "CREATE TABLE t (id int, name text)",
                "CREATE VIEW v AS SELECT id, '`objects_2`.' AS x FROM t WHERE id > 1",
                "CREATE FUNCTION f(a int) RETURNS int DETERMINISTIC RETURN a + 1",
                "CREATE PROCEDURE p(OUT a int) SET a = 1",
                "CREATE TRIGGER trg BEFORE INSERT ON t FOR EACH ROW SET NEW.id = 1",
            ):
                connection.exec_driver_sql(statement)
            found.append(snapshot(connection))
        connection.exec_driver_sql("DROP FUNCTION f")
        connection.exec_driver_sql(
            "CREATE FUNCTION f(a int) RETURNS int DETERMINISTIC RETURN a + 2"
        )
        last = snapshot(connection)
        for name in ("objects_``1", "objects_2"):
            connection.exec_driver_sql(f"DROP DATABASE `{name}`")
        connection.exec_driver_sql(f"USE `{home}`")
    engine.dispose()
    assert [each.kind for each in found[0].objects] == [
        *("function", "procedure", "trigger", "view")
    ]
    assert render(found[0].diff(found[1])) == ""
    assert render(found[1].diff(last)).startswith("function f: ")


def test_sequences_of_mariadb(mariadb_url: str) -> None:
    engine = sa.create_engine(mariadb_url)
    with engine.connect() as connection:
        sequence = "`a ``start with %' \"`"
        run = partial(
            connection.exec_driver_sql, execution_options={"no_parameters": True}
        )
        run(f"CREATE SEQUENCE {sequence} START 3")
        before = snapshot(connection)
        assert not before.tables
        run(f"SELECT NEXTVAL({sequence})")
        assert snapshot(connection) == before
        run(f"ALTER SEQUENCE {sequence} INCREMENT BY 5")
        text = render(before.diff(snapshot(connection)))
        run(f"DROP SEQUENCE {sequence}")
    engine.dispose()
    assert text.startswith("sequence a `start with %' \": start with 3 minvalue 1 ")
    assert "increment by 5" in text


def test_partitions_are_told_once(mariadb_url: str) -> None:
    engine = sa.create_engine(mariadb_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a int)")
        before = snapshot(connection)
        connection.exec_driver_sql("ALTER TABLE t PARTITION BY HASH (a) PARTITIONS 2")
        text = render(before.diff(snapshot(connection)))
    engine.dispose()
    assert "no PARTITION BY -> PARTITION BY HASH (`a`)" in text


def test_only_the_own_database_of_a_view_is_left_out() -> None:
    text = "select `a``b`.`t`.`x`,'`a``b`.' from `a``b`.`t` join `other`.`a``b`"
    assert without_schema(text, "a`b") == (
        "select `t`.`x`,'`a``b`.' from `t` join `other`.`a``b`"
    )


@pytest.mark.parametrize(
    "objects",
    [
        "{}",
        "[1]",
        '[{"kind": "enum"}]',
        '[{"kind": "enum", "name": "x", "definition": 1}]',
        '[{"kind": "unknown", "name": "x", "definition": ""}]',
        '[{"kind": "enum", "name": "x", "definition": "", "more": ""}]',
        '[{"kind": "view", "name": "x", "definition": "", "schema": []}]',
        '[{"kind": "trigger", "name": "x", "definition": "", "table": {}}]',
        '[{"kind": ["enum"], "name": "x", "definition": ""}]',
    ],
)
def test_json_that_is_none_of_ours(objects: str) -> None:
    text = '{"format": 1, "backend": "sqlite", "tables": [], "objects": %s}'
    with pytest.raises(ValueError, match="no catalog"):
        Catalog.from_json(text % objects)


def test_rows_of_a_source_as_tuples(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    path.touch()
    database = _sqlite3.Database(path)
    sql = "SELECT 1, 'é', NULL UNION ALL SELECT -2, '', 'x'"
    assert _catalog.read_rows(database.rows(sql), 3) == [(1, "é", None), (-2, "", "x")]
    assert _catalog.read_rows(iter([(1, "x")]), 2) == [(1, "x")]
    assert _catalog.read_rows([], 1) == []
    rows = database.rows(sql)
    with pytest.raises(ValueError, match="3 columns, not 2"):
        _catalog.read_rows(rows, 2)
    for wrong in (0, -1, 2**31):
        with pytest.raises(ValueError, match="no rows of"):
            _catalog.read_rows([], wrong)
    with pytest.raises(TypeError):
        _catalog.read_rows(3, 1)  # type: ignore[arg-type]

    def broken() -> Iterator[tuple[int]]:
        yield (1,)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        _catalog.read_rows(broken(), 1)
    database.close()
