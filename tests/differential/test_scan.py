"""The scanner against Python itself: exact must equal executing the file.

ALEMBIC_C_SCAN_FILES sets how many random files are tried (default 20,000) and
ALEMBIC_C_SCAN_SEED which ones; a failure names the seed of its file.
"""

from __future__ import annotations

import os
import random
import sys
import types
import warnings
from typing import Any, Union

import pytest

from alembic_c import _core
from tests.support import scan_cases

ABSENT = "<absent>"


def execute(source: bytes) -> types.ModuleType:
    """Execute a file as a module that is in sys.modules; raise what it raises."""
    module = types.ModuleType("revision_file_under_test")
    vars(module).update(Union=Union, x=1, op=None)
    sys.modules[module.__name__] = module
    before = list(sys.path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(source, "<revision file>", "exec", dont_inherit=True)
            exec(code, module.__dict__)
    finally:
        del sys.modules[module.__name__]
        sys.path[:] = before
    return module


def executed_values(module: types.ModuleType) -> dict[str, Any]:
    values = {name: getattr(module, name, ABSENT) for name in scan_cases.NAMES}
    values["doc"] = module.__doc__
    return values


def scanned_values(scanned: _core.ScannedFile) -> dict[str, Any]:
    values = {name: getattr(scanned, name, ABSENT) for name in scan_cases.NAMES}
    values["doc"] = scanned.doc
    return values


def typed(value: Any) -> Any:
    """Return a value with its types, so that ("a",) and ["a"] differ."""
    if isinstance(value, (tuple, list)):
        return (type(value).__name__, [typed(item) for item in value])
    if isinstance(value, (set, frozenset)):
        return (type(value).__name__, sorted(map(repr, map(typed, value))))
    return (type(value).__name__, value)


def check(source: bytes) -> str:
    """Compare scanning with executing; return what kind of file it was."""
    scanned = scan_cases.scan(source)
    if scanned.exact and scanned.bound:
        check_header_compiles(source, scanned)
    if not scanned.exact and not scanned.broken:
        return "dynamic"
    try:
        module = execute(source)
    except SyntaxError:
        return "broken" if scanned.broken else "syntax error"
    except Exception:  # noqa: BLE001 - the file may raise anything
        assert not scanned.broken, source
        return "failed"
    assert not scanned.broken, source
    ours, theirs = scanned_values(scanned), executed_values(module)
    assert typed(list(ours.values())) == typed(list(theirs.values())), source
    bits = [1 << i for i, name in enumerate(scan_cases.NAMES) if theirs[name] != ABSENT]
    assert scanned.bound == sum(bits)
    return "exact"


def compiles(source: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "<revision file>", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def check_header_compiles(source: bytes, scanned: _core.ScannedFile) -> None:
    """Fail if Python rejects an exact file within its header.

    The header is the shortest beginning of the file that has the same values.
    """
    if compiles(source):
        return
    wanted = typed(list(scanned_values(scanned).values()))

    def has_all(end: int) -> bool:
        start = scan_cases.scan(source[:end])
        return start.exact and typed(list(scanned_values(start).values())) == wanted

    header = next(end for end in range(len(source) + 1) if has_all(end))
    assert compiles(source[:header]), f"the header does not compile: {source!r}"


def test_random_files() -> None:
    n_files = int(os.environ.get("ALEMBIC_C_SCAN_FILES", "8000"))
    first = int(os.environ.get("ALEMBIC_C_SCAN_SEED", random.randrange(1 << 48)))
    kinds: dict[str, int] = {}
    for seed in range(first, first + n_files):
        source = scan_cases.revision_file(random.Random(seed))
        try:
            kind = check(source)
        except AssertionError as error:
            raise AssertionError(
                f"ALEMBIC_C_SCAN_SEED={seed} ALEMBIC_C_SCAN_FILES=1: {error}"
            ) from error
        kinds[kind] = kinds.get(kind, 0) + 1
    print(f"seeds {first}..{first + n_files - 1}: {kinds}")
    # The generator is of use only if many files are read and compared.
    if n_files >= 1000:
        assert kinds["exact"] > n_files // 5
        assert kinds["dynamic"] > n_files // 10


@pytest.mark.parametrize("statement", scan_cases.STATEMENTS)
@pytest.mark.parametrize("place", ["before", "after", "between"])
def test_statement_beside_a_header(statement: str, place: str) -> None:
    head = "'''doc'''\nrevision = 'a'\ndown_revision = ('b', 'c')\n"
    tail = "branch_labels = None\ndepends_on = ['x']\n"
    source = {
        "before": f"{statement}\n{head}{tail}",
        "between": f"{head}{statement}\n{tail}",
        "after": f"{head}{tail}{statement}\n",
    }[place]
    check(source.encode())
    check(source.replace("\n", "\r\n").encode())
    check(source.rstrip("\n").encode())


@pytest.mark.parametrize("doc", scan_cases.DOCS)
def test_docstrings(doc: str) -> None:
    for tail in ["", "\n", "\nrevision = 'a'\n", ";", "  # comment\n"]:
        check((doc + tail).encode())
        check((doc + tail).encode("latin-1", "ignore"))


@pytest.mark.parametrize("literal", [*scan_cases.STRINGS, *scan_cases.NOT_LITERALS])
def test_values(literal: str) -> None:
    for form in ["{}", "({})", "({},)", "[{}]", "{{{}}}", "{},", "'x', {}", "(({}))"]:
        text = form.format(literal)
        for note in ["", *scan_cases.ANNOTATIONS]:
            check(f"revision{note} = {text}\n".encode())


def test_docstring_cleaning_is_the_compilers() -> None:
    rng = random.Random(4)
    for _ in range(3000):
        pieces = [
            " ",
            "  ",
            "\t",
            "\n",
            "\n",
            "é",
            "x",
            "\\r",
            "\\n",
            "\\t",
            "\f",
            "日",
        ]
        text = "".join(rng.choice(pieces) for _ in range(rng.randrange(24)))
        assert check(f'"""{text}"""\n'.encode()) == "exact"
