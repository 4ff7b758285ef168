"""Casts in PostgreSQL's expressions: the server has more of them than were written.

`lower(name)` over a VARCHAR comes back as `lower((name)::text)`, and `'a'` as
`'a'::character varying`.  Comparison of texts leaves casts out on both sides.
"""

from __future__ import annotations

import re

_NAME = r'(?:"(?:[^"]|"")*"|[^\W\d][\w$]*)'
# The names of types that are more than one word; of `interval` only some words are.
_WORDS = r"""
    double\s+precision
  | (?:national\s+)?char(?:acter)?\s+varying
  | bit\s+varying
  | interval\s+(?:year|month|day|hour|minute|second)\b
    (?:\s+to\s+(?:month|hour|minute|second)\b)?
"""
_TYPE = rf"""
    (?:{_NAME}\s*\.\s*)?
    (?:{_WORDS}|{_NAME})
    (?:\s*\([^()]*\))?                     # length, precision and scale
    (?:\s+with(?:out)?\s+time\s+zone\b)?
    (?:\s*\[\s*\d*\s*\])*
"""
_TOKEN = re.compile(
    rf"""
    (?P<cast>\s*::\s*{_TYPE})
  | (?P<call>\bcast\s*\()
  | (?P<as>\s+as\b)
  | (?P<open>\()
  | (?P<close>\))
  | e'(?:[^'\\]|''|\\.)*'                  # strings, and names in quotes, are whole
  | '(?:[^']|'')*'
  | "(?:[^"]|"")*"
  | [\w$]+
  | .
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_ATOM = re.compile(r"""[\w$.]+|'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
_WORD_END = re.compile(r"[\w$\"]\Z")


class _Group:
    """What stands between two parentheses, the pieces of its text."""

    def __init__(self, is_cast: bool) -> None:
        self.pieces: list[str] = []
        self.is_cast = is_cast
        self.n_kept: int | None = None  # how many stand before the AS of a CAST
        self.ends_with_value = False  # whether the last piece is "(...)", no arguments

    def inside(self) -> str:
        return "".join(self.pieces[: self.n_kept])

    def unwrap_last(self) -> None:
        """Take the parentheses off the last piece if a single value is in them."""
        inside = self.pieces[-1][1:-1].strip()
        if _ATOM.fullmatch(inside):
            self.pieces[-1] = inside


def without_casts(expression: str) -> str:
    """Return an expression without `::type` and `CAST(... AS type)`.

    Parentheses around a single value go with the cast that they are for.
    """
    groups = [_Group(is_cast=False)]
    for token in _TOKEN.finditer(expression):
        kind, group = token.lastgroup, groups[-1]
        if kind in ("open", "call"):
            groups.append(_Group(is_cast=kind == "call"))
            continue
        if kind == "close" and len(groups) > 1:
            groups.pop()
            outer = groups[-1]
            before = outer.pieces[-1] if outer.pieces else ""
            outer.pieces.append(f"({group.inside()})")
            outer.ends_with_value = group.is_cast or not _WORD_END.search(before)
            if group.is_cast:
                outer.unwrap_last()
            continue
        if kind == "cast":
            if group.ends_with_value:
                group.unwrap_last()
        elif kind == "as" and group.is_cast and group.n_kept is None:
            group.n_kept = len(group.pieces)
        else:
            group.pieces.append(token[0])
        group.ends_with_value = False
    # Parentheses may be open to the end in what others wrote.
    return "(".join(group.inside() for group in groups)
