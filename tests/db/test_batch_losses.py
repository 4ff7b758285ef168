"""Move-and-copy on SQLite loses nothing that it was not told to lose, or says so."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from alembic_c.operations import BatchOperations, Operations, _batch_losses
from alembic_c.runtime.migration import MigrationContext
from alembic_c.util import CommandError

Change = Callable[[BatchOperations], None]


@pytest.fixture(params=[None, "AUTOCOMMIT"])
def connection(
    request: pytest.FixtureRequest, sqlite_url: str
) -> Iterator[sa.Connection]:
    """Yield a connection, with a transaction and in autocommit mode."""
    options = {"isolation_level": request.param} if request.param else {}
    engine = sa.create_engine(sqlite_url, **options)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def run(connection: sa.Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
    connection.commit()


def rows(connection: sa.Connection, query: str) -> list[tuple[Any, ...]]:
    found = [tuple(row) for row in connection.exec_driver_sql(query)]
    connection.commit()
    return found


def sql_of(connection: sa.Connection, name: str) -> str:
    query = f"SELECT sql FROM sqlite_master WHERE name = '{name}'"
    return " ".join(str(rows(connection, query)[0][0]).split())


def batch(connection: sa.Connection, change: Change, **options: Any) -> list[str]:
    """Carry out a batch on the table "t"; return what the log warned of."""
    op = Operations(MigrationContext.configure(connection))
    options = {"table_name": "t", "recreate": "always", **options}
    told: list[str] = []
    watching = logging.Handler(logging.WARNING)
    watching.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("alembic.runtime.migration")
    log.addHandler(watching)
    try:
        with op.batch_alter_table(**options) as batch_op:
            change(batch_op)
    finally:
        log.removeHandler(watching)
    connection.commit()
    return told


def nothing(batch_op: BatchOperations) -> None:
    batch_op.alter_column("x", nullable=True)


# --- rows ---------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "SET DEFAULT"])
@pytest.mark.parametrize("schema", [None, "main"])
def test_rows_that_refer_to_their_own_table(
    connection: sa.Connection, action: str, schema: str | None
) -> None:
    run(
        connection,
        "PRAGMA foreign_keys=ON",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER, parent INTEGER, "
        f"FOREIGN KEY(parent) REFERENCES t (id) ON DELETE {action})",
        "INSERT INTO t VALUES (1, 1, NULL), (2, 2, 1), (3, 3, 2)",
    )
    with pytest.raises(CommandError, match=r'delete or change rows of "t",'):
        batch(connection, nothing, schema=schema)
    connection.rollback()
    everything = [(1, 1, None), (2, 2, 1), (3, 3, 2)]
    assert rows(connection, "SELECT * FROM t") == everything
    run(connection, "PRAGMA foreign_keys=OFF")
    batch(connection, nothing, schema=schema)
    assert rows(connection, "SELECT * FROM t") == everything
    assert f"ON DELETE {action}" in sql_of(connection, "t")


def test_what_a_convention_names_and_is_dropped_is_no_loss(
    connection: sa.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    run(
        connection,
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER REFERENCES p (id),"
        " UNIQUE (x))",
    )
    operations = Operations(MigrationContext.configure(connection))
    convention = {"uq": "uq_%(column_0_name)s", "fk": "fk_%(column_0_name)s"}
    with operations.batch_alter_table("t", naming_convention=convention) as batch_op:
        batch_op.drop_constraint("uq_x", type_="unique")
        batch_op.drop_constraint("fk_x", type_="foreignkey")
    assert "UNIQUE" not in sql_of(connection, "t")
    assert "REFERENCES" not in sql_of(connection, "t")
    assert not [each for each in caplog.messages if "without" in each]


def test_a_new_reference_to_the_own_table(connection: sa.Connection) -> None:
    run(
        connection,
        "PRAGMA foreign_keys=ON",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, parent INTEGER)",
        "INSERT INTO t VALUES (1, NULL), (2, 1)",
    )
    with pytest.raises(CommandError, match="PRAGMA foreign_keys=OFF"):
        batch(
            connection,
            lambda b: b.create_foreign_key(
                "fk", "t", ["parent"], ["id"], ondelete="CASCADE"
            ),
        )
    connection.rollback()
    assert rows(connection, "SELECT * FROM t") == [(1, None), (2, 1)]


def test_a_deferred_reference_fails_and_leaves_no_transaction(
    sqlite_url: str,
) -> None:
    engine = sa.create_engine(sqlite_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        run(
            connection,
            "PRAGMA foreign_keys=ON",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER)",
            "CREATE TABLE child (t INTEGER, FOREIGN KEY(t) REFERENCES t (id) "
            "DEFERRABLE INITIALLY DEFERRED)",
            "INSERT INTO t VALUES (1, 1)",
            "INSERT INTO child VALUES (1)",
        )
        before = sql_of(connection, "t")
        with pytest.raises(sa.exc.IntegrityError, match="FOREIGN KEY constraint"):
            batch(connection, nothing)
        driver_connection: Any = connection.connection.driver_connection
        assert not driver_connection.in_transaction
        assert sql_of(connection, "t") == before
        assert rows(connection, "SELECT * FROM child") == [(1,)]
    engine.dispose()


# --- columns ------------------------------------------------------------------------


def add_x(batch_op: BatchOperations) -> None:
    batch_op.add_column(sa.Column("x", sa.Integer))


def rename_and_add_x(batch_op: BatchOperations) -> None:
    batch_op.alter_column("x", new_column_name="y")
    add_x(batch_op)


def drop_and_add_x(batch_op: BatchOperations) -> None:
    batch_op.drop_column("x")
    add_x(batch_op)


@pytest.mark.parametrize("change", [add_x, rename_and_add_x])
def test_values_under_the_name_of_a_new_column(
    connection: sa.Connection, change: Change
) -> None:
    run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER)")
    # There is nothing to lose yet.
    batch(connection, add_x)
    run(connection, "INSERT INTO t VALUES (1, 5)")
    with pytest.raises(CommandError, match='"t" has a column "x" already'):
        batch(connection, change)
    connection.rollback()
    assert rows(connection, "SELECT id, x FROM t") == [(1, 5)]
    batch(connection, drop_and_add_x)
    assert rows(connection, "SELECT id, x FROM t") == [(1, None)]


def copy_of_t(*columns: sa.Column[Any]) -> sa.Table:
    key: sa.Column[Any] = sa.Column("id", sa.Integer, primary_key=True)
    return sa.Table("t", sa.MetaData(), key, sa.Column("x", sa.Integer), *columns)


def test_columns_that_copy_from_forgets(connection: sa.Connection) -> None:
    run(
        connection,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER, y INTEGER, z INTEGER)",
        "INSERT INTO t VALUES (1, 5, 6, NULL)",
    )
    warned = batch(connection, nothing, copy_from=copy_of_t())
    assert warned == [
        'Table "t" loses columns with values that the Table given as copy_from does '
        'not have: "y"'
    ]


def test_copy_from_with_the_column_to_add(connection: sa.Connection) -> None:
    run(
        connection,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER)",
        "INSERT INTO t VALUES (1, 5)",
    )
    column: sa.Column[Any] = sa.Column("y", sa.Integer, server_default="7")
    warned = batch(
        connection,
        lambda b: b.add_column(sa.Column("y", sa.Integer, server_default="7")),
        copy_from=copy_of_t(column),
    )
    assert not warned
    assert rows(connection, "SELECT * FROM t") == [(1, 5, 7)]


def test_swapped_columns_keep_their_values(connection: sa.Connection) -> None:
    run(
        connection,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER, y INTEGER)",
        "INSERT INTO t VALUES (1, 5, 6)",
    )

    def swap(batch_op: BatchOperations) -> None:
        batch_op.alter_column("x", new_column_name="y")
        batch_op.alter_column("y", new_column_name="x")

    assert not batch(connection, swap)
    assert rows(connection, "SELECT id, x, y FROM t") == [(1, 6, 5)]


@pytest.mark.parametrize("kind", ["STORED", "VIRTUAL"])
def test_generated_columns_are_not_copied(connection: sa.Connection, kind: str) -> None:
    run(
        connection,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER, "
        f"g INTEGER GENERATED ALWAYS AS (x + 1) {kind})",
        "INSERT INTO t (id, x) VALUES (1, 5)",
    )
    assert not batch(connection, nothing)
    assert rows(connection, "SELECT * FROM t") == [(1, 5, 6)]


# --- types --------------------------------------------------------------------------

DATES = ["2020-01-02", "2020-01-02 10:20:30", "10:20:30", None]


@pytest.mark.parametrize(
    "new_type", [sa.Date(), sa.DateTime(), sa.TIMESTAMP(), sa.Time(), sa.Interval()]
)
@pytest.mark.parametrize("old_type", ["VARCHAR(30)", "DATETIME"])
def test_dates_stay_what_they_are(
    connection: sa.Connection, old_type: str, new_type: Any
) -> None:
    run(connection, f"CREATE TABLE t (id INTEGER PRIMARY KEY, x {old_type})")
    for number, value in enumerate(DATES):
        connection.exec_driver_sql("INSERT INTO t VALUES (?, ?)", (number, value))
    assert not batch(connection, lambda b: b.alter_column("x", type_=new_type))
    assert [row[0] for row in rows(connection, "SELECT x FROM t ORDER BY id")] == DATES
    name = new_type.compile(connection.dialect)
    assert f"x {name}" in sql_of(connection, "t")


@pytest.mark.parametrize(
    ("new_type", "values", "n_changed"),
    [
        (sa.Integer(), ["1", "007", " 8", None], 0),
        (sa.Integer(), ["abc", "", "1.5", "2x", "3"], 4),
        (sa.Numeric(9, 2), ["1.50", "1e3", "-7"], 0),
        (sa.Numeric(9, 2), ["1,50"], 1),
        (sa.Float(), ["1.25", "x"], 1),
        (sa.Boolean(), ["true", "1", "0"], 1),
        (sa.LargeBinary(), ["abc"], 0),
        (sa.Text(), ["abc", "7"], 0),
    ],
)
def test_values_that_a_cast_changes(
    connection: sa.Connection, new_type: Any, values: list[Any], n_changed: int
) -> None:
    run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, x VARCHAR(30))")
    for value in values:
        connection.exec_driver_sql("INSERT INTO t (x) VALUES (?)", (value,))
    connection.commit()
    warned = batch(connection, lambda b: b.alter_column("x", type_=new_type))
    name = new_type.compile(connection.dialect)
    text = f'Column "x" of table "t": {n_changed} values changed when they were cast to'
    assert warned == ([f"{text} {name}"] if n_changed else [])


def text_to(new_type: Any, *values: Any, old: str = "TEXT") -> Any:
    return pytest.param(old, new_type, values, id=f"{old} {new_type!r} {values}")


@pytest.mark.parametrize(
    ("old", "new_type", "values"),
    [
        text_to(sa.Numeric(), "0.1234567890123456789"),
        text_to(sa.Numeric(), "12345678901234567890", "1e400", "1e-400"),
        text_to(sa.Integer(), "9223372036854775808", "0x10", "2x"),
        text_to(sa.Float(), "9007199254740993"),
        text_to(sa.Integer(), 0.5, 1e300, old="REAL"),
        text_to(sa.Float(), 2**53 + 1, old="INTEGER"),
        text_to(sa.Text(), float("inf"), old="REAL"),
        text_to(sa.Integer(), b"abc", old="BLOB"),
        text_to(sa.JSON(), "12345678901234567890"),
    ],
)
def test_every_value_that_a_type_changes_is_told(
    connection: sa.Connection, old: str, new_type: Any, values: tuple[Any, ...]
) -> None:
    run(connection, f"CREATE TABLE t (id INTEGER PRIMARY KEY, x {old})")
    for value in (*values, None):
        connection.exec_driver_sql("INSERT INTO t (x) VALUES (?)", (value,))
    connection.commit()
    (warned,) = batch(connection, lambda b: b.alter_column("x", type_=new_type))
    assert f"{len(values)} values changed when they were cast to" in warned


@pytest.mark.parametrize("old", ["REAL", "NUMERIC", "FLOAT", "", "BLOB"])
def test_a_text_has_all_digits(connection: sa.Connection, old: str) -> None:
    numbers = [0.1 + 0.2, 1 / 3, 1e-300, 123456789012345678.0, 1e23, 0.5, 2.0, -1.1]
    run(connection, f"CREATE TABLE t (id INTEGER PRIMARY KEY, x {old})")
    for number in numbers:
        connection.exec_driver_sql("INSERT INTO t (x) VALUES (?)", (number,))
    connection.commit()
    assert not batch(connection, lambda b: b.alter_column("x", type_=sa.Text()))
    found = [row[0] for row in rows(connection, "SELECT x FROM t ORDER BY id")]
    assert all(isinstance(text, str) for text in found)
    assert [float(text) for text in found] == numbers
    assert found[5] == "0.5"


def test_ids_that_a_new_key_makes_are_told(connection: sa.Connection) -> None:
    run(
        connection,
        "CREATE TABLE t (id INT, x INTEGER)",
        "INSERT INTO t VALUES (NULL, 1), (7, 2), (NULL, 3)",
    )
    warned = batch(connection, lambda b: b.create_primary_key("pk", ["id"]))
    assert warned == [
        'Column "id" of table "t": 2 values changed when they were cast to INTEGER '
        "PRIMARY KEY",
        'Table "t" is made anew without its rowids',
    ]
    assert rows(connection, "SELECT count(*), max(x) FROM t") == [(3, 3)]


def test_a_type_that_copy_from_gives_otherwise(connection: sa.Connection) -> None:
    run(
        connection,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)",
        "INSERT INTO t VALUES (1, '007'), (2, '12345678901234567890'), (3, 'abc')",
    )
    warned = batch(connection, nothing, copy_from=copy_of_t())
    assert warned == [
        'Column "x" of table "t": 1 values changed when they were cast to INTEGER'
    ]


def test_a_row_that_a_conflict_would_drop(connection: sa.Connection) -> None:
    run(
        connection,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER)",
        "INSERT INTO t VALUES (1, 5), (2, 5)",
    )
    unique = sa.UniqueConstraint("x", name="uq", sqlite_on_conflict="IGNORE")
    with pytest.raises(CommandError, match="would lose 1 of its 2 rows"):
        batch(connection, nothing, table_args=[unique])
    connection.rollback()
    assert rows(connection, "SELECT * FROM t") == [(1, 5), (2, 5)]


# --- what belongs to the table ------------------------------------------------------


def test_what_is_dropped_with_the_table_is_kept(connection: sa.Connection) -> None:
    run(
        connection,
        "CREATE TABLE other (a INTEGER)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, "
        "x TEXT COLLATE NOCASE DEFAULT 'STRICT')",
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE TRIGGER tr2 AFTER INSERT ON other BEGIN SELECT 1; END",
        "CREATE INDEX plain ON t (x) WHERE x > 'DESC'",
        "CREATE INDEX down ON t (x DESC)",
        "CREATE INDEX gone ON t (x DESC)",
    )
    before = sql_of(connection, "tr")
    assert not batch(connection, lambda b: b.drop_index("gone"))
    assert sql_of(connection, "tr") == before
    assert "WHERE x > 'DESC'" in sql_of(connection, "plain")
    assert "(x DESC)" in sql_of(connection, "down")
    table = sql_of(connection, "t")
    assert "PRIMARY KEY AUTOINCREMENT" in table
    assert 'x TEXT COLLATE "NOCASE"' in table
    assert not rows(connection, "SELECT 1 FROM sqlite_master WHERE name = 'gone'")


def test_what_goes_with_a_column_is_told(connection: sa.Connection) -> None:
    run(
        connection,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER, y INTEGER, "
        "CHECK (x > 0), CONSTRAINT xy CHECK (x > y), CONSTRAINT yy CHECK (y > 0))",
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT NEW.y; END",
        'CREATE TRIGGER quoted AFTER INSERT ON t WHEN "y" > 1 BEGIN SELECT 1; END',
        "CREATE TRIGGER named AFTER UPDATE OF y ON t BEGIN SELECT 1; END",
        "CREATE TRIGGER tr2 AFTER INSERT ON t BEGIN SELECT NEW.x; END",
        "CREATE INDEX gone ON t (lower(y))",
        "CREATE INDEX left ON t (lower(x))",
        "CREATE INDEX summed ON t (id, x + 1)",
        "CREATE INDEX number ON t (-x)",
        "CREATE INDEX upwards ON t (x ASC)",
    )
    with pytest.warns(UserWarning, match="Unnamed CHECK constraint"):
        (warned,) = batch(connection, lambda b: b.drop_column("y"))
    assert warned == (
        'Table "t" is made anew without the trigger "tr", the trigger "quoted", '
        'the trigger "named", the index "gone", the CHECK (x > 0), '
        'the CHECK "xy" (x > y)'
    )
    names = {row[0] for row in rows(connection, "SELECT name FROM sqlite_master")}
    assert names == {"t", "tr2", "left", "summed", "number", "upwards"}


@pytest.mark.parametrize("option", ["STRICT", "WITHOUT ROWID"])
def test_options_of_the_table_are_kept(connection: sa.Connection, option: str) -> None:
    run(
        connection,
        f"CREATE TABLE t (id TEXT NOT NULL PRIMARY KEY, x INTEGER) {option}",
        "INSERT INTO t VALUES ('a', 1)",
    )
    assert not batch(connection, nothing)
    assert option in sql_of(connection, "t")
    assert rows(connection, "SELECT * FROM t") == [("a", 1)]


@pytest.mark.parametrize("left", [0, 1])
def test_ids_are_not_used_again(connection: sa.Connection, left: int) -> None:
    run(
        connection,
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, x INTEGER)",
        "INSERT INTO t VALUES (1, 1), (9, 9)",
        f"DELETE FROM t WHERE id > {left}",
    )
    batch(connection, nothing, table_kwargs={"sqlite_autoincrement": True})
    sequence = rows(connection, "SELECT * FROM sqlite_sequence")
    assert sequence == [("t", 9)]
    run(connection, "INSERT INTO t (x) VALUES (3)")
    assert rows(connection, "SELECT max(id) FROM t") == [(10,)]


def test_table_named_in_other_letters(connection: sa.Connection) -> None:
    run(
        connection,
        'CREATE TABLE "T" (id INTEGER PRIMARY KEY, x INTEGER, '
        "CONSTRAINT uq UNIQUE (x))",
        "INSERT INTO T VALUES (1, 5)",
    )
    batch(connection, nothing)
    definition = sql_of(connection, "T")
    assert "PRIMARY KEY (id)" in definition
    assert "CONSTRAINT uq UNIQUE (x)" in definition
    assert rows(connection, "SELECT * FROM t") == [(1, 5)]


REFERENCES = [
    "CREATE VIEW v AS SELECT x FROM t",
    'CREATE VIEW v AS SELECT "x" FROM t',
    "CREATE TEMP VIEW v AS SELECT id, x FROM t",
    "CREATE TRIGGER tr AFTER INSERT ON other BEGIN UPDATE t SET x = 1; END",
    'CREATE TRIGGER tr AFTER DELETE ON other BEGIN DELETE FROM t WHERE "x" = 1; END',
]


@pytest.mark.parametrize("reference", REFERENCES)
def test_views_and_triggers_that_refer_to_the_table(
    connection: sa.Connection, reference: str
) -> None:
    """SQLite refuses to rename a table to what they refer to."""
    run(
        connection,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER)",
        "CREATE TABLE other (a INTEGER)",
        "INSERT INTO t VALUES (1, 5)",
        reference,
    )
    assert not batch(connection, nothing)
    assert rows(connection, "SELECT * FROM t") == [(1, 5)]
    assert rows(connection, "PRAGMA legacy_alter_table") == [(0,)]
    with pytest.raises(CommandError, match=r'(view "v"|trigger "tr") refers to it'):
        batch(connection, lambda b: b.drop_column("x"))
    connection.rollback()
    assert rows(connection, "SELECT * FROM t") == [(1, 5)]
    names = rows(connection, "SELECT name FROM sqlite_master WHERE type = 'table'")
    assert sorted(names) == [("other",), ("t",)]
    assert rows(connection, "PRAGMA legacy_alter_table") == [(0,)]


def test_a_view_that_is_broken_is_left_alone(connection: sa.Connection) -> None:
    run(
        connection,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER)",
        "CREATE VIEW broken AS SELECT y FROM t",
        "CREATE VIEW other AS SELECT z FROM nowhere",
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO nowhere VALUES (1); END",
    )
    assert not batch(connection, lambda b: b.drop_column("x"))
    names = {row[0] for row in rows(connection, "SELECT name FROM sqlite_master")}
    assert names == {"t", "broken", "other", "tr"}


def test_tables_of_an_attached_database(connection: sa.Connection) -> None:
    run(
        connection,
        "ATTACH ':memory:' AS a",
        "CREATE TABLE main.t (other INTEGER)",
        "CREATE TABLE a.t (id INTEGER PRIMARY KEY AUTOINCREMENT, x INTEGER)",
        "CREATE INDEX a.ix ON t (x)",
        "INSERT INTO a.t VALUES (1, 5)",
    )
    warned = batch(connection, nothing, schema="a")
    assert not warned
    ((statement,),) = rows(
        connection, "SELECT sql FROM a.sqlite_master WHERE name = 't'"
    )
    assert "AUTOINCREMENT" in statement
    assert rows(connection, "SELECT * FROM a.t") == [(1, 5)]
    indexes = rows(connection, "SELECT name FROM a.sqlite_master WHERE type = 'index'")
    assert indexes == [("ix",)]
    assert sql_of(connection, "t") == "CREATE TABLE t (other INTEGER)"


@pytest.mark.parametrize("other", [None, "CREATE TABLE main.t (x INTEGER)"])
def test_tables_that_a_translate_map_puts_elsewhere(
    connection: sa.Connection, other: str | None
) -> None:
    """All that is looked at and made again is the table's, not of one in "main"."""
    run(
        connection,
        "ATTACH ':memory:' AS a",
        *([other, "INSERT INTO main.t VALUES (7)"] if other else []),
        "CREATE TABLE a.t (id INTEGER PRIMARY KEY, x TEXT COLLATE NOCASE)",
        "CREATE INDEX a.ix ON t (x DESC)",
        "INSERT INTO a.t VALUES (1, 'b'), (2, 'c')",
    )
    translated = connection.execution_options(schema_translate_map={None: "a"})
    warned = batch(
        translated, lambda batch_op: batch_op.alter_column("x", type_=sa.Integer())
    )
    changed = 'Column "x" of table "t": 2 values changed when they were cast to INTEGER'
    assert warned == [
        changed,
        'Table "t" is made anew without COLLATE NOCASE of the column "x"',
    ]
    found = rows(connection, "SELECT name, sql FROM a.sqlite_master ORDER BY name")
    assert found[0] == ("ix", "CREATE INDEX ix ON t (x DESC)")
    assert [name for name, _ in found] == ["ix", "t"]
    assert rows(connection, "SELECT * FROM a.t") == [(1, 0), (2, 0)]
    left = [(other.replace("main.", ""),)] if other else []
    assert rows(connection, "SELECT sql FROM main.sqlite_master") == left
    if other:
        assert rows(connection, "SELECT * FROM main.t") == [(7,)]


def test_a_table_that_becomes_a_temporary_one(connection: sa.Connection) -> None:
    run(
        connection,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)",
        "INSERT INTO t VALUES (1, 'b')",
    )
    options = {"table_kwargs": {"prefixes": ["TEMPORARY"]}}
    assert not batch(connection, nothing, **options)
    assert rows(connection, "SELECT name FROM sqlite_temp_master") == [("t",)]
    assert rows(connection, "SELECT * FROM t") == [(1, "b")]


def test_a_trigger_of_a_temporary_table(connection: sa.Connection) -> None:
    run(
        connection,
        "CREATE TEMP TABLE t (id INTEGER PRIMARY KEY, x TEXT)",
        "CREATE TEMP TABLE seen (id INTEGER)",
        "CREATE TEMP TRIGGER tr AFTER INSERT ON t "
        "BEGIN INSERT INTO seen VALUES (new.id); END",
    )
    assert not batch(connection, nothing, schema="temp")
    run(connection, "INSERT INTO t VALUES (5, 'a')")
    assert rows(connection, "SELECT id FROM seen") == [(5,)]


def test_a_name_with_the_word_for_a_sequence(connection: sa.Connection) -> None:
    run(
        connection,
        'CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, "AUTOINCREMENT" INTEGER)',
        "INSERT INTO t VALUES (1, 'b', 2)",
    )
    warned = batch(
        connection, lambda batch_op: batch_op.alter_column("x", type_=sa.Integer())
    )
    assert warned == [
        'Column "x" of table "t": 1 values changed when they were cast to INTEGER'
    ]


def test_a_table_by_the_temporary_name_is_left_alone(
    connection: sa.Connection,
) -> None:
    run(
        connection,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER)",
        "CREATE TABLE _alembic_tmp_t (mine INTEGER)",
        "INSERT INTO t VALUES (1, 5)",
        "INSERT INTO _alembic_tmp_t VALUES (6)",
    )
    with pytest.raises(sa.exc.OperationalError, match="already exists"):
        batch(connection, nothing)
    connection.rollback()
    assert rows(connection, "SELECT * FROM t") == [(1, 5)]
    assert rows(connection, "SELECT * FROM _alembic_tmp_t") == [(6,)]


@pytest.mark.parametrize("other", ["_alembic_tmp_t", "_Alembic_TMP_t"])
def test_a_temporary_table_by_that_name_gets_no_rows(
    connection: sa.Connection, other: str
) -> None:
    run(
        connection,
        "CREATE TABLE t (x INTEGER)",
        f"CREATE TEMP TABLE {other} (x INTEGER)",
        "INSERT INTO t VALUES (1)",
    )
    with pytest.raises(CommandError, match="would go to the temporary table"):
        batch(connection, nothing)
    assert rows(connection, "SELECT * FROM main.t") == [(1,)]
    assert rows(connection, f"SELECT * FROM {other}") == []


def test_a_temporary_table_beside_one_by_the_temporary_name(
    connection: sa.Connection,
) -> None:
    """The statement that is looked at is the new table's."""
    run(
        connection,
        "CREATE TABLE t (x INTEGER)",
        "CREATE TABLE _alembic_tmp_t (x INTEGER PRIMARY KEY AUTOINCREMENT)",
        "INSERT INTO t VALUES (1)",
    )
    options = {"table_kwargs": {"prefixes": ["TEMPORARY"]}}
    assert not batch(connection, nothing, **options)
    assert rows(connection, "SELECT * FROM temp.t") == [(1,)]
    assert rows(connection, "SELECT * FROM main._alembic_tmp_t") == []


def test_listeners_see_what_sqlalchemy_reads(connection: sa.Connection) -> None:
    """Whoever listens gets SQLAlchemy's own reflection; values are kept there too."""
    run(
        connection,
        "CREATE TABLE par (id INTEGER PRIMARY KEY)",
        'CREATE TABLE t (id INTEGER PRIMARY KEY, x "x-text" '
        "REFERENCES par ON DELETE CASCADE DEFAULT 'it''s %(x)s :y')",
        "INSERT INTO t VALUES (1, '007')",
    )
    seen: list[str] = []

    def listener(inspector: Any, table: sa.Table, column: Any) -> None:
        seen.append(f"{table.name}.{column['name']}")

    options = {"listeners": [("column_reflect", listener)]}
    assert not batch(connection, nothing, reflect_kwargs=options)
    assert seen == ["t.id", "t.x"]
    assert rows(connection, "SELECT typeof(x), x FROM t") == [("text", "007")]
    run(connection, "INSERT INTO t (id) VALUES (2)")
    assert rows(connection, "SELECT x FROM t WHERE id = 2") == [("it's %(x)s :y",)]
    assert "ON DELETE CASCADE" in sql_of(connection, "t")


def test_a_check_goes_with_its_column_and_follows_its_name(
    connection: sa.Connection,
) -> None:
    """As the batch does that takes back a column with an Enum."""
    run(connection, "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER)")
    enum = sa.Enum("a", "b", name="kinds", create_constraint=True)

    def change(batch_op: BatchOperations) -> None:
        batch_op.add_column(sa.Column("kind", enum))
        batch_op.create_check_constraint("positive", sa.text("x > 0 OR x IN (-1)"))

    batch(connection, change)
    assert "CONSTRAINT kinds CHECK (kind IN ('a', 'b'))" in sql_of(connection, "t")
    assert not batch(connection, lambda b: b.alter_column("x", new_column_name="a b"))
    assert 'CHECK ("a b" > 0 OR "a b" IN (-1))' in sql_of(connection, "t")
    assert not batch(connection, lambda b: b.drop_column("kind"))
    assert "kind" not in sql_of(connection, "t")


def test_a_generated_column_follows_a_new_name(connection: sa.Connection) -> None:
    run(
        connection,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER, "
        "y TEXT AS (x || ':x') STORED)",
        "INSERT INTO t (x) VALUES (4)",
    )
    assert not batch(connection, lambda b: b.alter_column("x", new_column_name="a:b"))
    assert rows(connection, 'SELECT id, "a:b", y FROM t') == [(1, 4, "4:x")]
    run(connection, 'INSERT INTO t ("a:b") VALUES (5)')
    assert rows(connection, "SELECT y FROM t WHERE id = 2") == [("5:x",)]


# --- questions that cannot be asked ---------------------------------------------------


def test_database_that_does_not_answer(connection: sa.Connection) -> None:
    run(
        connection,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER)",
        "INSERT INTO t VALUES (1, 5)",
    )
    driver_connection: Any = connection.connection.driver_connection

    def authorizer(action: int, table: str | None, *more: Any) -> int:
        is_asked = action == sqlite3.SQLITE_PRAGMA and table == "foreign_keys"
        return sqlite3.SQLITE_DENY if is_asked else sqlite3.SQLITE_OK

    driver_connection.set_authorizer(authorizer)
    (told,) = batch(
        connection,
        lambda b: b.add_column(sa.Column("y", sa.Integer)),
        copy_from=copy_of_t(),
    )
    driver_connection.set_authorizer(None)
    assert rows(connection, "SELECT * FROM t") == [(1, 5, None)]
    assert told.startswith(
        'What table "t" loses when it is made anew cannot be asked: '
    )


def test_transaction_that_sqlite_has_rolled_back(
    connection: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is gone with it, so the table has to stay."""
    run(
        connection,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER)",
        "INSERT INTO t VALUES (1, 5)",
    )

    def full_disk(look: Any) -> None:
        look._query("ROLLBACK")
        look._query("SELECT full_disk()")

    monkeypatch.setattr(_batch_losses._SqliteGuard, "keep_sequence", full_disk)
    with pytest.raises(sa.exc.OperationalError):
        batch(connection, nothing)
    connection.rollback()
    assert rows(connection, "SELECT * FROM t") == [(1, 5)]


def test_one_scan_for_all_casts(connection: sa.Connection) -> None:
    run(
        connection,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, y TEXT, z INTEGER)",
        "INSERT INTO t VALUES (1, 'a', '1,5', 3), (2, 'b', '2', 4)",
    )

    def change(batch_op: BatchOperations) -> None:
        batch_op.alter_column("x", type_=sa.Integer())
        batch_op.alter_column("y", type_=sa.Float())
        batch_op.alter_column("z", type_=sa.Text())

    statements: list[str] = []
    driver_connection: Any = connection.connection.driver_connection
    driver_connection.set_trace_callback(statements.append)
    warned = batch(connection, change)
    driver_connection.set_trace_callback(None)
    ends = [line.partition(": ")[2].split()[0] for line in warned]
    assert ends == ["2", "1"]
    asked = [each for each in statements if each.startswith("SELECT total")]
    assert len(asked) == 1


_CHECKED = sa.Boolean(create_constraint=True, name="ck")


@pytest.mark.parametrize(
    "type_",
    [
        _CHECKED,
        sa.Integer().with_variant(_CHECKED, "sqlite"),
        _CHECKED.with_variant(sa.Integer(), "sqlite"),
        _CHECKED.with_variant(sa.Integer(), "postgresql"),
    ],
    ids=["alone", "variant here", "variant without here", "variant elsewhere"],
)
def test_a_dropped_column_takes_the_check_of_its_type_along(
    connection: sa.Connection, type_: Any
) -> None:
    # An earlier model may have had the type that brings the CHECK.
    run(
        connection,
        "CREATE TABLE t (x INTEGER, f BOOLEAN, CONSTRAINT ck CHECK (f IN (0, 1)))",
        "INSERT INTO t VALUES (1, 1)",
    )
    batch(connection, lambda op: op.drop_column("f", existing_type=type_))
    assert sql_of(connection, "t") == 'CREATE TABLE "t" ( x INTEGER )'
    assert rows(connection, "SELECT * FROM t") == [(1,)]


# --- what stays ---------------------------------------------------------------------


def test_keys_on_the_same_columns_keep_their_own_actions(
    connection: sa.Connection,
) -> None:
    run(
        connection,
        "CREATE TABLE par (id INTEGER PRIMARY KEY, u INTEGER UNIQUE)",
        "CREATE TABLE t (a INTEGER REFERENCES par (id), "
        "CONSTRAINT f FOREIGN KEY (a) REFERENCES par (u) ON DELETE CASCADE)",
    )
    query = "SELECT \"to\", on_delete FROM pragma_foreign_key_list('t') ORDER BY 1"
    for options in ({}, {"reflect_kwargs": {"resolve_fks": False}}):
        assert batch(connection, lambda op: None, **options) == []
        assert rows(connection, query) == [("id", "NO ACTION"), ("u", "CASCADE")]


@pytest.mark.parametrize("declared", ["INTEGER", "INT"])
def test_a_key_without_rowid_keeps_its_type(
    connection: sa.Connection, declared: str
) -> None:
    run(
        connection,
        f"CREATE TABLE t (a {declared} PRIMARY KEY, b INTEGER) WITHOUT ROWID",
    )
    assert batch(connection, lambda op: None) == []
    assert rows(connection, "SELECT type FROM pragma_table_info('t') LIMIT 1") == [
        (declared,)
    ]
    assert "WITHOUT ROWID" in sql_of(connection, "t")


NAMES = ["n", "n n", "order", ":n", "é"]


def table_with_generated(connection: sa.Connection, name: str) -> None:
    """Make the table "t" with a column, one generated from it, and a CHECK of it."""
    run(
        connection,
        f'CREATE TABLE t ("{name}" TEXT, a INTEGER, g TEXT AS ("{name}" || \':x\'),'
        f" CONSTRAINT ck CHECK (\"{name}\" > ''))",
        f"INSERT INTO t (\"{name}\", a) VALUES ('v', 1)",
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_generated_column_makes_no_text_of_a_dropped_one(
    connection: sa.Connection, name: str
) -> None:
    """SQLite takes a name in double quotes for a text where no column has it."""
    table_with_generated(connection, name)
    with pytest.raises(sa.exc.OperationalError, match="no such column"):
        batch(connection, lambda op: op.drop_column(name))
    connection.rollback()
    assert rows(connection, "SELECT * FROM t") == [("v", 1, "v:x")]

    def drop_both(op: BatchOperations) -> None:
        op.drop_column(name)
        op.drop_column("g")

    assert batch(connection, drop_both) == []
    assert rows(connection, "SELECT * FROM t") == [(1,)]
    assert "CHECK" not in sql_of(connection, "t")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_made_of_a_renamed_column_follows_it(
    connection: sa.Connection, name: str
) -> None:
    table_with_generated(connection, name)
    renaming = batch(
        connection, lambda op: op.alter_column(name, new_column_name="m:m")
    )
    assert renaming == []
    run(connection, "INSERT INTO t (\"m:m\") VALUES ('w')")
    assert rows(connection, "SELECT g FROM t") == [("v:x",), ("w:x",)]
    with pytest.raises(sa.exc.IntegrityError, match="ck"):
        run(connection, "INSERT INTO t (\"m:m\") VALUES ('')")


def test_a_column_without_a_type_gets_none_from_its_key(
    connection: sa.Connection,
) -> None:
    """SQLAlchemy would give it that of the column that it refers to."""
    run(
        connection,
        "CREATE TABLE t (id TEXT PRIMARY KEY, up REFERENCES t (id), n INTEGER)",
        "INSERT INTO t VALUES ('1', 1, 2)",
    )
    assert batch(connection, lambda op: None) == []
    query = "SELECT type FROM pragma_table_info('t')"
    assert rows(connection, query) == [("TEXT",), ("",), ("INTEGER",)]
    assert rows(connection, "SELECT * FROM t") == [("1", 1, 2)]
