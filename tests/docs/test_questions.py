"""Following the links of a built site finds what is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from .questions import MOST_CLICKS, TABLE, Question, Site, main, plain, questions

FRONT = """<body><a href="hidden.html">Beside</a><article><section id="front">
<h1>Front<a class="headerlink" href="#front">¶</a></h1>
<p><a href="guides/index.html"><span>How-to</span> guides</a>,
<a href="a.html">Twice</a>, <a href="b.html">Twice</a>, <a href="https://example.org/">Elsewhere</a></p>
</section></article></body>"""
GUIDES = """<body><article><section id="guides"><h1>Guides</h1><p>all of them</p>
<section id="first"><span id="one"></span><h2>First</h2><p>Don\u2019t
<code>drop</code> it</p></section>
<section id="second"><h2>Second</h2><p>something else</p></section>
</section></article>
<div class="toc-tree"><div><a href="#one">First</a></div></div></body>"""


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "guides").mkdir()
    (tmp_path / "index.html").write_text(FRONT, "utf-8")
    (tmp_path / "guides" / "index.html").write_text(GUIDES, "utf-8")
    for name in ("a.html", "b.html", "hidden.html"):
        (tmp_path / name).write_text("<article></article>", "utf-8")
    return tmp_path


def answered(built: Path, answer: str, *way: str) -> str | None:
    return Site(built).unanswered(Question("?", way, answer))


def test_an_answer_in_the_section_that_the_way_leads_to(built: Path) -> None:
    assert answered(built, "Don't drop it", "How-to guides", "First") is None
    assert answered(built, "something else", "How-to guides") is None


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (("How-to guides", "First"), "does not have"),
        (("How-to guides", "Third"), "no places to go"),
        (("Beside",), "no places to go"),
        (("Twice",), "2 places to go"),
        (("Elsewhere",), "leaves the site"),
        (("How-to guides", *["First"] * MOST_CLICKS), "clicks"),
    ],
)
def test_what_keeps_a_reader_from_an_answer(
    built: Path, way: tuple[str, ...], said: str
) -> None:
    assert said in str(answered(built, "something else", *way))


def test_links_that_lead_nowhere(built: Path) -> None:
    assert list(Site(built).broken()) == []
    (built / "a.html").write_text(
        '<article><a href="guides/index.html#three">x</a>'
        '<a href="c.html">y</a><a href="scorer.js">z</a></article>',
        "utf-8",
    )
    (built / "scorer.js").touch()
    assert list(Site(built).broken()) == [
        "a.html: there is no such place as guides/index.html#three",
        "a.html: there is no page c.html",
    ]


def test_a_site_without_the_answers_fails(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(str(built)) == 1
    n_asked = len(questions(TABLE.read_text("utf-8")))
    assert f"{n_asked} questions" in capsys.readouterr().out


def test_the_table_has_at_least_twenty_questions_each_with_a_way() -> None:
    asked = questions(TABLE.read_text("utf-8"))
    assert len({question.text for question in asked}) == len(asked) >= 20
    for question in asked:
        assert question.way[0]
        assert plain(question.answer)
