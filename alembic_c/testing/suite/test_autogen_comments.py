"""Comments of tables and columns that are added, changed or dropped."""

from __future__ import annotations

from unittest import mock

from sqlalchemy import Column, Float, MetaData, String, Table

from .._sqla import combinations
from ..assertions import eq_
from ..fixtures import TestBase
from ._autogen_fixtures import AutogenFixtureTest
from ._rows import row

_OLD = "what it was for"
_NEW = "what it is for"
_EMPTY = (("", ""), (None, ""), ("", None))


def _commented(table: str | None = None, column: str | None = None) -> MetaData:
    metadata = MetaData()
    Table(
        "some_table",
        metadata,
        Column("test", String(10), primary_key=True),
        Column("amount", Float, comment=column),
        comment=table,
    )
    return metadata


class _CommentsFixture(AutogenFixtureTest, TestBase):
    def _check_table(
        self, before: str | None, after: str | None, directive: str | None = None
    ) -> None:
        diffs = self._fixture(_commented(table=before), _commented(table=after))
        # Adding has the comment before it as a third member, dropping has none.
        seen = [(diff[0], diff[1].comment, *diff[2:]) for diff in diffs]
        previous = {"add_table_comment": [before or None], "remove_table_comment": []}
        expected = (directive, after or None, *previous.get(directive or "", ()))
        eq_(seen, [expected] if directive else [])

    def _check_column(self, before: str | None, after: str | None) -> None:
        diffs = self._fixture(_commented(column=before), _commented(column=after))
        existing = {
            "existing_nullable": True,
            "existing_type": mock.ANY,
            "existing_server_default": False,
        }
        where = ("modify_comment", None, "some_table", "amount", existing)
        before, after = before or None, after or None
        eq_(diffs, [] if before == after else [[(*where, before, after)]])


class AutogenerateCommentsTest(_CommentsFixture):
    """A comment here and there, before and after."""

    __backend__ = True
    __requires__ = ("comments",)

    test_existing_table_comment_no_change = row("_check_table", _OLD, _OLD)
    test_add_table_comment = row("_check_table", None, _NEW, "add_table_comment")
    test_alter_table_comment = row("_check_table", _OLD, _NEW, "add_table_comment")
    test_remove_table_comment = row("_check_table", _OLD, None, "remove_table_comment")

    test_existing_column_comment_no_change = row("_check_column", _OLD, _OLD)
    test_add_column_comment = row("_check_column", None, _NEW)
    test_alter_column_comment = row("_check_column", _OLD, _NEW)
    test_remove_column_comment = row("_check_column", _OLD, None)


class AutogenerateEmptyCommentsTest(_CommentsFixture):
    """An empty comment is none: most databases do not tell them apart."""

    __backend__ = True
    __requires__ = ("comments",)

    @combinations(*_EMPTY)
    def test_table_empty_comment_no_change(
        self, conn_comment: str | None, md_comment: str | None
    ) -> None:
        self._check_table(conn_comment, md_comment)

    @combinations(*_EMPTY)
    def test_column_empty_comment_no_change(
        self, conn_comment: str | None, md_comment: str | None
    ) -> None:
        self._check_column(conn_comment, md_comment)

    test_table_empty_to_nonempty_comment = row(
        "_check_table", "", _NEW, "add_table_comment"
    )
    test_table_nonempty_to_empty_comment = row(
        "_check_table", _OLD, "", "remove_table_comment"
    )
    test_column_empty_to_nonempty_comment = row("_check_column", "", _NEW)
    test_column_nonempty_to_empty_comment = row("_check_column", _OLD, "")
