"""The revision graph in the languages of programs that draw: mermaid and Graphviz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..util._mermaid import escaped as mermaid_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ._tree import Node


def mermaid(nodes: Sequence[Node]) -> Iterator[str]:
    """Yield the lines of a mermaid flowchart, the oldest revision first.

    Source of the language: https://mermaid.js.org/syntax/flowchart.html
    """
    yield "flowchart TB"
    for n, node in _oldest_first(nodes):
        text = "<br/>".join(map(mermaid_text, filter(None, (node.title, node.message))))
        style = ":::cut" if node.is_cut else ""
        yield f'    r{n}["{text}"]{style}'
    for above, below, depends in _edges(nodes):
        yield f"    r{below} {'-.->' if depends else '-->'} r{above}"
    if any(node.is_cut for node in nodes):
        yield "    classDef cut stroke-dasharray: 4 4"


def dot(nodes: Sequence[Node]) -> Iterator[str]:
    """Yield the lines of a graph for Graphviz, the oldest revision first.

    Source of the language: https://graphviz.org/doc/info/lang.html
    """
    yield "digraph revisions {"
    yield '    node [shape=box, style=rounded, fontname="sans-serif"];'
    for n, node in _oldest_first(nodes):
        text = "\\n".join(map(_dot_text, filter(None, (node.title, node.message))))
        style = ', style="rounded,dashed"' if node.is_cut else ""
        yield f'    r{n} [label="{text}"{style}];'
    for above, below, depends in _edges(nodes):
        yield f"    r{below} -> r{above}{' [style=dashed]' if depends else ''};"
    yield "}"


def _oldest_first(nodes: Sequence[Node]) -> Iterator[tuple[int, Node]]:
    return zip(range(len(nodes)), reversed(nodes), strict=True)


def _edges(nodes: Sequence[Node]) -> Iterator[tuple[int, int, bool]]:
    """Yield the numbers of both ends, and whether one depends on the other."""
    numbers = {node.revision: n for n, node in _oldest_first(nodes)}
    for n, node in _oldest_first(nodes):
        for ids, depends in ((node.down, False), (node.depends, True)):
            for below in ids:
                yield n, numbers[below], depends


def _dot_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
