"""Directory listings against upstream: random trees, the same files in one order."""

from __future__ import annotations

import os
import py_compile
import random
import warnings
from pathlib import Path
from types import ModuleType

import pytest

from alembic_c import _core

NAMES = [
    "a.py",
    "b.py",
    "Z.py",
    "m.py.py",
    "_l.py",
    ".g.py",
    "a b.py",
    "é.py",
    ".#c.py",
    "__init__.py",
    "__init__x.py",
    "x__init__.py",
    "d.PY",
    "e.py~",
    "#f.py#",
    "n.py.swp",
    "h.pyx",
    "t.txt",
    "q.txt",
    "k",
    "a.pyc",
    "k.pyc",
    "k.l.pyc",
    "__init__.pyc",
    ".#a.pyc",
]
# Tags of no living Python: these must not be taken for caches of the sources.
CACHED = [
    "a.cpython-30.pyc",
    "a.cpython-31.pyc",
    "k.cpython-30.pyc",
    "q.cpython-30.pyc",
    "q.r.cpython-30.pyc",
    "__init__.cpython-30.pyc",
]
DIRECTORIES = ["", "", "", "sub", "sub/deep", "sub-x", ".hidden", "Sub", "sub.py"]


class Tree:
    """A random directory of revision files below `root`."""

    def __init__(self, root: Path, rng: random.Random) -> None:
        self.root = root
        self.rng = rng
        self.n_files = 0
        for _ in range(rng.randrange(1, 12)):
            self.add(rng.choice(DIRECTORIES), rng.choice(NAMES))
        for _ in range(rng.choice([0, 0, 2, 4])):
            self.add(f"{rng.choice(DIRECTORIES)}/__pycache__", rng.choice(CACHED))
        for _ in range(rng.choice([0, 0, 1, 2])):
            self.add_link()

    def add(self, directory: str, name: str) -> None:
        path = self.root / directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            return
        self.n_files += 1
        text = f"revision = 'r{self.n_files}'\ndown_revision = None\n"
        if path.suffix == ".pyc":
            source = self.root / "source.txt"
            source.write_text(text)
            py_compile.compile(str(source), cfile=str(path))
            source.unlink()
        else:
            path.write_text(text)

    def add_link(self) -> None:
        link = self.root / self.rng.choice(["l.py", "m.py", "loop", "z.py", "z.txt"])
        targets = ["absent.py", "absent", ".", "sub", "/dev/null"]
        targets += [
            name
            for name in ("a.py", "sub/b.py", "t.txt")
            if (self.root / name).exists()
        ]
        if link.suffix == ".py":
            targets.append(link.name)
        if not os.path.lexists(link):
            link.symlink_to(self.rng.choice(targets))


def theirs(
    upstream: ModuleType, root: Path, locations: list[str], **options: bool
) -> list[tuple[str, str]]:
    """Return what upstream lists: real path and id, "again" for a file seen before."""
    from importlib import import_module

    script = import_module(f"{upstream.__name__}.script")
    directory = script.ScriptDirectory(
        str(root), version_locations=locations, messaging_opts={}, **options
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = [(s.path, s.revision) for s in directory._load_revisions()]
    messages = [str(warning.message) for warning in caught]
    again = [text[5:].split(" loaded twice")[0] for text in messages if "twice" in text]
    # We list regular files; upstream devices, and from Python 3.12 on directories.
    again = [p for p in again if os.path.isfile(p) or not os.path.exists(p)]
    return found + [(path, "again") for path in again]


def ours(root: Path, locations: list[str], **options: bool) -> list[tuple[str, str]]:
    found, again = [], []
    for scanned in _core.scan_directory(
        [root / location for location in locations],
        recursive=options["recursive_version_locations"],
        sourceless=options["sourceless"],
    ):
        path = str(scanned.path)
        if scanned.duplicate:
            again.append((path, "again"))
        elif scanned.errno:
            raise OSError(scanned.errno, "cannot be read", path)
        elif scanned.exact:
            found.append((path, scanned.revision))
        else:
            assert path.endswith(".pyc")
            found.append((path, "compiled"))
    return found + again


@pytest.mark.parametrize("recursive", [False, True])
@pytest.mark.parametrize("sourceless", [False, True])
def test_random_trees(
    upstream: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    recursive: bool,
    sourceless: bool,
) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    n_compared = 0
    first = int(os.environ.get("ALEMBIC_C_SCAN_SEED", random.randrange(1 << 32)))
    options = {"recursive_version_locations": recursive, "sourceless": sourceless}
    for seed in range(first, first + 60):
        rng = random.Random(seed)
        root = tmp_path / str(seed)
        root.mkdir()
        Tree(root / "v", rng)
        locations = rng.choice([["v"], ["v"], ["v", "v"], ["v/sub", "v"], ["v/none"]])
        absolute = [str(root / location) for location in locations]
        try:
            expected = theirs(upstream, root, absolute, **options)
        except (ImportError, RuntimeError):  # a link that cannot be followed
            with pytest.raises(OSError, match="cannot be read"):
                ours(root, locations, **options)
            continue
        n_compared += 1
        got = ours(root, locations, **options)
        if sourceless:  # upstream takes __pycache__ in the file system's order
            expected.sort()
            got.sort()
        expected = [
            (path, "compiled" if path.endswith(".pyc") and rev != "again" else rev)
            for path, rev in expected
        ]
        assert got == expected, f"ALEMBIC_C_SCAN_SEED={seed}"
    assert n_compared > 20
