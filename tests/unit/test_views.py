"""The revision graph as a picture: on a terminal, as SVG, for mermaid and Graphviz."""

from __future__ import annotations

import random
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from pathlib import Path

import pytest

from alembic_c._views import _languages, _svg, _terminal, _tree
from alembic_c.util._mermaid import escaped
from tests.support.project import Project

SVG = "{http://www.w3.org/2000/svg}"
Edges = set[tuple[str, str, bool]]


def node(
    revision: str,
    down: Iterable[str] = (),
    depends: Iterable[str] = (),
    message: str = "",
) -> _tree.Node:
    down, depends = tuple(down), tuple(depends)
    return _tree.Node(revision, message, (), (), down, depends, False, revision)


class FakeScript:
    """What `_tree` asks of a script."""

    _db_current_indicator = False
    _orig_branch_labels: tuple[str, ...] = ()
    is_head = False

    def __init__(self, made: _tree.Node) -> None:
        self.revision, self.doc = made.revision, made.message
        self._versioned_down_revisions = made.down
        self._resolved_dependencies = made.depends

    def cmd_format(self, verbose: bool, **asked: bool) -> str:
        return self.revision


def ordered(made: Iterable[_tree.Node]) -> list[_tree.Node]:
    return _tree.nodes([FakeScript(each) for each in made])  # type: ignore[misc]


def random_tree(seed: int) -> list[_tree.Node]:
    """Return revisions, the newest first, with branches, merges and dependencies."""
    chance = random.Random(seed)
    made: list[_tree.Node] = []
    for number in range(chance.randrange(1, 40)):
        others = [each.revision for each in made[-chance.randrange(1, 12) :]]
        chance.shuffle(others)
        n_down = min(len(others), chance.choice([0, 1, 1, 1, 1, 2, 3]))
        down, rest = others[:n_down], others[n_down:]
        made.append(node(f"r{number}", down, rest[: chance.choice([0, 0, 0, 1, 2])]))
    return made[::-1]


def edges_of(nodes: Iterable[_tree.Node]) -> Edges:
    return {
        (each.revision, below, style)
        for each in nodes
        for ids, style in ((each.down, False), (each.depends, True))
        for below in ids
    }


def read_terminal(lines: list[str]) -> set[tuple[str, str]]:
    """Follow the lines of a picture; return which revision leads to which below."""
    found = set()
    names = [line.partition(" r")[2] for line in lines]
    lines = [line.partition(" r")[0] for line in lines]
    for n, line in enumerate(lines):
        if "*" not in line:
            continue
        lane = line.index("*")
        starts = []
        if len(lines) > n + 1 and lines[n + 1][lane : lane + 1].strip():
            starts.append((n + 1, lane))
        for m in range(n + 1, len(lines)):
            if "*" in lines[m]:
                break
            across = [
                column
                for column, sign in enumerate(lines[m])
                if column != lane and sign in "├┤┼╭╮╰╯┬┴"
            ]
            starts += [(m + 1, column) for column in across]
            # Nothing goes straight on where the line ends in this row.
            if lines[m][lane : lane + 1] in ("╰", "╯", "┴"):
                starts = [each for each in starts if each[1] != lane]
        for m, column in starts:
            while lines[m][column] != "*":
                m += 1
            found.add((f"r{names[n]}", f"r{names[m]}"))
    return found


@pytest.mark.parametrize("seed", range(150))
def test_the_lines_on_a_terminal_lead_to_what_is_below(seed: int) -> None:
    nodes = ordered(random_tree(seed))
    lines = list(_terminal.lines(nodes, "utf-8"))
    assert read_terminal(lines) == {edge[:2] for edge in edges_of(nodes)}, "\n".join(
        lines
    )


@pytest.mark.parametrize("seed", range(50))
def test_every_form_has_each_revision_and_each_edge(seed: int) -> None:
    made = random_tree(seed)
    nodes = ordered(made)
    assert sorted(nodes) == sorted(made)
    place = {each.revision: n for n, each in enumerate(nodes)}
    assert all(place[above] < place[below] for above, below, _ in edges_of(made))

    mermaid, dot = (
        "\n".join(form(nodes)) for form in (_languages.mermaid, _languages.dot)
    )
    names = dict(re.findall(r'(r\d+)\["(r\d+)"\]', mermaid))
    assert names == dict(re.findall(r'(r\d+) \[label="(r\d+)"', dot))
    found = re.findall(r"(r\d+) (-->|-\.->) (r\d+)", mermaid)
    assert edges_of(made) == {
        (names[above], names[below], sign != "-->") for below, sign, above in found
    }
    found = re.findall(r"(r\d+) -> (r\d+)( \[style=dashed\])?;", dot)
    assert edges_of(made) == {
        (names[above], names[below], bool(dashed)) for below, above, dashed in found
    }
    assert edges_of(made) == read_svg(_svg.picture(nodes))


def read_svg(text: str) -> Edges:
    """Return the edges of a picture by where its lines begin and end."""
    picture = ElementTree.fromstring(text)
    circles = [(e.get("cx"), e.get("cy")) for e in picture.iter(f"{SVG}circle")]
    texts = [e[0].text or "" for e in picture.iter(f"{SVG}text")]
    at = dict(zip(circles, texts, strict=True))
    found = set()
    for path in picture.iter(f"{SVG}path"):
        numbers = re.findall(r"-?\d+", path.get("d", ""))
        x = numbers[0] if len(numbers) == 3 else numbers[6]
        above, below = at[numbers[0], numbers[1]], at[x, numbers[-1]]
        found.add((above, below, "depends" in path.get("class", "")))
    return found


HOSTILE = "a \"b\" <c> & `d` \\ # ; --> ]) \x00\x1b \u202e {e} | 'f' *g* _h_\n\tend"


def test_texts_are_escaped() -> None:
    nodes = ordered([node("r1", message=HOSTILE)])
    shown = "a \"b\" <c> & `d` \\ # ; --> ]) \ufffd\ufffd \ufffd {e} | 'f' *g* _h_ end"
    picture = ElementTree.fromstring(_svg.picture(nodes))
    (text,) = picture.iter(f"{SVG}text")
    assert "".join(text.itertext()) == f"r1 {shown}"

    (line,) = [line for line in _languages.mermaid(nodes) if "r0" in line]
    inside = line.strip().removeprefix('r0["').removesuffix('"]')
    head, _, message = inside.partition("<br/>")
    assert not set(message) & set('"<>`\\*_')
    decoded = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), message)
    assert (head, re.sub(r"\\(\W|_)", r"\1", decoded)) == ("r1", shown)

    (line,) = [line for line in _languages.dot(nodes) if "r0" in line]
    quoted = re.fullmatch(r'    r0 \[label="((?:[^"\\]|\\.)*)"\];', line)
    assert quoted
    assert re.sub(r"\\(.)", r"\1", quoted[1]) == f"r1n{shown}"


@pytest.mark.parametrize("start", ["1. x", "- x", "+ x", "12) x"])
def test_no_list_begins_in_mermaid(start: str) -> None:
    assert escaped(start) == f"#8203;{start}"
    assert escaped("-x 1. y") == "-x 1. y"


class TestLargeTrees:
    """Nothing grows faster than the number of revisions."""

    N = 10_000

    def both(self, made: list[_tree.Node]) -> tuple[list[str], str]:
        nodes = ordered(made)
        return list(_terminal.lines(nodes, "utf-8")), _svg.picture(nodes)

    def test_a_line(self) -> None:
        made = [node(f"r{n}", [f"r{n - 1}"] if n else []) for n in range(self.N)]
        lines, svg = self.both(made[::-1])
        assert len(lines) == self.N
        assert len(svg) < 300 * self.N

    def test_as_many_branches(self) -> None:
        made = [node(f"r{n}", ["base"]) for n in range(self.N)]
        lines, svg = self.both([*made, node("base")])
        assert lines[:4] == ["* r0", "│ * r1", "├─╯", "│ * r2"]
        assert len(svg) < 300 * self.N

    def test_a_merge_of_as_many(self) -> None:
        made = [node(f"r{n}", ["base"]) for n in range(self.N)]
        merge = node("merge", [each.revision for each in made])
        lines, svg = self.both([merge, *made, node("base")])
        assert max(map(len, lines)) < 2 * _terminal.MAX_LANES + 20
        assert lines[1].endswith("┬─…")
        assert lines[-1] == "* base"
        assert len(svg) < 400 * self.N


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("pictures"), PYTHONIOENCODING="utf-8")
    project.run("init", "migrations")
    project.use_database("sqlite://")

    def add(revision: str, *arguments: str) -> None:
        project.run(
            *("revision", "--rev-id", revision, "-m", f"make {revision}", *arguments)
        )

    add("a1")
    add("a2")
    add("b1", "--head", "a1", "--splice", "--branch-label", "side")
    add("c1", "--head", "base", "--depends-on", "b1")
    project.run("merge", "--rev-id", "m1", "-m", "together", "a2", "b1")
    add("a3", "--head", "m1")
    return project


def test_graph(project: Project) -> None:
    done = project.run("history", "--graph")
    assert done.stdout.splitlines() == [
        "* a3 (side) (head), make a3",
        "* m1 (side) (mergepoint), together",
        "├─╮",
        "* │ a2, make a2",
        "│ │ * c1 (head), make c1",
        "│ ├╌╯",
        "│ * b1 (side), make b1",
        "├─╯",
        "* a1 (branchpoint), make a1",
    ]


def test_graph_without_box_drawing(project: Project) -> None:
    project = Project(project.root, PYTHONIOENCODING="ascii")
    lines = project.run("history", "--graph").stdout.splitlines()
    assert lines[2:6] == ["+-.", "* | a2, make a2", "| | * c1 (head), make c1", "| +-'"]


def test_graph_with_all_that_there_is_to_say(project: Project) -> None:
    lines = project.run("history", "--graph", "-v", "-r", "m1:").stdout.splitlines()
    assert lines[0] == "* Rev: a3 (head)"
    assert lines[1] == "│ Parent: m1"
    assert "* Rev: m1 (mergepoint)" in lines


def test_a_range_says_what_it_leaves_out(project: Project) -> None:
    lines = project.run("history", "--graph", "-r", "a2:m1").stdout.splitlines()
    assert lines == [
        "* a2, b1 -> m1 (side) (mergepoint), together",
        "* a1 -> a2, make a2",
    ]
    mermaid = project.run("history", "--format", "mermaid", "-r", "a2:m1").stdout
    assert 'r0["a2<br/>make a2"]:::cut' in mermaid
    assert "b1" not in mermaid


def test_labels_and_heads_are_in_pictures(project: Project) -> None:
    for form in ("mermaid", "dot"):
        text = project.run("history", "--format", form).stdout
        assert '"b1 (side)' in text
        assert '"a3 (head)' in text
    svg = ElementTree.fromstring(project.run("history", "--format", "svg").stdout)
    texts = ["".join(e.itertext()) for e in svg.iter(f"{SVG}text")]
    assert texts[0] == "a3 (head) make a3"
    assert "b1 (side) make b1" in texts


def test_current_is_marked(project: Project, tmp_path: Path) -> None:
    text = project.run("history", "--format", "dot", "-i").stdout
    assert "current" not in text  # nothing is applied to a database in memory
    project.replace("alembic.ini", "sqlite://", f"sqlite:///{tmp_path / 'a.db'}")
    try:
        project.run("stamp", "b1")
        text = project.run("history", "--format", "dot", "-i").stdout
        assert '"b1 (side, current)' in text
        assert "* b1 (side) (current), make b1" in (
            project.run("history", "--graph", "-i").stdout.replace("│ * ", "* ")
        )
    finally:
        project.replace("alembic.ini", f"sqlite:///{tmp_path / 'a.db'}", "sqlite://")


def test_the_newest_and_the_oldest_first(project: Project) -> None:
    everything = project.run("history").stdout.splitlines()
    assert project.run("history", "-n", "2").stdout.splitlines() == everything[:2]
    reverse = project.run("history", "--reverse").stdout.splitlines()
    assert reverse == everything[::-1]
    both = project.run("history", "--reverse", "-n", "2").stdout.splitlines()
    assert both == everything[1::-1]
    assert project.run("history", "-n", "0").stdout == ""


def test_abbreviations_are_upstreams(project: Project) -> None:
    assert project.run("history", "--rev", "a1:a2").stdout.count("\n") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--graph", "--format", "svg"), "--graph is for a terminal"),
        (("--graph", "--reverse"), "--reverse is for lists"),
        (("--format", "dot", "--reverse"), "--reverse is for lists"),
    ],
)
def test_what_has_no_meaning_together(
    project: Project, arguments: tuple[str, ...], message: str
) -> None:
    assert message in project.run("history", *arguments, status=255).stdout


def test_a_limit_is_a_number(project: Project) -> None:
    done = project.run("history", "-n", "-1", status=2)
    assert "invalid number value" in done.stderr
