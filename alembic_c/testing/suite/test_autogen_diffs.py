"""What an altered column carries along: its other attributes, and autoincrement."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table

from ...operations import ops
from ...util import sqla_compat
from .._sqla import combinations, requires
from ..assertions import eq_, in_, is_true
from ..fixtures import TestBase
from ._autogen_fixtures import AutogenFixtureTest
from ._rows import row

_Arguments = dict[str, Any]


def _table(*columns: Column[Any], **options: Any) -> MetaData:
    metadata = MetaData()
    Table("a", metadata, *columns, **options)
    return metadata


class AlterColumnTest(AutogenFixtureTest, TestBase):
    """A change of the comment, of a column that is in the primary key and of others."""

    __backend__ = True

    def _assert_alter_col(
        self, m1: MetaData, m2: MetaData, pk: bool, nullable: bool | None = None
    ) -> Any:
        """Return the operation, after a look at what it says of the column.

        nullable: what it says; None: what follows from `pk`.
        """
        change: Any = self._fixture(m1, m2, return_ops=True).ops[-1]
        altered = change.ops[0]
        eq_(altered.existing_nullable, not pk if nullable is None else nullable)
        is_true(sqla_compat._has_affinity(altered.existing_type, Integer))
        return altered

    def _altered(
        self,
        pk: bool,
        before: _Arguments,
        after: _Arguments,
        nullable: bool | None = None,
    ) -> Any:
        there, wanted = (
            _table(Column("x", Integer, primary_key=pk, **arguments))
            for arguments in (before, after)
        )
        return self._assert_alter_col(there, wanted, pk, nullable)

    @combinations((True,), (False,))
    @requires("comments")
    def test_all_existings_filled(self, pk: bool) -> None:
        eq_(self._altered(pk, {}, {"comment": "x"}).modify_comment, "x")

    @combinations((True,), (False,))
    @requires("comments")
    def test_all_existings_filled_in_notnull(self, pk: bool) -> None:
        filled = {"nullable": False}
        self._altered(pk, filled, {**filled, "comment": "x"}, nullable=False)

    @combinations((True,), (False,))
    @requires("comments")
    def test_all_existings_filled_in_comment(self, pk: bool) -> None:
        altered = self._altered(pk, {"comment": "old"}, {"comment": "new"})
        eq_(altered.existing_comment, "old")

    @combinations((True,), (False,))
    @requires("comments")
    def test_all_existings_filled_in_server_default(self, pk: bool) -> None:
        filled = {"server_default": "5"}
        altered = self._altered(pk, filled, {**filled, "comment": "new"})
        in_("5", altered.existing_server_default.arg.text)


_PK = {"primary_key": True}
_PK_PLAIN = {"primary_key": True, "autoincrement": False}
_PK_COUNTS = {"primary_key": True, "autoincrement": True}


class AutoincrementTest(AutogenFixtureTest, TestBase):
    """The directive says `autoincrement` where the model or the key makes it known.

    A row has the arguments of the column `x`, then those of the column `id` before it,
    if there is one, and what the directive says of `x`; None: nothing.
    """

    __backend__ = True
    __requires__ = ("integer_subtype_comparisons",)

    test_alter_column_autoincrement_pk_false = row("_check", _PK_PLAIN, None, False)
    test_alter_column_autoincrement_pk_implicit_true = row("_check", _PK, None, True)
    test_alter_column_autoincrement_pk_explicit_true = row(
        "_check", _PK_COUNTS, None, True
    )
    test_alter_column_autoincrement_nonpk_false = row(
        "_check", {"autoincrement": False}, _PK, False
    )
    test_alter_column_autoincrement_nonpk_implicit_false = row("_check", {}, _PK, None)
    test_alter_column_autoincrement_nonpk_explicit_true = row(
        "_check", {"autoincrement": True}, _PK_PLAIN, True
    )
    test_alter_column_autoincrement_compositepk_false = row(
        "_check", _PK_PLAIN, _PK, False
    )
    test_alter_column_autoincrement_compositepk_implicit_false = row(
        "_check", _PK, _PK, None
    )
    test_alter_column_autoincrement_compositepk_explicit_true = row(
        "_check", _PK_COUNTS, _PK_PLAIN, True, needs=("autoincrement_on_composite_pk",)
    )

    def test_alter_column_autoincrement_none(self) -> None:
        strict = _table(Column("x", Integer, nullable=False))
        self._check_directive(strict, _table(Column("x", Integer)), None)

    def _check(
        self, x: _Arguments, id_: _Arguments | None, expected: bool | None
    ) -> None:
        """Make an INTEGER a BIGINT."""

        def table(type_: type[Any]) -> MetaData:
            columns = [] if id_ is None else [Column("id", Integer, **id_)]
            # MySQL's other engines want the counting column first in the key.
            return _table(*columns, Column("x", type_, **x), mysql_engine="InnoDB")

        self._check_directive(table(Integer), table(BigInteger), expected)

    def _check_directive(
        self, before: MetaData, after: MetaData, expected: bool | None
    ) -> None:
        found: ops.UpgradeOps = self._fixture(before, after, return_ops=True)
        change: Any = found.ops[0]
        eq_(change.ops[0].kw.get("autoincrement"), expected)
