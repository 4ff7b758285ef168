"""The tools of alembic_c.util."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
import sqlalchemy.util as sa_util

import alembic_c
from alembic_c import util
from alembic_c.util import compat, messaging, pyfiles

ROOT = Path(alembic_c.__file__).resolve().parent.parent


def run_python(code: str, *arguments: str, **kw: object) -> str:
    """Run code in a new process and return what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        **kw,  # type: ignore[call-overload]
    )
    return str(done.stdout)


class TestImmutableDict:
    @pytest.mark.parametrize(
        "change",
        [
            lambda d: d.__setitem__("a", 2),
            lambda d: d.__delitem__("a"),
            lambda d: d.update(b=2),
            lambda d: d.pop("a"),
            lambda d: d.popitem(),
            lambda d: d.clear(),
            lambda d: d.setdefault("b", 1),
            lambda d: d.__ior__({"b": 1}),
        ],
    )
    def test_refuses_every_change(self, change: Callable[[Any], object]) -> None:
        frozen = util.immutabledict({"a": 1})
        with pytest.raises(TypeError, match="immutabledict object is immutable"):
            change(frozen)
        assert frozen == {"a": 1}

    def test_joins_give_new_dictionaries(self) -> None:
        frozen = util.immutabledict({"a": 1})
        for joined in (
            frozen.union({"b": 2}),
            frozen | {"b": 2},
            {"b": 2} | frozen,
            frozen.merge_with(None, {"b": 2}),
        ):
            assert joined == {"a": 1, "b": 2}
            assert isinstance(joined, util.immutabledict)
        assert frozen == {"a": 1}
        assert util.immutabledict({"a": 1}) | {"a": 2} == {"a": 2}
        assert {"a": 2} | util.immutabledict({"a": 1}) == {"a": 1}

    def test_goes_together_with_sqlalchemys(self) -> None:
        ours, theirs = util.immutabledict({"a": 1}), sa_util.immutabledict({"b": 2})
        assert theirs.union(ours) == {"a": 1, "b": 2}
        assert ours.union(theirs) == {"a": 1, "b": 2}
        assert ours == sa_util.immutabledict({"a": 1})

    def test_pickles(self) -> None:
        frozen = util.immutabledict({"a": 1})
        again = pickle.loads(pickle.dumps(frozen))
        assert again == frozen
        assert type(again) is util.immutabledict


@pytest.mark.parametrize(
    "value", [None, "a", b"x", [1], (1, 2), {1: 2}, {3}, 5, object]
)
def test_coercions_equal_sqlalchemys(value: object) -> None:
    assert util.to_list(value) == sa_util.to_list(value)


@pytest.mark.parametrize("value", ["true", "Yes", " on", "y", "T", "1", "off", "0", 0])
def test_asbool_equals_sqlalchemys(value: object) -> None:
    assert util.asbool(value) is sa_util.asbool(value)


def test_asbool_refuses_other_words() -> None:
    with pytest.raises(ValueError, match="String is not true/false: 'perhaps'"):
        util.asbool("Perhaps")


def test_tuples() -> None:
    assert util.to_tuple(None) is None
    assert util.to_tuple(None, ()) == ()
    assert util.to_tuple("ab") == ("ab",)
    assert util.to_tuple(["a", "b"]) == ("a", "b")
    assert util.to_tuple(7) == (7,)
    assert util.dedupe_tuple(("b", "a", "b")) == ("b", "a")
    assert util.unique_list(iter("abca")) == ["a", "b", "c"]


def test_rev_id_is_twelve_random_hexadecimal_digits() -> None:
    ids = {util.rev_id() for _ in range(50)}
    assert len(ids) == 50
    assert all(len(i) == 12 and int(i, 16) >= 0 for i in ids)


def test_not_none() -> None:
    assert util.not_none(0) == 0
    with pytest.raises(AssertionError):
        util.not_none(None)


def test_memoized_property_computes_once_and_can_be_reset() -> None:
    class Counter:
        calls = 0

        @util.memoized_property
        def value(self) -> int:
            """What it is."""
            self.calls += 1
            return self.calls

    counter = Counter()
    assert (counter.value, counter.value) == (1, 1)
    counter.__dict__.pop("value")
    assert counter.value == 2
    util.memoized_property.reset(counter, "value")
    assert counter.value == 3
    counter.value = 9
    assert counter.value == 9
    assert Counter.value.__doc__ == "What it is."


class TestDispatch:
    def test_unknown_keys_of_the_registry_give_empty_lists(self) -> None:
        dispatcher = util.PriorityDispatcher()
        assert dispatcher._registry["schema", "default"] == []
        # Packages store lists under the keys that the registry had once.
        dispatcher._registry["schema", "default"] = []
        calls: list[int] = []
        dispatcher.dispatch_for("schema")(calls.append)
        dispatcher.branch().dispatch("schema")(1)
        assert calls == [1]

    def test_a_subclass_function_wins_over_a_qualified_one_of_its_base(self) -> None:
        class Base:
            pass

        class Child(Base):
            pass

        dispatcher: Any = util.Dispatcher()
        dispatcher.dispatch_for(Base, qualifier="pg")("base-pg")
        dispatcher.dispatch_for(Child)("child")
        assert dispatcher.dispatch(Child, "pg") == "child"
        dispatcher.dispatch_for(Child, qualifier="pg")("child-pg")
        assert dispatcher.dispatch(Child(), "pg") == "child-pg"
        with pytest.raises(ValueError, match="no dispatch function for object"):
            dispatcher.dispatch(Base)

    def test_a_branch_is_independent_both_ways(self) -> None:
        trunk: Any = util.Dispatcher()
        trunk.dispatch_for("a")("1")
        branch = trunk.branch()
        branch.dispatch_for("a", replace=True)("2")
        assert (trunk.dispatch("a"), branch.dispatch("a")) == ("1", "2")

    def test_a_subgroup_that_stopped_stays_silent_in_other_qualifiers(self) -> None:
        dispatcher = util.PriorityDispatcher()
        called: list[str] = []

        def handler(name: str, result: Any = None) -> Callable[[], Any]:
            def handle() -> Any:
                called.append(name)
                return result

            return handle

        stop = util.PriorityDispatchResult.STOP
        on = dispatcher.dispatch_for
        on("t", qualifier="pg", subgroup="g")(handler("pg", stop))
        on("t", subgroup="g")(handler("default, same group"))
        on("t")(handler("no group"))
        on("t", priority=util.DispatchPriority.LAST, subgroup="g")(handler("late"))
        run = dispatcher.dispatch("t", qualifier="pg")
        on("t", priority=util.DispatchPriority.FIRST)(handler("added later"))
        run()
        assert called == ["added later", "pg", "no group"]


class TestMessages:
    def test_err_reports_and_exits(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as exit_:
            util.err("so sad")
        assert exit_.value.code == -1
        assert capsys.readouterr().out == "FAILED: so sad\n"

    def test_status_says_how_it_ended(self, capsys: pytest.CaptureFixture[str]) -> None:
        with mock.patch.object(messaging, "TERMWIDTH", None):
            with util.status("Working"):
                pass
            with pytest.raises(ZeroDivisionError), util.status("Failing", newline=True):
                raise ZeroDivisionError
            with util.status("Silent", quiet=True):
                pass
        assert capsys.readouterr().out == "Working ...  done\nFailing ...\n  FAILED\n"

    def test_lines_are_folded_for_terminals_only(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with mock.patch.object(messaging, "TERMWIDTH", 16):
            util.msg("one two three four")
        with mock.patch.object(messaging, "TERMWIDTH", None):
            util.msg("one two\n three four", newline=False)
        assert (
            capsys.readouterr().out == "  one two three\n  four\none two\n three four"
        )

    def test_what_the_stream_cannot_express_becomes_a_question_mark(self) -> None:
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, encoding="ascii")
        util.write_outstream(stream, "caf\xe9 ", b"bytes")
        util.write_outstream(stream, "never", quiet=True)
        stream.flush()
        assert raw.getvalue() == b"caf? bytes"

    def test_warnings_point_at_the_caller(self) -> None:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            util.warn("w")
            util.warn_deprecated("d")
        assert [(w.category, w.filename) for w in caught] == [
            (UserWarning, __file__),
            (DeprecationWarning, __file__),
        ]

    def test_comma_formats(self) -> None:
        assert util.format_as_comma(None) == ""
        assert util.format_as_comma("a") == "a"
        assert util.format_as_comma(("a", "b")) == "a, b"
        with pytest.raises(ValueError, match="Don't know how to comma-format 3"):
            util.format_as_comma(3)  # type: ignore[arg-type]

    def test_passwords_are_hidden(self) -> None:
        hidden = util.obfuscate_url_pw("postgresql://scott:ti%40ger@host/db")
        assert hidden == "postgresql://scott:***@host/db"


class TestFiles:
    def test_a_template_is_written_whole_or_not_at_all(self, tmp_path: Path) -> None:
        (tmp_path / "t.mako").write_text("x = ${x}\n")
        target = tmp_path / "out.py"
        util.template_to_file(tmp_path / "t.mako", target, "utf-8", x="\xe9")
        assert target.read_bytes() == "x = \xe9\n".encode()
        with pytest.raises(util.CommandError, match="Template rendering failed; see "):
            util.template_to_file(tmp_path / "t.mako", target, "ascii", x="\xe9")
        assert target.read_bytes() == "x = \xe9\n".encode()
        assert sorted(os.listdir(tmp_path)) == ["out.py", "t.mako"]

    def test_a_failing_template_leaves_a_report(self, tmp_path: Path) -> None:
        (tmp_path / "t.mako").write_text("one\n${1 / 0}\n")
        with pytest.raises(util.CommandError) as caught:
            util.template_to_file(tmp_path / "t.mako", tmp_path / "out", "utf-8")
        report = Path(str(caught.value).split("see ")[1].split(" for ")[0])
        assert "line 2" in report.read_text()
        report.unlink()

    def test_appending_keeps_what_is_there_and_its_mode(self, tmp_path: Path) -> None:
        (tmp_path / "t.mako").write_text("new\n")
        target = tmp_path / "file"
        target.write_text("old")
        target.chmod(0o640)
        util.template_to_file(
            tmp_path / "t.mako", target, "utf-8", append_with_newlines=True
        )
        assert target.read_text() == "old\n\nnew\n"
        assert target.stat().st_mode & 0o777 == 0o640

    def test_a_symbolic_link_stays_one(self, tmp_path: Path) -> None:
        (tmp_path / "real").write_text("old")
        (tmp_path / "link").symlink_to("real")
        pyfiles.write_whole(tmp_path / "link", b"new")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "real").read_text() == "new"

    def test_a_failed_write_leaves_the_old_file(self, tmp_path: Path) -> None:
        target = tmp_path / "file"
        target.write_text("old")
        with (
            mock.patch.object(os, "fsync", side_effect=OSError("disk full")),
            pytest.raises(OSError, match="disk full"),
        ):
            pyfiles.write_whole(target, b"new")
        assert target.read_text() == "old"
        assert os.listdir(tmp_path) == ["file"]

    def test_modules_are_not_registered(self, tmp_path: Path) -> None:
        (tmp_path / "some-file.py").write_text("answer = 42\n")
        module = util.load_python_file(tmp_path, "some-file.py")
        assert (module.__name__, module.answer) == ("some_file_py", 42)
        assert "some_file_py" not in sys.modules

    def test_a_compiled_file_stands_in_for_its_source(self, tmp_path: Path) -> None:
        import py_compile

        source = tmp_path / "gone.py"
        source.write_text("answer = 42\n")
        py_compile.compile(str(source))
        source.unlink()
        assert util.load_python_file(tmp_path, "gone.py").answer == 42
        with pytest.raises(ImportError, match=r"Can.t find Python file .*never\.py"):
            util.load_python_file(tmp_path, "never.py")

    def test_resources(self) -> None:
        templates = util.coerce_resource_to_filename("alembic_c:templates/generic")
        assert templates == ROOT / "alembic_c" / "templates" / "generic"
        for plain in ("a/b", "/c:d/e"):
            assert util.coerce_resource_to_filename(plain) == Path(plain)

    @pytest.mark.parametrize("marker", ["", "__init__.py"])
    @pytest.mark.parametrize(
        ("inside", "expected"),
        [
            ("", "."),
            (":", "."),
            (".", "."),
            ("server", "server"),
            ("server:database", "server/database"),
            ("server:database:_migrations", "server/database/_migrations"),
            ("server/database:_migrations", "server/database/_migrations"),
            (":server::database:", "server/database"),
            ("server:none", "server/none"),
            ("server:/etc", "/etc"),
        ],
    )
    def test_inside_of_packages(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        marker: str,
        inside: str,
        expected: str,
    ) -> None:
        """With an `__init__.py` and without; never a copy of the directory."""
        package = f"resource_test_{'regular' if marker else 'namespace'}"
        folder = tmp_path / package
        (folder / "server" / "database" / "_migrations").mkdir(parents=True)
        (folder / (marker or "file.py")).touch()
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, package, raising=False)
        found = util.coerce_resource_to_filename(f"{package}:{inside}")
        assert os.path.normpath(found) == os.path.normpath(folder / expected)

    def test_a_package_in_several_places(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for place, name in (("a", "one"), ("b", "two")):
            (tmp_path / place / "resource_test_parts" / name).mkdir(parents=True)
            monkeypatch.syspath_prepend(str(tmp_path / place))
        for inside, place in (("one", "a"), ("two", "b"), ("none", "b"), ("", "b")):
            found = util.coerce_resource_to_filename(f"resource_test_parts:{inside}")
            assert found == tmp_path / place / "resource_test_parts" / inside

    @pytest.mark.parametrize(
        ("path", "other", "expected"),
        [
            ("/a/b/c", "/a", "b/c"),
            ("/a/b/c", "/a/x", "../b/c"),
            ("/a", "/a/x/y", "../.."),
            ("/a", "/a", "."),
        ],
    )
    def test_relative_paths(self, path: str, other: str, expected: str) -> None:
        found = compat.path_relative_to(Path(path), Path(other), walk_up=True)
        assert found.as_posix() == expected

    def test_no_relative_path_between_trees(self) -> None:
        with pytest.raises(ValueError, match="a is not in the same subtree as /b"):
            compat.path_relative_to(Path("a"), Path("/b"), walk_up=True)


def test_names_of_upstreams_namespace(upstream: ModuleType) -> None:
    import alembic.util

    # The decorator that renames arguments with exec() is not ours.
    gone = {"_with_legacy_names"}
    assert util.langhelpers.ModuleClsProxy is util.ModuleClsProxy
    wanted = {n for n in dir(alembic.util) if not n.startswith("__")} - gone
    assert wanted - set(dir(util)) == set()
    assert all(hasattr(util, name) for name in wanted)


def test_importing_it_is_cheap() -> None:
    loaded = run_python(
        "import sys, alembic_c.util, alembic_c.util._config; print(*sys.modules)"
    ).split()
    heavy = {"sqlalchemy", "mako", "inspect", "importlib.metadata", "tempfile"}
    assert heavy.isdisjoint(loaded)
