"""Identity columns, which can be added, changed and dropped."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, Table

from ...util import sqla_compat
from .._sqla import combinations, config, requires
from ..assertions import eq_, is_true
from ..fixtures import TestBase
from ._autogen_fixtures import AutogenFixtureTest
from ._rows import row

_Options = dict[str, Any] | None

_OTHER = ("other", sa.Text)


def _user(*columns: Column[Any]) -> MetaData:
    metadata = MetaData()
    Table("user", metadata, *columns)
    return metadata


def _id(options: _Options, **more: Any) -> Column[Any]:
    """Return an integer column; an identity with these options unless they are None."""
    identity = [] if options is None else [sa.Identity(**options)]
    return Column("id", Integer, *identity, **more)


def _check_identity(options: _Options, found: Any) -> None:
    """Claim that this is an identity with these options, or none if they are None."""
    if options is None:
        is_true(found in (None, False))
        return
    is_true(isinstance(found, sa.Identity))
    eq_({name: getattr(found, name) for name in options}, options)


class AutogenerateIdentityTest(AutogenFixtureTest, TestBase):
    """An identity on one side, or on both."""

    __requires__ = ("identity_columns",)
    __backend__ = True

    test_add_identity_column = row(
        "_check_column", "add_column", {"start": 5, "increment": 7}
    )
    test_remove_identity_column = row(
        "_check_column", "remove_column", {"start": 2, "increment": 3}
    )
    test_add_identity_to_column = row(
        "_check_change", None, {"start": 2, "maxvalue": 1000}
    )
    test_remove_identity_from_column = row(
        "_check_change", {"start": 2, "maxvalue": 1000}, None
    )

    def _check_column(self, directive: str, options: dict[str, Any]) -> None:
        """Compare a table that has an identity column with one that has not."""
        without = _user(Column(*_OTHER))
        with_id = _user(Column(*_OTHER), _id(options, primary_key=True))
        sides = (without, with_id) if directive == "add_column" else (with_id, without)
        kind, _schema, table, column = self._fixture(*sides)[0]
        eq_((kind, table, column.name), (directive, "user", "id"))
        _check_identity(options, column.identity)

    def _check_change(self, before: _Options, after: _Options) -> None:
        """Compare two tables whose column `id` is an identity or not."""
        there, wanted = (_user(_id(side), Column(*_OTHER)) for side in (before, after))
        [diff] = self._fixture(there, wanted)[0]
        kind, _schema, table, column, _existing, old, new = diff
        eq_((kind, table, column), ("modify_default", "user", "id"))
        _check_identity(before, old)
        _check_identity(after, new)

    def test_no_change_identity_column(self) -> None:
        eq_(self._fixture(_user(_id({"start": 2})), _user(_id({"start": 2}))), [])

    def test_dialect_kwargs_changes(self) -> None:
        """Options of Oracle count there and nowhere else."""
        prefix = "oracle_" if sqla_compat.identity_has_dialect_kwargs else ""
        oracles = {f"{prefix}on_null": True, f"{prefix}order": True}
        diffs = self._fixture(
            _user(_id({"start": 2})), _user(_id({"start": 2, **oracles}))
        )
        expected = ["modify_default"] if config.db.name == "oracle" else []
        eq_([diff[0][0] for diff in diffs], expected)

    @combinations(
        (None, {"start": 2}),
        ({"start": 2}, None),
        ({"start": 2}, {"start": 2, "increment": 7}),
        ({"always": False}, {"always": True}),
        (
            {"start": 1, "minvalue": 0, "maxvalue": 100, "cycle": True},
            {"start": 1, "minvalue": 0, "maxvalue": 100, "cycle": False},
        ),
        (
            {"start": 10, "increment": 3, "maxvalue": 9999},
            {"start": 10, "increment": 1, "maxvalue": 3333},
        ),
    )
    @requires("identity_columns_alter")
    def test_change_identity(self, before: _Options, after: _Options) -> None:
        self._check_change(before, after)
