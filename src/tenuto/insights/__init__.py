"""Insights: what a team wants to understand of its listeners, beyond who is leaving.

A member is one question. It provides ``TITLE`` and ``tables(view)``, which returns DataFrames by
name (see `View`). A table with a ``user_id`` is about single listeners and saved as Parquet; any
other is shared, saved as CSV, and says nothing of fewer than ten listeners (`_small_cells`).
"""

from pathlib import Path
from typing import Any

from tenuto.catalogue import Catalogue
from tenuto.insights._view import View

CATALOGUE = Catalogue("tenuto.insights", must_provide=("TITLE", "tables"))

__all__ = ["CATALOGUE", "View", "write_insights"]


def write_insights(view: View, folder: Path, n_threads: int = 1) -> dict[str, Any]:
    """Ask every member and save what it answers in ``folder``; the summary, as it is saved.

    A member that has nothing to say of this log (no plans, no scores) leaves no file. So many
    members as ``n_threads`` are asked at once, which changes nothing else.
    """
    from tenuto.insights._writing import write_all

    return write_all(view, folder, CATALOGUE, n_threads)
