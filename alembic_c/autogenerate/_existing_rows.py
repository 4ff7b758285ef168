"""NOT NULL, and the rows that a table has already.

A column that is NOT NULL and has no default cannot be added to a table with rows, nor
can NOT NULL be set where there are NULLs.  Whether that is so here is asked of the
database, in one query; if it is, a comment above the line says what will happen and
which two steps work.  What fails elsewhere only is told on the console.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import column, exists, literal_column, select, table
from sqlalchemy.exc import DBAPIError

from ..operations import ops
from ..util import sqla_compat

if TYPE_CHECKING:
    from ..operations.ops import MigrateOperation
    from .api import AutogenContext

log = logging.getLogger("alembic.autogenerate.rows")

# (schema, table, column that holds NULL; None for any row)
Question: TypeAlias = "tuple[str | None, str, str | None]"

_ASKED = frozenset(("postgresql", "mysql", "mariadb", "sqlite"))
# They give the rows that are there a value of the type's: 0, '' or the like.
_FILLS_IN = frozenset(("mysql", "mariadb"))
_AT_ONCE = 200


class ExistingRows:
    """What the rows that are there mean to the revisions of one run."""

    def __init__(self, context: AutogenContext) -> None:
        self._context = context
        self._dialect = context.dialect.name

    def complete(self, forth: ops.UpgradeOps, back: ops.DowngradeOps) -> None:
        """Comment on what fails in both directions; warn of it for the first one."""
        ahead = list(_operations(forth, _adds_without_value, _sets_not_null))
        # What is NULL by the time of a downgrade nobody knows.
        behind = list(_operations(back, _adds_without_value))
        questions = list(dict.fromkeys(question for _, question in [*ahead, *behind]))
        if not questions:
            return
        answers = self._ask(questions)
        for operation, question in ahead:
            self._tell(operation, question, answers.get(question))
            self._comment(operation, question, answers.get(question))
        for operation, question in behind:
            self._comment(operation, question, answers.get(question))

    # --- the question ---------------------------------------------------------------

    def _ask(self, questions: Sequence[Question]) -> dict[Question, bool]:
        """Return whether there are such rows; nothing where that cannot be asked."""
        connection = self._context.connection
        if connection is None or self._dialect not in _ASKED:
            return {}
        answers: dict[Question, bool] = {}
        try:
            with self._shield():
                for start in range(0, len(questions), _AT_ONCE):
                    some = questions[start : start + _AT_ONCE]
                    row = connection.execute(select(*map(_exists, some))).one()
                    answers.update(zip(some, map(bool, row), strict=True))
        except DBAPIError as error:
            log.debug("Couldn't look for rows: %s", error)
        return answers

    def _shield(self) -> contextlib.AbstractContextManager[Any]:
        """Return a savepoint, where an error would end the caller's transaction."""
        connection = self._context.connection
        assert connection is not None
        if self._dialect == "postgresql":
            return sqla_compat._undone_by_error(connection)
        return contextlib.nullcontext()

    # --- the answer -----------------------------------------------------------------

    def _tell(
        self, operation: MigrateOperation, question: Question, found: bool | None
    ) -> None:
        _, table_name, _ = question
        if isinstance(operation, ops.AlterColumnOp):
            if found:
                log.warning(
                    "Column '%s.%s' holds NULL and becomes NOT NULL: the migration "
                    "will fail; a comment in the file has two steps that work",
                    table_name,
                    operation.column_name,
                )
            return
        assert isinstance(operation, ops.AddColumnOp)
        name = operation.column.name
        if self._dialect in _FILLS_IN:
            if found:
                log.warning(
                    "Added column '%s.%s' is NOT NULL without a server default: the "
                    "rows that are there get 0, '' or the like",
                    table_name,
                    name,
                )
        elif found:
            log.warning(
                "Added column '%s.%s' is NOT NULL without a server default, and the "
                "table has rows: the migration will fail; a comment in the file has "
                "two steps that work",
                table_name,
                name,
            )
        else:
            log.info(
                "Added column '%s.%s' is NOT NULL without a server default: the "
                "migration fails where the table has rows",
                table_name,
                name,
            )

    def _comment(
        self, operation: MigrateOperation, question: Question, found: bool | None
    ) -> None:
        _, table_name, _ = question
        if not found:
            return
        if isinstance(operation, ops.AlterColumnOp):
            where = f"{table_name}.{operation.column_name}"
            operation._notes += (
                f"WARNING: {where!r} holds NULL, so that this will fail.  Two steps:",
                'give those rows a value, op.execute("UPDATE ... WHERE ... IS NULL");',
                "then make the column NOT NULL, as here.",
            )
        elif self._dialect not in _FILLS_IN:
            assert isinstance(operation, ops.AddColumnOp)
            where = f"{table_name}.{operation.column.name}"
            operation._notes += (
                f"WARNING: {where!r} would be NULL in the rows that the table has,",
                "so that this will fail.  Two steps: add the column with nullable=True",
                'and give the rows a value, op.execute("UPDATE ..."); then make it NOT',
                "NULL, op.alter_column(..., nullable=False).  Or give it a",
                "server_default.",
            )


def _operations(container: ops.OpContainer, *kinds: Any) -> Iterator[Any]:
    """Yield the operations of some kinds, each with what is to be asked about it."""
    for operation in container._leaves():
        for kind in kinds:
            question = kind(operation)
            if question is not None:
                yield operation, question


def _adds_without_value(operation: MigrateOperation) -> Question | None:
    if not isinstance(operation, ops.AddColumnOp):
        return None
    added = operation.column
    has_value = added.nullable or added.server_default is not None
    if has_value or added.computed is not None or added.identity is not None:
        return None
    owner = added.table
    if owner is not None and added is sqla_compat._autoincrement_column(owner):
        return None
    return operation.schema, operation.table_name, None


def _sets_not_null(operation: MigrateOperation) -> Question | None:
    if not isinstance(operation, ops.AlterColumnOp) or (
        operation.modify_nullable is not False
    ):
        return None
    return operation.schema, operation.table_name, operation.column_name


def _exists(question: Question) -> Any:
    schema, table_name, column_name = question
    rows: Any = select(literal_column("1")).select_from(
        table(table_name, schema=schema)
    )
    if column_name is not None:
        rows = rows.where(column(column_name).is_(None))
    return exists(rows)
