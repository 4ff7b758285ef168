"""Comparison of column types by the text that DDL has for them.

A type's text is taken apart into words and arguments: `VARCHAR(50) COLLATE x` is the
type `varchar`, the words `collate x` and the argument `50`.  The parts are compared
leniently, because databases report types in more words or fewer than DDL needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

# A parenthesised argument list, or a word; quotes and dots only separate.
_PIECES = re.compile(r"\((?P<arguments>.+?)\)|(?P<word>[\w-]+)")


class Params(NamedTuple):
    """The parts of a type's text.

    token0: the first word; tokens: the other words; args: the positional arguments of
    the last parenthesis; kwargs: its arguments of the form name=value.
    """

    token0: str
    tokens: list[str]
    args: list[str]
    kwargs: dict[str, str]


def tokenize(definition: str) -> Params:
    """Take a type's text apart, in lower case.

    Raises IndexError if it has no word, ValueError for an argument with two "=".
    """
    words: list[str] = []
    arguments: list[str] = []
    for piece in _PIECES.finditer(definition.lower()):
        if piece["word"]:
            words.append(piece["word"])
        else:
            inside = piece["arguments"].strip("()")
            arguments = [part.strip() for part in inside.split(",")]
    named = [part.split("=") for part in arguments if "=" in part]
    positional = [part for part in arguments if "=" not in part]
    return Params(words[0], words[1:], positional, dict(named))


def names_match(
    inspected: Params, declared: Params, synonyms: Iterable[set[str]]
) -> bool:
    """Return whether both have the same name, or names that mean the same."""
    if inspected.token0 == declared.token0:
        return True
    folded = [{name.lower() for name in group} for group in synonyms]
    short = {inspected.token0, declared.token0}
    long = {" ".join((one.token0, *one.tokens)) for one in (inspected, declared)}
    return any(names <= group for group in folded for names in (long, short))


def arguments_match(
    inspected: Params, declared: Params, extract: Sequence[str]
) -> bool:
    """Return whether no argument that both have says that the types differ.

    extract: regular expressions with one group, searched in the words; where both
        sides have a match, the groups have to be equal.
    """
    for ours, theirs in (
        (inspected.tokens, declared.tokens),
        (inspected.args, declared.args),
    ):
        if len(ours) == len(theirs) and ours != theirs:
            return False
    here, there = " ".join(inspected.tokens), " ".join(declared.tokens)
    for pattern in extract:
        found = re.search(pattern, here), re.search(pattern, there)
        if found[0] and found[1] and found[0][1] != found[1][1]:
            return False
    return True
