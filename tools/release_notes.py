"""Print what the change log says of a release, if it can be released.

usage: python tools/release_notes.py TAG     (such as v1.20.1.0)

Exits with 1 if the tag, the version and the first section of the change log disagree,
or if that section has no date.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
UNRELEASED = "not yet released"


def stated_version() -> str:
    """Return the version that the package states."""
    text = (PROJECT / "alembic_c" / "__init__.py").read_text(encoding="utf-8")
    (version,) = re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    return str(version)


def sections() -> list[tuple[str, str, str]]:
    """Return version, date (or "not yet released") and text of each section."""
    text = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    heads, bodies = found[::2], found[1::2]
    return [
        (*(head.partition(", ")[::2]), body.strip())
        for head, body in zip(heads, bodies, strict=True)
    ]


def problems(tag: str) -> list[str]:
    """Return what keeps a tag from being released."""
    version, date, _ = sections()[0]
    out = []
    if tag != f"v{stated_version()}":
        out.append(f"the tag is {tag}, and the package states {stated_version()}")
    if version != stated_version():
        out.append(f"the change log begins with {version}")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", date):
        out.append(f"{version} has no date in the change log: {date or 'nothing'!r}")
    return out


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.exit(__doc__)
    found = problems(arguments[0])
    print("\n".join(found) if found else sections()[0][2])
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
