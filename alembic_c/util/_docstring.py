"""Free text for the docstring of a generated file, where it must stay text."""

from __future__ import annotations

_SUSPECT = ("\\", '"""', "'''", "\0", "\r")


class DocstringText(str):
    """A string that a template can write inside triple quotes, by its `str()`.

    It means itself there, but that a lone surrogate is spelled out.  Its own value, and
    so its `repr()`, stay what they are.
    """

    __slots__ = ()

    def __str__(self) -> str:
        text = "".join(self)
        return text if _reads_back(text) else _escaped(text)


def _reads_back(text: str) -> bool:
    """Return whether text within triple quotes means itself."""
    if text.isascii() and not any(each in text for each in _SUSPECT):
        return True
    import ast
    import warnings

    with warnings.catch_warnings():
        # An unknown escape such as "\d" means itself, though Python complains.
        warnings.simplefilter("ignore")
        try:
            return all(
                ast.literal_eval(f"{quotes}{text}\n{quotes}") == f"{text}\n"
                for quotes in ('"""', "'''")
            )
        except (SyntaxError, ValueError):
            return False


def _escaped(text: str) -> str:
    # What is no character becomes its escape in plain sight: Python 3.13 and later
    # cannot compile a docstring that means it.
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    for plain, escape in (
        ("\\", "\\\\"),
        ('"""', '\\"\\"\\"'),
        ("'''", "\\'\\'\\'"),
        ("\0", "\\x00"),
        ("\r", "\\r"),
    ):
        text = text.replace(plain, escape)
    return text
