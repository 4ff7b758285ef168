"""Names in pieces of SQL as SQLite stores them: CHECKs, expressions, triggers, views.

Nothing is parsed: the text is cut into tokens, and a token that could be the name of a
column counts as one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
      (?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<text>[xX]?'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^]]*\])
    | (?P<number>\d[\w.]*)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A piece of SQL: "text", "quoted", "number", "word" or "mark", and where it is."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Return the place behind the token."""
        return self.start + len(self.text)

    @property
    def name(self) -> str:
        """Return the name that the token stands for, as it is written."""
        if self.kind != "quoted":
            return self.text
        inner, quote = self.text[1:-1], self.text[-1]
        return inner if quote == "]" else inner.replace(quote * 2, quote)

    def is_word(self, *words: str) -> bool:
        """Return whether the token is one of some words, given in capitals."""
        return self.kind == "word" and self.text.upper() in words


def tokens(sql: str) -> list[Token]:
    """Return the tokens of a statement, without white space and comments."""
    return [
        Token(str(match.lastgroup), match[0], match.start())
        for match in _TOKEN.finditer(sql)
        if match.lastgroup != "space"
    ]


def has_word(sql: str, word: str) -> bool:
    """Return whether a word, given in capitals, is one of a statement's tokens."""
    return word in sql.upper() and any(token.is_word(word) for token in tokens(sql))


def folded(name: str) -> str:
    """Return a name in the form in which two that mean the same are equal.

    SQLite tells ASCII letters apart by nothing but their case.
    """
    return re.sub("[A-Z]+", lambda match: match[0].lower(), name)


def _named(sql: str) -> Iterator[Token]:
    """Yield what may be the name of a column: no function's, no text."""
    found = tokens(sql)
    for token, behind in zip(found, [*found[1:], None], strict=True):
        is_name = token.kind in ("word", "quoted")
        if is_name and not (behind is not None and behind.text == "("):
            yield token


def names(sql: str) -> set[str]:
    """Return all that may be names in a piece of SQL, folded."""
    return {
        folded(token.name) for token in tokens(sql) if token.kind in ("word", "quoted")
    }


def column_names(sql: str) -> set[str]:
    """Return what may be names of columns in a piece of SQL, folded."""
    return {folded(token.name) for token in _named(sql)}


def _replaced(sql: str, replacement: Callable[[Token], str | None]) -> str:
    pieces: list[str] = []
    at = 0
    for token in _named(sql):
        new = replacement(token)
        if new is not None:
            pieces += [sql[at : token.start], new]
            at = token.end
    return "".join([*pieces, sql[at:]])


def renamed(sql: str, new_names: Mapping[str, str]) -> str:
    """Return a piece of SQL with other names for some columns.

    new_names: folded old name -> new name, in quotes where it needs some.
    """
    return _replaced(sql, lambda token: new_names.get(folded(token.name)))


def in_double_quotes(sql: str) -> set[str]:
    """Return the names in double quotes, folded.

    Where there is no such column, SQLite takes them for texts.
    """
    return {folded(token.name) for token in _named(sql) if token.text[0] == '"'}


def without_double_quotes(sql: str, of: Collection[str]) -> str:
    """Return a statement in which some names cannot be taken for texts.

    of: the names, folded.
    """

    def in_brackets(token: Token) -> str | None:
        if token.text[0] != '"' or folded(token.name) not in of or "]" in token.name:
            return None
        return f"[{token.name}]"

    return _replaced(sql, in_brackets)
