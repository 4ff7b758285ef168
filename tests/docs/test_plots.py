"""The plots show what the benchmarks' tables say."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from tools.site import explained, generate, layers, plots


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


def test_the_pictures_of_the_readme_are_those_of_the_code() -> None:
    kept = {path.name: path for path in (plots.ROOT / "docs" / "pictures").iterdir()}
    drawn = generate.readme_pictures()
    assert kept.keys() == drawn.keys()
    for name, svg in drawn.items():
        assert kept[name].read_text("utf-8") == svg, (
            "run: python -m tools.site.generate"
        )
    readme = (plots.ROOT / "README.md").read_text("utf-8")
    assert all(f"](docs/pictures/{name})" in readme for name in drawn)


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


def texts(svg: str) -> list[str]:
    tree = ElementTree.fromstring(svg)
    return [e.text or "" for e in tree.iter() if e.tag.endswith("text")]


def test_the_walk_is_what_the_scanner_answers() -> None:
    steps = explained.walk_steps()
    assert [step.text for step in steps] == explained.FILE.splitlines()
    names: dict[str, object] = {}
    exec(explained.FILE.partition("branch_labels")[0].partition("sa\n")[2], names)
    notes = [step.note for step in steps if step.note]
    assert notes[0] == "message: drop fax numbers"
    assert notes[1:] == [repr(names["revision"]), repr(names["down_revision"])] + [
        "None",
        "('stock',)",
    ]
    assert [step.text for step in steps if not step.is_read][2] == "def upgrade():"
    drawn = texts(explained.walk())
    assert all(note in drawn for note in notes)


def test_the_proof_is_what_autogenerate_said() -> None:
    fates = {fate.table: fate for fate in explained.proof_fates()}
    assert fates["customer"].reason is fates["order"].reason is None
    assert fates["product"].operations == ("AlterColumn",)
    assert fates["product"].reason == "column type"
    assert fates["invoice"].reason
    assert fates["invoice"].operations == ()
    drawn = texts(explained.proof())
    assert set(fates) < set(drawn)
    assert drawn.count("equal: done") == 3
