"""Tables that MySQL and MariaDB print in all the ways that they know.

`python -m tests.support.mysql_tables URL PREFIX` makes them on a server and writes what
SHOW CREATE TABLE prints to the corpus, `tests/fuzz/corpus/mysql`: so it was made, with
MariaDB 10.11.19 and 11.8.9 and MySQL 9.7.4. What MySQL's information_schema tells of
them goes to `ROWS`.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

CORPUS = Path(__file__).parents[1] / "fuzz" / "corpus" / "mysql"
# A list of rows for each of _catalog.MYSQL_QUERIES.
ROWS = Path(__file__).parents[1] / "samples" / "mysql_rows.json"

# Those of foreign keys; made first, and no part of the corpus.
PARENTS = (
    "CREATE TABLE par (id int primary key, u int not null, v int not null,"
    " w varchar(20) not null, unique key par_uv (u, v), unique key par_w (w))",
    "CREATE TABLE `pär ent` (`i d` int primary key)",
)

# Name and what stands behind CREATE TABLE and the name.
COMMON = {
    "integers": "(a tinyint, b smallint not null, c mediumint, d int unsigned, "
    "e bigint unsigned not null auto_increment primary key, f int(5) zerofill)",
    "boolean": "(a bool, b boolean not null default false, c tinyint(1) default 1)",
    "fractions": "(a decimal, b decimal(12,4) not null default 1.50, c numeric(5),"
    " d float, e double default 1e10, f float(7,3), g double(10,2) unsigned,"
    " h decimal(10,2) default -1.5)",
    "texts": "(a char(3), b varchar(50) not null default 'x', c text, d tinytext,"
    " e mediumtext, f longtext not null, g char, h varchar(10) default '')",
    "binaries": "(a binary(16), b varbinary(30), c blob, d tinyblob, e mediumblob,"
    " f longblob, g bit(3), h bit(1) not null default b'1', i binary(2) default 'ab')",
    "times": "(a date, b datetime, c datetime(6), d time, e time(2), f year,"
    " g date default '2020-01-01', h datetime default '2020-01-01 00:00:00')",
    "stamps": "(a timestamp null, b timestamp not null default current_timestamp,"
    " c datetime(3) default current_timestamp(3) on update current_timestamp(3),"
    " d timestamp null default null on update current_timestamp,"
    " e datetime default '2020-01-01' on update current_timestamp)",
    "enums": "(a enum('a','b','c') default 'a', b set('x','y') not null,"
    " c enum('it''s','a,b','c)') not null default 'it''s', d enum('') default '')",
    "json": "(a json, b json not null)",
    "spatial": "(a geometry, b point not null, c polygon, spatial key k (b))",
    "charset_latin": "(a varchar(10), b text, c varchar(9) character set utf8mb4)"
    " default charset=latin1",
    "charset_columns": "(a varchar(10) character set latin1, b varchar(10) collate"
    " utf8mb4_bin, c text character set ascii, d varchar(10) character set utf8mb4"
    " collate utf8mb4_unicode_ci, e enum('x') character set latin1, f char(3) character"
    " set binary) default charset=utf8mb4",
    "charset_bin": "(a varchar(10), b varchar(10) collate utf8mb4_unicode_ci)"
    " default charset=utf8mb4 collate=utf8mb4_bin",
    "comments": "(a int comment 'it''s', b varchar(9) default 'd' comment 'back\\\\"
    "slash and\\nnew line', c text comment '', d int not null auto_increment primary"
    " key comment '\"quoted\" -- /* not a comment */ `x`')"
    " comment='The table''s\\ttext'",
    "escapes": "(a varchar(30) default 'it''s', b varchar(30) default 'a\\\\b\\nc',"
    " c varchar(30) default '\\'', d varchar(30) default '(a', e varchar(9) default"
    " 'NULL', f varchar(9) default '`')",
    "names": '(`a b` int, `select` int, `a``b` int, `c"d` int, `e,f)` int, `é` int,'
    " `PARTITION` int, key `k,1` (`a b`), key `select` (`select`),"
    " unique key `u``q` (`e,f)`))",
    "keys": "(a int not null, b int, c varchar(300), d text, primary key (a, b),"
    " unique key u1 (b), unique key u2 (c(10), a), key k1 (a), key k2 (c(5), d(20)),"
    " key k3 (a, b) using btree, fulltext key f1 (c, d))",
    "key_options": "(a int, b int, key k1 (a) comment 'a key''s', key k2 (b)"
    " key_block_size=4, key k3 (a, b) using btree comment 'both'"
    " ) row_format=compressed key_block_size=8",
    "descending": "(a int, b int, key k1 (a desc), key k2 (a, b desc))",
    "primary_prefix": "(a varchar(300) not null, b int not null, primary"
    " key (a(20), b))",
    "foreign": "(a int, b int, c varchar(20), constraint f1 foreign key (a) references"
    " par (id), constraint f2 foreign key (a, b) references par (u, v) on delete"
    " cascade on update cascade, constraint f3 foreign key (c) references par (w) on"
    " delete set null, foreign key (b) references par (id) on update restrict,"
    " foreign key (b) references par (id) on delete no action)",
    "foreign_names": "(`x y` int, constraint `f k` foreign key (`x y`) references"
    " `pär ent` (`i d`))",
    "foreign_self": "(id int primary key, up int, key ix_up (up), foreign key (up)"
    " references foreign_self (id))",
    "foreign_other": "(a int, constraint fo foreign key (a) references"
    " test_schema.other (id) on delete set null)",
    "checks": "(a int check (a > 0), b varchar(10), constraint c1 check (b <> 'x)'),"
    " constraint c2 check (a < 100 and b in ('a', 'b')), check (a <> 5))",
    "generated": "(a int, b int generated always as (a * 2) stored, c int as (a + 1)"
    " virtual comment 'gen', d varchar(20) as (concat(a, ')')) stored,"
    " key k (b))",
    "expressions": "(a int default (1 + 2), b varchar(36) default (uuid()),"
    " c varchar(20) default (concat('a', ')', 'b')) comment 'behind', d double"
    " default (rand()))",
    "memory": "(a int, b int, key (a), key k2 (a) using btree, key k3 (b) using hash)"
    " engine=memory max_rows=100",
    "myisam": "(a varchar(10), b int, key (a)) engine=myisam max_rows=100 min_rows=1"
    " avg_row_length=10 checksum=1 delay_key_write=1 pack_keys=1",
    "options": "(a int) stats_persistent=1 row_format=dynamic stats_sample_pages=10"
    " stats_auto_recalc=0 auto_increment=5 comment='opts'",
    "by_range": "(id int not null, d date not null, primary key (id, d)) partition by"
    " range (year(d)) (partition p0 values less than (2000) comment 'x', partition p1"
    " values less than maxvalue)",
    "by_hash": "(a int) partition by hash (a) partitions 4",
    "by_list": "(a int, b varchar(9)) partition by list columns (b) (partition p0"
    " values in ('a', 'b)'), partition p1 values in ('c'))",
    "by_key_sub": "(a int, d date) partition by range (year(d)) subpartition by hash"
    " (a) subpartitions 2 (partition p0 values less than (1990), partition p1 values"
    " less than maxvalue)",
    "wide": "(" + ", ".join(f"c{i} varchar(20)" for i in range(60)) + ")",
    "users": "(id int not null auto_increment primary key, name varchar(50) not null,"
    " email varchar(100), created datetime default current_timestamp, active tinyint(1)"
    " not null default 1, unique key uq_name (name), key ix_email (email))",
}
MARIADB = {
    "inet_uuid": "(a inet6 default '::1', b uuid, c inet4)",
    "invisible": "(a int, b int invisible, c int invisible default 5, d int as (a)"
    " virtual invisible)",
    "compressed": "(a text compressed, b varchar(300) compressed not null default 'x')",
    "versioned": "(a int primary key, b int) with system versioning",
    "versioned_columns": "(a int primary key, s timestamp(6) generated always as row"
    " start invisible, e timestamp(6) generated always as row end invisible, period for"
    " system_time (s, e)) with system versioning",
    "unversioned_column": "(a int, b int without system versioning) with system"
    " versioning",
    "period": "(a int, s date, e date, period for p (s, e),"
    " unique (a, p without overlaps))",
    "json_checked": "(a json default '{}', b longtext check (json_valid(b)), c json"
    " check (json_length(c) > 0))",
    "ignored_key": "(a int, key k (a) ignored)",
    "hash_unique": "(a text, b blob, unique key u (a), unique key v (b))",
    "aria": "(a int auto_increment, b int, key (a)) engine=aria auto_increment=100"
    " transactional=0 page_checksum=1",
    "plain_expressions": "(a varchar(36) default uuid(), b varchar(9) default"
    " concat('a','b') comment 'x', c date default (curdate()), d int default"
    " (a is null))",
    "from_sequence": "(a int default nextval(sq), b int default (next value for sq))",
    "srid": "(a point ref_system_id=4326, b geometry)",
    "page_compressed": "(a int) page_compressed=1 `page_compression_level`=3",
    "char_binary": "(a char(3) binary, b varchar(5) binary default 'x')",
}
MYSQL = {
    "invisible": "(a int, b int invisible, c int default 5 invisible)",
    "functional": "(a int, b varchar(30), key k1 ((a + 1)), key k2 ((lower(b)) desc,"
    " a), unique key k3 ((a * 2)))",
    "invisible_key": "(a int, b int, key k (a) invisible, unique key u (b) invisible"
    " comment 'x')",
    "not_enforced": "(a int check (a > 0) not enforced, b int, constraint c check"
    " (b > a) not enforced)",
    "srid": "(a point not null srid 4326, b geometry srid 0, spatial key k (a))",
    "json_default": "(a json default (json_array()), b json default"
    ' (\'{"x": "it\\\'s"}\'))',
    "introducers": "(a varchar(9) default (_latin1'x'), b varchar(9) as"
    " (concat(_utf8mb4'a', _utf8mb4')')) stored)",
    "parser": "(a text, fulltext key k (a) with parser ngram)",
    "multi_valued": "(a json, key k ((cast(a->'$.z' as unsigned array))))",
    "generated_not_null": "(a int, b int as (a + 1) virtual not null comment 'gen')",
    "formats": "(a int column_format fixed, b int storage disk)",
    "collations": "(a varchar(9) collate utf8mb4_0900_ai_ci, b varchar(9) character set"
    " utf8mb4, c varchar(9) collate utf8mb4_0900_as_cs)",
    "tablespace": "(a int) tablespace innodb_system",
    "encrypted": "(a int) compression='zlib'",
    "vector": "(a vector(3), b vector not null)",
    "explicit_null_stamp": "(a timestamp null default current_timestamp, b datetime"
    " default (now() + interval 1 day))",
    "number_defaults": "(a int default 5, b bigint default -7, c decimal(5,2) default"
    " 1.5, d float default 0.1, e bool default true, f year default 2001)",
}


def definitions(is_mariadb: bool) -> dict[str, str]:
    """Return the tables of a server, by name."""
    return {**COMMON, **(MARIADB if is_mariadb else MYSQL)}


def make_tables(execute: Any, is_mariadb: bool) -> Iterator[str]:
    """Make the tables in the present database; yield the names of those that are made.

    execute: runs a statement; what it raises for one that the server does not know is
        taken for that.
    """
    execute("CREATE TABLE IF NOT EXISTS test_schema.other (id int primary key)")
    for statement in PARENTS:
        execute(statement)
    if is_mariadb:
        execute("CREATE SEQUENCE sq")
    for name, definition in definitions(is_mariadb).items():
        with contextlib.suppress(Exception):
            execute(f"CREATE TABLE `{name}` {definition}")
            yield name


def run(connection: sa.Connection, sql: str) -> Any:
    """Execute a statement as it stands, percent signs and all."""
    return connection.exec_driver_sql(sql.replace("%", "%%"))


@contextlib.contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    """Give a session; what a test makes in `all_tables` goes with it."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        yield connection
    with engine.connect() as another:
        another.exec_driver_sql("DROP DATABASE IF EXISTS all_tables")


def _write_rows(query: Callable[[str], Any]) -> None:
    from alembic_c._catalog import MYSQL_QUERIES

    texts = [sql.format(database="'printed'", tables="") for sql in MYSQL_QUERIES]
    results = [
        [json.dumps([*row], ensure_ascii=False) for row in query(sql)] for sql in texts
    ]
    lists = ["[\n" + ",\n".join(rows) + "\n]" for rows in results]
    ROWS.write_text("[" + ",\n".join(lists) + "]\n", encoding="utf-8")


def main(url: str, prefix: str) -> None:
    engine = sa.create_engine(url)
    CORPUS.mkdir(parents=True, exist_ok=True)
    with engine.connect() as connection:

        def execute(statement: str) -> None:
            run(connection, statement)

        execute("DROP DATABASE IF EXISTS printed")
        execute("CREATE DATABASE printed CHARACTER SET utf8mb4")
        execute("USE printed")
        is_mariadb = bool(engine.dialect.is_mariadb)  # type: ignore[attr-defined]
        made = list(make_tables(execute, is_mariadb))
        for name in definitions(is_mariadb):
            if name not in made:
                print(f"not made: {name}", file=sys.stderr)
        for name in made:
            printed = connection.exec_driver_sql(f"SHOW CREATE TABLE `{name}`")
            (CORPUS / f"{prefix}-{name}.sql").write_text(printed.one()[1])
        if not is_mariadb:
            _write_rows(connection.exec_driver_sql)


if __name__ == "__main__":
    main(*sys.argv[1:])
