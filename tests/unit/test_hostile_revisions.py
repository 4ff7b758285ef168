"""Revisions that misbehave: errors, never a crash and never a leak."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from alembic_c import _core
from alembic_c.script.revision import LoopDetected, Revision, RevisionError, RevisionMap


class Fickle(Revision):
    """Its id is another one each time."""

    count = 0

    @property
    def revision(self) -> Any:
        Fickle.count += 1
        return f"f{Fickle.count}"

    @revision.setter
    def revision(self, value: Any) -> None:
        pass


class Busy(Revision):
    """Runs something whenever it is asked for its id."""

    action: Callable[[], object] | None = None

    @property
    def revision(self) -> Any:
        action, Busy.action = Busy.action, None
        if action:
            action()
        Busy.action = action
        return self._id

    @revision.setter
    def revision(self, value: Any) -> None:
        self._id = value


@pytest.fixture(autouse=True)
def idle() -> Iterator[None]:
    yield
    Busy.action = None


def line(length: int, of: type[Revision] = Revision) -> list[Revision]:
    ids = [f"r{number}" for number in range(length)]
    return [of(id_, down) for id_, down in zip(ids, [None, *ids], strict=False)]


def loaded(revisions: list[Any]) -> RevisionMap:
    map_ = RevisionMap(lambda: revisions)
    map_._revision_map  # noqa: B018
    return map_


# --- making them ---------------------------------------------------------------------


@pytest.mark.parametrize("field", ["down_revision", "dependencies"])
@pytest.mark.parametrize("id_", [None, True, 0, 1.5, (), [], b"a"])
def test_id_that_is_no_string_and_refers_to_itself(field: str, id_: Any) -> None:
    arguments: dict[str, Any] = {"down_revision": None, field: (id_,)}
    with pytest.raises(TypeError, match="expected str instance"):
        Revision(id_, **arguments)


@pytest.mark.parametrize("field", ["down_revision", "dependencies"])
def test_empty_id(field: str) -> None:
    arguments: dict[str, Any] = {"down_revision": None, field: ("",)}
    with pytest.raises(LoopDetected):
        Revision("", **arguments)
    arguments[field] = ""
    assert getattr(Revision("", **arguments), field) == ""


def test_id_that_is_a_tuple() -> None:
    with pytest.raises(RevisionError, match="Character"):
        Revision(("-",), None)  # type: ignore[arg-type]


@pytest.mark.parametrize("labels", [["x"], frozenset("x"), None, "x"])
def test_labels_that_are_no_set(labels: Any) -> None:
    revisions = [Revision("a", None, branch_labels="label"), Revision("b", "a")]
    revisions[1].branch_labels = labels
    with pytest.raises(AttributeError, match="no attribute 'update'"):
        loaded(revisions)


# --- loading -------------------------------------------------------------------------


@pytest.mark.parametrize("n_plain", [0, 1, 100])
def test_id_that_changes_while_the_map_is_loaded(n_plain: int) -> None:
    revisions = [*line(n_plain), Fickle("x", None), Fickle("y", None)]
    map_ = loaded(revisions)
    assert len(map_.heads) == 2 + (n_plain > 0)
    # Each was asked once, and is known by what it said.
    assert set(map_.get_revisions("heads")) >= set(revisions[-2:])
    assert len(list(map_._get_ancestor_nodes(revisions))) == n_plain + 2


def test_another_map_of_the_same_revisions_is_loaded_meanwhile() -> None:
    shared = line(100)
    few = [*shared[:3], Revision("again", "r1"), Revision("again", "r1")]
    other: list[RevisionMap] = []

    def load_other(*args: object, **kw: object) -> None:
        other.append(loaded(shared[::-1]))

    with warnings.catch_warnings():
        warnings.showwarning = load_other
        warnings.simplefilter("always")
        map_ = loaded(few)
    assert other
    assert set(map_.heads) == {"r2", "again"}
    assert other[0].heads == ("r99",)


def test_map_that_is_changed_while_it_is_loaded() -> None:
    map_: dict[Any, Any] = {}

    class Adding(Revision):
        @property
        def dependencies(self) -> Any:
            map_["r0"] = map_["other"] = None
            return "r0"

        @dependencies.setter
        def dependencies(self, value: Any) -> None:
            pass

    revisions = [*line(1), Adding("x", "r0")]
    _core.load_revisions(revisions, map_, lambda *what: pytest.fail(str(what)))
    assert map_["r0"] is revisions[0]
    assert revisions[1]._resolved_dependencies == ("r0",)


@pytest.mark.parametrize(
    ("what", "revisions"),
    [
        ("missing dependency", [Revision("a", None, "absent")]),
        ("missing", [Revision("a", "absent")]),
        ("label", [Revision("a", None, None, "x"), Revision("b", None, None, "x")]),
        ("cycle", [Revision("a", "b"), Revision("b", "a")]),
        ("dependency cycle", [Revision("a", None, "b"), Revision("b", "a")]),
    ],
)
def test_report_that_returns_where_there_is_no_graph(
    what: str, revisions: list[Revision]
) -> None:
    told = []
    map_: dict[Any, Any] = {}
    with pytest.raises(RuntimeError, match="report"):
        _core.load_revisions(revisions, map_, lambda *what: told.append(what))
    assert [each[0] for each in told] == [what]
    assert map_ == {}


def test_setter_that_looks_for_the_unfinished_graph() -> None:
    answers: list[Any] = []

    class Curious(Revision):
        @property
        def nextrev(self) -> Any:
            return self.__dict__.get("_next", frozenset())

        @nextrev.setter
        def nextrev(self, value: Any) -> None:
            self.__dict__["_next"] = value
            for found in gc.get_objects():
                if type(found) is _core.RevisionGraph and found not in known:
                    answers.append(found.ancestors(revisions[:1], False, True))
                    answers.append(found.descendants(revisions[:1], False, True, True))

    revisions = [*line(200), Curious("top", "r199", branch_labels="label")]
    gc.collect()
    known = [o for o in gc.get_objects() if type(o) is _core.RevisionGraph]
    map_ = loaded(revisions)
    assert answers == []
    assert map_.heads == ("top",)
    assert all(rev.branch_labels == {"label"} for rev in revisions)


def test_labels_are_not_where_others_can_change_them() -> None:
    label = str(object())
    revisions = [Revision("b0", None, branch_labels=label), *line(1)]
    revisions += [Revision(f"x{n}", f"x{n - 1}" if n else "b0") for n in range(9)]
    own = revisions[0]._orig_branch_labels
    loaded(revisions)
    for holder in gc.get_referrers(own):
        if isinstance(holder, list) and holder is not revisions:
            holder.clear()
    assert all(
        rev.branch_labels == {label} for rev in revisions if rev.revision != "r0"
    )


def test_list_of_revisions_that_is_found_while_it_is_made(tmp_path: Path) -> None:
    for name in "abc":
        text = f"revision = {name!r}\ndown_revision = None\n"
        (tmp_path / f"{name}.py").write_text(text)
    tree = _core.scan_tree([tmp_path])
    seen: list[str] = []

    class Looking(Revision):
        def __new__(cls, *args: Any) -> Looking:
            for found in gc.get_objects():
                if type(found) is list and 0 < len(found) < 5 and found is not seen:
                    seen.append(repr(found[-1])[:20])
            return super().__new__(cls, *args)

    assert [rev.revision for rev in tree.revisions(Looking)] == ["a", "b", "c"]
    assert seen


def test_two_threads_load_one_map() -> None:
    for _ in range(20):
        barrier = threading.Barrier(4)
        n_loads: list[int] = []

        def generate(n_loads: list[int] = n_loads) -> Iterator[Revision]:
            n_loads.append(1)
            for rev in line(50):
                time.sleep(0)
                yield rev

        map_ = RevisionMap(generate)

        def ask(
            question: Callable[[RevisionMap], object],
            map_: RevisionMap = map_,
            barrier: threading.Barrier = barrier,
        ) -> Any:
            barrier.wait()
            return question(map_)

        questions: list[Callable[[RevisionMap], object]] = [
            lambda map_: map_.get_revision("r7"),
            lambda map_: map_.get_revision("r7"),
            lambda map_: map_._revision_map["r7"],
            lambda map_: map_.heads and map_.get_revision("r7"),
        ]
        with ThreadPoolExecutor(len(questions)) as pool:
            found = list(pool.map(ask, questions))
        assert len(set(map(id, found))) == 1, found
        assert found[0].revision == "r7"
        assert n_loads == [1]


def test_generator_that_raises_in_the_middle() -> None:
    attempts = []

    def generate() -> Iterator[Revision]:
        yield from line(3)
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError("gone")

    map_ = RevisionMap(generate)
    with pytest.raises(OSError, match="gone"):
        map_.heads  # noqa: B018
    assert map_.heads == ("r2",)


def test_generator_that_asks_the_map_that_it_is_for() -> None:
    def generate() -> Iterator[Revision]:
        yield from line(3)
        map_.heads  # noqa: B018

    map_ = RevisionMap(generate)
    with pytest.raises(RecursionError):
        map_.heads  # noqa: B018


@pytest.mark.parametrize("name", ["revision", "down_revision", "dependencies"])
@pytest.mark.parametrize("countdown", range(12))
def test_field_that_raises(name: str, countdown: int) -> None:
    left = [countdown]

    def get(self: Revision) -> Any:
        if left[0] == 0:
            raise ZeroDivisionError
        left[0] -= 1
        return getattr(Revision, name).__get__(self)

    raising = type(
        "Raising",
        (Revision,),
        {name: property(get, getattr(Revision, name).__set__)},
    )
    revisions = [*line(3), raising("x", "r1", dependencies="r2")]
    before = sys.getrefcount(revisions[0])
    try:
        loaded(revisions).get_revisions(("x", "r0"))
    except ZeroDivisionError:
        assert left[0] == 0
    else:
        assert countdown > 0
    gc.collect()
    after = sys.getrefcount(revisions[0])
    assert after == before


class Unhashable(str):
    __hash__ = None  # type: ignore[assignment]


class Unequal(str):
    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError

    def __hash__(self) -> int:
        return hash("a")


# For arguments of wrong types.
unchecked: Any = Revision


@pytest.mark.parametrize(
    ("revisions", "error"),
    [
        (lambda: [Revision(Unhashable("a"), None)], TypeError),
        (
            lambda: [Revision("a", None), Revision(Unequal("b"), None)],
            ZeroDivisionError,
        ),
        (lambda: [unchecked("a", None, branch_labels=([],))], TypeError),
        (lambda: [unchecked("a", None, dependencies=(["b"], "c"))], TypeError),
        (lambda: [unchecked("a", (["b"], "c"))], (TypeError, KeyError)),
        (lambda: [unchecked("a", (b"b",))], KeyError),
        (lambda: [object()], AttributeError),
        (lambda: [None], AttributeError),
        (lambda: 5, TypeError),
    ],
)
def test_what_is_no_revision(
    revisions: Callable[[], Any], error: type[Exception]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(error):
            loaded(revisions())


def test_ids_of_a_subclass_of_str() -> None:
    class Text(str):
        pass

    map_ = loaded([Revision(Text("a"), None), Revision(Text("b"), Text("a"))])
    assert map_.heads == ("b",)
    assert map_.get_revision("b").down_revision == "a"  # type: ignore[union-attr]


def test_number_as_id() -> None:
    with pytest.raises(TypeError):
        Revision(5, None)  # type: ignore[arg-type]


def use(revisions: list[Revision]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        map_ = loaded(revisions)
    for revision in revisions:
        len(revision.nextrev), len(revision.branch_labels)
    map_.get_revisions(5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    [
        "nextrev",
        "_all_nextrev",
        "branch_labels",
        "_orig_branch_labels",
        "down_revision",
        "dependencies",
    ],
)
def test_field_of_the_wrong_type(name: str) -> None:
    revisions = [*line(2), Revision("c", "r1", branch_labels="x")]
    setattr(revisions[1], name, 5)
    with pytest.raises((TypeError, KeyError, AttributeError, SystemError)):
        use(revisions)


# --- questions -----------------------------------------------------------------------


def test_question_while_another_one_is_taken_apart() -> None:
    revisions = [*line(50, Busy), Revision("top", "r49")]
    map_ = loaded(revisions)
    graph = map_._graph
    top = [revisions[-1]]

    def ask() -> None:
        for _ in range(3):
            graph.ancestors(top, False, True)
            graph.sort(revisions, top)

    expected = [rev.revision for rev in graph.sort(revisions, top)]
    Busy.action = ask
    assert [rev.revision for rev in graph.sort(iter(revisions), iter(top))] == expected
    assert len(graph.ancestors(revisions, False, True)[0]) == 51
    assert graph.plan_upgrade(top, iter(revisions[:1]), True, True)[0] == "ok"
    assert graph.related(revisions, top, True) == [True] * 51


def test_argument_that_changes_while_it_is_read() -> None:
    revisions = [*line(50, Busy), Revision("top", "r49")]
    graph = loaded(revisions)._graph
    # Revisions that the graph does not have are looked up by their id.
    targets: list[Any] = [Busy(f"r{number}", None) for number in range(50)]
    Busy.action = targets.clear
    with pytest.raises(_core.ForeignRevisionError):
        graph.ancestors(targets, False, True)


def test_map_that_changes_while_it_is_read_again() -> None:
    revisions = line(50, Busy)
    map_ = loaded(revisions)
    content: dict[Any, Any] = map_._revision_map

    def change() -> None:
        if not revisions:
            return
        for number in range(20):
            content.pop(f"r{number}", None)
        revisions.clear()
        gc.collect()

    Busy.action = change
    content["other"] = Revision("other", None)
    map_._graph  # noqa: B018
    Busy.action = None
    assert "r0" not in content
    assert not map_.__dict__["_built_graph"].is_current()


def test_graph_in_the_making_cannot_be_found() -> None:
    known = {id(found) for found in all_graphs()}
    found_graphs: list[Any] = []

    def look() -> None:
        found_graphs.extend(graph for graph in all_graphs() if id(graph) not in known)

    revisions = line(3, Busy)
    Busy.action = look
    map_ = loaded(revisions)
    Busy.action = None
    assert found_graphs == []
    assert map_.heads == ("r2",)
    look()
    assert found_graphs == [map_.__dict__["_built_graph"]]


def all_graphs() -> list[_core.RevisionGraph]:
    return [o for o in gc.get_objects() if type(o) is _core.RevisionGraph]


def test_labels_that_are_asked_for_while_they_are_put_together() -> None:
    class Label(str):
        owner: Any = None

        def __hash__(self) -> int:
            if Label.owner is not None:
                owner, Label.owner = Label.owner, None
                len(owner.branch_labels), len(owner.nextrev)
                owner.nextrev = frozenset()
                Label.owner = owner
            return str.__hash__(self)

    revisions = [
        Revision(Label("a"), None, branch_labels=Label("one")),
        Revision(Label("b"), Label("a")),
        Revision(Label("c"), Label("b"), branch_labels=(Label("x"), Label("y"))),
    ]
    loaded(revisions)
    for revision in revisions:
        Label.owner = revision
        assert "one" in revision.branch_labels
        assert isinstance(revision.nextrev, frozenset)
        Label.owner = None


# --- memory --------------------------------------------------------------------------


def test_nothing_is_left_of_maps_that_could_not_be_loaded() -> None:
    def attempt() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for revisions in (
                [Revision("a", "missing", branch_labels="x")],
                [Revision("a", "b"), Revision("b", "a")],
                [Revision("a", None, dependencies="b"), Revision("b", "a")],
                [Revision("a", None), Revision("b", "a", branch_labels="a")],
            ):
                with pytest.raises((KeyError, RevisionError)):
                    loaded(revisions)

    attempt()
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(20):
        attempt()
    gc.collect()
    assert len(gc.get_objects()) < before + 20


def test_revisions_in_a_circle_of_references_are_collected() -> None:
    import weakref

    revisions = line(3)
    map_ = loaded(revisions)
    revisions[0].map = map_  # type: ignore[attr-defined]
    watch = weakref.ref(revisions[0])
    del revisions, map_
    gc.collect()
    assert watch() is None


def test_several_interpreters() -> None:
    program = """
import sys
try:
    import _interpreters as interpreters
    run = interpreters.exec
except ImportError:
    import _xxsubinterpreters as interpreters
    run = interpreters.run_string
code = '''
import sys
sys.path[:] = {path!r}
from alembic_c.script.revision import Revision, RevisionMap
map_ = RevisionMap(lambda: [Revision("a", None), Revision("b", "a")])
assert map_.heads == ("b",)
assert [rev.revision for rev in map_.iterate_revisions("b", None)] == ["b", "a"]
'''.replace("{path!r}", repr(sys.path))
exec(code)
for _ in range(3):
    one = interpreters.create()
    failed = run(one, code)
    assert failed is None, failed
    interpreters.destroy(one)
exec(code)
print("fine")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("fine\n", 0), done.stderr
