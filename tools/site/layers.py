"""The picture of the layers, from the lists that tests/lint/test_layers.py holds."""

from __future__ import annotations

import ast
from pathlib import Path

TEST = Path(__file__).resolve().parent.parent.parent / "tests/lint/test_layers.py"
_HEIGHT, _GAP = 26, 6


def lists() -> tuple[list[str], list[str]]:
    """Return the names of the layers in Python and in C, from the bottom up."""
    values = {
        target.id: ast.literal_eval(node.value)
        for node in ast.parse(TEST.read_text("utf-8")).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in ("PYTHON_LAYERS", "C_LAYERS")
    }
    return [name for name, _ in values["PYTHON_LAYERS"]], values["C_LAYERS"]


def picture() -> str:
    """Return two stacks of boxes as SVG, the lowest layer at the bottom."""
    python, c = lists()
    n = max(len(python), len(c))
    height = 40 + n * (_HEIGHT + _GAP) + 10
    parts = []
    for x, title, names in ((20, "Python", python), (360, "C", c)):
        parts.append(_text(x + 150, 24, title, bold=True))
        for i, name in enumerate(names):
            y = 40 + (n - 1 - i) * (_HEIGHT + _GAP)
            parts.append(
                f'<rect x="{x}" y="{y}" width="300" height="{_HEIGHT}" rx="4" '
                f'fill="none" stroke="var(--ours)"/>'
            )
            parts.append(_text(x + 150, y + 18, name))
    return (
        '<svg class="picture" xmlns="http://www.w3.org/2000/svg" role="img" '
        f'viewBox="0 0 680 {height}" font-family="sans-serif">\n'
        "<title>The layers; each imports from those below it</title>\n"
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _text(x: int, y: int, text: str, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x}" y="{y}" font-size="14" text-anchor="middle" '
        f'fill="var(--ink)"{weight}>{text}</text>'
    )
