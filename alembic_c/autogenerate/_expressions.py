"""Whether the expressions of a model are those that the database has.

Texts are compared first, token by token.  What differs in its text only may still mean
the same: the database writes casts, parentheses and operators in its own way.  So the
database is asked, about everything that a run may have to know of it at once; SQLite
keeps texts as they are, so there the tokens decide.

Where there is no answer, the comparators compare as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from . import _expressions_mysql, _expressions_pg, _expressions_sqlite
from ._own_rules import is_our_own
from ._questions import Answer, Question, TableKey, Unanswered, log

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection, Dialect

_BACKENDS = {
    "mariadb": _expressions_mysql.ask,
    "mysql": _expressions_mysql.ask,
    "postgresql": _expressions_pg.ask,
    "sqlite": _expressions_sqlite.ask,
}


class _Context(Protocol):
    """What has to be known of an AutogenContext."""

    connection: Connection | None
    migration_context: Any

    @property
    def dialect(self) -> Dialect: ...


class Expressions:
    """Answers questions about the expressions of one run."""

    def __init__(self, context: _Context) -> None:
        self._context = context
        self._answers: dict[Question, Answer | None] = {}
        self._further: Callable[[], Iterable[Question]] | None = None
        self._added: Mapping[TableKey, Iterable[Column[Any]]] = {}
        self._is_silent = False

    def expect(
        self,
        questions: Callable[[], Iterable[Question]],
        added: Mapping[TableKey, Iterable[Column[Any]]],
    ) -> None:
        """Note what to ask about when something is asked, so that it is asked at once.

        questions: gives what may be asked about.
        added: columns of the model that the database's tables do not have.
        """
        self._further = questions
        self._added = added

    def answer(self, question: Question) -> Answer | None:
        """Return what the database says, None if it says nothing."""
        if question not in self._answers:
            asked = [question]
            if self._further is not None:
                further, self._further = self._further, None
                asked += further()
            self.ask(asked)
        return self._answers[question]

    def ask(self, questions: Iterable[Question]) -> None:
        """Ask about several things at once."""
        asked = list(dict.fromkeys(q for q in questions if q not in self._answers))
        self._answers.update(dict.fromkeys(asked))
        if not asked or not self.can_ask:
            return
        connection = self._context.connection
        assert connection is not None
        try:
            ask = _BACKENDS[connection.dialect.name]
            self._answers.update(ask(connection, asked, self._added))
        except Unanswered as reason:
            # What refused once would do so again.
            self._is_silent = True
            log.debug("expressions are compared as text: %s", reason)

    @property
    def can_ask(self) -> bool:
        """Whether there is a database that gives answers."""
        return self._is_known and not self._is_silent

    @cached_property
    def _is_known(self) -> bool:
        context = self._context
        return (
            context.connection is not None
            and context.dialect.name in _BACKENDS
            and is_our_own(context.migration_context.impl)
            and type(context.dialect).__module__.startswith("sqlalchemy.")
        )
