"""Tables and what they refer to as an entity-relationship picture for mermaid."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from ..util._mermaid import escaped
from ._catalog import Catalog, _label

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from .. import _catalog as native

# What mermaid takes as a type or a name of an attribute has these characters alone, and
# does not begin with a digit.
_NOT_IN_WORD = re.compile(r"[^A-Za-z0-9_()\[\]-]+")
_TableKey = tuple[str | None, str]


class _Column(NamedTuple):
    name: str
    type: str
    is_null: bool
    comment: str | None


class _Reference(NamedTuple):
    """A foreign key. table: what it refers to."""

    columns: tuple[str, ...]
    table: _TableKey


class _Entity(NamedTuple):
    """A table. keys: the columns of its primary key, and of each unique constraint."""

    key: _TableKey
    columns: list[_Column]
    primary: tuple[str, ...]
    unique: list[tuple[str, ...]]
    references: list[_Reference]

    def is_unique(self, columns: tuple[str, ...]) -> bool:
        """Return whether no two rows have the same values in these columns."""
        keys = [key for key in (self.primary, *self.unique) if key]
        return any(set(key) <= set(columns) for key in keys)


def mermaid(source: Catalog | MetaData, *, only: Iterable[str] = ()) -> str:
    """Return an entity-relationship picture in the language of mermaid.

    It shows columns with types, keys and comments, and for each foreign key a line:
    whether it may be NULL, and whether there is one row or there are many. Characters
    that mermaid refuses in the names of columns are replaced, and the name is in the
    column's comment then.

    source: the catalog of a database, or models.
    only: names or patterns ("shop_*") of the tables to show, with or without the
        schema; all if there are none.
    Source of the language: https://mermaid.js.org/syntax/entityRelationshipDiagram.html
    """
    found = _of_catalog(source) if isinstance(source, Catalog) else _of_models(source)
    patterns = [only] if isinstance(only, str) else list(only)
    shown = [entity for entity in found if _is_chosen(entity.key, patterns)]
    return "\n".join(_lines(shown)) + "\n"


def _is_chosen(key: _TableKey, patterns: list[str]) -> bool:
    names = {key[1], _label(*key)}
    return not patterns or any(
        fnmatchcase(name, each) for name in names for each in patterns
    )


def _lines(entities: list[_Entity]) -> Iterator[str]:
    yield "erDiagram"
    ids = {entity.key: f"t{n}" for n, entity in enumerate(entities)}
    for entity in entities:
        yield f'    {ids[entity.key]}["{escaped(_label(*entity.key))}"] {{'
        yield from (f"        {_attribute(entity, each)}" for each in entity.columns)
        yield "    }"
    for entity in entities:
        nullable = {column.name for column in entity.columns if column.is_null}
        for reference in entity.references:
            if reference.table in ids:
                one = "|o" if nullable & set(reference.columns) else "||"
                many = "o|" if entity.is_unique(reference.columns) else "o{"
                yield (
                    f"    {ids[reference.table]} {one}--{many} {ids[entity.key]} : "
                    f'"{escaped(", ".join(reference.columns))}"'
                )


def _attribute(entity: _Entity, column: _Column) -> str:
    name, comment = _word(column.name), column.comment
    if name != column.name:
        comment = f"{column.name}: {comment}" if comment else column.name
    keys = [
        key
        for key, names in (
            ("PK", entity.primary),
            ("FK", [name for each in entity.references for name in each.columns]),
            ("UK", [each[0] for each in entity.unique if len(each) == 1]),
        )
        if column.name in names
    ]
    words = [_word(column.type), name, ", ".join(keys)]
    if comment:
        words.append(f'"{escaped(" ".join(comment.split()))}"')
    return " ".join(filter(None, words))


def _word(text: str) -> str:
    word = _NOT_IN_WORD.sub("_", text)
    return word if word[:1].isalpha() else f"_{word}"


def _of_catalog(catalog: Catalog) -> Iterator[_Entity]:
    for table in catalog.tables:
        keys: dict[str, list[native.Constraint]] = {}
        for each in table.constraints:
            keys.setdefault(each.kind, []).append(each)
        primary = next((each.columns for each in keys.get("primary key", ())), ())
        unique = [each.columns for each in keys.get("unique", ())]
        unique += [
            tuple(part.text for part in index.parts)
            for index in table.indexes
            if index.is_unique
            and index.predicate is None
            and not any(part.is_expr or part.length for part in index.parts)
        ]
        yield _Entity(
            (table.schema, table.name),
            [
                _Column(
                    column.name,
                    column.type or "any",
                    not (column.not_null or column.name in primary),
                    column.comment,
                )
                for column in table.columns
            ],
            primary,
            [key for key in unique if key != primary],
            [
                _Reference(each.columns, (each.ref_schema, each.ref_table or ""))
                for each in keys.get("foreign key", ())
            ],
        )


def _of_models(metadata: MetaData) -> Iterator[_Entity]:
    from sqlalchemy import UniqueConstraint

    from ._model import is_key

    for table in metadata.sorted_tables:
        unique = [
            tuple(column.name for column in each.columns)
            for each in table.constraints
            if isinstance(each, UniqueConstraint)
        ]
        unique += [
            tuple(column.name for column in index.columns)
            for index in table.indexes
            if index.unique and is_key(index)
        ]
        references = [
            _Reference(
                tuple(column.name for column in each.columns),
                (each.referred_table.schema, each.referred_table.name),
            )
            for each in table.foreign_key_constraints
        ]
        yield _Entity(
            (table.schema, table.name),
            [
                _Column(
                    column.name, str(column.type), bool(column.nullable), column.comment
                )
                for column in table.columns
            ],
            tuple(column.name for column in table.primary_key),
            sorted(unique),
            sorted(references, key=repr),
        )
