"""The revisions of a picture, as all forms of pictures need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..script.base import Script


class Node(NamedTuple):
    """A revision, and what is directly below it.

    labels: branch labels that its own file gives. marks: "head", "current".
    down, depends: ids; those outside of the picture are left out, and `is_cut` is true
        if that was one of `down`.
    entry: what stands beside it on a terminal, one line or several.
    """

    revision: str
    message: str
    labels: tuple[str, ...]
    marks: tuple[str, ...]
    down: tuple[str, ...]
    depends: tuple[str, ...]
    is_cut: bool
    entry: str

    @property
    def title(self) -> str:
        """The id, with labels and marks in brackets."""
        words = [*self.labels, *self.marks]
        return one_line(f"{self.revision} ({', '.join(words)})" if words else self[0])


def nodes(scripts: Iterable[Script], verbose: bool = False) -> list[Node]:
    """Return the nodes of a picture, each before what is below it.

    The revisions of a line stand together, as far as branches and merges allow.
    scripts: what the picture shows, the newest first; verbose: for the entries.
    O(revisions + edges).
    """
    given = {script.revision: script for script in scripts}
    found = {
        script.revision: _node(script, given, verbose) for script in given.values()
    }
    # How many of what is above a revision have not been given out.
    waiting = dict.fromkeys(found, 0)
    for node in found.values():
        for below in (*node.down, *node.depends):
            waiting[below] += 1
    ready = [revision for revision, n in waiting.items() if not n]
    ready.reverse()
    ordered: list[Node] = []
    while ready:
        node = found[ready.pop()]
        ordered.append(node)
        for below in reversed((*node.down, *node.depends)):
            waiting[below] -= 1
            if not waiting[below]:
                ready.append(below)
    return ordered


def _node(script: Script, given: dict[str, Script], verbose: bool) -> Node:
    down = script._versioned_down_revisions
    inside = tuple(dict.fromkeys(each for each in down if each in given))
    depends = tuple(
        each
        for each in dict.fromkeys(script._resolved_dependencies)
        if each in given and each not in inside
    )
    marks = ["head"] if script.is_head else []
    marks += ["current"] if script._db_current_indicator else []
    is_cut = len(inside) < len(set(down))
    entry = script.cmd_format(
        verbose, include_branches=True, include_doc=True, include_parents=is_cut
    )
    return Node(
        script.revision,
        one_line(script.doc),
        tuple(sorted(script._orig_branch_labels)),
        tuple(marks),
        inside,
        depends,
        is_cut,
        entry,
    )


def one_line(text: str) -> str:
    """Return a text that any form can show: in one line, without control characters."""
    words = " ".join(text.split())
    return "".join(_shown(words)) if not words.isprintable() else words


def _shown(text: str) -> Iterator[str]:
    for character in text:
        yield character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"
