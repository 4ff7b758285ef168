"""Revisions and their map where upstream's own tests do not look."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from alembic_c.script import revision as module
from alembic_c.script.revision import (
    CycleDetected,
    DependencyLoopDetected,
    LoopDetected,
    MissingRevisionError,
    MultipleHeads,
    RangeNotAncestorError,
    ResolutionError,
    Revision,
    RevisionError,
    RevisionMap,
)


def make_map(*revisions: Revision) -> RevisionMap:
    return RevisionMap(lambda: revisions)


def diamond() -> RevisionMap:
    return make_map(
        Revision("a", None),
        Revision("b1", "a", branch_labels="left"),
        Revision("b2", "a"),
        Revision("c", ("b1", "b2")),
    )


def ids(revisions: Iterable[Any]) -> list[str]:
    return [revision.revision for revision in revisions]


def test_importing_it_loads_nothing_heavy() -> None:
    heavy = "sqlalchemy mako typing inspect asyncio tempfile dataclasses"
    code = (
        "import sys; before = set(sys.modules); import alembic_c._core,"
        "alembic_c.script._graph, alembic_c.script._revision; "
        f"print(*sorted((set(sys.modules) - before) & set({heavy.split()!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


class TestRevision:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            (None, None),
            ((), None),
            ([], None),
            ("a", "a"),
            (("a",), "a"),
            (["a", "b"], ("a", "b")),
            (("a", "a"), ("a", "a")),
            ("", ""),
        ],
    )
    def test_down_revision_and_dependencies_are_put_in_shape(
        self, given: Any, kept: Any
    ) -> None:
        assert Revision("x", given).down_revision == kept
        assert Revision("x", None, dependencies=given).dependencies == kept

    def test_arguments_have_names(self) -> None:
        revision = Revision(
            revision="x", down_revision="a", dependencies="b", branch_labels=["l", "m"]
        )
        assert repr(revision).startswith("Revision('x', 'a', dependencies='b', bran")
        assert revision.branch_labels == {"l", "m"}
        assert revision._orig_branch_labels == ("l", "m")

    @pytest.mark.parametrize("arguments", [(), ("x",), ("x", None, None, None, None)])
    def test_wrong_number_of_arguments(self, arguments: tuple[Any, ...]) -> None:
        with pytest.raises(TypeError):
            Revision(*arguments)

    def test_it_must_not_refer_to_itself(self) -> None:
        with pytest.raises(LoopDetected, match=r"^Self-loop .* \(x\)$") as caught:
            Revision("x", ("a", "x"))
        assert caught.value.revisions == ["x"]
        with pytest.raises(DependencyLoopDetected, match=r"^Dependency self-loop"):
            Revision("x", None, dependencies="x")

    @pytest.mark.parametrize("id_", ["a-b", "a@", "+a", "a:b", "-@+:"])
    def test_ids_have_no_characters_of_symbols(self, id_: str) -> None:
        with pytest.raises(RevisionError, match=r"Character\(s\) .* not allowed"):
            Revision(id_, None)

    def test_a_class_may_check_ids_its_own_way(self) -> None:
        class Checked(Revision):
            down_revision = None

            @classmethod
            def verify_rev_id(cls, revision: str) -> None:
                raise ValueError(revision)

        with pytest.raises(ValueError, match="x"):
            Checked("x", None)

    def test_before_a_map_is_loaded(self) -> None:
        revision = Revision("x", "a")
        assert revision.nextrev == revision._all_nextrev == frozenset()
        assert revision.is_head
        with pytest.raises(AttributeError, match="_resolved_dependencies"):
            _ = revision._all_down_revisions

    def test_followers_can_be_added_by_hand(self) -> None:
        parent, other = Revision("a", None), Revision("b", None)
        child = Revision("c", "a", dependencies="b")
        parent.add_nextrev(child)
        other.add_nextrev(child)
        assert [parent.nextrev, parent._all_nextrev] == [{"c"}, {"c"}]
        assert [other.nextrev, other._all_nextrev] == [frozenset(), {"c"}]
        assert isinstance(parent.nextrev, frozenset)

    def test_it_survives_pickling_and_copying(self) -> None:
        revision = diamond()._revision_map["b1"]
        assert revision is not None
        for again in (pickle.loads(pickle.dumps(revision)), copy.copy(revision)):
            assert type(again) is Revision
            assert repr(again) == repr(revision)
            assert again.nextrev == {"c"}
            assert again._resolved_dependencies == ()
        deep = copy.deepcopy(revision)
        deep.branch_labels.add("other")
        assert "other" not in revision.branch_labels

    def test_public_names_are_upstreams(self) -> None:
        assert Revision.__module__ == "alembic_c.script.revision"
        assert repr(CycleDetected).endswith("alembic_c.script.revision.CycleDetected'>")
        assert module._RevIdType  # annotations of other packages
        with pytest.raises(AttributeError, match="no attribute '_nothing'"):
            _ = module._nothing


class TestLoading:
    def test_the_generator_runs_once_and_late(self) -> None:
        runs: list[int] = []

        def generate() -> list[Revision]:
            runs.append(1)
            return [Revision("a", None)]

        map_ = RevisionMap(generate)
        assert runs == []
        assert map_.heads == ("a",)
        assert map_.bases == ("a",)
        assert list(map_._revision_map) == ["a", None, ()]
        assert runs == [1]

    def test_a_missing_parent_is_a_key_error_that_knows_more(self) -> None:
        child = Revision("b", "a")
        with (
            pytest.warns(
                UserWarning,
                match=r"^Revision a referenced from Revision\('b', 'a'\) is",
            ),
            pytest.raises(KeyError) as caught,
        ):
            _ = make_map(child).heads
        assert caught.value.args == ("a",)
        assert isinstance(caught.value, MissingRevisionError)
        copy = pickle.loads(pickle.dumps(caught.value))
        assert (type(copy), copy.args) == (MissingRevisionError, caught.value.args)
        assert caught.value.missing == "a"
        assert caught.value.referenced_from is child

    def test_a_failed_load_can_be_repeated(self) -> None:
        revisions = [Revision("a", None), Revision("b", None, dependencies="c")]
        map_ = RevisionMap(lambda: revisions)
        with pytest.raises(KeyError):
            _ = map_.heads
        revisions.append(Revision("c", "a"))
        assert map_.heads == ("b", "c")
        assert map_._real_heads == ("b",)

    @pytest.mark.parametrize("bad", [[5], ["a"], [None], 5, None])
    def test_what_the_generator_gives_is_not_trusted(self, bad: Any) -> None:
        with pytest.raises((TypeError, AttributeError)):
            _ = RevisionMap(lambda: bad).heads

    def test_ids_may_be_any_text(self) -> None:
        odd = ["", "a\0b", "a", "ß", "日本", "\ud800", "x" * 5000]
        map_ = make_map(
            *(Revision(id_, odd[n - 1] if n else None) for n, id_ in enumerate(odd))
        )
        assert map_.heads == (odd[-1],)
        assert ids(map_.iterate_revisions("heads", "base")) == odd[::-1]

    def test_revisions_may_serve_two_maps(self) -> None:
        revisions = [Revision("a", None), Revision("b", "a")]
        first = RevisionMap(lambda: revisions)
        assert first.heads == ("b",)
        second = RevisionMap(lambda: [*revisions, Revision("c", "a")])
        assert second.heads == ("b", "c")
        assert revisions[0].nextrev == {"b", "c"}
        assert ids(second.iterate_revisions("heads", "base")) == ["b", "c", "a"]
        assert ids(first.iterate_revisions("b", "base")) == ["b", "a"]

    def test_labels_are_one_set_that_callers_may_change(self) -> None:
        map_ = make_map(
            Revision("a", None, branch_labels="x"),
            Revision("b", "a"),
            Revision("c", "b"),
        )
        above = map_.get_revision("c")
        assert above is not None
        assert above.branch_labels == {"x"}
        above.branch_labels.add("mine")
        assert above.branch_labels == {"x", "mine"}
        below = map_.get_revision("b")
        assert below is not None
        assert below.branch_labels == {"x"}


class TestChanges:
    """Maps and revisions are changed in place by tests and by other packages."""

    def test_a_revision_put_into_the_dictionary(self) -> None:
        map_ = diamond()
        assert map_.get_revision("head") is not None
        late = Revision("d", "c")
        late._resolved_dependencies = late._normalized_resolved_dependencies = ()
        map_._revision_map["d"] = late
        parent = map_.get_revision("c")
        assert parent is not None
        parent.add_nextrev(late)
        assert ids(map_.iterate_revisions("d", "b1")) == ["d", "c"]

    def test_a_follower_that_is_gone(self) -> None:
        map_ = diamond()
        del map_._revision_map["c"]
        assert ids(map_.iterate_revisions("b1", "base")) == ["b1", "a"]
        with pytest.raises(KeyError, match=r"^'c'$"):
            list(map_._get_descendant_nodes([map_._revision_map["b1"]]))

    @pytest.mark.parametrize(
        "change",
        [
            lambda map_: map_.pop("x"),
            lambda map_: map_.__delitem__("x"),
            lambda map_: map_.update(x=None),
            lambda map_: map_.__ior__({"x": None}),
            lambda map_: map_.__setitem__("x", None),
        ],
    )
    def test_each_way_to_change_the_dictionary(
        self, change: Callable[[Any], Any]
    ) -> None:
        map_ = make_map(Revision("a", None), Revision("x", None, dependencies="a"))
        graph = map_._graph
        assert map_._graph is graph
        change(map_._revision_map)
        assert map_._graph is not graph

    def test_a_new_parent(self) -> None:
        map_ = make_map(Revision("a", None), Revision("b", None), Revision("c", "b"))
        assert ids(map_.iterate_revisions("c", "base")) == ["c", "b"]
        lower, upper = map_.get_revision("b"), map_.get_revision("c")
        assert lower is not None
        assert upper is not None
        upper.down_revision = "a"
        lower.nextrev = lower._all_nextrev = frozenset()
        assert ids(map_.iterate_revisions("c", "base")) == ["c", "a"]

    def test_deleting_a_field_resets_it(self) -> None:
        map_ = diamond()
        revision = map_.get_revision("a")
        assert revision is not None
        assert revision.is_branch_point
        del revision.nextrev
        assert revision.is_head
        assert revision.nextrev == frozenset()

    def test_a_foreign_twin_counts_by_its_id(self) -> None:
        map_ = diamond()
        twin = Revision("b1", "a")
        with pytest.raises(AttributeError):
            list(map_._get_ancestor_nodes([twin]))
        twin._normalized_resolved_dependencies = ()
        assert ids(map_._get_ancestor_nodes([twin])) == ["b1", "a"]
        assert map_._topological_sort([twin], [twin]) == ["b1"]

    def test_replacing_a_revision(self) -> None:
        map_ = diamond()
        new = Revision("c", ("b1", "b2"))
        map_.add_revision(new, _replace=True)
        assert map_.get_revision("head") is new
        with pytest.raises(Exception, match=r"^revision zz not in map$"):
            map_.add_revision(Revision("zz", None), _replace=True)


class TestSubclasses:
    def test_fields_may_be_properties(self) -> None:
        class Shifted(Revision):
            @property
            def down_revision(self) -> Any:
                return self.__dict__["below"]

            @down_revision.setter
            def down_revision(self, value: Any) -> None:
                self.__dict__["below"] = value

        map_ = make_map(Shifted("a", None), Shifted("b", ("a",)), Shifted("c", "b"))
        assert map_.heads == ("c",)
        assert ids(map_.iterate_revisions("heads", "base")) == ["c", "b", "a"]
        upper = map_.get_revision("c")
        assert upper is not None
        assert not upper.is_base
        # Nobody is told of this change, so every question looks again.
        upper.__dict__["below"] = "a"
        assert ids(map_.iterate_revisions("c", "base")) == ["c", "a"]

    def test_more_fields(self) -> None:
        class Note:
            note = ""

        class Noted(Note, Revision):
            __slots__ = ("extra",)
            extra: int

        revision = Noted("a", None)
        revision.note = "here"
        revision.extra = 2
        assert make_map(revision).get_revision("a") is revision
        assert (revision.note, revision.extra) == ("here", 2)


class TestQuestions:
    def test_none_is_the_base(self) -> None:
        map_ = diamond()
        assert map_.get_revision(None) is None
        assert map_.get_revisions(None) == ()

    def test_errors_carry_what_was_asked(self) -> None:
        map_ = make_map(Revision("a", None), Revision("b", None))
        with pytest.raises(MultipleHeads) as heads:
            map_.get_revision("head")
        assert (heads.value.heads, heads.value.argument) == (("a", "b"), "head")
        with pytest.raises(ResolutionError) as unknown:
            map_.get_revision("nope")
        assert unknown.value.argument == "nope"
        with pytest.raises(RangeNotAncestorError) as outside:
            list(map_.iterate_revisions("a", "b"))
        assert (outside.value.lower, outside.value.upper) == ("b", "a")

    def test_errors_come_with_the_first_revision(self) -> None:
        iterator = diamond().iterate_revisions("nope", "base")
        with pytest.raises(ResolutionError):
            next(iterator)

    def test_ten_thousand_in_a_line(self) -> None:
        count = 10_000
        map_ = make_map(
            *(
                Revision(f"r{n}", f"r{n - 1}" if n else None, branch_labels=f"l{n}")
                for n in range(count)
            )
        )
        expected = [f"r{n}" for n in range(count)]
        assert ids(map_.iterate_revisions("heads", "base")) == expected[::-1]
        assert map_._get_all_current(map_.heads) == {map_.get_revision("head")}
        first = map_.get_revision("r0")
        assert first is not None
        assert len(first.branch_labels) == count


def test_a_circle_within_a_long_history_is_found() -> None:
    """Above it and below it are thousands; the names are those of its own revisions."""
    revisions = [Revision("r0", None)]
    revisions += [Revision(f"r{n}", f"r{n - 1}") for n in range(1, 10_000)]
    revisions[5000] = Revision("r5000", ("r4999", "r5001"))
    map_ = make_map(*revisions)
    with pytest.raises(CycleDetected) as caught:
        map_._topological_sort(revisions, [revisions[-1]])
    assert caught.value.revisions == ["r5000", "r5001"]


def _two_revisions() -> list[Revision]:
    return [Revision("a", None, branch_labels="x"), Revision("b", "a")]


@pytest.mark.parametrize("is_loaded", [False, True])
def test_map_is_copied_and_pickled(is_loaded: bool) -> None:
    map_ = RevisionMap(_two_revisions)
    assert map_.heads == ("b",)
    if is_loaded:
        assert map_.get_revision("x@head") is map_.get_revision("b")
    for other in (copy.deepcopy(map_), pickle.loads(pickle.dumps(map_))):
        assert other.heads == ("b",)
        assert other.get_revision("b") is not map_.get_revision("b")
        found = [rev.revision for rev in other.iterate_revisions("heads", "base")]
        assert found == ["b", "a"]
