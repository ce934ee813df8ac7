"""How the book is built: ``sphinx-build -W -n docs docs/_build/html``."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

import ipc_cookbook

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "_ext"))

ADDRESSES = tomllib.loads((DOCS.parent / "pyproject.toml").read_text())["project"]["urls"]

project = "ipc_cookbook"
author = "The ipc_cookbook developers"
project_copyright = author
version = release = ipc_cookbook.__version__
language = "en"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.extlinks",
    "sphinx.ext.intersphinx",
    "sphinx_argparse_cli",
    "sphinx_copybutton",
    "sphinx_design",
    "book.aliases",
    "book.charts",
    "book.faults",
    "book.figures",
    "book.generated",
    "book.head",
    "book.memory",
    "book.navigation",
    "book.pitfalls",
    "book.programs",
    "book.recipes",
    "book.search",
    "book.swimlane",
    "book.topology",
    "book.transcripts",
]
exclude_patterns = ["_build", "_ext", "examples/*.py"]
templates_path = ["_templates"]
rst_epilog = f"""
.. |recorded| replace:: {(DOCS / "_transcripts" / "python-version").read_text().strip()}
.. _repository: {ADDRESSES["Repository"]}
"""
nitpicky = True
nitpick_ignore = [  # not in the inventories that are kept here
    ("py:class", "array"),
    ("py:class", "multiprocessing.context.BaseContext"),
    ("py:class", "types.ModuleType"),
]
show_warning_types = True
smartquotes_action = "D"  # dashes only

# The next language: docs/_locale/<language>/LC_MESSAGES/*.po
locale_dirs = ["_locale"]
gettext_compact = False
gettext_additional_targets = ["index"]  # code and transcripts stay as they run

autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True

# The file in the repository comes first, so a build needs no network.
intersphinx_mapping = {
    "python": ("https://docs.python.org/3", ("_inventories/python.inv", None)),
    "zmq": ("https://pyzmq.readthedocs.io/en/latest", ("_inventories/zmq.inv", None)),
}
extlinks_detect_hardcoded_links = False
extlinks = {
    "cpython": ("https://github.com/python/cpython/issues/%s", "cpython #%s"),
    "pyzmq": ("https://github.com/zeromq/pyzmq/issues/%s", "pyzmq #%s"),
    "days": ("https://github.com/jackfrued/Python-100-Days/issues/%s", "Python-100-Days #%s"),
}
# Outside links: sphinx-build -b linkcheck docs docs/_build/links
linkcheck_anchors = False  # made by scripts on GitHub's pages
linkcheck_retries = 2
linkcheck_timeout = 20  # seconds
linkcheck_report_timeouts_as_broken = True

html_theme = "furo"
html_baseurl = os.environ.get("READTHEDOCS_CANONICAL_URL", ADDRESSES["Documentation"])
html_title = f"ipc_cookbook {release}"
PICTURE_CSS = Path(ipc_cookbook.__file__).parent / "render" / "picture.css"
html_static_path = ["_static", str(PICTURE_CSS)]
html_favicon = "_static/mark.svg"
html_css_files = ["picture.css", "book.css"]
html_js_files = ["book.js"]
html_search_scorer = str(DOCS / "_ext" / "book" / "scorer.js")
html_copy_source = False
html_show_sourcelink = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
html_theme_options = {
    "navigation_with_keys": False,
    "source_repository": ADDRESSES["Repository"],
    "source_branch": "main",
    "source_directory": "docs/",
}

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True
copybutton_exclude = ".linenos, .gp, .go"
