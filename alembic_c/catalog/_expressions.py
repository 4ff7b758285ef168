"""Whether two texts of an expression name the same columns and values.

A database rewrites expressions as it stores them (casts, parentheses, IN as = ANY), so
without asking it the texts of a model cannot be compared to the letter. What it keeps
is which columns, which numbers and which strings there are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from decimal import Decimal

_TYPE = r"(?:\"[^\"]+\"|[a-z_][\w.]*)(?: (?:varying|precision))?"
_SIZES = r"(?:\s*\(\s*\d+(?:\s*,\s*\d+)?\s*\))?"
_ZONE = r"(?: with(?:out)? time zone)?(?:\[\])*"
_CASTS = re.compile(
    rf"::\s*{_TYPE}{_SIZES}{_ZONE}|\bas\s+{_TYPE}{_SIZES}{_ZONE}(?=\s*\))",
    re.IGNORECASE,
)
# The words of a type before its literal, the letters of a character set before one.
_TYPED = re.compile(r"\b(?:date|time|timestamp|interval)\s+(?=')", re.IGNORECASE)
_CHARSET = re.compile(r"\b(?:_[a-z0-9]+|[ebn])\s?(?=')", re.IGNORECASE)
_TOKEN = re.compile(
    r"""
    '(?P<text>(?:[^'\\]|''|\\.)*)'
  | (?P<quoted>"(?:[^"]|"")*" | `(?:[^`]|``)*`)
  | (?P<number>(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)
  | (?P<word>[^\W\d][\w$]*)(?P<call>\s*\()?
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_ESCAPED = re.compile(r"[\\'](['\\])")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")
_CONSTANTS = {"true": "true", "false": "false", "null": "null"}
_TRUTHS = {
    **dict.fromkeys(("1", "t", "true", "y", "yes", "on"), "true"),
    **dict.fromkeys(("0", "f", "false", "n", "no", "off"), "false"),
}
_NOW = ("now", "current_timestamp", "localtimestamp", "transaction_timestamp")


def same_expression(one: str, other: str, columns: Collection[str]) -> bool:
    """Return whether two expressions have the same columns, numbers and strings.

    columns: the names that count.
    """
    if one == other:
        return True
    names = {name.casefold() for name in columns}
    found = [set(_parts(text, names, calls=False)) for text in (one, other)]
    # A database may write a date in another way.
    if any(_TYPED.search(text) for text in (one, other)):
        found = [{part for part in parts if part[0] == "name"} for parts in found]
    return found[0] == found[1]


def same_default(one: str, other: str, *, is_boolean: bool) -> bool:
    """Return whether two defaults have the same numbers, strings and functions."""
    if one == other:
        return True
    found = [set(_parts(text, (), calls=True)) for text in (one, other)]
    if is_boolean:
        found = [
            {(kind, _TRUTHS.get(text.lower(), text)) for kind, text in parts}
            for parts in found
        ]
    return found[0] == found[1]


def _parts(
    expression: str, names: Collection[str], *, calls: bool
) -> Iterator[tuple[str, str]]:
    """Yield what counts of an expression: its kind and its text."""
    plain = _CHARSET.sub("", _CASTS.sub("", expression))
    for token in _TOKEN.finditer(plain):
        kind = token.lastgroup
        if token["text"] is not None:
            yield "value", _value(_ESCAPED.sub(r"\1", token["text"]))
        elif kind == "number":
            yield "value", _value(token["number"])
        elif kind == "quoted":
            name = token["quoted"][1:-1].casefold()
            if name in names:
                yield "name", name
        else:
            word = token["word"].casefold()
            if word in names:
                yield "name", word
            elif word in _CONSTANTS:
                yield "value", word
            elif calls and (kind == "call" or word in _NOW):
                yield "call", "now" if word in _NOW else word


_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[ T]00:00:00(?:\.0+)?(?:[+-]\d\d(?::\d\d)?)?")


def _value(text: str) -> str:
    """Return one text for 1.5, '1.50' and -1.5, and for a date and its midnight.

    Other texts are as they were.
    """
    midnight = _MIDNIGHT.fullmatch(text)
    if midnight is not None:
        return midnight[1]
    if _NUMBER.fullmatch(text):
        return format(abs(Decimal(text)).normalize(), "f")
    return text
