"""The documentation site: sphinx-build docs site."""

project = "glomtf"
copyright = "the glomtf authors"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = "glomtf"
exclude_patterns = ["results"]

myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
# Links to files of the repository are for readers of the repository.
suppress_warnings = ["myst.xref_missing"]
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
# What TensorFlow says while it starts is no part of a page.
nb_output_stderr = "remove"

autodoc_typehints = "none"
autodoc_member_order = "bysource"
# Shapes stand in docstrings as (B, N, D), which are no references.
napoleon_use_rtype = False
napoleon_use_ivar = True
