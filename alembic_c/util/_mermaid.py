"""Texts in mermaid, the language of pictures that code hosts show in Markdown."""

from __future__ import annotations

import re

# What ends a text or begins an entity or a comment.
_SPECIAL = '"#;<>&%'
# What is Markdown in the middle of a text, and a list at its beginning.
_MARKDOWN = "\\`*~[]@"
_LIST = re.compile(r"\d*[-+.)] ")
# Underscores within a word are none.
_EMPHASIS = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")
_NO_WIDTH = "#8203;"
# What begins a link or a formula, by where it can be taken apart.
_APART = re.compile(r"(?<=http|ttps)(?=://)|(?<=www)(?=\.)|(?<=\$)(?=\$)")


def _entity(sign: str) -> str:
    return f"#{ord(sign)};"


# Mermaid resolves entities before it reads Markdown, whose own escape is a backslash.
_ENTITIES = {ord(sign): _entity(sign) for sign in _SPECIAL}
_ENTITIES |= {ord(sign): _entity("\\") + _entity(sign) for sign in _MARKDOWN}


def _escape(found: re.Match[str]) -> str:
    return (_entity("\\") + _entity("_")) * len(found[0])


def escaped(text: str) -> str:
    """Return a text as it has to stand between double quotes.

    text: in one line. Source: https://mermaid.js.org/syntax/flowchart.html#entity-codes
    """
    start = _NO_WIDTH if _LIST.match(text) else ""
    text = _EMPHASIS.sub(_escape, text.translate(_ENTITIES))
    return start + _APART.sub(_NO_WIDTH, text)
