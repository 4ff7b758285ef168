"""Writes the generated pages of the site into a directory, which git does not keep.

usage: python -m tools.site.generate      (writes the pictures of the README)
"""

from __future__ import annotations

from pathlib import Path

from . import explained, layers, plots, reference


def write_all(directory: Path) -> None:
    """Write every generated page; a file that stays the same is not touched."""
    pages = reference.pages()
    pictures = {name: plots.plot(name) for name in plots.PLOTS}
    pictures["layers"] = layers.picture()
    pictures["walk"] = explained.walk()
    pictures["proof"] = explained.proof()
    for name, svg in pictures.items():
        # A narrow screen scrolls sideways in the box, so that the words stay readable.
        pages[f"{name}.svg"] = f'<div class="picture-box">\n{svg}</div>\n'
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("*.*"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        path = directory / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def readme_pictures() -> dict[str, str]:
    """Return the pictures of the README, which git keeps, by file name."""
    return {
        "revisions.svg": plots.plot("revisions", alone=True),
        "walk.svg": explained.walk(alone=True),
    }


if __name__ == "__main__":
    for name, svg in readme_pictures().items():
        path = plots.ROOT / "docs" / "pictures" / name
        path.write_text(svg, encoding="utf-8")
