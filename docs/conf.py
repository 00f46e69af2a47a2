"""Sphinx settings; the reference pages are generated from the code before each build."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import generate  # noqa: E402

import tenuto  # noqa: E402

generate.write_all(HERE / "reference" / "generated")

project = "Tenuto"
author = "The Tenuto maintainers"
copyright = author
release = version = tenuto.__version__

extensions = ["myst_parser"]
myst_enable_extensions = ["deflist", "colon_fence"]
myst_heading_anchors = 3
# The generated files are parts of the pages of docs/reference, not pages of their own.
exclude_patterns = ["_build", "reference/generated/*"]

language = "en"
html_title = f"Tenuto {release}"
html_theme = "furo"
html_copy_source = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "monokai"
