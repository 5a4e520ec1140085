"""The documents as a site: `make docs`. The pages themselves are Markdown that a forge shows as well.

Three things are made here that a forge does without; `forge.py` beside this file does them:

- Pages that lie outside this directory, as README.md, are copied to `project/`, and links are turned to where their
  pages are here: to the copies, or to the reference that `dimse-codegen` prints to `reference/`.
- The pages that list others get a toctree from their list.
- Pages that nobody lists are listed by the how-to guides, so that none is lost.
"""

import sys
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import forge  # noqa: E402  (it lies beside this file)
from sphinx.application import Sphinx  # noqa: E402
from sphinx.ext.napoleon import Config, GoogleDocstring  # noqa: E402

project = "dimse"
author = "the dimse authors"
copyright = author
release = metadata.version("dimse")
version = release

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinx_click",
]
exclude_patterns = ["rules", "reference/index.md"]
nitpicky = True
nitpick_ignore = [("py:class", "Role"), ("py:class", "Value"), ("py:class", "dimse.condition.StatusIs")]  # not public
smartquotes = False  # options begin with two hyphens
default_role = "literal"  # docstrings set code in single backquotes
highlight_language = "text"

myst_heading_anchors = 4
autodoc_typehints = "none"
autodoc_member_order = "bysource"
toc_object_entries_show_parents = "hide"

html_theme = "pydata_sphinx_theme"
html_title = "dimse"
html_static_path = ["_static"]
html_css_files = ["dimse.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "dimse"},
    "navigation_depth": 2,
    "show_nav_level": 1,
    "collapse_navigation": True,
    "header_links_before_dropdown": 6,
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}
# The rules of a message and the elements stand in a list that fills a page: beside each of them it would only be long.
html_sidebars = {"tutorial": [], "reference/rules/*/*": [], "reference/elements/*": []}


class Docstring(GoogleDocstring):
    """Attributes as a list, as arguments are, and not as objects that need a page."""

    def _parse_attributes_section(self, section: str) -> list[str]:
        return self._format_fields(section.capitalize(), self._consume_fields())


def format_docstring(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Turn the sections of a docstring into fields; the sentence of a property is a sentence, and has no type."""
    if what not in ("attribute", "data", "property"):
        form = Config(napoleon_use_param=False, napoleon_use_rtype=False)
        lines[:] = Docstring(lines, form, app, what, name, obj, options).lines()


def setup(app: Sphinx) -> None:
    """What Sphinx calls."""
    app.connect("config-inited", lambda *_: forge.copy_pages())
    app.connect("source-read", lambda _, name, source: source.__setitem__(0, forge.page(name, source[0])))
    app.connect("autodoc-process-docstring", format_docstring)
