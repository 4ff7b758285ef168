"""Every directive on real databases: ours and upstream's, with good and bad input.

Each statement of `test_op_sql`, and odd ones besides, meets the same tables.  What is
raised and warned of has to be equal, with the SQL that SQLAlchemy puts into its errors;
so has the database, if nothing was raised.
"""

from __future__ import annotations

import random
import re
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

import alembic_c
import alembic_c.operations
import alembic_c.runtime.migration
from tests.differential.test_op_sql import FAMILIES, bad_input, namespace, normal
from tests.support.mariadb import drop_tables, emptied

# Statements of a family; fewer where each needs its tables made anew.
SAMPLE = {"sqlite": 60, "postgresql": 60, "mysql": 12, "mariadb": 12}

SETUP = [
    "CREATE TABLE o (id INTEGER NOT NULL PRIMARY KEY, b INTEGER, id2 INTEGER)",
    "CREATE TABLE t (a INTEGER NOT NULL, {q}B c{q} INTEGER, b INTEGER, c VARCHAR(9), "
    "{q}d{q} INTEGER, CONSTRAINT n CHECK (a > 0))",
    "CREATE TABLE {q}T t{q} (a INTEGER, {q}C d{q} INTEGER)",
    "CREATE TABLE r (id INTEGER NOT NULL, name VARCHAR(5), at {datetime}, "
    "CONSTRAINT pkr PRIMARY KEY (id), CONSTRAINT uqr UNIQUE (name, at))",
    "CREATE INDEX ixr ON r (at)",
    "CREATE TABLE acc (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(20))",
    "CREATE TABLE {q}real{q} (id INTEGER NOT NULL PRIMARY KEY, at {datetime})",
    "INSERT INTO t (a, b, c) VALUES (1, 2, '3'), (4, 5, '6')",
    "INSERT INTO r VALUES (1, 'one', '2020-01-01 00:00:00'), (2, NULL, NULL)",
    "INSERT INTO acc VALUES (7, 'seven')",
]


def odd_input() -> Iterator[str]:
    """Yield statements with wrong types, missing names and unknown keywords."""
    yield from """\
op.create_table('t', sa.Column('a', sa.Integer))
op.create_table('new', sa.Column('a', sa.Integer, sa.ForeignKey('nonesuch.id')))
op.create_table('new', sa.Column('a', sa.String))
op.create_table('new', sa.Column('a', sa.Integer), schema='nonesuch')
op.create_table('new', sa.Column('a', sa.Integer, server_default=5))
op.create_table(5, sa.Column('a', sa.Integer))
op.create_table('new', sa.Column(5, sa.Integer))
op.create_table('new', sa.Column('a', 'INTEGER'))
op.create_table('new', sa.Column('a', int))
op.create_table('n' * 300, sa.Column('a', sa.Integer))
op.create_table('', sa.Column('a', sa.Integer))
op.create_table('new', sa.Column('a', sa.Integer), sa.Index('ixr', 'a'))
op.create_table('new', sa.Column('a', sa.Integer), comment=5)
op.drop_table('nonesuch')
op.drop_table('nonesuch', if_exists=True)
op.drop_table('r', schema='nonesuch')
op.drop_table(5)
op.rename_table('nonesuch', 'x')
op.rename_table('t', 'r')
op.rename_table('t', '')
op.rename_table('t', None)
op.add_column('nonesuch', sa.Column('c', sa.Integer))
op.add_column('t', sa.Column('a', sa.Integer))
op.add_column('t', sa.Column('z', sa.Integer, nullable=False))
op.add_column('t', sa.Column('z', sa.Integer, sa.ForeignKey('nonesuch.id')))
op.add_column('t', sa.Column('z', sa.String(5), server_default="it's %s :x \\\\ {}"))
op.add_column('t', sa.Column('z %', sa.Integer))
op.add_column('t', sa.Column('z:y', sa.Integer))
op.add_column('t', [sa.Column('z', sa.Integer)])
op.drop_column('t', 'nonesuch')
op.drop_column('nonesuch', 'a')
op.drop_column('t', 'c')
op.drop_column('t', sa.Column('c'))
op.drop_column('t', None)
op.alter_column('t', 'nonesuch', nullable=True, existing_type=sa.Integer())
op.alter_column('nonesuch', 'a', nullable=True, existing_type=sa.Integer())
op.alter_column('t', 'c', type_=sa.Integer)
op.alter_column('t', 'c', type_=sa.Integer, postgresql_using='c::integer')
op.alter_column('t', 'c', type_=sa.Integer, postgresql_using='zork(c)')
op.alter_column('t', 'c', nullable='maybe', existing_type=sa.String(9))
op.alter_column('t', 'c', server_default=[1], existing_type=sa.String(9))
op.alter_column('t', 'c', server_default=object, existing_type=sa.String(9))
op.alter_column('t', 'c', new_column_name='a', existing_type=sa.String(9))
op.alter_column('t', 'c', new_column_name='', existing_type=sa.String(9))
op.alter_column('t', 'c', new_column_name=5, existing_type=sa.String(9))
op.alter_column('t', 'c', comment=5, existing_type=sa.String(9))
op.alter_column('t', 'c', existing_type='x', nullable=True)
op.alter_column('t', 'B c', nullable=False, existing_type=sa.Integer())
op.create_index('ixr', 't', ['a'])
op.create_index('ixz', 't', ['nonesuch'])
op.create_index('ixz', 'nonesuch', ['a'])
op.create_index('ixz', 't', [sa.text('nonesuch(a)')])
op.create_index('ixz', 't', ['a'], unique='maybe')
op.create_index('ixz', 't', 5)
op.create_index('ixz', 't', [None])
op.create_index('i' * 300, 't', ['a'])
op.create_index(5, 't', ['a'])
op.drop_index('nonesuch')
op.drop_index('nonesuch', 't')
op.drop_index('nonesuch', 't', if_exists=True)
op.drop_index('ixr', 'r')
op.drop_index('ixr')
op.drop_index(5, 't')
op.create_primary_key('pkz', 'nonesuch', ['a'])
op.create_primary_key('pkz', 't', ['nonesuch'])
op.create_primary_key('pkz', 'r', ['id'])
op.create_primary_key('pkz', 't', 'a')
op.create_primary_key('pkz', 't', [])
op.create_unique_constraint('uqz', 't', ['nonesuch'])
op.create_unique_constraint('uqr', 't', ['a'])
op.create_unique_constraint('uqz', 't', 'a')
op.create_unique_constraint('uqz', 't', None)
op.create_check_constraint('ckz', 't', 'nonesuch > 5')
op.create_check_constraint('ckz', 't', 'a > 100')
op.create_check_constraint('ckz', 't', ['a'])
op.create_foreign_key('fkz', 't', 'nonesuch', ['a'], ['id'])
op.create_foreign_key('fkz', 't', 'o', ['nonesuch'], ['id'])
op.create_foreign_key('fkz', 't', 'o', ['a'], ['id'])
op.create_foreign_key('fkz', 't', 'o', ['b'], ['id'], ondelete='ZORK')
op.create_foreign_key('fkz', 't', 'o', 'a', 'id')
op.create_foreign_key('fkz', 't', 'o', None, None)
op.create_foreign_key('fkz', 5, 'o', ['a'], ['id'])
op.create_exclude_constraint('exz', 't', ('nonesuch', '='))
op.create_exclude_constraint('exz', 't', ('a', 'zork'))
op.create_exclude_constraint('exz', 't')
op.drop_constraint('nonesuch', 't')
op.drop_constraint('nonesuch', 't', type_='check')
op.drop_constraint('nonesuch', 't', type_='unique', if_exists=True)
op.drop_constraint('nonesuch', 'nonesuch', type_='foreignkey')
op.drop_constraint('n', 't')
op.drop_constraint('n', 't', type_='check')
op.drop_constraint('uqr', 'r', type_='unique')
op.drop_constraint('pkr', 'r', type_='primary')
op.drop_constraint(5, 't', type_='check')
op.create_table_comment('nonesuch', 'x')
op.create_table_comment('t', None)
op.create_table_comment('t', 5)
op.drop_table_comment('nonesuch')
op.execute('SELECT nonesuch')
op.execute('')
op.execute('SELECT 1; SELECT 2')
op.execute(sa.text('SELECT :x').bindparams(x=1))
op.execute(sa.text('UPDATE acc SET name = :x'), execution_options={'zork': 1})
op.execute('UPDATE acc SET name = :x')
op.execute(['SELECT 1'])
op.execute(T.insert().values(id=7))
op.execute(T.update().values(nonesuch=7))
op.bulk_insert(T, [{'id': 7, 'name': 'x'}])
op.bulk_insert(T, [{'id': 8, 'name': 'x'}, {'id': 9}])
op.bulk_insert(T, [{'id': 8}, {'id': 9, 'name': 'x'}])
op.bulk_insert(T, [{'id': 8, 'name': 'x'}, {'id': 9}], multiinsert=False)
op.bulk_insert(T, [{'id': 8, 'name': object()}])
op.bulk_insert(T, [{'id': 8, 'name': op.inline_literal('x')}])
op.bulk_insert(T, [{'id': 8, 'name': op.inline_literal('x')}], multiinsert=False)
op.bulk_insert(T, [{}])
op.bulk_insert(T, [None])
op.bulk_insert(T, None)
op.bulk_insert(T, ({'id': 8},))
op.bulk_insert(None, [])
op.bulk_insert(sa.table('nonesuch', sa.column('a')), [{'a': 1}])
op.get_bind().execute(sa.text('SELECT 1'), {'x': object()})
op.invoke(op)
op.batch_alter_table(None).__enter__()
op.batch_alter_table('t', 'r', recreate=True).__enter__()
""".splitlines()
    bodies = """\
b.add_column(sa.Column('a', sa.Integer, nullable=False))
b.add_column(sa.Column('z', sa.Integer), 'id')
b.add_column(sa.Column('z', sa.Integer), insert_after=5)
b.add_column('z')
b.alter_column('name', nullable=False)
b.alter_column('name', type_='INTEGER')
b.alter_column('name', new_column_name='id')
b.alter_column('name', new_column_name='')
b.alter_column('name', zork=5)
b.alter_column(5, nullable=True)
b.create_check_constraint('ckz', 'nonesuch > 5')
b.create_check_constraint('ckz', 5)
b.create_foreign_key('fkz', 'nonesuch', ['id'], ['id'])
b.create_foreign_key('fkz', 'o', ['nonesuch'], ['id'])
b.create_foreign_key('fkz', 'o', ['id'], [])
b.create_foreign_key(None, 'o', ['id'], ['id'])
b.create_index('ixz', ['nonesuch'])
b.create_index('ixz', [])
b.create_index('ixr', ['id'])
b.create_index('ixz', ['id'], zork=5)
b.create_primary_key('pkz', ['nonesuch'])
b.create_primary_key(None, ['id'])
b.create_unique_constraint('uqz', ['nonesuch'])
b.create_unique_constraint('uqr', ['id'])
b.drop_column('nonesuch')
b.drop_column('name'); b.drop_column('name')
b.drop_column('name'); b.alter_column('name', nullable=True)
b.drop_constraint('nonesuch', type_='unique')
b.drop_constraint('uqr', type_='check')
b.drop_constraint('pkr', type_='primary')
b.drop_constraint(None, type_='unique')
b.drop_index('nonesuch')
b.drop_index(None)
b.drop_index('ixr', zork=5)
b.execute('SELECT nonesuch')
b.rename_table('r', 'q')
b.drop_table('r')
b.bulk_insert(T, [{'id': 5}])""".splitlines()
    for body in bodies:
        for options in ("'r'", "'r', recreate='always'", "'nonesuch'"):
            yield f"with op.batch_alter_table({options}) as b: {body}"


class Database:
    """A database in which each statement finds the same tables.

    url: of an empty database.
    """

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self.name = self.url.get_backend_name()
        self.engine = self._connect()
        self._at_start: dict[str, Any] | None = None

    def _connect(self) -> sa.Engine:
        return sa.create_engine(self.url, poolclass=sa.pool.StaticPool)

    def outcome(self, package: ModuleType, statement: str) -> dict[str, Any]:
        """Carry out a statement; return what was raised, and the database if not."""
        if self.name == "sqlite":
            self._at_start = None
            self.engine.dispose()
            self.engine = self._connect()
        with self.engine.connect() as connection:
            if self._at_start is None:
                self._set_up(connection)
                self._at_start = {} if self.name == "sqlite" else contents(connection)
                connection.rollback()
            if self.name == "postgresql":
                connection.begin()
            found = self._carry_out(connection, package, statement)
            if found["raised"] is None:
                found["database"] = contents(connection)
            connection.rollback()
            if self._keeps_changes and contents(connection) != self._at_start:
                drop_tables(connection)
                self._at_start = None
        return found

    def close(self) -> None:
        """Close the database, which has to be as it was if changes are rolled back."""
        if self.name == "postgresql":
            with self.engine.connect() as connection:
                assert contents(connection) == self._at_start
        self.engine.dispose()

    @property
    def _keeps_changes(self) -> bool:
        """Whether what a statement did is there afterwards.

        PostgreSQL rolls it back, and SQLite's database is thrown away.
        """
        return self.name in ("mysql", "mariadb")

    def _set_up(self, connection: sa.Connection) -> None:
        words = {
            "q": "`" if self.name in ("mysql", "mariadb") else '"',
            "datetime": "TIMESTAMP" if self.name == "postgresql" else "DATETIME",
        }
        for statement in SETUP:
            connection.exec_driver_sql(statement.format(**words))
        connection.commit()

    def _carry_out(
        self, connection: sa.Connection, package: ModuleType, statement: str
    ) -> dict[str, Any]:
        operations = package.operations.Operations(
            package.runtime.migration.MigrationContext.configure(connection)
        )
        names = {"op": operations, **namespace()}
        raised = None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                exec(compile(statement, "<migration>", "exec"), names)
            except Exception as err:  # noqa: BLE001 - compared below
                raised = f"{type(err).__name__}: {normal(str(err))}"
        texts = [normal(str(each.message)) for each in caught]
        return {"raised": raised, "warned": texts}


def contents(connection: sa.Connection) -> dict[str, Any]:
    """Return what the inspector says of each table, and its rows."""
    inspector = sa.inspect(connection)
    preparer = connection.dialect.identifier_preparer
    found: dict[str, Any] = {}
    for name in inspector.get_table_names():
        columns = [
            {key: normal(repr(value)) for key, value in column.items()}
            for column in inspector.get_columns(name)
        ]
        parts = [
            sorted(map(repr, getattr(inspector, f"get_{kind}")(name)))
            for kind in ("indexes", "unique_constraints", "check_constraints")
        ]
        keys = sorted(map(repr, inspector.get_foreign_keys(name)))
        rows = connection.exec_driver_sql(
            f"SELECT * FROM {preparer.quote_identifier(name)}"
        )
        found[name] = (
            columns,
            inspector.get_pk_constraint(name),
            keys,
            *parts,
            sorted(map(repr, rows)),
        )
    return found


def names_unknown_place(actual: str | None, expected: str | None) -> bool:
    """Return whether upstream's KeyError for a place has become an error with words."""
    if actual is None or expected is None:
        return False
    name = expected.partition("KeyError: ")[2].strip("'")
    return bool(name) and bool(
        re.match(
            rf'UnknownColumnError: insert_(before|after) names a column "{name}"',
            actual,
        )
    )


def assert_equal(
    upstream: ModuleType, database: Database, statements: Iterator[str]
) -> None:
    import alembic.operations
    import alembic.runtime.migration  # noqa: F401 - `upstream` gets these attributes

    different = []
    count = 0
    for statement in statements:
        expected = database.outcome(upstream, statement)
        actual = database.outcome(alembic_c, statement)
        count += 1
        if names_unknown_place(actual["raised"], expected["raised"]):
            continue
        if actual != expected and expected["raised"] != "AssertionError: ":
            different.append(f"{statement}\n  {actual}\n  {expected}")
    database.close()
    assert count > 10
    report = "\n".join(different[:20])
    assert not different, f"{len(different)} of {count} differ\n{report}"


@pytest.fixture(params=["sqlite", "postgresql", "mysql", "mariadb"])
def database(request: pytest.FixtureRequest) -> Database:
    if request.param == "sqlite":
        return Database("sqlite://")
    if request.param == "postgresql":
        return Database(request.getfixturevalue("pg_url"))
    server: str = request.getfixturevalue("mariadb_server")
    return Database(emptied(server, request.param))


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "bad input"])
def test_same_outcome(upstream: ModuleType, database: Database, family: str) -> None:
    statements = list(FAMILIES[family]())
    chance = random.Random(family)
    sample = chance.sample(statements, min(SAMPLE[database.name], len(statements)))
    assert_equal(upstream, database, iter(sample))


@pytest.mark.parametrize("source", [bad_input, odd_input])
def test_same_errors(upstream: ModuleType, database: Database, source: Any) -> None:
    assert_equal(upstream, database, source())


# What the MySQL family has ways of its own for; all of it has to work.
ON_MYSQL = """\
op.rename_table('t', 'u')
op.rename_table('T t', 'U u')
op.alter_column('t', 'c', type_=sa.Text(), existing_nullable=True)
op.alter_column('t', 'c', type_=mysql.ENUM('3', '6', name='e'))
op.alter_column('t', 'c', type_=sa.Enum('3', '6', name='e'), nullable=False)
op.alter_column('t', 'c', nullable=False, existing_type=sa.String(9))
op.alter_column('t', 'c', server_default="it's 5%", existing_type=sa.String(9))
op.alter_column('t', 'b', server_default=sa.text('5'), existing_type=sa.Integer())
op.alter_column('t', 'b', server_default=None, existing_type=sa.Integer())
op.alter_column('t', 'B c', new_column_name='C b', existing_type=sa.Integer())
op.alter_column('t', 'b', comment="it's", existing_type=sa.Integer())
op.alter_column('t', 'b', comment=None, existing_type=sa.Integer())
op.alter_column('acc', 'id', autoincrement=True, existing_type=sa.Integer())
op.create_table_comment('t', "it's 5% \\\\ :x")
op.drop_table_comment('t')
op.create_index('ixz', 't', ['c'], mysql_length=3, mariadb_length=3)
op.create_index('ixz', 't', [sa.text('c DESC')], mysql_prefix='FULLTEXT')
op.drop_index('ixr', 'r')
op.drop_constraint('n', 't', type_='check')
op.drop_constraint('uqr', 'r', type_='unique')
op.drop_constraint('pkr', 'r', type_='primary')
op.execute('UPDATE t SET b = 7'); op.create_foreign_key('f', 't', 'acc', ['b'], ['id'])
op.create_foreign_key('f', 'o', 'r', ['b'], ['id']); op.drop_constraint('f', 'o', 'foreignkey')
op.create_unique_constraint('uqz', 't', ['c']); op.drop_constraint('uqz', 't', 'unique')
op.create_check_constraint('ckz', 't', 'b > 0'); op.drop_constraint('ckz', 't', 'check')
op.create_primary_key('x', 't', ['a']); op.drop_constraint('x', 't', 'primary')
op.drop_column('t', 'c', if_exists=True)
op.drop_column('t', 'zork', if_exists=True)
op.add_column('t', sa.Column('a', sa.Integer), if_not_exists=True)
op.add_column('t', sa.Column('e', sa.Enum('x', 'y'), server_default='y', comment='?'))
op.add_column('t', sa.Column('g', sa.Integer, sa.Computed('a + 1', persisted=True)))
with op.batch_alter_table('r', recreate='always') as b: b.add_column(sa.Column('x', sa.Integer))
with op.batch_alter_table('r') as b: b.drop_constraint('uqr', type_='unique'); b.drop_index('ixr')
"""  # noqa: E501


def test_mysql_can(upstream: ModuleType, mariadb_url: str) -> None:
    import alembic.operations
    import alembic.runtime.migration  # noqa: F401 - `upstream` gets these attributes

    database = Database(mariadb_url)
    for statement in ON_MYSQL.splitlines():
        expected = database.outcome(upstream, statement)
        actual = database.outcome(alembic_c, statement)
        assert actual == expected, statement
        assert actual["raised"] is None, statement
    database.close()
