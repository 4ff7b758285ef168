"""Files of projects, and programs, that tests write or run as they are.

One directory for each test file, or module of support, that has some.
"""

from __future__ import annotations

from pathlib import Path


def sample(name: str) -> str:
    """Return the text of a file here: `sample("tutorials/async_env.py")`."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
