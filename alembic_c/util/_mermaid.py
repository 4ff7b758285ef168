"""Texts in mermaid, the language of pictures that code hosts show in Markdown."""

from __future__ import annotations

import re

# What ends a text or begins an entity.
_SPECIAL = '"#;<>&'
# What is Markdown or a formula in the middle of a text, and a list at its beginning.
_MARKDOWN = "\\`*_~[]$"
_LIST = re.compile(r"\A(\d*)([-+.)])")


def _entity(sign: str) -> str:
    return f"#{ord(sign)};"


# Mermaid resolves entities before it reads Markdown, whose own escape is a backslash.
_ENTITIES = {ord(sign): _entity(sign) for sign in _SPECIAL}
_ENTITIES |= {ord(sign): _entity("\\") + _entity(sign) for sign in _MARKDOWN}


def escaped(text: str) -> str:
    """Return a text as it has to stand between double quotes.

    text: in one line. Source: https://mermaid.js.org/syntax/flowchart.html#entity-codes
    """
    return _LIST.sub(
        lambda found: found[1] + _entity("\\") + _entity(found[2]),
        text.translate(_ENTITIES),
    )
