"""Ask PostgreSQL whether two expressions mean the same to it.

A model's CHECK, default, generated column or index is made on a temporary table, and
what the catalogs then say of it is compared with what they say of the real one.  The
whole is one anonymous code block, over any number of tables:

- The temporary table is made LIKE the real one, so that its columns have the types of
  the database, and under the same name, so that an expression may name its table.
  A hundred of them stand in a subtransaction that is rolled back, which gives back
  their locks too: more would need more room for locks than servers have by default.
- What cannot be made fails alone, and stays without an answer.
- Nothing is evaluated but what is built in and not volatile: no sequence is drawn from,
  no function of a user is called.
- The block does nothing where it could do harm or could not do anything: in a
  transaction that only reads, without the right to temporary tables, and where event
  triggers watch DDL.

It takes four round trips: SAVEPOINT, the block, its answers, RELEASE.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Index, Table
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.schema import CreateIndex

from ..catalog import _read
from ..util import sqla_compat
from . import _pg_block
from ._questions import Answer, Question, Unanswered, log

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect

    from ._questions import TableKey

_BATCH = 100
_UNUSUAL = re.compile(r"[%'\\:?$]")


class Compiler:
    """Makes the model's expressions into SQL for the server."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._ddl: Any = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]
        self._prepare = dialect.identifier_preparer

    def _plain(self, sql: str) -> str:
        return sqla_compat._undoubled(sql, self._dialect)

    def table_name(self, key: TableKey) -> str:
        quote = self._prepare.quote_identifier
        return self._plain(".".join(quote(name) for name in key if name is not None))

    def probe_name(self, key: TableKey) -> str:
        return self.table_name(("pg_temp", key[1])).replace('"pg_temp"', "pg_temp", 1)

    def expression(self, clause: Any) -> str:
        """Return the text that DDL has for the expression of a constraint or column."""
        return sqla_compat._ddl_text(clause, self._dialect)

    def default(self, column: Any) -> str:
        return self._plain(self._ddl.get_column_default_string(column))

    def column(self, column: Any) -> str:
        """Return name and type of a column."""
        type_ = self._dialect.type_compiler_instance.process(column.type)
        return self._plain(f"{self._prepare.quote_identifier(column.name)} {type_}")

    def index(self, index: Index, name: str, key: TableKey) -> str:
        """Return the statement that makes an index on the temporary table.

        Raises Unanswered if SQLAlchemy writes it in a way that is not foreseen.
        """
        assert isinstance(index.table, Table)
        sql = str(CreateIndex(index).compile(dialect=self._dialect))
        _, on, rest = sql.partition(f" ON {self._prepare.format_table(index.table)} ")
        if not on:
            raise Unanswered(f"the statement {sql!r}")
        unique = "UNIQUE " if index.unique else ""
        where = self.probe_name(key)
        return f"CREATE {unique}INDEX {name} ON {where} {self._plain(rest)}"

    def command(self, question: Question, number: int) -> str:
        """Return what makes on the temporary table what is asked about.

        Raises Unanswered or what SQLAlchemy raises for what has no SQL.
        """
        item: Any = question.item
        name = f"alembic_c_{number}"
        if question.kind == "index":
            return self.index(item, name, question.key)
        alter = f"ALTER TABLE {self.probe_name(question.key)}"
        if question.kind == "check":
            return (
                f"{alter} ADD CONSTRAINT {name} CHECK ({self.expression(item.sqltext)})"
            )
        if question.kind == "default":
            column = self.table_name((None, question.name))
            return f"{alter} ALTER COLUMN {column} SET DEFAULT {self.default(item)}"
        expression = self.expression(item.server_default.sqltext)
        return (
            f"{alter} ADD COLUMN {name} $TYPE GENERATED ALWAYS AS ({expression}) STORED"
        )


def ask(
    connection: Connection,
    questions: Sequence[Question],
    added: Mapping[TableKey, Iterable[Any]],
) -> dict[Question, Answer]:
    """Return the answers that the server gives.

    added: columns of the model that tables do not have yet.
    Raises Unanswered if it gives none.  The caller's transaction is as before.
    """
    compiler = Compiler(connection.dialect)
    tables: dict[TableKey, dict[str, Any]] = {}
    for number, question in enumerate(questions):
        try:
            sql = compiler.command(question, number)
        except (SQLAlchemyError, Unanswered, NotImplementedError) as error:
            log.debug("not asked about %s: %s", question, error)
            continue
        if question.key not in tables:
            tables[question.key] = {
                "table": compiler.table_name(question.key),
                "probe": compiler.probe_name(question.key),
                "columns": _columns(compiler, added.get(question.key, ())),
                "asked": [],
            }
        tables[question.key]["asked"].append(
            {"id": number, "kind": question.kind, "name": question.name, "sql": sql}
        )
    if not tables:
        return {}
    wanted = list(tables.values())
    reply = _run(
        connection,
        [wanted[at : at + _BATCH] for at in range(0, len(wanted), _BATCH)],
    )
    if reply["refused"]:
        raise Unanswered(reply["refused"])
    return _answers(reply["answers"], questions)


def _columns(compiler: Compiler, columns: Iterable[Any]) -> list[list[str]]:
    found = []
    for column in columns:
        try:
            found.append([compiler.column(column)])
        except SQLAlchemyError as error:
            log.debug("column %s without a type: %s", column, error)
    return found


def _answers(
    replies: Iterable[Mapping[str, Any]], questions: Sequence[Question]
) -> dict[Question, Answer]:
    by_id: dict[int, dict[str, Any]] = {}
    for reply in replies:
        if "failed" in reply:
            about = questions[reply["id"]] if "id" in reply else reply["table"]
            log.debug("no answer about %s: %s", about, reply["failed"])
        else:
            by_id.setdefault(reply["id"], {}).update(reply)
    return {
        questions[number]: _answer(found)
        for number, found in by_id.items()
        if "there" in found and "here" in found
    }


def _answer(found: Mapping[str, Any]) -> Answer:
    there, here = found["there"], found["here"]
    changed = () if found.get("same") else there
    return Answer(
        there,
        {
            part: (there[part], here[part])
            for part in changed
            if there[part] != here[part]
        },
    )


def _run(connection: Connection, batches: list[list[dict[str, Any]]]) -> Any:
    """Run the block.

    Raises Unanswered if it fails, and what the driver raises if the connection is lost.
    """
    if sqla_compat._commits_each_statement(connection):
        raise Unanswered("each statement commits by itself")
    block = _pg_block.BLOCK.replace(_pg_block.BATCHES, _literal(json.dumps(batches)))
    try:
        with sqla_compat._undone_by_error(connection):
            connection.exec_driver_sql(f"DO {_literal(block)}")
            [row] = _read._rows(connection, _pg_block.ANSWERS)
            return json.loads(row[0])
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        raise Unanswered(str(error.orig).partition("\n")[0]) from error


def _literal(text: str) -> str:
    """Return a literal that means the same under all settings.

    There is nothing in it that a driver may take for a parameter.
    """
    return "E'" + _UNUSUAL.sub(_escaped, text) + "'"


def _escaped(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]):02x}"
