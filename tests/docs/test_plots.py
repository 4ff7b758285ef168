"""The plots show what the benchmarks' tables say."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from tools.site import layers, plots


@pytest.mark.parametrize("name", plots.PLOTS)
@pytest.mark.parametrize("alone", [False, True])
def test_every_row_of_a_plot_is_there_with_its_figures(name: str, alone: bool) -> None:
    svg = ElementTree.fromstring(plots.plot(name, alone=alone))
    texts = {element.text for element in svg.iter() if element.tag.endswith("text")}
    measured = plots.rows()
    for label, row in plots.PLOTS[name][1].items():
        assert label in texts
        for value in measured[row]:
            assert value is None or plots.shown(value) in texts


def test_bars_are_as_long_as_the_times_are(monkeypatch: pytest.MonkeyPatch) -> None:
    row = plots.Row(upstream=10.0, ours=0.1, floor=0.01)
    names = plots.PLOTS["revisions"][1].values()
    monkeypatch.setattr(plots, "rows", lambda: dict.fromkeys(names, row))
    svg = ElementTree.fromstring(plots.plot("revisions"))
    widths = [float(e.get("width", 0)) for e in svg.iter() if e.tag.endswith("rect")]
    assert [round(width - 4) for width in widths[:3]] == [420, 140, 0]


@pytest.mark.parametrize(
    ("cell", "value"), [("3.34 s", 3.34), ("68 µs", 68e-6), ("1.5 ms", 1.5e-3)]
)
def test_units(cell: str, value: float) -> None:
    assert plots.seconds(cell) == pytest.approx(value)


def test_the_plot_of_the_readme_is_that_of_the_tables() -> None:
    path = plots.ROOT / "docs" / "pictures" / "revisions.svg"
    assert path.read_text("utf-8") == plots.plot("revisions", alone=True), (
        "run: python -m tools.site.plots"
    )


def test_the_picture_of_the_layers_has_each_of_them_in_order() -> None:
    svg = ElementTree.fromstring(layers.picture())
    python, c = layers.lists()
    heights = {
        (float(e.get("x", 0)), e.text): float(e.get("y", 0))
        for e in svg.iter()
        if e.tag.endswith("text")
    }
    for x, names in ((170.0, python), (510.0, c)):
        drawn = [heights[x, name] for name in names]
        assert drawn == sorted(drawn, reverse=True)
        assert len(set(drawn)) == len(names) > 5
