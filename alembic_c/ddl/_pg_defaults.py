"""Comparison of PostgreSQL's column defaults, without the server where that is sound.

The server reports `'a'` as `'a'::character varying` and keeps most other texts.  Two
texts that are shown here to be the same constant need no query; for the others only
the server can tell.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy import Dialect

_CONSTANT = re.compile(
    r"""(?: '(?P<quoted> (?:[^'\\]|'')* )'
          | (?P<number> -? [0-9]+ (?:\.[0-9]+)? )
          | (?P<truth> true | false )
        )
        (?: :: (?P<type> [^'():]+ ) )?""",
    re.VERBOSE | re.IGNORECASE,
)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_NULL = re.compile(r"NULL(?:::[^'():]+)?", re.IGNORECASE)
_NEXTVAL = re.compile(r"nextval\s*\(", re.IGNORECASE)

# Without an operator `=`, or with one that compares areas and the like.
_NOT_COMPARABLE = ("json", "xml", "point", "polygon", "path", "line", "lseg", "box")
# `'0.1'::real = 0.1` is false, so a bare number proves nothing for every type.
_EXACT_NUMBERS = ("smallint", "integer", "bigint", "numeric", "double precision")
_TRUTHS = {
    word: truth
    for truth, words in {
        "true": ("t", "true", "y", "yes", "on", "1"),
        "false": ("f", "false", "n", "no", "off", "0"),
    }.items()
    for word in words
}


class _Constant(NamedTuple):
    kind: str
    value: str
    type: str | None


def literal(text: str, is_number: bool) -> str:
    """Return the SQL literal of a default that was given as a plain string.

    One quote at either end, as older programs gave it, is taken for a delimiter.
    is_number: the column has fractions, so that `5` and `5.0` are the same.
    """
    if is_number and _NUMBER.fullmatch(text):
        return text
    content = re.sub(r"^'|'$", "", text).replace("'", "''")
    return f"'{content}'"


def undoubled(default: str, dialect: Dialect) -> str:
    """Return a compiled default as SQL, with the percent signs that it has.

    The compiler doubles them for drivers that take a single one for a parameter.
    """
    if "%%" not in default or str(sa.text("%").compile(dialect=dialect)) != "%%":
        return default
    return default.replace("%%", "%")


def is_null(default: str) -> bool:
    """Return whether the server's text is NULL, of which it tells the type too."""
    return _NULL.fullmatch(default) is not None


def without_regclass(default: str) -> str:
    """Return a default without the cast that the server adds to sequences' names."""
    return default.replace("::regclass", "")


def draws_from_sequence(default: str) -> bool:
    """Return whether evaluating a default would use up a sequence's value."""
    return _NEXTVAL.search(default) is not None


def surely_equal(found: str, declared: str) -> bool:
    """Return True if both texts are one constant to the server.

    found: the server's text; declared: the metadata's.  False means: not known.
    """
    if found == declared:
        return True
    one, other = _constant(found), _constant(declared)
    if one is None or other is None:
        return False
    if other.type is not None and other.type != one.type:
        return False
    return _same_value(one, other)


def comparable(found: str, declared: str) -> tuple[str, str]:
    """Return both as SQL to be compared with `=`: as text if their type has no such.

    found: the server's text; declared: the metadata's.
    """
    constant = _constant(found)
    if constant is None or not _has_no_equality(constant.type):
        return found, declared
    one, other = (f"(({each})::{constant.type})::text" for each in (found, declared))
    return one, other


def _same_value(found: _Constant, declared: _Constant) -> bool:
    kinds = (found.kind, declared.kind)
    if "truth" in kinds:
        return (
            "number" not in kinds
            and found.kind == "truth"
            and _TRUTHS.get(found.value.lower()) == _TRUTHS.get(declared.value.lower())
        )
    if found.value != declared.value:
        return False
    # A quoted constant without a type takes the other side's.
    return declared.kind == "quoted" or found.type in (None, *_EXACT_NUMBERS)


def _has_no_equality(type_name: str | None) -> bool:
    return type_name is not None and type_name.rstrip("[]") in _NOT_COMPARABLE


def _constant(default: str) -> _Constant | None:
    text = default.strip()
    if re.fullmatch(r"\([^()']*\)", text):
        text = text[1:-1].strip()
    match = _CONSTANT.fullmatch(text)
    if match is None:
        return None
    kinds = ("quoted", "number", "truth")
    [kind] = [kind for kind in kinds if match[kind] is not None]
    type_name = match["type"]
    return _Constant(kind, match[kind], type_name and type_name.strip())
