"""Writes the generated pages of the site into a directory, which git does not keep."""

from __future__ import annotations

from pathlib import Path

from . import layers, plots, reference


def write_all(directory: Path) -> None:
    """Write every generated page; a file that stays the same is not touched."""
    pages = reference.pages()
    pictures = {name: plots.plot(name) for name in plots.PLOTS}
    pictures["layers"] = layers.picture()
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
