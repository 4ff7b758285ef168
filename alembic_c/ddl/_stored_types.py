"""The types that databases have in place of those that a statement names.

A type that is stored under another name than the model's would be a difference in every
run, and a migration would not change that.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy.types import NullType

from ..util import sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import Dialect

_FLOAT = re.compile(r"FLOAT\((\d+)\)(.*)", re.DOTALL | re.IGNORECASE)
_NATIONAL = re.compile(r"(?:NATIONAL |N)((?:VAR)?CHAR\b.*)", re.DOTALL | re.IGNORECASE)
_REAL = re.compile(r"REAL\b(?:\(\d+\))?(.*)", re.DOTALL | re.IGNORECASE)
_SIZED = re.compile(r"(TEXT|BLOB)\((\d+)\)(.*)", re.DOTALL | re.IGNORECASE)

# The longest value in bytes, and the word in front of TEXT and BLOB.
_SIZES = ((255, "TINY"), (65_535, ""), (16_777_215, "MEDIUM"), (4_294_967_295, "LONG"))
# So many bytes a character may take, by the column's character set.
_WIDTHS = {"TEXT": (1, 2, 3, 4), "BLOB": (1,)}
# More bits of precision make it a double.
_MAX_SINGLE = 24


def on_mysql(definition: str) -> Iterator[str]:
    """Yield what MySQL and MariaDB may have in place of a type.

    definition: as DDL has it.
    """
    if found := _FLOAT.fullmatch(definition):
        if int(found[1]) > _MAX_SINGLE:
            yield f"DOUBLE{found[2]}"
    elif found := _REAL.fullmatch(definition):
        yield f"DOUBLE{found[1]}"
    elif found := _NATIONAL.fullmatch(definition):
        yield found[1]
    elif found := _SIZED.fullmatch(definition):
        kind, size, rest = found[1].upper(), int(found[2]), found[3]
        for width in _WIDTHS[kind]:
            yield from [
                f"{word}{kind}{rest}" for most, word in _SIZES if size * width <= most
            ][:1]


def on_postgresql(definition: str) -> Iterator[str]:
    """Yield what PostgreSQL has in place of a type, also of an array's elements."""
    if found := _FLOAT.fullmatch(definition):
        if int(found[1]) <= _MAX_SINGLE:
            yield f"REAL{found[2]}"
    elif found := _NATIONAL.fullmatch(definition):
        yield found[1]


def on_sqlite(dialect: Dialect, definition: str) -> Iterator[str]:
    """Yield what reflection makes of a type, of which it knows a few by their names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of arguments that the type does not take
        type_ = sqla_compat._sqlite_type(dialect, definition.upper())
        if not isinstance(type_, NullType):
            yield dialect.type_compiler_instance.process(type_)
