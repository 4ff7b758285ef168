"""Foreign keys that are added, changed, dropped or hidden."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from unittest import mock

from sqlalchemy import Column, ForeignKeyConstraint, Integer, MetaData, String, Table

from .._sqla import combinations, requires
from ..assertions import eq_
from ..fixtures import TestBase
from ._autogen_fixtures import AutogenFixtureTest
from ._rows import row


@dataclass(frozen=True)
class _Key:
    """A foreign key: columns of `user` and what they refer to in `some_table`."""

    local: tuple[str, ...]
    remote: tuple[str, ...]
    name: str | None = None


_TO_TEST = _Key(("test2",), ("test",))
_TO_ID = _Key(("test2",), ("id",))
_TO_BOTH = _Key(("other_id_1", "other_id_2"), ("id_1", "id_2"))
_TO_BOTH_NAMED = _Key(_TO_BOTH.local, _TO_BOTH.remote, "fk_test_name")


def _strings(
    names: Sequence[str], primary: Sequence[str], keyed: bool
) -> list[Column[Any]]:
    return [
        Column(
            name,
            String(10),
            key=f"{name}_key" if keyed else name,
            primary_key=name in primary,
        )
        for name in names
    ]


def _some_table_and_user(
    keys: Sequence[_Key], there: _Key | None, primary: Sequence[str], keyed: bool
) -> MetaData:
    """Return two tables that have the columns of all `keys`, and the key `there`.

    primary: the primary key of `some_table`.
    keyed: whether the columns have keys that are not their names.
    """
    remote = dict.fromkeys([*primary, *(name for key in keys for name in key.remote)])
    local = dict.fromkeys(name for key in keys for name in key.local)
    metadata = MetaData()
    Table("some_table", metadata, *_strings([*remote], primary, keyed))
    user = Table(
        "user",
        metadata,
        Column("id", Integer, primary_key=True),
        *_strings([*local], (), keyed),
    )
    if there is not None:
        suffix = "_key" if keyed else ""
        user.append_constraint(
            ForeignKeyConstraint(
                [f"{name}{suffix}" for name in there.local],
                [f"some_table.{name}{suffix}" for name in there.remote],
                name=there.name,
            )
        )
    return metadata


class AutogenerateForeignKeysTest(AutogenFixtureTest, TestBase):
    """A foreign key before and after; what is different is dropped, then added."""

    __backend__ = True
    __requires__ = ("foreign_key_constraint_reflection",)

    test_remove_fk = row("_check", _TO_TEST, None, primary=("test",))
    test_add_fk = row("_check", None, _TO_TEST)
    test_no_change = row("_check", _TO_ID, _TO_ID)

    test_add_composite_fk_with_name = row(
        "_check", None, _TO_BOTH_NAMED, primary=_TO_BOTH.remote
    )
    test_remove_composite_fk = row(
        "_check",
        _TO_BOTH_NAMED,
        None,
        primary=_TO_BOTH.remote,
        needs=("no_name_normalize",),
    )
    test_no_change_composite_fk = row(
        "_check", _TO_BOTH, _TO_BOTH, primary=_TO_BOTH.remote
    )

    test_add_fk_colkeys = row(
        "_check", None, _TO_BOTH_NAMED, primary=_TO_BOTH.remote, keyed=True
    )
    test_no_change_colkeys = row(
        "_check", _TO_BOTH, _TO_BOTH, primary=_TO_BOTH.remote, keyed=True
    )

    # Other columns too: names alone are no difference.
    test_casing_convention_changed_so_put_drops_first = row(
        "_check",
        _Key(("test2",), ("test",), "MyFK"),
        _Key(("a1",), ("test",), "myfk"),
        primary=("test",),
        needs=("foreign_key_name_reflection",),
    )

    def _check(
        self,
        before: _Key | None,
        after: _Key | None,
        primary: Sequence[str] = ("id",),
        keyed: bool = False,
    ) -> None:
        """Compare a database with a model.

        keyed: whether the model's columns have keys that are not their names.
        """
        keys = [key for key in (before, after) if key is not None]
        diffs = self._fixture(
            _some_table_and_user(keys, before, primary, keyed=False),
            _some_table_and_user(keys, after, primary, keyed),
        )
        changes = [("remove_fk", before), ("add_fk", after)] if before != after else []
        expected = [(kind, key) for kind, key in changes if key is not None]
        eq_(len(diffs), len(expected))
        for diff, (kind, key) in zip(diffs, expected, strict=True):
            self._assert_key(diff, kind, key)

    def _assert_key(self, diff: Any, kind: str, key: _Key) -> None:
        unnamed_in_database = kind == "remove_fk" and key.name is None
        self._assert_fk_diff(
            diff,
            kind,
            "user",
            list(key.local),
            "some_table",
            list(key.remote),
            name=key.name,
            conditional_name="servergenerated" if unnamed_in_database else None,
        )


def _hiding_object(reflected: tuple[bool, ...]) -> Callable[..., bool]:
    """Return an `include_object` without the foreign key fk1.

    reflected: whether to hide it from the database (True), the model (False) or both.
    """

    def include(
        object_: Any, name: str | None, type_: str, is_reflected: bool, compare_to: Any
    ) -> bool:
        is_key = type_ == "foreign_key_constraint"
        assert is_key == isinstance(object_, ForeignKeyConstraint)
        return not (is_key and name == "fk1" and is_reflected in reflected)

    return include


def _hiding_name(name: str | None, type_: str, parent_names: dict[str, Any]) -> bool:
    """Be an `include_name` without the foreign key fk1 of the table t."""
    # MariaDB makes an index of the same name.
    if name != "fk1" or type_ == "index":
        return True
    eq_(type_, "foreign_key_constraint")
    eq_(
        parent_names,
        {"schema_name": None, "table_name": "t", "schema_qualified_table_name": "t"},
    )
    return False


def _integer_tables(
    tables: dict[str, str], keys: dict[str, tuple[str, str]] | None = None
) -> MetaData:
    """Return tables of integers; a capital letter is a column of the primary key.

    keys: name of a foreign key of t -> its columns, and `table.columns` it refers to.
    """
    metadata = MetaData()
    for table, letters in tables.items():
        columns = (Column(c.lower(), Integer, primary_key=c.isupper()) for c in letters)
        Table(table, metadata, *columns)
    for name, (local, target) in (keys or {}).items():
        table, _, remote = target.partition(".")
        columns_of = metadata.tables[table].c
        metadata.tables["t"].append_constraint(
            ForeignKeyConstraint([*local], [columns_of[c] for c in remote], name=name)
        )
    return metadata


class IncludeHooksTest(AutogenFixtureTest, TestBase):
    """One of two foreign keys is hidden by `include_object` or `include_name`."""

    __backend__ = True
    __requires__ = ("fk_names",)

    def _hidden(
        self, hook_type: str, before: MetaData, after: MetaData, *reflected: bool
    ) -> list[Any]:
        filters: dict[str, Any] = {
            "object": {"object_filters": _hiding_object(reflected)},
            "name": {"name_filters": _hiding_name},
        }
        diffs: list[Any] = self._fixture(before, after, **filters[hook_type])
        return diffs

    @combinations(("object",), ("name",))
    @requires("no_name_normalize")
    def test_remove_connection_fk(self, hook_type: str) -> None:
        tables = {"ref": "I", "t": "xy"}
        keys = {"fk1": ("x", "ref.i"), "fk2": ("y", "ref.i")}
        [diff] = self._hidden(
            hook_type, _integer_tables(tables, keys), _integer_tables(tables), True
        )
        self._assert_fk_diff(
            diff, "remove_fk", "t", ["y"], "ref", ["i"], conditional_name="fk2"
        )

    def test_add_metadata_fk(self) -> None:
        tables = {"ref": "I", "t": "xy"}
        keys = {"fk1": ("x", "ref.i"), "fk2": ("y", "ref.i")}
        [diff] = self._hidden(
            "object", _integer_tables(tables), _integer_tables(tables, keys), False
        )
        self._assert_fk_diff(diff, "add_fk", "t", ["y"], "ref", ["i"], name="fk2")

    @combinations(("object",), ("name",))
    @requires("no_name_normalize")
    def test_change_fk(self, hook_type: str) -> None:
        tables = {"ref_a": "A", "ref_b": "AB", "t": "xyz"}
        before = {"fk1": ("x", "ref_a.a"), "fk2": ("y", "ref_a.a")}
        after = {"fk1": ("xz", "ref_b.ab"), "fk2": ("yz", "ref_b.ab")}
        diffs = self._hidden(
            hook_type,
            _integer_tables(tables, before),
            _integer_tables(tables, after),
            True,
            False,
        )
        if hook_type == "name":
            # The model's key cannot be hidden by name; it looks like a new one.
            eq_(
                {(kind, key.name) for kind, key in diffs},
                {("remove_fk", "fk2"), ("add_fk", "fk1"), ("add_fk", "fk2")},
            )
            return
        removed, added = diffs
        self._assert_fk_diff(
            removed, "remove_fk", "t", ["y"], "ref_a", ["a"], name="fk2"
        )
        self._assert_fk_diff(
            added, "add_fk", "t", ["y", "z"], "ref_b", ["a", "b"], name="fk2"
        )


_FkOptions = dict[str, Any]

_NOW = {"deferrable": True, "initially": "immediate"}
_LATER = {"deferrable": True, "initially": "deferred"}


class AutogenerateFKOptionsTest(AutogenFixtureTest, TestBase):
    """One foreign key with options before and after.

    A row has both, and what the database says of the former where that is not the same.
    """

    __backend__ = True

    test_add_ondelete = row(
        "_check_changed",
        {},
        {"ondelete": "cascade"},
        needs=("fk_ondelete_is_reflected",),
    )
    test_remove_ondelete = row(
        "_check_changed",
        {"ondelete": "CASCADE"},
        {},
        needs=("fk_ondelete_is_reflected",),
    )
    test_add_onupdate = row(
        "_check_changed",
        {},
        {"onupdate": "cascade"},
        needs=("fk_onupdate_is_reflected",),
    )
    test_remove_onupdate = row(
        "_check_changed",
        {"onupdate": "CASCADE"},
        {},
        needs=("fk_onupdate_is_reflected",),
    )
    test_ondelete_onupdate_combo = row(
        "_check_changed",
        {"onupdate": "CASCADE", "ondelete": "SET NULL"},
        {"onupdate": "RESTRICT", "ondelete": "RESTRICT"},
        needs=("fk_ondelete_is_reflected", "fk_onupdate_is_reflected"),
    )
    # MySQL says nothing of RESTRICT, which is what it does anyway.
    test_change_ondelete_from_restrict = row(
        "_check_changed",
        {"ondelete": "restrict"},
        {"ondelete": "cascade"},
        reflected={"ondelete": mock.ANY},
        needs=("fk_ondelete_restrict",),
    )
    test_change_onupdate_from_restrict = row(
        "_check_changed",
        {"onupdate": "restrict"},
        {"onupdate": "cascade"},
        reflected={"onupdate": mock.ANY},
        needs=("fk_ondelete_restrict",),
    )

    test_nochange_ondelete = row(
        "_check_same", {"ondelete": "caSCAde"}, {"ondelete": "CasCade"}
    )
    test_nochange_ondelete_restrict = row(
        "_check_same", {"ondelete": "restrict"}, needs=("fk_ondelete_restrict",)
    )
    # Databases tend not to say NO ACTION, which is the default.
    test_nochange_ondelete_noaction = row(
        "_check_same", {"ondelete": "no action"}, needs=("fk_ondelete_noaction",)
    )
    test_nochange_onupdate = row(
        "_check_same",
        {"onupdate": "caSCAde"},
        {"onupdate": "CasCade"},
        needs=("fk_onupdate",),
    )
    test_nochange_onupdate_restrict = row(
        "_check_same", {"onupdate": "restrict"}, needs=("fk_onupdate_restrict",)
    )
    test_nochange_onupdate_noaction = row(
        "_check_same", {"onupdate": "no action"}, needs=("fk_onupdate",)
    )

    test_add_deferrable = row(
        "_check_changed", {}, {"deferrable": True}, needs=("fk_deferrable",)
    )
    test_remove_deferrable = row(
        "_check_changed",
        {"deferrable": True},
        {},
        needs=("fk_deferrable_is_reflected",),
    )
    test_add_initially_deferred = row(
        "_check_changed", {}, {"initially": "deferred"}, needs=("fk_initially",)
    )
    # To put the check off a key has to be deferrable.
    test_remove_initially_deferred = row(
        "_check_changed",
        {"initially": "deferred"},
        {},
        reflected={"initially": "DEFERRED", "deferrable": True},
        needs=("fk_initially",),
    )
    test_add_initially_immediate_plus_deferrable = row(
        "_check_changed", {}, _NOW, needs=("fk_deferrable", "fk_initially")
    )
    # IMMEDIATE is the default and not spoken of.
    test_remove_initially_immediate_plus_deferrable = row(
        "_check_changed",
        _NOW,
        {},
        reflected={"deferrable": True},
        needs=("fk_deferrable", "fk_initially"),
    )
    test_add_initially_deferrable_nochange_one = row(
        "_check_same", _NOW, needs=("fk_initially", "fk_deferrable")
    )
    test_add_initially_deferrable_nochange_two = row(
        "_check_same", _LATER, needs=("fk_initially", "fk_deferrable")
    )
    test_add_initially_deferrable_nochange_three = row(
        "_check_same",
        {**_LATER, "deferrable": None},
        needs=("fk_initially", "fk_deferrable"),
    )

    def _fk_opts_fixture(self, old_opts: _FkOptions, new_opts: _FkOptions) -> list[Any]:
        """Compare two tables whose foreign key has these options."""

        def tables(options: _FkOptions) -> MetaData:
            metadata = MetaData()
            Table("some_table", metadata, Column("id", Integer, primary_key=True))
            Table(
                "user",
                metadata,
                Column("id", Integer, primary_key=True),
                Column("tid", Integer),
                ForeignKeyConstraint(["tid"], ["some_table.id"], **options),
            )
            return metadata

        return self._fixture(tables(old_opts), tables(new_opts))

    def _check_same(self, old: _FkOptions, new: _FkOptions | None = None) -> None:
        eq_(self._fk_opts_fixture(old, old if new is None else new), [])

    def _check_changed(
        self, old: _FkOptions, new: _FkOptions, reflected: _FkOptions | None = None
    ) -> None:
        removed, added = self._fk_opts_fixture(old, new)
        place = ("user", ["tid"], "some_table", ["id"])
        self._assert_fk_diff(
            removed,
            "remove_fk",
            *place,
            conditional_name="servergenerated",
            **(old if reflected is None else reflected),
        )
        self._assert_fk_diff(added, "add_fk", *place, **new)
