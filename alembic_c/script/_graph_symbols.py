"""How people write revisions: `abc123`, `head`, `label@head`, `abc123+2`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    class RelativeSymbol(NamedTuple):
        """A number of steps from a revision; see `parse_relative`."""

        label: str | None
        start: str | None
        steps: int
        text: str

else:
    from collections import namedtuple

    RelativeSymbol = namedtuple("RelativeSymbol", ("label", "start", "steps", "text"))

# Characters with a meaning in symbols, in the order in which upstream lists them.
RESERVED = ["@", "-", "+", ":"]


def parse_relative(symbol: object) -> RelativeSymbol | None:
    """Split `[label@][start](+|-)steps`; None if `symbol` is no relative symbol.

    label, start: None if not given; text: the steps as written, with their sign.
    What follows the digits is ignored, as upstream does.
    """
    if not isinstance(symbol, str):
        return None
    import re

    match = re.match(r"(?:(?P<label>.+?)@)?(?P<start>\w+)?(?P<text>[+-]\d+)", symbol)
    if match is None:
        return None
    text = match["text"]
    return RelativeSymbol(match["label"], match["start"], int(text), text)


def illegal_characters(revision: str) -> list[str]:
    """Return the reserved characters in a revision id, sorted."""
    return sorted(set(revision).intersection(RESERVED))


def not_produced(relative: RelativeSymbol) -> str:
    """Return the message for a symbol that leads out of the map."""
    return (
        f"Relative revision {relative.text} didn't produce "
        f"{abs(relative.steps)} migrations"
    )
