"""What makes two catalogs differ, in words; on SQLite in memory, without a server."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from alembic_c import _catalog
from alembic_c.catalog import Catalog, Change, snapshot
from alembic_c.catalog._catalog import Identity, _parts

BASE = (
    "CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT)",
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b VARCHAR(10) DEFAULT 'x',"
    " p_id INT CONSTRAINT fk REFERENCES p (id), CONSTRAINT ck CHECK (a > 0),"
    " CONSTRAINT uq UNIQUE (a, b))",
    "CREATE INDEX ix ON t (a)",
)


def catalog(*statements: str) -> Catalog:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        found = snapshot(connection)
    engine.dispose()
    return found


def changed(old: str, new: str, base: Sequence[str] = BASE) -> Catalog:
    """Return the catalog of the base with one text in place of another."""
    assert sum(each.count(old) for each in base) == 1
    return catalog(*(each.replace(old, new) for each in base))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a INT,", "a BIGINT,", ["column a of t: type changes from 'INT' to 'BIGINT'"]),
        (
            "a INT,",
            "a INT NOT NULL,",
            ["column a of t: not_null changes from False to True"],
        ),
        (
            "DEFAULT 'x'",
            "DEFAULT 'y'",
            ["""column b of t: default_expr changes from "'x'" to "'y'\""""],
        ),
        (
            " DEFAULT 'x'",
            "",
            ["""column b of t: default_expr changes from "'x'" to None"""],
        ),
        (
            "a INT,",
            "a INT AS (id + 1) STORED,",
            [
                "column a of t: generated changes from None to 'id + 1'",
                "column a of t: generated_kind changes from None to 'stored'",
            ],
        ),
        (
            "a INT,",
            "a INT NOT NULL ON CONFLICT FAIL,",
            [
                "column a of t: not_null_conflict changes from None to 'FAIL'",
                "column a of t: not_null changes from False to True",
            ],
        ),
        ("a INT,", "a INT, c INT,", ["column c of t: added"]),
        ("code TEXT", "code TEXT, d TEXT", ["column d of p: added"]),
        (
            "id INTEGER PRIMARY KEY, code TEXT",
            "code TEXT, id INTEGER PRIMARY KEY",
            ["table p: order of columns changes from ('id', 'code') to ('code', 'id')"],
        ),
        (
            "UNIQUE (a, b)",
            "UNIQUE (a)",
            ["unique uq of t: columns changes from ('a', 'b') to ('a',)"],
        ),
        (
            "CONSTRAINT uq UNIQUE",
            "UNIQUE",
            ["unique uq of t: removed", "unique (a, b) of t: added"],
        ),
        (
            "UNIQUE (a, b)",
            "UNIQUE (a, b) ON CONFLICT IGNORE",
            ["unique uq of t: conflict changes from None to 'IGNORE'"],
        ),
        (
            "REFERENCES p (id)",
            "REFERENCES p (code) ON DELETE CASCADE ON UPDATE SET NULL"
            " DEFERRABLE INITIALLY DEFERRED",
            [
                "foreign key fk of t: ref_columns changes from ('id',) to ('code',)",
                "foreign key fk of t: on_update changes from None to 'SET NULL'",
                "foreign key fk of t: on_delete changes from None to 'CASCADE'",
                "foreign key fk of t: deferrable changes from False to True",
                "foreign key fk of t: initially_deferred changes from False to True",
            ],
        ),
        (
            "REFERENCES p (id)",
            "REFERENCES t (id)",
            ["foreign key fk of t: ref_table changes from 'p' to 't'"],
        ),
        (
            "CHECK (a > 0)",
            "CHECK (a > 1)",
            ["check ck of t: expr changes from 'a > 0' to 'a > 1'"],
        ),
        (
            "CONSTRAINT ck CHECK",
            "CHECK",
            ["check ck of t: removed", "check (a > 0) of t: added"],
        ),
        (
            "id INTEGER PRIMARY KEY, code",
            "id INTEGER, code",
            ["primary key (id) of p: removed"],
        ),
        (
            "PRIMARY KEY, code TEXT)",
            "PRIMARY KEY AUTOINCREMENT, code TEXT)",
            ["table p: autoincrement changes from False to True"],
        ),
        (
            "code TEXT)",
            "code TEXT) WITHOUT ROWID",
            [
                "table p: without_rowid changes from False to True",
                "column id of p: not_null changes from False to True",
            ],
        ),
        ("INDEX ix", "INDEX iy", ["index ix of t: removed", "index iy of t: added"]),
        (
            "INDEX ix",
            "UNIQUE INDEX ix",
            ["index ix of t: is_unique changes from False to True"],
        ),
        (
            "t (a)",
            "t (b DESC, a)",
            ["index ix of t: parts changes from ('a',) to ('b DESC', 'a')"],
        ),
        (
            "t (a)",
            "t (a COLLATE nocase, lower(b))",
            [
                "index ix of t: parts changes from ('a',) to "
                "('a COLLATE nocase', '(lower(b))')"
            ],
        ),
        (
            "t (a)",
            "t (a) WHERE a > 9",
            ["index ix of t: predicate changes from None to 'a > 9'"],
        ),
    ],
)
def test_each_kind_of_change(old: str, new: str, expected: list[str]) -> None:
    before, after = catalog(*BASE), changed(old, new)
    there, back = before.diff(after, order=True), after.diff(before, order=True)
    assert [str(change) for change in there] == expected
    assert before != after
    assert before.fingerprint() != after.fingerprint()
    # The way back says the same of the same things.
    turned = {"added": "removed", "removed": "added"}
    assert sorted(
        (each.table, each.what, turned.get(each.aspect, each.aspect)) for each in there
    ) == sorted((each.table, each.what, each.aspect) for each in back)
    assert {(each.before, each.after) for each in there} == {
        (each.after, each.before) for each in back
    }


def test_tables_come_and_go() -> None:
    before, after = catalog(*BASE), catalog("CREATE TABLE z (a)", BASE[0])
    assert [str(change) for change in before.diff(after)] == [
        "table t: removed",
        "table z: added",
    ]
    assert before.diff(after)[0] == Change("t", "table", "removed")


def test_the_schema_stands_before_the_table(tmp_path: Any) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"ATTACH '{tmp_path / 'other.db'}' AS other")
        before = snapshot(connection)
        connection.exec_driver_sql("CREATE TABLE other.t (a)")
        after = snapshot(connection)
    engine.dispose()
    assert [str(change) for change in before.diff(after)] == ["table other.t: added"]


def test_statements_that_are_not_understood() -> None:
    """Such tables differ when their statements do."""
    statement = "CREATE VIRTUAL TABLE v USING fts4(a)"
    one, same = catalog(statement), catalog(statement)
    other = catalog(statement.replace("(a)", "(b)"))
    assert one == same
    assert one.diff(same) == []
    assert one.diff(other)
    assert one.fingerprint() != other.fingerprint()


def test_names_that_look_like_syntax() -> None:
    """A column with the name of an expression is not taken for it."""
    columns = 'CREATE TABLE t (a, "a DESC", "(a)", "lower(a)")'
    indexes = (
        'CREATE INDEX i ON t ("a DESC")',
        "CREATE INDEX i ON t (a DESC)",
        'CREATE INDEX i ON t ("(a)")',
        'CREATE INDEX i ON t ("lower(a)")',
        "CREATE INDEX i ON t (lower(a))",
    )
    catalogs = [catalog(columns, index) for index in indexes]
    for i, one in enumerate(catalogs):
        for k, other in enumerate(catalogs):
            assert (one.diff(other) == []) is (i == k)


def test_order_of_statements_means_nothing() -> None:
    forth = catalog(
        "CREATE TABLE a (x)", "CREATE TABLE b (x)", "CREATE INDEX i ON a (x)"
    )
    back = catalog(
        "CREATE TABLE b (x)", "CREATE TABLE a (x)", "CREATE INDEX i ON a (x)"
    )
    assert forth == back
    assert hash(forth) == hash(back)
    assert forth.fingerprint() == back.fingerprint()
    assert len({forth, back}) == 1


def test_the_fingerprint_is_the_same_on_every_machine() -> None:
    fingerprint = catalog(*BASE).fingerprint()
    assert fingerprint == FINGERPRINT
    assert len(fingerprint) == 64
    assert catalog().fingerprint() != fingerprint


# Changes with the form of the canonical bytes only: csrc/catalog/canonical.c.
FINGERPRINT = "6966933a96a0aa50fe93aacf7e1a57b871c04ea42c4b6c267c0f52a6a6f8858e"


def test_catalogs_are_values() -> None:
    one = catalog(*BASE)
    assert one != "a catalog"
    assert repr(one) == "<Catalog sqlite, 2 tables>"
    assert len(one) == len(one.tables) == 2
    assert one.backend == "sqlite"
    assert copy.copy(one) is copy.deepcopy(one) is one
    assert pickle.loads(pickle.dumps(one)) == one


def test_nothing_can_be_changed() -> None:
    one = catalog(*BASE)
    table = one.tables[1]
    things: list[Any] = [
        one,
        table,
        table.columns[0],
        table.constraints[0],
        table.indexes[0],
        table.indexes[0].parts[0],
    ]
    for thing in things:
        for name in ("name", "tables", "kind", "text", "anything"):
            with pytest.raises(AttributeError):
                setattr(thing, name, "x")
            with pytest.raises(AttributeError):
                delattr(thing, name)
    with pytest.raises(TypeError):
        type(table)()
    for sequence in (one.tables, table.columns, table.constraints, table.indexes):
        assert isinstance(sequence, tuple)


def test_views_outlive_the_catalog() -> None:
    column = catalog(*BASE).tables[1].columns[1]
    assert (column.name, column.type, column.not_null) == ("a", "INT", False)


def test_an_identity_has_each_of_its_fields() -> None:
    assert Identity._fields == _catalog.ASPECTS[_catalog.Identity]


@pytest.mark.parametrize("field", _catalog.ASPECTS[_catalog.IndexPart])
def test_each_field_of_an_index_part_is_told(field: str) -> None:
    plain = dict.fromkeys(_catalog.ASPECTS[_catalog.IndexPart])
    before = SimpleNamespace(**{**plain, "text": "a"})
    after = SimpleNamespace(**{**plain, "text": "a", field: "other"})
    assert len(set(_parts((before,), (after,)))) == 2


def test_changes_are_values() -> None:
    changes = catalog(*BASE).diff(changed("t (a)", "t (b DESC)"))
    assert pickle.loads(pickle.dumps(changes)) == changes
    assert len({*changes, *catalog(*BASE).diff(changed("t (a)", "t (b DESC)"))}) == 1
    assert changes[0]._asdict() == {
        "table": "t",
        "what": "index ix",
        "aspect": "parts",
        "before": ("a",),
        "after": ("b DESC",),
    }


def test_backends_have_nothing_in_common() -> None:
    reader = _catalog.PgReader(150000, [])
    for number in range(_catalog.PG_N_QUERIES):
        reader.feed(number, [])
    postgresql = Catalog(reader.finish())
    assert postgresql.backend == "postgresql"
    assert postgresql != catalog()
    with pytest.raises(ValueError, match="postgresql and one of sqlite"):
        postgresql.diff(catalog())
