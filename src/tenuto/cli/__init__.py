"""The door: one command per file, the file name is the command (``churn_train``: `churn train`).

A member provides ``command``, a function with Typer options that parses, calls one function of
the pipeline and prints. Its module docstring is its help and ends in an example to paste.
"""

from tenuto.cli._program import CATALOGUE, main

__all__ = ["CATALOGUE", "main"]
