"""Ask MariaDB whether two expressions mean the same to it.

A model's CHECK, default or generated column is made on a temporary table, and what the
server then prints of it is compared with what it prints of the real one:

- The temporary table has the columns of the real one, and what is asked about besides.
  CREATE TEMPORARY TABLE ends no transaction; ALTER TABLE would.
- There is one temporary table for each question, one after the other, so what cannot
  be made fails alone.
- Nothing is evaluated.

It takes three round trips for any number of tables: the session's settings, the real
tables, the temporary ones.  MySQL has no statement with several results that every
driver knows, so it is not asked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ..catalog import _mysql
from ..util import sqla_compat
from ._questions import Answer, Question, Unanswered, log

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect

    from .._catalog import Column, Table
    from ._questions import TableKey

# Of the temporary table and of what is asked about.
_PROBE = "alembic_c_probe"
_ITEM = "alembic_c_item"

# Gives what is printed of the temporary table, or why there is none.
_UNIT = """BEGIN
DECLARE made INT DEFAULT 0;
BEGIN
DECLARE reason TEXT;
DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN
GET DIAGNOSTICS CONDITION 1 reason = MESSAGE_TEXT; SELECT '', reason; END;
{create};
SET made = 1;
SHOW CREATE TABLE {probe};
END;
IF made THEN DROP TEMPORARY TABLE {probe}; END IF;
END"""


def ask(
    connection: Connection,
    questions: Sequence[Question],
    added: Mapping[TableKey, Iterable[Any]],
) -> dict[Question, Answer]:
    """Return the answers that the server gives.

    added: columns of the model that tables do not have yet; what needs them has no
        answer.
    Raises Unanswered if it gives none.  The caller's transaction is as before.
    """
    dialect: Any = connection.dialect
    if not dialect.is_mariadb or dialect.server_version_info < _mysql.OLDEST_MARIADB:
        raise Unanswered("only MariaDB is asked, from 10.6 on")
    asked = [question for question in questions if question.kind in _PARTS]
    if not asked:
        return {}
    try:
        return _answers(connection, asked)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        _drop_probes(connection, asked)
        raise Unanswered(str(error.orig).partition("\n")[0]) from error
    except ValueError as error:
        raise Unanswered(str(error)) from error


def _drop_probes(connection: Connection, questions: Iterable[Question]) -> None:
    """Drop what is left of a statement that was stopped in its middle."""
    for schema in {question.key[0] for question in questions}:
        probe = _named(schema, _PROBE)
        sql = f"DROP TEMPORARY TABLE IF EXISTS {probe}"
        with contextlib.suppress(DBAPIError):
            connection.exec_driver_sql(_mysql._percent(connection.dialect, sql))


def _answers(
    connection: Connection, questions: Sequence[Question]
) -> dict[Question, Answer]:
    session = _mysql.session(connection)
    if not session.is_ordinary:
        raise Unanswered("the session prints tables in another way than by default")
    keys = list(dict.fromkeys(question.key for question in questions))
    tables = {
        (table.schema, table.name): table
        for table in _mysql.read_tables(connection, keys, session).tables
    }
    wanted: list[tuple[Question, str, str]] = []
    for question in questions:
        table = tables.get(question.key)
        there = None if table is None else _there(table, question)
        if table is None or there is None:
            continue
        try:
            item = _item(connection.dialect, table, question)
        except (SQLAlchemyError, NotImplementedError) as error:
            log.debug("not asked about %s: %s", question, error)
            continue
        wanted.append((question, there, _unit(session.schema, question.key, item)))
    printed = _mysql.rows_together(connection, [unit for *_, unit in wanted])
    answers = {}
    for (question, there, _), (name, text) in zip(wanted, printed, strict=True):
        if not name:
            log.debug("no answer about %s: %s", question, text)
            continue
        reader = session.reader()
        reader.add(None, _PROBE, text)
        [probe] = reader.finish().tables
        here = _here(probe, question)
        if here is not None:
            changes = {} if here == there else {"expression": (there, here)}
            answers[question] = Answer({"expression": there}, changes)
    return answers


# --- what is asked --------------------------------------------------------------------


def _unit(schema: str | None, key: TableKey, item: str) -> str:
    probe, original = (_named(key[0] or schema, name) for name in (_PROBE, key[1]))
    create = (
        f"CREATE TEMPORARY TABLE {probe} ({item}) SELECT * FROM {original} WHERE FALSE"
    )
    return _UNIT.format(create=create, probe=probe)


def _named(schema: str | None, table: str) -> str:
    return ".".join(_mysql.quoted(name) for name in (schema, table) if name is not None)


def _item(dialect: Dialect, table: Table, question: Question) -> str:
    """Return what is asked about, as a part of a table."""
    item = question.item
    if question.kind == "check":
        condition = sqla_compat._ddl_text(item.sqltext, dialect)
        return f"CONSTRAINT {_ITEM} CHECK ({condition})"
    column = _column(table, question.name)
    assert column is not None
    type_ = column.type
    if column.charset is not None:
        type_ = f"{type_} CHARACTER SET {column.charset}"
    if column.collation is not None:
        type_ = f"{type_} COLLATE {column.collation}"
    if question.kind == "generated":
        expression = sqla_compat._ddl_text(item.server_default.sqltext, dialect)
        return f"{_ITEM} {type_} GENERATED ALWAYS AS ({expression})"
    ddl: Any = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]
    default = sqla_compat._undoubled(ddl.get_column_default_string(item), dialect)
    return f"{_ITEM} {type_} DEFAULT {default}"


# --- what is printed ------------------------------------------------------------------


def _column(table: Table, name: str) -> Column | None:
    return next((column for column in table.columns if column.name == name), None)


def _default(table: Table, name: str) -> str | None:
    column = _column(table, name)
    if column is None or column.default_expr is None:
        return None
    return f"{column.default_expr} ON UPDATE {column.on_update}"


def _generated(table: Table, name: str) -> str | None:
    column = _column(table, name)
    return None if column is None else column.generated


def _check(table: Table, name: str) -> str | None:
    checks = {
        each.name: each.expr for each in table.constraints if each.kind == "check"
    }
    return checks.get(name)


# By the kind of question.
_PARTS = {"default": _default, "generated": _generated, "check": _check}


def _there(table: Table, question: Question) -> str | None:
    return None if table.opaque else _PARTS[question.kind](table, question.name)


def _here(probe: Table, question: Question) -> str | None:
    return None if probe.opaque else _PARTS[question.kind](probe, _ITEM)
