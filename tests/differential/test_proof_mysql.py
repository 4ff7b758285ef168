"""The proof on MySQL and MariaDB: what it shows unchanged, the comparators leave alone.

The mode `check` compares what was proven, and raises if that finds a change. The grid
pairs every way to declare a column or a key with every way to model it; wild pairs are
compared as they are, and each database with the model that it was made from.

ALEMBIC_C_WILD_PAIRS is how many wild pairs each dialect sees (a fifth of them here),
ALEMBIC_C_WILD_SEED the first seed, ALEMBIC_C_GRID which share of the grid is tried.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Index, Integer, MetaData, String, Table, UniqueConstraint
from sqlalchemy.dialects import mysql

from alembic_c.autogenerate._proof import ProofContradiction
from tests.differential.test_autogen_wild import FIRST_SEED, PAIRS
from tests.support.autogen import Package
from tests.support.mariadb import drop_tables
from tests.support.pairs import compare, create
from tests.support.proving import check, mode
from tests.support.schemas import build
from tests.support.wild_schemas import make_pair

SHARE = int(os.environ.get("ALEMBIC_C_GRID", "12"))

# Takes the table's name.
Items = Callable[[str], Sequence[Any]]


def column(type_: Any, *args: Any, **kw: Any) -> Items:
    """Model the column "a"."""
    return lambda t: [Column("a", type_, *args, **kw)]


_INTEGERS = (
    *(sa.Integer(), sa.BigInteger(), sa.SmallInteger(), sa.Boolean()),
    *(mysql.TINYINT(1), mysql.TINYINT(), mysql.INTEGER(11), mysql.BIGINT(20)),
    *(mysql.INTEGER(unsigned=True), mysql.INTEGER(5, zerofill=True)),
)
_TEXTS = (
    *(String(10), String(20), sa.Text(), sa.CHAR(10), sa.Unicode(10), sa.UnicodeText()),
    *(mysql.LONGTEXT(), mysql.MEDIUMTEXT(), mysql.VARCHAR(10, charset="latin1")),
    *(String(10, collation="utf8mb4_bin"), String(10, collation="utf8mb4_general_ci")),
    *(mysql.VARCHAR(10, charset="utf8mb4", collation="utf8mb4_bin"), sa.JSON()),
    *(mysql.TEXT(charset="utf8mb4"), sa.Enum("x", "y"), sa.LargeBinary()),
)
_FRACTIONS: tuple[Any, ...] = (
    *(sa.Numeric(10, 2), sa.Numeric(10), sa.Numeric(), sa.Float(), sa.Double()),
    *(mysql.DOUBLE(10, 2), mysql.FLOAT(7, 3), sa.Numeric(12, 4), mysql.DECIMAL(10, 2)),
    *(mysql.DECIMAL(10, 2, unsigned=True), sa.REAL()),
)
_MOMENTS: tuple[Any, ...] = (
    *(sa.DateTime(), sa.TIMESTAMP(), sa.Date(), sa.Time(), mysql.DATETIME(fsp=3)),
    *(mysql.TIMESTAMP(fsp=3), mysql.YEAR(), mysql.TIME(fsp=2)),
)
_ENUMS = (
    *(sa.Enum("a", "b"), sa.Enum("b", "a"), sa.Enum("a", "b", "c"), sa.Enum("a,b")),
    *(sa.Enum("a", "b", native_enum=False), mysql.ENUM("a", "b", charset="latin1")),
    *(mysql.ENUM("it's", "x)"), mysql.SET("a", "b"), mysql.SET("b", "a"), String(1)),
)
_BINARIES = (
    *(sa.LargeBinary(), sa.LargeBinary(16), mysql.BINARY(16), mysql.VARBINARY(16)),
    *(mysql.LONGBLOB(), mysql.BIT(3), mysql.BIT(1), sa.Uuid(), sa.Text()),
)
_DEFAULTS = (
    *(
        None,
        "",
        "0",
        "1",
        "'0'",
        "x",
        "it's",
        "1.50",
        "NULL",
        "a\\b",
        "CURRENT_TIMESTAMP",
    ),
    *(sa.text(text) for text in ("0", "1", "'x'", "'0'", "NULL", "1.5", "(1 + 2)")),
    *(sa.text(text) for text in ("CURRENT_TIMESTAMP", "current_timestamp()", "now()")),
    *(
        sa.func.now(),
        sa.func.current_timestamp(),
        sa.text("uuid()"),
        sa.text("(uuid())"),
    ),
    *(
        sa.text(f"CURRENT_TIMESTAMP{sized} ON UPDATE CURRENT_TIMESTAMP{sized}")
        for sized in ("", "(3)")
    ),
    sa.FetchedValue(),
)


# Without functions, which keep the proof from being tried.
_OPTIONS = {
    "compare_server_default": True,
    "include_schemas": True,
    "include_name": lambda name, kind, parents: (
        kind != "schema" or name in (None, "test_schema")
    ),
}


def _columns(*types: Any) -> list[Items]:
    return [column(each) for each in types] + [
        column(types[0], nullable=False),
        column(types[0], comment="it's"),
        column(types[0], comment=""),
    ]


def _defaulted(type_: Any) -> list[Items]:
    return [column(type_, server_default=each) for each in _DEFAULTS]


def _keyed(*make: Callable[[str], Any]) -> Items:
    return lambda t: [
        *(Column(name, Integer) for name in "ab"),
        *(each(t) for each in make),
    ]


def _index(name: str, *columns: str, **kw: Any) -> Callable[[str], Any]:
    return lambda t: Index(name.format(t=t), *columns, **kw)


def _unique(name: str | None, *columns: str) -> Callable[[str], Any]:
    return lambda t: UniqueConstraint(*columns, name=name and name.format(t=t))


def _foreign(*columns: str, **kw: Any) -> Callable[[str], Any]:
    name = kw.pop("name", "f_{t}")
    target = kw.pop("target", "uv"[: len(columns)])
    return lambda t: sa.ForeignKeyConstraint(
        columns,
        [f"parent.{each}" for each in target],
        name=name and name.format(t=t),
        **kw,
    )


_ACTIONS = (
    *("", " on delete cascade", " on delete set null", " on delete no action"),
    *(" on delete restrict", " on update cascade on delete restrict"),
)

GRIDS: dict[str, tuple[Sequence[str], Sequence[Items]]] = {
    "integers": (
        [
            f"a {type_}"
            for type_ in (
                *("int", "bigint", "smallint", "bool", "tinyint", "int unsigned"),
                *("int(5) zerofill", "tinyint(1) not null", "int comment 'it''s'"),
            )
        ],
        _columns(*_INTEGERS),
    ),
    "texts": (
        [
            f"a {type_}"
            for type_ in (
                *("varchar(10)", "varchar(20)", "text", "char(10)", "longtext", "json"),
                *("varchar(10) character set latin1", "mediumtext", "blob"),
                *("varchar(10) collate utf8mb4_bin", "text collate utf8mb4_bin"),
                *("varchar(10) not null comment 'it''s'", "enum('x','y')"),
                "varchar(10) character set utf8mb4 collate utf8mb4_general_ci",
            )
        ],
        _columns(*_TEXTS),
    ),
    "fractions": (
        [
            f"a {type_}"
            for type_ in (
                *("decimal(10,2)", "decimal", "float", "double", "double(10,2)"),
                *("float(7,3)", "decimal(12,4)", "decimal(10,2) unsigned", "real"),
            )
        ],
        _columns(*_FRACTIONS),
    ),
    "moments": (
        [
            f"a {type_}"
            for type_ in (
                *("datetime", "timestamp null", "date", "time", "datetime(3)", "year"),
                *("timestamp(3) null", "time(2)", "datetime(6)"),
            )
        ],
        _columns(*_MOMENTS),
    ),
    "enums": (
        [
            f"a {type_}"
            for type_ in (
                *(
                    "enum('a','b')",
                    "enum('b','a')",
                    "enum('a','b','c')",
                    "set('a','b')",
                ),
                *("enum('it''s','x)')", "enum('a,b')", "varchar(1)"),
                "enum('a','b') character set latin1",
            )
        ],
        _columns(*_ENUMS),
    ),
    "binaries": (
        [
            f"a {type_}"
            for type_ in (
                *("blob", "binary(16)", "varbinary(16)", "longblob", "bit(3)", "bit"),
                *("char(32)", "text"),
            )
        ],
        _columns(*_BINARIES),
    ),
    **{
        f"defaults of {name}": (
            [
                f"a {declared}{default}"
                for default in (
                    *(
                        "",
                        " default null",
                        " default '0'",
                        " default 1",
                        " default '1'",
                    ),
                    *(" default 'x'", " default ''", " default 'it''s'"),
                    *(" default 'a\\\\b'", " default 1.5", " default 'NULL'"),
                    *(" default current_timestamp", " default (1 + 2)"),
                    *(" default (uuid())", " default (concat('a', 'b')) comment 'c'"),
                    " default current_timestamp on update current_timestamp",
                    " null default null on update current_timestamp",
                    " default '2020-01-01' on update current_timestamp comment 'c'",
                )
            ],
            _defaulted(type_),
        )
        for name, declared, type_ in (
            ("integers", "int", Integer()),
            ("strings", "varchar(40)", String(40)),
            ("moments", "datetime", sa.DateTime()),
            ("fractions", "decimal(10,2)", sa.Numeric(10, 2)),
        )
    },
    "keys": (
        [
            f"a int, b int{key}"
            for key in (
                *(
                    "",
                    ", key a (a)",
                    ", key ix (a)",
                    ", key ix (a, b)",
                    ", key b (a, b)",
                ),
                *(", unique key u (a)", ", unique key u (a, b)", ", unique key a (a)"),
                *(", unique key u (a), unique key u2 (a)", ", key ix (b, a)"),
                *(", unique key u (a), key ix (a)", ", key `PARTITION` (a)"),
                *(", key ix (a) comment 'c'", ", key ix (a desc)", ", key `i``x` (a)"),
                *(", key u (a)", ", unique key ix (a)", ", unique key u (b, a)"),
            )
        ],
        [
            _keyed(),
            _keyed(_index("ix", "a")),
            _keyed(_index("ix", "a", "b")),
            _keyed(_index("ix", "b", "a")),
            _keyed(_index("a", "a")),
            _keyed(_index("b", "a")),
            _keyed(_index("ix", "a", unique=True)),
            _keyed(_index("u", "a", unique=True)),
            _keyed(_unique("u", "a")),
            _keyed(_unique("u", "a", "b")),
            _keyed(_unique("u", "b", "a")),
            _keyed(_unique(None, "a")),
            _keyed(_unique(None, "a"), _index("u", "a", unique=True)),
            _keyed(_unique(None, "a"), _unique("u", "a")),
            _keyed(_unique("u", "a"), _unique("u2", "a")),
            _keyed(_unique("u", "a"), _index("ix", "a")),
            _keyed(_unique("u", "a"), _index("u", "a", unique=True)),
            _keyed(_index("PARTITION", "a")),
            _keyed(_index("i`x", "a")),
        ],
    ),
    "foreign keys": (
        [
            f"a int, b int{key}"
            for key in (
                *("", ", key ix (a)"),
                *(
                    ", constraint f_{t} foreign key (a) references parent (u)" + action
                    for action in _ACTIONS
                ),
                ", constraint f_{t} foreign key (a, b) references parent (u, v)",
                ", constraint f_{t} foreign key (a) references parent (u), key ix (a)",
                ", foreign key (a) references parent (u), foreign key (a) references"
                " parent (u) on delete cascade",
                ", constraint g_{t} foreign key (b) references parent (u)",
            )
        ],
        [
            _keyed(),
            *(
                _keyed(_foreign("a", ondelete=action))
                for action in (None, "CASCADE", "SET NULL", "NO ACTION", "RESTRICT")
            ),
            _keyed(_foreign("a", ondelete="RESTRICT", onupdate="CASCADE")),
            _keyed(_foreign("a", deferrable=True)),
            _keyed(_foreign("a", name=None)),
            _keyed(_foreign("a", "b")),
            _keyed(_foreign("b")),
            _keyed(_foreign("a"), _index("ix", "a")),
            _keyed(_foreign("a"), _index("f_{t}", "a")),
            _keyed(_foreign("a"), _foreign("a", name="h_{t}", ondelete="CASCADE")),
            _keyed(_index("ix", "a")),
            _keyed(_index("f_{t}", "a")),
        ],
    ),
}


@pytest.fixture
def connection(mysql_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(mysql_url, poolclass=sa.pool.NullPool)
    with engine.connect() as open_connection:
        yield open_connection


def _parent(metadata: MetaData) -> None:
    columns = (Column(name, Integer) for name in "uv")
    unique = UniqueConstraint("u", "v", name="par_uv")
    id_ = Column("id", Integer, primary_key=True)
    also = UniqueConstraint("u", name="par_u")
    Table("parent", metadata, id_, *columns, unique, also)


@pytest.mark.parametrize("name", GRIDS)
def test_grid(name: str, connection: sa.Connection) -> None:
    declared, wanted = GRIDS[name]
    metadata = MetaData()
    _parent(metadata)
    metadata.create_all(connection)
    made = {}
    for number, text in enumerate(declared):
        table = f"t{number}"
        try:
            connection.exec_driver_sql(
                f"CREATE TABLE {table} ({text.format(t=table)}) DEFAULT"
                " CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci"
            )
        except sa.exc.DBAPIError:  # a default that the server does not take
            continue
        made[table] = text
    assert len(made) > len(declared) // 3
    n_proven = 0
    for number, items in enumerate(wanted):
        if number % min(SHARE, 2):
            continue
        metadata = MetaData()
        _parent(metadata)
        for table in made:
            Table(table, metadata, *items(table))
        for defaults in (True, False):
            verdict = check(connection, metadata, compare_server_default=defaults)
            assert verdict.proven is not None
            n_proven += verdict.proven
    assert n_proven > len(wanted) // 2, "next to nothing was proven"


def test_wild_pairs(connection: sa.Connection) -> None:
    """Options that are functions keep some of these from being proven."""
    ours = Package("alembic_c")
    found = []
    n_proven = n_tables = 0
    for seed in range(FIRST_SEED, FIRST_SEED + max(PAIRS // 5, 1)):
        pair = make_pair(seed, connection.dialect.name)
        drop_tables(connection)
        create(connection, pair.database)
        for model in (pair.database, pair.model):
            with mode("check"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                outcome = compare(ours, connection, replace(pair, model=model))
            if outcome.error == ProofContradiction.__name__:
                found.append(f"seed {seed}: {outcome.text}")
            if outcome.error == "ArgumentError":
                # SQLAlchemy refuses the model.
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                plain = check(connection, build(model), **_OPTIONS)
            n_proven += plain.proven or 0
            n_tables += plain.of
        connection.rollback()
    assert not found, "\n".join(found)
    assert n_proven >= 0.1 * n_tables, f"only {n_proven} of {n_tables} proven"
