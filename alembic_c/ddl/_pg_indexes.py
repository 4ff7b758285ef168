"""Comparison of PostgreSQL's index expressions, as texts.

The server reports an expression in its own words: with casts, parentheses and the
default sort order left out.  Both sides are reduced to what is left when all of that,
quotes and blanks are dropped.  That is an approximation: it can miss a change of a
cast, but it does not take the server's wording for one.
"""

from __future__ import annotations

import re

from ._pg_casts import without_casts

# How an element ends -> how it ends without what is the default anyway.
_SORT_ENDINGS = (
    (" asc nulls last", ""),
    (" desc nulls last", " desc nulls last"),
    (" nulls last", ""),
    (" asc nulls first", " nulls first"),
    (" desc nulls first", " desc"),
    (" asc", ""),
)
_OPERATOR_CLASS = re.compile(r"[ )][\w.]*_ops\s*\Z")


def reduced(expression: str, table_name: str) -> str:
    """Return what is left of an index element for comparison."""
    bare = " ".join(without_casts(expression).lower().split())
    bare = bare.replace('"', "").replace("'", "")
    bare = _without_parentheses(bare.replace(f"{table_name.lower()}.", ""))
    bare = _without_parentheses(_without_default_order(bare))
    return "".join(bare.split())


def names_operator_class(expression: str) -> bool:
    """Return whether a text ends with an operator class."""
    return _OPERATOR_CLASS.search(expression) is not None


def _without_default_order(expression: str) -> str:
    for ending, rest in _SORT_ENDINGS:
        if expression.endswith(ending):
            return expression.removesuffix(ending) + rest
    return expression


def _without_parentheses(expression: str) -> str:
    while expression[:1] == "(" and expression[-1:] == ")":
        expression = expression[1:-1].strip()
    return expression
