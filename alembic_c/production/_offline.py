"""What a plan puts in the place of a connection, and where it notes what is done."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import literal, text
from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.exc import CompileError
from sqlalchemy.sql import visitors
from sqlalchemy.types import NullType

from ._operations import shortened

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ..ddl.impl import DefaultImpl


class ResultNeededError(Exception):
    """A revision looks at the result of a statement that was not executed."""


class Recorder:
    """Notes what the function of a revision does."""

    def __init__(self) -> None:
        self._actions: list[str] = []
        self._gaps: list[str] = []
        self._indent = ""
        self._depth = 0

    def add(self, action: str) -> None:
        """Note something that is done."""
        self._actions.append(self._indent + action)

    def gap(self, reason: str) -> None:
        """Note what is not known."""
        if reason not in self._gaps:
            self._gaps.append(reason)

    def taken(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return what was done and what is not known, and begin anew."""
        done = tuple(self._actions), tuple(self._gaps)
        self._actions, self._gaps = [], []
        return done

    @contextmanager
    def indented(self) -> Iterator[None]:
        """Move what is noted in a block to the right."""
        before, self._indent = self._indent, self._indent + "  "
        try:
            yield
        finally:
            self._indent = before

    @contextmanager
    def outermost(self, action: Callable[[], str]) -> Iterator[None]:
        """Note an action, unless it is part of another one that is going on."""
        if not self._depth:
            self.add(action())
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1


class OfflineConnection(MockConnection):
    """What `op.get_bind()` gives in a plan: its statements have no results."""

    def __init__(self, context: Any, recorder: Recorder) -> None:
        super().__init__(context.dialect, self._note)
        self._context = context
        self._recorder = recorder

    def _note(self, statement: Any, parameters: Any = None) -> _NoResult:
        words = shortened(statement)
        with self._recorder.outermost(lambda: f"execute {words}"):
            for one in _with_values(statement, parameters):
                self._context.impl._exec(one)
        return _NoResult(self._recorder, words)

    def exec_driver_sql(self, statement: str, *args: Any, **kw: Any) -> _NoResult:
        """Note a statement in the driver's own form; parameters are left out."""
        return self._note(text(re.sub(r"(?<!:):(?=\w)", r"\\:", statement)))

    def scalar(self, statement: Any, parameters: Any = None, **kw: Any) -> NoReturn:
        """Note a statement, whose result is not there."""
        self._note(statement, parameters).needed()

    scalars = scalar

    def begin(self) -> AbstractContextManager[None]:
        """Return a block: transactions are not the plan's."""
        return nullcontext()

    begin_nested = begin

    def in_transaction(self) -> bool:
        """Tell that there is a transaction, as there will be."""
        return True


class _NoResult:
    """The result of a statement that was not executed."""

    def __init__(self, recorder: Recorder, statement: str) -> None:
        self._recorder = recorder
        self._statement = statement

    def needed(self, *args: Any) -> NoReturn:
        """Raise ResultNeededError, and note it: a revision may catch all errors."""
        self._recorder.gap(f"what follows depends on the result of {self._statement}")
        raise ResultNeededError(self._statement)

    def close(self) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> NoReturn:
        self.needed()

    __iter__ = __bool__ = __len__ = __getitem__ = needed


def _with_values(statement: Any, parameters: Any) -> Iterator[Any]:
    """Yield a statement for each set of parameters, with the values in it."""
    if not parameters:
        yield statement
        return
    writes = any(getattr(statement, name, False) for name in ("is_insert", "is_update"))
    for values in parameters if isinstance(parameters, (list, tuple)) else [parameters]:
        given = {}
        if writes:
            known = {each.key for each in statement.table.columns}
            given = {name: value for name, value in values.items() if name in known}
        yield _filled(statement.values(given) if given else statement, values)


def _filled(statement: Any, values: dict[str, Any]) -> Any:
    """Return a statement whose named parameters have values."""

    def fill(parameter: Any) -> None:
        if parameter.key in values:
            parameter.value = values[parameter.key]

    return visitors.cloned_traverse(statement, {}, {"bindparam": fill})


def with_all_values(impl: type[DefaultImpl], recorder: Recorder) -> type[DefaultImpl]:
    """Return an implementation that writes values as far as they have a literal form.

    impl: the implementation of a dialect, which fails for the others.
    """

    def as_script(self: Any, statement: Any) -> str:
        for attempt in (statement, _with_types(statement)):
            with suppress(CompileError):
                return str(impl._as_script(self, attempt))
        recorder.gap(f"values that have no literal form, of {shortened(statement)}")
        self.literal_binds = False
        try:
            return str(impl._as_script(self, statement))
        finally:
            self.literal_binds = True

    return type(impl.__name__, (impl,), {"_as_script": as_script})


def _with_types(statement: Any) -> Any:
    """Return a statement whose values have types, also those for untyped columns."""

    def set_type(value: Any) -> None:
        if isinstance(value.type, NullType) and value.value is not None:
            value.type = literal(value.value).type

    return visitors.cloned_traverse(statement, {}, {"bindparam": set_type})
