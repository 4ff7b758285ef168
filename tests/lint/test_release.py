"""What a release needs, in its form: the change log, and what an sdist has."""

from __future__ import annotations

import re
import subprocess

import pytest

import alembic_c
from tests.support.upstream import ROOT
from tools import release_notes

DATE = re.compile(r"\d{4}-\d\d-\d\d")


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def test_the_change_log_begins_with_the_version() -> None:
    sections = release_notes.sections()
    assert sections[0][0] == alembic_c.__version__ == release_notes.stated_version()
    versions = [numbers(version) for version, *_ in sections]
    assert versions == sorted(versions, reverse=True)
    assert len({*versions}) == len(versions)


def test_each_section_has_a_date_or_says_that_it_has_none() -> None:
    for index, (version, date, text) in enumerate(release_notes.sections()):
        if index or date != release_notes.UNRELEASED:
            assert not date or DATE.fullmatch(date), version
        lines = text.splitlines()
        assert lines, version
        assert all(line.startswith(("- ", "  ")) for line in lines), version


@pytest.mark.parametrize("tag", ["v0.0.0.0", "1.20.1.0", "v"])
def test_a_tag_of_another_version_is_refused(tag: str) -> None:
    assert release_notes.problems(tag)


def test_every_tracked_file_is_in_the_sdist_or_left_out_on_purpose() -> None:
    """MANIFEST.in knows each directory, so that nothing is forgotten in silence."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        # An unpacked sdist is the thing itself.
        assert (ROOT / "PKG-INFO").exists()
        return
    tops = {path.split("/")[0] for path in listed.stdout.split()}
    manifest = (ROOT / "MANIFEST.in").read_text(encoding="utf-8")
    always = {"alembic_c", "LICENSE", "README.md", "pyproject.toml", "setup.py"}
    left_out = {".ci", ".gitattributes", ".github", ".gitignore", "MANIFEST.in"}
    assert tops - always - left_out <= {*manifest.split()}
