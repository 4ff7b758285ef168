"""`alembic history` as a picture, in JSON, from the oldest on, or a part of it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from .. import util
from ..command import _walk_range

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterable, Iterator

    from ..config import Config
    from ..script.base import Script


def run(config: Config, options: Namespace) -> None:
    """Print the revisions of a range.

    Raises CommandError for options that have no meaning together.
    """
    form = getattr(options, "format", "text")
    graph, backward = hasattr(options, "graph"), hasattr(options, "reverse")
    if graph and form != "text":
        raise util.CommandError(f"--graph is for a terminal: not with --format {form}")
    if backward and (graph or form not in _LISTS):
        raise util.CommandError("--reverse is for lists: a picture has one direction")
    draw = _graph if graph else _FORMS[form]

    def show(scripts: Iterator[Script]) -> None:
        shown: Iterable[Script] = islice(scripts, getattr(options, "limit", None))
        if backward:
            shown = reversed(list(shown))
        for line in draw(shown, config, options):
            config.print_stdout("%s", line)

    _walk_range(config, options.rev_range, options.indicate_current, show)


def _text(
    scripts: Iterable[Script], config: Config, options: Namespace
) -> Iterator[str]:
    for script in scripts:
        yield script.cmd_format(
            options.verbose,
            include_branches=True,
            include_doc=True,
            include_parents=True,
        )


def _graph(
    scripts: Iterable[Script], config: Config, options: Namespace
) -> Iterator[str]:
    from . import _terminal, _tree

    encoding = getattr(config.stdout, "encoding", None)
    return _terminal.lines(_tree.nodes(scripts, options.verbose), encoding)


def _mermaid(
    scripts: Iterable[Script], config: Config, options: Namespace
) -> Iterator[str]:
    from . import _languages, _tree

    return _languages.mermaid(_tree.nodes(scripts))


def _dot(
    scripts: Iterable[Script], config: Config, options: Namespace
) -> Iterator[str]:
    from . import _languages, _tree

    return _languages.dot(_tree.nodes(scripts))


def _svg(
    scripts: Iterable[Script], config: Config, options: Namespace
) -> Iterator[str]:
    from . import _svg, _tree

    yield _svg.picture(_tree.nodes(scripts))


def _json(
    scripts: Iterable[Script], config: Config, options: Namespace
) -> Iterator[str]:
    from . import _json

    asked = options.indicate_current
    found = [
        _json.revision(each, each._db_current_indicator if asked else None)
        for each in scripts
    ]
    yield _json.document("history", revisions=found)


_FORMS: dict[str, Callable[[Iterable[Script], Config, Namespace], Iterator[str]]] = {
    "text": _text,
    "json": _json,
    "mermaid": _mermaid,
    "dot": _dot,
    "svg": _svg,
}
# What `--reverse` is for.
_LISTS = ("text", "json")
