"""Guards: does anything that is known only later reach what the models see?

A member is one question. It provides ``LABEL`` and ``check(study)`` (a `Study`), which returns
what it looked at, in a sentence, or raises: `LeakError` with what to do, `NotEnoughData` where
the question cannot be asked. They look at every data set, in every run (churn.md §4.3).
"""

from tenuto.guards._catalogue import CATALOGUE
from tenuto.guards._contract import CUT, NOISE, WHOLE, Rows, Study
from tenuto.guards._definitions import definitions_hash
from tenuto.guards._run import run_guards

__all__ = [
    "CATALOGUE",
    "CUT",
    "NOISE",
    "WHOLE",
    "Rows",
    "Study",
    "definitions_hash",
    "run_guards",
]
