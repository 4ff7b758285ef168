"""Bar charts as SVG, from the tables of docs/performance.md that the benchmarks write.

In the site the colours are the theme's; a file of its own (the README's) brings a light
and a dark set.
"""

from __future__ import annotations

import html
import math
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
TABLES = ROOT / "docs" / "performance.md"

# What each plot shows: its title, and rows of the benchmark's tables by their names.
PLOTS = {
    "revisions": (
        "alembic heads, by number of revision files",
        {
            "10": "`alembic heads`, 10 revisions, bytecode",
            "1,000": "`alembic heads`, 1,000 revisions, bytecode",
            "10,000": "`alembic heads`, 10,000 revisions, bytecode",
        },
    ),
    "tables": (
        "autogenerate on an unchanged database, by number of tables",
        {
            "1,000, SQLite": "unchanged, 1,000 tables, sqlite",
            "5,000, SQLite": "unchanged, 5,000 tables, sqlite",
            "1,000, PostgreSQL": "unchanged, 1,000 tables, postgresql",
            "5,000, PostgreSQL": "unchanged, 5,000 tables, postgresql",
        },
    ),
    "running": (
        "running 1,000 migrations",
        {
            "upgrade, SQLite": "`upgrade head`, 1,000 migrations, SQLite",
            "downgrade, SQLite": "`downgrade base`, 1,000 migrations, SQLite",
            "upgrade, PostgreSQL": "`upgrade head`, 1,000 migrations, PostgreSQL",
            "downgrade, PostgreSQL": "`downgrade base`, 1,000 migrations, PostgreSQL",
        },
    ),
}

_SECONDS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6}
STYLE = """<style>
.picture { --ink: #1f2328; --soft: #d0d7de; --ours: #2757dd; --theirs: #c2571a;
  --floor: #6e7781 }
@media (prefers-color-scheme: dark) {
  .picture { --ink: #e6edf3; --soft: #3d444d; --ours: #5b8cff; --theirs: #e0823d;
    --floor: #8d96a0 }
}
</style>
"""


class Row(NamedTuple):
    """What a benchmark took, in seconds; floor is None where there is none."""

    upstream: float
    ours: float
    floor: float | None


def seconds(cell: str) -> float | None:
    """Return the seconds of a cell of a table, None for an empty one."""
    if not cell:
        return None
    number, unit = cell.split()
    return float(number.replace(",", "")) * _SECONDS[unit]


def rows() -> dict[str, Row]:
    """Return the measured rows by name."""
    found = {}
    for line in TABLES.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("|") and len(cells) == 7 and re.match(r"\d", cells[1]):
            upstream, ours = seconds(cells[1]), seconds(cells[2])
            assert upstream is not None
            assert ours is not None
            found[cells[0]] = Row(upstream, ours, seconds(cells[5]))
    return found


def shown(value: float) -> str:
    """Return a time as people read it."""
    return f"{value:.1f} s" if value >= 1 else f"{value * 1000:.0f} ms"


def plot(name: str, *, alone: bool = False) -> str:
    """Return a plot as SVG: logarithmic bars of upstream, ours and the floor.

    alone: whether it is a file of its own, which brings its colours.
    Raises KeyError if the benchmark has no such row any more.
    """
    title, wanted = PLOTS[name]
    measured = rows()
    table = {label: measured[row] for label, row in wanted.items()}
    values = [v for row in table.values() for v in row if v is not None]
    low = math.floor(math.log10(min(values)))
    high = math.log10(max(values))
    left, width, bar = 170, 420, 14

    def length(value: float) -> float:
        return 4 + width * (math.log10(value) - low) / (high - low)

    y = 46
    parts = []
    for label, row in table.items():
        names = ("theirs", "ours", "floor")
        bars = [(n, v) for n, v in zip(names, row, strict=True) if v is not None]
        middle = y + bar * len(bars) / 2 + 5
        parts.append(_text(left - 10, middle, label, 'text-anchor="end"'))
        for kind, value in bars:
            parts.append(
                f'<rect x="{left}" y="{y}" width="{length(value):.1f}" '
                f'height="{bar - 2}" fill="var(--{kind})"/>'
            )
            parts.append(
                _text(left + length(value) + 6, y + bar - 4, shown(value), small=True)
            )
            y += bar
        y += 14
    legend = {"theirs": "Alembic", "ours": "alembic_c", "floor": "floor"}
    if all(row.floor is None for row in table.values()):
        del legend["floor"]
    for i, (kind, label) in enumerate(legend.items()):
        x = left + 110 * i
        parts.append(
            f'<rect x="{x}" y="{y}" width="12" height="12" fill="var(--{kind})"/>'
        )
        parts.append(_text(x + 18, y + 11, label, small=True))
    return (
        f'<svg class="picture" xmlns="http://www.w3.org/2000/svg" role="img" '
        f'viewBox="0 0 680 {y + 24}" font-family="sans-serif">\n'
        f"<title>{html.escape(title)}</title>\n"
        f"{STYLE if alone else ''}"
        + _text(10, 24, f"{title} (logarithmic)", 'font-weight="bold"')
        + "\n"
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _text(x: float, y: float, text: str, more: str = "", small: bool = False) -> str:
    size = 12 if small else 14
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="var(--ink)" {more}>'
        f"{html.escape(text)}</text>"
    )
