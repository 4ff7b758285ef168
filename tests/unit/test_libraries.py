"""libpq and SQLite are loaded when they are needed, and nothing is linked with them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from alembic_c import _catalog, _core, _libpq, _sqlite3
from alembic_c.catalog import _libraries

PROJECT = Path(__file__).resolve().parent.parent.parent
SOURCES = PROJECT / "csrc" / "source"
MODULES = (_catalog, _core, _libpq, _sqlite3)

# Sanitizers are linked where the extensions are built for them (make sanitized).
LIBC = re.compile(
    r"linux-vdso|.*ld-(linux|musl)|lib(c|dl|m|pthread|gcc_s|[au]bsan|asan)\."
)


@pytest.mark.skipif(sys.platform != "linux", reason="ldd is Linux's")
@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_linked_with_libc_alone(module: object) -> None:
    done = subprocess.run(
        ["ldd", str(module.__file__)],  # type: ignore[attr-defined]
        capture_output=True,
        text=True,
        check=True,
        # It would list what is preloaded, too.
        env={k: v for k, v in os.environ.items() if k != "LD_PRELOAD"},
    )
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert names
    if any(name.startswith("libasan.") for name in names):
        names = [name for name in names if not name.startswith("libstdc++.")]
    assert [name for name in names if not LIBC.match(name)] == []


HEADERS = {"libpq": "libpq-fe.h", "sqlite3": "sqlite3.h"}


def test_no_header_of_theirs_is_read() -> None:
    text = "".join(
        path.read_text()
        for path in (PROJECT / "csrc").rglob("*.[ch]")
        if "build" not in path.relative_to(PROJECT).parts
    )
    included = set(re.findall(r"# *include *[<\"]([^>\"]+)", text))
    assert "alc/rows.h" in included
    assert not included & set(HEADERS.values())


def include_directory(header: str) -> str | None:
    """Return where a header is; None where it is not installed."""
    places = ["/usr/include", "/usr/local/include", "/opt/homebrew/include"]
    if pg_config := shutil.which("pg_config"):
        done = subprocess.run(
            [pg_config, "--includedir"], capture_output=True, text=True, check=True
        )
        places.insert(0, done.stdout.strip())
    return next((place for place in places if Path(place, header).exists()), None)


CONSTANTS = {
    "libpq": {
        "ALC_CONNECTION_BAD": "CONNECTION_BAD",
        "ALC_POLLING_": "PGRES_POLLING_",
        "ALC_RESULT_": "PGRES_",
        "ALC_DIAG_": "PG_DIAG_",
    },
    "sqlite3": {"ALC_SQLITE_": "SQLITE_"},
}
# In the newest headers only.
NEW = {"ALC_RESULT_TUPLES_CHUNK", "PQsetChunkedRowsMode"}


@pytest.mark.parametrize("library", HEADERS)
def test_declared_as_in_their_headers(library: str, tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    directory = include_directory(HEADERS[library])
    if compiler is None or directory is None:
        pytest.skip(f"no compiler, or no {HEADERS[library]}, to compare with")
    declarations = SOURCES / library / f"{library}_functions.h"
    text = declarations.read_text()
    assert text.count("    X(") > 15
    constants = re.findall(r"^    (ALC_\w+) =", text, re.MULTILINE)
    assert len(constants) > 5
    lines = [
        "#include <stdbool.h>",
        f"#include <{HEADERS[library]}>",
        f'#include "{declarations}"',
        "#define SAME(is_optional, result, name, arguments) _Static_assert("
        "__builtin_types_compatible_p(result (*) arguments, __typeof__(&name)),"
        " #name);",
        f"ALC_{library.upper()}_FUNCTIONS(SAME)",
    ]
    if "LIBPQ_HAS_CHUNK_MODE" not in Path(directory, HEADERS[library]).read_text():
        lines.insert(
            2, "int PQsetChunkedRowsMode(PGconn *, int);" * (library == "libpq")
        )
        constants = [name for name in constants if name not in NEW]
    for name in constants:
        ours, theirs = next(
            pair for pair in CONSTANTS[library].items() if name.startswith(pair[0])
        )
        lines.append(f'_Static_assert({name} == {name.replace(ours, theirs)}, "");')
    program = tmp_path / "check.c"
    program.write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        [compiler, "-std=gnu11", "-fsyntax-only", f"-I{directory}", str(program)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_path_that_is_given_is_the_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, find in (
        (_libraries.LIBPQ_VARIABLE, _libraries.libpq),
        (_libraries.SQLITE3_VARIABLE, _libraries.sqlite3),
    ):
        monkeypatch.setenv(variable, "/nowhere/library.so")
        with pytest.raises(ImportError, match=variable):
            find()
    own = _libraries._module_path("_sqlite3")
    assert own is not None
    monkeypatch.setenv(_libraries.SQLITE3_VARIABLE, own)
    assert _libraries.sqlite3() == own


def test_something_else_is_no_library(tmp_path: Path) -> None:
    text = tmp_path / "library.so"
    text.write_text("no library")
    for load in (_libpq.load, _sqlite3.load):
        with pytest.raises(ImportError, match=r"library\.so"):
            load(text)
        with pytest.raises(ImportError, match="no function"):
            load(_core.__file__)
        with pytest.raises(TypeError):
            load(1)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="null"):
            load("a\0b")
    with pytest.raises(ImportError, match=r"library\.so"):
        _libpq.Connection("host=/nowhere", library=text)
    with pytest.raises(ImportError, match=r"library\.so"):
        _sqlite3.Database("file", library=str(text))
    assert not _sqlite3.same_library(text, text)


def test_the_library_is_a_parameter(tmp_path: Path) -> None:
    path = tmp_path / "file.db"
    path.touch()
    own = _libraries._module_path("_sqlite3")
    assert own is not None
    _sqlite3.Database(path, library=own).close()
    assert _sqlite3.same_library(own, own)
    assert not _sqlite3.same_library(own, _core.__file__)
