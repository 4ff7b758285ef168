"""Docstrings become reStructuredText that says the same."""

from __future__ import annotations

from tools.site.docstrings import to_rst

DOCSTRING = """\
Do it.

file_: the path of `a_b`, which
    need not exist.
*args, table_name: one of
    - this,
      that;
    - more.
    Behind it.
A sentence about _this_ and | that.
Raises ValueError if *nothing*.

    code = here
Back."""

RST = """\
Do it.

:param file\\_: the path of ``a_b``, which
    need not exist.
:param \\*args, table_name: one of

    - this,
      that;
    - more.

    Behind it.

A sentence about _this\\_ and \\| that.

Raises ValueError if \\*nothing\\*.

    code = here

Back."""


def test_parameters_code_and_marks() -> None:
    assert "\n".join(to_rst(DOCSTRING.splitlines())) == RST
