"""tests/README.md tells of every variable that the tests read, and where files are."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
README = TESTS / "README.md"
# The run of upstream's suite tells its own plugin these.
INTERNAL = {"ALEMBIC_C_CONFORMANCE_TESTING", "ALEMBIC_C_CONFORMANCE_TREE"}
_READ = re.compile(r"""environ(?:\.get\(\s*|\[)["'](ALEMBIC_C_\w+)["']""")
_WRITTEN = re.compile(r"""environ\[["'](ALEMBIC_C_\w+)["']\] = """)


def test_every_variable_is_documented_and_nothing_else() -> None:
    read: set[str] = set()
    for path in TESTS.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        read |= {*_READ.findall(text)} - {*_WRITTEN.findall(text)}
    told = set(re.findall(r"^\| `(ALEMBIC_C_\w+)`", README.read_text(), re.MULTILINE))
    assert told == read - INTERNAL


def test_the_index_names_each_file_once() -> None:
    _, _, index = README.read_text(encoding="utf-8").partition("## By subject\n")
    index, _, _ = index.partition("\n## ")
    named = re.findall(r"`([a-z]+/(?:test|fuzz)_\w+\.(?:py|c))`", index)
    # Those two levels down are samples, or seeds of fuzzers.
    there = {
        f"{path.parent.name}/{path.name}"
        for path in TESTS.glob("*/*")
        if re.fullmatch(r"(?:test|fuzz)_\w+\.(?:py|c)", path.name)
    }
    assert sorted(named) == sorted(there)
