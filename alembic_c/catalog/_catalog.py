"""The catalog of one database, and what makes two of them differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import chain
from typing import Any, NamedTuple, TypeVar

from .. import _catalog as native
from . import _objects
from ._objects import SchemaObject

_T = TypeVar("_T")

# Of the text that to_json() gives.
JSON_FORMAT = 1


class Identity(NamedTuple):
    """The options of an identity column, as a value of a Change."""

    start: int
    increment: int
    min: int
    max: int
    cache: int
    cycle: bool


class Change(NamedTuple):
    """One difference between two catalogs.

    table: the name of the table, or of the object beside tables, with its schema if it
        has one.
    what: what differs: "table", "column email", "index ix_users_email", ...; of
        another object its kind: "view", "enum", "trigger audit" (of a table), ...
    aspect: "added", "removed", or the attribute that changed.
    before, after: its values, which can be hashed; None for what is added or removed.
        The parts of an index are texts: ("name", "(lower(code)) DESC").
    """

    table: str
    what: str
    aspect: str
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        subject = f"{self.what} of {self.table}"
        if self.what in WHOLE:
            subject = f"{self.what} {self.table}"
        if self.aspect in ("added", "removed"):
            return f"{subject}: {self.aspect}"
        return (
            f"{subject}: {self.aspect} changes from {self.before!r} to {self.after!r}"
        )


# What a Change calls something that stands by itself.
WHOLE = ("table", *_objects.KINDS)


class Catalog:
    """The tables of one database, and the other objects of its schemas; immutable.

    It is hashable, its own copy, and can be pickled.
    """

    __slots__ = ("_native", "_objects", "_of_models")

    def __init__(
        self,
        catalog: native.Catalog,
        objects: Iterable[SchemaObject] = (),
        *,
        of_models: bool = False,
    ) -> None:
        self._native = catalog
        self._objects = _objects.ordered(objects)
        # Whether it says only what models can: see snapshot().
        self._of_models = of_models

    @property
    def backend(self) -> str:
        """Return "postgresql", "sqlite", "mysql" or "mariadb"."""
        return self._native.backend

    @property
    def tables(self) -> tuple[native.Table, ...]:
        """Return all tables, in the order of schemas and names."""
        return self._native.tables

    @property
    def objects(self) -> tuple[SchemaObject, ...]:
        """Return the enums, domains, sequences of their own, views, routines, triggers.

        In the order of kinds, schemas and names.
        """
        return self._objects

    def __len__(self) -> int:
        """Return the number of tables."""
        return len(self._native)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Catalog):
            return NotImplemented
        return self._canonical() == other._canonical()

    def __hash__(self) -> int:
        return hash(self.fingerprint())

    def __copy__(self) -> Catalog:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Catalog:
        return self

    def __reduce__(self) -> tuple[Callable[[str], Catalog], tuple[str]]:
        return Catalog.from_json, (self.to_json(),)

    def __repr__(self) -> str:
        return f"<Catalog {self.backend}, {len(self)} tables>"

    def fingerprint(self) -> str:
        """Return 64 hexadecimal digits, equal for equal schemas.

        They depend neither on the machine, the run nor the order of rows.
        """
        return hashlib.sha256(self._canonical()).hexdigest()

    def _canonical(self) -> bytes:
        # Of a database without other objects the bytes are those of its tables.
        objects = json.dumps(self._objects).encode() if self._objects else b""
        source = b"models" if self._of_models else b""
        return self._native.canonical() + objects + source

    def without(self, *names: str) -> Catalog:
        """Return the catalog without the tables of these names, and their triggers.

        names: "name" for a table of any schema, "schema.name" for one; that there is
            none is no error.
        """
        return Catalog(
            self._native.without(names),
            _objects.without(self._objects, names),
            of_models=self._of_models,
        )

    def without_objects(self, *kinds: str) -> Catalog:
        """Return the catalog without the objects of these kinds.

        kinds: as SchemaObject.kind; none of them for all.
        """
        kept = [each for each in self._objects if kinds and each.kind not in kinds]
        return Catalog(self._native, kept, of_models=self._of_models)

    def to_json(self) -> str:
        """Return a text that can be kept beside the tests; see from_json()."""
        document: dict[str, Any] = {
            "format": JSON_FORMAT,
            "backend": self.backend,
            "tables": self._native.values(),
        }
        if self._of_models:
            document["of_models"] = True
        if self._objects:
            document["objects"] = [
                {
                    name: value
                    for name, value in each._asdict().items()
                    if value is not None
                }
                for each in self._objects
            ]
        return json.dumps(document, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Catalog:
        """Return the catalog that a text of to_json() stands for.

        Raises ValueError for any other text.
        """
        try:
            document = json.loads(text)
        except RecursionError:
            raise ValueError("no catalog: nested too deeply") from None
        if not isinstance(document, dict) or "format" not in document:
            raise ValueError("no catalog: an object with 'format' was expected")
        if document["format"] != JSON_FORMAT:
            raise ValueError(
                f"a catalog in format {document['format']!r}; "
                f"this version reads {JSON_FORMAT}"
            )
        backend, tables = document.get("backend"), document.get("tables")
        if not isinstance(backend, str) or not isinstance(tables, list):
            raise ValueError("no catalog: 'backend' or 'tables' is missing")
        objects = _objects_from_values(document.get("objects", []))
        return cls(
            native.Catalog.from_values(backend, tables),
            objects,
            of_models=bool(document.get("of_models")),
        )

    def diff(
        self, other: Catalog, *, order: bool = False, ignore: Iterable[str] = ()
    ) -> list[Change]:
        """Return what would have to change to make this catalog like `other`.

        order: whether the order of columns counts.
        ignore: what is left out: names or patterns ("tmp_*") of tables, with or
            without the schema, or of what belongs to one, behind its name and a dot
            ("users.ix_users_*").
        If one of both is of models, what they cannot tell is not compared: see
        snapshot().
        Raises ValueError if the two are of different backends.
        """
        backends = {self.backend, other.backend}
        with_models = self._of_models != other._of_models
        if len(backends) > 1 and not (with_models and backends == _ALIKE):
            raise ValueError(
                f"a catalog of {self.backend} and one of {other.backend} have no "
                "types in common"
            )
        if with_models:
            before, after = _with_models(self, other)
            return before.diff(after, order=order, ignore=ignore)
        if self == other:
            return []
        found = chain(
            _table_changes(self.tables, other.tables),
            _object_changes(self.objects, other.objects),
        )
        patterns = [ignore] if isinstance(ignore, str) else list(ignore)
        return [
            change
            for change in found
            if (order or change.aspect != COLUMN_ORDER)
            and not _is_ignored(change, patterns)
        ]


COLUMN_ORDER = "order of columns"

# A dialect that is not connected does not know which of them its server is.
_ALIKE = {"mysql", "mariadb"}


def _with_models(before: Catalog, after: Catalog) -> list[Catalog]:
    """Return two catalogs, one of them of models, without what these cannot tell."""
    from . import _comparable

    database = after if before._of_models else before
    models = before if before._of_models else after
    tables, wanted = database._native.values(), models._native.values()
    _comparable.agree(tables, wanted, database.backend)
    objects = _comparable.known_objects(database._objects)
    make = native.Catalog.from_values
    found = [
        Catalog(make(database.backend, tables), objects),
        Catalog(make(database.backend, wanted), models._objects),
    ]
    return found if database is before else found[::-1]


def _objects_from_values(values: Any) -> list[SchemaObject]:
    """Raises ValueError if they are none of to_json()'s."""
    fields = dict.fromkeys(SchemaObject._fields)
    found = []
    for value in values if isinstance(values, list) else [None]:
        if not isinstance(value, dict) or not value.keys() <= fields.keys():
            raise ValueError("no catalog: 'objects' is no list of objects")
        each = SchemaObject(**{**fields, **value})
        texts, others = (each.name, each.definition), (each.schema, each.table)
        if (
            each.kind not in _objects.KINDS
            or not all(isinstance(text, str) for text in texts)
            or not all(isinstance(text, str | None) for text in others)
        ):
            raise ValueError(f"no catalog: an object that is none: {value!r}")
        found.append(each)
    return found


def _is_ignored(change: Change, patterns: list[str]) -> bool:
    bare = change.table.rpartition(".")[2]
    names = {change.table, bare}
    # "column email", "foreign key fk_x": the last word is the name, kinds have blanks.
    for kind in _KINDS:
        if change.what.startswith(kind + " "):
            names |= {f"{name}.{change.what[len(kind) + 1 :]}" for name in tuple(names)}
    return any(fnmatchcase(name, each) for name in names for each in patterns)


_KINDS = (
    *("column", "index", "trigger"),
    *("primary key", "unique", "foreign key", "check", "exclude"),
)


def _label(schema: str | None, name: str) -> str:
    return f"{schema}.{name}" if schema else name


def _paired(
    before: Iterable[_T], after: Iterable[_T], key: Callable[[_T], Hashable]
) -> Iterator[tuple[_T | None, _T | None]]:
    """Yield what has the same key on both sides; None where one side has none.

    Things with the same key (unnamed constraints) are paired in their order.
    """
    waiting: dict[Hashable, list[_T]] = {}
    for item in after:
        waiting.setdefault(key(item), []).append(item)
    for item in before:
        same = waiting.get(key(item))
        yield item, same.pop(0) if same else None
    for items in waiting.values():
        for item in items:
            yield None, item


def _identities(*values: Any) -> tuple[Identity | None, ...]:
    return tuple(
        value and Identity(*(getattr(value, name) for name in Identity._fields))
        for value in values
    )


def _quoted(name: str) -> str:
    """Return a name so that nothing else reads like it."""
    return name if name.isidentifier() else '"' + name.replace('"', '""') + '"'


def _part_text(part: native.IndexPart, nulls: bool) -> str:
    """Return an element of an index in words; with the place of NULLs if asked for."""
    words = [f"({part.text})" if part.is_expr else _quoted(part.text)]
    if part.length:
        words[0] += f"({part.length})"
    if part.collation is not None:
        words.append(f"COLLATE {_quoted(part.collation)}")
    if part.opclass is not None:
        words.append(_quoted(part.opclass))
    if part.descending:
        words.append("DESC")
    if nulls:
        words.append("NULLS FIRST" if part.nulls_first else "NULLS LAST")
    return " ".join(words)


def _parts(*indexes: Any) -> tuple[tuple[str, ...], ...]:
    """Return the elements of two indexes, in texts that differ if the elements do."""
    plain, full = (
        tuple(tuple(_part_text(part, nulls) for part in parts) for parts in indexes)
        for nulls in (False, True)
    )
    return full if plain[0] == plain[1] else plain


# How two values of an attribute become comparable, hashable and readable.
_VALUES: dict[str, Callable[..., tuple[Any, ...]]] = {
    "identity": _identities,
    "parts": _parts,
}


def _aspects(table: str, what: str, before: Any, after: Any) -> Iterator[Change]:
    if before is None or after is None:
        yield Change(table, what, "added" if before is None else "removed")
        return
    for aspect in native.ASPECTS[type(before)]:
        values: tuple[Any, ...] = getattr(before, aspect), getattr(after, aspect)
        if aspect in _VALUES:
            values = _VALUES[aspect](*values)
        if values[0] != values[1]:
            yield Change(table, what, aspect, *values)


def _constraint_key(constraint: native.Constraint) -> Hashable:
    if constraint.name is not None:
        return constraint.kind, constraint.name
    return constraint.kind, None, constraint.columns, constraint.expr


def _constraint_label(constraint: native.Constraint) -> str:
    if constraint.name is not None:
        return f"{constraint.kind} {constraint.name}"
    return f"{constraint.kind} ({', '.join(constraint.columns) or constraint.expr})"


def _table_changes(
    before: tuple[native.Table, ...], after: tuple[native.Table, ...]
) -> Iterator[Change]:
    for old, new in _paired(before, after, lambda table: (table.schema, table.name)):
        either = old or new
        assert either is not None
        label = _label(either.schema, either.name)
        yield from _aspects(label, "table", old, new)
        if old is not None and new is not None:
            yield from _content_changes(label, old, new)


def _content_changes(
    label: str, old: native.Table, new: native.Table
) -> Iterator[Change]:
    for a, b in _paired(old.columns, new.columns, lambda column: column.name):
        name = (a or b).name  # type: ignore[union-attr]
        yield from _aspects(label, f"column {name}", a, b)
    names = [[column.name for column in table.columns] for table in (old, new)]
    if sorted(names[0]) == sorted(names[1]) and names[0] != names[1]:
        yield Change(label, "table", COLUMN_ORDER, *map(tuple, names))
    for c, d in _paired(old.constraints, new.constraints, _constraint_key):
        what = _constraint_label(c or d)  # type: ignore[arg-type]
        yield from _aspects(label, what, c, d)
    for i, j in _paired(old.indexes, new.indexes, lambda index: index.name):
        name = (i or j).name  # type: ignore[union-attr]
        yield from _aspects(label, f"index {name}", i, j)


def _object_changes(
    before: tuple[SchemaObject, ...], after: tuple[SchemaObject, ...]
) -> Iterator[Change]:
    # All but the definition are the key.
    for old, new in _paired(before, after, lambda each: each[:-1]):
        either = old or new
        assert either is not None
        label = _label(either.schema, either.table or either.name)
        what = either.kind if either.table is None else f"{either.kind} {either.name}"
        if old is None or new is None:
            yield Change(label, what, "added" if old is None else "removed")
        elif old.definition != new.definition:
            yield Change(label, what, "definition", old.definition, new.definition)
