"""The scanner as Python sees it: values, reasons, listings, errors."""

from __future__ import annotations

import errno
import gc
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alembic_c import _core
from tests.support import scan_cases

HEADER = "revision = 'a'\ndown_revision = None\n"


def scan(text: str) -> _core.ScannedFile:
    return scan_cases.scan(text.encode())


def names(files: list[_core.ScannedFile], root: Path) -> list[str]:
    return [os.path.relpath(str(file.path), root) for file in files]


def put(root: Path, *paths: str, text: str = HEADER) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


# --- shapes that public revision files have ------------------------------------------

EXACT = [
    ("revision = 'kilo'", "kilo"),
    ("revision = 'v3.2.0.a'", "v3.2.0.a"),
    ("revision = '061'", "061"),
    ("revision = u'ae1027a6acf'", "ae1027a6acf"),
    ("revision = r'ae10'", "ae10"),
    ("revision: str = 'a'", "a"),
    ("revision: Final = 'a'", "a"),
    ("revision: Union[str, None] = 'a'", "a"),
    ("revision: str | Sequence[str] | None = 'a'", "a"),
    ("revision: None = None", None),
    ("revision: Union[\n    str,\n    Sequence[str],\n    None,\n] = 'a'", "a"),
    ("revision = 'a'\nrevision = 'b'", "b"),
    ("revision = (\n    'a'\n    # why\n    'b'\n)  # not a tuple", "ab"),
    ("revision = ('a',\n    # 'b',\n    'c')", ("a", "c")),
    ("revision = ['a',  # 'b'\n]", ["a"]),
    ("revision = ()", ()),
    ("revision = {'a', 'b'}", {"a", "b"}),
    ("revision = 'a'  # type: ignore", "a"),
    ("x = 1; revision = 'a'; y = 2; z = 3", "a"),
    ("revision = 'a',", ("a",)),
    ("op = 1\n" * 112 + "revision = 'late'", "late"),
    ("revision = 'a'\nimport os\ndef f():\n    pass\n", "a"),
    ("import x\n'no docstring'\nrevision = 'a'", "a"),
    ("q = '''\nSET revision = 'b'\n'''\nrevision = 'a'", "a"),
    ("revision = 'a'\nclass M(Base):\n    revision = Column(String)", "a"),
    ("revision = 'a'\ndef upgrade(op, tables, tester):\n    revision = 1", "a"),
    ("revision = 'é'", "é"),
    ("revision = '\\ud800'", "\ud800"),
]

DYNAMIC = [
    "revision = previous",
    "revision = helper(revision)",
    "revision = tuple(parts)",
    "revision = f'{x}'",
    "revision = sorted(os.listdir(path))[-1]",
    "revision = filename.split('_')[0]",
    "revision = (cli.EXPAND,)",
    "revision = down_revision = None",
    "revision, down_revision = '0027', '0026'",
    "globals()['revision'] = 'a'",
    "revision = 1",
    "revision = b'a'",
    "revision = {}",
    "if True:\n    revision = 'a'",
    "from ids import revision",
    "from ids import *",
    "def f():\n    global revision\n    revision = 'a'\nf()",
    # Nothing that binds the name, but more than is surely valid Python.
    "def f():\n    pass\n\nrevision = 'a'\nimport os",
    "try:\n    op.get_context()\nexcept Exception:\n    pass\nrevision = 'a'",
    "import os os\nrevision = 'a'",
    "<<<<<<< HEAD\nrevision = 'a'\n=======\nrevision = 'b'\n>>>>>>> other",
    "revision = 'a'\ndown_revision = None\ndef upgrade():\n<<<<<<< HEAD\n    pass",
]


@pytest.mark.parametrize(("text", "value"), EXACT)
def test_exact(text: str, value: object) -> None:
    scanned = scan(text)
    assert scanned.exact
    assert scanned.reason is None
    assert scanned.line == 0
    assert scanned.bound == _core.HAS_REVISION
    assert scanned.revision == value
    assert type(scanned.revision) is type(value)
    assert scanned.header == (value, None, None, None)


@pytest.mark.parametrize("text", DYNAMIC)
def test_dynamic(text: str) -> None:
    scanned = scan("x = 1\n" + text)
    assert not scanned.exact
    assert isinstance(scanned.reason, str)
    assert scanned.line >= 2
    assert scanned.bound == 0
    for name in ("revision", "down_revision", "header", "doc"):
        with pytest.raises(AttributeError, match="has to be executed"):
            getattr(scanned, name)


def test_absent_is_not_none() -> None:
    scanned = scan("depends_on = None")
    assert scanned.exact
    assert scanned.bound == _core.HAS_DEPENDS_ON
    assert scanned.depends_on is None
    assert not hasattr(scanned, "revision")
    assert scanned.header == (None, None, None, None)


def test_mutable_values_are_fresh() -> None:
    scanned = scan("depends_on = ['a']")
    scanned.depends_on.append("b")
    assert scanned.depends_on == ["a"]


def test_docstring() -> None:
    assert scan('"""é\n\nRevises: x\n"""\n' + HEADER).doc == "é\n\nRevises: x\n"
    assert scan("import x\n'text'").doc is None
    assert scan("").doc is None


def test_docstrings_are_dropped_as_python_drops_them(tmp_path: Path) -> None:
    put(tmp_path, "a.py", text='"""text"""')
    program = (
        "from alembic_c import _core; "
        f"print(_core.scan_file({str(tmp_path / 'a.py')!r}).doc)"
    )
    outputs = [
        subprocess.run(
            [sys.executable, *options, "-c", program],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for options in ([], ["-O"], ["-OO"])
    ]
    assert outputs == ["text", "text", "None"]


def test_broken_file_is_not_exact() -> None:
    scanned = scan(HEADER + "def upgrade(:\n    pass  # the revision\n")
    assert not scanned.exact
    assert scanned.broken
    assert scanned.line == 3
    assert not scan("def upgrade(:\n" + HEADER).exact


def test_nothing_is_looked_for_where_nothing_can_change_the_header() -> None:
    scanned = scan(HEADER + "def upgrade(:\n    pass\n")
    assert scanned.exact
    assert not scanned.broken


# --- files ---------------------------------------------------------------------------


def test_scan_file(tmp_path: Path) -> None:
    put(tmp_path, "a.py")
    path = tmp_path / "a.py"
    arguments: list[str | bytes | Path] = [path, str(path), os.fsencode(path)]
    for argument in arguments:
        scanned = _core.scan_file(argument)
        assert scanned.exact
        assert (scanned.path, scanned.filename) == (str(path), "a.py")
        assert scanned.errno == 0
        assert repr(scanned) == f"<ScannedFile {str(path)!r}>"


def test_unreadable_file(tmp_path: Path) -> None:
    scanned = _core.scan_file(tmp_path / "absent.py")
    assert not scanned.exact
    assert scanned.errno == errno.ENOENT
    assert scanned.reason == "it cannot be read"
    assert _core.scan_file(tmp_path).errno == errno.EISDIR


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"revision = 'a'\n# \xff\n", "its encoding is not UTF-8"),
        (b"revision = 'a'\n\0", "it contains a NUL byte"),
        (b"# coding: latin-1\nrevision = '\xe9'\n", "its encoding is not UTF-8"),
    ],
)
def test_bytes_that_are_no_text(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.py").write_bytes(content)
    (scanned,) = _core.scan_directory([tmp_path])
    assert not scanned.exact
    assert scanned.reason == reason


def test_argument_errors() -> None:
    functions: list[tuple[Callable[..., object], object]] = [
        (_core.scan_file, 1),
        (_core.scan_file, "a\0b"),
        (_core.scan_directory, "one path"),
        (_core.scan_directory, b"one path"),
        (_core.scan_directory, 1),
        (_core.scan_directory, [1]),
        (_core.scan_directory, ["a\0b"]),
        (_core.ScannedFile, None),
    ]
    for function, argument in functions:
        with pytest.raises((TypeError, ValueError)):
            function(argument)
    with pytest.raises(TypeError):
        _core.ScannedFile()


def test_scanned_file_is_immutable() -> None:
    scanned = scan(HEADER)
    for name in ("revision", "path", "anything"):
        with pytest.raises(AttributeError):
            setattr(scanned, name, "x")
    with pytest.raises(TypeError):
        _core.ScannedFile.revision = 1  # type: ignore[assignment, method-assign]
    with pytest.raises(TypeError):
        pickle.dumps(scanned)


def test_result_outlives_its_list(tmp_path: Path) -> None:
    put(tmp_path, "a.py", "b.py")
    last = _core.scan_directory([tmp_path])[-1]
    gc.collect()
    assert (last.filename, last.revision) == ("b.py", "a")


# --- directories ---------------------------------------------------------------------


def test_order_and_names(tmp_path: Path) -> None:
    put(tmp_path, "b.py", "a.py", "Z.py", ".#c.py", "__init__.py", "d.py~", "#e.py#")
    put(tmp_path, "sub/f.py", "sub-x/g.py", "sub/deep/h.py", "__pycache__/i.py")
    assert names(_core.scan_directory([tmp_path]), tmp_path) == ["Z.py", "a.py", "b.py"]
    files = _core.scan_directory([tmp_path], recursive=True)
    assert names(files, tmp_path)[3:] == ["sub/f.py", "sub/deep/h.py", "sub-x/g.py"]


def test_locations_in_their_order(tmp_path: Path) -> None:
    put(tmp_path, "z/a.py", "a/b.py")
    files = _core.scan_directory([tmp_path / "z", tmp_path / "none", tmp_path / "a"])
    assert names(files, tmp_path) == ["z/a.py", "a/b.py"]
    assert not any(file.duplicate for file in files)
    assert _core.scan_directory([]) == []


def test_sourceless(tmp_path: Path) -> None:
    put(tmp_path, "a.py", "a.pyc", "b.pyc", "__pycache__/c.cpython-311.pyc")
    put(tmp_path, "__pycache__/a.cpython-311.pyc")
    assert names(_core.scan_directory([tmp_path]), tmp_path) == ["a.py"]
    files = _core.scan_directory([tmp_path], sourceless=True)
    assert names(files, tmp_path) == ["a.py", "b.pyc", "__pycache__/c.cpython-311.pyc"]
    assert [file.exact for file in files] == [True, False, False]


def test_duplicates(tmp_path: Path) -> None:
    put(tmp_path, "v/a.py")
    (tmp_path / "v" / "link.py").symlink_to("a.py")
    (tmp_path / "w").symlink_to("v")
    files = _core.scan_directory([tmp_path / "v", tmp_path / "w"])
    assert names(files, tmp_path) == ["v/a.py"] * 4
    assert [file.duplicate for file in files] == [False, True, True, True]
    assert [file.exact for file in files] == [True, False, False, False]
    with pytest.raises(AttributeError, match="revision: it was reached before"):
        files[1].revision  # noqa: B018


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    put(tmp_path, "a.py")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self.py").symlink_to("self.py")
    (tmp_path / "gone.py").symlink_to("absent.py")
    (tmp_path / "lost.py").symlink_to("absent/lost.py")
    (tmp_path / "other.py").symlink_to("absent.txt")
    (tmp_path / "null.py").symlink_to("/dev/null")
    os.mkfifo(tmp_path / "fifo.py")
    files = _core.scan_directory([tmp_path], recursive=True)
    assert [(file.filename, file.errno) for file in files] == [
        ("a.py", 0),
        ("absent.py", errno.ENOENT),
        ("lost.py", errno.ENOENT),
        ("self.py", errno.ELOOP),
    ]


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    """Return a directory with a file that this process may not read.

    Root may read everything, so such a process goes on as another user in a child.
    """
    put(tmp_path, "open/a.py", "open/locked/b.py", "open/secret.py")
    (tmp_path / "open" / "locked").chmod(0)
    (tmp_path / "open" / "secret.py").chmod(0)
    return tmp_path / "open"


def run_as_nobody(tmp_path: Path, program: str) -> str:
    """Run a program that may only read what everybody may."""
    for directory in [tmp_path, *tmp_path.parents]:
        if directory.stat().st_uid == os.getuid() and directory != Path("/"):
            directory.chmod(directory.stat().st_mode | 0o755)
    drop = "import os\nif os.getuid() == 0: os.setuid(65534)\n"
    return subprocess.run(
        [sys.executable, "-c", "from alembic_c import _core\n" + drop + program],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def test_directory_without_permission(locked: Path) -> None:
    program = f"""
try:
    _core.scan_directory([{str(locked)!r}], recursive=True)
except PermissionError as error:
    print(error.filename)
"""
    try:
        assert run_as_nobody(locked, program) == str(locked / "locked")
    finally:
        (locked / "locked").chmod(0o755)


def test_file_without_permission(locked: Path) -> None:
    program = f"""
print([(f.filename, f.exact, f.errno) for f in _core.scan_directory([{str(locked)!r}])])
"""
    expected = [("a.py", True, 0), ("secret.py", False, errno.EACCES)]
    try:
        assert run_as_nobody(locked, program) == str(expected)
    finally:
        (locked / "locked").chmod(0o755)


def test_names_that_are_no_utf8(tmp_path: Path) -> None:
    directory = os.fsencode(tmp_path)
    with open(directory + b"/\xff.py", "w") as file:
        file.write(HEADER)
    (scanned,) = _core.scan_directory([directory])
    assert scanned.path == os.fsdecode(directory + b"/\xff.py")
    assert scanned.exact


# --- size ----------------------------------------------------------------------------


def test_large_file(tmp_path: Path) -> None:
    body = b"    op.execute('''INSERT INTO t VALUES (1, \"x\")''')  # comment\n"
    path = tmp_path / "large.py"
    path.write_bytes(
        HEADER.encode() + b"def upgrade():\n" + body * (50_000_000 // len(body))
    )
    assert path.stat().st_size > 49_000_000
    start = time.perf_counter()
    assert _core.scan_file(path).header == ("a", None, None, None)
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize(
    "text",
    [
        "revision = " + "(" * 100_000,
        "revision = " + "(" * 100_000 + "'a'" + ")" * 100_000,
        "x = " + "[" * 100_000,
        HEADER + "x = f'" + "{" * 100_000 + "revision",
        "revision: " + "[" * 100_000 + " = 'a'",
    ],
)
def test_nested_brackets(text: str) -> None:
    assert not scan(text).exact


def test_deepest_value() -> None:
    depth = 32
    assert scan(f"revision = {'(' * depth}'a'{')' * depth}").revision == "a"
    assert not scan(f"revision = {'(' * (depth + 1)}'a'{')' * (depth + 1)}").exact


def test_threads(tmp_path: Path) -> None:
    put(tmp_path, *(f"{i:03}.py" for i in range(300)))
    results: list[int] = []

    def work() -> None:
        for _ in range(5):
            files = _core.scan_directory([tmp_path])
            results.append(sum(file.revision == "a" for file in files))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [300] * 20


def test_descriptors_are_closed(tmp_path: Path) -> None:
    put(tmp_path, *(f"{i:04}.py" for i in range(600)), "sub/x.py")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        _core.scan_directory([tmp_path], recursive=True)
        _core.scan_file(tmp_path / "0000.py")
    assert len(os.listdir("/proc/self/fd")) == before


FAILING_READ = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Of files named failing.py the second block cannot be read. */
ssize_t read(int fd, void *buf, size_t len)
{
    static ssize_t (*next)(int, void *, size_t);
    char link[64], path[4096];
    ssize_t n;

    if (!next) {
        *(void **)&next = dlsym(RTLD_NEXT, "read");
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = 0;
    if (!strstr(path, "/failing.py")) {
        return next(fd, buf, len);
    }
    if (lseek(fd, 0, SEEK_CUR) >= 4096) {
        errno = EIO;
        return -1;
    }
    return next(fd, buf, len < 4096 ? len : 4096);
}
"""


@pytest.mark.skipif(sys.platform != "linux", reason="puts a read() before libc's")
def test_block_that_cannot_be_read(tmp_path: Path) -> None:
    shim = tmp_path / "read.so"
    (tmp_path / "read.c").write_text(FAILING_READ)
    cc = ["cc", "-shared", "-fPIC", "-o", str(shim), str(tmp_path / "read.c"), "-ldl"]
    subprocess.run(cc, check=True)
    versions = tmp_path / "versions"
    versions.mkdir()
    text = "revision = 'a'\ndown_revision = None\n"
    for name in ("failing.py", "other.py"):
        (versions / name).write_text(text.ljust(8000, "#") + "\nrevision = 'b'\n")
    program = (
        "from alembic_c import _core\n"
        f"for f in _core.scan_directory([{str(versions)!r}]):\n"
        "    print(f.filename, f.exact, f.errno, f.revision if f.exact else None)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"LD_PRELOAD": f"{os.environ.get('LD_PRELOAD', '')} {shim}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split("\n")[:2] == [
        f"failing.py False {errno.EIO} None",
        "other.py True 0 b",
    ]


def test_paths_that_are_found_while_they_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("revision = 'a'\ndown_revision = None\n")
    mark = str(tmp_path)
    touched = []

    class Finding:
        def __fspath__(self) -> str:
            for found in gc.get_objects():
                if type(found) is list and any(each is self for each in found):
                    for at in range(len(found)):
                        found[at] = 1
                    touched.append(found)
            return mark

    last = Finding()
    files = _core.scan_directory([tmp_path, tmp_path / "none", last])
    assert [scanned.revision for scanned in files if scanned.exact] == ["a"]
    assert len(files) == 2
    assert touched
