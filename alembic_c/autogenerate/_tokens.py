"""The tokens of an expression: two texts with the same mean the same."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    (?P<blank> \s+ | --[^\n]* | /\*.*?\*/ )
  | (?P<text> (?:[eE](?='))? '(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*' )
  | (?P<quoted> "(?:[^"]|"")*" | `(?:[^`]|``)*` )
  | (?P<word> [^\W\d][\w$]* )
  | (?P<number> \d[\w.]* )
  | (?P<sign> <> | != | <= | >= | == | :: | \|\| | -> | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_SIGNS = {"!=": "<>", "==": "="}


def tokens(sql: str) -> list[str]:
    """Return what counts in an expression, without parentheses around the whole."""
    found = [_meaning(token) for token in _TOKEN.finditer(sql)]
    kept = [token for token in found if token]
    while len(kept) > 1 and kept[0] == "(" and _closing(kept) == len(kept) - 1:
        kept = kept[1:-1]
    return kept


def _meaning(token: re.Match[str]) -> str:
    kind, text = token.lastgroup, token[0]
    if kind == "blank":
        return ""
    if kind == "word":
        return text.lower()
    if kind == "quoted" and _PLAIN_NAME.fullmatch(text[1:-1]):
        return text[1:-1]
    return _SIGNS.get(text, text) if kind == "sign" else text


def _closing(kept: list[str]) -> int:
    """Return where the parenthesis is closed that stands at the beginning."""
    depth = 0
    for place, token in enumerate(kept):
        depth += (token == "(") - (token == ")")
        if not depth:
            return place
    return -1


def bare(token: str) -> str:
    """Return a quoted name in small letters and without its quotes; others as is."""
    return token[1:-1].lower() if token[0] in '"`' and len(token) > 1 else token


def same_text(one: str | None, other: str | None) -> bool:
    """Return whether two expressions are the same but for blanks and letter case."""
    if one is None or other is None:
        return one is other
    return one == other or tokens(one) == tokens(other)
