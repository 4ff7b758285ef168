"""Generated columns, which can be added and dropped but not changed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from unittest import mock

import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, Table

from ... import util
from .._sqla import combinations, config
from ..assertions import eq_, expect_warnings, is_, is_true
from ..fixtures import TestBase
from ..util import resolve_lambda
from ._autogen_fixtures import AutogenFixtureTest

_Pair = Callable[[], tuple[Any, Any]]


def _user(*columns: Column[Any]) -> MetaData:
    metadata = MetaData()
    Table("user", metadata, Column("id", Integer, primary_key=True), *columns)
    return metadata


def _with_foo(computed: sa.Computed | None) -> MetaData:
    """Return a table whose column `foo` is computed, or plain."""
    arguments = () if computed is None else (computed,)
    return _user(Column("bar", Integer), Column("foo", Integer, *arguments))


class AutogenerateComputedTest(AutogenFixtureTest, TestBase):
    """A generated column on one side, or on both."""

    __requires__ = ("computed_columns",)
    __backend__ = True

    def _fixture_ctx(self) -> AbstractContextManager[None]:
        """Expect warnings where the database has no columns that are not stored."""
        requirement = config.requirements.computed_columns_warn_no_persisted
        return expect_warnings() if requirement.enabled else nullcontext()

    def _compare(
        self, before: MetaData, after: MetaData
    ) -> tuple[list[Any], list[Any]]:
        """Return the differences, and the calls of `util.warn`."""
        with mock.patch.object(util, "warn") as warn, self._fixture_ctx():
            return self._fixture(before, after), warn.mock_calls

    def _the_column(self, before: MetaData, after: MetaData, directive: str) -> Any:
        diffs, _ = self._compare(before, after)
        kind, _schema, table, column = diffs[0]
        eq_((kind, table, column.name), (directive, "user", "foo"))
        is_true(isinstance(column.computed, sa.Computed))
        return column

    def test_add_computed_column(self) -> None:
        wanted = _user(Column("foo", Integer, sa.Computed("5")))
        computed = self._the_column(_user(), wanted, "add_column").computed
        is_(computed.persisted, None)
        eq_(str(computed.sqltext), "5")

    def test_remove_computed_column(self) -> None:
        existing = _user(Column("foo", Integer, sa.Computed("5")))
        column = self._the_column(existing, _user(), "remove_column")
        is_true(isinstance(column.server_default, sa.Computed))

    @combinations(
        (lambda: (None, sa.Computed("bar*5")),),
        (lambda: (sa.Computed("bar*5"), None),),
        (lambda: (sa.Computed("bar*5"), sa.Computed("bar * 42", persisted=True)),),
        (lambda: (sa.Computed("bar*5"), sa.Computed("bar * 42")),),
    )
    def test_cant_change_computed_warning(self, test_case: _Pair) -> None:
        message = "Computed default on user.foo cannot be modified"
        before, after = resolve_lambda(test_case)
        diffs, warned = self._compare(_with_foo(before), _with_foo(after))
        eq_(warned, [mock.call(message)])
        eq_(diffs, [])

    @combinations(
        (lambda: (None, None),),
        (lambda: (sa.Computed("5"), sa.Computed("5")),),
        (lambda: (sa.Computed("bar*5"), sa.Computed("bar*5")),),
        (lambda: (sa.Computed("bar*5"), sa.Computed("bar * \r\n\t5")),),
    )
    def test_computed_unchanged(self, test_case: _Pair) -> None:
        before, after = resolve_lambda(test_case)
        diffs, warned = self._compare(_with_foo(before), _with_foo(after))
        eq_((diffs, warned), ([], []))
