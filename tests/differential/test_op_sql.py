"""The SQL of every directive: ours and upstream's, byte for byte, for all dialects.

A migration is generated that calls each directive with all combinations of its
parameters.  It is carried out in `--sql` mode statement by statement; what is written,
what is warned of and what is raised has to be equal.

Names by convention see a sample of the calls: one of ALEMBIC_C_OP_SHARE, 1 for all.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import warnings
from collections.abc import Iterator
from io import StringIO
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.engine.default import DefaultDialect

import alembic_c
import alembic_c.operations
import alembic_c.runtime.migration
from tests.support import mariadb

SHARE = int(os.environ.get("ALEMBIC_C_OP_SHARE", "3"))
DIALECTS = ["default", "postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle"]


def calls(function: str, *positional: str, **choices: list[str]) -> Iterator[str]:
    """Yield a call for each combination of keywords, each of which may be absent.

    positional: alternatives for the positional arguments, as source text.
    choices: the alternatives for each keyword, as source text.
    """
    names = list(choices)
    for start in positional:
        for values in itertools.product(*[[None, *choices[name]] for name in names]):
            keywords = [
                f"{name}={value}"
                for name, value in zip(names, values, strict=True)
                if value is not None
            ]
            yield f"{function}({', '.join([start, *keywords])})"


SCHEMA = ["'s'", "quoted_name('a.b', True)"]
TYPES = [
    "sa.Integer",
    "sa.String(30)",
    "sa.Boolean(create_constraint=True, name='ck_b')",
    "sa.Enum('a', 'b', name='e', create_constraint=True)",
    "sa.DateTime(timezone=True)",
    "sa.Numeric(10, 2)",
    "sa.Text().with_variant(mysql.LONGTEXT(), 'mysql', 'mariadb')",
]
DEFAULTS = ["'a''b'", "'5'", "sa.text('now()')", "sa.func.now()", "None", "False"]


def tables() -> Iterator[str]:
    columns = [
        "sa.Column('id', sa.Integer, primary_key=True)",
        "sa.Column('c', sa.Integer, sa.ForeignKey('o.id'), index=True)",
        "sa.Column('C d', sa.String(5), nullable=False, unique=True)",
        "sa.Column('e', sa.Integer, sa.Computed('id + 1', persisted=True))",
        "sa.Column('i', sa.BigInteger, sa.Identity(start=3, increment=2))",
        "sa.Column('b', sa.Boolean(create_constraint=True), comment='it''s')",
        "sa.Column('d', sa.DateTime, server_default=sa.func.now())",
    ]
    items = [
        "sa.CheckConstraint('id > 5', name='ck')",
        "sa.PrimaryKeyConstraint('c', name='pk')",
        "sa.ForeignKeyConstraint(['c'], ['s.o.id'], name='fk', ondelete='CASCADE')",
        "sa.Index('ix', 'c', unique=True)",
        "sa.UniqueConstraint('c', deferrable=True, initially='DEFERRED')",
    ]
    for column in columns:
        yield from calls(
            "op.create_table",
            f"'t', {column}",
            schema=["'s'"],
            if_not_exists=["True", "False"],
            comment=["'a comment'"],
        )
    base = columns[1].replace(", index=True", "")
    for item in items:
        yield from calls(
            "op.create_table",
            f"'t', {base}, {item}",
            schema=["'s'"],
            prefixes=["['TEMPORARY']"],
            info=["{'a': 1}"],
            mysql_engine=["'InnoDB'"],
            postgresql_partition_by=["'LIST (c)'"],
        )
    yield f"op.create_table('T t', {', '.join(columns[:5])}, oracle_compress=True)"
    yield "op.create_table('empty')"
    yield from calls(
        "op.drop_table", "'t'", "'T t'", schema=SCHEMA, if_exists=["True", "False"]
    )
    yield from calls("op.drop_table", "'t'", info=["{}"], comment=["'x'"])
    yield from calls("op.rename_table", "'t', 'u'", "'T t', 'U u'", schema=SCHEMA)
    yield from calls(
        "op.create_table_comment",
        "'t', 'it''s'",
        "'t', None",
        schema=SCHEMA,
        existing_comment=["'old'"],
    )
    yield from calls(
        "op.drop_table_comment", "'t'", schema=SCHEMA, existing_comment=["'old'"]
    )


def columns() -> Iterator[str]:
    added = [
        "sa.Column('c', sa.Integer)",
        "sa.Column('C', sa.String(5), nullable=False, server_default='x')",
        "sa.Column('c', sa.Integer, sa.ForeignKey('o.id', ondelete='SET NULL'))",
        "sa.Column('c', sa.Integer, sa.ForeignKey('s.o.id', name='fk', match='FULL'))",
        "sa.Column('c', sa.Integer, sa.ForeignKey('t.id', use_alter=True))",
        "sa.Column('c', sa.Integer, sa.CheckConstraint('c > 5', name='ck'))",
        "sa.Column('c', sa.Boolean(create_constraint=True))",
        "sa.Column('c', sa.Enum('a', 'b', name='e', create_constraint=True))",
        "sa.Column('c', sa.Integer, primary_key=True)",
        "sa.Column('c', sa.Integer, primary_key=True, autoincrement=False)",
        "sa.Column('c', sa.Integer, index=True, comment='it''s')",
        "sa.Column('c', sa.Integer, unique=True)",
        "sa.Column('c', sa.Integer, index=True, unique=True)",
        "sa.Column('c', sa.Integer, sa.Computed('a + 1', persisted=True))",
        "sa.Column('c', sa.Integer, sa.Identity(always=True, start=3))",
        "sa.Column('c', sa.Integer, sa.Sequence('sq'))",
        "sa.Table('x', sa.MetaData(), sa.Column('c', sa.Integer)).c.c",
    ]
    for column in added:
        yield from calls(
            "op.add_column",
            f"'t', {column}",
            schema=["'s'"],
            if_not_exists=["True", "False"],
            inline_references=["True", "False"],
            inline_primary_key=["True", "False"],
        )
    yield from calls(
        "op.drop_column",
        "'t', 'c'",
        "'T t', 'C d'",
        schema=["'s'"],
        if_exists=["True", "False"],
        mssql_drop_default=["True"],
        mssql_drop_check=["True"],
        mssql_drop_foreign_key=["True"],
    )


def altered_columns() -> Iterator[str]:
    yield from calls(
        "op.alter_column",
        "'t', 'c'",
        nullable=["True", "False"],
        type_=["sa.String(30)"],
        new_column_name=["'C d'"],
        server_default=["'5'", "None"],
        comment=["'x'"],
        existing_type=["sa.Integer()"],
        existing_nullable=["False"],
    )
    for type_ in TYPES:
        yield from calls(
            "op.alter_column",
            f"'t', 'c', type_={type_}",
            existing_type=TYPES,
            existing_nullable=["True", "False"],
            schema=["'s'"],
        )
    for default in DEFAULTS:
        yield from calls(
            "op.alter_column",
            f"'t', 'c', server_default={default}",
            existing_type=["sa.Integer", "sa.DateTime()"],
            existing_server_default=DEFAULTS[:3],
            existing_nullable=["True"],
            schema=["'s'"],
        )
    computed = [
        "sa.Computed('a + 1')",
        "sa.Identity(always=True)",
        "sa.Identity(start=3)",
        "None",
    ]
    for default in computed:
        yield from calls(
            "op.alter_column",
            f"'t', 'c', server_default={default}",
            existing_server_default=computed,
            existing_type=["sa.Integer()"],
        )
    yield from calls(
        "op.alter_column",
        "'t', 'c'",
        comment=["'it''s'", "None", "False"],
        existing_comment=["'old'"],
        existing_type=["sa.Integer()"],
        schema=["'s'"],
        nullable=["True"],
    )
    yield from calls(
        "op.alter_column",
        "'t', 'c'",
        autoincrement=["True", "False"],
        existing_autoincrement=["True", "False"],
        existing_type=["sa.Integer()"],
        existing_server_default=["'1'"],
    )
    yield from calls(
        "op.alter_column",
        "'t', 'c'",
        type_=["sa.Integer()"],
        postgresql_using=["'c::integer'"],
        mssql_drop_default=["True"],
        mssql_drop_check=["True"],
        server_default=["None"],
        existing_nullable=["True"],
    )


def constraints() -> Iterator[str]:
    names = ["'n'", "None", "op.f('n')"]
    for name in names:
        yield from calls(
            "op.create_primary_key", f"{name}, 't', ['a', 'B c']", schema=SCHEMA
        )
        yield from calls(
            "op.create_unique_constraint",
            f"{name}, 't', ['a', 'B c']",
            schema=["'s'"],
            deferrable=["True", "False"],
            initially=["'DEFERRED'"],
            postgresql_nulls_not_distinct=["True"],
            sqlite_on_conflict=["'IGNORE'"],
        )
        yield from calls(
            "op.create_check_constraint",
            f"{name}, 't', 'a > 5'",
            f"{name}, 't', sa.func.len(sa.column('a')) > 5",
            f"{name}, 't', sa.text('a > 5')",
            schema=["'s'"],
            deferrable=["True"],
            initially=["'IMMEDIATE'"],
            postgresql_not_valid=["True"],
        )
        yield from calls(
            "op.create_exclude_constraint",
            f"{name}, 't', ('a', '&&')",
            f"{name}, 't', (sa.column('A b'), '='), ('c', '&&')",
            where=["'a > 5'", "sa.column('a') > 5"],
            using=["'gist'"],
            schema=["'s'"],
            deferrable=["True"],
        )
        yield from calls(
            "op.create_foreign_key",
            f"{name}, 't', 'r', ['a', 'b'], ['c', 'd']",
            source_schema=["'s'"],
            referent_schema=["'q'"],
            onupdate=["'CASCADE'"],
            ondelete=["'SET NULL'"],
            deferrable=["True"],
            initially=["'DEFERRED'"],
            match=["'FULL'"],
        )
    yield from calls(
        "op.create_foreign_key",
        "'n', 't', 't', ['a', 'b'], ['c', 'b']",
        source_schema=["'s'"],
        referent_schema=["'s'", "'q'"],
        use_alter=["True"],
        postgresql_not_valid=["True"],
    )
    yield from calls(
        "op.drop_constraint",
        "'n', 't'",
        "op.f('n'), 'T t'",
        schema=SCHEMA,
        type_=["'check'", "'foreignkey'", "'primary'", "'unique'", "None"],
        if_exists=["True", "False"],
    )


def indexes() -> Iterator[str]:
    elements = [
        "['a', 'B c']",
        "[sa.text('lower(a)')]",
        "[sa.func.lower(sa.column('a')), 'b']",
        "[sa.column('a').desc(), sa.text('b DESC')]",
        "[sa.literal_column('a + 1')]",
    ]
    for element in elements:
        yield from calls(
            "op.create_index",
            f"'ix', 't', {element}",
            schema=["'s'"],
            unique=["True", "False"],
            if_not_exists=["True", "False"],
            quote=["True"],
        )
    options = {
        "postgresql_concurrently": "True",
        "postgresql_using": "'gin'",
        "postgresql_where": "sa.column('a') > 5",
        "postgresql_ops": "{'a': 'text_pattern_ops'}",
        "postgresql_include": "['z']",
        "postgresql_with": "{'fillfactor': 50}",
        "postgresql_nulls_not_distinct": "True",
        "mysql_length": "{'a': 10}",
        "mysql_prefix": "'FULLTEXT'",
        "mysql_using": "'hash'",
        "mariadb_length": "5",
        "mssql_clustered": "True",
        "mssql_include": "['z']",
        "mssql_where": "sa.text('a > 5')",
        "sqlite_where": "sa.text('a > 5')",
        "oracle_bitmap": "True",
        "oracle_compress": "True",
    }
    for name, value in options.items():
        yield from calls(
            "op.create_index",
            "'ix', 't', ['a']",
            **{name: [value]},
            unique=["True"],
            schema=["'s'"],
        )
    yield "op.create_index(op.f('ix'), 'T t', 'abc')"
    yield "op.create_index(None, 't', ['a'])"
    yield from calls(
        "op.drop_index",
        "'ix'",
        "'ix', 't'",
        "op.f('I x'), table_name='T t'",
        schema=SCHEMA,
        if_exists=["True", "False"],
        postgresql_concurrently=["True"],
        mysql_length=["5"],
    )


def statements() -> Iterator[str]:
    for statement in [
        "'SELECT 1 %% 2'",
        r"'UPDATE t SET a = \'x\\:y\''",
        "sa.text('SELECT 1')",
        "sa.text('UPDATE t SET a = :b').bindparams(b='it''s')",
        "T.update().where(T.c.name == op.inline_literal('a''b')).values(name='x')",
        "T.update().values(id=op.inline_literal(5))",
        "T.insert().values(id=op.inline_literal(5, sa.Integer))",
        "T.delete()",
        "sa.schema.DropSequence(sa.Sequence('q'))",
    ]:
        yield from calls(
            "op.execute", statement, execution_options=["{'autocommit': True}"]
        )
    yield from calls(
        "op.bulk_insert",
        "T, [{'id': 1, 'name': 'it''s'}, {'id': 2, 'name': None}]",
        "T, [{'id': 1, 'name': op.inline_literal('x')}]",
        "REAL, [{'id': 1, 'at': datetime.datetime(2020, 1, 2)}]",
        "T, []",
        multiinsert=["True", "False"],
    )


def batches() -> Iterator[str]:
    directives = [
        "b.add_column(sa.Column('g', sa.Integer, sa.ForeignKey('o.id', name='fkg')))",
        "b.add_column(sa.Column('g', sa.Integer, comment='x'))",
        "b.alter_column('name', nullable=False, existing_type=sa.String(5))",
        "b.alter_column('name', new_column_name='N m', existing_type=sa.String(5))",
        "b.alter_column('name', type_=sa.Integer, existing_type=sa.String(5))",
        "b.alter_column('id', server_default='7', existing_type=sa.Integer())",
        "b.drop_column('name')",
        "b.create_index('ixb', ['name'], unique=True)",
        "b.drop_index('ixr')",
        "b.create_unique_constraint('uqb', ['name'])",
        "b.create_check_constraint('ckb', sa.column('id') > 5)",
        "b.create_foreign_key('fkb', 'o', ['id'], ['x'], referent_schema='s')",
        "b.create_foreign_key('fkb', 'r', ['id'], ['id'], ondelete='CASCADE')",
        "b.drop_constraint('uqr', type_='unique')",
        "b.create_primary_key('pkb', ['name'])",
        "b.create_table_comment('c')",
        "b.drop_table_comment()",
        "b.execute('SELECT 1')",
        "b.create_exclude_constraint('exb', ('id', '='))",
    ]
    places = ["insert_before='id'", "insert_after='id'", "insert_before='at'"]
    directives += [f"b.add_column(sa.Column('h', sa.Text), {p})" for p in places]
    pairs = [(a, b) for a in directives for b in directives[:4] if a != b]
    for body in [*[(each,) for each in directives], *pairs]:
        block = "; ".join(body)
        for options in calls(
            "op.batch_alter_table",
            "'r'",
            copy_from=["COPY()"],
            recreate=["'always'", "'never'"],
            schema=["'s'"] if len(body) == 1 else [],
        ):
            yield f"with {options} as b: {block}"
    for options in calls(
        "op.batch_alter_table",
        "'r', copy_from=COPY(), recreate='always'",
        table_args=["[sa.CheckConstraint('id > 0', name='x')]"],
        table_kwargs=["{'mysql_engine': 'InnoDB', 'sqlite_autoincrement': True}"],
        partial_reordering=["[('at', 'id')]", "[('name', 'id'), ('at', 'name')]"],
    ):
        yield f"with {options} as b: b.alter_column('at', nullable=False)"


def bad_input() -> Iterator[str]:
    yield from """\
op.create_table()
op.create_table('t', sa.Column('a', sa.Integer), zork=1)
op.create_table('t', sa.Column('a', sa.Integer), mysql_zork=1)
op.create_table('t', sa.Column('a', sa.Integer), sa.Column('a', sa.Integer))
op.create_table('t', sa.UniqueConstraint('nope'))
op.create_table('t', 'abc', 5, None)
op.create_table(None, sa.Column('a', sa.Integer))
op.create_table('t', sa.Column('a'))
op.add_column('t')
op.add_column('t', 'c')
op.add_column('t', None)
op.add_column('t', sa.Column('c', sa.Integer), 's')
op.add_column('t', sa.Column('c', sa.Integer), foo=1)
op.add_column('t', sa.Column(sa.Integer))
op.drop_column('t')
op.drop_column('t', 'c', zork=True)
op.drop_column('t', 'c', 's', 'x')
op.alter_column('t')
op.alter_column('t', 'c')
op.alter_column('t', 'c', zork=1)
op.alter_column('t', 'c', nullable=True, zork=1)
op.alter_column('t', 'c', type_='INTEGER')
op.alter_column('t', 'c', type_=5)
op.alter_column('t', 'c', server_default=5)
op.alter_column('t', 'c', autoincrement=True)
op.alter_column('t', 'c', postgresql_using='x')
op.alter_column('t', 'c', name='x')
op.create_index('ix', 't', [5])
op.create_index('ix', 't', [])
op.create_index('ix', 't', None)
op.create_index('ix', 't', ['a'], zork=1)
op.create_index('ix', 't', ['a'], mysql_zork=1)
op.drop_index()
op.drop_index('ix', zork=1)
op.drop_index(None)
op.create_primary_key('pk', 't')
op.create_primary_key('pk', 't', ['a', 'a'])
op.create_primary_key('pk', 't', ['a'], zork=1)
op.create_unique_constraint('uq', 't', ['a', 'a'])
op.create_unique_constraint('uq', 't', ['a'], zork=1)
op.create_unique_constraint('uq', 't', [5])
op.create_unique_constraint('uq', 't', [])
op.create_check_constraint('ck', 't', 5)
op.create_check_constraint('ck', 't', None)
op.create_check_constraint('ck', 't')
op.create_foreign_key('fk', 't', 'r', ['a'], ['b', 'c'])
op.create_foreign_key('fk', 't', 'r', ['a', 'b'], ['c', 'c'])
op.create_foreign_key('fk', 't', 'r', ['a'], ['b'], zork=1)
op.create_foreign_key('fk', 't', 'r', [], [])
op.create_foreign_key('fk', 't')
op.drop_constraint('n')
op.drop_constraint(None, 't')
op.drop_constraint(None, 't', type_='check')
op.drop_constraint('n', 't', type_='zork')
op.drop_constraint('n', 't', type_='zork', schema='s')
op.drop_constraint('n', 't', 'check', 's')
op.drop_table()
op.drop_table('t', zork=1)
op.drop_table('t', 's')
op.rename_table('t')
op.execute()
op.execute(5)
op.execute(None)
op.execute(sa.text('SELECT :x'))
op.execute('SELECT 1', {'autocommit': True})
op.bulk_insert(T, {'id': 5})
op.bulk_insert(T, [(5,)])
op.bulk_insert(T, [{'zork': 5}])
op.bulk_insert('t', [{'id': 5}])
op.bulk_insert(T)
op.inline_literal()
op.f()
op.invoke(5)
op.invoke(None)
op.run_async(5)
op.zork()
op.batch_alter_table()
op.batch_alter_table('r', recreate='sometimes').__enter__()
op.create_table_comment('t')
op.drop_table_comment()
op.create_exclude_constraint('e', 't', 'x')
op.create_exclude_constraint('e', 't', ('x', '='), zork=1)
with op.batch_alter_table('r') as b: b.zork()
with op.batch_alter_table('r') as b: b.drop_column()
with op.batch_alter_table('r') as b: b.drop_table_comment('x')
with op.batch_alter_table('r') as b: b.add_column('r', sa.Column('c', sa.Integer))
with op.batch_alter_table('r') as b: b.create_table('x')
with op.batch_alter_table('r') as b: b.impl.create_table('x')
with op.batch_alter_table('r') as b: b.impl.drop_table('x')
with op.batch_alter_table('r') as b: b._noop('zork')
with op.batch_alter_table('r', recreate='always') as b: b.drop_column('name')
with op.batch_alter_table('r', recreate='always') as b: b.impl.rename_table('x')
""".splitlines()
    for body in [
        "b.drop_column('nope')",
        "b.alter_column('nope', nullable=True)",
        "b.drop_index('nope')",
        "b.drop_constraint('nope')",
        "b.drop_constraint(None)",
        "b.create_unique_constraint(None, ['id'])",
        "b.create_check_constraint(None, 'id > 5')",
        "b.add_column(sa.Column('g', sa.Integer), insert_before='nope')",
        "b.add_column(sa.Column('g', sa.Integer), insert_after='nope')",
        "b.add_column(sa.Column('g', sa.Integer, unique=True))",
        "b.alter_column('id', server_default=5)",
        "b.alter_column('id', server_default=sa.Computed('1'))",
        "b.impl.rename_table('a', 'b')",
        "raise ValueError('mine')",
    ]:
        for recreate in ("always", "auto", "never"):
            options = f"'r', copy_from=COPY(), recreate='{recreate}'"
            yield f"with op.batch_alter_table({options}) as b: {body}"


FAMILIES = {
    "tables": tables,
    "columns": columns,
    "altered columns": altered_columns,
    "constraints": constraints,
    "indexes": indexes,
    "statements": statements,
    "batches": batches,
    "bad input": bad_input,
}


def table_to_copy(sqla: Any = sa) -> sa.Table:
    """Return the table that the batches are about; a new one each time."""
    table = sa.Table(
        "r",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(5)),
        sa.Column("at", sa.DateTime, server_default=sa.func.now()),
        sa.UniqueConstraint("name", "at", name="uqr"),
    )
    sa.Index("ixr", table.c.at)
    return table


def namespace() -> dict[str, Any]:
    import datetime

    return {
        "sa": sa,
        "mysql": mysql,
        "postgresql": postgresql,
        "datetime": datetime,
        "quoted_name": sa.sql.quoted_name,
        "T": sa.table("acc", sa.column("id", sa.Integer), sa.column("name", sa.String)),
        "REAL": sa.Table(
            "real",
            sa.MetaData(),
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("at", sa.DateTime),
        ),
        "COPY": table_to_copy,
    }


def context(package: ModuleType, dialect: str, buffer: StringIO, **opts: Any) -> Any:
    options = {"as_sql": True, "output_buffer": buffer, **opts}
    cls = package.runtime.migration.MigrationContext
    if dialect == "default":
        return cls(DefaultDialect(), None, options)
    return cls.configure(dialect_name=dialect, opts=options)


def normal(text: str) -> str:
    text = text.replace("alembic_c", "alembic")
    # `{'a', 'b'}` and object addresses differ from run to run.
    text = re.sub(r"0x[0-9a-f]+", "0x", text)
    text = re.sub(r"%\(\d+ ", "%(0 ", text)
    return re.sub(r"(?<=Circular dependency detected. \()[^)]*", "", text)


class Run:
    """A package in `--sql` mode on one dialect."""

    def __init__(self, package: ModuleType, dialect: str, **opts: Any) -> None:
        self.buffer = StringIO()
        migration_context = context(package, dialect, self.buffer, **opts)
        operations = package.operations.Operations(migration_context)
        self.names = {"op": operations, **namespace()}

    def outcome(self, statement: str) -> dict[str, Any]:
        """Carry out a statement; return what it wrote, warned of and raised."""
        self.buffer.seek(0)
        self.buffer.truncate()
        raised = None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                exec(compile(statement, "<migration>", "exec"), dict(self.names))
            except Exception as err:  # noqa: BLE001 - compared below
                raised = f"{type(err).__name__}: {normal(str(err))}"
        return {
            "wrote": self.buffer.getvalue(),
            "warned": [normal(str(each.message)) for each in caught],
            "raised": raised,
        }


def has_stumbled(expected: dict[str, Any], actual: dict[str, Any]) -> bool:
    """Return whether upstream's outcome is an error of its own.

    It asserts something that does not hold, where ours writes SQL: no result to compare
    with. Or it looks up a column that is not there, which ours says in words.
    """
    raised, said = str(expected["raised"]), str(actual["raised"])
    if raised == "AssertionError: ":
        return actual["raised"] is None
    name = raised.removeprefix("KeyError: '").removesuffix("'")
    return name != raised and bool(
        re.match(f'UnknownColumnError: .* names a column "{re.escape(name)}" ', said)
    )


def assert_equal(
    upstream: ModuleType, statements: Iterator[str], dialect: str, **opts: Any
) -> None:
    import alembic.operations
    import alembic.runtime.migration  # noqa: F401 - `upstream` gets these attributes

    ours, theirs = Run(alembic_c, dialect, **opts), Run(upstream, dialect, **opts)
    different = []
    count = 0
    for statement in statements:
        count += 1
        expected, actual = theirs.outcome(statement), ours.outcome(statement)
        if dialect == "mariadb":
            expected["wrote"] = mariadb.checks_apart(expected["wrote"])
        if actual != expected and not has_stumbled(expected, actual):
            different.append(f"{statement}\n  {actual}\n  {expected}")
    assert count > 10
    report = "\n".join(different[:20])
    assert not different, f"{len(different)} of {count} differ\n{report}"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("family", FAMILIES)
def test_same_sql(upstream: ModuleType, family: str, dialect: str) -> None:
    assert_equal(upstream, FAMILIES[family](), dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_same_names_by_convention(upstream: ModuleType, dialect: str) -> None:
    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    statements = itertools.chain(tables(), columns(), constraints(), indexes())
    chance = random.Random(dialect)
    sample = (each for each in statements if chance.random() * SHARE < 1)
    assert_equal(upstream, sample, dialect, target_metadata=metadata)
