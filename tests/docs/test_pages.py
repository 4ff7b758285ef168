"""What the pages of docs/ show is what happens."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from .blocks import NOT_RUN, ROOT, BadBlock, blocks, databases, pages
from .session import Wrong, play

CASES = [
    pytest.param(page, kind, id=f"{page.relative_to(ROOT)}-{kind}")
    for page in pages()
    for kind in databases(page)
    if any(block.kind != "not run" for block in blocks(page))
]


@pytest.mark.parametrize(("page", "kind"), CASES)
def test_a_page_shows_what_happens(
    page: Path, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = "" if kind == "sqlite" else request.getfixturevalue("pg_url")
    happened, never_executed = play(page, tmp_path / "page", url)
    shown = page.read_text(encoding="utf-8")
    difference = difflib.unified_diff(
        shown.splitlines(), happened.splitlines(), "shown", "happened", lineterm=""
    )
    assert shown == happened, "\n".join(difference)
    assert never_executed == []


def test_every_reason_for_not_running_a_block_is_used() -> None:
    used = {
        block.caption.removeprefix("not run: ")
        for page in pages()
        for block in blocks(page)
        if block.kind == "not run"
    }
    assert used == set(NOT_RUN)


def written(directory: Path, text: str) -> Path:
    page = directory / "page.md"
    page.write_text(text)
    return page


@pytest.mark.parametrize(
    "block",
    [
        "```python\nprint(1)\n```\n",
        "```{code-block} text\n:caption: not run: too lazy\nx\n```\n",
        "```console\nno command\n```\n",
        "```{code-cell} python\nx\n```\n",
    ],
)
def test_a_block_that_nobody_would_run_is_an_error(tmp_path: Path, block: str) -> None:
    page = written(tmp_path, block)
    with pytest.raises(BadBlock):
        play(page, tmp_path / "page")


def test_a_failing_command_is_an_error_unless_its_status_is_shown(
    tmp_path: Path,
) -> None:
    page = written(tmp_path, "```console\n$ false\n```\n")
    with pytest.raises(Wrong, match="ended with 1"):
        play(page, tmp_path / "page")
    page = written(tmp_path, "```console\n$ false\n$ echo $?\n1\n```\n")
    assert play(page, tmp_path / "again")[0] == page.read_text()


def test_wrong_output_is_seen_and_dates_are_not(tmp_path: Path) -> None:
    page = written(
        tmp_path,
        "```console\n$ printf 'a\\nb\\nc\\n2026-01-01 10:00:00\\n'\n"
        "a\n...\nc\n2025-02-02 11:11:11\n```\n"
        "```console\n$ echo right\nwrong\n```\n",
    )
    happened, _ = play(page, tmp_path / "page")
    assert happened == page.read_text().replace("wrong", "right")


def test_files_are_written_edited_and_have_to_be_run(tmp_path: Path) -> None:
    page = written(
        tmp_path,
        "```{code-block} python\n:caption: a.py\nx = 1\nprint(x)\n```\n"
        "```{code-block} diff\n:caption: a.py\n-x = 1\n+x = 2\n print(x)\n```\n"
        "```{code-block} python\n:caption: b.py\nx = 1\n```\n"
        "```console\n$ python a.py\n2\n```\n",
    )
    assert play(page, tmp_path / "page") == (page.read_text(), ["b.py"])


def test_an_edit_of_something_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    page = written(
        tmp_path,
        "```{code-block} text\n:caption: a\nx\n```\n"
        "```{code-block} diff\n:caption: a\n-y\n+z\n```\n",
    )
    with pytest.raises(Wrong, match="found 0 times"):
        play(page, tmp_path / "page")
