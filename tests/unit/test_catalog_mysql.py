"""The parser of SHOW CREATE TABLE on statements as servers printed them.

SQLAlchemy's reading of the same text is the second opinion.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.dialects import mysql

from alembic_c._catalog import MysqlReader, Table
from alembic_c.catalog import Catalog
from tests.support.mysql_tables import CORPUS

STATEMENTS = sorted(CORPUS.glob("*.sql"))
# Of application-time periods: not understood, and said so.
OPAQUE = {"period", "versioned_columns"}
# SQLAlchemy loses the keys of which these speak, or reads another name.
MISREAD = {"ignored_key", "names", "functional", "multi_valued"}
# It fails on the whole of these.
UNREADABLE = {"vector"}

CHARSETS = (("latin1", "latin1_swedish_ci"), ("utf8mb4", "utf8mb4_0900_ai_ci"))


def _name(path: Path) -> str:
    return path.stem.rpartition("-")[2]


def _table(path: Path) -> Table:
    reader = MysqlReader(path.name.startswith("mariadb"), charsets=CHARSETS)
    reader.add(None, "t", path.read_text())
    return reader.finish().tables[0]


def _second_opinion(path: Path) -> Any:
    dialect: Any = mysql.dialect()
    if path.name.startswith("mariadb"):
        dialect._set_mariadb(True, (10, 11))
    dialect.server_version_info = (10, 11)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # types that it does not know
        return dialect._tabledef_parser.parse(path.read_text(), "utf8mb4")


def test_there_are_statements_of_each_server() -> None:
    assert len(STATEMENTS) >= 100
    assert {path.name.partition("-")[0] for path in STATEMENTS} == {"mariadb", "mysql"}


@pytest.mark.parametrize("path", STATEMENTS, ids=lambda path: path.stem)
def test_a_printed_statement_is_understood(path: Path) -> None:
    table = _table(path)
    assert (table.opaque is not None) == (_name(path) in OPAQUE)
    if table.opaque or _name(path) in UNREADABLE:
        return
    other = _second_opinion(path)
    if _name(path) != "names":
        assert [
            (column.name, not column.not_null, column.is_auto_increment)
            for column in table.columns
            if column.generated_kind is None and not column.options
        ] == [
            (column["name"], column["nullable"], bool(column.get("autoincrement")))
            for column, ours in zip(other.columns, table.columns, strict=True)
            if ours.generated_kind is None and not ours.options
        ]
    if _name(path) in MISREAD:
        return
    assert {
        (
            index.name,
            index.is_unique,
            tuple((part.text, part.length or None) for part in index.parts),
        )
        for index in table.indexes
    } == {
        (
            key["name"],
            key["type"] == "UNIQUE",
            tuple((name, length) for name, length, _ in key["columns"]),
        )
        for key in other.keys
        if key["type"] != "PRIMARY"
    }
    assert [
        constraint.columns
        for constraint in table.constraints
        if constraint.kind == "primary key"
    ] == [
        tuple(column[0] for column in key["columns"])
        for key in other.keys
        if key["type"] == "PRIMARY"
    ]
    assert {
        (
            constraint.name,
            constraint.columns,
            constraint.ref_table,
            constraint.ref_columns,
        )
        for constraint in table.constraints
        if constraint.kind == "foreign key"
    } == {
        (key["name"], tuple(key["local"]), key["table"][-1], tuple(key["foreign"]))
        for key in other.fk_constraints
    }
    assert {
        (constraint.name, constraint.expr)
        for constraint in table.constraints
        if constraint.kind == "check" and constraint.name
    } == {(check["name"], check["sqltext"]) for check in other.ck_constraints}


def test_an_action_that_was_not_written_is_the_servers() -> None:
    actions = {
        server: {
            constraint.name: (constraint.on_delete, constraint.on_update)
            for constraint in _table(CORPUS / f"{server}-foreign.sql").constraints
            if constraint.kind == "foreign key"
        }
        for server in ("mariadb-10.11", "mysql-9.7")
    }
    assert actions["mariadb-10.11"]["f1"] == ("RESTRICT", "RESTRICT")
    assert actions["mysql-9.7"]["f1"] == (None, None)
    for of_server in actions.values():
        assert of_server["f2"] == ("CASCADE", "CASCADE")


def test_bytes_that_are_no_text_are_carried() -> None:
    reader = MysqlReader(True)
    sql = b"CREATE TABLE `t` (\n  `a` binary(1) DEFAULT '\xff'\n) ENGINE=InnoDB"
    reader.add("s", "t", sql)
    (table,) = reader.finish().tables
    assert (table.schema, table.columns[0].default_expr) == ("s", "'\udcff'")


def test_a_table_twice_is_an_error() -> None:
    reader = MysqlReader(True)
    for _ in range(2):
        reader.add(None, "t", "")
    with pytest.raises(ValueError, match="twice"):
        reader.finish()


def test_what_is_half_read_has_names() -> None:
    """So that it can be compared with what was read before."""
    catalogs = []
    for columns in (
        "a int",
        "a int, KEY k (a)",
        "a int, 1.5 int",
        "a int, KEY 1.5 (a)",
    ):
        reader = MysqlReader(True)
        reader.add(None, "t", f"CREATE TABLE t ({columns}) ENGINE=InnoDB")
        catalogs.append(Catalog(reader.finish()))
    opaque = [table.opaque for catalog in catalogs for table in catalog.tables]
    assert opaque == [None, None, "name expected", "name expected"]
    for catalog in catalogs:
        (table,) = catalog.tables
        assert [each.name for each in table.columns] == ["a"]
        assert [each.name for each in table.indexes] in ([], ["k"])
        for other in catalogs:
            assert bool(catalog.diff(other)) == (catalog != other)
