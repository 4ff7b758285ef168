"""Compare expressions with what SQLite stores: the text that made them.

The tables are read by the core's parser, which understands what SQLAlchemy's patterns
do not: line breaks, and parentheses within an expression.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..catalog import _read
from ..util import sqla_compat
from ._questions import Answer, Question, TableKey
from ._tokens import bare, tokens

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect

    from .._catalog import Table


_NEEDLESS = ("(", ")", "[", "]")


def ask(
    connection: Connection,
    questions: Sequence[Question],
    added: Mapping[TableKey, Iterable[Any]],
) -> dict[Question, Answer]:
    """Return the answers that the stored texts give; one query for each database."""
    schemas = list(dict.fromkeys(question.key[0] for question in questions))
    catalog = _read.sqlite(connection, schemas)
    tables = {(table.schema, table.name): table for table in catalog.tables}
    answers: dict[Question, Answer] = {}
    for question in questions:
        table = tables.get(question.key)
        there = None if table is None or table.opaque else _stored(table, question)
        if there is not None:
            here = _wanted(connection.dialect, question)
            changes = {} if _same(there, here) else {"expression": (there, here)}
            answers[question] = Answer({"expression": there}, changes)
    return answers


def _stored(table: Table, question: Question) -> str | None:
    if question.kind in ("default", "generated"):
        columns = {column.name: column for column in table.columns}
        column = columns.get(question.name)
        if column is None:
            return None
        return column.default_expr if question.kind == "default" else column.generated
    if question.kind == "check":
        checks = {c.name: c.expr for c in table.constraints if c.kind == "check"}
        return checks.get(question.name)
    indexes = {index.name: index.predicate or "" for index in table.indexes}
    return indexes.get(question.name)


def _wanted(dialect: Dialect, question: Question) -> str:
    item = question.item
    if question.kind == "default":
        ddl: Any = dialect.ddl_compiler(dialect, None)  # type: ignore[arg-type]
        text: str = ddl.get_column_default_string(item)
        return text
    if question.kind == "index":
        clause = item.dialect_options["sqlite"]["where"]
        if clause is None or isinstance(clause, str):
            return clause or ""
    else:
        clause = (
            item.sqltext if question.kind == "check" else item.server_default.sqltext
        )
    return sqla_compat._ddl_text(clause, dialect)


def _same(there: str, here: str) -> bool:
    """Return whether two texts differ at most in what may be needless.

    These are parentheses, and quotes and letter case of names.
    """
    one, other = (
        [bare(token) for token in tokens(text) if token not in _NEEDLESS]
        for text in (there, here)
    )
    return one == other
