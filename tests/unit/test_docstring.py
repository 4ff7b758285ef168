"""The message of a revision stays text in the file that is made for it."""

from __future__ import annotations

import ast
import shutil
import sys
from pathlib import Path

import pytest

import alembic_c
import alembic_c.op
from alembic_c.script import ScriptDirectory
from alembic_c.util._docstring import DocstringText
from tests.unit.test_render_injection import HOSTILE

TEMPLATES = Path(alembic_c.__file__).parent / "templates"
NAMES = ["generic", "async", "multidb", "pyproject", "pyproject_async"]


def readable(text: str) -> str:
    """Return what a docstring can say of a text: a lone surrogate is no character."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


@pytest.mark.parametrize("message", ["add a table", 'say "x"', "it's", "日本語", "\\d"])
def test_usual_text_is_as_it_was(message: str) -> None:
    assert str(DocstringText(message)) == message
    assert type(str(DocstringText(message))) is str


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("quotes", ['"""', "'''"])
def test_text_within_triple_quotes_means_itself(text: str, quotes: str) -> None:
    docstring = f"{quotes}{DocstringText(text)}\n{quotes}"
    docstring.encode("utf-8")
    assert ast.literal_eval(docstring) == f"{readable(text)}\n"
    assert repr(DocstringText(text)) == repr(text)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("template", NAMES)
@pytest.mark.parametrize("message", HOSTILE)
def test_message_of_a_revision(
    tmp_path: Path, template: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The new files say `from alembic import op`; the alias is not for this process.
    monkeypatch.setitem(sys.modules, "alembic", alembic_c)
    shutil.copy(TEMPLATES / template / "script.py.mako", tmp_path)
    (tmp_path / "versions").mkdir()
    directory = ScriptDirectory(str(tmp_path), file_template="%(rev)s")
    options = {"databases": "a, b"} if template == "multidb" else {}
    config = _Config(options)
    script = directory.generate_revision("abc", message, config=config)
    assert script is not None
    tree = ast.parse(Path(script.path).read_bytes())
    docstring = ast.get_docstring(tree, clean=False) or ""
    assert docstring.startswith(f"{readable(message)}\n\nRevision ID")
    plain = directory.generate_revision("def", "plain", head="abc", config=config)
    assert plain is not None
    same = ast.parse(Path(plain.path).read_bytes())
    kinds = [type(node) for node in tree.body]
    assert kinds == [type(node) for node in same.body]
    assert script.revision == "abc"


class _Config:
    """As much of a configuration as the templates ask for."""

    def __init__(self, options: dict[str, str]) -> None:
        self._options = options

    def get_main_option(self, name: str, default: str | None = None) -> str | None:
        return self._options.get(name, default)
