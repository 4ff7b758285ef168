"""A catalog of models beside one of a database: what only the database can know.

Where the models say nothing, or say the same in other words, they get the database's
words. What differs then is a difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from . import _mysql, _type_names
from ._expressions import same_default, same_expression
from ._objects import SchemaObject

# What Catalog.to_json() gives of an item.
Values = dict[str, Any]

_MYSQL = ("mysql", "mariadb")
_OF_MODELS = ("name", "schema", "comment", "columns", "constraints", "indexes")
# Not compared where the models do not say them.
_COLUMN_OPTIONAL = ("charset", "collation", "generated_kind", "is_invisible", "options")
_INDEX_OPTIONAL = ("comment", "is_invisible", "method", "options")


def agree(database: list[Values], models: list[Values], backend: str) -> None:
    """Change the values of both so that what cannot be compared is the same.

    backend: of the database.
    """
    there = {(table.get("schema"), table["name"]): table for table in database}
    is_mysql = backend in _MYSQL
    for wanted in models:
        actual = there.get((wanted.get("schema"), wanted["name"]))
        if is_mysql:
            _as_mysql(wanted)
        if actual is not None:
            _Pair(actual, wanted, is_mysql).agree()


def known_objects(objects: Iterable[SchemaObject]) -> tuple[SchemaObject, ...]:
    """Return those of a database's objects that models tell, too: enums."""
    return tuple(each for each in objects if each.kind == "enum")


def _as_mysql(wanted: Values) -> None:
    """Make indexes of unique constraints, as these servers do."""
    indexes = wanted.setdefault("indexes", [])
    kept = []
    for each in wanted.setdefault("constraints", []):
        if each["kind"] == "primary key":
            each.pop("name", None)
        if each["kind"] == "unique":
            parts = [{"text": name} for name in each["columns"]]
            name = each.get("name", "")
            indexes.append({"name": name, "parts": parts, "is_unique": True})
        else:
            kept.append(each)
        for action in ("on_update", "on_delete"):
            if each.get(action) == "RESTRICT":
                del each[action]
    wanted["constraints"] = kept


class _Pair:
    """A table of the database, and what the models say of it."""

    def __init__(self, actual: Values, wanted: Values, is_mysql: bool) -> None:
        self._actual = actual
        self._wanted = wanted
        self._is_mysql = is_mysql
        self._columns = [column["name"] for column in actual.get("columns", ())]

    def agree(self) -> None:
        """Change both, part by part."""
        actual, wanted = self._actual, self._wanted
        for name in ("columns", "constraints", "indexes"):
            for side in (actual, wanted):
                side.setdefault(name, [])
        if self._is_mysql:
            self._forget_what_the_server_adds()
        for name in actual.keys() - set(_OF_MODELS):
            wanted[name] = actual[name]
        columns = {column["name"]: column for column in actual["columns"]}
        for each in wanted["columns"]:
            if each["name"] in columns:
                self._column(columns[each["name"]], each)
        self._match(
            actual["constraints"], wanted["constraints"], self._is_constraint_like
        )
        self._forget_twins()
        actual["indexes"] = [
            each for each in actual["indexes"] if not each.get("is_constraint")
        ]
        self._match(actual["indexes"], wanted["indexes"], self._is_index_like)

    def _same(self, one: str | None, other: str | None) -> bool:
        if one is None or other is None:
            return one is other
        return same_expression(one, other, self._columns)

    # --- columns ---

    def _column(self, actual: Values, wanted: Values) -> None:
        _copy(actual, wanted, _COLUMN_OPTIONAL)
        if self._same_type(actual, wanted):
            wanted["type"] = actual.get("type")
        implicit = self._is_mysql and wanted.get("type") == "timestamp"
        if implicit and "default_expr" not in wanted:
            _copy(actual, wanted, ("default_expr", "on_update"))
        if wanted.get("is_serial") and actual.get("is_serial"):
            _copy(actual, wanted, ("default_expr",))
        is_boolean = actual.get("type") in ("boolean", "tinyint(1)")
        for name in ("default_expr", "on_update"):
            one, other = actual.get(name), wanted.get(name)
            if one and other and same_default(one, other, is_boolean=is_boolean):
                wanted[name] = one
        if self._same(actual.get("generated"), wanted.get("generated")):
            _copy(actual, wanted, ("generated",), replace=True)
        if "identity" in actual and "identity" in wanted:
            wanted["identity"] = actual["identity"] | wanted["identity"]

    def _same_type(self, actual: Values, wanted: Values) -> bool:
        names = [side.get("type") or "" for side in (actual, wanted)]
        if self._is_mysql:
            names[0] = _type_names.mysql(names[0])["type"]
            return names[0] == names[1] or _type_names.stands_for(*names)
        return _plain(names[0]) == _plain(names[1])

    # --- constraints and indexes ---

    def _match(
        self,
        actual: list[Values],
        wanted: list[Values],
        is_like: Callable[[Values, Values], bool],
    ) -> None:
        """Pair what has the same name, then what has none with what is like it."""
        waiting = list(actual)
        settle = (
            self._constraint if is_like == self._is_constraint_like else self._index
        )
        for each in sorted(wanted, key=lambda item: not item.get("name")):
            name = each.get("name")
            found = next(
                (
                    other
                    for other in waiting
                    if other.get("kind") == each.get("kind")
                    and (other.get("name") == name if name else is_like(other, each))
                ),
                None,
            )
            if found is not None:
                waiting.remove(found)
                settle(found, each)

    def _is_constraint_like(self, actual: Values, wanted: Values) -> bool:
        if wanted["kind"] == "check":
            return self._same(actual.get("expr"), wanted.get("expr"))
        if wanted["kind"] == "exclude":
            return True
        return bool(actual.get("columns") == wanted.get("columns"))

    def _constraint(self, actual: Values, wanted: Values) -> None:
        _copy(actual, wanted, ("name",))
        if wanted["kind"] in ("check", "exclude"):
            _copy(actual, wanted, ("columns",))
        if wanted["kind"] == "exclude" or self._same(
            actual.get("expr"), wanted.get("expr")
        ):
            _copy(actual, wanted, ("expr",), replace=True)

    def _forget_twins(self) -> None:
        """Drop unique constraints that CREATE TABLE makes one with another key."""
        there = {
            (each["kind"], each.get("name")) for each in self._actual["constraints"]
        }
        keys = [
            each
            for each in self._wanted["constraints"]
            if each["kind"] in ("primary key", "unique")
        ]
        for each in keys:
            others = [other for other in keys if other is not each]
            is_twin = any(other["columns"] == each["columns"] for other in others)
            if is_twin and (each["kind"], each.get("name")) not in there:
                self._wanted["constraints"].remove(each)

    def _is_index_like(self, actual: Values, wanted: Values) -> bool:
        return bool(
            actual.get("is_unique") == wanted.get("is_unique")
            and _texts(actual) == _texts(wanted)
        )

    def _index(self, actual: Values, wanted: Values) -> None:
        if not wanted["name"]:
            wanted["name"] = actual["name"]
        if self._is_mysql:
            _copy(actual, wanted, _INDEX_OPTIONAL)
        if self._same(actual.get("predicate"), wanted.get("predicate")):
            _copy(actual, wanted, ("predicate",), replace=True)
        if len(actual["parts"]) == len(wanted["parts"]):
            for one, other in zip(actual["parts"], wanted["parts"], strict=True):
                self._part(one, other)

    def _part(self, actual: Values, wanted: Values) -> None:
        if not wanted.get("is_expr"):
            return
        text, is_descending, nulls_first = _sorting(wanted["text"])
        if self._is_mysql:
            nulls_first = bool(actual.get("nulls_first"))
        if (
            is_descending == bool(actual.get("descending"))
            and nulls_first == bool(actual.get("nulls_first"))
            and (
                self._same(actual["text"], text)
                if actual.get("is_expr")
                else actual["text"] == _unquoted(text)
            )
        ):
            wanted.clear()
            wanted.update(actual)

    def _forget_what_the_server_adds(self) -> None:
        """Drop the indexes of foreign keys, and MariaDB's checks of JSON."""
        actual, wanted = self._actual, self._wanted
        added = {
            check
            for each in wanted["columns"]
            if each["type"] == "json"
            for check in _mysql.json_checks(each["name"])
        }
        actual["constraints"] = [
            each for each in actual["constraints"] if each.get("expr") not in added
        ]
        keys = [
            each["columns"]
            for each in actual["constraints"]
            if each["kind"] == "foreign key"
        ]
        for each in actual["constraints"]:
            for action in ("on_update", "on_delete"):
                if each.get(action) == "RESTRICT":
                    del each[action]
        names = [each["name"] for each in wanted["indexes"]]
        actual["indexes"] = [
            each
            for each in actual["indexes"]
            if each["name"] in names
            or each.get("is_unique")
            or _texts(each) not in keys
        ]


def _texts(index: Values) -> list[str]:
    return [part["text"] for part in index["parts"]]


def _copy(
    actual: Values, wanted: Values, names: Sequence[str], *, replace: bool = False
) -> None:
    """Give the models what the database says where they say nothing.

    replace: or something else.
    """
    for name in names:
        if name in actual and (replace or name not in wanted):
            wanted[name] = actual[name]


def _plain(type_: str) -> str:
    """Return a type without what depends on the search path, and on taste."""
    name, mark, labels = type_.partition(" enum(")
    name = name.replace('"', "").replace(" ", "").lower()
    return name.removeprefix("public.") + mark + labels


def _unquoted(name: str) -> str:
    """Return what a quoted name means; any other text as it is."""
    quote = name[:1]
    if len(name) < 2 or quote not in ('"', "`") or name[-1] != quote:
        return name
    return name[1:-1].replace(quote * 2, quote)


_SORTING = re.compile(
    r"^(?P<text>.*?)(?:\s+(?P<order>asc|desc))?(?:\s+nulls\s+(?P<nulls>first|last))?$",
    re.IGNORECASE | re.DOTALL,
)


def _sorting(element: str) -> tuple[str, bool, bool]:
    """Return the text of an index's element, and how it is sorted.

    That is: whether descending, and whether NULLs come first.
    """
    match = _SORTING.match(element)
    assert match is not None
    is_descending = (match["order"] or "").lower() == "desc"
    nulls = (match["nulls"] or "").lower()
    return match["text"], is_descending, nulls == "first" if nulls else is_descending
