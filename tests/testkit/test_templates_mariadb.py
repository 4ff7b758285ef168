"""Copies on MariaDB and MySQL: all that is in the template is in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from alembic_c import catalog
from alembic_c.testkit import _tree, migrated_database
from alembic_c.testkit._scratch import empty_database
from tests.testkit.tree import Tree, drop_all

# Each line makes something whose copy needs care. The modes are those under which the
# rows, or the objects, would not be taken a second time.
BOTH = """
SET sql_mode = ''
CREATE TABLE `a ``%s' "` (`b%` int PRIMARY KEY AUTO_INCREMENT, `c'"` varchar(9))
INSERT INTO `a ``%s' "` VALUES (7, '50% \\'')
UPDATE `a ``%s' "` SET `b%` = 0
CREATE TABLE moments (id int PRIMARY KEY, d date, at timestamp NULL, e int DEFAULT (1+1), n timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, x varbinary(9))
SET time_zone = '+05:00'
INSERT INTO moments VALUES (1, '0000-00-00', '2020-06-01 03:00:00', 9, '2001-01-01', x'00ff275c')
CREATE TABLE made (id int PRIMARY KEY, v int AS (id + 1) VIRTUAL, s int AS (id + 2) STORED)
INSERT INTO made (id) VALUES (1)
SET foreign_key_checks = 0
CREATE TABLE hen (id int PRIMARY KEY, egg int, FOREIGN KEY (egg) REFERENCES egg (id))
CREATE TABLE egg (id int PRIMARY KEY, hen int, FOREIGN KEY (hen) REFERENCES hen (id))
INSERT INTO hen VALUES (1, 1)
INSERT INTO egg VALUES (1, 1)
CREATE VIEW vz AS SELECT id AS one, egg AS va FROM hen
CREATE VIEW vy AS SELECT one AS va, 'it\\'s' AS vx FROM vz
CREATE VIEW vx AS SELECT vx, va AS vw FROM vy
SET sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_BACKSLASH_ESCAPES'
CREATE PROCEDURE strict() SELECT '\\'
CREATE TRIGGER counts BEFORE INSERT ON hen FOR EACH ROW SET NEW.egg = NEW.egg + 1
CREATE EVENT daily ON SCHEDULE EVERY 1 DAY STARTS '2038-01-01 00:00:00' DO DELETE FROM hen
"""  # noqa: E501
MARIADB = """
CREATE SEQUENCE counter START WITH 10 INCREMENT BY 5 CACHE 100
DO NEXTVAL(counter)
CREATE SEQUENCE worn MAXVALUE 2
DO NEXTVAL(worn), NEXTVAL(worn)
CREATE TABLE counted (id int PRIMARY KEY DEFAULT NEXTVAL(counter), n int)
INSERT INTO counted (n) VALUES (1)
CREATE TABLE hidden (id int PRIMARY KEY, h int INVISIBLE DEFAULT 3, g int AS (id) STORED INVISIBLE)
INSERT INTO hidden (id, h) VALUES (1, 9)
SET check_constraint_checks = 0
CREATE TABLE checked (id int CHECK (id > 5))
INSERT INTO checked VALUES (1)
CREATE TABLE kept (id int PRIMARY KEY, n int) WITH SYSTEM VERSIONING
INSERT INTO kept VALUES (1, 1)
UPDATE kept SET n = 2
CREATE TABLE periods (id int, n int, a timestamp(6) GENERATED ALWAYS AS ROW START, b timestamp(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (a, b)) WITH SYSTEM VERSIONING
INSERT INTO periods (id, n) VALUES (1, 1)
DELETE FROM periods
CREATE TABLE by_transaction (id int, n int, a bigint unsigned GENERATED ALWAYS AS ROW START, b bigint unsigned GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (a, b)) WITH SYSTEM VERSIONING
INSERT INTO by_transaction (id, n) VALUES (1, 1)
"""  # noqa: E501

QUESTIONS = """
SELECT * FROM `a ``%s' "`
SELECT *, UNIX_TIMESTAMP(at) FROM moments
SELECT * FROM made
SELECT hen.egg, egg.hen FROM hen, egg
SELECT * FROM vx
SELECT ROUTINE_NAME, ROUTINE_DEFINITION, SQL_MODE FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()
SELECT EVENT_NAME, STARTS, TIME_ZONE, EVENT_DEFINITION FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()
"""  # noqa: E501
MARIADB_QUESTIONS = """
SELECT id, h, g FROM hidden
SELECT * FROM checked
SELECT id, n FROM kept FOR SYSTEM_TIME ALL ORDER BY n
SELECT id, n, a < b FROM periods FOR SYSTEM_TIME ALL
SELECT id, n FROM by_transaction
SELECT * FROM counted
SELECT NEXTVAL(counter)
SELECT next_not_cached_value > maximum_value FROM worn
"""

REVISION = """
from alembic import op
revision = "r1"
down_revision = None
def upgrade():
    for statement in {statements!r}:
        op.get_bind().exec_driver_sql(
            statement, execution_options={{"no_parameters": True}}
        )
"""


def _lines(text: str) -> list[str]:
    return text.strip().splitlines()


@pytest.fixture
def tree(tmp_path: Path, mysql_url: str) -> Iterator[Tree]:
    """Yield a project without revisions; what it leaves on the server is dropped."""
    tree = Tree(tmp_path, 0)
    yield tree
    drop_all(mysql_url, tree)


def is_mariadb(url: str) -> bool:
    with sa.create_engine(url, poolclass=sa.pool.NullPool).connect() as connection:
        return bool(connection.dialect.is_mariadb)  # type: ignore[attr-defined]


def _answers(url: sa.URL, questions: list[str]) -> list[object]:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        found = [
            list(
                connection.exec_driver_sql(
                    question, execution_options={"no_parameters": True}
                ).all()
            )
            for question in questions
        ]
        return [catalog.snapshot(connection), *found]


def test_a_copy_has_what_an_upgrade_makes(tree: Tree, mysql_url: str) -> None:
    statements, questions = _lines(BOTH), _lines(QUESTIONS)
    if is_mariadb(mysql_url):
        statements += _lines(MARIADB)
        questions += _lines(MARIADB_QUESTIONS)
    (tree.versions / "r1.py").write_text(REVISION.format(statements=statements))
    with (
        migrated_database(tree.config, mysql_url) as copy,
        empty_database(mysql_url) as plain,
    ):
        _tree.upgrade(tree.config, plain, "head")
        one, other = (_answers(url, questions) for url in (copy, plain))
    for question, a, b in zip(["the catalog", *questions], one, other, strict=True):
        assert a == b, question
