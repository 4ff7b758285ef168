"""The settings of the site; `make docs` builds it, and warnings are errors."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from alembic_c import __version__  # noqa: E402
from tools.site import generate  # noqa: E402
from tools.site.docstrings import to_rst  # noqa: E402

generate.write_all(ROOT / "docs" / "_generated")

project = "alembic_c"
version = release = __version__
copyright = "the authors of alembic_c"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_generated/parts"]
nitpicky = True
# What annotations and docstrings name and no page describes.
nitpick_ignore_regex = [(r"py:.*", r".*")]
# Annotations name classes by their last name, which several modules may have.
suppress_warnings = ["ref.python"]

# Quotes become typographic; two hyphens stay what they are in an option.
smartquotes_action = "q"
myst_enable_extensions = ["colon_fence", "fieldlist"]
myst_heading_anchors = 3

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
add_module_names = False

html_theme = "furo"
html_title = f"alembic_c {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_search_scorer = str(ROOT / "docs" / "scorer.js")
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
# A console block has prompts and output, which no lexer should complain about.
highlight_language = "text"


def setup(app):
    """Docstrings are plain text; see tools/site/docstrings.py."""

    def process(app, what, name, obj, options, lines):
        lines[:] = to_rst(lines)

    app.connect("autodoc-process-docstring", process)
