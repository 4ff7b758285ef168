"""Script directories: what is executed and when, bad files, new files."""

from __future__ import annotations

import copy
import datetime
import gc
import os
import py_compile
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alembic_c import _core, util
from alembic_c.script import Script, ScriptDirectory
from alembic_c.script import base as base_module
from alembic_c.script.revision import RevisionMap
from alembic_c.util import CommandError, pyfiles

TEMPLATE = '''"""${message}"""
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}
def upgrade(): pass
def downgrade(): pass
'''


class Tree:
    """A script directory on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.versions = root / "versions"
        self.versions.mkdir()
        (root / "script.py.mako").write_text(TEMPLATE)

    def write(
        self, name: str, down: object = None, body: str = "", head: str = ""
    ) -> Path:
        path = self.versions / f"{name}.py"
        path.write_text(
            f'"""about {name}"""\n{head}\nrevision = {name!r}\n'
            f"down_revision = {down!r}\n{body}\n"
            "def upgrade(): pass\ndef downgrade(): pass\n"
        )
        return path

    def open(self, **options: Any) -> ScriptDirectory:
        return ScriptDirectory(self.root, messaging_opts={"quiet": True}, **options)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list in which revision files note that they are executed."""
    noted: list[str] = []
    monkeypatch.setattr(sys, "executed_by_the_tests", noted, raising=False)
    return noted


NOTE = "import sys; sys.executed_by_the_tests.append(__file__.rpartition('/')[2])"


def test_questions_about_revisions_execute_none(
    tree: Tree, executed: list[str]
) -> None:
    for name, down in (("a", None), ("b", "a"), ("c", "b")):
        tree.write(name, down, NOTE)
    script = tree.open()
    assert script.get_heads() == ["c"]
    texts = [each.cmd_format(True) for each in script.walk_revisions()]
    assert "about b" in texts[1]
    assert script._stamp_revs("b", ())
    assert executed == []


def test_module_is_executed_once_when_it_is_asked_for(
    tree: Tree, executed: list[str]
) -> None:
    tree.write("a", None, NOTE)
    script = tree.open().get_revision("a")
    assert script.module is script.module
    assert script.module.revision == "a"
    assert executed == ["a.py"]


def test_plan_executes_what_it_needs_before_the_first_step(
    tree: Tree, executed: list[str]
) -> None:
    for name, down in (("a", None), ("b", "a"), ("c", "b"), ("d", "c")):
        tree.write(name, down, NOTE)
    steps = tree.open()._upgrade_revs("c", "a")
    assert [step.revision.revision for step in steps] == ["b", "c"]
    assert sorted(executed) == ["b.py", "c.py"]


def test_broken_file_is_named_if_it_is_needed(tree: Tree) -> None:
    tree.write("a")
    broken = tree.write("b", "a", "def broken(:\n    pass")
    tree.write("c", "b")
    script = tree.open()
    assert script.get_heads() == ["c"]
    no_heads: Any = ()
    assert script._upgrade_revs("a", no_heads)
    with pytest.raises(SyntaxError) as error:
        script._upgrade_revs("c", "a")
    assert error.value.filename == str(broken)
    assert error.value.lineno == 5


def test_nul_byte_is_named_with_file_and_line(tree: Tree) -> None:
    path = tree.write("a")
    path.write_bytes(path.read_bytes() + b"\n# \0\n")
    with pytest.raises(SyntaxError, match="null bytes") as error:
        tree.open().get_revision("a").module  # noqa: B018
    assert error.value.filename == str(path)
    assert error.value.lineno == path.read_bytes().partition(b"\0")[0].count(b"\n") + 1


def test_wrong_encoding_is_named_with_the_file(tree: Tree) -> None:
    path = tree.write("a")
    path.write_bytes(path.read_bytes().replace(b"about", b"\xff\xfe"))
    with pytest.raises(SyntaxError) as error:
        tree.open().get_heads()
    assert error.value.filename == str(path)


@pytest.mark.parametrize(
    ("name", "text", "error", "message"),
    [
        ("zz.py", "down_revision = None", CommandError, "id from filename zz.py"),
        ("zz.py", "revision = 'a'", CommandError, "no attribute 'down_revision'"),
        ("zz.py", "revision = 'a-b'\ndown_revision = None", CommandError, "'-' not"),
        ("zz.py", "revision = 'a'\ndown_revision = 'a'", CommandError, "Self-loop"),
        ("zz.py", "revision = nowhere", NameError, "nowhere"),
    ],
)
def test_file_that_is_no_revision(
    tree: Tree, name: str, text: str, error: type[Exception], message: str
) -> None:
    (tree.versions / name).write_text(text)
    with pytest.raises(error, match=message):
        list(tree.open().walk_revisions())


def test_id_of_the_first_versions_is_the_file_name(tree: Tree) -> None:
    (tree.versions / "12ab.py").write_text("down_revision = None")
    assert tree.open().get_heads() == ["12ab"]


def test_header_that_has_to_be_executed(tree: Tree, executed: list[str]) -> None:
    tree.write("a", None, f"{NOTE}\nrevision = 'x'.replace('x', 'computed')")
    tree.write("b", "computed", NOTE)
    assert tree.open().get_heads() == ["b"]
    assert executed == ["a.py"]


def test_file_that_changes_while_it_is_in_use(tree: Tree) -> None:
    path = tree.write("a")
    tree.write("b", "a")
    script = tree.open().get_revision("b")
    (tree.versions / "b.py").write_text("revision = 'other'\ndown_revision = None")
    with pytest.raises(CommandError, match=r"b\.py has changed .* it was 'b'"):
        script.module  # noqa: B018
    assert path.exists()


def test_compiled_files_count_in_a_tree_without_sources(tree: Tree) -> None:
    path = tree.write("a")
    py_compile.compile(str(path), cfile=str(path.with_suffix(".pyc")))
    path.unlink()
    assert tree.open().get_heads() == []
    script = tree.open(sourceless=True).get_revision("a")
    assert script.module.revision == "a"


def test_same_file_reached_twice(tree: Tree) -> None:
    path = tree.write("a")
    script = tree.open(version_locations=[tree.versions, tree.root / "versions/."])
    with pytest.warns(UserWarning, match=f"File {path} loaded twice! ignoring"):
        assert script.get_heads() == ["a"]


# --- what an env.py may change ------------------------------------------------------


def test_locations_may_change_until_the_map_is_loaded(tree: Tree) -> None:
    other = tree.root / "other"
    other.mkdir()
    tree.write("a").rename(other / "a.py")
    script = tree.open()
    script.version_locations = [str(other)]
    assert script.get_heads() == ["a"]
    assert script.versions == str(other)


def test_map_may_be_replaced(tree: Tree) -> None:
    tree.write("a")
    tree.write("b", "a")
    script = tree.open()
    assert script.get_heads() == ["b"]
    only_a = [each for each in script.walk_revisions() if each.revision == "a"]
    script.revision_map = RevisionMap(lambda: only_a)
    assert script.get_heads() == script.get_bases() == ["a"]


def load_without_b(self: ScriptDirectory) -> Any:
    return (s for s in ScriptDirectory._load_revisions(self) if s.revision != "b")


@pytest.mark.parametrize(
    "overrides",
    [
        {"_load_revisions": load_without_b},
        {"_version_locations": property(lambda self: [Path(self.dir, "others")])},
    ],
)
def test_subclass_decides_what_is_loaded(
    tree: Tree, overrides: dict[str, Callable[..., Any]]
) -> None:
    tree.write("a")
    tree.write("b", "a")
    (tree.root / "others").mkdir()
    (tree.root / "others" / "a.py").write_text((tree.versions / "a.py").read_text())
    subclass = type("OwnDirectory", (ScriptDirectory,), overrides)
    assert subclass(tree.root).get_heads() == ["a"]


def test_revision_made_by_hand_can_be_added(tree: Tree) -> None:
    tree.write("a")
    script = tree.open()
    assert script.get_heads() == ["a"]
    path = tree.write("b", "a")
    added = Script._from_path(script, str(path))
    assert added is not None
    script.revision_map.add_revision(added)
    assert script.get_heads() == ["b"]
    assert Script._from_path(script, tree.root / "env.pyx") is None


# --- new files ----------------------------------------------------------------------


def names(directory: Path) -> list[str]:
    return sorted(p.name for p in directory.iterdir() if p.name != "__pycache__")


def test_new_file_is_executed_at_once(tree: Tree) -> None:
    (tree.root / "script.py.mako").write_text(TEMPLATE + "raise KeyError('broken')\n")
    with pytest.raises(KeyError, match="broken"):
        tree.open().generate_revision("a", "message")


@pytest.mark.parametrize("failing", ["fsync", "link", "write"])
@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()])
def test_nothing_is_left_half_written(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, failing: str, error: BaseException
) -> None:
    tree.write("a")

    def fail(*args: Any, **kw: Any) -> None:
        raise error

    if failing == "write":
        monkeypatch.setattr(pyfiles, "_render", fail)
    else:
        monkeypatch.setattr(os, failing, fail)
    script = tree.open()
    with pytest.raises(type(error)):
        script.generate_revision("b", "message")
    monkeypatch.undo()
    assert names(tree.versions) == ["a.py"]
    assert tree.open().get_heads() == ["a"]


def test_what_does_not_fit_creates_nothing(tree: Tree) -> None:
    tree.write("a")
    tree.write("b", "a")
    script = tree.open(file_template="%(year)d/%(rev)s")
    for options in (
        {"head": "a"},
        {"head": "nowhere"},
        {"revid": "x-y"},
        {"depends_on": "nowhere"},
        {"version_path": tree.root / "nowhere"},
        {"head": ("b", "b")},
    ):
        arguments: dict[str, Any] = {"revid": "c", "message": None, **options}
        with pytest.raises(CommandError):
            script.generate_revision(**arguments)
    assert names(tree.versions) == ["a.py", "b.py"]
    assert not (tree.root / "nowhere").exists()


@pytest.mark.parametrize(
    ("message", "length", "expected"),
    [
        ("Add user's  table!", None, "r_add_user_s_table.py"),
        ("ünïcode ßtraße", None, "r_ünïcode_ßtraße.py"),
        (None, None, "r_.py"),
        ("one two three four", 9, "r_one_two_.py"),
        ("abcdefghij", 5, "r_abcde_.py"),
        ("../../etc/passwd", None, "r_etc_passwd.py"),
    ],
)
def test_file_name_from_a_message(
    tree: Tree, message: str | None, length: int | None, expected: str
) -> None:
    script = tree.open(truncate_slug_length=length)
    date = datetime.datetime(2024, 5, 1, 10, 0, 0)
    path = script._rev_path(script.versions, "r", message, date)
    assert path == tree.versions / expected


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../../etc/passwd", "", "Europe"])
def test_time_zone_that_is_none(tree: Tree, zone: str) -> None:
    with pytest.raises(CommandError, match="Can't locate timezone: "):
        tree.open(timezone=zone)._generate_create_date()


def test_time_zone_names_may_be_in_lower_case(tree: Tree) -> None:
    date = tree.open(timezone="utc")._generate_create_date()
    assert date.utcoffset() == datetime.timedelta(0)
    assert tree.open()._generate_create_date().tzinfo is None


def test_slow_modules_can_be_patched_where_upstream_has_them() -> None:
    module: Any = base_module
    assert module.datetime is datetime
    assert module.ZoneInfo.__name__ == "ZoneInfo"
    with pytest.raises(AttributeError):
        module.nothing  # noqa: B018


def test_texts_do_not_depend_on_the_order_of_sets(tree: Tree) -> None:
    tree.write("a", None, "branch_labels = ('z', 'y', 'x')")
    for name in ("e", "d", "c"):
        tree.write(name, "a")
    script = tree.open().get_revision("a")
    assert "Branches into: c, d, e\nBranch names: x, y, z\n" in script.log_entry
    assert (
        script.cmd_format(False, include_branches=True) == "a (x, y, z) (branchpoint)"
    )


def test_all_current_includes_what_is_implied(tree: Tree) -> None:
    tree.write("a")
    tree.write("b", "a")
    tree.write("x")
    tree.write("y", "x", "depends_on = 'b'")
    script = tree.open()
    found = script.get_all_current(("y",))
    assert sorted(each.revision for each in found) == ["b", "y"]
    assert script.get_all_current(()) == set()


def test_patterns_that_projects_import() -> None:
    assert base_module._slug_re.findall("Add user's table") == [
        "Add",
        "user",
        "s",
        "table",
    ]
    names = ["a.py", ".#a.py", "__init__.py", "a.pyc", "a.txt", "b.c.py"]
    matches = map(base_module._only_source_rev_file.match, names)
    assert [found and found.group(1) for found in matches] == [
        "a.py",
        None,
        None,
        None,
        None,
        "b.c.py",
    ]


def test_heads_make_no_scripts(tree: Tree) -> None:
    for name, down in (("a", None), ("b", "a"), ("c", "a")):
        tree.write(name, down)
    tree.write("x", body="depends_on = 'b'")
    script = tree.open()
    assert script.get_heads() == ["b", "c", "x"]
    assert script.get_heads(consider_depends_on=True) == ["c", "x"]
    assert script.get_bases() == ["a", "x"]
    assert "_revision_map" not in vars(script.revision_map)
    # What was read first stays what is true.
    for path in tree.versions.iterdir():
        path.unlink()
    assert [found.revision for found in script.walk_revisions()] == ["c", "x", "b", "a"]
    assert script.get_heads() == ["b", "c", "x"]
    assert "_revisions" not in vars(script.revision_map)


@pytest.mark.parametrize(
    "source",
    [
        "revision = 'b'\ndown_revision = 'b'",
        "revision = 'b'\ndown_revision = 'missing'",
        "revision = 'b'\ndown_revision = None\ndepends_on = 'missing'",
        "revision = 'a'\ndown_revision = None",
        "revision = 'b'\ndown_revision = None\nbranch_labels = 'a'",
        "revision = 'a-b'\ndown_revision = None",
        "revision = 'b'\ndown_revision = no",
        "no revision",
    ],
)
def test_heads_are_not_told_of_a_tree_that_cannot_be_loaded(
    tree: Tree, source: str
) -> None:
    tree.write("a")
    (tree.versions / "b.py").write_text(source)

    def told(ask: Callable[[ScriptDirectory], object]) -> tuple[str, str]:
        with warnings.catch_warnings(record=True):
            try:
                return "value", str(ask(tree.open()))
            except Exception as error:  # noqa: BLE001 - whatever it is
                return type(error).__name__, str(error)

    heads = told(lambda script: script.get_heads())
    loaded = told(
        lambda script: script.revision_map._revision_map and script.get_heads()
    )
    assert heads == loaded
    assert heads[0] != "value" or "'a'\ndown" in source


def test_files_of_a_directory_can_be_gone_over_again(tree: Tree) -> None:
    tree.write("a")
    tree.write("b", "a", head="x = revision = None")
    files = tree.open()._load_revisions()
    ids = [script.revision for script in files]
    assert ids == [script.revision for script in files] == ["a", "b"]


def test_scripts_know_their_file(tree: Tree) -> None:
    path = tree.write("a")
    (script,) = tree.open()._load_revisions()
    assert (script.path, script.doc) == (str(path), "about a")
    assert vars(script) == {"path": str(path)}
    twin = copy.copy(script)
    assert (twin.revision, twin.doc) == ("a", "about a")


class _Odd(Script):
    def __new__(cls, *args: object) -> Any:
        return object()


class _Own(Script):
    revision = property(lambda self: "own", lambda self, value: None)


def test_classes_of_revisions(tree: Tree) -> None:
    tree.write("a")
    scanned = _core.scan_tree([tree.versions])
    assert len(scanned) == 1
    (script,) = scanned.revisions(_Own)
    assert (type(script), script.revision) == (_Own, "own")
    with pytest.raises(TypeError, match="gave no revision"):
        scanned.revisions(_Odd)
    with pytest.raises(TypeError, match="subclass of RevisionBase"):
        scanned.revisions(int)  # type: ignore[type-var]
    with pytest.raises(TypeError, match="subclass of RevisionBase"):
        scanned.revisions("Script")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        _core.ScannedTree()


def test_scanned_files_outlive_their_tree(tree: Tree) -> None:
    tree.write("a", ("x", "y"))
    scanned = _core.scan_tree([tree.versions])
    (script,) = scanned.revisions(Script)
    del scanned
    gc.collect()
    assert isinstance(script, Script)
    assert util.not_none(script._scanned).header == ("a", ("x", "y"), None, None)
