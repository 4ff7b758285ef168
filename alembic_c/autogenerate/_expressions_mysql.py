"""Ask MariaDB and MySQL whether two expressions mean the same to them.

A model's CHECK, default or generated column is made on a temporary table, and what the
server then prints of it is compared with what it prints of the real one:

- The temporary table has the columns of the real one, and what is asked about besides.
  CREATE TEMPORARY TABLE ends no transaction; ALTER TABLE would.
- What cannot be made stays without an answer, and disturbs nothing else.
- Nothing is evaluated.

MariaDB takes three round trips for any number of tables: the session's settings, the
real tables, the temporary ones, one for each question.  MySQL has no statement with
several results: there one temporary table has many defaults, which seldom need the
columns of a table, and one has all else that is asked about a table.  Where that cannot
be made each half of it is tried.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy
from sqlalchemy import Integer, MetaData
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ..catalog import _mysql
from ..ddl.mysql import LITERAL
from ..util import sqla_compat
from ._questions import Answer, Question, Unanswered, log

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect

    from .._catalog import Column, Table
    from ._questions import TableKey

# Of the temporary table and, with a number, of what is asked about.
_PROBE = "alembic_c_probe"
_ITEM = "alembic_c_item"
# A server may be told to refuse tables that have none.
_KEY = "alembic_c_key INT DEFAULT 0 PRIMARY KEY"
# A literal in parentheses.  They make an expression of it in CREATE TABLE, not in
# ALTER COLUMN: the database may have either, and is asked about both.
_LITERAL = re.compile(rf"\(\s*({LITERAL})\s*\)")
_BARE = "_bare"
# How much a temporary table of MySQL has; the size of its rows is limited too.
_AT_ONCE = 100

_NOW = re.compile(
    r"^\(?(?:now|current_timestamp)(?P<digits>\([1-6]\))?(?:\(\))?\)?$", re.IGNORECASE
)

# Gives what is printed of the temporary table, or why there is none.  A statement that
# the server cannot read would end all of them if it did not stand in a string.
_UNIT = """BEGIN
DECLARE made INT DEFAULT 0;
BEGIN
DECLARE reason TEXT;
DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN
GET DIAGNOSTICS CONDITION 1 reason = MESSAGE_TEXT; SELECT '', reason; END;
EXECUTE IMMEDIATE {create};
SET made = 1;
SHOW CREATE TABLE {probe};
END;
IF made THEN DROP TEMPORARY TABLE {probe}; END IF;
END"""


class _Asked(NamedTuple):
    """A question with what is needed to ask it.

    there: what the server prints of the real one.
    name: of what is asked about, on the temporary table; item: its definition.
    bare: that of a literal without its parentheses, which not each type can have.
    """

    question: Question
    there: str
    name: str
    item: str
    bare: str = ""


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
    oldest = _mysql.OLDEST_MARIADB if dialect.is_mariadb else _mysql.OLDEST_MYSQL
    if dialect.server_version_info < oldest:
        raise Unanswered(f"servers before {'.'.join(map(str, oldest))} are not asked")
    known = [question for question in questions if question.kind in _PARTS]
    if not known:
        return {}
    try:
        return _answers(connection, known)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        _drop_probes(connection, known)
        raise Unanswered(str(error.orig).partition("\n")[0]) from error
    except ValueError as error:
        raise Unanswered(str(error)) from error


def _drop_probes(connection: Connection, questions: Iterable[Question]) -> None:
    """Drop what is left of a statement that was stopped in its middle."""
    for schema in {question.key[0] for question in questions}:
        probe = _named(schema, _PROBE)
        sql = f"DROP TEMPORARY TABLE IF EXISTS {probe}"
        with contextlib.suppress(DBAPIError):
            _execute(connection, sql)


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
    asked = []
    for number, question in enumerate(questions):
        table = tables.get(question.key)
        there = None if table is None else _there(table, question)
        if table is None or there is None:
            continue
        name = f"{_ITEM}{number}"
        try:
            item, bare = _item(connection.dialect, table, question, name)
        except (SQLAlchemyError, NotImplementedError) as error:
            log.debug("not asked about %s: %s", question, error)
            continue
        asked.append(_Asked(question, there, name, item, bare))
    printed = _printed_together if session.is_mariadb else _printed_in_turn
    answers = {}
    for some, probe in printed(connection, session, asked):
        for question, there, name, *_ in some:
            here = _here(probe, question, name)
            if here is None:
                log.debug("no answer about %s: it is not printed as known", question)
                continue
            is_same = there in (here, _here(probe, question, f"{name}{_BARE}"))
            changes = {} if is_same else {"expression": (there, here)}
            answers[question] = Answer({"expression": there}, changes)
    return answers


# --- how it is asked ------------------------------------------------------------------


def _printed_together(
    connection: Connection, session: _mysql.Session, asked: Sequence[_Asked]
) -> Iterator[tuple[Sequence[_Asked], Table]]:
    """Yield what MariaDB prints of the temporary table of each question."""
    units = (
        _UNIT.format(
            create=_mysql.string(
                _create(session.schema, each.question.key, [each]), session
            ),
            probe=_named(each.question.key[0] or session.schema, _PROBE),
        )
        for each in asked
    )
    results = _mysql.rows_together(connection, units)
    for each, (name, text) in zip(asked, results, strict=True):
        if name:
            yield [each], _read(session, text)
        else:
            log.debug("no answer about %s: %s", each.question, text)


def _printed_in_turn(
    connection: Connection, session: _mysql.Session, asked: Sequence[_Asked]
) -> Iterator[tuple[Sequence[_Asked], Table]]:
    """Yield what MySQL prints of temporary tables, and the questions of each."""
    if not asked:
        return
    place = asked[0].question.key[0] or session.schema
    # Whether there can be any.
    _printed(
        connection, place, f"CREATE TEMPORARY TABLE {_named(place, _PROBE)} ({_KEY})"
    )
    groups: dict[TableKey | None, list[_Asked]] = {}
    for each in asked:
        key = None if each.question.kind == "default" else each.question.key
        groups.setdefault(key, []).append(each)
    for key, group in groups.items():
        for start in range(0, len(group), _AT_ONCE):
            some = group[start : start + _AT_ONCE]
            yield from _printed_in_halves(connection, session, key, some)


def _printed_in_halves(
    connection: Connection,
    session: _mysql.Session,
    original: TableKey | None,
    asked: Sequence[_Asked],
) -> Iterator[tuple[Sequence[_Asked], Table]]:
    """Do so with one temporary table, or else with one for each half.

    original: whose columns it has; a default that cannot be made without any is tried
        with those of its table.
    """
    schema = session.schema
    place = asked[0].question.key[0] or schema
    try:
        probe = _read(
            session, _printed(connection, place, _create(schema, original, asked))
        )
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        reason = str(error.orig)
    else:
        if not probe.opaque:
            yield asked, probe
            return
        reason = str(probe.opaque)
    [first, *_], middle = asked, len(asked) // 2
    retries: list[tuple[TableKey | None, Sequence[_Asked]]] = []
    if middle:
        retries = [(original, asked[:middle]), (original, asked[middle:])]
    elif first.bare:
        retries = [(original, [first._replace(bare="")])]
    elif original is None:
        retries = [(first.question.key, asked)]
    else:
        log.debug("no answer about %s: %s", first.question, reason)
    for other_original, some in retries:
        yield from _printed_in_halves(connection, session, other_original, some)


def _read(session: _mysql.Session, text: str | bytes) -> Table:
    """Return the temporary table that a text of the server's is of."""
    reader = session.reader()
    reader.add(None, _PROBE, text)
    [probe] = reader.finish().tables
    return probe


def _printed(connection: Connection, schema: str | None, create: str) -> str | bytes:
    """Make a temporary table; return what is printed of it, when it is dropped."""
    probe = _named(schema, _PROBE)
    _execute(connection, create)
    try:
        return _mysql.printed(connection, (schema, _PROBE))
    finally:
        if not connection.invalidated:
            _execute(connection, f"DROP TEMPORARY TABLE {probe}")


def _execute(connection: Connection, sql: str) -> None:
    connection.exec_driver_sql(_mysql._percent(connection.dialect, sql))


# --- what is asked --------------------------------------------------------------------


def _create(
    schema: str | None, original: TableKey | None, asked: Sequence[_Asked]
) -> str:
    """Return the statement that makes a temporary table with what is asked about.

    schema: the session's; original: whose columns it has besides.
    """
    probe = _named(asked[0].question.key[0] or schema, _PROBE)
    items = [part for each in asked for part in (each.item, each.bare) if part]
    sql = f"CREATE TEMPORARY TABLE {probe} ({', '.join([_KEY, *items])})"
    if original is None:
        return sql
    return (
        f"{sql} SELECT * FROM {_named(original[0] or schema, original[1])} WHERE FALSE"
    )


def _named(schema: str | None, table: str) -> str:
    return ".".join(_mysql.quoted(name) for name in (schema, table) if name is not None)


def _item(
    dialect: Dialect, table: Table, question: Question, name: str
) -> tuple[str, str]:
    """Return what is asked about, as a part of a table, under a name.

    And a literal without its parentheses; "" for all else.
    """
    item = question.item
    if question.kind == "check":
        condition = sqla_compat._ddl_text(item.sqltext, dialect)
        return f"CONSTRAINT {name} CHECK ({condition})", ""
    column = _column(table, question.name)
    assert column is not None
    type_ = column.type
    if column.charset is not None:
        type_ = f"{type_} CHARACTER SET {column.charset}"
    if column.collation is not None:
        type_ = f"{type_} COLLATE {column.collation}"
    if question.kind == "generated":
        expression = sqla_compat._ddl_text(item.server_default.sqltext, dialect)
        return f"{name} {type_} GENERATED ALWAYS AS ({expression})", ""
    default = _default_clause(dialect, item)
    literal = _LITERAL.fullmatch(default)
    bare = f"{name}{_BARE} {type_} DEFAULT {literal[1]}" if literal else ""
    return f"{name} {type_} DEFAULT {default}", bare


def _default_clause(dialect: Dialect, column: Any) -> str:
    """Return the default of a model's column as a new table has it.

    Expressions are in parentheses there, which the default alone does not have.
    """
    alone = sqlalchemy.Column("a", Integer, server_default=column.server_default.arg)
    sqlalchemy.Table("t", MetaData(), alone)
    ddl: Any = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]
    specification = sqla_compat._undoubled(ddl.get_column_specification(alone), dialect)
    return specification.partition(" DEFAULT ")[2]


# --- what is printed ------------------------------------------------------------------


def _column(table: Table, name: str) -> Column | None:
    return next((column for column in table.columns if column.name == name), None)


def _default(table: Table, name: str) -> str | None:
    column = _column(table, name)
    if column is None or column.default_expr is None:
        return None
    # MySQL keeps one of them as an expression if it is created in parentheses.
    default = _NOW.sub(r"CURRENT_TIMESTAMP\g<digits>", column.default_expr)
    return f"{default} ON UPDATE {column.on_update}"


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


def _here(probe: Table, question: Question, name: str) -> str | None:
    return None if probe.opaque else _PARTS[question.kind](probe, name)
